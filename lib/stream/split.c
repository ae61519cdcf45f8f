/* SPDX-License-Identifier: MIT */
#include "stream/split.h"

#include <stdlib.h>

#include "cassette/chunks.h"

static const struct {
    const char *name;
    struct td_split_rule rule;
} names[] = {
    {"recorded", {TD_SPLIT_RECORDED, 0}}, {"event", {TD_SPLIT_EVENT, 0}},
    {"whole", {TD_SPLIT_WHOLE, 0}},       {"byte", {TD_SPLIT_BYTES, 1}},
    {"utf8", {TD_SPLIT_UTF8, 0}},         {"crlf", {TD_SPLIT_CRLF, 0}},
};

/* "bytes:64": the number behind a name. */
static bool take_number(struct td_bytes text, struct td_bytes name, uint64_t *number)
{
    return td_bytes_starts_nocase(text, name) &&
           td_bytes_to_u64(td_bytes(text.data + name.len, text.len - name.len), number);
}

int td_split_parse(struct td_split_rule *rule, struct td_bytes text, struct td_error *err)
{
    uint64_t number;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (!td_bytes_equal(text, td_bytes_of(names[i].name)))
            continue;
        *rule = names[i].rule;
        return 0;
    }
    if (take_number(text, TD_BYTES("bytes:"), &number) && number) {
        *rule = (struct td_split_rule){TD_SPLIT_BYTES, number};
        return 0;
    }
    if (take_number(text, TD_BYTES("random:"), &number)) {
        *rule = (struct td_split_rule){TD_SPLIT_RANDOM, number};
        return 0;
    }
    return td_error_set(err, TD_ERR_INVALID,
                        "no split '%.*s': it is recorded, event, whole, byte, bytes:N, "
                        "random:SEED, utf8 or crlf",
                        (int)text.len, text.data);
}

uint64_t td_random_next(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* From single bytes to several events at once, each size as often as the others. */
static size_t random_length(uint64_t *state)
{
    static const unsigned longest[] = {1, 2, 4, 8, 24, 64, 256, 2048};
    uint64_t bits = td_random_next(state);
    return 1 + (size_t)((bits >> 3) % longest[bits & 7]);
}

static int cut_by_length(struct td_chunks *chunks, size_t len, struct td_split_rule rule,
                         uint64_t salt)
{
    uint64_t state = rule.number, at = 0;
    size_t cap = 0;
    int status = 0;
    if (rule.kind == TD_SPLIT_RANDOM)
        state = td_random_next(&state) ^ salt * UINT64_C(0xd6e8feb86659fd93);
    while (at < len && status == 0) {
        uint64_t step = rule.kind == TD_SPLIT_RANDOM ? random_length(&state) : rule.number;
        at = step < len - at ? at + step : len;
        status = td_chunks_add(chunks, &cap, (size_t)at);
    }
    return status;
}

static int cut_as_recorded(struct td_chunks *chunks, struct td_recorded_chunks recorded)
{
    size_t cap = 0, at = 0;
    int status = 0;
    for (size_t i = 0; i < recorded.count && status == 0; i++) {
        at += recorded.items[i].len;
        if (recorded.items[i].len)
            status = td_chunks_add(chunks, &cap, at);
    }
    return status;
}

/* The length of the character of several bytes at `at`, or 0. */
static size_t wide_character(struct td_bytes body, size_t at)
{
    unsigned char lead = (unsigned char)body.data[at];
    size_t len = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc2 ? 2 : 0;
    if (!len || lead > 0xf4 || body.len - at < len)
        return 0;
    for (size_t i = 1; i < len; i++)
        if (((unsigned char)body.data[at + i] & 0xc0) != 0x80)
            return 0;
    return len;
}

/* Whether `at`, which is neither end of the body, is the place inside a character where that one is
 * cut: which one of several depends on where it stands, so that each has its turn. */
static bool utf8_cuts(struct td_bytes body, size_t at)
{
    for (size_t back = 1; back <= 3 && back <= at; back++) {
        size_t len = wide_character(body, at - back);
        if (len > back)
            return back == 1 + (at - back) % (len - 1);
    }
    return false;
}

static bool line_starts(struct td_bytes body, size_t at)
{
    return at == 0 || body.data[at - 1] == '\n' ||
           (body.data[at - 1] == '\r' && body.data[at] != '\n');
}

static bool crlf_cuts(struct td_bytes body, size_t at)
{
    char before = body.data[at - 1], here = body.data[at];
    if (here == '\n' && before == '\r')
        return true;
    if ((here == '\n' || here == '\r') && line_starts(body, at))
        return true;
    return at >= 2 && body.len - at >= 3 && memcmp(body.data + at - 2, "data:", 5) == 0 &&
           line_starts(body, at - 2);
}

static int cut_at_traps(struct td_chunks *chunks, struct td_bytes body, struct td_bytes type,
                        enum td_split kind)
{
    struct td_chunks events;
    size_t cap = 0, event = 0;
    int status = td_chunks_split(&events, body, type, TD_SPLIT_EVENT);
    if (status < 0)
        return status;
    for (size_t at = 1; at <= body.len && status == 0; at++) {
        bool ends = events.ends[event] == at;
        event += ends;
        if (ends || (kind == TD_SPLIT_UTF8 ? utf8_cuts(body, at) : crlf_cuts(body, at)))
            status = td_chunks_add(chunks, &cap, at);
    }
    td_chunks_release(&events);
    return status;
}

int td_split_cut(struct td_chunks *chunks, const struct td_recorded_response *response,
                 struct td_split_rule rule, uint64_t salt)
{
    const struct td_message *message = &response->message;
    struct td_recorded_chunks recorded = response->shape.chunks;
    struct td_bytes body = message->body, type = {0};
    int status = 0;
    *chunks = (struct td_chunks){0};
    td_fields_get(&message->headers, TD_BYTES("Content-Type"), &type);
    switch (rule.kind) {
    case TD_SPLIT_RECORDED:
        if (!recorded.count || !td_chunks_fit(recorded, body.len))
            return td_chunks_split(chunks, body, type, TD_SPLIT_EVENT);
        status = cut_as_recorded(chunks, recorded);
        break;
    case TD_SPLIT_BYTES:
    case TD_SPLIT_RANDOM:
        status = cut_by_length(chunks, body.len, rule, salt);
        break;
    case TD_SPLIT_UTF8:
    case TD_SPLIT_CRLF:
        status = cut_at_traps(chunks, body, type, rule.kind);
        break;
    default:
        return td_chunks_split(chunks, body, type, rule.kind);
    }
    if (status < 0)
        td_chunks_release(chunks);
    return status;
}
