/* SPDX-License-Identifier: MIT */
/* tapedeck scrub: takes secrets out of cassettes, or says where they are. */
#include "scrub.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"

static const char help[] =
    "Usage: tapedeck scrub [OPTION...] CASSETTE...\n"
    "       tapedeck scrub --check [OPTION...] CASSETTE...\n"
    "       tapedeck scrub --list-rules\n"
    "\n"
    "Takes secrets out of cassettes, in place: API keys and tokens in headers, URLs and bodies,\n"
    "also encoded, or cut across the events of a stream; what the environment holds in variables\n"
    "such as OPENAI_API_KEY; passwords, cookies, private keys. Each gives way to a placeholder,\n"
    "'[REDACTED:rule]'; nothing else in the file changes but lengths that follow. A cassette\n"
    "without its secrets still plays: the requests of a program are matched without theirs.\n"
    "\n"
    "What it does:\n"
    "  --check               change nothing; exit with 1 where there is something to take out\n"
    "  --dry-run             change nothing; say what would be taken out\n"
    "  --diff                change nothing; show the lines that would change, without the "
    "secrets\n"
    "  --list-rules          all rules, what each is about and where its form was learned\n"
    "\n"
    "What counts:\n"
    "  --rules FILE          rules of your own besides the built-in ones; may be given again\n"
    "  --secret-env NAME     the value of this variable is a secret; may be given again\n"
    "  --allow-headers[=NAME,...]\n"
    "                        remove all headers but accept, content-type, user-agent, and these\n"
    "  --emails              e-mail addresses count\n"
    "  --ids                 ids of requests, calls and objects become pseudonyms\n"
    "  --pseudonyms          '[REDACTED:rule:1a2b]', the same for the same secret; needs a key in\n"
    "                        TAPEDECK_SCRUB_KEY\n"
    "  --baseline FILE       what this file lists is accepted, and stays\n"
    "  --write-baseline FILE accept all that is found: write that list, change nothing else\n"
    "\n"
    "How it tells:\n"
    "  --format FORMAT       text (default), json, sarif, or github: annotations for a workflow\n"
    "  -q, --quiet           nothing but errors\n"
    "  -h, --help            this\n"
    "\n"
    "A finding names file, line and column, the interaction and the part of it, and the rule; it\n"
    "never shows the secret. A cassette can carry rules of its own: see docs/scrubbing.md.\n"
    "\n"
    "Exit code: 0 done, or with --check nothing found; 1 with --check, something was found; 2 a\n"
    "mistake in the command line or in the rules; 3 a file that could not be read or written (the\n"
    "others are gone through all the same).\n"
    "\n"
    "Examples:\n"
    "  tapedeck scrub testdata/*.yaml\n"
    "  tapedeck scrub --check --format github testdata/*.yaml\n"
    "  tapedeck scrub --diff --secret-env MY_PASSWORD hello.yaml\n";

enum option_id {
    OPTION_CHECK = 256,
    OPTION_DRY_RUN,
    OPTION_DIFF,
    OPTION_LIST,
    OPTION_RULES,
    OPTION_SECRET_ENV,
    OPTION_ALLOW,
    OPTION_EMAILS,
    OPTION_IDS,
    OPTION_PSEUDONYMS,
    OPTION_BASELINE,
    OPTION_WRITE_BASELINE,
    OPTION_FORMAT,
};

struct arguments {
    struct td_scrub_options options;
    const char **rules, **secret_env, **allowed; /* room for as many as there can be */
    const char *baseline;
    const char *new_baseline;
    enum scrub_format format;
    bool check, dry_run, diff, list, quiet;
    char **paths;
};

static bool parse_format(const char *word, enum scrub_format *format)
{
    static const char *const words[] = {"text", "json", "sarif", "github"};
    for (unsigned i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcmp(word, words[i]) == 0) {
            *format = (enum scrub_format)i;
            return true;
        }
    }
    return false;
}

/* "NAME,NAME" becomes texts of its own. */
static void take_allowed(struct arguments *arguments, char *list)
{
    arguments->options.allow_headers = true;
    for (char *rest = list, *name; rest && (name = strsep(&rest, ","));)
        if (*name)
            arguments->allowed[arguments->options.allowed_count++] = name;
}

