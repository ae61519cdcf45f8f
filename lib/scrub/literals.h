/* SPDX-License-Identifier: MIT */
/*
 * Many literal texts, looked for at once in one pass: what every search for secrets starts with.
 * A text is gone through in pairs of bytes, at even places. Each literal is filed under two pairs
 * of its own, for when it starts at an even place and at an odd one, those that are rarest in
 * ordinary text; so nearly all of a text is passed over by one look into a table for two bytes.
 */
#ifndef TD_SCRUB_LITERALS_H
#define TD_SCRUB_LITERALS_H

#include "base/bytes.h"

struct td_literal {
    struct td_bytes text; /* borrowed, at least three bytes */
    bool nocase;          /* ASCII letters in either case; `text` is in lower case */
    uint8_t kind;         /* both for the owner */
    uint32_t index;
    uint32_t skip; /* so many bytes of it stand before what is told as its start */
    uint32_t pair; /* where in it the two bytes are that it is filed under */
    uint32_t next; /* another one that is filed there, plus 1 */
};

struct td_literals {
    struct td_literal *items;
    size_t count;
    size_t capacity;
    uint32_t *heads; /* by pair: the first literal, plus 1 */
    uint64_t present[65536 / 64];
};

void td_literals_init(struct td_literals *literals);
void td_literals_release(struct td_literals *literals);
/* 0 or TD_ERR_NOMEM. Of the literal `skip`, `text`, `nocase`, `kind` and `index` count. */
int td_literals_add(struct td_literals *literals, const struct td_literal *literal);

/* A search. All that stand in the text are found, overlapping ones too. */
struct td_literal_search {
    const struct td_literals *literals;
    struct td_bytes text;
    size_t at;     /* of the pair at hand, even */
    uint32_t next; /* of the literals that are filed under it */
};

void td_literal_search_init(struct td_literal_search *search, const struct td_literals *literals,
                            struct td_bytes text);
/* The next literal, and where it starts; NULL after the last. They do not come in the order of
 * their starts, but no further out of it than a literal is long. */
const struct td_literal *td_literal_search_next(struct td_literal_search *search, size_t *start);

#endif
