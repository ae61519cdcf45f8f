/* SPDX-License-Identifier: MIT */
/* YAML trees: values, exact spans and places in every style, aliases, keys and limits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/file.h"
#include "cassette/place.h"
#include "yaml_tree.h"

static void parse(struct td_yaml *tree, struct td_bytes source)
{
    struct td_error err;
    if (td_yaml_parse(tree, "t", source, &err) < 0)
        fail_msg("%u:%u: %s\n%.*s", err.line, err.column, err.message, (int)source.len,
                 source.data);
    const char *problem = yaml_tree_problem(tree);
    if (problem)
        fail_msg("%s in:\n%.*s", problem, (int)source.len, source.data);
}

static void assert_bytes(struct td_bytes found, struct td_bytes expected)
{
    if (!td_bytes_equal(found, expected))
        fail_msg("'%.*s' is not '%.*s'", (int)found.len, found.data, (int)expected.len,
                 expected.data);
}

/* "a/0/b": keys, and positions in sequences. */
static const struct td_yaml_node *at(const struct td_yaml_node *node, const char *path)
{
    while (*path) {
        size_t len = strcspn(path, "/");
        node = td_yaml_resolve(node);
        if (node->kind == TD_YAML_SEQUENCE) {
            node = node->first;
            for (long i = strtol(path, NULL, 10); i > 0; i--)
                node = node->next;
        } else {
            node = td_yaml_find(node, td_bytes(path, len));
        }
        assert_non_null(node);
        path += len + (path[len] == '/');
    }
    return node;
}

/* The node's own bytes, its place and its value. */
static void assert_node(struct td_bytes source, const char *path, const char *slice, unsigned line,
                        unsigned column, const char *value)
{
    struct td_yaml tree;
    parse(&tree, source);
    const struct td_yaml_node *node = at(tree.root, path);
    assert_bytes(td_bytes(source.data + node->start, node->end - node->start), td_bytes_of(slice));
    if (node->line != line || node->column != column)
        fail_msg("%s stands at %u:%u, not %u:%u", path, node->line, node->column, line, column);
    if (value)
        assert_bytes(td_yaml_text(td_yaml_resolve(node)), td_bytes_of(value));
    td_yaml_release(&tree);
}

