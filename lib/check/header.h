/* SPDX-License-Identifier: MIT */
/* Header fields and the nodes that they were read from, side by side. */
#ifndef TD_CHECK_HEADER_H
#define TD_CHECK_HEADER_H

#include "cassette/cassette.h"
#include "cassette/yaml.h"

/* A walk over the values of all names; a name without values is passed over. */
struct td_header {
    const struct td_field *field; /* the one at hand */
    const struct td_yaml_node *key;
    const struct td_yaml_node *value;
    /* For the walk itself. */
    const struct td_fields *fields;
    size_t next;
    size_t left; /* values of this name behind the one at hand */
    const struct td_yaml_node *next_key;
};

/* `node` is the mapping that the fields come from, or NULL. */
static inline void td_header_first(struct td_header *header, const struct td_fields *fields,
                                   const struct td_yaml_node *node)
{
    *header = (struct td_header){.fields = fields};
    if (node && td_yaml_resolve(node)->kind == TD_YAML_MAPPING)
        header->next_key = td_yaml_resolve(node)->first;
}

/* The next field; false after the last. */
static inline bool td_header_next(struct td_header *header)
{
    if (header->left) {
        header->value = header->value->next;
        header->left--;
    } else {
        const struct td_yaml_node *list;
        do {
            header->key = header->next_key;
            if (!header->key)
                return false;
            header->next_key = header->key->next->next;
            header->value = header->key->next;
            list = td_yaml_resolve(header->value);
            header->left = list->kind == TD_YAML_SEQUENCE ? list->len : !td_yaml_is_null(list);
        } while (!header->left--);
        if (list->kind == TD_YAML_SEQUENCE)
            header->value = list->first;
    }
    header->field = &header->fields->items[header->next++];
    return true;
}

#endif
