/* SPDX-License-Identifier: MIT */
#include "cassette/yaml_error.h"

#include <stdio.h>

#include "cassette/place.h"

static int set_at(struct td_error *err, const char *path, const struct td_place *place,
                  const char *message)
{
    return td_error_set_at(err, TD_ERR_SYNTAX, path, place->line, place->column, "%s", message);
}

/* A byte or a character that YAML does not allow. libyaml tells the byte offset only. */
static int set_reader_error(struct td_error *err, const char *path, struct td_place place,
                            const yaml_parser_t *parser)
{
    char message[160];
    size_t at = place.byte + parser->problem_offset;
    if (parser->problem_value >= 0 && strncmp(parser->problem, "control", 7) == 0) {
        snprintf(message, sizeof message,
                 "not YAML: raw character U+%04X; write it as an escape in double "
                 "quotes, or the value as !!binary",
                 (unsigned)parser->problem_value);
    } else {
        /* Of a broken sequence libyaml names the byte that does not fit: go to where it starts. */
        if (strstr(parser->problem, "trailing")) {
            while (at > place.byte && ((unsigned char)place.text.data[at - 1] & 0xc0) == 0x80)
                at--;
            at -= at > place.byte;
        }
        snprintf(message, sizeof message,
                 "not UTF-8 (%s); a value that is not text is written as !!binary",
                 parser->problem);
    }
    td_place_to_byte(&place, at);
    return set_at(err, path, &place, message);
}

static bool is_at_end(const struct td_place *place)
{
    size_t at = place->byte;
    while (at < place->text.len && strchr(" \t\r\n", place->text.data[at]))
        at++;
    return at == place->text.len;
}

static int set_syntax_error(struct td_error *err, const char *path, struct td_place start,
                            const yaml_parser_t *parser)
{
    char message[320];
    struct td_place problem = start, context = start;
    td_place_to_index(&problem, parser->problem_mark.index);
    if (!parser->context) {
        snprintf(message, sizeof message, "not YAML: %s", parser->problem);
        return set_at(err, path, &problem, message);
    }
    td_place_to_index(&context, parser->context_mark.index);
    /* Where something has no end, the place to look at is where it starts. */
    bool cut = is_at_end(&problem);
    bool at_context = cut || strstr(parser->problem, "expected ':'");
    const char *hint = cut ? "; the file may be cut short" : "";
    if (problem.byte < problem.text.len && problem.text.data[problem.byte] == '\t')
        hint = "; YAML is indented with spaces, never with tabs";
    int len =
        snprintf(message, sizeof message, "not YAML: %s %s", parser->problem, parser->context);
    if (!at_context && context.line != problem.line)
        len += snprintf(message + len, sizeof message - (size_t)len, " that starts in line %u",
                        context.line);
    snprintf(message + len, sizeof message - (size_t)len, "%s", hint);
    return set_at(err, path, at_context ? &context : &problem, message);
}

int td_yaml_error_set(struct td_error *err, const char *path, struct td_bytes source,
                      const yaml_parser_t *parser)
{
    if (parser->error == YAML_MEMORY_ERROR || !parser->problem)
        return td_error_nomem(err);
    struct td_place start = td_place_start(source);
    if (parser->error == YAML_READER_ERROR)
        return set_reader_error(err, path, start, parser);
    return set_syntax_error(err, path, start, parser);
}
