/* SPDX-License-Identifier: MIT */
/* What the commands share: their table, exit codes, and the ways to say something. */
#ifndef TD_CLI_COMMAND_H
#define TD_CLI_COMMAND_H

#include <stdbool.h>

#include <tapedeck/error.h>

enum {
    EXIT_CLEAN = 0,
    EXIT_FINDINGS = 1, /* misses, unplayed interactions with --strict */
    EXIT_USAGE = 2,
    EXIT_INPUT = 3, /* could not read or write */
    EXIT_CANNOT_RUN = 126,
    EXIT_NOT_FOUND = 127,
};

struct command {
    const char *name;
    const char *summary;               /* one line, for the list of commands */
    const char *help;                  /* all that --help prints */
    int (*run)(int argc, char **argv); /* argv[0] is the command's name */
};

extern const struct command check_command;
extern const struct command convert_command;
extern const struct command diff_command;
extern const struct command record_command;
extern const struct command replay_command;
extern const struct command scrub_command;
extern const struct command show_command;

/* "tapedeck: " and a message, to standard error. */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The same for an error of the library; the exit code that goes with it. */
int complain_error(const struct td_error *err);
/* A mistake in the command line: says where help is; EXIT_USAGE. */
int complain_usage(const struct command *command, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* What getopt_long() does not take: an option that it does not know, or one (':') without its
 * value. `word` is what was read last. EXIT_USAGE. */
int complain_option(const struct command *command, int option, const char *word);

/* Flushes standard output; EXIT_INPUT and a complaint where it could not be written. */
int finish_output(int code);

#endif
