/* SPDX-License-Identifier: MIT */
/* JSON values: the grammar, canonical forms, differences, and how much all of it can bear. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "random_json.h"
#include "json/json.h"

/* The canonical form of `text`; empty where it is not JSON. */
static struct td_buf canonical(struct td_bytes text)
{
    struct td_arena arena;
    struct td_buf out;
    td_arena_init(&arena);
    td_buf_init(&out);
    const struct td_json *value = td_json_parse(&arena, text, NULL);
    if (value)
        td_json_canonical(&out, value);
    assert_false(td_buf_failed(&out));
    td_arena_release(&arena);
    return out;
}

static void assert_canonical_bytes(struct td_bytes text, struct td_bytes expected)
{
    struct td_buf out = canonical(text);
    if (!td_bytes_equal(td_buf_view(&out), expected))
        fail_msg("'%.*s' became '%.*s', not '%.*s'", (int)text.len, text.data, (int)out.len,
                 out.data ? out.data : "", (int)expected.len, expected.data);
    td_buf_release(&out);
}

static void assert_canonical(const char *text, const char *expected)
{
    assert_canonical_bytes(td_bytes_of(text), td_bytes_of(expected));
}

static bool same(const char *a, const char *b)
{
    struct td_buf left = canonical(td_bytes_of(a)), right = canonical(td_bytes_of(b));
    assert_true(left.len && right.len);
    bool equal = td_bytes_equal(td_buf_view(&left), td_buf_view(&right));
    td_buf_release(&left);
    td_buf_release(&right);
    return equal;
}

#define TEXTS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void test_grammar_accepts(void **state)
{
    const char *const *texts =
        TEXTS("null", "true", "false", "0", "-0", "1", "-1.5", "1e5", "1E+5", "1e-05", "0.0", "0e0",
              "\"\"", "\"a\"", "\" \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\u00e9 \"", "[]", "{}", "[ ]",
              "{ }", " [ 1 , 2 ] ", "\t\r\n {\"a\" : [ { } ] , \"b\":null}\n", "{\"\":1}",
              "{\"a\":1,\"a\":2}", "\"\x7f\"", "\"\xff\"", "[[[[1]]]]");
    (void)state;
    for (size_t i = 0; texts[i]; i++) {
        struct td_buf out = canonical(td_bytes_of(texts[i]));
        if (!out.len)
            fail_msg("'%s' was refused", texts[i]);
        td_buf_release(&out);
    }
}

static void test_grammar_refuses(void **state)
{
    const char *const *texts = TEXTS(
        "", " ", "nul", "nulll", "True", "NaN", "Infinity", "-", "+1", "01", "-01", "1.", ".5",
        "1.e5", "1e", "1e+", "0x10", "1 2", "\"", "\"a", "\"\\", "\"\\\"", "\"\\x\"", "\"\\u12\"",
        "\"\\u12g4\"", "\"\\u 123\"", "\"\\ud83d\\u12\"", "\"\n\"", "\"\x01\"", "'a'", "[", "]",
        "[1", "[1,", "[1,]", "[,1]", "[1 2]", "[1}", "{", "}", "{\"a\"", "{\"a\":", "{\"a\":1",
        "{\"a\":1,", "{\"a\":1,}", "{,}", "{\"a\",1}", "{\"a\"::1}", "{a:1}", "{1:1}", "{]", "[}",
        "[]]", "{}}", "[1]x", "\xef\xbb\xbf[]", "// a\n1", "/**/1", "\f1", "\xc2\xa0 1");
    (void)state;
    for (size_t i = 0; texts[i]; i++) {
        struct td_buf out = canonical(td_bytes_of(texts[i]));
        if (out.len)
            fail_msg("'%s' was read as '%s'", texts[i], out.data);
        td_buf_release(&out);
    }
    /* A NUL ends nothing and is nothing. */
    struct td_buf out = canonical(TD_BYTES("1\0"));
    assert_int_equal(out.len, 0);
    td_buf_release(&out);
}

