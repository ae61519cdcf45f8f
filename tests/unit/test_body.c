/* SPDX-License-Identifier: MIT */
/* Bodies: what kind they are, and which of them are the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "match/body.h"
#include "random_json.h"

static enum td_body_kind canonical(struct td_buf *out, struct td_bytes body)
{
    td_buf_init(out);
    enum td_body_kind kind = td_body_canonical(out, body, NULL);
    assert_false(td_buf_failed(out));
    assert_true(out->len > 0);
    return kind;
}

static void assert_canonical(enum td_body_kind kind, struct td_bytes body, const char *expected)
{
    struct td_buf out;
    assert_int_equal(canonical(&out, body), kind);
    assert_string_equal(out.data, expected);
    assert_int_equal(out.len, strlen(expected));
    td_buf_release(&out);
}

static void assert_kind(enum td_body_kind kind, const char *body)
{
    struct td_buf out;
    enum td_body_kind found = canonical(&out, td_bytes_of(body));
    if (found != kind)
        fail_msg("'%s' is of kind %d, not %d", body, (int)found, (int)kind);
    td_buf_release(&out);
}

static bool same_bytes(struct td_bytes a, struct td_bytes b)
{
    struct td_buf left, right;
    canonical(&left, a);
    canonical(&right, b);
    bool same = td_bytes_equal(td_buf_view(&left), td_buf_view(&right));
    td_buf_release(&left);
    td_buf_release(&right);
    return same;
}

static bool same(const char *a, const char *b)
{
    return same_bytes(td_bytes_of(a), td_bytes_of(b));
}

static void test_bytes(void **state)
{
    (void)state;
    assert_canonical(TD_BODY_BYTES, TD_BYTES(""), "b0:0:");
    assert_canonical(TD_BODY_BYTES, td_bytes(NULL, 0), "b0:0:");
    assert_canonical(TD_BODY_BYTES, TD_BYTES("hello"), "b0:5:hello");
    assert_kind(TD_BODY_BYTES, "12");
    assert_kind(TD_BODY_BYTES, "\"text\"");
    assert_kind(TD_BODY_BYTES, "null");
    assert_kind(TD_BODY_BYTES, "{\"a\":1");
    assert_kind(TD_BODY_BYTES, "{\"a\":1}\n{\"b\":2}");
    assert_kind(TD_BODY_BYTES, " ");
    assert_false(same("1.0", "1"));
    assert_false(same("", " "));
    assert_false(same_bytes(TD_BYTES("a"), TD_BYTES("a\0")));
    assert_true(same_bytes(TD_BYTES("\0\xff\r\n"), TD_BYTES("\0\xff\r\n")));
}

static void test_json(void **state)
{
    (void)state;
    assert_canonical(TD_BODY_JSON, TD_BYTES(" {\"b\":1.0,\"a\":[]} "), "j{\"a\":[],\"b\":1}");
    assert_kind(TD_BODY_JSON, "\r\n\t [1, 2]\n");
    assert_kind(TD_BODY_JSON, "{}");
    assert_true(same("{\"a\":1,\"b\":[2,3]}", "{ \"b\" : [2.0,3e0], \"a\" : 1 }\n"));
    assert_false(same("{\"a\":[2,3]}", "{\"a\":[3,2]}"));
    assert_false(same("{\"n\":9007199254740993}", "{\"n\":9007199254740992}"));
    assert_true(same("{\"t\":\"a\\r\\nb\"}", "{\"t\":\"a\\nb\"}"));
}

static void test_form(void **state)
{
    (void)state;
    assert_canonical(TD_BODY_FORM, TD_BYTES("b=2&a=x+y%21"), "f1:a4:x y!1:b1:2");
    assert_canonical(TD_BODY_FORM, TD_BYTES("a=2&b&a=1&&"), "f1:a1:21:a1:11:b0:");
    assert_canonical(TD_BODY_FORM, TD_BYTES("="), "f0:0:");
    assert_canonical(TD_BODY_FORM, TD_BYTES("a==b"), "f1:a2:=b");
    assert_kind(TD_BODY_FORM, "grant_type=client_credentials&scope=a%20b");
    assert_kind(TD_BODY_FORM, "to[]=a@b.example&url=http://h/x?y");
    assert_kind(TD_BODY_BYTES, "abc");
    assert_kind(TD_BODY_BYTES, "a=b c");
    assert_kind(TD_BODY_BYTES, "a=b\n");
    assert_kind(TD_BODY_BYTES, "a=100%");
    assert_kind(TD_BODY_BYTES, "a=%4");
    assert_kind(TD_BODY_BYTES, "a=\xc3\xa9");
    assert_kind(TD_BODY_BYTES, "a={}");
    assert_kind(TD_BODY_BYTES, "data: {\"a\"=1}");

    assert_true(same("a=1&b=2", "b=2&a=1"));
    assert_true(same("a=x+y", "a=x%20y"));
    assert_true(same("a=%7e", "a=~"));
    assert_true(same("%61=1", "a=1"));
    assert_false(same("a=1&a=2", "a=2&a=1"));
    assert_false(same("a=1", "a=1&a=1"));
    assert_false(same("a=x%2By", "a=x+y"));
    /* What was encoded is content, and makes no fields. */
    assert_false(same("a=1%26b%3D2", "a=1&b=2"));
    assert_false(same("a%3D1=", "a=1"));
    assert_false(same("ab=c", "a=bc"));
    assert_true(same_bytes(TD_BYTES("a=%00"), TD_BYTES("a=%00")));
    assert_false(same_bytes(TD_BYTES("a=%00"), TD_BYTES("a=")));
    /* Base64 may look like a form, but says the same only where it is the same. */
    assert_false(same("aGVsbG8=", "aGVsbG9="));
    assert_false(same("aGVsbG8=", "aGVsbG8"));
}

