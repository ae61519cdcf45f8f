/* SPDX-License-Identifier: MIT */
/* The wire as a connection: requests and responses in turn, the 100 between them, and its end. */
#include "wire_peer.h"

static void test_one_request(void **state)
{
    (void)state;
    for (size_t flight_size = 0; flight_size < 300; flight_size += 7) {
        PEER(peer, flight_size, &stream);
        receive(&peer, "GET /a HTTP/1.1\r\nHost: x\r\nUpgrade: h2c\r\n\r\n");
        assert_int_equal(td_wire_state(peer.wire), TD_WIRE_WRITING);
        expect_sent(&peer, STREAM);
        expect_log(&peer, "GET /a []\nhead 200\n");
        assert_int_equal(td_wire_state(peer.wire), TD_WIRE_READING);
        assert_int_equal(peer.reading, R_HEAD);
        assert_string_equal(peer.body.data, stream.message.body.data);
        peer_release(&peer);
    }
}

static void test_whole(void **state)
{
    (void)state;
    PEER(peer, 0, &stream);
    peer.split = TD_SPLIT_WHOLE;
    receive(&peer, "GET /a HTTP/1.1\r\n\r\n");
    expect_sent(&peer, STREAM_HEAD "17\r\ndata: 1\n\n: x\n\ndata: 22\n\r\n0\r\n\r\n");
    peer_release(&peer);
}

