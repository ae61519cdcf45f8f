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
struct td_interaction;

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
    bool allow_unplayed; /* td_deck_eject() does not mind interactions that nobody asked for */
    const char *rules;   /* a rules file, whose matching rules add to those of the cassettes; or
                            NULL */
    const char *const *match; /* matching rules one by one, "ignore_paths=/metadata", as under
                                 `match:` in a rules file; the last is NULL. Or NULL */
    td_matcher *matcher; /* decides on headers and body in their place, among the interactions whose
                            method and URL are the same by the rules ("parts=body" in `match`: among
                            all); or NULL. Not for other processes than this one and its forks */
    void *matcher_data;
};

/* Opens a deck with one cassette; `options` may be NULL. NULL and `err` on failure. The deck is the
 * caller's: td_deck_close() it. */
TD_EXPORT struct td_deck *td_deck_open(const char *path, const struct td_deck_options *options,
                                       struct td_error *err);

/* Adds another cassette behind those that the deck holds. Not while it is inserted. */
TD_EXPORT int td_deck_load(struct td_deck *deck, const char *path, struct td_error *err);

/* From now on libcurl in this process plays from the deck. One deck at a time: TD_ERR_INVALID where
 * another is inserted, or where `deck` is NULL; and where it would not be asked, because the
 * program is not linked with libtapedeck-curl, or with libcurl in front of it (-lcurl must come
 * later). */
TD_EXPORT int td_deck_insert(struct td_deck *deck);

/* libcurl is live again (transfers under way play to their end). TD_ERR_MISS where a request was
 * not answered, TD_ERR_UNPLAYED where interactions were left over; the deck is ejected all the
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
};
TD_EXPORT void td_deck_counts(struct td_deck *deck, struct td_deck_counts *counts);

/* What was asked and not answered by this process, and why not, in lines for a person; "" where
 * nothing was missed or the deck is NULL. Valid until the next call on this deck. */
TD_EXPORT const char *td_deck_misses(struct td_deck *deck);

#ifdef __cplusplus
}
#endif

#endif
