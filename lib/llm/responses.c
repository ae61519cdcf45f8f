/* SPDX-License-Identifier: MIT */
/*
 * OpenAI's responses. A reply is a list of items (messages, calls, reasoning), which are told here
 * as the parts of one choice. A stream tells every text three times: in pieces, when it is done,
 * and in the items of the last event; the pieces count, and the others only where there were none.
 */
#include "llm/format.h"

/* Every place of a stream that belongs to the item of this number. */
enum { ITEM = 100 };

/* Blocks may be in `content` and in `summary`; false where the item has neither. */
static bool add_item_texts(struct td_llm_builder *builder, struct td_llm_talk *talk,
                           const struct td_json *item, enum td_llm_part_kind kind)
{
    const struct td_json *summary = td_llm_array(item, "summary");
    const struct td_json *content = td_llm_get(item, "content");
    td_llm_add_content(builder, talk, summary, kind);
    td_llm_add_content(builder, talk, content, kind);
    return summary || content;
}

static void add_item(struct td_llm_builder *builder, struct td_llm_talk *talk,
                     const struct td_json *item)
{
    struct td_bytes type = td_llm_text(item, "type"), id = td_llm_text(item, "call_id");
    struct td_bytes name = td_llm_text(item, "name");
    if (!id.data)
        id = td_llm_text(item, "id");
    if (td_llm_is(type, "reasoning")) {
        add_item_texts(builder, talk, item, TD_LLM_REASONING);
    } else if (td_llm_is(type, "function_call") || td_llm_is(type, "mcp_call")) {
        td_llm_add_call(builder, talk, item, id, name, td_llm_get(item, "arguments"));
        if (td_llm_get(item, "output"))
            td_llm_add_result(builder, talk, item, id, td_llm_get(item, "output"));
    } else if (td_llm_is(type, "custom_tool_call")) {
        td_llm_add_call(builder, talk, item, id, name, td_llm_get(item, "input"));
    } else if (td_llm_is(type, "code_interpreter_call")) {
        td_llm_add_call(builder, talk, item, id, type, td_llm_get(item, "code"));
    } else if (td_llm_ends(type, "_call_output")) {
        td_llm_add_result(builder, talk, item, id, td_llm_get(item, "output"));
    } else if (td_llm_ends(type, "_call") && td_llm_get(item, "action")) {
        td_llm_add_call(builder, talk, item, id, type, td_llm_get(item, "action"));
    } else if (!type.len || td_llm_is(type, "message")) {
        add_item_texts(builder, talk, item, TD_LLM_TEXT);
    } else {
        td_llm_add_other(builder, talk, item, type);
    }
}

/* Who says an item that has no role. */
static struct td_bytes role_of(const struct td_json *item)
{
    struct td_bytes role = td_llm_text(item, "role"), type = td_llm_text(item, "type");
    if (role.data)
        return role;
    return td_llm_ends(type, "_output") ? TD_BYTES("tool") : TD_BYTES("assistant");
}

static void read_request(struct td_llm_builder *builder, const struct td_json *body)
{
    const struct td_json *instructions = td_llm_get(body, "instructions");
    const struct td_json *input = td_llm_get(body, "input");
    if (instructions)
        td_llm_add_content(builder, td_llm_add_message(builder, TD_BYTES("system"), instructions),
                           instructions, TD_LLM_TEXT);
    if (input && input->kind == TD_JSON_STRING)
        td_llm_add_content(builder, td_llm_add_message(builder, TD_BYTES("user"), input), input,
                           TD_LLM_TEXT);
    const struct td_json *item = td_llm_first(body, "input");
    for (; item; item = item->next)
        add_item(builder, td_llm_add_message(builder, role_of(item), item), item);
    td_llm_add_chat_tools(builder, body);
}

