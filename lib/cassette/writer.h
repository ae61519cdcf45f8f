/* SPDX-License-Identifier: MIT */
/* The lines of a file that is being written, in the columns of its layout. */
#ifndef TD_CASSETTE_WRITER_H
#define TD_CASSETTE_WRITER_H

#include "cassette/scalar.h"

struct td_writer_rules;

struct td_writer {
    struct td_buf *out;
    const struct td_writer_rules *rules;
    enum td_layout layout;
    bool ended;  /* what was written last is a line break */
    unsigned at; /* where a line stands that is to be gone on with; 0: it is not */
};

/* At the start of a line. */
struct td_writer td_writer_start(struct td_buf *out, enum td_layout layout);
/* Ends the last line. */
void td_writer_end(struct td_writer *writer);

/* Whether keys without a value are written. */
bool td_writer_has_every_key(const struct td_writer *writer);
/* The column of what is inside a mapping in this column, */
unsigned td_writer_deeper(const struct td_writer *writer, unsigned column);
/* and of the dashes of a list that is the value of one of its keys. */
unsigned td_writer_dash(const struct td_writer *writer, unsigned column);

/* A new line, up to this column. */
void td_writer_line(struct td_writer *writer, unsigned column);
/* A new line with a key that is safe as it is, and its colon. */
void td_writer_key(struct td_writer *writer, unsigned column, struct td_bytes name);
/* A key of any text; false where it is not in front of its colon, but on a line of its own. */
bool td_writer_any_key(struct td_writer *writer, unsigned column, struct td_bytes name);
/* The same; the column for the dashes of its value. */
unsigned td_writer_open_list(struct td_writer *writer, unsigned column, struct td_bytes name);
/* A text behind the colon of a key in this column. */
void td_writer_value(struct td_writer *writer, unsigned column, struct td_bytes text);
/* A text behind a dash in this column. */
void td_writer_item(struct td_writer *writer, unsigned dash, struct td_bytes text);
/* All texts of a list, or `[]`. */
void td_writer_items(struct td_writer *writer, unsigned dash, const struct td_list *list);

#endif
