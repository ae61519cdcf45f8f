/* SPDX-License-Identifier: MIT */
/*
 * The transfers of a multi handle that sleep until their next chunk is due: a heap, so that neither
 * a call that has nothing to do with them nor the waking of one costs more with many of them.
 */
#ifndef TD_SHIM_SLEEP_H
#define TD_SHIM_SLEEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct td_easy;

struct td_sleepers {
    struct td_easy **items; /* by easy->wake_ns, the first one first */
    size_t count;
    size_t cap;
};

/* Room for so many in all; false when memory ran out. */
bool td_sleepers_reserve(struct td_sleepers *sleepers, size_t count);
/* There is room for it. easy->sleep_at is then its place, from 1; 0 where it is awake. */
void td_sleepers_add(struct td_sleepers *sleepers, struct td_easy *easy, int64_t wake_ns);
void td_sleepers_remove(struct td_sleepers *sleepers, struct td_easy *easy);
/* When the first one is due; INT64_MAX where none sleeps. */
int64_t td_sleepers_due(const struct td_sleepers *sleepers);

#endif
