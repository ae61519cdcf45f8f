/* SPDX-License-Identifier: MIT */
/* How views are made. What becomes of their replacements is in scrub/sheet.c. */
#include "scrub/view.h"

#include <stdlib.h>

static const struct td_view no_view;

void td_desk_init(struct td_desk *desk)
{
    *desk = (struct td_desk){0};
    td_arena_init(&desk->arena);
}

void td_desk_release(struct td_desk *desk)
{
    for (struct td_sheet *sheet = desk->newest; sheet; sheet = sheet->older)
        free(sheet->patches);
    td_arena_release(&desk->arena);
    free(desk->found);
    td_desk_init(desk);
}

static void *take(struct td_desk *desk, size_t size)
{
    void *room = td_arena_alloc(&desk->arena, size);
    if (!room)
        desk->failed = true;
    return room;
}

const struct td_view *td_view_sheet(struct td_desk *desk, struct td_bytes text)
{
    return td_view_inner(desk, NULL, 0, 0, text, TD_CODING_NONE, false);
}

const struct td_view *td_view_inner(struct td_desk *desk, const struct td_view *view, size_t start,
                                    size_t end, struct td_bytes text, enum td_coding coding,
                                    bool ends)
{
    struct td_sheet *sheet = take(desk, sizeof *sheet);
    struct td_view *whole = take(desk, sizeof *whole);
    if (!sheet || !whole)
        return &no_view;
    *sheet = (struct td_sheet){
        .text = text,
        .home = view,
        .start = start,
        .end = end,
        .coding = coding,
        .ends = ends,
        .older = desk->newest,
    };
    desk->newest = sheet;
    *whole = (struct td_view){.text = text, .count = 1};
    whole->own = (struct td_span){0, text.len, sheet, 0, text.len};
    whole->spans = &whole->own;
    return whole;
}

