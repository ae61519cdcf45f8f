/* SPDX-License-Identifier: MIT */
/*
 * JSON values as Tapedeck compares them: numbers by the exact value of their text, strings by
 * their code points, objects without regard to the order of their keys.
 *
 * The reader is our own because no library keeps a number's text, a NUL inside a string or a lone
 * surrogate, and all three decide whether two bodies are the same. No recursion: every node knows
 * its parent, so that a walk needs no stack and depth costs memory only.
 *
 * A tree is not changed once it is read: any number of threads may look at it.
 */
#ifndef TD_JSON_JSON_H
#define TD_JSON_JSON_H

#include "base/arena.h"

enum td_json_kind {
    TD_JSON_NULL,
    TD_JSON_FALSE,
    TD_JSON_TRUE,
    TD_JSON_NUMBER,
    TD_JSON_STRING,
    TD_JSON_ARRAY,
    TD_JSON_OBJECT,
};

struct td_json {
    enum td_json_kind kind;
    bool set;               /* an array whose order does not count: see json/pattern.h */
    bool whole;             /* a patch cannot name its children, so that it is replaced whole: an
                               array whose children are not as in the text any more (they keep
                               their index), or, after td_json_hash(), an object with a key twice */
    struct td_bytes key;    /* decoded; of a member of an object, else empty */
    struct td_bytes text;   /* a string decoded (WTF-8 for a lone surrogate; CR LF as LF), or a
                               number in the one spelling of its value (an integer of up to 21
                               digits stays as it is); two scalars are the same value exactly when
                               kind and text are */
    struct td_bytes source; /* the value as it stands in the input (borrowed from it) */
    struct td_json *parent; /* NULL: the whole text */
    struct td_json *first;  /* an array's or object's children, in written order */
    struct td_json *next;
    struct td_json **sorted; /* an object's members by key; equal keys in written order */
    size_t count;            /* of children */
    size_t index;            /* its place in an array, or in the object's `sorted` */
    uint64_t hash;           /* of its value, once td_json_hash() was there */
};

/*
 * A whole JSON text, white space around it allowed, nothing else. NULL where `text` is not JSON,
 * with the place in err (line and column in `text`) if err is given, or where memory ran out
 * (TD_ERR_NOMEM). The tree lives in `arena` and borrows from `text`. Duplicate keys are kept, all
 * of them. Invalid UTF-8 inside a string is kept as it is.
 */
struct td_json *td_json_parse(struct td_arena *arena, struct td_bytes text, struct td_error *err);

/*
 * Appends the canonical form: no white space, members sorted by key (byte order; equal keys stay
 * in written order), strings with the fewest escapes, numbers in one spelling for each value (so
 * 1.0, 1e0 and 1 are the same bytes, and 9007199254740993 and 9007199254740992 are not; -0 is 0).
 * Two texts are the same JSON value exactly when their canonical forms are the same bytes.
 */
void td_json_canonical(struct td_buf *out, const struct td_json *value);

/* Appends a string of JSON text, quotes and all. Always UTF-8: a lone surrogate (three bytes of
 * WTF-8) is escaped, and a byte that is no UTF-8 becomes U+FFFD. */
void td_json_put_string(struct td_buf *out, struct td_bytes text);
/* Appends a value as its text spells it, without the white space between tokens; always UTF-8. */
void td_json_put_source(struct td_buf *out, struct td_bytes source);

/*
 * Gives each node of the tree the hash of its value: equal values have equal hashes, and different
 * ones different hashes but for an accident, so that whoever must know asks td_json_equal() then.
 * On the way the elements of arrays that are sets are put into an order of their own. Linear (n
 * log n for sets). False where memory ran out.
 */
bool td_json_hash(struct td_json *root);
/* Whether both are the same value. Linear. */
bool td_json_equal(const struct td_json *a, const struct td_json *b);

/* The member of another object that goes with `member`: the same key, the same one of those that
 * have it. NULL where there is none. */
const struct td_json *td_json_partner(const struct td_json *object, const struct td_json *member);

/* Appends the JSON Pointer (RFC 6901) that leads from `root` to `node`; nothing for the root. */
void td_json_path(struct td_buf *out, const struct td_json *root, const struct td_json *node);

/*
 * Two values side by side, leaf by leaf: members are paired by key (of duplicates the first with
 * the first), elements by index; in the written order of `a`, and what only `b` has at the end of
 * its container. A pair is a leaf where one side has nothing, where the kinds differ, or where
 * there is nothing inside. Takes no memory, and time in n log n at the most for the whole walk.
 */
struct td_json_walk {
    const struct td_json *a; /* the pair at hand; NULL: only b has it */
    const struct td_json *b; /* NULL: only a has it */
    bool same;               /* both are the same value */
    /* For the walk itself. */
    const struct td_json *a_root, *b_root;
    const struct td_json *a_in, *b_in; /* the containers of the pair at hand */
};

void td_json_walk_init(struct td_json_walk *walk, const struct td_json *a, const struct td_json *b);
/* The next pair; false after the last. */
bool td_json_walk_next(struct td_json_walk *walk);

/* The first difference, in the order of a walk. */
struct td_json_difference {
    struct td_buf path;      /* JSON Pointer of the place; "" is the whole value */
    const struct td_json *a; /* NULL: only b has it */
    const struct td_json *b; /* NULL: only a has it */
};

/* True and *difference filled in (release its path), or false where the values are the same. */
bool td_json_first_difference(const struct td_json *a, const struct td_json *b,
                              struct td_json_difference *difference);

#endif
