/* SPDX-License-Identifier: MIT */
/* A view of bytes: borrowed, any content, NUL included. */
#ifndef TAPEDECK_BYTES_H
#define TAPEDECK_BYTES_H

#include <stddef.h>

struct td_bytes {
    const char *data; /* not NUL-terminated unless its owner says so; may be NULL when len is 0 */
    size_t len;
};

#endif
