/* SPDX-License-Identifier: MIT */
/*
 * Bytes: a view (`struct td_bytes`, borrowed, any content, NUL included) and a growing buffer
 * (`struct td_buf`). A buffer that cannot grow remembers it: append freely, and ask once at the
 * end with td_buf_failed().
 */
#ifndef TD_BASE_BYTES_H
#define TD_BASE_BYTES_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <tapedeck/bytes.h>

#include "base/error.h"

#define TD_BYTES(literal) ((struct td_bytes){(literal), sizeof(literal) - 1})

static inline struct td_bytes td_bytes(const char *data, size_t len)
{
    return (struct td_bytes){data, len};
}

static inline struct td_bytes td_bytes_of(const char *text)
{
    return (struct td_bytes){text, text ? strlen(text) : 0};
}

static inline bool td_bytes_equal(struct td_bytes a, struct td_bytes b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

/* ASCII letters without regard to case, as HTTP compares its names. */
bool td_bytes_equal_nocase(struct td_bytes a, struct td_bytes b);
/* <0, 0 or >0. */
int td_bytes_compare(struct td_bytes a, struct td_bytes b);
int td_bytes_compare_nocase(struct td_bytes a, struct td_bytes b);
bool td_bytes_starts_nocase(struct td_bytes text, struct td_bytes prefix);
/* Without spaces and tabs at either end. */
struct td_bytes td_bytes_trim(struct td_bytes text);
/* Whether `needle` stands anywhere in `text`, ASCII case ignored. */
bool td_bytes_has_nocase(struct td_bytes text, struct td_bytes needle);
/* Takes the character away from the front, if it stands there. */
static inline bool td_bytes_take(struct td_bytes *text, char c)
{
    if (!text->len || text->data[0] != c)
        return false;
    text->data++;
    text->len--;
    return true;
}

/* The value of a hexadecimal digit, or -1. */
static inline int td_hex_digit(char c)
{
    char letter = c | 0x20;
    return c >= '0' && c <= '9' ? c - '0' : letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

/* The byte that a "%41" at the front of a text stands for; -1 where it starts with none. */
static inline int td_percent_byte(struct td_bytes text)
{
    int high = text.len > 2 && text.data[0] == '%' ? td_hex_digit(text.data[1]) : -1;
    int low = high >= 0 ? td_hex_digit(text.data[2]) : -1;
    return low >= 0 ? high << 4 | low : -1;
}

/* The rest of a text behind so many of its bytes. */
static inline struct td_bytes td_bytes_from(struct td_bytes text, size_t at)
{
    return td_bytes(text.data + at, text.len - at);
}

/* An unsigned decimal and nothing else; false where it is not one or is too large. */
bool td_bytes_to_u64(struct td_bytes text, uint64_t *value);

struct td_buf {
    char *data; /* owned; always followed by a NUL that len does not count, once anything was put */
    size_t len;
    size_t cap;
    bool failed;
};

void td_buf_init(struct td_buf *buf);
void td_buf_release(struct td_buf *buf);
/* Forgets the content, keeps the memory. */
void td_buf_clear(struct td_buf *buf);
/* Room for `more` bytes after len, or NULL (and failed). */
char *td_buf_reserve(struct td_buf *buf, size_t more);
void td_buf_put(struct td_buf *buf, const void *data, size_t len);
void td_buf_put_bytes(struct td_buf *buf, struct td_bytes bytes);
void td_buf_put_text(struct td_buf *buf, const char *text);
void td_buf_put_char(struct td_buf *buf, char c);
void td_buf_printf(struct td_buf *buf, const char *format, ...) TD_PRINTF(2, 3);
/* Takes `len` bytes away at the front. */
void td_buf_drop(struct td_buf *buf, size_t len);
/* Gives the memory away: the caller frees it. Never NULL unless failed. */
char *td_buf_detach(struct td_buf *buf, size_t *len);
struct td_bytes td_buf_view(const struct td_buf *buf);

static inline bool td_buf_failed(const struct td_buf *buf)
{
    return buf->failed;
}

#endif
