/* SPDX-License-Identifier: MIT */
/* From a place in a value to the place in the file where it is written. */
#ifndef TD_SCRUB_WHERE_H
#define TD_SCRUB_WHERE_H

#include "cassette/cassette.h"
#include "cassette/yaml.h"

/* A walk through a scalar as it is written, beside its text; it only goes forward. */
struct td_where {
    struct td_bytes source;
    const struct td_yaml_node *node;
    size_t at;      /* in the source */
    size_t offset;  /* in the text */
    size_t indent;  /* of the lines of a block */
    size_t counted; /* up to where line and column are known */
    struct td_mark mark;
};

void td_where_init(struct td_where *where, struct td_bytes source, const struct td_yaml_node *node);
/* The place of this byte of the text, which is no earlier than the last one that was asked for. */
struct td_mark td_where_find(struct td_where *where, size_t offset);

#endif
