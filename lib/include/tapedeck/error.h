/* SPDX-License-Identifier: MIT */
/*
 * What can go wrong, and how it is told.
 *
 * Every function that can fail on input returns 0 or a negative `enum td_status`, and takes a last
 * `struct td_error *` that it fills in. The struct belongs to the caller, needs no initialisation
 * and no release, and may be NULL where the caller does not want to know. It is written to only on
 * failure. Nothing here allocates; all of it may be used from any thread on separate structs.
 */
#ifndef TAPEDECK_ERROR_H
#define TAPEDECK_ERROR_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define TD_EXPORT __attribute__((visibility("default")))
#else
#define TD_EXPORT
#endif

/* Negative, so that functions may return a count or a status in one int. */
enum td_status {
    TD_OK = 0,
    TD_ERR_INVALID = -1,  /* an argument, option or state that makes no sense */
    TD_ERR_NOMEM = -2,    /* memory ran out */
    TD_ERR_IO = -3,       /* a file could not be read or written */
    TD_ERR_SYNTAX = -4,   /* not YAML, not UTF-8, not HTTP */
    TD_ERR_VERSION = -5,  /* a cassette version that is not read */
    TD_ERR_FORMAT = -6,   /* well-formed, but not a cassette: wrong types, missing keys */
    TD_ERR_LIMIT = -7,    /* larger, deeper or more than is allowed */
    TD_ERR_MISS = -8,     /* a request that no interaction answers */
    TD_ERR_UNPLAYED = -9, /* interactions that nobody asked for */
};

struct td_error {
    int code;           /* enum td_status */
    unsigned line;      /* 1-based; 0 where there is no place */
    unsigned column;    /* 1-based, in characters; 0 where there is no place */
    char file[1024];    /* the file's name as the caller gave it; "" where there is none */
    char message[1024]; /* lower-case, cause first, no full stop, one line */
};

/*
 * One line for a person: "file:line:column: message", without the parts that are not known.
 * Writes at most `size` bytes, the final NUL included, and returns `text`.
 */
TD_EXPORT char *td_error_format(const struct td_error *err, char *text, size_t size);

#ifdef __cplusplus
}
#endif

#endif
