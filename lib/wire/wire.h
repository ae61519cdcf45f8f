/* SPDX-License-Identifier: MIT */
/*
 * The server's side of one HTTP/1.1 connection as a state machine with no I/O: bytes in, bytes
 * out, next deadline. The owner moves the bytes and tells the time; the shim does it over a
 * private socket inside somebody else's process, `tapedeck serve` over TCP.
 *
 *     received bytes --> [request parser] --> answer() --> [head + chunks] --> flights
 *
 * A flight is a run of bytes that goes out in one piece. In aligned mode (flight_size > 0) it is
 * never longer than that, no chunk that fits is cut by the end of a flight, and the next flight is
 * to be sent only when the reader has taken the one before: then a reader with a buffer of
 * flight_size bytes sees each chunk whole. A chunk that is longer than a flight has one of its own;
 * one that is as long goes apart from its framing.
 *
 * The owner's loop, with what it does itself in brackets:
 *
 *     while (td_wire_state(wire) != TD_WIRE_CLOSED) {
 *         if (td_wire_must_drain(wire) && [the reader has not taken everything])
 *             break; [let the reader run first]
 *         bytes = td_wire_flight(wire, [now], &deadline);
 *         if (!bytes.len)
 *             break; [wait for the client, or for the deadline]
 *         td_wire_sent(wire, [send some of them]);
 *     }
 *
 * What can be sent does not depend on the state: a 100 (Continue) goes out while more of a request
 * is awaited. A wire is used by one thread at a time, and its callbacks do not call back into it.
 */
#ifndef TD_WIRE_WIRE_H
#define TD_WIRE_WIRE_H

#include "http/request.h"
#include "http/response.h"
#include "stream/play.h"

struct td_wire;

/* What the owner answers. All borrowed until it has gone out or td_wire_free(). */
struct td_wire_answer {
    const struct td_recorded_response *response; /* NULL: close without a word */
    struct td_play play;
};

struct td_wire_config {
    size_t flight_size; /* 0: as large as it comes */
    /* A request is whole. Fill in the answer, which says 'close' at first; a negative status
     * closes the connection too, and is told. The request is valid until the answer has gone out.
     * Called by td_wire_receive(), and by td_wire_sent() where requests are pipelined. */
    int (*answer)(void *context, const struct td_request *request, struct td_wire_answer *answer);
    /* The head of a request has come, and more is to come. The same, but it may leave the answer as
     * it is: then the body is read first. May be NULL. */
    int (*early)(void *context, const struct td_request *request, struct td_wire_answer *answer);
    td_head_rewrite *rewrite; /* may be NULL */
    /* The head is about to be sent: td_wire_flight() returns its first bytes next (also of a 100,
     * whose edits hide it all). Borrowed until the next head. May be NULL. */
    void (*head)(void *context, const struct td_head *head);
    void *context;
};

struct td_wire *td_wire_new(const struct td_wire_config *config); /* NULL when memory ran out */
void td_wire_free(struct td_wire *wire);

/*
 * Bytes from the client; len 0 says that it has closed its side (which ends the wire once the
 * requests that are whole have been answered). What comes while a response is under way is kept for
 * later, up to TD_WIRE_MAX_PENDING bytes. Negative: close the connection, the wire is closed too.
 */
enum { TD_WIRE_MAX_PENDING = 16 * 1024 * 1024 };
int td_wire_receive(struct td_wire *wire, struct td_bytes bytes, struct td_error *err);

/*
 * The bytes to send now, at `now_ns` on any steady clock: empty where there are none; *deadline_ns
 * is then when there will be some, or INT64_MAX where that depends on the client (or where a fault
 * keeps the rest back for ever). They may be a
 * part of a flight, the rest of which the next call gives. Valid until the next call on this wire.
 */
struct td_bytes td_wire_flight(struct td_wire *wire, int64_t now_ns, int64_t *deadline_ns);
/* `len` bytes of those have gone out; the rest stays due. */
void td_wire_sent(struct td_wire *wire, size_t len);
/*
 * Whether td_wire_flight() is not to be called before the reader has taken all that was sent: in
 * aligned mode, between two flights.
 */
bool td_wire_must_drain(const struct td_wire *wire);
/* When the next flight is due, whether the reader is ready for it or not; INT64_MIN where there is
 * none, or where it is not known yet. Until then td_wire_flight() need not be asked. */
int64_t td_wire_due(const struct td_wire *wire);

enum td_wire_state {
    TD_WIRE_READING, /* waits for (more of) a request */
    TD_WIRE_WRITING, /* a response is under way */
    TD_WIRE_CLOSED,  /* everything was said: close the connection */
};
enum td_wire_state td_wire_state(const struct td_wire *wire);
/* Whether nothing is to be done before more of a request comes. */
bool td_wire_is_idle(const struct td_wire *wire);
/* The wire is closed, and the client is to see that as a reset (ECONNRESET). */
bool td_wire_resets(const struct td_wire *wire);
/* Why the wire is closed, where that was an error that no call has returned; else NULL. */
const struct td_error *td_wire_failure(const struct td_wire *wire);

#endif
