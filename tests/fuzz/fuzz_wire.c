/* SPDX-License-Identifier: MIT */
/*
 * A response made of any bytes, asked for by requests of any bytes: what goes out is a head that
 * parses line by line, whose edits turn it into the recorded one, and a body that is the recorded
 * one again once its framing is taken off; flights keep to their size.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "wire/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The input, taken piece by piece. */
struct input {
    const uint8_t *data;
    size_t len;
};

static unsigned take_byte(struct input *input)
{
    if (!input->len)
        return 0;
    input->len--;
    return *input->data++;
}

/* A length byte, then so many bytes. */
static struct td_bytes take_text(struct input *input)
{
    size_t len = take_byte(input);
    struct td_bytes text;
    len = len < input->len ? len : input->len;
    text = td_bytes((const char *)input->data, len);
    input->data += len;
    input->len -= len;
    return text;
}

static struct td_field take_field(struct input *input)
{
    static const char *const names[] = {"Content-Length", "Transfer-Encoding", "Content-Encoding",
                                        "Content-Type",   "Connection",        "X-Tapedeck-Line"};
    unsigned which = take_byte(input) % 12;
    struct td_field field;
    field.name = which < 6 ? td_bytes_of(names[which]) : take_text(input);
    field.value = take_text(input);
    return field;
}

struct run {
    struct td_interaction interaction;
    struct td_recorded_response response;
    struct td_play play;
    struct td_faults faults;
    int64_t now_ns;
    size_t answers;
    struct td_buf out;
    /* The message that is going out: its head, and where in `out` it starts. */
    struct td_buf head;
    enum td_framing framing;
    struct td_buf tail;
    size_t start;
    struct td_strike strike;
};

/* Whether it must come to the end of the body as it was recorded. */
static bool is_unbent(const struct run *run)
{
    const struct td_strike *strike = &run->strike;
    return strike->kind == TD_FAULT_NONE || strike->kind == TD_FAULT_SLOW_HEADERS ||
           (strike->kind == TD_FAULT_STALL && strike->for_ns >= 0);
}

/* Takes the framing off: the body so far. False where the chunks do not come to their end. */
static bool unframe(const struct run *run, struct td_bytes sent, struct td_buf *body)
{
    if (run->framing != TD_FRAMING_CHUNKED) {
        td_buf_put_bytes(body, sent);
        return true;
    }
    for (;;) {
        char *end;
        if (!sent.len)
            return false;
        size_t len = strtoull(sent.data, &end, 16);
        size_t digits = (size_t)(end - sent.data);
        if (!digits || sent.len < digits + 2 || memcmp(end, "\r\n", 2) != 0) {
            assert(run->strike.kind == TD_FAULT_MALFORMED && *sent.data == 'n');
            return false;
        }
        if (!len) {
            assert(td_bytes_equal(sent, td_buf_view(&run->tail)));
            return true;
        }
        sent = td_bytes(end + 2, sent.len - digits - 2);
        if (sent.len < len + 2) {
            assert(run->strike.kind == TD_FAULT_TRUNCATE);
            td_buf_put_bytes(body, sent);
            return false;
        }
        td_buf_put(body, sent.data, len);
        assert(memcmp(sent.data + len, "\r\n", 2) == 0);
        sent = td_bytes(sent.data + len + 2, sent.len - len - 2);
    }
}

static bool starts_with(struct td_bytes text, struct td_bytes start)
{
    return text.len >= start.len && (!start.len || memcmp(text.data, start.data, start.len) == 0);
}

/* What has come, against what was recorded. */
static void check_message(const struct run *run, bool whole)
{
    const struct td_strike *strike = &run->strike;
    struct td_bytes body = run->response.message.body;
    struct td_bytes sent = td_bytes(run->out.data + run->start, run->out.len - run->start);
    struct td_buf came;
    if (!run->head.len || !whole)
        return;
    assert(sent.len >= run->head.len && memcmp(sent.data, run->head.data, run->head.len) == 0);
    sent = td_bytes(sent.data + run->head.len, sent.len - run->head.len);
    if (run->framing == TD_FRAMING_NONE) {
        assert(!sent.len);
        return;
    }
    td_buf_init(&came);
    bool ended = unframe(run, sent, &came);
    if (is_unbent(run)) {
        assert(ended && td_bytes_equal(td_buf_view(&came), body));
    } else if (strike->kind == TD_FAULT_GARBAGE || strike->kind == TD_FAULT_ERROR) {
        assert(ended && starts_with(td_buf_view(&came), td_bytes(body.data, strike->at)));
        size_t rest = strike->kind == TD_FAULT_GARBAGE ? body.len - strike->at : 0;
        assert(came.len >= strike->at + strike->event.len + rest);
        assert(!rest || memcmp(came.data + came.len - rest, body.data + strike->at, rest) == 0);
    } else {
        assert(!ended || run->framing == TD_FRAMING_LENGTH);
        assert(starts_with(body, td_buf_view(&came)));
        assert(strike->kind == TD_FAULT_TRUNCATE || came.len == strike->at ||
               (run->framing == TD_FRAMING_LENGTH && came.len + 1 == strike->at));
    }
    td_buf_release(&came);
}

