/* SPDX-License-Identifier: MIT */
#include "cassette/chunks.h"

enum { US_PER_MS = 1000, NS_PER_US = 1000 };

/* Digits at *text, at most 15 of them. */
static bool take_number(const char **text, const char *end, int64_t *number)
{
    const char *start = *text;
    *number = 0;
    while (*text < end && **text >= '0' && **text <= '9' && *text - start < 15)
        *number = *number * 10 + (*(*text)++ - '0');
    return *text > start;
}

static bool take_chunk(const char **text, const char *end, struct td_recorded_chunk *chunk)
{
    int64_t len, ms, us = 0;
    if (!take_number(text, end, &len) || len > UINT32_MAX)
        return false;
    if (*text == end || *(*text)++ != '@' || !take_number(text, end, &ms) || ms > INT32_MAX)
        return false;
    if (*text < end && **text == '.') {
        ++*text;
        int64_t unit = US_PER_MS;
        const char *digits = *text;
        while (*text < end && **text >= '0' && **text <= '9' && unit > 1) {
            unit /= 10;
            us += (*(*text)++ - '0') * unit;
        }
        if (*text == digits)
            return false;
    }
    *chunk = (struct td_recorded_chunk){(uint32_t)len, (ms * US_PER_MS + us) * NS_PER_US};
    return *text == end || **text == ' ';
}

int td_chunks_parse(struct td_arena *arena, struct td_bytes text, struct td_recorded_chunks *chunks)
{
    size_t count = text.len != 0;
    const char *at = text.data, *end = text.data + text.len;
    for (size_t i = 0; i < text.len; i++)
        count += text.data[i] == ' ';
    *chunks = (struct td_recorded_chunks){0};
    if (!count)
        return 0;
    struct td_recorded_chunk *items = td_arena_alloc(arena, count * sizeof *items);
    if (!items)
        return TD_ERR_NOMEM;
    int64_t last = 0;
    for (size_t i = 0; i < count; i++) {
        if (i && (at == end || *at++ != ' '))
            return TD_ERR_FORMAT;
        if (!take_chunk(&at, end, &items[i]) || items[i].at_ns < last)
            return TD_ERR_FORMAT;
        last = items[i].at_ns;
    }
    if (at != end)
        return TD_ERR_FORMAT;
    *chunks = (struct td_recorded_chunks){items, count};
    return 0;
}

void td_chunks_format(struct td_recorded_chunks chunks, struct td_buf *out)
{
    for (size_t i = 0; i < chunks.count; i++) {
        int64_t us = chunks.items[i].at_ns / NS_PER_US;
        unsigned part = (unsigned)(us % US_PER_MS);
        td_buf_printf(out, "%s%u@%lld", i ? " " : "", (unsigned)chunks.items[i].len,
                      (long long)(us / US_PER_MS));
        if (!part)
            continue;
        int digits = part % 100 == 0 ? 1 : part % 10 == 0 ? 2 : 3;
        static const unsigned units[] = {100, 10, 1};
        td_buf_printf(out, ".%0*u", digits, part / units[digits - 1]);
    }
}

bool td_chunks_fit(struct td_recorded_chunks chunks, size_t len)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < chunks.count; i++)
        sum += chunks.items[i].len;
    return sum == len;
}