static void assert_error(const char *text, unsigned line, unsigned column, const char *message)
{
    struct td_arena arena;
    struct td_error err = {0};
    td_arena_init(&arena);
    assert_null(td_json_parse(&arena, td_bytes_of(text), &err));
    assert_int_equal(err.code, TD_ERR_SYNTAX);
    assert_string_equal(err.message, message);
    assert_int_equal(err.line, line);
    assert_int_equal(err.column, column);
    td_arena_release(&arena);
}

static void test_errors_name_the_place(void **state)
{
    (void)state;
    assert_error("", 1, 1, "not JSON: expected a value, found the end");
    assert_error("{\"a\": 1\n \"b\": 2}", 2, 2, "not JSON: expected ',' or '}', found '\"'");
    assert_error("[1, 2", 1, 6, "not JSON: expected ',' or ']', found the end");
    assert_error("[\"\xc3\xa9\xc3\xa9\", x]", 1, 8, "not JSON: expected a value, found 'x'");
    assert_error("{\"a\" 1}", 1, 6, "not JSON: expected ':', found '1'");
    assert_error("{a:1}", 1, 2, "not JSON: expected a key in double quotes, found 'a'");
    assert_error("\"a\\q\"", 1, 3, "not JSON: expected an escape sequence, found '\\'");
    assert_error("\"a\nb\"", 1, 3,
                 "not JSON: expected an escape for a control character, found byte 0x0a");
    assert_error("1.x", 1, 3, "not JSON: expected a digit, found 'x'");
    assert_error("1 x", 1, 3, "not JSON: expected the end, found 'x'");
}

static void test_tree(void **state)
{
    struct td_arena arena;
    (void)state;
    td_arena_init(&arena);
    struct td_bytes text = TD_BYTES(" {\"b\" : [1.50, \"x\\u0000y\"], \"a\": {} , \"b\":true} ");
    const struct td_json *root = td_json_parse(&arena, text, NULL);
    assert_non_null(root);
    assert_int_equal(root->kind, TD_JSON_OBJECT);
    assert_int_equal(root->count, 3);
    assert_true(td_bytes_equal(root->source, td_bytes_trim(text)));
    assert_null(root->parent);

    const struct td_json *list = root->first;
    assert_int_equal(list->kind, TD_JSON_ARRAY);
    assert_true(td_bytes_equal(list->key, TD_BYTES("b")));
    assert_true(td_bytes_equal(list->source, TD_BYTES("[1.50, \"x\\u0000y\"]")));
    assert_int_equal(list->count, 2);
    assert_ptr_equal(list->parent, root);
    assert_true(td_bytes_equal(list->first->source, TD_BYTES("1.50")));
    assert_int_equal(list->first->key.len, 0);
    assert_int_equal(list->first->next->index, 1);
    assert_true(td_bytes_equal(list->first->next->text, TD_BYTES("x\0y")));
    assert_true(td_bytes_equal(list->first->next->source, TD_BYTES("\"x\\u0000y\"")));
    assert_null(list->first->next->next);

    const struct td_json *empty = list->next, *last = empty->next;
    assert_int_equal(empty->kind, TD_JSON_OBJECT);
    assert_int_equal(empty->count, 0);
    assert_true(td_bytes_equal(empty->source, TD_BYTES("{}")));
    assert_int_equal(last->kind, TD_JSON_TRUE);
    assert_true(td_bytes_equal(last->source, TD_BYTES("true")));
    assert_null(last->next);

    /* By key, and those of one key as they were written. */
    assert_ptr_equal(root->sorted[0], empty);
    assert_ptr_equal(root->sorted[1], list);
    assert_ptr_equal(root->sorted[2], last);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(root->sorted[i]->index, i);
    td_arena_release(&arena);
}

static void assert_number(const char *text, const char *expected)
{
    assert_canonical(text, expected);
    assert_canonical(expected, expected);
}

