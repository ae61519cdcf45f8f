/* SPDX-License-Identifier: MIT */
/*
 * What a body is, and its canonical form. A body of each kind but JSON is a list of pieces (name,
 * value), so that writing and comparing know two cases only.
 */
#include "match/body.h"

#include <stdlib.h>

#include "http/url.h"

static int take_json(struct td_body *body, struct td_arena *arena, const struct td_rules *rules)
{
    size_t start = 0;
    while (start < body->bytes.len && memchr(" \t\r\n", body->bytes.data[start], 4))
        start++;
    if (start == body->bytes.len || !memchr("{[", body->bytes.data[start], 2))
        return 0;
    struct td_error err = {0};
    struct td_json *json = td_json_parse(arena, body->bytes, &err);
    if (!json)
        return err.code == TD_ERR_NOMEM ? TD_ERR_NOMEM : 0;
    body->kind = TD_BODY_JSON;
    body->json = json;
    if (!rules || !rules->paths.count)
        return 0;
    return td_json_patterns_apply(&rules->paths, json) && td_json_hash(json) ? 0 : TD_ERR_NOMEM;
}

/* Only what clients put into a form without encoding it; brackets too, for names as 'a[]'. Not
 * one stray '%'. */
static bool looks_like_form(struct td_bytes bytes)
{
    static const char marks[] = "=&+-._~*!$'(),;:@/?[]";
    const char *end = bytes.data + bytes.len;
    bool has_value = false;
    for (const char *at = bytes.data; at < end; at++) {
        char c = *at, letter = c | 0x20;
        has_value |= c == '=';
        if (!(letter >= 'a' && letter <= 'z') && !(c >= '0' && c <= '9') &&
            !memchr(marks, c, sizeof marks - 1) &&
            td_percent_byte(td_bytes(at, (size_t)(end - at))) < 0)
            return false;
    }
    return has_value;
}

static int decode_field(struct td_arena *arena, struct td_bytes text, struct td_bytes *decoded)
{
    *decoded = text;
    if (!text.len || (!memchr(text.data, '%', text.len) && !memchr(text.data, '+', text.len)))
        return 0;
    char *data = td_arena_alloc(arena, text.len);
    if (!data)
        return TD_ERR_NOMEM;
    *decoded = td_bytes(data, td_url_decode_field(data, text));
    return 0;
}

struct field {
    struct td_body_piece piece;
    size_t index; /* sorting does not keep the order of equals by itself */
};

static int compare_fields(const void *a, const void *b)
{
    const struct field *left = a, *right = b;
    int order = td_bytes_compare(left->piece.name, right->piece.name);
    if (order)
        return order;
    return left->index < right->index ? -1 : left->index > right->index;
}

/* As browsers and servers read it: nothing between two '&' is no field, and no '=' an empty
 * value. */
static int read_fields(struct td_arena *arena, struct td_bytes bytes, struct field *fields,
                       size_t *count)
{
    const char *end = bytes.data + bytes.len;
    for (const char *at = bytes.data; at < end;) {
        const char *stop = memchr(at, '&', (size_t)(end - at));
        if (!stop)
            stop = end;
        if (stop > at) {
            const char *equals = memchr(at, '=', (size_t)(stop - at));
            const char *name_end = equals ? equals : stop;
            const char *value = equals ? equals + 1 : stop;
            struct field *field = &fields[*count];
            field->index = (*count)++;
            if (decode_field(arena, td_bytes(at, (size_t)(name_end - at)), &field->piece.name) <
                    0 ||
                decode_field(arena, td_bytes(value, (size_t)(stop - value)), &field->piece.value) <
                    0)
                return TD_ERR_NOMEM;
        }
        at = stop + 1;
    }
    return 0;
}

static int take_form(struct td_body *body, struct td_arena *arena, const struct td_rules *rules)
{
    if (!looks_like_form(body->bytes))
        return 0;
    size_t limit = 1, count = 0;
    for (size_t i = 1; i < body->bytes.len; i++)
        limit += body->bytes.data[i] == '&' && body->bytes.data[i - 1] != '&';
    struct field *fields = calloc(limit, sizeof *fields);
    if (!fields)
        return TD_ERR_NOMEM;
    int status = read_fields(arena, body->bytes, fields, &count);
    qsort(fields, count, sizeof *fields, compare_fields);
    body->pieces = td_arena_alloc(arena, (count + 1) * sizeof *body->pieces);
    for (size_t i = 0; body->pieces && i < count; i++)
        if (!rules || !td_json_patterns_ignore_key(&rules->paths, fields[i].piece.name))
            body->pieces[body->count++] = fields[i].piece;
    body->kind = TD_BODY_FORM;
    free(fields);
    return body->pieces ? status : TD_ERR_NOMEM;
}

enum { MAX_BOUNDARY = 70 }; /* RFC 2046 */

/* The line that starts the body, with its two dashes; empty where the body starts otherwise. */
static struct td_bytes first_delimiter(struct td_bytes bytes)
{
    static const char marks[] = "'()+_,-./:=? ";
    size_t len = 0;
    if (bytes.len < 4 || memcmp(bytes.data, "--", 2) != 0)
        return td_bytes(NULL, 0);
    for (len = 2; len < bytes.len && bytes.data[len] != '\r'; len++) {
        char c = bytes.data[len], letter = c | 0x20;
        if (len >= MAX_BOUNDARY + 2 ||
            (!(letter >= 'a' && letter <= 'z') && !(c >= '0' && c <= '9') &&
             !memchr(marks, c, sizeof marks - 1)))
            return td_bytes(NULL, 0);
    }
    bool line = len > 2 && bytes.len - len >= 2 && bytes.data[len + 1] == '\n';
    return td_bytes(bytes.data, line ? len : 0);
}

