/* SPDX-License-Identifier: MIT */
/* Streams besides server-sent events: where they are cut; what events and frames say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "llm_said.h"
#include "stream/chunker.h"
#include "stream/formats.h"
#include "stream/sse.h"

/* `expected` is the body with '|' where it is to be cut. */
static void check(const char *type, const char *expected)
{
    struct td_buf body, out;
    struct td_chunks chunks;
    size_t start = 0;
    td_buf_init(&body);
    td_buf_init(&out);
    for (const char *c = expected; *c; c++)
        if (*c != '|')
            td_buf_put_char(&body, *c);
    assert_int_equal(
        td_chunks_split(&chunks, td_buf_view(&body), td_bytes_of(type), TD_SPLIT_EVENT), 0);
    for (size_t i = 0; i < chunks.count; i++) {
        assert_true(chunks.ends[i] > start);
        if (i)
            td_buf_put_char(&out, '|');
        td_buf_put(&out, body.data + start, chunks.ends[i] - start);
        start = chunks.ends[i];
    }
    assert_int_equal(start, body.len);
    assert_string_equal(out.data ? out.data : "", expected);
    td_chunks_release(&chunks);
    td_buf_release(&body);
    td_buf_release(&out);
}

static void test_lines(void **state)
{
    (void)state;
    static const char *const types[] = {
        "application/x-ndjson",    "application/ndjson", "application/jsonl; charset=utf-8",
        "application/stream+json", "text/x-ndjson",
    };
    static const char *const cases[] = {
        "",
        "{}",
        "{}\n",
        "{}\n|{}\n",
        "{}\r\n|{}\r\n",
        "{}\n|{}",
        /* Empty lines belong to the line before. */
        "{}\n\n\r\n|{}\n\n",
        "\n\n|{}\n",
        /* A CR alone ends nothing. */
        "{}\r{}\n|{}\n|\r",
    };
    for (size_t t = 0; t < sizeof types / sizeof types[0]; t++)
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
            check(types[t], cases[i]);
    check("application/json", "{}\n{}\n");
}

static void test_records(void **state)
{
    (void)state;
    check("application/json-seq", "\x1e{}\n|\x1e{}\n");
    check("application/json-seq", "\x1e{}\n|\x1e{");
    check("application/json-seq", "\x1e\x1e{}\n|\x1e\x1e\x1e{}\n");
    check("application/json-seq", "x\n|\x1e{}\n");
    check("application/json-seq", "{}\n{}\n");
    check("application/json-seq", "\x1e");
}

static void test_gemini(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "[{\"candidates\":[]}\n|,\r\n{\"candidates\":[1]}\n|]",
        "[{\"candidates\":[]}\n|,\r\n{\"usageMetadata\":{}}\n|]\n",
        "[{\n  \"promptFeedback\": {\"a\": \"]},[{\\\"\"}\n}\n|]\n",
        " [ {\"candidates\" :{}} |, {\"a\":1,\"candidates\":0}|]",
        /* Cut off: what is not whole is one chunk. */
        "[{\"candidates\":[]}\n|,\r\n{\"candidates\":[",
        "[{\"candidates\":[]}\n|,\r\n",
        "[{\"candidates\":[]}\n|,\r\n{\"candidates\":[]}",
        "[{\"candidates\":[]}",
        /* Other arrays, and what only looks alike, are not cut. */
        "[{\"a\":1},{\"a\":2}]",
        "[{\"a\":{\"candidates\":[]}},{\"a\":2}]",
        "[{\"a\":\"candidates\"},{\"b\":[\"candidates\"]}]",
        "[1,2]",
        "[]",
        "[[{\"candidates\":1}],[]]",
        "{\"candidates\":[]}",
        "[{\"candidates\":[]}\n|,1,{\"candidates\":[]}]",
        "[{\"candidates\":1}\n|,{\"other\":1},{\"candidates\":1}]",
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        check("application/json; charset=UTF-8", cases[i]);
}

static void put_event(struct td_buf *out, const char *payload)
{
    static const char *const headers[] = {":event-type", "chunk", ":message-type", "event", NULL};
    said_frame(out, headers, td_bytes_of(payload));
}

static size_t count_frames(struct td_bytes body, size_t *last)
{
    struct td_chunks chunks;
    assert_int_equal(td_chunks_split(&chunks, body, TD_BYTES("application/vnd.amazon.eventstream"),
                                     TD_SPLIT_EVENT),
                     0);
    size_t count = chunks.count;
    *last = count > 1 ? body.len - chunks.ends[count - 2] : body.len;
    assert_true(!count || chunks.ends[count - 1] == body.len);
    td_chunks_release(&chunks);
    return count;
}

static void test_checksum(void **state)
{
    (void)state;
    assert_int_equal(td_aws_checksum(TD_BYTES("")), 0);
    assert_int_equal(td_aws_checksum(TD_BYTES("123456789")), 0xcbf43926);
    assert_int_equal(td_aws_checksum(TD_BYTES("\0\0\0\0")), 0x2144df1c);
}

