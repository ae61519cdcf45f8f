/* SPDX-License-Identifier: MIT */
#include "stream/aws.h"

enum { PRELUDE = 12, CHECKSUM = 4, FRAME_MIN = PRELUDE + CHECKSUM };

uint32_t td_aws_checksum(struct td_bytes bytes)
{
    /* The polynomial 0xedb88320, four bits at a time. */
    static const uint32_t table[16] = {
        0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
        0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
        0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
    };
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < bytes.len; i++) {
        crc ^= (unsigned char)bytes.data[i];
        crc = crc >> 4 ^ table[crc & 15];
        crc = crc >> 4 ^ table[crc & 15];
    }
    return ~crc;
}

static uint32_t number(const char *data, size_t size)
{
    uint32_t value = 0;
    for (size_t i = 0; i < size; i++)
        value = value << 8 | (unsigned char)data[i];
    return value;
}

bool td_aws_frame_begins(struct td_bytes text)
{
    return text.len >= PRELUDE &&
           number(text.data + 8, 4) == td_aws_checksum(td_bytes(text.data, 8));
}

bool td_aws_frame_read(struct td_bytes text, struct td_aws_frame *frame)
{
    /* The prelude first: without it the lengths mean nothing. */
    if (text.len < FRAME_MIN || !td_aws_frame_begins(text))
        return false;
    size_t total = number(text.data, 4), headers = number(text.data + 4, 4);
    if (total < FRAME_MIN || total > text.len || headers > total - FRAME_MIN)
        return false;
    if (number(text.data + total - CHECKSUM, 4) !=
        td_aws_checksum(td_bytes(text.data, total - CHECKSUM)))
        return false;
    frame->headers = td_bytes(text.data + PRELUDE, headers);
    frame->payload = td_bytes(text.data + PRELUDE + headers, total - FRAME_MIN - headers);
    frame->len = total;
    return true;
}

bool td_aws_header_next(struct td_bytes *headers, struct td_aws_header *header)
{
    enum { COUNTED = -1 }; /* by two bytes in front of the value */
    static const signed char sizes[] = {
        [TD_AWS_TRUE] = 0,        [TD_AWS_FALSE] = 0,        [TD_AWS_INT8] = 1,
        [TD_AWS_INT16] = 2,       [TD_AWS_INT32] = 4,        [TD_AWS_INT64] = 8,
        [TD_AWS_BYTES] = COUNTED, [TD_AWS_STRING] = COUNTED, [TD_AWS_TIMESTAMP] = 8,
        [TD_AWS_UUID] = 16,
    };
    const char *data = headers->data;
    size_t len = headers->len, at;
    if (len < 2 || (at = 1 + (unsigned char)data[0]) >= len)
        return false;
    unsigned type = (unsigned char)data[at];
    if (type >= sizeof sizes / sizeof sizes[0])
        return false;
    header->name = td_bytes(data + 1, at - 1);
    header->type = type;
    at++;
    size_t size = (size_t)sizes[type];
    if (sizes[type] == COUNTED) {
        if (len - at < 2)
            return false;
        size = number(data + at, 2);
        at += 2;
    }
    if (len - at < size)
        return false;
    header->value = td_bytes(data + at, size);
    *headers = td_bytes(data + at + size, len - at - size);
    return true;
}

struct td_bytes td_aws_frame_string(const struct td_aws_frame *frame, struct td_bytes name)
{
    struct td_bytes rest = frame->headers;
    struct td_aws_header header;
    while (td_aws_header_next(&rest, &header))
        if (header.type == TD_AWS_STRING && td_bytes_equal(header.name, name))
            return header.value;
    return td_bytes(NULL, 0);
}
