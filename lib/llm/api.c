/* SPDX-License-Identifier: MIT */
#include "llm/api.h"

#include "http/url.h"
#include "llm/format.h"

static const struct td_llm_format *const formats[TD_LLM_API_COUNT] = {
    [TD_LLM_OPENAI_CHAT] = &td_llm_chat,          [TD_LLM_OPENAI_RESPONSES] = &td_llm_responses,
    [TD_LLM_ANTHROPIC] = &td_llm_anthropic,       [TD_LLM_GEMINI] = &td_llm_gemini,
    [TD_LLM_BEDROCK_CONVERSE] = &td_llm_converse, [TD_LLM_OLLAMA] = &td_llm_ollama,
};

const struct td_llm_format *td_llm_format_of(enum td_llm_api api)
{
    return (unsigned)api < TD_LLM_API_COUNT ? formats[api] : NULL;
}

const char *td_llm_api_name(enum td_llm_api api)
{
    const struct td_llm_format *format = td_llm_format_of(api);
    return format ? format->name : "";
}

const char *td_llm_part_kind_name(enum td_llm_part_kind kind)
{
    static const char *const names[] = {
        [TD_LLM_TEXT] = "text",
        [TD_LLM_REASONING] = "reasoning",
        [TD_LLM_REFUSAL] = "refusal",
        [TD_LLM_TOOL_CALL] = "tool_call",
        [TD_LLM_TOOL_RESULT] = "tool_result",
        [TD_LLM_MEDIA] = "media",
        [TD_LLM_OTHER] = "other",
    };
    return (unsigned)kind < sizeof names / sizeof names[0] ? names[kind] : "";
}

/* By the shape of a body that asks, wherever it is sent. A prompt or a list of strings to be
 * embedded is too little to go by. */
static enum td_llm_api api_of_body(const struct td_json *body)
{
    const struct td_json *message = td_llm_first(body, "messages");
    const struct td_json *input = td_llm_first(body, "input");
    if (td_llm_array(body, "contents") && td_llm_get(td_llm_first(body, "contents"), "parts"))
        return TD_LLM_GEMINI;
    if (input && td_llm_text(body, "model").len &&
        (td_llm_get(input, "role") || td_llm_get(input, "type")))
        return TD_LLM_OPENAI_RESPONSES;
    if (!message || !td_llm_text(message, "role").data)
        return TD_LLM_NONE;
    const struct td_json *block = td_llm_first(message, "content");
    if (td_llm_get(body, "inferenceConfig") || td_llm_get(body, "toolConfig") ||
        td_llm_get(body, "schemaVersion") ||
        (block && block->kind == TD_JSON_OBJECT && !td_llm_get(block, "type")))
        return TD_LLM_BEDROCK_CONVERSE;
    if (td_llm_get(body, "anthropic_version") || td_llm_get(body, "system") ||
        td_llm_get(td_llm_first(body, "tools"), "input_schema"))
        return TD_LLM_ANTHROPIC;
    return TD_LLM_OPENAI_CHAT;
}

/* What stands in `path` between `before` and its end; empty where that does not follow it. */
static struct td_bytes between(struct td_bytes path, const char *before, size_t after)
{
    size_t len = strlen(before);
    size_t end = path.len - after;
    for (size_t at = end; at-- > 0;) {
        if (path.data[at] == '/' && end - at >= len && memcmp(path.data + at, before, len) == 0)
            return td_bytes(path.data + at + len, end - at - len);
    }
    return td_bytes("", 0);
}

