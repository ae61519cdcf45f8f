/* SPDX-License-Identifier: MIT */
/* What `record` and `replay` share: the options about modes and recording, and the last words. */
#ifndef TD_CLI_RECORDING_H
#define TD_CLI_RECORDING_H

#include <getopt.h>
#include <stdbool.h>

#include <tapedeck/deck.h>

#include "command.h"

/* Rows for a table of getopt_long(), and their codes. */
enum {
    FLAG_MODE = 2000,
    FLAG_PASSTHROUGH,
    FLAG_NO_TIMING,
    FLAG_KEEP_BROKEN,
    FLAG_SECRET_ENV,
};

/* clang-format off */
#define RECORDING_FLAGS                                                                            \
    {"mode", required_argument, NULL, FLAG_MODE},                                                  \
    {"passthrough", required_argument, NULL, FLAG_PASSTHROUGH},                                    \
    {"no-timing", no_argument, NULL, FLAG_NO_TIMING},                                              \
    {"keep-broken", no_argument, NULL, FLAG_KEEP_BROKEN},                                          \
    {"secret-env", required_argument, NULL, FLAG_SECRET_ENV}
/* clang-format on */

#define RECORDING_FLAGS_HELP                                                                       \
    "  --passthrough HOST      transfers to HOST are live and not recorded; '*.example.com' and\n" \
    "                          'localhost:8080' are hosts too\n"                                   \
    "  --no-timing             do not keep when each piece of a response came\n"                   \
    "  --keep-broken           record responses that ended early, as what they are: a stall, a\n"  \
    "                          reset. Without, they are left out, and told\n"                      \
    "  --secret-env NAME       the value of this variable is a secret, besides *_API_KEY,\n"       \
    "                          *_TOKEN and their like\n"

/* Lists that end in NULL, as the library takes them. */
struct recording_flags {
    const char **passthrough;
    const char **secret_env;
};

/* 1 where the option is one of these and was taken, 0 where it is not one; else an exit code,
 * negated, and a complaint. */
int recording_flags_take(struct recording_flags *flags, struct td_deck_options *deck,
                         const struct command *command, int option, const char *value);
void recording_flags_release(struct recording_flags *flags);

/* Says what opening the deck has found and saved. `path` is the cassette as the user calls it. */
void tell_found(const struct td_deck *deck, const char *path);
/* Saves what was recorded, and says what came of it unless it is to be `quiet`; 0 or an exit code.
 * `code` is the command's own: where it failed, nothing that was there is replaced. */
int finish_recording(struct td_deck *deck, const char *path, bool quiet, int code);

#endif
