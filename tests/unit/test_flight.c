/* SPDX-License-Identifier: MIT */
/* Flights: what goes out together, when, and that a reader sees each chunk whole. */
#include "wire/flight.h"

#include "wire_peer.h"

/* Writes down what of a message goes out in each flight, as the sizes of the pieces; '|' between
 * flights. */
static void expect_flights(size_t size, const struct td_message_parts *parts, const char *expected)
{
    struct td_flights flights;
    struct td_buf out;
    struct td_bytes bytes;
    int64_t deadline;
    td_flights_init(&flights, size);
    td_buf_init(&out);
    td_flights_start(&flights, parts);
    for (bool first = true;; first = false) {
        bool fresh = !flights.begun;
        assert_int_equal(td_flights_bytes(&flights, 0, &bytes, &deadline), 0);
        if (!bytes.len)
            break;
        td_buf_printf(&out, "%s%zu", first ? "" : fresh ? "|" : "+", bytes.len);
        td_flights_sent(&flights, bytes.len);
    }
    assert_int_equal(deadline, INT64_MAX);
    assert_true(td_flights_done(&flights));
    assert_string_equal(out.data, expected);
    td_buf_release(&out);
    td_flights_release(&flights);
}

static void test_flights(void **state)
{
    (void)state;
    static char body[300000];
    static const size_t ends[] = {10, 20, 120, 130, 140};
    static const size_t large[] = {10, 250010, 250020};
    struct td_message_parts parts = {.head = B("0123456789"),
                                     .body = {body, 140},
                                     .ends = ends,
                                     .count = 5,
                                     .chunked = true,
                                     .tail = B("0\r\n\r\n")};
    /* Framed, a chunk of 10 is 15 bytes, one of 100 is 106. */
    expect_flights(0, &parts, "181");
    expect_flights(181, &parts, "181");
    expect_flights(180, &parts, "176|5");
    expect_flights(40, &parts, "40|106|35");
    expect_flights(39, &parts, "25|15|106|35");
    expect_flights(34, &parts, "25|15|106|30|5");
    expect_flights(9, &parts, "10|15|15|106|15|15|5");
    expect_flights(1, &parts, "10|15|15|106|15|15|5");
    /* Without framing each chunk is for itself, but where the reader does not care. */
    parts.chunked = false;
    parts.tail = B("");
    expect_flights(0, &parts, "150");
    expect_flights(1000, &parts, "20|10|100|10|10");
    expect_flights(15, &parts, "10|10|10|100|10|10");
    /* What is too large to be copied goes in pieces. */
    parts.ends = large;
    parts.count = 3;
    parts.body = td_bytes(body, 250020);
    expect_flights(0, &parts, "20|250000|10");
    expect_flights(16384, &parts, "20|250000|10");
    parts.chunked = true;
    parts.tail = B("0\r\n\r\n");
    expect_flights(16384, &parts, "25|7+250000+2|20");
    expect_flights(1000000, &parts, "25|7+250000+2|20");
    expect_flights(0, &parts, "25|7+250000+2|20");
}

static void test_due(void **state)
{
    (void)state;
    static const size_t ends[] = {1, 2, 3, 4};
    static const int64_t due[] = {100, 100, 250, 200};
    struct td_message_parts parts = {.head = B("HEAD"),
                                     .body = B("abcd"),
                                     .ends = ends,
                                     .count = 4,
                                     .due_ns = due,
                                     .chunked = true,
                                     .tail = B("TAIL")};
    static const struct {
        int64_t now;
        const char *bytes;
        int64_t deadline;
    } steps[] = {
        {0, "HEAD", INT64_MAX}, {0, "", 100},
        {99, "", 100},          {100, "1\r\na\r\n1\r\nb\r\n", INT64_MAX},
        {200, "", 250},         {300, "1\r\nc\r\n1\r\nd\r\nTAIL", INT64_MAX},
        {300, "", INT64_MAX},
    };
    struct td_flights flights;
    td_flights_init(&flights, 1000);
    td_flights_start(&flights, &parts);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        struct td_bytes bytes;
        int64_t deadline;
        assert_int_equal(td_flights_bytes(&flights, steps[i].now, &bytes, &deadline), 0);
        assert_true(td_bytes_equal(bytes, td_bytes_of(steps[i].bytes)));
        assert_int_equal(deadline, steps[i].deadline);
        td_flights_sent(&flights, bytes.len);
    }
    td_flights_release(&flights);
}

static uint32_t random_next(uint32_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 17;
    *seed ^= *seed << 5;
    return *seed;
}

/* Framed size of a chunk. */
static size_t framed(size_t len)
{
    char digits[32];
    return (size_t)snprintf(digits, sizeof digits, "%zx", len) + 2 + len + 2;
}

