/* SPDX-License-Identifier: MIT */
#include "scrub/where.h"

static bool is_block(const struct td_yaml_node *node)
{
    return node->style == TD_YAML_LITERAL || node->style == TD_YAML_FOLDED;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Behind a node's tag and anchor. */
static size_t skip_properties(struct td_bytes source, const struct td_yaml_node *node)
{
    size_t at = node->start;
    while (at < node->end && (source.data[at] == '!' || source.data[at] == '&')) {
        while (at < node->end && !is_blank(source.data[at]))
            at++;
        while (at < node->end && is_blank(source.data[at]))
            at++;
    }
    return at;
}

/* The first line of a block: its indicator; the columns in front of its lines. */
static void enter_block(struct td_where *where)
{
    struct td_bytes source = where->source;
    size_t at = where->at, end = where->node->end;
    while (at < end && source.data[at] != '\n')
        at++;
    where->at = at < end ? at + 1 : end;
    for (size_t line = where->at; line < end;) {
        size_t text = line;
        while (text < end && source.data[text] == ' ')
            text++;
        if (text < end && source.data[text] != '\n' && source.data[text] != '\r') {
            where->indent = text - line;
            break;
        }
        while (text < end && source.data[text] != '\n')
            text++;
        line = text + 1;
    }
}

static void skip_indent(struct td_where *where)
{
    for (size_t n = 0;
         n < where->indent && where->at < where->node->end && where->source.data[where->at] == ' ';
         n++)
        where->at++;
}

void td_where_init(struct td_where *where, struct td_bytes source, const struct td_yaml_node *node)
{
    *where = (struct td_where){
        .source = source,
        .node = node,
        .at = skip_properties(source, node),
        .counted = node->start,
        .mark = {node->line, node->column},
    };
    if (is_block(node)) {
        enter_block(where);
        skip_indent(where);
    } else if (node->style == TD_YAML_SINGLE_QUOTED || node->style == TD_YAML_DOUBLE_QUOTED) {
        where->at++;
    }
}

/* One escape of a double-quoted text: how long it is, and how many bytes it stands for. */
static void step_escape(struct td_where *where)
{
    struct td_bytes source = where->source;
    size_t left = where->node->end - where->at, digits = 0;
    char c = left > 1 ? source.data[where->at + 1] : ' ';
    unsigned point = 0;
    if (c == '\n' || c == '\r') {
        while (++where->at < where->node->end && is_blank(source.data[where->at]))
            ;
        return;
    }
    digits = c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
    for (size_t i = 0; i < digits && i + 2 < left; i++) {
        int digit = td_hex_digit(source.data[where->at + 2 + i]);
        point = point << 4 | (unsigned)(digit & 0xf);
    }
    if (c == 'N' || c == '_')
        point = 0x85;
    else if (c == 'L' || c == 'P')
        point = 0x2028;
    where->at += 2 + digits;
    where->offset += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
}

static void step(struct td_where *where)
{
    const struct td_yaml_node *node = where->node;
    struct td_bytes source = where->source;
    char c = source.data[where->at];
    if (node->style == TD_YAML_DOUBLE_QUOTED && c == '\\') {
        step_escape(where);
    } else if (node->style == TD_YAML_SINGLE_QUOTED && c == '\'') {
        where->at += 2;
        where->offset++;
    } else if (c == '\n' && is_block(node)) {
        where->at++;
        where->offset++;
        skip_indent(where);
    } else if ((c == '\n' || c == '\r') && !is_block(node)) {
        /* A line break in a flow scalar is folded: blanks on both sides of it are one. */
        while (where->at < node->end && is_blank(source.data[where->at]))
            where->at++;
        while (where->offset < node->len && is_blank(node->text[where->offset]))
            where->offset++;
    } else {
        where->at++;
        where->offset += c != '\r' || node->text[where->offset] == '\r';
    }
}

struct td_mark td_where_find(struct td_where *where, size_t offset)
{
    const struct td_yaml_node *node = where->node;
    if (node->kind == TD_YAML_SCALAR && node->tag != TD_YAML_TAG_BINARY) {
        if (offset > node->len)
            offset = node->len;
        while (where->offset < offset && where->at < node->end)
            step(where);
    }
    for (; where->counted < where->at; where->counted++) {
        char c = where->source.data[where->counted];
        if (c == '\n') {
            where->mark.line++;
            where->mark.column = 1;
        } else {
            where->mark.column += (c & 0xc0) != 0x80;
        }
    }
    return where->mark;
}
