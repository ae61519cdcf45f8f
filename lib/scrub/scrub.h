/* SPDX-License-Identifier: MIT */
/*
 * Scrubbing: taking secrets out of interactions, so that none is ever written down. One table of
 * rules (scrub/rules.c) for recording, for `tapedeck scrub` and for `tapedeck check`; what a
 * cassette or a rules file adds to it is described in docs/scrubbing.md.
 *
 * A secret is found by where it stands (a header, a query name, a field of JSON or of a form, a
 * cookie, a URL's user info), by its shape (scrub/shapes.c), by the caller's own environment, or by
 * a pattern of the user's; as it is, percent-encoded, escaped in JSON, JSON inside a string, in a
 * multipart body, in base64 at any alignment, inside gzip, and cut across the events of a stream.
 * It gives way to a placeholder, "[REDACTED:rule]" or "[REDACTED:rule:1a2b]".
 *
 * Scrubbing what is scrubbed changes nothing. The time is linear in what is scrubbed, on any input.
 */
#ifndef TD_SCRUB_SCRUB_H
#define TD_SCRUB_SCRUB_H

#include "cassette/cassette.h"

/* Compiled rules. Nothing changes it once it is made: any thread may use it, and so may a child
 * after a fork. */
struct td_scrubber;

struct td_scrub_config {
    /* What the user's rules add, in this order: rules files, then the cassette's own settings. Only
     * "scrub." settings are looked at. They need not outlive the call. */
    const struct td_settings *const *settings;
    size_t settings_count;
    /* Variables whose values are secrets whatever they are called, besides *_API_KEY, *_TOKEN and
     * their like. */
    const char *const *secret_env;
    size_t secret_env_count;
    /* "NAME=value", NULL at the end; NULL: the process's own environment. */
    const char *const *environment;
    bool no_environment; /* the environment is not looked at */
    bool emails;         /* e-mail addresses count as secrets */
    bool ids;            /* ids of requests, calls and objects become pseudonyms */
    bool pseudonyms;     /* "[REDACTED:rule:1a2b]", the same where the secrets were the same;
                            keyed with `key`, or with $TAPEDECK_SCRUB_KEY where that is empty */
    struct td_bytes key;
    bool allow_headers; /* of the headers only accept, content-type, user-agent stay, and
                           those in `allowed` */
    const char *const *allowed;
    size_t allowed_count;
};

/* NULL config: the defaults and the process's own environment. TD_ERR_INVALID or TD_ERR_FORMAT
 * where a rule of the user's is none, with its place. */
int td_scrubber_new(struct td_scrubber **scrubber, const struct td_scrub_config *config,
                    struct td_error *err);
void td_scrubber_free(struct td_scrubber *scrubber); /* NULL is fine */

/* Where in an interaction something was found. */
enum td_scrub_part {
    TD_SCRUB_URL,
    TD_SCRUB_REQUEST_URI,
    TD_SCRUB_HOST,
    TD_SCRUB_REMOTE_ADDR,
    TD_SCRUB_FORM,    /* index: of the field */
    TD_SCRUB_HEADER,  /* index: of the field */
    TD_SCRUB_TRAILER, /* index: of the field */
    TD_SCRUB_BODY,
    TD_SCRUB_STATUS,
    TD_SCRUB_HEAD,    /* of what is under the key `tapedeck` of a response */
    TD_SCRUB_INTERIM, /* index: of the head */
    TD_SCRUB_BROKEN,
};

struct td_leak {
    const char *rule;     /* its id; lives as long as the scrubber */
    const char *variable; /* of the environment, where its value was found; else NULL */
    int64_t interaction;  /* its id */
    bool response;
    enum td_scrub_part part;
    size_t index;         /* of a header, trailer or form field, else 0 */
    struct td_bytes name; /* of a header, trailer or form field, else empty */
    size_t offset;        /* of its first byte in the value or body, as it was */
    size_t len;           /* of the bytes there that gave way */
    bool removed;         /* the whole header went (allow_headers) */
    uint32_t fingerprint; /* 16 bits of the secret's hash, and no more: to know it again */
};

/* In the order in which they were found; names live in the arena. */
struct td_leaks {
    struct td_leak *items;
    size_t count;
    size_t capacity;
    struct td_arena arena;
};

void td_leaks_init(struct td_leaks *findings);
void td_leaks_release(struct td_leaks *findings);

/*
 * Scrubs a whole interaction in place. Fields and bodies that held a secret are replaced by new
 * texts in `arena`, each followed by a NUL; content_length, Content-Length and the recorded chunks
 * follow. Where nothing was found the interaction is untouched. `findings` collects what was found,
 * and may be NULL. On failure (TD_ERR_NOMEM) the interaction is not to be written anywhere.
 */
int td_scrub_interaction(const struct td_scrubber *scrubber, struct td_interaction *interaction,
                         struct td_arena *arena, struct td_leaks *findings, struct td_error *err);

/*
 * What the names in a request give away (scrub/echo.h), as a scrubber for its response that knows
 * nothing else; *made is NULL where that is nothing. To be freed. 0 or TD_ERR_NOMEM.
 */
int td_scrub_said_back(const struct td_scrubber *scrubber, const struct td_interaction *interaction,
                       struct td_scrubber **made);

/*
 * A request as it is matched, live or recorded: secrets and placeholders of any rule give way to
 * "[REDACTED]", so that a request with another key than the recorded one is still the same
 * request. Where *url_changed or *body_changed is false use the original: nothing was appended.
 */
int td_scrub_request(const struct td_scrubber *scrubber, struct td_bytes url,
                     struct td_bytes content_type, struct td_bytes body, struct td_buf *new_url,
                     struct td_buf *new_body, bool *url_changed, bool *body_changed);

/* A header's value, as it is matched. */
int td_scrub_header(const struct td_scrubber *scrubber, struct td_bytes name, struct td_bytes value,
                    struct td_buf *new_value, bool *changed);

/* Text that is shown to a person or kept in a message: appends it, scrubbed. */
int td_scrub_text(const struct td_scrubber *scrubber, struct td_bytes text, struct td_buf *out);

#endif
