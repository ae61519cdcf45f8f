/* SPDX-License-Identifier: MIT */
/*
 * An exchange as it happens: what was sent, the lines of the response's head, the pieces of its
 * body and when each came; and in the end the interaction that a cassette keeps of it, in go-vcr's
 * terms. Knows nothing of how the bytes were had.
 *
 * Go's HTTP client has its own way with a message, and a cassette shows what it would have seen:
 * header names in canonical spelling, Host and Content-Length of a request and Transfer-Encoding of
 * a response in keys of their own, no Content-Encoding where the body was decoded. What that loses
 * of the response's head, its order and spelling and the lines that were dropped, is kept in the
 * response's shape, so that it can be played as it was.
 */
#ifndef TD_HTTP_CAPTURE_H
#define TD_HTTP_CAPTURE_H

#include "cassette/cassette.h"

struct td_capture {
    struct td_buf sent_head;
    struct td_buf sent_body; /* with its transfer coding */
    int64_t start_ns;        /* of CLOCK_REALTIME, when the first byte was sent */
    int64_t sent_ns;         /* of the clock of `now_ns`, when the last one was */

    struct td_buf head;     /* the lines of the head that is being read, or was read last */
    struct td_buf interim;  /* the heads before it, with a NUL behind each */
    struct td_buf trailers; /* lines */
    bool head_done;
    int64_t head_ns;

    struct td_buf body;
    struct td_buf chunks; /* of struct td_recorded_chunk */
    struct td_buf unread; /* the body on the wire, where nobody was shown it */
};

void td_capture_init(struct td_capture *capture);
void td_capture_release(struct td_capture *capture);
/* For the next exchange. Keeps the memory, unless it is much. */
void td_capture_clear(struct td_capture *capture);

/* Whether a request was sent, and whether a response to it has come, its first line at least. */
bool td_capture_begun(const struct td_capture *capture);
bool td_capture_answered(const struct td_capture *capture);
/* Whether the response has this code. */
bool td_capture_is_code(const struct td_capture *capture, const char *code);

void td_capture_send_head(struct td_capture *capture, struct td_bytes bytes, int64_t now_ns,
                          int64_t real_ns);
void td_capture_send_body(struct td_capture *capture, struct td_bytes bytes, int64_t now_ns);
/* One line of a head, or a trailer, with its line end. */
void td_capture_line(struct td_capture *capture, struct td_bytes line, int64_t now_ns);
/* A piece of the body, decoded as far as the client decodes it, and taken by it. */
void td_capture_body(struct td_capture *capture, struct td_bytes bytes, int64_t now_ns);
/* A piece of the body as it was on the wire, whether it is shown to anybody or not. Counts only
 * where nothing was shown. */
void td_capture_unread(struct td_capture *capture, struct td_bytes bytes);

struct td_capture_end {
    struct td_bytes url; /* of the request, absolute */
    bool decoded;        /* the client has undone the Content-Encoding */
    bool chunked;        /* the client was given the body with its chunked coding */
    bool nobody;         /* the client did not want a body, whatever the method */
    int64_t wire_length; /* bytes of the body before it was decoded; 0: not known */
    bool timing;         /* chunks are kept */
    bool whole;          /* the transfer has ended well */
    const char *broken;  /* how it ended, where it did not */
};

/*
 * The interaction, whose texts live in the capture and the arena. False where there is none: no
 * request, or no response, or one that is not HTTP. *whole says whether all of the response is
 * there, also where `end.whole` is false: the length that it announced may tell.
 */
bool td_capture_finish(const struct td_capture *capture, const struct td_capture_end *end,
                       struct td_arena *arena, struct td_interaction *interaction, bool *whole);

#endif
