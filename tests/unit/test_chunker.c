/* SPDX-License-Identifier: MIT */
/* The chunker: where events end, for every mixture of line ends, and that nothing is lost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "stream/chunker.h"

#define SSE TD_BYTES("text/event-stream")

/* Splits and writes the body down with '|' between the chunks. */
static void split(struct td_bytes body, struct td_bytes type, enum td_split how, struct td_buf *out)
{
    struct td_chunks chunks;
    size_t start = 0;
    /* A copy of the exact size, so that reading past it is found. */
    char *copy = malloc(body.len ? body.len : 1);
    assert_non_null(copy);
    if (body.len)
        memcpy(copy, body.data, body.len);
    assert_int_equal(td_chunks_split(&chunks, td_bytes(copy, body.len), type, how), 0);
    td_buf_clear(out);
    td_buf_put(out, "", 0);
    for (size_t i = 0; i < chunks.count; i++) {
        assert_true(chunks.ends[i] > start);
        if (i)
            td_buf_put_char(out, '|');
        td_buf_put(out, copy + start, chunks.ends[i] - start);
        start = chunks.ends[i];
    }
    assert_int_equal(start, body.len);
    td_chunks_release(&chunks);
    free(copy);
}

/* `expected` is the body with '|' where it is to be cut. */
static void check(const char *expected)
{
    struct td_buf body, out;
    td_buf_init(&body);
    td_buf_init(&out);
    for (const char *c = expected; *c; c++)
        if (*c != '|')
            td_buf_put_char(&body, *c);
    split(td_buf_view(&body), SSE, TD_SPLIT_EVENT, &out);
    assert_string_equal(out.data, expected);
    td_buf_release(&body);
    td_buf_release(&out);
}

static void test_events(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "",
        "data: 1\n\n",
        "data: 1\n\n|data: 2\n\n",
        "data: 1\r\n\r\n|data: 2\r\n\r\n",
        "data: 1\r\r|data: 2\r\r",
        /* Mixtures: CR LF is one line end, LF CR are two. */
        "data: 1\n\r\n|data: 2\r\n\n|data: 3\r\r\n|data: 4\n\r|data: 5\r\n\r|data: 6",
        "a\n\r|b\n\n",
        "event: x\ndata: 1\nid: 7\n\n|data: 2\n\n",
        /* Comments are played as they were sent. */
        ": ping\n\n|data: 1\n: in between\n\n|:\n\n",
        /* Empty lines belong to the event before; before the first, to that. */
        "data: 1\n\n\n\n|data: 2\n\n\r\n\r",
        "\n\r\n\rdata: 1\n\n|data: 2\n\n",
        "\n\n\n",
        "\r",
        /* What does not close is the last chunk. */
        "data: 1\n\n|data: 2",
        "data: 1\n\n|data: 2\n",
        "data: 1\n\n|data: 2\r",
        "data: 1",
        "data: 1\n",
        /* A byte order mark, with and without something behind it. */
        "\xef\xbb\xbf: 1\n\n|data: 2\n\n",
        "\xef\xbb\xbf\n\ndata: 1\n\n|data: 2\n\n",
        "\xef\xbb\xbf",
        "\xef\xbb",
        /* A line of spaces is not empty. */
        "data: 1\n \n\n|data: 2\n\n",
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        check(cases[i]);
}

static void test_event_length(void **state)
{
    (void)state;
    assert_int_equal(td_sse_event_length(TD_BYTES("")), 0);
    assert_int_equal(td_sse_event_length(TD_BYTES("\n")), 1);
    assert_int_equal(td_sse_event_length(TD_BYTES("data: 1\n\ndata: 2\n\n")), 9);
    assert_int_equal(td_sse_event_length(TD_BYTES("data: 1\r\n\r\ndata: 2")), 11);
    assert_int_equal(td_sse_event_length(TD_BYTES("data: 1\ndata: 2\n")), 16);
    assert_int_equal(td_sse_event_length(TD_BYTES("a\0\n\n\0")), 4);
}

