/* SPDX-License-Identifier: MIT */
/* What a body is, and all the texts that it holds. */
#include "base/utf8.h"
#include "http/url.h"
#include "scrub/coding.h"
#include "scrub/pieces.h"
#include "scrub/scrubber.h"
#include "scrub/walk.h"
#include "stream/aws.h"

/* Layers of encoding, one inside the other, that are taken off at most. */
enum { MAX_DEPTH = 8, MAX_ESCAPES = 3, LEAST_BARE = 8 };

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static size_t skip_blanks(struct td_bytes text)
{
    size_t at = text.len >= 3 && memcmp(text.data, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    while (at < text.len && is_blank(text.data[at]))
        at++;
    return at;
}

static char first_char(struct td_bytes text)
{
    size_t at = skip_blanks(text);
    return at < text.len ? text.data[at] : '\0';
}

/* A line that only a stream of events starts with. */
static bool is_events(struct td_bytes text, struct td_bytes content_type)
{
    static const char *const starts[] = {"data:", "event:"};
    size_t at = 0;
    if (td_bytes_starts_nocase(content_type, TD_BYTES("text/event-stream")))
        return true;
    while (at < text.len && is_blank(text.data[at]))
        at++;
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
        if (td_bytes_starts_nocase(td_bytes(text.data + at, text.len - at), td_bytes_of(starts[i])))
            return true;
    return false;
}

/* Nothing in it that a form has escaped. */
static bool may_be_form(struct td_bytes text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.data[i] <= ' ' || strchr("\"<>\\{}", text.data[i]))
            return false;
    return true;
}

bool td_work_looks_like_form(struct td_bytes text)
{
    return may_be_form(text) && text.len && memchr(text.data, '=', text.len);
}

static bool is_form_type(struct td_bytes content_type)
{
    return td_bytes_starts_nocase(content_type, TD_BYTES("application/x-www-form-urlencoded"));
}

bool td_work_is_plain(struct td_bytes start, struct td_bytes content_type)
{
    char first = first_char(start);
    bool blank = skip_blanks(start) == start.len;
    bool form = is_form_type(content_type) || (!content_type.len && may_be_form(start));
    bool parts = td_bytes_starts_nocase(content_type, TD_BYTES("multipart/")) ||
                 td_bytes_starts_nocase(start, TD_BYTES("--"));
    return !td_gzip_begins(start) && !td_aws_frame_begins(start) && !blank && first != '{' &&
           first != '[' && !is_events(start, content_type) && !form && !parts;
}

typedef const struct td_view *unescape(struct td_desk *desk, const struct td_view *view);

static const struct td_view *unescape_percent(struct td_desk *desk, const struct td_view *view)
{
    return td_view_percent(desk, view, false);
}

/* In bytes that are no text an escape means something only among printable ones. */
static bool is_readable(char c)
{
    return (c >= ' ' && c <= '~') || is_blank(c);
}

/* Each readable run with an escape, where a secret would fit in; so bytes of other kinds are not
 * copied once for each way to read them. */
static void examine_runs(struct td_work *work, const struct td_view *view, char mark,
                         unescape *plain, unsigned depth)
{
    struct td_bytes text = view->text;
    const char *found;
    for (size_t at = 0; (found = memchr(text.data + at, mark, text.len - at));) {
        size_t start = (size_t)(found - text.data), end = start;
        while (start > at && is_readable(text.data[start - 1]))
            start--;
        while (end < text.len && is_readable(text.data[end]))
            end++;
        if (end - start >= LEAST_BARE)
            td_work_examine_text(
                work, plain(&work->desk, td_view_slice(&work->desk, view, start, end - start)),
                depth);
        at = end;
        if (at == text.len)
            break;
    }
}

/* Whether there is an escape, and not only what one starts with: nothing would be new behind it. */
static bool is_escaped(struct td_bytes text, char mark)
{
    const char *found;
    char bytes[4];
    size_t len;
    for (size_t at = 0; (found = memchr(text.data + at, mark, text.len - at)); at++) {
        at = (size_t)(found - text.data);
        if (mark == '%' ? td_percent_byte(td_bytes_from(text, at)) >= 0
                        : td_escape_decode(text, at, bytes, &len) > 0)
            return true;
    }
    return false;
}

