/* SPDX-License-Identifier: MIT */
/* Made-up streams of each API, what they say, and their bodies as they are sent. */
#ifndef TD_TESTS_LLM_STREAMS_H
#define TD_TESTS_LLM_STREAMS_H

#include <stdio.h>

#include "llm_said.h"

enum { EVENT_MOST = 24 };

enum wrapping { SSE, NAMED_SSE, LINES, ARRAY, FRAMES, CHUNKS };

struct stream {
    const char *name;
    const char *url;
    const char *request;
    enum wrapping wrapping;
    const char *events[EVENT_MOST]; /* JSON; of a frame with its type and a space in front */
    const char *said;
};

static const struct stream streams[] = {
    {"chat: a text",
     "https://api.openai.com/v1/chat/completions",
     "{}",
     SSE,
     {"{\"id\":\"chatcmpl-1\",\"model\":\"m-1\",\"choices\":[{\"index\":0,\"delta\":"
      "{\"role\":\"assistant\",\"content\":\"\"},\"finish_reason\":null}]}",
      "{\"id\":\"chatcmpl-1\",\"model\":\"m-1\",\"choices\":[{\"index\":0,\"delta\":"
      "{\"content\":\"Good \"}}]}",
      "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"day\"}}]}",
      "{\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}",
      "{\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":2,\"total_tokens\":11,"
      "\"prompt_tokens_details\":{\"cached_tokens\":4},\"completion_tokens_details\":"
      "{\"reasoning_tokens\":1}}}",
      "[DONE]"},
     "m-1 assistant{text=Good day}stop in=9 out=2 all=11 hit=4 think=1"},
    {"chat: reasoning, two calls, two choices",
     "http://localhost:8080/v1/chat/completions",
     "{}",
     SSE,
     {"{\"model\":\"m\",\"choices\":[{\"index\":1,\"delta\":{\"role\":\"assistant\","
      "\"refusal\":\"I \"}}]}",
      "{\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"reasoning_content\":\"Hm\"}}]"
      "}",
      "{\"choices\":[{\"index\":0,\"delta\":{\"reasoning\":\"m.\"}}]}",
      "{\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"call_a\","
      "\"type\":\"function\",\"function\":{\"name\":\"add\",\"arguments\":\"\"}}]}}]}",
      "{\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":1,\"id\":\"call_b\","
      "\"function\":{\"name\":\"mul\",\"arguments\":\"{}\"}},{\"index\":0,\"function\":"
      "{\"arguments\":\"{\\\"a\\\"\"}}]}}]}",
      "{\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":"
      "{\"arguments\":\":1}\"}}]},\"finish_reason\":\"tool_calls\"}]}",
      "{\"choices\":[{\"index\":1,\"delta\":{\"refusal\":\"won't\"},\"finish_reason\":\"stop\"}]}",
      "[DONE]"},
     "m assistant{refusal=I won't}stop assistant{reasoning=Hmm., tool_call(add#call_a)={\"a\":1}, "
     "tool_call(mul#call_b)={}}tool_calls"},
    {"chat: calls that are not counted",
     "/chat/completions",
     "{}",
     SSE,
     {"{\"choices\":[{\"delta\":{\"tool_calls\":[{\"id\":\"x\",\"function\":{\"name\":\"f\","
      "\"arguments\":\"1\"}}]}}]}",
      "{\"choices\":[{\"delta\":{\"tool_calls\":[{\"function\":{\"arguments\":\"2\"}}]}}]}",
      "{\"choices\":[{\"delta\":{\"tool_calls\":[{\"id\":\"y\",\"function\":{\"name\":\"g\","
      "\"arguments\":{\"z\":1}}}]}}]}",
      "[DONE]"},
     " {tool_call(f#x)=12, tool_call(g#y)={\"z\":1}}"},
    {"chat: calls that all have the number 0",
     "/chat/completions",
     "{}",
     SSE,
     {"{\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"x\",\"function\":"
      "{\"name\":\"f\",\"arguments\":\"1\"}}]}}]}",
      "{\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"y\",\"function\":"
      "{\"name\":\"g\",\"arguments\":\"2\"}}]}}]}",
      "{\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"y\",\"function\":"
      "{\"arguments\":\"3\"}}]}}]}",
      "[DONE]"},
     " {tool_call(f#x)=1, tool_call(g#y)=23}"},
    {"chat: an error in the middle",
     "/chat/completions",
     "{}",
     SSE,
     {"{\"model\":\"m\",\"choices\":[{\"delta\":{\"content\":\"a\"}}]}",
      "{\"error\":{\"type\":\"server_error\",\"message\":\"overloaded\"}}"},
     "m {text=a} error:server_error:overloaded"},
    {"completions",
     "https://x.test/v1/completions",
     "{\"prompt\":\"Once\"}",
     SSE,
     {"{\"model\":\"m\",\"choices\":[{\"index\":0,\"text\":\" upon\"}]}",
      "{\"model\":\"m\",\"choices\":[{\"index\":0,\"text\":\" a\",\"finish_reason\":\"length\"}]}",
      "[DONE]"},
     "m {text= upon a}length"},
    {"responses",
     "https://api.openai.com/v1/responses",
     "{\"model\":\"m\"}",
     NAMED_SSE,
     {"{\"type\":\"response.created\",\"response\":{\"id\":\"resp_1\",\"model\":\"m-1\","
      "\"status\":\"in_progress\",\"error\":null,\"output\":[]}}",
      "{\"type\":\"response.output_item.added\",\"output_index\":0,\"item\":{\"id\":\"rs_1\","
      "\"type\":\"reasoning\",\"summary\":[]}}",
      "{\"type\":\"response.reasoning_summary_text.delta\",\"output_index\":0,\"summary_index\":0,"
      "\"delta\":\"Think\"}",
      "{\"type\":\"response.output_item.done\",\"output_index\":0,\"item\":{\"id\":\"rs_1\","
      "\"type\":\"reasoning\",\"summary\":[{\"type\":\"summary_text\",\"text\":\"Think\"}]}}",
      "{\"type\":\"response.output_item.added\",\"output_index\":1,\"item\":{\"id\":\"msg_1\","
      "\"type\":\"message\",\"role\":\"assistant\",\"content\":[]}}",
      "{\"type\":\"response.output_text.delta\",\"output_index\":1,\"content_index\":0,"
      "\"delta\":\"Hel\",\"obfuscation\":\"xx\"}",
      "{\"type\":\"response.output_text.delta\",\"output_index\":1,\"content_index\":0,"
      "\"delta\":\"lo\"}",
      "{\"type\":\"response.output_text.done\",\"output_index\":1,\"content_index\":0,"
      "\"text\":\"Hello\"}",
      "{\"type\":\"response.output_item.added\",\"output_index\":2,\"item\":{\"id\":\"fc_1\","
      "\"type\":\"function_call\",\"call_id\":\"call_1\",\"name\":\"f\",\"arguments\":\"\"}}",
      "{\"type\":\"response.function_call_arguments.delta\",\"output_index\":2,\"delta\":\"{\"}",
      "{\"type\":\"response.function_call_arguments.delta\",\"output_index\":2,\"delta\":\"}\"}",
      "{\"type\":\"response.an_event_of_the_future\",\"what\":[1,2]}",
      "{\"type\":\"response.completed\",\"response\":{\"id\":\"resp_1\",\"status\":\"completed\","
      "\"output\":[{\"type\":\"reasoning\",\"summary\":[{\"type\":\"summary_text\",\"text\":"
      "\"Think\"}]},{\"type\":\"message\",\"role\":\"assistant\",\"content\":[{\"type\":"
      "\"output_text\",\"text\":\"Hello\"}]},{\"type\":\"function_call\",\"call_id\":\"call_1\","
      "\"name\":\"f\",\"arguments\":\"{}\"}],\"usage\":{\"input_tokens\":5,\"output_tokens\":6,"
      "\"total_tokens\":11,\"output_tokens_details\":{\"reasoning_tokens\":2}}}}"},
     "m-1 assistant{reasoning=Think, text=Hello, tool_call(f#call_1)={}}completed in=5 out=6 "
     "all=11 "
     "think=2"},
    {"responses: only the end tells",
     "/responses",
     "{\"model\":\"m\"}",
     SSE,
     {"{\"type\":\"response.created\",\"response\":{\"model\":\"m\"}}",
      "{\"type\":\"response.incomplete\",\"response\":{\"status\":\"incomplete\","
      "\"incomplete_details\":{\"reason\":\"max_output_tokens\"},\"output\":[{\"type\":\"message\","
      "\"content\":[{\"type\":\"output_text\",\"text\":\"Hel\"}]},{\"type\":\"custom_tool_call\","
      "\"call_id\":\"c\",\"name\":\"sh\",\"input\":\"ls\"}]}}"},
     "m assistant{text=Hel, tool_call(sh#c)=ls}max_output_tokens"},
    {"responses: it fails",
     "/responses",
     "{\"model\":\"m\"}",
     SSE,
     {"{\"type\":\"response.created\",\"response\":{\"model\":\"m\"}}",
      "{\"type\":\"error\",\"code\":\"rate_limit\",\"message\":\"slow down\"}"},
     "m assistant{} error:rate_limit:slow down"},
    {"anthropic",
     "https://api.anthropic.com/v1/messages",
     "{\"messages\":[]}",
     NAMED_SSE,
     {"{\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\",\"role\":\"assistant\",\"model\":"
      "\"c-1\",\"content\":[],\"stop_reason\":null,\"usage\":{\"input_tokens\":7,"
      "\"output_tokens\":1,\"cache_read_input_tokens\":3,\"cache_creation_input_tokens\":0}}}",
      "{\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"thinking\","
      "\"thinking\":\"\",\"signature\":\"\"}}",
      "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"thinking_delta\","
      "\"thinking\":\"Well\"}}",
      "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"signature_delta\","
      "\"signature\":\"abc\"}}",
      "{\"type\":\"content_block_stop\",\"index\":0}", "{\"type\":\"ping\"}",
      "{\"type\":\"content_block_start\",\"index\":1,\"content_block\":{\"type\":\"text\","
      "\"text\":\"\"}}",
      "{\"type\":\"content_block_delta\",\"index\":1,\"delta\":{\"type\":\"text_delta\","
      "\"text\":\"So\"}}",
      "{\"type\":\"content_block_start\",\"index\":2,\"content_block\":{\"type\":\"tool_use\","
      "\"id\":\"toolu_1\",\"name\":\"f\",\"input\":{}}}",
      "{\"type\":\"content_block_delta\",\"index\":2,\"delta\":{\"type\":\"input_json_delta\","
      "\"partial_json\":\"{\\\"a\\\":\"}}",
      "{\"type\":\"content_block_delta\",\"index\":2,\"delta\":{\"type\":\"input_json_delta\","
      "\"partial_json\":\"1}\"}}",
      "{\"type\":\"content_block_start\",\"index\":3,\"content_block\":{\"type\":\"tool_use\","
      "\"id\":\"toolu_2\",\"name\":\"g\",\"input\":{}}}",
      "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"tool_use\",\"stop_sequence\":null},"
      "\"usage\":{\"output_tokens\":20}}",
      "{\"type\":\"message_stop\"}"},
     "c-1 assistant{reasoning=Well, text=So, tool_call(f#toolu_1)={\"a\":1}, "
     "tool_call(g#toolu_2)={}}tool_use in=7 out=20 hit=3 put=0"},
    {"anthropic: an error ends it",
     "https://eu.test/v1/projects/p/locations/l/publishers/anthropic/models/c@1:streamRawPredict",
     "{\"anthropic_version\":\"vertex-2023-10-16\",\"messages\":[{\"role\":\"user\",\"content\":"
     "\"a\"}]}",
     NAMED_SSE,
     {"{\"type\":\"message_start\",\"message\":{\"role\":\"assistant\",\"model\":\"c\"}}",
      "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}"},
     "c assistant{} error:overloaded_error:Overloaded"},
    {"gemini",
     "https://generativelanguage.googleapis.com/v1beta/models/g:streamGenerateContent?alt=sse",
     "{}",
     SSE,
     {"{\"candidates\":[{\"content\":{\"role\":\"model\",\"parts\":[{\"text\":\"Hm\",\"thought\":"
      "true}]}}],\"modelVersion\":\"g-2\",\"responseId\":\"r\"}",
      "{\"candidates\":[{\"content\":{\"role\":\"model\",\"parts\":[{\"text\":\"Hel\"}]}}],"
      "\"modelVersion\":\"g-2\"}",
      "{\"candidates\":[{\"content\":{\"role\":\"model\",\"parts\":[{\"text\":\"lo\"},"
      "{\"functionCall\":{\"name\":\"f\",\"args\":{\"a\":1}},\"thoughtSignature\":\"x\"}]}}]}",
      "{\"candidates\":[{\"content\":{\"role\":\"model\",\"parts\":[{\"text\":\"\"}]},"
      "\"finishReason\":\"STOP\"}],\"usageMetadata\":{\"promptTokenCount\":5,"
      "\"candidatesTokenCount\":3,\"totalTokenCount\":12,\"thoughtsTokenCount\":4}}"},
     "g-2 model{reasoning=Hm, text=Hello, tool_call(f)={\"a\":1}}STOP in=5 out=3 all=12 think=4"},
    {"gemini: an array",
     "https://x.test/v1beta/models/g:streamGenerateContent",
     "{}",
     ARRAY,
     {"{\"candidates\":[{\"content\":{\"role\":\"model\",\"parts\":[{\"text\":\"a]}\\\"\"}]}}]}",
      "{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"b\"}]}}]}",
      "{\"candidates\":[{\"finishReason\":\"MAX_TOKENS\"}],\"usageMetadata\":"
      "{\"promptTokenCount\":1}}"},
     " model{text=a]}\"b}MAX_TOKENS in=1"},
    {"converse",
     "https://bedrock.test/model/amazon.nova-pro-v1%3A0/converse-stream",
     "{}",
     FRAMES,
     {"messageStart {\"p\":\"abc\",\"role\":\"assistant\"}",
      "contentBlockDelta {\"contentBlockIndex\":0,\"delta\":{\"reasoningContent\":{\"text\":"
      "\"Hm\"}}}",
      "contentBlockDelta {\"contentBlockIndex\":0,\"delta\":{\"reasoningContent\":{\"signature\":"
      "\"s\"}}}",
      "contentBlockStop {\"contentBlockIndex\":0}",
      "contentBlockDelta {\"contentBlockIndex\":1,\"delta\":{\"text\":\"Hel\"},\"p\":\"ab\"}",
      "contentBlockDelta {\"contentBlockIndex\":1,\"delta\":{\"text\":\"lo\"}}",
      "contentBlockStart {\"contentBlockIndex\":2,\"start\":{\"toolUse\":{\"name\":\"f\","
      "\"toolUseId\":\"tooluse_1\"}}}",
      "contentBlockDelta "
      "{\"contentBlockIndex\":2,\"delta\":{\"toolUse\":{\"input\":\"{\\\"a\\\"\"}}}",
      "contentBlockDelta {\"contentBlockIndex\":2,\"delta\":{\"toolUse\":{\"input\":\":1}\"}}}",
      "messageStop {\"stopReason\":\"tool_use\"}",
      "metadata {\"usage\":{\"inputTokens\":8,\"outputTokens\":9,\"totalTokens\":17},\"metrics\":"
      "{\"latencyMs\":300}}"},
     " assistant{reasoning=Hm, text=Hello, tool_call(f#tooluse_1)={\"a\":1}}tool_use in=8 out=9 "
     "all=17"},
    {"converse: an exception",
     "https://bedrock.test/model/x/converse-stream",
     "{}",
     FRAMES,
     {"messageStart {\"role\":\"assistant\"}",
      "!throttlingException {\"message\":\"Too many tokens\"}"},
     " assistant{} error:throttlingException:Too many tokens"},
    {"invoke: anthropic",
     "https://bedrock.test/model/anthropic.c/invoke-with-response-stream",
     "{\"anthropic_version\":\"bedrock-2023-05-31\",\"messages\":[{\"role\":\"user\","
     "\"content\":\"hi\"}]}",
     CHUNKS,
     {"{\"type\":\"message_start\",\"message\":{\"role\":\"assistant\",\"model\":\"c\","
      "\"usage\":{\"input_tokens\":3}}}",
      "{\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\","
      "\"text\":\"\"}}",
      "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\","
      "\"text\":\"Hi\"}}",
      "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":"
      "{\"output_tokens\":4}}",
      "{\"type\":\"message_stop\",\"amazon-bedrock-invocationMetrics\":{\"inputTokenCount\":3,"
      "\"outputTokenCount\":4}}"},
     "c assistant{text=Hi}end_turn in=3 out=4"},
    {"invoke: nova",
     "https://bedrock.test/model/amazon.nova/invoke-with-response-stream",
     "{\"schemaVersion\":\"messages-v1\",\"messages\":[{\"role\":\"user\",\"content\":"
     "[{\"text\":\"hi\"}]}]}",
     CHUNKS,
     {"{\"messageStart\":{\"role\":\"assistant\"}}",
      "{\"contentBlockDelta\":{\"delta\":{\"text\":\"Hi\"},\"contentBlockIndex\":0}}",
      "{\"messageStop\":{\"stopReason\":\"end_turn\"}}",
      "{\"metadata\":{\"usage\":{\"inputTokens\":2,\"outputTokens\":1}},"
      "\"amazon-bedrock-invocationMetrics\":{\"inputTokenCount\":2}}"},
     " assistant{text=Hi}end_turn in=2 out=1"},
    {"ollama",
     "http://localhost:11434/api/chat",
     "{\"model\":\"l\"}",
     LINES,
     {"{\"model\":\"l\",\"created_at\":\"x\",\"message\":{\"role\":\"assistant\",\"content\":\"\","
      "\"thinking\":\"Hm\"},\"done\":false}",
      "{\"model\":\"l\",\"message\":{\"role\":\"assistant\",\"content\":\"Hel\"},\"done\":false}",
      "{\"model\":\"l\",\"message\":{\"role\":\"assistant\",\"content\":\"lo\",\"tool_calls\":"
      "[{\"function\":{\"name\":\"f\",\"arguments\":{\"a\":1}}}]},\"done\":false}",
      "{\"model\":\"l\",\"message\":{\"role\":\"assistant\",\"content\":\"\"},\"done\":true,"
      "\"done_reason\":\"stop\",\"prompt_eval_count\":4,\"eval_count\":5}"},
     "l assistant{reasoning=Hm, text=Hello, tool_call(f)={\"a\":1}}stop in=4 out=5"},
};

