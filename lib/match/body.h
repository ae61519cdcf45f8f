/* SPDX-License-Identifier: MIT */
/*
 * When two request bodies are the same: equal bytes; else JSON by value; else form fields; else
 * multipart with the boundary left out.
 *
 * All four are one question, put to each body alone: what is its canonical form? What a body is
 * is read off the body itself, never off its Content-Type, so that a recorder that dropped the
 * header and a program that sends another one (curl's -d) still agree.
 */
#ifndef TD_MATCH_BODY_H
#define TD_MATCH_BODY_H

#include "base/hash.h"
#include "match/rules.h"

enum td_body_kind {
    TD_BODY_BYTES, /* anything else, also empty */
    TD_BODY_JSON,  /* an object or an array */
    TD_BODY_FORM,
    TD_BODY_MULTIPART,
};

/* A form's field, decoded; a part of a multipart body as it stands, without a name; or all of a
 * body of bytes. */
struct td_body_piece {
    struct td_bytes name;
    struct td_bytes value;
};

/* A body as matching sees it. Borrows from the bytes; the rest is in the arena. */
struct td_body {
    enum td_body_kind kind;
    struct td_bytes bytes;
    struct td_json *json;         /* of TD_BODY_JSON */
    struct td_body_piece *pieces; /* of all other kinds: fields by name, those of one name in
                                     written order; parts in written order */
    size_t count;
};

/* As the rules see it: what they ignore is not there, and sets are in an order of their own.
 * `rules` may be NULL. 0, or TD_ERR_NOMEM. */
int td_body_read(struct td_body *body, struct td_arena *arena, struct td_bytes bytes,
                 const struct td_rules *rules);

/* Appends the canonical form, the kind's own letter first so that kinds never meet. */
void td_body_put_canonical(struct td_buf *out, const struct td_body *body);
/* The same of bytes. */
enum td_body_kind td_body_canonical(struct td_buf *out, struct td_bytes bytes,
                                    const struct td_rules *rules);

/* The pieces of two bodies side by side: paired by name, the first with the first, ... */
struct td_body_walk {
    const struct td_body_piece *a; /* the pair at hand; NULL: only b has it */
    const struct td_body_piece *b; /* NULL: only a has it */
    bool same;
    size_t place; /* of the pair at hand among all, from 0 */
    /* For the walk itself. */
    const struct td_body *a_body, *b_body;
    size_t a_next, b_next;
};

void td_body_walk_init(struct td_body_walk *walk, const struct td_body *a, const struct td_body *b);
/* The next pair; false after the last. */
bool td_body_walk_next(struct td_body_walk *walk);

#endif