#define PART_1 "Content-Disposition: form-data; name=\"a\"\r\n\r\none"
#define PART_2 "Content-Disposition: form-data; name=\"b\"\r\n\r\n\0\xff--\r\n"
#define MULTIPART(boundary)                                                                        \
    "--" boundary "\r\n" PART_1 "\r\n--" boundary "\r\n" PART_2 "\r\n--" boundary "--"

#define TEN         "0123456789"
#define TEN_7_TIMES TEN TEN TEN TEN TEN TEN TEN

static void test_multipart(void **state)
{
    (void)state;
    struct td_bytes one = TD_BYTES(MULTIPART("------------------------d74496d66958873e") "\r\n");
    struct td_bytes two = TD_BYTES(MULTIPART("WebKitFormBoundary 7MA4YWxkTrZu0gW"));
    struct td_buf out;
    assert_int_equal(canonical(&out, one), TD_BODY_MULTIPART);
    td_buf_release(&out);
    assert_true(same_bytes(one, two));
    assert_canonical(TD_BODY_MULTIPART, TD_BYTES("--x\r\nA\r\n--x\r\n\r\n--x--\r\n"), "m0:1:A0:0:");
    assert_canonical(TD_BODY_MULTIPART, TD_BYTES("--x\r\n\r\n--x--"), "m0:0:");
    assert_false(same("--x\r\nA\r\n--x\r\nB\r\n--x--", "--x\r\nB\r\n--x\r\nA\r\n--x--"));
    assert_false(same("--x\r\nA\r\n--x\r\nB\r\n--x--", "--x\r\nAB\r\n--x--"));
    /* A line that only starts as the boundary does belongs to the part. */
    assert_canonical(TD_BODY_MULTIPART, TD_BYTES("--x\r\nA\r\n--xy\r\n--x-\r\n--x--"),
                     "m0:13:A\r\n--xy\r\n--x-");
    assert_true(same("--x\r\nA\r\n--y\r\nB\r\n--x--", "--z\r\nA\r\n--y\r\nB\r\n--z--\r\n"));

    assert_kind(TD_BODY_BYTES, "--x\r\nA\r\n--x");
    assert_kind(TD_BODY_BYTES, "--x\r\nA\r\n--x\r\n");
    assert_kind(TD_BODY_BYTES, "--x\r\nA\r\n--x--\r\nepilogue");
    assert_kind(TD_BODY_BYTES, "--x\r\n--x--\r\n");
    assert_kind(TD_BODY_BYTES, "--x\nA\n--x--\n");
    assert_kind(TD_BODY_BYTES, "preamble\r\n--x\r\nA\r\n--x--");
    assert_kind(TD_BODY_BYTES, "--x--\r\n");
    assert_kind(TD_BODY_BYTES, "--\r\nA\r\n----");
    assert_kind(TD_BODY_BYTES, "--\x01\r\nA\r\n--\x01--");
    assert_kind(TD_BODY_BYTES, "--x");
    assert_kind(TD_BODY_BYTES, "--x\r");
    assert_kind(TD_BODY_BYTES, "--");
    /* 70 characters are a boundary, 71 are not. */
    assert_kind(TD_BODY_MULTIPART, "--" TEN_7_TIMES "\r\nA\r\n--" TEN_7_TIMES "--");
    assert_kind(TD_BODY_BYTES, "--" TEN_7_TIMES "x\r\nA\r\n--" TEN_7_TIMES "x--");
}

