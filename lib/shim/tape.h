/* SPDX-License-Identifier: MIT */
/*
 * One transfer on tape: a private abstract Unix socket that libcurl connects to, and the server's
 * side of the conversation, pumped by the host's own thread from inside its calls to libcurl.
 */
#ifndef TD_SHIM_TAPE_H
#define TD_SHIM_TAPE_H

#include "deck/deck.h"
#include "shim/handles.h"
#include "shim/origins.h"
#include "shim/view.h"
#include "wire/wire.h"

struct td_tape {
    struct td_easy *easy;
    struct td_deck *deck; /* referenced; NULL where no cassette could be loaded */

    int listener;      /* -1: none */
    int connection;    /* -1: none */
    char address[108]; /* the listener's abstract name, without the NUL in front, as text */
    struct td_wire *wire;
    bool started; /* libcurl has connected */

    struct td_origins origins;
    struct td_buf url;    /* the host's true URL, or the one of the request under way */
    struct td_view view;  /* what the host is to see of the heads */
    struct td_buf reply;  /* memory for what was last given to the host by getinfo */
    struct td_buf effective; /* the true effective URL, once the transfer is over */

    const struct td_recorded_response *response; /* the last that was played, or NULL */
    bool failed;                    /* a miss, or refused */
    char message[CURL_ERROR_SIZE];  /* why: the one line for the host's error buffer */
};

/* NULL when memory ran out. Takes over the reference to the deck. */
struct td_tape *td_tape_new(struct td_easy *easy, struct td_deck *deck);
void td_tape_free(struct td_tape *tape); /* NULL is fine */

/* Opens the private socket. Negative where it cannot be had. */
int td_tape_listen(struct td_tape *tape);
/* An address that nobody listens on, for a transfer that is to fail. */
int td_tape_refuse(struct td_tape *tape);
/* Hangs up. What was seen and said stays. */
void td_tape_close(struct td_tape *tape);

/* Moves what can be moved without waiting. True where bytes went either way. */
bool td_tape_pump(struct td_tape *tape);

#endif
