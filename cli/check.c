/* SPDX-License-Identifier: MIT */
/* tapedeck check: what is wrong or suspicious in cassettes. */
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <tapedeck/check.h>
#include <tapedeck/deck.h>

#include "check_report.h"
#include "command.h"
#include "recording.h"

static const char help[] =
    "Usage: tapedeck check [OPTION...] CASSETTE...\n"
    "       tapedeck check --list-rules\n"
    "\n"
    "Says what is wrong or suspicious in cassettes: files that are no cassettes, bodies that do\n"
    "not fit their headers, streams that end early, requests that cannot be told apart, and so\n"
    "on. Each finding names its place, its interaction and its rule. An error is what does not\n"
    "play, or not as it was recorded; a warning is what looks like a slip; a note is worth\n"
    "knowing and mostly in order.\n"
    "\n"
    "Options:\n"
    "  --format FORMAT   text (default), json, or github: annotations for a workflow's log\n"
    "  --rule RULE       go by this rule only; may be given again\n"
    "  --ignore RULE     do not go by this rule; may be given again\n"
    "  --strict          warnings count for the exit code, too\n"
    "  --fix             mend what has one right answer, and say what was changed: ids, lengths,\n"
    "                    text in base64, the style of the file; files are replaced whole\n"
    "  --list-rules      all rules: what each finds, and what to do about it\n"
    "  -h, --help        this\n"
    "\n"
    "CASSETTE may be '-' for standard input, which --fix cannot mend. A file with comments or\n"
    "unknown keys is not written afresh by --fix, since they would be lost; single lines of it\n"
    "are mended all the same.\n"
    "\n"
    "Exit code: 0 no errors; 1 errors, or with --strict warnings; 2 a mistake in the command\n"
    "line; 3 a file that could not be read or written (the others are checked all the\n"
    "same).\n"
    "\n"
    "Examples:\n"
    "  tapedeck check testdata/*.yaml\n"
    "  tapedeck check --strict --ignore content-length testdata/*.yaml\n"
    "  tapedeck check --format github testdata/*.yaml\n";

struct arguments {
    struct td_check_options rules;
    const char **only, **ignored; /* room for as many as there are arguments */
    enum report_format format;
    bool strict;
    bool fix;
    bool list_rules;
    char **paths;
};

/* ---- Arguments ---- */

static int add_rule(const char **names, size_t *count, const char *name)
{
    if (!td_check_rule_find(name))
        return complain_usage(&check_command, "no rule '%s'; --list-rules lists them", name);
    names[(*count)++] = name;
    return 0;
}

static int parse(struct arguments *arguments, int argc, char **argv)
{
    static const struct option options[] = {
        {"format", required_argument, NULL, 'f'},
        {"rule", required_argument, NULL, 'r'},
        {"ignore", required_argument, NULL, 'i'},
        {"strict", no_argument, NULL, 's'},
        {"fix", no_argument, NULL, 'x'},
        {"list-rules", no_argument, NULL, 'l'},
        {0},
    };
    size_t only = 0, ignored = 0;
    int code = 0;
    opterr = 0;
    for (int option; !code && (option = getopt_long(argc, argv, ":", options, NULL)) != -1;) {
        if (option == 'f' && !report_format_parse(optarg, &arguments->format))
            code = complain_usage(&check_command,
                                  "the format is 'text', 'json' or 'github', not '%s'", optarg);
        else if (option == 'r')
            code = add_rule(arguments->only, &only, optarg);
        else if (option == 'i')
            code = add_rule(arguments->ignored, &ignored, optarg);
        else if (option == 's')
            arguments->strict = true;
        else if (option == 'x')
            arguments->fix = true;
        else if (option == 'l')
            arguments->list_rules = true;
        else if (option == ':' || option == '?')
            code = complain_option(&check_command, option, argv[optind - 1]);
    }
    if (code)
        return code;
    arguments->paths = argv + optind;
    arguments->rules.only = only ? arguments->only : NULL;
    arguments->rules.ignored = arguments->ignored;
    if (!*arguments->paths && !arguments->list_rules)
        return complain_usage(&check_command, "no cassette was named");
    for (char **path = arguments->paths; *path && arguments->fix; path++)
        if (strcmp(*path, "-") == 0)
            return complain_usage(&check_command, "--fix cannot mend standard input");
    return 0;
}

/* ---- Files ---- */

/* What a recording that was killed has left is saved by whoever opens the deck next. */
static int save_journal(const char *path, struct td_error *err)
{
    static const struct td_deck_options options = {.size = sizeof options, .mode = TD_MODE_NEW};
    char folder[PATH_MAX];
    if ((size_t)snprintf(folder, sizeof folder, "%s.journal", path) >= sizeof folder ||
        access(folder, F_OK) < 0)
        return 0;
    struct td_deck *deck = td_deck_open(path, &options, err);
    if (deck)
        tell_found(deck, path);
    bool good = deck;
    td_deck_close(deck);
    return good ? 0 : err->code;
}

static void check_file(struct check_report *report, const struct arguments *arguments,
                       const char *path, struct check_totals *totals)
{
    struct td_error err;
    bool good = !arguments->fix || save_journal(path, &err) == 0;
    struct td_check *check = good ? td_check_open(path, &arguments->rules, &err) : NULL;
    good = check && (!arguments->fix || td_check_fix(check, &err) == 0);
    totals->files++;
    if (good) {
        const struct td_check_finding *finding;
        for (size_t i = 0; (finding = td_check_at(check, i)); i++)
            totals->of[finding->rule->severity]++;
        check_report_file(report, path, check, arguments->fix);
    } else {
        totals->unreadable++;
        check_report_failure(report, path, &err);
    }
    td_check_close(check);
}

static int check_files(const struct arguments *arguments)
{
    struct check_report report;
    struct check_totals totals = {0};
    check_report_begin(&report, arguments->format);
    for (char **path = arguments->paths; *path; path++)
        check_file(&report, arguments, *path, &totals);
    check_report_end(&report, &totals);
    int code = finish_output(EXIT_CLEAN);
    if (code)
        return code;
    check_report_totals(&report, &totals);
    if (totals.unreadable)
        return EXIT_INPUT;
    bool bad = totals.of[TD_FAULT] || (arguments->strict && totals.of[TD_WARNING]);
    return bad ? EXIT_FINDINGS : EXIT_CLEAN;
}

static int run(int argc, char **argv)
{
    struct arguments arguments = {.rules.size = sizeof arguments.rules};
    arguments.only = calloc((size_t)argc + 1, sizeof *arguments.only);
    arguments.ignored = calloc((size_t)argc + 1, sizeof *arguments.ignored);
    int code;
    if (!arguments.only || !arguments.ignored) {
        complain("out of memory");
        code = EXIT_INPUT;
    } else {
        code = parse(&arguments, argc, argv);
    }
    if (!code && arguments.list_rules) {
        check_report_rules(arguments.format);
        code = finish_output(EXIT_CLEAN);
    } else if (!code) {
        code = check_files(&arguments);
    }
    free(arguments.only);
    free(arguments.ignored);
    return code;
}

const struct command check_command = {
    .name = "check",
    .summary = "say what is wrong or suspicious in cassettes",
    .help = help,
    .run = run,
};