static void test_keep_alive(void **state)
{
    (void)state;
    PEER(peer, 16384, &hello, &stream, &hello, &hello);
    receive(&peer, "GET /1 HTTP/1.1\r\n\r\n");
    expect_sent(&peer, HELLO);
    receive(&peer, "POST /2 HTTP/1.1\r\nContent-Length: 4\r\n\r\nab");
    expect_sent(&peer, "");
    assert_int_equal(td_wire_state(peer.wire), TD_WIRE_READING);
    receive(&peer, "cd");
    expect_sent(&peer, STREAM);
    /* HEAD has no body. */
    receive(&peer, "HEAD /3 HTTP/1.1\r\n\r\n");
    expect_sent(&peer, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
    peer.reading = R_HEAD; /* this reader does not know what it asked for */
    receive(&peer, "GET /4 HTTP/1.1\r\nConnection: close\r\n\r\n");
    expect_sent(&peer, HELLO);
    assert_int_equal(td_wire_state(peer.wire), TD_WIRE_CLOSED);
    expect_log(&peer, "GET /1 []\nhead 200\nPOST /2 [abcd]\nhead 200\nHEAD /3 []\nhead 200\n"
                      "GET /4 []\nhead 200\n");
    receive(&peer, "GET /5 HTTP/1.1\r\n\r\n");
    expect_sent(&peer, "");
    expect_log(&peer, "");
    peer_release(&peer);
}

static void test_pipelined(void **state)
{
    (void)state;
    static const char text[] = "GET /1 HTTP/1.1\r\n\r\n"
                               "POST /2 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
                               "3\r\nabc\r\n0\r\n\r\n"
                               "\r\nGET /3 HTTP/1.1\r\n\r\n";
    /* Cut in two anywhere, with and without something going out in between. */
    for (size_t cut = 1; cut < sizeof text; cut++) {
        for (int between = 0; between < 2; between++) {
            PEER(peer, 0, &hello, &stream, &hello);
            char *copy = strdup(text);
            assert_int_equal(td_wire_receive(peer.wire, td_bytes(copy, cut), NULL), 0);
            if (between)
                run(&peer);
            if (cut < sizeof text - 1)
                assert_int_equal(
                    td_wire_receive(peer.wire, td_bytes(copy + cut, sizeof text - 1 - cut), NULL),
                    0);
            free(copy);
            run(&peer);
            assert_string_equal(peer.sent.data, HELLO STREAM HELLO);
            expect_log(&peer,
                       "GET /1 []\nhead 200\nPOST /2 [abc]\nhead 200\nGET /3 []\nhead 200\n");
            assert_int_equal(td_wire_state(peer.wire), TD_WIRE_READING);
            peer_release(&peer);
        }
    }
}

static void test_many_pipelined(void **state)
{
    (void)state;
    enum { COUNT = 100000 };
    const struct td_recorded_response *const responses[] = {&hello};
    struct td_buf text;
    struct peer peer;
    peer_init(&peer, 0, responses, 1);
    td_buf_init(&text);
    for (int i = 0; i < COUNT; i++)
        td_buf_put_text(&text, "GET / HTTP/1.1\r\nAccept: something\r\n\r\n");
    assert_int_equal(td_wire_receive(peer.wire, td_buf_view(&text), NULL), 0);
    td_buf_release(&text);
    for (int i = 0; i < COUNT; i++) {
        peer.answered = 0;
        assert_int_equal(td_wire_state(peer.wire), TD_WIRE_WRITING);
        int64_t deadline;
        struct td_bytes bytes = td_wire_flight(peer.wire, 0, &deadline);
        assert_true(td_bytes_equal(bytes, B(HELLO)));
        td_wire_sent(peer.wire, bytes.len);
    }
    assert_int_equal(td_wire_state(peer.wire), TD_WIRE_READING);
    peer_release(&peer);
}

static void test_too_much_ahead(void **state)
{
    (void)state;
    static char block[1024 * 1024];
    struct td_error err = {0};
    PEER(peer, 0, &hello);
    receive(&peer, "GET / HTTP/1.1\r\n\r\n");
    for (size_t i = 0; i < TD_WIRE_MAX_PENDING / sizeof block; i++)
        assert_int_equal(td_wire_receive(peer.wire, td_bytes(block, sizeof block), &err), 0);
    assert_int_equal(td_wire_receive(peer.wire, td_bytes(block, 1), &err), TD_ERR_LIMIT);
    assert_int_equal(err.code, TD_ERR_LIMIT);
    assert_int_equal(td_wire_state(peer.wire), TD_WIRE_CLOSED);
    peer_release(&peer);
}

/* Which responses are the last of their connection. */
static void test_last(void **state)
{
    (void)state;
    static const struct td_field close[] = {{{"connection", 10}, {"x, Close", 8}}};
    static const struct td_recorded_response closing = {.code = 200,
                                                        .message = {.headers = {close, 1}}};
    static const struct td_recorded_response switching = {.code = 101};
    static const struct td_recorded_response no_content = {.code = 204};
    PEER(one, 0, &closing, &hello);
    receive(&one, "GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n");
    expect_sent(&one, "HTTP/1.1 200 OK\r\nconnection: x, Close\r\nContent-Length: 0\r\n\r\n");
    assert_int_equal(td_wire_state(one.wire), TD_WIRE_CLOSED);
    peer_release(&one);
    PEER(two, 0, &switching);
    receive(&two, "GET / HTTP/1.1\r\n\r\n");
    expect_sent(&two, "HTTP/1.1 101 Switching Protocols\r\n\r\n");
    assert_int_equal(td_wire_state(two.wire), TD_WIRE_CLOSED);
    peer_release(&two);
    PEER(three, 0, &no_content, &hello, &hello);
    receive(&three, "GET / HTTP/1.1\r\n\r\n");
    expect_sent(&three, "HTTP/1.1 204 No Content\r\n\r\n");
    receive(&three, "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    expect_sent(&three, HELLO);
    assert_int_equal(td_wire_state(three.wire), TD_WIRE_READING);
    receive(&three, "GET / HTTP/1.0\r\n\r\n");
    expect_sent(&three, HELLO);
    assert_int_equal(td_wire_state(three.wire), TD_WIRE_CLOSED);
    assert_null(td_wire_failure(three.wire));
    peer_release(&three);
}

static void test_no_answer(void **state)
{
    (void)state;
    struct td_error err = {0};
    PEER(miss, 0, NULL);
    receive(&miss, "GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n");
    assert_int_equal(td_wire_state(miss.wire), TD_WIRE_CLOSED);
    expect_sent(&miss, "");
    expect_log(&miss, "GET / []\n");
    peer_release(&miss);
    PEER(refused, 0, &hello);
    refused.status = TD_ERR_MISS;
    assert_int_equal(td_wire_receive(refused.wire, B("GET / HTTP/1.1\r\n\r\n"), &err), TD_ERR_MISS);
    assert_int_equal(err.code, TD_ERR_MISS);
    assert_int_equal(td_wire_state(refused.wire), TD_WIRE_CLOSED);
    expect_sent(&refused, "");
    peer_release(&refused);
    static const struct td_recorded_response bad = {.code = 1};
    PEER(broken, 0, &bad);
    assert_int_equal(td_wire_receive(broken.wire, B("GET / HTTP/1.1\r\n\r\n"), &err),
                     TD_ERR_FORMAT);
    assert_int_equal(td_wire_state(broken.wire), TD_WIRE_CLOSED);
    peer_release(&broken);
}

static void test_broken_requests(void **state)
{
    (void)state;
    struct td_error err = {0};
    PEER(one, 0, &hello);
    assert_int_equal(td_wire_receive(one.wire, B("nonsense\r\n\r\n"), &err), TD_ERR_SYNTAX);
    assert_string_equal(err.message, "request line is not a method, a target and a version");
    assert_int_equal(td_wire_state(one.wire), TD_WIRE_CLOSED);
    expect_sent(&one, "");
    peer_release(&one);
    PEER(limit, 0, &hello);
    assert_int_equal(td_wire_receive(limit.wire,
                                     B("POST / HTTP/1.1\r\nContent-Length: 1000000000000\r\n\r\n"),
                                     NULL),
                     TD_ERR_LIMIT);
    peer_release(&limit);
    /* Behind a good one: that one is answered first. */
    PEER(two, 0, &hello);
    receive(&two, "GET / HTTP/1.1\r\n\r\nnonsense\r\n\r\n");
    assert_null(td_wire_failure(two.wire));
    expect_sent(&two, HELLO);
    assert_int_equal(td_wire_state(two.wire), TD_WIRE_CLOSED);
    assert_non_null(td_wire_failure(two.wire));
    assert_int_equal(td_wire_failure(two.wire)->code, TD_ERR_SYNTAX);
    peer_release(&two);
}

static void test_client_closes(void **state)
{
    (void)state;
    static const char *const begun[] = {
        "", "\r\n", "GET / HT", "POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\na",
        "POST / HTTP/1.1\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"};
    for (size_t i = 0; i < sizeof begun / sizeof begun[0]; i++) {
        PEER(peer, 0, &hello);
        if (begun[i][0])
            receive(&peer, begun[i]);
        receive(&peer, "");
        assert_int_equal(td_wire_state(peer.wire), TD_WIRE_CLOSED);
        expect_sent(&peer, "");
        expect_log(&peer, "");
        peer_release(&peer);
    }
    /* What was asked for in full is still answered. */
    PEER(peer, 0, &hello, &stream);
    receive(&peer, "GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\nGET /3");
    receive(&peer, "");
    assert_int_equal(td_wire_state(peer.wire), TD_WIRE_WRITING);
    expect_sent(&peer, HELLO STREAM);
    assert_int_equal(td_wire_state(peer.wire), TD_WIRE_CLOSED);
    peer_release(&peer);
}

#define EXPECT   "POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"
#define CONTINUE "HTTP/1.1 100 Continue\r\n\r\n"

static void test_continue(void **state)
{
    (void)state;
    PEER(peer, 16384, &hello, &hello, &hello);
    receive(&peer, EXPECT);
    assert_int_equal(td_wire_state(peer.wire), TD_WIRE_READING);
    expect_sent(&peer, CONTINUE);
    expect_log(&peer, "head 100 hidden\n");
    receive(&peer, "a");
    expect_sent(&peer, "");
    receive(&peer, "b");
    expect_sent(&peer, HELLO);
    expect_log(&peer, "POST / [ab]\nhead 200\n");
    /* Each request has its own. */
    receive(&peer, EXPECT);
    expect_sent(&peer, CONTINUE);
    receive(&peer, "ab" EXPECT);
    expect_sent(&peer, HELLO CONTINUE);
    expect_log(&peer, "head 100 hidden\nPOST / [ab]\nhead 200\nhead 100 hidden\n");
    receive(&peer, "cd");
    expect_sent(&peer, HELLO);
    peer_release(&peer);

    /* The body came with the head, or before the 100 went: there is none. */
    PEER(sooner, 16384, &hello, &hello);
    receive(&sooner, EXPECT "ab");
    expect_sent(&sooner, HELLO);
    receive(&sooner, EXPECT);
    receive(&sooner, "ab");
    expect_sent(&sooner, HELLO);
    peer_release(&sooner);

    /* It is half out when the body comes. The reader gets it out of the way before the response,
     * and the heads are told in step. */
    PEER(half, 16384, &hello);
    int64_t deadline;
    receive(&half, EXPECT);
    assert_false(td_wire_must_drain(half.wire));
    struct td_bytes bytes = td_wire_flight(half.wire, 0, &deadline);
    assert_true(td_bytes_equal(bytes, B(CONTINUE)));
    td_wire_sent(half.wire, 5);
    receive(&half, "ab");
    expect_log(&half, "head 100 hidden\nPOST / [ab]\n");
    assert_false(td_wire_must_drain(half.wire));
    bytes = td_wire_flight(half.wire, 0, &deadline);
    assert_true(td_bytes_equal(bytes, B("1.1 100 Continue\r\n\r\n")));
    td_wire_sent(half.wire, bytes.len);
    assert_true(td_wire_must_drain(half.wire));
    expect_log(&half, "");
    expect_sent(&half, HELLO);
    expect_log(&half, "head 200\n");
    peer_release(&half);
}

/* What td_wire_flight() gives is the rest, whatever was sent of it. */
static void test_partial_sends(void **state)
{
    (void)state;
    for (size_t room = 1; room < 40; room++) {
        PEER(peer, 0, &stream, &hello);
        peer.room = room;
        receive(&peer, "GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n");
        expect_sent(&peer, STREAM HELLO);
        peer_release(&peer);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_request),
        cmocka_unit_test(test_whole),
        cmocka_unit_test(test_keep_alive),
        cmocka_unit_test(test_pipelined),
        cmocka_unit_test(test_many_pipelined),
        cmocka_unit_test(test_too_much_ahead),
        cmocka_unit_test(test_last),
        cmocka_unit_test(test_no_answer),
        cmocka_unit_test(test_broken_requests),
        cmocka_unit_test(test_client_closes),
        cmocka_unit_test(test_continue),
        cmocka_unit_test(test_partial_sends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
