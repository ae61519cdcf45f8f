/* SPDX-License-Identifier: MIT */
/* Cutting a recorded body into the chunks in which it is played. */
#ifndef TD_STREAM_CHUNKER_H
#define TD_STREAM_CHUNKER_H

#include "cassette/cassette.h"

enum td_split {
    TD_SPLIT_EVENT, /* what the content type calls an event; a body without events is one chunk */
    TD_SPLIT_WHOLE,
    /* These are cut by stream/split.h. */
    TD_SPLIT_RECORDED,
    TD_SPLIT_BYTES,
    TD_SPLIT_RANDOM,
    TD_SPLIT_UTF8,
    TD_SPLIT_CRLF,
};

/* One after the other without gaps: each chunk ends where the next begins. */
struct td_chunks {
    size_t *ends; /* ascending; the last is the body's length; none for an empty body */
    size_t count;
};

/* Fills in `chunks` (nothing needs to be in it before), which td_chunks_release() releases. The
 * content type may have parameters, and may be empty. 0, or TD_ERR_NOMEM with nothing to release.
 */
int td_chunks_split(struct td_chunks *chunks, struct td_bytes body, struct td_bytes content_type,
                    enum td_split split);
void td_chunks_release(struct td_chunks *chunks);
/* One more, that ends at `end`; *cap is the room that there is, 0 at first. 0 or TD_ERR_NOMEM. */
int td_chunks_add(struct td_chunks *chunks, size_t *cap, size_t end);

/*
 * The length of the first server-sent event in `text`, its closing empty line included (LF, CR LF
 * or CR), or the whole length where it does not close. WHATWG HTML, 9.2.5 and 9.2.6. Further empty
 * lines that follow belong to it as well, and so do empty lines and a byte order mark before it.
 * 0 only for an empty text.
 */
size_t td_sse_event_length(struct td_bytes text);

#endif
