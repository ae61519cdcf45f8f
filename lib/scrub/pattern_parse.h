/* SPDX-License-Identifier: MIT */
/* From the text of a pattern to a program in postfix order, counted repetitions written out. */
#ifndef TD_SCRUB_PATTERN_PARSE_H
#define TD_SCRUB_PATTERN_PARSE_H

#include "base/bytes.h"

/* As many places for a byte as a pattern may have. */
enum { TD_PATTERN_MAX_PLACES = 512 };

struct td_byte_set {
    uint64_t bits[4];
};

static inline bool td_byte_set_has(const struct td_byte_set *set, unsigned char c)
{
    return set->bits[c / 64] >> c % 64 & 1;
}

enum td_pattern_op {
    TD_PATTERN_SET,   /* a byte of a set */
    TD_PATTERN_EMPTY, /* nothing */
    TD_PATTERN_CAT,
    TD_PATTERN_ALT,
    TD_PATTERN_STAR,
    TD_PATTERN_PLUS,
    TD_PATTERN_MAYBE,
};

struct td_pattern_step {
    enum td_pattern_op op;
    struct td_byte_set set;
};

struct td_pattern_program {
    struct td_pattern_step *steps;
    size_t count;
    size_t capacity;
    size_t places;
};

/* To be freed with free(program->steps), also after a failure. */
int td_pattern_parse(struct td_pattern_program *program, struct td_bytes source,
                     struct td_error *err);

#endif
