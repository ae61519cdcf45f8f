/* SPDX-License-Identifier: MIT */
/*
 * Language models, from inside the library: tapedeck/llm.h for bodies that are in no cassette, and
 * what changes from one run to the next in each API though nothing is different.
 */
#ifndef TD_LLM_LLM_H
#define TD_LLM_LLM_H

#include <tapedeck/llm.h>

#include "cassette/cassette.h"
#include "json/json.h"

/* A request and its response. All of it may be missing: what is there decides which API it is. */
struct td_llm_exchange {
    struct td_bytes url;
    struct td_bytes request_body;
    int code;                     /* 0: not known */
    struct td_bytes content_type; /* of the response */
    struct td_bytes response_body;
    struct td_bytes broken; /* how the transfer ended early; empty where it did not */
};

struct td_llm_exchange td_llm_exchange_of(const struct td_interaction *interaction);

/* The API of an exchange, by its URL, else by the shapes of its bodies. TD_LLM_NONE also where
 * memory ran out. */
enum td_llm_api td_llm_api_of(const struct td_llm_exchange *exchange);

/* As td_llm_request_read() and td_llm_reply_read(). The results borrow from the bodies. */
int td_llm_exchange_request(const struct td_llm_exchange *exchange, struct td_llm_request **request,
                            struct td_error *err);
int td_llm_exchange_reply(const struct td_llm_exchange *exchange, struct td_llm_reply **reply,
                          struct td_error *err);

/*
 * What is volatile: a place in a body, or in the data of each event of a stream, whose value says
 * nothing (ids, times, fingerprints, padding). The path is a JSON Pointer in which the segment "*"
 * is any one key or index, "*text" any that ends so, and "**" any number of them, none included.
 */
struct td_llm_volatile {
    enum td_llm_api api;
    enum td_side side;
    const char *path;
    const char *what; /* "id", "time", "fingerprint", "padding", "signature", "service", ... */
};

const struct td_llm_volatile *td_llm_volatiles(size_t *count);
/* Whether the pointer `path` ("/choices/0/delta/tool_calls/0/id") is one of these places. */
bool td_llm_path_volatile(enum td_llm_api api, enum td_side side, struct td_bytes path);
/* Whether a pointer goes where the pattern says. */
bool td_llm_path_matches(const char *pattern, struct td_bytes path);

#endif
