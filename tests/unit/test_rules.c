/* SPDX-License-Identifier: MIT */
/* Which parts of a request count: rules from a cassette, from a file and from text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "cassette/reader.h"
#include "cassette/settings.h"
#include "match/body.h"
#include "match/index.h"

struct request {
    const char *method;
    const char *url;
    const char *body;
    const char *headers[8]; /* name, value, ... */
};

static struct td_fields fields_of(const struct request *request, struct td_field *room)
{
    size_t count = 0;
    for (; request->headers[2 * count]; count++)
        room[count] = (struct td_field){td_bytes_of(request->headers[2 * count]),
                                        td_bytes_of(request->headers[2 * count + 1])};
    return (struct td_fields){room, count};
}

/* Whether the two match by the rules, asked in both directions. */
static bool match(const char *const *texts, struct request a, struct request b)
{
    bool found[2];
    for (int turn = 0; turn < 2; turn++) {
        const struct request *tape = turn ? &a : &b, *now = turn ? &b : &a;
        struct td_field room[2][4];
        struct td_interaction recorded = {0};
        recorded.request.method = td_bytes_of(tape->method);
        recorded.request.url = td_bytes_of(tape->url);
        recorded.request.message.body = td_bytes_of(tape->body);
        recorded.request.message.headers = fields_of(tape, room[0]);
        struct td_query query = {td_bytes_of(now->method), td_bytes_of(now->url),
                                 td_bytes_of(now->body), fields_of(now, room[1])};
        struct td_rules rules;
        struct td_error err;
        td_rules_init(&rules);
        for (size_t i = 0; texts[i]; i++)
            assert_int_equal(td_rules_add_text(&rules, texts[i], &err), 0);
        struct td_index *index = td_index_new();
        assert_non_null(index);
        assert_int_equal(td_index_use(index, &rules, NULL), 0);
        assert_int_equal(td_index_add(index, &recorded, NULL), 0);
        found[turn] = td_index_find(index, &query) != NULL;
        td_index_free(index);
    }
    assert_int_equal(found[0], found[1]);
    return found[0];
}

#define RULES(...) ((const char *const[]){__VA_ARGS__, NULL})

static bool match_bodies(const char *const *texts, const char *a, const char *b)
{
    return match(texts, (struct request){"POST", "http://h/", a, {0}},
                 (struct request){"POST", "http://h/", b, {0}});
}

