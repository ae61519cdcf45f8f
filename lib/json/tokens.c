/* SPDX-License-Identifier: MIT */
#include "json/tokens.h"

#include <stdlib.h>

#include "base/grow.h"
#include "base/hash.h"
#include "base/utf8.h"

void td_tokens_init(struct td_tokens *tokens, size_t limit)
{
    *tokens = (struct td_tokens){.limit = limit};
}

void td_tokens_release(struct td_tokens *tokens)
{
    free(tokens->items);
    td_tokens_init(tokens, tokens->limit);
}

static bool full(const struct td_tokens *tokens)
{
    return tokens->failed || (tokens->limit && tokens->count >= tokens->limit);
}

static void put(struct td_tokens *tokens, uint64_t token)
{
    if (full(tokens))
        return;
    uint64_t *items = td_grow(tokens->items, tokens->count, &tokens->capacity, sizeof *items);
    if (!items) {
        tokens->failed = true;
        return;
    }
    tokens->items = items;
    tokens->items[tokens->count++] = token;
}

/* Cheaper than base/hash.h, since words are short and many. */
static uint64_t hash_word(uint64_t place, struct td_bytes word)
{
    uint64_t hash = place + word.len, last = 0;
    while (word.len >= 8) {
        uint64_t next;
        memcpy(&next, word.data, 8);
        hash = td_hash_more(hash, next);
        word.data += 8;
        word.len -= 8;
    }
    for (size_t i = 0; i < word.len; i++)
        last = last << 8 | (unsigned char)word.data[i];
    return td_hash_more(hash, last);
}

void td_tokens_put_text(struct td_tokens *tokens, uint64_t place, struct td_bytes text)
{
    if (!text.len)
        put(tokens, place);
    while (text.len && !full(tokens)) {
        struct td_bytes word = td_word_next(&text);
        if (!td_word_is_space(word))
            put(tokens, hash_word(place, word));
    }
}

/* The places of the containers that the walk is in. */
struct places {
    uint64_t *items;
    size_t depth;
    size_t capacity;
};

static bool enter(struct places *places, uint64_t place)
{
    uint64_t *items = td_grow(places->items, places->depth, &places->capacity, sizeof *items);
    if (!items)
        return false;
    places->items = items;
    places->items[places->depth++] = place;
    return true;
}

static const struct td_json *next_sibling(const struct td_json *node)
{
    const struct td_json *parent = node->parent;
    if (parent->kind == TD_JSON_ARRAY)
        return node->next;
    return node->index + 1 < parent->count ? parent->sorted[node->index + 1] : NULL;
}

static void put_leaf(struct td_tokens *tokens, uint64_t place, const struct td_json *leaf)
{
    place = td_hash_more(place, leaf->kind);
    if (leaf->kind == TD_JSON_STRING)
        td_tokens_put_text(tokens, place, leaf->text);
    else
        put(tokens, td_hash_more(place, td_hash_short(leaf->text)));
}

static void walk(struct td_tokens *tokens, const struct td_json *value, struct places *places)
{
    const struct td_json *node = value;
    while (!full(tokens)) {
        uint64_t place = places->depth ? places->items[places->depth - 1] : 0;
        if (node != value && node->parent->kind == TD_JSON_OBJECT)
            place = td_hash_more(place, td_hash_short(node->key));
        if (node->count) {
            if (!enter(places, place)) {
                tokens->failed = true;
                return;
            }
            node = node->kind == TD_JSON_OBJECT ? node->sorted[0] : node->first;
            continue;
        }
        put_leaf(tokens, place, node);
        const struct td_json *next = NULL;
        while (node != value && !(next = next_sibling(node))) {
            node = node->parent;
            places->depth--;
        }
        if (node == value)
            return;
        node = next;
    }
}

void td_tokens_put_json(struct td_tokens *tokens, const struct td_json *value)
{
    struct places places = {0};
    walk(tokens, value, &places);
    free(places.items);
}

static int compare(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
    return left < right ? -1 : left > right;
}

void td_tokens_sort(struct td_tokens *tokens)
{
    if (tokens->count)
        qsort(tokens->items, tokens->count, sizeof *tokens->items, compare);
}

double td_tokens_likeness(const struct td_tokens *a, const struct td_tokens *b)
{
    size_t i = 0, j = 0, common = 0, all = a->count + b->count;
    while (i < a->count && j < b->count) {
        if (a->items[i] == b->items[j])
            common++, i++, j++;
        else if (a->items[i] < b->items[j])
            i++;
        else
            j++;
    }
    return all ? 2.0 * (double)common / (double)all : 1;
}

/* Myers' greedy search: for each number of edits the furthest that each diagonal can be followed.
 */
static size_t search(const uint64_t *a, size_t a_count, const uint64_t *b, size_t b_count,
                     size_t limit, size_t *furthest)
{
    size_t *row = furthest + limit + 1; /* by diagonal, a's place minus b's */
    for (size_t edits = 0; edits < limit; edits++) {
        ptrdiff_t most = (ptrdiff_t)edits;
        for (ptrdiff_t k = -most; k <= most; k += 2) {
            size_t x = 0;
            if (edits)
                x = k == -most || (k != most && row[k - 1] < row[k + 1]) ? row[k + 1]
                                                                         : row[k - 1] + 1;
            if (x > a_count || (ptrdiff_t)x < k || (size_t)((ptrdiff_t)x - k) > b_count) {
                row[k] = x; /* off the table; its neighbours may still use it */
                continue;
            }
            size_t y = (size_t)((ptrdiff_t)x - k);
            while (x < a_count && y < b_count && a[x] == b[y])
                x++, y++;
            row[k] = x;
            if (x == a_count && y == b_count)
                return edits;
        }
    }
    return limit;
}

size_t td_tokens_distance(const struct td_tokens *a, const struct td_tokens *b, size_t limit)
{
    size_t front = 0, a_count = a->count, b_count = b->count;
    while (front < a_count && front < b_count && a->items[front] == b->items[front])
        front++;
    while (front < a_count && front < b_count && a->items[a_count - 1] == b->items[b_count - 1])
        a_count--, b_count--;
    size_t difference = a_count < b_count ? b_count - a_count : a_count - b_count;
    if (difference >= limit)
        return limit;
    if (a_count == front || b_count == front)
        return difference;
    size_t *furthest = calloc(2 * limit + 3, sizeof *furthest);
    if (!furthest)
        return limit;
    size_t distance = search(a->items + front, a_count - front, b->items + front, b_count - front,
                             limit, furthest);
    free(furthest);
    return distance;
}
