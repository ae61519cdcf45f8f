/* SPDX-License-Identifier: MIT */
/*
 * Differences in words: the one way in which differences are told, by a miss and by `tapedeck
 * diff`. First what it comes to, then line by line where, with both values, cut where they are
 * long.
 */
#ifndef TD_MATCH_EXPLAIN_H
#define TD_MATCH_EXPLAIN_H

#include "match/differences.h"

struct td_explain_style {
    const char *indent; /* of each line */
    size_t most;        /* differences; the rest is counted */
    bool side_by_side;  /* "asked ..., recorded ..." on one line; else "- ..." and "+ ..." on two */
    bool colour;        /* and marks on the words that differ, with the terminal's codes */
};

/* Appends a line or more for each difference; nothing where there is none. */
void td_explain_list(struct td_buf *out, const struct td_differences *differences,
                     const struct td_explain_style *style);

/*
 * Appends what differs between a request and an interaction that does not match it by the rules.
 * Nothing is appended where they match.
 */
void td_explain_difference(struct td_buf *out, const char *indent, const struct td_query *query,
                           const struct td_interaction *interaction, const struct td_rules *rules);

/* The same, and what to run: to record the request into `cassette` as well, or, where it may be
 * meant, to let the difference not count. `indent` is that of the latter; the differences are
 * further in. */
void td_explain_miss(struct td_buf *out, const char *indent, const struct td_query *query,
                     const struct td_interaction *interaction, const struct td_rules *rules,
                     const char *cassette);
/* "to record it: ..." alone. */
void td_explain_record(struct td_buf *out, const char *indent, const char *cassette);

#endif
