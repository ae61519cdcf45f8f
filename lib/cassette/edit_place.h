/* SPDX-License-Identifier: MIT */
/*
 * Where things go: the children of a collection, and the value of a key, in block style by lines
 * and in flow style by commas. Everything is noted in the draft's splices.
 */
#ifndef TD_CASSETTE_EDIT_PLACE_H
#define TD_CASSETTE_EDIT_PLACE_H

#include "cassette/edit_inside.h"

/* What becomes of a pair of a mapping, or an item of a list; and new ones. */
struct td_child {
    const struct td_yaml_node *first, *last; /* key and value, or the item twice; NULL: a new one */
    bool dropped;
    struct td_bytes text; /* of a new one: in block style whole lines; in flow style the pair or the
                           * item, without commas */
};

/* The line at `at`, and the one behind it. */
size_t td_draft_line(const struct td_draft *draft, size_t at);
size_t td_draft_next_line(const struct td_draft *draft, size_t at);
/* Behind a node's anchor and tag. */
size_t td_draft_content(const struct td_draft *draft, const struct td_yaml_node *node);
/* A key of a mapping, or NULL; its value is its sibling. */
const struct td_yaml_node *td_draft_find_key(const struct td_yaml_node *mapping,
                                             struct td_bytes name);
/* Of a key of a mapping, or of the first `-` of a list in block style, from 0. */
unsigned td_draft_column(const struct td_draft *draft, const struct td_yaml_node *node);

/* All children, new ones among them, in their order; one at least is there, and in flow style one
 * at least stays or is new. */
void td_draft_children(struct td_draft *draft, const struct td_yaml_node *collection,
                       const struct td_child *children, size_t count);

/* A text right behind the `:` of a key. */
void td_draft_put_beside(struct td_draft *draft, const struct td_yaml_node *key,
                         struct td_bytes text);
/* The value of a key gives way to a text on the key's line, such as `{}`. */
void td_draft_set_inline(struct td_draft *draft, const struct td_yaml_node *key,
                         struct td_bytes text);
/* It gives way to lines below the key: a collection in block style. */
void td_draft_set_lines(struct td_draft *draft, const struct td_yaml_node *key,
                        struct td_bytes lines);

#endif
