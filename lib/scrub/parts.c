/* SPDX-License-Identifier: MIT */
/* Headers, cookies and the parts of a multipart body. */
#include "http/token.h"
#include "scrub/scrubber.h"

/* Words in front of a credential that say what it is. */
static size_t scheme_length(struct td_bytes value)
{
    static const char *const schemes[] = {
        "Bearer ", "Basic ",   "Digest ",           "Negotiate ", "NTLM ", "Token ", "Key ",
        "ApiKey ", "Api-Key ", "AWS4-HMAC-SHA256 ", "SharedKey ", "Bot ",  "OAuth ",
    };
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
        if (td_bytes_starts_nocase(value, td_bytes_of(schemes[i])))
            return strlen(schemes[i]);
    return 0;
}

static void report(struct td_work *work, const struct td_view *view, size_t start, size_t end,
                   const char *rule)
{
    while (start < end && (view->text.data[start] == ' ' || view->text.data[start] == '\t'))
        start++;
    while (start < end && (view->text.data[end - 1] == ' ' || view->text.data[end - 1] == '\t'))
        end--;
    td_work_report(work, view, start, end, rule, NULL, TD_ORDER_NAME);
}

/* "name=value", of which the name stays. */
static void take_cookie(struct td_work *work, const struct td_view *view, size_t start, size_t end)
{
    const char *text = view->text.data;
    const char *equals = memchr(text + start, '=', end - start);
    if (equals)
        report(work, view, (size_t)(equals - text) + 1, end,
               td_special_rules[TD_SPECIAL_COOKIE].id);
}

/* Of Set-Cookie only the first pair is a cookie; its attributes stay. */
static void take_cookies(struct td_work *work, const struct td_view *view, bool first_only)
{
    struct td_bytes text = view->text;
    for (size_t at = 0; at < text.len;) {
        const char *stop = memchr(text.data + at, ';', text.len - at);
        size_t end = stop ? (size_t)(stop - text.data) : text.len;
        take_cookie(work, view, at, end);
        if (first_only)
            break;
        at = end + 1;
    }
}

