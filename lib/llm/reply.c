/* SPDX-License-Identifier: MIT */
/*
 * What a language model answered. A stream is read event by event into drafts that grow; the memory
 * of one event is used again for the next.
 */
#include <stdio.h>
#include <stdlib.h>

#include "cassette/base64.h"
#include "llm/api.h"
#include "llm/events.h"
#include "llm/format.h"
#include "stream/formats.h"

struct reply {
    struct td_llm_reply reply; /* first: what is handed out */
    struct td_arena arena;
};

/* A reply while it is read. */
struct reading {
    struct reply *made;
    struct td_llm_builder builder;
    const struct td_llm_exchange *exchange;
    const struct td_llm_format *format; /* NULL until it is known */
    struct td_arena event;              /* of the event at hand */
};

static void know(struct reading *reading, enum td_llm_api api)
{
    reading->made->reply.api = api;
    reading->format = td_llm_format_of(api);
}

/* By the request, if that says enough. */
static int recognize(struct reading *reading)
{
    const struct td_llm_exchange *exchange = reading->exchange;
    struct td_error syntax;
    struct td_json *body = td_json_parse(&reading->event, exchange->request_body, &syntax);
    if (!body && syntax.code == TD_ERR_NOMEM)
        return TD_ERR_NOMEM;
    struct td_llm_kind kind = td_llm_kind_of(exchange->url, exchange->request_body, body);
    know(reading, kind.api);
    reading->made->reply.bedrock_invoke = reading->builder.bedrock_invoke = kind.bedrock_invoke;
    td_arena_clear(&reading->event);
    return 0;
}

/* A document that lives as long as the event; NULL where it is not JSON. */
static struct td_json *parse(struct reading *reading, struct td_bytes text)
{
    struct td_error syntax;
    struct td_json *data = td_json_parse(&reading->event, text, &syntax);
    if (!data && syntax.code == TD_ERR_NOMEM)
        reading->builder.failed = true;
    return data;
}

static void read_exception(struct reading *reading, const struct td_llm_event *event)
{
    struct td_json *data = parse(reading, event->data);
    struct td_bytes text = td_llm_text(data, "message");
    td_llm_set_error(&reading->builder, event->type, text.data ? text : event->data);
    reading->builder.finished = true;
}

/* The document that a frame of InvokeModel carries in base64; NULL where there is none. */
static struct td_json *unwrap(struct reading *reading, const struct td_json *data)
{
    struct td_bytes decoded;
    size_t bad;
    struct td_bytes bytes = td_llm_text(data, "bytes");
    if (!bytes.data || !td_base64_decode(&reading->event, bytes, &decoded, &bad))
        return NULL;
    reading->builder.failed = reading->builder.failed || !decoded.data;
    return parse(reading, decoded);
}

/* Bedrock's own count, in the last event of a stream of InvokeModel. */
static void take_metrics(struct td_llm_usage *usage, const struct td_json *data)
{
    const struct td_json *metrics = td_llm_object(data, "amazon-bedrock-invocationMetrics");
    td_llm_take_number(&usage->input, metrics, "inputTokenCount");
    td_llm_take_number(&usage->output, metrics, "outputTokenCount");
}

static void read_event(struct reading *reading, struct td_llm_event *event)
{
    struct td_llm_reply *reply = &reading->made->reply;
    reply->event_count++;
    if (td_llm_is(event->data, "[DONE]")) {
        reading->builder.done = true;
        return;
    }
    if (event->exception) {
        read_exception(reading, event);
        return;
    }
    const struct td_json *data = parse(reading, event->data);
    if (data && td_llm_is(event->type, "chunk")) {
        data = unwrap(reading, data);
        event->type = td_bytes(NULL, 0);
        reply->bedrock_invoke = reading->builder.bedrock_invoke = true;
        take_metrics(&reply->usage, data);
    }
    if (!data || data->kind != TD_JSON_OBJECT) {
        reply->unknown_count++;
        return;
    }
    if (!reading->format)
        know(reading, td_llm_api_of_reply(data));
    /* Frames with these names are nobody else's. */
    if (!reading->format && td_llm_is(event->type, "messageStart"))
        know(reading, TD_LLM_BEDROCK_CONVERSE);
    if (reading->format)
        reading->format->event(&reading->builder, event->type, data);
}

static const char *incomplete_stream(const struct reading *reading,
                                     const struct td_llm_events *events)
{
    bool elements = events->wrapping == TD_LLM_ELEMENTS;
    if (reading->made->reply.event_count == 0)
        return "the stream is empty";
    if (events->damaged)
        return elements ? "an element of the array is cut off or damaged"
                        : "a frame is cut off or damaged";
    if (elements && !events->closed)
        return "the array is not closed";
    return reading->format->missing(&reading->builder);
}

static int read_stream(struct reading *reading, enum td_llm_wrapping wrapping)
{
    struct td_llm_reply *reply = &reading->made->reply;
    struct td_llm_events events;
    struct td_llm_event event;
    int status;
    td_llm_events_init(&events, wrapping, reading->exchange->response_body);
    reply->streamed = reading->builder.copies = true;
    while ((status = td_llm_events_next(&events, &event)) > 0) {
        read_event(reading, &event);
        td_arena_clear(&reading->event);
    }
    if (reading->format)
        reply->incomplete = incomplete_stream(reading, &events);
    td_llm_events_release(&events);
    return status;
}

