/* SPDX-License-Identifier: MIT */
/* Of a thousand interactions that are much alike, the nearest is the one that a search finds which
 * compares them all in full. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "full_search.h"
#include "random_json.h"

enum { COUNT = 1000, ASKED = 120 };

static const char *const words[] = {"what",     "is",   "the",   "weather", "in",
                                    "Florence", "Rome", "today", "and",     "should",
                                    "one",      "wear", "a",     "coat"};

/* What a conversation says, of which some words depend on its number, and `edits` on the seed. */
static void put_body(struct td_buf *out, uint64_t number, uint64_t seed, int edits, bool swap)
{
    enum { TURNS = 4, WORDS = 12 };
    struct td_buf turns[TURNS];
    uint64_t change = seed;
    int left = edits;
    for (uint64_t turn = 0; turn < TURNS; turn++) {
        td_buf_init(&turns[turn]);
        for (uint64_t i = 0; i < WORDS; i++) {
            uint64_t common = turn * 7 + i * 5, own = number * 31 + turn;
            bool mine = (number + i + turn) % 9 == 0;
            uint64_t word = (mine ? own : common) % (sizeof words / sizeof *words);
            if (left && draw(&change, TURNS * WORDS) < (uint64_t)edits) {
                left--;
                if (draw(&change, 3) == 0)
                    continue;
                word = draw(&change, sizeof words / sizeof *words);
            }
            td_buf_printf(&turns[turn], "%s%s", i ? " " : "", words[word]);
        }
    }
    td_buf_init(out);
    td_buf_printf(out, "{\"model\":\"m%d\",\"messages\":[", (int)(number % 3));
    for (int i = 0; i < TURNS; i++) {
        int turn = swap && i < 2 ? 1 - i : i;
        td_buf_printf(out, "%s{\"role\":\"%s\",\"content\":\"%s\"}", i ? "," : "",
                      turn % 2 ? "assistant" : "user", turns[turn].data);
    }
    td_buf_put_text(out, "]}");
    for (int i = 0; i < TURNS; i++)
        td_buf_release(&turns[i]);
}

static void test_full_search_agrees(void **state)
{
    (void)state;
    static struct td_interaction interactions[COUNT];
    static struct td_buf bodies[COUNT];
    struct td_index *index = td_index_new();
    assert_non_null(index);
    for (size_t i = 0; i < COUNT; i++) {
        put_body(&bodies[i], i, 0, 0, false);
        interactions[i].request.method = TD_BYTES("POST");
        interactions[i].request.url = TD_BYTES("http://h/v1/chat");
        interactions[i].request.message.body = td_buf_view(&bodies[i]);
        assert_int_equal(td_index_add(index, &interactions[i], NULL), 0);
    }
    for (uint64_t i = 0; i < ASKED; i++) {
        struct td_buf body;
        put_body(&body, i * 83 % COUNT, i, (int)(i % 6), i % 4 == 3);
        struct td_query query = {
            TD_BYTES("POST"), TD_BYTES("http://h/v1/chat"), td_buf_view(&body), {NULL, 0}};
        size_t found = SIZE_MAX;
        assert_true(td_index_nearest(index, &query, &found));
        size_t expected = search_in_full(interactions, COUNT, &query);
        if (found != expected)
            fail_msg("request %d: found %zu, expected %zu", (int)i, found, expected);
        td_buf_release(&body);
    }
    td_index_free(index);
    for (size_t i = 0; i < COUNT; i++)
        td_buf_release(&bodies[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_full_search_agrees)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
