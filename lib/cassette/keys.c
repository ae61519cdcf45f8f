/* SPDX-License-Identifier: MIT */
#include "cassette/keys.h"

#define KEY(name, type, presence, record, member)                                                  \
    {                                                                                              \
        {(name), sizeof(name) - 1}, TD_KEY_##type, TD_KEY_##presence,                              \
            offsetof(struct record, member)                                                        \
    }
#define REQUEST(name, type, presence, member) KEY(name, type, presence, td_recorded_request, member)
#define RESPONSE(name, type, presence, member)                                                     \
    KEY(name, type, presence, td_recorded_response, member)
#define SHAPE(name, type, member) KEY(name, type, OPTIONAL, td_shape, member)

static const struct td_key request_keys[] = {
    REQUEST("proto", TEXT, ALWAYS, message.proto),
    REQUEST("proto_major", INT, ALWAYS, message.proto_major),
    REQUEST("proto_minor", INT, ALWAYS, message.proto_minor),
    REQUEST("content_length", LONG, ALWAYS, message.content_length),
    REQUEST("transfer_encoding", LIST, OMITTED, message.transfer_encoding),
    REQUEST("trailer", FIELDS, OMITTED, message.trailer),
    REQUEST("host", TEXT, ALWAYS, host),
    REQUEST("remote_addr", TEXT, OMITTED, remote_addr),
    REQUEST("request_uri", TEXT, OMITTED, request_uri),
    REQUEST("body", BODY, OMITTED, message),
    REQUEST("form", FIELDS, OMITTED, form),
    REQUEST("headers", FIELDS, OMITTED, message.headers),
    REQUEST("url", TEXT, ALWAYS, url),
    REQUEST("method", TEXT, ALWAYS, method),
};

static const struct td_key response_keys[] = {
    RESPONSE("proto", TEXT, ALWAYS, message.proto),
    RESPONSE("proto_major", INT, ALWAYS, message.proto_major),
    RESPONSE("proto_minor", INT, ALWAYS, message.proto_minor),
    RESPONSE("transfer_encoding", LIST, OMITTED, message.transfer_encoding),
    RESPONSE("trailer", FIELDS, OMITTED, message.trailer),
    RESPONSE("content_length", LONG, ALWAYS, message.content_length),
    RESPONSE("uncompressed", BOOL, OMITTED, uncompressed),
    RESPONSE("body", BODY, ALWAYS, message),
    RESPONSE("headers", FIELDS, ALWAYS, message.headers),
    RESPONSE("status", TEXT, ALWAYS, status),
    RESPONSE("code", INT, ALWAYS, code),
    RESPONSE("duration", DURATION, ALWAYS, duration_ns),
    RESPONSE("tapedeck", SHAPE, OPTIONAL, shape),
};

static const struct td_key shape_keys[] = {
    SHAPE("chunks", CHUNKS, chunks), SHAPE("head", TEXT, head),
    SHAPE("interim", LIST, interim), SHAPE("wire_length", LONG, wire_length),
    SHAPE("broken", TEXT, broken),
};

#define KEYS(array)                                                                                \
    {                                                                                              \
        (array), sizeof(array) / sizeof *(array)                                                   \
    }

const struct td_keys td_request_keys = KEYS(request_keys);
const struct td_keys td_response_keys = KEYS(response_keys);
const struct td_keys td_shape_keys = KEYS(shape_keys);
