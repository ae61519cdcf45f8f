/* SPDX-License-Identifier: MIT */
#include "scrub/sift.h"

#include <stdlib.h>

static bool is_contained(struct td_bytes name)
{
    for (size_t i = 0; i < td_special_literal_count; i++)
        if (td_bytes_has_nocase(name, td_bytes_of(td_special_literals[i].literal)))
            return true;
    return false;
}

/* Names of fields are seen by the words that other rules look for; of those without one the longest
 * word is added. */
static int add_names(struct td_sift *sift, const char *list)
{
    int status = 0;
    while (list && *list && status == 0) {
        size_t len = strcspn(list, " ");
        struct td_bytes name = td_bytes(list, len), word = {0};
        for (size_t at = 0; at < len; at++) {
            size_t end = at;
            while (end < len && list[end] != '-' && list[end] != '_')
                end++;
            if (end - at > word.len)
                word = td_bytes(list + at, end - at);
            at = end;
        }
        if (!is_contained(name))
            status = td_literals_add(
                &sift->literals,
                &(struct td_literal){.text = word, .nocase = true, .kind = TD_LITERAL_NAME});
        list += len + strspn(list + len, " ");
    }
    return status;
}

/* What JSON is not plain with: values one behind the other, and escapes in the middle of something
 * that is looked for. */
static int add_signs(struct td_sift *sift)
{
    static const char *const signs[] = {"}{\"", "}{}", "} {", "\\u00", ":\\/", "1\\/", "m\\/"};
    int status = 0;
    for (size_t i = 0; i < sizeof signs / sizeof *signs && status == 0; i++)
        status =
            td_literals_add(&sift->literals, &(struct td_literal){.text = td_bytes_of(signs[i]),
                                                                  .kind = TD_LITERAL_SIGN});
    /* Bytes that are percent-encoded, as letters, digits and signs are. */
    static const char digits[] = "0123456789abcdefABCDEF";
    for (char first = '2'; first <= '7'; first++) {
        for (size_t i = 0; digits[i] && status == 0; i++) {
            char code[] = {'%', first, digits[i]};
            struct td_bytes text = td_arena_copy(&sift->arena, td_bytes(code, sizeof code));
            status = text.data ? td_literals_add(
                                     &sift->literals,
                                     &(struct td_literal){.text = text, .kind = TD_LITERAL_PERCENT})
                               : TD_ERR_NOMEM;
        }
    }
    return status;
}

int td_sift_init(struct td_sift *sift, const struct td_scrubber *scrubber)
{
    enum { SHORTEST = 7 }; /* "://a:b@" */
    *sift = (struct td_sift){.scrubber = scrubber, .body = 1, .shortest = SHORTEST};
    td_literals_init(&sift->literals);
    td_arena_init(&sift->arena);
    td_map_init(&sift->groups);
    td_buf_init(&sift->plain);
    for (size_t i = 0; i < TD_SIFT_KINDS; i++)
        td_buf_init(&sift->kinds[i].line);
    int status = td_scrubber_fill(scrubber, &sift->literals, &sift->arena);
    for (size_t i = 0; i < td_name_rule_count && status == 0; i++)
        status = add_names(sift, td_name_rules[i].fields);
    if (status == 0)
        status = add_signs(sift);
    for (size_t i = 0; i < scrubber->variable_count; i++) {
        struct td_bytes value = scrubber->variables[i].value;
        sift->shortest = value.len < sift->shortest ? value.len : sift->shortest;
        for (size_t k = 0; k < value.len; k++)
            sift->odd_values |= (unsigned char)value.data[k] < 0x20 ||
                                (unsigned char)value.data[k] >= 0x7f ||
                                strchr("\"\\/", value.data[k]);
    }
    return status;
}

void td_sift_release(struct td_sift *sift)
{
    for (struct td_sift_group *group = sift->all, *next; group; group = next) {
        next = group->next;
        td_buf_release(&group->first);
        td_buf_release(&group->text);
        free(group);
    }
    for (size_t i = 0; i < TD_SIFT_KINDS; i++) {
        td_buf_release(&sift->kinds[i].line);
        free(sift->kinds[i].slots);
    }
    td_literals_release(&sift->literals);
    td_arena_release(&sift->arena);
    td_map_release(&sift->groups);
    td_buf_release(&sift->plain);
    free(sift->slots);
}

