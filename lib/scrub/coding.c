/* SPDX-License-Identifier: MIT */
#include "scrub/coding.h"

#include <zlib.h>

static const char standard[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char for_urls[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static int bits_of(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' || c == '-' ? 62 : c == '/' || c == '_' ? 63 : -1;
}

bool td_base64_char(char c)
{
    return bits_of(c) >= 0;
}

size_t td_base64_end(struct td_bytes text, size_t start, size_t end)
{
    static const int left_over[] = {0, 63, 15, 3};
    size_t rest = (end - start) % 4;
    if (rest && bits_of(text.data[end - 1]) & left_over[rest])
        return end - rest;
    return rest == 1 ? end - 1 : end;
}

struct td_bytes td_base64_take(struct td_arena *arena, struct td_bytes run)
{
    char *out = td_arena_alloc(arena, run.len / 4 * 3 + 4);
    size_t len = 0;
    uint32_t bits = 0;
    if (!out)
        return td_bytes(NULL, 0);
    for (size_t i = 0; i < run.len; i++) {
        bits = bits << 6 | (uint32_t)bits_of(run.data[i]);
        if (i % 4)
            out[len++] = (char)(bits >> (6 - 2 * (i % 4)) & 0xff);
    }
    return td_bytes(out, len);
}

void td_base64_put(struct td_buf *out, struct td_bytes bytes, bool url, bool padded)
{
    const char *alphabet = url ? for_urls : standard;
    for (size_t i = 0; i < bytes.len; i += 3) {
        size_t left = bytes.len - i < 3 ? bytes.len - i : 3;
        uint32_t bits = 0;
        for (size_t k = 0; k < 3; k++)
            bits = bits << 8 | (k < left ? (unsigned char)bytes.data[i + k] : 0);
        for (size_t k = 0; k < 4; k++) {
            if (k <= left)
                td_buf_put_char(out, alphabet[bits >> (18 - 6 * k) & 63]);
            else if (padded)
                td_buf_put_char(out, '=');
        }
    }
}

void td_base64_core(struct td_buf *out, struct td_bytes text, unsigned before, bool url,
                    unsigned *skip)
{
    struct td_buf bytes, coded;
    td_buf_init(&bytes);
    td_buf_init(&coded);
    td_buf_put(&bytes, "\0\0", before);
    td_buf_put_bytes(&bytes, text);
    td_base64_put(&coded, td_buf_view(&bytes), url, false);
    *skip = (before * 8 + 5) / 6;
    size_t sure = bytes.len * 8 / 6;
    if (td_buf_failed(&bytes) || td_buf_failed(&coded))
        out->failed = true;
    else if (sure > *skip)
        td_buf_put(out, coded.data + *skip, sure - *skip);
    td_buf_release(&bytes);
    td_buf_release(&coded);
}

bool td_gzip_begins(struct td_bytes bytes)
{
    const unsigned char *at = (const unsigned char *)bytes.data;
    if (bytes.len < 8)
        return false;
    bool gzip = at[0] == 0x1f && at[1] == 0x8b && at[2] == 8;
    bool zlib = at[0] == 0x78 && (at[0] << 8 | at[1]) % 31 == 0 && !(at[1] & 0x20);
    return gzip || zlib;
}

/* One member after the other, as `gzip -d` reads them. */
static enum td_gzip_result inflate_all(z_stream *stream, struct td_buf *plain)
{
    enum { STEP = 64 * 1024 };
    for (;;) {
        char *room = td_buf_reserve(plain, STEP);
        if (!room || plain->len > TD_GZIP_MAX)
            return TD_GZIP_NONE;
        stream->next_out = (unsigned char *)room;
        stream->avail_out = STEP;
        int status = inflate(stream, Z_NO_FLUSH);
        plain->len += STEP - stream->avail_out;
        if (status == Z_STREAM_END) {
            bool more =
                stream->avail_in > 2 && stream->next_in[0] == 0x1f && stream->next_in[1] == 0x8b;
            if (!more)
                return TD_GZIP_WHOLE;
            inflateReset(stream);
        } else if (status == Z_BUF_ERROR ||
                   (status == Z_OK && !stream->avail_in && stream->avail_out)) {
            return TD_GZIP_CUT;
        } else if (status != Z_OK) {
            return TD_GZIP_NONE;
        }
    }
}

enum td_gzip_result td_gzip_read(struct td_bytes bytes, struct td_buf *plain)
{
    z_stream stream;
    if (!td_gzip_begins(bytes) || bytes.len > UINT32_MAX)
        return TD_GZIP_NONE;
    memset(&stream, 0, sizeof stream);
    if (inflateInit2(&stream, 15 + 32) != Z_OK)
        return TD_GZIP_NONE;
    stream.next_in = (unsigned char *)(uintptr_t)bytes.data;
    stream.avail_in = (uInt)bytes.len;
    enum td_gzip_result result = inflate_all(&stream, plain);
    inflateEnd(&stream);
    /* Text may begin like a zlib stream, and even go on like one for a while. */
    if (result == TD_GZIP_CUT && bytes.data[0] == 0x78)
        result = TD_GZIP_NONE;
    return plain->len ? result : TD_GZIP_NONE;
}

static void put_number(struct td_buf *out, uint32_t number, int bytes, bool big)
{
    for (int i = 0; i < bytes; i++)
        td_buf_put_char(out, (char)(number >> 8 * (big ? bytes - 1 - i : i) & 0xff));
}

static void put_blocks(struct td_buf *out, struct td_bytes plain, bool cut)
{
    enum { MOST = 65535 };
    size_t at = 0;
    do {
        size_t len = plain.len - at < MOST ? plain.len - at : MOST;
        td_buf_put_char(out, at + len == plain.len && !cut);
        put_number(out, (uint32_t)len, 2, false);
        put_number(out, ~(uint32_t)len, 2, false);
        td_buf_put(out, plain.data + at, len);
        at += len;
    } while (at < plain.len);
}

void td_gzip_store(struct td_buf *out, struct td_bytes plain, bool cut)
{
    td_buf_put(out, "\x1f\x8b\x08\0\0\0\0\0\0\xff", 10);
    put_blocks(out, plain, cut);
    if (cut)
        return;
    put_number(out, (uint32_t)crc32_z(0, (const unsigned char *)plain.data, plain.len), 4, false);
    put_number(out, (uint32_t)plain.len, 4, false);
}

void td_zlib_store(struct td_buf *out, struct td_bytes plain, bool cut)
{
    td_buf_put(out, "\x78\x01", 2);
    put_blocks(out, plain, cut);
    if (!cut)
        put_number(out, (uint32_t)adler32_z(1, (const unsigned char *)plain.data, plain.len), 4,
                   true);
}
