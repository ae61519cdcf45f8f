/* SPDX-License-Identifier: MIT */
/* Reading faults as they are written: KIND@WHERE,WHERE. */
#include <stdio.h>

#include "stream/fault.h"
#include "stream/pace.h"
#include "stream/provider.h"

enum { MILLION = 1000000 };

static const struct kind {
    const char *name;
    enum td_fault_kind kind;
    bool has_place;
    bool has_head; /* may strike before anything is sent */
    bool has_for;
} kinds[] = {
    {"reset", TD_FAULT_RESET, true, true, false},
    {"close", TD_FAULT_CLOSE, true, true, false},
    {"truncate", TD_FAULT_TRUNCATE, true, false, false},
    {"malformed", TD_FAULT_MALFORMED, true, false, false},
    {"stall", TD_FAULT_STALL, true, true, true},
    {"garbage", TD_FAULT_GARBAGE, true, false, false},
    {"error", TD_FAULT_ERROR, true, false, false},
    {"slow-headers", TD_FAULT_SLOW_HEADERS, false, false, true},
    {"empty", TD_FAULT_EMPTY, false, false, false},
    {"", TD_FAULT_STATUS, false, false, false}, /* 429 */
};

static const struct kind *find_kind(struct td_bytes name, int *code)
{
    uint64_t number;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (kinds[i].kind == TD_FAULT_STATUS) {
            if (name.len != 3 || !td_bytes_to_u64(name, &number) || number < 400 || number > 599)
                return NULL;
            *code = (int)number;
            return &kinds[i];
        }
        if (td_bytes_equal(name, td_bytes_of(kinds[i].name)))
            return &kinds[i];
    }
    return NULL;
}

/* What is in front of the first `c`, if there is one; *text is then what follows it. */
static bool cut_at(struct td_bytes *text, char c, struct td_bytes *front)
{
    const char *found = text->len ? memchr(text->data, c, text->len) : NULL;
    *front = *text;
    if (!found)
        return false;
    front->len = (size_t)(found - text->data);
    *text = td_bytes(found + 1, text->len - front->len - 1);
    return true;
}

/* "10%", "0.5%" in millionths. */
static bool take_share(struct td_bytes text, uint64_t *millionths)
{
    struct td_bytes whole, part = {0};
    uint64_t number;
    if (text.len < 2 || text.data[text.len - 1] != '%')
        return false;
    text.len--;
    bool point = cut_at(&text, '.', &whole);
    if (point)
        part = text;
    if (!td_bytes_to_u64(whole, &number) || number > 100 || (point && (!part.len || part.len > 4)))
        return false;
    *millionths = number * (MILLION / 100);
    uint64_t unit = MILLION / 100;
    for (size_t i = 0; i < part.len; i++) {
        unit /= 10;
        if (part.data[i] < '0' || part.data[i] > '9')
            return false;
        *millionths += (uint64_t)(part.data[i] - '0') * unit;
    }
    return *millionths <= MILLION;
}

static bool take_place(struct td_fault *fault, enum td_fault_place place, uint64_t at)
{
    if (fault->place != TD_PLACE_DEFAULT)
        return false;
    fault->place = place;
    fault->at = at;
    return true;
}

static bool take_requests(struct td_fault *fault, struct td_bytes text)
{
    struct td_bytes first;
    bool span = cut_at(&text, '-', &first);
    if (!td_bytes_to_u64(first, &fault->first) || !fault->first)
        return false;
    fault->last = fault->first;
    if (span && (!td_bytes_to_u64(text, &fault->last) || fault->last < fault->first))
        return false;
    if (span)
        fault->times = 0;
    return true;
}

static bool take_interaction(struct td_fault *fault, struct td_bytes text)
{
    uint64_t number;
    bool minus = text.len && text.data[0] == '-';
    if (minus)
        text = td_bytes(text.data + 1, text.len - 1);
    if (!td_bytes_to_u64(text, &number) || number > INT64_MAX)
        return false;
    fault->has_interaction = true;
    fault->interaction = minus ? -(int64_t)number : (int64_t)number;
    return true;
}

/* One WHERE. *chance: the share that comes next belongs to `random`. */
static bool take_where(struct td_fault *fault, struct td_bytes where, bool *chance)
{
    struct td_bytes name;
    uint64_t number;
    bool valued = cut_at(&where, ':', &name);
    if (!valued && td_bytes_equal(name, TD_BYTES("head")))
        return take_place(fault, TD_PLACE_HEAD, 0);
    if (!valued && take_share(name, &number)) {
        if (!*chance)
            return take_place(fault, TD_PLACE_SHARE, number);
        fault->chance = number;
        *chance = false;
        return true;
    }
    if (!valued)
        return false;
    if (td_bytes_equal(name, TD_BYTES("event")))
        return td_bytes_to_u64(where, &number) && take_place(fault, TD_PLACE_EVENT, number);
    if (td_bytes_equal(name, TD_BYTES("byte")))
        return td_bytes_to_u64(where, &number) && take_place(fault, TD_PLACE_BYTE, number);
    if (td_bytes_equal(name, TD_BYTES("request")))
        return take_requests(fault, where);
    if (td_bytes_equal(name, TD_BYTES("interaction")))
        return take_interaction(fault, where);
    if (td_bytes_equal(name, TD_BYTES("random"))) {
        fault->random = *chance = true;
        fault->times = 0;
        return td_bytes_to_u64(where, &fault->seed);
    }
    if (td_bytes_equal(name, TD_BYTES("times"))) {
        bool all = td_bytes_equal(where, TD_BYTES("all"));
        fault->times = 0;
        return all || (td_bytes_to_u64(where, &fault->times) && fault->times);
    }
    if (td_bytes_equal(name, TD_BYTES("for")))
        return td_pace_duration(where, &fault->for_ns);
    if (td_bytes_equal(name, TD_BYTES("after"))) {
        int64_t ns;
        bool taken = td_pace_duration(where, &ns);
        fault->after_s = taken ? (ns + 999999999) / 1000000000 : 0;
        return taken && fault->kind == TD_FAULT_STATUS;
    }
    return false;
}

