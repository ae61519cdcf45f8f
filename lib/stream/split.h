/* SPDX-License-Identifier: MIT */
/*
 * How a body is cut where the user has a wish: as it was recorded, or in ways that no server would
 * choose and every network may. Joined, the chunks are always the body.
 *
 *     recorded     as the chunks came when it was recorded; "event" where that is not known
 *     event        at the events, as a server writes them
 *     whole        not at all
 *     byte         after each byte
 *     bytes:N      after each N bytes
 *     random:SEED  anywhere; the same for the same seed and interaction, on every machine
 *     utf8         at the events, and once inside each character of several bytes
 *     crlf         at the events, between CR and LF, inside "data:", and in front of the line end
 *                  that closes an event
 */
#ifndef TD_STREAM_SPLIT_H
#define TD_STREAM_SPLIT_H

#include "stream/chunker.h"

struct td_split_rule {
    enum td_split kind;
    uint64_t number; /* N of bytes:N, SEED of random:SEED */
};

/* What is played where nobody has said otherwise. */
#define TD_SPLIT_DEFAULT ((struct td_split_rule){.kind = TD_SPLIT_RECORDED})

/* 0, or TD_ERR_INVALID. */
int td_split_parse(struct td_split_rule *rule, struct td_bytes text, struct td_error *err);

/*
 * Fills in `chunks`, as td_chunks_split() does, for the body of this response. `salt` tells
 * interactions apart that are cut by one seed: their order of play does not matter then. 0, or
 * TD_ERR_NOMEM with nothing to release.
 */
int td_split_cut(struct td_chunks *chunks, const struct td_recorded_response *response,
                 struct td_split_rule rule, uint64_t salt);

/*
 * SplitMix64 (Steele, Lea, Flood 2014): the next number of the row that `state` stands for. All
 * that is random here comes from it: 64 bits on every machine, and nothing else has a part in it.
 */
uint64_t td_random_next(uint64_t *state);

#endif
