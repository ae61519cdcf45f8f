/* SPDX-License-Identifier: MIT */
/* Checking from inside: where a byte of a scalar stands in the file, in every style. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cassette/place.h"
#include "check/check.h"

/* The byte of the file at a mark. */
static size_t byte_at(struct td_bytes source, struct td_mark mark)
{
    struct td_place place = td_place_start(source);
    while (place.byte < source.len && (place.line < mark.line || place.column < mark.column))
        td_place_to_byte(&place, place.byte + 1);
    while (place.byte < source.len && ((unsigned char)source.data[place.byte] & 0xc0) == 0x80)
        place.byte++;
    return place.byte;
}

static const struct td_yaml_node *parse(struct td_check *check, struct td_bytes source)
{
    struct td_error err;
    *check = (struct td_check){.file.content = source};
    if (td_yaml_parse(&check->tree, "t", source, &err) < 0)
        fail_msg("%u:%u: %s in\n%.*s", err.line, err.column, err.message, (int)source.len,
                 source.data);
    const struct td_yaml_node *node = check->tree.root;
    while (node->kind != TD_YAML_SCALAR)
        node = node->kind == TD_YAML_MAPPING ? node->first->next : node->first;
    return node;
}

/* Each text has one 'Z', and it is found. */
static void test_marker(void **state)
{
    static const char *const texts[] = {
        "a: Z",
        "a: one\n  two\n\n  three Z",
        "a: one \n   two \t\n   Ztwo",
        "a: 'it''s\n\n\n  he''re Z'",
        "a: 'Z'",
        "a: 'x   Z'",
        "a: \"\\t\\x41\\u00e9\\U0001F388\\nZ\"",
        "a: \"one \\\n   \\ two Z\"",
        "a: \"one\\\n\n\n  two Z\"",
        "a: \"\xc3\xa9  \n\n  \xe2\x82\xacZ\"",
        "a: \"\\N\\_\\L\\P\\e\\\"\\\\Z\"",
        "a: \"folded \n  here Z\"",
        "a: \"one\xe2\x80\xa8Z\"",
        "a: \"one\xe2\x80\xa8\n\n two\n\xe2\x80\xa9 Z\"",
        "a: 'one\xc2\x85Z'",
        "a: |\n  one\xe2\x80\xa8  two\xc2\x85  Z",
        "a: \"Z\\x20\"",
        "a: |\n  one\n    two Z\n",
        "a: |\n\n\n  one\n\n  two\n  Z",
        "a: |-\n     one\n     Z\n\n\n",
        "a: |+ # 3 comments\n  one\n  xZ\n\n\n",
        "a: |2\n    one\n   Z",
        "a:\n  b:\n    c: |1\n      one\n     Z",
        "- a: |1\n    one\n   Z",
        "a: |\r\n  one\r\n  two\r\n  Z\r\n",
        "a: |\n  \xc3\xa9 \xe2\x82\xac\n  \xf0\x9f\x8e\x88 Z\n",
        "\xef\xbb\xbf# BOM\na: 'x Z'",
        "{a: {b: [\"x\\u0041\nZ\"]}}",
        "a: !!str 'Z'",
        "a: &x 'Z'",
    };
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct td_check check;
        struct td_bytes source = td_bytes_of(texts[i]);
        const struct td_yaml_node *node = parse(&check, source);
        const char *at = memchr(node->text, 'Z', node->len);
        struct td_mark mark = td_check_mark_in(&check, node, (size_t)(at - node->text));
        if (strchr("!&", source.data[node->start]))
            assert_int_equal(byte_at(source, mark), node->start);
        else if (source.data[byte_at(source, mark)] != 'Z')
            fail_msg("%u:%u is not the place in\n%s", mark.line, mark.column, texts[i]);
        td_yaml_release(&check.tree);
    }
}

/* What cannot be told is where the scalar starts; what is behind the text is its end. */
static void test_ends(void **state)
{
    struct td_check check;
    (void)state;
    const struct td_yaml_node *node = parse(&check, TD_BYTES("a: >\n  one\n  two\n"));
    assert_int_equal(td_check_mark_in(&check, node, 5).line, 1);
    td_yaml_release(&check.tree);
    node = parse(&check, TD_BYTES("a: !!binary YWJj"));
    assert_int_equal(td_check_mark_in(&check, node, 2).column, 4);
    td_yaml_release(&check.tree);
    node = parse(&check, TD_BYTES("a: \"xyz\""));
    assert_int_equal(td_check_mark_in(&check, node, 3).column, 8);
    assert_int_equal(td_check_mark_in(&check, node, 4000).column, 8);
    td_yaml_release(&check.tree);
    node = parse(&check, TD_BYTES("a: |\n  one\n  two\nb: 1\n"));
    assert_int_equal(td_check_mark_in(&check, node, 7).line, 3);
    assert_int_equal(td_check_mark_in(&check, node, 7).column, 6);
    td_yaml_release(&check.tree);
}

static void test_rules(void **state)
{
    const struct td_check_rule *rule;
    size_t count = 0;
    (void)state;
    for (; (rule = td_check_rule_at(count)); count++) {
        assert_ptr_equal(td_check_rule_find(rule->name), rule);
        assert_true(strlen(rule->summary) > 10 && strlen(rule->advice) > 10);
    }
    assert_int_equal(count, TD_CHECK_COUNT);
    assert_null(td_check_rule_find("no-such-rule"));
}

static void test_errors(void **state)
{
    static const char *const unknown[] = {"chunks", "nosuch", NULL};
    struct td_check_options options = {.size = sizeof options, .only = unknown};
    struct td_error err;
    (void)state;
    assert_null(td_check_open("/no/such/file", NULL, &err));
    assert_int_equal(err.code, TD_ERR_IO);
    assert_string_equal(err.file, "/no/such/file");
    assert_null(td_check_open("/dev/null", &options, &err));
    assert_int_equal(err.code, TD_ERR_INVALID);
    assert_string_equal(err.message, "no rule 'nosuch'");
    struct td_check *check = td_check_open("/dev/null", NULL, NULL);
    assert_non_null(check);
    assert_int_equal(td_check_count(check), 1);
    assert_string_equal(td_check_at(check, 0)->rule->name, "bad-syntax");
    assert_null(td_check_at(check, 1));
    assert_null(td_check_fixed_at(check, 0));
    td_check_close(check);
    td_check_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_marker),
        cmocka_unit_test(test_ends),
        cmocka_unit_test(test_rules),
        cmocka_unit_test(test_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
