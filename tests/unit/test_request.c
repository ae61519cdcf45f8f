/* SPDX-License-Identifier: MIT */
/* The request parser: what it reads, what it refuses, and that it does not matter how the bytes are
 * cut. Every case runs whole, byte by byte, and with every single cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <malloc.h>

#include "http/request.h"

static const char *const state_names[] = {"HEAD", "BODY", "COMPLETE", "BROKEN"};

static void dump_fields(struct td_buf *out, const char *kind, const struct td_fields *fields)
{
    for (size_t i = 0; i < fields->count; i++) {
        td_buf_printf(out, "%s[", kind);
        td_buf_put_bytes(out, fields->items[i].name);
        td_buf_put_text(out, "]=[");
        td_buf_put_bytes(out, fields->items[i].value);
        td_buf_put_text(out, "]\n");
    }
}

/* Feeds `text` in steps and writes down everything that came of it. `cut` is where the first step
 * ends, `step` how long the others are. */
static void run(struct td_request_parser *parser, struct td_bytes text, size_t cut, size_t step,
                struct td_buf *out)
{
    const struct td_request *request = td_request_parser_request(parser);
    enum td_request_state state = TD_REQUEST_HEAD;
    struct td_error err = {0};
    size_t at = 0;
    td_request_parser_reset(parser);
    while (at < text.len) {
        size_t len = at < cut ? cut - at : step, taken;
        len = len < text.len - at ? len : text.len - at;
        /* A copy of its own, so that reading past it, or keeping it, is found. */
        char *piece = malloc(len);
        assert_non_null(piece);
        memcpy(piece, text.data + at, len);
        state = td_request_parser_feed(parser, td_bytes(piece, len), &taken, &err);
        free(piece);
        assert_true(taken <= len);
        at += taken;
        if (state == TD_REQUEST_COMPLETE || state == TD_REQUEST_BROKEN)
            break;
        assert_int_equal(taken, len);
    }
    td_buf_clear(out);
    td_buf_printf(out, "%s", state_names[state]);
    if (state == TD_REQUEST_BROKEN) {
        td_buf_printf(out, " %d %s", err.code, err.message);
        return;
    }
    if (state != TD_REQUEST_HEAD) {
        td_buf_put_text(out, " ");
        td_buf_put_bytes(out, request->method);
        td_buf_put_text(out, " ");
        td_buf_put_bytes(out, request->target);
        td_buf_printf(out, " 1.%d%s%s\n", request->version_minor,
                      request->expects_continue ? " continue" : "",
                      request->wants_close ? " close" : "");
        dump_fields(out, "header", &request->headers);
    }
    if (state == TD_REQUEST_COMPLETE) {
        dump_fields(out, "trailer", &request->trailers);
        td_buf_put_text(out, "body[");
        td_buf_put_bytes(out, request->body);
        td_buf_printf(out, "] rest %zu", text.len - at);
    }
}

static void check(struct td_bytes text, const char *expected)
{
    struct td_request_parser *parser = td_request_parser_new();
    struct td_buf out;
    assert_non_null(parser);
    td_buf_init(&out);
    run(parser, text, text.len, 1, &out);
    assert_string_equal(out.data, expected);
    for (size_t step = 1; step < 5; step++) {
        run(parser, text, 0, step, &out);
        assert_string_equal(out.data, expected);
    }
    for (size_t cut = 1; cut < text.len; cut++) {
        run(parser, text, cut, text.len, &out);
        assert_string_equal(out.data, expected);
    }
    td_buf_release(&out);
    td_request_parser_free(parser);
}

struct sample {
    const char *text;
    const char *expected;
};

static void check_all(const struct sample *samples, size_t count)
{
    for (size_t i = 0; i < count; i++)
        check(td_bytes_of(samples[i].text), samples[i].expected);
}

#define CHECK_ALL(samples) check_all(samples, sizeof samples / sizeof samples[0])

