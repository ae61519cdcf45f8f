/* SPDX-License-Identifier: MIT */
/*
 * All that has to change to make one JSON value of another, as a person would tell it: members by
 * key, a member that only has another key as renamed; elements of arrays aligned, so that one that
 * was inserted is an insertion and nothing else, one that has another place as moved, and one that
 * is much like the one that it took the place of as changed inside.
 *
 * In the order of the values: of an object first what `a` has, in its written order, then what only
 * `b` has; of an array in the order of both.
 */
#ifndef TD_JSON_DELTA_H
#define TD_JSON_DELTA_H

#include "json/json.h"

enum td_json_change_kind {
    TD_JSON_CHANGED, /* a became b, a scalar or of another kind */
    TD_JSON_REMOVED, /* a is gone; b is NULL */
    TD_JSON_ADDED,   /* b is new; a is NULL */
    TD_JSON_MOVED,   /* the element a is the element b of the same array */
    TD_JSON_ARRIVED, /* the same once more, in the place of b: what a patch has to know */
    TD_JSON_RENAMED, /* the member a is the member b of the same object */
};

struct td_json_change {
    enum td_json_change_kind kind;
    const struct td_json *a;
    const struct td_json *b;
    const struct td_json *into;  /* the container in b's tree that it happens in; NULL: the whole */
    const struct td_json *whole; /* the outermost container around b's that a patch has to replace
                                    whole; NULL: none */
    size_t place; /* of what is removed or moved from an array: its index when all before it has
                     been done */
};

struct td_json_delta {
    struct td_json_change *items;
    size_t count;
    size_t capacity;
};

/* Of two trees with hashes (td_json_hash). n log n. 0 or TD_ERR_NOMEM; to be released also then. */
int td_json_delta_make(struct td_json_delta *delta, const struct td_json *a,
                       const struct td_json *b);
void td_json_delta_release(struct td_json_delta *delta);

/*
 * Appends the same as a JSON Patch (RFC 6902), an array of "remove", "add" and "replace": applied
 * to the text of a it gives the value of b. What a patch cannot name (the members of an object that
 * has a key twice, the elements of a set) is replaced with what is around it, and so is everything
 * where a patch would be many times longer than b.
 */
void td_json_put_patch(struct td_buf *out, const struct td_json_delta *delta,
                       const struct td_json *b);

#endif
