/* SPDX-License-Identifier: MIT */
/* tapedeck show: what is in a cassette. */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <tapedeck/tapedeck.h>

#include "command.h"
#include "report.h"
#include "show.h"

static const char help[] =
    "Usage: tapedeck show [--conversation] [--format FORMAT] CASSETTE[#ID]\n"
    "       tapedeck show --request-body | --response-body CASSETTE[#ID]\n"
    "\n"
    "Lists the interactions of a cassette, or shows one of them whole: what was said to a "
    "language\n"
    "model and what it answered, when the pieces of the answer came, headers and bodies.\n"
    "\n"
    "Options:\n"
    "  --conversation    without headers and bodies; without #ID that of every interaction\n"
    "  --format FORMAT   text (the default), or json\n"
    "  --request-body    the raw bytes of the recorded request body, and nothing else\n"
    "  --response-body   the raw bytes of the recorded response body, and nothing else\n"
    "  -h, --help        this\n"
    "\n"
    "#ID may be left out with the last two where the cassette holds one interaction only. "
    "CASSETTE\n"
    "may be '-' for standard input. Control characters are made visible, but in raw bytes.\n"
    "\n"
    "Conversations are understood in OpenAI's chat completions and responses, Anthropic's\n"
    "messages, Gemini's generateContent, Bedrock's Converse and InvokeModel and Ollama's chat,\n"
    "streamed or not, whoever serves them. An answer that does not end as its API says is called\n"
    "incomplete.\n"
    "\n"
    "Exit code: 0; 2 a mistake in the command line, or no interaction with that ID; 3 a cassette\n"
    "that could not be read.\n"
    "\n"
    "Examples:\n"
    "  tapedeck show testdata/seeds/openai-chat-weather-tool.yaml\n"
    "  tapedeck show testdata/seeds/openai-chat-weather-tool.yaml#1\n"
    "  tapedeck show --conversation testdata/seeds/openai-chat-weather-tool.yaml\n"
    "  tapedeck show --request-body hello.yaml | jq .messages\n";

struct selection {
    char *path;
    bool has_id;
    int64_t id;
};

/* "CASSETTE#ID", where no file has that very name. */
static int select_from(struct selection *selection, const char *argument)
{
    const char *hash = strrchr(argument, '#');
    if (!hash || access(argument, F_OK) == 0) {
        selection->path = strdup(argument);
        return selection->path ? 0 : -1;
    }
    char *end;
    selection->id = strtoll(hash + 1, &end, 10);
    if (end == hash + 1 || *end)
        return complain_usage(&show_command,
                              "'%s' is not the id of an interaction: a number goes "
                              "behind '#'",
                              hash + 1);
    selection->has_id = true;
    selection->path = strndup(argument, (size_t)(hash - argument));
    return selection->path ? 0 : -1;
}

/* Whether a body is worth printing: one that has a control character or a broken one here and there
 * is (they are made visible), one that is full of them is not. */
static bool is_text(const char *data, size_t len)
{
    size_t strange = 0;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)data[i];
        if (c == '\0')
            return false;
        strange += (c < 0x20 && c != '\n' && c != '\t' && c != '\r') || c == 0x7f;
    }
    return strange <= len / 10;
}

static const char *content_type(const struct td_interaction *interaction, enum td_side side)
{
    for (size_t i = 0; i < td_interaction_header_count(interaction, side); i++)
        if (strcasecmp(td_interaction_header_name(interaction, side, i), "Content-Type") == 0)
            return td_interaction_header_value(interaction, side, i);
    return NULL;
}

static void print_bytes(const struct td_interaction *interaction, enum td_side side)
{
    size_t len;
    td_interaction_body(interaction, side, &len);
    const char *type = content_type(interaction, side);
    printf("%zu byte%s", len, len == 1 ? "" : "s");
    if (len && type) {
        fputs(" of ", stdout);
        report_text(stdout, type);
    }
}

static void print_duration(int64_t nanoseconds)
{
    if (nanoseconds >= 1000000000)
        printf(", %.2f s", (double)nanoseconds / 1e9);
    else if (nanoseconds > 0)
        printf(", %.0f ms", (double)nanoseconds / 1e6);
}

static void print_url(const struct td_interaction *interaction)
{
    report_text(stdout, td_interaction_method(interaction));
    putchar(' ');
    report_text(stdout, td_interaction_url(interaction));
}

static void print_line(const struct td_interaction *interaction)
{
    printf("#%" PRId64 " ", td_interaction_id(interaction));
    print_url(interaction);
    printf("\n   request   ");
    print_bytes(interaction, TD_REQUEST);
    printf("\n   response  %d, ", td_interaction_code(interaction));
    print_bytes(interaction, TD_RESPONSE);
    size_t recorded = td_interaction_arrival_count(interaction);
    size_t chunks = recorded ? recorded : td_interaction_chunk_count(interaction);
    if (chunks > 1 && chunks != SIZE_MAX)
        printf(" in %zu %s", chunks, recorded ? "chunks" : "events");
    print_duration(td_interaction_duration(interaction));
    if (*td_interaction_broken(interaction)) {
        fputs(", broken off: ", stdout);
        report_text(stdout, td_interaction_broken(interaction));
    }
    putchar('\n');
}

static void print_headers(const struct td_interaction *interaction, enum td_side side)
{
    for (size_t i = 0; i < td_interaction_header_count(interaction, side); i++) {
        report_text(stdout, td_interaction_header_name(interaction, side, i));
        fputs(": ", stdout);
        report_text(stdout, td_interaction_header_value(interaction, side, i));
        putchar('\n');
    }
}