void td_sift_ask(struct td_sift *sift, struct td_bytes text, enum td_part_kind kind,
                 struct td_bytes name)
{
    struct td_part part = {.scrubber = sift->scrubber, .kind = kind, .name = name};
    struct td_buf out;
    bool changed;
    if (sift->suspicious || !text.len)
        return;
    td_buf_init(&out);
    sift->failed |= td_part_scrub(&part, text, &out, &changed) < 0;
    sift->suspicious |= changed;
    td_buf_release(&out);
}

/* Whether what stands at a literal is a secret, or cannot be told from the text alone. */
bool td_sift_counts(const struct td_literal *literal, struct td_bytes text, size_t at, size_t *from)
{
    enum td_special special;
    size_t start, end;
    switch (literal->kind) {
    case TD_LITERAL_MARK:
    case TD_LITERAL_NAME:
    case TD_LITERAL_SIGN:
        return false;
    case TD_LITERAL_SHAPE:
        return td_key_shape_match(&td_key_shapes[literal->index], text, at, &start, &end);
    case TD_LITERAL_SPECIAL:
        special = td_special_literals[literal->index].special;
        return at >= from[special] &&
               td_special_match(special, text, at, literal->text.len, &from[special], &start, &end);
    default:
        return true;
    }
}

bool td_sift_has_literal(struct td_sift *sift, struct td_bytes text)
{
    struct td_literal_search search;
    const struct td_literal *literal;
    size_t from[TD_SPECIAL_COUNT], at;
    bool begun = false;
    if (text.len < 3)
        return false;
    td_literal_search_init(&search, &sift->literals, text);
    while ((literal = td_literal_search_next(&search, &at))) {
        if (!begun)
            memset(from, 0, sizeof from);
        begun = true;
        if (td_sift_counts(literal, text, at, from))
            return true;
    }
    return false;
}

void td_sift_text(struct td_sift *sift, struct td_bytes text)
{
    if (sift->suspicious || !text.len)
        return;
    if (td_sift_has_literal(sift, text) || memchr(text.data, '\\', text.len))
        td_sift_ask(sift, text, TD_PART_TEXT, td_bytes("", 0));
}

/* ---- names ---- */

enum { KIND_KEY = 1, KIND_FIELD = 2 };

static uint8_t look_up(const struct td_sift *sift, struct td_bytes name)
{
    static const char *const others[] = {
        "Set-Cookie", "Cookie", "Location",           "Content-Location",
        "Referer",    "Origin", "Operation-Location", "Azure-AsyncOperation",
    };
    const struct td_names *names = &sift->scrubber->names;
    bool field = td_names_find(names, TD_NAME_FIELD, name);
    bool key = field || td_names_find(names, TD_NAME_HEADER, name) ||
               td_names_find(names, TD_NAME_QUERY, name);
    for (size_t i = 0; i < sizeof others / sizeof *others && !key; i++)
        key = td_bytes_equal_nocase(name, td_bytes_of(others[i]));
    return (uint8_t)((key ? KIND_KEY : 0) | (field ? KIND_FIELD : 0));
}

/* The same names come again and again, so that the last ones are remembered. */
static uint8_t kinds_of(struct td_sift *sift, struct td_bytes name)
{
    uint64_t first = 0, last = 0;
    if (!name.len || name.len > sizeof sift->known->name)
        return name.len ? look_up(sift, name) : 0;
    size_t len = name.len < 8 ? name.len : 8;
    memcpy(&first, name.data, len);
    memcpy(&last, name.data + name.len - len, len);
    uint64_t hash = ((first ^ (last << 7) ^ name.len) * UINT64_C(0x9e3779b97f4a7c15)) >> 56;
    struct td_sift_known *known = &sift->known[hash];
    if (known->len != name.len || memcmp(known->name, name.data, name.len) != 0) {
        memcpy(known->name, name.data, name.len);
        known->len = (uint8_t)name.len;
        known->kinds = look_up(sift, name);
    }
    return known->kinds;
}

bool td_sift_is_field(struct td_sift *sift, struct td_bytes name)
{
    return kinds_of(sift, name) & KIND_FIELD;
}

/* ---- values ---- */

