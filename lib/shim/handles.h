/* SPDX-License-Identifier: MIT */
/*
 * What the shim keeps for each easy and each multi handle of the host, found by the handle's
 * address. The host uses one handle in one thread at a time, as libcurl demands, so only the table
 * itself is locked.
 */
#ifndef TD_SHIM_HANDLES_H
#define TD_SHIM_HANDLES_H

#include "shim/options.h"
#include "shim/real.h"
#include "shim/sleep.h"
#include "shim/wait.h"
#include "shim/watch.h"

struct td_tap;
struct td_tape;
struct td_multi;

struct td_easy {
    CURL *curl;
    const struct td_real *real;
    struct td_options options; /* what the host has set */
    struct td_multi *multi;    /* where the host has added it, or NULL */
    struct td_tape *tape;      /* NULL: never taped */
    struct td_tap *tap;        /* NULL: never recorded */
    bool armed;                /* the handle is set up for the tape now */
    bool taped;                /* the transfer that is armed, or else the last one, was on tape */
    CURLM *own;                /* the multi handle on which curl_easy_perform() plays */
    bool decked;               /* a deck was in use when that transfer was set up */
    bool performing;           /* inside curl_easy_perform() */
    struct td_easy *next, *previous; /* in td_multi.easies */
    bool idle;                       /* in td_multi.idle instead */
    int64_t wake_ns;                 /* in td_multi.sleepers: until when */
    size_t sleep_at;                 /* ... and its place there, from 1 */
};

struct td_multi {
    CURLM *curl;
    const struct td_real *real;
    struct td_easy *easies;      /* the handles that were added to it, and are awake */
    struct td_sleepers sleepers; /* those whose next chunk is due later */
    size_t count;                /* of all these */
    struct td_easy *idle;        /* those that wait for libcurl to speak */
    struct td_watch watch;       /* ... which it tells */
    struct td_wait wait;
    CURLMsg *done; /* what libcurl has said of them, and the host has not asked for yet */
    size_t done_count, done_next;
    size_t done_size;
    CURLMsg given; /* what the host was given last */
};

/* NULL where the handle is not known, or where libcurl itself is the caller. */
struct td_easy *td_easy_get(CURL *curl, const void *caller);
struct td_multi *td_multi_get(CURLM *curl, const void *caller);
/* NULL when memory ran out: the handle then stays libcurl's alone. */
struct td_easy *td_easy_add(CURL *curl, const struct td_real *real);
struct td_multi *td_multi_add(CURLM *curl, const struct td_real *real);
/* Forgets the handle and frees what was kept. */
void td_easy_drop(struct td_easy *easy);
void td_multi_drop(struct td_multi *multi);

#endif