enum { STREAM_COUNT = sizeof streams / sizeof streams[0] };

static const char *const content_types[] = {
    [SSE] = "text/event-stream; charset=utf-8",
    [NAMED_SSE] = "text/event-stream",
    [LINES] = "application/x-ndjson",
    [ARRAY] = "application/json; charset=UTF-8",
    [FRAMES] = "application/vnd.amazon.eventstream",
    [CHUNKS] = "application/vnd.amazon.eventstream",
};

static void put_base64(struct td_buf *out, const char *text)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t len = strlen(text); len; text += len < 3 ? len : 3, len -= len < 3 ? len : 3) {
        uint32_t bits = (uint32_t)(unsigned char)text[0] << 16;
        bits |= len > 1 ? (uint32_t)(unsigned char)text[1] << 8 : 0;
        bits |= len > 2 ? (uint32_t)(unsigned char)text[2] : 0;
        for (size_t i = 0; i < 4; i++)
            td_buf_put_char(out, i > len ? '=' : digits[bits >> (18 - 6 * i) & 63]);
    }
}

static void put_frame(struct td_buf *out, const char *event)
{
    bool exception = *event == '!';
    const char *space = strchr(event, ' ');
    char type[64];
    snprintf(type, sizeof type, "%.*s", (int)(space - event - exception), event + exception);
    const char *headers[] = {":message-type", exception ? "exception" : "event",
                             exception ? ":exception-type" : ":event-type", type, NULL};
    said_frame(out, headers, td_bytes_of(space + 1));
}

