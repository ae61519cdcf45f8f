/* SPDX-License-Identifier: MIT */
/* Filling in a `struct td_error` from inside the library. */
#ifndef TD_BASE_ERROR_H
#define TD_BASE_ERROR_H

#include <tapedeck/error.h>

#define TD_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

/* Each sets `err` (which may be NULL) and returns `code`, so that a caller can say
 * `return td_error_set(err, TD_ERR_INVALID, ...)`. */
int td_error_set(struct td_error *err, int code, const char *format, ...) TD_PRINTF(3, 4);
int td_error_set_at(struct td_error *err, int code, const char *file, unsigned line,
                    unsigned column, const char *format, ...) TD_PRINTF(6, 7);
/* "out of memory" */
int td_error_nomem(struct td_error *err);

#endif