static void check_head(const struct td_head *head)
{
    struct td_buf shown;
    size_t edit = 0;
    td_buf_init(&shown);
    for (size_t at = 0, len; at < head->wire.len; at += len) {
        const char *line = head->wire.data + at;
        const char *lf = memchr(line, '\n', head->wire.len - at);
        assert(lf && lf > line && lf[-1] == '\r');
        len = (size_t)(lf - line) + 1;
        assert(!memchr(line, '\0', len) && !memchr(line, '\r', len - 2));
        assert((len == 2) == (at + len == head->wire.len));
        assert(at == 0 || len == 2 || (memchr(line, ':', len) && line[0] != ' ' && line[0] != ':'));
        bool edited = edit < head->edit_count && head->edits[edit].wire.data == line;
        assert(!edited || head->edits[edit].wire.len == len);
        td_buf_put_bytes(&shown, edited ? head->edits[edit].recorded : td_bytes(line, len));
        edit += edited;
    }
    assert(edit == head->edit_count);
    assert(td_bytes_equal(td_buf_view(&shown), td_buf_view(&head->recorded)));
    td_buf_release(&shown);
}

/* A fault from the input, if it strikes here. */
static void aim(struct run *run, const struct td_request *request)
{
    struct td_strike strike;
    run->interaction.response = run->response;
    struct td_fault_target target = {run->answers, request->method, request->target,
                                     &run->interaction};
    run->play.strike = (struct td_strike){0};
    for (size_t i = 0; i < run->faults.count; i++)
        if (td_fault_aims(&run->faults.items[i], &target, &strike) && !strike.answer)
            run->play.strike = strike;
}

static int answer(void *context, const struct td_request *request, struct td_wire_answer *answer)
{
    struct run *run = context;
    assert(request->method.len && request->target.len);
    if (run->answers++ < 8)
        answer->response = &run->response;
    aim(run, request);
    answer->play = run->play;
    return 0;
}

static void head_called(void *context, const struct td_head *head)
{
    struct run *run = context;
    check_message(run, true);
    check_head(head);
    td_buf_clear(&run->head);
    td_buf_put_bytes(&run->head, td_buf_view(&head->wire));
    td_buf_clear(&run->tail);
    td_buf_put_bytes(&run->tail, td_buf_view(&head->tail));
    run->framing = head->framing;
    run->strike = run->play.strike;
    run->start = run->out.len;
}