/* The canonical form of one kind is never that of another, though the bodies be made for it. */
static void test_kinds_never_meet(void **state)
{
    static const char *const bodies[] = {"",
                                         "a=1",
                                         "f1:a1:1",
                                         "b0:3:a=1",
                                         "{\"a\":1}",
                                         "j{\"a\":1}",
                                         "[]",
                                         "--x\r\nf1:a1:1\r\n--x--",
                                         "--x\r\na=1\r\n--x--",
                                         "m0:3:a=1"};
    (void)state;
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++)
        for (size_t j = 0; j < sizeof bodies / sizeof *bodies; j++)
            assert_int_equal(same(bodies[i], bodies[j]), i == j);
}

static void test_random_json(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed < 300; seed++) {
        struct td_buf a, b;
        size_t scalars = put_random(&a, seed, seed + 1, SIZE_MAX);
        put_random(&b, seed, seed + 2, SIZE_MAX);
        bool container = strpbrk(a.data, "{[\"0123456789ntf")[0] == '{' ||
                         strpbrk(a.data, "{[\"0123456789ntf")[0] == '[';
        if (container)
            assert_true(same_bytes(td_buf_view(&a), td_buf_view(&b)));
        td_buf_release(&b);
        if (container && scalars) {
            put_random(&b, seed, seed + 3, seed % scalars);
            assert_false(same_bytes(td_buf_view(&a), td_buf_view(&b)));
            td_buf_release(&b);
        }
        td_buf_release(&a);
    }
}

static void test_large(void **state)
{
    enum { MANY = 100000 };
    struct td_buf form, parts;
    (void)state;
    td_buf_init(&form);
    td_buf_init(&parts);
    for (int i = 0; i < MANY; i++) {
        td_buf_printf(&form, "same-name%d=%d&", i % 2, i);
        td_buf_put_text(&parts, "--x\r\n\r\n--xx\r\n");
    }
    td_buf_put_text(&parts, "--x--");
    struct td_arena arena;
    struct td_body body;
    td_arena_init(&arena);
    assert_int_equal(td_body_read(&body, &arena, td_buf_view(&form), NULL), 0);
    assert_int_equal(body.kind, TD_BODY_FORM);
    assert_int_equal(body.count, MANY);
    assert_true(td_bytes_equal(body.pieces[1].value, TD_BYTES("2")));
    assert_true(td_bytes_equal(body.pieces[MANY / 2].value, TD_BYTES("1")));
    assert_int_equal(td_body_read(&body, &arena, td_buf_view(&parts), NULL), 0);
    assert_int_equal(body.kind, TD_BODY_MULTIPART);
    assert_int_equal(body.count, MANY);
    td_arena_release(&arena);
    td_buf_release(&form);
    td_buf_release(&parts);
}

/* "name: a | b" for each pair that is not the same. */
static void assert_pairs(const char *a, const char *b, const char *expected)
{
    struct td_arena arena;
    struct td_body left, right;
    struct td_body_walk walk;
    struct td_buf out;
    size_t place = 0;
    td_arena_init(&arena);
    td_buf_init(&out);
    td_buf_put_text(&out, "");
    assert_int_equal(td_body_read(&left, &arena, td_bytes_of(a), NULL), 0);
    assert_int_equal(td_body_read(&right, &arena, td_bytes_of(b), NULL), 0);
    td_body_walk_init(&walk, &left, &right);
    while (td_body_walk_next(&walk)) {
        assert_int_equal(walk.place, place++);
        if (walk.same)
            continue;
        td_buf_put_bytes(&out, walk.a ? walk.a->name : walk.b->name);
        td_buf_put_text(&out, ": ");
        td_buf_put_bytes(&out, walk.a ? walk.a->value : TD_BYTES("-"));
        td_buf_put_text(&out, " | ");
        td_buf_put_bytes(&out, walk.b ? walk.b->value : TD_BYTES("-"));
        td_buf_put_text(&out, "\n");
    }
    assert_string_equal(out.data, expected);
    td_buf_release(&out);
    td_arena_release(&arena);
}

static void test_pairs(void **state)
{
    (void)state;
    assert_pairs("a=1&b=2", "b=2&a=1", "");
    assert_pairs("c=3&a=1", "b=2&a=2", "a: 1 | 2\nb: - | 2\nc: 3 | -\n");
    assert_pairs("a=1&a=2", "a=1&a=3&a=4", "a: 2 | 3\na: - | 4\n");
    assert_pairs("hello", "world", ": hello | world\n");
    assert_pairs("--x\r\nA\r\n--x--", "--y\r\nA\r\n--y\r\nB\r\n--y--", ": - | B\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_form),
        cmocka_unit_test(test_multipart),
        cmocka_unit_test(test_kinds_never_meet),
        cmocka_unit_test(test_random_json),
        cmocka_unit_test(test_large),
        cmocka_unit_test(test_pairs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