size_t td_view_find_span(const struct td_view *view, size_t at)
{
    size_t low = 0, high = view->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (view->spans[middle].at + view->spans[middle].len <= at)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool is_escape(const struct td_span *span)
{
    return span->len != span->size;
}

/* What a span is of the view's bytes from `start` to `end`. An escape is never cut. */
static struct td_span clip(struct td_span span, size_t start, size_t end)
{
    if (is_escape(&span))
        return span;
    size_t left = start > span.at ? start - span.at : 0;
    size_t right = span.at + span.len > end ? span.at + span.len - end : 0;
    span.at += left;
    span.start += left;
    span.len -= left + right;
    span.size = span.len;
    return span;
}

const struct td_view *td_view_slice(struct td_desk *desk, const struct td_view *view, size_t start,
                                    size_t len)
{
    struct td_view *slice = take(desk, sizeof *slice);
    if (!slice)
        return &no_view;
    size_t first = td_view_find_span(view, start), after = first;
    while (after < view->count && view->spans[after].at < start + len)
        after++;
    *slice = (struct td_view){
        .from = view, .joined = view->joined, .text = td_bytes(view->text.data + start, len)};
    slice->count = after - first;
    struct td_span *spans = &slice->own;
    if (slice->count > 1)
        spans = take(desk, slice->count * sizeof *spans);
    if (!spans)
        return &no_view;
    for (size_t i = 0; i < slice->count; i++) {
        spans[i] = clip(view->spans[first + i], start, start + len);
        spans[i].at = spans[i].at > start ? spans[i].at - start : 0;
    }
    slice->spans = spans;
    return slice;
}

const struct td_view *td_view_in_form(struct td_desk *desk, const struct td_view *view)
{
    struct td_view *form = take(desk, sizeof *form);
    if (!form)
        return &no_view;
    *form = *view;
    if (view->spans == &view->own)
        form->spans = &form->own;
    form->from = view;
    form->escape = TD_ESCAPE_PERCENT;
    return form;
}

/* A view that is being made from another one. */
struct making {
    struct td_desk *desk;
    const struct td_view *from;
    size_t span; /* of `from`: where it is up to */
    char *text;
    size_t len;
    struct td_span *spans;
    size_t count;
    size_t capacity;
    bool joined;
};

static struct td_span *add_span(struct making *making)
{
    if (making->count == making->capacity) {
        size_t more = making->capacity ? making->capacity * 2 : 8;
        struct td_span *spans = take(making->desk, more * sizeof *spans);
        if (!spans)
            return NULL;
        if (making->count)
            memcpy(spans, making->spans, making->count * sizeof *spans);
        making->spans = spans;
        making->capacity = more;
    }
    return &making->spans[making->count++];
}

/* `len` bytes, at most four, that stand for the bytes [start, end) of the view they are from. */
static void put_escape(struct making *making, const char *bytes, size_t len, size_t start,
                       size_t end)
{
    const struct td_view *from = making->from;
    while (making->span < from->count &&
           from->spans[making->span].at + from->spans[making->span].len <= start)
        making->span++;
    struct td_span *to = add_span(making);
    if (!to || making->span == from->count)
        return;
    struct td_span first = clip(from->spans[making->span], start, end), last = first;
    for (size_t i = making->span; i < from->count && from->spans[i].at < end; i++)
        last = clip(from->spans[i], start, end);
    *to = (struct td_span){making->len, len, first.sheet, first.start, first.size};
    /* An escape that was itself cut between two pieces of a stream: its beginning stands for it. */
    if (last.sheet == first.sheet && last.start >= first.start)
        to->size = last.start + last.size - first.start;
    memcpy(making->text + making->len, bytes, len);
    making->len += len;
}

/* The bytes [start, end) of the view they are from, as they are. */
static void put_plain(struct making *making, size_t start, size_t end)
{
    const struct td_view *from = making->from;
    if (start == end)
        return;
    while (making->span < from->count &&
           from->spans[making->span].at + from->spans[making->span].len <= start)
        making->span++;
    for (size_t i = making->span; i < from->count && from->spans[i].at < end; i++) {
        struct td_span *to = add_span(making);
        if (!to)
            return;
        *to = clip(from->spans[i], start, end);
        to->at = making->len + (to->at > start ? to->at - start : 0);
    }
    memcpy(making->text + making->len, from->text.data + start, end - start);
    making->len += end - start;
}

static bool begin(struct making *making, struct td_desk *desk, const struct td_view *from)
{
    *making = (struct making){.desk = desk, .from = from, .joined = from->joined};
    making->text = take(desk, from->text.len + 1);
    return making->text != NULL;
}

static const struct td_view *finish(struct making *making, enum td_escape escape)
{
    struct td_view *view = take(making->desk, sizeof *view);
    if (!view || making->desk->failed)
        return &no_view;
    *view = (struct td_view){
        .text = td_bytes(making->text, making->len),
        .spans = making->spans,
        .count = making->count,
        .escape = escape,
        .joined = making->joined,
        .from = making->from,
    };
    return view;
}

const struct td_view *td_view_percent(struct td_desk *desk, const struct td_view *view, bool plus)
{
    struct making making;
    struct td_bytes text = view->text;
    /* What is in a form as it is was not decoded yet, and is encoded once only. */
    if (view->from && view->escape == TD_ESCAPE_PERCENT && view->from->text.data == text.data)
        view = view->from;
    if (!begin(&making, desk, view))
        return &no_view;
    size_t plain = 0;
    for (size_t i = 0; i < text.len; i++) {
        int code;
        if (text.data[i] == '+' && plus) {
            put_plain(&making, plain, i);
            put_escape(&making, " ", 1, i, i + 1);
            plain = i + 1;
        } else if ((code = td_percent_byte(td_bytes_from(text, i))) >= 0) {
            char byte = (char)code;
            put_plain(&making, plain, i);
            put_escape(&making, &byte, 1, i, i + 3);
            i += 2;
            plain = i + 1;
        }
    }
    put_plain(&making, plain, text.len);
    return finish(&making, TD_ESCAPE_PERCENT);
}

/* The four digits of \u, or -1. */
static int unit(struct td_bytes text, size_t at)
{
    int value = 0;
    if (text.len < 6 || at > text.len - 6 || text.data[at] != '\\' || text.data[at + 1] != 'u')
        return -1;
    for (size_t i = at + 2; i < at + 6; i++) {
        int digit = td_hex_digit(text.data[i]);
        if (digit < 0)
            return -1;
        value = value << 4 | digit;
    }
    return value;
}

/* Decodes \u at `at`, with the second half of a pair if there is one; the escape's length, or 0. */
static size_t decode_unit(struct td_bytes text, size_t at, char bytes[4], size_t *len)
{
    int high = unit(text, at);
    size_t size = 6;
    if (high < 0)
        return 0;
    unsigned point = (unsigned)high;
    if (point >= 0xd800 && point < 0xdc00) {
        int low = unit(text, at + 6);
        if (low >= 0xdc00 && low < 0xe000) {
            point = 0x10000 + ((point - 0xd800) << 10) + ((unsigned)low - 0xdc00);
            size = 12;
        }
    }
    *len = 0;
    if (point < 0x80) {
        bytes[(*len)++] = (char)point;
        return size;
    }
    int more = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
    static const unsigned char leads[] = {0, 0xc0, 0xe0, 0xf0};
    bytes[(*len)++] = (char)(leads[more] | point >> (6 * more));
    while (more--)
        bytes[(*len)++] = (char)(0x80 | (point >> (6 * more) & 0x3f));
    return size;
}

size_t td_escape_decode(struct td_bytes text, size_t at, char bytes[4], size_t *len)
{
    static const char codes[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
    size_t size = decode_unit(text, at, bytes, len);
    if (size || at + 1 >= text.len || !text.data[at + 1])
        return size;
    const char *code = strchr(codes, text.data[at + 1]);
    if (!code)
        return 0;
    bytes[0] = meant[code - codes];
    *len = 1;
    return 2;
}

const struct td_view *td_view_unescape(struct td_desk *desk, const struct td_view *view)
{
    struct making making;
    struct td_bytes text = view->text;
    if (!text.len || !memchr(text.data, '\\', text.len))
        return view;
    if (!begin(&making, desk, view))
        return &no_view;
    size_t plain = 0;
    while (plain < text.len) {
        const char *found = memchr(text.data + plain, '\\', text.len - plain);
        size_t at = found ? (size_t)(found - text.data) : text.len;
        put_plain(&making, plain, at);
        plain = at;
        if (at == text.len)
            break;
        char bytes[4];
        size_t len, size = td_escape_decode(text, at, bytes, &len);
        if (size)
            put_escape(&making, bytes, len, at, at + size);
        else
            put_plain(&making, at, at + 1);
        plain = at + (size ? size : 1);
    }
    return finish(&making, TD_ESCAPE_JSON);
}

const struct td_view *td_view_join(struct td_desk *desk, const struct td_view *const *views,
                                   size_t count)
{
    struct making making = {.desk = desk};
    size_t len = 0;
    for (size_t i = 0; i < count; i++)
        len += views[i]->text.len;
    if (!count || !(making.text = take(desk, len + 1)))
        return &no_view;
    for (size_t i = 0; i < count; i++) {
        making.from = views[i];
        making.span = 0;
        put_plain(&making, 0, views[i]->text.len);
    }
    making.from = views[0];
    making.joined = true;
    return finish(&making, TD_ESCAPE_NONE);
}
