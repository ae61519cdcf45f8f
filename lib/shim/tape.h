/* SPDX-License-Identifier: MIT */
/*
 * The tape of one easy handle: a private Unix socket that libcurl connects to, and the
 * server's side of the conversation, pumped by the host's own thread from inside its calls to
 * libcurl. The socket and its connection outlive a transfer, so that libcurl can keep a connection
 * alive as it would with a server.
 */
#ifndef TD_SHIM_TAPE_H
#define TD_SHIM_TAPE_H

#include <sys/un.h>

#include "deck/deck.h"
#include "shim/cookies.h"
#include "shim/handles.h"
#include "shim/origins.h"
#include "shim/view.h"
#include "wire/wire.h"

struct td_tape {
    struct td_easy *easy;

    /* The line to libcurl. */
    int listener;           /* -1: none */
    int connection;         /* -1: none */
    int path;               /* a handle on the listener's file, which has no name any more; or -1 */
    ino_t inodes[3];        /* of these three, to know them by before they are closed */
    struct td_watch *watch; /* where the first two are watched, */
    unsigned watched;       /* a bit for each */
    pid_t owner;            /* the process that opened them: a forked child shares them */
    char address[108];      /* what libcurl is to connect to: a file, or an abstract name */
    bool abstract;
    struct sockaddr_un name; /* what the listener is bound to */
    struct td_wire *wire;
    size_t flight_size;     /* with which the wire was made */
    bool held;              /* a byte was left in the connection: see shim/line.h */
    int64_t due_ns;         /* when there is something to be sent again; INT64_MAX: not known */
    int64_t starving_since; /* libcurl waits for want of a descriptor; 0: it does not */

    /* The transfer that is armed, or the last one. */
    struct td_deck *deck; /* referenced; NULL where no cassette could be loaded */
    bool started;         /* libcurl has begun to talk */
    struct td_origins origins;
    struct td_cookies cookies;
    struct td_view view;     /* what the host is to see of the heads */
    struct td_buf url;       /* the host's true URL, or the one of the request under way */
    struct td_buf effective; /* the true effective URL, once the transfer is over */
    struct td_buf reply;     /* memory for what was last given to the host by getinfo */
    long request_delta;      /* true bytes of request heads less those on the wire */
    bool secure;             /* the last request went to a secure origin ... */
    long port;               /* ... at this port */
    const struct td_recorded_response *response; /* the last that was played, or NULL */
    bool failed;                                 /* a miss, or refused */
    bool unknown;                  /* not on the tape, and to be live: pumped no further */
    size_t played;                 /* answers that were played in this transfer */
    struct td_buf body;            /* the longest that was sent, where it may be sent again */
    size_t body_read;              /* of it, by libcurl */
    char message[CURL_ERROR_SIZE]; /* why: the one line for the host's error buffer */
};

struct td_tape *td_tape_new(struct td_easy *easy); /* NULL when memory ran out */
void td_tape_free(struct td_tape *tape);           /* NULL is fine */

/* Forgets the last transfer, for a new one. Takes over the reference to the deck. */
void td_tape_begin(struct td_tape *tape, struct td_deck *deck);
/* Opens the private socket, or finds it open still. Negative where it cannot be had. */
int td_tape_listen(struct td_tape *tape);
/* An address that nobody listens on, for a transfer that is to fail. */
int td_tape_refuse(struct td_tape *tape);
/* The transfer is over. */
void td_tape_end(struct td_tape *tape);

/* Finds out on which true URL libcurl is now: `url`, `secure` and `port`. */
void td_tape_locate(struct td_tape *tape);
/* Has the watch told when libcurl speaks to it. False where the tape has something to do before
 * that, or cannot be watched. */
bool td_tape_watch(struct td_tape *tape, struct td_watch *watch);
/* Not any more: it leaves its multi handle. */
void td_tape_unwatch(struct td_tape *tape);
/* Moves what can be moved without waiting. True where bytes went either way. `due_ns` then tells
 * until when nothing more can be. */
bool td_tape_pump(struct td_tape *tape);

#endif
