/* SPDX-License-Identifier: MIT */
/* Faults: what can be written, which answers each aims at, and where in them it strikes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "stream/fault.h"

#define EVENT "data: 1\n\n" /* 9 bytes */
#define BODY  EVENT EVENT EVENT EVENT

static const struct td_field sse = {{"Content-Type", 12}, {"text/event-stream", 17}};

/* Where the fault strikes the answer to this request: -1 nowhere, -2 before the head. */
static long aim(const char *text, uint64_t request, int64_t id, const char *body,
                const char *method)
{
    struct td_faults faults;
    struct td_error err;
    struct td_strike strike;
    struct td_interaction interaction = {
        .id = id,
        .response = {.code = 200, .message = {.body = td_bytes_of(body), .headers = {&sse, 1}}}};
    struct td_fault_target target = {request, td_bytes_of(method), TD_BYTES("http://a.test/"),
                                     &interaction};
    td_faults_init(&faults);
    if (td_faults_add(&faults, td_bytes_of(text), &err) < 0)
        fail_msg("'%s': %s", text, err.message);
    assert_int_equal(faults.count, 1);
    assert_string_equal(faults.items[0].text.data, text);
    bool aims = td_fault_aims(&faults.items[0], &target, &strike);
    long at = !aims ? -1 : strike.headless ? -2 : (long)strike.at;
    td_faults_release(&faults);
    return at;
}

static long at(const char *text)
{
    return aim(text, 1, 0, BODY, "GET");
}

static void test_places(void **state)
{
    (void)state;
    assert_int_equal(at("reset"), 18);
    assert_int_equal(at("reset@head"), -2);
    assert_int_equal(at("reset@event:0"), 0);
    assert_int_equal(at("reset@event:3"), 27);
    assert_int_equal(at("reset@event:4"), 36);
    assert_int_equal(at("reset@event:5"), -1);
    assert_int_equal(at("reset@byte:0"), 0);
    assert_int_equal(at("reset@byte:36"), 36);
    assert_int_equal(at("reset@byte:37"), -1);
    assert_int_equal(at("reset@0%"), 0);
    assert_int_equal(at("reset@25%"), 9);
    assert_int_equal(at("reset@12.5%"), 4);
    assert_int_equal(at("reset@100%"), 36);
    /* What comes in between comes between two events. */
    assert_int_equal(at("garbage@byte:1"), 9);
    assert_int_equal(at("garbage@byte:0"), 0);
    assert_int_equal(at("error@byte:9"), 9);
    assert_int_equal(at("error@byte:10"), 18);
    assert_int_equal(at("error@100%"), 36);
    /* Some bodies have no place. */
    assert_int_equal(aim("reset", 1, 0, "", "GET"), -1);
    assert_int_equal(aim("reset@event:0", 1, 0, "", "GET"), -1);
    assert_int_equal(aim("reset", 1, 0, BODY, "HEAD"), -1);
    assert_int_equal(aim("reset@head", 1, 0, "", "HEAD"), -2);
    assert_int_equal(aim("empty", 1, 0, "", "HEAD"), 0);
    assert_int_equal(aim("429", 1, 0, "", "GET"), 0);
}

