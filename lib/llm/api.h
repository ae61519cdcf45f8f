/* SPDX-License-Identifier: MIT */
/* Which API it is: told by the end of the URL's path, whoever's host and base path stand before
 * it, else by the shapes of the bodies. */
#ifndef TD_LLM_API_H
#define TD_LLM_API_H

#include "llm/llm.h"

struct td_llm_kind {
    enum td_llm_api api;
    bool bedrock_invoke;
    bool stream;           /* the URL alone asks for a stream */
    struct td_bytes model; /* as it stands in the path, percent-encoded; may be empty */
};

/* By the URL and the request's body: its text, and what it is as JSON (NULL where it is none). */
struct td_llm_kind td_llm_kind_of(struct td_bytes url, struct td_bytes text,
                                  const struct td_json *body);
/* By a reply, or an event of one, alone. */
enum td_llm_api td_llm_api_of_reply(const struct td_json *data);
/* Appends `text` with its percent-encoding taken away. */
void td_llm_decode_url(struct td_buf *out, struct td_bytes text);

#endif
