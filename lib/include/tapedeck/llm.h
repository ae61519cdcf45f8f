/* SPDX-License-Identifier: MIT */
/*
 * What was said to a language model, and what it said: requests and replies of the common APIs,
 * streamed or not, read into one shape.
 *
 * Reading is forgiving: what is broken, cut off or unknown is left out, `problem` or
 * `incomplete` says what was wrong with the whole, and the rest is told. All texts are decoded
 * (UTF-8; a lone surrogate in its three bytes; any control character may be in them) and live as
 * long as both the struct that they were handed out in and the cassette. A text that was not said
 * has no data.
 *
 * Any number of threads may read from the same interaction, and look at the same result.
 */
#ifndef TAPEDECK_LLM_H
#define TAPEDECK_LLM_H

#include <stdbool.h>
#include <stdint.h>

#include <tapedeck/bytes.h>
#include <tapedeck/cassette.h>
#include <tapedeck/error.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The shape of requests and replies. Whose server it was makes no difference. */
enum td_llm_api {
    TD_LLM_NONE,
    TD_LLM_OPENAI_CHAT,      /* chat completions; most other vendors speak it as well */
    TD_LLM_OPENAI_RESPONSES, /* responses */
    TD_LLM_ANTHROPIC,        /* messages; also on Vertex, and inside Bedrock's InvokeModel */
    TD_LLM_GEMINI,           /* generateContent, streamGenerateContent; also on Vertex */
    TD_LLM_BEDROCK_CONVERSE, /* Converse, ConverseStream; Nova's InvokeModel */
    TD_LLM_OLLAMA,           /* /api/chat */
    TD_LLM_API_COUNT,
};

/* "openai-chat", "openai-responses", "anthropic", "gemini", "bedrock-converse", "ollama"; "" for
 * none. */
TD_EXPORT const char *td_llm_api_name(enum td_llm_api api);

enum td_llm_part_kind {
    TD_LLM_TEXT,
    TD_LLM_REASONING,
    TD_LLM_REFUSAL,
    TD_LLM_TOOL_CALL,
    TD_LLM_TOOL_RESULT,
    TD_LLM_MEDIA, /* an image, a sound, a file */
    TD_LLM_OTHER, /* what this version does not know: `name` is its type */
};

/* "text", "reasoning", "refusal", "tool_call", "tool_result", "media", "other". */
TD_EXPORT const char *td_llm_part_kind_name(enum td_llm_part_kind kind);

struct td_json;

struct td_llm_part {
    enum td_llm_part_kind kind;
    struct td_bytes text; /* what was said; of a call its arguments, JSON text as it was sent; of a
                             result its text (or JSON); of media its URL where it has one that is
                             not its data */
    struct td_bytes id;   /* of a call and of a result: the id of the call; may be missing */
    struct td_bytes name; /* of a call, and of a result where it is said: the tool; of media and
                             others: the type, "image/png", "input_audio" */
    size_t size; /* of media: the characters of base64 or of other data left out of `text` */
    bool failed; /* of a result: marked as an error */
    const struct td_json *node; /* where it stands in the request, or in a reply that was not
                                   streamed; else NULL */
};

struct td_llm_message {
    struct td_bytes role; /* "user", "assistant", "tool", ... as it was sent */
    const struct td_llm_part *parts;
    size_t part_count;
    struct td_bytes path;       /* of a request: its JSON Pointer, "/messages/3" */
    const struct td_json *node; /* as that of a part; NULL where no single place holds it */
};

struct td_llm_tool {
    struct td_bytes name;
    struct td_bytes description;
    struct td_bytes schema; /* of its input, as it stands in the request */
    const struct td_json *schema_node;
    struct td_bytes type; /* "function"; "web_search" and others of the vendor's own */
};

struct td_llm_request {
    enum td_llm_api api;
    const char *problem; /* why the body could not be read (the rest is empty then); or NULL */
    bool bedrock_invoke; /* carried by Bedrock's InvokeModel */
    bool stream;         /* it asks for a stream */
    struct td_bytes model;
    const struct td_llm_message *messages; /* system prompts first, with role "system" where they
                                              stand outside of the messages */
    size_t message_count;
    const struct td_llm_tool *tools;
    size_t tool_count;
    const struct td_json *root; /* the whole body */
};

struct td_llm_choice {
    struct td_llm_message message; /* parts in the order in which they were begun */
    struct td_bytes finish;        /* the finish, stop or incomplete reason, as it was sent */
};

/* Tokens; -1 where it was not said. */
struct td_llm_usage {
    int64_t input;       /* all of the prompt, those from a cache and for a cache included where
                            the API counts them in (OpenAI, Gemini), and not where it does not
                            (Anthropic, Bedrock) */
    int64_t output;      /* all of the answer; with the reasoning, but for Gemini */
    int64_t total;       /* as it was sent, never added up here */
    int64_t cached;      /* read from a cache */
    int64_t cache_write; /* written to a cache */
    int64_t reasoning;
};

struct td_llm_reply {
    enum td_llm_api api;
    bool bedrock_invoke;
    bool streamed; /* came as a stream of events */
    bool complete; /* ended as its protocol says ([DONE], message_stop, a finish reason, ...),
                      or with an error that the server told */
    const char *incomplete; /* why it is not complete, for a person: "the stream ends without
                               '[DONE]'"; NULL where it is */
    struct td_bytes id;
    struct td_bytes model; /* as the reply names it */
    const struct td_llm_choice *choices;
    size_t choice_count;
    struct td_llm_usage usage;
    struct td_bytes error_type; /* an error that the reply tells: its type or code */
    struct td_bytes error;      /* and what it says */
    bool has_error;
    size_t event_count;         /* of a stream: those with data */
    size_t unknown_count;       /* of these: not understood (not JSON, no object) */
    const struct td_json *root; /* of a reply that was not streamed: the whole body; else NULL */
};

/*
 * Both: 0 with the result, or with NULL where the interaction has nothing to do with a language
 * model; or TD_ERR_NOMEM. Linear in the bodies.
 */
TD_EXPORT int td_llm_request_read(const struct td_interaction *interaction,
                                  struct td_llm_request **request, struct td_error *err);
TD_EXPORT void td_llm_request_free(struct td_llm_request *request); /* NULL is fine */
TD_EXPORT int td_llm_reply_read(const struct td_interaction *interaction,
                                struct td_llm_reply **reply, struct td_error *err);
TD_EXPORT void td_llm_reply_free(struct td_llm_reply *reply); /* NULL is fine */

#ifdef __cplusplus
}
#endif

#endif
