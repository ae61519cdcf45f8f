/* SPDX-License-Identifier: MIT */
/* The inside of a draft: whose interaction a hook changes, and where its new texts live. */
#ifndef TD_DECK_DRAFT_H
#define TD_DECK_DRAFT_H

#include <tapedeck/draft.h>

#include "cassette/cassette.h"

struct td_draft {
    struct td_interaction
        *interaction; /* changed in place: its lists are replaced, not written to */
    struct td_arena *arena;
    bool discarded;
    bool failed; /* memory ran out */
};

#endif
