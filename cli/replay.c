/* SPDX-License-Identifier: MIT */
/* tapedeck replay: runs a program that gets its HTTP answers from cassettes. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tapedeck/share.h>
#include <tapedeck/tapedeck.h>

#include "child.h"
#include "command.h"
#include "recording.h"

static const char help[] =
    "Usage: tapedeck replay [OPTION...] CASSETTE... -- COMMAND [ARGUMENT...]\n"
    "\n"
    "Runs COMMAND with every HTTP transfer that it makes through libcurl answered from the\n"
    "cassettes. Nothing reaches the network. Programs that COMMAND starts play from the same\n"
    "tape. No program has to be changed or compiled again; it only has to use a shared libcurl.\n"
    "\n"
    "A request is answered by the interaction with the same method, URL and body; JSON bodies\n"
    "are compared by value. Rules, here or in the cassette, change what counts. Each interaction\n"
    "is played once, in recorded order. A request that is not on the tape is a miss: its transfer\n"
    "fails, and what was asked for, the nearest interaction, what differs and what to do are told\n"
    "on standard error.\n"
    "\n"
    "Options:\n"
    "  --replayable     play an interaction as often as it is asked for\n"
    "  --strict         interactions that nobody asked for, and faults that struck nothing, make\n"
    "                   the whole fail, too\n"
    "  --split HOW      how bodies are cut into the pieces that arrive: recorded (default; event\n"
    "                   where the cassette does not know), event, whole, byte, bytes:N,\n"
    "                   random:SEED, utf8 (inside characters), crlf (inside line ends)\n"
    "  --pace HOW       when they arrive: none (default; at once), recorded, 4x (as fast as "
    "that),\n"
    "                   tokens:50/s, first:300ms,then:20ms\n"
    "  --fault KIND[@WHERE,...]\n"
    "                   what goes wrong; may be given several times. KIND: reset, close, "
    "truncate,\n"
    "                   malformed, stall, garbage, error, slow-headers, empty, or a status such "
    "as\n"
    "                   429. WHERE: head, event:N, byte:N, 50%; request:N, interaction:ID,\n"
    "                   random:SEED,10%; times:N, for:T, after:T. Who asks again gets the answer.\n"
    "  --scenario FILE  split, pace and faults from a file: `replay: {split:, pace:, fault: []}`;\n"
    "                   a cassette can say the same below `tapedeck:`\n"
    "  --mode MODE      replay (default); new: what is unknown goes out and is recorded into the\n"
    "                   first cassette; once: as new where there is none; record: all is recorded\n"
    "                   anew; passthrough: live. See tapedeck-record(1), also for --passthrough,\n"
    "                   --no-timing, --keep-broken and --secret-env\n"
    "  --save-misses FILE  write the requests that were not answered to a cassette of requests\n"
    "                   (without secrets; each with the response '599 Not recorded')\n"
    "  -q, --quiet      no summary at the end; misses are told all the same\n"
    "  -h, --help       this\n"
    "\n"
    "What counts when a request is matched (any number of each):\n" MATCH_FLAGS_HELP "\n"
    "Exit code: COMMAND's own where it failed (128 + N where signal N ended it); else 1 after a\n"
    "miss, or with --strict after unplayed interactions; else 0. 2: a mistake in the command\n"
    "line. 3: a cassette that could not be read; COMMAND was not started. 126, 127: COMMAND\n"
    "could not be run, or was not found.\n"
    "\n"
    "Environment for programs that are started some other way (LD_PRELOAD=libtapedeck-curl.so):\n"
    "  TAPEDECK_CASSETTE     the cassettes, separated by ':'\n"
    "  TAPEDECK_REPLAYABLE   1: as --replayable\n"
    "  TAPEDECK_SPLIT, TAPEDECK_PACE, TAPEDECK_FAULT, TAPEDECK_SCENARIO\n"
    "                        as the options; faults with spaces between. This command heeds\n"
    "                        them, too, where the option is not given.\n"
    "  TAPEDECK_RULES        a file, as --rules\n"
    "  TAPEDECK_MATCH        rules, one a line: 'ignore_paths=/metadata'\n"
    "\n"
    "Examples:\n"
    "  tapedeck replay hello.yaml -- curl -sN https://api.openai.com/v1/chat/completions \\\n"
    "      -H 'Content-Type: application/json' -d @request.json\n"
    "  tapedeck replay --strict tapes/*.yaml -- make check\n"
    "  tapedeck replay --pace recorded chat.yaml -- ./chat\n"
    "  tapedeck replay --fault 429 --fault reset@request:2,event:3 chat.yaml -- ./chat\n"
    "  tapedeck replay --ignore /metadata --ignore-query key tapes/*.yaml -- ./test\n";

enum {
    OPTION_REPLAYABLE = 256,
    OPTION_STRICT,
    OPTION_SPLIT,
    OPTION_PACE,
    OPTION_FAULT,
    OPTION_SCENARIO,
    OPTION_SAVE_MISSES,
};

struct arguments {
    struct run_options run;
    char *faults; /* all that were given */
    bool strict;
    const char *save_misses;
    int cassette_count;
    char **cassettes;
};