void td_sift_value(struct td_sift *sift, struct td_bytes key, struct td_bytes text)
{
    if (sift->suspicious || !text.len)
        return;
    if (td_bytes_equal(key, TD_BYTES("url")) || td_bytes_equal(key, TD_BYTES("request_uri"))) {
        struct td_hash hash = td_hash_bytes(text);
        struct td_hash *clean = &sift->urls[hash.low % (sizeof sift->urls / sizeof *sift->urls)];
        if (td_hash_equal(*clean, hash))
            return;
        td_sift_ask(sift, text, TD_PART_URL, td_bytes("", 0));
        if (!sift->suspicious)
            *clean = hash;
    } else if (kinds_of(sift, key) & KIND_KEY) {
        td_sift_ask(sift, text, TD_PART_HEADER, key);
        td_sift_ask(sift, text, TD_PART_FIELD, key);
    } else if (td_sift_has_literal(sift, text) || strchr("{[d-e:", text.data[0]) ||
               memchr(text.data, '\\', text.len)) {
        td_sift_ask(sift, text, TD_PART_HEADER, key);
    }
}

/* The end of a name in JSON, in quotes and before a colon, that is no secret's. */
static bool is_other_name(struct td_sift *sift, struct td_bytes text, size_t at, size_t len)
{
    size_t end = at + len;
    if (end + 1 >= text.len || text.data[end] != '"' || text.data[end + 1] != ':')
        return false;
    while (at && td_class_of(text.data[at - 1]) & TD_CLASS_TOKEN)
        at--;
    return at && text.data[at - 1] == '"' &&
           !td_sift_is_field(sift, td_bytes(text.data + at, end - at));
}

/*
 * Whether JSON is clean for sure, by its bytes as they stand: one value, nothing in it that a
 * secret is looked for by, or would be if its escapes were decoded.
 */
bool td_sift_is_plain_json(struct td_sift *sift, struct td_bytes text)
{
    struct td_literal_search search;
    const struct td_literal *literal;
    size_t from[TD_SPECIAL_COUNT] = {0}, at;
    bool escaped = memchr(text.data, '\\', text.len) != NULL;
    if (sift->scrubber->own_fields || text.data[0] != '{' || (escaped && sift->odd_values) ||
        memchr(text.data, '\n', text.len))
        return false;
    td_literal_search_init(&search, &sift->literals, text);
    while ((literal = td_literal_search_next(&search, &at))) {
        size_t len = literal->text.len, end = at + len;
        bool word = literal->kind == TD_LITERAL_SPECIAL &&
                    td_special_literals[literal->index].special == TD_SPECIAL_ASSIGNED;
        if (word && ((end < text.len && td_class_of(text.data[end]) & TD_CLASS_TOKEN) ||
                     is_other_name(sift, text, at, len)))
            continue;
        if (literal->kind >= TD_LITERAL_NAME || (escaped && literal->kind != TD_LITERAL_MARK) ||
            (word && end < text.len && text.data[end] == '"') ||
            td_sift_counts(literal, text, at, from))
            return false;
    }
    return true;
}

static bool starts(struct td_bytes text, const char *prefix)
{
    size_t len = strlen(prefix);
    return text.len >= len && memcmp(text.data, prefix, len) == 0;
}

void td_sift_body(struct td_sift *sift, struct td_bytes text)
{
    static const char form[] = "application/x-www-form-urlencoded";
    size_t at = 0;
    if (sift->suspicious || !text.len)
        return;
    while (at < text.len && strchr(" \t\r\n", text.data[at]) && text.data[at])
        at++;
    struct td_bytes rest = td_bytes(text.data + at, text.len - at);
    if (rest.len && (rest.data[0] == '{' || rest.data[0] == '[')) {
        if (!td_sift_is_plain_json(sift, text)) {
            td_sift_json(sift, text, false);
            td_sift_end_events(sift);
        }
        return;
    }
    if (starts(rest, "data:") || starts(rest, "event:") || starts(rest, "id:") ||
        starts(rest, "retry:") || starts(rest, ":") || memmem(text.data, text.len, "\ndata:", 6)) {
        for (size_t line = 0; line < text.len;) {
            size_t end = line;
            while (end < text.len && text.data[end] != '\n' && text.data[end] != '\r')
                end++;
            td_sift_event_line(sift, td_bytes(text.data + line, end - line));
            line = end + 1;
        }
        td_sift_end_events(sift);
    }
    /* Parts whose boundary only the headers tell. */
    if (memmem(text.data, text.len, "form-data", 9) && !starts(text, "--"))
        sift->suspicious = true;
    td_sift_ask(sift, text, TD_PART_BODY, td_bytes("", 0));
    if (memchr(text.data, '=', text.len))
        td_sift_ask(sift, text, TD_PART_BODY, td_bytes_of(form));
}
