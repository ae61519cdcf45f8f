/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "base/grow.h"
#include "scrub/pieces.h"
#include "scrub/sift.h"

/* ---- groups ---- */

struct td_sift_group *td_sift_group(struct td_sift *sift, struct td_hash place)
{
    struct td_sift_group *group = td_map_get(&sift->groups, place);
    if (group)
        return group;
    group = calloc(1, sizeof *group);
    if (!group || td_map_put(&sift->groups, place, group) < 0) {
        free(group);
        sift->failed = true;
        return NULL;
    }
    td_buf_init(&group->first);
    td_buf_init(&group->text);
    group->next = sift->all;
    sift->all = group;
    sift->group_count++;
    return group;
}

bool td_sift_piece(struct td_sift *sift, struct td_sift_group *group, struct td_bytes piece,
                   size_t times)
{
    if (group->body != sift->body) {
        group->body = sift->body;
        group->count = 0;
        group->differs = false;
        td_buf_clear(&group->text);
        group->next_of_body = sift->touched;
        sift->touched = group;
    }
    bool other = !group->count || !td_bytes_equal(td_buf_view(&group->first), piece);
    if (!group->count) {
        td_buf_clear(&group->first);
        td_buf_put_bytes(&group->first, piece);
    } else if (other && !group->differs) {
        group->differs = true;
        for (size_t i = 0; i < group->count; i++)
            td_buf_put_bytes(&group->text, td_buf_view(&group->first));
    }
    group->count += times;
    for (size_t i = 0; i < times && group->differs; i++)
        td_buf_put_bytes(&group->text, piece);
    sift->failed |= td_buf_failed(&group->text) || td_buf_failed(&group->first);
    return other;
}

/* ---- strings ---- */

static struct td_bytes unescape(struct td_sift *sift, struct td_bytes text)
{
    struct td_buf *plain = &sift->plain;
    td_buf_clear(plain);
    for (size_t at = 0; at < text.len;) {
        const char *found = memchr(text.data + at, '\\', text.len - at);
        size_t next = found ? (size_t)(found - text.data) : text.len;
        td_buf_put(plain, text.data + at, next - at);
        at = next;
        if (at == text.len)
            break;
        char bytes[4];
        size_t len, size = td_escape_decode(text, at, bytes, &len);
        if (size)
            td_buf_put(plain, bytes, len);
        else
            td_buf_put_char(plain, '\\');
        at += size ? size : 1;
    }
    sift->failed |= td_buf_failed(plain);
    return td_buf_view(plain);
}

void td_sift_string(struct td_sift *sift, struct td_bytes text, bool escaped)
{
    struct td_bytes plain = escaped ? unescape(sift, text) : text;
    size_t at = 0;
    if (sift->suspicious || plain.len < 3)
        return;
    while (at < plain.len && (unsigned char)plain.data[at] <= ' ')
        at++;
    struct td_bytes rest = td_bytes(plain.data + at, plain.len - at);
    bool several = td_bytes_starts_nocase(rest, TD_BYTES("[")) ||
                   td_bytes_starts_nocase(rest, TD_BYTES("--")) ||
                   td_bytes_starts_nocase(rest, TD_BYTES("data:")) ||
                   td_bytes_starts_nocase(rest, TD_BYTES("event:"));
    bool nested = rest.len && rest.data[0] == '{';
    if ((escaped && several) || (escaped && nested && !td_sift_is_plain_json(sift, rest)) ||
        td_sift_has_literal(sift, plain) ||
        (escaped && !nested && memchr(plain.data, '\\', plain.len)))
        td_sift_ask(sift, text, TD_PART_STRING, td_bytes("", 0));
}

/* ---- a text ---- */

static void add_slot(struct td_sift *sift, struct td_sift_slot slot)
{
    struct td_sift_slot *slots =
        td_grow(sift->slots, sift->slot_count, &sift->slot_capacity, sizeof *slots);
    if (!slots) {
        sift->failed = true;
        return;
    }
    sift->slots = slots;
    sift->slots[sift->slot_count++] = slot;
}

/* To which group each string of a value belongs is known at its end. */
static void place_strings(struct td_sift *sift, struct td_walk *walk, size_t from)
{
    td_pieces_settle(walk);
    for (size_t i = from; i < sift->slot_count && !sift->failed; i++) {
        struct td_sift_slot *slot = &sift->slots[i];
        if (!slot->is_string)
            continue;
        slot->group = td_sift_group(sift, td_piece_place(walk, slot->path, slot->object));
        if (slot->group)
            td_sift_piece(sift, slot->group,
                          td_bytes(walk->text.data + slot->start, slot->end - slot->start), 1);
    }
}

static bool is_blank(struct td_bytes text, size_t at)
{
    while (at < text.len && text.data[at] && strchr(" \t\r\n", text.data[at]))
        at++;
    return at == text.len;
}

void td_sift_json(struct td_sift *sift, struct td_bytes text, bool event)
{
    struct td_walk walk;
    enum td_walk_kind kind;
    bool named = false, several = event;
    sift->slot_count = 0;
    td_walk_init(&walk, text);
    size_t from = 0;
    while (!sift->suspicious && (kind = td_walk_next(&walk)) != TD_WALK_END) {
        struct td_bytes found = td_bytes(text.data + walk.start, walk.end - walk.start);
        if (kind == TD_WALK_VALUE) {
            several = several || walk.listed || !is_blank(text, walk.at);
            if (several)
                place_strings(sift, &walk, from);
            from = event ? sift->slot_count : 0;
            sift->slot_count = from;
            continue;
        }
        td_pieces_tell(&walk, kind);
        if (kind == TD_WALK_KEY) {
            named = td_sift_is_field(sift, found);
            sift->suspicious |= walk.escaped; /* rare enough */
            td_sift_string(sift, found, false);
            continue;
        }
        bool fixed = td_piece_is_telling(walk.key) || named;
        if (kind == TD_WALK_STRING && named && walk.key.len)
            td_sift_ask(sift, found, TD_PART_FIELD, walk.key);
        if (kind == TD_WALK_STRING || found.len >= 8)
            td_sift_string(sift, found, walk.escaped);
        named = false;
        add_slot(sift, (struct td_sift_slot){
                           .start = walk.start,
                           .end = walk.end,
                           .is_string = kind == TD_WALK_STRING,
                           .fixed = fixed,
                           .path = walk.path,
                           .object = walk.object,
                       });
    }
    if (!sift->suspicious && several)
        place_strings(sift, &walk, from);
    if (walk.odd)
        td_sift_ask(sift, text, TD_PART_TEXT, td_bytes("", 0));
    sift->failed |= walk.failed;
    td_walk_release(&walk);
}
