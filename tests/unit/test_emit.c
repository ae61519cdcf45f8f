/* SPDX-License-Identifier: MIT */
/* The structure of what is written: keys, columns, order; texts on their own; layouts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cassette/emit.h"
#include "cassette/reader.h"
#include "cassette/yaml.h"
#include "same_cassette.h"

static const struct td_bytes encodings[] = {{"chunked", 7}};
static const struct td_bytes interims[] = {{"103 Early Hints\nlink: </a.css>\n", 31}};
static const struct td_field headers[] = {
    {{"X-B", 3}, {"1", 1}},    {{"Accept", 6}, {"*/*", 3}}, {{"X-B", 3}, {"", 0}},
    {{"X-10", 4}, {"d", 1}},   {{"X-9", 3}, {"c", 1}},      {{"accept", 6}, {"b", 1}},
    {{"Accept", 6}, {"a", 1}},
};
static const struct td_recorded_chunk chunks[] = {{3, 1500000}, {2, 2000000}};

static struct td_interaction example(void)
{
    return (struct td_interaction){
        .id = 7,
        .request = {.message = {.proto = TD_BYTES("HTTP/1.1"),
                                .proto_major = 1,
                                .proto_minor = 1,
                                .headers = {headers, 7}},
                    .url = TD_BYTES("http://a.test/"),
                    .method = TD_BYTES("GET")},
        .response = {.message = {.transfer_encoding = {encodings, 1},
                                 .content_length = -1,
                                 .body = TD_BYTES("hello")},
                     .shape = {.chunks = {chunks, 2},
                               .head = TD_BYTES("date content-encoding=gzip"),
                               .interim = {interims, 1},
                               .wire_length = 25,
                               .broken = TD_BYTES("reset")},
                     .uncompressed = true,
                     .status = TD_BYTES("200 OK"),
                     .code = 200,
                     .duration_ns = 626391292},
    };
}

static const char compact[] = "- id: 3\n"
                              "  request:\n"
                              "    proto: HTTP/1.1\n"
                              "    proto_major: 1\n"
                              "    proto_minor: 1\n"
                              "    content_length: 0\n"
                              "    host: \"\"\n"
                              "    headers:\n"
                              "      Accept:\n"
                              "      - '*/*'\n"
                              "      - a\n"
                              "      X-9:\n"
                              "      - c\n"
                              "      X-10:\n"
                              "      - d\n"
                              "      X-B:\n"
                              "      - \"1\"\n"
                              "      - \"\"\n"
                              "      accept:\n"
                              "      - b\n"
                              "    url: http://a.test/\n"
                              "    method: GET\n"
                              "  response:\n"
                              "    proto: \"\"\n"
                              "    proto_major: 0\n"
                              "    proto_minor: 0\n"
                              "    transfer_encoding:\n"
                              "    - chunked\n"
                              "    content_length: -1\n"
                              "    uncompressed: true\n"
                              "    body: hello\n"
                              "    headers: {}\n"
                              "    status: 200 OK\n"
                              "    code: 200\n"
                              "    duration: 626.391292ms\n"
                              "    tapedeck:\n"
                              "      chunks: 3@1.5 2@2\n"
                              "      head: date content-encoding=gzip\n"
                              "      interim:\n"
                              "      - |\n"
                              "        103 Early Hints\n"
                              "        link: </a.css>\n"
                              "      wire_length: 25\n"
                              "      broken: reset\n";