static void test_ignored_paths(void **state)
{
    (void)state;
    const char *const *metadata = RULES("ignore_paths=/metadata");
    assert_true(match_bodies(metadata, "{\"a\":1,\"metadata\":{\"x\":1}}", "{\"a\":1}"));
    assert_true(match_bodies(metadata, "{\"metadata\":1,\"a\":1}", "{\"a\":1,\"metadata\":2}"));
    assert_false(match_bodies(metadata, "{\"a\":1,\"metadata\":1}", "{\"a\":2,\"metadata\":1}"));
    assert_false(match_bodies(metadata, "{\"a\":{\"metadata\":1}}", "{\"a\":{\"metadata\":2}}"));
    assert_true(match_bodies(metadata, "{\"metadata\":1,\"metadata\":2,\"b\":1}", "{\"b\":1}"));

    const char *const *id = RULES("ignore_paths=/messages/*/id");
    assert_true(match_bodies(id, "{\"messages\":[{\"id\":1,\"t\":2},{\"t\":3,\"id\":[4]}]}",
                             "{\"messages\":[{\"t\":2},{\"t\":3}]}"));
    assert_false(match_bodies(id, "{\"messages\":[{\"id\":1}]}", "{\"messages\":[{},{}]}"));
    assert_false(match_bodies(id, "{\"messages\":{\"id\":1}}", "{\"messages\":{\"id\":2}}"));
    assert_true(
        match_bodies(id, "{\"messages\":{\"a\":{\"id\":1}}}", "{\"messages\":{\"a\":{\"id\":2}}}"));

    const char *const *deep = RULES("ignore_paths=/**/id");
    assert_true(match_bodies(deep, "{\"id\":1,\"a\":[[{\"id\":2,\"b\":{\"id\":3}}]]}",
                             "{\"a\":[[{\"b\":{}}]]}"));
    assert_false(match_bodies(deep, "{\"a\":{\"ids\":1}}", "{\"a\":{\"ids\":2}}"));
    assert_true(match_bodies(RULES("ignore_paths=/a/**"), "{\"a\":{\"b\":1}}", "{}"));
    assert_true(match_bodies(RULES("ignore_paths=/a/**/z"), "{\"a\":{\"z\":1,\"q\":{\"z\":2}}}",
                             "{\"a\":{\"q\":{}}}"));

    assert_true(match_bodies(RULES("ignore_paths=/1"), "[1,2]", "[1]"));
    assert_true(match_bodies(RULES("ignore_paths=/1"), "[1,2,3]", "[1,9,3]"));
    assert_false(match_bodies(RULES("ignore_paths=/01"), "[1,2,3]", "[1,9,3]"));
    assert_true(match_bodies(RULES("ignore_paths=/a~1b~0c~2"), "{\"a/b~c*\":1}", "{}"));
    assert_false(match_bodies(RULES("ignore_paths=/~2"), "{\"b\":1}", "{}"));
    assert_true(
        match_bodies(RULES("ignore_paths=/*_id"), "{\"a_id\":1,\"_id\":2}", "{\"b_id\":3}"));
    assert_false(match_bodies(RULES("ignore_paths=/*_id"), "{\"a_ids\":1}", "{}"));
    assert_true(match_bodies(RULES("ignore_paths=/a*b*c"), "{\"abxbc\":1}", "{\"aXbYc\":2}"));
    assert_false(match_bodies(RULES("ignore_paths=/a*b~2"), "{\"axbb\":1}", "{}"));
    assert_true(match_bodies(RULES("ignore_paths=/a*b~2"), "{\"axbb*\":1}", "{}"));
    assert_true(match_bodies(RULES("ignore_paths=/a\\,b"), "{\"a,b\":1}", "{}"));
    assert_true(match_bodies(RULES("ignore_paths=/a,/b"), "{\"a\":1,\"b\":2}", "{}"));
    assert_true(match_bodies(RULES("ignore_paths=/csrf"), "a=1&csrf=x", "csrf=y&a=1"));
    assert_false(match_bodies(RULES("ignore_paths=/csrf"), "a=1&csrf=x", "csrf=x&a=2"));
    /* What is not JSON has no paths, and nothing is ignored of it. */
    assert_false(match_bodies(RULES("ignore_paths=/**"), "text", "other"));
}

static void test_sets(void **state)
{
    (void)state;
    const char *const *tools = RULES("unordered=/tools");
    assert_true(match_bodies(tools, "{\"tools\":[{\"n\":1},{\"n\":2,\"m\":[1,2]},3]}",
                             "{\"tools\":[3,{\"m\":[1,2],\"n\":2},{\"n\":1}]}"));
    assert_false(match_bodies(tools, "{\"tools\":[1,1,2]}", "{\"tools\":[1,2,2]}"));
    assert_false(match_bodies(tools, "{\"tools\":[[1,2]]}", "{\"tools\":[[2,1]]}"));
    assert_false(match_bodies(tools, "{\"other\":[1,2]}", "{\"other\":[2,1]}"));
    assert_true(match_bodies(RULES("unordered=/**"), "[[[2,1],[4,3]],5]", "[5,[[3,4],[1,2]]]"));
    assert_true(match_bodies(RULES("unordered=/a", "ignore_paths=/a/*/id"),
                             "{\"a\":[{\"id\":1,\"x\":1},{\"id\":2,\"x\":2}]}",
                             "{\"a\":[{\"id\":7,\"x\":2},{\"id\":8,\"x\":1}]}"));
}

