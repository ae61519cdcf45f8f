/* SPDX-License-Identifier: MIT */
/* What goes out of a wire, and when, under each pace and fault: the bytes, by a clock of our own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "cassette/chunks.h"
#include "wire/wire.h"

#define HEAD                                                                                       \
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
#define LENGTH "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 27\r\n\r\n"
#define E1     "data: 1\n\n"
#define E2     "data: 2\n\n"
#define E3     "data: 3\n\n"
#define C1     "9\r\n" E1 "\r\n"
#define C2     "9\r\n" E2 "\r\n"
#define C3     "9\r\n" E3 "\r\n"
#define LAST   "0\r\n\r\n"

static const struct td_field sse = {{"Content-Type", 12}, {"text/event-stream", 17}};
static const int64_t start_ns = 1000000000;

struct scene {
    const char *split, *pace, *fault, *shape, *broken;
    bool length; /* the body's length is known */
    const char *method;
};

struct world {
    struct td_interaction interaction;
    struct td_play play;
};

static int answer(void *context, const struct td_request *request, struct td_wire_answer *answer)
{
    struct world *world = context;
    (void)request;
    answer->response =
        world->play.strike.answer ? world->play.strike.answer : &world->interaction.response;
    answer->play = world->play;
    return 0;
}

static void drive(struct td_wire *wire, struct td_buf *out)
{
    int64_t now = start_ns, deadline = 0, shown = -1;
    while (td_wire_state(wire) != TD_WIRE_CLOSED) {
        struct td_bytes bytes = td_wire_flight(wire, now, &deadline);
        if (!bytes.len && deadline == INT64_MAX)
            break;
        if (!bytes.len) {
            /* Not a moment early, and then there is something. */
            assert_true(deadline > now);
            int64_t same;
            assert_int_equal(td_wire_flight(wire, deadline - 1, &same).len, 0);
            assert_true(same == deadline);
            now = deadline;
            continue;
        }
        if (now != shown)
            td_buf_printf(out, "%s@%g ", out->len ? " " : "", (double)(now - start_ns) / 1e6);
        shown = now;
        td_buf_put_bytes(out, bytes);
        td_wire_sent(wire, bytes.len);
    }
}

static void check(struct scene scene, const char *expected)
{
    struct td_faults faults;
    struct td_arena arena;
    struct td_error err;
    struct td_buf out;
    struct td_recorded_response response = {.code = 200,
                                            .shape.broken = td_bytes_of(scene.broken),
                                            .message = {.body = TD_BYTES(E1 E2 E3),
                                                        .content_length = scene.length ? 27 : -1,
                                                        .headers = {&sse, 1}}};
    td_faults_init(&faults);
    td_arena_init(&arena);
    td_buf_init(&out);
    td_buf_put(&out, "", 0);
    struct td_bytes shape = td_bytes_of(scene.shape ? scene.shape : "");
    assert_int_equal(td_chunks_parse(&arena, shape, &response.shape.chunks), 0);
    struct world world = {.interaction.response = response};
    const char *method = scene.method ? scene.method : "GET";
    struct td_fault_target target = {1, td_bytes_of(method), TD_BYTES("http://a.test/"),
                                     &world.interaction};
    world.play.split = TD_SPLIT_DEFAULT;
    if (scene.split)
        assert_int_equal(td_split_parse(&world.play.split, td_bytes_of(scene.split), &err), 0);
    if (scene.pace)
        assert_int_equal(td_pace_parse(&world.play.pace, td_bytes_of(scene.pace), &err), 0);
    if (scene.fault) {
        assert_int_equal(td_faults_add(&faults, td_bytes_of(scene.fault), &err), 0);
        assert_true(td_fault_aims(&faults.items[0], &target, &world.play.strike));
    }
    struct td_wire_config config = {.answer = answer, .context = &world};
    struct td_wire *wire = td_wire_new(&config);
    char request[64];
    snprintf(request, sizeof request, "%s / HTTP/1.1\r\n\r\n", method);
    assert_int_equal(td_wire_receive(wire, td_bytes_of(request), &err), 0);
    drive(wire, &out);
    static const char *const states[] = {" next", " stalls", " closes"};
    td_buf_put_text(&out, td_wire_resets(wire) ? " resets" : states[td_wire_state(wire)]);
    assert_string_equal(out.data, expected);
    assert_null(td_wire_failure(wire));
    /* What stalls or goes on ends when the client does. */
    td_wire_receive(wire, td_bytes(NULL, 0), NULL);
    assert_int_equal(td_wire_state(wire), TD_WIRE_CLOSED);
    td_wire_free(wire);
    td_faults_release(&faults);
    td_arena_release(&arena);
    td_buf_release(&out);
}

