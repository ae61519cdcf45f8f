/* SPDX-License-Identifier: MIT */
/*
 * The body is cut and timed as it was recorded, and only then bent: so a fault changes nothing of
 * what comes before it.
 */
#include "wire/plan.h"

#include <stdlib.h>

/* A head that dribbles: all of it in so long, a piece about each so often. */
static const int64_t slow_ns = INT64_C(5) * 1000000000;
static const int64_t drop_ns = INT64_C(50) * 1000000;

static const struct td_bytes chunked[] = {{"chunked", 7}};

void td_plan_clear(struct td_plan *plan)
{
    struct td_buf tail = plan->tail, body = plan->body;
    td_chunks_release(&plan->chunks);
    free(plan->due_ns);
    td_buf_clear(&tail);
    td_buf_clear(&body);
    *plan = (struct td_plan){.tail = tail, .body = body};
}

void td_plan_release(struct td_plan *plan)
{
    td_plan_clear(plan);
    td_buf_release(&plan->tail);
    td_buf_release(&plan->body);
}

/* An event of our own in between; its line ends are those of the stream. */
static void put_event(struct td_buf *out, struct td_bytes event, struct td_bytes body)
{
    const char *lf = body.len ? memchr(body.data, '\n', body.len) : NULL;
    bool crlf = lf && lf > body.data && lf[-1] == '\r';
    for (size_t i = 0; i < event.len; i++) {
        if (crlf && event.data[i] == '\n')
            td_buf_put_char(out, '\r');
        td_buf_put_char(out, event.data[i]);
    }
}

int td_plan_begin(struct td_plan *plan, const struct td_recorded_response *response,
                  const struct td_play *play)
{
    td_plan_clear(plan);
    plan->response = *response;
    plan->strike = play->strike;
    if (plan->strike.kind == TD_FAULT_NONE)
        plan->strike = td_fault_of_broken(response);
    struct td_message *message = &plan->response.message;
    /* libcurl looks at some heads again when the body begins (a range, a date), and refuses the
     * body then: it has to begin. */
    if (td_bytes_equal(response->shape.broken, TD_BYTES("unread")) && !message->body.len &&
        message->content_length != 1 && plan->strike.kind == TD_FAULT_CLOSE) {
        message->body = TD_BYTES("  "); /* and has to end early */
        plan->strike.at = 1;
    }
    const struct td_strike *strike = &plan->strike;
    if (strike->kind == TD_FAULT_MALFORMED) {
        message->transfer_encoding = (struct td_list){chunked, 1};
    } else if (strike->kind == TD_FAULT_GARBAGE || strike->kind == TD_FAULT_ERROR) {
        struct td_bytes body = message->body;
        td_buf_put(&plan->body, body.data, strike->at);
        put_event(&plan->body, strike->event, body);
        if (strike->kind == TD_FAULT_GARBAGE)
            td_buf_put(&plan->body, body.data + strike->at, body.len - strike->at);
        message->body = td_buf_view(&plan->body);
    }
    return td_buf_failed(&plan->body) ? TD_ERR_NOMEM : 0;
}

/* Room for two more chunks: one that is cut, one that comes between. */
static int make_room(struct td_plan *plan)
{
    size_t room = plan->chunks.count + 2;
    size_t *ends = reallocarray(plan->chunks.ends, room, sizeof *ends);
    if (!ends)
        return TD_ERR_NOMEM;
    plan->chunks.ends = ends;
    if (!plan->due_ns)
        return 0;
    int64_t *due_ns = reallocarray(plan->due_ns, room, sizeof *due_ns);
    if (!due_ns)
        return TD_ERR_NOMEM;
    plan->due_ns = due_ns;
    return 0;
}

/* A chunk in front of that which is at `index` now. */
static void insert(struct td_plan *plan, size_t index, size_t end)
{
    struct td_chunks *chunks = &plan->chunks;
    size_t behind = chunks->count - index;
    memmove(chunks->ends + index + 1, chunks->ends + index, behind * sizeof *chunks->ends);
    chunks->ends[index] = end;
    chunks->count++;
    if (!plan->due_ns)
        return;
    memmove(plan->due_ns + index + 1, plan->due_ns + index, behind * sizeof *plan->due_ns);
    if (!behind)
        plan->due_ns[index] = index ? plan->due_ns[index - 1] : plan->head_due_ns;
}

/* Makes `at` the end of a chunk; the number of chunks that end there or before. */
static size_t cut(struct td_plan *plan, size_t at)
{
    size_t index = 0;
    while (index < plan->chunks.count && plan->chunks.ends[index] <= at)
        index++;
    if (at == (index ? plan->chunks.ends[index - 1] : 0))
        return index;
    insert(plan, index, at);
    return index + 1;
}

/* Everything behind `at` comes later by what the strike says. */
static int pause_at(struct td_plan *plan, size_t at)
{
    int64_t pause = plan->strike.for_ns;
    if (!plan->due_ns) {
        plan->due_ns = reallocarray(NULL, plan->chunks.count + 2, sizeof *plan->due_ns);
        if (!plan->due_ns)
            return TD_ERR_NOMEM;
        for (size_t i = 0; i < plan->chunks.count; i++)
            plan->due_ns[i] = plan->head_due_ns;
    }
    size_t index = cut(plan, at), count = plan->chunks.count;
    for (size_t i = index; i < count; i++)
        plan->due_ns[i] += pause;
    plan->tail_due_ns = (count ? plan->due_ns[count - 1] : plan->head_due_ns);
    if (index == count)
        plan->tail_due_ns += pause;
    return 0;
}

