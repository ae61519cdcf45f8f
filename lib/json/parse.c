/* SPDX-License-Identifier: MIT */
/*
 * Reading JSON: the grammar of RFC 8259 and nothing beside it, in one loop that goes down into a
 * container by making it the parent of what comes next, and up again by the parent's own parent.
 */
#include "json/json.h"

#include <stdio.h>
#include <stdlib.h>

#include "json/scalar.h"

struct reader {
    struct td_arena *arena;
    const char *at;
    const char *end;
    const char *expected; /* what did not stand at `at`; NULL where memory ran out instead */
};

static bool fail(struct reader *reader, const char *at, const char *expected)
{
    reader->at = at;
    reader->expected = expected;
    return false;
}

static bool fail_nomem(struct reader *reader)
{
    return fail(reader, reader->at, NULL);
}

static void skip_space(struct reader *reader)
{
    while (reader->at < reader->end && (*reader->at == ' ' || *reader->at == '\n' ||
                                        *reader->at == '\r' || *reader->at == '\t'))
        reader->at++;
}

static bool take(struct reader *reader, char c)
{
    if (reader->at == reader->end || *reader->at != c)
        return false;
    reader->at++;
    return true;
}

/* The four digits of \uXXXX; -1 where they are not. */
static int read_hex(const char *at, const char *end)
{
    int value = 0;
    if (end - at < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        int digit = td_hex_digit(at[i]);
        if (digit < 0)
            return -1;
        value = value * 16 + digit;
    }
    return value;
}

/* UTF-8, lone surrogates in the same way (WTF-8), so that each stays itself. */
static char *put_code_point(char *to, uint32_t c)
{
    if (c < 0x80) {
        *to++ = (char)c;
    } else if (c < 0x800) {
        *to++ = (char)(0xc0 | c >> 6);
        *to++ = (char)(0x80 | (c & 0x3f));
    } else {
        if (c < 0x10000) {
            *to++ = (char)(0xe0 | c >> 12);
        } else {
            *to++ = (char)(0xf0 | c >> 18);
            *to++ = (char)(0x80 | (c >> 12 & 0x3f));
        }
        *to++ = (char)(0x80 | (c >> 6 & 0x3f));
        *to++ = (char)(0x80 | (c & 0x3f));
    }
    return to;
}

/* The escape whose backslash is at *at; -1 where it is none. Moves *at behind it. */
static int32_t read_escape(const char **at, const char *end)
{
    static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
    const char *name = *at + 1;
    if (name == end)
        return -1;
    if (*name != 'u') {
        const char *found = memchr(names, *name, sizeof names - 1);
        *at += 2;
        return found ? values[found - names] : -1;
    }
    int32_t high = read_hex(name + 1, end);
    if (high < 0)
        return -1;
    *at += 6;
    if (high < 0xd800 || high > 0xdbff || end - *at < 6 || (*at)[0] != '\\' || (*at)[1] != 'u')
        return high;
    int32_t low = read_hex(*at + 2, end);
    if (low < 0xdc00 || low > 0xdfff)
        return high;
    *at += 6;
    return 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
}

/* Without its escapes a string is never longer than with them. */
static bool decode_string(struct reader *reader, struct td_bytes source, struct td_bytes *text)
{
    char *data = td_arena_alloc(reader->arena, source.len);
    if (!data)
        return fail_nomem(reader);
    const char *at = source.data, *end = source.data + source.len;
    char *to = data;
    while (at < end) {
        size_t run = td_json_plain_run(at, (size_t)(end - at));
        memcpy(to, at, run);
        to += run;
        at += run;
        if (at == end)
            break;
        const char *escape = at;
        int32_t c = read_escape(&at, end);
        if (c < 0)
            return fail(reader, escape, "an escape sequence");
        /* The line endings of two systems are one: CR LF is LF. */
        if (c == '\n' && to > data && to[-1] == '\r')
            to--;
        to = put_code_point(to, (uint32_t)c);
    }
    *text = td_bytes(data, (size_t)(to - data));
    return true;
}

