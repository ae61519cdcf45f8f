/* SPDX-License-Identifier: MIT */
#include "shim/view.h"

#include <stdio.h>
#include <stdlib.h>

static void release_edits(struct td_view_head *head)
{
    for (size_t i = 0; i < head->count; i++) {
        free((char *)head->edits[i].wire.data);
        free((char *)head->edits[i].recorded.data);
    }
    free(head->edits);
}

void td_view_release(struct td_view *view)
{
    for (size_t i = 0; i < view->count; i++)
        release_edits(&view->heads[i]);
    free(view->heads);
    td_buf_release(&view->name);
    td_buf_release(&view->value);
    td_buf_release(&view->next_name);
    td_buf_release(&view->next_value);
    *view = (struct td_view){0};
}

static struct td_bytes copy(struct td_bytes bytes)
{
    char *data = malloc(bytes.len + 1);
    if (!data)
        return td_bytes("", 0);
    if (bytes.len)
        memcpy(data, bytes.data, bytes.len);
    data[bytes.len] = '\0';
    return td_bytes(data, bytes.len);
}

void td_view_begin(struct td_view *view, const struct td_head *written)
{
    /* A copy: the wire may be gone before libcurl has read what it sent. */
    struct td_view_head *heads = realloc(view->heads, (view->count + 1) * sizeof *heads);
    if (!heads)
        return;
    view->heads = heads;
    struct td_view_head *head = &heads[view->count];
    struct td_bytes recorded = td_buf_view(&written->recorded);
    *head = (struct td_view_head){
        .hidden = recorded.len == 0,
        .pseudo = td_bytes_starts_nocase(recorded, TD_BYTES("HTTP/2 ")) ||
                  td_bytes_starts_nocase(recorded, TD_BYTES("HTTP/3 ")),
    };
    snprintf(head->code, sizeof head->code, "%d", written->code);
    head->edits = calloc(written->edit_count + 1, sizeof *head->edits);
    if (!head->edits)
        return;
    for (size_t i = 0; i < written->edit_count; i++) {
        head->edits[i].wire = copy(written->edits[i].wire);
        head->edits[i].recorded = copy(written->edits[i].recorded);
    }
    head->count = written->edit_count;
    view->count++;
    view->size_delta += (long)written->recorded.len - (long)written->wire.len;
    view->writing = true;
}

struct td_bytes td_view_line(const struct td_view *view, struct td_bytes line)
{
    if (!view->count)
        return line;
    const struct td_view_head *head = &view->heads[view->count - 1];
    if (head->hidden)
        return td_bytes(line.data, 0);
    for (size_t i = 0; i < head->count; i++)
        if (td_bytes_equal(head->edits[i].wire, line))
            return head->edits[i].recorded;
    return line;
}

void td_view_lines(const struct td_view *view, struct td_bytes lines, struct td_buf *out)
{
    while (lines.len) {
        const char *end = memchr(lines.data, '\n', lines.len);
        size_t len = end ? (size_t)(end - lines.data) + 1 : lines.len;
        td_buf_put_bytes(out, td_view_line(view, td_bytes(lines.data, len)));
        lines.data += len;
        lines.len -= len;
    }
}

bool td_view_hides(const struct td_view *view, struct td_bytes line)
{
    return td_view_line(view, line).len == 0;
}
