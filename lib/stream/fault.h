/* SPDX-License-Identifier: MIT */
/*
 * Faults: what is to go wrong, and where. One is written KIND, or KIND@WHERE[,WHERE...]:
 *
 *     reset        the connection is reset
 *     close        it is closed before the body is whole
 *     truncate     likewise, in the middle of a chunk that was announced longer
 *     malformed    a chunk begins with what is no length
 *     stall        nothing more comes (for:T: for so long, then it goes on)
 *     garbage      an event that is none comes between two
 *     error        an error in the provider's own form, and then no more; in streams only
 *     slow-headers the head comes in drops (for:T: all of it in so long)
 *     empty        the connection is closed without a word
 *     429          another answer (any status from 400 to 599) with the provider's form of an
 *                  error, and Retry-After (after:T; 1 s) for 429, 503 and 529
 *
 * Where in the answer: `event:N` and `byte:N`, after so many; `50%`, after this share of the body;
 * `head`, before anything. Which answers: `request:N` or `request:N-M`, by their number in the run;
 * `interaction:ID`, by what is played; `random:SEED,10%`, so many of all. How often: `times:N` or
 * `times:all`.
 *
 * Without a place it strikes in the middle of the body. Without a choice of answers it strikes the
 * first that has the place. It strikes once, but for `random` and a span of requests.
 */
#ifndef TD_STREAM_FAULT_H
#define TD_STREAM_FAULT_H

#include "stream/chunker.h"

enum td_fault_kind {
    TD_FAULT_NONE,
    TD_FAULT_RESET,
    TD_FAULT_CLOSE,
    TD_FAULT_TRUNCATE,
    TD_FAULT_MALFORMED,
    TD_FAULT_STALL,
    TD_FAULT_GARBAGE,
    TD_FAULT_ERROR,
    TD_FAULT_SLOW_HEADERS,
    TD_FAULT_EMPTY,
    TD_FAULT_STATUS,
};

enum td_fault_place {
    TD_PLACE_DEFAULT, /* the middle; or, with `random`, anywhere */
    TD_PLACE_HEAD,
    TD_PLACE_EVENT,
    TD_PLACE_BYTE,
    TD_PLACE_SHARE,
};

struct td_fault {
    struct td_bytes text; /* as it was written; a NUL follows */
    enum td_fault_kind kind;
    int code; /* of TD_FAULT_STATUS */
    enum td_fault_place place;
    uint64_t at;          /* events, bytes, or millionths of the body */
    uint64_t first, last; /* requests; 0: any */
    bool has_interaction; /* only this one: */
    int64_t interaction;
    bool random;           /* one of so many: */
    uint64_t seed, chance; /* chance in millionths */
    uint64_t times;        /* how often in a run; 0: no limit */
    int64_t for_ns;        /* -1: not said */
    int64_t after_s;       /* for Retry-After */
    /* Of TD_FAULT_STATUS: what is answered, by provider and major version of HTTP (1, 2). */
    struct td_recorded_response *answers;
};

enum { TD_FAULTS_MAX = 64 };

struct td_faults {
    struct td_fault items[TD_FAULTS_MAX];
    size_t count;
    struct td_arena arena;
};

void td_faults_init(struct td_faults *faults);
void td_faults_release(struct td_faults *faults);
/* Adds what the text says: faults with white space or ';' between. "none" takes all away again that
 * were added so far. 0 or a negative status; nothing is added then. */
int td_faults_add(struct td_faults *faults, struct td_bytes text, struct td_error *err);

/* What is asked, and what would be answered. */
struct td_fault_target {
    uint64_t request; /* its number in the run, from 1 */
    struct td_bytes method, url;
    const struct td_interaction *interaction;
};

/* A fault that strikes this answer. */
struct td_strike {
    enum td_fault_kind kind; /* TD_FAULT_NONE: nothing does */
    bool headless;           /* before the head */
    size_t at;               /* after so many bytes of the body */
    int64_t for_ns;          /* -1: not said */
    struct td_bytes event;   /* what comes between, of TD_FAULT_GARBAGE and TD_FAULT_ERROR */
    const struct td_recorded_response *answer; /* what comes instead, of TD_FAULT_STATUS */
};

/* True and *strike where it would strike; its `times` are the caller's to count. */
bool td_fault_aims(const struct td_fault *fault, const struct td_fault_target *target,
                   struct td_strike *strike);

/* The strike at the end of a response that was recorded as broken ("reset", "stall", ...). */
struct td_strike td_fault_of_broken(const struct td_recorded_response *response);

#endif
