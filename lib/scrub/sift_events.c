/* SPDX-License-Identifier: MIT */
/*
 * Events. The first of a kind is walked through, and the places are remembered where it has strings
 * and numbers. As long as the next ones are the same but for those places, only what is different
 * is looked at. Strings that stay the same in all events tell nothing piece by piece; those that do
 * not are put together.
 */
#include <stdlib.h>

#include "scrub/pieces.h"
#include "scrub/sift.h"

/* How many bytes are the same at the beginning of both. */
static size_t common(const char *a, const char *b, size_t len)
{
    size_t i = 0;
    for (; len - i >= 8; i += 8) {
        uint64_t x, y;
        memcpy(&x, a + i, 8);
        memcpy(&y, b + i, 8);
        if (x != y)
            break;
    }
    while (i < len && a[i] == b[i])
        i++;
    return i;
}

/* The events that were like the last one, up to now, have told what their strings are. */
static void count_events(struct td_sift *sift, struct td_sift_slot *slot, struct td_bytes event)
{
    size_t times = sift->events - slot->counted;
    slot->counted = sift->events;
    if (times && slot->group)
        td_sift_piece(sift, slot->group,
                      td_bytes(event.data + slot->start, slot->end - slot->start), times);
}

static void leave_template(struct td_sift *sift)
{
    for (size_t i = 0; i < sift->slot_count; i++)
        if (sift->slots[i].is_string && !sift->slots[i].live)
            count_events(sift, &sift->slots[i], sift->event);
    sift->slot_count = 0;
    sift->event = td_bytes(NULL, 0);
    sift->events = 0;
}

/* Where what stands in a slot ends; SIZE_MAX where it is not simple. */
static size_t slot_end(const struct td_sift_slot *slot, struct td_bytes line, size_t at)
{
    for (; at < line.len; at++) {
        char c = line.data[at];
        if (slot->is_string && c == '"')
            return at;
        if (slot->is_string && c == '\\')
            at++;
        else if (!slot->is_string && (c == ',' || c == '}' || c == ']' || c == '"' || c == ' '))
            return c == '"' || c == ' ' ? SIZE_MAX : at;
    }
    return SIZE_MAX;
}

/* Something else stands in a slot than before. */
static void take_change(struct td_sift *sift, struct td_sift_slot *slot, struct td_bytes line,
                        size_t start, size_t end)
{
    struct td_bytes found = td_bytes(line.data + start, end - start);
    bool escaped = found.len && memchr(found.data, '\\', found.len);
    if (slot->is_string || found.len >= 8)
        td_sift_string(sift, found, escaped);
    if (slot->is_string && !slot->live) {
        count_events(sift, slot, sift->event);
        slot->live = true;
    }
}

/*
 * Whether the line is the last event with something else in some of its slots, which are marked.
 */
static bool is_like_last(struct td_sift *sift, struct td_bytes line)
{
    struct td_bytes last = sift->event;
    size_t old = 0, now = 0, next = 0;
    if (!sift->slot_count)
        return false;
    for (size_t i = 0; i < sift->slot_count; i++)
        sift->slots[i].moved = false;
    for (;;) {
        size_t left = last.len - old < line.len - now ? last.len - old : line.len - now;
        size_t same = common(last.data + old, line.data + now, left);
        size_t differs = old + same;
        if (differs == last.len && now + same == line.len)
            break;
        while (next < sift->slot_count && sift->slots[next].end < differs)
            next++;
        struct td_sift_slot *slot = &sift->slots[next];
        if (next == sift->slot_count || slot->start > differs || slot->fixed || slot->start < old)
            return false;
        size_t start = now + (slot->start - old), end = slot_end(slot, line, start);
        if (end == SIZE_MAX)
            return false;
        slot->moved = true;
        slot->new_start = start;
        slot->new_end = end;
        old = slot->end;
        now = end;
        next++;
    }
    return true;
}

static void take_like_last(struct td_sift *sift, struct td_bytes line)
{
    ptrdiff_t shift = 0;
    for (size_t i = 0; i < sift->slot_count; i++)
        if (sift->slots[i].moved)
            take_change(sift, &sift->slots[i], line, sift->slots[i].new_start,
                        sift->slots[i].new_end);
    for (size_t i = 0; i < sift->slot_count; i++) {
        struct td_sift_slot *slot = &sift->slots[i];
        if (slot->moved) {
            shift = (ptrdiff_t)slot->new_end - (ptrdiff_t)slot->end;
            slot->start = slot->new_start;
            slot->end = slot->new_end;
        } else {
            slot->start = (size_t)((ptrdiff_t)slot->start + shift);
            slot->end = (size_t)((ptrdiff_t)slot->end + shift);
        }
        if (slot->live)
            td_sift_piece(sift, slot->group,
                          td_bytes(line.data + slot->start, slot->end - slot->start), 1);
    }
    sift->event = line;
    sift->events++;
}

/* An event that is not like the last one. Two strings of it that are pieces of one text would get
 * out of order if they were only counted. */
static void take_new(struct td_sift *sift, struct td_bytes line)
{
    leave_template(sift);
    td_sift_json(sift, line, true);
    bool twice = false;
    sift->stamp++;
    for (size_t i = 0; i < sift->slot_count; i++) {
        struct td_sift_group *group = sift->slots[i].group;
        if (!group)
            continue;
        twice |= group->stamp == sift->stamp;
        group->stamp = sift->stamp;
    }
    if (twice)
        sift->slot_count = 0;
    sift->event = line;
}

void td_sift_event_line(struct td_sift *sift, struct td_bytes line)
{
    static const struct td_hash plain = {0, 1};
    if (sift->suspicious)
        return;
    if (line.len < 5 || memcmp(line.data, "data:", 5) != 0) {
        if (!line.len)
            sift->data_lines = 0;
        td_sift_text(sift, line);
        return;
    }
    size_t skip = line.len > 5 && line.data[5] == ' ' ? 6 : 5;
    struct td_bytes data = td_bytes(line.data + skip, line.len - skip);
    /* Lines that are one text only together are not what events are made of here. */
    if (sift->data_lines++)
        sift->suspicious = true;
    if (data.len && (data.data[0] == '{' || data.data[0] == '[')) {
        if (is_like_last(sift, data))
            take_like_last(sift, data);
        else
            take_new(sift, data);
        return;
    }
    td_sift_text(sift, data);
    struct td_sift_group *group = td_sift_group(sift, plain);
    if (group)
        td_sift_piece(sift, group, data, 1);
}

void td_sift_end_events(struct td_sift *sift)
{
    leave_template(sift);
    sift->data_lines = 0;
    for (struct td_sift_group *group = sift->first_group, *next; group; group = next) {
        struct td_bytes text = td_buf_view(&group->text);
        next = group->next;
        if (group->differs && !sift->suspicious) {
            td_sift_string(sift, text, memchr(text.data, '\\', text.len) != NULL);
            td_sift_text(sift, text);
        }
        td_buf_release(&group->text);
        free(group);
    }
    sift->first_group = NULL;
    td_map_release(&sift->groups);
}
