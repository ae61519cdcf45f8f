/* SPDX-License-Identifier: MIT */
/* OpenAI's chat completions, as everybody speaks them; and the older completions beside them. */
#include "llm/format.h"

/* Places of a stream besides its texts: the call that was begun last. */
enum { LAST_CALL = 100 };

/* Reasoning under the names that vendors gave it. */
static const char *const reasonings[] = {"reasoning_content", "reasoning", "thinking"};

static const struct td_json *reasoning_of(const struct td_json *message)
{
    for (size_t i = 0; i < sizeof reasonings / sizeof reasonings[0]; i++) {
        const struct td_json *text = td_llm_get(message, reasonings[i]);
        if (text && text->kind == TD_JSON_STRING)
            return text;
    }
    return NULL;
}

/* "function", "custom" or, in old messages, the function itself. */
static const struct td_json *function_of(const struct td_json *call)
{
    const struct td_json *function = td_llm_object(call, "function");
    if (!function)
        function = td_llm_object(call, "custom");
    return function ? function : call;
}

static const struct td_json *arguments_of(const struct td_json *function)
{
    const struct td_json *arguments = td_llm_get(function, "arguments");
    return arguments ? arguments : td_llm_get(function, "input");
}

void td_llm_add_chat(struct td_llm_builder *builder, struct td_llm_talk *talk,
                     const struct td_json *message)
{
    struct td_bytes role = td_llm_text(message, "role");
    const struct td_json *reasoning = reasoning_of(message);
    if (reasoning && reasoning->text.len)
        td_llm_add_text(builder, talk, TD_LLM_REASONING, reasoning);
    if (td_llm_is(role, "tool") || td_llm_is(role, "function")) {
        struct td_bytes name = td_llm_text(message, "name");
        struct td_llm_draft *draft =
            td_llm_add_result(builder, talk, message, td_llm_text(message, "tool_call_id"),
                              td_llm_get(message, "content"));
        td_llm_set(builder, &draft->part.name,
                   name.data ? name : td_llm_text(message, "tool_name"));
    } else {
        td_llm_add_content(builder, talk, td_llm_get(message, "content"), TD_LLM_TEXT);
    }
    td_llm_add_text(builder, talk, TD_LLM_REFUSAL, td_llm_get(message, "refusal"));
    const struct td_json *audio = td_llm_object(message, "audio");
    if (audio) {
        td_llm_add_text(builder, talk, TD_LLM_TEXT, td_llm_get(audio, "transcript"));
        td_llm_add_other(builder, talk, audio, TD_BYTES("audio"));
    }
    const struct td_json *call = td_llm_first(message, "tool_calls");
    for (; call; call = call->next) {
        const struct td_json *function = function_of(call);
        td_llm_add_call(builder, talk, call, td_llm_text(call, "id"), td_llm_text(function, "name"),
                        arguments_of(function));
    }
    call = td_llm_object(message, "function_call");
    if (call)
        td_llm_add_call(builder, talk, call, td_bytes(NULL, 0), td_llm_text(call, "name"),
                        arguments_of(call));
}

static void add_tool(struct td_llm_builder *builder, const struct td_json *tool)
{
    struct td_llm_tool *made = td_llm_add_tool(builder);
    const struct td_json *function = function_of(tool);
    const struct td_json *schema = td_llm_object(function, "parameters");
    made->type = td_llm_text(tool, "type");
    made->name = td_llm_text(function, "name");
    made->description = td_llm_text(function, "description");
    td_llm_tool_schema(made, schema ? schema : td_llm_object(function, "format"));
}

void td_llm_add_chat_tools(struct td_llm_builder *builder, const struct td_json *body)
{
    for (const struct td_json *tool = td_llm_first(body, "tools"); tool; tool = tool->next)
        add_tool(builder, tool);
    for (const struct td_json *tool = td_llm_first(body, "functions"); tool; tool = tool->next)
        add_tool(builder, tool);
}

