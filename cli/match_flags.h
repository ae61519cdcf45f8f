/* SPDX-License-Identifier: MIT */
/* The options about what counts when requests are matched, which several commands share. */
#ifndef TD_CLI_MATCH_FLAGS_H
#define TD_CLI_MATCH_FLAGS_H

#include <getopt.h>
#include <stddef.h>

/* Rows for a table of getopt_long(), and their codes. */
enum {
    FLAG_RULES = 1000,
    FLAG_MATCH,
    FLAG_MATCH_HEADER,
    FLAG_IGNORE,
    FLAG_IGNORE_HEADER,
    FLAG_IGNORE_QUERY,
    FLAG_UNORDERED,
};

/* clang-format off */
#define MATCH_FLAGS                                                                                \
    {"rules", required_argument, NULL, FLAG_RULES},                                                \
    {"match", required_argument, NULL, FLAG_MATCH},                                                \
    {"match-header", required_argument, NULL, FLAG_MATCH_HEADER},                                  \
    {"ignore", required_argument, NULL, FLAG_IGNORE},                                              \
    {"ignore-header", required_argument, NULL, FLAG_IGNORE_HEADER},                                \
    {"ignore-query", required_argument, NULL, FLAG_IGNORE_QUERY},                                  \
    {"unordered", required_argument, NULL, FLAG_UNORDERED}
/* clang-format on */

#define MATCH_FLAGS_HELP                                                                           \
    "  --rules FILE            rules in a file: what stands under 'match:' in it\n"                \
    "  --match PARTS           what counts: method, url, headers, body (commas between)\n"         \
    "  --match-header NAME     a header that counts; those that are not named do not then\n"       \
    "  --ignore PATH           what does not count in JSON: '/metadata', '/messages/*/id',\n"      \
    "                          '/**/id' at any depth; or a field of a form: '/csrf'\n"             \
    "  --ignore-header NAME    a header that does not count ('X-Stainless-*')\n"                   \
    "  --ignore-query NAME     a name in the URL's query that does not count\n"                    \
    "  --unordered PATH        an array in JSON whose order does not count: '/tools'\n"

/* What was asked for, as the library takes it. */
struct match_flags {
    const char *rules;
    char **match; /* NULL-terminated, or NULL */
    size_t count;
};

/* 1 where the option is one of these and was taken, 0 where it is not one, -1 without memory. */
int match_flags_take(struct match_flags *flags, int option, const char *value);
void match_flags_release(struct match_flags *flags);

#endif
