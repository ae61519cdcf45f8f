/* SPDX-License-Identifier: MIT */
/* The index: which interactions answer which request. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "match/index.h"
#include "random_json.h"

static struct td_interaction interaction(const char *method, const char *url, const char *body)
{
    struct td_interaction made = {0};
    made.request.method = td_bytes_of(method);
    made.request.url = td_bytes_of(url);
    made.request.message.body = td_bytes_of(body);
    return made;
}

static struct td_query query(const char *method, const char *url, const char *body)
{
    return (struct td_query){td_bytes_of(method), td_bytes_of(url), td_bytes_of(body), {NULL, 0}};
}

static struct td_index *index_of(const struct td_interaction *interactions, size_t count)
{
    struct td_index *index = td_index_new();
    assert_non_null(index);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(td_index_add(index, &interactions[i], NULL), 0);
    assert_int_equal(td_index_count(index), count);
    return index;
}

/* Whether one request finds the other, whichever of them was recorded. */
static bool match(const char *method_a, const char *url_a, const char *body_a, const char *method_b,
                  const char *url_b, const char *body_b)
{
    struct td_interaction a = interaction(method_a, url_a, body_a);
    struct td_interaction b = interaction(method_b, url_b, body_b);
    struct td_query ask_a = query(method_a, url_a, body_a);
    struct td_query ask_b = query(method_b, url_b, body_b);
    struct td_index *index_a = index_of(&a, 1), *index_b = index_of(&b, 1);
    assert_non_null(td_index_find(index_a, &ask_a));
    bool found = td_index_find(index_a, &ask_b) != NULL;
    assert_int_equal(found, td_index_find(index_b, &ask_a) != NULL);
    td_index_free(index_a);
    td_index_free(index_b);
    return found;
}

static void test_empty(void **state)
{
    (void)state;
    struct td_index *index = td_index_new();
    struct td_query ask = query("GET", "http://h/", "");
    assert_int_equal(td_index_count(index), 0);
    assert_null(td_index_find(index, &ask));
    assert_null(td_index_at(index, 0));
    td_index_free(index);
    td_index_free(NULL);
}

static void test_methods(void **state)
{
    (void)state;
    assert_true(match("GET", "http://h/", "", "", "http://h/", ""));
    assert_true(match("", "http://h/", "", "", "http://h/", ""));
    assert_true(match(NULL, "http://h/", NULL, "GET", "http://h/", ""));
    assert_false(match("GET", "http://h/", "", "POST", "http://h/", ""));
    assert_false(match("GET", "http://h/", "", "get", "http://h/", ""));
    assert_false(match("GET", "http://h/", "", "HEAD", "http://h/", ""));
}

static void test_urls(void **state)
{
    (void)state;
    assert_true(match("GET", "HTTP://H:80", "", "GET", "http://h/", ""));
    assert_true(match("GET", "http://u:p@h/%7ea#x", "", "GET", "http://h/~a", ""));
    assert_true(match("GET", "http://h/a b?q=\xc3\xa9", "", "GET", "http://h/a%20b?q=%C3%A9", ""));
    assert_false(match("GET", "http://h/", "", "GET", "https://h/", ""));
    assert_false(match("GET", "http://h/a", "", "GET", "http://h/A", ""));
    assert_false(match("GET", "http://h/", "", "GET", "http://h/?", ""));
    assert_false(match("GET", "http://h/?a=1&b=2", "", "GET", "http://h/?b=2&a=1", ""));
    assert_false(match("GET", "http://h/%2F", "", "GET", "http://h//", ""));
}

static void test_bodies(void **state)
{
    (void)state;
    assert_true(match("POST", "http://h/", "{\"a\":1,\"b\":2}", "POST", "http://h/",
                      "{ \"b\": 2.0, \"a\": 1 }"));
    assert_false(match("POST", "http://h/", "{\"a\":1}", "POST", "http://h/", "{\"a\":2}"));
    assert_false(match("POST", "http://h/", "{\"a\":1}", "POST", "http://h/", ""));
    assert_true(match("POST", "http://h/", "a=1&b=2", "POST", "http://h/", "b=2&a=1"));
    assert_true(match("POST", "http://h/", "--x\r\nA\r\n--x--", "POST", "http://h/",
                      "--y\r\nA\r\n--y--\r\n"));
    assert_false(match("POST", "http://h/", "text", "POST", "http://h/", "text "));
    /* Where one field ends and the next starts is part of the question. */
    assert_false(match("GETh", "ttp://h/", "", "GET", "http://h/", ""));
    assert_false(match("GET", "http://h/a", "b", "GET", "http://h/", "ab"));
}

static void assert_class(struct td_index *index, struct td_query ask, const size_t *expected,
                         size_t count)
{
    struct td_class *class = td_index_find(index, &ask);
    assert_non_null(class);
    assert_int_equal(class->count, count);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(class->items[i], expected[i]);
}

