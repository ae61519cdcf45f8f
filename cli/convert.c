/* SPDX-License-Identifier: MIT */
/* tapedeck convert: a cassette written afresh. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <tapedeck/tapedeck.h>

#include "command.h"

static const char help[] =
    "Usage: tapedeck convert [--to LAYOUT] [-o FILE] CASSETTE\n"
    "\n"
    "Writes a cassette afresh, to standard output: from version 1 (go-vcr 1 and 2) to version 2,\n"
    "and from any dialect to a layout that go-vcr itself writes. The result is, byte for byte, "
    "what\n"
    "Go would write of these interactions; a cassette that was written by Go comes out as it is.\n"
    "\n"
    "Options:\n"
    "  --to LAYOUT       go-vcr-2        four columns a level, every key (go-vcr 3 and 4)\n"
    "                    go-vcr-2-terse  the same without empty keys (go-vcr 4.0.6 and later)\n"
    "                    compact         two columns a level, without empty keys\n"
    "                    Without it the cassette keeps the layout that it has, and becomes "
    "compact\n"
    "                    where that is none of these.\n"
    "  -o, --output FILE writes there instead; FILE may be the cassette itself, and is replaced\n"
    "                    as a whole or not at all\n"
    "  -h, --help        this\n"
    "\n"
    "What cannot be kept is told on standard error, with its place: keys that are not of the\n"
    "format, names without a value, comments. To change a part of a cassette and keep all the\n"
    "rest as it is, other commands are better: they never write a file afresh.\n"
    "\n"
    "CASSETTE may be '-' for standard input.\n"
    "\n"
    "Exit code: 0; 2 a mistake in the command line; 3 a cassette that could not be read, or a "
    "file\n"
    "that could not be written.\n"
    "\n"
    "Examples:\n"
    "  tapedeck convert old/models.yaml > models.yaml\n"
    "  tapedeck convert --to compact -o models.yaml models.yaml\n"
    "  tapedeck convert hello.yaml | diff hello.yaml -        is it as Go would write it?\n";

static const struct layout {
    const char *name;
    enum td_target target;
} layouts[] = {
    {"compact", TD_TARGET_COMPACT},
    {"go-vcr-2", TD_TARGET_GO_VCR},
    {"go-vcr-2-terse", TD_TARGET_GO_VCR_TERSE},
};

static bool find_layout(const char *name, enum td_target *target)
{
    for (size_t i = 0; i < sizeof layouts / sizeof *layouts; i++) {
        if (strcmp(layouts[i].name, name) == 0) {
            *target = layouts[i].target;
            return true;
        }
    }
    return false;
}

/* A device or a pipe, which cannot be replaced but written to. */
static bool is_stream(const char *path)
{
    struct stat found;
    return stat(path, &found) == 0 && !S_ISREG(found.st_mode) && !S_ISDIR(found.st_mode);
}

static int put_into_stream(const char *path, const char *text, size_t len)
{
    FILE *out = fopen(path, "we");
    bool put = out && fwrite(text, 1, len, out) == len;
    int cause = errno;
    if (out && fclose(out) != 0 && put) {
        put = false;
        cause = errno;
    }
    if (!put)
        complain("%s: cannot write: %s", path, strerror(cause));
    return put ? EXIT_CLEAN : EXIT_INPUT;
}

static int put(const struct td_conversion *conversion, const char *output)
{
    struct td_error err;
    size_t len;
    const char *text = td_conversion_text(conversion, &len);
    if (!output || strcmp(output, "-") == 0) {
        fwrite(text, 1, len, stdout);
        return finish_output(EXIT_CLEAN);
    }
    if (is_stream(output))
        return put_into_stream(output, text, len);
    return td_conversion_save(conversion, output, &err) < 0 ? complain_error(&err) : EXIT_CLEAN;
}

static int convert(const char *path, enum td_target target, const char *output)
{
    struct td_error err;
    struct td_conversion *conversion = td_convert(path, target, &err);
    if (!conversion)
        return complain_error(&err);
    for (size_t i = 0; i < td_conversion_loss_count(conversion); i++)
        complain_error(td_conversion_loss(conversion, i));
    int code = put(conversion, output);
    td_conversion_free(conversion);
    return code;
}

static int run(int argc, char **argv)
{
    static const struct option options[] = {
        {"to", required_argument, NULL, 't'},
        {"output", required_argument, NULL, 'o'},
        {0},
    };
    enum td_target target = TD_TARGET_SAME;
    const char *output = NULL;
    opterr = 0;
    for (int option; (option = getopt_long(argc, argv, ":o:", options, NULL)) != -1;) {
        if (option == '?' || option == ':')
            return complain_option(&convert_command, option, argv[optind - 1]);
        if (option == 'o')
            output = optarg;
        else if (!find_layout(optarg, &target))
            return complain_usage(&convert_command,
                                  "no layout '%s': go-vcr-2, go-vcr-2-terse or compact", optarg);
    }
    if (optind == argc)
        return complain_usage(&convert_command, "no cassette was named");
    if (optind + 1 < argc)
        return complain_usage(&convert_command, "one cassette at a time, not '%s' as well",
                              argv[optind + 1]);
    return convert(argv[optind], target, output);
}

const struct command convert_command = {
    .name = "convert",
    .summary = "write a cassette afresh: version 1 to 2, or in another layout",
    .help = help,
    .run = run,
};
