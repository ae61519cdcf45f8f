/* SPDX-License-Identifier: MIT */
/*
 * Writing a recorded response as HTTP/1.1, and remembering where the bytes on the wire are not
 * what was recorded, so that the difference can be kept from the program that reads them.
 */
#ifndef TD_HTTP_RESPONSE_H
#define TD_HTTP_RESPONSE_H

#include "cassette/cassette.h"

enum td_framing {
    TD_FRAMING_NONE,    /* no body: HEAD, 1xx, 204, 304 */
    TD_FRAMING_LENGTH,  /* the head says Content-Length, and it is true */
    TD_FRAMING_CHUNKED, /* each chunk as one HTTP chunk */
};

/*
 * A head line on the wire that is not the recorded one, both with their CR LF. Which line it is
 * follows from its place in the head (edit.wire.data - head.wire.data); another line may have the
 * same bytes. What is to be seen but must not be on the wire is sent as a placeholder: a header of
 * the name below and a number, which means nothing to anybody.
 */
struct td_head_edit {
    struct td_bytes wire;
    struct td_bytes recorded; /* empty: nothing was recorded, the line is to be hidden */
};

#define TD_HEAD_PLACEHOLDER "X-Tapedeck-Line"

/* Lets the owner of the wire send another value than the recorded one (a Location that must stay
 * on the tape, say). Appends the value to send to `out` and returns true, or returns false to
 * send it as it is. */
typedef bool td_head_rewrite(void *context, struct td_bytes name, struct td_bytes value,
                             struct td_buf *out);

struct td_head {
    int code; /* as sent */
    enum td_framing framing;
    struct td_buf wire;     /* the head as sent, up to and with the empty line; the provisional */
                            /* ones that were recorded with it (1xx) stand before */
    struct td_buf recorded; /* the head as it was recorded, likewise; empty for a head that */
                            /* is hidden as a whole, as a 100 (Continue) is */
    struct td_head_edit *edits; /* in the order of the wire; views into the two buffers */
    size_t edit_count;
    struct td_buf tail; /* what ends a chunked body: the last chunk, trailers, the empty line */
};

void td_head_init(struct td_head *head);
void td_head_release(struct td_head *head);

/*
 * Fills in `head`, which was initialised or filled in before, for the response to a request with
 * this method. The wire's status line is always HTTP/1.1, the recorded one what the protocol would
 * show: "HTTP/2 200 ", "HTTP/1.0 404 Not Found". Recorded headers come in recorded order, their
 * values as they are but for CR, LF and NUL, each of which becomes a space.
 *
 * The body goes by length where its true length was recorded: as the header, or as content_length
 * alone, and then the line is hidden. Else, and where a transfer coding or trailers were recorded,
 * it is chunked; the line that says so is hidden unless it was recorded too. Lines that would lie
 * about the wire are placeholders: a Content-Length that is not the body's, further transfer
 * codings, a Content-Encoding that the recorder has decoded; so are names that no header can have.
 *
 * TD_ERR_FORMAT where there is no status code of three digits; TD_ERR_NOMEM.
 */
int td_head_write(struct td_head *head, const struct td_recorded_response *response,
                  struct td_bytes method, td_head_rewrite *rewrite, void *context,
                  struct td_error *err);

/* A 100 (Continue), of which nothing was recorded: every line is hidden, the empty one too. */
int td_head_write_continue(struct td_head *head, struct td_error *err);

/* Whether a response to this method with this status has no body on the wire. */
bool td_head_bodyless(struct td_bytes method, int code);

#endif
