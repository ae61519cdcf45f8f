/* SPDX-License-Identifier: MIT */
/*
 * Reads what was rendered, and compares it with what was wanted: each value of the model, and,
 * as trees, all that the model does not know. Everything is gone through once.
 */
#include "cassette/edit_draft.h"

#include <stdlib.h>

#include "base/grow.h"
#include "cassette/field_order.h"
#include "cassette/reader.h"

/* ---- trees ---- */

struct pair {
    const struct td_yaml_node *a, *b;
};

struct pairs {
    struct pair *items;
    size_t count, room;
};

static bool push(struct pairs *pairs, const struct td_yaml_node *a, const struct td_yaml_node *b)
{
    struct pair *items = td_grow(pairs->items, pairs->count, &pairs->room, sizeof *items);
    if (!items)
        return false;
    pairs->items = items;
    pairs->items[pairs->count++] = (struct pair){a, b};
    return true;
}

/* Aliases are followed: what they stand for is not without end. */
static bool nodes_equal(const struct td_yaml_node *left, const struct td_yaml_node *right)
{
    struct pairs open = {0};
    bool equal = push(&open, left, right);
    while (equal && open.count) {
        struct pair pair = open.items[--open.count];
        const struct td_yaml_node *a = td_yaml_resolve(pair.a), *b = td_yaml_resolve(pair.b);
        equal = a->kind == b->kind && a->tag == b->tag && a->len == b->len;
        if (equal && a->kind == TD_YAML_SCALAR) {
            equal = td_bytes_equal(td_yaml_text(a), td_yaml_text(b)) &&
                    (a->style == TD_YAML_PLAIN) == (b->style == TD_YAML_PLAIN);
            continue;
        }
        const struct td_yaml_node *x = a->first, *y = b->first;
        for (; equal && x && y; x = x->next, y = y->next)
            equal = push(&open, x, y);
        equal = equal && !x && !y;
    }
    free(open.items);
    return equal;
}

static bool is_known(const struct td_yaml_node *key, const struct td_keys *keys,
                     const char *const *names)
{
    key = td_yaml_resolve(key);
    if (key->kind != TD_YAML_SCALAR)
        return false;
    for (; *names; names++)
        if (td_yaml_is_key(key, td_bytes_of(*names)))
            return true;
    return keys && td_keys_find(keys, td_yaml_text(key));
}

static const struct td_yaml_node *next_unknown(const struct td_yaml_node *key,
                                               const struct td_keys *keys, const char *const *names)
{
    while (key && is_known(key, keys, names))
        key = key->next->next;
    return key;
}

static const struct td_yaml_node *first_key(const struct td_yaml_node *node)
{
    node = node ? td_yaml_resolve(node) : NULL;
    return node && node->kind == TD_YAML_MAPPING ? node->first : NULL;
}

/* The keys of both that are not known: the same, with the same values, in the same order. What is
 * no mapping, or not there, has none. */
static bool unknown_equal(const struct td_yaml_node *a, const struct td_yaml_node *b,
                          const struct td_keys *keys, const char *const *names)
{
    bool equal = true;
    a = next_unknown(first_key(a), keys, names);
    b = next_unknown(first_key(b), keys, names);
    while (equal && a && b) {
        equal = nodes_equal(a, b) && nodes_equal(a->next, b->next);
        a = next_unknown(a->next->next, keys, names);
        b = next_unknown(b->next->next, keys, names);
    }
    return equal && !a && !b;
}

/* ---- models ---- */

/* Sorted by name, those of one name in their order, without those that were removed. */
static bool fields_equal(const struct td_fields *wanted, const struct td_fields *found)
{
    struct td_field_order a, b;
    struct td_field *items = calloc(wanted->count + 1, sizeof *items);
    struct td_fields kept = {items, 0};
    for (size_t i = 0; items && i < wanted->count; i++)
        if (wanted->items[i].name.data)
            items[kept.count++] = wanted->items[i];
    bool equal = items && kept.count == found->count;
    if (equal && td_field_order_init(&a, &kept) < 0)
        equal = false;
    if (equal && td_field_order_init(&b, found) < 0) {
        td_field_order_release(&a);
        equal = false;
    }
    if (equal) {
        for (size_t i = 0; i < kept.count && equal; i++)
            equal = td_bytes_equal(a.items[i]->name, b.items[i]->name) &&
                    td_bytes_equal(a.items[i]->value, b.items[i]->value);
        td_field_order_release(&a);
        td_field_order_release(&b);
    }
    free(items);
    return equal;
}

