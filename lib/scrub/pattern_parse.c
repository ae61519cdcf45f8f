/* SPDX-License-Identifier: MIT */
#include "scrub/pattern_parse.h"

#include <stdlib.h>

#include "base/grow.h"

enum {
    MAX_SOURCE = 4096,
    MAX_COUNT = TD_PATTERN_MAX_PLACES,
    MAX_STEPS = 8 * TD_PATTERN_MAX_PLACES
};

/* A group that is open, or the whole. An operand is the steps from its start to the next one's. */
struct group {
    size_t start;    /* of its first step */
    size_t operand;  /* where the last operand starts, SIZE_MAX where there is none */
    size_t branches; /* that are complete */
    size_t branch;   /* where the branch at hand starts */
};

struct parser {
    struct td_pattern_program *program;
    struct td_bytes source;
    size_t at;
    bool nocase;
    struct group *groups;
    size_t depth;
    struct td_error *err;
};

static int wrong(struct parser *parser, const char *what)
{
    return td_error_set(parser->err, TD_ERR_FORMAT, "%s at character %zu of the pattern '%.*s'",
                        what, parser->at + 1,
                        (int)(parser->source.len > 200 ? 200 : parser->source.len),
                        parser->source.data);
}

static int add_step(struct parser *parser, struct td_pattern_step step)
{
    struct td_pattern_program *program = parser->program;
    program->places += step.op == TD_PATTERN_SET;
    if (program->places > TD_PATTERN_MAX_PLACES || program->count > MAX_STEPS)
        return td_error_set(parser->err, TD_ERR_LIMIT,
                            "the pattern '%.*s' is too long when its repetitions are written out: "
                            "more than %d characters",
                            (int)(parser->source.len > 200 ? 200 : parser->source.len),
                            parser->source.data, TD_PATTERN_MAX_PLACES);
    struct td_pattern_step *steps =
        td_grow(program->steps, program->count, &program->capacity, sizeof *steps);
    if (!steps)
        return td_error_nomem(parser->err);
    program->steps = steps;
    program->steps[program->count++] = step;
    return 0;
}

static int add_op(struct parser *parser, enum td_pattern_op op)
{
    return add_step(parser, (struct td_pattern_step){.op = op});
}

static void set_add(struct td_byte_set *set, unsigned from, unsigned to)
{
    for (unsigned c = from; c <= to; c++)
        set->bits[c / 64] |= UINT64_C(1) << c % 64;
}

static void set_invert(struct td_byte_set *set)
{
    for (size_t i = 0; i < 4; i++)
        set->bits[i] = ~set->bits[i];
}

static void set_join(struct td_byte_set *set, const struct td_byte_set *other)
{
    for (size_t i = 0; i < 4; i++)
        set->bits[i] |= other->bits[i];
}

static void set_fold(struct td_byte_set *set)
{
    for (unsigned c = 'a'; c <= 'z'; c++) {
        if (td_byte_set_has(set, (unsigned char)c) ||
            td_byte_set_has(set, (unsigned char)(c - 0x20))) {
            set_add(set, c, c);
            set_add(set, c - 0x20, c - 0x20);
        }
    }
}

/* \d, [:alpha:] and their like; false where there is no such class. */
static bool named_set(struct td_bytes name, struct td_byte_set *set)
{
    static const struct {
        const char *name;
        const char *ranges; /* pairs */
    } classes[] = {
        {"alpha", "AZaz"},    {"digit", "09"},     {"alnum", "09AZaz"}, {"upper", "AZ"},
        {"lower", "az"},      {"space", "\t\r  "}, {"blank", "\t\t  "}, {"punct", "!/:@[`{~"},
        {"xdigit", "09AFaf"}, {"print", " ~"},     {"graph", "!~"},     {"cntrl", "\1\x1f\x7f\x7f"},
        {"d", "09"},          {"w", "09AZaz__"},   {"s", "\t\r  "},
    };
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++) {
        if (!td_bytes_equal(name, td_bytes_of(classes[i].name)))
            continue;
        for (const char *range = classes[i].ranges; *range; range += 2)
            set_add(set, (unsigned char)range[0], (unsigned char)range[1]);
        return true;
    }
    return false;
}

