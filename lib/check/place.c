/* SPDX-License-Identifier: MIT */
/*
 * From a byte of a scalar's text back to its place in the file. The scalar's source is read once
 * more, only counting: what of it is text, and what is quotes, escapes and indentation.
 */
#include "cassette/place.h"
#include "check/check.h"

/* A scalar that is being read again. */
struct reader {
    struct td_bytes source; /* of the file */
    size_t at, end;
    size_t left; /* bytes of text before the place that is looked for */
};

static size_t break_at(const struct reader *r)
{
    return td_break_len(r->source.data + r->at, r->end - r->at);
}

/* A line break counts as one byte, but for those that YAML keeps as they are (U+2028, U+2029). */
static size_t break_weight(const struct reader *r)
{
    return break_at(r) == 3 ? 3 : 1;
}

/* Takes so many bytes of text; false where the place is among them. */
static bool take(struct reader *r, size_t text)
{
    if (r->left < text)
        return false;
    r->left -= text;
    return true;
}

/* ---- Block scalars ---- */

static size_t spaces(const struct reader *r, size_t most)
{
    size_t count = 0;
    while (count < most && r->at + count < r->end && r->source.data[r->at + count] == ' ')
        count++;
    return count;
}

/* That of the first line that has anything in it. */
static size_t indentation(struct reader r)
{
    for (;;) {
        size_t indent = spaces(&r, SIZE_MAX);
        r.at += indent;
        size_t line_end = r.at < r.end ? break_at(&r) : 0;
        if (!line_end)
            return indent;
        r.at += line_end;
    }
}

/* The indentation that the header says, counted from where the key stands: its own is looked up as
 * the spaces at the start of its line, with "- " in front of a key taken in. */
static size_t said_indentation(const struct td_check *check, const struct td_yaml_node *scalar,
                               char digit)
{
    const char *source = check->file.content.data;
    size_t line = scalar->start;
    while (line && source[line - 1] != '\n' && source[line - 1] != '\r')
        line--;
    size_t at = line;
    while (at < scalar->start && (source[at] == ' ' || source[at] == '-'))
        at++;
    return at - line + (size_t)(digit - '0');
}

static void find_in_literal(struct reader *r, const struct td_check *check,
                            const struct td_yaml_node *scalar)
{
    char digit = 0;
    while (r->at < r->end && !break_at(r)) {
        char c = r->source.data[r->at++];
        if (c == '#')
            digit = digit ? digit : '#';
        else if (c >= '1' && c <= '9' && !digit)
            digit = c;
    }
    r->at += r->at < r->end ? break_at(r) : 0;
    size_t indent =
        digit && digit != '#' ? said_indentation(check, scalar, digit) : indentation(*r);
    while (r->at < r->end) {
        r->at += spaces(r, indent);
        while (r->at < r->end && !break_at(r)) {
            if (!take(r, 1))
                return;
            r->at++;
        }
        if (r->at == r->end || !take(r, break_weight(r)))
            return;
        r->at += break_at(r);
    }
}

/* ---- Plain and quoted scalars ---- */

/* Line breaks and the blanks around them; the bytes of text that all breaks but the first are, and
 * of the first in *first. */
static size_t pass_breaks(struct reader *r, size_t *first)
{
    size_t more = 0;
    *first = 0;
    while (r->at < r->end) {
        char c = r->source.data[r->at];
        size_t line_end = break_at(r);
        if (!line_end && c != ' ' && c != '\t')
            break;
        if (line_end && !*first)
            *first = break_weight(r);
        else if (line_end)
            more += break_weight(r);
        r->at += line_end ? line_end : 1;
    }
    return more;
}

/* One break becomes a space, and more of them one less. */
static bool take_breaks(struct reader *r)
{
    size_t first, more = pass_breaks(r, &first);
    return take(r, first == 3 || !more ? first + more : more);
}

/* Whether blanks up to the end of the line are here, which are no text. */
static bool at_line_end(const struct reader *r)
{
    struct reader ahead = *r;
    while (ahead.at < ahead.end &&
           (ahead.source.data[ahead.at] == ' ' || ahead.source.data[ahead.at] == '\t'))
        ahead.at++;
    return ahead.at < ahead.end && break_at(&ahead);
}

/* Bytes of UTF-8 that an escape of so many hexadecimal digits stands for. */
static size_t escaped_length(const char *digits, size_t count)
{
    uint32_t c = 0;
    for (size_t i = 0; i < count; i++)
        c = c << 4 | (uint32_t)(td_hex_digit(digits[i]) & 0xf);
    return c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
}

/* A backslash and what it makes of what follows. */
static bool take_escape(struct reader *r)
{
    if (r->end - r->at < 2)
        return false;
    char c = r->source.data[r->at + 1];
    size_t digits = c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
    size_t text = c == 'N' || c == '_' ? 2 : c == 'L' || c == 'P' ? 3 : 1;
    if (r->end - r->at < 2 + digits)
        return false;
    struct reader behind = *r;
    behind.at++;
    if (break_at(
            &behind)) { /* an escaped line break is nothing, and those behind it are all text */
        size_t first;
        r->at = behind.at + break_at(&behind);
        size_t more = pass_breaks(r, &first);
        return take(r, first + more);
    }
    if (digits)
        text = escaped_length(r->source.data + r->at + 2, digits);
    if (!take(r, text))
        return false;
    r->at += 2 + digits;
    return true;
}

static void find_in_flow(struct reader *r, char quote)
{
    /* Blanks are looked ahead over once, however many of them there are. */
    size_t blanks_end = 0;
    while (r->at < r->end) {
        char c = r->source.data[r->at];
        bool blank = c == ' ' || c == '\t' || break_at(r);
        if (blank && r->at >= blanks_end) {
            if (at_line_end(r)) {
                if (!take_breaks(r))
                    return;
                continue;
            }
            for (blanks_end = r->at; blanks_end < r->end && (r->source.data[blanks_end] == ' ' ||
                                                             r->source.data[blanks_end] == '\t');)
                blanks_end++;
        }
        if (quote == '"' && c == '\\') {
            if (!take_escape(r))
                return;
            continue;
        }
        if (!take(r, 1))
            return;
        r->at += quote == '\'' && c == '\'' ? 2 : 1;
    }
}

struct td_mark td_check_mark_in(const struct td_check *check, const struct td_yaml_node *scalar,
                                size_t offset)
{
    struct td_mark whole = td_check_mark(scalar, NULL);
    scalar = td_yaml_resolve(scalar);
    struct reader r = {check->file.content, scalar->start, scalar->end, offset};
    if (scalar->kind != TD_YAML_SCALAR || scalar->tag != TD_YAML_TAG_NONE || scalar->anchored ||
        r.at == r.end)
        return whole;
    if (scalar->style == TD_YAML_LITERAL) {
        find_in_literal(&r, check, scalar);
    } else if (scalar->style == TD_YAML_SINGLE_QUOTED || scalar->style == TD_YAML_DOUBLE_QUOTED) {
        r.at++;
        r.end--;
        find_in_flow(&r, r.source.data[scalar->start]);
    } else if (scalar->style == TD_YAML_PLAIN) {
        find_in_flow(&r, '\0');
    } else {
        return whole;
    }
    /* From the scalar's own line on, so that only it is walked over. */
    struct td_place place =
        td_place_start(td_bytes(r.source.data + scalar->start, r.at - scalar->start));
    td_place_to_byte(&place, r.at - scalar->start);
    struct td_mark mark = {scalar->line + place.line - 1, place.column};
    if (place.line == 1)
        mark.column += scalar->column - 1;
    return mark;
}
