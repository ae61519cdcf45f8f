/* SPDX-License-Identifier: MIT */
/*
 * Events. The first of a kind is walked through, and the places are remembered where it has strings
 * and numbers. Of the next ones that are the same but for those places only what is different is
 * looked at. Strings that stay the same in all events of a body tell nothing piece by piece; those
 * that do not are put together.
 */
#include <stdlib.h>

#include "scrub/pieces.h"
#include "scrub/sift.h"
#include "json/scalar.h"

static const struct td_hash no_json = {0, 1};

/* How many bytes are the same at the beginning of both. */
static size_t common(const char *a, const char *b, size_t len)
{
    size_t i = 0;
    for (; len - i >= 32; i += 32) {
        uint64_t x[4], y[4];
        memcpy(x, a + i, 32);
        memcpy(y, b + i, 32);
        if ((x[0] ^ y[0]) | (x[1] ^ y[1]) | (x[2] ^ y[2]) | (x[3] ^ y[3]))
            break;
    }
    for (; len - i >= 8; i += 8) {
        uint64_t x, y;
        memcpy(&x, a + i, 8);
        memcpy(&y, b + i, 8);
        if (x != y) {
            /* Where the lowest byte comes first, it is known which one. */
            i += __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? (size_t)__builtin_ctzll(x ^ y) / 8 : 0;
            break;
        }
    }
    while (i < len && a[i] == b[i])
        i++;
    return i;
}

static struct td_bytes slot_text(const struct td_sift_kind *kind, const struct td_sift_slot *slot)
{
    return td_bytes(kind->line.data + slot->start, slot->end - slot->start);
}

/* Events of this kind have told what the first had in this slot; now it counts. */
static void tell_slot(struct td_sift *sift, struct td_sift_kind *kind, struct td_sift_slot *slot)
{
    size_t times = kind->events - slot->counted;
    slot->counted = kind->events;
    if (times && slot->group)
        td_sift_piece(sift, slot->group, slot_text(kind, slot), times);
}

/* Before an event of another kind tells its pieces. */
static void tell_kind(struct td_sift *sift, struct td_sift_kind *kind)
{
    for (size_t i = 0; i < kind->count && kind->events; i++) {
        if (kind->slots[i].is_string)
            tell_slot(sift, kind, &kind->slots[i]);
        kind->slots[i].counted = 0;
    }
    kind->events = 0;
}

/* Where what stands in a slot ends; SIZE_MAX where it is not simple. */
static size_t slot_end(bool is_string, struct td_bytes line, size_t at, bool *escaped)
{
    *escaped = false;
    while (is_string && at < line.len) {
        at += td_json_plain_run(line.data + at, line.len - at);
        if (at < line.len && line.data[at] == '"')
            return at;
        *escaped = true;
        at += 2;
    }
    for (; at < line.len; at++) {
        char c = line.data[at];
        if (c == ',' || c == '}' || c == ']')
            return is_string ? SIZE_MAX : at;
        if (c == '"' || c == ' ' || c == '{' || c == '[')
            break;
    }
    return SIZE_MAX;
}

/* A slot that has something else in the event at hand. */
struct change {
    size_t slot;
    size_t start, end;
    bool escaped;
};

enum { MOST_CHANGES = 64 };

/* Whether the line is of this kind; what is different in it goes to `changes`. */
static bool is_of_kind(const struct td_sift_kind *kind, struct td_bytes line,
                       struct change *changes, size_t *count)
{
    struct td_bytes first = td_buf_view(&kind->line);
    size_t old = 0, now = 0, next = 0;
    *count = 0;
    if (!kind->count)
        return false;
    for (;;) {
        size_t left = first.len - old < line.len - now ? first.len - old : line.len - now;
        size_t same = common(first.data + old, line.data + now, left), differs = old + same;
        if (differs == first.len && now + same == line.len)
            return true;
        while (next < kind->count && kind->slots[next].end < differs)
            next++;
        const struct td_sift_slot *slot = &kind->slots[next];
        if (next == kind->count || slot->start > differs || slot->start < old || slot->fixed ||
            *count == MOST_CHANGES)
            return false;
        struct change *change = &changes[(*count)++];
        size_t start = now + (slot->start - old);
        size_t end = slot_end(slot->is_string, line, start, &change->escaped);
        if (end == SIZE_MAX)
            return false;
        change->slot = next++;
        change->start = start;
        change->end = end;
        old = slot->end;
        now = end;
    }
}

