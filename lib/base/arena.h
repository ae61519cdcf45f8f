/* SPDX-License-Identifier: MIT */
/* Memory that is given out in pieces and freed all at once. For trees that live and die together.
 */
#ifndef TD_BASE_ARENA_H
#define TD_BASE_ARENA_H

#include "base/bytes.h"

struct td_arena_block;

struct td_arena {
    struct td_arena_block *blocks;
};

void td_arena_init(struct td_arena *arena);
void td_arena_release(struct td_arena *arena);
/* Everything that was given out is gone, but a block is kept for what comes next. */
void td_arena_clear(struct td_arena *arena);
/* Zeroed, aligned for any type; NULL when memory ran out. A large piece gets a block of its own
 * exact size, so that nothing is wasted on it. */
void *td_arena_alloc(struct td_arena *arena, size_t size);
/* A copy, followed by a NUL; data is NULL when memory ran out. */
struct td_bytes td_arena_copy(struct td_arena *arena, struct td_bytes bytes);

#endif
