/* SPDX-License-Identifier: MIT */
/* What tapedeck/cassette.h tells of a response as a stream. */
#include <tapedeck/cassette.h>

#include "stream/chunker.h"

size_t td_interaction_chunk_count(const struct td_interaction *interaction)
{
    const struct td_message *response = &interaction->response.message;
    struct td_bytes type = {0};
    struct td_chunks chunks;
    td_fields_get(&response->headers, TD_BYTES("Content-Type"), &type);
    if (td_chunks_split(&chunks, response->body, type, TD_SPLIT_EVENT) < 0)
        return SIZE_MAX;
    size_t count = chunks.count;
    td_chunks_release(&chunks);
    return count;
}
