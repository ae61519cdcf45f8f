/* SPDX-License-Identifier: MIT */
/*
 * Streams of each API: what they say when they are whole, and that one which is cut off anywhere
 * is never called whole, and still tells what it can.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "llm_streams.h"

static const struct stream chat = {
    .url = "https://x.test/v1/chat/completions", .request = "{}", .wrapping = SSE};

/* In memory of its own, so that reading past its end is found. */
static struct td_llm_reply *read_body(const struct stream *stream, struct td_bytes body)
{
    struct td_llm_reply *reply;
    struct td_error err;
    char *copy = malloc(body.len ? body.len : 1);
    assert_non_null(copy);
    memcpy(copy, body.data, body.len);
    struct td_llm_exchange exchange = {
        .url = td_bytes_of(stream->url),
        .request_body = td_bytes_of(stream->request),
        .code = 200,
        .content_type = td_bytes_of(content_types[stream->wrapping]),
        .response_body = td_bytes(copy, body.len),
    };
    assert_int_equal(td_llm_exchange_reply(&exchange, &reply, &err), 0);
    free(copy); /* a stream's texts are the reply's own */
    return reply;
}

static void test_whole(void **state)
{
    (void)state;
    struct td_buf body, said;
    size_t ends[EVENT_MOST];
    td_buf_init(&body);
    td_buf_init(&said);
    for (size_t i = 0; i < STREAM_COUNT; i++) {
        td_buf_clear(&body);
        td_buf_clear(&said);
        size_t count = put_stream(&streams[i], &body, ends);
        struct td_llm_reply *reply = read_body(&streams[i], td_buf_view(&body));
        assert_non_null(reply);
        said_reply(&said, reply);
        if (strcmp(said.data, streams[i].said) != 0)
            print_message("# %s\n", streams[i].name);
        assert_string_equal(said.data, streams[i].said);
        if (!reply->complete)
            print_message("# %s: %s\n", streams[i].name, reply->incomplete);
        assert_true(reply->complete && reply->streamed && !reply->incomplete);
        assert_int_equal(reply->event_count, count);
        assert_int_equal(reply->unknown_count, 0);
        assert_int_equal(reply->bedrock_invoke, streams[i].wrapping == CHUNKS);
        td_llm_reply_free(reply);
    }
    td_buf_release(&body);
    td_buf_release(&said);
}

/* Cut at any byte before the last character of the last event, it is not whole; cut behind an
 * event, it has what was before. */
static void test_cut_anywhere(void **state)
{
    (void)state;
    struct td_buf body;
    size_t ends[EVENT_MOST];
    td_buf_init(&body);
    for (size_t i = 0; i < STREAM_COUNT; i++) {
        td_buf_clear(&body);
        size_t count = put_stream(&streams[i], &body, ends);
        size_t whole = ends[count - 1], k = 0;
        if (streams[i].wrapping == ARRAY)
            whole = body.len;
        else if (streams[i].wrapping < FRAMES)
            while (strchr("\r\n", body.data[whole - 1]))
                whole--;
        for (size_t len = 0; len < whole; len++) {
            struct td_llm_reply *reply = read_body(&streams[i], td_bytes(body.data, len));
            assert_non_null(reply);
            if (reply->complete)
                print_message("# %s, at byte %zu\n", streams[i].name, len);
            assert_false(reply->complete);
            if (k + 1 < count && len == ends[k]) {
                assert_non_null(reply->incomplete);
                assert_int_equal(reply->event_count, ++k);
            }
            td_llm_reply_free(reply);
        }
        assert_int_equal(k, count - 1);
    }
    td_buf_release(&body);
}

/* Any byte replaced: no crash, and a damaged frame is never taken for a good one. */
static void test_damaged(void **state)
{
    (void)state;
    struct td_buf body;
    size_t ends[EVENT_MOST];
    td_buf_init(&body);
    for (size_t i = 0; i < STREAM_COUNT; i++) {
        td_buf_clear(&body);
        put_stream(&streams[i], &body, ends);
        for (size_t at = 0; at < body.len; at++) {
            char before = body.data[at];
            body.data[at] = (char)(before ^ 1 << at % 8);
            struct td_llm_reply *reply = read_body(&streams[i], td_buf_view(&body));
            assert_true(streams[i].wrapping < FRAMES || (reply && !reply->complete));
            td_llm_reply_free(reply);
            body.data[at] = before;
        }
    }
    td_buf_release(&body);
}