static void read_request(struct td_llm_builder *builder, const struct td_json *body)
{
    const struct td_json *message = td_llm_first(body, "messages");
    for (; message; message = message->next) {
        struct td_llm_talk *talk =
            td_llm_add_message(builder, td_llm_text(message, "role"), message);
        td_llm_add_chat(builder, talk, message);
    }
    const struct td_json *prompt = td_llm_get(body, "prompt");
    if (prompt && !td_llm_get(body, "messages"))
        td_llm_add_content(builder, td_llm_add_message(builder, TD_BYTES("user"), prompt), prompt,
                           TD_LLM_TEXT);
    td_llm_add_chat_tools(builder, body);
}

static void take_usage(struct td_llm_builder *builder, const struct td_json *body)
{
    struct td_llm_usage *usage = &builder->reply->usage;
    const struct td_json *node = td_llm_object(body, "usage");
    if (!node)
        node = td_llm_object(td_llm_object(body, "x_groq"), "usage");
    td_llm_take_number(&usage->input, node, "prompt_tokens");
    td_llm_take_number(&usage->output, node, "completion_tokens");
    td_llm_take_number(&usage->total, node, "total_tokens");
    td_llm_take_number(&usage->cached, node, "prompt_cache_hit_tokens");
    td_llm_take_number(&usage->cached, td_llm_object(node, "prompt_tokens_details"),
                       "cached_tokens");
    td_llm_take_number(&usage->reasoning, td_llm_object(node, "completion_tokens_details"),
                       "reasoning_tokens");
}

static void take_head(struct td_llm_builder *builder, const struct td_json *body)
{
    td_llm_set(builder, &builder->reply->id, td_llm_text(body, "id"));
    td_llm_set(builder, &builder->reply->model, td_llm_text(body, "model"));
    take_usage(builder, body);
}

static void read_whole(struct td_llm_builder *builder, const struct td_json *body)
{
    const struct td_json *choices = td_llm_array(body, "choices");
    take_head(builder, body);
    builder->finished = td_llm_take_error(builder, body) || choices;
    int64_t place = 0;
    for (const struct td_json *choice = choices ? choices->first : NULL; choice;
         choice = choice->next) {
        struct td_llm_talk *talk = td_llm_choice(builder, td_llm_number(choice, "index", place));
        const struct td_json *message = td_llm_object(choice, "message");
        place++;
        talk->choice.message.node = message;
        talk->choice.message.role = td_llm_text(message, "role");
        talk->choice.finish = td_llm_text(choice, "finish_reason");
        td_llm_add_chat(builder, talk, message);
        td_llm_add_text(builder, talk, TD_LLM_TEXT, td_llm_get(choice, "text"));
    }
}

static void say_text(struct td_llm_builder *builder, struct td_llm_talk *talk,
                     enum td_llm_part_kind kind, struct td_bytes text)
{
    if (text.len)
        td_llm_say(builder, td_llm_part_at(builder, talk, kind, 0, 0), text);
}

static void say_content(struct td_llm_builder *builder, struct td_llm_talk *talk,
                        const struct td_json *content)
{
    say_text(builder, talk, TD_LLM_TEXT, td_llm_string(content));
    if (!content || content->kind != TD_JSON_ARRAY)
        return;
    for (const struct td_json *block = content->first; block; block = block->next) {
        say_text(builder, talk, TD_LLM_TEXT, td_llm_text(block, "text"));
        say_text(builder, talk, TD_LLM_REASONING, td_llm_text(block, "thinking"));
        const struct td_json *thought = td_llm_first(block, "thinking");
        for (; thought; thought = thought->next)
            say_text(builder, talk, TD_LLM_REASONING, td_llm_text(thought, "text"));
    }
}

/* The call that a piece belongs to. Not every vendor counts its calls, and some give all of them
 * the same number: another id is another call. */
