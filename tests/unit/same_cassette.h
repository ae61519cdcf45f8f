/* SPDX-License-Identifier: MIT */
/* Whether two cassettes are the same model, value by value; how they were written does not count,
 * nor in which order the names of fields stand. */
#ifndef TD_TESTS_SAME_CASSETTE_H
#define TD_TESTS_SAME_CASSETTE_H

#include "cassette/field_order.h"
#include "cassette/keys.h"

static inline bool same_lists(const struct td_list *a, const struct td_list *b)
{
    bool same = a->count == b->count;
    for (size_t i = 0; same && i < a->count; i++)
        same = td_bytes_equal(a->items[i], b->items[i]);
    return same;
}

static inline bool same_fields(const struct td_fields *a, const struct td_fields *b)
{
    struct td_field_order left, right;
    if (a->count != b->count || td_field_order_init(&left, a) < 0)
        return false;
    bool same = td_field_order_init(&right, b) == 0;
    for (size_t i = 0; same && i < a->count; i++)
        same = td_bytes_equal(left.items[i]->name, right.items[i]->name) &&
               td_bytes_equal(left.items[i]->value, right.items[i]->value);
    td_field_order_release(&left);
    td_field_order_release(&right);
    return same;
}

static inline bool same_chunks(const struct td_recorded_chunks *a,
                               const struct td_recorded_chunks *b)
{
    bool same = a->count == b->count;
    for (size_t i = 0; same && i < a->count; i++)
        same = a->items[i].len == b->items[i].len && a->items[i].at_ns == b->items[i].at_ns;
    return same;
}

static inline const char *different_key(const struct td_keys *keys, const void *left,
                                        const void *right)
{
    for (size_t i = 0; i < keys->count; i++) {
        const struct td_key *key = &keys->items[i];
        const void *a = (const char *)left + key->offset, *b = (const char *)right + key->offset;
        bool same = true;
        switch (key->type) {
        case TD_KEY_TEXT:
            same = td_bytes_equal(*(const struct td_bytes *)a, *(const struct td_bytes *)b);
            break;
        case TD_KEY_BODY:
            same = td_bytes_equal(((const struct td_message *)a)->body,
                                  ((const struct td_message *)b)->body);
            break;
        case TD_KEY_INT:
            same = *(const int *)a == *(const int *)b;
            break;
        case TD_KEY_LONG:
        case TD_KEY_DURATION:
            same = *(const int64_t *)a == *(const int64_t *)b;
            break;
        case TD_KEY_BOOL:
            same = *(const bool *)a == *(const bool *)b;
            break;
        case TD_KEY_LIST:
            same = same_lists(a, b);
            break;
        case TD_KEY_FIELDS:
            same = same_fields(a, b);
            break;
        case TD_KEY_CHUNKS:
            same = same_chunks(a, b);
            break;
        case TD_KEY_SHAPE:
            same = !different_key(&td_shape_keys, a, b);
            break;
        }
        if (!same)
            return key->name.data;
    }
    return NULL;
}

/* The first key whose values differ, or NULL. */
static inline const char *different(const struct td_cassette *a, const struct td_cassette *b)
{
    if (a->count != b->count)
        return "interactions";
    if (a->settings.count != b->settings.count)
        return "tapedeck";
    for (size_t i = 0; i < a->settings.count; i++)
        if (!td_bytes_equal(a->settings.items[i].path, b->settings.items[i].path) ||
            !same_lists(&a->settings.items[i].values, &b->settings.items[i].values))
            return "tapedeck";
    for (size_t i = 0; i < a->count; i++) {
        const struct td_interaction *left = &a->interactions[i], *right = &b->interactions[i];
        if (left->id != right->id)
            return "id";
        const char *key = different_key(&td_request_keys, &left->request, &right->request);
        if (!key)
            key = different_key(&td_response_keys, &left->response, &right->response);
        if (key)
            return key;
    }
    return NULL;
}

#endif