static void test_numbers(void **state)
{
    (void)state;
    assert_number("1", "1");
    assert_number("1.0", "1");
    assert_number("1e0", "1");
    assert_number("10e-1", "1");
    assert_number("0.001E+3", "1");
    assert_number("-1.000", "-1");
    assert_number("0", "0");
    assert_number("-0", "0");
    assert_number("-0.0e5", "0");
    assert_number("0.000e5", "0");
    assert_number("0e99999999999999999999999999", "0");
    assert_number("0e-99999999999999999999999999", "0");
    assert_number("0.7", "7e-1");
    assert_number("7E-1", "7e-1");
    assert_number("-12.50", "-125e-1");
    assert_number("100", "100");
    assert_number("1e2", "100");
    assert_number("0.1e3", "100");
    assert_number("1e20", "100000000000000000000");
    assert_number("100000000000000000000", "100000000000000000000");
    assert_number("1e21", "1e21");
    assert_number("1000000000000000000000", "1e21");
    assert_number("123456789012345678901", "123456789012345678901");
    assert_number("1234567890123456789012", "1234567890123456789012");
    assert_number("12345678901234567890120", "1234567890123456789012e1");
    assert_number("9007199254740993", "9007199254740993");
    assert_number("9007199254740992", "9007199254740992");
    assert_number("1e400", "1e400");
    assert_number("10.0e399", "1e400");
    assert_number("1e-400", "1e-400");
    assert_number("12e999999999999999998", "12e999999999999999998");
    assert_number("1.2e999999999999999999", "12e999999999999999998");
    assert_number("1e99999999999999999999", "1e99999999999999999999");
    assert_number("10e99999999999999999999", "1e100000000000000000000");
    assert_number("0.1e100000000000000000000", "1e99999999999999999999");
    assert_number("1.5e1000000000000000000", "15e999999999999999999");
    assert_number("15e999999999999999999", "15e999999999999999999");
    assert_number("150e00000000999999999999999998", "15e999999999999999999");
    assert_number("1e-99999999999999999999", "1e-99999999999999999999");
    assert_number("0.1e-99999999999999999999", "1e-100000000000000000000");
    assert_number("10e-100000000000000000000", "1e-99999999999999999999");
    assert_number("1e00000000000000000000000000000000000005", "100000");
    assert_number("1e-00000000000000000000000000000000000000", "1");
    assert_number("1e+18", "1000000000000000000");
    assert_number("0.00000000000000000000000000000000000001", "1e-38");
    assert_false(same("9007199254740993", "9007199254740992"));
    assert_false(same("1e400", "1e401"));
    assert_false(same("1e99999999999999999999", "1e99999999999999999998"));
    assert_false(same("1e99999999999999999999", "1e-99999999999999999999"));
    assert_false(same("0.1", "0.10000000000000000000000000000000000000000001"));
    assert_false(same("1", "-1"));
    assert_false(same("1", "\"1\""));
}

