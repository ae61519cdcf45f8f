/* SPDX-License-Identifier: MIT */
/*
 * SipHash-2-4 (Aumasson and Bernstein, 2012): a hash that says nothing of what was hashed to those
 * who do not have the key.
 */
#ifndef TD_SCRUB_SIPHASH_H
#define TD_SCRUB_SIPHASH_H

#include "base/bytes.h"

uint64_t td_siphash(const uint64_t key[2], struct td_bytes bytes);

#endif
