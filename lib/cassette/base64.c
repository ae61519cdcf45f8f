/* SPDX-License-Identifier: MIT */
#include "cassette/base64.h"

/* The six bits that a character stands for, or -1. A table: of bytes at random no branch could be
 * foretold. */
static int bits_of(char c)
{
    static const unsigned char more_by_one[128] = {
        0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,
        0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  63,
        0,  0,  0,  64, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 0,  0,  0,  0,  0,  0,  0,  1,
        2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23,
        24, 25, 26, 0,  0,  0,  0,  0,  0,  27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39,
        40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 0,  0,  0,  0,  0,
    };
    return (unsigned char)c < 128 ? more_by_one[(unsigned char)c] - 1 : -1;
}

bool td_base64_decode(struct td_arena *arena, struct td_bytes text, struct td_bytes *bytes,
                      size_t *bad)
{
    char *out = td_arena_alloc(arena, text.len / 4 * 3 + 4);
    size_t len = 0, count = 0, padding = 0;
    uint32_t group = 0;
    *bytes = td_bytes(out, 0);
    if (!out)
        return true;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        if (c == ' ' || c == '\t' || c == '\n' || c == '\r')
            continue;
        int bits = bits_of(c);
        bool pads = c == '=' && count % 4 >= 2;
        if (pads ? padding == 2 : bits < 0 || padding) {
            *bad = i;
            return false;
        }
        group = group << 6 | (pads ? 0 : (uint32_t)bits);
        padding += pads;
        if (++count % 4)
            continue;
        for (int shift = 16; shift >= 0; shift -= 8)
            out[len++] = (char)(group >> shift & 0xff);
        len -= padding;
    }
    *bad = text.len;
    out[len] = '\0';
    bytes->len = len;
    return count % 4 == 0;
}

void td_base64_encode(struct td_buf *out, struct td_bytes bytes)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *in = (const unsigned char *)bytes.data;
    size_t len = (bytes.len + 2) / 3 * 4, left = bytes.len;
    char *to = td_buf_reserve(out, len);
    if (!to)
        return;
    for (; left; in += 3, to += 4) {
        size_t taken = left < 3 ? left : 3;
        uint32_t group = (uint32_t)in[0] << 16 | (taken > 1 ? (uint32_t)in[1] << 8 : 0) |
                         (taken > 2 ? in[2] : 0);
        to[0] = letters[group >> 18];
        to[1] = letters[group >> 12 & 0x3f];
        to[2] = taken > 1 ? letters[group >> 6 & 0x3f] : '=';
        to[3] = taken > 2 ? letters[group & 0x3f] : '=';
        left -= taken;
    }
    out->len += len;
    out->data[out->len] = '\0';
}
