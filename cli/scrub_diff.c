/* SPDX-License-Identifier: MIT */
/*
 * The lines that scrubbing changes, for a person. A diff that shows what was there would put into a
 * log what is to be kept out of it: of a line that changes only those parts are shown that are in
 * both, and how long the rest was.
 */
#include <string.h>

#include "report.h"
#include "scrub.h"

struct text {
    const char *at, *end;
};

static struct text take_line(struct text *text)
{
    const char *stop = memchr(text->at, '\n', (size_t)(text->end - text->at));
    struct text line = {text->at, stop ? stop : text->end};
    text->at = stop ? stop + 1 : text->end;
    return line;
}

static size_t length(struct text text)
{
    return (size_t)(text.end - text.at);
}

static bool same(struct text a, struct text b)
{
    return length(a) == length(b) && memcmp(a.at, b.at, length(a)) == 0;
}

static size_t count_lines(struct text text)
{
    size_t count = 0;
    while (text.at < text.end) {
        take_line(&text);
        count++;
    }
    return count;
}

/* At most so much on each side of what changes. */
enum { AROUND = 60 };

static void put_side(FILE *out, const char *sign, struct text line, size_t head, size_t tail,
                     bool hide)
{
    size_t middle = length(line) - head - tail;
    size_t from = head > AROUND ? head - AROUND : 0;
    size_t after = tail > AROUND ? (size_t)AROUND : tail;
    fputs(sign, out);
    if (from)
        fputs("...", out);
    report_bytes(out, line.at + from, head - from);
    if (hide && middle)
        fprintf(out, "<%zu bytes>", middle);
    else
        report_bytes(out, line.at + head, middle);
    report_bytes(out, line.at + head + middle, after);
    if (after < tail)
        fputs("...", out);
    fputc('\n', out);
}

static void put_change(FILE *out, struct text before, struct text after)
{
    size_t shorter = length(before) < length(after) ? length(before) : length(after);
    size_t head = 0, tail = 0;
    while (head < shorter && before.at[head] == after.at[head])
        head++;
    while (tail < shorter - head && before.end[-1 - (long)tail] == after.end[-1 - (long)tail])
        tail++;
    put_side(out, "-", before, head, tail, true);
    put_side(out, "+", after, head, tail, false);
}

void scrub_diff(FILE *out, const char *path, const char *before, size_t before_len,
                const char *after, size_t after_len)
{
    struct text a = {before, before + before_len}, b = {after, after + after_len};
    fputs("--- ", out);
    report_text(out, path);
    fputs("\n+++ ", out);
    report_text(out, path);
    fputc('\n', out);
    if (count_lines(a) != count_lines(b)) {
        /* Lines have gone: all from the first to the last that is different are one change. */
        size_t line = 1;
        while (a.at < a.end && b.at < b.end) {
            struct text left = a, right = b;
            if (!same(take_line(&left), take_line(&right)))
                break;
            a = left;
            b = right;
            line++;
        }
        fprintf(out, "@@ line %zu @@\n", line);
        put_change(out, a, b);
        return;
    }
    for (size_t line = 1; a.at < a.end; line++) {
        struct text left = take_line(&a), right = take_line(&b);
        if (same(left, right))
            continue;
        fprintf(out, "@@ line %zu @@\n", line);
        put_change(out, left, right);
    }
}
