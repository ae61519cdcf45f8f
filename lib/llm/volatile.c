/* SPDX-License-Identifier: MIT */
/*
 * What changes from run to run and means nothing. Only what a server or an SDK makes up is here;
 * anything that a program or a model chose is not.
 */
#include "llm/value.h"

#include "llm/llm.h"

/* One row for each place. A reply's row holds for each of its events as well. */
static const struct td_llm_volatile places[] = {
    {TD_LLM_OPENAI_CHAT, TD_RESPONSE, "/id", "id"},
    {TD_LLM_OPENAI_CHAT, TD_RESPONSE, "/created", "time"},
    {TD_LLM_OPENAI_CHAT, TD_RESPONSE, "/system_fingerprint", "fingerprint"},
    {TD_LLM_OPENAI_CHAT, TD_RESPONSE, "/service_tier", "service"},
    {TD_LLM_OPENAI_CHAT, TD_RESPONSE, "/provider", "service"},
    {TD_LLM_OPENAI_CHAT, TD_RESPONSE, "/obfuscation", "padding"},
    {TD_LLM_OPENAI_CHAT, TD_RESPONSE, "/timings/**", "time"},
    {TD_LLM_OPENAI_CHAT, TD_RESPONSE, "/p", "padding"},
    {TD_LLM_OPENAI_CHAT, TD_RESPONSE, "/request_id", "id"},
    {TD_LLM_OPENAI_CHAT, TD_RESPONSE, "/generationId", "id"},
    {TD_LLM_OPENAI_CHAT, TD_RESPONSE, "/choices/*/*/provider_metadata/gateway/**", "service"},
    {TD_LLM_OPENAI_CHAT, TD_RESPONSE, "/choices/*/*/provider_metadata/*/responseId", "id"},
    {TD_LLM_OPENAI_CHAT, TD_RESPONSE, "/x_groq/id", "id"},
    {TD_LLM_OPENAI_CHAT, TD_RESPONSE, "/x_groq/seed", "service"},
    {TD_LLM_OPENAI_CHAT, TD_RESPONSE, "/x_groq/usage/*_time", "time"},
    {TD_LLM_OPENAI_CHAT, TD_RESPONSE, "/usage/*_time", "time"},
    {TD_LLM_OPENAI_CHAT, TD_RESPONSE, "/choices/*/*/tool_calls/*/id", "id"},
    {TD_LLM_OPENAI_CHAT, TD_RESPONSE, "/choices/*/*/audio/id", "id"},
    {TD_LLM_OPENAI_CHAT, TD_RESPONSE, "/choices/*/*/audio/expires_at", "time"},
    {TD_LLM_OPENAI_CHAT, TD_RESPONSE, "/choices/*/*/reasoning_details/*/id", "id"},
    {TD_LLM_OPENAI_CHAT, TD_RESPONSE, "/choices/*/*/reasoning_details/*/signature", "signature"},
    {TD_LLM_OPENAI_CHAT, TD_RESPONSE, "/choices/*/*/reasoning_details/*/data", "signature"},
    {TD_LLM_OPENAI_CHAT, TD_RESPONSE, "/amazon-bedrock-invocationMetrics/*Latency", "time"},
    {TD_LLM_OPENAI_CHAT, TD_REQUEST, "/messages/*/tool_calls/*/id", "id"},
    {TD_LLM_OPENAI_CHAT, TD_REQUEST, "/messages/*/tool_call_id", "id"},
    {TD_LLM_OPENAI_CHAT, TD_REQUEST, "/messages/*/audio/id", "id"},
    {TD_LLM_OPENAI_CHAT, TD_REQUEST, "/messages/*/reasoning_details/*/id", "id"},
    {TD_LLM_OPENAI_CHAT, TD_REQUEST, "/messages/*/reasoning_details/*/signature", "signature"},
    {TD_LLM_OPENAI_CHAT, TD_REQUEST, "/messages/*/reasoning_details/*/data", "signature"},

    {TD_LLM_OPENAI_RESPONSES, TD_RESPONSE, "/id", "id"},
    {TD_LLM_OPENAI_RESPONSES, TD_RESPONSE, "/created_at", "time"},
    {TD_LLM_OPENAI_RESPONSES, TD_RESPONSE, "/completed_at", "time"},
    {TD_LLM_OPENAI_RESPONSES, TD_RESPONSE, "/previous_response_id", "id"},
    {TD_LLM_OPENAI_RESPONSES, TD_RESPONSE, "/service_tier", "service"},
    {TD_LLM_OPENAI_RESPONSES, TD_RESPONSE, "/output/*/id", "id"},
    {TD_LLM_OPENAI_RESPONSES, TD_RESPONSE, "/output/*/call_id", "id"},
    {TD_LLM_OPENAI_RESPONSES, TD_RESPONSE, "/output/*/encrypted_content", "signature"},
    {TD_LLM_OPENAI_RESPONSES, TD_RESPONSE, "/response/id", "id"},
    {TD_LLM_OPENAI_RESPONSES, TD_RESPONSE, "/response/created_at", "time"},
    {TD_LLM_OPENAI_RESPONSES, TD_RESPONSE, "/response/completed_at", "time"},
    {TD_LLM_OPENAI_RESPONSES, TD_RESPONSE, "/response/previous_response_id", "id"},
    {TD_LLM_OPENAI_RESPONSES, TD_RESPONSE, "/response/service_tier", "service"},
    {TD_LLM_OPENAI_RESPONSES, TD_RESPONSE, "/response/output/*/id", "id"},
    {TD_LLM_OPENAI_RESPONSES, TD_RESPONSE, "/response/output/*/call_id", "id"},
    {TD_LLM_OPENAI_RESPONSES, TD_RESPONSE, "/response/output/*/encrypted_content", "signature"},
    {TD_LLM_OPENAI_RESPONSES, TD_RESPONSE, "/item/id", "id"},
    {TD_LLM_OPENAI_RESPONSES, TD_RESPONSE, "/item/call_id", "id"},
    {TD_LLM_OPENAI_RESPONSES, TD_RESPONSE, "/item/encrypted_content", "signature"},
    {TD_LLM_OPENAI_RESPONSES, TD_RESPONSE, "/item_id", "id"},
    {TD_LLM_OPENAI_RESPONSES, TD_RESPONSE, "/response_id", "id"},
    {TD_LLM_OPENAI_RESPONSES, TD_RESPONSE, "/obfuscation", "padding"},
    {TD_LLM_OPENAI_RESPONSES, TD_REQUEST, "/previous_response_id", "id"},
    {TD_LLM_OPENAI_RESPONSES, TD_REQUEST, "/input/*/id", "id"},
    {TD_LLM_OPENAI_RESPONSES, TD_REQUEST, "/input/*/call_id", "id"},
    {TD_LLM_OPENAI_RESPONSES, TD_REQUEST, "/input/*/approval_request_id", "id"},
    {TD_LLM_OPENAI_RESPONSES, TD_REQUEST, "/input/*/encrypted_content", "signature"},

    {TD_LLM_ANTHROPIC, TD_RESPONSE, "/id", "id"},
    {TD_LLM_ANTHROPIC, TD_RESPONSE, "/request_id", "id"},
    {TD_LLM_ANTHROPIC, TD_RESPONSE, "/message/id", "id"},
    {TD_LLM_ANTHROPIC, TD_RESPONSE, "/content/*/id", "id"},
    {TD_LLM_ANTHROPIC, TD_RESPONSE, "/content/*/tool_use_id", "id"},
    {TD_LLM_ANTHROPIC, TD_RESPONSE, "/content/*/signature", "signature"},
    {TD_LLM_ANTHROPIC, TD_RESPONSE, "/content/*/data", "signature"},
    {TD_LLM_ANTHROPIC, TD_RESPONSE, "/content_block/id", "id"},
    {TD_LLM_ANTHROPIC, TD_RESPONSE, "/content_block/tool_use_id", "id"},
    {TD_LLM_ANTHROPIC, TD_RESPONSE, "/content_block/signature", "signature"},
    {TD_LLM_ANTHROPIC, TD_RESPONSE, "/content_block/data", "signature"},
    {TD_LLM_ANTHROPIC, TD_RESPONSE, "/delta/signature", "signature"},
    {TD_LLM_ANTHROPIC, TD_RESPONSE, "/**/encrypted_content", "signature"},
    {TD_LLM_ANTHROPIC, TD_RESPONSE, "/**/encrypted_index", "signature"},
    {TD_LLM_ANTHROPIC, TD_RESPONSE, "/**/usage/service_tier", "service"},
    {TD_LLM_ANTHROPIC, TD_RESPONSE, "/**/usage/inference_geo", "service"},
    {TD_LLM_ANTHROPIC, TD_RESPONSE, "/**/container/id", "id"},
    {TD_LLM_ANTHROPIC, TD_RESPONSE, "/**/container/expires_at", "time"},
    {TD_LLM_ANTHROPIC, TD_RESPONSE, "/amazon-bedrock-invocationMetrics/*Latency", "time"},
    {TD_LLM_ANTHROPIC, TD_REQUEST, "/messages/*/content/*/id", "id"},
    {TD_LLM_ANTHROPIC, TD_REQUEST, "/messages/*/content/*/tool_use_id", "id"},
    {TD_LLM_ANTHROPIC, TD_REQUEST, "/messages/*/content/*/signature", "signature"},
    {TD_LLM_ANTHROPIC, TD_REQUEST, "/messages/*/content/*/data", "signature"},
    {TD_LLM_ANTHROPIC, TD_REQUEST, "/messages/**/encrypted_content", "signature"},
    {TD_LLM_ANTHROPIC, TD_REQUEST, "/messages/**/encrypted_index", "signature"},

    {TD_LLM_GEMINI, TD_RESPONSE, "/responseId", "id"},
    {TD_LLM_GEMINI, TD_RESPONSE, "/createTime", "time"},
    {TD_LLM_GEMINI, TD_RESPONSE, "/usageMetadata/trafficType", "service"},
    {TD_LLM_GEMINI, TD_RESPONSE, "/candidates/*/avgLogprobs", "measure"},
    {TD_LLM_GEMINI, TD_RESPONSE, "/candidates/*/content/parts/*/thoughtSignature", "signature"},
    {TD_LLM_GEMINI, TD_RESPONSE, "/candidates/*/content/parts/*/functionCall/id", "id"},
    {TD_LLM_GEMINI, TD_REQUEST, "/contents/*/parts/*/thoughtSignature", "signature"},
    {TD_LLM_GEMINI, TD_REQUEST, "/contents/*/parts/*/thought_signature", "signature"},
    {TD_LLM_GEMINI, TD_REQUEST, "/contents/*/parts/*/functionCall/id", "id"},
    {TD_LLM_GEMINI, TD_REQUEST, "/contents/*/parts/*/functionResponse/id", "id"},
    {TD_LLM_GEMINI, TD_REQUEST, "/contents/*/parts/*/function_call/id", "id"},
    {TD_LLM_GEMINI, TD_REQUEST, "/contents/*/parts/*/function_response/id", "id"},

    {TD_LLM_BEDROCK_CONVERSE, TD_RESPONSE, "/p", "padding"},
    {TD_LLM_BEDROCK_CONVERSE, TD_RESPONSE, "/metrics/latencyMs", "time"},
    {TD_LLM_BEDROCK_CONVERSE, TD_RESPONSE, "/metadata/metrics/**", "time"},
    {TD_LLM_BEDROCK_CONVERSE, TD_RESPONSE, "/amazon-bedrock-invocationMetrics/*Latency", "time"},
    {TD_LLM_BEDROCK_CONVERSE, TD_RESPONSE, "/output/message/content/*/toolUse/toolUseId", "id"},
    {TD_LLM_BEDROCK_CONVERSE, TD_RESPONSE,
     "/output/message/content/*/reasoningContent/reasoningText/signature", "signature"},
    {TD_LLM_BEDROCK_CONVERSE, TD_RESPONSE,
     "/output/message/content/*/reasoningContent/redactedContent", "signature"},
    {TD_LLM_BEDROCK_CONVERSE, TD_RESPONSE, "/**/start/toolUse/toolUseId", "id"},
    {TD_LLM_BEDROCK_CONVERSE, TD_RESPONSE, "/**/delta/reasoningContent/signature", "signature"},
    {TD_LLM_BEDROCK_CONVERSE, TD_RESPONSE, "/**/delta/reasoningContent/redactedContent",
     "signature"},
    {TD_LLM_BEDROCK_CONVERSE, TD_REQUEST, "/messages/*/content/*/toolUse/toolUseId", "id"},
    {TD_LLM_BEDROCK_CONVERSE, TD_REQUEST, "/messages/*/content/*/toolResult/toolUseId", "id"},
    {TD_LLM_BEDROCK_CONVERSE, TD_REQUEST,
     "/messages/*/content/*/reasoningContent/reasoningText/signature", "signature"},
    {TD_LLM_BEDROCK_CONVERSE, TD_REQUEST, "/messages/*/content/*/reasoningContent/redactedContent",
     "signature"},

    {TD_LLM_OLLAMA, TD_RESPONSE, "/created_at", "time"},
    {TD_LLM_OLLAMA, TD_RESPONSE, "/*_duration", "time"},
    {TD_LLM_OLLAMA, TD_RESPONSE, "/message/tool_calls/*/id", "id"},
    {TD_LLM_OLLAMA, TD_RESPONSE, "/context/**", "state"},
    {TD_LLM_OLLAMA, TD_REQUEST, "/context/**", "state"},
    {TD_LLM_OLLAMA, TD_REQUEST, "/messages/*/tool_calls/*/id", "id"},
    {TD_LLM_OLLAMA, TD_REQUEST, "/messages/*/tool_call_id", "id"},
};

