/* SPDX-License-Identifier: MIT */
/*
 * The connection: requests in, the owner's answers out, one after the other. What comes in goes
 * through the parser until a request is whole, and then waits until its response has gone out.
 * What goes out is one message at a time: a response, or the 100 that a request waits for.
 */
#include "wire/wire.h"

#include "http/token.h"
#include "wire/flight.h"
#include "wire/plan.h"

#include <stdlib.h>

enum message {
    MESSAGE_NONE,
    MESSAGE_CONTINUE,
    MESSAGE_RESPONSE,
};

struct td_wire {
    struct td_wire_config config;
    struct td_request_parser *parser;
    struct td_buf pending; /* received while a response is under way */
    size_t pending_at;     /* what of it was parsed */
    bool eof;              /* the client has closed its side */
    bool closed;
    bool sent_any;

    enum message sending; /* what `flights` is about */
    struct td_flights flights;

    bool head_seen;     /* of the request that is being read */
    bool deaf;          /* what comes is the rest of a request that was answered */
    bool continue_seen; /* this request's wish for a 100 was dealt with */
    bool continue_due;  /* a 100 is to go out, or is going out */
    struct td_head continue_head;

    bool responding; /* a response is to go out, or is going out */
    bool last;       /* it is the last one */
    struct td_wire_answer answer;
    struct td_head head;
    struct td_plan plan;
    bool stalled; /* the answer has come as far as it ever will */
    bool resets;

    bool failed;
    struct td_error failure;
};

struct td_wire *td_wire_new(const struct td_wire_config *config)
{
    struct td_wire *wire = calloc(1, sizeof *wire);
    if (!wire)
        return NULL;
    wire->config = *config;
    wire->parser = td_request_parser_new();
    if (!wire->parser) {
        free(wire);
        return NULL;
    }
    td_flights_init(&wire->flights, config->flight_size);
    td_head_init(&wire->continue_head);
    td_head_init(&wire->head);
    return wire;
}

void td_wire_free(struct td_wire *wire)
{
    if (!wire)
        return;
    td_request_parser_free(wire->parser);
    td_buf_release(&wire->pending);
    td_flights_release(&wire->flights);
    td_head_release(&wire->continue_head);
    td_head_release(&wire->head);
    td_plan_release(&wire->plan);
    free(wire);
}

static void fail(struct td_wire *wire, const struct td_error *err)
{
    wire->closed = true;
    wire->failed = true;
    wire->failure = *err;
}

/* ---- In ---- */

/* The answer is out as far as it was meant to come. True where that ends the connection, or keeps
 * it for ever. */
static bool ends_here(struct td_wire *wire)
{
    enum td_ending ending = wire->plan.ending;
    wire->stalled = ending == TD_ENDING_STALL;
    wire->resets = ending == TD_ENDING_RESET;
    wire->closed = ending == TD_ENDING_CLOSE || ending == TD_ENDING_RESET;
    return ending != TD_ENDING_NEXT;
}

static bool says_close(const struct td_fields *headers)
{
    for (size_t i = 0; i < headers->count; i++)
        if (td_bytes_equal_nocase(headers->items[i].name, TD_BYTES("Connection")) &&
            td_element_in(headers->items[i].value, TD_BYTES("close")))
            return true;
    return false;
}

/* Makes the answer ready to go out. */
static int respond(struct td_wire *wire, const struct td_request *request, struct td_error *err)
{
    struct td_wire_answer *answer = &wire->answer;
    const struct td_message *message = &answer->response->message;
    if (td_plan_begin(&wire->plan, answer->response, &answer->play) < 0)
        return td_error_nomem(err);
    int status = td_head_write(&wire->head, &wire->plan.response, request->method,
                               wire->config.rewrite, wire->config.context, err);
    if (status < 0)
        return status;
    if (td_plan_finish(&wire->plan, answer->response, &answer->play, &wire->head) < 0)
        return td_error_nomem(err);
    wire->responding = true;
    if (wire->plan.silent && ends_here(wire))
        return 0;
    /* After a 1xx that was recorded as the response there is no telling what would come. */
    wire->last = request->wants_close || says_close(&message->headers) || wire->head.code < 200;
    return 0;
}