static int take_option(struct arguments *arguments, int option, char **argv)
{
    struct td_scrub_options *options = &arguments->options;
    switch (option) {
    case OPTION_CHECK:
        arguments->check = true;
        return 0;
    case OPTION_DRY_RUN:
        arguments->dry_run = true;
        return 0;
    case OPTION_DIFF:
        arguments->diff = true;
        return 0;
    case OPTION_LIST:
        arguments->list = true;
        return 0;
    case OPTION_RULES:
        arguments->rules[options->rules_count++] = optarg;
        return 0;
    case OPTION_SECRET_ENV:
        if (!getenv(optarg))
            complain("the environment has no variable '%s': its value is not looked for", optarg);
        arguments->secret_env[options->secret_env_count++] = optarg;
        return 0;
    case OPTION_ALLOW:
        take_allowed(arguments, optarg);
        return 0;
    case OPTION_EMAILS:
        options->emails = true;
        return 0;
    case OPTION_IDS:
        options->ids = true;
        return 0;
    case OPTION_PSEUDONYMS:
        options->pseudonyms = true;
        return 0;
    case OPTION_BASELINE:
        arguments->baseline = optarg;
        return 0;
    case OPTION_WRITE_BASELINE:
        arguments->new_baseline = optarg;
        return 0;
    case OPTION_FORMAT:
        if (parse_format(optarg, &arguments->format))
            return 0;
        return complain_usage(
            &scrub_command, "the format is 'text', 'json', 'sarif' or 'github', not '%s'", optarg);
    case 'q':
        arguments->quiet = true;
        return 0;
    default:
        return complain_option(&scrub_command, option, argv[optind - 1]);
    }
}

static int parse(struct arguments *arguments, int argc, char **argv)
{
    static const struct option options[] = {
        {"check", no_argument, NULL, OPTION_CHECK},
        {"dry-run", no_argument, NULL, OPTION_DRY_RUN},
        {"diff", no_argument, NULL, OPTION_DIFF},
        {"list-rules", no_argument, NULL, OPTION_LIST},
        {"rules", required_argument, NULL, OPTION_RULES},
        {"secret-env", required_argument, NULL, OPTION_SECRET_ENV},
        {"allow-headers", optional_argument, NULL, OPTION_ALLOW},
        {"emails", no_argument, NULL, OPTION_EMAILS},
        {"ids", no_argument, NULL, OPTION_IDS},
        {"pseudonyms", no_argument, NULL, OPTION_PSEUDONYMS},
        {"baseline", required_argument, NULL, OPTION_BASELINE},
        {"write-baseline", required_argument, NULL, OPTION_WRITE_BASELINE},
        {"format", required_argument, NULL, OPTION_FORMAT},
        {"quiet", no_argument, NULL, 'q'},
        {0},
    };
    int code = 0;
    opterr = 0;
    for (int option; !code && (option = getopt_long(argc, argv, ":q", options, NULL)) != -1;)
        code = take_option(arguments, option, argv);
    if (code)
        return code;
    arguments->paths = argv + optind;
    if (arguments->check + arguments->dry_run + arguments->diff +
            (arguments->new_baseline != NULL) >
        1)
        return complain_usage(&scrub_command, "one of --check, --dry-run, --diff and "
                                              "--write-baseline at a time");
    if (!*arguments->paths && !arguments->list)
        return complain_usage(&scrub_command, "no cassette was named");
    bool saves = !arguments->check && !arguments->dry_run && !arguments->diff &&
                 !arguments->new_baseline && !arguments->list;
    for (char **path = arguments->paths; *path && saves; path++)
        if (strcmp(*path, "-") == 0)
            return complain_usage(&scrub_command,
                                  "standard input cannot be changed in place: --check, --dry-run "
                                  "and --diff read it");
    if (saves && arguments->baseline)
        return complain_usage(&scrub_command,
                              "--baseline goes with --check, --dry-run or --diff: scrubbing takes "
                              "all secrets out, or none");
    arguments->options.size = sizeof arguments->options;
    arguments->options.rules = arguments->rules;
    arguments->options.secret_env = arguments->secret_env;
    arguments->options.allowed = arguments->allowed;
    return 0;
}

static void list_rules(void)
{
    struct td_scrub_rule rule;
    for (size_t i = 0; td_scrub_rule_at(i, &rule); i++)
        printf("%-22s %s%s\n%-22s %s\n", rule.id, rule.what, rule.asked ? " (on request)" : "", "",
               rule.source);
}

/* ---- files ---- */

struct doing {
    const struct arguments *arguments;
    const struct td_scrub_rules *rules;
    struct scrub_baseline *baseline;
    struct scrub_baseline *new_baseline;
    struct scrub_report *report; /* NULL: nothing is told */
    size_t found;
};

/* "./a.yaml" is the same file as "a.yaml". */
static const char *plain_path(const char *path)
{
    while (strncmp(path, "./", 2) == 0)
        path += 2;
    return path;
}

