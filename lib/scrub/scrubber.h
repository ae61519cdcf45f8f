/* SPDX-License-Identifier: MIT */
/* Rules as they are compiled, and the work of scrubbing one text with them. */
#ifndef TD_SCRUB_SCRUBBER_H
#define TD_SCRUB_SCRUBBER_H

#include "scrub/echo.h"
#include "scrub/literals.h"
#include "scrub/names.h"
#include "scrub/pattern.h"
#include "scrub/rules.h"
#include "scrub/scrub.h"
#include "scrub/view.h"

/* What a literal stands for; its index says which. */
enum td_literal_kind {
    TD_LITERAL_SHAPE,    /* of td_key_shapes */
    TD_LITERAL_SPECIAL,  /* of td_special_literals */
    TD_LITERAL_VARIABLE, /* of the scrubber's variables */
    TD_LITERAL_BASE64,   /* something of the above in base64: characters of its group before it */
    TD_LITERAL_MARK,     /* a placeholder */
    TD_LITERAL_NAME,     /* a word of the names of fields; only in a quick look, as the next */
    TD_LITERAL_PERCENT,  /* a byte that is percent-encoded; likewise */
    TD_LITERAL_SIGN,     /* of JSON that takes a closer one */
};

/* A value that is a secret whatever it looks like: a variable's of the environment; or one that
 * `rule` has found before. */
struct td_variable {
    const char *name;
    const char *rule; /* NULL: the environment's */
    struct td_bytes value;
};

struct td_user_pattern {
    const char *id;
    struct td_pattern *pattern;
};

struct td_scrubber {
    struct td_arena arena; /* all texts */
    struct td_literals literals;
    struct td_names names;
    struct td_variable *variables;
    size_t variable_count;
    struct td_user_pattern *patterns;
    size_t pattern_count;
    struct td_list kept;     /* headers that stay where not all do */
    struct td_list disabled; /* ids of rules */
    bool allow_headers;
    bool own_fields; /* the user has named some */
    bool pseudonyms;
    bool emails;
    bool ids;
    uint64_t key[2];
};

/* All literals that the rules are looked for by; the arena has texts that no table has. 0 or
 * TD_ERR_NOMEM. */
int td_scrubber_fill(const struct td_scrubber *scrubber, struct td_literals *literals,
                     struct td_arena *arena);
/* One that knows these values and no other rule, and else is like another one; the values' texts
 * are copied. NULL where memory ran out. */
struct td_scrubber *td_scrubber_of_values(const struct td_scrubber *like,
                                          const struct td_variable *values, size_t count);
/* `id` is borrowed. */
int td_scrubber_add_pattern(struct td_scrubber *scrubber, const char *id, struct td_bytes source,
                            struct td_error *err);

/* Which of two rules that found the same bytes is named: the lower one. */
enum {
    TD_ORDER_ENVIRONMENT,
    TD_ORDER_NAME,
    TD_ORDER_PATTERN,
    TD_ORDER_SHAPE = TD_ORDER_PATTERN + 1024,
    TD_ORDER_SPECIAL = TD_ORDER_SHAPE + 1024,
};

/* One text that is being scrubbed. */
struct td_work {
    const struct td_scrubber *scrubber;
    bool matching;        /* placeholders become "[REDACTED]" */
    size_t reports;       /* so far */
    struct td_echo *echo; /* learns what is known by its name; or NULL */
    bool open;            /* something may begin here that has no end yet: a private key */
    struct td_desk desk;
};

/* The length of the placeholder at the start of `text`, or 0. */
size_t td_placeholder_length(struct td_bytes text);

/* Replaces a part of a view, unless it is a placeholder already. */
void td_work_report(struct td_work *work, const struct td_view *view, size_t start, size_t end,
                    const char *rule, const char *variable, unsigned order);

/* Looks for secrets by shape, by value and by pattern, in the bytes of a view as they are. `depth`
 * is how many layers of encoding were taken off so far. */
void td_work_scan(struct td_work *work, const struct td_view *view, unsigned depth);

/* The same in all that the view may hold: JSON, a stream, a form, parts, gzip, plain text. */
void td_work_examine(struct td_work *work, const struct td_view *view, struct td_bytes content_type,
                     unsigned depth);
/* Whether a body that starts like that is a plain text for sure, whatever follows. */
bool td_work_is_plain(struct td_bytes start, struct td_bytes content_type);
/* As plain text with escapes in it. */
void td_work_examine_text(struct td_work *work, const struct td_view *view, unsigned depth);
/* A stream of events: scrub/events.c. */
void td_work_examine_events(struct td_work *work, const struct td_view *view, unsigned depth);
struct td_pieces;
/* The strings of JSON, which are pieces of a stream's texts as well where `pieces` is not NULL. */
void td_work_walk_json(struct td_work *work, const struct td_view *view, struct td_pieces *pieces,
                       unsigned depth);
/* JSON, or values of it one after the other. */
void td_work_examine_json(struct td_work *work, const struct td_view *view, unsigned depth);
/* What stands between the quotes of a string of JSON. */
void td_work_examine_string(struct td_work *work, const struct td_view *view);
/* What may be a form though nothing says so. */
bool td_work_looks_like_form(struct td_bytes text);
/* What is left to be looked at as a text. */
const struct td_view *td_work_examine_form(struct td_work *work, const struct td_view *view,
                                           unsigned depth);
/* False where it is none. */
bool td_work_examine_multipart(struct td_work *work, const struct td_view *view,
                               struct td_bytes content_type, unsigned depth);
/* AWS's event streams: scrub/frames.c. */
bool td_work_examine_frames(struct td_work *work, const struct td_view *view, unsigned depth);
bool td_work_examine_gzip(struct td_work *work, const struct td_view *view,
                          struct td_bytes content_type, unsigned depth);
void td_work_examine_url(struct td_work *work, const struct td_view *view);
void td_work_examine_header(struct td_work *work, const struct td_view *view, struct td_bytes name);

#endif