static const char go_vcr[] = "    - id: 3\n"
                             "      request:\n"
                             "        proto: HTTP/1.1\n"
                             "        proto_major: 1\n"
                             "        proto_minor: 1\n"
                             "        content_length: 0\n"
                             "        transfer_encoding: []\n"
                             "        trailer: {}\n"
                             "        host: \"\"\n"
                             "        remote_addr: \"\"\n"
                             "        request_uri: \"\"\n"
                             "        body: \"\"\n"
                             "        form: {}\n"
                             "        headers:\n"
                             "            Accept:\n"
                             "                - '*/*'\n"
                             "                - a\n"
                             "            X-9:\n"
                             "                - c\n"
                             "            X-10:\n"
                             "                - d\n"
                             "            X-B:\n"
                             "                - \"1\"\n"
                             "                - \"\"\n"
                             "            accept:\n"
                             "                - b\n"
                             "        url: http://a.test/\n"
                             "        method: GET\n"
                             "      response:\n"
                             "        proto: \"\"\n"
                             "        proto_major: 0\n"
                             "        proto_minor: 0\n"
                             "        transfer_encoding:\n"
                             "            - chunked\n"
                             "        trailer: {}\n"
                             "        content_length: -1\n"
                             "        uncompressed: true\n"
                             "        body: hello\n"
                             "        headers: {}\n"
                             "        status: 200 OK\n"
                             "        code: 200\n"
                             "        duration: 626.391292ms\n"
                             "        tapedeck:\n"
                             "            chunks: 3@1.5 2@2\n"
                             "            head: date content-encoding=gzip\n"
                             "            interim:\n"
                             "                - |\n"
                             "                  103 Early Hints\n"
                             "                  link: </a.css>\n"
                             "            wire_length: 25\n"
                             "            broken: reset\n";

static void test_interaction(void **state)
{
    (void)state;
    struct td_interaction interaction = example();
    struct td_buf out;
    td_buf_init(&out);
    td_emit_interaction(&out, &interaction, 3, TD_LAYOUT_COMPACT);
    assert_string_equal(out.data, compact);
    td_buf_clear(&out);
    td_buf_put_text(&out, "before\n");
    td_emit_interaction(&out, &interaction, 3, TD_LAYOUT_GO_VCR);
    assert_memory_equal(out.data, "before\n", 7);
    assert_string_equal(out.data + 7, go_vcr);
    td_buf_release(&out);
}

static void test_cassette(void **state)
{
    (void)state;
    struct td_interaction interactions[] = {example(), example()};
    struct td_cassette cassette = {.interactions = interactions, .count = 2}, *read;
    for (int layout = TD_LAYOUT_COMPACT; layout <= TD_LAYOUT_GO_VCR_TERSE; layout++) {
        struct td_buf out, again;
        struct td_error err;
        td_buf_init(&out);
        td_buf_init(&again);
        td_emit_cassette(&out, &cassette, (enum td_layout)layout);
        assert_int_equal(td_cassette_parse("test", td_buf_view(&out), &read, &err), 0);
        assert_null(different(&cassette, read));
        td_emit_cassette(&again, read, (enum td_layout)layout);
        assert_string_equal(out.data, again.data);
        assert_int_equal(out.data[out.len - 1], '\n');
        td_cassette_free(read);
        td_buf_release(&out);
        td_buf_release(&again);
    }
    struct td_buf out;
    td_buf_init(&out);
    cassette.count = 0;
    td_emit_cassette(&out, &cassette, TD_LAYOUT_COMPACT);
    assert_string_equal(out.data, "---\nversion: 2\ninteractions: []\n");
    td_buf_release(&out);
}

/* A scalar, and one line break behind it. */
static void test_scalar(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        unsigned indent;
        enum td_layout layout;
        const char *written;
    } rows[] = {
        {"plain", 4, TD_LAYOUT_COMPACT, "plain"},
        {"", 4, TD_LAYOUT_COMPACT, "\"\""},
        {"a\nb", 4, TD_LAYOUT_COMPACT, "|-\n      a\n      b"},
        {"a\nb\n", 4, TD_LAYOUT_COMPACT, "|\n      a\n      b"},
        {"a\n\n", 4, TD_LAYOUT_COMPACT, "|+\n      a\n"},
        {"a\n", 8, TD_LAYOUT_GO_VCR, "|\n            a"},
        {" a\n", 6, TD_LAYOUT_GO_VCR, "|2\n         a"},
        {" a\n", 5, TD_LAYOUT_COMPACT, "|1\n       a"},
        {"a\n\xe2\x80\xa8", 4, TD_LAYOUT_COMPACT, "\"a\\n\\L\""},
        {"\xff", 4, TD_LAYOUT_COMPACT, "!!binary /w=="},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct td_buf out;
        td_buf_init(&out);
        td_emit_scalar(&out, td_bytes_of(rows[i].text), rows[i].indent, rows[i].layout);
        assert_string_equal(out.data, rows[i].written);
        /* Read behind a key in that column, with the caller's line break. */
        struct td_buf whole;
        td_buf_init(&whole);
        td_buf_put_text(&whole, "version: 2\ninteractions: []\nx:\n");
        td_buf_printf(&whole, "%*s", (int)rows[i].indent, "");
        td_buf_put_text(&whole, "body: ");
        td_buf_put_bytes(&whole, td_buf_view(&out));
        td_buf_put_char(&whole, '\n');
        td_buf_printf(&whole, "%*snext: 1\n", (int)rows[i].indent, "");
        struct td_yaml tree;
        struct td_error err;
        if (td_yaml_parse(&tree, "test", td_buf_view(&whole), &err) < 0)
            fail_msg("row %zu: %s\n%s", i, err.message, whole.data);
        const struct td_yaml_node *x = td_yaml_find(tree.root, TD_BYTES("x"));
        const struct td_yaml_node *body = td_yaml_find(x, TD_BYTES("body"));
        if (body->tag != TD_YAML_TAG_BINARY)
            assert_true(td_bytes_equal(td_yaml_text(body), td_bytes_of(rows[i].text)));
        assert_int_equal(x->len, 2);
        td_yaml_release(&tree);
        td_buf_release(&whole);
        td_buf_release(&out);
    }
}

