/* SPDX-License-Identifier: MIT */
#include "scrub/pieces.h"

#include <stdlib.h>

#include "base/grow.h"
#include "scrub/scrubber.h"

/* A text, and its pieces so far. */
struct td_piece_text {
    const struct td_view **views;
    size_t count;
    size_t capacity;
    bool differs; /* not all pieces are the same */
    struct td_piece_text *next;
};

void td_pieces_init(struct td_pieces *pieces)
{
    *pieces = (struct td_pieces){0};
    td_map_init(&pieces->texts);
}

void td_pieces_release(struct td_pieces *pieces)
{
    for (struct td_piece_text *text = pieces->first, *next; text; text = next) {
        next = text->next;
        free(text->views);
        free(text);
    }
    free(pieces->waiting);
    td_map_release(&pieces->texts);
}

uint64_t td_piece_mix(uint64_t a, uint64_t b)
{
    unsigned __int128 product =
        (unsigned __int128)(a ^ UINT64_C(0xa0761d6478bd642f)) * (b ^ UINT64_C(0xe7037ed1a0b428db));
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

bool td_piece_is_telling(struct td_bytes key)
{
    static const char *const names[] = {
        "index", "output_index", "content_index", "summary_index", "contentBlockIndex", "item_id",
    };
    if (key.len < 5 || (key.data[key.len - 1] != 'x' && key.data[key.len - 1] != 'd'))
        return false;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (td_bytes_equal(key, td_bytes_of(names[i])))
            return true;
    return false;
}

void td_pieces_tell(struct td_walk *walk, enum td_walk_kind kind)
{
    if (kind == TD_WALK_KEY || !walk->object || !td_piece_is_telling(walk->key))
        return;
    struct td_bytes value = td_bytes(walk->text.data + walk->start, walk->end - walk->start);
    /* In whatever order they come. */
    walk->objects[walk->object].which +=
        td_piece_mix(td_hash_bytes(walk->key).low, td_hash_bytes(value).low);
}

static void wait(struct td_pieces *pieces, const struct td_view *view, uint64_t path,
                 uint32_t object)
{
    struct td_piece_waiting *waiting =
        td_grow(pieces->waiting, pieces->count, &pieces->capacity, sizeof *waiting);
    if (!waiting) {
        pieces->failed = true;
        return;
    }
    pieces->waiting = waiting;
    pieces->waiting[pieces->count++] = (struct td_piece_waiting){view, path, object};
}

void td_pieces_add(struct td_pieces *pieces, const struct td_walk *walk, const struct td_view *view)
{
    wait(pieces, view, walk->path, walk->object);
}

static struct td_piece_text *find_text(struct td_pieces *pieces, struct td_hash place)
{
    struct td_piece_text *text = td_map_get(&pieces->texts, place);
    if (text)
        return text;
    text = calloc(1, sizeof *text);
    if (!text || td_map_put(&pieces->texts, place, text) < 0) {
        free(text);
        pieces->failed = true;
        return NULL;
    }
    if (pieces->last)
        pieces->last->next = text;
    else
        pieces->first = text;
    pieces->last = text;
    return text;
}

static void add(struct td_pieces *pieces, struct td_hash place, const struct td_view *view)
{
    struct td_piece_text *text = find_text(pieces, place);
    if (!text)
        return;
    const struct td_view **views =
        td_grow(text->views, text->count, &text->capacity, sizeof *views);
    if (!views) {
        pieces->failed = true;
        return;
    }
    text->views = views;
    text->differs |= text->count && !td_bytes_equal(text->views[0]->text, view->text);
    text->views[text->count++] = view;
}

void td_pieces_add_plain(struct td_pieces *pieces, const struct td_view *view)
{
    add(pieces, (struct td_hash){0, 1}, view);
    pieces->values++;
}

void td_pieces_settle(struct td_walk *walk)
{
    struct td_walk_object *objects = walk->objects;
    for (size_t i = 1; i < walk->object_count; i++)
        objects[i].which = td_piece_mix(objects[objects[i].parent].which, objects[i].which);
}

struct td_hash td_piece_place(const struct td_walk *walk, uint64_t path, uint32_t object)
{
    return (struct td_hash){path, walk->objects[object].which << 1};
}

void td_pieces_end_value(struct td_pieces *pieces, struct td_walk *walk)
{
    if (!pieces->count || walk->failed)
        return;
    td_pieces_settle(walk);
    for (size_t i = 0; i < pieces->count; i++) {
        const struct td_piece_waiting *piece = &pieces->waiting[i];
        add(pieces, td_piece_place(walk, piece->path, piece->object), piece->view);
    }
    pieces->count = 0;
    pieces->values++;
}

void td_pieces_examine(struct td_pieces *pieces, struct td_work *work, unsigned depth)
{
    struct td_desk *desk = &work->desk;
    desk->failed |= pieces->failed;
    for (struct td_piece_text *text = pieces->first; text && !desk->failed; text = text->next)
        if (text->count > 1 && text->differs && pieces->values > 1)
            td_work_examine(work, td_view_join(desk, text->views, text->count), td_bytes("", 0),
                            depth + 1);
}