const struct td_llm_volatile *td_llm_volatiles(size_t *count)
{
    *count = sizeof places / sizeof places[0];
    return places;
}

/* The first segment of a pointer, without its slash; the rest stays. */
static struct td_bytes take_segment(struct td_bytes *path)
{
    struct td_bytes rest = td_bytes(path->data + 1, path->len - 1);
    const char *slash = rest.len ? memchr(rest.data, '/', rest.len) : NULL;
    struct td_bytes segment = rest;
    if (slash)
        segment.len = (size_t)(slash - rest.data);
    *path = td_bytes(rest.data + segment.len, rest.len - segment.len);
    return segment;
}

/* "*" in front stands for any text. */
static bool segment_matches(struct td_bytes pattern, struct td_bytes segment)
{
    if (!pattern.len || pattern.data[0] != '*')
        return td_bytes_equal(pattern, segment);
    struct td_bytes tail = td_bytes(pattern.data + 1, pattern.len - 1);
    return segment.len >= tail.len &&
           memcmp(segment.data + segment.len - tail.len, tail.data, tail.len) == 0;
}

bool td_llm_path_matches(const char *pattern, struct td_bytes path)
{
    struct td_bytes rest = td_bytes_of(pattern);
    /* Where to try again with one more segment swallowed by the last "**". */
    struct td_bytes retry_pattern = {0}, retry_path = {0};
    while (path.len || rest.len) {
        struct td_bytes next = rest, after = path;
        if (rest.len) {
            struct td_bytes want = take_segment(&next);
            if (td_llm_is(want, "**")) {
                retry_pattern = rest = next;
                retry_path = path;
                continue;
            }
            if (path.len && segment_matches(want, take_segment(&after))) {
                rest = next;
                path = after;
                continue;
            }
        }
        if (!retry_path.len)
            return false;
        take_segment(&retry_path);
        path = retry_path;
        rest = retry_pattern;
    }
    return true;
}

bool td_llm_path_volatile(enum td_llm_api api, enum td_side side, struct td_bytes path)
{
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
        if (places[i].api == api && places[i].side == side &&
            td_llm_path_matches(places[i].path, path))
            return true;
    return false;
}
