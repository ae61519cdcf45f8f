/* SPDX-License-Identifier: MIT */
/*
 * Server-sent events: where one ends and the next begins. A server writes an event and its empty
 * line in one go, so that is how a recorded stream is played. What an event says is not looked at.
 */
#include "stream/chunker.h"

/* The length of the line end at `at`: 0 inside a line, 1 for LF or CR, 2 for CR LF. */
static size_t line_end(struct td_bytes text, size_t at)
{
    if (at >= text.len)
        return 0;
    if (text.data[at] == '\r')
        return at + 1 < text.len && text.data[at + 1] == '\n' ? 2 : 1;
    return text.data[at] == '\n';
}

/* The first CR or LF from `at` on, or the end. By windows, so that a text without the one does not
 * have to be searched to its end for each of the other. */
static size_t next_line_end(struct td_bytes text, size_t at)
{
    enum { WINDOW = 512 };
    while (at < text.len) {
        size_t len = text.len - at < WINDOW ? text.len - at : WINDOW;
        const char *start = text.data + at, *lf = memchr(start, '\n', len);
        size_t before = lf ? (size_t)(lf - start) : len;
        const char *cr = memchr(start, '\r', before);
        if (cr || lf)
            return at + (cr ? (size_t)(cr - start) : before);
        at += len;
    }
    return at;
}

size_t td_sse_event_length(struct td_bytes text)
{
    size_t at = text.len >= 3 && memcmp(text.data, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    size_t end;
    /* Empty lines before the first event close nothing. */
    while ((end = line_end(text, at)))
        at += end;
    while (at < text.len) {
        at = next_line_end(text, at);
        if (at == text.len)
            break;
        at += line_end(text, at);
        if (!line_end(text, at))
            continue;
        while ((end = line_end(text, at)))
            at += end;
        break;
    }
    return at;
}
