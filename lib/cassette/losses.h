/* SPDX-License-Identifier: MIT */
/* What stands in a file and not in the model that was read from it. */
#ifndef TD_CASSETTE_LOSSES_H
#define TD_CASSETTE_LOSSES_H

#include "cassette/cassette.h"

struct td_yaml;

struct td_losses {
    struct td_error *items;
    size_t count;
    size_t room;
    bool failed; /* memory ran out */
};

/* All of a tree that was read without an error, in the order of the file. After so many only the
 * number of the others is told. */
void td_losses_find(struct td_losses *losses, const char *path, const struct td_yaml *tree);
void td_losses_release(struct td_losses *losses);

#endif
