/* SPDX-License-Identifier: MIT */
/* Why a request was not answered: which interaction is the nearest, and what is said of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "match/excerpt.h"
#include "match/explain.h"
#include "random_json.h"

struct request {
    const char *method;
    const char *url;
    const char *body;
};

static struct td_interaction recorded(struct request request)
{
    struct td_interaction made = {0};
    made.request.method = td_bytes_of(request.method);
    made.request.url = td_bytes_of(request.url);
    made.request.message.body = td_bytes_of(request.body);
    return made;
}

static struct td_query asked(struct request request)
{
    return (struct td_query){td_bytes_of(request.method),
                             td_bytes_of(request.url),
                             td_bytes_of(request.body),
                             {NULL, 0}};
}

/* What is said of the two; and that it is said exactly where the index does not match them. */
static char *explain(struct td_query query, struct td_interaction interaction, const char *indent)
{
    struct td_buf out;
    td_buf_init(&out);
    struct td_rules rules;
    td_rules_init(&rules);
    td_explain_difference(&out, indent, &query, &interaction, &rules);
    td_rules_release(&rules);
    assert_false(td_buf_failed(&out));
    struct td_index *index = td_index_new();
    assert_non_null(index);
    assert_int_equal(td_index_add(index, &interaction, NULL), 0);
    assert_int_equal(td_index_find(index, &query) != NULL, out.len == 0);
    td_index_free(index);
    return td_buf_detach(&out, NULL);
}

static void assert_explained(struct request a, struct request b, const char *expected)
{
    char *found = explain(asked(a), recorded(b), "");
    assert_string_equal(found, expected);
    free(found);
}

static void assert_bodies(const char *a, const char *b, const char *expected)
{
    assert_explained((struct request){"POST", "http://h/", a},
                     (struct request){"POST", "http://h/", b}, expected);
}

static void test_method_and_url(void **state)
{
    (void)state;
    struct request base = {"GET", "https://h.example/v1/chat?a=1", ""};
    assert_explained(base, base, "");
    assert_explained(base, (struct request){"", "HTTPS://H.EXAMPLE:443/v1/./chat?%61=1", ""}, "");
    assert_explained(base, (struct request){"POST", base.url, ""},
                     "method: asked 'GET', recorded 'POST'\n");
    assert_explained(base, (struct request){"GET", "https://h.example/v1/chat?a=2", ""},
                     "url: query 'a': asked '1', recorded '2'\n");
    assert_explained((struct request){"GET", "http://h/?a=1&b=2&c", ""},
                     (struct request){"GET", "http://h/?b=2&a=1&d=%2f", ""},
                     "url: query 'c': asked '', not recorded\n"
                     "url: query 'd': recorded '/', not asked\n");
    assert_explained((struct request){"GET", "http://h/?a=1&b=2", ""},
                     (struct request){"GET", "http://h/?b=2&a=1", ""},
                     "url: query: asked 'a=1&b=2', recorded 'b=2&a=1'\n");
    assert_explained(base, (struct request){"GET", "https://h.example/v1/chat", ""},
                     "url: query 'a': asked '1', not recorded\n");
    assert_explained((struct request){"GET", "http://h/?", ""},
                     (struct request){"GET", "http://h/", ""},
                     "url: query: asked '', not recorded\n");
    assert_explained((struct request){"GET", "http://h/", ""},
                     (struct request){"GET", "http://h/?x", ""},
                     "url: query 'x': recorded '', not asked\n");
    assert_explained(base, (struct request){"GET", "http://h.example:8080/v2/chat?a=1", ""},
                     "url: scheme: asked 'https', recorded 'http'\n"
                     "url: host: asked 'h.example', recorded 'h.example:8080'\n"
                     "url: path: asked '/v1/chat', recorded '/v2/chat'\n");
    assert_explained((struct request){"GET", "file:/x", ""},
                     (struct request){"GET", "file:///x", ""},
                     "url: host: recorded '', not asked\n");
    assert_explained((struct request){"", "http://h/a", "x=1"},
                     (struct request){"PUT", "http://h/b", "x=2"},
                     "method: asked 'GET', recorded 'PUT'\n"
                     "url: path: asked '/a', recorded '/b'\n"
                     "body: field 'x': asked '1', recorded '2'\n");
}

