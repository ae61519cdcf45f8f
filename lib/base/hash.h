/* SPDX-License-Identifier: MIT */
/*
 * 128-bit hashes of bytes, for tables and fingerprints. Fast, well mixed, the same on every run
 * and machine; not for secrets. Where equality matters the bytes are compared as well.
 */
#ifndef TD_BASE_HASH_H
#define TD_BASE_HASH_H

#include "base/bytes.h"

struct td_hash {
    uint64_t low;
    uint64_t high;
};

struct td_hash td_hash_bytes(struct td_bytes bytes);
/* Of both, in this order. */
struct td_hash td_hash_join(struct td_hash a, struct td_hash b);

/* A hash of 64 bits, for tables that compare what they find anyway. The other function
 * builds one up piece by piece, in an order that counts. */
uint64_t td_hash_short(struct td_bytes bytes);
uint64_t td_hash_more(uint64_t hash, uint64_t next);

static inline bool td_hash_equal(struct td_hash a, struct td_hash b)
{
    return a.low == b.low && a.high == b.high;
}

#endif
