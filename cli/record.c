/* SPDX-License-Identifier: MIT */
/* tapedeck record: runs a program, and keeps what it says over HTTP in a cassette. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <tapedeck/share.h>
#include <tapedeck/tapedeck.h>

#include "child.h"
#include "command.h"

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
    "  -o, --output CASSETTE  where it goes; without, " DEFAULT_CASSETTE
    ", which must not be there\n"
    "  --mode MODE            what becomes of a cassette that is there already:\n"
    "                           record       it is replaced (this is the default)\n"
    "                           new          what it knows is played, what is new is added to it\n"
    "                           once         it is played, nothing is recorded\n"
    "                           replay       likewise, and it is an error if there is none\n"
    "                           passthrough  nothing is recorded or played\n"
    "  --passthrough HOST     transfers to HOST are live and not recorded; '*.example.com' and\n"
    "                         'localhost:8080' are hosts too. As often as you like\n"
    "  --no-timing            do not keep when each piece of a response came\n"
    "  --keep-broken          record responses that ended early, as what they are: a stall, a\n"
    "                         reset. Without, they are left out, and told\n"
    "  -q, --quiet            no summary at the end\n"
    "  -h, --help             this\n"
    "\n"
    "Nothing is lost when COMMAND, or this program, is killed: what was finished is kept beside\n"
    "the cassette in CASSETTE.journal, and saved by whatever uses the cassette next.\n"
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
    struct td_deck_options deck;
    const char *output;
    bool quiet;
    const char **passthrough; /* NULL-terminated */
    char **command;
};

static int parse(struct arguments *arguments, int argc, char **argv)
{
    static const struct option options[] = {
        {"output", required_argument, NULL, 'o'},
        {"mode", required_argument, NULL, 'm'},
        {"passthrough", required_argument, NULL, 'p'},
        {"no-timing", no_argument, NULL, 't'},
        {"keep-broken", no_argument, NULL, 'b'},
        {"quiet", no_argument, NULL, 'q'},
        {0},
    };
    struct td_error err;
    size_t hosts = 0;
    int ours = 1;
    while (ours < argc && strcmp(argv[ours], "--") != 0)
        ours++;
    if (ours < argc)
        arguments->command = argv + ours + 1;
    argv[ours] = NULL;
    opterr = 0;
    for (int option; (option = getopt_long(ours, argv, ":o:q", options, NULL)) != -1;) {
        switch (option) {
        case 'o':
            arguments->output = optarg;
            break;
        case 'm':
            if (td_mode_parse(optarg, &arguments->deck.mode, &err) < 0)
                return complain_usage(&record_command, "%s", err.message);
            break;
        case 'p':
            arguments->passthrough[hosts++] = optarg;
            break;
        case 't':
            arguments->deck.no_timing = true;
            break;
        case 'b':
            arguments->deck.keep_broken = true;
            break;
        case 'q':
            arguments->quiet = true;
            break;
        case ':':
            return complain_usage(&record_command, "'%s' wants a value", argv[optind - 1]);
        default:
            return complain_usage(&record_command, "no option '%s'", argv[optind - 1]);
        }
    }
    if (optind < ours)
        return complain_usage(&record_command,
                              "'%s' is no option: the cassette goes behind '-o', the command "
                              "behind '--'",
                              argv[optind]);
    if (!arguments->command || !*arguments->command)
        return complain_usage(&record_command, "no command: it goes behind '--'");
    return 0;
}

static void heard(void *context)
{
    const char *text;
    while ((text = td_deck_hear(context)))
        fputs(text, stderr);
}

static const char *plural(size_t count)
{
    return count == 1 ? "" : "s";
}

static void print_summary(struct td_deck *deck, const struct td_deck_counts *counts,
                          const struct td_deck_saved *saved, const char *path)
{
    if (counts->played)
        complain("%zu request%s answered from '%s'", counts->played, plural(counts->played), path);
    if (counts->missed)
        complain("%zu request%s missed", counts->missed, plural(counts->missed));
    if (counts->dropped)
        complain("%zu response%s ended early and %s not recorded (--keep-broken records them)",
                 counts->dropped, plural(counts->dropped), counts->dropped == 1 ? "was" : "were");
    if (saved->busy)
        complain("%zu process%s still running: what %s records is saved by the next run, or by "
                 "'tapedeck check %s'",
                 saved->busy, saved->busy == 1 ? " is" : "es are", saved->busy == 1 ? "it" : "they",
                 path);
    if (saved->added)
        complain("recorded %zu interaction%s in '%s'%s, which has %zu now", saved->added,
                 plural(saved->added), path, saved->replaced ? " in place of what was there" : "",
                 saved->total);
    else if (!counts->played && !counts->missed && !td_deck_processes(deck))
        complain("nothing was recorded: the command made no HTTP request through a shared "
                 "libcurl; what is linked statically, or uses another library, is not seen");
    else
        complain("nothing new was recorded in '%s'", path);
}

static int record(const struct arguments *arguments, struct td_deck *deck)
{
    struct td_error err;
    struct td_deck_counts counts;
    struct td_deck_saved saved;
    if (td_deck_share(deck, &err) < 0)
        return complain_error(&err);
    if (preload_shim() < 0)
        return EXIT_INPUT;
    int code = run_child(arguments->command, td_deck_ear(deck), heard, deck);
    int status = td_deck_save(deck, &saved, &err);
    td_deck_counts(deck, &counts);
    if (status < 0)
        complain_error(&err);
    else if (!arguments->quiet && code != EXIT_CANNOT_RUN && code != EXIT_NOT_FOUND)
        print_summary(deck, &counts, &saved, arguments->output);
    if (code == 0 && (status < 0 || counts.lost))
        code = EXIT_INPUT;
    if (code == 0 && counts.missed)
        code = EXIT_FINDINGS;
    return code;
}

static int run(int argc, char **argv)
{
    struct arguments arguments = {
        .deck = {.size = sizeof arguments.deck, .mode = TD_MODE_RECORD},
        .passthrough = calloc((size_t)argc + 1, sizeof *arguments.passthrough),
    };
    if (!arguments.passthrough) {
        complain("out of memory");
        return EXIT_INPUT;
    }
    int code = parse(&arguments, argc, argv);
    struct stat found;
    if (code == 0 && !arguments.output && arguments.deck.mode == TD_MODE_RECORD &&
        stat(DEFAULT_CASSETTE, &found) == 0)
        code = complain_usage(&record_command,
                              "'" DEFAULT_CASSETTE "' is there already: name the cassette with "
                              "-o to replace it, or add to it with --mode new");
    if (!arguments.output)
        arguments.output = DEFAULT_CASSETTE;
    arguments.deck.passthrough = arguments.passthrough;
    if (code == 0) {
        struct td_error err;
        struct td_deck *deck = td_deck_open(arguments.output, &arguments.deck, &err);
        code = deck ? record(&arguments, deck) : complain_error(&err);
        td_deck_close(deck);
    }
    free(arguments.passthrough);
    return code;
}

const struct command record_command = {
    .name = "record",
    .summary = "run a program and record its HTTP traffic in a cassette",
    .help = help,
    .run = run,
};
