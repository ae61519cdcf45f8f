/* SPDX-License-Identifier: MIT */
/*
 * What the parts of cassette/edit.h share.
 *
 *   edit.c          notes what is wanted, renders and saves
 *   edit_draft.c    from there to the text, step by step
 *   edit_share.c    gives what is to be changed a text of its own where aliases share it
 *   edit_change.c   from what is wanted to splices, key by key
 *   edit_place.c    lines and columns: where things go, in block style and in flow style
 *   edit_scalar.c   a text in the style that its place has
 *   edit_manner.c   how a file is laid out
 *   edit_new.c      whole interactions
 *   edit_check.c    whether what was rendered is what was wanted
 *
 * A change is a difference between two models, the one that was read and the one that is wanted.
 * What was wanted in between leaves no trace.
 */
#ifndef TD_CASSETTE_EDIT_INSIDE_H
#define TD_CASSETTE_EDIT_INSIDE_H

#include <tapedeck/cassette.h>

#include "cassette/edit.h"
#include "cassette/emit.h"
#include "cassette/record.h"
#include "cassette/splice.h"
#include "cassette/yaml.h"

/*
 * An interaction as it is wanted. In its fields those that were read keep their index; one that
 * is removed has no name (name.data is NULL), and those that are added follow.
 */
struct td_edit_item {
    struct td_interaction wanted;
    bool removed;
};

struct td_edit {
    char *path;
    struct td_buf content; /* the file, to the byte */
    struct td_yaml tree;
    struct td_cassette *cassette;
    struct td_edit_item **items; /* one for each interaction, NULL while it is as it was read */
    struct td_interaction **added;
    size_t added_count;
    struct td_arena arena; /* all that is wanted */
    struct td_edit_stamp {
        uint64_t device, inode, size;
        int64_t seconds, nanoseconds;
    } stamp; /* which file was read; zero where none was */
};

/* The file while it is being changed, and how it is laid out. */
struct td_draft {
    const struct td_edit *edit;
    struct td_yaml tree; /* the edit's own, or one of `text` */
    struct td_buf text;  /* in which no alias stands in the way, and the last line has an end */
    bool owned;          /* whether it is one of `text` */
    bool careful;        /* all new texts are double-quoted: what follows a block may count to it */
    struct td_splices splices;
    struct td_arena arena;
    struct td_manner {
        struct td_bytes line_break;
        enum td_layout layout;
        bool flow;          /* JSON, or something like it */
        bool pretty;        /* flow, and over several lines */
        bool sorted;        /* keys stand in alphabetical order */
        bool quotes_all;    /* texts are double-quoted, whether they need it or not */
        bool quotes_single; /* '' rather than "" where quotes are needed: PyYAML */
        bool quotes_keys;   /* keys are double-quoted */
        bool ascii;         /* other characters are escaped */
        bool astral;        /* characters beyond U+FFFF are not */
        bool ids;           /* interactions have an `id` */
        bool ids_inside;    /* which stands in `request` */
        /* Columns, from 0: of an interaction's `-`, its keys, those of a request, header names,
         * their values' `-`. */
        unsigned dash, key, field, name, value;
    } manner;
};

#define TD_CANNOT(edit, err, where, ...)                                                           \
    td_error_set_at((err), TD_ERR_INVALID, (edit)->path, (where).line, (where).column, __VA_ARGS__)

/* ---- the model ---- */

/* Whether the interaction is to be anything but what was read. */
bool td_edit_differs(const struct td_edit *edit, size_t position);

/* What is wanted of an interaction. */
static inline const struct td_interaction *td_edit_wanted(const struct td_edit *edit,
                                                          size_t position)
{
    return edit->items[position] ? &edit->items[position]->wanted
                                 : &edit->cassette->interactions[position];
}

static inline bool td_edit_removed(const struct td_edit *edit, size_t position)
{
    return edit->items[position] && edit->items[position]->removed;
}

static inline const struct td_keys *td_edit_keys(enum td_side side)
{
    return side == TD_REQUEST ? &td_request_keys : &td_response_keys;
}

static inline void *td_edit_record(const struct td_interaction *interaction, enum td_side side)
{
    return side == TD_REQUEST ? (void *)(uintptr_t)&interaction->request
                              : (void *)(uintptr_t)&interaction->response;
}

#endif
