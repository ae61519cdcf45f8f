/* SPDX-License-Identifier: MIT */
/*
 * What is different between two cassettes, two interactions or two bodies.
 *
 * A difference belongs to its caller and is for one thread at a time.
 */
#ifndef TAPEDECK_DIFF_H
#define TAPEDECK_DIFF_H

#include <stdbool.h>
#include <stddef.h>

#include <tapedeck/error.h>

#ifdef __cplusplus
extern "C" {
#endif

struct td_diff;

enum td_diff_side {
    TD_DIFF_BOTH,
    TD_DIFF_REQUESTS,
    TD_DIFF_RESPONSES,
};

struct td_diff_options {
    size_t size;   /* sizeof(struct td_diff_options): tells which fields the caller knows */
    bool semantic; /* what is meant rather than the bytes: requests without what is made up anew
                      each time, replies of language models by what they say, no headers but those
                      that the rules let count */
    enum td_diff_side side;
    const char *rules;        /* as in struct td_deck_options */
    const char *const *match; /* likewise */
};

/*
 * Reads and compares. `a` and `b` are each a cassette, one interaction of it ("hello.yaml#0"), or a
 * file that holds a body; "-" is standard input. `options` may be NULL. NULL and `err` where one
 * could not be read, or where the two cannot be compared (TD_ERR_INVALID without a file).
 */
TD_EXPORT struct td_diff *td_diff_open(const char *a, const char *b,
                                       const struct td_diff_options *options, struct td_error *err);
TD_EXPORT void td_diff_close(struct td_diff *diff); /* NULL is fine */

/* Interactions (or bodies) that are not the same on both sides. 0: nothing is different. */
TD_EXPORT size_t td_diff_count(const struct td_diff *diff);

enum td_diff_format {
    TD_DIFF_TEXT,     /* for people */
    TD_DIFF_TERMINAL, /* the same with colours, and marks on the words that differ */
    TD_DIFF_JSON, /* docs/diff.schema.json; the changes of JSON bodies also as RFC 6902 patches */
    TD_DIFF_MARKDOWN,
    TD_DIFF_GITHUB, /* commands that GitHub's runner makes annotations of */
};

/* A report, *len bytes and a NUL that is not one of them; NULL when memory ran out. Valid until the
 * next call on this difference. */
TD_EXPORT const char *td_diff_report(struct td_diff *diff, enum td_diff_format format, size_t *len);

#ifdef __cplusplus
}
#endif

#endif