static bool match_urls(const char *const *texts, const char *a, const char *b)
{
    return match(texts, (struct request){"GET", a, "", {0}}, (struct request){"GET", b, "", {0}});
}

static void test_query(void **state)
{
    (void)state;
    const char *const *key = RULES("ignore_query=key,utm_*");
    assert_true(match_urls(key, "http://h/?a=1&key=x&b=2", "http://h/?a=1&b=2&key=y"));
    assert_true(match_urls(key, "http://h/p?key=x", "http://h/p"));
    assert_true(match_urls(key, "http://h/p?k%65y=x&utm_source=q", "http://h/p?key"));
    assert_true(match_urls(key, "http://h/p?utm_a&utm_b&c", "http://h/p?c"));
    assert_false(match_urls(key, "http://h/p?a=1&key=x", "http://h/p?a=2&key=x"));
    assert_false(match_urls(key, "http://h/p?keys=1", "http://h/p?keys=2"));
    assert_false(match_urls(key, "http://h/p?KEY=1", "http://h/p?KEY=2"));
    assert_true(match_urls(RULES("ignore_query=f[x]"), "http://h/?f%5Bx%5D=1", "http://h/?f[x]=2"));
}

static bool match_headers(const char *const *texts, const char *name_a, const char *a,
                          const char *name_b, const char *b)
{
    return match(texts, (struct request){"GET", "http://h/", "", {name_a, a}},
                 (struct request){"GET", "http://h/", "", {name_b, b}});
}

static void test_headers(void **state)
{
    (void)state;
    assert_true(match_headers(RULES("unordered=/x"), "X-A", "1", "X-A", "2"));
    const char *const *all = RULES("parts=method,url,headers,body");
    assert_false(match_headers(all, "X-A", "1", "X-A", "2"));
    assert_false(match_headers(all, "X-A", "1", NULL, NULL));
    assert_true(match_headers(all, "X-A", " 1", "x-a", "1\t"));
    assert_true(match_headers(all, "Host", "a", "Content-Length", "2"));
    assert_true(match_headers(all, "Content-Type", "multipart/form-data; boundary=1",
                              "content-type", "multipart/form-data; boundary=2"));
    assert_false(match_headers(all, "Content-Type", "text/plain; charset=a", "Content-Type",
                               "text/plain; charset=b"));
    const char *const *one = RULES("headers=X-A");
    assert_false(match_headers(one, "X-A", "1", "X-A", "2"));
    assert_true(match_headers(one, "X-B", "1", "X-B", "2"));
    const char *const *but = RULES("parts=headers", "ignore_headers=x-stainless-*,User-Agent");
    assert_true(match_headers(but, "X-Stainless-Os", "1", "user-agent", "2"));
    assert_false(match_headers(but, "X-Stain", "1", "X-Stain", "2"));
    struct request ab = {"GET", "http://h/", "", {"A", "1", "B", "2"}};
    struct request ba = {"GET", "http://h/", "", {"b", "2", "a", "1"}};
    struct request aa = {"GET", "http://h/", "", {"A", "1", "A", "2"}};
    struct request rev = {"GET", "http://h/", "", {"A", "2", "A", "1"}};
    assert_true(match(all, ab, ba));
    assert_false(match(all, aa, rev));
}

static void test_parts(void **state)
{
    (void)state;
    struct request base = {"POST", "http://h/a", "x", {0}};
    struct request other_body = {"POST", "http://h/a", "y", {0}};
    struct request other_url = {"POST", "http://h/b", "x", {0}};
    struct request other_method = {"PUT", "http://h/a", "x", {0}};
    assert_true(match(RULES("parts=method,url"), base, other_body));
    assert_false(match(RULES("parts=method,url"), base, other_url));
    assert_true(match(RULES("parts=method,body"), base, other_url));
    assert_true(match(RULES("parts=url,body"), base, other_method));
    assert_false(match(RULES("parts=url,body"), base, other_body));
    /* The last list counts. */
    assert_true(match(RULES("parts=url", "parts=body"), base, other_url));
}

