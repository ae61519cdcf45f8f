/* SPDX-License-Identifier: MIT */
/* A deck's own fields, for the files of this folder. */
#ifndef TD_DECK_INSIDE_H
#define TD_DECK_INSIDE_H

#include <pthread.h>
#include <stdatomic.h>
#include <sys/types.h>

#include "cassette/reader.h"
#include "deck/deck.h"
#include "deck/journal.h"
#include "deck/misses.h"
#include "scrub/scrub.h"
#include "stream/manner.h"

struct td_deck {
    _Atomic int references;
    struct td_deck_options options;
    enum td_mode mode; /* of the options, or what `once` has come to */
    struct td_cassette **cassettes;
    size_t cassette_count;
    struct td_play_manner manner;   /* for all of them */
    struct td_play_manner *manners; /* for each, what it says itself */
    size_t fault_count;             /* in all manners */
    bool resets;                    /* something may reset a connection */
    struct td_index *index;
    struct td_settings *rules; /* of the rules file in the options; NULL where there is none */
    char **match;              /* the rules in the options, NULL-terminated; or NULL */
    struct td_run *run;        /* made when the first request comes, unless another was joined */
    td_deck_teller *teller;
    pthread_mutex_t lock;
    struct td_cassette *replaced; /* what the target is before it is replaced: its rules stay */
    char *target;                 /* what is recorded goes here; an absolute path, or NULL */
    bool member;                  /* of a run: who started it merges the journals */
    struct td_identity base;      /* what the target was when the run began, where it is a member */
    char keeper[TD_JOURNAL_NAME]; /* the run's own journal, where it is a member; or "" */
    struct td_journal *journal;   /* of the target */
    struct td_scrubber *scrubber;
    size_t *early; /* positions in the index; see early.c */
    size_t early_count;
    struct td_deck_saved found; /* what a recording that was killed had left */
    bool headers_count;         /* for some cassette, when a request is matched */
    struct td_arena veiled;     /* requests of the cassettes, as they are matched */
    struct td_arena drafts;     /* what hooks have changed for a replay */
    char *folder;               /* of the run, where this deck has made it */
    pid_t folder_owner;         /* who did: a forked child leaves it alone */
    struct td_buf misses;
    struct td_misses kept; /* with keep_misses */
    struct td_buf shown;   /* what td_deck_misses() or td_deck_hear() gave away last */
};

/* early.c: minds this one, which is added next, where it was answered before its request was whole.
 */
int td_deck_note_early(struct td_deck *deck, const struct td_interaction *interaction,
                       struct td_error *err);
/* td_deck_take_early() for a request that was counted already; 0: it was not. */
bool td_deck_play_early(struct td_deck *deck, const struct td_query *query, int64_t announced,
                        uint32_t request, struct td_reply *reply);

/* record.c: makes the file of this name what is recorded to, after what an earlier recording of it
 * has left was saved. */
int td_deck_target(struct td_deck *deck, const char *path, struct td_error *err);
/* Appends a URL to a message, without its secrets; nothing where memory ran out. */
void td_deck_put_url(const struct td_deck *deck, struct td_bytes url, struct td_buf *out);
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
/* Takes the rules of the options in, and gives them up. */
int td_deck_take_rules(struct td_deck *deck, const struct td_deck_options *options,
                       struct td_error *err);
void td_deck_drop_rules(struct td_deck *deck);
/* From now on the index matches by the rules of a cassette with these settings, and the deck's. */
int td_deck_use_rules(struct td_deck *deck, const struct td_settings *settings,
                      struct td_error *err);
/* The scrubber is one with the rules of the rules file and of all cassettes. */
int td_deck_use_secrets(struct td_deck *deck, struct td_error *err);
/* What the matcher of the options says: the positions of all that it lets answer the request, in
 * recorded order; to be freed. NULL where memory ran out. */
size_t *td_deck_ask_matcher(struct td_deck *deck, const struct td_query *query, size_t *count);

/* Removes the run's folder, if this process has made one. */
void td_deck_remove_folder(struct td_deck *deck);

#endif
