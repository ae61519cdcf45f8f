/* SPDX-License-Identifier: MIT */
/* Content blocks with a "type": the parts of messages at OpenAI, Anthropic and those who copy
 * them. */
#include "llm/format.h"

/* One row for each type of block that says something. */
static const struct {
    const char *type;
    enum td_llm_part_kind kind;
    const char *text; /* the member that holds what was said */
} texts[] = {
    {"text", TD_LLM_TEXT, "text"},
    {"input_text", TD_LLM_TEXT, "text"},
    {"output_text", TD_LLM_TEXT, "text"},
    {"summary_text", TD_LLM_REASONING, "text"},
    {"reasoning_text", TD_LLM_REASONING, "text"},
    {"thinking", TD_LLM_REASONING, "thinking"},
    {"redacted_thinking", TD_LLM_REASONING, "redacted"},
    {"refusal", TD_LLM_REFUSAL, "refusal"},
};

void td_llm_add_data(struct td_llm_builder *builder, struct td_llm_talk *talk,
                     const struct td_json *node, struct td_bytes type, struct td_bytes data)
{
    struct td_llm_part *part = &td_llm_add_part(builder, talk, TD_LLM_MEDIA, node)->part;
    part->size = data.len;
    td_llm_set(builder, &part->name, type);
}

/* A URL of the scheme "data:" is told by its media type and its size. */
static void add_url(struct td_llm_builder *builder, struct td_llm_talk *talk,
                    const struct td_json *node, struct td_bytes type, struct td_bytes url)
{
    const char *comma = td_llm_starts(url, "data:") ? memchr(url.data, ',', url.len) : NULL;
    if (!comma) {
        struct td_llm_part *part = &td_llm_add_part(builder, talk, TD_LLM_MEDIA, node)->part;
        td_llm_set(builder, &part->name, type);
        td_llm_set(builder, &part->text, url);
        return;
    }
    struct td_bytes media = td_bytes(url.data + 5, (size_t)(comma - url.data) - 5);
    const char *semicolon = memchr(media.data, ';', media.len);
    if (semicolon)
        media.len = (size_t)(semicolon - media.data);
    td_llm_add_data(builder, talk, node, media.len ? media : type,
                    td_bytes(comma + 1, (size_t)(url.data + url.len - comma) - 1));
}

void td_llm_add_other(struct td_llm_builder *builder, struct td_llm_talk *talk,
                      const struct td_json *node, struct td_bytes type)
{
    /* Where a block of this API or that keeps its data, its type, and the place of its data. */
    static const char *const insides[] = {"source",     "input_audio", "audio", "file",
                                          "inlineData", "inline_data", NULL};
    static const char *const datas[] = {"data", "file_data", "bytes", "result"};
    static const char *const medias[] = {"media_type", "mimeType", "mime_type", "format"};
    static const char *const urls[] = {"image_url", "video_url", "file_url", "url",
                                       "uri",       "fileUri",   "file_id",  "filename"};
    struct td_bytes media = {0}, url;
    for (size_t i = 0; i < sizeof insides / sizeof insides[0]; i++) {
        const struct td_json *inside = insides[i] ? td_llm_object(node, insides[i]) : node;
        for (size_t k = 0; k < sizeof medias / sizeof medias[0] && !media.data; k++)
            media = td_llm_text(inside, medias[k]);
        for (size_t k = 0; k < sizeof datas / sizeof datas[0]; k++) {
            struct td_bytes data = td_llm_text(inside, datas[k]);
            if (td_llm_starts(data, "data:"))
                return add_url(builder, talk, node, type, data);
            if (data.data)
                return td_llm_add_data(builder, talk, node, media.data ? media : type, data);
        }
        for (size_t k = 0; k < sizeof urls / sizeof urls[0]; k++) {
            url = td_llm_text(inside, urls[k]);
            if (!url.data)
                url = td_llm_text(td_llm_object(inside, urls[k]), "url");
            if (url.data)
                return add_url(builder, talk, node, media.data ? media : type, url);
        }
    }
    struct td_llm_part *part = &td_llm_add_part(builder, talk, TD_LLM_OTHER, node)->part;
    td_llm_set(builder, &part->name, type);
}

