/* SPDX-License-Identifier: MIT */
#include "terminal.h"

#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#include "report.h"

/* LABEL columns hold a role; below NARROW there is no room beside it. */
enum { LABEL = 11, NARROW = 40, LEAST = 8 };

void terminal_init(struct terminal *terminal)
{
    struct winsize size;
    *terminal = (struct terminal){.colour = report_colour(stdout)};
    setlocale(LC_CTYPE, "");
    terminal->utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    if (!isatty(STDOUT_FILENO))
        return;
    const char *columns = getenv("COLUMNS");
    terminal->width = 80;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col)
        terminal->width = size.ws_col;
    else if (columns && strtoul(columns, NULL, 10) > 0 && strtoul(columns, NULL, 10) < 10000)
        terminal->width = (unsigned)strtoul(columns, NULL, 10);
}

void terminal_style(const struct terminal *terminal, const char *style)
{
    if (terminal->colour)
        fputs(style ? style : "\033[0m", stdout);
}

void terminal_heading(const struct terminal *terminal, const char *heading)
{
    putchar('\n');
    terminal_style(terminal, STYLE_BOLD);
    fputs("--- ", stdout);
    report_text(stdout, heading);
    terminal_style(terminal, NULL);
    putchar('\n');
}

/* The next line of a text, without its end. */
static size_t line_length(const char *data, size_t len, size_t *used)
{
    const char *end = memchr(data, '\n', len);
    size_t line = end ? (size_t)(end - data) : len;
    *used = end ? line + 1 : len;
    return end && line && data[line - 1] == '\r' ? line - 1 : line;
}

/* A line, safe, with its tabs as they are or as spaces. */
static void put_line(FILE *out, const char *data, size_t len, const char *tab)
{
    while (len) {
        const char *end = memchr(data, '\t', len);
        size_t run = end ? (size_t)(end - data) : len;
        report_bytes(out, data, run);
        if (end)
            fputs(tab, out);
        data += run + (end != NULL);
        len -= run + (end != NULL);
    }
}

void terminal_lines(const char *data, size_t len)
{
    for (size_t used; len; data += used, len -= used) {
        put_line(stdout, data, line_length(data, len, &used), "\t");
        putchar('\n');
    }
}

/* The columns and bytes of the character at the front. The text is safe: all of it is UTF-8. */
static unsigned columns_of(const char *data, size_t len, size_t *used)
{
    static locale_t utf8;
    wchar_t c;
    mbstate_t state = {0};
    if (!utf8)
        utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    locale_t before = uselocale(utf8);
    size_t size = mbrtowc(&c, data, len, &state);
    int width = size && size <= len ? wcwidth(c) : 1;
    uselocale(before);
    *used = size && size <= len ? size : 1;
    return width < 0 ? 1 : (unsigned)width;
}

static void put_break(unsigned indent)
{
    printf("\n%*s", (int)indent, "");
}

/* A safe line of which a word never sticks out, unless it is longer than a whole line: that is cut
 * where it must. */
static void put_wrapped(const char *data, size_t len, unsigned indent, unsigned width)
{
    unsigned column = indent;
    while (len) {
        /* A word, with the spaces in front of it. */
        size_t spaces = strspn(data, " "), end = spaces, used;
        unsigned columns = 0;
        if (spaces > len)
            spaces = end = len;
        while (end < len && data[end] != ' ') {
            columns += columns_of(data + end, len - end, &used);
            end += used;
        }
        if (column > indent && column + spaces + columns > width) {
            put_break(indent);
            column = indent;
        } else {
            printf("%*s", (int)(spaces > width ? width : spaces), "");
            column += (unsigned)spaces;
        }
        for (size_t at = spaces; at < end; at += used) {
            unsigned more = columns_of(data + at, end - at, &used);
            if (column + more > width && column > indent) {
                put_break(indent);
                column = indent;
            }
            fwrite(data + at, 1, used, stdout);
            column += more;
        }
        data += end;
        len -= end;
    }
}

void terminal_wrap(const struct terminal *terminal, unsigned indent, const char *data, size_t len)
{
    unsigned width = terminal->width;
    if (width && width < indent + LEAST)
        width = indent + LEAST;
    if (!len)
        putchar('\n');
    for (size_t used, first = 1; len; data += used, len -= used, first = 0) {
        char *line = NULL;
        size_t size = 0, have = line_length(data, len, &used);
        FILE *safe = open_memstream(&line, &size);
        if (!first && have)
            printf("%*s", (int)indent, "");
        if (safe) {
            put_line(safe, data, have, "    ");
            fclose(safe);
        }
        if (!line)
            fputs("[out of memory]", stdout);
        else if (width)
            put_wrapped(line, size, indent, width);
        else
            fwrite(line, 1, size, stdout);
        putchar('\n');
        free(line);
    }
}

/* As much of a label as there is room for; its columns. */
static unsigned put_label(const char *label, size_t len)
{
    char *text = NULL;
    size_t size = 0, at = 0, used;
    unsigned columns = 0, more;
    FILE *safe = open_memstream(&text, &size);
    if (safe) {
        report_bytes(safe, label, len);
        fclose(safe);
    }
    for (; text && at < size; at += used, columns += more) {
        more = columns_of(text + at, size - at, &used);
        if (columns + more > LABEL - 1)
            break;
        fwrite(text + at, 1, used, stdout);
    }
    free(text);
    return columns;
}

void terminal_labelled(const struct terminal *terminal, const char *style, const char *label,
                       size_t label_len, const char *data, size_t len)
{
    bool narrow = terminal->width && terminal->width < NARROW;
    unsigned indent = narrow ? 2 : LABEL;
    unsigned columns = 0;
    if (label_len) {
        terminal_style(terminal, style);
        columns = put_label(label, label_len);
        terminal_style(terminal, NULL);
    }
    if (narrow && label_len)
        put_break(indent);
    else
        printf("%*s", (int)(indent - columns), "");
    terminal_wrap(terminal, indent, data, len);
}
