/* SPDX-License-Identifier: MIT */
/* What has to change to make one JSON value of another: what is told, and the patch. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "json_patch.h"
#include "random_json.h"
#include "json/align.h"
#include "json/delta.h"
#include "json/pattern.h"

static void put_path(struct td_buf *out, const struct td_json *node)
{
    const struct td_json *root = node;
    while (root->parent)
        root = root->parent;
    td_json_path(out, root, node);
}

/* "changed /a 1 2; added /b 3; ...": what a reader is told. */
static void put_delta(struct td_buf *out, const struct td_json_delta *delta)
{
    static const char *const words[] = {"changed", "removed", "added", "moved", "", "renamed"};
    for (size_t i = 0; i < delta->count; i++) {
        const struct td_json_change *change = &delta->items[i];
        if (change->kind == TD_JSON_ARRIVED)
            continue;
        if (out->len)
            td_buf_put_text(out, "; ");
        td_buf_printf(out, "%s ", words[change->kind]);
        put_path(out, change->a ? change->a : change->b);
        if (change->kind == TD_JSON_MOVED || change->kind == TD_JSON_RENAMED) {
            td_buf_put_char(out, ' ');
            put_path(out, change->b);
            continue;
        }
        td_buf_put_char(out, ' ');
        if (change->a)
            td_json_put_source(out, change->a->source);
        if (change->a && change->b)
            td_buf_put_char(out, ' ');
        if (change->b)
            td_json_put_source(out, change->b->source);
    }
}

static struct td_json *read_json(struct td_arena *arena, struct td_bytes text, const char *set)
{
    struct td_json_patterns patterns;
    struct td_json *json = td_json_parse(arena, text, NULL);
    assert_non_null(json);
    td_json_patterns_init(&patterns);
    if (set)
        assert_int_equal(td_json_patterns_add(&patterns, td_bytes_of(set), TD_JSON_SET, NULL), 0);
    assert_true(td_json_patterns_apply(&patterns, json));
    td_json_patterns_release(&patterns);
    assert_true(td_json_hash(json));
    return json;
}

/* The patch of the two, applied, gives b; with sets, as far as the rules go. */
static void check_patch(struct td_arena *arena, struct td_bytes a,
                        const struct td_json_delta *delta, const struct td_json *b, const char *set)
{
    struct td_buf patch, text;
    td_buf_init(&patch);
    td_buf_init(&text);
    td_json_put_patch(&patch, delta, b);
    struct td_json *read = td_json_parse(arena, td_buf_view(&patch), NULL);
    assert_non_null(read);
    td_buf_put_bytes(&text, a);
    assert_true(patch_apply(&text, read));
    struct td_json *result = read_json(arena, td_buf_view(&text), set);
    if (!td_json_equal(result, b))
        fail_msg("%.*s\nwith %s\nis %s", (int)a.len, a.data, patch.data, text.data);
    td_buf_release(&patch);
    td_buf_release(&text);
}

static void assert_delta_of(struct td_bytes a_text, struct td_bytes b_text, const char *set,
                            const char *expected)
{
    struct td_arena arena;
    struct td_json_delta delta;
    struct td_buf told;
    td_arena_init(&arena);
    td_buf_init(&told);
    td_buf_put(&told, "", 0);
    struct td_json *a = read_json(&arena, a_text, set), *b = read_json(&arena, b_text, set);
    assert_int_equal(td_json_delta_make(&delta, a, b), 0);
    assert_int_equal(td_json_equal(a, b), delta.count == 0);
    put_delta(&told, &delta);
    if (expected)
        assert_string_equal(told.data, expected);
    check_patch(&arena, a_text, &delta, b, set);
    td_json_delta_release(&delta);
    td_buf_release(&told);
    td_arena_release(&arena);
}

static void assert_delta(const char *a, const char *b, const char *expected)
{
    assert_delta_of(td_bytes_of(a), td_bytes_of(b), NULL, expected);
}

static void test_scalars(void **state)
{
    (void)state;
    assert_delta("1", "1.0", "");
    assert_delta("1", "2", "changed  1 2");
    assert_delta("9007199254740993", "9007199254740992",
                 "changed  9007199254740993 9007199254740992");
    assert_delta("1e400", "1e401", "changed  1e400 1e401");
    assert_delta("-0", "0", "");
    assert_delta("[1e400]", "[-1e400]", "changed /0 1e400 -1e400");
    assert_delta("\"a\"", "[\"a\"]", "changed  \"a\" [\"a\"]");
    assert_delta("[]", "{}", "changed  [] {}");
    assert_delta("null", "false", "changed  null false");
    assert_delta("\"\\ud800\"", "\"\\udbff\"", "changed  \"\\ud800\" \"\\udbff\"");
}