/* Sends all that there is, `room` bytes at a time. */
static void send_all(struct run *run, struct td_wire *wire, size_t flight_size, size_t room)
{
    size_t flight = 0;
    for (;;) {
        int64_t deadline;
        bool drain = td_wire_must_drain(wire);
        assert(!drain || flight_size);
        if (drain || !flight_size)
            flight = 0;
        struct td_bytes bytes = td_wire_flight(wire, run->now_ns, &deadline);
        if (!bytes.len && deadline == INT64_MAX)
            break;
        if (!bytes.len) {
            assert(deadline > run->now_ns);
            run->now_ns = deadline;
            continue;
        }
        size_t len = bytes.len < room ? bytes.len : room;
        td_buf_put(&run->out, bytes.data, len);
        flight += len;
        /* What is longer than a flight is one thing: a head, or one chunk of this body, or what a
         * fault has put in between (in which a line end may have become two). */
        size_t event = run->play.strike.event.len ? run->play.strike.event.len + 4 : 0;
        assert(!flight_size || flight <= flight_size || flight <= run->head.len ||
               flight <= run->tail.len || flight <= event + 20 ||
               flight <= run->response.message.body.len + 2 + 16 + 2);
        td_wire_sent(wire, len);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const protos[] = {"HTTP/1.1", "HTTP/2.0", "HTTP/1.0", ""};
    struct input input = {data, size};
    struct td_field headers[8], trailer[2];
    struct td_bytes codings[2];
    struct run run = {0};
    struct td_message *message = &run.response.message;
    unsigned flags = take_byte(&input), shape = take_byte(&input);
    size_t room = take_byte(&input) + 1, flight_size = flags & 1 ? take_byte(&input) * 4 : 0;
    size_t step = take_byte(&input) + 1;
    unsigned bend = take_byte(&input), number = take_byte(&input);
    static const char *const splits[] = {"event", "whole", "recorded", "byte",
                                         "utf8",  "crlf",  "random:3", "bytes:5"};
    static const char *const paces[] = {"none", "tokens:9/s", "first:1s,then:20ms", "2x"};
    static const char *const faults[] = {"",
                                         "reset@byte:%u",
                                         "close@byte:%u",
                                         "truncate@byte:%u",
                                         "malformed@byte:%u",
                                         "stall@byte:%u",
                                         "stall@byte:%u,for:9ms",
                                         "garbage@byte:%u",
                                         "error@byte:%u",
                                         "slow-headers@for:%us",
                                         "empty",
                                         "reset@head",
                                         "stall@head",
                                         "stall@head,for:%us",
                                         "truncate@event:%u",
                                         "close@random:%u,50%%"};
    char fault[64];
    snprintf(fault, sizeof fault, faults[bend >> 4], number);
    run.now_ns = 1;
    td_faults_init(&run.faults);
    assert(td_faults_add(&run.faults, td_bytes_of(fault), NULL) == 0);
    assert(td_split_parse(&run.play.split, td_bytes_of(splits[bend & 7]), NULL) == 0);
    assert(td_pace_parse(&run.play.pace, td_bytes_of(paces[number & 3]), NULL) == 0);
    run.response.duration_ns = (int64_t)number << 20;
    run.response.uncompressed = flags & 4;
    run.response.code = flags & 8 ? 100 + (int)take_byte(&input) * 2 : 200;
    run.response.status = take_text(&input);
    message->proto = td_bytes_of(protos[flags >> 4 & 3]);
    for (unsigned i = 0; i < (shape & 7); i++)
        headers[i] = take_field(&input);
    for (unsigned i = 0; i < (shape >> 3 & 1); i++)
        trailer[i] = take_field(&input);
    for (unsigned i = 0; i < (shape >> 4 & 1); i++)
        codings[i] = flags & 64 ? td_bytes_of("chunked") : take_text(&input);
    headers[shape & 7] = (struct td_field){TD_BYTES("Content-Type"), TD_BYTES("text/event-stream")};
    message->headers = (struct td_fields){headers, (shape & 7) + 1 - (shape >> 7)};
    message->trailer = (struct td_fields){trailer, shape >> 3 & 1};
    message->transfer_encoding = (struct td_list){codings, shape >> 4 & 1};
    message->body = take_text(&input);
    message->content_length = shape & 32 ? (int64_t)message->body.len : shape & 64 ? -1 : 3;

    struct td_wire_config config = {
        .flight_size = flight_size, .answer = answer, .head = head_called, .context = &run};
    struct td_wire *wire = td_wire_new(&config);
    td_buf_put(&run.out, "", 0);
    assert(wire);
    static const char request[] = "GET / HTTP/1.1\r\n\r\n";
    struct td_error err;
    if (!(flags & 128) && td_wire_receive(wire, TD_BYTES(request), &err) == 0)
        send_all(&run, wire, flight_size, room);
    while (input.len && td_wire_state(wire) != TD_WIRE_CLOSED) {
        size_t len = step < input.len ? step : input.len;
        int status = td_wire_receive(wire, td_bytes((const char *)input.data, len), &err);
        assert(status == 0 || (status == err.code && td_wire_state(wire) == TD_WIRE_CLOSED));
        input.data += len;
        input.len -= len;
        if (flags & 1 || input.len == 0)
            send_all(&run, wire, flight_size, room);
    }
    check_message(&run, td_wire_state(wire) != TD_WIRE_WRITING);
    td_wire_receive(wire, td_bytes(NULL, 0), NULL);
    send_all(&run, wire, flight_size, room);
    assert(td_wire_state(wire) == TD_WIRE_CLOSED);
    td_wire_free(wire);
    td_faults_release(&run.faults);
    td_buf_release(&run.out);
    td_buf_release(&run.head);
    td_buf_release(&run.tail);
    return 0;
}
