/* SPDX-License-Identifier: MIT */
/* Where events end in lines, records, frames and in Gemini's array. */
#include "stream/formats.h"

#include "stream/aws.h"

enum { RECORD_SEPARATOR = 0x1e };

size_t td_ndjson_line_length(struct td_bytes text)
{
    const char *end = text.len ? memchr(text.data, '\n', text.len) : NULL;
    if (!end)
        return text.len;
    size_t at = (size_t)(end - text.data) + 1;
    while (at < text.len) {
        if (text.data[at] == '\n')
            at++;
        else if (text.data[at] == '\r' && at + 1 < text.len && text.data[at + 1] == '\n')
            at += 2;
        else
            break;
    }
    return at;
}

size_t td_json_seq_length(struct td_bytes text)
{
    size_t at = 0;
    /* Several separators in a row are one. */
    while (at < text.len && text.data[at] == RECORD_SEPARATOR)
        at++;
    const char *next =
        at < text.len ? memchr(text.data + at, RECORD_SEPARATOR, text.len - at) : NULL;
    return next ? (size_t)(next - text.data) : text.len;
}

size_t td_aws_frame_length(struct td_bytes text)
{
    struct td_aws_frame frame;
    return td_aws_frame_read(text, &frame) ? frame.len : text.len;
}

static size_t skip_space(struct td_bytes text, size_t at)
{
    while (at < text.len && (text.data[at] == ' ' || text.data[at] == '\t' ||
                             text.data[at] == '\n' || text.data[at] == '\r'))
        at++;
    return at;
}

/* Behind the string that begins at `at`, or the text's length. */
static size_t skip_string(struct td_bytes text, size_t at)
{
    for (at++; at < text.len; at++) {
        if (text.data[at] == '\\')
            at++;
        else if (text.data[at] == '"')
            return at + 1;
    }
    return text.len;
}

static bool is_gemini_key(struct td_bytes key)
{
    return td_bytes_equal(key, TD_BYTES("\"candidates\"")) ||
           td_bytes_equal(key, TD_BYTES("\"promptFeedback\"")) ||
           td_bytes_equal(key, TD_BYTES("\"usageMetadata\""));
}

/* Behind the object that begins at `at`, or 0 where it does not end. Only brackets and strings are
 * looked at: this is about where to cut, not about what is said. */
static size_t skip_object(struct td_bytes text, size_t at, bool *gemini)
{
    size_t depth = 0;
    while (at < text.len) {
        char c = text.data[at];
        if (c == '"') {
            size_t end = skip_string(text, at);
            if (depth == 1 && is_gemini_key(td_bytes(text.data + at, end - at))) {
                size_t colon = skip_space(text, end);
                *gemini = *gemini || (colon < text.len && text.data[colon] == ':');
            }
            at = end;
            continue;
        }
        at++;
        if (c == '{' || c == '[')
            depth++;
        else if ((c == '}' || c == ']') && --depth == 0)
            return at;
    }
    return 0;
}

static size_t element_length(struct td_bytes text, bool *gemini)
{
    size_t at = skip_space(text, 0);
    *gemini = false;
    if (at == text.len || (text.data[at] != '[' && text.data[at] != ','))
        return 0;
    at = skip_space(text, at + 1);
    if (at == text.len || text.data[at] != '{' || !(at = skip_object(text, at, gemini)))
        return 0;
    at = skip_space(text, at);
    bool ends = at == text.len || text.data[at] == ',' || text.data[at] == ']';
    return ends ? at : 0;
}

size_t td_json_element_length(struct td_bytes text)
{
    bool gemini;
    return element_length(text, &gemini);
}

size_t td_gemini_element_length(struct td_bytes text)
{
    bool gemini;
    size_t len = element_length(text, &gemini);
    return len && gemini ? len : text.len;
}
