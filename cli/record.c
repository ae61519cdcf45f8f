/* SPDX-License-Identifier: MIT */
/* tapedeck record: runs a program, and keeps what it says over HTTP in a cassette. */
#include <getopt.h>
#include <stdio.h>
#include <sys/stat.h>

#include <tapedeck/share.h>
#include <tapedeck/tapedeck.h>

#include "child.h"
#include "command.h"
#include "recording.h"

#define DEFAULT_CASSETTE "cassette.yaml"

static const char help[] =
    "Usage: tapedeck record [OPTION...] -- COMMAND [ARGUMENT...]\n"
    "\n"
    "Runs COMMAND, and records every HTTP transfer that it makes through libcurl. The program\n"
    "talks to the network as it always does, with its own options; what it sent and what it was\n"
    "given goes into the cassette. Programs that COMMAND starts are recorded too, into the same\n"
    "cassette, however many run at once. Each redirect, each round of an authentication and each\n"
    "retry is an interaction of its own.\n"
    "\n"
    "Secrets do not reach the disk: the values of headers such as Authorization and Cookie, of\n"
    "query names such as key, of body fields such as api_key, and whatever looks like a key are\n"
    "taken out before anything is written. The program itself gets the real ones.\n"
    "\n"
    "Options:\n"
    "  -o, --output CASSETTE   where it goes; without, " DEFAULT_CASSETTE
    ", which must not be there\n"
    "  --mode MODE             what becomes of a cassette that is there already:\n"
    "                            record       it is replaced (the default), unless COMMAND fails\n"
    "                            new          what it knows is played, what is new is added to it\n"
    "                            once         it is played, nothing is recorded\n"
    "                            replay       likewise, and it is an error if there is none\n"
    "                            passthrough  nothing is recorded or played\n" RECORDING_FLAGS_HELP
    "  -q, --quiet             no summary at the end\n"
    "  -h, --help              this\n"
    "\n"
    "What counts when a request is matched, with --mode new, once or replay:\n" MATCH_FLAGS_HELP
    "\n"
    "Nothing is lost when COMMAND, or this program, is killed: what was finished is kept beside\n"
    "the cassette in CASSETTE.journal, and saved by whatever plays or records the cassette next:\n"
    "added to it, or put in CASSETTE.failed where it would have replaced it.\n"
    "\n"
    "Exit code: COMMAND's own where it failed (128 + N where signal N ended it); else 1 after a\n"
    "miss; 3 where something could not be recorded or saved; else 0. 2: a mistake in the command\n"
    "line. 126, 127: COMMAND could not be run, or was not found.\n"
    "\n"
    "Examples:\n"
    "  tapedeck record -o hello.yaml -- curl -sN https://api.openai.com/v1/chat/completions \\\n"
    "      -H \"Authorization: Bearer $OPENAI_API_KEY\" -H 'Content-Type: application/json' \\\n"
    "      -d @request.json\n"
    "  tapedeck record --mode new -o tapes/suite.yaml -- make check\n";

struct arguments {
    struct run_options run;
    const char *output;
};

static int take(void *context, int option, char *value)
{
    struct arguments *arguments = context;
    (void)option; /* there is but one */
    arguments->output = value;
    return 0;
}

static int parse(struct arguments *arguments, int argc, char **argv)
{
    static const struct option options[] = {
        {"output", required_argument, NULL, 'o'},
        RUN_FLAGS,
        {0},
    };
    int code = run_options_parse(&arguments->run, &argc, argv, ":o:q", options, take, arguments);
    if (code)
        return code;
    if (optind < argc)
        return complain_usage(&record_command,
                              "'%s' is no option: the cassette goes behind '-o', the command "
                              "behind '--'",
                              argv[optind]);
    return run_options_check(&arguments->run);
}

static int record(const struct arguments *arguments, struct td_deck *deck)
{
    struct td_error err;
    struct td_deck_counts counts;
    if (td_deck_share(deck, &err) < 0)
        return complain_error(&err);
    if (preload_shim() < 0)
        return EXIT_INPUT;
    tell_found(deck, arguments->output);
    int code = run_on_tape(&arguments->run, deck);
    bool ran = code != EXIT_CANNOT_RUN && code != EXIT_NOT_FOUND;
    bool quiet = arguments->run.quiet || !ran;
    td_deck_counts(deck, &counts);
    if (!quiet && counts.played)
        complain("%zu of %zu requests answered from '%s'",
                 counts.requests - counts.missed - counts.recorded - counts.dropped -
                     counts.unanswered - counts.lost,
                 counts.requests, arguments->output);
    if (!quiet && counts.missed)
        complain("%zu of %zu requests missed", counts.missed, counts.requests);
    int trouble = 0;
    if (arguments->run.deck.mode != TD_MODE_PASSTHROUGH)
        trouble = finish_recording(deck, arguments->output, quiet, code);
    if (code == 0)
        code = trouble;
    if (code == 0 && counts.missed)
        code = EXIT_FINDINGS;
    return code;
}

/* The default is for a first try; it never replaces anything. */
static int check_output(const struct arguments *arguments)
{
    struct stat found;
    if (arguments->output || arguments->run.deck.mode != TD_MODE_RECORD ||
        stat(DEFAULT_CASSETTE, &found) < 0)
        return 0;
    return complain_usage(&record_command,
                          "'" DEFAULT_CASSETTE "' is there already: name the cassette with -o to "
                          "replace it, or add to it with --mode new");
}

static int run(int argc, char **argv)
{
    struct arguments arguments = {
        .run = {.of = &record_command,
                .deck = {.size = sizeof arguments.run.deck, .mode = TD_MODE_RECORD}},
    };
    int code = parse(&arguments, argc, argv);
    if (code == 0)
        code = check_output(&arguments);
    if (!arguments.output)
        arguments.output = DEFAULT_CASSETTE;
    if (code == 0) {
        struct td_error err;
        struct td_deck *deck = td_deck_open(arguments.output, &arguments.run.deck, &err);
        code = deck ? record(&arguments, deck) : complain_error(&err);
        td_deck_close(deck);
    }
    run_options_release(&arguments.run);
    return code;
}

const struct command record_command = {
    .name = "record",
    .summary = "run a program and record its HTTP traffic in a cassette",
    .help = help,
    .run = run,
};
