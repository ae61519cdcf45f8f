/* SPDX-License-Identifier: MIT */
#include "base/utf8.h"

int32_t td_utf8_next(struct td_bytes text, size_t *len)
{
    static const int32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    unsigned char lead = text.len ? (unsigned char)text.data[0] : 0xff;
    size_t need = lead < 0x80 ? 1 : lead < 0xc0 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    *len = 1;
    if (!need || need > text.len || lead > 0xf4)
        return -1;
    int32_t c = need == 1 ? lead : lead & (0x7f >> need);
    for (size_t i = 1; i < need; i++) {
        if (((unsigned char)text.data[i] & 0xc0) != 0x80)
            return -1;
        c = c << 6 | (text.data[i] & 0x3f);
    }
    if (c < least[need] || c > 0x10ffff)
        return -1;
    *len = need;
    return c;
}

enum kind { OTHER, LETTER, SPACE, ALONE };

/* Han, Kana, Hangul and what stands among them: words without spaces between. */
static bool is_dense(int32_t c)
{
    return (c >= 0x2e80 && c <= 0xd7ff) || (c >= 0xf900 && c <= 0xfaff) ||
           (c >= 0xff00 && c <= 0xffef) || (c >= 0x20000 && c <= 0x3ffff);
}

static enum kind kind_of(struct td_bytes text, size_t *len)
{
    unsigned char c = (unsigned char)text.data[0];
    *len = 1;
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r')
        return SPACE;
    if (c < 0x80) {
        unsigned char letter = c | 0x20;
        bool word = (letter >= 'a' && letter <= 'z') || (c >= '0' && c <= '9') || c == '_';
        return word ? LETTER : OTHER;
    }
    int32_t point = td_utf8_next(text, len);
    if (point < 0)
        return OTHER;
    return is_dense(point) || (point >= 0x2000 && point < 0x2c00) || point >= 0x1f000 ? ALONE
                                                                                      : LETTER;
}

struct td_bytes td_word_next(struct td_bytes *text)
{
    struct td_bytes word = td_bytes(text->data, 0);
    if (!text->len)
        return word;
    enum kind first = kind_of(*text, &word.len);
    while ((first == LETTER || first == SPACE) && word.len < text->len) {
        size_t len;
        if (kind_of(td_bytes(text->data + word.len, text->len - word.len), &len) != first)
            break;
        word.len += len;
    }
    text->data += word.len;
    text->len -= word.len;
    return word;
}

bool td_word_is_space(struct td_bytes word)
{
    return word.len && memchr(" \t\r\n", word.data[0], 4);
}

bool td_utf8_is_valid(struct td_bytes text)
{
    while (text.len) {
        /* Most of a text is ASCII. */
        uint64_t word;
        size_t len = 8;
        if (text.len >= len) {
            memcpy(&word, text.data, len);
            if (!(word & UINT64_C(0x8080808080808080))) {
                text = td_bytes(text.data + len, text.len - len);
                continue;
            }
        }
        if (td_utf8_next(text, &len) < 0)
            return false;
        text = td_bytes(text.data + len, text.len - len);
    }
    return true;
}
