/* SPDX-License-Identifier: MIT */
/*
 * Where the first event of a stream ends, in each format but server-sent events (stream/chunker.h).
 * Each returns at least 1 for a text that is not empty, and all of it where there is no end to be
 * found; going through a whole body so takes time linear in it.
 */
#ifndef TD_STREAM_FORMATS_H
#define TD_STREAM_FORMATS_H

#include "base/bytes.h"

/* NDJSON, JSON Lines: a line with its LF, and the empty lines that follow. */
size_t td_ndjson_line_length(struct td_bytes text);
/* RFC 7464: up to the next record separator (0x1e). */
size_t td_json_seq_length(struct td_bytes text);
/*
 * An array of answers of Gemini's streamGenerateContent, which sends "[{...}\n", ",\r\n{...}\n" and
 * "]": the elements with what stands in front of them. What makes it such a stream is its content:
 * each element is an object that has candidates, promptFeedback or usageMetadata. Any other JSON is
 * not cut.
 */
size_t td_gemini_element_length(struct td_bytes text);
/* The same for any array: a bracket or comma, an object, and the space behind it. 0 where such a
 * piece is not whole. */
size_t td_json_element_length(struct td_bytes text);
/* An AWS event stream frame. */
size_t td_aws_frame_length(struct td_bytes text);

#endif
