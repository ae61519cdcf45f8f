/* SPDX-License-Identifier: MIT */
/*
 * A user's patterns: POSIX extended regular expressions over bytes, less what needs to look around.
 *
 *     a  \.  .  [a-z]  [^0-9]  [[:alpha:]]  \d \w \s \D \W \S  \n \r \t \xHH
 *     ab  a|b  (a)  (?:a)  a*  a+  a?  a{2}  a{2,}  a{2,5}      (?i) in front: in either case
 *
 * `.` is any byte but LF. Not there: ^ $ \b and back references. Of the matches that start first
 * the longest counts, as POSIX has it; a match is never empty.
 *
 * A search is linear in the text whatever the pattern is: one pass from the end to the beginning
 * with a table that says at each byte which states of the pattern can still come to a match, and
 * one forward that goes only where there is one. A pattern whose table is too large is refused when
 * it is compiled.
 */
#ifndef TD_SCRUB_PATTERN_H
#define TD_SCRUB_PATTERN_H

#include "base/bytes.h"

struct td_pattern;

/* TD_ERR_FORMAT with what is wrong with it and where in it (as the error's message, no place);
 * TD_ERR_LIMIT, TD_ERR_NOMEM. */
int td_pattern_new(struct td_pattern **pattern, struct td_bytes source, struct td_error *err);
void td_pattern_free(struct td_pattern *pattern); /* NULL is fine */

struct td_pattern_search {
    const struct td_pattern *pattern;
    struct td_bytes text;
    uint16_t *states; /* what can still come, at each byte */
    size_t at;
    bool failed; /* memory ran out: nothing is found */
};

void td_pattern_search_init(struct td_pattern_search *search, const struct td_pattern *pattern,
                            struct td_bytes text);
void td_pattern_search_release(struct td_pattern_search *search);
/* The next match, behind the last one. */
bool td_pattern_search_next(struct td_pattern_search *search, size_t *start, size_t *end);

#endif
