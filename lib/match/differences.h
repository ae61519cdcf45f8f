/* SPDX-License-Identifier: MIT */
/*
 * What differs between two messages, difference by difference: what a miss is explained with and
 * what `tapedeck diff` shows. `a` is what was (recorded), `b` what is (asked).
 */
#ifndef TD_MATCH_DIFFERENCES_H
#define TD_MATCH_DIFFERENCES_H

#include "match/body.h"
#include "match/index.h"
#include "json/delta.h"

enum td_difference_kind {
    TD_DIFFERENCE_CHANGED,
    TD_DIFFERENCE_REMOVED, /* only a has it */
    TD_DIFFERENCE_ADDED,   /* only b has it */
    TD_DIFFERENCE_MOVED,
    TD_DIFFERENCE_RENAMED,
};

struct td_difference {
    enum td_difference_kind kind;
    const char *part;          /* "method", "url", "header", "body", "response", "status" */
    struct td_bytes place;     /* within it, for people: "host", "query 'a'", "field 'a'", "part 2",
                                  "line 3", or a JSON Pointer; may be empty */
    struct td_bytes new_place; /* of what was moved or renamed */
    struct td_bytes pointer;   /* the JSON Pointer, where it is one place in a body that is JSON */
    struct td_bytes name;      /* the header's, or the query field's */
    const struct td_json *a_json, *b_json; /* the values, where they are JSON */
    struct td_bytes a, b;                  /* else; no data where that side has none */
    bool described; /* a and b are not the values but say what they are: "12 bytes of text" */
};

struct td_differences {
    struct td_difference *items;
    size_t count;
    size_t capacity;
    size_t more;  /* beyond TD_DIFFERENCES_MOST, or with places too long to keep, not kept */
    size_t paths; /* bytes of pointers that are kept */
    /* What it comes to, in words: "message 2 (user) changed". */
    struct td_bytes *headlines;
    size_t headline_count;
    size_t headline_capacity;
    bool failed;           /* memory ran out on the way */
    struct td_arena arena; /* all of the texts and trees */
};

enum { TD_DIFFERENCES_MOST = 2000 };

void td_differences_init(struct td_differences *differences);
void td_differences_release(struct td_differences *differences);
void td_differences_add(struct td_differences *differences, struct td_difference difference);
/* Where it is not the last one already. */
void td_differences_add_headline(struct td_differences *differences, struct td_bytes text);
/* A copy in the arena. */
struct td_bytes td_differences_keep(struct td_differences *differences, struct td_bytes text);

/* Two texts under a label, if they differ; NULL: that side has none. */
void td_differences_text(struct td_differences *differences, const char *part,
                         struct td_bytes place, const struct td_bytes *a, const struct td_bytes *b);
/*
 * All parts of two requests that count by the rules: method, URL by its parts, headers, body. Finds
 * something exactly where the index does not match them. Borrows both.
 */
void td_differences_requests(struct td_differences *differences, const struct td_query *a,
                             const struct td_query *b, const struct td_rules *rules);
void td_differences_headers(struct td_differences *differences, const struct td_fields *a,
                            const struct td_fields *b, const struct td_rules *rules);

/* Two bodies: JSON by path, text by line, forms by field, multipart by part. Where both are JSON
 * and `delta` is given it is made (release it), of *a_json and *b_json. */
struct td_body_delta {
    const struct td_json *a, *b; /* NULL: not both are JSON */
    struct td_json_delta delta;
};
void td_differences_bodies(struct td_differences *differences, const char *part, struct td_bytes a,
                           struct td_bytes b, const struct td_rules *rules,
                           struct td_body_delta *delta);
/* The same of a piece of a message that stands at `place`. */
void td_differences_bodies_at(struct td_differences *differences, const char *part,
                              struct td_bytes place, struct td_bytes a, struct td_bytes b,
                              const struct td_rules *rules, struct td_body_delta *delta);
void td_body_delta_release(struct td_body_delta *delta);

/* What the changes of a request to a language model come to, as headlines. */
void td_differences_headlines(struct td_differences *differences, const struct td_query *a,
                              const struct td_query *b, const struct td_body_delta *delta);

#endif
