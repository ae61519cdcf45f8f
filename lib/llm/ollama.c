/* SPDX-License-Identifier: MIT */
/* Ollama's own /api/chat and /api/generate: a line of JSON for each piece, and the last says
 * "done". */
#include "llm/format.h"

static void read_request(struct td_llm_builder *builder, const struct td_json *body)
{
    const struct td_json *system = td_llm_get(body, "system");
    const struct td_json *prompt = td_llm_get(body, "prompt");
    if (system)
        td_llm_add_content(builder, td_llm_add_message(builder, TD_BYTES("system"), system), system,
                           TD_LLM_TEXT);
    if (prompt)
        td_llm_add_content(builder, td_llm_add_message(builder, TD_BYTES("user"), prompt), prompt,
                           TD_LLM_TEXT);
    const struct td_json *message = td_llm_first(body, "messages");
    for (; message; message = message->next) {
        struct td_llm_talk *talk =
            td_llm_add_message(builder, td_llm_text(message, "role"), message);
        td_llm_add_chat(builder, talk, message);
        const struct td_json *image = td_llm_first(message, "images");
        for (; image; image = image->next)
            td_llm_add_data(builder, talk, image, TD_BYTES("image"), td_llm_string(image));
    }
    td_llm_add_chat_tools(builder, body);
}

static void say(struct td_llm_builder *builder, struct td_llm_talk *talk,
                enum td_llm_part_kind kind, struct td_bytes text)
{
    if (text.len)
        td_llm_say(builder, td_llm_part_at(builder, talk, kind, 0, 0), text);
}

/* All but what was said. NULL where it is an error. */
static struct td_llm_talk *take_head(struct td_llm_builder *builder, const struct td_json *data)
{
    struct td_llm_usage *usage = &builder->reply->usage;
    if (td_llm_take_error(builder, data)) {
        builder->finished = true;
        return NULL;
    }
    struct td_llm_talk *talk = td_llm_choice(builder, 0);
    td_llm_set(builder, &builder->reply->model, td_llm_text(data, "model"));
    td_llm_set(builder, &talk->choice.message.role,
               td_llm_text(td_llm_object(data, "message"), "role"));
    td_llm_set(builder, &talk->choice.finish, td_llm_text(data, "done_reason"));
    td_llm_take_number(&usage->input, data, "prompt_eval_count");
    td_llm_take_number(&usage->output, data, "eval_count");
    builder->finished = builder->finished || td_llm_true(data, "done");
    return talk;
}

static void read_event(struct td_llm_builder *builder, struct td_bytes type,
                       const struct td_json *data)
{
    const struct td_json *message = td_llm_object(data, "message");
    const struct td_json *said = message ? message : data;
    struct td_llm_talk *talk = take_head(builder, data);
    (void)type;
    if (!talk)
        return;
    say(builder, talk, TD_LLM_REASONING, td_llm_text(said, "thinking"));
    say(builder, talk, TD_LLM_TEXT, td_llm_text(said, message ? "content" : "response"));
    const struct td_json *call = td_llm_first(message, "tool_calls");
    for (; call; call = call->next) {
        const struct td_json *function = td_llm_object(call, "function");
        td_llm_add_call(builder, talk, call, td_llm_text(call, "id"), td_llm_text(function, "name"),
                        td_llm_get(function, "arguments"));
    }
}

static void read_whole(struct td_llm_builder *builder, const struct td_json *body)
{
    const struct td_json *message = td_llm_object(body, "message");
    struct td_llm_talk *talk = take_head(builder, body);
    if (!talk)
        return;
    talk->choice.message.node = message;
    td_llm_add_chat(builder, talk, message ? message : body);
    td_llm_add_text(builder, talk, TD_LLM_TEXT, td_llm_get(body, "response"));
}

static const char *missing(const struct td_llm_builder *builder)
{
    return builder->finished ? NULL : "the stream ends without 'done'";
}

const struct td_llm_format td_llm_ollama = {"ollama", read_request, read_whole, read_event,
                                            missing};