static void test_objects(void **state)
{
    (void)state;
    assert_delta("{\"a\":1,\"b\":2}", "{\"b\":2,\"a\":1}", "");
    assert_delta("{\"b\":1,\"a\":{\"x\":1}}", "{\"a\":{\"x\":2},\"c\":[3]}",
                 "removed /b 1; changed /a/x 1 2; added /c [3]");
    assert_delta("{\"a\":{}}", "{\"a\":{\"b\":1}}", "added /a/b 1");
    assert_delta("{\"\":1,\"a/b\":1,\"a~b\":1}", "{\"\":2,\"a/b\":2,\"a~b\":2}",
                 "changed / 1 2; changed /a~1b 1 2; changed /a~0b 1 2");
    /* A key twice: the first goes with the first. */
    assert_delta("{\"a\":1,\"a\":2}", "{\"a\":1,\"a\":3}", "changed /a 2 3");
    assert_delta("{\"x\":{\"a\":1,\"a\":2,\"b\":{\"c\":1}}}", "{\"x\":{\"a\":1,\"b\":{\"c\":2}}}",
                 "removed /x/a 2; changed /x/b/c 1 2");
    assert_delta("{\"a\\r\\nb\":1}", "{\"a\\nb\":2}", "changed /a\nb 1 2");
}

static void test_renames(void **state)
{
    (void)state;
    assert_delta("{\"location\":{\"type\":\"string\"},\"n\":1}",
                 "{\"n\":1,\"place\":{\"type\":\"string\"}}", "renamed /location /place");
    assert_delta("{\"max_tokens\":4000}", "{\"max_completion_tokens\":4000}",
                 "renamed /max_tokens /max_completion_tokens");
    /* One of many has to be told by more than a value that is everywhere. */
    assert_delta("{\"a\":1}", "{\"b\":1}", "renamed /a /b");
    assert_delta("{\"a\":1,\"b\":1}", "{\"c\":1}", "removed /a 1; removed /b 1; added /c 1");
    assert_delta("{\"a\":\"xy\"}", "{\"c\":\"xy\",\"d\":\"xy\"}",
                 "removed /a \"xy\"; added /c \"xy\"; added /d \"xy\"");
    assert_delta("{\"a\":\"xy\",\"b\":\"xy\"}", "{\"c\":\"xy\"}",
                 "renamed /a /c; removed /b \"xy\"");
}

static void test_arrays(void **state)
{
    (void)state;
    assert_delta("[1,2,3]", "[1,3]", "removed /1 2");
    assert_delta("[1,3]", "[1,2,3]", "added /1 2");
    assert_delta("[1,2,3]", "[1,5,3]", "changed /1 2 5");
    assert_delta("[1,2,3]", "[0,1,2,3,4]", "added /0 0; added /4 4");
    assert_delta("[1,2,3,4]", "[]", "removed /0 1; removed /1 2; removed /2 3; removed /3 4");
    assert_delta("[1,2]", "[2,1]", "moved /0 /1");
    assert_delta("[1,2,3]", "[3,2,1]", "moved /0 /2; moved /2 /0");
    assert_delta("[[1],[2],[3],[4]]", "[[1],[4],[2],[3]]", "moved /3 /1");
    assert_delta("[\"a\",\"a\",\"b\"]", "[\"b\",\"a\",\"a\"]", "moved /2 /0");
    assert_delta("[[[[1]]]]", "[[[[2]]]]", "changed /0/0/0/0 1 2");
}

#define SYSTEM "{\"role\":\"system\",\"content\":\"You are a helpful assistant\"}"
#define USER   "{\"role\":\"user\",\"content\":\"What is the weather in Florence today\"}"

static void test_messages(void **state)
{
    (void)state;
    assert_delta("[" SYSTEM "," USER "]",
                 "[{\"role\":\"user\",\"content\":\"Hello there\"}," SYSTEM "," USER "]",
                 "added /0 {\"role\":\"user\",\"content\":\"Hello there\"}");
    /* One changed and one inserted in front of it: that is what it is. */
    assert_delta("[" SYSTEM "," USER "]",
                 "[" SYSTEM ",{\"role\":\"assistant\",\"content\":\"No\"},"
                 "{\"role\":\"user\",\"content\":\"What is the weather in Rome today\"}]",
                 "added /1 {\"role\":\"assistant\",\"content\":\"No\"}; "
                 "changed /1/content \"What is the weather in Florence today\" "
                 "\"What is the weather in Rome today\"");
    assert_delta("[" SYSTEM "," USER "]", "[" USER "," SYSTEM "]", "moved /0 /1");
}

static void test_sets(void **state)
{
    (void)state;
    struct td_bytes a = TD_BYTES("{\"t\":[{\"n\":\"weather\",\"d\":\"tells the weather\"},"
                                 "{\"n\":\"time\",\"d\":\"tells the time\"}]}");
    struct td_bytes b = TD_BYTES("{\"t\":[{\"n\":\"time\",\"d\":\"tells the time\"},"
                                 "{\"n\":\"weather\",\"d\":\"tells the weather\"}]}");
    struct td_bytes c = TD_BYTES("{\"t\":[{\"n\":\"time\",\"d\":\"tells the hour\"},"
                                 "{\"n\":\"weather\",\"d\":\"tells the weather\"},7]}");
    assert_delta_of(a, b, "/t", "");
    assert_delta_of(a, c, "/t",
                    "changed /t/1/d \"tells the time\" \"tells the hour\"; added /t/2 7");
}

