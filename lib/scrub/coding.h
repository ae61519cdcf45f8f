/* SPDX-License-Identifier: MIT */
/* Base64 and gzip, as far as looking into them and putting something back takes. */
#ifndef TD_SCRUB_CODING_H
#define TD_SCRUB_CODING_H

#include "base/arena.h"

/* A character of base64 in either alphabet (RFC 4648, sections 4 and 5); no padding. */
bool td_base64_char(char c);
/* Where a run of such characters that starts at `start` stops being base64: bits that are left over
 * at its end are zero, or belong to something else. */
size_t td_base64_end(struct td_bytes text, size_t start, size_t end);
/* Decodes a run of such characters; a last one that stands alone says nothing. */
struct td_bytes td_base64_take(struct td_arena *arena, struct td_bytes run);
void td_base64_put(struct td_buf *out, struct td_bytes bytes, bool url, bool padded);
/*
 * The characters that the text is sure to be in base64 where `before` bytes of its group stand in
 * front of it; *skip says how many characters of that group are not among them.
 */
void td_base64_core(struct td_buf *out, struct td_bytes text, unsigned before, bool url,
                    unsigned *skip);

enum { TD_GZIP_MAX = 256 * 1024 * 1024 }; /* a body that is more than this is not looked into */

enum td_gzip_result { TD_GZIP_WHOLE, TD_GZIP_CUT, TD_GZIP_NONE };

/* Whether the text starts like that. */
bool td_gzip_begins(struct td_bytes bytes);
/* What gzip members or a zlib stream hold; *plain was made with td_buf_init(). */
enum td_gzip_result td_gzip_read(struct td_bytes bytes, struct td_buf *plain);
/*
 * One gzip member of stored blocks: a text that had to be changed is not packed again, so that the
 * result is the same wherever and whenever it is made. `cut`: without its end.
 */
void td_gzip_store(struct td_buf *out, struct td_bytes plain, bool cut);
/* The same as a zlib stream. */
void td_zlib_store(struct td_buf *out, struct td_bytes plain, bool cut);

/* An AWS event stream frame as it was, with another payload. */
void td_frame_put(struct td_buf *out, struct td_bytes was, struct td_bytes payload);

#endif
