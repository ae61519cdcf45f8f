/* SPDX-License-Identifier: MIT */
/*
 * The keys of the format, in the order in which go-vcr writes them, and where in the model the
 * value of each is: one table for reading, for writing, and for telling which keys a file has that
 * the model does not.
 */
#ifndef TD_CASSETTE_KEYS_H
#define TD_CASSETTE_KEYS_H

#include "cassette/cassette.h"

enum td_key_type {
    TD_KEY_TEXT,
    TD_KEY_BODY, /* a text of the message, which also remembers where it stands */
    TD_KEY_INT,
    TD_KEY_LONG,
    TD_KEY_BOOL,
    TD_KEY_LIST,
    TD_KEY_FIELDS,
    TD_KEY_DURATION,
    TD_KEY_CHUNKS,
    TD_KEY_SHAPE,
};

/* When a key is written. */
enum td_key_presence {
    TD_KEY_ALWAYS,   /* with or without a value */
    TD_KEY_OMITTED,  /* go-vcr before 4.0.6 always, later ones where there is a value */
    TD_KEY_OPTIONAL, /* only where there is a value: Tapedeck's own */
};

struct td_key {
    struct td_bytes name;
    enum td_key_type type;
    enum td_key_presence presence;
    size_t offset; /* of its value in the struct that the table is for */
};

struct td_keys {
    const struct td_key *items;
    size_t count;
};

extern const struct td_keys td_request_keys;  /* struct td_recorded_request */
extern const struct td_keys td_response_keys; /* struct td_recorded_response */
extern const struct td_keys td_shape_keys;    /* struct td_shape */

#endif
