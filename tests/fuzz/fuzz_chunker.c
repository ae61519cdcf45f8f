/* SPDX-License-Identifier: MIT */
/*
 * The chunker on any body: chunks joined are the body, none is empty, and each is one event when it
 * is looked at alone. The first byte chooses the content type. The readers of events and frames go
 * over the same bytes.
 */
#include <assert.h>
#include <stdlib.h>

#include "stream/aws.h"
#include "stream/chunker.h"
#include "stream/formats.h"
#include "stream/sse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t whole(struct td_bytes text)
{
    return text.len;
}

static const struct {
    const char *type;
    size_t (*first)(struct td_bytes text);
} formats[] = {
    {"text/event-stream", td_sse_event_length},
    {"Text/Event-Stream; charset=utf-8", td_sse_event_length},
    {"application/json", td_gemini_element_length},
    {"", whole},
    {"application/x-ndjson", td_ndjson_line_length},
    {"application/json-seq", td_json_seq_length},
    {"application/vnd.amazon.eventstream", td_aws_frame_length},
    {"text/plain", whole},
};

/* All but the last close, and none begins with an empty line but the first. */
static void check_sse(struct td_bytes chunk, bool first, bool last)
{
    char end = chunk.data[chunk.len - 1];
    assert(last || end == '\n' || end == '\r');
    assert(first || (chunk.data[0] != '\n' && chunk.data[0] != '\r'));
}

static void read_events(struct td_bytes body)
{
    struct td_sse_reader reader;
    struct td_sse_event event;
    size_t end = 0;
    td_sse_reader_init(&reader, body);
    while (td_sse_reader_next(&reader, &event) == 1) {
        assert(event.start >= end && event.end > event.start && event.end <= body.len);
        assert(event.data.len && event.type.len);
        assert(event.closed || event.end == body.len);
        end = event.end;
    }
    td_sse_reader_release(&reader);
}

/* Headers are in no checksum's way when they are read alone. */
static void read_headers(struct td_bytes body)
{
    struct td_bytes rest = body;
    struct td_aws_header header;
    while (td_aws_header_next(&rest, &header))
        assert(header.value.data + header.value.len == rest.data);
    assert(rest.data + rest.len == body.data + body.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct td_chunks chunks;
    if (!size)
        return 0;
    size_t (*first)(struct td_bytes) = data[0] & 8 ? whole : formats[data[0] & 7].first;
    struct td_bytes body = td_bytes((const char *)data + 1, size - 1);
    assert(td_chunks_split(&chunks, body, td_bytes_of(formats[data[0] & 7].type),
                           data[0] & 8 ? TD_SPLIT_WHOLE : TD_SPLIT_EVENT) == 0);
    size_t start = 0;
    for (size_t i = 0; i < chunks.count; i++) {
        assert(chunks.ends[i] > start && chunks.ends[i] <= body.len);
        struct td_bytes chunk = td_bytes(body.data + start, chunks.ends[i] - start);
        assert(first(chunk) == chunk.len);
        if (first == td_sse_event_length)
            check_sse(chunk, i == 0, i + 1 == chunks.count);
        start = chunks.ends[i];
    }
    assert(start == body.len);
    td_chunks_release(&chunks);
    read_events(body);
    read_headers(body);
    return 0;
}
