/* SPDX-License-Identifier: MIT */
#include "cassette/losses.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/grow.h"
#include "cassette/keys.h"
#include "cassette/place.h"
#include "cassette/yaml.h"

enum { MAX_LOSSES = 1000, NAME_MAX_BYTES = 60 };

struct search {
    struct td_losses *losses;
    const char *path;
    size_t untold;
};

static void tell(struct search *s, unsigned line, unsigned column, const char *what,
                 struct td_bytes name, const char *why)
{
    struct td_losses *losses = s->losses;
    if (losses->count == MAX_LOSSES) {
        s->untold++;
        return;
    }
    struct td_error *items = td_grow(losses->items, losses->count, &losses->room, sizeof *items);
    if (!items) {
        losses->failed = true;
        return;
    }
    losses->items = items;
    int len = name.len > NAME_MAX_BYTES ? NAME_MAX_BYTES : (int)name.len;
    while (len && len < (int)name.len && ((unsigned char)name.data[len] & 0xc0) == 0x80)
        len--; /* never inside a character */
    td_error_set_at(&losses->items[losses->count++], TD_OK, s->path, line, column, "%s '%.*s%s' %s",
                    what, len, name.data, len < (int)name.len ? "..." : "", why);
}

static void tell_key(struct search *s, const struct td_yaml_node *key, const char *what,
                     const char *why)
{
    const struct td_yaml_node *scalar = td_yaml_resolve(key);
    struct td_bytes name = scalar->kind == TD_YAML_SCALAR ? td_yaml_text(scalar) : TD_BYTES("");
    tell(s, key->line, key->column, what, name, why);
}

/* Names of a header without any value. */
static void find_in_fields(struct search *s, const struct td_yaml_node *fields)
{
    fields = td_yaml_resolve(fields);
    if (fields->kind != TD_YAML_MAPPING)
        return;
    for (const struct td_yaml_node *key = fields->first; key; key = key->next->next) {
        const struct td_yaml_node *list = td_yaml_resolve(key->next);
        if (list->kind == TD_YAML_SEQUENCE ? !list->len : td_yaml_is_null(list))
            tell_key(s, key, "name", "has no value, and is left out");
    }
}

static const struct td_key *find_key(const struct td_keys *keys, const struct td_yaml_node *key)
{
    for (size_t i = 0; i < keys->count; i++)
        if (td_yaml_is_key(key, keys->items[i].name))
            return &keys->items[i];
    return NULL;
}

static void find_in_record(struct search *s, const struct td_yaml_node *record,
                           const struct td_keys *keys)
{
    record = td_yaml_resolve(record);
    if (record->kind != TD_YAML_MAPPING) /* null */
        return;
    for (const struct td_yaml_node *key = record->first; key; key = key->next->next) {
        const struct td_key *known = find_key(keys, key);
        if (known && known->type == TD_KEY_FIELDS)
            find_in_fields(s, key->next);
        else if (known && known->type == TD_KEY_SHAPE)
            find_in_record(s, key->next, &td_shape_keys);
        else if (!known && !td_yaml_is_key(key, TD_BYTES("id")))
            tell_key(s, key, "key", "is not one of the format, and is left out");
    }
}

static void find_in_interaction(struct search *s, const struct td_yaml_node *interaction)
{
    interaction = td_yaml_resolve(interaction);
    for (const struct td_yaml_node *key = interaction->first; key; key = key->next->next) {
        if (td_yaml_is_key(key, TD_BYTES("request")))
            find_in_record(s, key->next, &td_request_keys);
        else if (td_yaml_is_key(key, TD_BYTES("response")))
            find_in_record(s, key->next, &td_response_keys);
        else if (!td_yaml_is_key(key, TD_BYTES("id")))
            tell_key(s, key, "key", "is not one of the format, and is left out");
    }
}

/* go-vcr 1 wrote its lock into the file: an empty mapping that says nothing. */
static bool is_lock(const struct td_yaml_node *key)
{
    const struct td_yaml_node *value = td_yaml_resolve(key->next);
    return (td_yaml_is_key(key, TD_BYTES("rwmutex")) || td_yaml_is_key(key, TD_BYTES("mu"))) &&
           value->kind == TD_YAML_MAPPING && !value->len;
}

static void find_keys(struct search *s, const struct td_yaml_node *root)
{
    for (const struct td_yaml_node *key = root->first; key; key = key->next->next) {
        const struct td_yaml_node *value = td_yaml_resolve(key->next);
        if (td_yaml_is_key(key, TD_BYTES("interactions"))) {
            for (const struct td_yaml_node *item = value->first; item; item = item->next)
                find_in_interaction(s, item);
        } else if (!td_yaml_is_key(key, TD_BYTES("version")) &&
                   !td_yaml_is_key(key, TD_BYTES("tapedeck")) && !is_lock(key)) {
            tell_key(s, key, "key", "is not one of the format, and is left out");
        }
    }
}

/* ---- comments ---- */

/* Between two values a `#` can only begin a comment. */
static bool find_comment(struct search *s, const struct td_yaml *tree, size_t start, size_t end)
{
    const char *at = start < end ? memchr(tree->source.data + start, '#', end - start) : NULL;
    if (!at)
        return false;
    struct td_place place = td_place_start(tree->source);
    td_place_to_byte(&place, (size_t)(at - tree->source.data));
    size_t len = 0;
    while (at + len < tree->source.data + end && at[len] != '\n' && at[len] != '\r')
        len++;
    tell(s, place.line, place.column, "comment", td_bytes(at, len),
         "is left out, as all comments are");
    return true;
}

/* Goes through the values, which are in the order of the file, and looks between them. */
static void find_comments(struct search *s, const struct td_yaml *tree)
{
    const struct td_yaml_node *stack[64], *node = tree->root;
    size_t depth = 0, seen = 0;
    for (;;) {
        bool open = node->kind == TD_YAML_SEQUENCE || node->kind == TD_YAML_MAPPING;
        if (find_comment(s, tree, seen, node->start))
            return;
        seen = open ? node->start : node->end;
        if (open && node->first && depth < 64) {
            stack[depth++] = node;
            node = node->first;
            continue;
        }
        while (!node->next && depth)
            node = stack[--depth];
        if (!node->next)
            break;
        node = node->next;
    }
    find_comment(s, tree, seen, tree->source.len);
}

static int compare_places(const void *left, const void *right)
{
    const struct td_error *a = left, *b = right;
    if (a->line != b->line)
        return a->line < b->line ? -1 : 1;
    return (a->column > b->column) - (a->column < b->column);
}

void td_losses_find(struct td_losses *losses, const char *path, const struct td_yaml *tree)
{
    struct search search = {.losses = losses, .path = path};
    find_comments(&search, tree);
    find_keys(&search, tree->root);
    if (losses->count)
        qsort(losses->items, losses->count, sizeof *losses->items, compare_places);
    if (search.untold && !losses->failed) {
        struct td_error *last = &losses->items[losses->count - 1];
        td_error_set_at(last, TD_OK, path, last->line, last->column,
                        "here and further on %zu more things are left out", search.untold + 1);
    }
}

void td_losses_release(struct td_losses *losses)
{
    free(losses->items);
    *losses = (struct td_losses){0};
}
