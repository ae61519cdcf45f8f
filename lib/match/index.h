/* SPDX-License-Identifier: MIT */
/*
 * Finding the interactions that answer a request, in a time that does not depend on how many
 * there are: the parts of it that count by the rules (method, URL, headers, body), each in
 * canonical form, are hashed together.
 *
 * Looking up is for any number of threads at once, as long as nothing is added.
 */
#ifndef TD_MATCH_INDEX_H
#define TD_MATCH_INDEX_H

#include "base/map.h"
#include "cassette/cassette.h"
#include "match/rules.h"

/* A request to be matched; all borrowed. */
struct td_query {
    struct td_bytes method;
    struct td_bytes url; /* absolute */
    struct td_bytes body;
    struct td_fields headers;
};

/* Interactions that answer the same request, in recorded order. */
struct td_class {
    size_t *items; /* positions in the index, ascending */
    size_t count;
    size_t next; /* for the owner: where to start looking for one that is not played */
    struct td_index_group *group; /* for the index itself: whose rules they are matched by;
                                     NULL: no class comes after it */
};

/* An interaction's request, as it would be asked. */
struct td_query td_index_query(const struct td_interaction *interaction);
/* Appends all that counts of a request, in canonical form: two requests match where these are the
 * same bytes. */
void td_index_put_form(struct td_buf *out, const struct td_rules *rules,
                       const struct td_query *query);

struct td_index;

/* An empty index; NULL when memory ran out. */
struct td_index *td_index_new(void);
void td_index_free(struct td_index *index);
/* The rules for what is added from now on: those of td_rules_init() if it is not called. What was
 * added before keeps its own. Takes the rules over, also where it fails, and leaves `rules` empty.
 */
int td_index_use(struct td_index *index, struct td_rules *rules, struct td_error *err);
/* Adds one at the end: its position is the number of those added before. Borrows it. */
int td_index_add(struct td_index *index, const struct td_interaction *interaction,
                 struct td_error *err);
/* The same, but `matched` is what a request is compared with. Borrowed likewise. */
int td_index_add_as(struct td_index *index, const struct td_interaction *interaction,
                    const struct td_interaction *matched, struct td_error *err);
size_t td_index_count(const struct td_index *index);
const struct td_interaction *td_index_at(const struct td_index *index, size_t position);
/* What requests are compared with instead of it, or itself. */
const struct td_interaction *td_index_matched(const struct td_index *index, size_t position);
/* The rules that an interaction is matched by. */
const struct td_rules *td_index_rules(const struct td_index *index, size_t position);
/* The class that answers, or NULL. The bytes are compared, not only their hashes. */
struct td_class *td_index_find(struct td_index *index, const struct td_query *query);
/* The next class that answers as well, by the rules of another cassette; or NULL. */
struct td_class *td_index_find_next(struct td_index *index, const struct td_query *query,
                                    const struct td_class *class);
/* The interaction that comes nearest to a request, which none answers; false where the index is
 * empty. See match/nearest.h. */
bool td_index_nearest(const struct td_index *index, const struct td_query *query, size_t *position);

#endif
