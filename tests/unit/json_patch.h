/* SPDX-License-Identifier: MIT */
/*
 * A JSON Patch applied to a text, by cutting and pasting text and reading the whole anew after each
 * operation: slow, and with nothing in common with what writes patches.
 */
#ifndef TD_TESTS_JSON_PATCH_H
#define TD_TESTS_JSON_PATCH_H

#include <stdlib.h>

#include "json/json.h"

static const struct td_json *patch_member(const struct td_json *object, const char *key)
{
    for (const struct td_json *member = object->first; member; member = member->next)
        if (td_bytes_equal(member->key, td_bytes_of(key)))
            return member;
    return NULL;
}

static bool patch_is(const struct td_json *operation, const char *op)
{
    return td_bytes_equal(patch_member(operation, "op")->text, td_bytes_of(op));
}

/* One segment of a pointer, decoded, taken off its front. */
static void patch_segment(struct td_bytes *pointer, struct td_buf *segment)
{
    size_t i = 1;
    td_buf_clear(segment);
    td_buf_put(segment, "", 0);
    for (; i < pointer->len && pointer->data[i] != '/'; i++) {
        char c = pointer->data[i];
        if (c == '~')
            c = pointer->data[++i] == '0' ? '~' : '/';
        td_buf_put_char(segment, c);
    }
    pointer->data += i;
    pointer->len -= i;
}

static const struct td_json *patch_child(const struct td_json *node, struct td_bytes segment)
{
    const struct td_json *child = node->first;
    uint64_t index = 0;
    if (node->kind == TD_JSON_ARRAY && !td_bytes_to_u64(segment, &index))
        return NULL;
    for (uint64_t i = 0; child; child = child->next, i++)
        if (node->kind == TD_JSON_OBJECT ? td_bytes_equal(child->key, segment) : i == index)
            return child;
    return NULL;
}

static void patch_put_child(struct td_buf *out, bool object, struct td_bytes key,
                            struct td_bytes source, char open)
{
    if (out->data[out->len - 1] != open)
        td_buf_put_char(out, ',');
    if (object) {
        td_json_put_string(out, key);
        td_buf_put_char(out, ':');
    }
    td_buf_put_bytes(out, source);
}

/* The container written anew, without `gone`, with `value` in its place or at the index or key. */
static void patch_rewrite(struct td_buf *out, const struct td_json *in, const struct td_json *gone,
                          const struct td_json *value, struct td_bytes segment)
{
    bool object = in->kind == TD_JSON_OBJECT, put = false;
    char open = object ? '{' : '[';
    uint64_t index = UINT64_MAX, at = 0;
    if (!gone && !object)
        td_bytes_to_u64(segment, &index);
    td_buf_put_char(out, open);
    for (const struct td_json *child = in->first; child; child = child->next, at++) {
        if (value && !put && (child == gone || at == index)) {
            patch_put_child(out, object, segment, value->source, open);
            put = true;
        }
        if (child != gone)
            patch_put_child(out, object, child->key, child->source, open);
    }
    if (value && !put)
        patch_put_child(out, object, segment, value->source, open);
    td_buf_put_char(out, object ? '}' : ']');
}

/* False where the operation cannot be done. */
static bool patch_apply_one(struct td_buf *text, const struct td_json *operation)
{
    const struct td_json *value = patch_member(operation, "value");
    struct td_bytes pointer = patch_member(operation, "path")->text;
    if (!pointer.len) {
        td_buf_clear(text);
        td_buf_put_bytes(text, value->source);
        return patch_is(operation, "replace");
    }
    struct td_arena arena;
    struct td_buf segment, made;
    td_arena_init(&arena);
    td_buf_init(&segment);
    td_buf_init(&made);
    const struct td_json *root = td_json_parse(&arena, td_buf_view(text), NULL), *in = root;
    bool good = root != NULL;
    for (;;) {
        patch_segment(&pointer, &segment);
        if (!good || !pointer.len)
            break;
        in = patch_child(in, td_buf_view(&segment));
        good = in != NULL;
    }
    good = good && (in->kind == TD_JSON_OBJECT || in->kind == TD_JSON_ARRAY);
    if (good) {
        bool add = patch_is(operation, "add");
        const struct td_json *old = patch_child(in, td_buf_view(&segment));
        good = add ? value && (in->kind == TD_JSON_OBJECT || old || segment.len) : old != NULL;
        const char *start = root->source.data;
        td_buf_put(&made, start, (size_t)(in->source.data - start));
        patch_rewrite(&made, in, add && in->kind == TD_JSON_ARRAY ? NULL : old, value,
                      td_buf_view(&segment));
        const char *after = in->source.data + in->source.len;
        td_buf_put(&made, after, (size_t)(start + root->source.len - after));
        td_buf_clear(text);
        td_buf_put_bytes(text, td_buf_view(&made));
    }
    td_arena_release(&arena);
    td_buf_release(&segment);
    td_buf_release(&made);
    return good;
}

/* Whether the patch could be applied to *text. */
static bool patch_apply(struct td_buf *text, const struct td_json *patch)
{
    bool good = patch->kind == TD_JSON_ARRAY;
    for (const struct td_json *operation = patch->first; good && operation;
         operation = operation->next)
        good = patch_apply_one(text, operation);
    return good;
}

#endif
