/* SPDX-License-Identifier: MIT */
/*
 * A wire driven as its owners drive it: a socket that takes as much as it has room for, and a
 * reader that takes so many bytes at a time and calls back as libcurl's does, once for each HTTP
 * chunk in a read, or once a read where the body is not chunked.
 */
#ifndef TESTS_WIRE_PEER_H
#define TESTS_WIRE_PEER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "wire/wire.h"

#define B TD_BYTES

struct peer {
    struct td_wire *wire;
    size_t room; /* of the socket */
    struct td_buf socket;
    struct td_buf sent; /* all that ever went out */
    struct td_buf log;  /* what was called back */

    const struct td_recorded_response *const *responses; /* for one request after the other */
    size_t response_count, answered;
    enum td_split split;
    int status; /* returned by answer() */

    size_t read_size;
    enum { R_HEAD, R_SIZE, R_DATA, R_DATA_END, R_TAIL, R_LENGTH, R_CLOSED } reading;
    struct td_buf line; /* of the head, or a chunk's size */
    struct td_buf body; /* of all responses */
    struct td_buf ends; /* of size_t: where in the body each call back ended */
    uint64_t left;
    size_t heads; /* final ones */
};

static inline int answer(void *context, const struct td_request *request,
                         struct td_wire_answer *answer)
{
    struct peer *peer = context;
    td_buf_printf(&peer->log, "%.*s %.*s [%.*s]\n", (int)request->method.len, request->method.data,
                  (int)request->target.len, request->target.data, (int)request->body.len,
                  request->body.data ? request->body.data : "");
    assert_null(answer->response);
    if (peer->answered < peer->response_count)
        answer->response = peer->responses[peer->answered++];
    answer->play.split.kind = peer->split;
    return peer->status;
}

static inline void head_called(void *context, const struct td_head *head)
{
    struct peer *peer = context;
    td_buf_printf(&peer->log, "head %d%s\n", head->code, head->recorded.len ? "" : " hidden");
}

static inline void peer_init(struct peer *peer, size_t flight_size,
                             const struct td_recorded_response *const *responses, size_t count)
{
    *peer = (struct peer){.responses = responses,
                          .response_count = count,
                          .read_size = flight_size ? flight_size : 16384,
                          .room = 256 * 1024};
    struct td_wire_config config = {
        .flight_size = flight_size, .answer = answer, .head = head_called, .context = peer};
    peer->wire = td_wire_new(&config);
    assert_non_null(peer->wire);
}

static inline void peer_release(struct peer *peer)
{
    td_wire_free(peer->wire);
    td_buf_release(&peer->socket);
    td_buf_release(&peer->sent);
    td_buf_release(&peer->log);
    td_buf_release(&peer->line);
    td_buf_release(&peer->body);
    td_buf_release(&peer->ends);
}

static inline void receive(struct peer *peer, const char *text)
{
    struct td_error err;
    assert_int_equal(td_wire_receive(peer->wire, td_bytes_of(text), &err), 0);
}

/* ---- The reader ---- */

static inline void call_back(struct peer *peer, const char *data, size_t len)
{
    td_buf_put(&peer->body, data, len);
    td_buf_put(&peer->ends, &peer->body.len, sizeof peer->body.len);
}

static inline void head_ended(struct peer *peer)
{
    struct td_bytes head = td_buf_view(&peer->line);
    static const char length[] = "\r\nContent-Length: ";
    const char *found = strstr(head.data, length);
    int code = atoi(head.data + 9);
    peer->reading = R_HEAD;
    if (code >= 200) {
        peer->heads++;
        peer->left = found ? strtoull(found + sizeof length - 1, NULL, 10) : 0;
        if (strstr(head.data, "\r\nTransfer-Encoding: chunked\r\n"))
            peer->reading = R_SIZE;
        else if (peer->left)
            peer->reading = R_LENGTH;
    }
    td_buf_clear(&peer->line);
}

