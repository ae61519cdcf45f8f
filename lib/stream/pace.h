/* SPDX-License-Identifier: MIT */
/*
 * When each chunk of a body is due, counted from the moment at which its request was there.
 *
 *     none             at once
 *     recorded         when it came as it was recorded
 *     4x, 0.5x         the same, so many times faster
 *     tokens:R/s       R events a second, the first one at once
 *     first:T,then:T   the first event after the first time, each further one after the second;
 *                      300ms, 1.5s, 2m
 *
 * Times are reckoned from the start and not from chunk to chunk, so that nothing adds up. What is
 * cut otherwise than it was recorded comes as its last byte did.
 */
#ifndef TD_STREAM_PACE_H
#define TD_STREAM_PACE_H

#include "stream/chunker.h"

enum td_pace_kind {
    TD_PACE_NONE,
    TD_PACE_RECORDED,
    TD_PACE_EVENTS,
};

struct td_pace {
    enum td_pace_kind kind;
    uint64_t speed;   /* of TD_PACE_RECORDED, in millionths; 1,000,000 is as recorded */
    int64_t first_ns; /* of TD_PACE_EVENTS: when the first event is due */
    int64_t then_ps;  /* ... and the time between two, in picoseconds */
};

/* A time with its unit ("300ms", "1.5s"), at most a year; false where it is none. */
bool td_pace_duration(struct td_bytes text, int64_t *ns);

/* 0, or TD_ERR_INVALID. */
int td_pace_parse(struct td_pace *pace, struct td_bytes text, struct td_error *err);

/*
 * *head_ns: when the head is due. *due_ns: for each of the chunks, never falling; the caller frees
 * it. NULL where all are due at once with the head. 0, or TD_ERR_NOMEM.
 */
int td_pace_times(const struct td_pace *pace, const struct td_recorded_response *response,
                  const struct td_chunks *chunks, int64_t *head_ns, int64_t **due_ns);

#endif
