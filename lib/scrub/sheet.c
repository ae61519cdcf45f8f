/* SPDX-License-Identifier: MIT */
/* What becomes of replacements: patches, put in order, written out, encoded into where the sheet
 * was found. */
#include <stdlib.h>

#include "base/grow.h"
#include "scrub/coding.h"
#include "scrub/view.h"

static void add_patch(struct td_desk *desk, struct td_sheet *sheet, struct td_patch patch)
{
    struct td_patch *patches =
        td_grow(sheet->patches, sheet->count, &sheet->capacity, sizeof *patches);
    if (!patches) {
        desk->failed = true;
        return;
    }
    sheet->patches = patches;
    patch.number = sheet->count;
    sheet->patches[sheet->count++] = patch;
}

static void put_percent(struct td_buf *out, struct td_bytes text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.data[i], letter = c | 0x20;
        if ((letter >= 'a' && letter <= 'z') || (c >= '0' && c <= '9') || (c && strchr("-._~:", c)))
            td_buf_put_char(out, (char)c);
        else
            td_buf_printf(out, "%%%02X", c);
    }
}

static void put_json(struct td_buf *out, struct td_bytes text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.data[i];
        if (c < 0x20)
            td_buf_printf(out, "\\u%04x", c);
        else if (c == '"' || c == '\\')
            td_buf_printf(out, "\\%c", c);
        else
            td_buf_put_char(out, (char)c);
    }
}

/* Spells a text of the view as it must be on the sheet. */
static struct td_bytes spell(struct td_desk *desk, const struct td_view *view, struct td_bytes text)
{
    for (; view; view = view->from) {
        if (view->escape == TD_ESCAPE_NONE)
            continue;
        struct td_buf out;
        td_buf_init(&out);
        if (view->escape == TD_ESCAPE_PERCENT)
            put_percent(&out, text);
        else
            put_json(&out, text);
        text = td_arena_copy(&desk->arena, td_buf_view(&out));
        desk->failed |= td_buf_failed(&out) || !text.data;
        td_buf_release(&out);
    }
    return text;
}

void td_view_replace(struct td_desk *desk, const struct td_view *view, size_t start, size_t end,
                     struct td_bytes placeholder, struct td_secret secret)
{
    struct td_patch patch = {.text = spell(desk, view, placeholder), .secret = secret};
    struct td_sheet *sheet = NULL;
    for (size_t i = td_view_find_span(view, start); i < view->count && view->spans[i].at < end;
         i++) {
        struct td_span span = view->spans[i];
        if (span.len == span.size) {
            size_t left = start > span.at ? start - span.at : 0;
            size_t right = span.at + span.len > end ? span.at + span.len - end : 0;
            span.start += left;
            span.size -= left + right;
        }
        if (sheet == span.sheet && patch.end == span.start) {
            patch.end += span.size;
            continue;
        }
        if (sheet) {
            add_patch(desk, sheet, patch);
            patch = (struct td_patch){.text = TD_BYTES("")};
        }
        sheet = span.sheet;
        patch.start = span.start;
        patch.end = span.start + span.size;
    }
    if (sheet)
        add_patch(desk, sheet, patch);
}

/* Longer ones first where they start together, and of those the ones that say what was found, as it
 * was found first. */
static int compare_patches(const void *a, const void *b)
{
    const struct td_patch *left = a, *right = b;
    if (left->start != right->start)
        return left->start < right->start ? -1 : 1;
    if (left->end != right->end)
        return left->end > right->end ? -1 : 1;
    if (!left->secret.rule != !right->secret.rule)
        return left->secret.rule ? -1 : 1;
    if (left->secret.rule && left->secret.order != right->secret.order)
        return left->secret.order < right->secret.order ? -1 : 1;
    return left->number < right->number ? -1 : 1;
}

