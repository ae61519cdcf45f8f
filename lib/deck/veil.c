/* SPDX-License-Identifier: MIT */
#include "deck/veil.h"

/* The text that took another one's place, kept. */
static bool keep(struct td_arena *arena, const struct td_buf *text, struct td_bytes *kept)
{
    *kept = td_arena_copy(arena, td_buf_view(text));
    return kept->data != NULL;
}

static int veil_headers(const struct td_scrubber *scrubber, const struct td_fields *headers,
                        struct td_arena *arena, struct td_fields *veiled)
{
    struct td_field *items = td_arena_alloc(arena, (headers->count + 1) * sizeof *items);
    struct td_buf value;
    td_buf_init(&value);
    int status = items ? 0 : TD_ERR_NOMEM;
    for (size_t i = 0; i < headers->count && !status; i++) {
        bool changed;
        items[i] = headers->items[i];
        td_buf_clear(&value);
        status = td_scrub_header(scrubber, items[i].name, items[i].value, &value, &changed);
        if (!status && changed && !keep(arena, &value, &items[i].value))
            status = TD_ERR_NOMEM;
    }
    td_buf_release(&value);
    *veiled = (struct td_fields){items, headers->count};
    return status;
}

int td_veil_query(const struct td_scrubber *scrubber, const struct td_query *query, bool headers,
                  struct td_arena *arena, struct td_query *veiled)
{
    struct td_bytes type = {0};
    struct td_buf url, body;
    bool url_changed, body_changed;
    *veiled = *query;
    td_fields_get(&query->headers, TD_BYTES("Content-Type"), &type);
    td_buf_init(&url);
    td_buf_init(&body);
    int status = td_scrub_request(scrubber, query->url, type, query->body, &url, &body,
                                  &url_changed, &body_changed);
    if (!status && ((url_changed && !keep(arena, &url, &veiled->url)) ||
                    (body_changed && !keep(arena, &body, &veiled->body))))
        status = TD_ERR_NOMEM;
    if (!status && headers)
        status = veil_headers(scrubber, &query->headers, arena, &veiled->headers);
    td_buf_release(&url);
    td_buf_release(&body);
    return status;
}

const struct td_interaction *td_veil_interaction(const struct td_scrubber *scrubber,
                                                 const struct td_interaction *interaction,
                                                 bool headers, struct td_arena *arena)
{
    struct td_query query = td_index_query(interaction), veiled;
    if (td_veil_query(scrubber, &query, headers, arena, &veiled) < 0)
        return NULL;
    if (veiled.url.data == query.url.data && veiled.body.data == query.body.data && !headers)
        return interaction;
    struct td_interaction *copy = td_arena_alloc(arena, sizeof *copy);
    if (!copy)
        return NULL;
    *copy = *interaction;
    copy->request.url = veiled.url;
    copy->request.message.body = veiled.body;
    copy->request.message.headers = veiled.headers;
    return copy;
}
