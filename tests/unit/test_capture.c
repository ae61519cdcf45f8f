/* SPDX-License-Identifier: MIT */
/* Exchanges as libcurl tells of them, and the interactions that are made of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "http/capture.h"
#include "http/form.h"

static struct td_capture capture;
static struct td_arena arena;
static struct td_interaction made;
static bool whole;
static int64_t clock_ns;

static int set_up(void **state)
{
    (void)state;
    td_capture_init(&capture);
    td_arena_init(&arena);
    clock_ns = 1000;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    td_capture_release(&capture);
    td_arena_release(&arena);
    return 0;
}

static void send_text(const char *head, const char *body)
{
    td_capture_send_head(&capture, td_bytes_of(head), clock_ns, 5);
    if (*body)
        td_capture_send_body(&capture, td_bytes_of(body), clock_ns);
}

/* Lines of a head, and the empty one. */
static void answer(const char *lines)
{
    while (*lines) {
        size_t len = (size_t)(strchr(lines, '\n') - lines) + 1;
        td_capture_line(&capture, td_bytes(lines, len), clock_ns += 10);
        lines += len;
    }
}

static void body(const char *text)
{
    td_capture_body(&capture, td_bytes_of(text), clock_ns += 1000);
}

static bool end_with(struct td_capture_end end)
{
    end.url = end.url.len ? end.url : TD_BYTES("http://a.test/x#part");
    end.timing = true;
    return td_capture_finish(&capture, &end, &arena, &made, &whole);
}

static void end(void)
{
    assert_true(end_with((struct td_capture_end){.whole = true}));
}

static void assert_text(struct td_bytes found, const char *expected)
{
    if (!td_bytes_equal(found, td_bytes_of(expected)))
        fail_msg("'%.*s' is not '%s'", (int)found.len, found.data ? found.data : "", expected);
}

/* "Name=value, ..." */
static void assert_fields(const struct td_fields *fields, const char *expected)
{
    struct td_buf out;
    td_buf_init(&out);
    td_buf_put_text(&out, "");
    for (size_t i = 0; i < fields->count; i++) {
        td_buf_put_text(&out, i ? ", " : "");
        td_buf_put_bytes(&out, fields->items[i].name);
        td_buf_put_char(&out, '=');
        td_buf_put_bytes(&out, fields->items[i].value);
    }
    assert_string_equal(out.data, expected);
    td_buf_release(&out);
}

#define GET "GET /x HTTP/1.1\r\nHost: a.test\r\n\r\n"

static void test_request(void **state)
{
    (void)state;
    send_text(
        "PUT /x HTTP/1.1\r\nHost: a.test:80\r\nx-API-key: k\r\naCCept: */*\r\nX:  two words \r\n"
        "Content-Length: 4\r\n\r\n",
        "body");
    answer("HTTP/1.1 200 OK\r\n\r\n");
    end();
    assert_text(made.request.method, "PUT");
    assert_text(made.request.url, "http://a.test/x");
    assert_text(made.request.host, "a.test:80");
    assert_text(made.request.message.proto, "HTTP/1.1");
    assert_text(made.request.message.body, "body");
    assert_int_equal(made.request.message.content_length, 4);
    assert_fields(&made.request.message.headers, "X-Api-Key=k, Accept=*/*, X=two words");
    assert_int_equal(made.request.form.count, 0);
}

static void test_chunked_request(void **state)
{
    (void)state;
    send_text("POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
              "4\r\nbody\r\n4;x=y\r\n and\r\n0\r\nx-sum: 1\r\n\r\n");
    answer("HTTP/1.1 200 OK\r\n\r\n");
    end();
    assert_text(made.request.message.body, "body and");
    assert_int_equal(made.request.message.content_length, -1);
    assert_int_equal(made.request.message.transfer_encoding.count, 1);
    assert_fields(&made.request.message.trailer, "X-Sum=1");
    assert_fields(&made.request.message.headers, "");
}

