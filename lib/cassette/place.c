/* SPDX-License-Identifier: MIT */
#include "cassette/place.h"

#include <endian.h>

static bool is_continuation(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

struct td_place td_place_start(struct td_bytes text)
{
    bool marked = text.len >= 3 && memcmp(text.data, "\xef\xbb\xbf", 3) == 0;
    return (struct td_place){.text = text, .byte = marked ? 3 : 0, .line = 1, .column = 1};
}

/* Over one byte, which must be there. */
static void step(struct td_place *place)
{
    const char *at = place->text.data + place->byte++;
    if (is_continuation(*at))
        return;
    place->index++;
    if (*at == '\n' || (*at == '\r' && (place->byte == place->text.len || at[1] != '\n'))) {
        place->line++;
        place->column = 1;
    } else {
        place->column++;
    }
}

/*
 * Eight bytes at once, as a word: `ones` have the lowest bit of a byte set for each byte that is of
 * some kind.
 */
#define EACH_BYTE(value) (UINT64_C(0x0101010101010101) * (value))

static unsigned sum_ones(uint64_t ones)
{
    return (unsigned)(ones * EACH_BYTE(1) >> 56);
}

/* The bytes that are `c`, which is ASCII. */
static uint64_t ones_equal(uint64_t word, char c)
{
    uint64_t low = EACH_BYTE(0x7f), differs = word ^ EACH_BYTE((uint64_t)c);
    return ~(((differs & low) + low) | differs) >> 7 & EACH_BYTE(1);
}

/* Over the first `len` bytes of a word, all eight of which must be there. */
static void step_word(struct td_place *place, size_t len)
{
    uint64_t word, part = len < 8 ? (UINT64_C(1) << 8 * len) - 1 : UINT64_MAX;
    memcpy(&word, place->text.data + place->byte, sizeof word);
    word = le64toh(word);
    if (ones_equal(word, '\r') & part) {
        while (len--)
            step(place);
        return;
    }
    uint64_t starts = ~(word >> 7 & ~(word >> 6)) & EACH_BYTE(1) & part;
    uint64_t breaks = ones_equal(word, '\n') & part;
    place->byte += len;
    place->index += sum_ones(starts);
    if (breaks) {
        place->line += sum_ones(breaks);
        place->column = 1;
        starts &= ~UINT64_C(1) << (63 - __builtin_clzll(breaks)); /* those behind the last break */
    }
    place->column += sum_ones(starts);
}

/* Sixteen bytes at once, as a vector. A lane counts to 127, so no more than so many in a row. */
enum { LANES = 16, MIN_BLOCK = 8 * LANES, MAX_BLOCK = 64 * LANES };
typedef signed char lanes __attribute__((vector_size(LANES)));

static unsigned sum_lanes(lanes counts)
{
    unsigned total = 0;
    for (int i = 0; i < LANES; i++)
        total += (unsigned char)counts[i];
    return total;
}

/* Over `len` bytes, a multiple of LANES, which must be there. False where there is a CR among them,
 * which is for step() to judge. */
static bool step_block(struct td_place *place, size_t len)
{
    const char *data = place->text.data + place->byte;
    lanes inside = {0}, breaks = {0}, returns = {0};
    for (size_t i = 0; i < len; i += LANES) {
        lanes bytes;
        memcpy(&bytes, data + i, sizeof bytes);
        inside -= bytes < -64; /* continuation bytes, 0x80 to 0xbf; true is -1 */
        breaks -= bytes == '\n';
        returns |= bytes == '\r';
    }
    if (sum_lanes(returns))
        return false;
    unsigned characters = (unsigned)len - sum_lanes(inside), lines = sum_lanes(breaks);
    place->byte += len;
    place->index += characters;
    place->column += characters;
    if (lines) {
        place->line += lines;
        place->column = 1;
        for (const char *at = data + len; *--at != '\n';)
            place->column += !is_continuation(*at);
    }
    return true;
}

static size_t min(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Until one of the two is reached. May stop inside a character. */
static void walk(struct td_place *place, size_t index, size_t byte)
{
    struct td_place at = *place; /* a copy stays in registers */
    byte = min(byte, at.text.len);
    while (at.byte < byte && at.index < index) {
        /* No more characters in these bytes than bytes. */
        size_t len = min(byte - at.byte, index - at.index);
        if (len >= MIN_BLOCK && step_block(&at, min(len - len % LANES, MAX_BLOCK)))
            continue;
        if (len > MAX_BLOCK)
            len = MAX_BLOCK;
        for (size_t end = at.byte + len; at.byte < end;) {
            if (at.text.len - at.byte >= 8)
                step_word(&at, min(end - at.byte, 8));
            else
                step(&at);
        }
    }
    *place = at;
}

void td_place_to_index(struct td_place *place, size_t index)
{
    walk(place, index, place->text.len);
    while (place->byte < place->text.len && is_continuation(place->text.data[place->byte]))
        place->byte++;
}

void td_place_to_byte(struct td_place *place, size_t byte)
{
    walk(place, SIZE_MAX, byte);
}

void td_place_before_crlf(struct td_place *place)
{
    const char *at = place->text.data + place->byte;
    if (place->byte && place->byte < place->text.len && at[-1] == '\r' && at[0] == '\n') {
        place->byte--;
        place->index--;
        place->column--;
    }
}

size_t td_break_len(const char *text, size_t len)
{
    if (len && text[0] == '\n')
        return 1;
    if (len && text[0] == '\r')
        return len > 1 && text[1] == '\n' ? 2 : 1;
    if (len > 1 && memcmp(text, "\xc2\x85", 2) == 0)
        return 2;
    if (len > 2 && (memcmp(text, "\xe2\x80\xa8", 3) == 0 || memcmp(text, "\xe2\x80\xa9", 3) == 0))
        return 3;
    return 0;
}