/* Patches that overlap become one, in which all of both is gone. */
static void join_patches(struct td_sheet *sheet)
{
    size_t kept = 0;
    if (!sheet->count)
        return;
    qsort(sheet->patches, sheet->count, sizeof *sheet->patches, compare_patches);
    for (size_t i = 1; i < sheet->count; i++) {
        struct td_patch *last = &sheet->patches[kept], *next = &sheet->patches[i];
        if (next->start >= last->end) {
            sheet->patches[++kept] = *next;
            continue;
        }
        if (next->end > last->end)
            last->end = next->end;
        if (!last->text.len) {
            last->text = next->text;
            last->secret = next->secret;
        }
    }
    sheet->count = kept + 1;
}

/* Where something on a sheet stands on the outermost one. */
static size_t outer_place(const struct td_sheet *sheet, size_t at)
{
    while (sheet->home) {
        const struct td_view *view = sheet->home;
        at = sheet->start;
        size_t place = td_view_find_span(view, at);
        if (place == view->count)
            return 0;
        const struct td_span *span = &view->spans[place];
        at = span->len == span->size ? span->start + (at - span->at) : span->start;
        sheet = span->sheet;
    }
    return at;
}

static void note_found(struct td_desk *desk, const struct td_sheet *sheet)
{
    for (size_t i = 0; i < sheet->count; i++) {
        const struct td_patch *patch = &sheet->patches[i];
        if (!patch->secret.rule)
            continue;
        struct td_found *found =
            td_grow(desk->found, desk->found_count, &desk->found_capacity, sizeof *found);
        if (!found) {
            desk->failed = true;
            return;
        }
        desk->found = found;
        size_t len = sheet->home ? sheet->end - sheet->start : patch->end - patch->start;
        desk->found[desk->found_count++] =
            (struct td_found){outer_place(sheet, patch->start), len, patch->secret};
    }
}

/* The new text of an inner sheet, on its way back to where it was found. */
static void put_back(struct td_desk *desk, const struct td_sheet *sheet)
{
    struct td_buf plain, coded;
    td_buf_init(&plain);
    td_buf_init(&coded);
    td_sheet_write(sheet, &plain);
    switch (sheet->coding) {
    case TD_CODING_GZIP:
        td_gzip_store(&coded, td_buf_view(&plain), !sheet->ends);
        break;
    case TD_CODING_ZLIB:
        td_zlib_store(&coded, td_buf_view(&plain), !sheet->ends);
        break;
    case TD_CODING_FRAME:
        td_frame_put(&coded,
                     td_bytes(sheet->home->text.data + sheet->start, sheet->end - sheet->start),
                     td_buf_view(&plain));
        break;
    default:
        td_base64_put(&coded, td_buf_view(&plain), sheet->coding == TD_CODING_BASE64URL,
                      sheet->ends);
    }
    struct td_bytes text = td_arena_copy(&desk->arena, td_buf_view(&coded));
    if (td_buf_failed(&plain) || td_buf_failed(&coded) || !text.data)
        desk->failed = true;
    else
        td_view_replace(desk, sheet->home, sheet->start, sheet->end, text, (struct td_secret){0});
    td_buf_release(&plain);
    td_buf_release(&coded);
}

static int compare_found(const void *a, const void *b)
{
    const struct td_found *left = a, *right = b;
    if (left->start != right->start)
        return left->start < right->start ? -1 : 1;
    return left->len < right->len ? -1 : left->len > right->len;
}

struct td_sheet *td_desk_settle(struct td_desk *desk)
{
    struct td_sheet *outer = NULL;
    for (struct td_sheet *sheet = desk->newest; sheet && !desk->failed; sheet = sheet->older) {
        join_patches(sheet);
        note_found(desk, sheet);
        if (sheet->home && sheet->count)
            put_back(desk, sheet);
        outer = sheet;
    }
    if (desk->found_count)
        qsort(desk->found, desk->found_count, sizeof *desk->found, compare_found);
    return desk->failed ? NULL : outer;
}

void td_sheet_write(const struct td_sheet *sheet, struct td_buf *out)
{
    size_t at = 0;
    for (size_t i = 0; i < sheet->count; i++) {
        const struct td_patch *patch = &sheet->patches[i];
        td_buf_put(out, sheet->text.data + at, patch->start - at);
        td_buf_put_bytes(out, patch->text);
        at = patch->end;
    }
    td_buf_put(out, sheet->text.data + at, sheet->text.len - at);
}
