/* SPDX-License-Identifier: MIT */
#include "cassette/place.h"

#define EACH_BYTE(value) (UINT64_C(0x0101010101010101) * (value))

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

static bool has_byte(uint64_t word, unsigned char byte)
{
    uint64_t zero = word ^ EACH_BYTE(byte);
    return (zero - EACH_BYTE(0x01)) & ~zero & EACH_BYTE(0x80);
}

/* Until one of the two is reached. May stop inside a character. */
static void walk(struct td_place *place, size_t index, size_t byte)
{
    if (byte > place->text.len)
        byte = place->text.len;
    while (place->byte < byte && place->index < index) {
        uint64_t word;
        if (byte - place->byte < sizeof word || index - place->index < sizeof word) {
            step(place);
            continue;
        }
        memcpy(&word, place->text.data + place->byte, sizeof word);
        if (has_byte(word, '\n') || has_byte(word, '\r')) {
            for (size_t i = 0; i < sizeof word; i++)
                step(place);
            continue;
        }
        /* The lowest bit of each byte: is it a continuation byte? Then their sum. */
        uint64_t more = (word >> 7) & ~(word >> 6) & EACH_BYTE(0x01);
        unsigned characters = 8 - (unsigned)(more * EACH_BYTE(0x01) >> 56);
        place->byte += sizeof word;
        place->index += characters;
        place->column += characters;
    }
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
