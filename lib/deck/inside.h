/* SPDX-License-Identifier: MIT */
/* A deck's own fields, for the files of this folder. */
#ifndef TD_DECK_INSIDE_H
#define TD_DECK_INSIDE_H

#include <pthread.h>
#include <stdatomic.h>
#include <sys/types.h>

#include "cassette/reader.h"
#include "deck/deck.h"

struct td_deck {
    _Atomic int references;
    struct td_deck_options options;
    struct td_cassette **cassettes;
    size_t cassette_count;
    struct td_index *index;
    struct td_settings *rules; /* of the rules file in the options; NULL where there is none */
    char **match;              /* the rules in the options, NULL-terminated; or NULL */
    struct td_run *run;        /* made when the first request comes, unless another was joined */
    td_deck_teller *teller;
    pthread_mutex_t lock;
    char *folder;       /* of the run, where this deck has made it */
    pid_t folder_owner; /* who did: a forked child leaves it alone */
    struct td_buf misses;
    struct td_buf shown; /* what td_deck_misses() or td_deck_hear() gave away last */
};

/* Takes the rules of the options in, and gives them up. */
int td_deck_take_rules(struct td_deck *deck, const struct td_deck_options *options,
                       struct td_error *err);
void td_deck_drop_rules(struct td_deck *deck);
/* From now on the index matches by the rules of a cassette with these settings, and the deck's. */
int td_deck_use_rules(struct td_deck *deck, const struct td_settings *settings,
                      struct td_error *err);
/* What the matcher of the options says: the positions of all that it lets answer the request, in
 * recorded order; to be freed. NULL where memory ran out. */
size_t *td_deck_ask_matcher(struct td_deck *deck, const struct td_query *query, size_t *count);

/* Removes the run's folder, if this process has made one. */
void td_deck_remove_folder(struct td_deck *deck);

#endif
