/* SPDX-License-Identifier: MIT */
/*
 * The shape of a recorded body: how long each chunk was and when it came, as one line of text,
 * "214@312.4 220@331 198@349.705": length in bytes, and milliseconds since the request had been
 * sent, to the microsecond, never falling.
 */
#ifndef TD_CASSETTE_CHUNKS_H
#define TD_CASSETTE_CHUNKS_H

#include "cassette/cassette.h"

/* Into `arena`. TD_ERR_FORMAT (without a word to tell) where the text is not such a line. */
int td_chunks_parse(struct td_arena *arena, struct td_bytes text,
                    struct td_recorded_chunks *chunks);
/* The text, appended. */
void td_chunks_format(struct td_recorded_chunks chunks, struct td_buf *out);
/* Whether the lengths add up to `len`: a body that was edited by hand has lost its shape. */
bool td_chunks_fit(struct td_recorded_chunks chunks, size_t len);

#endif
