/* SPDX-License-Identifier: MIT */
#include "cassette/scalar.h"

#include "cassette/base64.h"
#include "cassette/place.h"

enum {
    BASE64_LINE = 70,
    SIMPLE_KEY_MAX = 128, /* bytes, with the tag */
    BINARY_TAG_LEN = sizeof "!!binary" - 1,
};

void td_scalar_put_spaces(struct td_buf *out, size_t count)
{
    char *to = td_buf_reserve(out, count);
    if (!to)
        return;
    memset(to, ' ', count);
    to[count] = '\0';
    out->len += count;
}

/* Up to the next line break and over it: LF, and where `wide` U+2028 and U+2029 as well. Neither
 * CR nor U+0085 is ever in a text of this style. *len is without the break. */
static size_t take_line(struct td_bytes text, bool wide, size_t *len)
{
    if (!wide) {
        const char *end = memchr(text.data, '\n', text.len);
        *len = end ? (size_t)(end - text.data) : text.len;
        return *len + (end != NULL);
    }
    for (size_t i = 0; i < text.len; i++) {
        size_t size = td_break_len(text.data + i, text.len - i);
        if (size) {
            *len = i;
            return i + size;
        }
    }
    return *len = text.len;
}

/* ---- blocks ---- */

/* "4", where the first line could not tell how far the block is indented. Go writes the same digit
 * everywhere, which is wrong in a list; and none in front of a tab, which readers then refuse. */
static void write_indentation(struct td_buf *out, struct td_bytes text, unsigned traits,
                              struct td_scalar_at at)
{
    if ((traits & (TD_TRAIT_SPACE_FIRST | TD_TRAIT_BREAK_FIRST)) || text.data[0] == '\t')
        td_buf_put_char(out, (char)('0' + at.lines - at.parent));
}

/* How many bytes of a line break the text ends with. */
static size_t last_break(struct td_bytes text)
{
    for (size_t size = 1; size <= 3 && size <= text.len; size += 2)
        if (td_break_len(text.data + text.len - size, size) == size)
            return size;
    return 0;
}

/* `-`: the last line has no break; `+`: empty lines follow it, and count. */
static void write_chomping(struct td_buf *out, struct td_bytes text)
{
    size_t last = last_break(text);
    if (!last)
        td_buf_put_char(out, '-');
    else if (last == text.len || last_break(td_bytes(text.data, text.len - last)))
        td_buf_put_char(out, '+');
}

static bool write_literal(struct td_buf *out, struct td_bytes text, unsigned traits,
                          struct td_scalar_at at)
{
    bool wide = traits & TD_TRAIT_WIDE_BREAK;
    td_buf_put_char(out, '|');
    write_indentation(out, text, traits, at);
    write_chomping(out, text);
    td_buf_put_char(out, '\n');
    while (text.len) {
        size_t len, size = take_line(text, wide, &len);
        if (len)
            td_scalar_put_spaces(out, at.lines);
        td_buf_put(out, text.data, size);
        text = td_bytes(text.data + size, text.len - size);
    }
    return traits & TD_TRAIT_BREAK_LAST;
}

/* ---- base64 ---- */

static size_t base64_len(size_t len)
{
    return (len + 2) / 3 * 4;
}

static bool write_binary(struct td_buf *out, struct td_bytes bytes, struct td_scalar_at at)
{
    struct td_buf base64;
    td_buf_init(&base64);
    td_base64_encode(&base64, bytes);
    struct td_bytes text = td_buf_view(&base64);
    bool lines = text.len >= BASE64_LINE;
    td_buf_put_text(out, lines ? "!!binary |\n" : "!!binary ");
    while (text.len) {
        size_t len = text.len < BASE64_LINE ? text.len : BASE64_LINE;
        if (lines)
            td_scalar_put_spaces(out, at.lines);
        td_buf_put(out, text.data, len);
        if (lines)
            td_buf_put_char(out, '\n');
        text = td_bytes(text.data + len, text.len - len);
    }
    out->failed |= td_buf_failed(&base64);
    td_buf_release(&base64);
    return lines;
}

/* ---- quotes ---- */

/* Text between line breaks, its quotes doubled. */
static void write_doubled(struct td_buf *out, struct td_bytes text)
{
    const char *quote;
    while (text.len && (quote = memchr(text.data, '\'', text.len))) {
        size_t len = (size_t)(quote - text.data) + 1;
        td_buf_put(out, text.data, len);
        td_buf_put_char(out, '\'');
        text = td_bytes(text.data + len, text.len - len);
    }
    td_buf_put_bytes(out, text);
}

