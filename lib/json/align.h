/* SPDX-License-Identifier: MIT */
/*
 * Two sequences side by side: which elements of one are those of the other, in order, so that as
 * many as possible are. Elements are known by their hashes.
 */
#ifndef TD_JSON_ALIGN_H
#define TD_JSON_ALIGN_H

#include "base/bytes.h"

/*
 * Fills match[i] with the element of b that element i of a is, or SIZE_MAX; rising. A longest
 * common subsequence where both are short or differ in few places; else a long one. Never more than
 * n log n and a fixed amount of work, whatever is in them. False where memory ran out.
 */
bool td_align(const uint64_t *a, size_t a_count, const uint64_t *b, size_t b_count, size_t *match);

#endif
