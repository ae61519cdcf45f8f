/* SPDX-License-Identifier: MIT */
/*
 * Checking a cassette: what is wrong or suspicious in it, each finding under a rule with a name
 * that stays, and at a place in the file.
 *
 *     struct td_error err;
 *     struct td_check *check = td_check_open("hello.yaml", NULL, &err);
 *     for (size_t i = 0; check && i < td_check_count(check); i++) {
 *         const struct td_check_finding *finding = td_check_at(check, i);
 *         printf("%u: %s [%s]\n", finding->line, finding->message, finding->rule->name);
 *     }
 *     td_check_close(check);
 *
 * A check belongs to one thread at a time.
 */
#ifndef TAPEDECK_CHECK_H
#define TAPEDECK_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tapedeck/error.h>

#ifdef __cplusplus
extern "C" {
#endif

enum td_severity {
    TD_NOTE,    /* worth knowing; mostly there is nothing wrong */
    TD_WARNING, /* suspicious: it plays, but may not be what was meant */
    TD_FAULT,   /* wrong: it does not play, or not as the network would have */
};

/* "note", "warning", "error". */
TD_EXPORT const char *td_severity_name(enum td_severity severity);

struct td_check_rule {
    const char *name; /* "content-length" */
    enum td_severity severity;
    bool fixable;        /* td_check_fix() mends what it finds, where it can */
    const char *summary; /* what it finds */
    const char *advice;  /* what to do about it */
};

/* All rules, 0 on; NULL past the last. */
TD_EXPORT const struct td_check_rule *td_check_rule_at(size_t position);
/* NULL where there is none of this name. */
TD_EXPORT const struct td_check_rule *td_check_rule_find(const char *name);

struct td_check_finding {
    const struct td_check_rule *rule;
    unsigned line;       /* 1-based; 0 where it is about the whole file */
    unsigned column;     /* 1-based, in characters */
    bool of_one;         /* it is about one interaction: the next two say which */
    int64_t id;          /* as recorded */
    size_t position;     /* among the interactions, from 0 */
    const char *message; /* lower-case, one line of printable text */
};

struct td_check_options {
    size_t size;                /* sizeof(struct td_check_options) */
    const char *const *only;    /* names of the rules to go by, then NULL; NULL: all of them */
    const char *const *ignored; /* names of rules not to go by, then NULL; may be NULL */
};

/*
 * Reads and checks a file; "-" is standard input. A file that is no cassette is a finding like
 * others. NULL and `err` where it cannot be read at all, where `options` (which may be NULL) name a
 * rule that is none (TD_ERR_INVALID), or where memory ran out.
 */
TD_EXPORT struct td_check *td_check_open(const char *path, const struct td_check_options *options,
                                         struct td_error *err);
TD_EXPORT void td_check_close(struct td_check *check); /* NULL is fine */

/* What was found, in the order of the file. */
TD_EXPORT size_t td_check_count(const struct td_check *check);
/* NULL past the last. Valid until td_check_close(). */
TD_EXPORT const struct td_check_finding *td_check_at(const struct td_check *check, size_t position);

/*
 * Mends what has one right answer, saves the file (whole or not at all), and checks it again: what
 * is found afterwards is what is left. Ids become the interactions' positions, lengths those of the
 * bodies, each in its own line; where the rule "style" or "binary-text" has found something, the
 * file is written afresh, unless that would lose a comment or a key that the format does not have.
 * Only findings of rules that are gone by are mended.
 *
 * 0, also where nothing was to be done; TD_ERR_INVALID for standard input; else the file is as it
 * was, and the check good for nothing but td_check_close().
 */
TD_EXPORT int td_check_fix(struct td_check *check, struct td_error *err);
/* What was changed, at its place in the file as it was; NULL past the last. */
TD_EXPORT const struct td_check_finding *td_check_fixed_at(const struct td_check *check,
                                                           size_t position);
/* What was not changed though it might have been, and why; NULL past the last. */
TD_EXPORT const struct td_check_finding *td_check_unfixed_at(const struct td_check *check,
                                                             size_t position);

#ifdef __cplusplus
}
#endif

#endif
