/* SPDX-License-Identifier: MIT */
/* tapedeck show --format json: the same for a program. */
#include "report.h"
#include "show.h"

static void put(struct report_json *json, const char *key, struct td_bytes text)
{
    if (text.data)
        report_json_bytes(json, key, text.data, text.len);
}

static void put_count(struct report_json *json, const char *key, int64_t count)
{
    if (count >= 0)
        report_json_number(json, key, count);
}

static void put_part(struct report_json *json, const struct td_llm_part *part)
{
    report_json_object(json, NULL);
    report_json_string(json, "kind", td_llm_part_kind_name(part->kind));
    put(json, "id", part->id);
    put(json, "name", part->name);
    put(json, part->kind == TD_LLM_TOOL_CALL ? "arguments" : "text", part->text);
    if (part->size)
        report_json_number(json, "size", (int64_t)part->size);
    if (part->failed)
        report_json_bool(json, "failed", true);
    report_json_end_object(json);
}

/* The members of a message; its object is the caller's. */
static void put_message(struct report_json *json, const struct td_llm_message *message)
{
    put(json, "role", message->role);
    if (message->path.len)
        put(json, "path", message->path);
    report_json_array(json, "parts");
    for (size_t i = 0; i < message->part_count; i++)
        put_part(json, &message->parts[i]);
    report_json_end_array(json);
}

static void put_request(struct report_json *json, const struct td_llm_request *request)
{
    report_json_object(json, "request");
    report_json_string(json, "api", td_llm_api_name(request->api));
    put(json, "model", request->model);
    report_json_bool(json, "stream", request->stream);
    if (request->bedrock_invoke)
        report_json_bool(json, "bedrock_invoke", true);
    if (request->problem)
        report_json_string(json, "problem", request->problem);
    report_json_array(json, "messages");
    for (size_t i = 0; i < request->message_count; i++) {
        report_json_object(json, NULL);
        put_message(json, &request->messages[i]);
        report_json_end_object(json);
    }
    report_json_end_array(json);
    report_json_array(json, "tools");
    for (size_t i = 0; i < request->tool_count; i++) {
        const struct td_llm_tool *tool = &request->tools[i];
        report_json_object(json, NULL);
        put(json, "type", tool->type);
        put(json, "name", tool->name);
        put(json, "description", tool->description);
        put(json, "schema", tool->schema);
        report_json_end_object(json);
    }
    report_json_end_array(json);
    report_json_end_object(json);
}

static void put_usage(struct report_json *json, const struct td_llm_usage *usage)
{
    report_json_object(json, "usage");
    put_count(json, "input", usage->input);
    put_count(json, "output", usage->output);
    put_count(json, "total", usage->total);
    put_count(json, "cached", usage->cached);
    put_count(json, "cache_write", usage->cache_write);
    put_count(json, "reasoning", usage->reasoning);
    report_json_end_object(json);
}

static void put_reply(struct report_json *json, const struct td_llm_reply *reply)
{
    report_json_object(json, "reply");
    report_json_string(json, "api", td_llm_api_name(reply->api));
    put(json, "id", reply->id);
    put(json, "model", reply->model);
    report_json_bool(json, "streamed", reply->streamed);
    if (reply->streamed)
        report_json_number(json, "events", (int64_t)reply->event_count);
    if (reply->bedrock_invoke)
        report_json_bool(json, "bedrock_invoke", true);
    report_json_bool(json, "complete", reply->complete);
    if (reply->incomplete)
        report_json_string(json, "incomplete", reply->incomplete);
    report_json_array(json, "choices");
    for (size_t i = 0; i < reply->choice_count; i++) {
        report_json_object(json, NULL);
        put_message(json, &reply->choices[i].message);
        put(json, "finish", reply->choices[i].finish);
        report_json_end_object(json);
    }
    report_json_end_array(json);
    put_usage(json, &reply->usage);
    if (reply->has_error) {
        report_json_object(json, "error");
        put(json, "type", reply->error_type);
        put(json, "message", reply->error);
        report_json_end_object(json);
    }
    report_json_end_object(json);
}

