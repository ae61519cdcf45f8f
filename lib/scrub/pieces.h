/* SPDX-License-Identifier: MIT */
/*
 * The texts that a stream tells piece by piece: strings in the same place of one event after the
 * other. Put together they may show a secret that no piece shows.
 */
#ifndef TD_SCRUB_PIECES_H
#define TD_SCRUB_PIECES_H

#include "base/map.h"
#include "scrub/view.h"
#include "scrub/walk.h"

struct td_piece_text;
struct td_work;

struct td_pieces {
    struct td_map texts; /* by place */
    struct td_piece_text *first, *last;
    /* Of the value at hand. */
    struct td_piece_waiting {
        const struct td_view *view;
        uint64_t path;
        uint32_t object;
    } * waiting;
    size_t count;
    size_t capacity;
    size_t values; /* that had pieces */
    bool failed;
};

void td_pieces_init(struct td_pieces *pieces);
void td_pieces_release(struct td_pieces *pieces);
/* A key whose value says which of several choices, items or calls its object is. */
bool td_piece_is_telling(struct td_bytes key);
/* An object is known by those that it is in as well: once, at the end of a value. */
void td_pieces_settle(struct td_walk *walk);
/* Then: the text that a string is a piece of. */
struct td_hash td_piece_place(const struct td_walk *walk, uint64_t path, uint32_t object);
uint64_t td_piece_mix(uint64_t a, uint64_t b);

/* What the walk has found may say which of several choices, items or calls its object is. */
void td_pieces_tell(struct td_walk *walk, enum td_walk_kind kind);
/* A string that the walk has found, decoded. */
void td_pieces_add(struct td_pieces *pieces, const struct td_walk *walk,
                   const struct td_view *view);
/* A piece of a text that is not JSON. */
void td_pieces_add_plain(struct td_pieces *pieces, const struct td_view *view);
/* All pieces of one event are there. */
void td_pieces_end_value(struct td_pieces *pieces, struct td_walk *walk);
/* Looks at what has come together. */
void td_pieces_examine(struct td_pieces *pieces, struct td_work *work, unsigned depth);

#endif