/* The key whose values differ, or NULL. */
static const char *compare(const struct td_interaction *wanted, const struct td_interaction *found)
{
    for (enum td_side side = TD_REQUEST; side <= TD_RESPONSE; side++) {
        const struct td_keys *keys = td_edit_keys(side);
        for (size_t i = 0; i < keys->count; i++) {
            const struct td_key *key = &keys->items[i];
            const void *a = td_edit_record(wanted, side), *b = td_edit_record(found, side);
            if (!td_key_equal(key, a, b) &&
                !(key->type == TD_KEY_FIELDS &&
                  fields_equal(td_key_value(key, a), td_key_value(key, b))))
                return key->name.data;
        }
    }
    return NULL;
}

/* ---- the whole ---- */

static int fail(const struct td_edit *edit, struct td_mark where, const char *name,
                struct td_error *err)
{
    return td_error_set_at(err, TD_ERR_INVALID, edit->path, where.line, where.column,
                           "'%s' cannot be changed in place: it is written in a way that such a "
                           "change does not fit in; write it more plainly first",
                           name);
}

static bool items_equal(const struct td_yaml_node *a, const struct td_yaml_node *b)
{
    static const char *const item_names[] = {"id", "request", "response", NULL};
    static const char *const request_names[] = {"id", NULL}, *const none[] = {NULL};
    return unknown_equal(a, b, NULL, item_names) &&
           unknown_equal(td_yaml_find(a, TD_BYTES("request")), td_yaml_find(b, TD_BYTES("request")),
                         &td_request_keys, request_names) &&
           unknown_equal(td_yaml_find(a, TD_BYTES("response")),
                         td_yaml_find(b, TD_BYTES("response")), &td_response_keys, none);
}

static const struct td_yaml_node *first_item(const struct td_yaml *tree)
{
    return td_yaml_resolve(td_yaml_find(tree->root, TD_BYTES("interactions")))->first;
}

static int check(const struct td_edit *edit, const int64_t *ids, const struct td_yaml *tree,
                 const struct td_cassette *found, struct td_error *err)
{
    static const char *const top[] = {"interactions", "tapedeck", NULL};
    static const struct td_mark nowhere;
    const struct td_yaml_node *a = first_item(&edit->tree), *b = first_item(tree);
    size_t read = edit->cassette->count, at = 0;
    if (!unknown_equal(edit->tree.root, tree->root, NULL, top))
        return fail(edit, nowhere, "interactions", err);
    if (!td_settings_equal(td_edit_settings_differ(edit) ? edit->settings
                                                         : &edit->cassette->settings,
                           &found->settings))
        return fail(edit, nowhere, "tapedeck", err);
    for (size_t i = 0; i < read + edit->added_count; i++) {
        const struct td_interaction *wanted =
            i < read ? td_edit_wanted(edit, i) : edit->added[i - read];
        struct td_mark where = i < read ? wanted->mark : nowhere;
        if (i < read && td_edit_removed(edit, i)) {
            a = a->next;
            continue;
        }
        if (at == found->count || found->interactions[at].id != ids[i])
            return fail(edit, where, "interactions", err);
        const char *name = compare(wanted, &found->interactions[at]);
        if (!name && i < read && !items_equal(a, b))
            name = "interactions";
        if (name)
            return fail(edit, where, name, err);
        a = i < read ? a->next : a;
        b = b->next;
        at++;
    }
    return at == found->count ? 0 : fail(edit, nowhere, "interactions", err);
}

int td_edit_check(const struct td_edit *edit, const int64_t *ids, struct td_bytes rendered,
                  struct td_error *err)
{
    struct td_yaml tree;
    struct td_cassette *found = NULL;
    struct td_error reason;
    int status = td_yaml_parse(&tree, edit->path, rendered, &reason);
    if (status == 0)
        status = td_cassette_from_yaml(edit->path, &tree, &found, &reason);
    if (status == 0)
        status = check(edit, ids, &tree, found, err);
    else if (status == TD_ERR_NOMEM)
        td_error_nomem(err);
    else
        status = td_error_set_at(err, TD_ERR_INVALID, edit->path, 0, 0,
                                 "the cassette cannot be changed in place: it would not be read "
                                 "back ('%.200s')",
                                 reason.message);
    td_cassette_free(found);
    td_yaml_release(&tree);
    return status;
}
