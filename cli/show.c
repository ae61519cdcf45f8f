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

static const char help[] =
    "Usage: tapedeck show CASSETTE[#ID]\n"
    "       tapedeck show --request-body | --response-body CASSETTE[#ID]\n"
    "\n"
    "Lists the interactions of a cassette, or shows one of them whole: its headers and bodies.\n"
    "\n"
    "Options:\n"
    "  --request-body    the raw bytes of the recorded request body, and nothing else\n"
    "  --response-body   the raw bytes of the recorded response body, and nothing else\n"
    "  -h, --help        this\n"
    "\n"
    "#ID may be left out with these where the cassette holds one interaction only. CASSETTE may\n"
    "be '-' for standard input.\n"
    "\n"
    "Exit code: 0; 2 a mistake in the command line, or no interaction with that ID; 3 a cassette\n"
    "that could not be read.\n"
    "\n"
    "Examples:\n"
    "  tapedeck show testdata/seeds/openai-chat-weather-tool.yaml\n"
    "  tapedeck show testdata/seeds/openai-chat-weather-tool.yaml#1\n"
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

/* Control characters would do things to a terminal; a body with them is not text. */
static bool is_text(const char *data, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)data[i];
        if ((c < 0x20 && c != '\n' && c != '\t' && c != '\r') || c == 0x7f)
            return false;
    }
    return true;
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
    if (len && type)
        printf(" of %s", type);
}

static void print_duration(int64_t nanoseconds)
{
    if (nanoseconds >= 1000000000)
        printf(", %.2f s", (double)nanoseconds / 1e9);
    else if (nanoseconds > 0)
        printf(", %.0f ms", (double)nanoseconds / 1e6);
}

static void print_line(const struct td_interaction *interaction)
{
    printf("#%" PRId64 " %s %s\n", td_interaction_id(interaction),
           td_interaction_method(interaction), td_interaction_url(interaction));
    printf("   request   ");
    print_bytes(interaction, TD_REQUEST);
    printf("\n   response  %d, ", td_interaction_code(interaction));
    print_bytes(interaction, TD_RESPONSE);
    size_t chunks = td_interaction_chunk_count(interaction);
    if (chunks > 1 && chunks != SIZE_MAX)
        printf(" in %zu events", chunks);
    print_duration(td_interaction_duration(interaction));
    putchar('\n');
}

static void print_headers(const struct td_interaction *interaction, enum td_side side)
{
    for (size_t i = 0; i < td_interaction_header_count(interaction, side); i++)
        printf("%s: %s\n", td_interaction_header_name(interaction, side, i),
               td_interaction_header_value(interaction, side, i));
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
    fwrite(body, 1, len, stdout);
    if (len && body[len - 1] != '\n')
        putchar('\n');
}

static void print_whole(const struct td_interaction *interaction)
{
    print_line(interaction);
    printf("\n--- request\n%s %s %s\n", td_interaction_method(interaction),
           td_interaction_url(interaction), td_interaction_protocol(interaction, TD_REQUEST));
    print_headers(interaction, TD_REQUEST);
    print_body(interaction, TD_REQUEST);
    printf("\n--- response\n%s %s\n", td_interaction_protocol(interaction, TD_RESPONSE),
           td_interaction_status(interaction));
    print_headers(interaction, TD_RESPONSE);
    print_body(interaction, TD_RESPONSE);
}

static int show(const struct td_cassette *cassette, const struct selection *selection,
                const enum td_side *body)
{
    const struct td_interaction *interaction = NULL;
    size_t count = td_cassette_count(cassette);
    if (selection->has_id) {
        interaction = td_cassette_find(cassette, selection->id);
        if (!interaction) {
            complain("%s: no interaction has the id %" PRId64, selection->path, selection->id);
            return EXIT_USAGE;
        }
    } else if (body) {
        if (count != 1)
            return complain_usage(&show_command,
                                  "'%s' holds %zu interactions: say which, as in '%s#0'",
                                  selection->path, count, selection->path);
        interaction = td_cassette_at(cassette, 0);
    }
    if (body) {
        size_t len;
        const char *bytes = td_interaction_body(interaction, *body, &len);
        fwrite(bytes, 1, len, stdout);
    } else if (interaction) {
        print_whole(interaction);
    } else {
        printf("%s: %zu interaction%s\n", selection->path, count, count == 1 ? "" : "s");
        for (size_t i = 0; i < count; i++)
            print_line(td_cassette_at(cassette, i));
    }
    return EXIT_CLEAN;
}

static int run(int argc, char **argv)
{
    static const enum td_side sides[] = {TD_REQUEST, TD_RESPONSE};
    static const struct option options[] = {
        {"request-body", no_argument, NULL, TD_REQUEST},
        {"response-body", no_argument, NULL, TD_RESPONSE},
        {0},
    };
    const enum td_side *body = NULL;
    opterr = 0;
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (option == '?')
            return complain_usage(&show_command, "no option '%s'", argv[optind - 1]);
        if (body && body != &sides[option])
            return complain_usage(&show_command, "one body at a time");
        body = &sides[option];
    }
    if (optind == argc)
        return complain_usage(&show_command, "no cassette was named");
    if (optind + 1 < argc)
        return complain_usage(&show_command, "one cassette at a time, not '%s' as well",
                              argv[optind + 1]);

    struct selection selection = {0};
    int code = select_from(&selection, argv[optind]);
    if (code)
        return code < 0 ? EXIT_INPUT : code;
    struct td_error err;
    struct td_cassette *cassette = td_cassette_open(selection.path, &err);
    if (cassette)
        code = show(cassette, &selection, body);
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