/* Answered before it was sent. */
static void test_part_of_a_request(void **state)
{
    (void)state;
    send_text("PUT /x HTTP/1.1\r\nContent-Length: 100\r\n\r\n", "abc");
    answer("HTTP/1.1 413 Too much\r\n\r\n");
    end();
    assert_text(made.request.message.body, "abc");
    assert_int_equal(made.request.message.content_length, 100);
    td_capture_clear(&capture);
    send_text("PUT /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", "3\r\nabc\r\n5\r\nde");
    answer("HTTP/1.1 413 Too much\r\n\r\n");
    end();
    assert_text(made.request.message.body, "abcde");
    assert_int_equal(made.request.message.content_length, -1);
}

static void test_form(void **state)
{
    (void)state;
    static const struct {
        const char *text, *fields;
    } cases[] = {
        {"a=1&b=two+words&c=%26%3D&a=2", "a=1, b=two words, c=&=, a=2"},
        {"", ""},
        {"&&a", "a="},
        {"=x&a==b=", "=x, a==b="},
        {"a=1;b=2&c=3", "c=3"},        /* Go refuses the semicolon */
        {"a=%zz&b=%4&c=%&d=4", "d=4"}, /* and what is no escape */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct td_fields fields;
        assert_int_equal(td_form_parse(&arena, td_bytes_of(cases[i].text), &fields), 0);
        assert_fields(&fields, cases[i].fields);
    }
    struct td_fields fields;
    assert_int_equal(td_form_parse(&arena, TD_BYTES("%41=%e1%00"), &fields), 0);
    assert_int_equal(fields.items[0].value.len, 2);
    assert_memory_equal(fields.items[0].value.data, "\xe1\0", 2);

    send_text("POST /x HTTP/1.1\r\nContent-Type: Application/X-WWW-form-urlencoded; a=b\r\n\r\n",
              "a=1&b=2");
    answer("HTTP/1.1 200 OK\r\n\r\n");
    end();
    assert_fields(&made.request.form, "a=1, b=2");
}

static void test_response(void **state)
{
    (void)state;
    send_text(GET, "");
    answer("HTTP/1.1 404 Not here\r\nx-ONE: 1\r\nContent-Length: 9\r\nX-Folded: a\r\n\t "
           "b\r\nX-One: 2\r\n"
           "no field\r\nX-Empty:\r\na=b%c d: 3\r\n\r\n");
    body("abc");
    body("defghi");
    end();
    assert_true(whole);
    assert_text(made.response.status, "404 Not here");
    assert_int_equal(made.response.code, 404);
    assert_text(made.response.message.body, "abcdefghi");
    assert_int_equal(made.response.message.content_length, 9);
    assert_fields(&made.response.message.headers,
                  "X-One=1, Content-Length=9, X-Folded=a b, X-One=2, X-Empty=, a=b%c d=3");
    assert_text(made.response.shape.head,
                "x-ONE Content-Length X-Folded X-One X-Empty a%3Db%25c%20d");
    assert_text(made.response.shape.broken, "");
    assert_int_equal(made.response.shape.chunks.count, 2);
    assert_int_equal(made.response.shape.chunks.items[1].len, 6);
    assert_in_range(made.response.duration_ns, 10, 100);
}

