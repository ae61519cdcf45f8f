/* SPDX-License-Identifier: MIT */
/*
 * Every split of any body: joined its chunks are the body, and the same again when they are asked
 * for again; and every pace has a time for each. The first byte chooses the content type.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "cassette/chunks.h"
#include "stream/pace.h"
#include "stream/split.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_split(const struct td_recorded_response *response, const char *how,
                        const char *pace_text)
{
    struct td_bytes body = response->message.body;
    struct td_split_rule rule;
    struct td_chunks chunks, again;
    struct td_pace pace;
    int64_t head_ns, *due_ns, last;
    assert(td_split_parse(&rule, td_bytes_of(how), NULL) == 0);
    assert(td_split_cut(&chunks, response, rule, 3) == 0);
    assert(td_split_cut(&again, response, rule, 3) == 0);
    assert(chunks.count == again.count);
    size_t start = 0;
    for (size_t i = 0; i < chunks.count; i++) {
        assert(chunks.ends[i] > start && chunks.ends[i] == again.ends[i]);
        start = chunks.ends[i];
    }
    assert(start == body.len);
    assert(td_pace_parse(&pace, td_bytes_of(pace_text), NULL) == 0);
    assert(td_pace_times(&pace, response, &chunks, &head_ns, &due_ns) == 0);
    last = head_ns;
    assert(head_ns >= 0);
    for (size_t i = 0; due_ns && i < chunks.count; i++) {
        assert(due_ns[i] >= last);
        last = due_ns[i];
    }
    free(due_ns);
    td_chunks_release(&chunks);
    td_chunks_release(&again);
}

/* The body's own bytes say how it came: so many at a time, so long after each other. */
static void check_splits(struct td_bytes body, const char *type, unsigned choice)
{
    static const char *const splits[] = {"recorded", "event",   "whole", "byte",
                                         "bytes:7",  "random:", "utf8",  "crlf"};
    static const char *const paces[] = {"recorded",          "3x",  "0.001x", "tokens:7/s",
                                        "first:1s,then:3ms", "none"};
    struct td_recorded_chunk items[32];
    struct td_recorded_response response = {.message.body = body};
    struct td_field header = {TD_BYTES("Content-Type"), td_bytes_of(type)};
    size_t left = body.len, count = 0;
    int64_t at_ns = 0;
    while (count < 31) {
        unsigned char c = count < body.len ? (unsigned char)body.data[count] : 0;
        uint32_t len = c < left ? c : (uint32_t)left;
        at_ns += c * INT64_C(1234567);
        items[count++] = (struct td_recorded_chunk){len, at_ns};
        left -= len;
    }
    items[count++] = (struct td_recorded_chunk){(uint32_t)left, at_ns};
    response.message.headers = (struct td_fields){&header, 1};
    response.duration_ns = (int64_t)choice * 1000000 - 5000000;
    if (choice & 1)
        response.shape.chunks = (struct td_recorded_chunks){items, count};
    for (size_t i = 0; i < sizeof splits / sizeof *splits; i++) {
        char how[32];
        snprintf(how, sizeof how, i == 5 ? "%s%u" : "%s", splits[i], choice);
        check_split(&response, how, paces[(choice + i) % (sizeof paces / sizeof *paces)]);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const types[] = {"text/event-stream", "Text/Event-Stream; charset=utf-8",
                                        "application/json", ""};
    if (size)
        check_splits(td_bytes((const char *)data + 1, size - 1), types[data[0] % 4], data[0] >> 3);
    return 0;
}
