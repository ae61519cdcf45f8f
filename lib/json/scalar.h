/* SPDX-License-Identifier: MIT */
/* What the reader and the writer of JSON share about strings and numbers. */
#ifndef TD_JSON_SCALAR_H
#define TD_JSON_SCALAR_H

#include "base/arena.h"

/* Whether a string holds this byte as it is: no quote, backslash or control character. */
static inline bool td_json_byte_plain(char c)
{
    return (unsigned char)c >= 0x20 && c != '"' && c != '\\';
}

/* How many bytes at `data` are plain: eight at a time, because strings are most of a body. */
static inline size_t td_json_plain_run(const char *data, size_t len)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), tops = ones * 0x80;
    size_t i = 0;
    for (; len - i >= 8; i += 8) {
        uint64_t word;
        memcpy(&word, data + i, 8);
        uint64_t quote = word ^ ones * '"', escape = word ^ ones * '\\';
        /* A byte's top bit is set where the byte is below 0x20, or zero after the xor. */
        uint64_t low = (word - ones * 0x20) & ~word;
        uint64_t zero = ((quote - ones) & ~quote) | ((escape - ones) & ~escape);
        if ((low | zero) & tops)
            break;
    }
    while (i < len && td_json_byte_plain(data[i]))
        i++;
    return i;
}

/*
 * The one spelling of a number's exact value: digits without zeros at either end, then the power
 * of ten; an integer of up to 21 digits in full. `text` is a valid JSON number, and is what comes
 * back where it is spelled so already; else the spelling is in `arena`. No data: memory ran out.
 */
struct td_bytes td_json_number(struct td_arena *arena, struct td_bytes text);

#endif
