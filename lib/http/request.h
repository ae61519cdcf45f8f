/* SPDX-License-Identifier: MIT */
/*
 * Reading an HTTP/1.x request from bytes as they come (RFC 9112): head, then body by
 * Content-Length or chunked, trailers included. No I/O.
 */
#ifndef TD_HTTP_REQUEST_H
#define TD_HTTP_REQUEST_H

#include "cassette/cassette.h"

/* A head (or the trailers) larger than this is refused, and a body larger than this unless
 * td_request_parser_limit_body() said otherwise. No memory is taken for bytes that have not come.
 */
enum { TD_REQUEST_MAX_HEAD = 1024 * 1024, TD_REQUEST_MAX_BODY = 1024 * 1024 * 1024 };

enum td_request_state {
    TD_REQUEST_HEAD,     /* more of the head is needed */
    TD_REQUEST_BODY,     /* the head is whole, more of the body is needed */
    TD_REQUEST_COMPLETE, /* all of it is here */
    TD_REQUEST_BROKEN,   /* not HTTP/1.x, or over a limit; see err. Final until a reset */
};

struct td_request {
    struct td_bytes method;
    struct td_bytes target;   /* as in the request line */
    int version_minor;        /* HTTP/1.x */
    struct td_fields headers; /* in the order of the request; folded lines joined by one space */
    struct td_fields trailers;
    bool expects_continue; /* Expect: 100-continue, in HTTP/1.1 */
    bool wants_close;      /* Connection: close, or HTTP/1.0 without keep-alive */
    struct td_bytes body;  /* whole when COMPLETE; without transfer coding */
};

struct td_request_parser; /* opaque */

struct td_request_parser *td_request_parser_new(void); /* NULL when memory ran out */
void td_request_parser_free(struct td_request_parser *parser);
void td_request_parser_limit_body(struct td_request_parser *parser, size_t max_body);
/* Ready for the next request of the connection; keeps the memory. */
void td_request_parser_reset(struct td_request_parser *parser);
/*
 * Takes all of `bytes`, or all up to the end of the request; *taken says how many (what follows a
 * complete request is left to the caller). The bytes need not outlive the call. How they are cut
 * into calls makes no difference to what is read.
 */
enum td_request_state td_request_parser_feed(struct td_request_parser *parser,
                                             struct td_bytes bytes, size_t *taken,
                                             struct td_error *err);
/* The head's fields from TD_REQUEST_BODY on, the body from TD_REQUEST_COMPLETE on. Valid until
 * the next reset or free. */
const struct td_request *td_request_parser_request(const struct td_request_parser *parser);

#endif
