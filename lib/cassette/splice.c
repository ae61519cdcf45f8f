/* SPDX-License-Identifier: MIT */
#include "cassette/splice.h"

#include <stdlib.h>

#include "base/grow.h"

void td_splices_init(struct td_splices *splices)
{
    *splices = (struct td_splices){0};
    td_buf_init(&splices->text);
}

void td_splices_release(struct td_splices *splices)
{
    free(splices->items);
    td_buf_release(&splices->text);
    td_splices_init(splices);
}

/* The last one's text ends where the buffer does now. */
static void end_last(struct td_splices *splices)
{
    if (splices->count) {
        struct td_splice *last = &splices->items[splices->count - 1];
        last->len = splices->text.len - last->text;
    }
}

struct td_buf *td_splices_begin(struct td_splices *splices, size_t start, size_t end)
{
    end_last(splices);
    struct td_splice *items =
        td_grow(splices->items, splices->count, &splices->room, sizeof *items);
    if (!items) {
        splices->text.failed = true;
        return &splices->text;
    }
    splices->items = items;
    splices->items[splices->count] = (struct td_splice){
        .start = start, .end = end, .text = splices->text.len, .order = splices->count};
    splices->count++;
    return &splices->text;
}

void td_splices_put(struct td_splices *splices, size_t start, size_t end, struct td_bytes text)
{
    td_buf_put_bytes(td_splices_begin(splices, start, end), text);
}

static int compare(const void *left, const void *right)
{
    const struct td_splice *a = left, *b = right;
    bool a_cuts = a->end > a->start, b_cuts = b->end > b->start;
    if (a->start != b->start)
        return a->start < b->start ? -1 : 1;
    if (a_cuts != b_cuts)
        return a_cuts ? 1 : -1;
    return a->order < b->order ? -1 : a->order > b->order;
}

int td_splices_apply(struct td_splices *splices, struct td_bytes source, struct td_buf *out)
{
    size_t at = 0;
    end_last(splices);
    if (td_buf_failed(&splices->text))
        return TD_ERR_NOMEM;
    if (splices->count)
        qsort(splices->items, splices->count, sizeof *splices->items, compare);
    for (size_t i = 0; i < splices->count; i++) {
        const struct td_splice *splice = &splices->items[i];
        if (splice->start < at || splice->end < splice->start || splice->end > source.len)
            return TD_ERR_INVALID;
        td_buf_put(out, source.data + at, splice->start - at);
        td_buf_put(out, splices->text.data + splice->text, splice->len);
        at = splice->end;
    }
    td_buf_put(out, source.data + at, source.len - at);
    return td_buf_failed(out) ? TD_ERR_NOMEM : 0;
}
