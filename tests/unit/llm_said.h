/* SPDX-License-Identifier: MIT */
/* Requests and replies of language models as one line of text, for comparison. */
#ifndef TD_TESTS_LLM_SAID_H
#define TD_TESTS_LLM_SAID_H

#include "llm/llm.h"
#include "stream/aws.h"

static void said_message(struct td_buf *out, const struct td_llm_message *message)
{
    td_buf_put_bytes(out, message->role);
    td_buf_put_char(out, '{');
    for (size_t i = 0; i < message->part_count; i++) {
        const struct td_llm_part *part = &message->parts[i];
        td_buf_printf(out, "%s%s", i ? ", " : "", td_llm_part_kind_name(part->kind));
        if (part->failed)
            td_buf_put_char(out, '!');
        if (part->name.data || part->id.data) {
            td_buf_put_char(out, '(');
            td_buf_put_bytes(out, part->name);
            if (part->id.data)
                td_buf_put_char(out, '#');
            td_buf_put_bytes(out, part->id);
            td_buf_put_char(out, ')');
        }
        if (part->size)
            td_buf_printf(out, "[%zu]", part->size);
        if (part->text.data) {
            td_buf_put_char(out, '=');
            td_buf_put_bytes(out, part->text);
        }
    }
    td_buf_put_char(out, '}');
}

static inline void said_request(struct td_buf *out, const struct td_llm_request *request)
{
    td_buf_printf(out, "%s", td_llm_api_name(request->api));
    td_buf_put_char(out, ' ');
    td_buf_put_bytes(out, request->model);
    td_buf_put_text(out, request->stream ? " stream" : "");
    if (request->problem)
        td_buf_printf(out, " (%s)", request->problem);
    for (size_t i = 0; i < request->message_count; i++) {
        td_buf_put_char(out, '\n');
        td_buf_put_bytes(out, request->messages[i].path);
        td_buf_put_char(out, ' ');
        said_message(out, &request->messages[i]);
    }
    for (size_t i = 0; i < request->tool_count; i++) {
        td_buf_put_text(out, "\ntool ");
        td_buf_put_bytes(out, request->tools[i].type);
        td_buf_put_char(out, ' ');
        td_buf_put_bytes(out, request->tools[i].name);
        td_buf_put_text(out, ": ");
        td_buf_put_bytes(out, request->tools[i].description);
        td_buf_put_char(out, ' ');
        td_buf_put_bytes(out, request->tools[i].schema);
    }
}

static inline void said_reply(struct td_buf *out, const struct td_llm_reply *reply)
{
    const struct td_llm_usage *usage = &reply->usage;
    const struct {
        int64_t tokens;
        const char *name;
    } counts[] = {
        {usage->input, "in"},   {usage->output, "out"},      {usage->total, "all"},
        {usage->cached, "hit"}, {usage->cache_write, "put"}, {usage->reasoning, "think"},
    };
    td_buf_put_bytes(out, reply->model);
    for (size_t i = 0; i < reply->choice_count; i++) {
        td_buf_put_char(out, ' ');
        said_message(out, &reply->choices[i].message);
        td_buf_put_bytes(out, reply->choices[i].finish);
    }
    for (size_t i = 0; i < 6; i++) {
        if (counts[i].tokens >= 0)
            td_buf_printf(out, " %s=%lld", counts[i].name, (long long)counts[i].tokens);
    }
    if (reply->has_error) {
        td_buf_put_text(out, " error:");
        td_buf_put_bytes(out, reply->error_type);
        td_buf_put_char(out, ':');
        td_buf_put_bytes(out, reply->error);
    }
}

static void said_number(struct td_buf *out, uint32_t number)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        td_buf_put_char(out, (char)(number >> shift & 0xff));
}

/* An AWS frame with headers that are strings: pairs of names and values, then NULL. */
static inline void said_frame(struct td_buf *out, const char *const *headers,
                              struct td_bytes payload)
{
    struct td_buf head;
    size_t start = out->len;
    td_buf_init(&head);
    for (; *headers; headers += 2) {
        td_buf_put_char(&head, (char)strlen(headers[0]));
        td_buf_put_text(&head, headers[0]);
        td_buf_put(&head, "\x07\0", 2);
        td_buf_put_char(&head, (char)strlen(headers[1]));
        td_buf_put_text(&head, headers[1]);
    }
    said_number(out, (uint32_t)(16 + head.len + payload.len));
    said_number(out, (uint32_t)head.len);
    said_number(out, td_aws_checksum(td_bytes(out->data + start, 8)));
    td_buf_put_bytes(out, td_buf_view(&head));
    td_buf_put_bytes(out, payload);
    said_number(out, td_aws_checksum(td_bytes(out->data + start, out->len - start)));
    td_buf_release(&head);
}

#endif
