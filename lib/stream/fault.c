/* SPDX-License-Identifier: MIT */
/* Which faults strike an answer, and where in it. How they are written: fault_parse.c. */
#include "stream/fault.h"

#include "http/response.h"
#include "stream/provider.h"
#include "stream/split.h"

enum { MILLION = 1000000 };

/* What is no event, by the form of the stream. */
#define GARBAGE "{\"tapedeck\":\"garbage\",\xff\xfe\x01"

static struct td_bytes type_of(const struct td_recorded_response *response)
{
    struct td_bytes type = {0};
    td_fields_get(&response->message.headers, TD_BYTES("Content-Type"), &type);
    return type;
}

static bool is_sse(struct td_bytes type)
{
    return td_bytes_starts_nocase(type, TD_BYTES("text/event-stream"));
}

static bool is_lines(struct td_bytes type)
{
    return td_bytes_has_nocase(type, TD_BYTES("ndjson")) ||
           td_bytes_has_nocase(type, TD_BYTES("jsonl")) || /* and jsonlines */
           td_bytes_has_nocase(type, TD_BYTES("stream+json"));
}

/* One number for each request, whoever asks it and whenever. */
static uint64_t draw(const struct td_fault *fault, uint64_t request)
{
    uint64_t state = fault->seed ^ request * UINT64_C(0xd6e8feb86659fd93);
    return td_random_next(&state);
}

static size_t share_of(size_t len, uint64_t millionths)
{
    return (size_t)((unsigned __int128)len * millionths / MILLION);
}

/* False where the body has no such place. */
static bool find_place(const struct td_fault *fault, uint64_t request,
                       const struct td_recorded_response *response, struct td_strike *strike)
{
    struct td_bytes body = response->message.body;
    struct td_chunks events;
    bool found = true;
    bool between = fault->kind == TD_FAULT_GARBAGE || fault->kind == TD_FAULT_ERROR;
    uint64_t share = fault->at;
    switch (fault->place) {
    case TD_PLACE_HEAD:
        strike->headless = true;
        return true;
    case TD_PLACE_BYTE:
        strike->at = (size_t)fault->at;
        found = fault->at <= body.len;
        break;
    case TD_PLACE_DEFAULT:
        share = MILLION / 2;
        if (fault->random)
            share = (draw(fault, request) >> 20) % MILLION;
        /* fall through */
    case TD_PLACE_SHARE:
        strike->at = share_of(body.len, share);
        break;
    case TD_PLACE_EVENT:
        break;
    }
    if (!found || !body.len || (!between && fault->place != TD_PLACE_EVENT))
        return found && body.len;
    if (td_chunks_split(&events, body, type_of(response), TD_SPLIT_EVENT) < 0)
        return false;
    if (fault->place == TD_PLACE_EVENT) {
        found = fault->at <= events.count;
        strike->at = found && fault->at ? events.ends[fault->at - 1] : 0;
    } else if (strike->at) {
        size_t event = 0;
        while (events.ends[event] < strike->at)
            event++;
        strike->at = events.ends[event];
    }
    td_chunks_release(&events);
    return found;
}

static bool find_event(const struct td_fault *fault, const struct td_fault_target *target,
                       struct td_strike *strike)
{
    const struct td_recorded_response *response = &target->interaction->response;
    struct td_bytes type = type_of(response);
    bool stream = is_sse(type) || is_lines(type);
    if (fault->kind == TD_FAULT_ERROR) {
        enum td_provider provider = td_provider_of(target->url, response);
        if (is_lines(type))
            provider = TD_PROVIDER_OLLAMA;
        else if (provider == TD_PROVIDER_OLLAMA)
            provider = TD_PROVIDER_OPENAI;
        strike->event = td_bytes_of(td_provider_error_event(provider));
        return stream;
    }
    strike->event = is_sse(type)     ? TD_BYTES("data: " GARBAGE "\n\n")
                    : is_lines(type) ? TD_BYTES(GARBAGE "\n")
                                     : TD_BYTES(GARBAGE);
    return true;
}

bool td_fault_aims(const struct td_fault *fault, const struct td_fault_target *target,
                   struct td_strike *strike)
{
    const struct td_recorded_response *response = &target->interaction->response;
    if (fault->first && (target->request < fault->first || target->request > fault->last))
        return false;
    if (fault->has_interaction && target->interaction->id != fault->interaction)
        return false;
    if (fault->random && draw(fault, target->request) % MILLION >= fault->chance)
        return false;
    *strike = (struct td_strike){.kind = fault->kind, .for_ns = fault->for_ns};
    if (fault->kind == TD_FAULT_STATUS) {
        int version = response->message.proto_major == 2 ||
                      td_bytes_starts_nocase(response->message.proto, TD_BYTES("HTTP/2"));
        strike->answer = &fault->answers[td_provider_of(target->url, response) * 2 + version];
        return true;
    }
    if (fault->kind == TD_FAULT_SLOW_HEADERS || fault->kind == TD_FAULT_EMPTY)
        return true;
    if (fault->place != TD_PLACE_HEAD && td_head_bodyless(target->method, response->code))
        return false;
    if (fault->kind == TD_FAULT_GARBAGE || fault->kind == TD_FAULT_ERROR)
        if (!find_event(fault, target, strike))
            return false;
    return find_place(fault, target->request, response, strike);
}

struct td_strike td_fault_of_broken(const struct td_recorded_response *response)
{
    static const struct {
        const char *text;
        enum td_fault_kind kind;
    } kinds[] = {
        {"reset", TD_FAULT_RESET},
        {"stall", TD_FAULT_STALL},
        {"timeout", TD_FAULT_STALL},
        {"malformed", TD_FAULT_MALFORMED},
    };
    struct td_strike strike = {.at = response->message.body.len, .for_ns = -1};
    if (!response->shape.broken.len)
        return strike;
    strike.kind = TD_FAULT_CLOSE;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (td_bytes_equal_nocase(response->shape.broken, td_bytes_of(kinds[i].text)))
            strike.kind = kinds[i].kind;
    return strike;
}
