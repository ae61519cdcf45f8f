/* SPDX-License-Identifier: MIT */
/*
 * The nearest interaction by comparing every one in full, word by word, with the table of the
 * textbook: what match/nearest.c has to agree with.
 */
#ifndef TD_TESTS_FULL_SEARCH_H
#define TD_TESTS_FULL_SEARCH_H

#include <stdlib.h>

#include "match/index.h"
#include "match/nearest.h"

static void read_tokens(struct td_tokens *tokens, const struct td_query *query)
{
    struct td_rules rules;
    struct td_arena arena;
    struct td_body body;
    td_rules_init(&rules);
    td_arena_init(&arena);
    td_tokens_init(tokens, 0);
    if (td_body_read(&body, &arena, query->body, &rules) < 0)
        exit(3);
    td_nearest_tokens(tokens, query, &rules, &body);
    td_arena_release(&arena);
    td_rules_release(&rules);
}

/* The table of the textbook, for every interaction. */
static size_t edit_distance(const struct td_tokens *a, const struct td_tokens *b)
{
    size_t *row = calloc(b->count + 1, sizeof *row);
    if (!row)
        exit(3);
    for (size_t j = 0; j <= b->count; j++)
        row[j] = j;
    for (size_t i = 1; i <= a->count; i++) {
        size_t corner = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b->count; j++) {
            size_t up = row[j], least = up < row[j - 1] ? up : row[j - 1];
            row[j] = a->items[i - 1] == b->items[j - 1] ? corner : least + 1;
            corner = up;
        }
    }
    size_t distance = row[b->count];
    free(row);
    return distance;
}

/* How many words are in one of the two only, as often as they are. */
static size_t bag_distance(const struct td_tokens *a, const struct td_tokens *b)
{
    struct td_tokens left, right;
    td_tokens_init(&left, 0);
    td_tokens_init(&right, 0);
    left.items = malloc(a->count * sizeof *left.items + 1);
    right.items = malloc(b->count * sizeof *right.items + 1);
    if (!left.items || !right.items)
        exit(3);
    memcpy(left.items, a->items, (left.count = a->count) * sizeof *left.items);
    memcpy(right.items, b->items, (right.count = b->count) * sizeof *right.items);
    td_tokens_sort(&left);
    td_tokens_sort(&right);
    double both = td_tokens_likeness(&left, &right) * (double)(a->count + b->count);
    td_tokens_release(&left);
    td_tokens_release(&right);
    return a->count + b->count - (size_t)(both + 0.5);
}

/* The first of those that are nearest: in words whatever their order, then in order. */
static size_t search_in_full(const struct td_interaction *interactions, size_t count,
                             const struct td_query *query)
{
    struct td_tokens asked, recorded;
    size_t best = SIZE_MAX, best_bag = SIZE_MAX, found = 0;
    read_tokens(&asked, query);
    for (size_t i = 0; i < count; i++) {
        struct td_query other = td_index_query(&interactions[i]);
        read_tokens(&recorded, &other);
        size_t distance = edit_distance(&asked, &recorded), bag = bag_distance(&asked, &recorded);
        if (bag < best_bag || (bag == best_bag && distance < best)) {
            best = distance;
            best_bag = bag;
            found = i;
        }
        td_tokens_release(&recorded);
    }
    td_tokens_release(&asked);
    return found;
}

#endif
