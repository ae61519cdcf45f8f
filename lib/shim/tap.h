/* SPDX-License-Identifier: MIT */
/*
 * The tap of one easy handle whose transfers are live and recorded. The handle runs with the host's
 * own options, on the network; only its callbacks are stood between. The debug callback tells what
 * is sent, request by request: each redirect, each round of an authentication, each retry. The
 * header and the write callback tell what the program was given, and took.
 */
#ifndef TD_SHIM_TAP_H
#define TD_SHIM_TAP_H

#include "deck/deck.h"
#include "http/capture.h"
#include "shim/handles.h"

struct td_tap {
    struct td_easy *easy;
    struct td_deck *deck; /* referenced while it is on; NULL: off */
    struct td_capture capture;
    struct td_spill spill; /* of the response that is captured */
    size_t sent;           /* bytes of its request, when that was looked at last */
    struct td_buf url;     /* of the request under way */
    struct td_buf given;   /* what the host has asked for */
    struct td_buf first;   /* and how libcurl calls that */
    bool finished;         /* its end was told to the deck */
    bool started;          /* a request was sent */
    size_t known;          /* exchanges that were played already, before this one went live */
    bool connecting;       /* what is sent and answered now is a CONNECT to a proxy */
    bool elsewhere;        /* the request under way is not HTTP: a redirect to another protocol */
    bool writing_head;     /* the write callback is given head lines (CURLOPT_HEADER) */
};

struct td_tap *td_tap_new(struct td_easy *easy); /* NULL when memory ran out */
void td_tap_free(struct td_tap *tap);            /* NULL is fine */

/* Before a transfer of this URL: takes over the reference to the deck. */
void td_tap_on(struct td_tap *tap, struct td_deck *deck, struct td_bytes url);
/* libcurl is done with the transfer: its last response is recorded. Where it was on at all. */
void td_tap_finish(struct td_tap *tap, CURLcode result);
/* The host's callbacks are its own again. */
void td_tap_off(struct td_tap *tap);

static inline bool td_tap_is_on(const struct td_easy *easy)
{
    return easy->tap && easy->tap->deck;
}

#endif