static void test_strings(void **state)
{
    (void)state;
    assert_canonical("\"\\u0041\\/\\u00e9\\u20AC\"", "\"A/\xc3\xa9\xe2\x82\xac\"");
    assert_canonical("\"\\ud83d\\ude00\"", "\"\xf0\x9f\x98\x80\"");
    assert_canonical("\"\\uD83D\\uDE00\"", "\"\xf0\x9f\x98\x80\"");
    assert_canonical("\"\\u0022\\u005c\\u0008\\u000c\\u000a\\u000D\\u0009\"",
                     "\"\\\"\\\\\\b\\f\\n\\r\\t\"");
    assert_canonical("\"\\u0000\\u001F\\u007f\"", "\"\\u0000\\u001f\x7f\"");
    /* Surrogates without a partner stay apart from one another and from everything else. */
    assert_canonical("\"\\ud83d\"", "\"\xed\xa0\xbd\"");
    assert_canonical("\"\\ud83dx\"", "\"\xed\xa0\xbdx\"");
    assert_canonical("\"\\ude00\\ud83d\"", "\"\xed\xb8\x80\xed\xa0\xbd\"");
    assert_canonical("\"\\ud83d\\ud83d\\ude00\"", "\"\xed\xa0\xbd\xf0\x9f\x98\x80\"");
    assert_canonical("\"\\ude00\\ude00\"", "\"\xed\xb8\x80\xed\xb8\x80\"");
    assert_canonical("\"\\ud83d\\ue000\"", "\"\xed\xa0\xbd\xee\x80\x80\"");
    assert_canonical("\"\\ud83d\\n\"", "\"\xed\xa0\xbd\\n\"");
    assert_canonical("\"\\ud800\\udc00\\udbff\\udfff\"", "\"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\"");
    assert_false(same("\"\\ud83d\"", "\"\\ud83e\""));
    assert_false(same("\"\\ud83d\"", "\"\\ufffd\""));
    assert_canonical("\"\xff\xfe\"", "\"\xff\xfe\"");
    assert_false(same("\"a\"", "\"a\\u0000\""));
    assert_true(same("{\"\\u0061\":1}", "{\"a\":1}"));
    /* Long enough to be read a word at a time, with what ends a run at each place of it. */
    for (size_t at = 0; at < 20; at++) {
        char text[64], expected[64];
        snprintf(text, sizeof text, "\"%.*s\\u000a%s\"", (int)at, "abcdefghijklmnopqrst",
                 "uvwxyz\xc3\xa9\xf0\x9f\x98\x80");
        snprintf(expected, sizeof expected, "\"%.*s\\n%s\"", (int)at, "abcdefghijklmnopqrst",
                 "uvwxyz\xc3\xa9\xf0\x9f\x98\x80");
        assert_canonical(text, expected);
    }
    char text[] = "\"abcdefghijklmnopqrst\"";
    for (size_t at = 1; at < sizeof text - 2; at++) {
        for (int c = 0; c < 0x20; c++) {
            char broken[sizeof text];
            memcpy(broken, text, sizeof text);
            broken[at] = (char)c;
            assert_canonical_bytes(td_bytes(broken, sizeof text - 1), TD_BYTES(""));
        }
    }
}

static void test_line_endings(void **state)
{
    (void)state;
    assert_true(same("\"a\\r\\nb\"", "\"a\\nb\""));
    assert_true(same("\"a\\u000d\\u000Ab\"", "\"a\\nb\""));
    assert_true(same("{\"\\r\\n\":1}", "{\"\\n\":1}"));
    assert_false(same("\"a\\rb\"", "\"a\\nb\""));
    assert_false(same("\"a\\n\\rb\"", "\"a\\nb\""));
    assert_false(same("\"\\r\\r\\n\"", "\"\\r\\n\""));
    /* What is left of CR CR LF is not taken for a CR LF when it is read again. */
    assert_canonical("\"\\r\\r\\n\"", "\"\\r\\r\\n\"");
    assert_canonical("\"\\r\\n\\r\\n\"", "\"\\n\\n\"");
    assert_canonical("\"\\r\\r\\r\\n\\n\"", "\"\\r\\r\\r\\n\\n\"");
}

static void test_objects(void **state)
{
    (void)state;
    assert_canonical(" { \"b\" : 1 , \"a\" : [ true , null ] } ", "{\"a\":[true,null],\"b\":1}");
    assert_canonical("{\"aa\":1,\"a\":2,\"\":3,\"B\":4}", "{\"\":3,\"B\":4,\"a\":2,\"aa\":1}");
    assert_canonical("{\"a\":2,\"b\":0,\"a\":1}", "{\"a\":2,\"a\":1,\"b\":0}");
    assert_canonical("[{},[],{\"a\":{}},[[]]]", "[{},[],{\"a\":{}},[[]]]");
    assert_canonical("{\"a\\u0000b\":1,\"a\":2}", "{\"a\":2,\"a\\u0000b\":1}");
    assert_false(same("{\"a\":1,\"a\":2}", "{\"a\":2,\"a\":1}"));
    assert_false(same("{\"a\":1,\"a\":1}", "{\"a\":1}"));
    assert_false(same("[1,2]", "[2,1]"));
    assert_false(same("[]", "{}"));
    assert_false(same("[[],[]]", "[[[]]]"));
}

