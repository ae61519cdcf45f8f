/* SPDX-License-Identifier: MIT */
/*
 * Server-sent events, line by line. Each line of data is looked at by itself; what the events tell
 * piece by piece is put together, and looked at again.
 */
#include "scrub/pieces.h"
#include "scrub/scrubber.h"

/* The line at *at without its end, and *at behind that. */
static struct td_bytes next_line(struct td_bytes text, size_t *at)
{
    size_t start = *at, end = start;
    while (end < text.len && text.data[end] != '\n' && text.data[end] != '\r')
        end++;
    *at = end;
    if (*at < text.len)
        *at += text.data[end] == '\r' && end + 1 < text.len && text.data[end + 1] == '\n' ? 2 : 1;
    return td_bytes(text.data + start, end - start);
}

/* The lines of data of one event, when there is more than one. */
struct event {
    const struct td_view **lines;
    size_t count;
    size_t capacity;
};

static void add_line(struct td_desk *desk, struct event *event, const struct td_view *line)
{
    if (event->count == event->capacity) {
        size_t more = event->capacity ? event->capacity * 2 : 4;
        const struct td_view **lines = td_arena_alloc(&desk->arena, more * sizeof *lines);
        if (!lines) {
            desk->failed = true;
            return;
        }
        if (event->count)
            memcpy(lines, event->lines, event->count * sizeof *lines);
        event->lines = lines;
        event->capacity = more;
    }
    event->lines[event->count++] = line;
}

static void take_data(struct td_work *work, const struct td_view *data, struct td_pieces *pieces,
                      unsigned depth)
{
    struct td_bytes text = data->text;
    if (!text.len)
        return;
    if (text.data[0] == '{' || text.data[0] == '[') {
        td_work_walk_json(work, data, pieces, depth);
        return;
    }
    td_work_examine(work, data, td_bytes("", 0), depth + 1);
    td_pieces_add_plain(pieces, data);
}

static void end_event(struct td_work *work, struct event *event, struct td_pieces *pieces,
                      unsigned depth)
{
    if (event->count > 1)
        take_data(work, td_view_join(&work->desk, event->lines, event->count), pieces, depth);
    event->count = 0;
}

void td_work_examine_events(struct td_work *work, const struct td_view *view, unsigned depth)
{
    struct td_desk *desk = &work->desk;
    struct td_bytes text = view->text;
    struct td_pieces pieces;
    struct event event = {0};
    td_pieces_init(&pieces);
    for (size_t at = 0; at < text.len && !desk->failed;) {
        struct td_bytes line = next_line(text, &at);
        size_t start = (size_t)(line.data - text.data);
        if (!line.len) {
            end_event(work, &event, &pieces, depth);
            continue;
        }
        if (line.len < 5 || memcmp(line.data, "data:", 5) != 0) {
            td_work_examine_text(work, td_view_slice(desk, view, start, line.len), 1);
            continue;
        }
        size_t skip = line.len > 5 && line.data[5] == ' ' ? 6 : 5;
        const struct td_view *data = td_view_slice(desk, view, start + skip, line.len - skip);
        take_data(work, data, &pieces, depth);
        add_line(desk, &event, data);
    }
    end_event(work, &event, &pieces, depth);
    td_pieces_examine(&pieces, work, depth);
    td_pieces_release(&pieces);
}
