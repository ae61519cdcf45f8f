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

/* ---- copies ---- */

static bool copy_text(struct td_arena *arena, struct td_bytes text, struct td_bytes *copy)
{
    *copy = td_arena_copy(arena, text.len ? text : TD_BYTES(""));
    return copy->data;
}

static bool copy_list(struct td_arena *arena, const struct td_list *list, struct td_list *copy)
{
    struct td_bytes *items = td_arena_alloc(arena, (list->count + 1) * sizeof *items);
    bool ok = items;
    for (size_t i = 0; i < list->count && ok; i++)
        ok = copy_text(arena, list->items[i], &items[i]);
    *copy = (struct td_list){items, list->count};
    return ok;
}

static bool copy_fields(struct td_arena *arena, const struct td_fields *fields,
                        struct td_fields *copy)
{
    struct td_field *items = td_arena_alloc(arena, (fields->count + 1) * sizeof *items);
    bool ok = items;
    for (size_t i = 0; i < fields->count && ok; i++)
        ok = copy_text(arena, fields->items[i].name, &items[i].name) &&
             copy_text(arena, fields->items[i].value, &items[i].value);
    *copy = (struct td_fields){items, fields->count};
    return ok;
}

static bool copy_chunks(struct td_arena *arena, const struct td_recorded_chunks *chunks,
                        struct td_recorded_chunks *copy)
{
    struct td_recorded_chunk *items = td_arena_alloc(arena, (chunks->count + 1) * sizeof *items);
    if (items && chunks->count)
        memcpy(items, chunks->items, chunks->count * sizeof *items);
    *copy = (struct td_recorded_chunks){items, chunks->count};
    return items;
}

static bool copy_value(struct td_arena *arena, const struct td_key *key, const void *from, void *to)
{
    switch (key->type) {
    case TD_KEY_TEXT:
    case TD_KEY_BODY:
        return copy_text(arena, *(const struct td_bytes *)from, to);
    case TD_KEY_INT:
        *(int *)to = *(const int *)from;
        return true;
    case TD_KEY_LONG:
    case TD_KEY_DURATION:
        *(int64_t *)to = *(const int64_t *)from;
        return true;
    case TD_KEY_BOOL:
        *(bool *)to = *(const bool *)from;
        return true;
    case TD_KEY_LIST:
        return copy_list(arena, from, to);
    case TD_KEY_FIELDS:
        return copy_fields(arena, from, to);
    case TD_KEY_CHUNKS:
        return copy_chunks(arena, from, to);
    case TD_KEY_SHAPE:
        return td_record_copy(&td_shape_keys, arena, from, to) == 0;
    }
    return true;
}

int td_record_copy(const struct td_keys *keys, struct td_arena *arena, const void *record,
                   void *copy)
{
    bool ok = true;
    for (size_t i = 0; i < keys->count && ok; i++)
        ok = copy_value(arena, &keys->items[i], td_key_value(&keys->items[i], record),
                        td_key_value(&keys->items[i], copy));
    return ok ? 0 : TD_ERR_NOMEM;
}

/* ---- settings ---- */

bool td_settings_equal(const struct td_settings *a, const struct td_settings *b)
{
    bool equal = a->count == b->count;
    for (size_t i = 0; i < a->count && equal; i++)
        equal = td_bytes_equal(a->items[i].path, b->items[i].path) &&
                lists_equal(&a->items[i].values, &b->items[i].values);
    return equal;
}

struct td_settings *td_settings_copy(const struct td_settings *settings, struct td_arena *arena)
{
    struct td_settings *copy = td_arena_alloc(arena, sizeof *copy);
    struct td_setting *items = td_arena_alloc(arena, (settings->count + 1) * sizeof *items);
    bool ok = copy && items;
    for (size_t i = 0; i < settings->count && ok; i++)
        ok = copy_text(arena, settings->items[i].path, &items[i].path) &&
             copy_list(arena, &settings->items[i].values, &items[i].values);
    if (!ok)
        return NULL;
    copy->items = items;
    copy->count = settings->count;
    return copy;
}
