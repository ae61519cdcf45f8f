/* SPDX-License-Identifier: MIT */
/* Paces: what can be written, and when each chunk is due. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "cassette/chunks.h"
#include "stream/pace.h"
#include "stream/split.h"

#define BODY "data: 1\n\ndata: 2\n\ndata: 3\n\n"

static const struct td_field sse = {{"Content-Type", 12}, {"text/event-stream", 17}};

/* "head chunk chunk ..." in milliseconds; "head -" where all chunks are due with the head. */
static void check(const char *how, const char *split, const char *shape, int64_t duration_ns,
                  const char *expected)
{
    struct td_recorded_response response = {
        .message.body = TD_BYTES(BODY), .message.headers = {&sse, 1}, .duration_ns = duration_ns};
    struct td_split_rule rule;
    struct td_chunks chunks;
    struct td_arena arena;
    struct td_pace pace;
    struct td_error err;
    struct td_buf out;
    int64_t head, *due;
    td_arena_init(&arena);
    td_buf_init(&out);
    assert_int_equal(td_chunks_parse(&arena, td_bytes_of(shape), &response.shape.chunks), 0);
    assert_int_equal(td_split_parse(&rule, td_bytes_of(split), &err), 0);
    assert_int_equal(td_split_cut(&chunks, &response, rule, 0), 0);
    assert_int_equal(td_pace_parse(&pace, td_bytes_of(how), &err), 0);
    assert_int_equal(td_pace_times(&pace, &response, &chunks, &head, &due), 0);
    td_buf_printf(&out, "%g", (double)head / 1e6);
    for (size_t i = 0; due && i < chunks.count; i++)
        td_buf_printf(&out, " %g", (double)due[i] / 1e6);
    if (!due)
        td_buf_put_text(&out, " -");
    assert_string_equal(out.data, expected);
    free(due);
    td_chunks_release(&chunks);
    td_arena_release(&arena);
    td_buf_release(&out);
}

static void test_times(void **state)
{
    (void)state;
    const char *shape = "9@40 9@60.5 9@200";
    const int64_t ms = 1000000;
    check("none", "event", shape, 30 * ms, "0 -");
    check("recorded", "event", shape, 0, "40 40 60.5 200");
    check("recorded", "event", shape, 30 * ms, "30 40 60.5 200");
    check("recorded", "event", shape, 250 * ms, "40 40 60.5 200"); /* that was the whole */
    check("recorded", "event", shape, -ms, "40 40 60.5 200");
    check("recorded", "whole", shape, 0, "40 200");
    check("recorded", "bytes:6", shape, 0, "40 40 60.5 60.5 200 200"); /* by the last byte */
    check("recorded", "event", "0@10 9@40 0@50 9@60 9@70 0@80", 0, "10 40 60 70");
    check("recorded", "event", "9@40 9@60", 30 * ms, "30 -"); /* does not fit */
    check("recorded", "event", "", 30 * ms, "30 -");
    check("recorded", "event", "", 0, "0 -");
    check("4x", "event", shape, 20 * ms, "5 10 15.125 50");
    check("0.5x", "event", shape, 20 * ms, "40 80 121 400");
    check("2\xc3\x97", "event", shape, 20 * ms, "10 20 30.25 100");
    check("0.000001x", "event", "27@2000000000", 0, "3.1536e+10 3.1536e+10 3.1536e+10 3.1536e+10");
    check("tokens:50/s", "event", shape, 30 * ms, "0 0 20 40");
    check("tokens:3/s", "event", "", 0, "0 0 333.333 666.667");
    check("tokens:0.5/s", "event", "", 0, "0 0 2000 4000");
    check("tokens:50/s", "bytes:6", "", 0, "0 0 20 20 40 40");
    check("first:300ms,then:20ms", "event", shape, 30 * ms, "300 300 320 340");
    check("first:1.5s", "event", "", 0, "1500 1500 1500 1500");
    check("first:0s,then:1h", "event", "", 0, "0 0 3.6e+06 7.2e+06");
}

static void test_mistakes(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "",
        "fast",
        "x",
        "0x",
        "-1x",
        "1e3x",
        "1..5x",
        "1.x",
        "2 x",
        "9999999x",
        "0.0000001x",
        "tokens",
        "tokens:",
        "tokens:/s",
        "tokens:5",
        "tokens:5/m",
        "tokens:0/s",
        "tokens:-5/s",
        "first",
        "first:",
        "first:20",
        "first:-1s,then:1s",
        "first:1s,",
        "first:1s,then:",
        "first:1s,then:x",
        "then:1s",
        "first:99999999h",
        "None",
        "recorded ",
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct td_pace pace;
        struct td_error err;
        if (td_pace_parse(&pace, td_bytes_of(cases[i]), &err) != TD_ERR_INVALID)
            fail_msg("'%s' is a pace", cases[i]);
        assert_non_null(strstr(err.message, "no pace '"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_mistakes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