static void test_heads(void **state)
{
    (void)state;
    static const struct sample samples[] = {
        {"GET /a?b=c HTTP/1.1\r\nHost: x.org\r\nAccept: */*\r\n\r\n",
         "COMPLETE GET /a?b=c 1.1\nheader[Host]=[x.org]\nheader[Accept]=[*/*]\nbody[] rest 0"},
        {"GET / HTTP/1.1\n\nGET /2 HTTP/1.1\n", "COMPLETE GET / 1.1\nbody[] rest 16"},
        {"\r\n\n\r\nGET / HTTP/1.1\r\n\r\n", "COMPLETE GET / 1.1\nbody[] rest 0"},
        {"GET http://x.org/ HTTP/1.1\r\nEmpty:\r\nSpaces: \t a  b \t\r\nColon: a:b\r\n\r\n",
         "COMPLETE GET http://x.org/ 1.1\nheader[Empty]=[]\nheader[Spaces]=[a  b]\n"
         "header[Colon]=[a:b]\nbody[] rest 0"},
        {"GET / HTTP/1.1\r\nA: 1\r\n  2\r\n\t3 \r\nB: 4\n 5\n \nC:\r\n 6\r\nA: 7\r\n\r\n",
         "COMPLETE GET / 1.1\nheader[A]=[1 2 3]\nheader[B]=[4 5]\nheader[C]=[6]\nheader[A]=[7]\n"
         "body[] rest 0"},
        {"POST /\xc3\xa9 HTTP/1.1\r\nX: \xc3\xa9\xff\r\n\r\n",
         "COMPLETE POST /\xc3\xa9 1.1\nheader[X]=[\xc3\xa9\xff]\nbody[] rest 0"},
        {"GET / HTTP/1.1\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"
         "Connection: Upgrade, HTTP2-Settings\r\n\r\n",
         "COMPLETE GET / 1.1\nheader[Upgrade]=[h2c]\nheader[HTTP2-Settings]=[AAMAAABk]\n"
         "header[Connection]=[Upgrade, HTTP2-Settings]\nbody[] rest 0"},
        {"GET / HTTP/1.1\r\nHost: x\r\n", "HEAD"},
        {"", "HEAD"},
    };
    CHECK_ALL(samples);
}

static void test_connection(void **state)
{
    (void)state;
    static const struct sample samples[] = {
        {"GET / HTTP/1.1\r\nConnection: TE, Close\r\n\r\n",
         "COMPLETE GET / 1.1 close\nheader[Connection]=[TE, Close]\nbody[] rest 0"},
        {"GET / HTTP/1.1\r\nConnection: closed\r\n\r\n",
         "COMPLETE GET / 1.1\nheader[Connection]=[closed]\nbody[] rest 0"},
        {"GET / HTTP/1.0\r\n\r\n", "COMPLETE GET / 1.0 close\nbody[] rest 0"},
        {"GET / HTTP/1.0\r\nConnection: x\r\nConnection: Keep-Alive\r\n\r\n",
         "COMPLETE GET / 1.0\nheader[Connection]=[x]\nheader[Connection]=[Keep-Alive]\n"
         "body[] rest 0"},
        {"POST / HTTP/1.1\r\nExpect: 100-Continue\r\nContent-Length: 1\r\n\r\n",
         "BODY POST / 1.1 continue\nheader[Expect]=[100-Continue]\nheader[Content-Length]=[1]\n"},
        {"POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n",
         "BODY POST / 1.0 close\nheader[Expect]=[100-continue]\nheader[Content-Length]=[1]\n"},
    };
    CHECK_ALL(samples);
}