static int put_timeline(struct report_json *json, const struct td_interaction *interaction)
{
    struct timeline timeline;
    size_t len;
    int64_t at;
    if (timeline_read(&timeline, interaction) < 0)
        return TD_ERR_NOMEM;
    if (!timeline.count)
        return 0;
    report_json_object(json, "timeline");
    report_json_number(json, "first_ns", timeline.first);
    report_json_number(json, "last_ns", timeline.last);
    if (timeline.count > 1) {
        report_json_number(json, "median_gap_ns", timeline.median_gap);
        report_json_number(json, "longest_gap_ns", timeline.longest_gap);
        report_json_number(json, "longest_gap_before", (int64_t)timeline.longest_before);
    }
    report_json_array(json, "chunks");
    for (size_t i = 0; td_interaction_arrival(interaction, i, &len, &at); i++) {
        report_json_object(json, NULL);
        report_json_number(json, "bytes", (int64_t)len);
        report_json_number(json, "at_ns", at);
        report_json_end_object(json);
    }
    report_json_end_array(json);
    report_json_end_object(json);
    return 0;
}

static void put_side(struct report_json *json, const struct td_interaction *interaction,
                     enum td_side side)
{
    size_t len;
    td_interaction_body(interaction, side, &len);
    report_json_object(json, side == TD_REQUEST ? "request_message" : "response_message");
    report_json_string(json, "protocol", td_interaction_protocol(interaction, side));
    report_json_array(json, "headers");
    for (size_t i = 0; i < td_interaction_header_count(interaction, side); i++) {
        report_json_array(json, NULL);
        report_json_string(json, NULL, td_interaction_header_name(interaction, side, i));
        report_json_string(json, NULL, td_interaction_header_value(interaction, side, i));
        report_json_end_array(json);
    }
    report_json_end_array(json);
    report_json_number(json, "body_bytes", (int64_t)len);
    report_json_end_object(json);
}

static int put_interaction(struct report_json *json, const struct td_interaction *interaction)
{
    struct talk talk;
    size_t chunks = td_interaction_chunk_count(interaction);
    int status = talk_read(&talk, interaction);
    if (status < 0)
        return status;
    report_json_object(json, NULL);
    report_json_number(json, "id", td_interaction_id(interaction));
    report_json_number(json, "line", td_interaction_line(interaction));
    report_json_string(json, "method", td_interaction_method(interaction));
    report_json_string(json, "url", td_interaction_url(interaction));
    report_json_number(json, "code", td_interaction_code(interaction));
    report_json_number(json, "duration_ns", td_interaction_duration(interaction));
    if (chunks != SIZE_MAX)
        report_json_number(json, "chunks", (int64_t)chunks);
    if (*td_interaction_broken(interaction))
        report_json_string(json, "broken", td_interaction_broken(interaction));
    put_side(json, interaction, TD_REQUEST);
    put_side(json, interaction, TD_RESPONSE);
    if (talk.request)
        put_request(json, talk.request);
    if (talk.reply)
        put_reply(json, talk.reply);
    talk_free(&talk);
    status = put_timeline(json, interaction);
    report_json_end_object(json);
    return status;
}

int show_print_json(const char *path, const struct td_cassette *cassette,
                    const struct td_interaction *only)
{
    struct report_json json = {.out = stdout};
    int status = 0;
    report_json_object(&json, NULL);
    report_json_string(&json, "cassette", path);
    report_json_array(&json, "interactions");
    for (size_t i = 0; i < td_cassette_count(cassette) && status == 0; i++) {
        const struct td_interaction *interaction = td_cassette_at(cassette, i);
        if (!only || only == interaction)
            status = put_interaction(&json, interaction);
    }
    report_json_end_array(&json);
    report_json_end_object(&json);
    return status;
}
