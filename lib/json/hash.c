/* SPDX-License-Identifier: MIT */
/*
 * Hashes of all values of a tree, from the leaves up, and equality. Both go through the tree by the
 * parents, as everything here does, because a body may be nested a million deep.
 */
#include <stdlib.h>

#include "base/hash.h"
#include "json/json.h"

/* For containers, so that [] and {} and "" are different. */
static uint64_t kind_hash(enum td_json_kind kind)
{
    return td_hash_more(kind + 1, kind);
}

static int compare_hashes(const void *a, const void *b)
{
    const struct td_json *left = *(struct td_json *const *)a, *right = *(struct td_json *const *)b;
    if (left->hash != right->hash)
        return left->hash < right->hash ? -1 : 1;
    return left->index < right->index ? -1 : left->index > right->index;
}

/* The elements of a set in the order of their hashes, which is the same whatever it was. */
static bool sort_set(struct td_json *array)
{
    struct td_json **elements = malloc(array->count * sizeof *elements);
    if (!elements)
        return false;
    size_t count = 0;
    for (struct td_json *child = array->first; child; child = child->next)
        elements[count++] = child;
    qsort(elements, count, sizeof *elements, compare_hashes);
    struct td_json **link = &array->first;
    for (size_t i = 0; i < count; i++) {
        *link = elements[i];
        link = &elements[i]->next;
    }
    *link = NULL;
    array->whole = true;
    free(elements);
    return true;
}

/* Of a node whose children have theirs. */
static bool finish(struct td_json *node)
{
    uint64_t hash = kind_hash(node->kind);
    if (node->kind == TD_JSON_ARRAY) {
        if (node->set && node->count > 1 && !sort_set(node))
            return false;
        for (const struct td_json *child = node->first; child; child = child->next)
            hash = td_hash_more(hash, child->hash);
    } else if (node->kind == TD_JSON_OBJECT) {
        for (size_t i = 0; i < node->count; i++) {
            const struct td_json *member = node->sorted[i];
            /* A line ending in a key may have been another one in the text. */
            node->whole |= (i && td_bytes_equal(member->key, node->sorted[i - 1]->key)) ||
                           (member->key.len && memchr(member->key.data, '\n', member->key.len));
            hash = td_hash_more(hash, td_hash_more(td_hash_short(member->key), member->hash));
        }
    } else {
        hash = td_hash_more(hash, td_hash_short(node->text));
    }
    node->hash = hash;
    return true;
}

bool td_json_hash(struct td_json *root)
{
    struct td_json *node = root;
    for (;;) {
        while (node->first)
            node = node->first;
        for (;;) {
            if (!finish(node))
                return false;
            if (node == root)
                return true;
            if (node->next) {
                node = node->next;
                break;
            }
            node = node->parent;
        }
    }
}

static bool same_here(const struct td_json *a, const struct td_json *b)
{
    return a->kind == b->kind && a->count == b->count && td_bytes_equal(a->text, b->text);
}

/* The next sibling in an order that both trees share. */
static const struct td_json *sibling(const struct td_json *node)
{
    const struct td_json *parent = node->parent;
    if (parent->kind == TD_JSON_ARRAY)
        return node->next;
    return node->index + 1 < parent->count ? parent->sorted[node->index + 1] : NULL;
}

static const struct td_json *first_child(const struct td_json *node)
{
    return node->kind == TD_JSON_OBJECT && node->count ? node->sorted[0] : node->first;
}

bool td_json_equal(const struct td_json *a, const struct td_json *b)
{
    const struct td_json *x = a, *y = b;
    for (;;) {
        if (!same_here(x, y))
            return false;
        if (x != a && x->parent->kind == TD_JSON_OBJECT && !td_bytes_equal(x->key, y->key))
            return false;
        if (x->count) {
            x = first_child(x);
            y = first_child(y);
            continue;
        }
        const struct td_json *next = NULL;
        while (x != a && !(next = sibling(x))) {
            x = x->parent;
            y = y->parent;
        }
        if (x == a)
            return true;
        x = next;
        y = sibling(y);
    }
}
