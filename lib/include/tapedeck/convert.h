/* SPDX-License-Identifier: MIT */
/*
 * Cassettes written afresh: from version 1 to version 2, from any dialect to a layout that go-vcr
 * itself writes. What comes out is, to the byte, what Go would write of the same interactions.
 *
 * For one thread at a time on one conversion.
 */
#ifndef TAPEDECK_CONVERT_H
#define TAPEDECK_CONVERT_H

#include <stddef.h>

#include <tapedeck/error.h>

#ifdef __cplusplus
extern "C" {
#endif

enum td_target {
    TD_TARGET_SAME,         /* the layout that the file has; compact where it has none of these */
    TD_TARGET_COMPACT,      /* 2 columns a level, empty keys left out */
    TD_TARGET_GO_VCR,       /* 4 columns a level, every key: go-vcr 3 and 4, up to 4.0.5 */
    TD_TARGET_GO_VCR_TERSE, /* 4 columns a level, empty keys left out: go-vcr from 4.0.6 on */
};

struct td_conversion;

/* Reads the file, which may be of version 1 ("-" is standard input). NULL and `err` where it is not
 * a cassette. The conversion is the caller's: td_conversion_free() it. */
TD_EXPORT struct td_conversion *td_convert(const char *path, enum td_target target,
                                           struct td_error *err);
TD_EXPORT void td_conversion_free(struct td_conversion *conversion); /* NULL is fine */

/* The new file; *len bytes and a NUL. It lives as long as the conversion. */
TD_EXPORT const char *td_conversion_text(const struct td_conversion *conversion, size_t *len);

/* Saves the new file at `path`, which may be the one that was read: replaced as a whole, or left as
 * it was with TD_ERR_IO and the reason. A symbolic link is followed, and the file keeps its mode.
 */
TD_EXPORT int td_conversion_save(const struct td_conversion *conversion, const char *path,
                                 struct td_error *err);

/* What the file held that the new one does not: keys that the format does not know, headers without
 * a value, comments. In the order of the file. Each with its place and a message. */
TD_EXPORT size_t td_conversion_loss_count(const struct td_conversion *conversion);
TD_EXPORT const struct td_error *td_conversion_loss(const struct td_conversion *conversion,
                                                    size_t position);

#ifdef __cplusplus
}
#endif

#endif
