/* SPDX-License-Identifier: MIT */
#include "llm/build.h"

#include "llm/value.h"

void td_llm_builder_init(struct td_llm_builder *builder, struct td_arena *arena)
{
    *builder = (struct td_llm_builder){.arena = arena};
    td_map_init(&builder->places);
    td_buf_init(&builder->no_draft.pieces);
}

void td_llm_builder_release(struct td_llm_builder *builder)
{
    for (struct td_llm_talk *talk = builder->first; talk; talk = talk->next)
        for (struct td_llm_draft *draft = talk->first; draft; draft = draft->next)
            td_buf_release(&draft->pieces);
    td_buf_release(&builder->no_draft.pieces);
    td_map_release(&builder->places);
}

static void *take(struct td_llm_builder *builder, size_t size)
{
    void *piece = td_arena_alloc(builder->arena, size);
    if (!piece)
        builder->failed = true;
    return piece;
}

struct td_bytes td_llm_keep(struct td_llm_builder *builder, struct td_bytes text)
{
    if (!builder->copies || !text.data)
        return text;
    text = td_arena_copy(builder->arena, text);
    if (!text.data)
        builder->failed = true;
    return text;
}

void td_llm_set(struct td_llm_builder *builder, struct td_bytes *slot, struct td_bytes text)
{
    /* A stream says its id and model in each event, and means the same. */
    if (text.data && !(slot->data && td_bytes_equal(*slot, text)))
        *slot = td_llm_keep(builder, text);
}

static void add_talk(struct td_llm_builder *builder, struct td_llm_talk *talk)
{
    *(builder->last ? &builder->last->next : &builder->first) = talk;
    builder->last = talk;
    builder->count++;
}

struct td_llm_talk *td_llm_add_message(struct td_llm_builder *builder, struct td_bytes role,
                                       const struct td_json *node)
{
    struct td_llm_talk *talk = take(builder, sizeof *talk);
    if (!talk)
        return &builder->no_talk;
    talk->choice.message.role = td_llm_keep(builder, role);
    talk->choice.message.node = builder->copies ? NULL : node;
    add_talk(builder, talk);
    return talk;
}

static struct td_hash place_key(int64_t choice, int64_t kind, int64_t a, int64_t b)
{
    const int64_t numbers[] = {choice, kind, a, b};
    return td_hash_bytes(td_bytes((const char *)numbers, sizeof numbers));
}

static void put(struct td_llm_builder *builder, struct td_hash key, void *value)
{
    if (td_map_put(&builder->places, key, value) < 0)
        builder->failed = true;
}

struct td_llm_talk *td_llm_choice(struct td_llm_builder *builder, int64_t index)
{
    struct td_hash key = place_key(index, -1, 0, 0);
    struct td_llm_talk *talk = td_map_get(&builder->places, key);
    if (talk)
        return talk;
    talk = td_llm_add_message(builder, td_bytes(NULL, 0), NULL);
    talk->index = index;
    if (talk != &builder->no_talk)
        put(builder, key, talk);
    return talk;
}

struct td_llm_draft *td_llm_add_part(struct td_llm_builder *builder, struct td_llm_talk *talk,
                                     enum td_llm_part_kind kind, const struct td_json *node)
{
    struct td_llm_draft *draft = talk == &builder->no_talk ? NULL : take(builder, sizeof *draft);
    if (!draft) {
        td_buf_clear(&builder->no_draft.pieces);
        return &builder->no_draft;
    }
    draft->part.kind = kind;
    draft->part.node = builder->copies ? NULL : node;
    td_buf_init(&draft->pieces);
    *(talk->last ? &talk->last->next : &talk->first) = draft;
    talk->last = draft;
    talk->choice.message.part_count++;
    return draft;
}

void td_llm_add_text(struct td_llm_builder *builder, struct td_llm_talk *talk,
                     enum td_llm_part_kind kind, const struct td_json *text)
{
    if (text && text->kind == TD_JSON_STRING)
        td_llm_set(builder, &td_llm_add_part(builder, talk, kind, text)->part.text,
                   td_llm_string(text));
}

void td_llm_say(struct td_llm_builder *builder, struct td_llm_draft *draft, struct td_bytes piece)
{
    td_buf_put_bytes(&draft->pieces, piece);
    builder->failed = builder->failed || td_buf_failed(&draft->pieces);
}

bool td_llm_said_nothing(const struct td_llm_draft *draft)
{
    return !draft->pieces.len && !draft->part.text.len;
}

struct td_llm_draft *td_llm_place(struct td_llm_builder *builder, const struct td_llm_talk *talk,
                                  int64_t kind, int64_t a, int64_t b)
{
    return td_map_get(&builder->places, place_key(talk->index, kind, a, b));
}