static bool read_string(struct reader *reader, struct td_bytes *text)
{
    if (!take(reader, '"'))
        return fail(reader, reader->at, "a string");
    const char *start = reader->at, *at = start;
    bool escaped = false;
    for (;;) {
        at += td_json_plain_run(at, (size_t)(reader->end - at));
        if (at == reader->end)
            return fail(reader, at, "the end of a string");
        if (*at == '"')
            break;
        if (*at != '\\')
            return fail(reader, at, "an escape for a control character");
        escaped = true;
        at += reader->end - at > 1 ? 2 : 1;
    }
    *text = td_bytes(start, (size_t)(at - start));
    if (escaped && !decode_string(reader, *text, text))
        return false;
    reader->at = at + 1;
    return true;
}

static bool read_digits(struct reader *reader)
{
    const char *start = reader->at;
    while (reader->at < reader->end && *reader->at >= '0' && *reader->at <= '9')
        reader->at++;
    return reader->at > start || fail(reader, reader->at, "a digit");
}

static bool read_number(struct reader *reader, struct td_json *node)
{
    const char *start = reader->at;
    node->kind = TD_JSON_NUMBER;
    take(reader, '-');
    if (!take(reader, '0') && !read_digits(reader))
        return false;
    if (take(reader, '.') && !read_digits(reader))
        return false;
    if (take(reader, 'e') || take(reader, 'E')) {
        if (!take(reader, '-'))
            take(reader, '+');
        if (!read_digits(reader))
            return false;
    }
    node->text = td_json_number(reader->arena, td_bytes(start, (size_t)(reader->at - start)));
    return node->text.data || fail_nomem(reader);
}

static bool read_word(struct reader *reader, struct td_json *node, enum td_json_kind kind,
                      struct td_bytes word)
{
    node->kind = kind;
    if ((size_t)(reader->end - reader->at) < word.len ||
        memcmp(reader->at, word.data, word.len) != 0)
        return fail(reader, reader->at, "a value");
    reader->at += word.len;
    return true;
}

/* A scalar, or the opening bracket of a container. */
static bool read_value(struct reader *reader, struct td_json *node)
{
    const char *start = reader->at;
    bool good;
    switch (start < reader->end ? *start : '\0') {
    case '{':
    case '[':
        node->kind = *start == '{' ? TD_JSON_OBJECT : TD_JSON_ARRAY;
        reader->at++;
        good = true;
        break;
    case '"':
        node->kind = TD_JSON_STRING;
        good = read_string(reader, &node->text);
        break;
    case 'n':
        good = read_word(reader, node, TD_JSON_NULL, TD_BYTES("null"));
        break;
    case 't':
        good = read_word(reader, node, TD_JSON_TRUE, TD_BYTES("true"));
        break;
    case 'f':
        good = read_word(reader, node, TD_JSON_FALSE, TD_BYTES("false"));
        break;
    case '-':
    case '0' ... '9':
        good = read_number(reader, node);
        break;
    default:
        good = fail(reader, start, "a value");
    }
    node->source = td_bytes(start, (size_t)(reader->at - start));
    return good;
}

static bool read_key(struct reader *reader, struct td_json *node)
{
    if (reader->at == reader->end || *reader->at != '"')
        return fail(reader, reader->at, "a key in double quotes");
    if (!read_string(reader, &node->key))
        return false;
    skip_space(reader);
    if (!take(reader, ':'))
        return fail(reader, reader->at, "':'");
    skip_space(reader);
    return true;
}

static int compare_members(const struct td_json *a, const struct td_json *b)
{
    size_t shorter = a->key.len < b->key.len ? a->key.len : b->key.len;
    int order = shorter ? memcmp(a->key.data, b->key.data, shorter) : 0;
    if (order)
        return order;
    if (a->key.len != b->key.len)
        return a->key.len < b->key.len ? -1 : 1;
    return a->index < b->index ? -1 : a->index > b->index;
}

static int compare_sorted(const void *a, const void *b)
{
    return compare_members(*(struct td_json *const *)a, *(struct td_json *const *)b);
}