/* A refusal in a form that is not the API's own: {"message": ...}, {"detail": ...}, or no JSON. */
static void read_refusal(struct reading *reading, const struct td_json *body)
{
    static const char *const texts[] = {"message", "Message", "detail"};
    struct td_llm_builder *builder = &reading->builder;
    struct td_bytes text = {0};
    char code[16];
    if (reading->exchange->code < 400 || builder->reply->has_error)
        return;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0] && !text.data; i++)
        text = td_llm_literal(td_llm_get(body, texts[i]));
    int len = snprintf(code, sizeof code, "%d", reading->exchange->code);
    builder->copies = true;
    td_llm_set_error(builder, td_bytes(code, (size_t)len), text);
    builder->finished = true;
}

static int read_document(struct reading *reading)
{
    struct td_llm_reply *reply = &reading->made->reply;
    struct td_bytes text = reading->exchange->response_body;
    struct td_error syntax;
    const struct td_json *body = td_json_parse(&reading->made->arena, text, &syntax);
    if (!body && syntax.code == TD_ERR_NOMEM)
        return TD_ERR_NOMEM;
    /* Gemini tells an error of a stream as an array of one. */
    if (body && body->kind == TD_JSON_ARRAY && body->count == 1)
        body = body->first;
    bool object = body && body->kind == TD_JSON_OBJECT;
    if (!reading->format && object)
        know(reading, td_llm_api_of_reply(body));
    if (!reading->format)
        return 0;
    reply->root = body;
    if (object)
        reading->format->whole(&reading->builder, body);
    read_refusal(reading, body);
    if (!reading->builder.finished)
        reply->incomplete = !text.len ? "the body is empty"
                            : !body   ? "the body is not JSON, or is cut off"
                                      : "the body is not an answer of this API";
    return 0;
}

/* The content type may be missing: Ollama's lines are told by there being several. */
static enum td_llm_wrapping wrapping_of(const struct reading *reading)
{
    const struct td_llm_exchange *exchange = reading->exchange;
    enum td_llm_wrapping wrapping =
        td_llm_wrapping_of(exchange->content_type, exchange->response_body);
    if (exchange->code >= 400 && wrapping != TD_LLM_FRAMES && wrapping != TD_LLM_SSE)
        return TD_LLM_DOCUMENT;
    if (wrapping == TD_LLM_DOCUMENT && reading->format == &td_llm_ollama &&
        td_ndjson_line_length(exchange->response_body) < exchange->response_body.len)
        return TD_LLM_LINES;
    return wrapping;
}

static int fill(struct reading *reading)
{
    struct td_llm_reply *reply = &reading->made->reply;
    const struct td_llm_exchange *exchange = reading->exchange;
    reply->usage = (struct td_llm_usage){-1, -1, -1, -1, -1, -1};
    int status = recognize(reading);
    if (status < 0)
        return status;
    enum td_llm_wrapping wrapping = wrapping_of(reading);
    status = wrapping == TD_LLM_DOCUMENT ? read_document(reading) : read_stream(reading, wrapping);
    if (status < 0 || !reading->format)
        return status;
    td_llm_builder_finish(&reading->builder);
    if (exchange->broken.len) {
        struct td_buf text;
        td_buf_init(&text);
        td_buf_put_text(&text, "the transfer was broken off: ");
        td_buf_put_bytes(&text, exchange->broken);
        reply->incomplete = td_arena_copy(&reading->made->arena, td_buf_view(&text)).data;
        bool failed = td_buf_failed(&text) || !reply->incomplete;
        td_buf_release(&text);
        if (failed)
            return TD_ERR_NOMEM;
    }
    reply->complete = !reply->incomplete;
    return reading->builder.failed ? TD_ERR_NOMEM : 0;
}

int td_llm_exchange_reply(const struct td_llm_exchange *exchange, struct td_llm_reply **reply,
                          struct td_error *err)
{
    struct reply *made = calloc(1, sizeof *made);
    *reply = NULL;
    if (!made)
        return td_error_nomem(err);
    struct reading reading = {.made = made, .exchange = exchange};
    td_arena_init(&made->arena);
    td_arena_init(&reading.event);
    td_llm_builder_init(&reading.builder, &made->arena);
    reading.builder.reply = &made->reply;
    int status = fill(&reading);
    td_llm_builder_release(&reading.builder);
    td_arena_release(&reading.event);
    if (status < 0 || made->reply.api == TD_LLM_NONE) {
        td_llm_reply_free(&made->reply);
        return status < 0 ? td_error_nomem(err) : 0;
    }
    *reply = &made->reply;
    return 0;
}

void td_llm_reply_free(struct td_llm_reply *reply)
{
    struct reply *made = (struct reply *)reply;
    if (!made)
        return;
    td_arena_release(&made->arena);
    free(made);
}