static void assert_refused(const char *text, const char *message)
{
    struct td_rules rules;
    struct td_error err = {0};
    td_rules_init(&rules);
    assert_true(td_rules_add_text(&rules, text, &err) < 0);
    if (!strstr(err.message, message))
        fail_msg("'%s' is not in '%s'", message, err.message);
    td_rules_release(&rules);
}

static void test_mistakes(void **state)
{
    (void)state;
    assert_refused("ignore_paths", "it reads 'name=value'");
    assert_refused("ignore=/a", "no setting 'match.ignore': there are parts, headers");
    assert_refused("ignore_paths=metadata", "'metadata' is not a path in JSON: it starts with '/'");
    assert_refused("ignore_paths=", "'' is not a path in JSON");
    assert_refused("ignore_paths=/a~", "a '~' is written '~0'");
    assert_refused("ignore_paths=/a~3", "a '~' is written '~0'");
    assert_refused("parts=method,path", "'path' is no part of a request");
    assert_refused("ignore_query=a,,b", "a name is empty");
    char many[200];
    size_t len = (size_t)snprintf(many, sizeof many, "unordered=");
    memset(many + len, '/', 63);
    many[len + 63] = '\0';
    assert_refused(many, "at most 62 segments");
}

/* What a cassette's own settings say, and where they are wrong. */
static int read_cassette(const char *settings, struct td_rules *rules, struct td_error *err)
{
    char text[1024];
    int len = snprintf(text, sizeof text, "version: 2\ninteractions: []\ntapedeck:\n%s", settings);
    struct td_cassette *cassette;
    assert_int_equal(td_cassette_parse("c.yaml", td_bytes(text, (size_t)len), &cassette, err), 0);
    td_rules_init(rules);
    int status = td_rules_add(rules, &cassette->settings, err);
    td_cassette_free(cassette);
    return status;
}

static void assert_wrong(const char *settings, const char *expected)
{
    struct td_rules rules;
    struct td_error err = {0};
    char line[2200];
    assert_true(read_cassette(settings, &rules, &err) < 0);
    assert_string_equal(td_error_format(&err, line, sizeof line), expected);
    td_rules_release(&rules);
}

static void test_settings(void **state)
{
    (void)state;
    struct td_rules rules;
    struct td_error err;
    assert_int_equal(read_cassette("  match:\n    parts: [method, headers]\n"
                                   "    ignore_paths:\n    - /a\n    - /b\n  other: 1\n",
                                   &rules, &err),
                     0);
    assert_int_equal(rules.parts, TD_RULES_METHOD | TD_RULES_HEADERS);
    assert_int_equal(rules.paths.count, 2);
    td_rules_release(&rules);
    assert_int_equal(read_cassette("  match:\n", &rules, &err), 0);
    td_rules_release(&rules);
    assert_wrong("  match:\n    ignore: /a\n",
                 "c.yaml:5:13: no setting 'match.ignore': there are parts, headers, "
                 "ignore_headers, ignore_query, ignore_paths and unordered");
    assert_wrong("  match: body\n", "c.yaml:4:10: 'match' must be a mapping of settings");
    assert_wrong("  match:\n    ignore_paths: [/a, b]\n",
                 "c.yaml:5:19: 'b' is not a path in JSON: it starts with '/', as in '/metadata' or "
                 "'/messages/*/id'");
}