struct td_llm_draft *td_llm_add_call(struct td_llm_builder *builder, struct td_llm_talk *talk,
                                     const struct td_json *node, struct td_bytes id,
                                     struct td_bytes name, const struct td_json *arguments)
{
    struct td_llm_draft *draft = td_llm_add_part(builder, talk, TD_LLM_TOOL_CALL, node);
    td_llm_set(builder, &draft->part.id, id);
    td_llm_set(builder, &draft->part.name, name);
    td_llm_set(builder, &draft->part.text, td_llm_literal(arguments));
    return draft;
}

/* What a block of a tool's answer says as text; no data where it is something else. */
static struct td_bytes result_text(const struct td_json *block)
{
    if (block->kind == TD_JSON_STRING)
        return td_llm_string(block);
    struct td_bytes text = td_llm_text(block, "text");
    return text.data ? text : td_llm_literal(td_llm_get(block, "json"));
}

struct td_llm_draft *td_llm_add_result(struct td_llm_builder *builder, struct td_llm_talk *talk,
                                       const struct td_json *node, struct td_bytes id,
                                       const struct td_json *content)
{
    struct td_llm_draft *draft = td_llm_add_part(builder, talk, TD_LLM_TOOL_RESULT, node);
    td_llm_set(builder, &draft->part.id, id);
    if (!content || content->kind != TD_JSON_ARRAY) {
        td_llm_set(builder, &draft->part.text, td_llm_literal(content));
        return draft;
    }
    td_llm_set(builder, &draft->part.text, TD_BYTES(""));
    for (const struct td_json *block = content->first; block; block = block->next) {
        struct td_bytes text = result_text(block);
        if (!text.data) {
            struct td_bytes type = td_llm_text(block, "type");
            td_llm_add_other(builder, talk, block, type.data ? type : TD_BYTES("content"));
            continue;
        }
        if (draft->pieces.len)
            td_llm_say(builder, draft, TD_BYTES("\n"));
        td_llm_say(builder, draft, text);
    }
    return draft;
}

void td_llm_add_block(struct td_llm_builder *builder, struct td_llm_talk *talk,
                      const struct td_json *block, enum td_llm_part_kind text)
{
    struct td_bytes type = td_llm_text(block, "type");
    if (block->kind == TD_JSON_STRING) {
        td_llm_add_text(builder, talk, text, block);
        return;
    }
    if (!type.data && td_llm_text(block, "text").data)
        type = TD_BYTES("text");
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (!td_llm_is(type, texts[i].type))
            continue;
        enum td_llm_part_kind kind = texts[i].kind == TD_LLM_TEXT ? text : texts[i].kind;
        const struct td_json *said = td_llm_get(block, texts[i].text);
        if (said && said->kind == TD_JSON_ARRAY) {
            /* Thinking that is blocks itself. They are not looked into any further. */
            struct td_llm_draft *draft = td_llm_add_part(builder, talk, kind, block);
            for (said = said->first; said; said = said->next)
                td_llm_say(builder, draft, td_llm_text(said, "text"));
            return;
        }
        struct td_llm_part *part = &td_llm_add_part(builder, talk, kind, block)->part;
        td_llm_set(builder, &part->text, td_llm_string(said));
        if (kind == TD_LLM_REASONING && !said)
            td_llm_set(builder, &part->name, type);
        return;
    }
    if (td_llm_ends(type, "tool_use")) {
        td_llm_add_call(builder, talk, block, td_llm_text(block, "id"), td_llm_text(block, "name"),
                        td_llm_get(block, "input"));
    } else if (td_llm_ends(type, "tool_result")) {
        td_llm_add_result(builder, talk, block, td_llm_text(block, "tool_use_id"),
                          td_llm_get(block, "content"))
            ->part.failed = td_llm_true(block, "is_error");
    } else {
        td_llm_add_other(builder, talk, block, type.data ? type : TD_BYTES("content"));
    }
}

void td_llm_add_content(struct td_llm_builder *builder, struct td_llm_talk *talk,
                        const struct td_json *content, enum td_llm_part_kind text)
{
    if (!content)
        return;
    if (content->kind != TD_JSON_ARRAY) {
        td_llm_add_block(builder, talk, content, text);
        return;
    }
    for (const struct td_json *block = content->first; block; block = block->next)
        td_llm_add_block(builder, talk, block, text);
}