/* What follows a backslash: one byte into *byte, or a class into *set and *byte -1. */
static int take_escape(struct parser *parser, struct td_byte_set *set, int *byte)
{
    static const char plain[] = ".[]{}()*+?|\\^$/-\"'#&%,:;<>=@!~`_ ";
    struct td_bytes source = parser->source;
    if (++parser->at == source.len)
        return wrong(parser, "a backslash with nothing behind it");
    char c = source.data[parser->at];
    *byte = -1;
    if (memchr("dws", c, 3)) {
        named_set(td_bytes(&c, 1), set);
    } else if (memchr("DWS", c, 3)) {
        char lower = (char)(c | 0x20);
        struct td_byte_set other = {0};
        named_set(td_bytes(&lower, 1), &other);
        set_invert(&other);
        set_join(set, &other);
    } else if (c == 'n' || c == 'r' || c == 't') {
        *byte = c == 'n' ? '\n' : c == 'r' ? '\r' : '\t';
    } else if (c == 'x' && source.len - parser->at > 2 &&
               td_hex_digit(source.data[parser->at + 1]) >= 0 &&
               td_hex_digit(source.data[parser->at + 2]) >= 0) {
        *byte = td_hex_digit(source.data[parser->at + 1]) << 4 |
                td_hex_digit(source.data[parser->at + 2]);
        parser->at += 2;
    } else if (c && strchr(plain, c)) {
        *byte = (unsigned char)c;
    } else if (c == 'b' || c == 'B' || (c >= '0' && c <= '9')) {
        return wrong(parser, c >= '0' && c <= '9' ? "a back reference, which is not supported,"
                                                  : "a word boundary, which is not supported,");
    } else {
        return wrong(parser, "a backslash that means nothing");
    }
    parser->at++;
    return 0;
}

/* One member of a set: a byte, or a class and *byte -1. */
static int take_member(struct parser *parser, struct td_byte_set *set, int *byte)
{
    struct td_bytes source = parser->source;
    const char *at = source.data + parser->at;
    size_t left = source.len - parser->at;
    if (*at == '\\')
        return take_escape(parser, set, byte);
    if (left > 1 && at[0] == '[' && memchr(":.=", at[1], 3)) {
        const char *close = left > 3 ? memmem(at + 2, left - 2, ":]", 2) : NULL;
        if (at[1] != ':' || !close || !named_set(td_bytes(at + 2, (size_t)(close - at) - 2), set))
            return wrong(parser, "a class that is not known");
        parser->at += (size_t)(close - at) + 2;
        *byte = -1;
        return 0;
    }
    *byte = (unsigned char)*at;
    parser->at++;
    return 0;
}

/* From behind '[' to behind ']'. */
static int take_set(struct parser *parser, struct td_byte_set *set)
{
    struct td_bytes source = parser->source;
    bool invert = parser->at < source.len && source.data[parser->at] == '^';
    parser->at += invert;
    for (size_t first = parser->at;;) {
        if (parser->at >= source.len)
            return wrong(parser, "a '[' that is not closed");
        if (source.data[parser->at] == ']' && parser->at > first)
            break;
        int from, to;
        int status = take_member(parser, set, &from);
        if (status < 0)
            return status;
        if (from < 0)
            continue;
        to = from;
        if (source.len - parser->at > 1 && source.data[parser->at] == '-' &&
            source.data[parser->at + 1] != ']') {
            parser->at++;
            status = take_member(parser, set, &to);
            if (status < 0)
                return status;
            if (to < from)
                return wrong(parser, "a range that ends before it starts");
        }
        set_add(set, (unsigned)from, (unsigned)to);
    }
    parser->at++;
    if (parser->nocase)
        set_fold(set);
    if (invert)
        set_invert(set);
    return 0;
}

/* Joins the operand before the one that is about to start to its branch. */
static int begin_operand(struct parser *parser)
{
    struct group *group = &parser->groups[parser->depth];
    int status = 0;
    if (group->operand != SIZE_MAX && group->operand != group->branch)
        status = add_op(parser, TD_PATTERN_CAT);
    group->operand = parser->program->count;
    return status;
}

static int add_set(struct parser *parser, struct td_byte_set set)
{
    int status = begin_operand(parser);
    if (status == 0)
        status = add_step(parser, (struct td_pattern_step){.op = TD_PATTERN_SET, .set = set});
    return status;
}

static int end_branch(struct parser *parser)
{
    struct group *group = &parser->groups[parser->depth];
    int status = 0;
    if (group->operand == SIZE_MAX)
        status = add_op(parser, TD_PATTERN_EMPTY);
    else if (group->operand != group->branch)
        status = add_op(parser, TD_PATTERN_CAT);
    if (status == 0 && group->branches++)
        status = add_op(parser, TD_PATTERN_ALT);
    group->branch = parser->program->count;
    group->operand = SIZE_MAX;
    return status;
}

static int open_group(struct parser *parser)
{
    int status = begin_operand(parser);
    if (status < 0)
        return status;
    struct td_bytes rest =
        td_bytes(parser->source.data + parser->at, parser->source.len - parser->at);
    if (td_bytes_starts_nocase(rest, TD_BYTES("?:")))
        parser->at += 2;
    else if (rest.len && rest.data[0] == '?')
        return wrong(parser, "a group that is not supported");
    size_t start = parser->program->count;
    parser->groups[++parser->depth] = (struct group){start, SIZE_MAX, 0, start};
    return 0;
}

