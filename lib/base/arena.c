/* SPDX-License-Identifier: MIT */
#include "base/arena.h"

#include <stddef.h>
#include <stdlib.h>

enum { FIRST_BLOCK = 4 * 1024, BLOCK_SIZE = 64 * 1024, ALIGNMENT = _Alignof(max_align_t) };

struct td_arena_block {
    struct td_arena_block *next;
    size_t used;
    size_t size;
    _Alignas(max_align_t) char data[];
};

void td_arena_init(struct td_arena *arena)
{
    arena->blocks = NULL;
}

void td_arena_release(struct td_arena *arena)
{
    struct td_arena_block *block = arena->blocks;
    while (block) {
        struct td_arena_block *next = block->next;
        free(block);
        block = next;
    }
    arena->blocks = NULL;
}

void td_arena_clear(struct td_arena *arena)
{
    struct td_arena_block *kept = arena->blocks;
    while (kept && kept->size != BLOCK_SIZE) {
        struct td_arena_block *next = kept->next;
        free(kept);
        kept = next;
    }
    arena->blocks = kept ? kept->next : NULL;
    td_arena_release(arena);
    if (!kept)
        return;
    memset(kept->data, 0, kept->used);
    kept->used = 0;
    kept->next = NULL;
    arena->blocks = kept;
}

static struct td_arena_block *block_new(size_t size)
{
    size_t total;
    if (__builtin_add_overflow(sizeof(struct td_arena_block), size, &total))
        return NULL;
    struct td_arena_block *block = calloc(1, total);
    if (block)
        block->size = size;
    return block;
}

void *td_arena_alloc(struct td_arena *arena, size_t size)
{
    size_t need;
    if (__builtin_add_overflow(size, (size_t)ALIGNMENT - 1, &need))
        return NULL;
    need -= need % ALIGNMENT;
    struct td_arena_block *top = arena->blocks;
    if (top && top->size - top->used >= need) {
        void *piece = top->data + top->used;
        top->used += need;
        return piece;
    }
    /* Small arenas stay small: most of them hold one short text. */
    size_t usual = top && top->size >= FIRST_BLOCK / 2 ? top->size * 2 : FIRST_BLOCK;
    if (usual > BLOCK_SIZE)
        usual = BLOCK_SIZE;
    bool large = need > usual / 4;
    struct td_arena_block *block = block_new(large ? need : usual);
    if (!block)
        return NULL;
    block->used = need;
    if (large && top) {
        /* Behind the block in use, so that its free space is not given up. */
        block->next = top->next;
        top->next = block;
    } else {
        block->next = top;
        arena->blocks = block;
    }
    return block->data;
}

struct td_bytes td_arena_copy(struct td_arena *arena, struct td_bytes bytes)
{
    char *data = bytes.len == SIZE_MAX ? NULL : td_arena_alloc(arena, bytes.len + 1);
    if (!data)
        return td_bytes(NULL, 0);
    if (bytes.len)
        memcpy(data, bytes.data, bytes.len);
    return td_bytes(data, bytes.len);
}
