/* SPDX-License-Identifier: MIT */
/* The chunker: finds the splitter for a content type and runs it over a body. */
#include "stream/chunker.h"

#include <stdlib.h>

#include "base/grow.h"
#include "stream/formats.h"

/* The length of the first chunk of a text that is not empty: at least 1, at most all of it. Over
 * a whole body the cost is to be linear. */
typedef size_t splitter(struct td_bytes text);

/* One row for each format that streams. */
static const struct {
    const char *content_type; /* without parameters */
    splitter *split;
} formats[] = {
    {"text/event-stream", td_sse_event_length},
    {"application/x-ndjson", td_ndjson_line_length},
    {"application/ndjson", td_ndjson_line_length},
    {"application/jsonl", td_ndjson_line_length},
    {"application/x-jsonl", td_ndjson_line_length},
    {"application/jsonlines", td_ndjson_line_length},
    {"application/x-jsonlines", td_ndjson_line_length},
    {"application/jsonlines+json", td_ndjson_line_length},
    {"application/stream+json", td_ndjson_line_length},
    {"application/x-json-stream", td_ndjson_line_length},
    {"text/x-ndjson", td_ndjson_line_length},
    {"text/jsonl", td_ndjson_line_length},
    {"application/json-seq", td_json_seq_length},
    {"application/json", td_gemini_element_length},
    {"application/vnd.amazon.eventstream", td_aws_frame_length},
};

static size_t split_whole(struct td_bytes text)
{
    return text.len;
}

static splitter *find_splitter(struct td_bytes content_type)
{
    const char *semicolon =
        content_type.len ? memchr(content_type.data, ';', content_type.len) : NULL;
    if (semicolon)
        content_type.len = (size_t)(semicolon - content_type.data);
    content_type = td_bytes_trim(content_type);
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
        if (td_bytes_equal_nocase(content_type, td_bytes_of(formats[i].content_type)))
            return formats[i].split;
    return split_whole;
}

int td_chunks_add(struct td_chunks *chunks, size_t *cap, size_t end)
{
    size_t *ends = td_grow(chunks->ends, chunks->count, cap, sizeof *ends);
    if (!ends)
        return TD_ERR_NOMEM;
    chunks->ends = ends;
    chunks->ends[chunks->count++] = end;
    return 0;
}

int td_chunks_split(struct td_chunks *chunks, struct td_bytes body, struct td_bytes content_type,
                    enum td_split split)
{
    splitter *first = split == TD_SPLIT_EVENT ? find_splitter(content_type) : split_whole;
    size_t cap = 0, at = 0;
    *chunks = (struct td_chunks){0};
    while (at < body.len) {
        at += first(td_bytes(body.data + at, body.len - at));
        if (td_chunks_add(chunks, &cap, at) < 0) {
            td_chunks_release(chunks);
            return TD_ERR_NOMEM;
        }
    }
    return 0;
}

void td_chunks_release(struct td_chunks *chunks)
{
    free(chunks->ends);
    *chunks = (struct td_chunks){0};
}
