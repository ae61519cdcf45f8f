/* SPDX-License-Identifier: MIT */
/* What there is to know about each API: how its bodies and events are read, and when a stream of
 * it is whole. The files chat.c, responses.c, anthropic.c, gemini.c, converse.c and ollama.c. */
#ifndef TD_LLM_FORMAT_H
#define TD_LLM_FORMAT_H

#include "llm/build.h"
#include "llm/value.h"

struct td_llm_format {
    const char *name;
    void (*request)(struct td_llm_builder *builder, const struct td_json *body);
    /* A reply that is one document; sets `finished` where it is one. */
    void (*whole)(struct td_llm_builder *builder, const struct td_json *body);
    /* An event of a stream; `type` is what its envelope says, and may be empty. */
    void (*event)(struct td_llm_builder *builder, struct td_bytes type, const struct td_json *data);
    /* Why a stream is not whole; NULL where it is. */
    const char *(*missing)(const struct td_llm_builder *builder);
};

extern const struct td_llm_format td_llm_chat, td_llm_responses, td_llm_anthropic, td_llm_gemini,
    td_llm_converse, td_llm_ollama;

/* NULL for TD_LLM_NONE. */
const struct td_llm_format *td_llm_format_of(enum td_llm_api api);

/*
 * Content blocks, as OpenAI and Anthropic have them: objects whose "type" says what they are. A
 * string is a text. `text` is the kind of a plain text.
 */
void td_llm_add_content(struct td_llm_builder *builder, struct td_llm_talk *talk,
                        const struct td_json *content, enum td_llm_part_kind text);
void td_llm_add_block(struct td_llm_builder *builder, struct td_llm_talk *talk,
                      const struct td_json *block, enum td_llm_part_kind text);
/* What a tool answered: a string, or blocks whose texts are joined (media become parts of their
 * own), or any JSON. */
struct td_llm_draft *td_llm_add_result(struct td_llm_builder *builder, struct td_llm_talk *talk,
                                       const struct td_json *node, struct td_bytes id,
                                       const struct td_json *content);
struct td_llm_draft *td_llm_add_call(struct td_llm_builder *builder, struct td_llm_talk *talk,
                                     const struct td_json *node, struct td_bytes id,
                                     struct td_bytes name, const struct td_json *arguments);
/* An image, sound or file, or what is not known at all: only its type, and where it can be had. */
void td_llm_add_other(struct td_llm_builder *builder, struct td_llm_talk *talk,
                      const struct td_json *node, struct td_bytes type);
/* Data that is told by its size only; `type` is its media type. */
void td_llm_add_data(struct td_llm_builder *builder, struct td_llm_talk *talk,
                     const struct td_json *node, struct td_bytes type, struct td_bytes data);

/* Parts of a chat message that was said whole; `message` may be a request's or a reply's. */
void td_llm_add_chat(struct td_llm_builder *builder, struct td_llm_talk *talk,
                     const struct td_json *message);
/* The tools of OpenAI's and Ollama's requests. */
void td_llm_add_chat_tools(struct td_llm_builder *builder, const struct td_json *body);

#endif
