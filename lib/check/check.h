/* SPDX-License-Identifier: MIT */
/*
 * The engine: a cassette in both its forms, as the model and as the tree of its YAML nodes, and the
 * passes that go over it. A rule is a row in the table of rules.c; a pass looks for what one or a
 * few rules are about, and reports it under them. Who adds rules adds rows and a pass.
 */
#ifndef TD_CHECK_CHECK_H
#define TD_CHECK_CHECK_H

#include <tapedeck/check.h>

#include "base/file.h"
#include "cassette/cassette.h"
#include "cassette/yaml.h"

/* In the order of the table. */
enum td_check_rule_id {
    TD_CHECK_BAD_SYNTAX,
    TD_CHECK_BAD_VERSION,
    TD_CHECK_BAD_STRUCTURE,
    TD_CHECK_BAD_URL,
    TD_CHECK_BAD_METHOD,
    TD_CHECK_BAD_HEADER,
    TD_CHECK_STREAM_CUT,
    TD_CHECK_UNKNOWN_SETTING,
    TD_CHECK_BAD_SETTING,
    TD_CHECK_SECRET,
    TD_CHECK_BAD_JSON,
    TD_CHECK_CONTENT_LENGTH,
    TD_CHECK_STATUS_TEXT,
    TD_CHECK_PROTOCOL,
    TD_CHECK_ID_REPEATED,
    TD_CHECK_ID_ORDER,
    TD_CHECK_CHUNKS,
    TD_CHECK_BINARY_TEXT,
    TD_CHECK_STYLE,
    TD_CHECK_JOURNAL,
    TD_CHECK_SAME_REQUEST,
    TD_CHECK_UNKNOWN_KEY,
    TD_CHECK_COUNT,
};

extern const struct td_check_rule td_check_rules[TD_CHECK_COUNT];

/* A finding, and the one right answer to it where there is one. */
struct td_found {
    struct td_check_finding finding;
    const struct td_yaml_node *node; /* a scalar; NULL: nothing is to be put in its place */
    const char *text;                /* what is, as it is written in YAML */
    const char *what;                /* the value is, in a message */
};

/* Findings, or other things to tell of a file in the same form. */
struct td_found_list {
    struct td_found *items;
    size_t count, capacity;
};

/* A file that is being checked. */
struct td_check {
    char *path;
    struct td_file file;
    struct td_yaml tree;
    struct td_cassette *cassette; /* NULL where the reader refuses the file */
    bool wanted[TD_CHECK_COUNT];
    struct td_found_list findings;
    struct td_found_list fixed;
    struct td_found_list unfixed;
    struct td_arena arena; /* of the messages */
    bool no_memory;        /* a pass may go on, but its findings are not all there */
};

/* One interaction, and where the nodes of its parts are. */
struct td_checked {
    const struct td_interaction *model;
    size_t position;
    const struct td_yaml_node *node; /* the interaction's mapping; aliases are followed in all */
    const struct td_yaml_node *id;   /* NULL where it was left out */
    const struct td_yaml_node *request;
    const struct td_yaml_node *response;
};

/* What a request and a response have in common, to go over both alike. */
struct td_side_of {
    const char *name; /* "request", "response" */
    const struct td_message *message;
    const struct td_yaml_node *node;
};

struct td_side_of td_checked_side(const struct td_checked *one, unsigned side);

/* A pass goes over the whole cassette, or looks at one interaction: one of the two is NULL. */
struct td_pass {
    void (*whole)(struct td_check *check);
    void (*one)(struct td_check *check, const struct td_checked *one);
};

void td_check_ids(struct td_check *check);
void td_check_journal(struct td_check *check);
void td_check_keys(struct td_check *check);
void td_check_same(struct td_check *check);
void td_check_secrets(struct td_check *check);
void td_check_style(struct td_check *check);
void td_check_binary(struct td_check *check, const struct td_checked *one);
void td_check_url(struct td_check *check, const struct td_checked *one);
void td_check_headers(struct td_check *check, const struct td_checked *one);
void td_check_status(struct td_check *check, const struct td_checked *one);
void td_check_protocol(struct td_check *check, const struct td_checked *one);
void td_check_length(struct td_check *check, const struct td_checked *one);
void td_check_json(struct td_check *check, const struct td_checked *one);
void td_check_stream(struct td_check *check, const struct td_checked *one);

/* Calls `visit` for each interaction in turn. */
void td_check_each(struct td_check *check,
                   void (*visit)(struct td_check *check, const struct td_checked *one,
                                 void *context),
                   void *context);

/* Adds a finding, and returns it until the next; NULL where its rule is not wanted. `one` is NULL
 * where it is about no interaction. What the message quotes of a file has gone through
 * td_check_quote(). */
struct td_found *td_check_report(struct td_check *check, enum td_check_rule_id rule,
                                 const struct td_checked *one, struct td_mark mark,
                                 const char *format, ...) TD_PRINTF(5, 6);
/* Says how what was found (NULL is fine) is mended: `text` as the node's value. `what` it is goes
 * into a message. Both live as long as the check. */
void td_check_mend(struct td_found *found, const struct td_yaml_node *node, const char *text,
                   const char *what);
/* Adds to another list, whatever rules are wanted: `as`, with this message. */
void td_check_tell(struct td_check *check, struct td_found_list *list,
                   const struct td_check_finding *as, const char *format, ...) TD_PRINTF(4, 5);
/* A text that lives as long as the check; "" where there is no memory for it. */
const char *td_check_text(struct td_check *check, const char *format, ...) TD_PRINTF(2, 3);
/* In single quotes, short, and printable. Never NULL; lives as long as the check. */
const char *td_check_quote(struct td_check *check, struct td_bytes text);
/* The same, with the place where it starts to differ from another text in view. */
const char *td_check_quote_beside(struct td_check *check, struct td_bytes text,
                                  struct td_bytes other);

/* Where a node stands; of none, where `or_else` does. */
struct td_mark td_check_mark(const struct td_yaml_node *node, const struct td_yaml_node *or_else);
/* Where the byte at `offset` of a scalar's text stands in the file; where that cannot be said
 * (base64, folded lines), where the scalar stands. */
struct td_mark td_check_mark_in(const struct td_check *check, const struct td_yaml_node *scalar,
                                size_t offset);

/* Whether the lengths of a message are to be those of its body. */
bool td_check_lengths_count(const struct td_checked *one, const struct td_message *message);

/* The first key of the file that no table knows, settings left out; NULL where there is none. */
const struct td_yaml_node *td_check_unknown_key(struct td_check *check);

/*
 * The file as Go's emitter would write it, appended to `out`: only the interactions are written
 * afresh; the comments in front of `---`, and Tapedeck's settings, which people write, are as they
 * were. TD_ERR_NOMEM.
 */
int td_check_restyle(struct td_check *check, struct td_buf *out);
/* The first comment that would be lost by that; false where there is none. */
bool td_check_comment(const struct td_check *check, struct td_mark *mark);

/* Reads and checks the file, from its beginning; what is known of fixes stays. */
int td_check_run(struct td_check *check, struct td_error *err);

#endif
