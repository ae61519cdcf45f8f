/* SPDX-License-Identifier: MIT */
/* Server-sent events as a browser reads them: WHATWG HTML, 9.2.6. */
#ifndef TD_STREAM_SSE_H
#define TD_STREAM_SSE_H

#include "base/bytes.h"

struct td_sse_event {
    struct td_bytes type; /* "message" where it was not said */
    struct td_bytes data; /* its lines, with LF between them; valid until the next event */
    struct td_bytes id;   /* the last one that the stream has told so far */
    int64_t retry;        /* milliseconds; -1 where this event does not tell */
    bool closed;          /* by its empty line: a browser drops one that is not */
    size_t start, end;    /* where it stands in the stream, comments included */
};

struct td_sse_reader {
    struct td_bytes text;
    size_t at;
    struct td_bytes id;
    struct td_buf data; /* of an event with several lines of data */
};

void td_sse_reader_init(struct td_sse_reader *reader, struct td_bytes text);
void td_sse_reader_release(struct td_sse_reader *reader);
/* The next event that has data; others only change the id. 1, 0 after the last, or TD_ERR_NOMEM. */
int td_sse_reader_next(struct td_sse_reader *reader, struct td_sse_event *event);

#endif
