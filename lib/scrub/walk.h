/* SPDX-License-Identifier: MIT */
/*
 * A walk over the strings of something like JSON. Unlike a reader it takes what is cut short, what
 * follows one value on the next, and whatever else stands between strings: all of the text is
 * shown.
 */
#ifndef TD_SCRUB_WALK_H
#define TD_SCRUB_WALK_H

#include "base/bytes.h"

enum td_walk_kind {
    TD_WALK_END,
    TD_WALK_STRING, /* a value; an element of an array too */
    TD_WALK_KEY,
    TD_WALK_BARE,  /* a number, a word, or anything that should not be there */
    TD_WALK_VALUE, /* the end of a value: of an element of an array that is all of the text, or of
                      one of several texts behind each other */
};

struct td_walk_frame {
    uint64_t path;   /* of the container: the keys that lead to it */
    uint64_t key;    /* the hash of the key at hand */
    uint32_t object; /* the innermost object */
    bool is_object;
};

/* An object of the value at hand, and what its members say of which of many it is. */
struct td_walk_object {
    uint32_t parent;
    uint64_t which;
};

struct td_walk {
    struct td_bytes text;
    size_t at;
    struct td_walk_frame *frames;
    size_t depth;
    size_t frame_capacity;
    struct td_walk_object *objects; /* of the value at hand; the first stands for none */
    size_t object_count;
    size_t object_capacity;
    bool failed; /* memory ran out */
    bool listed; /* the outermost container is an array, whose elements are the values */
    bool ended;  /* a value has just ended */
    bool odd;    /* something has stood outside of strings that JSON does not have there */

    /* What was found. */
    size_t start, end;   /* without quotes */
    bool escaped;        /* it has backslashes */
    struct td_bytes key; /* of the member whose value it is, as it stands; empty in an array */
    uint64_t path;       /* of the value */
    uint32_t object;
};

void td_walk_init(struct td_walk *walk, struct td_bytes text);
void td_walk_release(struct td_walk *walk);
enum td_walk_kind td_walk_next(struct td_walk *walk);

#endif