static void test_canonical_of_a_part(void **state)
{
    struct td_arena arena;
    struct td_buf out;
    (void)state;
    td_arena_init(&arena);
    td_buf_init(&out);
    const struct td_json *root =
        td_json_parse(&arena, TD_BYTES("{\"z\":[1, {\"y\":2,\"x\":1.0}],\"a\":0}"), NULL);
    td_json_canonical(&out, root->first);
    td_json_canonical(&out, root->first->first);
    td_json_canonical(&out, root->first->first->next);
    assert_string_equal(out.data, "[1,{\"x\":1,\"y\":2}]1{\"x\":1,\"y\":2}");
    td_buf_release(&out);
    td_arena_release(&arena);
}

/* "PATH: A | B", a line for each difference; says how many. */
static size_t differences(struct td_buf *out, struct td_bytes left, struct td_bytes right)
{
    struct td_arena arena;
    struct td_json_walk walk;
    td_arena_init(&arena);
    td_buf_init(out);
    const struct td_json *a = td_json_parse(&arena, left, NULL);
    const struct td_json *b = td_json_parse(&arena, right, NULL);
    assert_non_null(a);
    assert_non_null(b);
    struct td_json_difference first = {0};
    bool differ = td_json_first_difference(a, b, &first);
    size_t count = 0;
    td_json_walk_init(&walk, a, b);
    while (td_json_walk_next(&walk)) {
        if (walk.same)
            continue;
        size_t start = out->len;
        td_json_path(out, walk.a ? a : b, walk.a ? walk.a : walk.b);
        if (!count++) {
            assert_true(differ);
            assert_ptr_equal(first.a, walk.a);
            assert_ptr_equal(first.b, walk.b);
            assert_int_equal(first.path.len, out->len - start);
            if (first.path.len)
                assert_memory_equal(first.path.data, out->data + start, first.path.len);
        }
        td_buf_put_text(out, ": ");
        td_buf_put_bytes(out, walk.a ? walk.a->source : TD_BYTES("-"));
        td_buf_put_text(out, " | ");
        td_buf_put_bytes(out, walk.b ? walk.b->source : TD_BYTES("-"));
        td_buf_put_text(out, "\n");
    }
    assert_false(td_json_walk_next(&walk));
    assert_int_equal(differ, count > 0);
    if (differ)
        td_buf_release(&first.path);
    td_arena_release(&arena);
    return count;
}

static void assert_differences(const char *a, const char *b, const char *expected)
{
    struct td_buf found;
    differences(&found, td_bytes_of(a), td_bytes_of(b));
    assert_string_equal(found.data ? found.data : "", expected);
    td_buf_release(&found);
}

static void test_differences(void **state)
{
    (void)state;
    assert_differences("1", "1.0", "");
    assert_differences("1", "2", ": 1 | 2\n");
    assert_differences("[]", "{}", ": [] | {}\n");
    assert_differences("{\"a\":1}", "[1]", ": {\"a\":1} | [1]\n");
    assert_differences("\"\\u0041\"", "\"A\"", "");
    assert_differences("[1,[2,3]]", "[1,[2,4]]", "/1/1: 3 | 4\n");
    assert_differences("[1,2]", "[1,2,3,4]", "/2: - | 3\n/3: - | 4\n");
    assert_differences("[1,2,3]", "[]", "/0: 1 | -\n/1: 2 | -\n/2: 3 | -\n");
    assert_differences("{\"b\":1,\"a\":2,\"c\":3}", "{\"c\":4,\"a\":2,\"b\":1}", "/c: 3 | 4\n");
    /* In the order of the first, and what only the second has at the end of its object. */
    assert_differences("{\"z\":{\"q\":1,\"p\":2},\"a\":1}",
                       "{\"x\":1,\"a\":2,\"z\":{\"o\":0,\"p\":3}}",
                       "/z/q: 1 | -\n/z/p: 2 | 3\n/z/o: - | 0\n/a: 1 | 2\n/x: - | 1\n");
    assert_differences("{}", "{\"b\":1,\"a\":[1]}", "/b: - | 1\n/a: - | [1]\n");
    assert_differences("{\"b\":1,\"a\":[1]}", "{}", "/b: 1 | -\n/a: [1] | -\n");
    assert_differences("{\"a\":[]}", "{\"a\":[{}]}", "/a/0: - | {}\n");
    assert_differences("[{\"a\":1},{\"a\":1}]", "[{\"a\":1},{\"a\":null}]", "/1/a: 1 | null\n");
    assert_differences("{\"a~b/c\":{\"\":1}}", "{\"a~b/c\":{\"\":2}}", "/a~0b~1c/: 1 | 2\n");
    /* Of the same key, the first goes with the first. */
    assert_differences("{\"a\":1,\"a\":2}", "{\"a\":1,\"b\":0,\"a\":3}", "/a: 2 | 3\n/b: - | 0\n");
    assert_differences("{\"a\":1,\"a\":2,\"a\":3}", "{\"a\":1}", "/a: 2 | -\n/a: 3 | -\n");
    assert_differences("{\"a\":1}", "{\"a\":1,\"a\":1}", "/a: - | 1\n");
}

