/* SPDX-License-Identifier: MIT */
/* tapedeck diff: what is different between two cassettes, interactions or bodies. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <tapedeck/diff.h>

#include "command.h"
#include "match_flags.h"

static const char help[] =
    "Usage: tapedeck diff [OPTION...] A B\n"
    "\n"
    "Shows what is different between A and B, each a cassette, one interaction of a cassette\n"
    "(CASSETTE#ID), or a file that holds a body ('-': standard input). Interactions of two "
    "cassettes\n"
    "are paired up by their requests. A body held against an interaction is held against its\n"
    "request's.\n"
    "\n"
    "JSON is compared by value and shown by path, text by line, forms by field, multipart by "
    "part;\n"
    "requests to language models also in their own words ('message 3 changed').\n"
    "\n"
    "Options:\n"
    "  --semantic         what is meant: requests without ids and times that are made up anew "
    "each\n"
    "                     time, replies of language models by what they say and not by how they\n"
    "                     were cut, no headers\n"
    "  --request          requests only\n"
    "  --response         responses only; a body is held against the response's\n"
    "  --format FORMAT    text, json (docs/diff.schema.json), markdown or github\n"
    "  --color WHEN       auto (on a terminal, and not with NO_COLOR), always or never\n"
    "  --git              as git calls it for a file (see EXAMPLES in tapedeck-diff(1))\n"
    "  -h, --help         this\n"
    "\n"
    "What counts (any number of each; rules in the cassettes count as well):\n" MATCH_FLAGS_HELP
    "\n"
    "Exit code: 0 the same; 1 different; 2 a mistake in the command line; 3 a file that could not\n"
    "be read.\n"
    "\n"
    "Examples:\n"
    "  tapedeck diff old.yaml new.yaml\n"
    "  tapedeck diff --semantic old.yaml new.yaml\n"
    "  tapedeck diff hello.yaml#0 request.json\n"
    "  my-program --print-request | tapedeck diff --ignore /metadata hello.yaml -\n";

enum {
    OPTION_SEMANTIC = 1,
    OPTION_REQUEST,
    OPTION_RESPONSE,
    OPTION_FORMAT,
    OPTION_COLOR,
    OPTION_GIT,
};

struct arguments {
    struct td_diff_options diff;
    struct match_flags match;
    enum td_diff_format format;
    const char *color;
    bool git;
    const char *path; /* as git names the file */
    const char *a, *b;
};

static int take_format(struct arguments *arguments, const char *name)
{
    static const char *const names[] = {
        [TD_DIFF_TEXT] = "text",
        [TD_DIFF_JSON] = "json",
        [TD_DIFF_MARKDOWN] = "markdown",
        [TD_DIFF_GITHUB] = "github",
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (names[i] && strcmp(names[i], name) == 0) {
            arguments->format = (enum td_diff_format)i;
            return 0;
        }
    }
    return complain_usage(&diff_command,
                          "no format '%s': there are text, json, markdown and github", name);
}

static int take_color(struct arguments *arguments, const char *when)
{
    if (strcmp(when, "auto") != 0 && strcmp(when, "always") != 0 && strcmp(when, "never") != 0)
        return complain_usage(&diff_command, "'--color' is auto, always or never, not '%s'", when);
    arguments->color = when;
    return 0;
}

static int take_side(struct arguments *arguments, enum td_diff_side side)
{
    if (arguments->diff.side != TD_DIFF_BOTH && arguments->diff.side != side)
        return complain_usage(&diff_command, "'--request' and '--response' are both the default");
    arguments->diff.side = side;
    return 0;
}

static int take(struct arguments *arguments, int option, const char *word)
{
    switch (option) {
    case OPTION_SEMANTIC:
        arguments->diff.semantic = true;
        return 0;
    case OPTION_REQUEST:
        return take_side(arguments, TD_DIFF_REQUESTS);
    case OPTION_RESPONSE:
        return take_side(arguments, TD_DIFF_RESPONSES);
    case OPTION_FORMAT:
        return take_format(arguments, optarg);
    case OPTION_COLOR:
        return take_color(arguments, optarg);
    case OPTION_GIT:
        arguments->git = true;
        return 0;
    default:
        return complain_option(&diff_command, option, word);
    }
}

/* PATH OLD-FILE OLD-HEX OLD-MODE NEW-FILE NEW-HEX NEW-MODE, and two more for a file that got
 * another name; PATH alone for one that is not merged. */
