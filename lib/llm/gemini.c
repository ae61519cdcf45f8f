/* SPDX-License-Identifier: MIT */
/* Gemini's generateContent and streamGenerateContent, at Google AI and on Vertex. */
#include "llm/format.h"

/* Both spellings are taken: "functionCall" is how it is sent, "function_call" what SDKs write. */
static const struct td_json *get(const struct td_json *object, const char *camel, const char *snake)
{
    const struct td_json *value = td_llm_get(object, camel);
    return value ? value : td_llm_get(object, snake);
}

static void add_part(struct td_llm_builder *builder, struct td_llm_talk *talk,
                     const struct td_json *part)
{
    const struct td_json *node;
    if ((node = td_llm_get(part, "text"))) {
        td_llm_add_text(builder, talk,
                        td_llm_true(part, "thought") ? TD_LLM_REASONING : TD_LLM_TEXT, node);
    } else if ((node = get(part, "functionCall", "function_call"))) {
        td_llm_add_call(builder, talk, part, td_llm_text(node, "id"), td_llm_text(node, "name"),
                        td_llm_get(node, "args"));
    } else if ((node = get(part, "functionResponse", "function_response"))) {
        struct td_llm_draft *draft = td_llm_add_result(builder, talk, part, td_llm_text(node, "id"),
                                                       td_llm_get(node, "response"));
        td_llm_set(builder, &draft->part.name, td_llm_text(node, "name"));
    } else if ((node = get(part, "executableCode", "executable_code"))) {
        td_llm_add_call(builder, talk, part, td_bytes(NULL, 0), TD_BYTES("executableCode"),
                        td_llm_get(node, "code"));
    } else if ((node = get(part, "codeExecutionResult", "code_execution_result"))) {
        td_llm_add_result(builder, talk, part, td_bytes(NULL, 0), td_llm_get(node, "output"));
    } else if ((node = get(part, "fileData", "file_data"))) {
        td_llm_add_other(builder, talk, node, TD_BYTES("file"));
    } else if (part->kind == TD_JSON_OBJECT && part->first) {
        td_llm_add_other(builder, talk, part, part->first->key);
    }
}

static void add_content(struct td_llm_builder *builder, const struct td_json *content,
                        struct td_bytes role)
{
    struct td_bytes said = td_llm_text(content, "role");
    struct td_llm_talk *talk = td_llm_add_message(builder, said.len ? said : role, content);
    const struct td_json *parts = td_llm_get(content, "parts");
    if (parts && parts->kind == TD_JSON_OBJECT)
        add_part(builder, talk, parts);
    else
        for (parts = td_llm_first(content, "parts"); parts; parts = parts->next)
            add_part(builder, talk, parts);
    if (content->kind == TD_JSON_STRING)
        td_llm_add_text(builder, talk, TD_LLM_TEXT, content);
}

/* Each member of a tool is a tool; functions are listed in one of them. */
static void add_tools(struct td_llm_builder *builder, const struct td_json *tool)
{
    const struct td_json *functions = get(tool, "functionDeclarations", "function_declarations");
    const struct td_json *function =
        functions && functions->kind == TD_JSON_ARRAY ? functions->first : NULL;
    for (; function; function = function->next) {
        struct td_llm_tool *made = td_llm_add_tool(builder);
        made->type = TD_BYTES("function");
        made->name = td_llm_text(function, "name");
        made->description = td_llm_text(function, "description");
        const struct td_json *schema = td_llm_object(function, "parameters");
        td_llm_tool_schema(made, schema ? schema : td_llm_object(function, "parametersJsonSchema"));
    }
    if (tool->kind != TD_JSON_OBJECT)
        return;
    for (const struct td_json *member = tool->first; member; member = member->next)
        if (member->kind == TD_JSON_OBJECT)
            td_llm_add_tool(builder)->type = member->key;
}

