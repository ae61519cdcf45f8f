/* SPDX-License-Identifier: MIT */
/* Tokens and comma-separated lists, the words of which HTTP's headers are made (RFC 9110, 5.6). */
#ifndef TD_HTTP_TOKEN_H
#define TD_HTTP_TOKEN_H

#include "base/bytes.h"

static inline bool td_token_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c && strchr("!#$%&'*+-.^_`|~", c));
}

static inline bool td_token_valid(struct td_bytes text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!td_token_char(text.data[i]))
            return false;
    return text.len > 0;
}

/* The next element of a list that is not empty, without the space around it; false after the last.
 * `*list` moves on. */
static inline bool td_element_next(struct td_bytes *list, struct td_bytes *element)
{
    while (list->len) {
        const char *comma = memchr(list->data, ',', list->len);
        size_t len = comma ? (size_t)(comma - list->data) : list->len;
        size_t step = comma ? len + 1 : len;
        *element = td_bytes_trim(td_bytes(list->data, len));
        *list = td_bytes(list->data + step, list->len - step);
        if (element->len)
            return true;
    }
    return false;
}

/* Whether the list has this element, without regard to case. */
static inline bool td_element_in(struct td_bytes list, struct td_bytes wanted)
{
    struct td_bytes element;
    while (td_element_next(&list, &element))
        if (td_bytes_equal_nocase(element, wanted))
            return true;
    return false;
}

#endif