/* Every chunk that fits is called back as one, however they lie; the ends of the others are seen.
 */
static void check_boundaries(const struct peer *peer, const struct td_chunks *chunks, bool chunked)
{
    size_t at = 0, start = 0, calls = peer->ends.len / sizeof(size_t), end;
    for (size_t i = 0; i < chunks->count; i++) {
        size_t len = chunks->ends[i] - start;
        bool fits = (chunked ? framed(len) : len) <= peer->read_size;
        for (bool first = true;; first = false) {
            assert_true(at < calls);
            memcpy(&end, peer->ends.data + at++ * sizeof end, sizeof end);
            assert_true(end <= chunks->ends[i]);
            assert_false(!first && fits);
            if (end == chunks->ends[i])
                break;
        }
        start = chunks->ends[i];
    }
    assert_int_equal(at, calls);
}

static void test_boundaries(void **state)
{
    (void)state;
    uint32_t seed = 2463534242u;
    for (int round = 0; round < 400; round++) {
        size_t size = 1024 + random_next(&seed) % (65536 - 1024 + 1);
        bool chunked = random_next(&seed) % 3 != 0;
        size_t largest = round % 4 == 0 ? size * 2 : round % 4 == 1 ? size : 1 + size / 16;
        struct td_buf body;
        struct td_chunks chunks;
        td_buf_init(&body);
        for (size_t n = random_next(&seed) % 60; n; n--) {
            size_t len = random_next(&seed) % largest;
            if (random_next(&seed) % 8 == 0) /* just around what fits, framed or not */
                len = size - 20 + random_next(&seed) % 24;
            td_buf_put(&body, "d", 1);
            for (size_t i = 0; i < len; i++)
                td_buf_put_char(&body, (char)('a' + i % 26));
            td_buf_put_text(&body, "\n\n");
        }
        assert_int_equal(
            td_chunks_split(&chunks, td_buf_view(&body), event_stream.value, TD_SPLIT_EVENT), 0);
        struct td_recorded_response response = {
            .code = 200,
            .message = {.body = td_buf_view(&body),
                        .content_length = chunked ? -1 : (int64_t)body.len,
                        .headers = {&event_stream, 1}}};
        PEER(peer, size, &response, &hello);
        if (round % 2) /* a socket that takes less than a large chunk at once */
            peer.room = size;
        receive(&peer, "GET / HTTP/1.1\r\n\r\n");
        run(&peer);
        assert_int_equal(td_wire_state(peer.wire), TD_WIRE_READING);
        assert_int_equal(peer.reading, R_HEAD);
        assert_true(td_bytes_equal(td_buf_view(&peer.body), td_buf_view(&body)));
        check_boundaries(&peer, &chunks, chunked);
        /* And the connection is still good. */
        receive(&peer, "GET / HTTP/1.1\r\n\r\n");
        expect_sent(&peer, HELLO);
        assert_int_equal(peer.heads, 2);
        peer_release(&peer);
        td_chunks_release(&chunks);
        td_buf_release(&body);
    }
}

static void test_large_body_is_not_copied(void **state)
{
    (void)state;
    enum { SIZE = 8 * 1024 * 1024 };
    char *body = malloc(SIZE);
    assert_non_null(body);
    memset(body, 'x', SIZE);
    for (int chunked = 0; chunked < 2; chunked++) {
        struct td_recorded_response response = {
            .code = 200, .message = {.body = {body, SIZE}, .content_length = chunked ? -1 : SIZE}};
        PEER(peer, 16384, &response);
        int64_t deadline;
        bool seen = false;
        receive(&peer, "GET / HTTP/1.1\r\n\r\n");
        for (;;) {
            struct td_bytes bytes = td_wire_flight(peer.wire, 0, &deadline);
            if (!bytes.len)
                break;
            seen |= bytes.data == body && bytes.len == SIZE;
            assert_true(bytes.len == SIZE || bytes.len < 16384);
            td_wire_sent(peer.wire, bytes.len);
        }
        assert_true(seen);
        assert_int_equal(td_wire_state(peer.wire), TD_WIRE_READING);
        /* Through the reader as well. */
        peer.answered = 0;
        receive(&peer, "GET / HTTP/1.1\r\n\r\n");
        peer.read_size = 65536;
        run(&peer);
        assert_int_equal(peer.body.len, SIZE);
        assert_memory_equal(peer.body.data, body, SIZE);
        peer_release(&peer);
    }
    free(body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_flights),
        cmocka_unit_test(test_due),
        cmocka_unit_test(test_boundaries),
        cmocka_unit_test(test_large_body_is_not_copied),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
