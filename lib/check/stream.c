/* SPDX-License-Identifier: MIT */
/* Streams that end early: within an event or a frame, or before they say that they are over. */
#include "check/check.h"

/* The last line, its end left out, taken off; false where there is none left. */
static bool take_last_line(struct td_bytes *text, struct td_bytes *line, bool *ended)
{
    size_t end = text->len;
    if (!end)
        return false;
    *ended = text->data[end - 1] == '\n' || text->data[end - 1] == '\r';
    if (*ended)
        end -= end > 1 && text->data[end - 1] == '\n' && text->data[end - 2] == '\r' ? 2 : 1;
    size_t start = end;
    while (start && text->data[start - 1] != '\n' && text->data[start - 1] != '\r')
        start--;
    *line = td_bytes(text->data + start, end - start);
    text->len = start;
    return true;
}

/* Whether fields of an event stand behind the last empty line: clients drop such an event. */
static bool event_is_partial(struct td_bytes body)
{
    struct td_bytes line;
    bool ended, fields = false;
    while (take_last_line(&body, &line, &ended)) {
        if (!line.len)
            return fields;
        if (line.data[0] != ':')
            fields = true;
    }
    return fields;
}

static uint32_t big_endian(const char *data)
{
    const unsigned char *bytes = (const unsigned char *)data;
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

/* Of an AWS event stream: where the frame starts that is not whole, or the body's length. */
static size_t whole_frames(struct td_bytes body)
{
    enum { LEAST = 16 }; /* lengths and checksums */
    size_t at = 0;
    while (body.len - at >= LEAST) {
        uint32_t frame = big_endian(body.data + at);
        if (frame < LEAST || frame > body.len - at)
            break;
        at += frame;
    }
    return at;
}

static bool type_is(struct td_bytes type, const char *name)
{
    struct td_bytes prefix = td_bytes_of(name);
    return td_bytes_starts_nocase(type, prefix) &&
           (type.len == prefix.len || strchr("; \t", type.data[prefix.len]));
}

void td_check_stream(struct td_check *check, const struct td_checked *one)
{
    const struct td_recorded_response *response = &one->model->response;
    struct td_bytes type = {0}, coding = {0}, body = response->message.body;
    td_fields_get(&response->message.headers, TD_BYTES("Content-Type"), &type);
    td_fields_get(&response->message.headers, TD_BYTES("Content-Encoding"), &coding);
    if (!check->wanted[TD_CHECK_STREAM_CUT] || response->shape.broken.len || !body.len ||
        (coding.len && !response->uncompressed))
        return;
    const struct td_yaml_node *node = td_yaml_find(one->response, TD_BYTES("body"));
    size_t frames_end;
    if (type_is(type, "text/event-stream") && event_is_partial(body))
        td_check_report(check, TD_CHECK_STREAM_CUT, one, td_check_mark_in(check, node, body.len),
                        "the stream ends within an event: the empty line behind it is missing");
    else if (type_is(type, "application/vnd.amazon.eventstream") &&
             (frames_end = whole_frames(body)) < body.len)
        td_check_report(check, TD_CHECK_STREAM_CUT, one, td_check_mark_in(check, node, body.len),
                        "the stream ends within a frame, which starts at byte %zu of %zu",
                        frames_end, body.len);
}
