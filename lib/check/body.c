/* SPDX-License-Identifier: MIT */
/* Bodies that are not the JSON that their Content-Type says. */
#include "check/check.h"
#include "http/response.h"
#include "match/excerpt.h"
#include "json/json.h"

enum json { NO_JSON, ONE_VALUE, VALUE_A_LINE };

static bool ends_with(struct td_bytes text, struct td_bytes end)
{
    return text.len >= end.len &&
           td_bytes_equal_nocase(td_bytes(text.data + text.len - end.len, end.len), end);
}

static enum json json_of(struct td_bytes type)
{
    static const char *const one[] = {"application/json", "text/json"};
    static const char *const lines[] = {
        "application/x-ndjson",    "application/ndjson",        "application/jsonl",
        "application/x-jsonl",     "application/x-json-stream", "application/jsonlines",
        "application/x-jsonlines",
    };
    const char *semicolon = type.len ? memchr(type.data, ';', type.len) : NULL;
    if (semicolon)
        type.len = (size_t)(semicolon - type.data);
    type = td_bytes_trim(type);
    for (size_t i = 0; i < sizeof one / sizeof *one; i++)
        if (td_bytes_equal_nocase(type, td_bytes_of(one[i])))
            return ONE_VALUE;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        if (td_bytes_equal_nocase(type, td_bytes_of(lines[i])))
            return VALUE_A_LINE;
    bool json = ends_with(type, TD_BYTES("+json")) ||
                td_bytes_starts_nocase(type, TD_BYTES("application/x-amz-json-"));
    return json ? ONE_VALUE : NO_JSON;
}

/* Whether this body is to be read at all: not one that is compressed, cut by nature, or rightly
 * empty. A request without a body often names a type all the same. */
static bool body_counts(const struct td_checked *one, const struct td_message *message)
{
    const struct td_recorded_response *response = &one->model->response;
    struct td_bytes coding;
    if (td_fields_get(&message->headers, TD_BYTES("Content-Encoding"), &coding) && coding.len &&
        !td_excerpt_is_text(message->body))
        return false;
    if (message == &one->model->request.message)
        return message->body.len > 0;
    if (response->code == 206 || response->shape.broken.len)
        return false;
    return message->body.len ||
           !(td_head_bodyless(one->model->request.method, response->code) || response->code == 205);
}

/* The byte at a line and column, both 1-based, the column in characters. */
static size_t offset_of(struct td_bytes text, unsigned line, unsigned column)
{
    size_t at = 0;
    for (; line > 1 && at < text.len; line--) {
        const char *end = memchr(text.data + at, '\n', text.len - at);
        at = end ? (size_t)(end - text.data) + 1 : text.len;
    }
    for (; column > 1 && at < text.len; column--)
        do
            at++;
        while (at < text.len && ((unsigned char)text.data[at] & 0xc0) == 0x80);
    return at;
}

struct problem {
    struct td_error what;
    size_t offset;
};

/* Whether `text`, which stands at `offset` of the body, is JSON. */
static bool is_json(struct td_check *check, struct td_bytes text, size_t offset,
                    struct problem *problem)
{
    struct td_arena arena;
    td_arena_init(&arena);
    bool good = td_json_parse(&arena, text, &problem->what) != NULL;
    td_arena_release(&arena);
    if (!good && problem->what.code == TD_ERR_NOMEM)
        check->no_memory = true;
    else if (!good)
        problem->offset = offset + offset_of(text, problem->what.line, problem->what.column);
    return good;
}

static bool are_lines(struct td_check *check, struct td_bytes body, struct problem *problem)
{
    for (size_t at = 0; at < body.len;) {
        const char *end = memchr(body.data + at, '\n', body.len - at);
        size_t len = end ? (size_t)(end - body.data) - at : body.len - at;
        struct td_bytes line = td_bytes(body.data + at, len);
        if (line.len && line.data[line.len - 1] == '\r')
            line.len--;
        if (td_bytes_trim(line).len && !is_json(check, line, at, problem))
            return false;
        at += len + (end != NULL);
    }
    return true;
}

void td_check_json(struct td_check *check, const struct td_checked *one)
{
    for (unsigned i = 0; check->wanted[TD_CHECK_BAD_JSON] && i < 2; i++) {
        struct td_side_of side = td_checked_side(one, i);
        struct td_bytes type = {0}, body = side.message->body;
        struct problem problem;
        td_fields_get(&side.message->headers, TD_BYTES("Content-Type"), &type);
        enum json json = json_of(type);
        if (json == NO_JSON || !body_counts(one, side.message))
            continue;
        const struct td_yaml_node *node = td_yaml_find(side.node, TD_BYTES("body"));
        if (!body.len) {
            if (json == ONE_VALUE)
                td_check_report(check, TD_CHECK_BAD_JSON, one, td_check_mark(node, side.node),
                                "the %s body is empty, and its Content-Type is %s", side.name,
                                td_check_quote(check, type));
            continue;
        }
        size_t mark = body.len >= 3 && memcmp(body.data, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
        bool good = json == ONE_VALUE ? is_json(check, td_bytes(body.data + mark, body.len - mark),
                                                mark, &problem)
                                      : are_lines(check, body, &problem);
        if (!good && !check->no_memory)
            td_check_report(
                check, TD_CHECK_BAD_JSON, one, td_check_mark_in(check, node, problem.offset),
                "the %s body is %s, at byte %zu", side.name, problem.what.message, problem.offset);
    }
}
