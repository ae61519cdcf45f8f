/* SPDX-License-Identifier: MIT */
/*
 * Which interaction a person would say was meant by a request that none answers.
 *
 * First by method and URL: path before host before method before query. Among those that are
 * equally near so, by how many words (and other values) of what counts of headers and body are only
 * in one of the two, where a word in another member of the JSON is another word, and their order is
 * left out, so that what was moved is still the same; then by the edit distance: how many have to
 * be deleted and inserted, in order. The first recorded of several.
 *
 * It is found without going through all bodies: interactions that are much alike are kept as the
 * first of them and what is different in the others, word by word (match/cluster.h), so that a
 * search looks at the request's own words and at those that are different only. The few nearest by
 * that are then compared in order.
 */
#ifndef TD_MATCH_NEAREST_H
#define TD_MATCH_NEAREST_H

#include "match/body.h"
#include "match/cluster.h"

struct td_query;
struct td_nearest;

struct td_nearest *td_nearest_new(void); /* NULL when memory ran out */
void td_nearest_free(struct td_nearest *nearest);

/* Adds a recorded request; `query` is the same as a question, and `body` its body by the rules.
 * Positions rise. Borrows all but the body. 0 or TD_ERR_NOMEM. */
int td_nearest_add(struct td_nearest *nearest, size_t position,
                   const struct td_recorded_request *request, const struct td_query *query,
                   const struct td_rules *rules, const struct td_body *body);

/* The position of the nearest; false where there is none. Any thread. */
bool td_nearest_find(const struct td_nearest *nearest, const struct td_query *query,
                     size_t *position);

/* The words of what counts of headers and body, in order. `body` as td_body_read() gives it. */
void td_nearest_tokens(struct td_tokens *tokens, const struct td_query *query,
                       const struct td_rules *rules, const struct td_body *body);

#endif