/* A request is whole: gets its answer. */
static int answer(struct td_wire *wire, struct td_error *err)
{
    const struct td_request *request = td_request_parser_request(wire->parser);
    if (wire->sending != MESSAGE_CONTINUE)
        wire->continue_due = false; /* nobody waits for it any more */
    wire->answer = (struct td_wire_answer){0};
    int status = wire->config.answer(wire->config.context, request, &wire->answer);
    if (status < 0)
        return td_error_set(err, status, "request could not be answered");
    if (wire->answer.response)
        return respond(wire, request, err);
    wire->closed = true;
    return 0;
}

/* The head of a request has come, and its body is awaited. What still comes of it after an answer
 * is nobody's business: the connection ends with that. */
static int answer_early(struct td_wire *wire, const struct td_request *request,
                        struct td_error *err)
{
    wire->answer = (struct td_wire_answer){0};
    if (wire->config.early && wire->config.early(wire->config.context, request, &wire->answer) < 0)
        return td_error_set(err, TD_ERR_NOMEM, "request could not be answered");
    int status = wire->answer.response ? respond(wire, request, err) : 0;
    wire->last = wire->deaf = wire->responding;
    return status;
}

/* Parses until a request is whole, if it comes to that; *taken tells how far. */
static int parse(struct td_wire *wire, struct td_bytes bytes, size_t *taken, struct td_error *err)
{
    const struct td_request *request = td_request_parser_request(wire->parser);
    int status;
    switch (td_request_parser_feed(wire->parser, bytes, taken, err)) {
    case TD_REQUEST_HEAD:
        return 0;
    case TD_REQUEST_BODY:
        status = wire->head_seen ? 0 : answer_early(wire, request, err);
        wire->head_seen = true;
        if (request->expects_continue && !wire->continue_seen && !wire->responding)
            wire->continue_due = wire->continue_seen = true;
        break;
    case TD_REQUEST_COMPLETE:
        status = answer(wire, err);
        break;
    default:
        status = err->code;
        break;
    }
    if (status < 0)
        wire->closed = true;
    return status;
}

static int keep(struct td_wire *wire, struct td_bytes bytes, struct td_error *err)
{
    struct td_buf *pending = &wire->pending;
    if (bytes.len > TD_WIRE_MAX_PENDING - (pending->len - wire->pending_at)) {
        wire->closed = true;
        return td_error_set(err, TD_ERR_LIMIT, "client sent more than %d bytes ahead of a response",
                            (int)TD_WIRE_MAX_PENDING);
    }
    /* Only now and then, so that many small requests cost no more than their bytes. */
    if (wire->pending_at >= pending->len - wire->pending_at) {
        td_buf_drop(pending, wire->pending_at);
        wire->pending_at = 0;
    }
    td_buf_put_bytes(pending, bytes);
    if (td_buf_failed(pending)) {
        wire->closed = true;
        return td_error_nomem(err);
    }
    return 0;
}

int td_wire_receive(struct td_wire *wire, struct td_bytes bytes, struct td_error *err)
{
    struct td_error ignored;
    size_t taken = 0;
    err = err ? err : &ignored;
    if (wire->closed)
        return 0;
    if (!bytes.len) {
        wire->eof = true;
        wire->closed = !wire->responding || wire->stalled;
        return 0;
    }
    int status = wire->responding ? 0 : parse(wire, bytes, &taken, err);
    if (status < 0 || wire->closed || wire->deaf || taken == bytes.len)
        return status;
    return keep(wire, td_bytes(bytes.data + taken, bytes.len - taken), err);
}

/* The response is out: on to the next request, which may have come already. */
static void next_request(struct td_wire *wire)
{
    struct td_buf *pending = &wire->pending;
    struct td_error err;
    size_t taken = 0;
    int status = 0;
    wire->responding = false;
    wire->continue_seen = wire->head_seen = false;
    td_plan_clear(&wire->plan);
    td_request_parser_reset(wire->parser);
    if (wire->last) {
        wire->closed = true;
        return;
    }
    if (wire->pending_at < pending->len)
        status =
            parse(wire, td_bytes(pending->data + wire->pending_at, pending->len - wire->pending_at),
                  &taken, &err);
    wire->pending_at += taken;
    if (wire->pending_at == pending->len) {
        td_buf_clear(pending);
        wire->pending_at = 0;
    }
    if (status < 0)
        fail(wire, &err);
    else if (wire->eof && !wire->responding)
        wire->closed = true;
}

