/* SPDX-License-Identifier: MIT */
/*
 * Writing cassettes afresh, byte for byte as Go does: the YAML that go-vcr saves, in the layouts in
 * which it does so. Which style a text gets is decided in cassette/style.c; where Go's own choice
 * would not be read back as the same text, another is made, which is.
 *
 * Everything appends to a buffer, which remembers where memory ran out: ask td_buf_failed() once.
 */
#ifndef TD_CASSETTE_EMIT_H
#define TD_CASSETTE_EMIT_H

#include "cassette/cassette.h"

struct td_yaml;

enum td_layout {
    TD_LAYOUT_COMPACT,      /* 2 columns a level, `-` under its key, empty keys left out */
    TD_LAYOUT_GO_VCR,       /* 4 columns a level, every key */
    TD_LAYOUT_GO_VCR_TERSE, /* 4 columns a level, empty keys left out: go-vcr 4.0.6 and later */
};

/* The layout that a cassette has. Other dialects, and those without interactions, are
 * TD_LAYOUT_COMPACT. */
enum td_layout td_layout_of(const struct td_yaml *tree);

/* A whole file: `---`, the version, settings where the cassette has some, the interactions with
 * the ids that they have, and a final line break. */
void td_emit_cassette(struct td_buf *out, const struct td_cassette *cassette,
                      enum td_layout layout);

/* One item of the list `interactions`, from the columns in front of its "- id:" to its last line
 * break. `id` is written, whatever the interaction has. */
void td_emit_interaction(struct td_buf *out, const struct td_interaction *interaction, int64_t id,
                         enum td_layout layout);

/*
 * A text as the value of a key, in a mapping whose keys stand `indent` columns in. What is written
 * follows the blank behind the key's `:`, and ends before the line break of its last line, which is
 * for the caller to add: always exactly one, whatever the style. Of a block scalar the further
 * lines have their columns in front.
 *
 *     "body: " td_emit_scalar() "\n"
 */
void td_emit_scalar(struct td_buf *out, struct td_bytes text, unsigned indent,
                    enum td_layout layout);

#endif
