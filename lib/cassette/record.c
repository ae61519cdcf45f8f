/* SPDX-License-Identifier: MIT */
#include "cassette/record.h"

const struct td_key *td_keys_find(const struct td_keys *keys, struct td_bytes name)
{
    for (size_t i = 0; i < keys->count; i++)
        if (td_bytes_equal(keys->items[i].name, name))
            return &keys->items[i];
    return NULL;
}

void *td_key_value(const struct td_key *key, const void *record)
{
    char *value = (char *)(uintptr_t)record + key->offset;
    return key->type == TD_KEY_BODY ? (void *)&((struct td_message *)value)->body : value;
}

static bool lists_equal(const struct td_list *a, const struct td_list *b)
{
    bool equal = a->count == b->count;
    for (size_t i = 0; i < a->count && equal; i++)
        equal = td_bytes_equal(a->items[i], b->items[i]);
    return equal;
}

static bool fields_equal(const struct td_fields *a, const struct td_fields *b)
{
    bool equal = a->count == b->count;
    for (size_t i = 0; i < a->count && equal; i++)
        equal = td_bytes_equal(a->items[i].name, b->items[i].name) &&
                td_bytes_equal(a->items[i].value, b->items[i].value);
    return equal;
}

static bool chunks_equal(const struct td_recorded_chunks *a, const struct td_recorded_chunks *b)
{
    bool equal = a->count == b->count;
    for (size_t i = 0; i < a->count && equal; i++)
        equal = a->items[i].len == b->items[i].len && a->items[i].at_ns == b->items[i].at_ns;
    return equal;
}

bool td_key_equal(const struct td_key *key, const void *record, const void *other)
{
    const void *a = td_key_value(key, record), *b = td_key_value(key, other);
    switch (key->type) {
    case TD_KEY_TEXT:
    case TD_KEY_BODY:
        return td_bytes_equal(*(const struct td_bytes *)a, *(const struct td_bytes *)b);
    case TD_KEY_INT:
        return *(const int *)a == *(const int *)b;
    case TD_KEY_LONG:
    case TD_KEY_DURATION:
        return *(const int64_t *)a == *(const int64_t *)b;
    case TD_KEY_BOOL:
        return *(const bool *)a == *(const bool *)b;
    case TD_KEY_LIST:
        return lists_equal(a, b);
    case TD_KEY_FIELDS:
        return fields_equal(a, b);
    case TD_KEY_CHUNKS:
        return chunks_equal(a, b);
    case TD_KEY_SHAPE:
        break;
    }
    bool equal = true;
    for (size_t i = 0; i < td_shape_keys.count && equal; i++)
        equal = td_key_equal(&td_shape_keys.items[i], a, b);
    return equal;
}

bool td_key_is_empty(const struct td_key *key, const void *record)
{
    static const union {
        struct td_recorded_request request;
        struct td_recorded_response response;
        struct td_shape shape;
    } nothing;
    return td_key_equal(key, record, &nothing);
}
