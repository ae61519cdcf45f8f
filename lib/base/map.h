/* SPDX-License-Identifier: MIT */
/* A hash table from a 128-bit hash to a pointer. The caller hashes; see base/hash.h. */
#ifndef TD_BASE_MAP_H
#define TD_BASE_MAP_H

#include "base/hash.h"

struct td_map_slot;

struct td_map {
    struct td_map_slot *slots;
    size_t size; /* a power of two, or 0 */
    size_t used; /* slots that hold a value */
    size_t gone; /* slots whose value was removed */
};

void td_map_init(struct td_map *map);
void td_map_release(struct td_map *map);
/* NULL where there is none. */
void *td_map_get(const struct td_map *map, struct td_hash key);
/* `value` is not NULL. Replaces. 0, or TD_ERR_NOMEM with the map as it was. */
int td_map_put(struct td_map *map, struct td_hash key, void *value);
/* What was removed, or NULL. */
void *td_map_remove(struct td_map *map, struct td_hash key);

#endif
