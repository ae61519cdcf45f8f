/* SPDX-License-Identifier: MIT */
/*
 * Requests that were not answered, kept so that they can be saved as a cassette. A process that
 * plays to somebody else's run hands them over in memory (a memfd, whose descriptor goes along with
 * the text for people): before they are scrubbed they are never on a disk.
 */
#ifndef TD_DECK_MISSES_H
#define TD_DECK_MISSES_H

#include "match/index.h"
#include "scrub/scrub.h"

struct td_misses {
    struct td_interaction *items; /* with their requests only */
    size_t count;
    size_t capacity;
    struct td_arena arena;
};

void td_misses_init(struct td_misses *misses);
void td_misses_release(struct td_misses *misses);
/* A copy of the request. */
int td_misses_add(struct td_misses *misses, const struct td_query *query);

/* A descriptor with the request in it, for td_misses_take() in another process; -1 where there can
 * be none. */
int td_misses_pack(const struct td_query *query);
/* Adds what is in such a descriptor. The descriptor stays open. */
int td_misses_take(struct td_misses *misses, int fd);

/* Writes a cassette of them, scrubbed. Each has a response that says that there is none. */
int td_misses_save(const struct td_misses *misses, const char *path,
                   const struct td_scrubber *scrubber, struct td_error *err);

#endif
