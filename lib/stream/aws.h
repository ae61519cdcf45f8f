/* SPDX-License-Identifier: MIT */
/*
 * AWS event stream frames (application/vnd.amazon.eventstream), all numbers big-endian:
 *
 *     total length  4   of the frame, itself included
 *     headers       4   their length
 *     CRC-32        4   of the eight bytes before
 *     headers
 *     payload
 *     CRC-32        4   of all bytes before
 *
 * A header: length of its name (1), name, type (1), and a value whose length the type tells, or
 * two bytes in front of it.
 */
#ifndef TD_STREAM_AWS_H
#define TD_STREAM_AWS_H

#include "base/bytes.h"

/* The numbers are those of the wire. */
enum td_aws_type {
    TD_AWS_TRUE,
    TD_AWS_FALSE,
    TD_AWS_INT8,
    TD_AWS_INT16,
    TD_AWS_INT32,
    TD_AWS_INT64,
    TD_AWS_BYTES,
    TD_AWS_STRING,
    TD_AWS_TIMESTAMP, /* milliseconds since 1970, eight bytes */
    TD_AWS_UUID,
};

struct td_aws_frame {
    struct td_bytes headers; /* td_aws_header_next() takes them apart */
    struct td_bytes payload;
    size_t len; /* of the whole frame */
};

struct td_aws_header {
    struct td_bytes name;
    enum td_aws_type type;
    struct td_bytes value; /* the bytes as they stand; none for the two truths */
};

/* Whether the text starts like one. */
bool td_aws_frame_begins(struct td_bytes text);
/* The frame at the start of `text`; false where it is not whole, or a length or a checksum is
 * wrong. */
bool td_aws_frame_read(struct td_bytes text, struct td_aws_frame *frame);
/* The first of `headers`, which is shortened by it; false at the end, or where they are no headers
 * (something is left of them then). */
bool td_aws_header_next(struct td_bytes *headers, struct td_aws_header *header);
/* The value of the header of this name if it is a string; empty where there is none. */
struct td_bytes td_aws_frame_string(const struct td_aws_frame *frame, struct td_bytes name);

/* CRC-32 as zlib has it. */
uint32_t td_aws_checksum(struct td_bytes bytes);

#endif
