/* SPDX-License-Identifier: MIT */
/* Whose API a request was for, and in which form that one tells of an error. */
#ifndef TD_STREAM_PROVIDER_H
#define TD_STREAM_PROVIDER_H

#include "cassette/cassette.h"

enum td_provider {
    TD_PROVIDER_OPENAI,    /* and all who follow its form: where nothing else is known */
    TD_PROVIDER_RESPONSES, /* OpenAI's Responses API, whose streams have names for events */
    TD_PROVIDER_ANTHROPIC,
    TD_PROVIDER_GEMINI,
    TD_PROVIDER_OLLAMA,
    TD_PROVIDER_COUNT,
};

/* By the URL, else by what the answer says. */
enum td_provider td_provider_of(struct td_bytes url, const struct td_recorded_response *response);

/* The event that tells of an overloaded server in the middle of a stream, with LF for line ends. */
const char *td_provider_error_event(enum td_provider provider);

/* Appends the body of an answer with this status code. */
void td_provider_error_body(enum td_provider provider, int code, struct td_buf *out);

#endif
