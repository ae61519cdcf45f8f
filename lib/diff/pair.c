/* SPDX-License-Identifier: MIT */
/*
 * Which interaction of one cassette is which of the other: first those whose requests are the same,
 * in order and then out of it; then those that are left over by what is nearest, as for a miss.
 */
#include <stdlib.h>

#include "diff/inside.h"
#include "match/nearest.h"
#include "json/align.h"

struct side {
    const struct td_interaction *const *items;
    size_t count;
    uint64_t *hashes;
    size_t *match;
    bool *moved;
    bool *told; /* of what is gone */
};

struct pairing {
    struct td_diff *diff;
    struct side a, b;
};

static int side_init(struct pairing *pairing, struct side *side,
                     const struct td_interaction *const *items, size_t count)
{
    side->items = items;
    side->count = count;
    side->hashes = calloc(count + 1, sizeof *side->hashes);
    side->match = calloc(count + 1, sizeof *side->match);
    side->moved = calloc(count + 1, sizeof *side->moved);
    side->told = calloc(count + 1, sizeof *side->told);
    if (!side->hashes || !side->match || !side->moved || !side->told)
        return TD_ERR_NOMEM;
    for (size_t i = 0; i < count; i++) {
        struct td_rules rules;
        struct td_buf form;
        struct td_query query = td_index_query(items[i]);
        td_buf_init(&form);
        int status = td_diff_rules(&rules, pairing->diff, items[i], NULL);
        if (!pairing->diff->options.semantic)
            rules.parts &= ~(unsigned)TD_RULES_HEADERS;
        td_index_put_form(&form, &rules, &query);
        side->hashes[i] = td_hash_short(td_buf_view(&form));
        side->match[i] = SIZE_MAX;
        if (td_buf_failed(&form))
            status = TD_ERR_NOMEM;
        td_buf_release(&form);
        td_rules_release(&rules);
        if (status < 0)
            return status;
    }
    return 0;
}

static void side_release(struct side *side)
{
    free(side->hashes);
    free(side->match);
    free(side->moved);
    free(side->told);
}

static void match_up(struct pairing *pairing, size_t i, size_t j)
{
    pairing->a.match[i] = j;
    pairing->b.match[j] = i;
}

/* The same requests in another order. */
static int pair_same(struct pairing *pairing)
{
    struct td_map map;
    int status = 0;
    td_map_init(&map);
    for (size_t j = pairing->b.count; j-- && !status;)
        if (pairing->b.match[j] == SIZE_MAX)
            status =
                td_map_put(&map, (struct td_hash){pairing->b.hashes[j], 0}, &pairing->b.match[j]);
    for (size_t i = 0; i < pairing->a.count && !status; i++) {
        size_t *slot = pairing->a.match[i] == SIZE_MAX
                           ? td_map_remove(&map, (struct td_hash){pairing->a.hashes[i], 0})
                           : NULL;
        if (slot)
            match_up(pairing, i, (size_t)(slot - pairing->b.match));
    }
    td_map_release(&map);
    return status;
}

/* Of the pairs, as few as can be have another place among the others. */
static int find_moved(struct pairing *pairing)
{
    const struct side *a = &pairing->a, *b = &pairing->b;
    uint64_t *a_pairs = calloc(a->count + 1, sizeof *a_pairs);
    uint64_t *b_pairs = calloc(b->count + 1, sizeof *b_pairs);
    size_t *match = calloc(b->count + 1, sizeof *match), a_count = 0, b_count = 0;
    int status = a_pairs && b_pairs && match ? 0 : TD_ERR_NOMEM;
    for (size_t i = 0; i < a->count && !status; i++)
        if (a->match[i] != SIZE_MAX)
            a_pairs[a_count++] = a->match[i];
    for (size_t j = 0; j < b->count && !status; j++)
        if (b->match[j] != SIZE_MAX)
            b_pairs[b_count++] = j;
    if (!status && !td_align(b_pairs, b_count, a_pairs, a_count, match))
        status = TD_ERR_NOMEM;
    for (size_t i = 0; i < b_count && !status; i++)
        b->moved[b_pairs[i]] = match[i] == SIZE_MAX;
    free(a_pairs);
    free(b_pairs);
    free(match);
    return status;
}

static bool same_target(const struct td_interaction *a, const struct td_interaction *b)
{
    struct td_rules rules;
    struct td_differences differences;
    struct td_query x = td_index_query(a), y = td_index_query(b);
    td_rules_init(&rules);
    td_differences_init(&differences);
    rules.parts = TD_RULES_METHOD | TD_RULES_URL;
    td_differences_requests(&differences, &x, &y, &rules);
    bool same = true;
    for (size_t i = 0; i < differences.count; i++)
        same &= differences.items[i].name.data ||
                td_bytes_equal(differences.items[i].place, TD_BYTES("query"));
    td_differences_release(&differences);
    td_rules_release(&rules);
    return same;
}

