/* SPDX-License-Identifier: MIT */
/* `!!binary`: base64 (RFC 4648, section 4) with white space anywhere in it. */
#ifndef TD_CASSETTE_BASE64_H
#define TD_CASSETTE_BASE64_H

#include "base/arena.h"

/* False where `text` is not base64: *bad is then the offset of the first byte that does not fit,
 * or the text's length where its end is missing. bytes->data is NULL when memory ran out; it is
 * followed by a NUL otherwise. */
bool td_base64_decode(struct td_arena *arena, struct td_bytes text, struct td_bytes *bytes,
                      size_t *bad);

/* Appends the base64, padded, on one line. */
void td_base64_encode(struct td_buf *out, struct td_bytes bytes);

#endif
