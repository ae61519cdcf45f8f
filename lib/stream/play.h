/* SPDX-License-Identifier: MIT */
/* How one answer is played: in which pieces, when each is due, and what goes wrong. */
#ifndef TD_STREAM_PLAY_H
#define TD_STREAM_PLAY_H

#include "stream/fault.h"
#include "stream/pace.h"
#include "stream/split.h"

struct td_play {
    struct td_split_rule split;
    uint64_t salt; /* for td_split_cut() */
    struct td_pace pace;
    struct td_strike strike;
};

#endif
