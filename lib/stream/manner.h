/* SPDX-License-Identifier: MIT */
/*
 * The manner in which cassettes are played: split, pace and faults. What a deck was opened with
 * counts for all of its cassettes; else what its scenario file says; else what the cassette at hand
 * says itself, under the same keys:
 *
 *     tapedeck:                    # in a cassette; a scenario file begins with `replay`
 *       replay:
 *         split: utf8
 *         pace: recorded
 *         fault: [reset@event:3, 429@request:1]
 */
#ifndef TD_STREAM_MANNER_H
#define TD_STREAM_MANNER_H

#include "stream/play.h"

struct td_play_manner {
    bool has_split, has_pace;
    struct td_split_rule split;
    struct td_pace pace;
    struct td_faults *faults; /* NULL: nothing is said of faults */
    size_t first_fault;       /* the number of the first among all faults of the deck */
};

void td_play_manner_release(struct td_play_manner *manner);

/* What a user has given; each may be NULL. */
int td_play_manner_give(struct td_play_manner *manner, const char *split, const char *pace,
                        const char *faults, struct td_error *err);
/* What is not given yet, from settings. `path` is for messages. */
int td_play_manner_read(struct td_play_manner *manner, const struct td_settings *settings,
                        const char *path, struct td_error *err);
/* The same from a scenario file. */
int td_play_manner_load(struct td_play_manner *manner, const char *path, struct td_error *err);

#endif
