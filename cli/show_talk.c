/* SPDX-License-Identifier: MIT */
/* tapedeck show: what was said to a language model, and what it said. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"
#include "show.h"

int talk_read(struct talk *talk, const struct td_interaction *interaction)
{
    *talk = (struct talk){0};
    int status = td_llm_request_read(interaction, &talk->request, NULL);
    if (status == 0)
        status = td_llm_reply_read(interaction, &talk->reply, NULL);
    if (status < 0)
        talk_free(talk);
    return status;
}

void talk_free(struct talk *talk)
{
    td_llm_request_free(talk->request);
    td_llm_reply_free(talk->reply);
    *talk = (struct talk){0};
}

static void put(FILE *out, struct td_bytes text)
{
    fwrite(text.data ? text.data : "", 1, text.len, out);
}

static void put_tokens(FILE *out, const struct td_llm_usage *usage)
{
    const struct {
        int64_t tokens;
        const char *what;
    } counts[] = {
        {usage->input, "in"},          {usage->output, "out"},
        {usage->total, "in all"},      {usage->cached, "from the cache"},
        {usage->cache_write, "to it"}, {usage->reasoning, "for reasoning"},
    };
    const char *between = "";
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        /* That none were cached is no news. */
        if (counts[i].tokens < 0 || (i > 2 && !counts[i].tokens))
            continue;
        fprintf(out, "%s%" PRId64 " %s", between, counts[i].tokens, counts[i].what);
        between = ", ";
    }
}

/* The model: as the answer names it, else as it was asked for. */
static struct td_bytes model_of(const struct talk *talk)
{
    if (talk->reply && talk->reply->model.len)
        return talk->reply->model;
    return talk->request ? talk->request->model : (struct td_bytes){0};
}

void talk_print_line(const struct talk *talk)
{
    const struct td_llm_reply *reply = talk->reply;
    struct td_bytes model = model_of(talk);
    if (!talk->request && !reply)
        return;
    fputs("   model     ", stdout);
    if (model.len)
        report_bytes(stdout, model.data, model.len);
    printf("%s(%s)", model.len ? " " : "",
           td_llm_api_name(reply ? reply->api : talk->request->api));
    for (size_t i = 0; reply && i < reply->choice_count; i++) {
        struct td_bytes finish = reply->choices[i].finish;
        if (finish.len) {
            fputs(", ", stdout);
            report_bytes(stdout, finish.data, finish.len);
        }
    }
    if (reply && reply->usage.input >= 0 && reply->usage.output >= 0)
        printf(", %" PRId64 " tokens in, %" PRId64 " out", reply->usage.input, reply->usage.output);
    if (reply && reply->has_error) {
        fputs(", error", stdout);
        if (reply->error_type.len)
            putchar(' ');
        report_bytes(stdout, reply->error_type.data, reply->error_type.len);
    }
    if (reply && reply->incomplete)
        fputs(", incomplete", stdout);
    putchar('\n');
}

/* A line that is put together first, because it is wrapped as a whole. */
static void print_labelled(const struct terminal *terminal, const char *style,
                           struct td_bytes label, FILE *text, char **data, const size_t *len)
{
    if (text)
        fclose(text);
    if (*data)
        terminal_labelled(terminal, style, label.data ? label.data : "", label.len, *data, *len);
    free(*data);
}

static void put_part(FILE *out, const struct td_llm_part *part)
{
    switch (part->kind) {
    case TD_LLM_TEXT:
        break;
    case TD_LLM_REASONING:
        fputs(part->name.len ? "[reasoning, encrypted] " : "[reasoning] ", out);
        break;
    case TD_LLM_REFUSAL:
        fputs("[refusal] ", out);
        break;
    case TD_LLM_TOOL_CALL:
        fputs("[call] ", out);
        put(out, part->name);
        fputc(' ', out);
        break;
    case TD_LLM_TOOL_RESULT:
        fputs(part->failed ? "[error] " : "[result] ", out);
        put(out, part->name);
        fputs(part->name.len ? " " : "", out);
        break;
    case TD_LLM_MEDIA:
    case TD_LLM_OTHER:
        fputc('[', out);
        put(out, part->name);
        if (part->size)
            fprintf(out, ", %zu characters of data", part->size);
        fputs("] ", out);
        break;
    }
    put(out, part->text);
    if (part->id.len) {
        fputs("  (", out);
        put(out, part->id);
        fputc(')', out);
    }
}

static const char *style_of(struct td_bytes role)
{
    static const struct {
        const char *role, *style;
    } styles[] = {
        {"user", STYLE_GREEN},  {"assistant", STYLE_BLUE},  {"model", STYLE_BLUE},
        {"tool", STYLE_YELLOW}, {"function", STYLE_YELLOW},
    };
    for (size_t i = 0; i < sizeof styles / sizeof *styles; i++)
        if (strlen(styles[i].role) == role.len && memcmp(styles[i].role, role.data, role.len) == 0)
            return styles[i].style;
    return STYLE_DIM;
}

