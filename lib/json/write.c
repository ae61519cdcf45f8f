/* SPDX-License-Identifier: MIT */
/* JSON text for others to read, which takes more care than a form that is only hashed: whatever
 * bytes were in a string, it is UTF-8. */
#include "base/utf8.h"
#include "json/json.h"
#include "json/scalar.h"

/* Characters as they are, but for those that UTF-8 must not hold. */
static void put_characters(struct td_buf *out, struct td_bytes text, bool escape)
{
    while (text.len) {
        size_t len = escape ? td_json_plain_run(text.data, text.len) : text.len;
        size_t ascii = 0;
        while (ascii < len && (unsigned char)text.data[ascii] < 0x80)
            ascii++;
        td_buf_put(out, text.data, ascii);
        text.data += ascii;
        text.len -= ascii;
        if (!text.len)
            return;
        int32_t c = td_utf8_next(text, &len);
        if (c < 0)
            td_buf_put_text(out, "\xef\xbf\xbd");
        else if (c >= 0xd800 && c <= 0xdfff)
            td_buf_printf(out, "\\u%04x", (unsigned)c);
        else if (c == '"' || c == '\\')
            td_buf_put(out, (char[]){'\\', (char)c}, 2);
        else if (c == '\n')
            td_buf_put_text(out, "\\n");
        else if (c == '\t')
            td_buf_put_text(out, "\\t");
        else if (c == '\r')
            td_buf_put_text(out, "\\r");
        else if (c < 0x20)
            td_buf_printf(out, "\\u%04x", (unsigned)c);
        else
            td_buf_put(out, text.data, len);
        text.data += len;
        text.len -= len;
    }
}

void td_json_put_string(struct td_buf *out, struct td_bytes text)
{
    td_buf_put_char(out, '"');
    put_characters(out, text, true);
    td_buf_put_char(out, '"');
}

void td_json_put_source(struct td_buf *out, struct td_bytes source)
{
    bool in_string = false;
    size_t start = 0;
    for (size_t i = 0; i < source.len; i++) {
        char c = source.data[i];
        if (in_string && c == '\\') {
            i++;
        } else if (c == '"') {
            in_string = !in_string;
        } else if (!in_string && (c == ' ' || c == '\n' || c == '\r' || c == '\t')) {
            put_characters(out, td_bytes(source.data + start, i - start), false);
            start = i + 1;
        }
    }
    put_characters(out, td_bytes(source.data + start, source.len - start), false);
}