static void test_lengths(void **state)
{
    (void)state;
    static const struct sample samples[] = {
        {"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nhelloGET",
         "COMPLETE POST / 1.1\nheader[Content-Length]=[5]\nbody[hello] rest 3"},
        {"POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\nx",
         "COMPLETE POST / 1.1\nheader[Content-Length]=[0]\nbody[] rest 1"},
        {"POST / HTTP/1.1\r\ncontent-length: 2, 2\r\nContent-Length: 02\r\n\r\n\r\n",
         "COMPLETE POST / 1.1\nheader[content-length]=[2, 2]\nheader[Content-Length]=[02]\n"
         "body[\r\n] rest 0"},
        {"POST / HTTP/1.1\r\nContent-Length: 6\r\n\r\nhello",
         "BODY POST / 1.1\nheader[Content-Length]=[6]\n"},
        {"POST / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
         "BROKEN -4 two values of Content-Length, '5' and '6'"},
        {"POST / HTTP/1.1\r\nContent-Length: 5, 6\r\n\r\nhello",
         "BROKEN -4 two values of Content-Length, '5' and '6'"},
        {"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
         "BROKEN -4 Content-Length '-1' is not a number"},
        {"POST / HTTP/1.1\r\nContent-Length: +1\r\n\r\n",
         "BROKEN -4 Content-Length '+1' is not a number"},
        {"POST / HTTP/1.1\r\nContent-Length: 1 1\r\n\r\n",
         "BROKEN -4 Content-Length '1 1' is not a number"},
        {"POST / HTTP/1.1\r\nContent-Length:\r\n\r\n",
         "BROKEN -4 Content-Length '' is not a number"},
        {"POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
         "BROKEN -4 Content-Length '99999999999999999999' is not a number"},
        {"POST / HTTP/1.1\r\nContent-Length: 18446744073709551615\r\n\r\n",
         "BROKEN -7 request's body is longer than 1073741824 bytes"},
    };
    CHECK_ALL(samples);
}

#define CHUNKED      "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
#define CHUNKED_DUMP "COMPLETE POST / 1.1\nheader[Transfer-Encoding]=[chunked]\n"

static void test_chunks(void **state)
{
    (void)state;
    static const struct sample samples[] = {
        {CHUNKED "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\nX",
         CHUNKED_DUMP "body[hello world] rest 1"},
        {CHUNKED "0\r\n\r\n", CHUNKED_DUMP "body[] rest 0"},
        {CHUNKED "5\nhello\n0\n\n", CHUNKED_DUMP "body[hello] rest 0"},
        {CHUNKED "00005;a=b;c=\"d;e\"\r\nhello\r\n0 ; x\r\n\r\n",
         CHUNKED_DUMP "body[hello] rest 0"},
        {CHUNKED "aA\r\n"
                 "0123456789012345678901234567890123456789012345678901234567890123456789"
                 "0123456789012345678901234567890123456789012345678901234567890123456789"
                 "012345678901234567890123456789\r\n0\r\n\r\n",
         CHUNKED_DUMP "body["
                      "0123456789012345678901234567890123456789012345678901234567890123456789"
                      "0123456789012345678901234567890123456789012345678901234567890123456789"
                      "012345678901234567890123456789] rest 0"},
        {CHUNKED "1\r\na\r\n0\r\nX-Sum: 1\r\nY:\r\n 2\r\n\r\n",
         CHUNKED_DUMP "trailer[X-Sum]=[1]\ntrailer[Y]=[2]\nbody[a] rest 0"},
        /* Both: the chunks count. */
        {"POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: Chunked\r\n\r\n"
         "1\r\na\r\n0\r\n\r\n",
         "COMPLETE POST / 1.1\nheader[Content-Length]=[3]\nheader[Transfer-Encoding]=[Chunked]\n"
         "body[a] rest 0"},
        {CHUNKED "5\r\nhello\r\n0\r\nX: 1\r\n", "BODY POST / 1.1\n"
                                                "header[Transfer-Encoding]=[chunked]\n"},
        {CHUNKED "5\r\nhello!\r\n", "BROKEN -4 chunk is not as long as its size says"},
        {CHUNKED "5\r\nhello\rX", "BROKEN -4 chunk is not as long as its size says"},
        {CHUNKED "x\r\n", "BROKEN -4 chunk's size is not a hexadecimal number"},
        {CHUNKED "\r\n", "BROKEN -4 chunk's size is not a hexadecimal number"},
        {CHUNKED "-1\r\n", "BROKEN -4 chunk's size is not a hexadecimal number"},
        {CHUNKED "5x\r\n", "BROKEN -4 chunk's size is not a hexadecimal number"},
        {CHUNKED "5\rx", "BROKEN -4 chunk's size line has a lone carriage return"},
        {CHUNKED "fffffffffffffffff\r\n", "BROKEN -7 chunk's size has too many digits"},
        {CHUNKED "ffffffffffffffff\r\n",
         "BROKEN -7 request's body is longer than 1073741824 bytes"},
        {CHUNKED "0\r\nbad trailer\r\n\r\n", "BROKEN -4 header line 1 has no colon"},
        {"POST / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
         "BROKEN -4 transfer coding 'gzip' of the request is not known, only 'chunked' is"},
        {"POST / HTTP/1.1\r\nTransfer-Encoding: identity\r\n\r\n",
         "BROKEN -4 transfer coding 'identity' of the request is not known, only 'chunked' is"},
        {"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
         "BROKEN -4 transfer coding 'chunked' is given twice"},
    };
    CHECK_ALL(samples);
}