static int take_git(struct arguments *arguments, int count, char **names)
{
    if (count != 1 && count != 7 && count != 9)
        return complain_usage(&diff_command, "'--git' is for git, which hands over 7 arguments");
    arguments->path = names[0];
    arguments->a = count > 1 ? names[1] : NULL;
    arguments->b = count > 1 ? names[4] : NULL;
    return 0;
}

static int parse(struct arguments *arguments, int argc, char **argv)
{
    static const struct option options[] = {
        {"semantic", no_argument, NULL, OPTION_SEMANTIC},
        {"request", no_argument, NULL, OPTION_REQUEST},
        {"response", no_argument, NULL, OPTION_RESPONSE},
        {"format", required_argument, NULL, OPTION_FORMAT},
        {"color", required_argument, NULL, OPTION_COLOR},
        {"git", no_argument, NULL, OPTION_GIT},
        MATCH_FLAGS,
        {0},
    };
    opterr = 0;
    for (int option; (option = getopt_long(argc, argv, ":", options, NULL)) != -1;) {
        int taken = match_flags_take(&arguments->match, option, optarg);
        if (taken < 0) {
            complain("out of memory");
            return EXIT_INPUT;
        }
        int code = taken ? 0 : take(arguments, option, argv[optind - 1]);
        if (code)
            return code;
    }
    arguments->diff.rules = arguments->match.rules;
    arguments->diff.match = (const char *const *)arguments->match.match;
    if (arguments->git)
        return take_git(arguments, argc - optind, argv + optind);
    if (argc - optind != 2)
        return complain_usage(&diff_command, "two things are compared, not %d", argc - optind);
    arguments->a = argv[optind];
    arguments->b = argv[optind + 1];
    return 0;
}

static bool wants_color(const struct arguments *arguments)
{
    const char *never = getenv("NO_COLOR"), *term = getenv("TERM");
    if (arguments->color && strcmp(arguments->color, "auto") != 0)
        return strcmp(arguments->color, "always") == 0;
    if (never && *never)
        return false;
    /* Git's pager shows colours, and git is asked whether it has one. */
    bool pager = arguments->git && getenv("GIT_PAGER_IN_USE");
    return pager || (isatty(STDOUT_FILENO) && term && strcmp(term, "dumb") != 0);
}

static int compare(const struct arguments *arguments)
{
    struct td_error err = {0};
    if (!arguments->a) {
        printf("* not merged: %s\n", arguments->path);
        return EXIT_CLEAN;
    }
    struct td_diff *diff = td_diff_open(arguments->a, arguments->b, &arguments->diff, &err);
    if (!diff && arguments->git) {
        /* Any other end would be the end of git's whole diff. */
        char line[sizeof err.file + sizeof err.message + 64];
        printf("tapedeck diff %s\n  cannot be compared: %s\n", arguments->path,
               td_error_format(&err, line, sizeof line));
        return finish_output(EXIT_CLEAN);
    }
    if (!diff)
        return err.code == TD_ERR_INVALID && !*err.file
                   ? complain_usage(&diff_command, "%s", err.message)
                   : complain_error(&err);
    enum td_diff_format format = arguments->format;
    if (format == TD_DIFF_TEXT && wants_color(arguments))
        format = TD_DIFF_TERMINAL;
    size_t len;
    const char *report = td_diff_report(diff, format, &len);
    int code = td_diff_count(diff) ? EXIT_FINDINGS : EXIT_CLEAN;
    if (report && arguments->git && len)
        printf("tapedeck diff %s\n", arguments->path);
    if (report) {
        fwrite(report, 1, len, stdout);
    } else {
        complain("out of memory");
        code = EXIT_INPUT;
    }
    td_diff_close(diff);
    /* Git takes any other code for a failure of its driver. */
    return arguments->git && code == EXIT_FINDINGS ? EXIT_CLEAN : code;
}

static int run(int argc, char **argv)
{
    struct arguments arguments = {.diff.size = sizeof arguments.diff};
    int code = parse(&arguments, argc, argv);
    if (!code)
        code = finish_output(compare(&arguments));
    match_flags_release(&arguments.match);
    return code;
}

const struct command diff_command = {
    .name = "diff",
    .summary = "show what is different between cassettes, interactions or bodies",
    .help = help,
    .run = run,
};