/* The nearest of b's that are left over, if it is not taken and goes to the same place. */
static int pair_nearest(struct pairing *pairing)
{
    struct td_index *index = td_index_new();
    size_t *places = calloc(pairing->b.count + 1, sizeof *places), count = 0;
    int status = index && places ? 0 : TD_ERR_NOMEM;
    for (size_t j = 0; j < pairing->b.count && !status; j++) {
        if (pairing->b.match[j] != SIZE_MAX)
            continue;
        places[count++] = j;
        status = td_index_add(index, pairing->b.items[j], NULL);
    }
    for (size_t i = 0; i < pairing->a.count && !status && count; i++) {
        if (pairing->a.match[i] != SIZE_MAX)
            continue;
        struct td_query query = td_index_query(pairing->a.items[i]);
        size_t found;
        if (td_index_nearest(index, &query, &found) &&
            pairing->b.match[places[found]] == SIZE_MAX &&
            same_target(pairing->a.items[i], pairing->b.items[places[found]]))
            match_up(pairing, i, places[found]);
    }
    td_index_free(index);
    free(places);
    return status;
}

/* What still is left over, in order, where it goes to the same place. */
static void pair_rest(struct pairing *pairing)
{
    size_t j = 0;
    for (size_t i = 0; i < pairing->a.count; i++) {
        if (pairing->a.match[i] != SIZE_MAX)
            continue;
        while (j < pairing->b.count && pairing->b.match[j] != SIZE_MAX)
            j++;
        if (j < pairing->b.count && same_target(pairing->a.items[i], pairing->b.items[j]))
            match_up(pairing, i, j++);
    }
}

static int put(struct td_diff *diff, enum td_diff_change change, const struct td_interaction *a,
               const struct td_interaction *b, bool moved)
{
    struct td_diff_item *item = &diff->items[diff->count++];
    *item = (struct td_diff_item){.change = change, .moved = moved, .a = a, .b = b};
    td_differences_init(&item->differences);
    td_buf_init(&item->request_patch);
    td_buf_init(&item->response_patch);
    return td_diff_compare(diff, item);
}

/* What is gone, from `i` on up to the next that has a partner. */
static int put_gone(struct pairing *pairing, size_t i)
{
    const struct side *a = &pairing->a;
    int status = 0;
    for (; i < a->count && a->match[i] == SIZE_MAX && !a->told[i] && !status; i++) {
        status = put(pairing->diff, TD_DIFF_REMOVED, a->items[i], NULL, false);
        a->told[i] = true;
    }
    return status;
}

/* In b's order; what is gone stands behind what was in front of it. */
static int put_all(struct pairing *pairing)
{
    const struct side *b = &pairing->b;
    int status = put_gone(pairing, 0);
    for (size_t j = 0; j < b->count && !status; j++) {
        size_t i = b->match[j];
        if (i == SIZE_MAX) {
            status = put(pairing->diff, TD_DIFF_ADDED, NULL, b->items[j], false);
            continue;
        }
        status = put(pairing->diff, TD_DIFF_CHANGED, pairing->a.items[i], b->items[j], b->moved[j]);
        if (!status)
            status = put_gone(pairing, i + 1);
    }
    return status;
}

int td_diff_pair(struct td_diff *diff, const struct td_interaction *const *a, size_t a_count,
                 const struct td_interaction *const *b, size_t b_count)
{
    struct pairing pairing = {.diff = diff};
    diff->items = calloc(a_count + b_count + 1, sizeof *diff->items);
    int status = diff->items ? 0 : TD_ERR_NOMEM;
    if (!status)
        status = side_init(&pairing, &pairing.a, a, a_count);
    if (!status)
        status = side_init(&pairing, &pairing.b, b, b_count);
    if (!status && !td_align(pairing.a.hashes, a_count, pairing.b.hashes, b_count, pairing.a.match))
        status = TD_ERR_NOMEM;
    for (size_t i = 0; i < a_count && !status; i++)
        if (pairing.a.match[i] != SIZE_MAX)
            match_up(&pairing, i, pairing.a.match[i]);
    if (!status)
        status = pair_same(&pairing);
    if (!status)
        status = pair_nearest(&pairing);
    if (!status) {
        pair_rest(&pairing);
        status = find_moved(&pairing);
    }
    if (!status)
        status = put_all(&pairing);
    side_release(&pairing.a);
    side_release(&pairing.b);
    return status;
}