static void test_answers(void **state)
{
    (void)state;
    assert_int_equal(aim("reset@request:2", 1, 0, BODY, "GET"), -1);
    assert_int_equal(aim("reset@request:2", 2, 0, BODY, "GET"), 18);
    assert_int_equal(aim("reset@request:2", 3, 0, BODY, "GET"), -1);
    assert_int_equal(aim("reset@request:2-4", 4, 0, BODY, "GET"), 18);
    assert_int_equal(aim("reset@request:2-4", 5, 0, BODY, "GET"), -1);
    assert_int_equal(aim("reset@interaction:7", 1, 7, BODY, "GET"), 18);
    assert_int_equal(aim("reset@interaction:7", 1, 8, BODY, "GET"), -1);
    assert_int_equal(aim("reset@interaction:-1", 1, -1, BODY, "GET"), 18);
    assert_int_equal(aim("reset@interaction:7,event:1,request:3", 3, 7, BODY, "GET"), 9);
    assert_int_equal(aim("reset@event:1,interaction:7,request:3", 2, 7, BODY, "GET"), -1);
    for (int request = 1; request < 50; request++) {
        assert_int_equal(aim("reset@random:1,0%", (uint64_t)request, 0, BODY, "GET"), -1);
        long place = aim("reset@random:1,100%", (uint64_t)request, 0, BODY, "GET");
        assert_in_range(place, 0, 36); /* anywhere */
        assert_int_equal(aim("reset@random:1,100%", (uint64_t)request, 9, BODY, "GET"), place);
        assert_int_equal(aim("reset@random:1,100%,25%", (uint64_t)request, 0, BODY, "GET"), 9);
    }
    int struck = 0, places = 0;
    for (int request = 1, last = -1; request <= 2000; request++) {
        long place = aim("reset@random:5,10%", (uint64_t)request, 0, BODY, "GET");
        struck += place >= 0;
        places += place >= 0 && place != last;
        last = place >= 0 ? (int)place : last;
    }
    assert_in_range(struck, 150, 250);
    assert_in_range(places, struck * 8 / 10, struck);
}

static void test_lists(void **state)
{
    (void)state;
    struct td_faults faults;
    struct td_error err;
    td_faults_init(&faults);
    assert_int_equal(td_faults_add(&faults, TD_BYTES("reset@event:3 429;;\n close\t"), &err), 0);
    assert_int_equal(faults.count, 3);
    assert_int_equal(faults.items[0].times, 1);
    assert_int_equal(faults.items[1].kind, TD_FAULT_STATUS);
    assert_int_equal(faults.items[1].after_s, 1);
    assert_int_equal(td_faults_add(&faults, TD_BYTES("stall@for:1m,times:all explode"), &err),
                     TD_ERR_INVALID);
    assert_int_equal(faults.count, 3);
    assert_int_equal(td_faults_add(&faults, TD_BYTES("none empty"), &err), 0);
    assert_int_equal(faults.count, 1);
    assert_int_equal(td_faults_add(&faults, TD_BYTES(""), &err), 0);
    int status = 0;
    for (int i = 1; i <= TD_FAULTS_MAX && status == 0; i++)
        status = td_faults_add(&faults, TD_BYTES("reset@random:1,5%"), &err);
    assert_int_equal(status, TD_ERR_LIMIT);
    assert_int_equal(faults.count, TD_FAULTS_MAX);
    td_faults_release(&faults);
}

static void test_mistakes(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "explode",
        "399",
        "600",
        "4290",
        "reset@",
        "reset@,",
        "reset@event",
        "reset@event:",
        "reset@event:x",
        "reset@event:-1",
        "reset@event:1,event:2",
        "reset@head,50%",
        "reset@%",
        "reset@x%",
        "reset@101%",
        "reset@100.1%",
        "reset@1.%",
        "reset@1.23456%",
        "reset@request:",
        "reset@request:0",
        "reset@request:3-2",
        "reset@request:1-",
        "reset@interaction:",
        "reset@interaction:-",
        "reset@random:1",
        "reset@random:1,5",
        "reset@random:x,5%",
        "reset@times:0",
        "reset@times:",
        "stall@for:",
        "stall@for:5",
        "stall@for:-1s",
        "stall@for:10000h",
        "reset@for:1s",
        "empty@event:1",
        "429@50%",
        "error@head",
        "reset@after:1s",
        "429@after:x",
        "@event:3",
        "reset@where:3",
        "reset@@event:3",
        "none@event:1",
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct td_faults faults;
        struct td_error err;
        td_faults_init(&faults);
        if (td_faults_add(&faults, td_bytes_of(cases[i]), &err) != TD_ERR_INVALID)
            fail_msg("'%s' is a fault", cases[i]);
        assert_non_null(strstr(err.message, cases[i]));
        assert_int_equal(faults.count, 0);
        td_faults_release(&faults);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_answers),
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_mistakes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
