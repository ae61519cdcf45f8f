/* SPDX-License-Identifier: MIT */
/*
 * A deck: cassettes in use. While a deck is inserted, libcurl in this process plays from it: every
 * HTTP transfer is answered from the recorded interactions, in memory, and none reaches the
 * network. It takes a program that is linked with libtapedeck-curl in front of libcurl
 * (`pkg-config --libs tapedeck-curl`); nothing else in the code under test changes.
 *
 *     struct td_error err;
 *     struct td_deck *deck = td_deck_open("testdata/hello.yaml", NULL, &err);
 *     if (deck && td_deck_insert(deck) < 0)
 *         abort();
 *     code_under_test();
 *     if (td_deck_eject(deck, &err) < 0)
 *         fprintf(stderr, "%s\n%s", err.message, td_deck_misses(deck));
 *     td_deck_close(deck);
 *
 * Requests are matched by method, URL and body, as far as the rules of the cassette and those in
 * the options let them count (docs/matching.md). Each interaction is played once, in recorded order
 * among those that answer the same request. A forked child plays from the same deck: what it has
 * been played counts for its parent too.
 *
 * Thread safety: libcurl may be used from any number of threads while a deck is inserted. The
 * functions below may be called from any thread, but opening, loading, ejecting and closing the
 * same deck are for one thread at a time.
 */
#ifndef TAPEDECK_DECK_H
#define TAPEDECK_DECK_H

#include <stdbool.h>
#include <stddef.h>

#include <tapedeck/error.h>

