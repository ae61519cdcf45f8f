/* SPDX-License-Identifier: MIT */
/*
 * The chunker on any body: chunks joined are the body, none is empty, and each is one event when it
 * is looked at alone. The first byte chooses the content type.
 */
#include <assert.h>
#include <stdlib.h>

#include "stream/chunker.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const types[] = {"text/event-stream", "Text/Event-Stream; charset=utf-8",
                                        "application/json", ""};
    struct td_chunks chunks;
    if (!size)
        return 0;
    bool events = data[0] % 4 < 2;
    struct td_bytes body = td_bytes((const char *)data + 1, size - 1);
    assert(td_chunks_split(&chunks, body, td_bytes_of(types[data[0] % 4]),
                           data[0] & 4 ? TD_SPLIT_WHOLE : TD_SPLIT_EVENT) == 0);
    size_t start = 0;
    for (size_t i = 0; i < chunks.count; i++) {
        assert(chunks.ends[i] > start && chunks.ends[i] <= body.len);
        struct td_bytes chunk = td_bytes(body.data + start, chunks.ends[i] - start);
        if (events && !(data[0] & 4)) {
            assert(td_sse_event_length(chunk) == chunk.len);
            /* All but the last close, and none begins with an empty line but the first. */
            char last = chunk.data[chunk.len - 1];
            assert(i + 1 == chunks.count || last == '\n' || last == '\r');
            assert(i == 0 || (chunk.data[0] != '\n' && chunk.data[0] != '\r'));
        } else {
            assert(chunks.count == 1);
        }
        start = chunks.ends[i];
    }
    assert(start == body.len);
    td_chunks_release(&chunks);
    return 0;
}
