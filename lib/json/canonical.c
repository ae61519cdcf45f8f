/* SPDX-License-Identifier: MIT */
/* Writing a JSON value in the one form that all its spellings share. */
#include "json/json.h"

#include "json/scalar.h"

static void put_escape(struct td_buf *out, unsigned char c)
{
    static const char names[] = "\"\\bfnrt", values[] = "\"\\\b\f\n\r\t";
    static const char hex[] = "0123456789abcdef";
    const char *found = memchr(values, c, sizeof values - 1);
    if (found)
        td_buf_put(out, (char[]){'\\', names[found - values]}, 2);
    else
        td_buf_put(out, (char[]){'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]}, 6);
}

static void put_string(struct td_buf *out, struct td_bytes text)
{
    td_buf_put_char(out, '"');
    for (size_t i = 0; i < text.len;) {
        size_t run = td_json_plain_run(text.data + i, text.len - i);
        td_buf_put(out, text.data + i, run);
        i += run;
        if (i == text.len)
            break;
        /* A CR LF that is left after reading was CR CR LF, and has to be read as that again. */
        if (text.data[i] == '\n' && i && text.data[i - 1] == '\r')
            put_escape(out, '\r');
        put_escape(out, (unsigned char)text.data[i++]);
    }
    td_buf_put_char(out, '"');
}

static bool is_container(const struct td_json *node)
{
    return node->kind == TD_JSON_ARRAY || node->kind == TD_JSON_OBJECT;
}

static void put_value(struct td_buf *out, const struct td_json *node)
{
    switch (node->kind) {
    case TD_JSON_ARRAY:
    case TD_JSON_OBJECT:
        td_buf_put_char(out, node->kind == TD_JSON_ARRAY ? '[' : '{');
        break;
    case TD_JSON_STRING:
        put_string(out, node->text);
        break;
    case TD_JSON_NUMBER:
        td_buf_put_bytes(out, node->text);
        break;
    default: /* a word has one spelling */
        td_buf_put_bytes(out, node->source);
    }
}

static void put_end(struct td_buf *out, const struct td_json *container)
{
    td_buf_put_char(out, container->kind == TD_JSON_ARRAY ? ']' : '}');
}

/* The child at this place of the canonical order, or NULL behind the last. */
static const struct td_json *next_in_order(const struct td_json *node)
{
    const struct td_json *parent = node->parent;
    if (parent->kind == TD_JSON_ARRAY)
        return node->next;
    return node->index + 1 < parent->count ? parent->sorted[node->index + 1] : NULL;
}

void td_json_canonical(struct td_buf *out, const struct td_json *value)
{
    const struct td_json *node = value;
    while (!td_buf_failed(out)) {
        if (node != value && node->parent->kind == TD_JSON_OBJECT) {
            put_string(out, node->key);
            td_buf_put_char(out, ':');
        }
        put_value(out, node);
        if (is_container(node)) {
            if (node->count) {
                node = node->kind == TD_JSON_OBJECT ? node->sorted[0] : node->first;
                continue;
            }
            put_end(out, node);
        }
        const struct td_json *next = NULL;
        while (node != value && !(next = next_in_order(node))) {
            node = node->parent;
            put_end(out, node);
        }
        if (node == value)
            return;
        td_buf_put_char(out, ',');
        node = next;
    }
}
