/* SPDX-License-Identifier: MIT */
/*
 * Bags of words that are much alike, as the first of them and how each differs from it: for the
 * distance of all of them to another bag at the cost of little more than one.
 */
#ifndef TD_MATCH_CLUSTER_H
#define TD_MATCH_CLUSTER_H

#include "json/tokens.h"

struct td_cluster;

struct td_cluster *td_cluster_new(void); /* NULL when memory ran out */
void td_cluster_free(struct td_cluster *cluster);
size_t td_cluster_count(const struct td_cluster *cluster);
/* What the n-th was added as. */
size_t td_cluster_position(const struct td_cluster *cluster, size_t n);
/* Adds one, if it is the first or much like it: 1; 0 where it is not, or a negative status. */
int td_cluster_add(struct td_cluster *cluster, size_t position, const struct td_tokens *tokens);
/* How many words have to be added and taken away, for each member; false without memory. */
bool td_cluster_distances(const struct td_cluster *cluster, const struct td_tokens *tokens,
                          size_t *distances);

#endif