static char *repeat(const char *before, const char *middle, const char *after, size_t count,
                    size_t *len)
{
    struct td_buf out;
    td_buf_init(&out);
    for (size_t i = 0; i < count; i++)
        td_buf_put_text(&out, before);
    td_buf_put_text(&out, middle);
    for (size_t i = 0; i < count; i++)
        td_buf_put_text(&out, after);
    return td_buf_detach(&out, len);
}

enum { MANY = 1000000 };

static void test_deep(void **state)
{
    static const char *const shapes[][2] = {{"[", "]"}, {"{\"a\":", "}"}};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct td_arena arena;
        struct td_json_difference difference;
        size_t len;
        char *one = repeat(shapes[i][0], "1", shapes[i][1], MANY, &len);
        char *two = repeat(shapes[i][0], "2", shapes[i][1], MANY, &len);
        assert_canonical_bytes(td_bytes(one, len), td_bytes(one, len));
        td_arena_init(&arena);
        const struct td_json *a = td_json_parse(&arena, td_bytes(one, len), NULL);
        const struct td_json *b = td_json_parse(&arena, td_bytes(two, len), NULL);
        assert_true(td_json_first_difference(a, b, &difference));
        assert_int_equal(difference.path.len, 2 * MANY);
        assert_memory_equal(difference.path.data, i ? "/a/a" : "/0/0", 4);
        assert_true(td_bytes_equal(difference.a->source, TD_BYTES("1")));
        td_buf_release(&difference.path);
        assert_false(td_json_first_difference(a, a, &difference));
        /* Cut off at its deepest. */
        struct td_buf out = canonical(td_bytes(one, len / 2));
        assert_int_equal(out.len, 0);
        td_arena_release(&arena);
        free(one);
        free(two);
    }
}

static void test_wide(void **state)
{
    struct td_buf up, down;
    (void)state;
    td_buf_init(&up);
    td_buf_init(&down);
    for (size_t i = 0; i < MANY; i++) {
        td_buf_printf(&up, "%c\"a-rather-long-prefix-%07zu\":%zu", i ? ',' : '{', i, i);
        size_t j = MANY - 1 - i;
        td_buf_printf(&down, "%c\"a-rather-long-prefix-%07zu\":%zu.0", i ? ',' : '{', j, j);
    }
    td_buf_put_char(&up, '}');
    td_buf_put_char(&down, '}');
    assert_canonical_bytes(td_buf_view(&down), td_buf_view(&up));
    struct td_buf found;
    assert_int_equal(differences(&found, td_buf_view(&up), td_buf_view(&down)), 0);
    td_buf_release(&found);
    td_buf_release(&up);
    td_buf_release(&down);
}

