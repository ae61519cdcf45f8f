/* SPDX-License-Identifier: MIT */
#include "stream/pace.h"

#include <stdlib.h>

#include "cassette/chunks.h"
#include "cassette/duration.h"

enum { MILLION = 1000000 };
static const int64_t longest_ns = INT64_C(1000000000) * 60 * 60 * 24 * 365;

/* "12", "0.5" in millionths; not 0. */
static bool take_decimal(struct td_bytes text, uint64_t *millionths)
{
    const char *point = text.len ? memchr(text.data, '.', text.len) : NULL;
    struct td_bytes whole = td_bytes(text.data, point ? (size_t)(point - text.data) : text.len);
    uint64_t number = 0, unit = MILLION;
    if ((whole.len && !td_bytes_to_u64(whole, &number)) || number > MILLION)
        return false;
    *millionths = number * MILLION;
    if (point) {
        const char *end = text.data + text.len;
        if (point + 1 == end)
            return false;
        for (const char *digit = point + 1; digit < end; digit++) {
            if (*digit < '0' || *digit > '9' || (unit /= 10) == 0)
                return false;
            *millionths += (uint64_t)(*digit - '0') * unit;
        }
    }
    return *millionths > 0;
}

static bool ends_with(struct td_bytes text, struct td_bytes end)
{
    return text.len > end.len &&
           td_bytes_equal(td_bytes(text.data + text.len - end.len, end.len), end);
}

/* "tokens:50/s" */
static bool take_rate(struct td_bytes text, struct td_pace *pace)
{
    const struct td_bytes name = TD_BYTES("tokens:"), unit = TD_BYTES("/s");
    uint64_t rate;
    if (!td_bytes_starts_nocase(text, name) || !ends_with(text, unit) ||
        text.len < name.len + unit.len ||
        !take_decimal(td_bytes(text.data + name.len, text.len - name.len - unit.len), &rate))
        return false;
    pace->kind = TD_PACE_EVENTS;
    pace->then_ps = (int64_t)(UINT64_C(1000000000000000000) / rate);
    return true;
}

bool td_pace_duration(struct td_bytes text, int64_t *ns)
{
    /* Without a unit it would be nanoseconds, which nobody means. */
    bool has_unit = text.len && text.data[text.len - 1] >= 'A';
    return has_unit && td_duration_parse(text, ns) == TD_DURATION_OK && *ns >= 0 &&
           *ns <= longest_ns;
}

/* "first:300ms,then:20ms" */
static bool take_first(struct td_bytes text, struct td_pace *pace)
{
    const struct td_bytes first = TD_BYTES("first:"), then = TD_BYTES(",then:");
    if (!td_bytes_starts_nocase(text, first))
        return false;
    text = td_bytes(text.data + first.len, text.len - first.len);
    const char *comma = text.len ? memchr(text.data, ',', text.len) : NULL;
    struct td_bytes rest = td_bytes(comma, comma ? (size_t)(text.data + text.len - comma) : 0);
    int64_t gap = 0;
    text.len -= rest.len;
    if (rest.len && (!td_bytes_starts_nocase(rest, then) ||
                     !td_pace_duration(td_bytes(rest.data + then.len, rest.len - then.len), &gap)))
        return false;
    pace->kind = TD_PACE_EVENTS;
    return td_pace_duration(text, &pace->first_ns) &&
           !__builtin_mul_overflow(gap, 1000, &pace->then_ps);
}

int td_pace_parse(struct td_pace *pace, struct td_bytes text, struct td_error *err)
{
    *pace = (struct td_pace){.kind = TD_PACE_NONE, .speed = MILLION};
    if (td_bytes_equal(text, TD_BYTES("none")))
        return 0;
    struct td_bytes sign = ends_with(text, TD_BYTES("x")) ? TD_BYTES("x") : TD_BYTES("\xc3\x97");
    bool times = ends_with(text, sign) &&
                 take_decimal(td_bytes(text.data, text.len - sign.len), &pace->speed);
    if (times || td_bytes_equal(text, TD_BYTES("recorded"))) {
        pace->kind = TD_PACE_RECORDED;
        return 0;
    }
    if (take_rate(text, pace) || take_first(text, pace))
        return 0;
    return td_error_set(err, TD_ERR_INVALID,
                        "no pace '%.*s': it is none, recorded, 4x, tokens:50/s or "
                        "first:300ms,then:20ms",
                        (int)text.len, text.data);
}

static int64_t at_speed(const struct td_pace *pace, int64_t ns)
{
    __int128 scaled = (__int128)ns * MILLION / (__int128)pace->speed;
    return scaled < longest_ns ? (int64_t)scaled : longest_ns;
}

static int64_t event_time(const struct td_pace *pace, size_t event)
{
    __int128 ns = pace->first_ns + (__int128)event * pace->then_ps / 1000;
    return ns < longest_ns ? (int64_t)ns : longest_ns;
}

/* Each chunk when the recorded one came that its last byte was in. */
static void recorded_times(const struct td_pace *pace, struct td_recorded_chunks recorded,
                           const struct td_chunks *chunks, int64_t *due_ns)
{
    size_t piece = 0;
    uint64_t end = recorded.items[0].len;
    for (size_t i = 0; i < chunks->count; i++) {
        while (end < chunks->ends[i] && piece + 1 < recorded.count)
            end += recorded.items[++piece].len;
        due_ns[i] = at_speed(pace, recorded.items[piece].at_ns);
    }
}

static void event_times(const struct td_pace *pace, const struct td_chunks *events,
                        const struct td_chunks *chunks, int64_t *due_ns)
{
    size_t event = 0;
    for (size_t i = 0; i < chunks->count; i++) {
        while (event + 1 < events->count && events->ends[event] < chunks->ends[i])
            event++;
        due_ns[i] = event_time(pace, event);
    }
}

int td_pace_times(const struct td_pace *pace, const struct td_recorded_response *response,
                  const struct td_chunks *chunks, int64_t *head_ns, int64_t **due_ns)
{
    const struct td_message *message = &response->message;
    struct td_recorded_chunks recorded = response->shape.chunks;
    bool fits = recorded.count && td_chunks_fit(recorded, message->body.len);
    *due_ns = NULL;
    *head_ns = 0;
    if (pace->kind == TD_PACE_NONE)
        return 0;
    if (pace->kind == TD_PACE_EVENTS) {
        *head_ns = event_time(pace, 0);
    } else {
        /* go-vcr's duration is the time to the head; other recorders' is that to the end. */
        int64_t at = response->duration_ns;
        if (fits && (at <= 0 || at > recorded.items[0].at_ns))
            at = recorded.items[0].at_ns;
        *head_ns = at_speed(pace, at > 0 ? at : 0);
        if (!fits)
            return 0;
    }
    if (!chunks->count)
        return 0;
    int64_t *times = reallocarray(NULL, chunks->count, sizeof *times);
    if (!times)
        return TD_ERR_NOMEM;
    if (pace->kind == TD_PACE_RECORDED) {
        recorded_times(pace, recorded, chunks, times);
    } else {
        struct td_bytes type = {0};
        struct td_chunks events;
        td_fields_get(&message->headers, TD_BYTES("Content-Type"), &type);
        if (td_chunks_split(&events, message->body, type, TD_SPLIT_EVENT) < 0) {
            free(times);
            return TD_ERR_NOMEM;
        }
        event_times(pace, &events, chunks, times);
        td_chunks_release(&events);
    }
    *due_ns = times;
    return 0;
}