#define CHECK(expected, ...) check((struct scene){__VA_ARGS__}, expected)

static void test_paces(void **state)
{
    (void)state;
    const char *shape = "9@40 9@60.5 9@200";
    CHECK("@0 " HEAD C1 C2 C3 LAST " next", .split = NULL);
    CHECK("@0 " LENGTH E1 E2 E3 " next", .length = true);
    CHECK("@40 " HEAD C1 " @60.5 " C2 " @200 " C3 LAST " next", .pace = "recorded", .shape = shape);
    CHECK("@40 " LENGTH E1 " @60.5 " E2 " @200 " E3 " next", .pace = "recorded", .shape = shape,
          .length = true);
    CHECK("@4 " HEAD C1 " @6.05 " C2 " @20 " C3 LAST " next", .pace = "10x", .shape = shape);
    CHECK("@0 " HEAD C1 " @500 " C2 " @1000 " C3 LAST " next", .pace = "tokens:2/s");
    CHECK("@300 " HEAD C1 " @320 " C2 " @340 " C3 LAST " next", .pace = "first:300ms,then:20ms");
    CHECK("@40 " HEAD "12\r\n" E1 E2 "\r\n @200 " C3 LAST " next", .pace = "recorded",
          .shape = "18@40 9@200");
    CHECK("@0 HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n next", .method = "HEAD");
}

static void test_ends(void **state)
{
    (void)state;
    CHECK("@0 " HEAD C1 " resets", .fault = "reset@event:1");
    CHECK("@0 " HEAD C1 " closes", .fault = "close@event:1");
    CHECK("@0 " HEAD C1 " stalls", .fault = "stall@event:1");
    CHECK("@0 " HEAD " resets", .fault = "reset@byte:0");
    CHECK("@0 " HEAD C1 "2\r\nda\r\n closes", .fault = "close@byte:11");
    CHECK("@0 " HEAD C1 C2 C3 " closes", .fault = "close@100%");
    CHECK(" resets", .fault = "reset@head");
    CHECK(" closes", .fault = "close@head");
    CHECK(" closes", .fault = "empty");
    CHECK(" stalls", .fault = "stall@head");
    CHECK("@0 " LENGTH E1 " resets", .fault = "reset@event:1", .length = true);
    CHECK("@0 " LENGTH E1 E2 "data: 3\n closes", .fault = "close@100%", .length = true);
    CHECK("@0 " HEAD C1 "9\r\ndata closes", .fault = "truncate@event:1");
    CHECK("@0 " HEAD C1 "9\r\ndata: closes", .fault = "truncate@byte:14");
    CHECK("@0 " HEAD C1 C2 C3 "10\r\n closes", .fault = "truncate@event:3");
    CHECK("@0 " LENGTH E1 "da closes", .fault = "truncate@byte:11", .length = true);
    CHECK("@0 " HEAD C1 "no length\r\n closes", .fault = "malformed@event:1");
    CHECK("@0 HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: "
          "chunked\r\n\r\n" C1 "no length\r\n closes",
          .fault = "malformed@event:1", .length = true);
    /* The pace goes on up to the end. */
    CHECK("@0 " HEAD C1 " @500 " C2 " resets", .fault = "reset@event:2", .pace = "tokens:2/s");
    CHECK("@0 " HEAD C1 " @500 9\r\ndata closes", .fault = "truncate@event:1",
          .pace = "tokens:2/s");
}

