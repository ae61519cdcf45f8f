/* SPDX-License-Identifier: MIT */
/*
 * Requests behind a veil: where a recorded or a live request holds a secret, or the placeholder of
 * one, it is matched with both sides' secrets left out. So a program with another key than the one
 * that was recorded with is still played to, and no explanation of a miss shows a key.
 */
#ifndef TD_DECK_VEIL_H
#define TD_DECK_VEIL_H

#include "match/index.h"
#include "scrub/scrub.h"

/* The request without its secrets; new texts are in the arena. `headers`: those count as well. */
int td_veil_query(const struct td_scrubber *scrubber, const struct td_query *query, bool headers,
                  struct td_arena *arena, struct td_query *veiled);
/* The interaction itself, or a copy of it in the arena whose request has no secrets; NULL when
 * memory ran out. */
const struct td_interaction *td_veil_interaction(const struct td_scrubber *scrubber,
                                                 const struct td_interaction *interaction,
                                                 bool headers, struct td_arena *arena);

#endif