static void test_refusals(void **state)
{
    (void)state;
    static const struct sample samples[] = {
        {"\x16\x03\x01", "BROKEN -4 client speaks TLS; use 'http://' in its URL"},
        {" GET / HTTP/1.1\r\n\r\n", "BROKEN -4 request does not begin with a method"},
        {"GET /\r\n\r\n", "BROKEN -4 request line is not a method, a target and a version"},
        {"GET\r\n\r\n", "BROKEN -4 request line is not a method, a target and a version"},
        {"GET  HTTP/1.1\r\n\r\n", "BROKEN -4 request line has no target"},
        {"G(T / HTTP/1.1\r\n\r\n", "BROKEN -4 request line has no valid method"},
        {"GET /a b HTTP/1.1\r\n\r\n", "BROKEN -4 version 'b HTTP/1.1' is not HTTP/1.x"},
        {"GET /\x01 HTTP/1.1\r\n\r\n", "BROKEN -4 request's target holds a control character"},
        {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "BROKEN -4 version 'HTTP/2.0' is not HTTP/1.x"},
        {"GET / HTTP/1.x\r\n\r\n", "BROKEN -4 version 'HTTP/1.x' is not HTTP/1.x"},
        {"GET / http/1.1\r\n\r\n", "BROKEN -4 version 'http/1.1' is not HTTP/1.x"},
        {"GET / HTTP/1.1\r\n A: 1\r\n\r\n", "BROKEN -4 header line 1 starts with white space"},
        {"GET / HTTP/1.1\r\nA: 1\r\nB\r\n\r\n", "BROKEN -4 header line 2 has no colon"},
        {"GET / HTTP/1.1\r\nA : 1\r\n\r\n", "BROKEN -4 header line 1 has no valid name"},
        {"GET / HTTP/1.1\r\n: 1\r\n\r\n", "BROKEN -4 header line 1 has no valid name"},
        {"GET / HTTP/1.1\r\nA: 1\rB\r\n\r\n",
         "BROKEN -4 header line 1 holds a NUL or a carriage return"},
    };
    CHECK_ALL(samples);
    check(TD_BYTES("GET / HTTP/1.1\r\nA: 1\0\r\n\r\n"),
          "BROKEN -4 header line 1 holds a NUL or a carriage return");
    check(TD_BYTES("GET /\0 HTTP/1.1\r\n\r\n"),
          "BROKEN -4 request's target holds a control character");
}

static void test_body_is_bytes(void **state)
{
    (void)state;
    struct td_request_parser *parser = td_request_parser_new();
    struct td_bytes text = TD_BYTES("POST / HTTP/1.1\r\nContent-Length: 6\r\n\r\na\0b\r\n\xff");
    size_t taken;
    assert_int_equal(td_request_parser_feed(parser, text, &taken, NULL), TD_REQUEST_COMPLETE);
    assert_int_equal(taken, text.len);
    assert_true(td_bytes_equal(td_request_parser_request(parser)->body, TD_BYTES("a\0b\r\n\xff")));
    td_request_parser_free(parser);
}