/* The answers of a status fault, each as its provider gives it. */
static int make_answers(struct td_faults *faults, struct td_fault *fault)
{
    bool retry = fault->after_s >= 0;
    if (!retry && (fault->code == 429 || fault->code == 503 || fault->code == 529)) {
        fault->after_s = 1;
        retry = true;
    }
    char after[32];
    snprintf(after, sizeof after, "%lld", (long long)fault->after_s);
    struct td_field *headers = td_arena_alloc(&faults->arena, 2 * sizeof *headers);
    fault->answers = td_arena_alloc(&faults->arena, 2 * TD_PROVIDER_COUNT * sizeof *fault->answers);
    if (!headers || !fault->answers)
        return TD_ERR_NOMEM;
    headers[0] = (struct td_field){TD_BYTES("Content-Type"), TD_BYTES("application/json")};
    headers[1] = (struct td_field){TD_BYTES("Retry-After"),
                                   td_arena_copy(&faults->arena, td_bytes_of(after))};
    bool failed = !headers[1].value.data;
    for (int i = 0; i < 2 * TD_PROVIDER_COUNT && !failed; i++) {
        struct td_recorded_response *answer = &fault->answers[i];
        struct td_buf body;
        td_buf_init(&body);
        td_provider_error_body((enum td_provider)(i / 2), fault->code, &body);
        answer->code = fault->code;
        answer->message.proto = i % 2 ? TD_BYTES("HTTP/2.0") : TD_BYTES("HTTP/1.1");
        answer->message.body = td_arena_copy(&faults->arena, td_buf_view(&body));
        answer->message.content_length = (int64_t)body.len;
        answer->message.headers = (struct td_fields){headers, retry ? 2 : 1};
        failed = td_buf_failed(&body) || !answer->message.body.data;
        td_buf_release(&body);
    }
    return failed ? TD_ERR_NOMEM : 0;
}

static int wrong(struct td_error *err, struct td_bytes text, const char *what)
{
    return td_error_set(err, TD_ERR_INVALID, "fault '%.*s': %s", (int)text.len, text.data, what);
}

static int parse(struct td_faults *faults, struct td_bytes text, struct td_error *err)
{
    struct td_bytes rest = text, name, where;
    struct td_fault *fault = &faults->items[faults->count];
    bool chance = false, more = cut_at(&rest, '@', &name);
    *fault = (struct td_fault){.times = 1, .for_ns = -1, .after_s = -1};
    const struct kind *kind = find_kind(name, &fault->code);
    if (!kind)
        return wrong(err, text,
                     "no such kind: it is reset, close, truncate, malformed, stall, garbage, "
                     "error, slow-headers, empty or a status from 400 to 599");
    fault->kind = kind->kind;
    while (more) {
        more = cut_at(&rest, ',', &where);
        if (!take_where(fault, where, &chance))
            return wrong(err, text,
                         "behind '@' goes head, event:N, byte:N or 50%, request:N, interaction:ID, "
                         "random:SEED,10%, times:N, for:T or after:T, with commas between");
    }
    if (chance)
        return wrong(err, text, "random takes a share: random:SEED,10%");
    if (fault->place != TD_PLACE_DEFAULT && !kind->has_place)
        return wrong(err, text, "has no place inside an answer");
    if (fault->place == TD_PLACE_HEAD && !kind->has_head)
        return wrong(err, text, "cannot come in front of the head");
    if (fault->for_ns >= 0 && !kind->has_for)
        return wrong(err, text, "only stall and slow-headers last");
    fault->text = td_arena_copy(&faults->arena, text);
    if (!fault->text.data || (kind->kind == TD_FAULT_STATUS && make_answers(faults, fault) < 0))
        return td_error_nomem(err);
    faults->count++;
    return 0;
}

void td_faults_init(struct td_faults *faults)
{
    faults->count = 0;
    td_arena_init(&faults->arena);
}

void td_faults_release(struct td_faults *faults)
{
    td_arena_release(&faults->arena);
    faults->count = 0;
}

static bool is_between(char c)
{
    return c == ';' || c == ' ' || (c >= '\t' && c <= '\r');
}

int td_faults_add(struct td_faults *faults, struct td_bytes text, struct td_error *err)
{
    size_t before = faults->count;
    while (text.len) {
        size_t len = 0;
        while (len < text.len && !is_between(text.data[len]))
            len++;
        struct td_bytes word = td_bytes(text.data, len);
        size_t step = len < text.len ? len + 1 : len;
        text = td_bytes(text.data + step, text.len - step);
        int status = 0;
        if (td_bytes_equal(word, TD_BYTES("none")))
            faults->count = before = 0;
        else if (len && faults->count == TD_FAULTS_MAX)
            status = td_error_set(err, TD_ERR_LIMIT, "more than %d faults", (int)TD_FAULTS_MAX);
        else if (len)
            status = parse(faults, word, err);
        if (status < 0) {
            faults->count = before;
            return status;
        }
    }
    return 0;
}
