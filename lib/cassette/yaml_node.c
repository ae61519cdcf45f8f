/* SPDX-License-Identifier: MIT */
/* Questions to a node of a YAML tree, and the way through the tree. */
#include "base/map.h"
#include "cassette/yaml.h"

enum { FEW_PAIRS = 16 }; /* so many keys are compared each with each, more through a map */

bool td_yaml_is_null(const struct td_yaml_node *node)
{
    static const char *const names[] = {"", "~", "null", "Null", "NULL"};
    node = td_yaml_resolve(node);
    if (node->kind != TD_YAML_SCALAR)
        return false;
    if (node->tag != TD_YAML_TAG_NONE || node->style != TD_YAML_PLAIN)
        return node->tag == TD_YAML_TAG_NULL;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (td_bytes_equal(td_yaml_text(node), td_bytes_of(names[i])))
            return true;
    return false;
}

const struct td_yaml_node *td_yaml_find(const struct td_yaml_node *mapping, struct td_bytes key)
{
    mapping = td_yaml_resolve(mapping);
    if (mapping->kind != TD_YAML_MAPPING)
        return NULL;
    for (const struct td_yaml_node *node = mapping->first; node; node = node->next->next)
        if (td_yaml_is_key(node, key))
            return node->next;
    return NULL;
}

static int fail_duplicate(const struct td_yaml_node *first, const struct td_yaml_node *again,
                          const char *path, struct td_error *err)
{
    struct td_bytes key = td_yaml_text(td_yaml_resolve(again));
    return td_error_set_at(err, TD_ERR_FORMAT, path, again->line, again->column,
                           "key '%.*s' stands twice in one mapping, first in line %u, column %u",
                           key.len > 60 ? 60 : (int)key.len, key.data, first->line, first->column);
}

/* The same text is another key where it is base64. */
static bool are_same_keys(const struct td_yaml_node *key, const struct td_yaml_node *other)
{
    key = td_yaml_resolve(key);
    return td_yaml_is_key(other, td_yaml_text(key)) &&
           (key->tag == TD_YAML_TAG_BINARY) == (td_yaml_resolve(other)->tag == TD_YAML_TAG_BINARY);
}

/* Each key against those before it. */
static int check_few(const struct td_yaml_node *mapping, const char *path, struct td_error *err)
{
    for (const struct td_yaml_node *key = mapping->first; key; key = key->next->next) {
        const struct td_yaml_node *scalar = td_yaml_resolve(key);
        if (scalar->kind != TD_YAML_SCALAR)
            continue;
        for (const struct td_yaml_node *other = mapping->first; other != key;
             other = other->next->next)
            if (are_same_keys(key, other))
                return fail_duplicate(other, key, path, err);
    }
    return 0;
}

static int check_many(const struct td_yaml_node *mapping, const char *path, struct td_error *err)
{
    struct td_map seen;
    int status = 0;
    td_map_init(&seen);
    for (struct td_yaml_node *key = mapping->first; key && !status; key = key->next->next) {
        const struct td_yaml_node *scalar = td_yaml_resolve(key);
        if (scalar->kind != TD_YAML_SCALAR)
            continue;
        struct td_hash hash = td_hash_bytes(td_yaml_text(scalar));
        if (scalar->tag == TD_YAML_TAG_BINARY)
            hash = td_hash_join(hash, hash);
        const struct td_yaml_node *other = td_map_get(&seen, hash);
        if (other && are_same_keys(key, other))
            status = fail_duplicate(other, key, path, err);
        else if (td_map_put(&seen, hash, key) < 0)
            status = td_error_nomem(err);
    }
    td_map_release(&seen);
    return status;
}

int td_yaml_check_keys(const struct td_yaml_node *mapping, const char *path, struct td_error *err)
{
    return mapping->len <= FEW_PAIRS ? check_few(mapping, path, err)
                                     : check_many(mapping, path, err);
}

void td_yaml_walk_init(struct td_yaml_walk *walk, const struct td_yaml_node *first)
{
    walk->next = first;
    walk->depth = 0;
}

const struct td_yaml_node *td_yaml_walk_next(struct td_yaml_walk *walk)
{
    while (!walk->next && walk->depth)
        walk->next = walk->after[--walk->depth];
    const struct td_yaml_node *node = walk->next;
    if (!node)
        return NULL;
    bool inner = node->kind == TD_YAML_SEQUENCE || node->kind == TD_YAML_MAPPING;
    walk->next = node->next;
    if (inner && node->first && walk->depth < TD_CASSETTE_MAX_DEPTH) {
        walk->after[walk->depth++] = node->next;
        walk->next = node->first;
    }
    return node;
}