static void test_rules_file(void **state)
{
    (void)state;
    char path[] = "/tmp/test_rules-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    static const char text[] = "match:\n  parts: url\nscrub:\n  x: 1\nmach:\n  y: 1\n";
    assert_int_equal(write(fd, text, sizeof text - 1), sizeof text - 1);
    close(fd);
    struct td_settings *settings;
    struct td_rules rules;
    struct td_error err = {0};
    td_rules_init(&rules);
    assert_int_equal(td_settings_load(path, &settings, &err), 0);
    assert_int_equal(td_rules_add_file(&rules, settings, &err), TD_ERR_FORMAT);
    assert_int_equal(err.line, 6);
    assert_string_equal(err.message, "no rules are called 'mach.y': there are 'match' and 'scrub'");
    td_rules_release(&rules);
    td_settings_free(settings);
    unlink(path);
}

/* A hundred thousand levels, and a million elements, are as good as any. */
static void test_hostile(void **state)
{
    (void)state;
    enum { DEEP = 100000, WIDE = 100000 };
    struct td_buf a;
    td_buf_init(&a);
    for (int i = 0; i < DEEP; i++)
        td_buf_put_text(&a, "{\"a\":");
    td_buf_put_text(&a, "{\"id\":1}");
    for (int i = 0; i < DEEP; i++)
        td_buf_put_char(&a, '}');
    char *b = strdup(a.data);
    assert_non_null(b);
    *strchr(b, '1') = '2';
    assert_true(match_bodies(RULES("ignore_paths=/**/id", "unordered=/**"), a.data, b));
    assert_false(match_bodies(RULES("ignore_paths=/**/ix"), a.data, b));
    free(b);
    td_buf_clear(&a);
    td_buf_put_char(&a, '[');
    for (int i = 0; i < WIDE; i++)
        td_buf_printf(&a, "%s%d", i ? "," : "", i % 1000);
    td_buf_put_text(&a, "]");
    b = strdup(a.data);
    assert_non_null(b);
    memcpy(b, "[1,0", 4);
    assert_true(match_bodies(RULES("unordered=/**"), a.data, b));
    assert_false(match_bodies(RULES("ignore_paths=/5"), a.data, b));
    free(b);
    td_buf_release(&a);
}

/* Two cassettes, each with its own rules: both are asked. */
static void test_groups(void **state)
{
    (void)state;
    struct td_interaction one = {0}, two = {0};
    one.request.url = two.request.url = TD_BYTES("http://h/");
    one.request.message.body = TD_BYTES("{\"a\":1,\"id\":1}");
    two.request.message.body = TD_BYTES("{\"id\":9,\"a\":1}");
    struct td_rules rules;
    struct td_index *index = td_index_new();
    assert_int_equal(td_index_add(index, &one, NULL), 0);
    td_rules_init(&rules);
    assert_int_equal(td_rules_add_text(&rules, "ignore_paths=/id", NULL), 0);
    assert_int_equal(td_index_use(index, &rules, NULL), 0);
    assert_int_equal(td_index_add(index, &two, NULL), 0);
    struct td_query query = {.url = TD_BYTES("http://h/"), .body = TD_BYTES("{\"id\":1, \"a\":1}")};
    struct td_class *first = td_index_find(index, &query);
    assert_non_null(first);
    assert_int_equal(first->items[0], 0);
    struct td_class *second = td_index_find_next(index, &query, first);
    assert_non_null(second);
    assert_int_equal(second->items[0], 1);
    assert_null(td_index_find_next(index, &query, second));
    query.body = TD_BYTES("{\"id\":2, \"a\":1}");
    first = td_index_find(index, &query);
    assert_non_null(first);
    assert_int_equal(first->items[0], 1);
    assert_int_equal(td_index_rules(index, 0)->paths.count, 0);
    assert_int_equal(td_index_rules(index, 1)->paths.count, 1);
    td_index_free(index);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ignored_paths), cmocka_unit_test(test_sets),
        cmocka_unit_test(test_query),         cmocka_unit_test(test_headers),
        cmocka_unit_test(test_parts),         cmocka_unit_test(test_mistakes),
        cmocka_unit_test(test_settings),      cmocka_unit_test(test_rules_file),
        cmocka_unit_test(test_hostile),       cmocka_unit_test(test_groups),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
