/* SPDX-License-Identifier: MIT */
/* A difference's own fields, for the files of this folder. */
#ifndef TD_DIFF_INSIDE_H
#define TD_DIFF_INSIDE_H

#include <tapedeck/diff.h>

#include "diff/source.h"
#include "match/differences.h"

enum td_diff_change { TD_DIFF_SAME, TD_DIFF_CHANGED, TD_DIFF_REMOVED, TD_DIFF_ADDED };

/* Two interactions or two bodies; or one that the other side does not have. */
struct td_diff_item {
    enum td_diff_change change;
    bool moved;                         /* it has another place among the others */
    const struct td_interaction *a, *b; /* NULL: none, or bodies */
    struct td_differences differences;  /* of a TD_DIFF_CHANGED */
    struct td_buf request_patch,
        response_patch; /* RFC 6902; empty: not both are JSON, or the same */
};

struct td_diff {
    struct td_diff_options options;
    struct td_source a, b;
    struct td_settings *rules;  /* of the rules file; NULL where there is none */
    struct td_diff_item *items; /* in b's order, what is gone where it was */
    size_t count;
    size_t differing;
    struct td_buf report;
};

/* The pairs of two lists of interactions; and a difference for all in which a pair differs. */
int td_diff_pair(struct td_diff *diff, const struct td_interaction *const *a, size_t a_count,
                 const struct td_interaction *const *b, size_t b_count);
int td_diff_compare(struct td_diff *diff, struct td_diff_item *item);
/* The body of a side that is a body, or of an interaction that one is held against. */
struct td_bytes td_diff_body(const struct td_diff *diff, const struct td_source *source);
/* The rules by which the request of `interaction` (NULL: a body) is compared: those of the
 * cassettes, of the file and of the options; and where it is about what is meant, the places that
 * mean nothing in its API. To be released also after a failure. */
int td_diff_rules(struct td_rules *rules, const struct td_diff *diff,
                  const struct td_interaction *interaction, struct td_error *err);

/* What two replies of language models say. False where one of them is none. */
bool td_diff_replies(struct td_differences *differences, const struct td_interaction *a,
                     const struct td_interaction *b);

void td_diff_put_text(struct td_buf *out, const struct td_diff *diff, bool colour);
void td_diff_put_markdown(struct td_buf *out, const struct td_diff *diff);
void td_diff_put_github(struct td_buf *out, const struct td_diff *diff);
void td_diff_put_json(struct td_buf *out, const struct td_diff *diff);

/* "changed", "removed", "added", "same". */
const char *td_diff_change_name(enum td_diff_change change);

#endif