static void print_body(const struct td_interaction *interaction, enum td_side side)
{
    size_t len;
    const char *body = td_interaction_body(interaction, side, &len);
    putchar('\n');
    if (!is_text(body, len)) {
        printf("[%zu bytes that are not text: --%s-body prints them raw]\n", len,
               side == TD_REQUEST ? "request" : "response");
        return;
    }
    terminal_lines(body, len);
}

static void print_message(const struct terminal *terminal, const struct td_interaction *interaction,
                          enum td_side side)
{
    terminal_heading(terminal, side == TD_REQUEST ? "request" : "response");
    if (side == TD_REQUEST) {
        print_url(interaction);
        putchar(' ');
    }
    report_text(stdout, td_interaction_protocol(interaction, side));
    if (side == TD_RESPONSE) {
        putchar(' ');
        report_text(stdout, td_interaction_status(interaction));
    }
    putchar('\n');
    print_headers(interaction, side);
    print_body(interaction, side);
}

static int print_whole(const struct td_interaction *interaction, bool messages)
{
    struct terminal terminal;
    struct talk talk;
    int status = talk_read(&talk, interaction);
    if (status < 0)
        return status;
    terminal_init(&terminal);
    print_line(interaction);
    talk_print(&terminal, &talk);
    timeline_print(&terminal, interaction);
    talk_free(&talk);
    if (messages) {
        print_message(&terminal, interaction, TD_REQUEST);
        print_message(&terminal, interaction, TD_RESPONSE);
    }
    return 0;
}

static int print_list(const char *path, const struct td_cassette *cassette)
{
    size_t count = td_cassette_count(cassette);
    report_text(stdout, path);
    printf(": %zu interaction%s\n", count, count == 1 ? "" : "s");
    for (size_t i = 0; i < count; i++) {
        struct talk talk;
        int status = talk_read(&talk, td_cassette_at(cassette, i));
        if (status < 0)
            return status;
        print_line(td_cassette_at(cassette, i));
        talk_print_line(&talk);
        talk_free(&talk);
    }
    return 0;
}

/* What is to be shown of it. */
struct view {
    const enum td_side *body; /* the raw bytes of this one */
    bool json;
    bool talk; /* without headers and bodies */
};

static int show(const struct td_cassette *cassette, const struct selection *selection,
                const struct view *view)
{
    const struct td_interaction *interaction = NULL;
    size_t count = td_cassette_count(cassette);
    int status = 0;
    if (selection->has_id) {
        interaction = td_cassette_find(cassette, selection->id);
        if (!interaction) {
            complain("%s: no interaction has the id %" PRId64, selection->path, selection->id);
            return EXIT_USAGE;
        }
    } else if (view->body) {
        if (count != 1)
            return complain_usage(&show_command,
                                  "'%s' holds %zu interactions: say which, as in '%s#0'",
                                  selection->path, count, selection->path);
        interaction = td_cassette_at(cassette, 0);
    }
    if (view->body) {
        size_t len;
        const char *bytes = td_interaction_body(interaction, *view->body, &len);
        fwrite(bytes, 1, len, stdout);
    } else if (view->json) {
        status = show_print_json(selection->path, cassette, interaction);
    } else if (interaction) {
        status = print_whole(interaction, !view->talk);
    } else if (view->talk) {
        for (size_t i = 0; i < count && status == 0; i++) {
            fputs(i ? "\n" : "", stdout);
            status = print_whole(td_cassette_at(cassette, i), false);
        }
    } else {
        status = print_list(selection->path, cassette);
    }
    if (status == 0)
        return EXIT_CLEAN;
    complain("out of memory");
    return EXIT_INPUT;
}

enum { OPTION_FORMAT = 256, OPTION_TALK };

static int parse(struct view *view, int argc, char **argv)
{
    static const enum td_side sides[] = {TD_REQUEST, TD_RESPONSE};
    static const struct option options[] = {
        {"request-body", no_argument, NULL, TD_REQUEST},
        {"response-body", no_argument, NULL, TD_RESPONSE},
        {"format", required_argument, NULL, OPTION_FORMAT},
        {"conversation", no_argument, NULL, OPTION_TALK},
        {0},
    };
    opterr = 0;
    for (int option; (option = getopt_long(argc, argv, ":", options, NULL)) != -1;) {
        enum report_format format;
        if (option == ':' || option == '?')
            return complain_option(&show_command, option, argv[optind - 1]);
        if (option == OPTION_TALK) {
            view->talk = true;
        } else if (option == OPTION_FORMAT) {
            if (!report_format_parse(optarg, &format) || format == REPORT_GITHUB)
                return complain_usage(&show_command, "no format '%s': text or json", optarg);
            view->json = format == REPORT_JSON;
        } else {
            if (view->body && view->body != &sides[option])
                return complain_usage(&show_command, "one body at a time");
            view->body = &sides[option];
        }
    }
    if (view->body && (view->json || view->talk))
        return complain_usage(&show_command, "a raw body has no other form");
    if (optind == argc)
        return complain_usage(&show_command, "no cassette was named");
    if (optind + 1 < argc)
        return complain_usage(&show_command, "one cassette at a time, not '%s' as well",
                              argv[optind + 1]);
    return 0;
}

static int run(int argc, char **argv)
{
    struct view view = {0};
    struct selection selection = {0};
    struct td_error err;
    int code = parse(&view, argc, argv);
    if (!code)
        code = select_from(&selection, argv[optind]);
    if (code)
        return code < 0 ? EXIT_INPUT : code;
    struct td_cassette *cassette = td_cassette_open(selection.path, &err);
    if (cassette)
        code = show(cassette, &selection, &view);
    else
        code = complain_error(&err);
    td_cassette_close(cassette);
    free(selection.path);
    return finish_output(code);
}

const struct command show_command = {
    .name = "show",
    .summary = "list what is in a cassette, or show one interaction",
    .help = help,
    .run = run,
};
