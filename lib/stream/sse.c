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

size_t td_sse_event_length(struct td_bytes text)
{
    size_t at = text.len >= 3 && memcmp(text.data, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    size_t end;
    /* Empty lines before the first event close nothing. */
    while ((end = line_end(text, at)))
        at += end;
    while (at < text.len) {
        while (at < text.len && !(end = line_end(text, at)))
            at++;
        if (at == text.len)
            break;
        at += end;
        if (!line_end(text, at))
            continue;
        while ((end = line_end(text, at)))
            at += end;
        break;
    }
    return at;
}