/* Writes the last operand out so many times. */
static int repeat(struct parser *parser, size_t min, size_t max, bool open)
{
    struct td_pattern_program *program = parser->program;
    size_t start = parser->groups[parser->depth].operand, len = program->count - start;
    int status = 0;
    if (min == 0 && max == 0 && !open) {
        for (size_t i = start; i < program->count; i++)
            program->places -= program->steps[i].op == TD_PATTERN_SET;
        program->count = start;
        return add_op(parser, TD_PATTERN_EMPTY);
    }
    size_t times = open ? (min ? min : 1) : max;
    for (size_t n = 0; n < times && status == 0; n++) {
        for (size_t i = 0; n && i < len && status == 0; i++)
            status = add_step(parser, program->steps[start + i]);
        if (status == 0 && open && n + 1 == times)
            status = add_op(parser, min ? TD_PATTERN_PLUS : TD_PATTERN_STAR);
        else if (status == 0 && n >= min)
            status = add_op(parser, TD_PATTERN_MAYBE);
        if (status == 0 && n)
            status = add_op(parser, TD_PATTERN_CAT);
    }
    return status;
}

static bool take_number(struct parser *parser, size_t *number)
{
    size_t start = parser->at;
    *number = 0;
    while (parser->at < parser->source.len && parser->source.data[parser->at] >= '0' &&
           parser->source.data[parser->at] <= '9' && *number <= MAX_COUNT)
        *number = *number * 10 + (size_t)(parser->source.data[parser->at++] - '0');
    return parser->at > start;
}

static int take_repeat(struct parser *parser, char c)
{
    if (parser->groups[parser->depth].operand == SIZE_MAX)
        return wrong(parser, "a repetition of nothing");
    parser->at++;
    if (c != '{')
        return add_op(parser, c == '*'   ? TD_PATTERN_STAR
                              : c == '+' ? TD_PATTERN_PLUS
                                         : TD_PATTERN_MAYBE);
    size_t min = 0, max = 0;
    bool open = false, some = take_number(parser, &min);
    max = min;
    if (parser->at < parser->source.len && parser->source.data[parser->at] == ',') {
        parser->at++;
        open = !take_number(parser, &max);
    }
    if (!some || parser->at >= parser->source.len || parser->source.data[parser->at] != '}')
        return wrong(parser, "a repetition that is none (a brace itself is '\\{')");
    if ((!open && max < min) || min > MAX_COUNT || max > MAX_COUNT)
        return wrong(parser, "a repetition that cannot be");
    parser->at++;
    return repeat(parser, min, max, open);
}

static int take_next(struct parser *parser)
{
    struct td_byte_set set = {0};
    char c = parser->source.data[parser->at];
    int byte, status;
    switch (c) {
    case '*':
    case '+':
    case '?':
    case '{':
        return take_repeat(parser, c);
    case '(':
        parser->at++;
        return open_group(parser);
    case ')':
        if (!parser->depth)
            return wrong(parser, "a ')' that closes nothing");
        parser->at++;
        status = end_branch(parser);
        parser->depth--;
        return status;
    case '|':
        parser->at++;
        return end_branch(parser);
    case '^':
    case '$':
        return wrong(parser, "an anchor, which is not supported (a pattern is looked for "
                             "everywhere),");
    case '[':
        parser->at++;
        status = take_set(parser, &set);
        return status < 0 ? status : add_set(parser, set);
    case '.':
        parser->at++;
        set_add(&set, '\n', '\n');
        set_invert(&set);
        return add_set(parser, set);
    case '\\':
        status = take_escape(parser, &set, &byte);
        if (status < 0)
            return status;
        if (byte >= 0)
            set_add(&set, (unsigned)byte, (unsigned)byte);
        break;
    default:
        parser->at++;
        set_add(&set, (unsigned char)c, (unsigned char)c);
    }
    if (parser->nocase)
        set_fold(&set);
    return add_set(parser, set);
}

int td_pattern_parse(struct td_pattern_program *program, struct td_bytes source,
                     struct td_error *err)
{
    struct parser parser = {.program = program, .source = source, .err = err};
    *program = (struct td_pattern_program){0};
    if (source.len > MAX_SOURCE)
        return td_error_set(err, TD_ERR_LIMIT, "a pattern of more than %d bytes", MAX_SOURCE);
    /* No more groups can be open than there are characters. */
    parser.groups = calloc(source.len + 1, sizeof *parser.groups);
    if (!parser.groups)
        return td_error_nomem(err);
    parser.groups[0] = (struct group){0, SIZE_MAX, 0, 0};
    if (td_bytes_starts_nocase(source, TD_BYTES("(?i)"))) {
        parser.nocase = true;
        parser.at = 4;
    }
    int status = 0;
    while (parser.at < source.len && status == 0)
        status = take_next(&parser);
    if (status == 0 && parser.depth)
        status = wrong(&parser, "a '(' that is not closed");
    if (status == 0)
        status = end_branch(&parser);
    free(parser.groups);
    return status;
}
