/* SPDX-License-Identifier: MIT */
#include "base/bytes.h"

#include <stdio.h>
#include <stdlib.h>

static unsigned char lower(char c)
{
    return (unsigned char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
}

bool td_bytes_equal_nocase(struct td_bytes a, struct td_bytes b)
{
    return a.len == b.len && td_bytes_starts_nocase(a, b);
}

bool td_bytes_starts_nocase(struct td_bytes text, struct td_bytes prefix)
{
    if (text.len < prefix.len)
        return false;
    for (size_t i = 0; i < prefix.len; i++)
        if (lower(text.data[i]) != lower(prefix.data[i]))
            return false;
    return true;
}

static int by_length(struct td_bytes a, struct td_bytes b)
{
    return a.len < b.len ? -1 : a.len > b.len;
}

int td_bytes_compare(struct td_bytes a, struct td_bytes b)
{
    size_t shorter = a.len < b.len ? a.len : b.len;
    int order = shorter ? memcmp(a.data, b.data, shorter) : 0;
    return order ? order : by_length(a, b);
}

int td_bytes_compare_nocase(struct td_bytes a, struct td_bytes b)
{
    for (size_t i = 0; i < a.len && i < b.len; i++) {
        unsigned char x = lower(a.data[i]), y = lower(b.data[i]);
        if (x != y)
            return x < y ? -1 : 1;
    }
    return by_length(a, b);
}

struct td_bytes td_bytes_trim(struct td_bytes text)
{
    while (text.len && (text.data[0] == ' ' || text.data[0] == '\t'))
        text.data++, text.len--;
    while (text.len && (text.data[text.len - 1] == ' ' || text.data[text.len - 1] == '\t'))
        text.len--;
    return text;
}

bool td_bytes_has_nocase(struct td_bytes text, struct td_bytes needle)
{
    for (size_t i = 0; i + needle.len <= text.len; i++)
        if (td_bytes_starts_nocase(td_bytes(text.data + i, text.len - i), needle))
            return true;
    return needle.len == 0;
}

bool td_bytes_to_u64(struct td_bytes text, uint64_t *value)
{
    uint64_t sum = 0;
    if (!text.len)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        unsigned digit = (unsigned char)text.data[i] - '0';
        if (digit > 9 || __builtin_mul_overflow(sum, 10, &sum) ||
            __builtin_add_overflow(sum, digit, &sum))
            return false;
    }
    *value = sum;
    return true;
}

void td_buf_init(struct td_buf *buf)
{
    *buf = (struct td_buf){0};
}

void td_buf_release(struct td_buf *buf)
{
    free(buf->data);
    td_buf_init(buf);
}

void td_buf_clear(struct td_buf *buf)
{
    buf->len = 0;
    buf->failed = false;
    if (buf->data)
        buf->data[0] = '\0';
}

char *td_buf_reserve(struct td_buf *buf, size_t more)
{
    size_t need;
    if (buf->failed)
        return NULL;
    if (__builtin_add_overflow(buf->len, more, &need) || __builtin_add_overflow(need, 1, &need))
        goto fail;
    if (need > buf->cap) {
        size_t cap = buf->cap ? buf->cap : 64;
        while (cap < need)
            if (__builtin_mul_overflow(cap, 2, &cap))
                goto fail;
        char *data = realloc(buf->data, cap);
        if (!data)
            goto fail;
        buf->data = data;
        buf->cap = cap;
    }
    return buf->data + buf->len;
fail:
    buf->failed = true;
    return NULL;
}

void td_buf_put(struct td_buf *buf, const void *data, size_t len)
{
    char *to = td_buf_reserve(buf, len);
    if (!to)
        return;
    if (len)
        memcpy(to, data, len);
    buf->len += len;
    buf->data[buf->len] = '\0';
}

void td_buf_put_bytes(struct td_buf *buf, struct td_bytes bytes)
{
    td_buf_put(buf, bytes.data, bytes.len);
}

void td_buf_put_text(struct td_buf *buf, const char *text)
{
    td_buf_put(buf, text, strlen(text));
}

void td_buf_put_char(struct td_buf *buf, char c)
{
    td_buf_put(buf, &c, 1);
}

void td_buf_printf(struct td_buf *buf, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    char *to = len < 0 ? NULL : td_buf_reserve(buf, (size_t)len);
    if (to) {
        vsnprintf(to, (size_t)len + 1, format, again);
        buf->len += (size_t)len;
    } else {
        buf->failed = true;
    }
    va_end(again);
}

void td_buf_drop(struct td_buf *buf, size_t len)
{
    if (!len)
        return;
    if (len > buf->len)
        len = buf->len;
    memmove(buf->data, buf->data + len, buf->len - len);
    buf->len -= len;
    buf->data[buf->len] = '\0';
}

char *td_buf_detach(struct td_buf *buf, size_t *len)
{
    if (!td_buf_reserve(buf, 0)) {
        td_buf_release(buf);
        return NULL;
    }
    char *data = buf->data;
    data[buf->len] = '\0';
    if (len)
        *len = buf->len;
    td_buf_init(buf);
    return data;
}

struct td_bytes td_buf_view(const struct td_buf *buf)
{
    return td_bytes(buf->data, buf->len);
}
