/* SPDX-License-Identifier: MIT */
/*
 * Playing a deck to other processes: programs that are started with the shim preloaded
 * (LD_PRELOAD=libtapedeck-curl.so) and with the environment that td_deck_share() leaves behind.
 * They all play from one tape: what was played to one is played for the others.
 *
 * For one thread, before it starts such programs.
 */
#ifndef TAPEDECK_SHARE_H
#define TAPEDECK_SHARE_H

#include <tapedeck/cassette.h>
#include <tapedeck/deck.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Makes a folder for the run (below $TMPDIR, or /tmp), and sets TAPEDECK_CASSETTE, TAPEDECK_RUN,
 * TAPEDECK_MODE and their like in this process's environment. The folder holds counters and a
 * socket, and nothing of what is asked or played; td_deck_close() removes it.
 */
TD_EXPORT int td_deck_share(struct td_deck *deck, struct td_error *err);

/* A descriptor that is readable when one of the programs has something to say, which is when a
 * request was not answered. Owned by the deck. */
TD_EXPORT int td_deck_ear(struct td_deck *deck);
/* The next such text, lines for a person, or NULL where there is none now. Valid until the next
 * call on this deck, which also tells the program that its text was shown: ask until there is none.
 * Never waits. */
TD_EXPORT const char *td_deck_hear(struct td_deck *deck);

/* By position over all cassettes of the deck; NULL past the end. */
TD_EXPORT const struct td_interaction *td_deck_at(struct td_deck *deck, size_t position);
/* The cassette that it is from, as it was named; lives as long as the deck. NULL past the end. */
TD_EXPORT const char *td_deck_path_at(struct td_deck *deck, size_t position);
/* The number of the request that it was played to first, from 1; 0 where it was not played. */
TD_EXPORT unsigned td_deck_played_by(struct td_deck *deck, size_t position);
/* How many processes have come to play. */
TD_EXPORT size_t td_deck_processes(struct td_deck *deck);

/* What has become of what was recorded. */
struct td_deck_saved {
    const char *path; /* the cassette, an absolute path; NULL: this deck does not record */
    size_t added;     /* interactions that the cassette was given now */
    size_t total;     /* that the cassette has; only where some were added */
    size_t lost;   /* interactions that a system which went down has spoilt in CASSETTE.journal */
    size_t busy;   /* processes that are still recording: theirs is saved by the next run */
    size_t aside;  /* that went to PATH.failed, where they would have replaced something */
    bool replaced; /* what the cassette had before is gone */
};
/* What a recording of the deck's cassette that was killed had left, and was saved when the deck was
 * opened; lives as long as the deck. */
TD_EXPORT const struct td_deck_saved *td_deck_found(const struct td_deck *deck);

/* Saves what was recorded, by this process and by all that have ended. `well`: the programs have
 * done what they were to do; else a recording that would replace the cassette leaves it as it is.
 * td_deck_eject() does so too; this is for a deck that was shared. On failure all of it is kept
 * beside the cassette, in CASSETTE.journal, and the next deck of this cassette tries again. */
TD_EXPORT int td_deck_save(struct td_deck *deck, bool well, struct td_deck_saved *saved,
                           struct td_error *err);

#ifdef __cplusplus
}
#endif

#endif
