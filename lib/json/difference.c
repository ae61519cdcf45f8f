/* SPDX-License-Identifier: MIT */
/*
 * Where two JSON values differ. The walk goes through both trees at once and keeps no more than
 * where it is: the way up is in the nodes, and a member's partner is found by its key again.
 */
#include "json/json.h"

#include <stdio.h>

static bool key_before(struct td_bytes a, struct td_bytes b)
{
    size_t shorter = a.len < b.len ? a.len : b.len;
    int order = shorter ? memcmp(a.data, b.data, shorter) : 0;
    return order ? order < 0 : a.len < b.len;
}

/* Where the members with this key start in the object's order, or would. */
static size_t find_key(const struct td_json *object, struct td_bytes key)
{
    size_t low = 0, high = object->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (key_before(object->sorted[middle]->key, key))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const struct td_json *td_json_partner(const struct td_json *object, const struct td_json *member)
{
    size_t earlier = member->index - find_key(member->parent, member->key);
    size_t start = find_key(object, member->key);
    if (earlier >= object->count - start)
        return NULL;
    const struct td_json *found = object->sorted[start + earlier];
    return td_bytes_equal(found->key, member->key) ? found : NULL;
}

/* The pair that `a` starts, of the containers at hand, or where it is NULL the next that only b
 * has, from `b` on. */
static bool pair_up(struct td_json_walk *walk, const struct td_json *a, const struct td_json *b)
{
    if (walk->a_in->kind == TD_JSON_OBJECT) {
        if (a)
            b = td_json_partner(walk->b_in, a);
        while (!a && b && td_json_partner(walk->a_in, b))
            b = b->next;
    }
    walk->a = a;
    walk->b = b;
    return a || b;
}

/* Into the containers at hand, if there is anything inside to be compared. */
static bool go_down(struct td_json_walk *walk)
{
    const struct td_json *a = walk->a, *b = walk->b;
    if (!a || !b || a->kind != b->kind || (!a->count && !b->count))
        return false;
    walk->a_in = a;
    walk->b_in = b;
    return pair_up(walk, a->first, b->first);
}

static bool go_on(struct td_json_walk *walk)
{
    while (walk->a != walk->a_root) {
        const struct td_json *a = walk->a, *b = walk->b;
        bool object = walk->a_in->kind == TD_JSON_OBJECT;
        /* Among members, b's place tells how far its own rest has come only once a's are done. */
        const struct td_json *next_a = a ? a->next : NULL;
        const struct td_json *next_b = b && !(object && a) ? b->next : NULL;
        if (object && a && !next_a)
            next_b = walk->b_in->first;
        if (pair_up(walk, next_a, next_b))
            return true;
        walk->a = walk->a_in;
        walk->b = walk->b_in;
        walk->a_in = walk->a->parent;
        walk->b_in = walk->b->parent;
    }
    return false;
}

void td_json_walk_init(struct td_json_walk *walk, const struct td_json *a, const struct td_json *b)
{
    *walk = (struct td_json_walk){.a_root = a, .b_root = b};
}

bool td_json_walk_next(struct td_json_walk *walk)
{
    bool started = walk->a || walk->b;
    if (!started) {
        walk->a = walk->a_root;
        walk->b = walk->b_root;
    } else if (!go_on(walk)) {
        return false;
    }
    while (go_down(walk))
        ;
    const struct td_json *a = walk->a, *b = walk->b;
    walk->same = a && b && a->kind == b->kind && td_bytes_equal(a->text, b->text);
    return true;
}

static void reverse(char *data, size_t len)
{
    for (size_t i = 0; i < len / 2; i++) {
        char c = data[i];
        data[i] = data[len - 1 - i];
        data[len - 1 - i] = c;
    }
}

/* Written from its end, as the nodes lead, and turned round. */
void td_json_path(struct td_buf *out, const struct td_json *root, const struct td_json *node)
{
    size_t start = out->len;
    for (; node != root; node = node->parent) {
        if (node->parent->kind == TD_JSON_ARRAY) {
            char digits[24];
            int len = snprintf(digits, sizeof digits, "%zu", node->index);
            reverse(digits, (size_t)len);
            td_buf_put(out, digits, (size_t)len);
        } else {
            for (size_t i = node->key.len; i--;) {
                char c = node->key.data[i];
                if (c == '~')
                    td_buf_put(out, "0~", 2);
                else if (c == '/')
                    td_buf_put(out, "1~", 2);
                else
                    td_buf_put_char(out, c);
            }
        }
        td_buf_put_char(out, '/');
    }
    if (out->len > start)
        reverse(out->data + start, out->len - start);
}

bool td_json_first_difference(const struct td_json *a, const struct td_json *b,
                              struct td_json_difference *difference)
{
    struct td_json_walk walk;
    td_json_walk_init(&walk, a, b);
    while (td_json_walk_next(&walk)) {
        if (walk.same)
            continue;
        td_buf_init(&difference->path);
        td_json_path(&difference->path, walk.a ? a : b, walk.a ? walk.a : walk.b);
        difference->a = walk.a;
        difference->b = walk.b;
        return true;
    }
    return false;
}
