/* SPDX-License-Identifier: MIT */
/*
 * A JSON value as a sequence of tokens, by which its likeness to another one is measured: each word
 * of each string, each other scalar and each empty container, as a hash that also knows which
 * members it is in (but not at which place of an array, so that what was moved is still the same).
 * In the order of the canonical form, objects' members sorted.
 */
#ifndef TD_JSON_TOKENS_H
#define TD_JSON_TOKENS_H

#include "json/json.h"

struct td_tokens {
    uint64_t *items;
    size_t count;
    size_t capacity;
    size_t limit; /* no more than this many are kept; 0: all */
    bool failed;  /* memory ran out */
};

void td_tokens_init(struct td_tokens *tokens, size_t limit);
void td_tokens_release(struct td_tokens *tokens);
/* The words of a text that stands at a place with this hash. White space is none. */
void td_tokens_put_text(struct td_tokens *tokens, uint64_t place, struct td_bytes text);
void td_tokens_put_json(struct td_tokens *tokens, const struct td_json *value);
/* Puts them in the order of their hashes, for td_tokens_likeness(). */
void td_tokens_sort(struct td_tokens *tokens);
/* Of two that are sorted: from 0, nothing in common, to 1, the same tokens as often. */
double td_tokens_likeness(const struct td_tokens *a, const struct td_tokens *b);

/*
 * Of two in order: how many tokens have to be deleted and inserted to make one of the other, or
 * `limit` where it takes that many or more. Time and memory grow with the limit's square and the
 * tokens.
 */
size_t td_tokens_distance(const struct td_tokens *a, const struct td_tokens *b, size_t limit);

#endif