static void test_bent(void **state)
{
    (void)state;
#define BAD "data: {\"tapedeck\":\"garbage\",\xff\xfe\x01\n\n"
    CHECK("@0 " HEAD C1 "21\r\n" BAD "\r\n" C2 C3 LAST " next", .fault = "garbage@event:1");
    CHECK("@0 " HEAD "21\r\n" BAD "\r\n" C1 C2 C3 LAST " next", .fault = "garbage@event:0");
    CHECK("@0 " HEAD C1 C2 C3 "21\r\n" BAD "\r\n" LAST " next", .fault = "garbage@event:3");
    CHECK("@0 " HEAD "12\r\n" E1 E2 "\r\n21\r\n" BAD "\r\n" C3 LAST " next",
          .fault = "garbage@event:2", .split = "whole");
    CHECK("@0 " HEAD C1 " @500 21\r\n" BAD "\r\n" C2 " @1000 " C3 LAST " next",
          .fault = "garbage@event:1", .pace = "tokens:2/s");
    CHECK("@0 " HEAD C1 " @500 " C2 " @1000 " C3 "21\r\n" BAD "\r\n" LAST " next",
          .fault = "garbage@event:3", .pace = "tokens:2/s");
#define ERROR                                                                                      \
    "data: {\"error\":{\"message\":\"The server had an error while processing your request. "      \
    "Sorry about that!\",\"type\":\"server_error\",\"param\":null,\"code\":null}}\n\n"
    CHECK("@0 " HEAD C1 "97\r\n" ERROR "\r\n" LAST " next", .fault = "error@event:1");
    CHECK("@0 " HEAD "97\r\n" ERROR "\r\n" LAST " next", .fault = "error@event:0");
    /* A pause. */
    CHECK("@0 " HEAD C1 " @250 " C2 C3 LAST " next", .fault = "stall@event:1,for:250ms");
    CHECK("@0 " HEAD C1 "2\r\nda\r\n @250 7\r\nta: 2\n\n\r\n" C3 LAST " next",
          .fault = "stall@byte:11,for:250ms");
    CHECK("@0 " HEAD C1 C2 C3 " @250 " LAST " next", .fault = "stall@100%,for:250ms");
    CHECK("@250 " HEAD C1 C2 C3 LAST " next", .fault = "stall@head,for:250ms");
    CHECK("@250 " HEAD C1 " @750 " C2 " @1250 " C3 LAST " next", .fault = "stall@head,for:250ms",
          .pace = "tokens:2/s");
    CHECK("@0 " HEAD C1 " @750 " C2 " @1250 " C3 LAST " next", .fault = "stall@event:1,for:250ms",
          .pace = "tokens:2/s");
    CHECK("@0 HTTP/1.1 200 OK\r\nContent-T @60 ype: text/event-stream\r\nTra @120 "
          "nsfer-Encoding: chunked\r\n\r\n" C1 C2 C3 LAST " next",
          .fault = "slow-headers@for:120ms");
}

static void test_broken(void **state)
{
    (void)state;
    CHECK("@0 " HEAD C1 C2 C3 " resets", .broken = "reset");
    CHECK("@0 " HEAD C1 C2 C3 " closes", .broken = "close");
    CHECK("@0 " HEAD C1 C2 C3 " closes", .broken = "whatever");
    CHECK("@0 " HEAD C1 C2 C3 " stalls", .broken = "timeout");
    CHECK("@0 " HEAD C1 " resets", .broken = "close", .fault = "reset@event:1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_paces),
        cmocka_unit_test(test_ends),
        cmocka_unit_test(test_bent),
        cmocka_unit_test(test_broken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