static void examine_escaped(struct td_work *work, const struct td_view *view, char mark,
                            unescape *plain, unsigned depth)
{
    if (!is_escaped(view->text, mark))
        return;
    if (td_utf8_is_valid(view->text))
        td_work_examine_text(work, plain(&work->desk, view), depth);
    else
        examine_runs(work, view, mark, plain, depth);
}

void td_work_examine_text(struct td_work *work, const struct td_view *view, unsigned depth)
{
    td_work_scan(work, view, depth);
    if (depth >= MAX_ESCAPES || !view->text.len)
        return;
    examine_escaped(work, view, '%', unescape_percent, depth + 1);
    examine_escaped(work, view, '\\', td_view_unescape, depth + 1);
}

void td_work_examine(struct td_work *work, const struct td_view *view, struct td_bytes content_type,
                     unsigned depth)
{
    struct td_bytes text = view->text;
    if (!text.len || work->desk.failed)
        return;
    char first = first_char(text);
    if (depth < MAX_DEPTH) {
        if (td_work_examine_gzip(work, view, content_type, depth) ||
            td_work_examine_frames(work, view, depth))
            return;
        bool json = first == '{' || first == '[';
        if (!json && is_events(text, content_type)) {
            td_work_examine_events(work, view, depth);
            return;
        }
        if (json) {
            td_work_examine_json(work, view, depth);
            return;
        }
        if (td_work_examine_multipart(work, view, content_type, depth))
            return;
        if (is_form_type(content_type))
            view = td_work_examine_form(work, view, depth);
    }
    td_work_examine_text(work, view, depth);
}

bool td_work_examine_gzip(struct td_work *work, const struct td_view *view,
                          struct td_bytes content_type, unsigned depth)
{
    struct td_buf plain;
    td_buf_init(&plain);
    enum td_gzip_result result = td_gzip_read(view->text, &plain);
    if (td_buf_failed(&plain))
        work->desk.failed = true;
    if (result != TD_GZIP_NONE) {
        struct td_bytes text = td_arena_copy(&work->desk.arena, td_buf_view(&plain));
        bool zlib = view->text.data[0] != 0x1f;
        work->desk.failed |= !text.data;
        const struct td_view *inner =
            td_view_inner(&work->desk, view, 0, view->text.len, text,
                          zlib ? TD_CODING_ZLIB : TD_CODING_GZIP, result == TD_GZIP_WHOLE);
        td_work_examine(work, inner, content_type, depth + 1);
    }
    td_buf_release(&plain);
    return result != TD_GZIP_NONE;
}

/* A value whose name says that it is a secret; false where it does not. */
static bool take_named(struct td_work *work, const struct td_view *view, struct td_bytes name,
                       bool query)
{
    const char *rule = td_names_find(&work->scrubber->names, TD_NAME_FIELD, name);
    if (!rule && query)
        rule = td_names_find(&work->scrubber->names, TD_NAME_QUERY, name);
    if (rule)
        td_work_report(work, view, 0, view->text.len, rule, NULL, TD_ORDER_NAME);
    return rule != NULL;
}

/* One name and its value, both percent-encoded. */
static void take_pair(struct td_work *work, const struct td_view *view, size_t start, size_t end,
                      bool form, unsigned depth)
{
    struct td_desk *desk = &work->desk;
    const char *text = view->text.data;
    const char *equals = memchr(text + start, '=', end - start);
    size_t name_end = equals ? (size_t)(equals - text) : end;
    size_t value = equals ? name_end + 1 : start;
    const struct td_view *name =
        td_view_percent(desk, td_view_slice(desk, view, start, name_end - start), form);
    const struct td_view *plain =
        td_view_percent(desk, td_view_slice(desk, view, value, end - value), form);
    bool named = false;
    if (equals) {
        const char *rule = td_names_find(&work->scrubber->names, TD_NAME_QUERY, name->text);
        if (!rule && form)
            rule = td_names_find(&work->scrubber->names, TD_NAME_FIELD, name->text);
        if (rule)
            td_work_report(work, plain, 0, plain->text.len, rule, NULL, TD_ORDER_NAME);
        named = rule != NULL;
    }
    if (!named)
        td_work_examine(work, plain, td_bytes("", 0), depth + 1);
}

