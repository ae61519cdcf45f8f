/* SPDX-License-Identifier: MIT */
/*
 * A text in the style that its place has.
 *
 * Where Go's emitter would have written what stands there as it stands there, it also decides on
 * what comes in its place. Elsewhere the style stays the one that was there, where it can hold the
 * new text; of a literal block the lines that do not change keep their bytes.
 */
#ifndef TD_CASSETTE_EDIT_SCALAR_H
#define TD_CASSETTE_EDIT_SCALAR_H

#include "cassette/edit_inside.h"

/* The place of a value. */
struct td_scalar_place {
    const struct td_yaml_node
        *like;       /* the scalar that stood there, or one beside it; may be NULL */
    bool instead;    /* it gives way to the text: its lines may be kept */
    bool flow;       /* within brackets or braces */
    unsigned indent; /* the column of the mapping's keys, or of the list's `-` */
};

/* Line breaks are the file's; the last line's is not among them. */
void td_draft_put_scalar(struct td_draft *draft, struct td_buf *out, struct td_scalar_place place,
                         struct td_bytes text);
/* A number or a boolean, which is no text. */
void td_draft_put_bare(struct td_draft *draft, struct td_buf *out, struct td_scalar_place place,
                       struct td_bytes text);
/* Emitted text, with the file's line breaks. */
void td_draft_put_lines(const struct td_draft *draft, struct td_buf *out, struct td_bytes text);

#endif
