/* SPDX-License-Identifier: MIT */
/* Values as a message shows them. All cutting is done before escaping, so that none is cut. */
#include "match/excerpt.h"

#include "base/utf8.h"

enum {
    LIMIT = 120, /* bytes that are shown of a value, before escaping */
    BEFORE = 40, /* of them, before the first difference */
    TAIL = 30,   /* of them, at the value's end */
    HEAD = LIMIT - TAIL,
};

#define CUT "\xe2\x80\xa6" /* an ellipsis */

static bool is_continuation(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

static bool is_control(int32_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0);
}

/* Characters that look like others or like nothing, or turn round what is beside them. */
static bool is_invisible(int32_t c)
{
    return c == 0xa0 || c == 0xad || (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202f) ||
           (c >= 0x2060 && c <= 0x206f) || c == 0xfeff;
}

static bool is_surrogate(int32_t c)
{
    return c >= 0xd800 && c <= 0xdfff;
}

static void put_escaped(struct td_buf *out, char quote, struct td_bytes text)
{
    while (text.len) {
        size_t len;
        int32_t c = td_utf8_next(text, &len);
        if (c < 0)
            td_buf_printf(out, "\\x%02x", (unsigned char)text.data[0]);
        else if (c == '\n')
            td_buf_put_text(out, "\\n");
        else if (c == '\r')
            td_buf_put_text(out, "\\r");
        else if (c == '\t')
            td_buf_put_text(out, "\\t");
        else if (is_control(c) || is_invisible(c) || is_surrogate(c))
            td_buf_printf(out, "\\u%04x", (unsigned)c);
        else if (quote && (c == quote || c == '\\'))
            td_buf_put(out, (char[]){'\\', (char)c}, 2);
        else
            td_buf_put(out, text.data, len);
        text.data += len;
        text.len -= len;
    }
}

void td_excerpt_escape(struct td_buf *out, struct td_bytes text)
{
    put_escaped(out, '\0', text);
}

void td_excerpt_common(struct td_bytes a, struct td_bytes b, size_t *front, size_t *end)
{
    size_t shorter = a.len < b.len ? a.len : b.len;
    *front = *end = 0;
    while (*front < shorter && a.data[*front] == b.data[*front])
        ++*front;
    while (*end < shorter - *front && a.data[a.len - 1 - *end] == b.data[b.len - 1 - *end])
        ++*end;
}

/* The start of the character that this byte belongs to, as far as it is one. */
static size_t character_start(struct td_bytes text, size_t place)
{
    for (size_t back = 0; back < 4 && back <= place; back++)
        if (place - back == text.len || !is_continuation(text.data[place - back]))
            return place - back;
    return place;
}

void td_excerpt_text(struct td_buf *out, char quote, struct td_bytes text, struct td_bytes other)
{
    if (!text.len)
        text = TD_BYTES("");
    size_t from = 0, to = text.len, tail = text.len;
    if (text.len > LIMIT) {
        size_t front, end;
        td_excerpt_common(text, other, &front, &end);
        from = front > BEFORE ? front - BEFORE : 0;
        if (from > text.len - LIMIT)
            from = text.len - LIMIT;
        from = character_start(text, from);
        if (text.len - from > LIMIT + 3) {
            to = character_start(text, from + HEAD);
            tail = character_start(text, text.len - TAIL);
        }
    }
    if (quote)
        td_buf_put_char(out, quote);
    if (from)
        td_buf_put_text(out, CUT);
    put_escaped(out, quote, td_bytes(text.data + from, to - from));
    if (to < tail)
        td_buf_put_text(out, CUT);
    put_escaped(out, quote, td_bytes(text.data + tail, text.len - tail));
    if (quote)
        td_buf_put_char(out, quote);
}

void td_excerpt_json(struct td_buf *out, const struct td_json *value, const struct td_json *other)
{
    struct td_bytes beside = {0};
    if (other && other->kind == value->kind)
        beside = other->kind == TD_JSON_STRING ? other->text : other->source;
    if (value->kind == TD_JSON_STRING) {
        td_excerpt_text(out, '"', value->text, beside);
    } else if (value->count) {
        struct td_buf compact;
        td_buf_init(&compact);
        td_json_put_source(&compact, value->source);
        td_excerpt_text(out, '\0', td_buf_view(&compact), beside);
        td_buf_release(&compact);
    } else if (value->kind == TD_JSON_ARRAY || value->kind == TD_JSON_OBJECT) {
        td_buf_put_text(out, value->kind == TD_JSON_ARRAY ? "[]" : "{}");
    } else {
        td_excerpt_text(out, '\0', value->source, beside);
    }
}

bool td_excerpt_is_text(struct td_bytes bytes)
{
    while (bytes.len) {
        size_t len;
        int32_t c = td_utf8_next(bytes, &len);
        if (c < 0 || is_surrogate(c) || (is_control(c) && c != '\n' && c != '\r' && c != '\t'))
            return false;
        bytes.data += len;
        bytes.len -= len;
    }
    return true;
}
