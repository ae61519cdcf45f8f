/* SPDX-License-Identifier: MIT */
/*
 * The model of a cassette: what go-vcr's version-2 format records, and nothing of how it was
 * written down. The structs mirror go-vcr's own `cassette.Request` and `cassette.Response`, key by
 * key. Everything a cassette points to lives as long as the cassette does and is not changed.
 */
#ifndef TD_CASSETTE_CASSETTE_H
#define TD_CASSETTE_CASSETTE_H

#include "base/arena.h"

/* A place in the file, 1-based, the column in characters; line 0 where there is none. */
struct td_mark {
    unsigned line;
    unsigned column;
};

/* One header field. A name with three values is three fields, side by side, in recorded order. */
struct td_field {
    struct td_bytes name;
    struct td_bytes value;
};

struct td_fields {
    const struct td_field *items;
    size_t count;
};

struct td_list {
    const struct td_bytes *items;
    size_t count;
};

/* The keys that a request and a response share. */
struct td_message {
    struct td_bytes proto; /* "HTTP/1.1"; empty where it was left out */
    int proto_major;
    int proto_minor;
    struct td_list transfer_encoding;
    struct td_fields trailer;
    int64_t content_length; /* -1: not known; 0 where it was left out */
    struct td_bytes body;
    struct td_fields headers;
    struct td_mark mark;      /* where the mapping starts */
    struct td_mark body_mark; /* where the body's value starts */
};

struct td_recorded_request {
    struct td_message message;
    struct td_bytes host;
    struct td_bytes remote_addr;
    struct td_bytes request_uri;
    struct td_fields form;
    struct td_bytes url;
    struct td_bytes method; /* empty means GET, as in Go */
};

/* A piece of a body as it came, and when: nanoseconds since the request had been sent, of which a
 * file keeps whole microseconds. */
struct td_recorded_chunk {
    uint32_t len;
    int64_t at_ns;
};

struct td_recorded_chunks {
    const struct td_recorded_chunk *items;
    size_t count;
};

/*
 * What the format has no place for, under the response's optional key `tapedeck`, which every other
 * reader of the format passes over. All of it may be missing.
 */
struct td_shape {
    struct td_recorded_chunks
        chunks; /* they need not fit a body that was edited since: td_chunks_fit() */
    /* The names of the head's lines as they came, in their order, with a space between. A name
     * may carry the value of a line that the format drops: "content-encoding=gzip". */
    struct td_bytes head;
    struct td_list interim; /* whole 1xx heads before the response, without the protocol:
                             * "103 Early Hints\nlink: </a.css>\n" */
    int64_t wire_length;    /* bytes of the body before it was decoded; 0 where it was not */
    struct td_bytes broken; /* how the transfer ended early, "" where it did not */
};

struct td_recorded_response {
    struct td_message message;
    struct td_shape shape;
    bool uncompressed; /* the recorder decoded the body, and dropped the headers that said so */
    struct td_bytes status; /* "200 OK"; may be empty */
    int code;
    int64_t duration_ns; /* 0 where it was not recorded */
};

struct td_interaction {
    int64_t id;
    struct td_recorded_request request;
    struct td_recorded_response response;
    struct td_mark mark;
};

/* One setting of the cassette's own: see cassette/settings.h. */
struct td_setting {
    struct td_bytes path; /* "match.ignore_paths" */
    struct td_list values;
    struct td_mark mark;
};

struct td_settings {
    char *path; /* of the file, for messages */
    const struct td_setting *items;
    size_t count;
    struct td_arena arena; /* of those that were loaded from a file of their own */
};

struct td_cassette {
    char *path; /* as the caller gave it; in messages */
    struct td_settings settings;
    struct td_interaction *interactions;
    size_t count;
    struct td_arena arena; /* owns all of the above but the path */
};

/* The first value of a header, its name compared without case; false where there is none. */
bool td_fields_get(const struct td_fields *fields, struct td_bytes name, struct td_bytes *value);

#endif
