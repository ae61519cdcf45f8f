/* SPDX-License-Identifier: MIT */
/*
 * Putting a request or a reply together: messages of parts, in any order, piece by piece. Whatever
 * a reader asks for it gets, also where memory has run out: it then fills in something that nobody
 * looks at, and `failed` is asked once, at the end.
 */
#ifndef TD_LLM_BUILD_H
#define TD_LLM_BUILD_H

#include "base/map.h"
#include "llm/llm.h"

struct td_llm_draft {        /* a part */
    struct td_llm_part part; /* `text` is what was said whole; pieces stand for it, if any came */
    struct td_buf pieces;
    struct td_llm_draft *next;
};

struct td_llm_talk { /* a message, or a choice with its message */
    struct td_llm_choice choice;
    int64_t index;
    struct td_llm_draft *first, *last;
    struct td_llm_talk *next;
};

struct td_llm_builder {
    struct td_arena *arena; /* of the result */
    bool failed;            /* memory ran out */
    bool copies;            /* what is read does not live as long as the result */
    bool bedrock_invoke;
    struct td_llm_talk *first, *last;
    size_t count;
    struct td_map places; /* the choices and parts that a stream counts */
    struct td_llm_talk no_talk;
    struct td_llm_draft no_draft;
    struct td_llm_tool no_tool;

    /* Of a request. */
    struct td_llm_request *request;
    struct td_llm_tool_draft *first_tool, *last_tool;

    /* Of a reply. */
    struct td_llm_reply *reply;
    bool done;     /* "[DONE]" was said */
    bool stopped;  /* the protocol's last event but one came, where there are two (Converse) */
    bool finished; /* the protocol's last event came, or an error that ends it */
};

struct td_llm_tool_draft {
    struct td_llm_tool tool;
    struct td_llm_tool_draft *next;
};

void td_llm_builder_init(struct td_llm_builder *builder, struct td_arena *arena);
void td_llm_builder_release(struct td_llm_builder *builder);

/* For as long as the result lives. */
struct td_bytes td_llm_keep(struct td_llm_builder *builder, struct td_bytes text);
void td_llm_set(struct td_llm_builder *builder, struct td_bytes *slot, struct td_bytes text);

struct td_llm_talk *td_llm_add_message(struct td_llm_builder *builder, struct td_bytes role,
                                       const struct td_json *node);
/* The choice of this index, begun where it is new. */
struct td_llm_talk *td_llm_choice(struct td_llm_builder *builder, int64_t index);
struct td_llm_draft *td_llm_add_part(struct td_llm_builder *builder, struct td_llm_talk *talk,
                                     enum td_llm_part_kind kind, const struct td_json *node);
/* A part with a text, unless there is none. */
void td_llm_add_text(struct td_llm_builder *builder, struct td_llm_talk *talk,
                     enum td_llm_part_kind kind, const struct td_json *text);
void td_llm_say(struct td_llm_builder *builder, struct td_llm_draft *draft, struct td_bytes piece);
bool td_llm_said_nothing(const struct td_llm_draft *draft);

/*
 * Where a stream's pieces go: a place is found again by its choice and three numbers of the
 * format's own choosing. NULL where nothing is there yet.
 */
struct td_llm_draft *td_llm_place(struct td_llm_builder *builder, const struct td_llm_talk *talk,
                                  int64_t kind, int64_t a, int64_t b);
void td_llm_place_set(struct td_llm_builder *builder, const struct td_llm_talk *talk, int64_t kind,
                      int64_t a, int64_t b, struct td_llm_draft *draft);
/* The part in this place, begun where it is new. */
struct td_llm_draft *td_llm_part_at(struct td_llm_builder *builder, struct td_llm_talk *talk,
                                    enum td_llm_part_kind kind, int64_t a, int64_t b);

struct td_llm_tool *td_llm_add_tool(struct td_llm_builder *builder);
void td_llm_tool_schema(struct td_llm_tool *tool, const struct td_json *schema);

/* An error that a body, or an event's data, tells in one of the usual ways; false where it tells
 * none. */
bool td_llm_take_error(struct td_llm_builder *builder, const struct td_json *body);
void td_llm_set_error(struct td_llm_builder *builder, struct td_bytes type, struct td_bytes text);

/* Moves it all into the request or the reply. */
void td_llm_builder_finish(struct td_llm_builder *builder);

#endif
