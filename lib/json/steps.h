/* SPDX-License-Identifier: MIT */
/* The children of two containers side by side: what delta.c goes through. */
#ifndef TD_JSON_STEPS_H
#define TD_JSON_STEPS_H

#include "json/delta.h"

/* Pairs that are the same are left out; a pair of containers that differ is a TD_JSON_CHANGED. */
struct td_json_step {
    enum td_json_change_kind kind;
    const struct td_json *a;
    const struct td_json *b;
    size_t place; /* as in a change */
};

struct td_json_steps {
    struct td_json_step *items;
    size_t count;
    size_t capacity;
};

/* Of two objects or two arrays. 0 or TD_ERR_NOMEM; to be released also then. */
int td_json_steps_make(struct td_json_steps *steps, const struct td_json *a,
                       const struct td_json *b);
void td_json_steps_release(struct td_json_steps *steps);

#endif
