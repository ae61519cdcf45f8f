/* SPDX-License-Identifier: MIT */
/*
 * The one table of rules. A rule has a stable id, which stands in the placeholder, and the places
 * or the shapes by which it knows a secret.
 */
#ifndef TD_SCRUB_RULES_H
#define TD_SCRUB_RULES_H

#include "base/bytes.h"

/* Names that say that the value is a secret. Compared without case and without '-', '_', '.' and
 * spaces. Each list is of names with a space between. */
struct td_name_rule {
    const char *id;
    const char *headers;
    const char *queries; /* of a URL */
    const char *fields;  /* of JSON, forms and multipart bodies */
    const char *source;
};

extern const struct td_name_rule td_name_rules[];
extern const size_t td_name_rule_count;

enum td_class {
    TD_CLASS_DIGIT = 1,
    TD_CLASS_UPPER = 2,
    TD_CLASS_LOWER = 4,
    TD_CLASS_HEX = 8, /* either case */
    TD_CLASS_UNDERSCORE = 16,
    TD_CLASS_DASH = 32,
    TD_CLASS_BASE64 = 64, /* '+' and '/' */
    TD_CLASS_DOT_TILDE = 128,
    TD_CLASS_EQUALS = 256,
    TD_CLASS_BASE32 = 512, /* A-Z and 2-7 */

    TD_CLASS_ALPHA = TD_CLASS_UPPER | TD_CLASS_LOWER,
    TD_CLASS_ALNUM = TD_CLASS_ALPHA | TD_CLASS_DIGIT,
    TD_CLASS_WORD = TD_CLASS_ALNUM | TD_CLASS_UNDERSCORE,
    TD_CLASS_TOKEN = TD_CLASS_WORD | TD_CLASS_DASH,
    TD_CLASS_BASE64_ALL = TD_CLASS_ALNUM | TD_CLASS_BASE64,
    TD_CLASS_OAUTH = TD_CLASS_TOKEN | TD_CLASS_DOT_TILDE | TD_CLASS_BASE64, /* RFC 6750 */
};

/* Bits of enum td_class. */
unsigned td_class_of(char c);

/* A piece of a shape: a literal, or so many characters of a class. */
struct td_piece {
    const char *literal;
    unsigned class;
    unsigned min;
    unsigned max; /* 0: as many as there are */
};

enum td_shape_flag {
    TD_SHAPE_STARTS = 1, /* no letter, digit, '_' or '-' stands before it */
    TD_SHAPE_ENDS = 2,   /* no character of its last class follows */
    TD_SHAPE_VARIED = 4, /* what varies has as many different characters as chance would give it */
    TD_SHAPE_DIGIT = 8,  /* and a digit among them */
    TD_SHAPE_KEEPS = 32, /* the literal is not part of the secret */
};

/* A secret by its shape: what stands before, the literal that it is looked for by, the rest. */
struct td_key_shape {
    const char *id;
    const char *literal;
    struct td_piece before[2]; /* exactly `min` of each */
    struct td_piece pieces[4];
    unsigned flags;
    const char *source;
};

extern const struct td_key_shape td_key_shapes[];
extern const size_t td_key_shape_count;

/* The secret whose literal stands in the text at `at`; false where it is none. */
bool td_key_shape_match(const struct td_key_shape *shape, struct td_bytes text, size_t at,
                        size_t *start, size_t *end);

/* Whether a text has as many different characters as chance would give it (and a letter, and so
 * many digits). Looks at no more than its beginning. */
bool td_looks_random(struct td_bytes text, unsigned digits);

/* Rules that are code: scrub/special.c. */
enum td_special {
    TD_SPECIAL_ENVIRONMENT,
    TD_SPECIAL_JWT,
    TD_SPECIAL_PRIVATE_KEY,
    TD_SPECIAL_BEARER,
    TD_SPECIAL_BASIC,
    TD_SPECIAL_ASSIGNED,
    TD_SPECIAL_USERINFO,
    TD_SPECIAL_COOKIE,
    TD_SPECIAL_ALLOW,
    TD_SPECIAL_EMAIL, /* only where the user asks for it, as from here on */
    TD_SPECIAL_ID,
    TD_SPECIAL_COUNT,
};

extern const struct td_special_rule {
    const char *id;
    const char *what;
    const char *source;
} td_special_rules[TD_SPECIAL_COUNT];

/* A literal by which one of these is looked for. */
struct td_special_literal {
    enum td_special special;
    const char *literal; /* in lower case where nocase */
    bool nocase;
};

extern const struct td_special_literal td_special_literals[];
extern const size_t td_special_literal_count;

/*
 * What stands at a literal of such a rule. `*from` is how far the search has got: nothing before it
 * can be part of another secret; it moves on so that no byte is gone through again and again.
 */
bool td_special_match(enum td_special special, struct td_bytes text, size_t at, size_t len,
                      size_t *from, size_t *start, size_t *end);

#endif
