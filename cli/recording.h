/* SPDX-License-Identifier: MIT */
/* What `record` and `replay` share: options, a command behind them that is run, the last words. */
#ifndef TD_CLI_RECORDING_H
#define TD_CLI_RECORDING_H

#include <getopt.h>
#include <stdbool.h>

#include <tapedeck/deck.h>

#include "command.h"
#include "match_flags.h"

/* Rows for a table of getopt_long(), and their codes. */
enum {
    FLAG_MODE = 2000,
    FLAG_PASSTHROUGH,
    FLAG_NO_TIMING,
    FLAG_KEEP_BROKEN,
    FLAG_SECRET_ENV,
};

/* clang-format off */
#define RUN_FLAGS                                                                                  \
    {"quiet", no_argument, NULL, 'q'},                                                             \
    {"mode", required_argument, NULL, FLAG_MODE},                                                  \
    {"passthrough", required_argument, NULL, FLAG_PASSTHROUGH},                                    \
    {"no-timing", no_argument, NULL, FLAG_NO_TIMING},                                              \
    {"keep-broken", no_argument, NULL, FLAG_KEEP_BROKEN},                                          \
    {"secret-env", required_argument, NULL, FLAG_SECRET_ENV}, MATCH_FLAGS
/* clang-format on */

#define RECORDING_FLAGS_HELP                                                                       \
    "  --passthrough HOST      transfers to HOST are live and not recorded; '*.example.com' and\n" \
    "                          'localhost:8080' are hosts too\n"                                   \
    "  --no-timing             do not keep when each piece of a response came\n"                   \
    "  --keep-broken           record responses that ended early, as what they are: a stall, a\n"  \
    "                          reset. Without, they are left out, and told\n"                      \
    "  --secret-env NAME       the value of this variable is a secret, besides *_API_KEY,\n"       \
    "                          *_TOKEN and their like\n"

struct run_options {
    const struct command *of;
    struct td_deck_options deck;
    struct match_flags match;
    const char *
        *passthrough; /* as `secret_env`: lists that end in NULL, as the library takes them */
    const char **secret_env;
    bool quiet;
    char **command; /* what is behind "--" */
};

/*
 * Goes through argv up to "--", where options may stand anywhere. `table` has the command's own
 * options and RUN_FLAGS; of the others `take` is told, and returns 0 or an exit code. *argc becomes
 * the number of words in front of "--", and `optind` the first that is no option. 0, or an exit
 * code and a complaint.
 */
int run_options_parse(struct run_options *options, int *argc, char **argv, const char *letters,
                      const struct option *table,
                      int (*take)(void *context, int option, char *value), void *context);
/* 0 where there is a command to be run. */
int run_options_check(const struct run_options *options);
void run_options_release(struct run_options *options);

/* Runs the command, and shows meanwhile what the deck has to say; see run_child(). */
int run_on_tape(const struct run_options *options, struct td_deck *deck);

/* Says what opening the deck has found and saved. `path` is the cassette as the user calls it. */
void tell_found(const struct td_deck *deck, const char *path);
/* Saves what was recorded, and says what came of it unless it is to be `quiet`; 0 or an exit code.
 * `code` is the command's own: where it failed, nothing that was there is replaced. */
int finish_recording(struct td_deck *deck, const char *path, bool quiet, int code);

#endif