/* Called when all of an object was read: puts its members in order. */
static bool sort_members(struct reader *reader, struct td_json *object)
{
    object->sorted = td_arena_alloc(reader->arena, object->count * sizeof *object->sorted);
    if (!object->sorted)
        return fail_nomem(reader);
    bool in_order = true;
    for (struct td_json *member = object->first; member; member = member->next) {
        object->sorted[member->index] = member;
        in_order &= !member->next || compare_members(member, member->next) < 0;
    }
    if (!in_order) {
        qsort(object->sorted, object->count, sizeof *object->sorted, compare_sorted);
        for (size_t i = 0; i < object->count; i++)
            object->sorted[i]->index = i;
    }
    return true;
}

/* What stands after a value: a comma, or the end of its container, and of that one's, and so on.
 * *node is the value, then the last container that ended; its parent is still open, if any. */
static bool read_ends(struct reader *reader, struct td_json **node)
{
    struct td_json *parent;
    while ((parent = (*node)->parent)) {
        bool object = parent->kind == TD_JSON_OBJECT;
        skip_space(reader);
        if (take(reader, ','))
            return true;
        if (!take(reader, object ? '}' : ']'))
            return fail(reader, reader->at, object ? "',' or '}'" : "',' or ']'");
        parent->source.len = (size_t)(reader->at - parent->source.data);
        if (object && !sort_members(reader, parent))
            return false;
        *node = parent;
    }
    return true;
}

static struct td_json *read_tree(struct reader *reader)
{
    struct td_json *parent = NULL, *last = NULL; /* the open container, its last child so far */
    for (;;) {
        struct td_json *node = td_arena_alloc(reader->arena, sizeof *node);
        if (!node) {
            fail_nomem(reader);
            return NULL;
        }
        skip_space(reader);
        if (parent && parent->kind == TD_JSON_OBJECT && !read_key(reader, node))
            return NULL;
        if (!read_value(reader, node))
            return NULL;
        node->parent = parent;
        if (parent) {
            node->index = parent->count++;
            *(last ? &last->next : &parent->first) = node;
        }
        if (node->kind == TD_JSON_ARRAY || node->kind == TD_JSON_OBJECT) {
            skip_space(reader);
            if (!take(reader, node->kind == TD_JSON_OBJECT ? '}' : ']')) {
                parent = node;
                last = NULL;
                continue;
            }
            node->source.len = (size_t)(reader->at - node->source.data);
        }
        if (!read_ends(reader, &node))
            return NULL;
        last = node;
        parent = node->parent;
        if (!parent)
            return node;
    }
}

static void explain(const struct reader *reader, struct td_bytes text, struct td_error *err)
{
    unsigned line = 1, column = 1;
    for (const char *c = text.data; c < reader->at; c++) {
        if (*c == '\n') {
            line++;
            column = 1;
        } else if (((unsigned char)*c & 0xc0) != 0x80) {
            column++;
        }
    }
    char found[16] = "the end";
    unsigned char c = reader->at < reader->end ? (unsigned char)*reader->at : 0;
    if (c > 0x20 && c < 0x7f)
        snprintf(found, sizeof found, "'%c'", c);
    else if (reader->at < reader->end)
        snprintf(found, sizeof found, "byte 0x%02x", c);
    td_error_set_at(err, TD_ERR_SYNTAX, NULL, line, column, "not JSON: expected %s, found %s",
                    reader->expected, found);
}

struct td_json *td_json_parse(struct td_arena *arena, struct td_bytes text, struct td_error *err)
{
    if (!text.len)
        text = TD_BYTES("");
    struct reader reader = {.arena = arena, .at = text.data, .end = text.data + text.len};
    struct td_json *value = read_tree(&reader);
    if (value) {
        skip_space(&reader);
        if (reader.at == reader.end)
            return value;
        reader.expected = "the end";
    }
    if (!reader.expected)
        td_error_nomem(err);
    else if (err)
        explain(&reader, text, err);
    return NULL;
}