/* The next line that is the delimiter, and nothing more than CR LF or the final dashes. */
static const char *find_delimiter(const char *at, const char *end, struct td_bytes line, bool *last)
{
    while ((at = memmem(at, (size_t)(end - at), line.data, line.len))) {
        const char *after = at + line.len;
        *last = end - after >= 2 && memcmp(after, "--", 2) == 0 &&
                (end - after == 2 || (end - after == 4 && memcmp(after + 2, "\r\n", 2) == 0));
        if (*last || (end - after >= 2 && memcmp(after, "\r\n", 2) == 0))
            return at;
        at = after;
    }
    return NULL;
}

/*
 * Cuts the body into its parts; returns how many, or 0 where it is no whole multipart body. The
 * parts are written to `pieces` if that is given.
 */
static size_t cut_parts(struct td_bytes bytes, struct td_bytes delimiter,
                        struct td_body_piece *pieces)
{
    char line_data[MAX_BOUNDARY + 4] = "\r\n";
    memcpy(line_data + 2, delimiter.data, delimiter.len);
    struct td_bytes line = td_bytes(line_data, delimiter.len + 2);
    const char *end = bytes.data + bytes.len;
    const char *start = bytes.data + delimiter.len + 2;
    size_t count = 0;
    for (bool last = false; !last; count++) {
        const char *next = find_delimiter(start, end, line, &last);
        if (!next)
            return 0;
        if (pieces)
            pieces[count].value = td_bytes(start, (size_t)(next - start));
        start = next + line.len + 2;
    }
    return count;
}

static int take_multipart(struct td_body *body, struct td_arena *arena,
                          const struct td_rules *rules)
{
    (void)rules; /* they know names in JSON and in forms */
    struct td_bytes delimiter = first_delimiter(body->bytes);
    size_t count = delimiter.len ? cut_parts(body->bytes, delimiter, NULL) : 0;
    if (!count)
        return 0;
    body->pieces = td_arena_alloc(arena, count * sizeof *body->pieces);
    if (!body->pieces)
        return TD_ERR_NOMEM;
    body->count = cut_parts(body->bytes, delimiter, body->pieces);
    body->kind = TD_BODY_MULTIPART;
    return 0;
}

int td_body_read(struct td_body *body, struct td_arena *arena, struct td_bytes bytes,
                 const struct td_rules *rules)
{
    static int (*const takers[])(struct td_body *, struct td_arena *, const struct td_rules *) = {
        take_json,
        take_form,
        take_multipart,
    };
    if (!bytes.len)
        bytes = TD_BYTES("");
    *body = (struct td_body){.kind = TD_BODY_BYTES, .bytes = bytes};
    for (size_t i = 0; i < sizeof takers / sizeof *takers; i++) {
        int status = takers[i](body, arena, rules);
        if (status < 0 || body->kind != TD_BODY_BYTES)
            return status;
    }
    body->pieces = td_arena_alloc(arena, sizeof *body->pieces);
    if (!body->pieces)
        return TD_ERR_NOMEM;
    body->pieces[0].value = bytes;
    body->count = 1;
    return 0;
}

/* With its length in front, so that it is clear where it ends, whatever it holds. */
static void put_counted(struct td_buf *out, struct td_bytes bytes)
{
    char digits[24], *end = digits + sizeof digits, *start = end;
    size_t len = bytes.len;
    *--start = ':';
    do
        *--start = (char)('0' + len % 10);
    while (len /= 10);
    td_buf_put(out, start, (size_t)(end - start));
    td_buf_put_bytes(out, bytes);
}

void td_body_put_canonical(struct td_buf *out, const struct td_body *body)
{
    static const char letters[] = {
        [TD_BODY_BYTES] = 'b',
        [TD_BODY_JSON] = 'j',
        [TD_BODY_FORM] = 'f',
        [TD_BODY_MULTIPART] = 'm',
    };
    td_buf_put_char(out, letters[body->kind]);
    if (body->json)
        td_json_canonical(out, body->json);
    for (size_t i = 0; i < body->count; i++) {
        put_counted(out, body->pieces[i].name);
        put_counted(out, body->pieces[i].value);
    }
}

enum td_body_kind td_body_canonical(struct td_buf *out, struct td_bytes bytes,
                                    const struct td_rules *rules)
{
    struct td_arena arena;
    struct td_body body;
    td_arena_init(&arena);
    if (td_body_read(&body, &arena, bytes, rules) < 0)
        out->failed = true;
    else
        td_body_put_canonical(out, &body);
    td_arena_release(&arena);
    return body.kind;
}

void td_body_walk_init(struct td_body_walk *walk, const struct td_body *a, const struct td_body *b)
{
    *walk = (struct td_body_walk){.a_body = a, .b_body = b, .place = SIZE_MAX};
}

bool td_body_walk_next(struct td_body_walk *walk)
{
    const struct td_body *left = walk->a_body, *right = walk->b_body;
    walk->a = walk->a_next < left->count ? &left->pieces[walk->a_next] : NULL;
    walk->b = walk->b_next < right->count ? &right->pieces[walk->b_next] : NULL;
    if (walk->a && walk->b) {
        int order = td_bytes_compare(walk->a->name, walk->b->name);
        if (order < 0)
            walk->b = NULL;
        else if (order > 0)
            walk->a = NULL;
    }
    walk->a_next += walk->a != NULL;
    walk->b_next += walk->b != NULL;
    walk->place++;
    walk->same = walk->a && walk->b && td_bytes_equal(walk->a->value, walk->b->value);
    return walk->a || walk->b;
}