static void test_layouts(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        enum td_layout layout;
    } rows[] = {
        {"seeds/openai-chat-hello.yaml", TD_LAYOUT_COMPACT},
        {"dialects/go-vcr.yaml", TD_LAYOUT_GO_VCR},
        {"goldens/go-vcr-terse.yaml", TD_LAYOUT_GO_VCR_TERSE},
        {"dialects/compact.yaml", TD_LAYOUT_COMPACT},
        {"dialects/double-quoted.yaml", TD_LAYOUT_COMPACT},
        {"dialects/pyyaml.yaml", TD_LAYOUT_COMPACT},
        {"dialects/flow.yaml", TD_LAYOUT_COMPACT},
        {"dialects/json.yaml", TD_LAYOUT_COMPACT},
        {"dialects/none.yaml", TD_LAYOUT_COMPACT},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char path[1024];
        snprintf(path, sizeof path, "%s/testdata/%s", getenv("TD_SOURCE_ROOT"), rows[i].path);
        FILE *file = fopen(path, "rb");
        assert_non_null(file);
        static char content[300000];
        size_t len = fread(content, 1, sizeof content, file);
        fclose(file);
        struct td_yaml tree;
        assert_int_equal(td_yaml_parse(&tree, path, td_bytes(content, len), NULL), 0);
        if (td_layout_of(&tree) != rows[i].layout)
            fail_msg("%s: layout %d", rows[i].path, td_layout_of(&tree));
        td_yaml_release(&tree);
    }
}

/* Names as Go sorts them; each with its values side by side, wherever they stood. */
static void test_order(void **state)
{
    (void)state;
    static const char *const names[] = {
        "",   "!",   "-1", "0", "1",   "01",  "001", "2",   "10", "A", "A-",       "A1",
        "A2", "A10", "AB", "a", "a b", "a-b", "a.b", "a1b", "ab", "b", "\xc3\xa9", "\xe6\xbc\xa2",
    };
    enum { COUNT = sizeof names / sizeof *names };
    struct td_field shuffled[2 * COUNT];
    for (size_t i = 0; i < 2 * COUNT; i++)
        shuffled[i] = (struct td_field){td_bytes_of(names[i * 7 % COUNT]),
                                        i < COUNT ? TD_BYTES("1") : TD_BYTES("2")};
    struct td_fields fields = {shuffled, 2 * COUNT};
    struct td_field_order order;
    assert_int_equal(td_field_order_init(&order, &fields), 0);
    assert_int_equal(order.count, 2 * COUNT);
    for (size_t i = 0; i < 2 * COUNT; i++) {
        if (!td_bytes_equal(order.items[i]->name, td_bytes_of(names[i / 2])))
            fail_msg("%zu: '%.*s', not '%s'", i, (int)order.items[i]->name.len,
                     order.items[i]->name.data, names[i / 2]);
        assert_true(td_bytes_equal(order.items[i]->value, i % 2 ? TD_BYTES("2") : TD_BYTES("1")));
    }
    td_field_order_release(&order);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_interaction), cmocka_unit_test(test_cassette),
        cmocka_unit_test(test_scalar),      cmocka_unit_test(test_layouts),
        cmocka_unit_test(test_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