/* How many findings are accepted; the others are told. */
static size_t tell(struct doing *doing, const char *path, const struct td_scrub_file *file)
{
    size_t accepted = 0;
    for (size_t i = 0; i < td_scrub_file_count(file); i++) {
        const struct td_scrub_finding *finding = td_scrub_file_at(file, i);
        if (doing->new_baseline &&
            !scrub_baseline_add(doing->new_baseline, plain_path(path), finding->fingerprint))
            complain("out of memory");
        if (doing->baseline &&
            scrub_baseline_has(doing->baseline, plain_path(path), finding->fingerprint))
            accepted++;
        else if (doing->report)
            scrub_report_finding(doing->report, path, finding);
    }
    return accepted;
}

static int take_file(struct doing *doing, const char *path)
{
    const struct arguments *arguments = doing->arguments;
    bool changes = !arguments->check && !arguments->dry_run && !arguments->new_baseline;
    struct td_error err;
    struct td_scrub_file *file = td_scrub_file_open(doing->rules, path, !changes, &err);
    if (!file) {
        int code = complain_error(&err);
        return err.code == TD_ERR_INVALID ? EXIT_USAGE : code;
    }
    int code = EXIT_CLEAN;
    size_t found = td_scrub_file_count(file), accepted = tell(doing, path, file);
    if (changes && !arguments->diff && td_scrub_file_save(file, &err) < 0)
        code = complain_error(&err);
    if (arguments->diff && found > accepted) {
        size_t before_len, after_len;
        const char *before = td_scrub_file_before(file, &before_len);
        const char *after = td_scrub_file_after(file, &after_len);
        scrub_diff(stdout, path, before, before_len, after, after_len);
    }
    const char *done = arguments->new_baseline       ? "accepted"
                       : !changes || arguments->diff ? "to be taken out"
                       : code                        ? "not taken out"
                                                     : "taken out";
    if (doing->report)
        scrub_report_file(doing->report, path, found - accepted, accepted, done);
    doing->found += found - accepted;
    td_scrub_file_close(file);
    return code;
}

static int take_files(struct doing *doing)
{
    const struct arguments *arguments = doing->arguments;
    int code = EXIT_CLEAN;
    /* A diff is all that is wanted on standard output. */
    FILE *out = arguments->diff ? stderr : stdout;
    if (!arguments->quiet)
        doing->report = scrub_report_begin(
            arguments->format, out, !arguments->check && !arguments->dry_run && !arguments->diff);
    for (char **path = arguments->paths; *path; path++) {
        int one = take_file(doing, *path);
        code = one > code ? one : code;
    }
    if (doing->report)
        scrub_report_end(doing->report);
    if (doing->new_baseline && code == EXIT_CLEAN)
        code = scrub_baseline_write(doing->new_baseline, arguments->new_baseline);
    if (code == EXIT_CLEAN && arguments->check && doing->found)
        code = EXIT_FINDINGS;
    return code;
}

static int scrub(const struct arguments *arguments)
{
    struct td_error err;
    struct doing doing = {.arguments = arguments};
    struct td_scrub_rules *rules = td_scrub_rules_open(&arguments->options, &err);
    if (!rules) {
        int code = complain_error(&err);
        return err.code == TD_ERR_IO ? code : EXIT_USAGE;
    }
    doing.rules = rules;
    int code = EXIT_CLEAN;
    if (arguments->baseline && !(doing.baseline = scrub_baseline_read(arguments->baseline)))
        code = EXIT_INPUT;
    if (arguments->new_baseline && !(doing.new_baseline = scrub_baseline_new()))
        code = EXIT_INPUT;
    if (code == EXIT_CLEAN)
        code = take_files(&doing);
    scrub_baseline_free(doing.baseline);
    scrub_baseline_free(doing.new_baseline);
    td_scrub_rules_close(rules);
    return code;
}

static int run(int argc, char **argv)
{
    struct arguments arguments = {0};
    size_t room = (size_t)argc + 1;
    for (int i = 0; i < argc; i++)
        for (const char *comma = argv[i]; (comma = strchr(comma, ',')); comma++)
            room++;
    const char **lists = calloc(3 * room, sizeof *lists);
    if (!lists) {
        complain("out of memory");
        return EXIT_INPUT;
    }
    arguments.rules = lists;
    arguments.secret_env = lists + room;
    arguments.allowed = lists + 2 * room;
    int code = parse(&arguments, argc, argv);
    if (!code && arguments.list)
        list_rules();
    else if (!code)
        code = scrub(&arguments);
    free(lists);
    return finish_output(code);
}

const struct command scrub_command = {
    .name = "scrub",
    .summary = "take secrets out of cassettes, or say where they are",
    .help = help,
    .run = run,
};