#ifdef __cplusplus
extern "C" {
#endif

struct td_deck;
struct td_draft;
struct td_interaction;

/* What becomes of a request. The names are those of go-vcr, in brackets. */
enum td_mode {
    TD_MODE_REPLAY, /* played, or a miss (ReplayOnly) */
    TD_MODE_ONCE,   /* where there is no cassette all is recorded, else as above (RecordOnce) */
    TD_MODE_NEW,    /* played where it is known, else recorded (ReplayWithNewEpisodes) */
    TD_MODE_RECORD, /* live and recorded; replaces the cassette (RecordOnly) */
    TD_MODE_PASSTHROUGH, /* live, as if there were no deck (Passthrough) */
};

/* "replay", "once", "new", "record" or "passthrough"; TD_ERR_INVALID for anything else. */
TD_EXPORT int td_mode_parse(const char *name, enum td_mode *mode, struct td_error *err);
TD_EXPORT const char *td_mode_name(enum td_mode mode);

/*
 * Hooks. Each is called with the `context` of the options, and a draft of an interaction that it
 * may change (tapedeck/draft.h), for the time of the call. Any of them may be NULL.
 *
 * Redaction has its own rules, and comes after the hooks in front of the disk, so that no hook can
 * bring back what it takes out. They are called in the thread that does the transfer, ejects or
 * closes, and must not use libcurl or the deck.
 */
struct td_deck_hooks {
    /* An interaction was recorded. What the program got is not changed by it. */
    void (*after_capture)(void *context, struct td_draft *draft);
    /* The cassette is about to be saved with it; td_draft_discard() keeps it out. */
    void (*before_save)(void *context, struct td_draft *draft);
    /* It is about to be played: what is changed is what the program gets. */
    void (*before_replay)(void *context, struct td_draft *draft);
    /* The deck was ejected, and what was recorded is saved. */
    void (*on_eject)(void *context);
};

/* A request as a matcher of the program's own sees it; valid while the matcher runs. */
struct td_asked_header {
    const char *name;
    const char *value;
};
struct td_asked {
    const char *method;
    const char *url;  /* absolute */
    const char *body; /* bytes of any kind; a NUL follows that is not one of them */
    size_t body_len;
    const struct td_asked_header *headers;
    size_t header_count;
};

/* Whether the interaction answers the request. Called in the thread that asks, for one interaction
 * after the other, in recorded order; it must not use libcurl or the deck. */
typedef bool td_matcher(void *data, const struct td_asked *asked,
                        const struct td_interaction *recorded);

struct td_deck_options {
    size_t size;         /* sizeof(struct td_deck_options): tells which fields the caller knows */
    bool replayable;     /* an interaction may be played any number of times */
    bool allow_unplayed; /* td_deck_eject() does not mind interactions that nobody asked for, nor
                            faults that struck nothing */
    /* How answers are played: as `tapedeck replay` has it under the options of these names (see
     * tapedeck-replay(1)). NULL: what `scenario` says, or else the cassette itself. The texts are
     * copied; TD_ERR_INVALID where one makes no sense. */
    const char *split;    /* "recorded", "event", "utf8", "random:7", ...; recorded where nothing
                             is said, which is "event" for cassettes without recorded chunks */
    const char *pace;     /* "none", "recorded", "2x", "tokens:50/s", "first:300ms,then:20ms" */
    const char *faults;   /* "reset@event:3 429@request:1": spaces between */
    const char *scenario; /* a file that says all three */

    enum td_mode mode;
    bool no_timing;   /* recorded responses do not keep when their chunks came */
    bool keep_broken; /* responses that ended early are recorded too, as what they are */
    /* Requests to these hosts are live in every mode, and not recorded: a NULL-terminated list of
     * names such as "localhost", "*.example.com" or "localhost:8080"; NULL for none. */
    const char *const *passthrough;
    /* The same by a predicate, asked with the URL of each transfer. May be NULL. */
    bool (*passes)(void *context, const char *url);
    /* Variables of the environment whose values are secrets, besides *_API_KEY, *_TOKEN and their
     * like: a NULL-terminated list, or NULL. */
    const char *const *secret_env;
    struct td_deck_hooks hooks;
    void *context; /* for the predicate and the hooks */

    const char *rules; /* a rules file, whose matching rules add to those of the cassettes; or
                          NULL */
    const char *const *match; /* matching rules one by one, "ignore_paths=/metadata", as under
                                 `match:` in a rules file; the last is NULL. Or NULL */
    td_matcher *matcher; /* decides on headers and body in their place, among the interactions whose
                            method and URL are the same by the rules ("parts=body" in `match`: among
                            all); or NULL. Not for other processes than this one and its forks */
    void *matcher_data;
    bool keep_misses; /* requests that are not answered are kept for td_deck_save_misses() */
};

/*
 * Opens a deck with one cassette; `options` may be NULL. NULL and `err` on failure. The deck is the
 * caller's: td_deck_close() it. What is recorded goes into the first cassette; it need not exist
 * but in mode replay. What an earlier recording of it left behind when it was killed is saved
 * first.
 */
TD_EXPORT struct td_deck *td_deck_open(const char *path, const struct td_deck_options *options,
                                       struct td_error *err);

/* Adds another cassette behind those that the deck holds. Not while it is inserted. */
TD_EXPORT int td_deck_load(struct td_deck *deck, const char *path, struct td_error *err);

/* From now on libcurl in this process plays from the deck. One deck at a time: TD_ERR_INVALID where
 * another is inserted, or where `deck` is NULL; and where it would not be asked, because the
 * program is not linked with libtapedeck-curl, or with libcurl in front of it (-lcurl must come
 * later). */
TD_EXPORT int td_deck_insert(struct td_deck *deck);

/* libcurl is live again (transfers under way go on to their end). What was recorded is saved, by
 * this process and by those that it has forked and that have ended; nothing is lost where that
 * fails, the next deck of this cassette tries again. TD_ERR_MISS where a request was
 * not answered, TD_ERR_UNPLAYED where interactions were left over
 * or a fault struck nothing; the deck is ejected all the
 * same, and stays good for questions and for another insertion. TD_ERR_INVALID where it was not
 * inserted; a NULL deck leaves `err` as td_deck_open() has set it. */
TD_EXPORT int td_deck_eject(struct td_deck *deck, struct td_error *err);

/* Ejects where needed and frees the deck. NULL is fine. */
TD_EXPORT void td_deck_close(struct td_deck *deck);

struct td_deck_counts {
    size_t interactions; /* in all cassettes of the deck */
    size_t played;       /* of those: played at least once */
    size_t requests;     /* asked, answered or not */
    size_t missed;       /* requests that were not answered */
    size_t recorded;     /* interactions that were recorded by this run */
    size_t dropped;      /* responses that ended early, and so were not recorded */
    size_t unanswered;   /* requests that no response came to, and so were not recorded */
    size_t unfinished; /* transfers that are live and not over: under way, or their process ended */
    size_t lost;       /* interactions that could not be kept, which was told */
};
TD_EXPORT void td_deck_counts(struct td_deck *deck, struct td_deck_counts *counts);

/* What was asked and not answered by this process, and why not, in lines for a person; "" where
 * nothing was missed or the deck is NULL. Valid until the next call on this deck. */
TD_EXPORT const char *td_deck_misses(struct td_deck *deck);

/* The next fault, from number `*next` on (0 at first; it moves on), that has struck nothing so far,
 * as it was written; NULL where there is none. Those that strike at random are not minded. Valid
 * as long as the deck. */
TD_EXPORT const char *td_deck_idle_fault(struct td_deck *deck, size_t *next);

/* With `keep_misses`: writes the requests that were not answered, here and in the programs that
 * play from the deck's run, to a cassette of requests. Secrets are taken out first, as when
 * recording. Each has the response "599 Not recorded". An empty list makes an empty cassette. */
TD_EXPORT int td_deck_save_misses(struct td_deck *deck, const char *path, struct td_error *err);

#ifdef __cplusplus
}
#endif

#endif
