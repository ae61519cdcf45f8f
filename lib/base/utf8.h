/* SPDX-License-Identifier: MIT */
/* One character of UTF-8 at a time, and texts word by word as people compare them. */
#ifndef TD_BASE_UTF8_H
#define TD_BASE_UTF8_H

#include "base/bytes.h"

/* The code point at the front and its length; -1 and 1 where it is not UTF-8 (or nothing is there).
 * Surrogates are told, as JSON can hold them. */
int32_t td_utf8_next(struct td_bytes text, size_t *len);

/*
 * Takes the next word off the front of *text: a run of letters and digits, a run of white space, or
 * one other character. A character of a script that is written without spaces is a word as well.
 * Empty at the end.
 */
struct td_bytes td_word_next(struct td_bytes *text);
/* Whether a word is white space. */
bool td_word_is_space(struct td_bytes word);

/* Whether all of it is. */
bool td_utf8_is_valid(struct td_bytes text);

#endif
