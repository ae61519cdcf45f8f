/* SPDX-License-Identifier: MIT */
#include "base/grow.h"

#include <stdint.h>
#include <stdlib.h>

enum { FIRST_CAPACITY = 8 };

void *td_grow_full(void *items, size_t *capacity, size_t size)
{
    if (*capacity > SIZE_MAX / 2)
        return NULL;
    size_t more = *capacity ? *capacity * 2 : FIRST_CAPACITY;
    void *grown = reallocarray(items, more, size);
    if (grown)
        *capacity = more;
    return grown;
}