static void test_limits(void **state)
{
    (void)state;
    struct td_request_parser *parser = td_request_parser_new();
    struct td_error err = {0};
    struct td_buf text;
    size_t taken;
    td_buf_init(&text);
    td_buf_put_text(&text, "GET / HTTP/1.1\r\nA: ");
    while (text.len < TD_REQUEST_MAX_HEAD - 4)
        td_buf_put_char(&text, 'a');
    td_buf_put_text(&text, "\r\n\r\n");
    assert_int_equal(text.len, TD_REQUEST_MAX_HEAD);
    assert_int_equal(td_request_parser_feed(parser, td_buf_view(&text), &taken, &err),
                     TD_REQUEST_COMPLETE);

    /* One byte more, also where the line never ends. */
    td_request_parser_reset(parser);
    text.data[text.len - 4] = 'a';
    text.data[text.len - 3] = 'a';
    assert_int_equal(
        td_request_parser_feed(parser, td_bytes(text.data, text.len - 2), &taken, &err),
        TD_REQUEST_HEAD);
    assert_int_equal(td_request_parser_feed(parser, TD_BYTES("aaa"), &taken, &err),
                     TD_REQUEST_BROKEN);
    assert_int_equal(err.code, TD_ERR_LIMIT);
    assert_string_equal(err.message, "request's header is longer than 1048576 bytes");
    assert_int_equal(td_request_parser_feed(parser, TD_BYTES("\r\n"), &taken, &err),
                     TD_REQUEST_BROKEN);
    assert_int_equal(taken, 0);

    /* Empty lines in front are not kept. */
    td_request_parser_reset(parser);
    for (int i = 0; i < 2 * TD_REQUEST_MAX_HEAD; i++)
        assert_int_equal(td_request_parser_feed(parser, TD_BYTES("\n"), &taken, &err),
                         TD_REQUEST_HEAD);

    /* Trailers count on their own. */
    td_request_parser_reset(parser);
    td_buf_clear(&text);
    td_buf_put_text(&text, CHUNKED "0\r\n");
    for (int i = 0; i < TD_REQUEST_MAX_HEAD / 8 + 1; i++)
        td_buf_put_text(&text, "name: 1\n");
    assert_int_equal(td_request_parser_feed(parser, td_buf_view(&text), &taken, &err),
                     TD_REQUEST_BROKEN);
    assert_int_equal(err.code, TD_ERR_LIMIT);

    /* Chunk extensions. */
    td_request_parser_reset(parser);
    td_buf_clear(&text);
    td_buf_put_text(&text, CHUNKED "1;");
    for (int i = 0; i < 20000; i++)
        td_buf_put_char(&text, 'a');
    assert_int_equal(td_request_parser_feed(parser, td_buf_view(&text), &taken, &err),
                     TD_REQUEST_BROKEN);
    assert_string_equal(err.message, "chunk's size line is longer than 16384 bytes");
    td_buf_release(&text);

    /* Bodies. */
    td_request_parser_limit_body(parser, 4);
    td_request_parser_reset(parser);
    assert_int_equal(
        td_request_parser_feed(parser, TD_BYTES("POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\nabcd"),
                               &taken, &err),
        TD_REQUEST_COMPLETE);
    td_request_parser_reset(parser);
    assert_int_equal(
        td_request_parser_feed(parser, TD_BYTES("POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\n"),
                               &taken, &err),
        TD_REQUEST_BROKEN);
    assert_string_equal(err.message, "request's body is longer than 4 bytes");
    td_request_parser_reset(parser);
    assert_int_equal(
        td_request_parser_feed(parser, TD_BYTES(CHUNKED "3\r\nabc\r\n1\r\nd\r\n"), &taken, &err),
        TD_REQUEST_BODY);
    assert_int_equal(td_request_parser_feed(parser, TD_BYTES("1\r\n"), &taken, &err),
                     TD_REQUEST_BROKEN);
    assert_int_equal(err.code, TD_ERR_LIMIT);
    td_request_parser_free(parser);
}

