/* SPDX-License-Identifier: MIT */
/*
 * Finding the interactions that answer a request, in a time that does not depend on how many
 * there are: method, URL and body, each in canonical form, are hashed together.
 */
#ifndef TD_MATCH_INDEX_H
#define TD_MATCH_INDEX_H

#include "base/map.h"
#include "cassette/cassette.h"

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
};

struct td_index;

/* An empty index; NULL when memory ran out. */
struct td_index *td_index_new(void);
void td_index_free(struct td_index *index);
/* Adds one at the end: its position is the number of those added before. Borrows it. */
int td_index_add(struct td_index *index, const struct td_interaction *interaction,
                 struct td_error *err);
size_t td_index_count(const struct td_index *index);
const struct td_interaction *td_index_at(const struct td_index *index, size_t position);
/* The class that answers, or NULL. The bytes are compared, not only their hashes. */
struct td_class *td_index_find(struct td_index *index, const struct td_query *query);

#endif