/* Bodies alone, as in a file: the first event says what they are. */
static void test_without_a_request(void **state)
{
    (void)state;
    static const struct stream none = {.url = "", .request = ""};
    struct td_buf body, said;
    size_t ends[EVENT_MOST];
    td_buf_init(&body);
    td_buf_init(&said);
    for (size_t i = 0; i < STREAM_COUNT; i++) {
        struct stream stream = none;
        if (strstr(streams[i].name, "chat: ") && !strstr(streams[i].name, "chat: a text"))
            continue; /* cut down to where nothing tells them */
        if (strstr(streams[i].name, "exception"))
            continue;
        td_buf_clear(&body);
        td_buf_clear(&said);
        put_stream(&streams[i], &body, ends);
        stream.wrapping = streams[i].wrapping;
        struct td_llm_reply *reply = read_body(&stream, td_buf_view(&body));
        if (!reply)
            print_message("# %s\n", streams[i].name);
        assert_non_null(reply);
        said_reply(&said, reply);
        assert_string_equal(said.data, streams[i].said);
        td_llm_reply_free(reply);
    }
    td_buf_release(&body);
    td_buf_release(&said);
}

/* What is between the events, or instead of them. */
static void test_rubbish(void **state)
{
    (void)state;
    static const struct {
        const char *body, *said;
        bool complete;
    } cases[] = {
        {"", "", false},
        {"\n\n\n", "", false},
        {"data: {\n\ndata: [DONE]\n\n", "", true},
        {"data: 5\n\ndata: []\n\ndata: \"x\"\n\ndata: null\n\ndata: [DONE]\n\n", "", true},
        {"data: {\"choices\":5,\"model\":[1],\"usage\":\"x\",\"id\":{}}\n\ndata: [DONE]\n\n", "",
         true},
        {"data: {\"choices\":[5,null,[],{},{\"delta\":7},{\"index\":-1,\"delta\":{\"content\":5,"
         "\"tool_calls\":[1,{},{\"index\":1e99,\"function\":3}]}}]}\n\ndata: [DONE]\n\n",
         " {tool_call}", true},
        /* Half an astral character in each of two pieces. */
        {"data: {\"choices\":[{\"delta\":{\"content\":\"a\\ud83d\"}}]}\n\n"
         "data: {\"choices\":[{\"delta\":{\"content\":\"\\ude00\\u0000b\"}}]}\n\n"
         "data: [DONE]\n\n",
         NULL, true},
        /* Not closed by an empty line; a byte order mark; CR for line ends. */
        {"\xef\xbb\xbf"
         "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\r\rdata: [DONE]",
         " {text=a}", true},
        /* Data in several lines. */
        {"data: {\"choices\":[{\"delta\":\ndata: {\"content\":\"a\"}}]}\n\ndata:[DONE]\n\n",
         " {text=a}", true},
    };
    struct td_buf said;
    td_buf_init(&said);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct td_llm_reply *reply = read_body(&chat, td_bytes_of(cases[i].body));
        assert_non_null(reply);
        td_buf_clear(&said);
        said_reply(&said, reply);
        if (cases[i].said) {
            assert_string_equal(said.data ? said.data : "", cases[i].said);
        } else {
            struct td_bytes text = reply->choices[0].message.parts[0].text;
            assert_true(td_bytes_equal(text, TD_BYTES("a\xed\xa0\xbd\xed\xb8\x80\0b")));
        }
        assert_int_equal(reply->complete, cases[i].complete);
        td_llm_reply_free(reply);
    }
    td_buf_release(&said);
}

/* Ten times the pieces take about ten times the time: measured generously, against quadratic. */
static void test_long(void **state)
{
    (void)state;
    struct td_buf body;
    struct timespec start, end;
    enum { PIECES = 50000 };
    for (int many = 0; many < 2; many++) {
        td_buf_init(&body);
        for (int i = 0; i < PIECES; i++)
            td_buf_printf(
                &body,
                "data: {\"id\":\"x\",\"model\":\"m\",\"choices\":[{\"index\":%d,\"delta\":"
                "{\"content\":\"piece \",\"tool_calls\":[{\"index\":%d,\"function\":"
                "{\"arguments\":\"1\"}}]}}]}\n\n",
                many ? i : 0, many ? i : 0);
        td_buf_put_text(&body, "data: [DONE]\n\n");
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start);
        struct td_llm_reply *reply = read_body(&chat, td_buf_view(&body));
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
        assert_true(reply->complete);
        assert_int_equal(reply->choice_count, many ? PIECES : 1);
        assert_int_equal(reply->choices[0].message.parts[0].text.len, many ? 6 : PIECES * 6);
        td_llm_reply_free(reply);
        td_buf_release(&body);
        assert_true(end.tv_sec - start.tv_sec < 10);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole),   cmocka_unit_test(test_cut_anywhere),
        cmocka_unit_test(test_damaged), cmocka_unit_test(test_without_a_request),
        cmocka_unit_test(test_rubbish), cmocka_unit_test(test_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
