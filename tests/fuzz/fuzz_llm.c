/* SPDX-License-Identifier: MIT */
/*
 * Language models on any body: the first byte chooses the URL and the content type, the second how
 * much of the rest is the request. Whatever comes out is looked at to its last byte; a stream that
 * is whole stays so when it is read again.
 */
#include <assert.h>
#include <stdlib.h>

#include "llm/llm.h"
#include "stream/aws.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static volatile unsigned seen;

static void look(struct td_bytes text)
{
    for (size_t i = 0; i < text.len; i++)
        seen += (unsigned char)text.data[i];
}

static void look_message(const struct td_llm_message *message)
{
    look(message->role);
    look(message->path);
    for (size_t i = 0; i < message->part_count; i++) {
        const struct td_llm_part *part = &message->parts[i];
        assert(*td_llm_part_kind_name(part->kind));
        look(part->text);
        look(part->id);
        look(part->name);
    }
}

static void look_reply(const struct td_llm_reply *reply)
{
    assert(*td_llm_api_name(reply->api));
    assert(reply->complete == !reply->incomplete);
    assert(reply->unknown_count <= reply->event_count);
    assert(!reply->streamed || !reply->root);
    look(reply->id);
    look(reply->model);
    look(reply->error_type);
    look(reply->error);
    for (size_t i = 0; i < reply->choice_count; i++) {
        look_message(&reply->choices[i].message);
        look(reply->choices[i].finish);
    }
}

static void look_request(const struct td_llm_request *request)
{
    look(request->model);
    for (size_t i = 0; i < request->message_count; i++)
        look_message(&request->messages[i]);
    for (size_t i = 0; i < request->tool_count; i++) {
        look(request->tools[i].name);
        look(request->tools[i].description);
        look(request->tools[i].schema);
        look(request->tools[i].type);
    }
}

/* What stands in "|" is wrapped into AWS frames, whose checksums no fuzzer would find. */
static void put_frames(struct td_buf *out, struct td_bytes text)
{
    static const char names[][24] = {"messageStart",
                                     "contentBlockStart",
                                     "contentBlockDelta",
                                     "contentBlockStop",
                                     "messageStop",
                                     "metadata",
                                     "chunk",
                                     "other"};
    while (text.len) {
        const char *bar = memchr(text.data, '|', text.len);
        size_t len = bar ? (size_t)(bar - text.data) : text.len, start = out->len;
        const char *name = names[(unsigned char)text.data[0] & 7];
        uint32_t head = (uint32_t)(1 + 11 + 3 + strlen(name)), total = (uint32_t)(16 + head + len);
        const uint32_t numbers[] = {__builtin_bswap32(total), __builtin_bswap32(head)};
        td_buf_put(out, numbers, 8);
        uint32_t crc = __builtin_bswap32(td_aws_checksum(td_bytes(out->data + start, 8)));
        td_buf_put(out, &crc, 4);
        td_buf_put(out, "\13:event-type\7\0", 14);
        td_buf_put_char(out, (char)strlen(name));
        td_buf_put_text(out, name);
        td_buf_put(out, text.data, len);
        crc = __builtin_bswap32(td_aws_checksum(td_bytes(out->data + start, out->len - start)));
        td_buf_put(out, &crc, 4);
        len += bar != NULL;
        text = td_bytes(text.data + len, text.len - len);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const urls[] = {
        "https://a.test/v1/chat/completions",
        "https://a.test/v1/responses",
        "https://a.test/v1/messages",
        "https://a.test/models/g:streamGenerateContent",
        "https://a.test/model/n/converse-stream",
        "https://a.test/model/n/invoke",
        "https://a.test/api/chat",
        "",
    };
    static const char *const types[] = {"text/event-stream", "application/json",
                                        "application/x-ndjson",
                                        "application/vnd.amazon.eventstream"};
    if (size < 2)
        return 0;
    struct td_bytes rest = td_bytes((const char *)data + 2, size - 2);
    size_t asked = rest.len * data[1] / 255;
    struct td_buf frames;
    td_buf_init(&frames);
    struct td_llm_exchange exchange = {
        .url = td_bytes_of(urls[data[0] & 7]),
        .request_body = td_bytes(rest.data, asked),
        .code = data[0] & 0x80 ? 500 : 200,
        .content_type = td_bytes_of(types[data[0] >> 3 & 3]),
        .response_body = td_bytes(rest.data + asked, rest.len - asked),
    };
    if (data[0] & 0x40) {
        put_frames(&frames, exchange.response_body);
        exchange.response_body = td_buf_view(&frames);
    }
    struct td_llm_request *request;
    struct td_llm_reply *reply;
    assert(td_llm_exchange_request(&exchange, &request, NULL) == 0);
    if (request)
        look_request(request);
    td_llm_request_free(request);
    assert(td_llm_exchange_reply(&exchange, &reply, NULL) == 0);
    if (reply)
        look_reply(reply);
    td_llm_reply_free(reply);
    seen += td_llm_path_volatile((enum td_llm_api)(data[0] & 7), TD_RESPONSE, rest);
    td_buf_release(&frames);
    return 0;
}
