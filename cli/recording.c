/* SPDX-License-Identifier: MIT */
#include "recording.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tapedeck/share.h>

#include "child.h"

static int append(const char ***list, const char *value)
{
    size_t count = 0;
    while (*list && (*list)[count])
        count++;
    const char **more = realloc(*list, (count + 2) * sizeof *more);
    if (!more) {
        complain("out of memory");
        return EXIT_INPUT;
    }
    more[count] = value;
    more[count + 1] = NULL;
    *list = more;
    return 0;
}

static int take_secret_env(struct run_options *options, const char *name)
{
    if (!getenv(name))
        return complain_usage(options->of, "--secret-env: there is no variable '%s'", name);
    return append(&options->secret_env, name);
}

/* 0, or an exit code; *known says whether it is one of the options that both commands have. */
static int take_shared(struct run_options *options, int option, const char *value, bool *known)
{
    struct td_error err;
    *known = true;
    switch (option) {
    case 'q':
        options->quiet = true;
        return 0;
    case FLAG_MODE:
        if (td_mode_parse(value, &options->deck.mode, &err) < 0)
            return complain_usage(options->of, "%s", err.message);
        return 0;
    case FLAG_PASSTHROUGH:
        if (strchr(value, '/'))
            return complain_usage(options->of,
                                  "--passthrough wants a host ('localhost:8080'), not '%s'", value);
        return append(&options->passthrough, value);
    case FLAG_NO_TIMING:
        options->deck.no_timing = true;
        return 0;
    case FLAG_KEEP_BROKEN:
        options->deck.keep_broken = true;
        return 0;
    case FLAG_SECRET_ENV:
        return take_secret_env(options, value);
    default:
        break;
    }
    int taken = match_flags_take(&options->match, option, value);
    if (taken < 0) {
        complain("out of memory");
        return EXIT_INPUT;
    }
    *known = taken;
    return 0;
}

int run_options_parse(struct run_options *options, int *argc, char **argv, const char *letters,
                      const struct option *table,
                      int (*take)(void *context, int option, char *value), void *context)
{
    int ours = 1;
    while (ours < *argc && strcmp(argv[ours], "--") != 0)
        ours++;
    if (ours < *argc)
        options->command = argv + ours + 1;
    *argc = ours;
    argv[ours] = NULL;
    opterr = 0;
    for (int option; (option = getopt_long(ours, argv, letters, table, NULL)) != -1;) {
        bool known = option != ':' && option != '?';
        if (!known && !options->command)
            return complain_usage(options->of, "no command: it goes behind '--', and so do its "
                                               "options");
        if (!known)
            return complain_option(options->of, option, argv[optind - 1]);
        int code = take_shared(options, option, optarg, &known);
        if (!code && !known)
            code = take(context, option, optarg);
        if (code)
            return code;
    }
    options->deck.passthrough = options->passthrough;
    options->deck.secret_env = options->secret_env;
    options->deck.rules = options->match.rules;
    options->deck.match = (const char *const *)options->match.match;
    return 0;
}

int run_options_check(const struct run_options *options)
{
    if (options->command && *options->command)
        return 0;
    return complain_usage(options->of, "no command: it goes behind '--'");
}

void run_options_release(struct run_options *options)
{
    free(options->passthrough);
    free(options->secret_env);
    match_flags_release(&options->match);
}

static void heard(void *context)
{
    const char *text;
    while ((text = td_deck_hear(context)))
        fputs(text, stderr);
}

int run_on_tape(const struct run_options *options, struct td_deck *deck)
{
    return run_child(options->command, td_deck_ear(deck), heard, deck);
}

static const char *plural(size_t count)
{
    return count == 1 ? "" : "s";
}

static void say_lost(const struct td_deck_saved *saved)
{
    if (saved->lost)
        complain(
            "%zu interaction%s in '%s.journal' %s spoilt, and could not be saved: the files of "
            "large bodies were cut or taken away",
            saved->lost, plural(saved->lost), saved->path, saved->lost == 1 ? "was" : "were");
}

static void say(struct td_deck *deck, const struct td_deck_counts *counts,
                const struct td_deck_saved *saved, const char *path, int code)
{
    if (counts->dropped)
        complain("%zu response%s ended early and %s not recorded (--keep-broken records them)",
                 counts->dropped, plural(counts->dropped), counts->dropped == 1 ? "was" : "were");
    if (counts->unanswered)
        complain("%zu request%s got no response, and %s not recorded", counts->unanswered,
                 plural(counts->unanswered), counts->unanswered == 1 ? "was" : "were");
    if (counts->unfinished && !saved->busy)
        complain(
            "%zu transfer%s did not come to an end, and %s not recorded: the program was killed "
            "or left in the middle of it",
            counts->unfinished, plural(counts->unfinished),
            counts->unfinished == 1 ? "was" : "were");
    if (saved->busy)
        complain("%zu process%s still running: what %s records is saved by the next run, or by "
                 "'tapedeck check --fix %s'",
                 saved->busy, saved->busy == 1 ? " is" : "es are", saved->busy == 1 ? "it" : "they",
                 path);
    if (saved->aside)
        complain("%s %zu interaction%s in '%s.failed': %s, so '%s' was left as it is",
                 code || counts->lost ? "recorded" : "put", saved->aside, plural(saved->aside),
                 path,
                 counts->lost ? "not all could be kept"
                 : code       ? "the command failed"
                              : "another recording was killed",
                 path);
    if (saved->added)
        complain("recorded %zu interaction%s in '%s'%s, which has %zu now", saved->added,
                 plural(saved->added), path, saved->replaced ? " in place of what was there" : "",
                 saved->total);
    else if (saved->aside)
        return;
    else if (!td_deck_processes(deck))
        complain("nothing was recorded: the command made no HTTP request through a shared "
                 "libcurl; what is linked statically, or uses another library, is not seen");
    else
        complain("nothing new was recorded");
}

void tell_found(const struct td_deck *deck, const char *path)
{
    const struct td_deck_saved *found = td_deck_found(deck);
    say_lost(found);
    if (found->aside)
        complain(
            "put %zu interaction%s in '%s.failed' that a recording had left when it was killed: "
            "'%s', which it was to replace, was left as it is",
            found->added, plural(found->added), path, path);
    else if (found->added)
        complain("added %zu interaction%s to '%s' that a recording had left when it was killed",
                 found->added, plural(found->added), path);
}

int finish_recording(struct td_deck *deck, const char *path, bool quiet, int code)
{
    struct td_error err;
    struct td_deck_counts counts;
    struct td_deck_saved saved;
    td_deck_counts(deck, &counts);
    if (td_deck_save(deck, code == 0 && !counts.lost, &saved, &err) < 0)
        return complain_error(&err);
    say_lost(&saved);
    if (!quiet)
        say(deck, &counts, &saved, path, code);
    return counts.lost || saved.lost ? EXIT_INPUT : 0;
}