static void test_frames(void **state)
{
    (void)state;
    struct td_buf body;
    struct td_aws_frame frame;
    size_t last, ends[3];
    td_buf_init(&body);
    for (int i = 0; i < 3; i++) {
        put_event(&body, i == 1 ? "" : "{\"a\":1}");
        ends[i] = body.len;
    }
    assert_int_equal(count_frames(td_buf_view(&body), &last), 3);
    assert_true(td_aws_frame_read(td_buf_view(&body), &frame));
    assert_int_equal(frame.len, ends[0]);
    assert_true(td_bytes_equal(frame.payload, TD_BYTES("{\"a\":1}")));
    assert_true(
        td_bytes_equal(td_aws_frame_string(&frame, TD_BYTES(":event-type")), TD_BYTES("chunk")));
    assert_null(td_aws_frame_string(&frame, TD_BYTES(":nothing")).data);
    /* Any bit that is wrong in the second frame: the first stays, the rest is one chunk. */
    for (size_t at = ends[0]; at < ends[1]; at++) {
        for (int bit = 0; bit < 8; bit++) {
            body.data[at] = (char)(body.data[at] ^ 1 << bit);
            assert_int_equal(count_frames(td_buf_view(&body), &last), 2);
            assert_int_equal(last, ends[2] - ends[0]);
            body.data[at] = (char)(body.data[at] ^ 1 << bit);
        }
    }
    /* Cut anywhere, in memory of that size. */
    for (size_t len = 0; len < body.len; len++) {
        char *copy = malloc(len ? len : 1);
        assert_non_null(copy);
        memcpy(copy, body.data, len);
        size_t whole = (len >= ends[0]) + (len >= ends[1]);
        bool rest = len && len != ends[0] && len != ends[1];
        assert_int_equal(count_frames(td_bytes(copy, len), &last), whole + rest);
        free(copy);
    }
    td_buf_release(&body);
}

/* Each checksum counts, whatever the other says. */
static void test_each_checksum(void **state)
{
    (void)state;
    struct td_buf body;
    struct td_aws_frame frame;
    td_buf_init(&body);
    put_event(&body, "{}");
    assert_true(td_aws_frame_read(td_buf_view(&body), &frame));
    body.data[11] ^= 1;
    body.len -= 4;
    said_number(&body, td_aws_checksum(td_buf_view(&body)));
    assert_false(td_aws_frame_read(td_buf_view(&body), &frame));
    td_buf_release(&body);
}

