/* SPDX-License-Identifier: MIT */
/*
 * From journals to the cassette: what processes have recorded is taken from the folder beside the
 * cassette (deck/journal.h), put in the order in which it began, and saved. One at a time, under a
 * lock on the folder. A merge may be killed at any moment: the cassette is whole, and the next one
 * neither loses nor doubles an interaction, because what is about to be saved is noted first.
 */
#ifndef TD_DECK_MERGE_H
#define TD_DECK_MERGE_H

#include "cassette/cassette.h"

struct td_journal;

struct td_merge {
    struct td_journal *own; /* is ended, as soon as nobody else can merge it; or NULL */
    /* Asked of each interaction that is about to be saved; false leaves it out. May be NULL. It may
     * change the interaction, with memory of the arena. */
    bool (*before_save)(void *context, struct td_interaction *interaction, struct td_arena *arena);
    void *context;
    /* A recording that replaces the cassette: whether that of `own` may. Another one that was
     * killed may not, since nobody knows how much of it there is. */
    bool may_replace;
    const char *aside; /* where goes what would replace something and may not; NULL: it is added */
    /* Filled in. */
    size_t saved;     /* interactions that were added */
    size_t set_aside; /* and those that went there */
    size_t total;     /* interactions that the cassette has now; only where some were saved */
    size_t lost;      /* that were in the journals, and are spoilt */
    size_t busy;      /* processes that are still recording; theirs stays for later */
    bool replaced;    /* the cassette that was there before is gone */
};

/* `cassette` is an absolute path. No journals: nothing to do, and 0. */
int td_merge_journals(const char *cassette, struct td_merge *merge, struct td_error *err);
/* Whether there are journals that nobody is writing any more. */
bool td_merge_is_due(const char *cassette);

#endif