static void test_status_lines(void **state)
{
    (void)state;
    static const struct {
        const char *line, *status, *proto;
    } cases[] = {
        {"HTTP/2 200 \r\n\r\n", "200 OK", "HTTP/2.0"},
        {"HTTP/2 299 \r\n\r\n", "299", "HTTP/2.0"},
        {"HTTP/3 404\r\n\r\n", "404 Not Found", "HTTP/3.0"},
        {"HTTP/1.0 200 Fine\r\n\r\n", "200 Fine", "HTTP/1.0"},
        {"HTTP/1.1 200 \r\n\r\n", "200", "HTTP/1.1"},
        {"HTTP/1.1 500\n\n", "500", "HTTP/1.1"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        td_capture_clear(&capture);
        send_text(GET, "");
        answer(cases[i].line);
        end();
        assert_true(whole);
        assert_text(made.response.status, cases[i].status);
        assert_text(made.response.message.proto, cases[i].proto);
    }
    static const char *const none[] = {"\r\n", "HTTP/1.1\r\n\r\n", "HTTP/1.1 x00 No\r\n\r\n"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        td_capture_clear(&capture);
        send_text(GET, "");
        answer(none[i]);
        assert_false(end_with((struct td_capture_end){.whole = true}));
    }
}

static bool end_raw(bool ended)
{
    return end_with((struct td_capture_end){.chunked = true, .whole = ended});
}

/* A client that takes the chunked coding off itself is given chunks as they arrive: several at
 * once, or one in pieces. */
static void test_raw_chunks(void **state)
{
    (void)state;
    send_text(GET, "");
    answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    body("3\r\none\r\n3;x=y\r\ntwo\r\n5\r\nth");
    body("ree\r\n4\r\nfour");
    body("\r\n0\r\nx-sum: 7\r\n\r\n");
    assert_true(end_raw(true));
    assert_true(whole);
    assert_text(made.response.message.body, "onetwothreefour");
    assert_fields(&made.response.message.trailer, "X-Sum=7");
    const struct td_recorded_chunks *chunks = &made.response.shape.chunks;
    assert_int_equal(chunks->count, 4);
    assert_int_equal(chunks->items[1].len, 3);
    assert_int_equal(chunks->items[2].len, 5);
    assert_int_equal(chunks->items[3].len, 4);
    assert_int_equal(chunks->items[0].at_ns, chunks->items[1].at_ns);
    assert_true(chunks->items[1].at_ns < chunks->items[2].at_ns);
    assert_int_equal(chunks->items[2].at_ns, chunks->items[3].at_ns);
}

static void test_raw_chunks_cut(void **state)
{
    (void)state;
    send_text(GET, "");
    answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    body("3\r\none\r\n5\r\nth");
    assert_true(end_raw(false));
    assert_false(whole);
    assert_text(made.response.message.body, "oneth");
    assert_int_equal(made.response.shape.chunks.count, 2);
    assert_int_equal(made.response.shape.chunks.items[1].len, 2);
}

/* What comes behind a line that is no length is not told as trailers. */
static void test_raw_chunks_broken(void **state)
{
    (void)state;
    send_text(GET, "");
    answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    body("2\r\n{\n\r\n\r\n\"password\": \"hunter2\"\n");
    assert_true(end_raw(false));
    assert_false(whole);
    assert_text(made.response.message.body, "{\n");
    assert_int_equal(made.response.message.trailer.count, 0);
}

/* Lengths that are not the body's, where there are chunks; names that are no tokens. */
static void test_odd_heads(void **state)
{
    (void)state;
    send_text(GET, "");
    answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 9\r\na=b: 1\r\n"
           "c d: 2\r\n\r\n");
    body("x");
    end();
    assert_true(whole);
    assert_text(made.response.shape.broken, "");
    assert_int_equal(made.response.message.content_length, -1);
    assert_fields(&made.response.message.headers, "Content-Length=9, a=b=1, c d=2");
    assert_text(made.response.shape.head, "Transfer-Encoding=chunked Content-Length a%3Db c%20d");
}

static void test_interim_and_trailers(void **state)
{
    (void)state;
    send_text(GET, "");
    answer("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
           "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n");
    body("x");
    answer("x-SUM: 12\r\n");
    end();
    assert_true(whole);
    assert_int_equal(made.response.code, 200);
    assert_int_equal(made.response.shape.interim.count, 2);
    assert_text(made.response.shape.interim.items[0], "100 Continue\n");
    assert_text(made.response.shape.interim.items[1], "103 Early Hints\nLink: </a>\n");
    assert_int_equal(made.response.message.transfer_encoding.count, 1);
    assert_int_equal(made.response.message.content_length, -1);
    assert_fields(&made.response.message.headers, "");
    assert_fields(&made.response.message.trailer, "X-Sum=12");
    assert_text(made.response.shape.head, "Transfer-Encoding=Chunked");
}

static void test_decoded(void **state)
{
    (void)state;
    send_text(GET, "");
    answer("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 7\r\n\r\n");
    body("longer than that");
    assert_true(
        end_with((struct td_capture_end){.whole = true, .decoded = true, .wire_length = 7}));
    assert_true(whole);
    assert_true(made.response.uncompressed);
    assert_int_equal(made.response.message.content_length, -1);
    assert_int_equal(made.response.shape.wire_length, 7);
    assert_fields(&made.response.message.headers, "");
    assert_text(made.response.shape.head, "Content-Encoding=gzip Content-Length=7");
}

