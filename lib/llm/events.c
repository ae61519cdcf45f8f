/* SPDX-License-Identifier: MIT */
#include "llm/events.h"

#include "llm/value.h"
#include "stream/formats.h"

static struct td_bytes skip_space(struct td_bytes text)
{
    /* A record separator of a JSON text sequence is space as well. */
    while (text.len && (text.data[0] == ' ' || text.data[0] == '\t' || text.data[0] == '\r' ||
                        text.data[0] == '\n' || text.data[0] == '\x1e'))
        text = td_bytes(text.data + 1, text.len - 1);
    return text;
}

static struct td_bytes trim(struct td_bytes text)
{
    text = skip_space(text);
    while (text.len && (unsigned char)text.data[text.len - 1] <= ' ')
        text.len--;
    return text;
}

static bool looks_like_events(struct td_bytes body)
{
    static const char *const fields[] = {"data:", "event:", "id:", "retry:", ":"};
    body = skip_space(body);
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        if (td_llm_starts(body, fields[i]))
            return true;
    return false;
}

enum td_llm_wrapping td_llm_wrapping_of(struct td_bytes content_type, struct td_bytes body)
{
    struct td_aws_frame frame;
    struct td_bytes start = skip_space(body);
    bool json = start.len && (start.data[0] == '{' || start.data[0] == '[');
    if (td_bytes_has_nocase(content_type, TD_BYTES("vnd.amazon.eventstream")) ||
        td_aws_frame_read(body, &frame))
        return TD_LLM_FRAMES;
    if (looks_like_events(body) ||
        (!json && td_bytes_has_nocase(content_type, TD_BYTES("event-stream"))))
        return TD_LLM_SSE;
    if (td_bytes_has_nocase(content_type, TD_BYTES("ndjson")) ||
        td_bytes_has_nocase(content_type, TD_BYTES("jsonl")) ||
        td_bytes_has_nocase(content_type, TD_BYTES("json-seq")) ||
        td_bytes_has_nocase(content_type, TD_BYTES("json-stream")) ||
        td_bytes_has_nocase(content_type, TD_BYTES("stream+json")))
        return TD_LLM_LINES;
    return json && start.data[0] == '[' ? TD_LLM_ELEMENTS : TD_LLM_DOCUMENT;
}

void td_llm_events_init(struct td_llm_events *events, enum td_llm_wrapping wrapping,
                        struct td_bytes body)
{
    *events = (struct td_llm_events){.wrapping = wrapping, .rest = body};
    td_sse_reader_init(&events->sse, body);
}

void td_llm_events_release(struct td_llm_events *events)
{
    td_sse_reader_release(&events->sse);
}

static void drop(struct td_llm_events *events, size_t len)
{
    events->rest = td_bytes(events->rest.data + len, events->rest.len - len);
}

static int next_sse(struct td_llm_events *events, struct td_llm_event *event)
{
    struct td_sse_event sse;
    int status = td_sse_reader_next(&events->sse, &sse);
    if (status <= 0)
        return status;
    event->data = sse.data;
    if (!td_llm_is(sse.type, "message"))
        event->type = sse.type;
    return 1;
}

static int next_line(struct td_llm_events *events, struct td_llm_event *event)
{
    while (events->rest.len) {
        size_t len = events->rest.data[0] == '\x1e' ? td_json_seq_length(events->rest)
                                                    : td_ndjson_line_length(events->rest);
        event->data = trim(td_bytes(events->rest.data, len));
        drop(events, len);
        if (event->data.len)
            return 1;
    }
    return 0;
}

static int next_element(struct td_llm_events *events, struct td_llm_event *event)
{
    events->rest = skip_space(events->rest);
    if (!events->rest.len)
        return 0;
    if (events->rest.data[0] == ']') {
        events->closed = true;
        drop(events, 1);
        events->damaged = skip_space(events->rest).len;
        return 0;
    }
    size_t len = td_json_element_length(events->rest);
    if (!len) {
        events->damaged = true;
        return 0;
    }
    event->data = trim(td_bytes(events->rest.data + 1, len - 1));
    drop(events, len);
    return 1;
}

static int next_frame(struct td_llm_events *events, struct td_llm_event *event)
{
    struct td_aws_frame frame;
    if (!events->rest.len)
        return 0;
    if (!td_aws_frame_read(events->rest, &frame)) {
        events->damaged = true;
        return 0;
    }
    drop(events, frame.len);
    struct td_bytes message = td_aws_frame_string(&frame, TD_BYTES(":message-type"));
    event->data = frame.payload;
    event->type = td_aws_frame_string(&frame, TD_BYTES(":event-type"));
    event->exception = td_llm_is(message, "exception") || td_llm_is(message, "error");
    if (event->exception)
        event->type =
            td_aws_frame_string(&frame, td_llm_is(message, "error") ? TD_BYTES(":error-code")
                                                                    : TD_BYTES(":exception-type"));
    if (td_llm_is(message, "error"))
        event->data = td_aws_frame_string(&frame, TD_BYTES(":error-message"));
    return 1;
}

int td_llm_events_next(struct td_llm_events *events, struct td_llm_event *event)
{
    *event = (struct td_llm_event){0};
    switch (events->wrapping) {
    case TD_LLM_SSE:
        return next_sse(events, event);
    case TD_LLM_LINES:
        return next_line(events, event);
    case TD_LLM_ELEMENTS:
        return next_element(events, event);
    case TD_LLM_FRAMES:
        return next_frame(events, event);
    case TD_LLM_DOCUMENT:
        break;
    }
    return 0;
}
