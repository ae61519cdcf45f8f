/* SPDX-License-Identifier: MIT */
/* A deck's own fields, for the files of this folder. */
#ifndef TD_DECK_INSIDE_H
#define TD_DECK_INSIDE_H

#include <pthread.h>
#include <stdatomic.h>
#include <sys/types.h>

#include "cassette/reader.h"
#include "deck/deck.h"
#include "deck/manner.h"

struct td_deck {
    _Atomic int references;
    struct td_deck_options options;
    struct td_cassette **cassettes;
    size_t cassette_count;
    struct td_manner manner;   /* for all of them */
    struct td_manner *manners; /* for each, what it says itself */
    size_t fault_count;        /* in all manners */
    bool resets;               /* something may reset a connection */
    struct td_index *index;
    struct td_run *run; /* made when the first request comes, unless another was joined */
    td_deck_teller *teller;
    pthread_mutex_t lock;
    char *folder;       /* of the run, where this deck has made it */
    pid_t folder_owner; /* who did: a forked child leaves it alone */
    struct td_buf misses;
    struct td_buf shown; /* what td_deck_misses() or td_deck_hear() gave away last */
};

/* deck/direct.c: the manner in which it plays. */

/* From the options, whose texts become the deck's own. */
int td_deck_set_manner(struct td_deck *deck, struct td_error *err);
/* What a cassette says of itself that is about to be added. */
int td_deck_read_manner(struct td_deck *deck, const struct td_cassette *cassette,
                        struct td_error *err);
void td_deck_release_manners(struct td_deck *deck);
/* Fills in the reply for a request that this interaction answers. */
void td_deck_direct(struct td_deck *deck, const struct td_interaction *interaction,
                    uint32_t request, const struct td_query *query, struct td_reply *reply);

/* Removes the run's folder, if this process has made one. */
void td_deck_remove_folder(struct td_deck *deck);

#endif
