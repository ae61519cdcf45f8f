/* SPDX-License-Identifier: MIT */
/* Bedrock's Converse and ConverseStream, and what Nova says through InvokeModel. */
#include "llm/format.h"

static void add_block(struct td_llm_builder *builder, struct td_llm_talk *talk,
                      const struct td_json *block)
{
    const struct td_json *node;
    if ((node = td_llm_get(block, "text"))) {
        td_llm_add_text(builder, talk, TD_LLM_TEXT, node);
    } else if ((node = td_llm_object(block, "toolUse"))) {
        td_llm_add_call(builder, talk, block, td_llm_text(node, "toolUseId"),
                        td_llm_text(node, "name"), td_llm_get(node, "input"));
    } else if ((node = td_llm_object(block, "toolResult"))) {
        td_llm_add_result(builder, talk, block, td_llm_text(node, "toolUseId"),
                          td_llm_get(node, "content"))
            ->part.failed = td_llm_is(td_llm_text(node, "status"), "error");
    } else if ((node = td_llm_object(block, "reasoningContent"))) {
        const struct td_json *said = td_llm_object(node, "reasoningText");
        struct td_llm_part *part = &td_llm_add_part(builder, talk, TD_LLM_REASONING, block)->part;
        td_llm_set(builder, &part->text, td_llm_text(said, "text"));
        if (!said)
            td_llm_set(builder, &part->name, TD_BYTES("redactedContent"));
    } else if (block->kind == TD_JSON_OBJECT && block->first) {
        td_llm_add_other(builder, talk, block->first, block->first->key);
    }
}

static void add_blocks(struct td_llm_builder *builder, struct td_llm_talk *talk,
                       const struct td_json *blocks)
{
    if (!blocks || blocks->kind != TD_JSON_ARRAY)
        return;
    for (const struct td_json *block = blocks->first; block; block = block->next)
        add_block(builder, talk, block);
}

static void read_request(struct td_llm_builder *builder, const struct td_json *body)
{
    const struct td_json *system = td_llm_array(body, "system");
    if (system)
        add_blocks(builder, td_llm_add_message(builder, TD_BYTES("system"), system), system);
    const struct td_json *message = td_llm_first(body, "messages");
    for (; message; message = message->next)
        add_blocks(builder, td_llm_add_message(builder, td_llm_text(message, "role"), message),
                   td_llm_get(message, "content"));
    const struct td_json *tool = td_llm_first(td_llm_object(body, "toolConfig"), "tools");
    for (; tool; tool = tool->next) {
        const struct td_json *spec = td_llm_object(tool, "toolSpec");
        struct td_llm_tool *made = td_llm_add_tool(builder);
        made->type = spec ? TD_BYTES("function") : tool->first ? tool->first->key : TD_BYTES("");
        made->name = td_llm_text(spec, "name");
        made->description = td_llm_text(spec, "description");
        td_llm_tool_schema(made, td_llm_object(td_llm_object(spec, "inputSchema"), "json"));
    }
}

static void take_usage(struct td_llm_builder *builder, const struct td_json *body)
{
    struct td_llm_usage *usage = &builder->reply->usage;
    const struct td_json *node = td_llm_object(body, "usage");
    td_llm_take_number(&usage->input, node, "inputTokens");
    td_llm_take_number(&usage->output, node, "outputTokens");
    td_llm_take_number(&usage->total, node, "totalTokens");
    td_llm_take_number(&usage->cached, node, "cacheReadInputTokens");
    td_llm_take_number(&usage->cached, node, "cacheReadInputTokenCount");
    td_llm_take_number(&usage->cache_write, node, "cacheWriteInputTokens");
    td_llm_take_number(&usage->cache_write, node, "cacheWriteInputTokenCount");
}

static void read_whole(struct td_llm_builder *builder, const struct td_json *body)
{
    const struct td_json *message = td_llm_object(td_llm_object(body, "output"), "message");
    take_usage(builder, body);
    builder->finished = td_llm_take_error(builder, body) || message;
    if (!message)
        return;
    struct td_llm_talk *talk = td_llm_choice(builder, 0);
    talk->choice.message.node = message;
    talk->choice.message.role = td_llm_text(message, "role");
    talk->choice.finish = td_llm_text(body, "stopReason");
    add_blocks(builder, talk, td_llm_get(message, "content"));
}

/* The block of an event; blocks of text are never announced, so that it may be new. */
static struct td_llm_draft *block_of(struct td_llm_builder *builder, const struct td_json *data,
                                     enum td_llm_part_kind kind)
{
    struct td_llm_talk *talk = td_llm_choice(builder, 0);
    return td_llm_part_at(builder, talk, kind, td_llm_number(data, "contentBlockIndex", 0), 0);
}

static void read_delta(struct td_llm_builder *builder, const struct td_json *data)
{
    const struct td_json *delta = td_llm_object(data, "delta");
    const struct td_json *reasoning = td_llm_object(delta, "reasoningContent");
    const struct td_json *call = td_llm_object(delta, "toolUse");
    struct td_bytes text = td_llm_text(delta, "text");
    if (text.len)
        td_llm_say(builder, block_of(builder, data, TD_LLM_TEXT), text);
    if (reasoning) {
        struct td_llm_draft *draft = block_of(builder, data, TD_LLM_REASONING);
        td_llm_say(builder, draft, td_llm_text(reasoning, "text"));
        if (td_llm_get(reasoning, "redactedContent"))
            td_llm_set(builder, &draft->part.name, TD_BYTES("redactedContent"));
    }
    if (call)
        td_llm_say(builder, block_of(builder, data, TD_LLM_TOOL_CALL),
                   td_llm_literal(td_llm_get(call, "input")));
}

static void read_event(struct td_llm_builder *builder, struct td_bytes type,
                       const struct td_json *data)
{
    struct td_llm_talk *talk = td_llm_choice(builder, 0);
    /* Nova's events through InvokeModel are named inside: {"messageStop": {...}}. */
    if (!type.len && data->first && data->first->kind == TD_JSON_OBJECT) {
        type = data->first->key;
        data = data->first;
    }
    if (td_llm_is(type, "messageStart")) {
        td_llm_set(builder, &talk->choice.message.role, td_llm_text(data, "role"));
    } else if (td_llm_is(type, "contentBlockStart")) {
        const struct td_json *call = td_llm_object(td_llm_object(data, "start"), "toolUse");
        if (call) {
            struct td_llm_part *part = &block_of(builder, data, TD_LLM_TOOL_CALL)->part;
            td_llm_set(builder, &part->id, td_llm_text(call, "toolUseId"));
            td_llm_set(builder, &part->name, td_llm_text(call, "name"));
        }
    } else if (td_llm_is(type, "contentBlockDelta")) {
        read_delta(builder, data);
    } else if (td_llm_is(type, "messageStop")) {
        td_llm_set(builder, &talk->choice.finish, td_llm_text(data, "stopReason"));
        builder->stopped = true;
    } else if (td_llm_is(type, "metadata")) {
        take_usage(builder, data);
        builder->finished = builder->stopped;
    } else if (td_llm_take_error(builder, data)) {
        builder->finished = true;
    }
}

static const char *missing(const struct td_llm_builder *builder)
{
    if (builder->finished)
        return NULL;
    return builder->stopped ? "the stream ends without 'metadata'"
                            : "the stream ends without 'messageStop'";
}

const struct td_llm_format td_llm_converse = {"bedrock-converse", read_request, read_whole,
                                              read_event, missing};