static void take_pairs(struct td_work *work, const struct td_view *view, bool form, unsigned depth)
{
    struct td_bytes text = view->text;
    for (size_t at = 0; at < text.len;) {
        const char *stop = memchr(text.data + at, '&', text.len - at);
        size_t end = stop ? (size_t)(stop - text.data) : text.len;
        if (end > at)
            take_pair(work, view, at, end, form, depth);
        at = end + 1;
    }
}

const struct td_view *td_work_examine_form(struct td_work *work, const struct td_view *view,
                                           unsigned depth)
{
    take_pairs(work, view, true, depth);
    return td_view_in_form(&work->desk, view);
}

void td_work_examine_url(struct td_work *work, const struct td_view *view)
{
    struct td_desk *desk = &work->desk;
    struct td_bytes text = view->text;
    struct td_url url;
    td_url_split(&url, text);
    if (url.has_userinfo && url.userinfo.len) {
        size_t start = (size_t)(url.userinfo.data - text.data);
        const struct td_view *user =
            td_view_percent(desk, td_view_slice(desk, view, start, url.userinfo.len), false);
        td_work_report(work, user, 0, user->text.len, td_special_rules[TD_SPECIAL_USERINFO].id,
                       NULL, TD_ORDER_NAME);
    }
    if (url.has_query)
        take_pairs(work,
                   td_view_slice(desk, view, (size_t)(url.query.data - text.data), url.query.len),
                   false, 0);
    if (url.has_fragment)
        take_pairs(
            work,
            td_view_slice(desk, view, (size_t)(url.fragment.data - text.data), url.fragment.len),
            false, 0);
    td_work_examine_text(work, td_view_percent(desk, view, false), 1);
}

/* A string of JSON. */
static void take_string(struct td_work *work, const struct td_view *plain, struct td_bytes name,
                        unsigned depth)
{
    char first = first_char(plain->text);
    if (take_named(work, plain, name, false))
        return;
    if ((first == '{' || first == '[') && depth < MAX_DEPTH)
        td_work_examine_json(work, plain, depth + 1);
    else
        td_work_examine_text(work, plain, 1);
}

/* Keys may be escaped as well. */
static struct td_bytes plain_key(struct td_desk *desk, const struct td_view *view,
                                 struct td_bytes key)
{
    if (!key.len || !memchr(key.data, '\\', key.len))
        return key;
    size_t start = (size_t)(key.data - view->text.data);
    return td_view_unescape(desk, td_view_slice(desk, view, start, key.len))->text;
}

void td_work_examine_string(struct td_work *work, const struct td_view *view)
{
    if (view->text.len && memchr(view->text.data, '\\', view->text.len))
        view = td_view_unescape(&work->desk, view);
    td_work_examine(work, view, td_bytes("", 0), 1);
    td_work_examine_text(work, view, 1);
}

void td_work_walk_json(struct td_work *work, const struct td_view *view, struct td_pieces *pieces,
                       unsigned depth)
{
    struct td_desk *desk = &work->desk;
    struct td_walk walk;
    enum td_walk_kind kind;
    td_walk_init(&walk, view->text);
    while ((kind = td_walk_next(&walk)) != TD_WALK_END && !desk->failed) {
        if (kind == TD_WALK_VALUE) {
            if (pieces)
                td_pieces_end_value(pieces, &walk);
            continue;
        }
        td_pieces_tell(&walk, kind);
        if (walk.end == walk.start || (kind == TD_WALK_BARE && walk.end - walk.start < LEAST_BARE))
            continue;
        const struct td_view *plain = td_view_slice(desk, view, walk.start, walk.end - walk.start);
        if (walk.escaped)
            plain = td_view_unescape(desk, plain);
        if (kind == TD_WALK_STRING) {
            take_string(work, plain, plain_key(desk, view, walk.key), depth);
            if (pieces)
                td_pieces_add(pieces, &walk, plain);
        } else {
            td_work_examine_text(work, plain, 1);
        }
    }
    desk->failed |= walk.failed;
    if (pieces)
        td_pieces_end_value(pieces, &walk);
    /* Not JSON after all, or not only. */
    if (walk.odd)
        td_work_examine_text(work, view, 1);
    td_walk_release(&walk);
}

void td_work_examine_json(struct td_work *work, const struct td_view *view, unsigned depth)
{
    struct td_pieces pieces;
    td_pieces_init(&pieces);
    td_work_walk_json(work, view, &pieces, depth);
    td_pieces_examine(&pieces, work, depth);
    td_pieces_release(&pieces);
}