static bool is_url_header(struct td_bytes name)
{
    static const char *const names[] = {"Location", "Content-Location",   "Referer",
                                        "Origin",   "Operation-Location", "Azure-AsyncOperation"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (td_bytes_equal_nocase(name, td_bytes_of(names[i])))
            return true;
    return false;
}

void td_work_examine_header(struct td_work *work, const struct td_view *view, struct td_bytes name)
{
    struct td_bytes value = view->text;
    const char *rule = td_names_find(&work->scrubber->names, TD_NAME_HEADER, name);
    if (rule) {
        report(work, view, scheme_length(value), value.len, rule);
    } else if (td_bytes_equal_nocase(name, TD_BYTES("Set-Cookie"))) {
        take_cookies(work, view, true);
    } else if (td_bytes_equal_nocase(name, TD_BYTES("Cookie"))) {
        take_cookies(work, view, false);
    } else if (is_url_header(name)) {
        td_work_examine_url(work, view);
    } else {
        td_work_examine(work, view, td_bytes("", 0), 1);
    }
}

/* The value of a parameter, `name="value"`, of a header's value. */
static struct td_bytes parameter(struct td_bytes value, struct td_bytes name)
{
    for (size_t at = 0; at + name.len < value.len; at++) {
        if (at && (td_token_char(value.data[at - 1]) || value.data[at + name.len] != '='))
            continue;
        if (!td_bytes_equal_nocase(td_bytes(value.data + at, name.len), name) ||
            value.data[at + name.len] != '=')
            continue;
        size_t start = at + name.len + 1;
        bool quoted = start < value.len && value.data[start] == '"';
        start += quoted;
        size_t end = start;
        while (end < value.len &&
               (quoted ? value.data[end] != '"' : value.data[end] != ';' && value.data[end] != ' '))
            end++;
        return td_bytes(value.data + start, end - start);
    }
    return td_bytes("", 0);
}

/* The first line of a body that starts with "--": a boundary where no content type tells one. */
static struct td_bytes first_boundary(struct td_bytes text)
{
    enum { LONGEST = 70 };
    size_t end = 2;
    if (text.len < 4 || memcmp(text.data, "--", 2) != 0)
        return td_bytes("", 0);
    while (end < text.len && end <= LONGEST + 2 && text.data[end] > ' ')
        end++;
    bool line = end < text.len && (text.data[end] == '\r' || text.data[end] == '\n');
    return td_bytes(text.data + 2, line ? end - 2 : 0);
}

struct part {
    struct td_bytes name;
    struct td_bytes content_type;
};

/* The lines of a part's head; where its body starts. */
static size_t take_head(struct td_work *work, const struct td_view *view, size_t at, size_t end,
                        struct part *part)
{
    const char *text = view->text.data;
    *part = (struct part){0};
    while (at < end) {
        const char *stop = memchr(text + at, '\n', end - at);
        size_t after = stop ? (size_t)(stop - text) + 1 : end;
        struct td_bytes line = td_bytes_trim(td_bytes(text + at, after - at));
        while (line.len && (line.data[line.len - 1] == '\n' || line.data[line.len - 1] == '\r'))
            line.len--;
        if (!line.len)
            return after;
        if (td_bytes_starts_nocase(line, TD_BYTES("content-disposition:")))
            part->name = parameter(line, TD_BYTES("name"));
        if (td_bytes_starts_nocase(line, TD_BYTES("content-type:")))
            part->content_type = td_bytes_trim(td_bytes(line.data + 13, line.len - 13));
        td_work_examine_text(
            work, td_view_slice(&work->desk, view, (size_t)(line.data - text), line.len), 1);
        at = after;
    }
    return end;
}

static void take_part(struct td_work *work, const struct td_view *view, size_t start, size_t end,
                      unsigned depth)
{
    struct part part;
    size_t body = take_head(work, view, start, end, &part);
    const struct td_view *content = td_view_slice(&work->desk, view, body, end - body);
    const char *rule = td_names_find(&work->scrubber->names, TD_NAME_FIELD, part.name);
    if (rule)
        td_work_report(work, content, 0, content->text.len, rule, NULL, TD_ORDER_NAME);
    else
        td_work_examine(work, content, part.content_type, depth + 1);
}

bool td_work_examine_multipart(struct td_work *work, const struct td_view *view,
                               struct td_bytes content_type, unsigned depth)
{
    struct td_bytes text = view->text, boundary = first_boundary(text);
    if (!boundary.len && td_bytes_starts_nocase(content_type, TD_BYTES("multipart/")))
        boundary = parameter(content_type, TD_BYTES("boundary"));
    if (!boundary.len)
        return false;
    char line[128];
    if (boundary.len + 2 > sizeof line)
        return false;
    memcpy(line, "--", 2);
    memcpy(line + 2, boundary.data, boundary.len);
    struct td_bytes mark = td_bytes(line, boundary.len + 2);
    size_t at = 0, count = 0;
    while (at < text.len) {
        const char *next = memmem(text.data + at, text.len - at, mark.data, mark.len);
        size_t stop = next ? (size_t)(next - text.data) : text.len, end = stop;
        if (next && end > at && text.data[end - 1] == '\n')
            end--;
        if (next && end > at && text.data[end - 1] == '\r')
            end--;
        if (count && end > at)
            take_part(work, view, at, end, depth);
        else if (end > at)
            td_work_examine_text(work, td_view_slice(&work->desk, view, at, end - at), 1);
        if (!next)
            break;
        at = stop + mark.len;
        if (text.len - at >= 2 && text.data[at] == '\r' && text.data[at + 1] == '\n')
            at += 2;
        else if (text.len - at >= 1 && text.data[at] == '\n')
            at++;
        count++;
    }
    return count > 0;
}
