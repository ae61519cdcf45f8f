/* SPDX-License-Identifier: MIT */
/* One walk over the model serves both ways, so that they cannot disagree. */
#include "cassette/pack.h"

struct walk {
    struct td_buf *out; /* packing; else NULL */
    struct td_bytes in; /* unpacking: what is left */
    struct td_arena *arena;
    bool failed;
    bool nomem;
};

static void walk_bytes(struct walk *walk, void *data, size_t len)
{
    if (walk->out) {
        td_buf_put(walk->out, data, len);
    } else if (walk->in.len < len) {
        walk->failed = true;
        memset(data, 0, len);
    } else {
        memcpy(data, walk->in.data, len);
        walk->in.data += len;
        walk->in.len -= len;
    }
}

static void walk_number(struct walk *walk, int64_t *number)
{
    walk_bytes(walk, number, sizeof *number);
}

static void walk_int(struct walk *walk, int *number)
{
    walk_bytes(walk, number, sizeof *number);
}

/* `len` bytes of the input, as they stand there. */
static struct td_bytes take(struct walk *walk, size_t len)
{
    if (walk->in.len < len) {
        walk->failed = true;
        return td_bytes(NULL, 0);
    }
    struct td_bytes taken = td_bytes(walk->in.data, len);
    walk->in.data += len;
    walk->in.len -= len;
    return taken;
}

/* The NUL that every text of a cassette is followed by. */
static void take_end(struct walk *walk)
{
    struct td_bytes end = take(walk, 1);
    walk->failed = walk->failed || !end.len || *end.data;
}

static void walk_text(struct walk *walk, struct td_bytes *text)
{
    int64_t len = (int64_t)text->len;
    walk_number(walk, &len);
    if (walk->out) {
        td_buf_put_bytes(walk->out, *text);
        td_buf_put_char(walk->out, '\0');
    } else {
        *text = take(walk, (size_t)len);
        take_end(walk);
    }
}

/* How many items of a list there are, and when unpacking room for them. */
static void *walk_list(struct walk *walk, const void *items, size_t *count, size_t size)
{
    int64_t number = (int64_t)*count;
    walk_number(walk, &number);
    if (walk->out)
        return (void *)items;
    *count = 0;
    /* An item takes at least eight bytes here: a count past that is not one. */
    if (walk->failed || number < 0 || (uint64_t)number > walk->in.len / 8) {
        walk->failed = walk->failed || number != 0;
        return NULL;
    }
    void *room = number ? td_arena_alloc(walk->arena, (size_t)number * size) : NULL;
    walk->nomem = walk->nomem || (number && !room);
    walk->failed = walk->failed || walk->nomem;
    *count = room ? (size_t)number : 0;
    return room;
}

static void walk_texts(struct walk *walk, struct td_list *list)
{
    struct td_bytes *items = walk_list(walk, list->items, &list->count, sizeof *items);
    for (size_t i = 0; i < list->count; i++)
        walk_text(walk, &items[i]);
    list->items = items;
}

static void walk_fields(struct walk *walk, struct td_fields *fields)
{
    struct td_field *items = walk_list(walk, fields->items, &fields->count, sizeof *items);
    for (size_t i = 0; i < fields->count; i++) {
        walk_text(walk, &items[i].name);
        walk_text(walk, &items[i].value);
    }
    fields->items = items;
}

static void walk_chunks(struct walk *walk, struct td_recorded_chunks *chunks)
{
    struct td_recorded_chunk *items = walk_list(walk, chunks->items, &chunks->count, sizeof *items);
    for (size_t i = 0; i < chunks->count; i++) {
        walk_bytes(walk, &items[i].len, sizeof items[i].len);
        walk_number(walk, &items[i].at_ns);
    }
    chunks->items = items;
}

static void walk_message(struct walk *walk, struct td_message *message)
{
    int64_t body = (int64_t)message->body.len;
    walk_text(walk, &message->proto);
    walk_int(walk, &message->proto_major);
    walk_int(walk, &message->proto_minor);
    walk_texts(walk, &message->transfer_encoding);
    walk_fields(walk, &message->trailer);
    walk_number(walk, &message->content_length);
    walk_fields(walk, &message->headers);
    walk_number(walk, &body);
    message->body.len = (size_t)body;
}

static void walk_interaction(struct walk *walk, struct td_interaction *interaction)
{
    struct td_recorded_request *request = &interaction->request;
    struct td_recorded_response *response = &interaction->response;
    int uncompressed = response->uncompressed;
    walk_number(walk, &interaction->id);
    walk_message(walk, &request->message);
    walk_text(walk, &request->host);
    walk_text(walk, &request->remote_addr);
    walk_text(walk, &request->request_uri);
    walk_fields(walk, &request->form);
    walk_text(walk, &request->url);
    walk_text(walk, &request->method);
    walk_message(walk, &response->message);
    walk_int(walk, &uncompressed);
    response->uncompressed = uncompressed != 0;
    walk_text(walk, &response->status);
    walk_int(walk, &response->code);
    walk_number(walk, &response->duration_ns);
    walk_chunks(walk, &response->shape.chunks);
    walk_text(walk, &response->shape.head);
    walk_texts(walk, &response->shape.interim);
    walk_number(walk, &response->shape.wire_length);
    walk_text(walk, &response->shape.broken);
}

void td_pack(const struct td_interaction *interaction, struct td_buf *out)
{
    struct td_interaction copy = *interaction;
    struct walk walk = {.out = out};
    walk_interaction(&walk, &copy);
}

static void take_body(struct walk *walk, struct td_message *message)
{
    if (walk->failed)
        return;
    message->body = take(walk, message->body.len);
    take_end(walk);
}

int td_unpack(struct td_bytes packed, const struct td_bytes *apart, struct td_arena *arena,
              struct td_interaction *interaction)
{
    struct walk walk = {.in = packed, .arena = arena};
    *interaction = (struct td_interaction){0};
    walk_interaction(&walk, interaction);
    take_body(&walk, &interaction->request.message);
    if (apart) {
        walk.failed |= walk.in.len > 0;
        walk.in = *apart;
    }
    take_body(&walk, &interaction->response.message);
    if (walk.nomem)
        return TD_ERR_NOMEM;
    return walk.failed || walk.in.len ? TD_ERR_FORMAT : 0;
}
