/* SPDX-License-Identifier: MIT */
/*
 * The plan of one answer: what of it goes out, in which chunks, when each is due, and how it ends.
 * Everything that a pace or a fault changes is decided here, before the first byte goes.
 */
#ifndef TD_WIRE_PLAN_H
#define TD_WIRE_PLAN_H

#include "http/response.h"
#include "stream/play.h"

enum td_ending {
    TD_ENDING_NEXT,  /* the connection goes on as the response says */
    TD_ENDING_CLOSE, /* it is closed */
    TD_ENDING_RESET, /* it is reset */
    TD_ENDING_STALL, /* nothing more comes, and it stays open */
};

struct td_plan {
    struct td_recorded_response response; /* what is to be sent: what was recorded, or bent */
    struct td_strike strike;
    struct td_chunks chunks; /* of its body */
    int64_t *due_ns;         /* of each chunk, from the start; NULL: at once */
    int64_t head_due_ns;
    size_t head_steps; /* the head comes in so many pieces, ... */
    int64_t step_ns;   /* ... so long after each other */
    bool cut_short;    /* the body ends with `tail`, not with its own */
    struct td_buf tail;
    int64_t tail_due_ns;
    bool silent; /* nothing goes out at all */
    enum td_ending ending;
    struct td_buf body; /* where it is not the recorded one */
};

/* Empties it, and keeps the memory. */
void td_plan_clear(struct td_plan *plan);
void td_plan_release(struct td_plan *plan);

/* What is to be sent, for td_head_write(). 0 or TD_ERR_NOMEM. */
int td_plan_begin(struct td_plan *plan, const struct td_recorded_response *response,
                  const struct td_play *play);
/* The rest, now that it is known how the body is framed. 0 or TD_ERR_NOMEM. */
int td_plan_finish(struct td_plan *plan, const struct td_recorded_response *response,
                   const struct td_play *play, const struct td_head *head);

#endif
