/* SPDX-License-Identifier: MIT */
/*
 * A delta as a JSON Patch. Its operations are done one after the other, and the delta is in an
 * order in which that works: when its turn comes, everything in front of a place is as in b, so
 * that the place's path is that of b.
 */
#include "json/delta.h"

struct patch {
    struct td_buf *out;
    struct td_buf path;
    size_t start;
    size_t count;
};

static void put_start(struct patch *patch, const char *op)
{
    td_buf_put_text(patch->out, patch->count++ ? ",\n" : "[\n");
    td_buf_printf(patch->out, "{\"op\":\"%s\",\"path\":", op);
    td_json_put_string(patch->out, td_buf_view(&patch->path));
}

static void put_value(struct patch *patch, const struct td_json *value)
{
    td_buf_put_text(patch->out, ",\"value\":");
    td_json_put_source(patch->out, value->source);
}

static void set_path(struct patch *patch, const struct td_json *node)
{
    const struct td_json *root = node;
    while (root->parent)
        root = root->parent;
    td_buf_clear(&patch->path);
    td_json_path(&patch->path, root, node);
}

/* As td_json_path() escapes a key. */
static void add_key(struct td_buf *path, struct td_bytes key)
{
    td_buf_put_char(path, '/');
    for (size_t i = 0; i < key.len; i++) {
        if (key.data[i] == '~' || key.data[i] == '/')
            td_buf_put_text(path, key.data[i] == '~' ? "~0" : "~1");
        else
            td_buf_put_char(path, key.data[i]);
    }
}

static void put_removal(struct patch *patch, const struct td_json_change *change)
{
    set_path(patch, change->into);
    if (change->into->kind == TD_JSON_OBJECT)
        add_key(&patch->path, change->a->key);
    else
        td_buf_printf(&patch->path, "/%zu", change->place);
    put_start(patch, "remove");
    td_buf_put_char(patch->out, '}');
}

static void put_with_value(struct patch *patch, const char *op, const struct td_json *b)
{
    set_path(patch, b);
    put_start(patch, op);
    put_value(patch, b);
    td_buf_put_char(patch->out, '}');
}

static void put_change(struct patch *patch, const struct td_json_change *change)
{
    switch (change->kind) {
    case TD_JSON_CHANGED:
        put_with_value(patch, "replace", change->b);
        break;
    case TD_JSON_ADDED:
    case TD_JSON_ARRIVED:
        put_with_value(patch, "add", change->b);
        break;
    case TD_JSON_RENAMED:
        put_removal(patch, change);
        put_with_value(patch, "add", change->b);
        break;
    default:
        put_removal(patch, change);
    }
}

static void put_all(struct patch *patch, const struct td_json_delta *delta, size_t limit)
{
    const struct td_json *done = NULL; /* what was replaced whole last */
    for (size_t i = 0; i < delta->count && patch->out->len - patch->start <= limit; i++) {
        const struct td_json_change *change = &delta->items[i];
        if (change->whole && change->whole == done)
            continue;
        if (change->whole)
            put_with_value(patch, "replace", change->whole);
        else
            put_change(patch, change);
        done = change->whole;
    }
}

void td_json_put_patch(struct td_buf *out, const struct td_json_delta *delta,
                       const struct td_json *b)
{
    /* Paths can be as long as all of b, and there may be as many of them. */
    size_t limit = 4 * b->source.len + 4096;
    struct patch patch = {.out = out, .start = out->len};
    td_buf_init(&patch.path);
    put_all(&patch, delta, limit);
    if (out->len - patch.start > limit) {
        out->len = patch.start;
        patch.count = 0;
        put_with_value(&patch, "replace", b);
    }
    td_buf_put_text(out, patch.count ? "\n]" : "[]");
    out->failed |= td_buf_failed(&patch.path);
    td_buf_release(&patch.path);
}
