/* SPDX-License-Identifier: MIT */
/* The shape of a body as a line of text, and durations as Go writes them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cassette/chunks.h"
#include "cassette/duration.h"

static int parse(const char *text, struct td_arena *arena, struct td_recorded_chunks *chunks)
{
    return td_chunks_parse(arena, td_bytes_of(text), chunks);
}

/* What is read, and what is written of it; NULL: the same text. */
static void assert_read(const char *text, const char *written)
{
    struct td_arena arena;
    struct td_recorded_chunks chunks;
    struct td_buf out;
    td_arena_init(&arena);
    td_buf_init(&out);
    if (parse(text, &arena, &chunks) != 0)
        fail_msg("'%s' is not read", text);
    td_buf_put_text(&out, "");
    td_chunks_format(chunks, &out);
    assert_string_equal(out.data, written ? written : text);
    td_buf_release(&out);
    td_arena_release(&arena);
}

static void test_lines(void **state)
{
    (void)state;
    assert_read("", NULL);
    assert_read("1@0", NULL);
    assert_read("214@312.4 220@331 198@349.705", NULL);
    assert_read("0@0 4294967295@2147483647.999", NULL);
    assert_read("1@0.001 1@0.01 1@0.1 1@0.11", NULL);
    assert_read("1@5 1@5", NULL);
    assert_read("1@1.0 1@1.10 1@1.100", "1@1 1@1.1 1@1.1");
    assert_read("007@01", "7@1");
}

static void test_not_lines(void **state)
{
    (void)state;
    static const char *const texts[] = {
        " ",
        "1",
        "1@",
        "@1",
        "1@1 ",
        " 1@1",
        "1@1  1@2",
        "1@1\n1@2",
        "a@1",
        "1@a",
        "-1@1",
        "1@-1",
        "+1@1",
        "1@1.",
        "1@.5",
        "1@1.0000",
        "1@1.5x",
        "1@1,5",
        "1@2 1@1",
        "1@1.002 1@1.001",
        "4294967296@1",
        "1@2147483648",
        "1@99999999999999999999",
        "99999999999999999999@1",
        "1@1e3",
        "1 @1",
    };
    struct td_arena arena;
    td_arena_init(&arena);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct td_recorded_chunks chunks;
        if (parse(texts[i], &arena, &chunks) != TD_ERR_FORMAT)
            fail_msg("'%s' is read", texts[i]);
        assert_int_equal(chunks.count, 0);
    }
    td_arena_release(&arena);
}

static void test_values(void **state)
{
    (void)state;
    struct td_arena arena;
    struct td_recorded_chunks chunks;
    td_arena_init(&arena);
    assert_int_equal(parse("3@0.5 7@1000", &arena, &chunks), 0);
    assert_int_equal(chunks.count, 2);
    assert_int_equal(chunks.items[0].len, 3);
    assert_int_equal(chunks.items[0].at_ns, 500000);
    assert_int_equal(chunks.items[1].len, 7);
    assert_int_equal(chunks.items[1].at_ns, 1000000000);
    assert_true(td_chunks_fit(chunks, 10));
    assert_false(td_chunks_fit(chunks, 11));
    assert_true(td_chunks_fit((struct td_recorded_chunks){0}, 0));
    assert_int_equal(parse("4294967295@1 4294967295@1", &arena, &chunks), 0);
    assert_true(td_chunks_fit(chunks, 2 * (size_t)4294967295));
    td_arena_release(&arena);
    /* Parts of a microsecond are not written. */
    static const struct td_recorded_chunk items[] = {{1, 999}, {2, 1999999}};
    struct td_buf out;
    td_buf_init(&out);
    td_chunks_format((struct td_recorded_chunks){items, 2}, &out);
    assert_string_equal(out.data, "1@0 2@1.999");
    td_buf_release(&out);
}

static void test_durations(void **state)
{
    (void)state;
    static const struct {
        int64_t ns;
        const char *text;
    } rows[] = {
        {0, "0s"},
        {1, "1ns"},
        {999, "999ns"},
        {1000, "1\xc2\xb5s"},
        {980667, "980.667\xc2\xb5s"},
        {1500000, "1.5ms"},
        {626391292, "626.391292ms"},
        {999999999, "999.999999ms"},
        {1000000000, "1s"},
        {1289255208, "1.289255208s"},
        {60000000000, "1m0s"},
        {62500000000, "1m2.5s"},
        {3600000000000, "1h0m0s"},
        {3661000000001, "1h1m1.000000001s"},
        {-1500000, "-1.5ms"},
        {INT64_MAX, "2562047h47m16.854775807s"},
        {INT64_MIN, "-2562047h47m16.854775808s"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct td_buf out;
        int64_t back;
        td_buf_init(&out);
        td_duration_format(rows[i].ns, &out);
        assert_string_equal(out.data, rows[i].text);
        assert_int_equal(td_duration_parse(td_buf_view(&out), &back), TD_DURATION_OK);
        assert_int_equal(back, rows[i].ns);
        td_buf_release(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_not_lines),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_durations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
