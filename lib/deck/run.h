/* SPDX-License-Identifier: MIT */
/*
 * What all processes of one run share: which interactions were played, and how many requests were
 * asked and missed. It is memory that processes map together: anonymous, so that forked children
 * share it; or a file in a run's folder, so that every process that `tapedeck replay` starts does.
 * Everything in it is a counter that is changed atomically, so a process may die at any moment.
 *
 * The folder holds no words, only counters and a socket: what a request held goes to the socket,
 * and never to a disk.
 */
#ifndef TD_DECK_RUN_H
#define TD_DECK_RUN_H

#include "base/hash.h"

struct td_run;

/* For `interactions` interactions; shared with forked children only. */
struct td_run *td_run_new(size_t interactions, struct td_error *err);
/* Makes the folder's files for others to join, and joins. `cassettes` is a fingerprint of what is
 * played, for those who join to compare with theirs. */
struct td_run *td_run_create(const char *folder, size_t interactions, struct td_hash cassettes,
                             struct td_error *err);
struct td_run *td_run_join(const char *folder, struct td_error *err);
size_t td_run_interactions(const struct td_run *run);
struct td_hash td_run_cassettes(const struct td_run *run);
/* The mapping and the sockets; the folder's files stay. */
void td_run_free(struct td_run *run);

/* A new request: its number, from 1. */
uint32_t td_run_request(struct td_run *run);
void td_run_miss(struct td_run *run);
/* It was none: it goes on elsewhere, where it is counted. */
void td_run_unask(struct td_run *run);
/* Takes an interaction for a request; false where another one has taken it before, or where it is
 * not one of the run's. */
bool td_run_play(struct td_run *run, size_t interaction, uint32_t request);
/* Gives it to a request that will not get it whole: it counts as played, and stays free. */
void td_run_lend(struct td_run *run, size_t interaction, uint32_t request);
bool td_run_is_free(struct td_run *run, size_t interaction);
/* The number of the request that it was (first) played to, or 0. */
uint32_t td_run_played_by(struct td_run *run, size_t interaction);

/* What became of what was to be recorded. */
enum td_run_fate {
    TD_RUN_RECORDED,
    TD_RUN_DROPPED,    /* its response ended early */
    TD_RUN_UNANSWERED, /* no response came */
    TD_RUN_LOST,
    TD_RUN_BEGUN, /* transfers that are live, and recorded */
    TD_RUN_ENDED,
    TD_RUN_FATES,
};
void td_run_count(struct td_run *run, enum td_run_fate fate);
/* A fault, by its number in the deck, strikes: false where it has done so `times` times before
 * (0: it may any number of times). */
enum { TD_RUN_FAULTS = 64 };
bool td_run_strike(struct td_run *run, size_t fault, uint64_t times);
uint32_t td_run_struck(struct td_run *run, size_t fault);

struct td_run_counts {
    size_t requests;
    size_t missed;
    size_t fates[TD_RUN_FATES];
    size_t processes; /* that have joined, the one that created it not counted */
};
void td_run_counts(struct td_run *run, struct td_run_counts *counts);

/* Sends a text for people to whoever created the run, and waits (2 s at most) until it was dealt
 * with. False where nobody listens: then it is the caller's to show. A descriptor (-1: none) goes
 * along with it: a request that was missed, where the creator wants them. */
bool td_run_tell(struct td_run *run, struct td_bytes text, int request);
/* For the creator, before others join: the requests that are missed are wanted. */
void td_run_want_misses(struct td_run *run);
bool td_run_wants_misses(struct td_run *run);
/* For the creator: a descriptor that becomes readable when a text is there, and the next text
 * appended to `out`; false where there is none now. Asking for the next one says that the last was
 * dealt with. *request is the descriptor that came along, for the caller to close, or -1. */
int td_run_ear(struct td_run *run);
bool td_run_hear(struct td_run *run, struct td_buf *out, int *request);

/* The names of the files that a run's folder holds, NULL-terminated: for whoever removes it. */
extern const char *const td_run_files[];

#endif