/* A chunk that is announced and does not come to its end. */
static void truncate_chunk(struct td_plan *plan, size_t at)
{
    struct td_chunks *chunks = &plan->chunks;
    struct td_bytes body = plan->response.message.body;
    size_t index = 0;
    while (index < chunks->count && chunks->ends[index] <= at)
        index++;
    size_t start = index ? chunks->ends[index - 1] : 0;
    size_t len = index < chunks->count ? chunks->ends[index] - start : 16;
    size_t part = at > start ? at - start : index < chunks->count ? len / 2 : 0;
    td_buf_printf(&plan->tail, "%zx\r\n", len);
    td_buf_put(&plan->tail, body.data + start, part);
    plan->tail_due_ns = plan->due_ns && index < chunks->count ? plan->due_ns[index] : 0;
    chunks->count = index;
}

static enum td_ending ending_of(enum td_fault_kind kind)
{
    switch (kind) {
    case TD_FAULT_RESET:
        return TD_ENDING_RESET;
    case TD_FAULT_STALL:
        return TD_ENDING_STALL;
    default:
        return TD_ENDING_CLOSE;
    }
}

/* The body ends at `at`, and not well. */
static void break_off(struct td_plan *plan, size_t at, enum td_framing framing)
{
    const struct td_strike *strike = &plan->strike;
    size_t len = plan->response.message.body.len;
    plan->ending = ending_of(strike->kind);
    plan->cut_short = true;
    /* A body of known length is over with its last byte: what is to be missing must be in it,
     * unless it was recorded as missing. */
    bool announced = plan->response.message.content_length > (int64_t)len;
    if (framing == TD_FRAMING_LENGTH && at == len && len && !announced)
        at--;
    if (strike->kind == TD_FAULT_TRUNCATE && framing == TD_FRAMING_CHUNKED) {
        truncate_chunk(plan, at);
        return;
    }
    plan->chunks.count = cut(plan, at);
    if (strike->kind == TD_FAULT_MALFORMED)
        td_buf_put_text(&plan->tail, "no length\r\n");
}

static void put_between(struct td_plan *plan, size_t at)
{
    struct td_chunks *chunks = &plan->chunks;
    size_t index = cut(plan, at), len = plan->body.len;
    if (plan->strike.kind == TD_FAULT_ERROR) {
        chunks->count = index;
        insert(plan, index, len);
        return;
    }
    size_t event = len - chunks->ends[chunks->count - 1];
    insert(plan, index, at + event);
    for (size_t i = index + 1; i < chunks->count; i++)
        chunks->ends[i] += event;
}

/* What strikes before the body, or does not need one. */
static void strike_head(struct td_plan *plan, const struct td_head *head)
{
    const struct td_strike *strike = &plan->strike;
    if (strike->kind == TD_FAULT_SLOW_HEADERS) {
        int64_t all = strike->for_ns >= 0 ? strike->for_ns : slow_ns;
        plan->head_steps = all > drop_ns ? (size_t)(all / drop_ns) + 1 : 2;
        if (plan->head_steps > head->wire.len)
            plan->head_steps = head->wire.len;
        plan->step_ns = plan->head_steps > 1 ? all / (int64_t)(plan->head_steps - 1) : 0;
    } else if (strike->kind == TD_FAULT_EMPTY) {
        plan->silent = true;
        plan->ending = TD_ENDING_CLOSE;
    } else if (strike->headless && strike->kind == TD_FAULT_STALL && strike->for_ns >= 0) {
        plan->head_due_ns += strike->for_ns;
        for (size_t i = 0; plan->due_ns && i < plan->chunks.count; i++)
            plan->due_ns[i] += strike->for_ns;
    } else if (strike->headless) {
        plan->silent = true;
        plan->ending = ending_of(strike->kind);
    }
}

int td_plan_finish(struct td_plan *plan, const struct td_recorded_response *response,
                   const struct td_play *play, const struct td_head *head)
{
    if (!response->message.body.len && plan->strike.kind == TD_FAULT_CLOSE)
        response = &plan->response; /* of a body that is unread there is a beginning */
    const struct td_strike *strike = &plan->strike;
    bool has_body = head->framing != TD_FRAMING_NONE;
    if (has_body && td_split_cut(&plan->chunks, response, play->split, play->salt) < 0)
        return TD_ERR_NOMEM;
    if (td_pace_times(&play->pace, response, &plan->chunks, &plan->head_due_ns, &plan->due_ns) < 0)
        return TD_ERR_NOMEM;
    strike_head(plan, head);
    if (strike->kind == TD_FAULT_NONE || strike->headless || !has_body)
        return 0;
    if (make_room(plan) < 0)
        return TD_ERR_NOMEM;
    switch (strike->kind) {
    case TD_FAULT_STALL:
        if (strike->for_ns >= 0)
            return pause_at(plan, strike->at);
        break_off(plan, strike->at, head->framing);
        break;
    case TD_FAULT_RESET:
    case TD_FAULT_CLOSE:
    case TD_FAULT_TRUNCATE:
    case TD_FAULT_MALFORMED:
        break_off(plan, strike->at, head->framing);
        break;
    case TD_FAULT_GARBAGE:
    case TD_FAULT_ERROR:
        put_between(plan, strike->at);
        break;
    default:
        break;
    }
    return td_buf_failed(&plan->tail) ? TD_ERR_NOMEM : 0;
}
