/* SPDX-License-Identifier: MIT */
/*
 * What a user may write for a fault, a split or a pace, as any bytes: the first line. What is taken
 * for a fault is one again when it is read alone, and strikes inside the body, which is the rest.
 */
#include <assert.h>
#include <stdlib.h>

#include "stream/play.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_fault(const struct td_fault *fault, struct td_bytes body, const char *type)
{
    struct td_field header = {TD_BYTES("Content-Type"), td_bytes_of(type)};
    struct td_interaction interaction = {.id = 3, .response.code = 200};
    struct td_message *message = &interaction.response.message;
    struct td_strike strike;
    struct td_faults again;
    message->body = body;
    message->headers = (struct td_fields){&header, 1};
    td_faults_init(&again);
    assert(td_faults_add(&again, fault->text, NULL) == 0);
    assert(again.count == 1 && again.items[0].kind == fault->kind);
    assert(again.items[0].at == fault->at && again.items[0].times == fault->times);
    td_faults_release(&again);
    for (uint64_t request = 1; request < 4; request++) {
        struct td_fault_target target = {request, TD_BYTES("GET"), TD_BYTES("http://a.test/"),
                                         &interaction};
        if (!td_fault_aims(fault, &target, &strike))
            continue;
        assert(strike.kind == fault->kind && strike.at <= body.len);
        assert((strike.answer != NULL) == (fault->kind == TD_FAULT_STATUS));
        assert(!strike.answer || strike.answer->message.body.len);
        assert((strike.event.len != 0) ==
               (fault->kind == TD_FAULT_GARBAGE || fault->kind == TD_FAULT_ERROR));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct td_bytes text = td_bytes((const char *)data, size), body = {0};
    const char *end = size ? memchr(data, '\n', size) : NULL;
    if (end) {
        text.len = (size_t)(end - text.data);
        body = td_bytes(end + 1, size - text.len - 1);
    }
    struct td_split_rule rule;
    struct td_pace pace;
    struct td_faults faults;
    struct td_error err;
    if (td_split_parse(&rule, text, &err) == 0)
        assert(rule.kind != TD_SPLIT_BYTES || rule.number);
    if (td_pace_parse(&pace, text, &err) == 0) {
        assert(pace.kind == TD_PACE_EVENTS || pace.speed);
        assert(pace.first_ns >= 0 && pace.then_ps >= 0);
    }
    td_faults_init(&faults);
    int status = td_faults_add(&faults, text, &err);
    assert(status == 0 || (status == err.code && !faults.count));
    for (size_t i = 0; i < faults.count; i++) {
        check_fault(&faults.items[i], body, "text/event-stream");
        check_fault(&faults.items[i], body, "application/x-ndjson");
        check_fault(&faults.items[i], body, "text/plain");
    }
    td_faults_release(&faults);
    return 0;
}
