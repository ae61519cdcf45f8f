/* SPDX-License-Identifier: MIT */
/* What tapedeck/cassette.h tells of a response as a stream. */
#include <tapedeck/cassette.h>

#include "stream/split.h"

size_t td_interaction_chunk_count(const struct td_interaction *interaction)
{
    struct td_chunks chunks;
    if (td_split_cut(&chunks, &interaction->response, TD_SPLIT_DEFAULT, 0) < 0)
        return SIZE_MAX;
    size_t count = chunks.count;
    td_chunks_release(&chunks);
    return count;
}