/* Lengths that contradict each other, under checksums that are right. */
static void test_frame_lengths(void **state)
{
    (void)state;
    static const struct {
        uint32_t total, headers;
        bool good;
    } cases[] = {
        {16, 0, true},          {15, 0, false},
        {0, 0, false},          {16, 1, false},
        {20, 4, true},          {20, 5, false},
        {24, 0, false},         {20, UINT32_MAX, false},
        {UINT32_MAX, 0, false}, {UINT32_MAX, UINT32_MAX, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct td_buf body;
        struct td_aws_frame frame;
        size_t size = cases[i].total == 16 ? 16 : 20;
        td_buf_init(&body);
        said_number(&body, cases[i].total);
        said_number(&body, cases[i].headers);
        said_number(&body, td_aws_checksum(td_buf_view(&body)));
        while (body.len < size - 4)
            td_buf_put_char(&body, 'x');
        said_number(&body, td_aws_checksum(td_buf_view(&body)));
        assert_int_equal(td_aws_frame_read(td_buf_view(&body), &frame), cases[i].good);
        td_buf_release(&body);
    }
}

static void test_headers(void **state)
{
    (void)state;
    static const char headers[] = "\1a\0"
                                  "\1b\1"
                                  "\1c\2\xff"
                                  "\1d\3\1\2"
                                  "\1e\4\1\2\3\4"
                                  "\1f\5\1\2\3\4\5\6\7\10"
                                  "\1g\6\0\3abc"
                                  "\1h\7\0\2hi"
                                  "\1i\10\1\2\3\4\5\6\7\10"
                                  "\2jj\11\1\2\3\4\5\6\7\10\1\2\3\4\5\6\7\10"
                                  "\0\7\0\0";
    static const size_t sizes[] = {0, 0, 1, 2, 4, 8, 3, 2, 8, 16, 0};
    struct td_bytes rest = td_bytes(headers, sizeof headers - 1);
    struct td_aws_header header;
    size_t count = 0;
    for (; td_aws_header_next(&rest, &header); count++) {
        assert_int_equal(header.value.len, sizes[count]);
        assert_int_equal(header.type, count < 10 ? (enum td_aws_type)count : TD_AWS_STRING);
        assert_int_equal(header.name.len, count < 9 ? 1 : count == 9 ? 2 : 0);
    }
    assert_int_equal(count, 11);
    assert_int_equal(rest.len, 0);
    /* Cut anywhere: never past the end, and the rest is left where it is not a header. */
    for (size_t len = 0; len < sizeof headers - 1; len++) {
        char *copy = malloc(len ? len : 1);
        assert_non_null(copy);
        memcpy(copy, headers, len);
        rest = td_bytes(copy, len);
        while (td_aws_header_next(&rest, &header))
            assert_true(header.value.data + header.value.len <= copy + len);
        free(copy);
    }
    rest = TD_BYTES("\1a\12");
    assert_false(td_aws_header_next(&rest, &header));
    assert_int_equal(rest.len, 3);
}

/* Each event as "type/id/retry=data;", an event that is not closed with '?'. */
static void check_events(struct td_bytes text, const char *expected)
{
    struct td_sse_reader reader;
    struct td_sse_event event;
    struct td_buf out;
    size_t last = 0;
    td_buf_init(&out);
    td_sse_reader_init(&reader, text);
    while (td_sse_reader_next(&reader, &event) == 1) {
        td_buf_put_bytes(&out, event.type);
        td_buf_put_char(&out, '/');
        td_buf_put_bytes(&out, event.id);
        td_buf_printf(&out, "/%lld=", (long long)event.retry);
        td_buf_put_bytes(&out, event.data);
        td_buf_put_char(&out, event.closed ? ';' : '?');
        assert_true(event.start >= last && event.end > event.start && event.end <= text.len);
        last = event.end;
    }
    assert_string_equal(out.data ? out.data : "", expected);
    td_sse_reader_release(&reader);
    td_buf_release(&out);
}

static void test_events(void **state)
{
    (void)state;
    static const struct {
        const char *text, *expected;
    } cases[] = {
        {"", ""},
        {"data: a\n\n", "message//-1=a;"},
        {"data:a\n\ndata:  b\n\n", "message//-1=a;message//-1= b;"},
        {"event: x\ndata: a\nid: 7\nretry: 10\n\ndata: b\n\n", "x/7/10=a;message/7/-1=b;"},
        {"data: a\ndata\ndata: b\n\n", "message//-1=a\n\nb;"},
        {"data: a\r\ndata: b\r\rdata: c\r\n\r\n", "message//-1=a\nb;message//-1=c;"},
        /* No data, no event; empty data is none either; two empty lines are. */
        {"event: x\n\ndata\n\ndata:\n\ndata\ndata\n\n", "message//-1=\n;"},
        {": comment\n:\ndata: a\n: more\n\n", "message//-1=a;"},
        {"unknown: x\n data: a\ndata : b\nDATA: c\ndata: d\n\n", "message//-1=d;"},
        {"event: x\nevent:\ndata: a\n\n", "message//-1=a;"},
        {"id: 1\n\ndata: a\n\nid\ndata: b\n\n", "message/1/-1=a;message//-1=b;"},
        {"retry: -1\nretry: 1x\ndata: a\n\n", "message//-1=a;"},
        {"retry: 99999999999999999999\ndata: a\n\n", "message//-1=a;"},
        {"data: a", "message//-1=a?"},
        {"data: a\n", "message//-1=a?"},
        {"\xef\xbb\xbf"
         "data: a\n\n",
         "message//-1=a;"},
        {"data: a:b\n\n", "message//-1=a:b;"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        check_events(td_bytes_of(cases[i].text), cases[i].expected);
    /* An id with a NUL is not taken. */
    check_events(TD_BYTES("id: 1\nid: 2\0\ndata: a\n\n"), "message/1/-1=a;");
}

/* Large bodies of every format, to find what is not linear. */
static void test_long(void **state)
{
    (void)state;
    static const struct {
        const char *type, *start, *piece;
        size_t chunks;
    } cases[] = {
        {"application/x-ndjson", "", "{}\n", 1},
        {"application/x-ndjson", "", "\n", 0},
        {"application/json-seq", "", "\x1e{}\n", 1},
        {"application/json-seq", "", "\x1e", 0},
        {"application/json", "[{\"candidates\":1}", ",{\"candidates\":1}", 1},
        {"application/json", "[", "[", 0},
        {"application/json", "[{\"candidates\":1},{\"a\":", "{", 0},
        {"application/vnd.amazon.eventstream", "", "\0\0\0\x10", 0},
    };
    enum { PIECES = 200000 };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct td_buf body;
        struct td_chunks chunks;
        struct timespec start, end;
        td_buf_init(&body);
        td_buf_put_text(&body, cases[i].start);
        for (int k = 0; k < PIECES; k++)
            td_buf_put_text(&body, cases[i].piece);
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start);
        assert_int_equal(td_chunks_split(&chunks, td_buf_view(&body), td_bytes_of(cases[i].type),
                                         TD_SPLIT_EVENT),
                         0);
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
        assert_true(end.tv_sec - start.tv_sec < 5);
        assert_true(cases[i].chunks ? chunks.count >= PIECES : chunks.count <= 2);
        td_chunks_release(&chunks);
        td_buf_release(&body);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),         cmocka_unit_test(test_records),
        cmocka_unit_test(test_gemini),        cmocka_unit_test(test_checksum),
        cmocka_unit_test(test_frames),        cmocka_unit_test(test_each_checksum),
        cmocka_unit_test(test_frame_lengths), cmocka_unit_test(test_headers),
        cmocka_unit_test(test_events),        cmocka_unit_test(test_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