static void test_json_bodies(void **state)
{
    (void)state;
    assert_bodies("{\"a\":1,\"b\":2}", "{\"b\":2.0, \"a\":1}", "");
    assert_bodies("{\"messages\":[{},{\"content\":\"Say hi in Spanish\"}],\"temperature\":0.7}",
                  "{\"messages\":[{},{\"content\":\"Say hi in Portuguese\"}]}",
                  "body: /messages/1/content: asked \"Say hi in Spanish\", "
                  "recorded \"Say hi in Portuguese\"\n"
                  "body: /temperature: asked 0.7, not recorded\n");
    assert_bodies("{\"a\":1}", "{\"a\":1,\"b\": { \"x y\" : [ 1, \" \\\" z\" ] } }",
                  "body: /b: recorded {\"x y\":[1,\" \\\" z\"]}, not asked\n");
    assert_bodies("{\"a\":null}", "{\"a\":\"null\"}", "body: /a: asked null, recorded \"null\"\n");
    assert_bodies("{\"a\":[]}", "{\"a\": { }}", "body: /a: asked [], recorded {}\n");
    assert_bodies("[1]", "{\"a\":[1]}", "body: asked [1], recorded {\"a\":[1]}\n");
    assert_bodies("[1.50]", "[1.5e1]", "body: /0: asked 1.50, recorded 1.5e1\n");
    assert_bodies("{\"t\":\"a\\nb\\\\\"}", "{\"t\":\"a\\u0001\\\\\"}",
                  "body: /t: asked \"a\\nb\\\\\", recorded \"a\\u0001\\\\\"\n");
    assert_bodies("{\"a\\n\":1}", "{\"a\\n\":2}", "body: /a\\n: asked 1, recorded 2\n");
}

static void test_many_differences(void **state)
{
    (void)state;
    assert_bodies("[1,2,3,4,5,6,7,8]", "[]",
                  "body: /0: asked 1, not recorded\nbody: /1: asked 2, not recorded\n"
                  "body: /2: asked 3, not recorded\nbody: /3: asked 4, not recorded\n"
                  "body: /4: asked 5, not recorded\nbody: /5: asked 6, not recorded\n"
                  "body: /6: asked 7, not recorded\nbody: /7: asked 8, not recorded\n");
    assert_bodies("[]", "[1,2,3,4,5,6,7,8,9,0]",
                  "body: /0: recorded 1, not asked\nbody: /1: recorded 2, not asked\n"
                  "body: /2: recorded 3, not asked\nbody: /3: recorded 4, not asked\n"
                  "body: /4: recorded 5, not asked\nbody: /5: recorded 6, not asked\n"
                  "body: /6: recorded 7, not asked\nbody: /7: recorded 8, not asked\n"
                  "body: ... and 2 more\n");
}

static void test_other_bodies(void **state)
{
    (void)state;
    assert_bodies("a=1&b=x+y&c=3", "a=1&b=x%2By&d=4",
                  "body: field 'b': asked 'x y', recorded 'x+y'\n"
                  "body: field 'c': asked '3', not recorded\n"
                  "body: field 'd': recorded '4', not asked\n");
    assert_bodies("--x\r\nA\r\n--x\r\nB\r\n--x--", "--y\r\nA\r\n--y\r\nC\r\n--y\r\nD\r\n--y--",
                  "body: part 2: asked 'B', recorded 'C'\nbody: part 3: recorded 'D', not asked\n");
    assert_bodies("hello", "hello\n", "body: asked 'hello', recorded 'hello\\n'\n");
    assert_bodies(
        "Say it's", "{\"a\": 1}",
        "body: asked 8 bytes of text ('Say it\\'s'), recorded JSON of 8 bytes ({\"a\":1})\n");
    assert_bodies("", "[]", "body: asked no body, recorded JSON of 2 bytes ([])\n");
    assert_bodies("x", "", "body: asked 1 byte of text ('x'), recorded no body\n");
    assert_bodies("\xff\x01", "a=1",
                  "body: asked 2 bytes of binary data ('\\xff\\u0001'), "
                  "recorded a form of 3 bytes ('a=1')\n");
    assert_bodies("--x\r\nA\r\n--x--", "{}",
                  "body: asked a multipart body of 13 bytes ('--x\\r\\nA\\r\\n--x--'), "
                  "recorded JSON of 2 bytes ({})\n");
}