static void test_alignment(void **state)
{
    (void)state;
    /* Large: an element out of the middle, one twice, and one new. */
    enum { COUNT = 200000 };
    uint64_t *a = calloc(COUNT, sizeof *a), *b = calloc(COUNT + 2, sizeof *b);
    size_t *match = calloc(COUNT, sizeof *match), j = 0, matched = 0;
    for (size_t i = 0; i < COUNT; i++) {
        a[i] = i % 1000;
        if (i == COUNT / 2)
            continue;
        b[j++] = i % 1000;
        if (i == COUNT / 4)
            b[j++] = i % 1000;
        if (i == COUNT / 3)
            b[j++] = 5000;
    }
    assert_true(td_align(a, COUNT, b, j, match));
    size_t last = SIZE_MAX;
    for (size_t i = 0; i < COUNT; i++) {
        if (match[i] == SIZE_MAX)
            continue;
        assert_int_equal(a[i], b[match[i]]);
        assert_true(last == SIZE_MAX || match[i] > last);
        last = match[i];
        matched++;
    }
    assert_true(matched >= COUNT - 1000);
    /* Two values in turns, and the same the other way round: never quadratic. */
    for (size_t i = 0; i < COUNT; i++) {
        a[i] = i % 2;
        b[i] = i % 3 == 0;
    }
    clock_t start = clock();
    assert_true(td_align(a, COUNT, b, COUNT, match));
    assert_true(clock() - start < 20 * CLOCKS_PER_SEC);
    free(a);
    free(b);
    free(match);
}

static void test_hostile(void **state)
{
    (void)state;
    enum { DEEP = 10000, WIDE = 1000000 };
    struct td_buf a, b;
    td_buf_init(&a);
    td_buf_init(&b);
    for (int side = 0; side < 2; side++) {
        struct td_buf *out = side ? &b : &a;
        for (int i = 0; i < DEEP; i++)
            td_buf_put_text(out, i % 2 ? "[" : "{\"k\":");
        td_buf_printf(out, "%d", side);
        for (int i = DEEP; i--;)
            td_buf_put_char(out, i % 2 ? ']' : '}');
    }
    assert_delta_of(td_buf_view(&a), td_buf_view(&b), NULL, NULL);
    td_buf_clear(&a);
    td_buf_clear(&b);
    for (int side = 0; side < 2; side++) {
        struct td_buf *out = side ? &b : &a;
        td_buf_put_char(out, '[');
        for (int i = 0; i < WIDE; i++)
            td_buf_printf(out, "%s%d", i ? "," : "", side && i == WIDE / 2 ? -1 : i % 7);
        td_buf_put_char(out, ']');
    }
    assert_delta_of(td_buf_view(&a), td_buf_view(&b), NULL, "changed /500000 4 -1");
    /* A patch with a long path for each of many changes is none that anybody wants. */
    td_buf_clear(&a);
    td_buf_clear(&b);
    for (int side = 0; side < 2; side++) {
        struct td_buf *out = side ? &b : &a;
        for (int i = 0; i < DEEP; i++)
            td_buf_printf(out, "{\"x\":%d,\"k\":", side);
        td_buf_put_text(out, "0");
        for (int i = DEEP; i--;)
            td_buf_put_char(out, '}');
    }
    struct td_arena arena;
    struct td_json_delta delta;
    struct td_buf patch;
    td_arena_init(&arena);
    td_buf_init(&patch);
    struct td_json *x = read_json(&arena, td_buf_view(&a), NULL);
    struct td_json *y = read_json(&arena, td_buf_view(&b), NULL);
    assert_int_equal(td_json_delta_make(&delta, x, y), 0);
    assert_int_equal(delta.count, DEEP);
    td_json_put_patch(&patch, &delta, y);
    assert_true(patch.len < b.len + 100);
    td_json_delta_release(&delta);
    td_arena_release(&arena);
    td_buf_release(&patch);
    td_buf_release(&a);
    td_buf_release(&b);
}

static void test_random_pairs(void **state)
{
    (void)state;
    struct td_buf a, b;
    for (uint64_t seed = 0; seed < 3000; seed++) {
        put_random(&a, seed / 3, seed, SIZE_MAX);
        put_random(&b, seed / 3 + seed % 3 / 2, seed + 77, seed % 3);
        assert_delta_of(td_buf_view(&a), td_buf_view(&b), NULL, NULL);
        td_buf_release(&a);
        td_buf_release(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scalars),      cmocka_unit_test(test_objects),
        cmocka_unit_test(test_renames),      cmocka_unit_test(test_arrays),
        cmocka_unit_test(test_messages),     cmocka_unit_test(test_sets),
        cmocka_unit_test(test_alignment),    cmocka_unit_test(test_hostile),
        cmocka_unit_test(test_random_pairs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
