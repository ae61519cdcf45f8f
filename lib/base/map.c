/* SPDX-License-Identifier: MIT */
#include "base/map.h"

#include <stdlib.h>

struct td_map_slot {
    struct td_hash key;
    void *value; /* NULL: free; GONE: removed, keep looking */
};

static char gone_mark;
#define GONE ((void *)&gone_mark)

void td_map_init(struct td_map *map)
{
    *map = (struct td_map){0};
}

void td_map_release(struct td_map *map)
{
    free(map->slots);
    td_map_init(map);
}

/* The slot that holds the key, or NULL. */
static struct td_map_slot *find(const struct td_map *map, struct td_hash key)
{
    for (size_t i = key.low, n = 0; n < map->size; i++, n++) {
        struct td_map_slot *slot = &map->slots[i & (map->size - 1)];
        if (!slot->value)
            return NULL;
        if (slot->value != GONE && td_hash_equal(slot->key, key))
            return slot;
    }
    return NULL;
}

static void insert(struct td_map *map, struct td_hash key, void *value)
{
    size_t i = key.low;
    struct td_map_slot *slot;
    do
        slot = &map->slots[i++ & (map->size - 1)];
    while (slot->value && slot->value != GONE);
    if (slot->value == GONE)
        map->gone--;
    slot->key = key;
    slot->value = value;
    map->used++;
}

static int resize(struct td_map *map, size_t size)
{
    struct td_map bigger = {.slots = calloc(size, sizeof *bigger.slots), .size = size};
    if (!bigger.slots)
        return TD_ERR_NOMEM;
    for (size_t i = 0; i < map->size; i++)
        if (map->slots[i].value && map->slots[i].value != GONE)
            insert(&bigger, map->slots[i].key, map->slots[i].value);
    free(map->slots);
    *map = bigger;
    return 0;
}

void *td_map_get(const struct td_map *map, struct td_hash key)
{
    struct td_map_slot *slot = find(map, key);
    return slot ? slot->value : NULL;
}

int td_map_put(struct td_map *map, struct td_hash key, void *value)
{
    struct td_map_slot *slot = find(map, key);
    if (slot) {
        slot->value = value;
        return 0;
    }
    /* At most three quarters full, removed slots included, so that a search always ends. */
    if (!map->size || (map->used + map->gone + 1) * 4 > map->size * 3) {
        size_t size = map->size ? map->size : 16;
        while ((map->used + 1) * 2 > size)
            size *= 2;
        if (resize(map, size) < 0)
            return TD_ERR_NOMEM;
    }
    insert(map, key, value);
    return 0;
}

void *td_map_remove(struct td_map *map, struct td_hash key)
{
    struct td_map_slot *slot = find(map, key);
    if (!slot)
        return NULL;
    void *value = slot->value;
    slot->value = GONE;
    map->used--;
    map->gone++;
    return value;
}
