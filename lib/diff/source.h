/* SPDX-License-Identifier: MIT */
/* One side of a difference, by its name: a cassette, an interaction of one, or a body. */
#ifndef TD_DIFF_SOURCE_H
#define TD_DIFF_SOURCE_H

#include "base/file.h"
#include "cassette/cassette.h"

enum td_source_kind {
    TD_SOURCE_BODY,
    TD_SOURCE_CASSETTE,
    TD_SOURCE_INTERACTION,
};

struct td_source {
    enum td_source_kind kind;
    char *path; /* without "#ID" */
    struct td_cassette *cassette;
    const struct td_interaction *interaction; /* of TD_SOURCE_INTERACTION */
    struct td_file file;                      /* of TD_SOURCE_BODY: its content */
    bool open;
};

/* To be closed also after a failure. */
int td_source_open(struct td_source *source, const char *name, struct td_error *err);
void td_source_close(struct td_source *source);

#endif
