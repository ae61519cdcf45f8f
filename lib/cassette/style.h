/* SPDX-License-Identifier: MIT */
/*
 * Which style a text is written in. One pass over the text finds its traits; the first row of a
 * table that has one of them, or none of them, decides. The rows are Go's rules, and the few in
 * which Go's choice is not followed, because it would not be read back as the same text.
 */
#ifndef TD_CASSETTE_STYLE_H
#define TD_CASSETTE_STYLE_H

#include "cassette/emit.h"

/* What there is about a text. Blanks at the edges and beside line breaks are spaces, not tabs. */
enum td_trait {
    TD_TRAIT_NOT_UTF8 = 1 << 0,
    TD_TRAIT_LF = 1 << 1,
    TD_TRAIT_BREAK = 1 << 2,      /* LF, CR, U+0085, U+2028 or U+2029 */
    TD_TRAIT_WIDE_BREAK = 1 << 3, /* U+2028 or U+2029 */
    TD_TRAIT_SPECIAL = 1 << 4,    /* a control character, CR, a byte order mark, an astral one */
    TD_TRAIT_TAB = 1 << 5,
    TD_TRAIT_SPACE_FIRST = 1 << 6,
    TD_TRAIT_SPACE_LAST = 1 << 7,
    TD_TRAIT_BREAK_FIRST = 1 << 8,
    TD_TRAIT_BREAK_LAST = 1 << 9,
    TD_TRAIT_SPACE_BREAK = 1 << 10, /* a space in front of a line break */
    TD_TRAIT_BREAK_SPACE = 1 << 11, /* a space behind one */
    TD_TRAIT_INDICATOR = 1 << 12,   /* would be syntax: "- ", ": ", " #", "[", "---" ... */
    TD_TRAIT_TYPED = 1 << 13,       /* plain it would be a number, a boolean, null, a time */
    TD_TRAIT_MERGE = 1 << 14,       /* "<<" */
    TD_TRAIT_ALL_BLANK = 1 << 15,   /* nothing but white space, with an LF in it */
};

enum td_style_kind {
    TD_STYLE_PLAIN,
    TD_STYLE_SINGLE,
    TD_STYLE_DOUBLE,
    TD_STYLE_LITERAL,
    TD_STYLE_BINARY, /* `!!binary`, plain where its base64 is one line, else literal */
};

struct td_style {
    const char *rule; /* the row's name */
    unsigned traits;  /* of the text */
    enum td_style_kind kind;
};

/* All traits, or NOT_UTF8 alone. Those that only matter to a text of one line are left out of one
 * that has an LF. */
unsigned td_text_traits(struct td_bytes text);

/* `key`: as the key of a mapping. */
struct td_style td_style_of(struct td_bytes text, enum td_layout layout, bool key);

/* The length in bytes of the character at the front, and the character; 0 where it is not UTF-8. */
size_t td_utf8_take(const char *text, size_t len, uint32_t *character);

#endif