static void write_single(struct td_buf *out, struct td_bytes text, unsigned traits,
                         struct td_scalar_at at)
{
    bool wide = traits & TD_TRAIT_WIDE_BREAK;
    td_buf_put_char(out, '\'');
    for (bool first = true; text.len; first = false) {
        size_t len, size = take_line(text, wide, &len);
        if (!first && len)
            td_scalar_put_spaces(out, at.lines);
        write_doubled(out, td_bytes(text.data, len));
        td_buf_put(out, text.data + len, size - len);
        text = td_bytes(text.data + size, text.len - size);
    }
    td_buf_put_char(out, '\'');
}

static void write_escape(struct td_buf *out, uint32_t c)
{
    static const struct {
        uint32_t character;
        char letter;
    } letters[] = {
        {0, '0'},     {7, 'a'},    {8, 'b'},    {9, 't'},      {10, 'n'},
        {11, 'v'},    {12, 'f'},   {13, 'r'},   {27, 'e'},     {'"', '"'},
        {'\\', '\\'}, {0x85, 'N'}, {0xa0, '_'}, {0x2028, 'L'}, {0x2029, 'P'},
    };
    for (size_t i = 0; i < sizeof letters / sizeof *letters; i++) {
        if (letters[i].character == c) {
            td_buf_put(out, (char[]){'\\', letters[i].letter}, 2);
            return;
        }
    }
    static const char hex[] = "0123456789ABCDEF";
    char text[10] = {'\\', c <= 0xff ? 'x' : c <= 0xffff ? 'u' : 'U'};
    unsigned digits = c <= 0xff ? 2 : c <= 0xffff ? 4 : 8;
    for (unsigned i = 0; i < digits; i++)
        text[2 + i] = hex[c >> 4 * (digits - 1 - i) & 0xf];
    td_buf_put(out, text, 2 + digits);
}

static bool needs_escape(uint32_t c)
{
    return c < ' ' || c == '"' || c == '\\' || (c >= 0x7f && c < 0xa0) || c == 0x2028 ||
           c == 0x2029 || c == 0xfeff || c == 0xfffe || c >= 0xffff;
}

static void write_double(struct td_buf *out, struct td_bytes text)
{
    /* Go asks whether the text starts with a byte order mark where it means the character, and so
     * escapes all of a text that does. */
    bool all = text.len >= 3 && memcmp(text.data, "\xef\xbb\xbf", 3) == 0;
    size_t kept = 0; /* what is before this is written */
    td_buf_put_char(out, '"');
    for (size_t i = 0, size; i < text.len; i += size) {
        uint32_t c = (unsigned char)text.data[i];
        size = c < 0x80 ? 1 : td_utf8_take(text.data + i, text.len - i, &c);
        if (!all && !needs_escape(c))
            continue;
        td_buf_put(out, text.data + kept, i - kept);
        write_escape(out, c);
        kept = i + size;
    }
    td_buf_put(out, text.data + kept, text.len - kept);
    td_buf_put_char(out, '"');
}

/* ---- any ---- */

bool td_scalar_write(struct td_buf *out, struct td_bytes text, const struct td_style *style,
                     struct td_scalar_at at)
{
    if (!text.len)
        text = TD_BYTES(""); /* it may have no data */
    switch (style->kind) {
    case TD_STYLE_BINARY:
        return write_binary(out, text, at);
    case TD_STYLE_LITERAL:
        return write_literal(out, text, style->traits, at);
    case TD_STYLE_SINGLE:
        write_single(out, text, style->traits, at);
        return false;
    case TD_STYLE_DOUBLE:
        write_double(out, text);
        return false;
    case TD_STYLE_PLAIN:
        break;
    }
    td_buf_put_bytes(out, text);
    return false;
}

bool td_scalar_is_simple_key(struct td_bytes text, const struct td_style *style)
{
    if (style->kind != TD_STYLE_BINARY)
        return !(style->traits & TD_TRAIT_BREAK) && text.len <= SIMPLE_KEY_MAX;
    return base64_len(text.len) < BASE64_LINE &&
           base64_len(text.len) + BINARY_TAG_LEN <= SIMPLE_KEY_MAX;
}
