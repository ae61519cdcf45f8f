/* SPDX-License-Identifier: MIT */
/*
 * Patterns of places in JSON values: a JSON Pointer (RFC 6901) in which a whole segment may be '*',
 * any one member or element, or '**', any number of levels, none included. The segments "messages",
 * "*", "id" lead to the id of each message, and "**", "id" to each member called id, however deep.
 * Within a segment '*' is any text: "*_id".
 * '~2' stands for a '*' that is meant literally, as '~1' does for '/' and '~0' for '~'.
 */
#ifndef TD_JSON_PATTERN_H
#define TD_JSON_PATTERN_H

#include "json/json.h"

enum td_json_pattern_use {
    TD_JSON_IGNORE, /* what is there does not count, nor whether it is there */
    TD_JSON_SET,    /* an array there is a set: the order of its elements does not count */
};

struct td_json_pattern;

struct td_json_patterns {
    struct td_json_pattern *items;
    size_t count;
    size_t capacity;
};

void td_json_patterns_init(struct td_json_patterns *patterns);
void td_json_patterns_release(struct td_json_patterns *patterns);
/* Borrows `text`. TD_ERR_INVALID and a message where it is not a pattern. */
int td_json_patterns_add(struct td_json_patterns *patterns, struct td_bytes text,
                         enum td_json_pattern_use use, struct td_error *err);

/*
 * Takes out of the tree what is to be ignored, and marks the arrays that are sets, which
 * td_json_hash() then orders. To be done right after reading, once. Elements keep the index that
 * they have in the text. Linear in the tree for each pattern. False where memory ran out.
 */
bool td_json_patterns_apply(const struct td_json_patterns *patterns, struct td_json *root);

/* Whether a pattern for ignoring leads to the one member `key` of an object: a form's field. */
bool td_json_patterns_ignore_key(const struct td_json_patterns *patterns, struct td_bytes key);

#endif