static void print_message(const struct terminal *terminal, const struct td_llm_message *message)
{
    struct td_bytes role = message->role;
    if (!role.len)
        role = (struct td_bytes){"?", 1};
    const char *style = style_of(role);
    if (!message->part_count)
        terminal_labelled(terminal, style, role.data, role.len, "(nothing)", 9);
    for (size_t i = 0; i < message->part_count; i++) {
        char *data = NULL;
        size_t len = 0;
        FILE *text = open_memstream(&data, &len);
        if (text)
            put_part(text, &message->parts[i]);
        /* The role once, then what else it says below. */
        print_labelled(terminal, style, i ? (struct td_bytes){"", 0} : role, text, &data, &len);
    }
}

/* Its name, and the first line of what it is said to do. */
static void print_tool(const struct terminal *terminal, const struct td_llm_tool *tool, bool first)
{
    char *data = NULL;
    size_t len = 0;
    FILE *text = open_memstream(&data, &len);
    if (text) {
        const char *end = tool->description.len
                              ? memchr(tool->description.data, '\n', tool->description.len)
                              : NULL;
        put(text, tool->name.len ? tool->name : tool->type);
        fputs(tool->description.len ? ": " : "", text);
        put(text,
            end ? (struct td_bytes){tool->description.data, (size_t)(end - tool->description.data)}
                : tool->description);
    }
    print_labelled(terminal, STYLE_DIM,
                   first ? (struct td_bytes){"tools", 5} : (struct td_bytes){"", 0}, text, &data,
                   &len);
}

static void print_text(const struct terminal *terminal, const char *style, const char *label,
                       const char *text)
{
    terminal_labelled(terminal, style, label, strlen(label), text, strlen(text));
}

/* "--- asked: gpt-4o (openai-chat), 16 events" */
static void print_heading(const struct terminal *terminal, const char *what, struct td_bytes model,
                          enum td_llm_api api, bool bedrock_invoke, const char *stream,
                          size_t events)
{
    char *data = NULL;
    size_t len = 0;
    FILE *text = open_memstream(&data, &len);
    if (text) {
        fprintf(text, "%s: ", what);
        put(text, model);
        fprintf(text, "%s(%s%s)%s", model.len ? " " : "", td_llm_api_name(api),
                bedrock_invoke ? ", in Bedrock's InvokeModel" : "", stream);
        if (events)
            fprintf(text, ", %zu event%s", events, events == 1 ? "" : "s");
        fclose(text);
    }
    if (data)
        terminal_heading(terminal, data);
    free(data);
}

static void print_request(const struct terminal *terminal, const struct td_llm_request *request)
{
    print_heading(terminal, "asked", request->model, request->api, request->bedrock_invoke,
                  request->stream ? ", for a stream" : "", 0);
    if (request->problem)
        print_text(terminal, STYLE_RED, "unreadable", request->problem);
    for (size_t i = 0; i < request->tool_count; i++)
        print_tool(terminal, &request->tools[i], i == 0);
    for (size_t i = 0; i < request->message_count; i++)
        print_message(terminal, &request->messages[i]);
}

static void print_ends(const struct terminal *terminal, const struct td_llm_reply *reply)
{
    const struct td_llm_usage *usage = &reply->usage;
    if (usage->input >= 0 || usage->output >= 0 || usage->total >= 0) {
        char *data = NULL;
        size_t len = 0;
        FILE *text = open_memstream(&data, &len);
        if (text)
            put_tokens(text, usage);
        print_labelled(terminal, STYLE_DIM, (struct td_bytes){"tokens", 6}, text, &data, &len);
    }
    if (reply->has_error) {
        char *data = NULL;
        size_t len = 0;
        FILE *text = open_memstream(&data, &len);
        if (text) {
            put(text, reply->error_type);
            fputs(reply->error_type.len && reply->error.len ? ": " : "", text);
            put(text, reply->error);
        }
        print_labelled(terminal, STYLE_RED, (struct td_bytes){"error", 5}, text, &data, &len);
    }
    if (reply->incomplete)
        print_text(terminal, STYLE_RED, "incomplete", reply->incomplete);
}

static void print_reply(const struct terminal *terminal, const struct td_llm_reply *reply)
{
    print_heading(terminal, "answered", reply->model, reply->api, reply->bedrock_invoke,
                  reply->streamed ? ", streamed" : "", reply->event_count);
    for (size_t i = 0; i < reply->choice_count; i++) {
        const struct td_llm_choice *choice = &reply->choices[i];
        print_message(terminal, &choice->message);
        if (choice->finish.len)
            terminal_labelled(terminal, STYLE_DIM, "finish", 6, choice->finish.data,
                              choice->finish.len);
    }
    print_ends(terminal, reply);
}

void talk_print(const struct terminal *terminal, const struct talk *talk)
{
    if (talk->request)
        print_request(terminal, talk->request);
    if (talk->reply)
        print_reply(terminal, talk->reply);
}