static void test_ends(void **state)
{
    (void)state;
    static const struct {
        const char *request, *head, *body, *broken;
        bool ended_well, whole;
        const char *recorded;
    } cases[] = {
        {GET, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", "abc", "", true, true, ""},
        {GET, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", "abc", "abort", false, true, ""},
        {GET, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n", "abc", "reset", false, false,
         "reset"},
        {GET, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n", "", "stall", false, false, "stall"},
        {GET, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n", "", "", true, false, "unread"},
        {GET, "HTTP/1.1 200 OK\r\n\r\n", "abc", "", true, true, ""},
        {GET, "HTTP/1.1 200 OK\r\n\r\n", "abc", "close", false, false, "close"},
        {GET, "HTTP/1.1 200 OK\r\nContent-Le", "", "", true, false, "close"},
        {GET, "HTTP/1.1 204 No Content\r\n\r\n", "", "abort", false, true, ""},
        {GET, "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", "", "", true, true, ""},
        {"HEAD /x HTTP/1.1\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", "", "", true,
         true, ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        td_capture_clear(&capture);
        send_text(cases[i].request, "");
        if (strchr(cases[i].head, '\n') && cases[i].head[strlen(cases[i].head) - 1] == '\n')
            answer(cases[i].head);
        else
            td_capture_line(&capture, TD_BYTES("HTTP/1.1 200 OK\r\n"), 5);
        if (*cases[i].body)
            body(cases[i].body);
        assert_true(end_with((struct td_capture_end){
            .whole = cases[i].ended_well, .broken = *cases[i].broken ? cases[i].broken : NULL}));
        if (whole != cases[i].whole)
            fail_msg("case %zu", i);
        assert_text(made.response.shape.broken, cases[i].recorded);
    }
}

/* What libcurl did not show, as a redirect's body: as it was on the wire. */
static void test_unread(void **state)
{
    (void)state;
    send_text(GET, "");
    answer("HTTP/1.1 302 Found\r\nTransfer-Encoding: chunked\r\n\r\n");
    td_capture_unread(&capture, TD_BYTES("3\r\nabc\r\n2"));
    td_capture_unread(&capture, TD_BYTES("\r\nde\r\n0\r\n\r\n"));
    end();
    assert_true(whole);
    assert_text(made.response.message.body, "abcde");

    /* What is shown counts, and not what it was made of. */
    td_capture_clear(&capture);
    send_text(GET, "");
    answer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n");
    td_capture_unread(&capture, TD_BYTES("ab"));
    body("ab");
    td_capture_unread(&capture, TD_BYTES("cd"));
    end();
    assert_text(made.response.message.body, "ab");
}

/* Nothing of one exchange is left for the next, whose memory it was. */
static void test_again(void **state)
{
    (void)state;
    char *large = calloc(1, 1 << 20);
    memset(large, 'x', (1 << 20) - 1);
    send_text(GET, large);
    answer("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nX: y\r\n\r\n");
    body(large);
    answer("X-Trailer: 1\r\n");
    end();
    assert_int_equal(made.response.message.body.len, (1 << 20) - 1);
    td_capture_clear(&capture);
    assert_false(td_capture_begun(&capture));
    assert_false(td_capture_answered(&capture));
    assert_true(capture.body.cap < 1 << 20);
    send_text(GET, "");
    answer("HTTP/1.1 200 OK\r\n\r\n");
    end();
    assert_int_equal(made.response.message.body.len, 0);
    assert_int_equal(made.response.message.trailer.count, 0);
    assert_int_equal(made.response.shape.interim.count, 0);
    assert_int_equal(made.request.message.body.len, 0);
    free(large);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_request),
        TEST(test_chunked_request),
        TEST(test_raw_chunks),
        TEST(test_raw_chunks_cut),
        TEST(test_raw_chunks_broken),
        TEST(test_part_of_a_request),
        TEST(test_form),
        TEST(test_response),
        TEST(test_status_lines),
        TEST(test_odd_heads),
        TEST(test_interim_and_trailers),
        TEST(test_decoded),
        TEST(test_ends),
        TEST(test_unread),
        TEST(test_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