/* One line of the head, of the tail, or a chunk's size. */
static inline void line_ended(struct peer *peer)
{
    struct td_buf *line = &peer->line;
    bool empty =
        line->len >= 4 ? memcmp(line->data + line->len - 4, "\r\n\r\n", 4) == 0 : line->len == 2;
    assert_true(line->data[line->len - 2] == '\r');
    switch (peer->reading) {
    case R_HEAD:
        if (empty)
            head_ended(peer);
        return;
    case R_SIZE:
        peer->left = strtoull(line->data, NULL, 16);
        peer->reading = peer->left ? R_DATA : R_TAIL;
        break;
    case R_DATA_END:
        assert_int_equal(line->len, 2);
        peer->reading = R_SIZE;
        break;
    default:
        if (line->len == 2)
            peer->reading = R_HEAD;
        break;
    }
    td_buf_clear(line);
}

static inline void reader_take(struct peer *peer, const char *data, size_t len)
{
    while (len) {
        size_t step = 1;
        if (peer->reading == R_DATA || peer->reading == R_LENGTH) {
            step = peer->left < len ? (size_t)peer->left : len;
            call_back(peer, data, step);
            peer->left -= step;
            if (!peer->left)
                peer->reading = peer->reading == R_DATA ? R_DATA_END : R_HEAD;
        } else {
            td_buf_put(&peer->line, data, 1);
            if (*data == '\n')
                line_ended(peer);
        }
        data += step;
        len -= step;
    }
}

/* Everything that can move moves: the owner's loop as wire.h has it, then one read. */
static inline void run(struct peer *peer)
{
    for (;;) {
        int64_t deadline;
        while (td_wire_state(peer->wire) != TD_WIRE_CLOSED) {
            if (td_wire_must_drain(peer->wire) && peer->socket.len)
                break;
            struct td_bytes bytes = td_wire_flight(peer->wire, 0, &deadline);
            size_t room = peer->room - peer->socket.len;
            size_t len = bytes.len < room ? bytes.len : room;
            if (!len)
                break;
            td_buf_put(&peer->socket, bytes.data, len);
            td_buf_put(&peer->sent, bytes.data, len);
            td_wire_sent(peer->wire, len);
        }
        if (!peer->socket.len)
            return;
        size_t len = peer->socket.len < peer->read_size ? peer->socket.len : peer->read_size;
        reader_take(peer, peer->socket.data, len);
        td_buf_drop(&peer->socket, len);
    }
}

/* Moves everything, and compares what went out since the last time. */
static inline void expect_sent(struct peer *peer, const char *expected)
{
    td_buf_clear(&peer->sent);
    td_buf_put(&peer->sent, "", 0);
    run(peer);
    assert_string_equal(peer->sent.data, expected);
}

static inline void expect_log(struct peer *peer, const char *expected)
{
    assert_string_equal(peer->log.data ? peer->log.data : "", expected);
    td_buf_clear(&peer->log);
}

/* ---- Responses ---- */

static const struct td_field event_stream = {{"Content-Type", 12}, {"text/event-stream", 17}};

static const struct td_recorded_response hello = {
    .code = 200, .message = {.body = {"hello", 5}, .content_length = 5}};
static const struct td_recorded_response stream = {
    .code = 200,
    .message = {.body = {"data: 1\n\n: x\n\ndata: 22\n", 23},
                .content_length = -1,
                .headers = {&event_stream, 1}}};

#define HELLO "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
#define STREAM_HEAD                                                                                \
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
#define STREAM STREAM_HEAD "9\r\ndata: 1\n\n\r\n5\r\n: x\n\n\r\n9\r\ndata: 22\n\r\n0\r\n\r\n"

#define PEER(name, flight_size, ...)                                                               \
    const struct td_recorded_response *const name##_responses[] = {__VA_ARGS__};                   \
    struct peer name;                                                                              \
    peer_init(&name, flight_size, name##_responses,                                                \
              sizeof name##_responses / sizeof name##_responses[0])

#endif