static void put_chunk(struct td_buf *out, const char *event)
{
    static const char *const headers[] = {
        ":event-type", "chunk", ":content-type", "application/json", ":message-type",
        "event",       NULL};
    struct td_buf payload;
    td_buf_init(&payload);
    td_buf_put_text(&payload, "{\"bytes\":\"");
    put_base64(&payload, event);
    td_buf_put_text(&payload, "\",\"p\":\"abcdef\"}");
    said_frame(out, headers, td_buf_view(&payload));
    td_buf_release(&payload);
}

/* Writes the body, and down where each event ends. */
static size_t put_stream(const struct stream *stream, struct td_buf *out, size_t *ends)
{
    size_t count = 0;
    for (; count < EVENT_MOST && stream->events[count]; count++) {
        const char *event = stream->events[count];
        switch (stream->wrapping) {
        case SSE:
            td_buf_printf(out, "data: %s\n\n", event);
            break;
        case NAMED_SSE: {
            const char *type = event + strlen("{\"type\":\"");
            td_buf_printf(out, ": x\r\nevent: %.*s\r\ndata: %s\r\n\r\n",
                          (int)(strchr(type, '"') - type), type, event);
            break;
        }
        case LINES:
            td_buf_printf(out, "%s\n", event);
            break;
        case ARRAY:
            td_buf_printf(out, "%s%s\n", count ? ",\r\n" : "[", event);
            break;
        case FRAMES:
            put_frame(out, event);
            break;
        case CHUNKS:
            put_chunk(out, event);
            break;
        }
        ends[count] = out->len;
    }
    if (stream->wrapping == ARRAY)
        td_buf_put_text(out, "]");
    return count;
}

#endif