static void test_nothing_allocated_ahead(void **state)
{
    (void)state;
    struct td_request_parser *parser = td_request_parser_new();
    size_t taken;
    struct mallinfo2 before = mallinfo2();
    assert_int_equal(td_request_parser_feed(
                         parser, TD_BYTES("POST / HTTP/1.1\r\nContent-Length: 1000000000\r\n\r\nx"),
                         &taken, NULL),
                     TD_REQUEST_BODY);
    struct mallinfo2 after = mallinfo2();
    assert_true(after.uordblks + after.hblkhd < before.uordblks + before.hblkhd + 64 * 1024);
    td_request_parser_free(parser);
}

/* Feeds in steps of `step` and returns the body's length. */
static size_t feed_large(struct td_request_parser *parser, const struct td_buf *text, size_t step)
{
    enum td_request_state reached = TD_REQUEST_HEAD;
    td_request_parser_reset(parser);
    for (size_t at = 0, taken; at < text->len; at += taken) {
        size_t len = step < text->len - at ? step : text->len - at;
        reached = td_request_parser_feed(parser, td_bytes(text->data + at, len), &taken, NULL);
        assert_int_equal(taken, len);
    }
    assert_int_equal(reached, TD_REQUEST_COMPLETE);
    return td_request_parser_request(parser)->body.len;
}

static void test_large(void **state)
{
    (void)state;
    enum { SIZE = 6 * 1024 * 1024 };
    struct td_request_parser *parser = td_request_parser_new();
    struct td_buf text;
    td_buf_init(&text);
    td_buf_printf(&text, "POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n", SIZE);
    size_t head = text.len;
    for (int i = 0; i < SIZE; i++)
        td_buf_put_char(&text, (char)(i * 7 + (i >> 8)));
    assert_int_equal(feed_large(parser, &text, 16384), SIZE);
    assert_memory_equal(td_request_parser_request(parser)->body.data, text.data + head, SIZE);
    assert_int_equal(feed_large(parser, &text, 1), SIZE);
    assert_memory_equal(td_request_parser_request(parser)->body.data, text.data + head, SIZE);
    td_buf_clear(&text);
    td_buf_put_text(&text, CHUNKED);
    for (int i = 0; i < SIZE / 8; i++)
        td_buf_put_text(&text, "1\r\nx\r\n");
    td_buf_put_text(&text, "0\r\n\r\n");
    assert_int_equal(feed_large(parser, &text, 16384), SIZE / 8);
    assert_int_equal(feed_large(parser, &text, 3), SIZE / 8);
    /* A head of many short lines, and of many folded ones. */
    td_buf_clear(&text);
    td_buf_put_text(&text, "GET / HTTP/1.1\r\n");
    for (int i = 0; i < 250000; i++)
        td_buf_put_text(&text, "a:b\n");
    td_buf_put_text(&text, "\n");
    assert_int_equal(feed_large(parser, &text, 1), 0);
    assert_int_equal(td_request_parser_request(parser)->headers.count, 250000);
    td_buf_clear(&text);
    td_buf_put_text(&text, "GET / HTTP/1.1\r\na:b\n");
    for (int i = 0; i < 300000; i++)
        td_buf_put_text(&text, " c\n");
    td_buf_put_text(&text, "\n");
    assert_int_equal(feed_large(parser, &text, 1), 0);
    assert_int_equal(td_request_parser_request(parser)->headers.items[0].value.len, 600001);
    td_buf_release(&text);
    td_request_parser_free(parser);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_heads),    cmocka_unit_test(test_connection),
        cmocka_unit_test(test_lengths),  cmocka_unit_test(test_chunks),
        cmocka_unit_test(test_refusals), cmocka_unit_test(test_body_is_bytes),
        cmocka_unit_test(test_limits),   cmocka_unit_test(test_nothing_allocated_ahead),
        cmocka_unit_test(test_large),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
