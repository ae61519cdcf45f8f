/* SPDX-License-Identifier: MIT */
/*
 * A large response, spilled to the journal while it still comes: what is sure to hold no secret
 * (scrub/ahead.h) is written as it is, so that the program does not wait for all of it when the
 * transfer is over. Where anything is found, and where the scrubber has to see the whole first,
 * what was written is dropped and the body goes the way of every other one.
 */
#ifndef TD_DECK_SPILL_H
#define TD_DECK_SPILL_H

#include "deck/journal.h"
#include "scrub/ahead.h"

struct td_deck;

enum { TD_SPILL_LEAST = 1024 * 1024 }; /* bytes: a smaller body is no matter */

/* Of one response. All zero is one that has not begun. */
struct td_spill {
    bool begun;
    struct td_ahead ahead;
    struct td_scrubber *said_back; /* what is looked for besides; or NULL */
    struct td_ahead ahead_said_back;
    struct td_journal_body *file; /* NULL: nothing is written so far */
    size_t written;
    struct td_bytes body; /* as it was told last; borrowed */
    struct td_buf type;   /* its content type */
    size_t asked;         /* the size of the request, as it was then */
    size_t cassettes;     /* of the deck, whose rules count */
};

/* `interaction` is what is known of it so far: its request, and the head of its response. */
void td_spill_begin(struct td_spill *spill, const struct td_deck *deck,
                    const struct td_interaction *interaction);
/* `body` is all that has come so far. */
void td_spill_more(struct td_spill *spill, struct td_deck *deck, struct td_bytes body);
/* It has to be scrubbed when it is whole. */
void td_spill_stop(struct td_spill *spill);
/* The body is whole: gives its file away, with all of it that is clean so far, where the
 * interaction has that body, and nothing was found in it; else NULL. */
struct td_journal_body *td_spill_end(struct td_spill *spill, const struct td_deck *deck,
                                     const struct td_interaction *interaction);
/* Drops what was not given away. For the next response. */
void td_spill_clear(struct td_spill *spill);

#endif
