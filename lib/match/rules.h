/* SPDX-License-Identifier: MIT */
/*
 * Which parts of a request count when it is matched. Rules come from a cassette (`tapedeck:
 * match:`), from a rules file, from the command line and from a program; each adds to those before:
 *
 *     match:
 *       parts: [method, url, headers, body]      what counts; [method, url, body] if not said
 *       headers: [X-Model]                       the headers that count, and no others
 *       ignore_headers: [User-Agent, 'X-App-*']   the headers that do not
 *       ignore_query: [api_key, 'utm_*']         names in the URL's query that do not count
 *       ignore_paths: [/metadata, /user]         places in JSON, fields of forms
 *       unordered: [/tools]                      arrays whose order does not count
 *
 * The rules change the canonical form that a request is looked up by, and nothing else. Names may
 * hold '*' for any text; paths are described in json/pattern.h.
 */
#ifndef TD_MATCH_RULES_H
#define TD_MATCH_RULES_H

#include "base/hash.h"
#include "cassette/cassette.h"
#include "json/pattern.h"

enum td_rules_part {
    TD_RULES_METHOD = 1,
    TD_RULES_URL = 2,
    TD_RULES_HEADERS = 4,
    TD_RULES_BODY = 8,
    TD_RULES_DEFAULT = TD_RULES_METHOD | TD_RULES_URL | TD_RULES_BODY,
};

struct td_rules_names {
    struct td_bytes *items;
    size_t count;
    size_t capacity;
};

struct td_rules {
    unsigned parts;                /* enum td_rules_part, or'ed */
    bool parts_said;               /* by a rule */
    struct td_json_patterns paths; /* in JSON, to be ignored or sets */
    struct td_rules_names headers; /* those that count; none: all */
    struct td_rules_names ignore_headers;
    struct td_rules_names ignore_query;
    struct td_hash fingerprint; /* equal where all of the above is */
    struct td_arena arena;      /* the texts */
};

void td_rules_init(struct td_rules *rules);
void td_rules_release(struct td_rules *rules);
/* What is said under `match.` of these settings. An error names the file, line and column. */
int td_rules_add(struct td_rules *rules, const struct td_settings *settings, struct td_error *err);
/* One setting as text, "ignore_paths=/metadata", with one value or several between commas ("\,"
 * is a comma in a value). */
int td_rules_add_text(struct td_rules *rules, const char *text, struct td_error *err);
/* One more place to be ignored. */
int td_rules_ignore_path(struct td_rules *rules, struct td_bytes path, struct td_error *err);
/* The same of a rules file, in which nothing may stand that nobody knows. */
int td_rules_add_file(struct td_rules *rules, const struct td_settings *file, struct td_error *err);

/* Whether a header of this name counts. Those that the transport adds (Host, Content-Length,
 * Connection and the like) never do, unless they are named. */
bool td_rules_header_counts(const struct td_rules *rules, struct td_bytes name);

/* The URL normalised, without what is ignored of its query. */
void td_rules_put_url(struct td_buf *out, const struct td_rules *rules, struct td_bytes url);
/* What counts of a header's value: trimmed, and a multipart boundary, new each time, left out. */
struct td_bytes td_rules_header_value(struct td_bytes name, struct td_bytes value);
/* The headers that count, sorted by name, those of one name in their order; in `arena`. 0, or
 * TD_ERR_NOMEM. */
int td_rules_headers(const struct td_rules *rules, const struct td_fields *headers,
                     struct td_arena *arena, struct td_fields *counted);

#endif