static struct td_llm_draft *call_of(struct td_llm_builder *builder, struct td_llm_talk *talk,
                                    const struct td_json *call)
{
    int64_t index = td_llm_number(call, "index", -1);
    struct td_bytes id = td_llm_text(call, "id");
    struct td_llm_draft *draft = index >= 0
                                     ? td_llm_place(builder, talk, TD_LLM_TOOL_CALL, index, 0)
                                     : td_llm_place(builder, talk, LAST_CALL, 0, 0);
    bool other = draft && id.len && draft->part.id.len && !td_bytes_equal(id, draft->part.id);
    if (!draft || other || (index < 0 && id.len && !draft->part.id.len)) {
        draft = td_llm_add_part(builder, talk, TD_LLM_TOOL_CALL, NULL);
        if (index >= 0)
            td_llm_place_set(builder, talk, TD_LLM_TOOL_CALL, index, 0, draft);
        td_llm_place_set(builder, talk, LAST_CALL, 0, 0, draft);
    }
    return draft;
}

static void say_call(struct td_llm_builder *builder, struct td_llm_draft *draft,
                     const struct td_json *call)
{
    const struct td_json *function = function_of(call);
    struct td_bytes id = td_llm_text(call, "id"), name = td_llm_text(function, "name");
    if (id.len)
        td_llm_set(builder, &draft->part.id, id);
    if (name.len)
        td_llm_set(builder, &draft->part.name, name);
    td_llm_say(builder, draft, td_llm_literal(arguments_of(function)));
}

static void read_delta(struct td_llm_builder *builder, struct td_llm_talk *talk,
                       const struct td_json *delta)
{
    struct td_bytes role = td_llm_text(delta, "role");
    if (role.len)
        td_llm_set(builder, &talk->choice.message.role, role);
    say_text(builder, talk, TD_LLM_REASONING, td_llm_string(reasoning_of(delta)));
    say_content(builder, talk, td_llm_get(delta, "content"));
    say_text(builder, talk, TD_LLM_REFUSAL, td_llm_text(delta, "refusal"));
    say_text(builder, talk, TD_LLM_TEXT, td_llm_text(td_llm_object(delta, "audio"), "transcript"));
    const struct td_json *call = td_llm_first(delta, "tool_calls");
    for (; call; call = call->next)
        say_call(builder, call_of(builder, talk, call), call);
    call = td_llm_object(delta, "function_call");
    if (call)
        say_call(builder, td_llm_part_at(builder, talk, TD_LLM_TOOL_CALL, 0, 0), call);
}

static void read_event(struct td_llm_builder *builder, struct td_bytes type,
                       const struct td_json *data)
{
    (void)type;
    take_head(builder, data);
    if (td_llm_take_error(builder, data))
        builder->finished = true;
    const struct td_json *choice = td_llm_first(data, "choices");
    for (; choice; choice = choice->next) {
        struct td_llm_talk *talk = td_llm_choice(builder, td_llm_number(choice, "index", 0));
        read_delta(builder, talk, td_llm_object(choice, "delta"));
        say_text(builder, talk, TD_LLM_TEXT, td_llm_text(choice, "text"));
        td_llm_set(builder, &talk->choice.finish, td_llm_text(choice, "finish_reason"));
    }
}

static const char *missing(const struct td_llm_builder *builder)
{
    if (builder->done || builder->finished)
        return NULL;
    if (!builder->bedrock_invoke)
        return "the stream ends without '[DONE]'";
    /* Bedrock carries the pieces, and leaves their end to its own frames. */
    bool told = builder->first;
    for (const struct td_llm_talk *talk = builder->first; talk; talk = talk->next)
        told = told && talk->choice.finish.len;
    return told ? NULL : "the stream ends without a finish reason";
}

const struct td_llm_format td_llm_chat = {"openai-chat", read_request, read_whole, read_event,
                                          missing};
