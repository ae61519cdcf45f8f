/* SPDX-License-Identifier: MIT */
/* Reading files whole, with errors that name them. */
#ifndef TD_BASE_FILE_H
#define TD_BASE_FILE_H

#include "base/bytes.h"

struct td_file {
    struct td_bytes content; /* valid until td_file_close() */
    void *mapping;           /* NULL where the content was read into memory */
    char *memory;
};

/*
 * Maps a regular file, or reads anything else that can be read (a pipe, standard input for "-").
 * More than `limit` bytes is TD_ERR_LIMIT, found out before reading where the size is known.
 */
int td_file_open(struct td_file *file, const char *path, size_t limit, struct td_error *err);
void td_file_close(struct td_file *file);

#endif