static void test_lines_and_parts(void **state)
{
    (void)state;
    assert_bodies("one\ntwo\nthree\nfour", "one\ntwo\nthree and\nfour\nfive",
                  "body: line 3: asked 'three', recorded 'three and'\n"
                  "body: line 5: recorded 'five', not asked\n");
    assert_bodies("a\nx\nb\nc", "a\nb\nc", "body: line 2: asked 'x', not recorded\n");
    const char *part = "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n"
                       "\r\n{\"a\":[1,2]}\r\n--x\r\n\r\nline\nother\r\n--x--\r\n";
    assert_bodies(part,
                  "--y\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n"
                  "\r\n{\"a\":[1,3]}\r\n--y\r\n\r\nline\nOther\r\n--y--\r\n",
                  "body: part 1 'file': /a/1: asked 2, recorded 3\n"
                  "body: part 2: line 2: asked 'other', recorded 'Other'\n");
    assert_bodies(part,
                  "--y\r\nContent-Disposition: form-data; name=\"file\"; filename=\"b\"\r\n"
                  "\r\n{\"a\":[1,2]}\r\n--y\r\n\r\nline\nother\r\n--y--\r\n",
                  "body: part 1 'file': asked 'Content-Disposition: form-data; name=\"file\"; "
                  "filename=\"a\"', recorded 'Content-Disposition: form-data; name=\"file\"; "
                  "filename=\"b\"'\n");
}

static void test_moved_and_renamed(void **state)
{
    (void)state;
    assert_bodies("[[2],[1]]", "[[1],[2]]", "body: /0: moved to /1\n");
    assert_bodies("{\"max_completion_tokens\":400}", "{\"max_tokens\":400}",
                  "body: /max_tokens: renamed to 'max_completion_tokens'\n");
}

static void test_indent(void **state)
{
    (void)state;
    char *found = explain(asked((struct request){"GET", "http://h/a", "[1]"}),
                          recorded((struct request){"GET", "http://h/b", "[2]"}), "    ");
    assert_string_equal(found, "    url: path: asked '/a', recorded '/b'\n"
                               "    body: /0: asked 1, recorded 2\n");
    free(found);
}

static void assert_excerpt(char quote, struct td_bytes text, struct td_bytes other,
                           const char *expected)
{
    struct td_buf out;
    td_buf_init(&out);
    td_excerpt_text(&out, quote, text, other);
    assert_string_equal(out.data, expected);
    td_buf_release(&out);
}

#define TEN   "0123456789"
#define FIFTY TEN TEN TEN TEN TEN
#define CUT   "\xe2\x80\xa6"

static void test_excerpts(void **state)
{
    struct td_bytes none = TD_BYTES("");
    (void)state;
    assert_excerpt('\'', none, none, "''");
    assert_excerpt('\0', TD_BYTES("a"), none, "a");
    assert_excerpt('"', TD_BYTES("it's \"it\" \\"), none, "\"it's \\\"it\\\" \\\\\"");
    assert_excerpt('\'', TD_BYTES("it's \"it\" \\"), none, "'it\\'s \"it\" \\\\'");
    assert_excerpt('\'', TD_BYTES("\t\r\n\0\x1b[31m\x7f"), none,
                   "'\\t\\r\\n\\u0000\\u001b[31m\\u007f'");
    /* Controls beyond ASCII, marks that turn text round, spaces that look like spaces. */
    assert_excerpt('\'', TD_BYTES("\xc2\x9b \xe2\x80\xae \xc2\xa0 \xef\xbb\xbf"), none,
                   "'\\u009b \\u202e \\u00a0 \\ufeff'");
    assert_excerpt('\'', TD_BYTES("\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80"), none,
                   "'\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80'");
    assert_excerpt('\'', TD_BYTES("\xc3 \xe2\x82 \xff \xc0\xaf \xed\xa0\xbd \xf4\x90\x80\x80"),
                   none, "'\\xc3 \\xe2\\x82 \\xff \\xc0\\xaf \\ud83d \\xf4\\x90\\x80\\x80'");

    assert_excerpt('\'', TD_BYTES(FIFTY FIFTY TEN TEN), none, "'" FIFTY FIFTY TEN TEN "'");
    assert_excerpt('\'', TD_BYTES(FIFTY FIFTY FIFTY), none,
                   "'" FIFTY TEN TEN TEN TEN CUT TEN TEN TEN "'");
    /* The place of the difference is in view, wherever it is. */
    assert_excerpt('\'', TD_BYTES(FIFTY FIFTY "x" FIFTY FIFTY), TD_BYTES(FIFTY FIFTY FIFTY FIFTY),
                   "'" CUT TEN TEN TEN TEN "x" TEN TEN TEN TEN "012345678" CUT TEN TEN TEN "'");
    assert_excerpt('\'', TD_BYTES(FIFTY FIFTY FIFTY FIFTY "x"),
                   TD_BYTES(FIFTY FIFTY FIFTY FIFTY "y"), "'" CUT "123456789" FIFTY FIFTY TEN "x'");
    assert_excerpt('\'', TD_BYTES("x" FIFTY FIFTY FIFTY), TD_BYTES("y" FIFTY FIFTY FIFTY),
                   "'x" FIFTY TEN TEN TEN "012345678" CUT TEN TEN TEN "'");
}

