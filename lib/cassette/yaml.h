/* SPDX-License-Identifier: MIT */
/*
 * A YAML document as a light tree of nodes, each of which knows its exact bytes in the source: what
 * the cassette reader reads from, and what edits a file in place without touching the rest of it.
 *
 * Spans. [start, end) are byte offsets into the source:
 *   - properties (`&anchor`, `!tag`) are part of the span, comments beside the node are not;
 *   - a quoted scalar takes in its quotes, a flow collection its brackets, an alias its `*`;
 *   - a block scalar (`|`, `>`) begins at its indicator, and ends before the line break of its
 *     last line; the blank lines behind it are part of it, whether they count (`|+`) or not;
 *   - a block collection begins at its first key or `-`, and ends where its last value ends;
 *   - a value that is left out is empty, and stands right behind its `:` or `-`.
 * So no node takes in the line break that ends its last line, a child lies within its parent,
 * and siblings follow each other without overlap.
 */
#ifndef TD_CASSETTE_YAML_H
#define TD_CASSETTE_YAML_H

#include "base/arena.h"

/* No cassette is larger, and no node nested deeper. */
enum { TD_CASSETTE_MAX_BYTES = 512 * 1024 * 1024, TD_CASSETTE_MAX_DEPTH = 64 };

enum td_yaml_kind {
    TD_YAML_SCALAR,
    TD_YAML_SEQUENCE,
    TD_YAML_MAPPING,
    TD_YAML_ALIAS,
};

enum td_yaml_style {
    /* scalars */
    TD_YAML_PLAIN,
    TD_YAML_SINGLE_QUOTED,
    TD_YAML_DOUBLE_QUOTED,
    TD_YAML_LITERAL,
    TD_YAML_FOLDED,
    /* collections */
    TD_YAML_BLOCK,
    TD_YAML_FLOW,
    TD_YAML_PAIR, /* a mapping of one pair without braces, as in `[a: b]` */
};

enum td_yaml_tag {
    TD_YAML_TAG_NONE,
    TD_YAML_TAG_STR, /* `!!str`, or `!`, which says as much of a scalar */
    TD_YAML_TAG_BINARY,
    TD_YAML_TAG_NULL,
    TD_YAML_TAG_OTHER,
};

/* 40 bytes, since a cassette of tiny values is mostly these. */
struct td_yaml_node {
    struct td_yaml_node *next; /* the next sibling; in a mapping keys and values take turns */
    union {
        const char *text;            /* a scalar's value, decoded; no NUL behind it */
        struct td_yaml_node *first;  /* a collection's first child, NULL where it is empty */
        struct td_yaml_node *target; /* the node that an alias stands for, never an alias itself */
    };
    uint32_t len; /* a scalar's bytes of text, a sequence's items, a mapping's pairs */
    uint32_t start;
    uint32_t end;
    uint32_t line;   /* of start, 1-based */
    uint32_t column; /* of start, 1-based, in characters */
    uint8_t kind;    /* enum td_yaml_kind */
    uint8_t style;   /* enum td_yaml_style */
    uint8_t tag;     /* enum td_yaml_tag */
    bool anchored;   /* an alias may stand for it */
};

struct td_yaml {
    struct td_bytes source; /* borrowed: it must live as long as the tree */
    struct td_yaml_node *root;
    struct td_arena nodes;
    struct td_arena texts; /* the scalars' texts that do not stand in the source as they are */
    char *room;            /* in texts, for as much text as the source is likely to hold */
    size_t room_left;
};

/*
 * Exactly one document, at most TD_CASSETTE_MAX_BYTES of UTF-8, nested at most
 * TD_CASSETTE_MAX_DEPTH deep, without duplicate keys. Aliases may stand for no more than a
 * multiple of the file, so that going through the tree, aliases followed, is never endless.
 * `path` is only for messages. The tree is to be released also after a failure.
 */
int td_yaml_parse(struct td_yaml *tree, const char *path, struct td_bytes source,
                  struct td_error *err);
void td_yaml_release(struct td_yaml *tree);

/* A copy in tree->texts, followed by a NUL; data is NULL when memory ran out. */
struct td_bytes td_yaml_keep(struct td_yaml *tree, struct td_bytes text);

/* From between two nodes, behind blanks, line breaks and comments. */
size_t td_yaml_skip_blank(struct td_bytes text, size_t at);

/* Goes through a tree in the order of the file, each node before what is in it; aliases are not
 * followed. */
struct td_yaml_walk {
    const struct td_yaml_node *next;
    const struct td_yaml_node *after[TD_CASSETTE_MAX_DEPTH]; /* behind what the walk is in */
    size_t depth;
};

void td_yaml_walk_init(struct td_yaml_walk *walk, const struct td_yaml_node *first);
/* NULL at the end of the siblings of `first`. */
const struct td_yaml_node *td_yaml_walk_next(struct td_yaml_walk *walk);

/* The node itself, or the one that it is an alias of. */
static inline const struct td_yaml_node *td_yaml_resolve(const struct td_yaml_node *node)
{
    return node->kind == TD_YAML_ALIAS ? node->target : node;
}

/* A scalar's value. */
static inline struct td_bytes td_yaml_text(const struct td_yaml_node *scalar)
{
    return td_bytes(scalar->text, scalar->len);
}

/* Whether the node, aliases followed, is null: left out, `~`, `null` or `!!null`. */
bool td_yaml_is_null(const struct td_yaml_node *node);
/* Whether a key, aliases followed, is a scalar with this text. */
static inline bool td_yaml_is_key(const struct td_yaml_node *key, struct td_bytes text)
{
    key = td_yaml_resolve(key);
    return key->kind == TD_YAML_SCALAR && td_bytes_equal(td_yaml_text(key), text);
}
/* An error that names both places where two keys of a mapping are the same text. */
int td_yaml_check_keys(const struct td_yaml_node *mapping, const char *path, struct td_error *err);
/* The value of a key of a mapping, or NULL. */
const struct td_yaml_node *td_yaml_find(const struct td_yaml_node *mapping, struct td_bytes key);

#endif
