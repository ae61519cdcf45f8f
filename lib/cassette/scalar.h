/* SPDX-License-Identifier: MIT */
/* Writing one text in the style that was chosen for it, line by line as Go's emitter does. */
#ifndef TD_CASSETTE_SCALAR_H
#define TD_CASSETTE_SCALAR_H

#include "cassette/style.h"

/* The columns that a text stands in. */
struct td_scalar_at {
    unsigned parent; /* of the mapping or list that it is in */
    unsigned lines;  /* in front of the lines that follow its first */
};

/* True where the last thing that was written is a line break: that of a block's last line. */
bool td_scalar_write(struct td_buf *out, struct td_bytes text, const struct td_style *style,
                     struct td_scalar_at at);

/* Whether a key of this text may stand in front of its colon; another needs a `?`. */
bool td_scalar_is_simple_key(struct td_bytes text, const struct td_style *style);

/* `count` spaces. */
void td_scalar_put_spaces(struct td_buf *out, size_t count);

#endif
