/* SPDX-License-Identifier: MIT */
#include "shim/sleep.h"

#include <stdlib.h>

#include "shim/handles.h"

static int64_t due(const struct td_sleepers *sleepers, size_t at)
{
    return sleepers->items[at]->wake_ns;
}

static void put(struct td_sleepers *sleepers, size_t at, struct td_easy *easy)
{
    sleepers->items[at] = easy;
    easy->sleep_at = at + 1;
}

/* Brings the one at `at` to its place, up or down. */
static void settle(struct td_sleepers *sleepers, size_t at)
{
    struct td_easy *easy = sleepers->items[at];
    int64_t own = easy->wake_ns;
    while (at > 0 && own < due(sleepers, (at - 1) / 2)) {
        put(sleepers, at, sleepers->items[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
    for (;;) {
        size_t child = 2 * at + 1;
        if (child + 1 < sleepers->count && due(sleepers, child + 1) < due(sleepers, child))
            child++;
        if (child >= sleepers->count || own <= due(sleepers, child))
            break;
        put(sleepers, at, sleepers->items[child]);
        at = child;
    }
    put(sleepers, at, easy);
}

bool td_sleepers_reserve(struct td_sleepers *sleepers, size_t count)
{
    size_t cap = sleepers->cap ? sleepers->cap : 4;
    if (count <= sleepers->cap)
        return true;
    while (cap < count)
        cap *= 2;
    struct td_easy **items = reallocarray(sleepers->items, cap, sizeof(struct td_easy *));
    if (!items)
        return false;
    sleepers->items = items;
    sleepers->cap = cap;
    return true;
}

void td_sleepers_add(struct td_sleepers *sleepers, struct td_easy *easy, int64_t wake_ns)
{
    easy->wake_ns = wake_ns;
    sleepers->items[sleepers->count++] = easy;
    settle(sleepers, sleepers->count - 1);
}

void td_sleepers_remove(struct td_sleepers *sleepers, struct td_easy *easy)
{
    size_t at = easy->sleep_at - 1;
    struct td_easy *last = sleepers->items[--sleepers->count];
    easy->sleep_at = 0;
    if (last == easy)
        return;
    sleepers->items[at] = last;
    settle(sleepers, at);
}

int64_t td_sleepers_due(const struct td_sleepers *sleepers)
{
    return sleepers->count ? due(sleepers, 0) : INT64_MAX;
}
