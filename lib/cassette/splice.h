/* SPDX-License-Identifier: MIT */
/*
 * Splices: pieces of a text that give way to others, all told in places of the text as it is. They
 * may be noted in any order, and are put in together. Where memory ran out is remembered, and told
 * by td_splices_apply().
 */
#ifndef TD_CASSETTE_SPLICE_H
#define TD_CASSETTE_SPLICE_H

#include "base/bytes.h"

struct td_splice {
    size_t start, end; /* what gives way; empty for what is only put in */
    size_t text, len;  /* what comes in its place: its part of td_splices.text */
    size_t order;      /* as noted */
};

struct td_splices {
    struct td_splice *items;
    size_t count;
    size_t room;
    struct td_buf text;
};

void td_splices_init(struct td_splices *splices);
void td_splices_release(struct td_splices *splices);

/* Notes that [start, end) gives way to what is appended to the buffer before the next is begun. */
struct td_buf *td_splices_begin(struct td_splices *splices, size_t start, size_t end);
void td_splices_put(struct td_splices *splices, size_t start, size_t end, struct td_bytes text);
static inline void td_splices_cut(struct td_splices *splices, size_t start, size_t end)
{
    td_splices_put(splices, start, end, td_bytes(NULL, 0));
}

/*
 * The text with all of them, appended to `out`. What is put in at one place comes in the order
 * in which it was noted, and in front of what gives way there. TD_ERR_INVALID where two pieces that
 * give way overlap, TD_ERR_NOMEM.
 */
int td_splices_apply(struct td_splices *splices, struct td_bytes source, struct td_buf *out);

#endif
