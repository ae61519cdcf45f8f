/* SPDX-License-Identifier: MIT */
/* Splits: where each cuts, that a seed is a seed on every machine, and that nothing is lost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "cassette/chunks.h"
#include "stream/split.h"

static const struct td_field sse = {{"Content-Type", 12}, {"text/event-stream", 17}};

/* Cut by random:7, as a program of a few lines in another language cuts it. */
#define GOLDEN_7 "abcdefghi|jklmnopqrstuvwxyzABCDEFGHIJKLMNO|PQRS|TUVWXYZ0|12345|6789"

static struct td_split_rule rule_of(const char *text)
{
    struct td_split_rule rule;
    struct td_error err;
    assert_int_equal(td_split_parse(&rule, td_bytes_of(text), &err), 0);
    return rule;
}

/* The body with '|' where it is cut. `body` has none itself. */
static void cut(const char *how, uint64_t salt, struct td_recorded_response *response,
                struct td_buf *out)
{
    struct td_chunks chunks;
    struct td_message *message = &response->message;
    size_t start = 0, len = message->body.len;
    char *copy = malloc(len ? len : 1); /* of the exact size, so that reading past it is found */
    assert_non_null(copy);
    if (len)
        memcpy(copy, message->body.data, len);
    message->body.data = copy;
    message->headers = (struct td_fields){&sse, 1};
    assert_int_equal(td_split_cut(&chunks, response, rule_of(how), salt), 0);
    td_buf_clear(out);
    td_buf_put(out, "", 0);
    for (size_t i = 0; i < chunks.count; i++) {
        assert_true(chunks.ends[i] > start);
        if (i)
            td_buf_put_char(out, '|');
        td_buf_put(out, copy + start, chunks.ends[i] - start);
        start = chunks.ends[i];
    }
    assert_int_equal(start, len);
    td_chunks_release(&chunks);
    free(copy);
}

static void check(const char *how, const char *expected)
{
    struct td_recorded_response response = {0};
    struct td_buf body, out;
    td_buf_init(&body);
    td_buf_init(&out);
    td_buf_put(&body, "", 0);
    for (const char *c = expected; *c; c++)
        if (*c != '|')
            td_buf_put_char(&body, *c);
    response.message.body = td_buf_view(&body);
    cut(how, 0, &response, &out);
    assert_string_equal(out.data, expected);
    td_buf_release(&body);
    td_buf_release(&out);
}

static void test_places(void **state)
{
    (void)state;
    check("event", "data: 1\n\n|data: 2\n\n");
    check("recorded", "data: 1\n\n|data: 2\n\n"); /* nothing is known */
    check("whole", "data: 1\n\ndata: 2\n\n");
    check("byte", "d|a|t|a|\n|\n");
    check("bytes:4", "data|: 1\n|\n");
    check("bytes:18446744073709551615", "data: 1\n\n");
    check("utf8", "data: a\n\n|data: b\n\n");
    check("utf8", "data: \xc3|\xb6\n\n|data: \xc3|\xbc\n\n");
    /* Three bytes have two places, four have three; which it is depends on where it stands. */
    check("utf8", "\xe2|\x82\xac");
    check("utf8", " \xe2\x82|\xac");
    check("utf8", "\xf0|\x9f\x98\x80");
    check("utf8", " \xf0\x9f|\x98\x80");
    check("utf8", "  \xf0\x9f\x98|\x80");
    check("utf8", "\xc3|\xb6\xc3|\xb6");
    /* What is no character is not cut. */
    check("utf8", "\xc3");
    check("utf8", "a\xc3z");
    check("utf8", "\xb6\xb6\xff\xc0\xb6");
    check("utf8", "\xf0\x9f\x98");
    check("crlf", "da|ta: 1\n|\n|da|ta: 2\n|\n");
    check("crlf", "da|ta: 1\r|\n|\r|\n|event: e\r|\nda|ta:2\r|\n|\r|\n");
    check("crlf", "da|ta: data: xdata:\r|\r|da|ta:\r|\r");
    check("crlf", "dat\r|\n|\r|\n");
    for (size_t i = 0; i < 9; i++) {
        static const char *const names[] = {"event", "recorded", "whole",    "byte",    "bytes:3",
                                            "utf8",  "crlf",     "random:1", "random:2"};
        check(names[i], "");
    }
}

static void test_recorded(void **state)
{
    (void)state;
    struct td_arena arena;
    struct td_buf out;
    td_arena_init(&arena);
    td_buf_init(&out);
    static const struct {
        const char *shape, *expected;
    } cases[] = {
        {"3@1 6@2 9@2", "dat|a: 1\n\n|data: 2\n\n"},
        {"0@0 3@1 0@2 15@3 0@9", "dat|a: 1\n\ndata: 2\n\n"},
        {"18@1", "data: 1\n\ndata: 2\n\n"},
        {"3@1 6@2", "data: 1\n\n|data: 2\n\n"}, /* does not fit */
        {"3@1 16@2", "data: 1\n\n|data: 2\n\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct td_recorded_response response = {.message.body = TD_BYTES("data: 1\n\ndata: 2\n\n")};
        assert_int_equal(
            td_chunks_parse(&arena, td_bytes_of(cases[i].shape), &response.shape.chunks), 0);
        cut("recorded", 0, &response, &out);
        assert_string_equal(out.data, cases[i].expected);
    }
    td_arena_release(&arena);
    td_buf_release(&out);
}

/* The numbers that are played must never change, nor differ between machines. */
static void test_seeds(void **state)
{
    (void)state;
    uint64_t zero = 0;
    assert_true(td_random_next(&zero) == UINT64_C(0xe220a8397b1dcdaf));
    assert_true(td_random_next(&zero) == UINT64_C(0x6e789e6aa1b965f4));
    assert_true(td_random_next(&zero) == UINT64_C(0x06c45d188009454f));

    struct td_recorded_response response = {
        .message.body = TD_BYTES("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")};
    struct td_bytes body = response.message.body;
    struct td_buf out, other;
    td_buf_init(&out);
    td_buf_init(&other);
    cut("random:7", 0, &response, &out);
    assert_string_equal(out.data, GOLDEN_7);
    response.message.body = body;
    cut("random:7", 1, &response, &other);
    assert_string_not_equal(out.data, other.data);
    response.message.body = body;
    cut("random:8", 0, &response, &other);
    assert_string_not_equal(out.data, other.data);
    td_buf_release(&out);
    td_buf_release(&other);
}

static void test_mistakes(void **state)
{
    (void)state;
    static const char *const cases[] = {"",
                                        "events",
                                        "bytes",
                                        "bytes:",
                                        "bytes:0",
                                        "bytes:x",
                                        "random",
                                        "random:",
                                        "random:-1",
                                        "Byte",
                                        "byte ",
                                        "crlf,utf8",
                                        "bytes:99999999999999999999"};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct td_split_rule rule;
        struct td_error err;
        assert_int_equal(td_split_parse(&rule, td_bytes_of(cases[i]), &err), TD_ERR_INVALID);
        assert_non_null(strstr(err.message, "no split '"));
    }
    assert_int_equal(rule_of("random:18446744073709551615").kind, TD_SPLIT_RANDOM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_recorded),
        cmocka_unit_test(test_seeds),
        cmocka_unit_test(test_mistakes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
