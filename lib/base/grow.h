/* SPDX-License-Identifier: MIT */
/*
 * Arrays that grow one item at a time, by doubling: adding n items costs O(n).
 *
 *     struct item *items = td_grow(list->items, list->count, &list->capacity, sizeof *items);
 *     if (!items)
 *         return TD_ERR_NOMEM;
 *     list->items = items;
 *     items[list->count++] = item;
 */
#ifndef TD_BASE_GROW_H
#define TD_BASE_GROW_H

#include <stddef.h>

/* What td_grow() does where the array is full. */
void *td_grow_full(void *items, size_t *capacity, size_t size);

/* The array, moved or not, with room for an item behind the `count` that are in it; `size` is that
 * of an item. NULL where memory ran out: the array is then as it was. To be freed with free(). */
static inline void *td_grow(void *items, size_t count, size_t *capacity, size_t size)
{
    return count < *capacity ? items : td_grow_full(items, capacity, size);
}

#endif