/* No character is cut, wherever the cuts fall. */
static void test_excerpts_of_characters(void **state)
{
    (void)state;
    for (size_t shift = 0; shift < 8; shift++) {
        for (size_t place = 0; place < 100; place += 7) {
            struct td_buf text, other, out;
            td_buf_init(&text);
            td_buf_init(&other);
            td_buf_init(&out);
            td_buf_put(&text, "abcdefgh", shift);
            td_buf_put(&other, "abcdefgh", shift);
            for (size_t i = 0; i < 100; i++) {
                td_buf_put_text(&text, i == place ? "\xf0\x9f\x98\x81" : "\xf0\x9f\x98\x80");
                td_buf_put_text(&other, i == place ? "\xf0\x9f\x98\x82" : "\xf0\x9f\x98\x80");
            }
            td_excerpt_text(&out, '\'', td_buf_view(&text), td_buf_view(&other));
            assert_non_null(strstr(out.data, "\xf0\x9f\x98\x81"));
            assert_null(strstr(out.data, "\\x"));
            assert_true(out.len < 140);
            assert_true(td_excerpt_is_text(td_buf_view(&out)));
            td_buf_release(&text);
            td_buf_release(&other);
            td_buf_release(&out);
        }
    }
}

static void test_is_text(void **state)
{
    (void)state;
    assert_true(td_excerpt_is_text(TD_BYTES("")));
    assert_true(td_excerpt_is_text(TD_BYTES("a\tb\r\n\xc3\xa9\xf0\x9f\x98\x80")));
    assert_false(td_excerpt_is_text(TD_BYTES("a\0b")));
    assert_false(td_excerpt_is_text(TD_BYTES("\x1b")));
    assert_false(td_excerpt_is_text(TD_BYTES("\xc3")));
    assert_false(td_excerpt_is_text(TD_BYTES("\xed\xa0\xbd")));
}

/* That of all that were recorded the one at `expected` is the nearest. */
static void assert_nearest(struct request request, const struct request *others, size_t count,
                           size_t expected)
{
    struct td_interaction interactions[8];
    struct td_query query = asked(request);
    struct td_index *index = td_index_new();
    size_t position = SIZE_MAX;
    for (size_t i = 0; i < count; i++) {
        interactions[i] = recorded(others[i]);
        assert_int_equal(td_index_add(index, &interactions[i], NULL), 0);
    }
    assert_int_equal(td_index_nearest(index, &query, &position), count > 0);
    if (count)
        assert_int_equal(position, expected);
    td_index_free(index);
}

/* The last arguments are what was recorded. */
#define NEAREST(asks, expected, ...)                                                               \
    assert_nearest(asks, (const struct request[]){__VA_ARGS__},                                    \
                   sizeof((const struct request[]){__VA_ARGS__}) / sizeof(struct request),         \
                   expected)
#define REQUEST(method, url, body) ((struct request){method, url, body})

static void test_nearest_by_url(void **state)
{
    (void)state;
    assert_nearest((struct request)REQUEST("GET", "http://h/", ""), NULL, 0, 0);
    NEAREST(REQUEST("GET", "http://h/", ""), 0, REQUEST("POST", "https://other/x", "y"));
    /* The same method and URL before all, whatever the body is. */
    NEAREST(REQUEST("POST", "http://h/a", "[1]"), 1, REQUEST("PUT", "http://h/a", "[1]"),
            REQUEST("POST", "http://h/a", "text"), REQUEST("POST", "http://h/b", "[1]"));
    /* The query differs, or the method. */
    NEAREST(REQUEST("GET", "http://h/a?x=1", ""), 1, REQUEST("POST", "http://h/a?x=1", ""),
            REQUEST("GET", "http://h/a?x=2", ""));
    /* The host differs, or the path. */
    NEAREST(REQUEST("POST", "https://h/v1/chat", "[1]"), 1,
            REQUEST("POST", "https://h/v1/models", "[1]"),
            REQUEST("POST", "http://localhost:8080/v1/chat", "[2]"));
    /* Neither path is it: the one that shares more of its segments. */
    NEAREST(REQUEST("GET", "http://h/v1/files/7", ""), 1, REQUEST("GET", "http://h/v2/files/7", ""),
            REQUEST("GET", "http://h/v1/files/8", ""), REQUEST("GET", "http://h/v1/models", ""));
    /* Spelled in another way, and the same. */
    NEAREST(REQUEST("GET", "HTTP://H:80/%7ea", ""), 1, REQUEST("GET", "http://h/a", ""),
            REQUEST("", "http://h/~a", "body"));
    /* Of equals the first. */
    NEAREST(REQUEST("GET", "http://h/", ""), 0, REQUEST("GET", "http://h/x", ""),
            REQUEST("GET", "http://h/x", ""));
}