static void take_usage(struct td_llm_usage *usage, const struct td_json *node)
{
    td_llm_take_number(&usage->input, node, "input_tokens");
    td_llm_take_number(&usage->output, node, "output_tokens");
    td_llm_take_number(&usage->total, node, "total_tokens");
    td_llm_take_number(&usage->cached, td_llm_object(node, "input_tokens_details"),
                       "cached_tokens");
    td_llm_take_number(&usage->reasoning, td_llm_object(node, "output_tokens_details"),
                       "reasoning_tokens");
}

/* What a response says of itself, whether it is the whole body or inside of an event. */
static void take_head(struct td_llm_builder *builder, const struct td_json *response)
{
    struct td_llm_talk *talk = td_llm_choice(builder, 0);
    td_llm_set(builder, &builder->reply->id, td_llm_text(response, "id"));
    td_llm_set(builder, &builder->reply->model, td_llm_text(response, "model"));
    td_llm_set(builder, &talk->choice.message.role, TD_BYTES("assistant"));
    take_usage(&builder->reply->usage, td_llm_object(response, "usage"));
    td_llm_take_error(builder, response);
    struct td_bytes reason = td_llm_text(td_llm_object(response, "incomplete_details"), "reason");
    struct td_bytes status = td_llm_text(response, "status");
    /* These are no end, but may be all that a stream has told when it breaks off. */
    if (!td_llm_is(status, "in_progress") && !td_llm_is(status, "queued"))
        td_llm_set(builder, &talk->choice.finish, reason.len ? reason : status);
}

static void read_whole(struct td_llm_builder *builder, const struct td_json *body)
{
    const struct td_json *output = td_llm_array(body, "output");
    builder->finished = td_llm_take_error(builder, body) || output;
    if (!output)
        return;
    take_head(builder, body);
    struct td_llm_talk *talk = td_llm_choice(builder, 0);
    for (const struct td_json *item = output->first; item; item = item->next)
        add_item(builder, talk, item);
}

static struct td_llm_draft *begin(struct td_llm_builder *builder, struct td_llm_talk *talk,
                                  enum td_llm_part_kind kind, int64_t item, int64_t part)
{
    struct td_llm_draft *draft = td_llm_part_at(builder, talk, kind, item, part);
    td_llm_place_set(builder, talk, ITEM, item, 0, draft);
    return draft;
}

/* An item of a stream that is only begun: a call has its name, all else comes in pieces. */
static void begin_item(struct td_llm_builder *builder, struct td_llm_talk *talk, int64_t index,
                       const struct td_json *item)
{
    struct td_bytes type = td_llm_text(item, "type");
    bool code = td_llm_is(type, "code_interpreter_call");
    if (!code && !td_llm_is(type, "function_call") && !td_llm_is(type, "custom_tool_call") &&
        !td_llm_is(type, "mcp_call"))
        return;
    struct td_llm_draft *draft = begin(builder, talk, TD_LLM_TOOL_CALL, index, 0);
    struct td_bytes id = td_llm_text(item, "call_id");
    td_llm_set(builder, &draft->part.id, id.data ? id : td_llm_text(item, "id"));
    td_llm_set(builder, &draft->part.name, code ? type : td_llm_text(item, "name"));
}

/* An item as it ended up. */
static void end_item(struct td_llm_builder *builder, struct td_llm_talk *talk, int64_t index,
                     const struct td_json *item)
{
    struct td_llm_draft *draft = td_llm_place(builder, talk, ITEM, index, 0);
    if (!draft) {
        struct td_llm_draft *last = talk->last;
        add_item(builder, talk, item);
        draft = last ? last->next : talk->first;
        if (draft)
            td_llm_place_set(builder, talk, ITEM, index, 0, draft);
        return;
    }
    if (draft->part.kind != TD_LLM_TOOL_CALL || !td_llm_said_nothing(draft))
        return;
    begin_item(builder, talk, index, item);
    const struct td_json *arguments = td_llm_get(item, "arguments");
    if (!arguments)
        arguments = td_llm_get(item, "input");
    td_llm_set(builder, &draft->part.text, td_llm_literal(arguments));
}