void td_llm_place_set(struct td_llm_builder *builder, const struct td_llm_talk *talk, int64_t kind,
                      int64_t a, int64_t b, struct td_llm_draft *draft)
{
    if (draft != &builder->no_draft)
        put(builder, place_key(talk->index, kind, a, b), draft);
}

struct td_llm_draft *td_llm_part_at(struct td_llm_builder *builder, struct td_llm_talk *talk,
                                    enum td_llm_part_kind kind, int64_t a, int64_t b)
{
    struct td_llm_draft *draft = td_llm_place(builder, talk, (int64_t)kind, a, b);
    if (!draft) {
        draft = td_llm_add_part(builder, talk, kind, NULL);
        td_llm_place_set(builder, talk, (int64_t)kind, a, b, draft);
    }
    return draft;
}

struct td_llm_tool *td_llm_add_tool(struct td_llm_builder *builder)
{
    struct td_llm_tool_draft *draft = take(builder, sizeof *draft);
    if (!draft)
        return &builder->no_tool;
    *(builder->last_tool ? &builder->last_tool->next : &builder->first_tool) = draft;
    builder->last_tool = draft;
    builder->request->tool_count++;
    return &draft->tool;
}

void td_llm_tool_schema(struct td_llm_tool *tool, const struct td_json *schema)
{
    tool->schema_node = schema;
    if (schema)
        tool->schema = schema->source;
}

void td_llm_set_error(struct td_llm_builder *builder, struct td_bytes type, struct td_bytes text)
{
    struct td_llm_reply *reply = builder->reply;
    reply->has_error = true;
    td_llm_set(builder, &reply->error_type, type);
    td_llm_set(builder, &reply->error, text);
}

bool td_llm_take_error(struct td_llm_builder *builder, const struct td_json *body)
{
    static const char *const types[] = {"type", "status", "code", "__type"};
    static const char *const texts[] = {"message", "Message", "detail", "msg"};
    const struct td_json *error = td_llm_get(body, "error");
    struct td_bytes type = {0}, text = {0};
    if (!error)
        return false;
    if (error->kind != TD_JSON_OBJECT) {
        td_llm_set_error(builder, type, td_llm_literal(error));
        return true;
    }
    for (size_t i = 0; i < sizeof types / sizeof types[0] && !type.data; i++)
        type = td_llm_literal(td_llm_get(error, types[i]));
    for (size_t i = 0; i < sizeof texts / sizeof texts[0] && !text.data; i++)
        text = td_llm_literal(td_llm_get(error, texts[i]));
    td_llm_set_error(builder, type, text.data ? text : error->source);
    return true;
}

static void finish_parts(struct td_llm_builder *builder, struct td_llm_talk *talk)
{
    struct td_llm_message *message = &talk->choice.message;
    struct td_llm_part *parts = take(builder, message->part_count * sizeof *parts);
    size_t count = 0;
    message->parts = parts;
    for (struct td_llm_draft *draft = talk->first; parts && draft; draft = draft->next) {
        if (draft->pieces.len) {
            draft->part.text = td_arena_copy(builder->arena, td_buf_view(&draft->pieces));
            builder->failed = builder->failed || !draft->part.text.data;
        }
        parts[count++] = draft->part;
    }
}

static void finish_request(struct td_llm_builder *builder)
{
    struct td_llm_request *request = builder->request;
    struct td_llm_message *messages = take(builder, builder->count * sizeof *messages);
    struct td_llm_tool *tools = take(builder, request->tool_count * sizeof *tools);
    struct td_buf path;
    size_t count = 0;
    if (!messages || !tools)
        return;
    td_buf_init(&path);
    for (struct td_llm_talk *talk = builder->first; talk; talk = talk->next) {
        struct td_llm_message *message = &messages[count++];
        *message = talk->choice.message;
        td_buf_clear(&path);
        if (message->node)
            td_json_path(&path, request->root, message->node);
        message->path = td_arena_copy(builder->arena, td_buf_view(&path));
        builder->failed = builder->failed || !message->path.data || td_buf_failed(&path);
    }
    td_buf_release(&path);
    count = 0;
    for (struct td_llm_tool_draft *draft = builder->first_tool; draft; draft = draft->next)
        tools[count++] = draft->tool;
    request->messages = messages;
    request->message_count = builder->count;
    request->tools = tools;
}

static void finish_reply(struct td_llm_builder *builder)
{
    struct td_llm_choice *choices = take(builder, builder->count * sizeof *choices);
    size_t count = 0;
    if (!choices)
        return;
    for (struct td_llm_talk *talk = builder->first; talk; talk = talk->next)
        choices[count++] = talk->choice;
    builder->reply->choices = choices;
    builder->reply->choice_count = count;
}

void td_llm_builder_finish(struct td_llm_builder *builder)
{
    for (struct td_llm_talk *talk = builder->first; talk; talk = talk->next)
        finish_parts(builder, talk);
    if (builder->request)
        finish_request(builder);
    else
        finish_reply(builder);
}
