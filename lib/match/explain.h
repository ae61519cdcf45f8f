/* SPDX-License-Identifier: MIT */
/* Why a request was not answered, in words. */
#ifndef TD_MATCH_EXPLAIN_H
#define TD_MATCH_EXPLAIN_H

#include "match/index.h"

/*
 * Appends what differs between a request and an interaction that does not match it, one line a
 * finding, each "field: ..." with both values, the most telling first: method, then URL by its
 * parts, then the body (JSON by path). Each line starts with `indent` and ends in a newline. Long
 * values are cut in the middle. Nothing is appended where they match.
 */
void td_explain_difference(struct td_buf *out, const char *indent, const struct td_query *query,
                           const struct td_interaction *interaction);

#endif