static void test_types(void **state)
{
    (void)state;
    static const struct {
        const char *type;
        bool events;
    } rows[] = {
        {"text/event-stream", true},
        {"Text/Event-Stream", true},
        {"text/event-stream; charset=utf-8", true},
        {"text/event-stream;charset=utf-8", true},
        {" text/event-stream ; a=b; c=d", true},
        {"text/event-streams", false},
        {"text/event", false},
        {"application/json", false},
        {"application/json; a=text/event-stream", false},
        {";", false},
        {"", false},
        {NULL, false},
    };
    struct td_bytes body = TD_BYTES("data: 1\n\ndata: 2\n\n");
    struct td_buf out;
    td_buf_init(&out);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        split(body, td_bytes_of(rows[i].type), TD_SPLIT_EVENT, &out);
        assert_string_equal(out.data, rows[i].events ? "data: 1\n\n|data: 2\n\n" : body.data);
        split(body, td_bytes_of(rows[i].type), TD_SPLIT_WHOLE, &out);
        assert_string_equal(out.data, body.data);
        split(TD_BYTES(""), td_bytes_of(rows[i].type), TD_SPLIT_EVENT, &out);
        assert_string_equal(out.data, "");
    }
    td_buf_release(&out);
}

/* Every text of up to eight of these bytes, against the rule said in another way: a chunk ends
 * before a byte that starts a line, where the line before it was empty and a line that is not
 * empty came before that. */
static void test_all_short_texts(void **state)
{
    (void)state;
    static const char letters[] = {'a', '\n', '\r'};
    char text[8];
    for (size_t len = 1; len <= sizeof text; len++) {
        size_t count = 1;
        for (size_t i = 0; i < len; i++)
            count *= 3;
        for (size_t number = 0; number < count; number++) {
            for (size_t i = 0, rest = number; i < len; i++, rest /= 3)
                text[i] = letters[rest % 3];
            struct td_chunks chunks;
            size_t next = 0;
            bool line_used = false, content = false, closed = false;
            assert_int_equal(td_chunks_split(&chunks, td_bytes(text, len), SSE, TD_SPLIT_EVENT), 0);
            for (size_t i = 0; i < len; i++) {
                if (text[i] == 'a') {
                    if (closed) {
                        assert_true(next < chunks.count);
                        assert_int_equal(chunks.ends[next++], i);
                        closed = false;
                    }
                    content = line_used = true;
                    continue;
                }
                if (text[i] == '\r' && i + 1 < len && text[i + 1] == '\n')
                    i++;
                if (!line_used && content)
                    closed = true;
                line_used = false;
            }
            assert_int_equal(next + 1, chunks.count);
            assert_int_equal(chunks.ends[next], len);
            td_chunks_release(&chunks);
        }
    }
}

static void test_large(void **state)
{
    (void)state;
    enum { EVENTS = 500000 };
    struct td_buf body;
    struct td_chunks chunks;
    td_buf_init(&body);
    for (int i = 0; i < EVENTS; i++)
        td_buf_printf(&body, "data: %06d\n\n", i);
    assert_int_equal(td_chunks_split(&chunks, td_buf_view(&body), SSE, TD_SPLIT_EVENT), 0);
    assert_int_equal(chunks.count, EVENTS);
    for (size_t i = 0; i < EVENTS; i++)
        assert_int_equal(chunks.ends[i], (i + 1) * 14);
    td_chunks_release(&chunks);
    assert_null(chunks.ends);
    td_buf_clear(&body);
    for (int i = 0; i < 5000000; i++)
        td_buf_put_char(&body, '\n');
    assert_int_equal(td_chunks_split(&chunks, td_buf_view(&body), SSE, TD_SPLIT_EVENT), 0);
    assert_int_equal(chunks.count, 1);
    td_chunks_release(&chunks);
    td_buf_release(&body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_events), cmocka_unit_test(test_event_length),
        cmocka_unit_test(test_types),  cmocka_unit_test(test_all_short_texts),
        cmocka_unit_test(test_large),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