/* One row for each event that brings a piece. */
static const struct {
    const char *type; /* without "response." and ".delta" */
    enum td_llm_part_kind kind;
    const char *part; /* the member that numbers the parts of an item; NULL: it has but one */
} deltas[] = {
    {"output_text", TD_LLM_TEXT, "content_index"},
    {"refusal", TD_LLM_REFUSAL, "content_index"},
    {"reasoning_text", TD_LLM_REASONING, "content_index"},
    {"reasoning_summary_text", TD_LLM_REASONING, "summary_index"},
    {"reasoning_summary", TD_LLM_REASONING, "summary_index"},
    {"function_call_arguments", TD_LLM_TOOL_CALL, NULL},
    {"mcp_call_arguments", TD_LLM_TOOL_CALL, NULL},
    {"custom_tool_call_input", TD_LLM_TOOL_CALL, NULL},
    {"code_interpreter_call_code", TD_LLM_TOOL_CALL, NULL},
};

static void read_delta(struct td_llm_builder *builder, struct td_llm_talk *talk,
                       struct td_bytes what, const struct td_json *data)
{
    for (size_t i = 0; i < sizeof deltas / sizeof deltas[0]; i++) {
        if (!td_llm_is(what, deltas[i].type))
            continue;
        int64_t part = deltas[i].part ? td_llm_number(data, deltas[i].part, 0) : 0;
        td_llm_say(
            builder,
            begin(builder, talk, deltas[i].kind, td_llm_number(data, "output_index", 0), part),
            td_llm_literal(td_llm_get(data, "delta")));
        return;
    }
}

static void read_last(struct td_llm_builder *builder, const struct td_json *response)
{
    struct td_llm_talk *talk = td_llm_choice(builder, 0);
    int64_t index = 0;
    const struct td_json *item = td_llm_first(response, "output");
    for (; item; item = item->next)
        end_item(builder, talk, index++, item);
    builder->finished = true;
}

static void read_event(struct td_llm_builder *builder, struct td_bytes type,
                       const struct td_json *data)
{
    static const char prefix[] = "response.", suffix[] = ".delta";
    struct td_llm_talk *talk = td_llm_choice(builder, 0);
    const struct td_json *item = td_llm_object(data, "item");
    const struct td_json *response = td_llm_object(data, "response");
    if (td_llm_text(data, "type").len)
        type = td_llm_text(data, "type");
    if (response)
        take_head(builder, response);
    if (td_llm_is(type, "error")) {
        if (!td_llm_take_error(builder, data))
            td_llm_set_error(builder, td_llm_text(data, "code"), td_llm_text(data, "message"));
        builder->finished = true;
    } else if (td_llm_is(type, "response.output_item.added")) {
        begin_item(builder, talk, td_llm_number(data, "output_index", 0), item);
    } else if (td_llm_is(type, "response.output_item.done") && item) {
        end_item(builder, talk, td_llm_number(data, "output_index", 0), item);
    } else if (td_llm_is(type, "response.completed") || td_llm_is(type, "response.incomplete") ||
               td_llm_is(type, "response.failed") || td_llm_is(type, "response.cancelled")) {
        read_last(builder, response);
    } else if (td_llm_starts(type, prefix) && td_llm_ends(type, suffix) &&
               type.len > sizeof prefix + sizeof suffix) {
        read_delta(builder, talk,
                   td_bytes(type.data + sizeof prefix - 1,
                            type.len - (sizeof prefix - 1) - (sizeof suffix - 1)),
                   data);
    }
}

static const char *missing(const struct td_llm_builder *builder)
{
    return builder->finished ? NULL : "the stream ends without 'response.completed'";
}

const struct td_llm_format td_llm_responses = {"openai-responses", read_request, read_whole,
                                               read_event, missing};
