/* SPDX-License-Identifier: MIT */
/* A response as the events that it consists of, whatever they were wrapped in: server-sent events,
 * lines, records, AWS frames, or the elements of an array. */
#ifndef TD_LLM_EVENTS_H
#define TD_LLM_EVENTS_H

#include "stream/aws.h"
#include "stream/sse.h"

enum td_llm_wrapping {
    TD_LLM_DOCUMENT, /* no stream: the body is one document */
    TD_LLM_SSE,
    TD_LLM_LINES, /* NDJSON and JSON text sequences */
    TD_LLM_ELEMENTS,
    TD_LLM_FRAMES,
};

struct td_llm_event {
    struct td_bytes type; /* of a server-sent event or a frame, where it is said; else empty */
    struct td_bytes data; /* valid until the next event */
    bool exception;       /* a frame that tells an error */
};

struct td_llm_events {
    enum td_llm_wrapping wrapping;
    struct td_bytes rest;
    struct td_sse_reader sse;
    bool damaged; /* the rest is no frame, or no element */
    bool closed;  /* an array's bracket came */
};

/* How a body is wrapped, by its content type and, where that is missing or says too little, by its
 * first bytes. */
enum td_llm_wrapping td_llm_wrapping_of(struct td_bytes content_type, struct td_bytes body);

void td_llm_events_init(struct td_llm_events *events, enum td_llm_wrapping wrapping,
                        struct td_bytes body);
void td_llm_events_release(struct td_llm_events *events);
/* 1, 0 after the last, or TD_ERR_NOMEM. */
int td_llm_events_next(struct td_llm_events *events, struct td_llm_event *event);

#endif
