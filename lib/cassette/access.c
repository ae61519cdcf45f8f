/* SPDX-License-Identifier: MIT */
/* The public face of a cassette: tapedeck/cassette.h over the model. */
#include <tapedeck/cassette.h>

#include "cassette/chunks.h"
#include "cassette/reader.h"

struct td_cassette *td_cassette_open(const char *path, struct td_error *err)
{
    struct td_cassette *cassette;
    return td_cassette_load(path, &cassette, err) < 0 ? NULL : cassette;
}

void td_cassette_close(struct td_cassette *cassette)
{
    td_cassette_free(cassette);
}

size_t td_cassette_count(const struct td_cassette *cassette)
{
    return cassette->count;
}

const struct td_interaction *td_cassette_at(const struct td_cassette *cassette, size_t position)
{
    return position < cassette->count ? &cassette->interactions[position] : NULL;
}

const struct td_interaction *td_cassette_find(const struct td_cassette *cassette, int64_t id)
{
    for (size_t i = 0; i < cassette->count; i++)
        if (cassette->interactions[i].id == id)
            return &cassette->interactions[i];
    return NULL;
}

/* The reader keeps a NUL behind every string; one that was left out has no bytes at all. */
static const char *text(struct td_bytes bytes)
{
    return bytes.data ? bytes.data : "";
}

static const struct td_message *message(const struct td_interaction *interaction, enum td_side side)
{
    return side == TD_REQUEST ? &interaction->request.message : &interaction->response.message;
}

int64_t td_interaction_id(const struct td_interaction *interaction)
{
    return interaction->id;
}

unsigned td_interaction_line(const struct td_interaction *interaction)
{
    return interaction->mark.line;
}

const char *td_interaction_method(const struct td_interaction *interaction)
{
    return interaction->request.method.len ? interaction->request.method.data : "GET";
}

const char *td_interaction_url(const struct td_interaction *interaction)
{
    return text(interaction->request.url);
}

int td_interaction_code(const struct td_interaction *interaction)
{
    return interaction->response.code;
}

const char *td_interaction_status(const struct td_interaction *interaction)
{
    return text(interaction->response.status);
}

int64_t td_interaction_duration(const struct td_interaction *interaction)
{
    return interaction->response.duration_ns;
}

const char *td_interaction_broken(const struct td_interaction *interaction)
{
    return text(interaction->response.shape.broken);
}

size_t td_interaction_arrival_count(const struct td_interaction *interaction)
{
    const struct td_recorded_response *response = &interaction->response;
    bool fits = td_chunks_fit(response->shape.chunks, response->message.body.len);
    return fits ? response->shape.chunks.count : 0;
}

bool td_interaction_arrival(const struct td_interaction *interaction, size_t position, size_t *len,
                            int64_t *at)
{
    const struct td_recorded_chunks *chunks = &interaction->response.shape.chunks;
    if (position >= chunks->count)
        return false;
    *len = chunks->items[position].len;
    *at = chunks->items[position].at_ns;
    return true;
}

const char *td_interaction_protocol(const struct td_interaction *interaction, enum td_side side)
{
    return text(message(interaction, side)->proto);
}

const char *td_interaction_body(const struct td_interaction *interaction, enum td_side side,
                                size_t *len)
{
    struct td_bytes body = message(interaction, side)->body;
    *len = body.len;
    return text(body);
}

size_t td_interaction_header_count(const struct td_interaction *interaction, enum td_side side)
{
    return message(interaction, side)->headers.count;
}

static const struct td_field *field(const struct td_interaction *interaction, enum td_side side,
                                    size_t position)
{
    const struct td_fields *headers = &message(interaction, side)->headers;
    return position < headers->count ? &headers->items[position] : NULL;
}

const char *td_interaction_header_name(const struct td_interaction *interaction, enum td_side side,
                                       size_t position)
{
    const struct td_field *header = field(interaction, side, position);
    return header ? text(header->name) : NULL;
}

const char *td_interaction_header_value(const struct td_interaction *interaction, enum td_side side,
                                        size_t position)
{
    const struct td_field *header = field(interaction, side, position);
    return header ? text(header->value) : NULL;
}