static void test_wide_with_one_key(void **state)
{
    size_t len;
    (void)state;
    char *one = repeat("", "{\"k\":0", ",\"k\":0", MANY / 4, &len);
    struct td_buf a, b;
    td_buf_init(&a);
    td_buf_init(&b);
    td_buf_put(&a, one, len);
    td_buf_put_text(&a, ",\"k\":1}");
    td_buf_put(&b, one, len);
    td_buf_put_text(&b, "}");
    assert_canonical_bytes(td_buf_view(&a), td_buf_view(&a));
    struct td_buf found;
    assert_int_equal(differences(&found, td_buf_view(&a), td_buf_view(&b)), 1);
    assert_string_equal(found.data, "/k: 1 | -\n");
    td_buf_release(&found);
    free(one);
    td_buf_release(&a);
    td_buf_release(&b);
}

static void test_long_numbers(void **state)
{
    size_t len, zeros_len;
    (void)state;
    char *digits = repeat("1", "", "", MANY, &len), *zeros = repeat("0", "", "", MANY, &zeros_len);
    struct td_buf text, expected;
    td_buf_init(&text);
    td_buf_init(&expected);
    /* 0.000...000111...111000...000e111...111 */
    td_buf_put_text(&text, "0.");
    td_buf_put(&text, zeros, zeros_len);
    td_buf_put(&text, digits, len);
    td_buf_put(&text, zeros, zeros_len);
    td_buf_put_text(&text, "e");
    td_buf_put(&text, digits, len);
    td_buf_put(&expected, digits, len);
    td_buf_put_text(&expected, "e");
    td_buf_put(&expected, digits, len - 7);
    td_buf_put_text(&expected, "9111111"); /* ...11111111 less two million */
    expected.data[expected.len - 8] = '0';
    assert_canonical_bytes(td_buf_view(&text), td_buf_view(&expected));
    free(digits);
    free(zeros);
    td_buf_release(&text);
    td_buf_release(&expected);
}

static void test_random_values(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 3000; seed++) {
        struct td_buf a, b, changed;
        size_t scalars = put_random(&a, seed, seed * 3 + 1, SIZE_MAX);
        put_random(&b, seed, seed * 3 + 2, SIZE_MAX);
        struct td_buf left = canonical(td_buf_view(&a)), right = canonical(td_buf_view(&b));
        assert_true(left.len > 0);
        assert_true(td_bytes_equal(td_buf_view(&left), td_buf_view(&right)));
        assert_canonical_bytes(td_buf_view(&left), td_buf_view(&left));
        struct td_buf found;
        assert_int_equal(differences(&found, td_buf_view(&a), td_buf_view(&b)), 0);
        td_buf_release(&found);
        if (scalars) {
            uint64_t choice = seed;
            put_random(&changed, seed, seed * 3 + 3, draw(&choice, scalars));
            struct td_buf other = canonical(td_buf_view(&changed));
            assert_true(other.len > 0);
            assert_false(td_bytes_equal(td_buf_view(&left), td_buf_view(&other)));
            assert_int_equal(differences(&found, td_buf_view(&a), td_buf_view(&changed)), 1);
            td_buf_release(&found);
            td_buf_release(&other);
            td_buf_release(&changed);
        }
        td_buf_release(&left);
        td_buf_release(&right);
        td_buf_release(&a);
        td_buf_release(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_grammar_accepts),
                                       cmocka_unit_test(test_grammar_refuses),
                                       cmocka_unit_test(test_errors_name_the_place),
                                       cmocka_unit_test(test_tree),
                                       cmocka_unit_test(test_numbers),
                                       cmocka_unit_test(test_strings),
                                       cmocka_unit_test(test_line_endings),
                                       cmocka_unit_test(test_objects),
                                       cmocka_unit_test(test_canonical_of_a_part),
                                       cmocka_unit_test(test_differences),
                                       cmocka_unit_test(test_deep),
                                       cmocka_unit_test(test_wide),
                                       cmocka_unit_test(test_wide_with_one_key),
                                       cmocka_unit_test(test_long_numbers),
                                       cmocka_unit_test(test_random_values)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