/* One row for each way in which a path ends. */
static const struct {
    const char *end;
    enum td_llm_api api; /* TD_LLM_NONE: the body says */
    const char *before;  /* what stands in front of the model's name in the path; or NULL */
    bool needs_model;    /* without a model in the path it is something else */
    bool stream;
    bool invoke;
    const char *member; /* without this in its body it is something else; or NULL */
} paths[] = {
    {"/chat/completions", TD_LLM_OPENAI_CHAT, "/deployments/", false, false, false, NULL},
    {"/completions", TD_LLM_OPENAI_CHAT, "/deployments/", false, false, false, "prompt"},
    {"/responses", TD_LLM_OPENAI_RESPONSES, NULL, false, false, false, "model"},
    {"/responses", TD_LLM_OPENAI_RESPONSES, NULL, false, false, false, "prompt"},
    {"/messages", TD_LLM_ANTHROPIC, NULL, false, false, false, "messages"},
    {"/messages/count_tokens", TD_LLM_ANTHROPIC, NULL, false, false, false, "messages"},
    {":rawPredict", TD_LLM_NONE, "/models/", true, false, false, NULL},
    {":streamRawPredict", TD_LLM_NONE, "/models/", true, true, false, NULL},
    {":generateContent", TD_LLM_GEMINI, "/models/", false, false, false, NULL},
    {":streamGenerateContent", TD_LLM_GEMINI, "/models/", false, true, false, NULL},
    {"/converse", TD_LLM_BEDROCK_CONVERSE, "/model/", true, false, false, NULL},
    {"/converse-stream", TD_LLM_BEDROCK_CONVERSE, "/model/", true, true, false, NULL},
    {"/invoke", TD_LLM_NONE, "/model/", true, false, true, NULL},
    {"/invoke-with-response-stream", TD_LLM_NONE, "/model/", true, true, true, NULL},
    {"/api/chat", TD_LLM_OLLAMA, NULL, false, false, false, "model"},
    {"/api/generate", TD_LLM_OLLAMA, NULL, false, false, false, "model"},
};

/* A body that is not JSON may be a damaged one; none at all is no question to a model. */
static bool has_member(struct td_bytes text, const struct td_json *body, const char *member)
{
    return !member || (body ? td_llm_get(body, member) != NULL : text.len != 0);
}

struct td_llm_kind td_llm_kind_of(struct td_bytes url, struct td_bytes text,
                                  const struct td_json *body)
{
    struct td_url split;
    td_url_split(&split, url);
    struct td_bytes path = split.path;
    while (path.len && path.data[path.len - 1] == '/')
        path.len--;
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        struct td_llm_kind kind = {paths[i].api, paths[i].invoke, paths[i].stream, {0}};
        if (!td_llm_ends(path, paths[i].end) || !has_member(text, body, paths[i].member))
            continue;
        if (paths[i].before)
            kind.model = between(path, paths[i].before, strlen(paths[i].end));
        if (paths[i].needs_model && !kind.model.len)
            continue;
        if (!kind.api)
            kind.api = api_of_body(body);
        return kind;
    }
    return (struct td_llm_kind){api_of_body(body), false, false, {0}};
}

enum td_llm_api td_llm_api_of_reply(const struct td_json *data)
{
    struct td_bytes object = td_llm_text(data, "object"), type = td_llm_text(data, "type");
    if (td_llm_starts(object, "chat.completion") || td_llm_is(object, "text_completion") ||
        (td_llm_array(data, "choices") && td_llm_text(data, "model").data))
        return TD_LLM_OPENAI_CHAT;
    if (td_llm_is(object, "response") || td_llm_starts(type, "response."))
        return TD_LLM_OPENAI_RESPONSES;
    if ((td_llm_is(type, "message") && td_llm_array(data, "content") && td_llm_get(data, "role")) ||
        td_llm_is(type, "message_start"))
        return TD_LLM_ANTHROPIC;
    if (td_llm_array(data, "candidates") || td_llm_object(data, "promptFeedback"))
        return TD_LLM_GEMINI;
    if (td_llm_object(td_llm_object(data, "output"), "message") ||
        td_llm_object(data, "messageStart"))
        return TD_LLM_BEDROCK_CONVERSE;
    if (td_llm_get(data, "done") && td_llm_get(data, "created_at") &&
        (td_llm_object(data, "message") || td_llm_get(data, "response")))
        return TD_LLM_OLLAMA;
    return TD_LLM_NONE;
}

void td_llm_decode_url(struct td_buf *out, struct td_bytes text)
{
    for (size_t i = 0; i < text.len; i++) {
        int byte = td_percent_byte(td_bytes_from(text, i));
        td_buf_put_char(out, byte >= 0 ? (char)byte : text.data[i]);
        i += byte >= 0 ? 2 : 0;
    }
}