static int add_fault(struct arguments *arguments, const char *fault)
{
    size_t len = arguments->faults ? strlen(arguments->faults) : 0, more = strlen(fault);
    char *faults = realloc(arguments->faults, len + more + 2);
    if (!faults) {
        complain("out of memory");
        return EXIT_INPUT;
    }
    if (len)
        faults[len++] = ' ';
    memcpy(faults + len, fault, more + 1);
    arguments->run.deck.faults = arguments->faults = faults;
    return 0;
}

static const char *variable(const char *name)
{
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

static int take(void *context, int option, char *value)
{
    struct arguments *arguments = context;
    struct td_deck_options *deck = &arguments->run.deck;
    switch (option) {
    case OPTION_REPLAYABLE:
        deck->replayable = true;
        return 0;
    case OPTION_STRICT:
        arguments->strict = true;
        return 0;
    case OPTION_SPLIT:
        deck->split = value;
        return 0;
    case OPTION_PACE:
        deck->pace = value;
        return 0;
    case OPTION_SCENARIO:
        deck->scenario = value;
        return 0;
    case OPTION_SAVE_MISSES:
        arguments->save_misses = value;
        deck->keep_misses = true;
        return 0;
    default:
        return add_fault(arguments, value);
    }
}

static int parse(struct arguments *arguments, int argc, char **argv)
{
    static const struct option options[] = {
        {"replayable", no_argument, NULL, OPTION_REPLAYABLE},
        {"strict", no_argument, NULL, OPTION_STRICT},
        {"split", required_argument, NULL, OPTION_SPLIT},
        {"pace", required_argument, NULL, OPTION_PACE},
        {"fault", required_argument, NULL, OPTION_FAULT},
        {"scenario", required_argument, NULL, OPTION_SCENARIO},
        {"save-misses", required_argument, NULL, OPTION_SAVE_MISSES},
        RUN_FLAGS,
        {0},
    };
    struct td_deck_options *deck = &arguments->run.deck;
    deck->split = variable("TAPEDECK_SPLIT");
    deck->pace = variable("TAPEDECK_PACE");
    deck->faults = variable("TAPEDECK_FAULT");
    deck->scenario = variable("TAPEDECK_SCENARIO");
    arguments->run.match.rules = variable("TAPEDECK_RULES");
    int code = run_options_parse(&arguments->run, &argc, argv, ":q", options, take, arguments);
    if (code)
        return code;
    arguments->cassettes = argv + optind;
    arguments->cassette_count = argc - optind;
    if (!arguments->cassette_count)
        return complain_usage(&replay_command, "no cassette was named");
    return run_options_check(&arguments->run);
}

static struct td_deck *open_deck(const struct arguments *arguments, struct td_error *err)
{
    struct td_deck *deck = td_deck_open(arguments->cassettes[0], &arguments->run.deck, err);
    for (int i = 1; deck && i < arguments->cassette_count; i++) {
        if (td_deck_load(deck, arguments->cassettes[i], err) < 0) {
            td_deck_close(deck);
            return NULL;
        }
    }
    if (deck && td_deck_share(deck, err) < 0) {
        td_deck_close(deck);
        return NULL;
    }
    return deck;
}

/* How many faults struck nothing: a test that wanted one has not tested it. */
static size_t idle_faults(struct td_deck *deck, bool print)
{
    size_t next = 0, count = 0;
    for (const char *fault; (fault = td_deck_idle_fault(deck, &next)); count++)
        if (print)
            complain("fault '%s' struck nothing", fault);
    return count;
}

static void print_unplayed(struct td_deck *deck)
{
    enum { MOST = 10 };
    size_t shown = 0, more = 0;
    const struct td_interaction *interaction;
    for (size_t i = 0; (interaction = td_deck_at(deck, i)); i++) {
        if (td_deck_played_by(deck, i))
            continue;
        if (shown++ < MOST)
            complain("not played: %s#%lld %s %s", td_deck_path_at(deck, i),
                     (long long)td_interaction_id(interaction), td_interaction_method(interaction),
                     td_interaction_url(interaction));
        else
            more++;
    }
    if (more)
        complain("not played: ... and %zu more", more);
}

static void print_summary(struct td_deck *deck, const struct td_deck_counts *counts)
{
    print_unplayed(deck);
    idle_faults(deck, true);
    complain("%zu request%s: %zu answered, %zu missed; %zu of %zu interactions played",
             counts->requests, counts->requests == 1 ? "" : "s",
             counts->requests - counts->missed - counts->dropped - counts->unanswered,
             counts->missed, counts->played, counts->interactions);
    if (!td_deck_processes(deck))
        complain("nothing came to the tape: the command made no HTTP request through a shared "
                 "libcurl; what is linked statically, or uses another library, is not played to");
}

/* The code that the whole then ends with. */
static int save_misses(struct td_deck *deck, const char *path, size_t missed, int code)
{
    struct td_error err;
    if (td_deck_save_misses(deck, path, &err) < 0)
        return complain_error(&err);
    complain("%zu missed request%s saved to '%s': tapedeck diff CASSETTE#ID '%s'#ID compares",
             missed, missed == 1 ? "" : "s", path, path);
    return code;
}

static int play(const struct arguments *arguments)
{
    struct td_error err;
    struct td_deck *deck = open_deck(arguments, &err);
    if (!deck)
        return err.code == TD_ERR_INVALID && !*err.file
                   ? complain_usage(&replay_command, "%s", err.message)
                   : complain_error(&err);
    if (preload_shim() < 0) {
        td_deck_close(deck);
        return EXIT_INPUT;
    }
    tell_found(deck, arguments->cassettes[0]);
    int code = run_on_tape(&arguments->run, deck);

    struct td_deck_counts counts;
    td_deck_counts(deck, &counts);
    bool ran = code != EXIT_CANNOT_RUN && code != EXIT_NOT_FOUND;
    if (arguments->run.deck.mode != TD_MODE_REPLAY &&
        arguments->run.deck.mode != TD_MODE_PASSTHROUGH) {
        int trouble =
            finish_recording(deck, arguments->cassettes[0], arguments->run.quiet || !ran, code);
        code = code ? code : trouble;
    }
    if (!arguments->run.quiet && ran && arguments->run.deck.mode != TD_MODE_PASSTHROUGH)
        print_summary(deck, &counts);
    bool unplayed =
        arguments->strict && (counts.played < counts.interactions || idle_faults(deck, false) > 0);
    if (code == 0 && (counts.missed || unplayed))
        code = EXIT_FINDINGS;
    if (arguments->save_misses && counts.missed)
        code = save_misses(deck, arguments->save_misses, counts.missed, code);
    td_deck_close(deck);
    return code;
}

static int run(int argc, char **argv)
{
    struct arguments arguments = {
        .run = {.of = &replay_command, .deck = {.size = sizeof arguments.run.deck}},
    };
    int code = parse(&arguments, argc, argv);
    if (!code)
        code = play(&arguments);
    run_options_release(&arguments.run);
    free(arguments.faults);
    return code;
}

const struct command replay_command = {
    .name = "replay",
    .summary = "run a program that gets its HTTP answers from cassettes",
    .help = help,
    .run = run,
};
