/* SPDX-License-Identifier: MIT */
/* Streams that end early: within an event or a frame, or before they say that they are over. */
#include "check/check.h"
#include "http/response.h"
#include "llm/llm.h"
#include "match/excerpt.h"
#include "stream/aws.h"

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

/* Of an AWS event stream: where the frame starts that is not whole, or the body's length. */
static size_t whole_frames(struct td_bytes body)
{
    struct td_aws_frame frame;
    size_t at = 0;
    while (at < body.len && td_aws_frame_read(td_bytes(body.data + at, body.len - at), &frame))
        at += frame.len;
    return at;
}

static bool type_is(struct td_bytes type, const char *name)
{
    struct td_bytes prefix = td_bytes_of(name);
    return td_bytes_starts_nocase(type, prefix) &&
           (type.len == prefix.len || strchr("; \t", type.data[prefix.len]));
}

/* What the protocol of a language model would still have sent. */
static void check_reply(struct td_check *check, const struct td_checked *one,
                        const struct td_yaml_node *node)
{
    struct td_llm_exchange exchange = td_llm_exchange_of(one->model);
    struct td_llm_reply *reply;
    if (td_llm_exchange_reply(&exchange, &reply, NULL) < 0) {
        check->no_memory = true;
        return;
    }
    if (reply && reply->streamed && !reply->complete)
        td_check_report(check, TD_CHECK_STREAM_CUT, one,
                        td_check_mark_in(check, node, exchange.response_body.len), "%s (%s)",
                        reply->incomplete, td_llm_api_name(reply->api));
    td_llm_reply_free(reply);
}

/* Whether the body is what came, whole and not coded any more. */
static bool body_counts(const struct td_checked *one)
{
    const struct td_recorded_response *response = &one->model->response;
    struct td_bytes coding = {0};
    td_fields_get(&response->message.headers, TD_BYTES("Content-Encoding"), &coding);
    if (response->shape.broken.len || response->code == 206 ||
        td_head_bodyless(one->model->request.method, response->code))
        return false;
    return !coding.len || response->uncompressed || td_excerpt_is_text(response->message.body);
}

void td_check_stream(struct td_check *check, const struct td_checked *one)
{
    struct td_bytes type = {0}, body = one->model->response.message.body;
    const struct td_yaml_node *node = td_yaml_find(one->response, TD_BYTES("body"));
    if (!check->wanted[TD_CHECK_STREAM_CUT] || !node || !body_counts(one))
        return;
    td_fields_get(&one->model->response.message.headers, TD_BYTES("Content-Type"), &type);
    size_t frames_end = body.len;
    if (type_is(type, "application/vnd.amazon.eventstream"))
        frames_end = whole_frames(body);
    if (type_is(type, "text/event-stream") && event_is_partial(body))
        td_check_report(check, TD_CHECK_STREAM_CUT, one, td_check_mark_in(check, node, body.len),
                        "the stream ends within an event: the empty line behind it is missing");
    else if (frames_end < body.len)
        td_check_report(check, TD_CHECK_STREAM_CUT, one, td_check_mark(node, NULL),
                        "the frame at byte %zu of the %zu in the stream is cut off or damaged",
                        frames_end, body.len);
    else
        check_reply(check, one, node);
}