static void test_scalar_spans(void **state)
{
    (void)state;
    static const struct {
        const char *source, *path, *slice;
        unsigned line, column;
        const char *value;
    } rows[] = {
        {"a: b", "a", "b", 1, 4, "b"},
        {"a:   b c  # d\n", "a", "b c", 1, 6, "b c"},
        {"a: b\n  c\n\n  d\n\nb: 1", "a", "b\n  c\n\n  d", 1, 4, "b c\nd"},
        {"a: 'b''c'\n", "a", "'b''c'", 1, 4, "b'c"},
        {"a: 'b'\n", "a", "'b'", 1, 4, "b"},
        {"a: ''\n", "a", "''", 1, 4, ""},
        {"a: 'b\n\n  c'\n", "a", "'b\n\n  c'", 1, 4, "b\nc"},
        {"a: \"b\\n\\\n   c\"\n", "a", "\"b\\n\\\n   c\"", 1, 4, "b\nc"},
        /* Block scalars end before their last line break, blank lines included. */
        {"a: |\n  b\nc: d", "a", "|\n  b", 1, 4, "b\n"},
        {"a: |\n  b\n\n\nc: d", "a", "|\n  b\n\n", 1, 4, "b\n"},
        {"a: |+\n  b\n\n\nc: d", "a", "|+\n  b\n\n", 1, 4, "b\n\n\n"},
        {"a: |-\n  b\n\nc: d", "a", "|-\n  b\n", 1, 4, "b"},
        {"a: |-\n  b\n# c\n", "a", "|-\n  b", 1, 4, "b"},
        {"a: |\n  b", "a", "|\n  b", 1, 4, "b"},
        {"a: |+\n  b\n", "a", "|+\n  b", 1, 4, "b\n"},
        {"a: |2 # c\n   b\nc: d\n", "a", "|2 # c\n   b", 1, 4, " b\n"},
        {"a: |\nb: c", "a", "|", 1, 4, ""},
        {"a: |+ # c\n\nb: c", "a", "|+ # c\n", 1, 4, "\n"},
        {"a: |", "a", "|", 1, 4, ""},
        {"a: >\n  b\n  c\n\n  d\n", "a", ">\n  b\n  c\n\n  d", 1, 4, "b c\nd\n"},
        {"- |\n b\n- c", "0", "|\n b", 1, 3, "b\n"},
        {"- |\n b\n- c", "1", "c", 3, 3, "c"},
        /* Properties belong to the span. */
        {"a: !!str b\n", "a", "!!str b", 1, 4, "b"},
        {"a: &x !!binary |\n  YQ==\n", "a", "&x !!binary |\n  YQ==", 1, 4, "YQ==\n"},
        {"a: &x\nb: c", "a", "&x", 1, 4, ""},
        {"a: &x b\nc: *x # d", "c", "*x", 2, 4, "b"},
        /* What is left out stands behind its indicator. */
        {"a:\nb: c", "a", "", 1, 3, ""},
        {"a:   # c\n\n# d\nb: c", "a", "", 1, 3, ""},
        {"a:", "a", "", 1, 3, ""},
        {"-\n-   # c\n- b", "0", "", 1, 2, ""},
        {"-\n-   # c\n- b", "1", "", 2, 2, ""},
        {"-\n-   # c\n- b", "2", "b", 3, 3, "b"},
        {"{a: , b}", "a", "", 1, 4, ""},
        {"{a:   # c\n  , b}", "a", "", 1, 4, ""},
        {"{a: , b }", "b", "", 1, 8, ""},
        {"? a\n\n# c\n? b\n: c", "a", "", 1, 4, ""},
        {"? a\n\n# c\n? b\n: c", "b", "c", 5, 3, "c"},
        {"? |\n  a\n? b", "a\n", "", 2, 4, ""},
        {"--- # c\n", "", "", 1, 4, ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_node(td_bytes_of(rows[i].source), rows[i].path, rows[i].slice, rows[i].line,
                    rows[i].column, rows[i].value);
}

static void test_collection_spans(void **state)
{
    (void)state;
    static const struct {
        const char *source, *path, *slice;
        unsigned line, column;
    } rows[] = {
        {"# c\na:\n  b: c\n  d: e\n\n# f\ng: h\n", "a", "b: c\n  d: e", 3, 3},
        {"# c\na:\n  b: c\n# f\n", "", "a:\n  b: c", 2, 1},
        {"a:\n- b\n- c: d\n  e: |\n    f\n\n# g\nh: i", "a", "- b\n- c: d\n  e: |\n    f\n", 2, 1},
        {"a:\n- b\n- c: d\n  e: |\n    f\n\n# g\nh: i", "a/1", "c: d\n  e: |\n    f\n", 3, 3},
        {"a: &x\n  b: c\nd: *x", "a", "&x\n  b: c", 1, 4},
        {"a: !!map\n  - b\nd: 1", "a", "!!map\n  - b", 1, 4},
        {"a: {b: c,\n  d: [e] } # f\n", "a", "{b: c,\n  d: [e] }", 1, 4},
        {"a: {b: c,\n  d: [e ] } # f\n", "a/d", "[e ]", 2, 6},
        {"a: []\nb: {}", "a", "[]", 1, 4},
        {"a: []\nb: {}", "b", "{}", 2, 4},
        {"[a, b: c , d]", "1", "b: c", 1, 5},
        {"[a, ? b , d]", "1", "? b", 1, 5},
        {"a:\n  b:\nc: d", "a", "b:", 2, 3},
        {"- - a\n  - b\n- c", "0", "- a\n  - b", 1, 3},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_node(td_bytes_of(rows[i].source), rows[i].path, rows[i].slice, rows[i].line,
                    rows[i].column, NULL);
}

static void test_key_spans(void **state)
{
    (void)state;
    struct td_bytes source = TD_BYTES("'a' : 1\n\"b\\x63\": 2\n? |\n  d\n: 3\n&x e: 4\n? f\n: 5\n");
    static const char *const keys[] = {"'a'", "\"b\\x63\"", "|\n  d", "&x e", "f"};
    static const char *const texts[] = {"a", "bc", "d\n", "e", "f"};
    struct td_yaml tree;
    parse(&tree, source);
    size_t i = 0;
    for (const struct td_yaml_node *key = tree.root->first; key; key = key->next->next, i++) {
        assert_bytes(td_bytes(source.data + key->start, key->end - key->start),
                     td_bytes_of(keys[i]));
        assert_bytes(td_yaml_text(key), td_bytes_of(texts[i]));
    }
    assert_int_equal(i, 5);
    td_yaml_release(&tree);
}

/* libyaml counts characters, spans are bytes; it ends lines where an editor does not. */
static void test_bytes_and_characters(void **state)
{
    (void)state;
    assert_node(TD_BYTES("ünï: \"é\"  # ü\nb: ß"), "ünï", "\"é\"", 1, 6, "é");
    assert_node(TD_BYTES("ünï: \"é\"  # ü\nb: ß"), "b", "ß", 2, 4, "ß");
    assert_node(TD_BYTES("a: 🎈🎈 # 🎈\nb: {🎈: c}"), "b/🎈", "c", 2, 8, "c");
    assert_node(TD_BYTES("a: 'x\xe2\x80\xa8y'\nb: c"), "b", "c", 2, 4, "c");
    assert_node(TD_BYTES("a: 'x\xc2\x85y'\nb: c"), "b", "c", 2, 4, "c");
    assert_node(TD_BYTES("a: |\n  x\xe2\x80\xa9  y\nb: c"), "a", "|\n  x\xe2\x80\xa9  y", 1, 4,
                "x\xe2\x80\xa9y\n");
    assert_node(TD_BYTES("\xef\xbb\xbf"
                         "a: b"),
                "a", "b", 1, 4, "b");
    assert_node(TD_BYTES("\xef\xbb\xbf# ü\r\na: |\r\n  b\r\n\r\nc: \"d\r\n  e\"\r\nf: 1\r\n"), "a",
                "|\r\n  b\r\n", 2, 4, "b\n");
    assert_node(TD_BYTES("a: |\r\n  b\r\nc: \"d\r\n  e\"\r\nf: 1\r\n"), "f", "1", 5, 4, "1");
    assert_node(TD_BYTES("a: |\r\n  b\r\nc: \"d\r\n  e\"\r\nf: 1\r\n"), "c", "\"d\r\n  e\"", 3, 4,
                "d e");
    assert_node(TD_BYTES("a: |\r  b\rc: d"), "a", "|\r  b", 1, 4, "b\n");
    assert_node(TD_BYTES("a: |\r  b\rc: d"), "c", "d", 3, 4, "d");
}

/* The walk by blocks and words finds what one by single bytes finds, from every start to every end.
 */
static void test_place(void **state)
{
    (void)state;
    char text[3000];
    static const char *const parts[] = {"a", "\n", "é", "\r\n", "🎈", "   ", "\r", "日本"};
    size_t len = 0;
    for (unsigned i = 7; len + 8 < sizeof text; i = i * 1103515245 + 12345) {
        /* Stretches without a CR as well, which are walked by blocks. */
        const char *part = parts[len / 700 % 2 ? i >> 16 & 7 : (i >> 16 & 7) % 3];
        memcpy(text + len, part, strlen(part));
        len += strlen(part);
    }
    struct td_bytes all = td_bytes(text, len);
    static const unsigned strides[] = {1, 3, 8, 9, 64, 127, 128, 500, 1024, 2999};
    for (size_t s = 0; s < sizeof strides / sizeof *strides; s++) {
        struct td_place place = td_place_start(all), slow = place;
        while (place.byte < len) {
            td_place_to_index(&place, place.index + strides[s]);
            while (slow.byte < place.byte)
                td_place_to_byte(&slow, slow.byte + 1);
            assert_int_equal(place.byte, slow.byte);
            assert_int_equal(place.index, slow.index);
            assert_int_equal(place.line, slow.line);
            assert_int_equal(place.column, slow.column);
        }
    }
}

static void test_values(void **state)
{
    (void)state;
    struct td_yaml tree;
    parse(&tree, TD_BYTES("plain: a\nnull1: ~\nnull2:\nnull3: Null\ntagged: !!null x\n"
                          "not1: '~'\nnot2: !!str ~\nnot3: ! ~\nnot4: nULL\nnot5: |\n  null\n"
                          "binary: !!binary YQ==\nother: !!int 1\nown: !own x\nlist: [~]\n"));
    static const char *const null[] = {"null1", "null2", "null3", "tagged"};
    static const char *const not_null[] = {"plain", "not1", "not2", "not3", "not4", "not5", "list"};
    for (size_t i = 0; i < sizeof null / sizeof *null; i++)
        assert_true(td_yaml_is_null(at(tree.root, null[i])));
    for (size_t i = 0; i < sizeof not_null / sizeof *not_null; i++)
        assert_false(td_yaml_is_null(at(tree.root, not_null[i])));
    assert_int_equal(at(tree.root, "binary")->tag, TD_YAML_TAG_BINARY);
    assert_int_equal(at(tree.root, "not2")->tag, TD_YAML_TAG_STR);
    assert_int_equal(at(tree.root, "not3")->tag, TD_YAML_TAG_STR);
    assert_int_equal(at(tree.root, "other")->tag, TD_YAML_TAG_OTHER);
    assert_int_equal(at(tree.root, "own")->tag, TD_YAML_TAG_OTHER);
    assert_int_equal(at(tree.root, "plain")->tag, TD_YAML_TAG_NONE);
    assert_int_equal(tree.root->len, 14);
    assert_null(td_yaml_find(tree.root, TD_BYTES("nothing")));
    td_yaml_release(&tree);
}

static void test_aliases(void **state)
{
    (void)state;
    struct td_yaml tree;
    parse(&tree, TD_BYTES("a: &x [1, &y 2]\nb: *x\nc: *y\nd: &x 3\ne: *x\n*y : f\n"));
    assert_ptr_equal(td_yaml_resolve(at(tree.root, "b")), at(tree.root, "a"));
    assert_ptr_equal(td_yaml_resolve(at(tree.root, "c")), at(tree.root, "a/1"));
    assert_ptr_equal(td_yaml_resolve(at(tree.root, "e")), at(tree.root, "d"));
    assert_bytes(td_yaml_text(at(tree.root, "2")), TD_BYTES("f"));
    assert_int_equal(at(tree.root, "b")->kind, TD_YAML_ALIAS);
    assert_true(at(tree.root, "a")->anchored);
    assert_false(at(tree.root, "a/0")->anchored);
    td_yaml_release(&tree);
}

/* Each value in turn gives way to another one, in place, and nothing else changes. */
static void assert_replaceable(struct td_bytes source)
{
    struct td_yaml tree;
    size_t count, other_count, replaced = 0;
    parse(&tree, source);
    const struct td_yaml_node **nodes = yaml_tree_nodes(&tree, &count);
    for (size_t i = 0; i < count; i++) {
        const struct td_yaml_node *node = nodes[i];
        bool whole = node->kind == TD_YAML_SCALAR || node->kind == TD_YAML_ALIAS;
        if (!whole || node->anchored)
            continue;
        struct td_yaml changed;
        struct td_buf text;
        td_buf_init(&text);
        td_buf_put(&text, source.data, node->start);
        td_buf_put_text(&text, node->start == node->end ? " \"@@\"" : "\"@@\"");
        td_buf_put(&text, source.data + node->end, source.len - node->end);
        parse(&changed, td_buf_view(&text));
        const struct td_yaml_node **others = yaml_tree_nodes(&changed, &other_count);
        assert_int_equal(count, other_count);
        for (size_t k = 0; k < count; k++) {
            if (k == i)
                assert_bytes(td_yaml_text(others[k]), TD_BYTES("@@"));
            else if (nodes[k]->kind == TD_YAML_SCALAR)
                assert_bytes(td_yaml_text(others[k]), td_yaml_text(nodes[k]));
            else
                assert_int_equal(others[k]->len, nodes[k]->len);
        }
        free(others);
        td_yaml_release(&changed);
        td_buf_release(&text);
        replaced++;
    }
    assert_true(replaced > count / 2);
    free(nodes);
    td_yaml_release(&tree);
}

static void test_replace_in_place(void **state)
{
    (void)state;
    static const char *const files[] = {
        "dialects/go-vcr",         "dialects/compact",
        "dialects/double-quoted",  "dialects/pyyaml",
        "dialects/licence",        "dialects/bare",
        "dialects/crlf",           "dialects/bom",
        "dialects/json",           "dialects/flow",
        "dialects/binary",         "dialects/values",
        "seeds/openai-chat-hello", "seeds/llama-cpp-reasoning-weather-tool",
    };
    const char *root = getenv("TD_SOURCE_ROOT");
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char path[4096];
        struct td_file file;
        snprintf(path, sizeof path, "%s/testdata/%s.yaml", root ? root : ".", files[i]);
        assert_int_equal(td_file_open(&file, path, 1 << 20, NULL), 0);
        assert_replaceable(file.content);
        td_file_close(&file);
    }
    assert_replaceable(TD_BYTES("a:   # c\n\n- b\n-\nc: [d, e: f, 'g' ]\nh: {i: , j: k}\n"));
}

static void assert_error(struct td_bytes source, int code, unsigned line, unsigned column,
                         const char *message)
{
    struct td_yaml tree;
    struct td_error err;
    assert_int_equal(td_yaml_parse(&tree, "t", source, &err), code);
    assert_string_equal(err.message, message);
    assert_string_equal(err.file, "t");
    if (err.line != line || err.column != column)
        fail_msg("'%s' at %u:%u, not %u:%u", message, err.line, err.column, line, column);
    td_yaml_release(&tree);
}

static void test_duplicate_keys(void **state)
{
    (void)state;
    assert_error(TD_BYTES("a: 1\nb:\n  c: 1\n  'd': 2\n  \"c\": 3\n"), TD_ERR_FORMAT, 5, 3,
                 "key 'c' stands twice in one mapping, first in line 3, column 3");
    assert_error(TD_BYTES("[{x: &k a, a: 1, *k : 2}]"), TD_ERR_FORMAT, 1, 18,
                 "key 'a' stands twice in one mapping, first in line 1, column 12");
    struct td_yaml tree;
    parse(&tree, TD_BYTES("a: {x: 1}\nb: {x: 1}\nX: 1\nx: 1\n[a]: 1\n[a]: 2"));
    td_yaml_release(&tree);
}

/* A million keys, and then the first of them again. */
static void test_many_keys(void **state)
{
    (void)state;
    struct td_buf text;
    struct td_yaml tree;
    td_buf_init(&text);
    for (int i = 0; i < 1000000; i++)
        td_buf_printf(&text, "k%d:\n", i);
    clock_t start = clock();
    parse(&tree, td_buf_view(&text));
    assert_int_equal(tree.root->len, 1000000);
    td_yaml_release(&tree);
    td_buf_put_text(&text, "k0:\n");
    assert_error(td_buf_view(&text), TD_ERR_FORMAT, 1000001, 1,
                 "key 'k0' stands twice in one mapping, first in line 1, column 1");
    assert_true(clock() - start < 60 * CLOCKS_PER_SEC);
    td_buf_release(&text);
}

static void repeat(struct td_buf *text, const char *part, size_t times)
{
    while (times--)
        td_buf_put_text(text, part);
}

static void test_depth(void **state)
{
    (void)state;
    struct td_buf text;
    struct td_yaml tree;
    td_buf_init(&text);
    repeat(&text, "[", TD_CASSETTE_MAX_DEPTH);
    repeat(&text, "]", TD_CASSETTE_MAX_DEPTH);
    parse(&tree, td_buf_view(&text));
    td_yaml_release(&tree);
    td_buf_clear(&text);
    repeat(&text, "[", 10000);
    assert_error(td_buf_view(&text), TD_ERR_LIMIT, 1, 65, "nested more than 64 levels deep");
    td_buf_clear(&text);
    repeat(&text, "{a: ", 10000);
    assert_error(td_buf_view(&text), TD_ERR_LIMIT, 1, 257, "nested more than 64 levels deep");
    td_buf_clear(&text);
    repeat(&text, "- ", 10000);
    assert_error(td_buf_view(&text), TD_ERR_LIMIT, 1, 129, "nested more than 64 levels deep");
    td_buf_clear(&text);
    for (size_t i = 0; i < 1000; i++) {
        repeat(&text, " ", i);
        td_buf_put_text(&text, "a:\n");
    }
    assert_error(td_buf_view(&text), TD_ERR_LIMIT, 65, 65, "nested more than 64 levels deep");
    td_buf_release(&text);
}

static void test_alias_limits(void **state)
{
    (void)state;
    assert_error(TD_BYTES("a: *x"), TD_ERR_SYNTAX, 1, 4, "alias '*x' has no anchor '&x' before it");
    assert_error(TD_BYTES("a: &x\n  - b\n  - {c: *x}"), TD_ERR_SYNTAX, 3, 9,
                 "alias '*x' stands inside what it stands for");
    assert_error(TD_BYTES("&x a: *y"), TD_ERR_SYNTAX, 1, 7,
                 "alias '*y' has no anchor '&y' before it");
    /* Ten times as much with each line: beyond any memory after some. */
    struct td_buf text;
    td_buf_init(&text);
    td_buf_put_text(&text, "- &a0 [1, 2, 3, 4, 5, 6, 7, 8, 9]\n");
    for (int i = 1; i < 30; i++) {
        td_buf_printf(&text, "- &a%d [", i);
        for (int k = 0; k < 10; k++)
            td_buf_printf(&text, "*a%d,", i - 1);
        td_buf_put_text(&text, "]\n");
    }
    assert_error(td_buf_view(&text), TD_ERR_LIMIT, 7, 16,
                 "aliases stand for too much, from '*a5' on; write the values out");
    /* A long text is as good as many nodes. */
    td_buf_clear(&text);
    td_buf_put_text(&text, "- &a ");
    repeat(&text, "x", 1 << 20);
    repeat(&text, "\n- *a", 72);
    struct td_yaml tree;
    parse(&tree, td_buf_view(&text));
    td_yaml_release(&tree);
    repeat(&text, "\n- *a", 1);
    assert_error(td_buf_view(&text), TD_ERR_LIMIT, 74, 3,
                 "aliases stand for too much, from '*a' on; write the values out");
    td_buf_release(&text);
}

static void test_documents(void **state)
{
    (void)state;
    struct td_yaml tree;
    parse(&tree, TD_BYTES("# a\n%YAML 1.1\n%TAG !x! tag:x,2000:\n--- # b\na: b\n...\n# c\n...\n"));
    td_yaml_release(&tree);
    assert_error(TD_BYTES(""), TD_ERR_SYNTAX, 1, 1, "is empty");
    assert_error(TD_BYTES("\xef\xbb\xbf"), TD_ERR_SYNTAX, 1, 1, "is empty");
    assert_error(TD_BYTES("\n  # a\n \r\n\xe2\x80\xa9# b"), TD_ERR_SYNTAX, 1, 1,
                 "holds nothing but comments");
    static const char more[] = "more follows the end of the document here, and a cassette is one "
                               "document";
    assert_error(TD_BYTES("a: 1\n---\nb: 1\n"), TD_ERR_FORMAT, 2, 1, more);
    assert_error(TD_BYTES("a: 1\n...\n# c\n%YAML 1.1\n---\n"), TD_ERR_FORMAT, 4, 1, more);
    assert_error(TD_BYTES("{a: 1}\n  b"), TD_ERR_FORMAT, 2, 3, more);
    /* libyaml compares every directive with every other. */
    struct td_buf text;
    td_buf_init(&text);
    for (int i = 0; i < 100000; i++)
        td_buf_printf(&text, "%%TAG !t%d! x\n", i);
    assert_error(td_buf_view(&text), TD_ERR_LIMIT, 17, 1, "more than 16 YAML directives");
    td_buf_clear(&text);
    td_buf_put_text(&text, "a: 1\n...\n");
    for (int i = 0; i < 100000; i++)
        td_buf_printf(&text, "%%TAG !t%d! x\n", i);
    assert_error(td_buf_view(&text), TD_ERR_FORMAT, 3, 1, more);
    td_buf_release(&text);
}

/* libyaml clears a buffer as long as the longest run of blanks after each word. */
static void test_blank_runs(void **state)
{
    (void)state;
    struct td_buf text;
    struct td_yaml tree;
    td_buf_init(&text);
    td_buf_put_text(&text, "a: 'b");
    repeat(&text, " ", 100000);
    repeat(&text, " c", 100000);
    td_buf_put_text(&text, "'\nd: e");
    parse(&tree, td_buf_view(&text));
    assert_int_equal(at(tree.root, "a")->len, 300001);
    td_yaml_release(&tree);
    /* It is over with the scalar: a million short ones behind it are no harm. */
    td_buf_clear(&text);
    td_buf_put_text(&text, "- 'b");
    repeat(&text, " ", 100000);
    td_buf_put_text(&text, "c'\n");
    repeat(&text, "- d\n", 1000000);
    parse(&tree, td_buf_view(&text));
    assert_int_equal(tree.root->len, 1000001);
    td_yaml_release(&tree);
    td_buf_clear(&text);
    td_buf_put_text(&text, "a: 'b");
    repeat(&text, " ", 2000000);
    repeat(&text, " c", 2000000);
    td_buf_put_text(&text, "'\nd: e");
    assert_error(
        td_buf_view(&text), TD_ERR_LIMIT, 1, 2,
        "a value behind here has a run of 2000001 blanks, and would take too long to read");
    td_buf_release(&text);
}

static void test_syntax_errors(void **state)
{
    (void)state;
    static const struct {
        const char *source;
        unsigned line, column;
        const char *message;
    } rows[] = {
        {"a:\n\tb: c\n", 2, 1,
         "not YAML: found character that cannot start any token while scanning for the next "
         "token; YAML is indented with spaces, never with tabs"},
        {"a: 'b\nc: d\n", 1, 4,
         "not YAML: found unexpected end of stream while scanning a quoted scalar; the file may "
         "be cut short"},
        {"a: \"b\\qc\"\n", 1, 6,
         "not YAML: found unknown escape character while parsing a quoted scalar"},
        {"a: \"\xe2\x80\xa8\n\n b\\q\"\n", 3, 3,
         "not YAML: found unknown escape character while parsing a quoted scalar that starts in "
         "line 1"},
        {"a: [b,\nc\n", 1, 4,
         "not YAML: did not find expected ',' or ']' while parsing a flow sequence; the file may "
         "be cut short"},
        {"a: b\nc\nd: e\n", 2, 1,
         "not YAML: could not find expected ':' while scanning a simple key"},
        {"a: b: c\n", 1, 5, "not YAML: mapping values are not allowed in this context"},
        {"a: b\n  c: d\n", 2, 4, "not YAML: mapping values are not allowed in this context"},
        {"a:\n  - b\n c: d\n", 3, 2,
         "not YAML: did not find expected key while parsing a block mapping that starts in line "
         "1"},
        {"ä: !x!y b\n", 1, 4, "not YAML: found undefined tag handle while parsing a node"},
        {"\x7f", 1, 1,
         "not YAML: raw character U+007F; write it as an escape in double quotes, or the value as "
         "!!binary"},
        {"a: é\n b\x1b[0m\n", 2, 3,
         "not YAML: raw character U+001B; write it as an escape in double quotes, or the value as "
         "!!binary"},
        {"é: \xff\n", 1, 4,
         "not UTF-8 (invalid leading UTF-8 octet); a value that is not text is written as "
         "!!binary"},
        {"é: éé\xe2\x82 x\n", 1, 6,
         "not UTF-8 (invalid trailing UTF-8 octet); a value that is not text is written as "
         "!!binary"},
        {"a: \xed\xa0\x80\n", 1, 4,
         "not UTF-8 (invalid Unicode character); a value that is not text is written as "
         "!!binary"},
        {"a: \xc0\x80\n", 1, 4,
         "not UTF-8 (invalid length of a UTF-8 sequence); a value that is not text is written as "
         "!!binary"},
        {"a: b\n\n\xe2\x82", 3, 1,
         "not UTF-8 (incomplete UTF-8 octet sequence); a value that is not text is written as "
         "!!binary"},
        {"\xff\xfe"
         "a",
         1, 1, "is UTF-16; save it as UTF-8"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_error(td_bytes_of(rows[i].source), TD_ERR_SYNTAX, rows[i].line, rows[i].column,
                     rows[i].message);
    /* Far into a file, and behind a byte order mark. */
    struct td_buf text;
    td_buf_init(&text);
    td_buf_put_text(&text, "\xef\xbb\xbf");
    repeat(&text, "- [é, '\xe2\x80\xa8']\r\n", 20000);
    td_buf_put_text(&text, "- é\x01");
    assert_error(td_buf_view(&text), TD_ERR_SYNTAX, 20001, 4,
                 "not YAML: raw character U+0001; write it as an escape in double quotes, or the "
                 "value as !!binary");
    td_buf_release(&text);
    assert_error(td_bytes("a\0b", 3), TD_ERR_SYNTAX, 1, 2,
                 "not YAML: raw character U+0000; write it as an escape in double quotes, or the "
                 "value as !!binary");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scalar_spans),   cmocka_unit_test(test_collection_spans),
        cmocka_unit_test(test_key_spans),      cmocka_unit_test(test_bytes_and_characters),
        cmocka_unit_test(test_place),          cmocka_unit_test(test_values),
        cmocka_unit_test(test_aliases),        cmocka_unit_test(test_replace_in_place),
        cmocka_unit_test(test_duplicate_keys), cmocka_unit_test(test_many_keys),
        cmocka_unit_test(test_depth),          cmocka_unit_test(test_alias_limits),
        cmocka_unit_test(test_documents),      cmocka_unit_test(test_blank_runs),
        cmocka_unit_test(test_syntax_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