static void take_changes(struct td_sift *sift, struct td_sift_kind *kind, struct td_bytes line,
                         const struct change *changes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct td_sift_slot *slot = &kind->slots[changes[i].slot];
        struct td_bytes found =
            td_bytes(line.data + changes[i].start, changes[i].end - changes[i].start);
        bool other = true;
        if (slot->is_string && slot->group) {
            tell_slot(sift, kind, slot);
            other = td_sift_piece(sift, slot->group, found, 1);
            slot->counted++;
        }
        if (other && found.len >= (slot->is_string ? sift->shortest : 8))
            td_sift_string(sift, found, changes[i].escaped);
    }
    kind->events++;
}

/* Makes a kind of what was walked through, unless two strings of it are pieces of one text: what is
 * only counted would get out of order. */
static void add_kind(struct td_sift *sift, struct td_bytes line)
{
    enum { LONGEST = 16 * 1024 };
    struct td_sift_kind *kind = &sift->kinds[sift->next_kind];
    bool twice = line.len > LONGEST || !sift->slot_count;
    sift->event++;
    for (size_t i = 0; i < sift->slot_count; i++) {
        struct td_sift_group *group = sift->slots[i].group;
        if (!group)
            continue;
        twice |= group->event == sift->event;
        group->event = sift->event;
    }
    if (twice || sift->suspicious)
        return;
    struct td_sift_slot *slots = reallocarray(kind->slots, sift->slot_count, sizeof *slots);
    if (!slots) {
        sift->failed = true;
        return;
    }
    memcpy(slots, sift->slots, sift->slot_count * sizeof *slots);
    kind->slots = slots;
    kind->count = sift->slot_count;
    kind->events = 0;
    td_buf_clear(&kind->line);
    td_buf_put_bytes(&kind->line, line);
    sift->failed |= td_buf_failed(&kind->line);
    sift->kind = sift->next_kind;
    sift->next_kind = (sift->next_kind + 1) % TD_SIFT_KINDS;
}

static void take_event(struct td_sift *sift, struct td_bytes line)
{
    struct change changes[MOST_CHANGES];
    size_t count;
    for (size_t i = 0; i < TD_SIFT_KINDS; i++) {
        size_t k = (sift->kind + i) % TD_SIFT_KINDS;
        struct td_sift_kind *kind = &sift->kinds[k];
        if (!is_of_kind(kind, line, changes, &count))
            continue;
        if (k != sift->kind)
            tell_kind(sift, &sift->kinds[sift->kind]);
        sift->kind = k;
        take_changes(sift, kind, line, changes, count);
        return;
    }
    tell_kind(sift, &sift->kinds[sift->kind]);
    td_sift_json(sift, line, true);
    add_kind(sift, line);
}

void td_sift_event_line(struct td_sift *sift, struct td_bytes line)
{
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
        take_event(sift, data);
        return;
    }
    td_sift_text(sift, data);
    struct td_sift_group *group = td_sift_group(sift, no_json);
    if (group)
        td_sift_piece(sift, group, data, 1);
}

/* Places come and go with the ids in them. */
static void forget(struct td_sift *sift)
{
    for (struct td_sift_group *group = sift->all, *next; group; group = next) {
        next = group->next;
        td_buf_release(&group->first);
        td_buf_release(&group->text);
        free(group);
    }
    sift->all = NULL;
    sift->group_count = 0;
    td_map_release(&sift->groups);
    for (size_t i = 0; i < TD_SIFT_KINDS; i++)
        sift->kinds[i].count = 0;
}

void td_sift_end_events(struct td_sift *sift)
{
    enum { MOST_GROUPS = 4096 };
    for (size_t i = 0; i < TD_SIFT_KINDS; i++)
        tell_kind(sift, &sift->kinds[i]);
    for (struct td_sift_group *group = sift->touched; group; group = group->next_of_body) {
        struct td_bytes text = td_buf_view(&group->text);
        if (group->differs && !sift->suspicious) {
            td_sift_string(sift, text, memchr(text.data, '\\', text.len) != NULL);
            if (group == td_sift_group(sift, no_json))
                td_sift_text(sift, text);
        }
    }
    sift->touched = NULL;
    sift->data_lines = 0;
    sift->body++;
    if (sift->group_count > MOST_GROUPS)
        forget(sift);
}