#define POST(body) REQUEST("POST", "http://h/", body)

static void test_nearest_by_body(void **state)
{
    (void)state;
    NEAREST(POST("{\"model\":\"a\",\"text\":\"Say hi in Spanish\"}"), 2,
            POST("{\"model\":\"b\",\"text\":\"Say hi in Spanish, please\"}"),
            POST("{\"model\":\"a\",\"text\":\"What is the weather?\"}"),
            POST("{\"model\":\"a\",\"text\":\"Say hi in Portuguese\"}"), POST("text"), POST(""));
    NEAREST(POST("{\"a\":1,\"b\":[1,2,3]}"), 1, POST("{\"a\":1,\"b\":[]}"),
            POST("{\"b\":[1,2,4],\"a\":1.0}"), POST("[1,2,3]"));
    NEAREST(POST("a=1&b=2"), 1, POST("a=3&b=4"), POST("b=2&a=4"), POST("a=1 "));
    NEAREST(POST("--x\r\nA\r\n--x\r\nB\r\n--x--"), 1, POST("--x\r\nC\r\n--x\r\nD\r\n--x--"),
            POST("--y\r\nA\r\n--y\r\nC\r\n--y--"));
    NEAREST(POST("hello, world"), 1, POST("something else"), POST("hello, word"), POST("{}"));
    NEAREST(POST(""), 1, POST("{}"), POST(""), POST("x"));
    /* One that matches is the nearest: the caller may have found it played. */
    NEAREST(POST("{\"a\":1,\"b\":2}"), 1, POST("{\"a\":1,\"b\":3}"), POST("{\"b\":2,\"a\":1}"),
            POST("{\"a\":1,\"b\":2}"));
}

/* Much was recorded, and all of it large: the answer comes all the same, and soon. */
static void test_nearest_of_many(void **state)
{
    enum { MANY = 2000, SIZE = 100000 };
    (void)state;
    struct td_buf body;
    td_buf_init(&body);
    td_buf_put_text(&body, "[0");
    while (body.len < SIZE)
        td_buf_put_text(&body, ",0");
    td_buf_put_text(&body, "]");
    struct td_interaction one = recorded((struct request){"POST", "http://h/", NULL});
    one.request.message.body = td_buf_view(&body);
    struct td_index *index = td_index_new();
    for (int i = 0; i < MANY; i++)
        assert_int_equal(td_index_add(index, &one, NULL), 0);
    struct td_interaction last = recorded((struct request){"POST", "http://h/", "[1, 2]"});
    assert_int_equal(td_index_add(index, &last, NULL), 0);
    struct td_query query = asked((struct request){"POST", "http://h/", "[1]"});
    size_t position = SIZE_MAX;
    assert_true(td_index_nearest(index, &query, &position));
    assert_int_equal(position, MANY);
    td_index_free(index);
    td_buf_release(&body);
}

/* Whatever the bodies: something is said exactly where they do not match (see explain()). */
static void test_random_bodies(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed < 500; seed++) {
        struct td_buf a, b;
        size_t scalars = put_random(&a, seed, seed + 1, SIZE_MAX);
        put_random(&b, seed, seed + 2, seed % 3 ? SIZE_MAX : seed % (scalars + 1));
        struct td_query query = asked((struct request){"POST", "http://h/", ""});
        struct td_interaction interaction = recorded((struct request){"POST", "http://h/", ""});
        query.body = td_buf_view(&a);
        interaction.request.message.body = td_buf_view(&b);
        char *found = explain(query, interaction, "");
        if (found[0])
            assert_int_equal(found[strlen(found) - 1], '\n');
        free(found);
        td_buf_release(&a);
        td_buf_release(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_method_and_url),
        cmocka_unit_test(test_json_bodies),
        cmocka_unit_test(test_many_differences),
        cmocka_unit_test(test_other_bodies),
        cmocka_unit_test(test_lines_and_parts),
        cmocka_unit_test(test_moved_and_renamed),
        cmocka_unit_test(test_indent),
        cmocka_unit_test(test_excerpts),
        cmocka_unit_test(test_excerpts_of_characters),
        cmocka_unit_test(test_is_text),
        cmocka_unit_test(test_nearest_by_url),
        cmocka_unit_test(test_nearest_by_body),
        cmocka_unit_test(test_nearest_of_many),
        cmocka_unit_test(test_random_bodies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
