/* SPDX-License-Identifier: MIT */
/* Anthropic's messages: at Anthropic, on Vertex, and inside Bedrock's InvokeModel. */
#include "llm/format.h"

static void add_tool(struct td_llm_builder *builder, const struct td_json *tool)
{
    struct td_llm_tool *made = td_llm_add_tool(builder);
    made->name = td_llm_text(tool, "name");
    made->description = td_llm_text(tool, "description");
    made->type = td_llm_text(tool, "type");
    if (!made->type.data)
        made->type = TD_BYTES("function");
    td_llm_tool_schema(made, td_llm_object(tool, "input_schema"));
}

static void read_request(struct td_llm_builder *builder, const struct td_json *body)
{
    const struct td_json *system = td_llm_get(body, "system");
    if (system)
        td_llm_add_content(builder, td_llm_add_message(builder, TD_BYTES("system"), system), system,
                           TD_LLM_TEXT);
    const struct td_json *message = td_llm_first(body, "messages");
    for (; message; message = message->next)
        td_llm_add_content(builder,
                           td_llm_add_message(builder, td_llm_text(message, "role"), message),
                           td_llm_get(message, "content"), TD_LLM_TEXT);
    for (const struct td_json *tool = td_llm_first(body, "tools"); tool; tool = tool->next)
        add_tool(builder, tool);
}

static void take_usage(struct td_llm_builder *builder, const struct td_json *node)
{
    struct td_llm_usage *usage = &builder->reply->usage;
    td_llm_take_number(&usage->input, node, "input_tokens");
    td_llm_take_number(&usage->output, node, "output_tokens");
    td_llm_take_number(&usage->cached, node, "cache_read_input_tokens");
    td_llm_take_number(&usage->cache_write, node, "cache_creation_input_tokens");
}

static struct td_llm_talk *take_message(struct td_llm_builder *builder,
                                        const struct td_json *message)
{
    struct td_llm_talk *talk = td_llm_choice(builder, 0);
    td_llm_set(builder, &builder->reply->id, td_llm_text(message, "id"));
    td_llm_set(builder, &builder->reply->model, td_llm_text(message, "model"));
    td_llm_set(builder, &talk->choice.message.role, td_llm_text(message, "role"));
    td_llm_set(builder, &talk->choice.finish, td_llm_text(message, "stop_reason"));
    take_usage(builder, td_llm_object(message, "usage"));
    return talk;
}

static void read_whole(struct td_llm_builder *builder, const struct td_json *body)
{
    const struct td_json *content = td_llm_get(body, "content");
    /* The answer of count_tokens is nothing but usage. */
    take_usage(builder, body);
    builder->finished =
        td_llm_take_error(builder, body) || content || td_llm_get(body, "input_tokens");
    if (content)
        td_llm_add_content(builder, take_message(builder, body), content, TD_LLM_TEXT);
}

static void begin_block(struct td_llm_builder *builder, const struct td_json *data)
{
    struct td_llm_talk *talk = td_llm_choice(builder, 0);
    const struct td_json *block = td_llm_object(data, "content_block");
    struct td_llm_draft *last = talk->last;
    if (!block)
        return;
    td_llm_add_block(builder, talk, block, TD_LLM_TEXT);
    struct td_llm_draft *draft = last ? last->next : talk->first;
    if (draft)
        td_llm_place_set(builder, talk, 0, td_llm_number(data, "index", 0), 0, draft);
}

/* One row for each kind of piece that says something. */
static const struct {
    const char *type;
    const char *text;
    enum td_llm_part_kind kind;
} deltas[] = {
    {"text_delta", "text", TD_LLM_TEXT},
    {"thinking_delta", "thinking", TD_LLM_REASONING},
    {"input_json_delta", "partial_json", TD_LLM_TOOL_CALL},
};

static void read_delta(struct td_llm_builder *builder, const struct td_json *data)
{
    struct td_llm_talk *talk = td_llm_choice(builder, 0);
    const struct td_json *delta = td_llm_object(data, "delta");
    struct td_bytes type = td_llm_text(delta, "type");
    int64_t index = td_llm_number(data, "index", 0);
    for (size_t i = 0; i < sizeof deltas / sizeof deltas[0]; i++) {
        if (!td_llm_is(type, deltas[i].type))
            continue;
        struct td_bytes text = td_llm_text(delta, deltas[i].text);
        struct td_llm_draft *draft = td_llm_place(builder, talk, 0, index, 0);
        if (!draft) {
            /* The block's own start is missing. */
            draft = td_llm_add_part(builder, talk, deltas[i].kind, NULL);
            td_llm_place_set(builder, talk, 0, index, 0, draft);
        }
        /* A text may begin with its block; a call's input there is a stand-in, "{}". */
        if (!draft->pieces.len && draft->part.kind != TD_LLM_TOOL_CALL)
            td_llm_say(builder, draft, draft->part.text);
        td_llm_say(builder, draft, text);
        return;
    }
}

static void read_event(struct td_llm_builder *builder, struct td_bytes type,
                       const struct td_json *data)
{
    if (td_llm_text(data, "type").len)
        type = td_llm_text(data, "type");
    if (td_llm_is(type, "message_start")) {
        const struct td_json *message = td_llm_object(data, "message");
        td_llm_add_content(builder, take_message(builder, message), td_llm_get(message, "content"),
                           TD_LLM_TEXT);
    } else if (td_llm_is(type, "content_block_start")) {
        begin_block(builder, data);
    } else if (td_llm_is(type, "content_block_delta")) {
        read_delta(builder, data);
    } else if (td_llm_is(type, "message_delta")) {
        td_llm_set(builder, &td_llm_choice(builder, 0)->choice.finish,
                   td_llm_text(td_llm_object(data, "delta"), "stop_reason"));
        take_usage(builder, td_llm_object(data, "usage"));
    } else if (td_llm_is(type, "message_stop")) {
        builder->finished = true;
    } else if (td_llm_take_error(builder, data)) {
        builder->finished = true;
    }
}

static const char *missing(const struct td_llm_builder *builder)
{
    return builder->finished ? NULL : "the stream ends without 'message_stop'";
}

const struct td_llm_format td_llm_anthropic = {"anthropic", read_request, read_whole, read_event,
                                               missing};