static void test_classes(void **state)
{
    (void)state;
    const struct td_interaction interactions[] = {
        interaction("POST", "http://h/", "{\"a\":1,\"b\":2}"),
        interaction("GET", "http://h/", ""),
        interaction("POST", "http://h:80/", "{\"b\":2,\"a\":1}"),
        interaction("", "http://h", ""),
        interaction("POST", "http://h/", "{\"a\":1,\"b\":2}"),
        interaction("POST", "http://h/", "{\"a\":1}"),
    };
    struct td_index *index = index_of(interactions, 6);
    for (size_t i = 0; i < 6; i++)
        assert_ptr_equal(td_index_at(index, i), &interactions[i]);
    assert_null(td_index_at(index, 6));
    const size_t posts[] = {0, 2, 4}, gets[] = {1, 3}, last[] = {5};
    /* By the bytes of the first, of the second, and by bytes that nothing was recorded with. */
    assert_class(index, query("POST", "http://h/", "{\"a\":1,\"b\":2}"), posts, 3);
    assert_class(index, query("POST", "http://h:80/", "{\"b\":2,\"a\":1}"), posts, 3);
    assert_class(index, query("POST", "HTTP://H", "{\"b\":2,\"a\":1.0}"), posts, 3);
    assert_class(index, query("GET", "http://h/", ""), gets, 2);
    assert_class(index, query("", "http://h/#x", ""), gets, 2);
    assert_class(index, query("POST", "http://h/", "{\"a\":1}"), last, 1);
    struct td_query unknown = query("POST", "http://h/", "[]");
    assert_null(td_index_find(index, &unknown));
    td_index_free(index);
}

/* A class stays where it is, with what its owner wrote to it, while others are added. */
static void test_classes_stay(void **state)
{
    enum { MANY = 3000 };
    (void)state;
    static struct td_interaction interactions[MANY];
    static char bodies[MANY][32];
    struct td_index *index = td_index_new();
    struct td_query ask = query("POST", "http://h/", "{\"n\":0}");
    struct td_class *first = NULL;
    for (size_t i = 0; i < MANY; i++) {
        /* Three out of four are the same, each spelled in one of three ways. */
        snprintf(bodies[i], sizeof bodies[i], "{\"n\":%*zu}", (int)(i % 4), i % 4 ? 0 : i);
        interactions[i] = interaction("POST", "http://h/", bodies[i]);
        assert_int_equal(td_index_add(index, &interactions[i], NULL), 0);
        if (!first) {
            first = td_index_find(index, &ask);
            assert_non_null(first);
            first->next = 77;
        }
    }
    assert_ptr_equal(td_index_find(index, &ask), first);
    assert_int_equal(first->next, 77);
    assert_int_equal(first->count, 1 + MANY / 4 * 3);
    for (size_t i = 1; i < first->count; i++)
        assert_true(first->items[i - 1] < first->items[i]);
    for (size_t i = 4; i < MANY; i += 4) {
        struct td_query other = query("POST", "http://h/", bodies[i]);
        const size_t alone[] = {i};
        assert_class(index, other, alone, 1);
    }
    td_index_free(index);
}

static void test_random_bodies(void **state)
{
    enum { MANY = 400 };
    (void)state;
    static struct td_interaction interactions[MANY];
    static struct td_buf bodies[MANY];
    for (size_t i = 0; i < MANY; i++) {
        struct td_buf value;
        put_random(&value, i + 1, 5, SIZE_MAX);
        td_buf_init(&bodies[i]);
        td_buf_printf(&bodies[i], "[%zu,", i);
        td_buf_put_bytes(&bodies[i], td_buf_view(&value));
        td_buf_put_char(&bodies[i], ']');
        td_buf_release(&value);
        interactions[i] = interaction("POST", "http://h/", "");
        interactions[i].request.message.body = td_buf_view(&bodies[i]);
    }
    struct td_index *index = index_of(interactions, MANY);
    for (size_t i = 0; i < MANY; i++) {
        struct td_buf value, body;
        put_random(&value, i + 1, 6, SIZE_MAX);
        td_buf_init(&body);
        td_buf_printf(&body, " [ %zu.0 , ", i);
        td_buf_put_bytes(&body, td_buf_view(&value));
        td_buf_put_text(&body, " ] ");
        struct td_query ask = query("POST", "http://h/", "");
        ask.body = td_buf_view(&body);
        const size_t alone[] = {i};
        assert_class(index, ask, alone, 1);
        td_buf_put_char(&body, ']');
        ask.body = td_buf_view(&body);
        assert_null(td_index_find(index, &ask));
        td_buf_release(&body);
        td_buf_release(&value);
    }
    td_index_free(index);
    for (size_t i = 0; i < MANY; i++)
        td_buf_release(&bodies[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty),         cmocka_unit_test(test_methods),
        cmocka_unit_test(test_urls),          cmocka_unit_test(test_bodies),
        cmocka_unit_test(test_classes),       cmocka_unit_test(test_classes_stay),
        cmocka_unit_test(test_random_bodies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