/* ---- Out ---- */

/* The answer's parts, on the owner's clock from here. */
static void plan_parts(struct td_wire *wire, int64_t now_ns, struct td_message_parts *parts)
{
    struct td_plan *plan = &wire->plan;
    parts->head_due_ns = now_ns + plan->head_due_ns;
    parts->head_steps = plan->head_steps;
    parts->step_ns = plan->step_ns;
    parts->body = plan->response.message.body;
    parts->ends = plan->chunks.ends;
    parts->count = plan->chunks.count;
    for (size_t i = 0; plan->due_ns && i < plan->chunks.count; i++)
        plan->due_ns[i] += now_ns;
    parts->due_ns = plan->due_ns;
    parts->chunked = wire->head.framing == TD_FRAMING_CHUNKED;
    parts->tail = td_buf_view(plan->cut_short ? &plan->tail : &wire->head.tail);
    parts->tail_apart = plan->cut_short && plan->tail.len;
    parts->tail_due_ns = now_ns + plan->tail_due_ns;
}

/* Begins with the message that is due, if there is one. */
static int start(struct td_wire *wire, int64_t now_ns, struct td_error *err)
{
    struct td_message_parts parts = {.head_due_ns = now_ns};
    const struct td_head *head = &wire->head;
    if (wire->continue_due) {
        head = &wire->continue_head;
        int status = td_head_write_continue(&wire->continue_head, err);
        if (status < 0)
            return status;
        wire->sending = MESSAGE_CONTINUE;
    } else if (wire->responding && !wire->stalled) {
        plan_parts(wire, now_ns, &parts);
        wire->sending = MESSAGE_RESPONSE;
    } else {
        return 0;
    }
    parts.head = td_buf_view(&head->wire);
    td_flights_start(&wire->flights, &parts);
    if (wire->config.head)
        wire->config.head(wire->config.context, head);
    return 0;
}

struct td_bytes td_wire_flight(struct td_wire *wire, int64_t now_ns, int64_t *deadline_ns)
{
    struct td_bytes bytes = {0};
    struct td_error err;
    int status = 0;
    *deadline_ns = INT64_MAX;
    if (wire->closed)
        return bytes;
    if (wire->sending == MESSAGE_NONE)
        status = start(wire, now_ns, &err);
    if (status == 0 && wire->sending != MESSAGE_NONE) {
        status = td_flights_bytes(&wire->flights, now_ns, &bytes, deadline_ns);
        if (status < 0)
            td_error_nomem(&err);
    }
    if (status < 0)
        fail(wire, &err);
    return bytes;
}

void td_wire_sent(struct td_wire *wire, size_t len)
{
    enum message sent = wire->sending;
    if (wire->closed || sent == MESSAGE_NONE)
        return;
    wire->sent_any |= len > 0;
    td_flights_sent(&wire->flights, len);
    if (!td_flights_done(&wire->flights))
        return;
    wire->sending = MESSAGE_NONE;
    if (sent == MESSAGE_CONTINUE)
        wire->continue_due = false;
    else if (!ends_here(wire))
        next_request(wire);
}

bool td_wire_must_drain(const struct td_wire *wire)
{
    return wire->config.flight_size && wire->sent_any && !wire->flights.begun;
}

int64_t td_wire_due(const struct td_wire *wire)
{
    return wire->closed || wire->sending == MESSAGE_NONE ? INT64_MIN
                                                         : td_flights_due(&wire->flights);
}

enum td_wire_state td_wire_state(const struct td_wire *wire)
{
    if (wire->closed)
        return TD_WIRE_CLOSED;
    return wire->responding ? TD_WIRE_WRITING : TD_WIRE_READING;
}

bool td_wire_is_idle(const struct td_wire *wire)
{
    return td_wire_state(wire) == TD_WIRE_READING && wire->sending == MESSAGE_NONE &&
           !wire->continue_due;
}

bool td_wire_resets(const struct td_wire *wire)
{
    return wire->resets;
}

const struct td_error *td_wire_failure(const struct td_wire *wire)
{
    return wire->failed ? &wire->failure : NULL;
}
