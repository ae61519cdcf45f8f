/* SPDX-License-Identifier: MIT */
/* tapedeck check: what is wrong or suspicious in cassettes. */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tapedeck/check.h>

#include "command.h"
#include "report.h"
#include "terminal.h"

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

/* What was found in all files. */
struct totals {
    size_t files, unreadable;
    size_t of[TD_FAULT + 1]; /* by severity */
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
        else if (option == ':')
            code = complain_usage(&check_command, "'%s' needs a value", argv[optind - 1]);
        else if (option == '?')
            code = complain_usage(&check_command, "no option '%s'", argv[optind - 1]);
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

/* ---- Text ---- */

static const char *style_of(enum td_severity severity)
{
    return severity == TD_FAULT ? STYLE_RED : severity == TD_WARNING ? STYLE_YELLOW : STYLE_BLUE;
}

/* "a.yaml:7:3: LABEL: interaction 2: what there is to tell [rule]" */
static void print_line(const char *path, const struct td_check_finding *finding, const char *label,
                       const struct terminal *terminal, const char *style)
{
    report_text(stdout, path);
    if (finding->line)
        printf(":%u:%u", finding->line, finding->column);
    fputs(": ", stdout);
    terminal_style(terminal, style);
    printf("%s:", label);
    terminal_style(terminal, NULL);
    putchar(' ');
    if (finding->of_one)
        printf("interaction %" PRId64 ": ", finding->id);
    report_text(stdout, finding->message);
    printf(" [%s]\n", finding->rule->name);
}

/* What to do is told once for each rule: `told` remembers where it was. */
static void print_finding(const char *path, const struct td_check_finding *finding,
                          const struct terminal *terminal, const char *told[])
{
    const struct td_check_rule *rule = finding->rule;
    print_line(path, finding, td_severity_name(rule->severity), terminal, style_of(rule->severity));
    for (; *told; told++)
        if (*told == rule->name)
            return;
    *told = rule->name;
    printf("    %s\n", rule->advice);
}

static void print_totals(const struct totals *totals)
{
    static const char *const ending[] = {"s", ""};
    if (!totals->of[TD_FAULT] && !totals->of[TD_WARNING] && !totals->of[TD_NOTE])
        return;
    complain("%zu error%s, %zu warning%s, %zu note%s in %zu file%s", totals->of[TD_FAULT],
             ending[totals->of[TD_FAULT] == 1], totals->of[TD_WARNING],
             ending[totals->of[TD_WARNING] == 1], totals->of[TD_NOTE],
             ending[totals->of[TD_NOTE] == 1], totals->files, ending[totals->files == 1]);
}

/* ---- GitHub ---- */

/* `more` is a second line, of any finding or change. */
static void annotate(const char *path, const struct td_check_finding *finding, const char *level,
                     const char *more)
{
    char *message;
    int len = finding->of_one ? asprintf(&message, "interaction %" PRId64 ": %s\n%s", finding->id,
                                         finding->message, more)
                              : asprintf(&message, "%s\n%s", finding->message, more);
    report_annotate(stdout, &(struct report_annotation){
                                .level = level,
                                .file = path,
                                .line = finding->line,
                                .column = finding->column,
                                .title = finding->rule->name,
                                .message = len < 0 ? finding->message : message,
                            });
    if (len >= 0)
        free(message);
}

/* ---- JSON ---- */

/* What was found, or a change: `finding` with its severity and advice. */
static void write_finding(struct report_json *json, const struct td_check_finding *finding,
                          bool change)
{
    report_json_object(json, NULL);
    report_json_string(json, "rule", finding->rule->name);
    if (!change)
        report_json_string(json, "severity", td_severity_name(finding->rule->severity));
    if (finding->line) {
        report_json_number(json, "line", finding->line);
        report_json_number(json, "column", finding->column);
    } else {
        report_json_null(json, "line");
        report_json_null(json, "column");
    }
    if (finding->of_one)
        report_json_number(json, "interaction", finding->id);
    else
        report_json_null(json, "interaction");
    report_json_string(json, "message", finding->message);
    if (!change)
        report_json_string(json, "advice", finding->rule->advice);
    report_json_end_object(json);
}

/* ---- Files ---- */

struct output {
    enum report_format format;
    struct terminal terminal;
    struct report_json json;
    const char **told; /* of print_finding() */
};

typedef const struct td_check_finding *finding_at(const struct td_check *check, size_t position);

static void report_changes(struct output *output, const char *path, const struct td_check *check,
                           finding_at *change_at, bool done)
{
    const struct td_check_finding *change;
    if (output->format == REPORT_JSON)
        report_json_array(&output->json, done ? "fixed" : "unfixed");
    for (size_t i = 0; (change = change_at(check, i)); i++) {
        if (output->format == REPORT_JSON)
            write_finding(&output->json, change, true);
        else if (output->format == REPORT_GITHUB)
            annotate(path, change, "notice", done ? "fixed" : "not fixed");
        else
            print_line(path, change, done ? "fixed" : "not fixed", &output->terminal,
                       done ? STYLE_GREEN : STYLE_YELLOW);
    }
    if (output->format == REPORT_JSON)
        report_json_end_array(&output->json);
}

static void report_findings(struct output *output, const char *path, const struct td_check *check)
{
    static const char *const levels[] = {"notice", "warning", "error"};
    const struct td_check_finding *finding;
    if (output->format == REPORT_JSON)
        report_json_array(&output->json, "findings");
    for (size_t i = 0; (finding = td_check_at(check, i)); i++) {
        if (output->format == REPORT_JSON)
            write_finding(&output->json, finding, false);
        else if (output->format == REPORT_GITHUB)
            annotate(path, finding, levels[finding->rule->severity], finding->rule->advice);
        else
            print_finding(path, finding, &output->terminal, output->told);
    }
    if (output->format == REPORT_JSON)
        report_json_end_array(&output->json);
}

static void report_file(struct output *output, const char *path, const struct td_check *check,
                        bool fix)
{
    if (output->format == REPORT_JSON) {
        report_json_object(&output->json, NULL);
        report_json_string(&output->json, "file", path);
        report_json_null(&output->json, "error");
    }
    if (fix) {
        report_changes(output, path, check, td_check_fixed_at, true);
        report_changes(output, path, check, td_check_unfixed_at, false);
    }
    report_findings(output, path, check);
    if (output->format == REPORT_JSON)
        report_json_end_object(&output->json);
}

static void report_unreadable(struct output *output, const char *path, const struct td_error *err)
{
    if (output->format == REPORT_JSON) {
        report_json_object(&output->json, NULL);
        report_json_string(&output->json, "file", path);
        report_json_string(&output->json, "error", err->message);
        report_json_array(&output->json, "findings");
        report_json_end_array(&output->json);
        report_json_end_object(&output->json);
    } else if (output->format == REPORT_GITHUB) {
        report_annotate(stdout, &(struct report_annotation){
                                    .level = "error",
                                    .file = path,
                                    .title = "unreadable",
                                    .message = err->message,
                                });
    }
    fflush(stdout);
    complain_error(err);
}

static void check_file(struct output *output, const struct arguments *arguments, const char *path,
                       struct totals *totals)
{
    struct td_error err;
    struct td_check *check = td_check_open(path, &arguments->rules, &err);
    bool good = check && (!arguments->fix || td_check_fix(check, &err) == 0);
    totals->files++;
    if (good) {
        const struct td_check_finding *finding;
        for (size_t i = 0; (finding = td_check_at(check, i)); i++)
            totals->of[finding->rule->severity]++;
        report_file(output, path, check, arguments->fix);
    } else {
        totals->unreadable++;
        report_unreadable(output, path, &err);
    }
    td_check_close(check);
}

static int check_files(const struct arguments *arguments)
{
    enum { MOST_RULES = 256 };
    const char *told[MOST_RULES] = {0};
    struct output output = {.format = arguments->format, .json.out = stdout, .told = told};
    struct report_json *json = &output.json;
    struct totals totals = {0};
    terminal_init(&output.terminal);
    if (output.format == REPORT_JSON) {
        report_json_object(json, NULL);
        report_json_number(json, "version", 1);
        report_json_array(json, "files");
    }
    for (char **path = arguments->paths; *path; path++)
        check_file(&output, arguments, *path, &totals);
    if (output.format == REPORT_JSON) {
        report_json_end_array(json);
        report_json_number(json, "errors", (int64_t)totals.of[TD_FAULT]);
        report_json_number(json, "warnings", (int64_t)totals.of[TD_WARNING]);
        report_json_number(json, "notes", (int64_t)totals.of[TD_NOTE]);
        report_json_number(json, "unreadable", (int64_t)totals.unreadable);
        report_json_end_object(json);
    }
    int code = finish_output(EXIT_CLEAN);
    if (code)
        return code;
    if (output.format == REPORT_TEXT)
        print_totals(&totals);
    if (totals.unreadable)
        return EXIT_INPUT;
    bool bad = totals.of[TD_FAULT] || (arguments->strict && totals.of[TD_WARNING]);
    return bad ? EXIT_FINDINGS : EXIT_CLEAN;
}

/* ---- Rules ---- */

static void list_rules(enum report_format format)
{
    struct report_json json = {.out = stdout};
    const struct td_check_rule *rule;
    if (format == REPORT_JSON)
        report_json_array(&json, NULL);
    for (size_t i = 0; (rule = td_check_rule_at(i)); i++) {
        if (format != REPORT_JSON) {
            printf("%s%s (%s%s)\n    %s\n    To do: %s\n", i ? "\n" : "", rule->name,
                   td_severity_name(rule->severity), rule->fixable ? ", --fix" : "", rule->summary,
                   rule->advice);
            continue;
        }
        report_json_object(&json, NULL);
        report_json_string(&json, "rule", rule->name);
        report_json_string(&json, "severity", td_severity_name(rule->severity));
        report_json_bool(&json, "fixable", rule->fixable);
        report_json_string(&json, "summary", rule->summary);
        report_json_string(&json, "advice", rule->advice);
        report_json_end_object(&json);
    }
    if (format == REPORT_JSON)
        report_json_end_array(&json);
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
        list_rules(arguments.format);
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