static void read_request(struct td_llm_builder *builder, const struct td_json *body)
{
    /* Google's Code Assist puts the same into an envelope. */
    if (td_llm_object(body, "request"))
        body = td_llm_object(body, "request");
    const struct td_json *system = get(body, "systemInstruction", "system_instruction");
    const struct td_json *contents = td_llm_get(body, "contents");
    if (system)
        add_content(builder, system, TD_BYTES("system"));
    if (contents && contents->kind != TD_JSON_ARRAY)
        add_content(builder, contents, TD_BYTES("user"));
    for (contents = td_llm_first(body, "contents"); contents; contents = contents->next)
        add_content(builder, contents, TD_BYTES("user"));
    for (const struct td_json *tool = td_llm_first(body, "tools"); tool; tool = tool->next)
        add_tools(builder, tool);
}

static void take_usage(struct td_llm_usage *usage, const struct td_json *node)
{
    td_llm_take_number(&usage->input, node, "promptTokenCount");
    td_llm_take_number(&usage->output, node, "candidatesTokenCount");
    td_llm_take_number(&usage->total, node, "totalTokenCount");
    td_llm_take_number(&usage->cached, node, "cachedContentTokenCount");
    td_llm_take_number(&usage->reasoning, node, "thoughtsTokenCount");
}

/* A text goes on with the part before where that is of the same kind. */
static void say_part(struct td_llm_builder *builder, struct td_llm_talk *talk,
                     const struct td_json *part)
{
    enum td_llm_part_kind kind = td_llm_true(part, "thought") ? TD_LLM_REASONING : TD_LLM_TEXT;
    struct td_bytes text = td_llm_text(part, "text");
    if (!text.data)
        add_part(builder, talk, part);
    else if (text.len)
        td_llm_say(builder,
                   talk->last && talk->last->part.kind == kind
                       ? talk->last
                       : td_llm_add_part(builder, talk, kind, part),
                   text);
}

/* An answer, or a piece of one: they look the same. */
static void read_answer(struct td_llm_builder *builder, const struct td_json *data)
{
    if (td_llm_object(data, "response"))
        data = td_llm_object(data, "response");
    const struct td_json *feedback = td_llm_object(data, "promptFeedback");
    struct td_bytes reason = td_llm_text(feedback, "blockReason");
    td_llm_set(builder, &builder->reply->id, td_llm_text(data, "responseId"));
    td_llm_set(builder, &builder->reply->model, td_llm_text(data, "modelVersion"));
    take_usage(&builder->reply->usage, td_llm_object(data, "usageMetadata"));
    bool ends = td_llm_take_error(builder, data);
    if (reason.len) {
        struct td_bytes says = td_llm_text(feedback, "blockReasonMessage");
        td_llm_set_error(builder, reason, says.len ? says : TD_BYTES("the prompt was blocked"));
        ends = true;
    }
    builder->finished = builder->finished || ends;
    int64_t place = 0;
    const struct td_json *candidate = td_llm_first(data, "candidates");
    for (; candidate; candidate = candidate->next) {
        struct td_llm_talk *talk =
            td_llm_choice(builder, td_llm_number(candidate, "index", place++));
        const struct td_json *content = td_llm_object(candidate, "content");
        if (!builder->copies)
            talk->choice.message.node = content;
        td_llm_set(builder, &talk->choice.message.role, td_llm_text(content, "role"));
        td_llm_set(builder, &talk->choice.finish, td_llm_text(candidate, "finishReason"));
        const struct td_json *part = td_llm_first(content, "parts");
        for (; part; part = part->next)
            say_part(builder, talk, part);
    }
}

static const char *missing(const struct td_llm_builder *builder)
{
    bool told = builder->first;
    for (const struct td_llm_talk *talk = builder->first; talk; talk = talk->next)
        told = told && talk->choice.finish.len;
    return told || builder->finished ? NULL : "the stream ends without a 'finishReason'";
}

static void read_whole(struct td_llm_builder *builder, const struct td_json *body)
{
    read_answer(builder, body);
    builder->finished = builder->finished || builder->first;
}

static void read_event(struct td_llm_builder *builder, struct td_bytes type,
                       const struct td_json *data)
{
    (void)type;
    read_answer(builder, data);
}

const struct td_llm_format td_llm_gemini = {"gemini", read_request, read_whole, read_event,
                                            missing};
