/* SPDX-License-Identifier: MIT */
/*
 * The inside of a deck: what a surface (the shim, a server) needs of it to answer requests.
 *
 * A deck is reference-counted: a transfer that is under way holds it, so that its answer stays
 * valid when the deck is ejected or closed meanwhile.
 */
#ifndef TD_DECK_DECK_H
#define TD_DECK_DECK_H

#include <tapedeck/deck.h>
#include <tapedeck/share.h>

#include "deck/run.h"
#include "deck/spill.h"
#include "match/index.h"
#include "stream/play.h"

/* Joins the run in `folder` instead of the deck's own (before anything is played). */
int td_deck_join(struct td_deck *deck, const char *folder, struct td_error *err);
/* The deck's first `count` interactions, as a fingerprint. */
struct td_hash td_deck_fingerprint(const struct td_deck *deck, size_t count);
const struct td_index *td_deck_index(const struct td_deck *deck);
struct td_run *td_deck_run(struct td_deck *deck);

/* Where a miss is told besides td_deck_misses(): a text of several lines, and what was asked (NULL:
 * the request never came to be). May be NULL. */
typedef void td_deck_teller(struct td_deck *deck, struct td_bytes text,
                            const struct td_query *query);
void td_deck_set_teller(struct td_deck *deck, td_deck_teller *teller);

/* The process takes part in a run that another one has started, when the target was `base`, a text
 * of td_deck_base(): before cassettes are loaded. */
int td_deck_become_member(struct td_deck *deck, const char *base, struct td_error *err);
void td_deck_base(const struct td_deck *deck, struct td_buf *text);

/* Whether this transfer has nothing to do with the deck, and is live. */
bool td_deck_passes(const struct td_deck *deck, const char *url);
/* Whether all transfers are live and recorded. */
bool td_deck_is_live(const struct td_deck *deck);
/* Whether a transfer that is not on the tape goes live. */
bool td_deck_may_go_live(const struct td_deck *deck);
bool td_deck_keeps_timing(const struct td_deck *deck);

/* A transfer is live and will be recorded; it is over, however it ended. Any thread. */
void td_deck_begin(struct td_deck *deck);
void td_deck_end(struct td_deck *deck);
/* Records an interaction, which began at `start_ns` of CLOCK_REALTIME; new texts of it come into
 * the arena. What fails is counted and told. `whole`: its response did not end early. `spill` has
 * what was written of its body before. Any thread. */
void td_deck_record(struct td_deck *deck, struct td_interaction *interaction,
                    struct td_arena *arena, int64_t start_ns, bool whole, struct td_spill *spill);
/* One that no response came to. */
void td_deck_drop(struct td_deck *deck, struct td_bytes url, const char *reason);
/* One that could not even be captured. */
void td_deck_lose(struct td_deck *deck, struct td_bytes url, const char *reason);

/* What td_deck_answer() says of a request that is to be live, and recorded. */
enum { TD_DECK_LIVE = 1 };

struct td_reply {
    const struct td_interaction *interaction;    /* what was asked for */
    const struct td_recorded_response *response; /* its own, or what a fault puts in its place */
    struct td_play play;
};

/*
 * Answers a request: 0 and *reply, which lives as long as the deck; TD_DECK_LIVE; or
 * TD_ERR_MISS and in `err` the one line that says what was asked for. An interaction that is not
 * played whole, because of a fault, stays free for who asks again. Any thread.
 */
int td_deck_answer(struct td_deck *deck, const struct td_query *query, struct td_reply *reply,
                   struct td_error *err);
/* The same for a request of which only the head has come, which announces a body of that length:
 * true where its turn is that of an interaction that was answered then. */
bool td_deck_take_early(struct td_deck *deck, const struct td_query *query, int64_t announced,
                        struct td_reply *reply);
/* Whether any answer of this deck may end with a reset. */
bool td_deck_resets(const struct td_deck *deck);

/* A request that never came to be answered, refused for `reason`: counted and told as a miss. */
void td_deck_refuse(struct td_deck *deck, struct td_bytes url, const char *reason,
                    struct td_error *err);

struct td_deck *td_deck_ref(struct td_deck *deck); /* NULL is fine */
void td_deck_unref(struct td_deck *deck);

/* What plays an inserted deck: set by the shim when it is loaded. NULL in a program without one;
 * and false where libcurl stands in front of it, so that nobody would ask the deck. */
extern bool (*td_deck_player)(void);

/* The deck that is inserted, with a reference for the caller, or NULL. Any thread. */
struct td_deck *td_deck_inserted(void);

#endif
