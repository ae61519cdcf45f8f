/* SPDX-License-Identifier: MIT */
/*
 * Scrubbing cassettes that are on a disk already: what in them is a secret, where it stands, and
 * the same file without it. Recording takes secrets out by the same rules before anything is
 * written.
 *
 *     struct td_scrub_rules *rules = td_scrub_rules_open(NULL, &err);
 *     struct td_scrub_file *file = td_scrub_file_open(rules, "hello.yaml", false, &err);
 *     for (size_t i = 0; i < td_scrub_file_count(file); i++)
 *         tell(td_scrub_file_at(file, i));
 *     if (td_scrub_file_count(file) && td_scrub_file_save(file, &err) < 0) ...
 *     td_scrub_file_close(file);
 *     td_scrub_rules_close(rules);
 *
 * Rules may be used by several threads at once, a file by one.
 */
#ifndef TAPEDECK_SCRUB_H
#define TAPEDECK_SCRUB_H

#include <tapedeck/cassette.h>

#ifdef __cplusplus
extern "C" {
#endif

struct td_scrub_rules;
struct td_scrub_file;

struct td_scrub_options {
    size_t size;              /* sizeof(struct td_scrub_options) */
    const char *const *rules; /* rules files; their settings come before a cassette's own */
    size_t rules_count;
    const char *const *secret_env; /* variables whose values are secrets, besides *_API_KEY, ... */
    size_t secret_env_count;
    const char *const *allowed; /* headers that stay with allow_headers, besides the three */
    size_t allowed_count;
    bool allow_headers; /* only accept, content-type and user-agent stay */
    bool pseudonyms;    /* "[REDACTED:rule:1a2b]"; takes $TAPEDECK_SCRUB_KEY */
    bool emails;        /* e-mail addresses count as well */
    bool ids;           /* ids of requests, calls and objects become pseudonyms */
};

/* The table of rules, the environment as it is now, and what the options add; NULL options: no more
 * than that. NULL and `err` on failure. */
TD_EXPORT struct td_scrub_rules *td_scrub_rules_open(const struct td_scrub_options *options,
                                                     struct td_error *err);
TD_EXPORT void td_scrub_rules_close(struct td_scrub_rules *rules); /* NULL is fine */

struct td_scrub_rule {
    const char *id;     /* stable; several entries may share one */
    const char *what;   /* it is about, for a person */
    const char *source; /* where its form was learned */
    bool asked;         /* only counts where it is asked for */
};

/* The built-in rules, by position; false past the last. The texts are static. */
TD_EXPORT bool td_scrub_rule_at(size_t position, struct td_scrub_rule *rule);

struct td_scrub_finding {
    const char *rule;
    const char *what;         /* the rule is about, for a person */
    const char *part;         /* "request header Authorization", "response body", ... */
    const char *variable;     /* of the environment, whose value was found; NULL otherwise */
    const char *fingerprint;  /* "rule:0123456789abcdef": the same for the same secret in the same
                                 part of any interaction; tells nothing of the secret */
    int64_t interaction;      /* its id */
    enum td_side side;
    unsigned line;            /* where it starts, or where the base64 or gzip starts that holds it */
    unsigned column;
    size_t length;            /* bytes of the value that gave way */
    bool removed;             /* a whole header that does not stay */
};

/*
 * Reads a cassette and looks for secrets. With `check_only` the text without them cannot be had
 * afterwards; it is faster, and takes memory for one interaction at a time. NULL and `err` where
 * it could not be read.
 */
TD_EXPORT struct td_scrub_file *td_scrub_file_open(const struct td_scrub_rules *rules,
                                                   const char *path, bool check_only,
                                                   struct td_error *err);
TD_EXPORT void td_scrub_file_close(struct td_scrub_file *file); /* NULL is fine */

/* Findings in the order of the file, which own their texts; NULL past the end. */
TD_EXPORT size_t td_scrub_file_count(const struct td_scrub_file *file);
TD_EXPORT const struct td_scrub_finding *td_scrub_file_at(const struct td_scrub_file *file,
                                                          size_t position);

/* The file as it was read, and as it is to be; both live as long as the file. NULL with
 * check_only. */
TD_EXPORT const char *td_scrub_file_before(const struct td_scrub_file *file, size_t *len);
TD_EXPORT const char *td_scrub_file_after(const struct td_scrub_file *file, size_t *len);

/* Replaces the file by the text without secrets, all of it or nothing. TD_ERR_IO where somebody else
 * has changed it meanwhile. Nothing is written where nothing was found. */
TD_EXPORT int td_scrub_file_save(struct td_scrub_file *file, struct td_error *err);

#ifdef __cplusplus
}
#endif

#endif
