/* SPDX-License-Identifier: MIT */
/* Settings: of a cassette, of a file of their own, and written again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <unistd.h>

#include "cassette/emit.h"
#include "cassette/reader.h"
#include "cassette/settings.h"

/* "path=value|value; ..." */
static char *describe(const struct td_settings *settings)
{
    struct td_buf out;
    td_buf_init(&out);
    td_buf_put_text(&out, "");
    for (size_t i = 0; i < settings->count; i++) {
        const struct td_setting *setting = &settings->items[i];
        td_buf_printf(&out, "%s%s=", i ? "; " : "", setting->path.data);
        for (size_t v = 0; v < setting->values.count; v++)
            td_buf_printf(&out, "%s%s", v ? "|" : "", setting->values.items[v].data);
    }
    return td_buf_detach(&out, NULL);
}

static int load(const char *text, struct td_settings **settings, struct td_error *err)
{
    char path[] = "/tmp/test_settings-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    close(fd);
    int status = td_settings_load(path, settings, err);
    if (status == 0)
        assert_string_equal((*settings)->path, path);
    else
        assert_string_equal(err->file, path);
    unlink(path);
    return status;
}

static void test_load(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *settings;
    } rows[] = {
        {"match: {ignore_paths: [/metadata, /user]}\nscrub:\n  patterns:\n    ticket: 'T-[0-9]+'\n",
         "match.ignore_paths=/metadata|/user; scrub.patterns.ticket=T-[0-9]+"},
        {"a: 1\nb: true\nc: ''\n", "a=1; b=true; c="},
        {"a: []\nb: null\nc:\n", "a=; b=; c="},
        {"a: {}\n", ""},
        {"~\n", ""},
        {"{}\n", ""},
        {"a: &x [p]\nb: *x\nc: &m {d: 1}\ne: *m\n", "a=p; b=p; c.d=1; e.d=1"},
        {"a.b: 1\na: {b: 2}\n", "a.b=1; a.b=2"},
        {"a: !!binary YWI=\n", "a=ab"},
        {"!!binary YWI=: 1\nYWI=: 2\nnull: 3\n", "ab=1; YWI==2; null=3"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct td_error err = {0};
        struct td_settings *settings;
        if (load(rows[i].text, &settings, &err) < 0)
            fail_msg("row %zu: %u:%u: %s", i, err.line, err.column, err.message);
        char *found = describe(settings);
        assert_string_equal(found, rows[i].settings);
        free(found);
        td_settings_free(settings);
    }
    td_settings_free(NULL);
}

static void test_marks(void **state)
{
    (void)state;
    struct td_settings *settings;
    assert_int_equal(load("match:\n  body: exact\n", &settings, NULL), 0);
    assert_int_equal(settings->items[0].mark.line, 2);
    assert_int_equal(settings->items[0].mark.column, 9);
    td_settings_free(settings);
}

static void test_errors(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int code;
        const char *message;
    } rows[] = {
        {"- a\n", TD_ERR_FORMAT, "1:1: 'tapedeck' must be a mapping of settings, and is a list"},
        {"text\n", TD_ERR_FORMAT, "1:1: 'tapedeck' must be a mapping of settings, and is 'text'"},
        {"", TD_ERR_SYNTAX, "1:1: is empty"},
        {"# nothing\n", TD_ERR_SYNTAX, "1:1: holds nothing but comments"},
        {"a: [[b]]\n", TD_ERR_FORMAT, "1:5: 'a' must be text, and is a list"},
        {"m: {a: [{b: 1}]}\n", TD_ERR_FORMAT, "1:9: 'm.a' must be text, and is a mapping"},
        {"a: 1\na: 2\n", TD_ERR_FORMAT,
         "2:1: key 'a' stands twice in one mapping, first in line 1, column 1"},
        {"b: &b {c: 1}\na:\n  <<: *b\n", TD_ERR_FORMAT,
         "3:3: merge keys ('<<') are not read; write out the keys that it brings in"},
        {"? [a]\n: b\n", TD_ERR_FORMAT,
         "1:3: 'tapedeck' must be a mapping whose keys are text, and is a list"},
        {"a: [b\n", TD_ERR_SYNTAX, NULL},
        {"a: !!binary '?'\n", TD_ERR_FORMAT, "1:4: 'a' is not base64: character 1 does not fit"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct td_error err = {0};
        struct td_settings *settings;
        assert_int_equal(load(rows[i].text, &settings, &err), rows[i].code);
        assert_int_equal(err.code, rows[i].code);
        char found[1200];
        snprintf(found, sizeof found, "%u:%u: %s", err.line, err.column, err.message);
        if (rows[i].message && strncmp(found, rows[i].message, strlen(rows[i].message)) != 0)
            fail_msg("row %zu: %s", i, found);
    }
    struct td_error err = {0};
    struct td_settings *settings;
    assert_int_equal(td_settings_load("/nonexistent/rules.yaml", &settings, &err), TD_ERR_IO);
    assert_string_equal(err.file, "/nonexistent/rules.yaml");
}

/* A path of mappings in mappings: read as deep as YAML is, and written again. */
static void test_depth(void **state)
{
    (void)state;
    struct td_buf text;
    struct td_error err;
    struct td_settings *settings;
    td_buf_init(&text);
    for (int i = 0; i < 60; i++)
        td_buf_put_text(&text, "{a: ");
    td_buf_put_char(&text, '1');
    for (int i = 0; i < 60; i++)
        td_buf_put_char(&text, '}');
    assert_int_equal(load(text.data, &settings, &err), 0);
    assert_int_equal(settings->items[0].path.len, 60 * 2 - 1);
    td_settings_free(settings);
    td_buf_release(&text);
}

/* Keys that are as long as all of their settings are in number would take for ever. */
static void test_long_paths(void **state)
{
    (void)state;
    for (int len = 995; len <= 1005; len++) {
        struct td_buf text;
        struct td_error err = {0};
        struct td_settings *settings;
        td_buf_init(&text);
        td_buf_put_text(&text, "m:\n  ");
        for (int i = 0; i < len - 2; i++)
            td_buf_put_char(&text, 'x');
        td_buf_put_text(&text, ": 1\n");
        int status = load(text.data, &settings, &err);
        assert_int_equal(status, len > 1000 ? TD_ERR_LIMIT : 0);
        if (status == 0) {
            assert_int_equal(settings->items[0].path.len, len);
            td_settings_free(settings);
        } else {
            assert_int_equal(err.line, 2);
            assert_string_equal(err.message,
                                "the path of a setting is longer than 1000 bytes here");
        }
        td_buf_release(&text);
    }
}

static void assert_written(const char *yaml, enum td_layout layout, const char *want)
{
    struct td_buf text, out;
    struct td_error err;
    struct td_cassette *cassette, *again;
    td_buf_init(&text);
    td_buf_init(&out);
    td_buf_printf(&text, "version: 2\ntapedeck:\n%sinteractions: []\n", yaml);
    if (td_cassette_parse("test", td_buf_view(&text), &cassette, &err) < 0)
        fail_msg("%u:%u: %s", err.line, err.column, err.message);
    td_emit_cassette(&out, cassette, layout);
    td_buf_clear(&text);
    td_buf_printf(&text, "---\nversion: 2\n%sinteractions: []\n", want);
    assert_string_equal(out.data, text.data);
    assert_int_equal(td_cassette_parse("again", td_buf_view(&out), &again, &err), 0);
    char *before = describe(&cassette->settings), *behind = describe(&again->settings);
    assert_string_equal(before, behind);
    free(before);
    free(behind);
    td_cassette_free(cassette);
    td_cassette_free(again);
    td_buf_release(&text);
    td_buf_release(&out);
}

static void test_written(void **state)
{
    (void)state;
    assert_written("  {}\n", TD_LAYOUT_COMPACT, "");
    assert_written("  match: {ignore_paths: [/a, /b], body: exact}\n  x: [1]\n", TD_LAYOUT_COMPACT,
                   "tapedeck:\n  match:\n    ignore_paths:\n    - /a\n    - /b\n"
                   "    body: exact\n  x: \"1\"\n");
    assert_written("  match: {ignore_paths: [/a, /b], body: exact}\n  x: []\n", TD_LAYOUT_GO_VCR,
                   "tapedeck:\n    match:\n        ignore_paths:\n            - /a\n"
                   "            - /b\n        body: exact\n    x: []\n");
    /* Names with points, which cannot all be nested. */
    assert_written("  a.b: 1\n", TD_LAYOUT_COMPACT, "tapedeck:\n  a:\n    b: \"1\"\n");
    assert_written("  a: 1\n  a.b: 2\n", TD_LAYOUT_COMPACT,
                   "tapedeck:\n  a: \"1\"\n  a.b: \"2\"\n");
    assert_written("  a.b: x\n  c: w\n  a.d: z\n", TD_LAYOUT_COMPACT,
                   "tapedeck:\n  a:\n    b: x\n  c: w\n  a.d: z\n");
    assert_written("  a.b: x\n  a: {b: w}\n", TD_LAYOUT_COMPACT,
                   "tapedeck:\n  a:\n    b: x\n  a.b: w\n");
    assert_written("  '.a': x\n  'b.': w\n  '': z\n", TD_LAYOUT_COMPACT,
                   "tapedeck:\n  .a: x\n  b:\n    \"\": w\n  \"\": z\n");
    /* A block, and names that need quotes. */
    assert_written("  a:\n    'x: y': |\n      p\n      q\n  b: 'true'\n", TD_LAYOUT_COMPACT,
                   "tapedeck:\n  a:\n    'x: y': |\n      p\n      q\n  b: \"true\"\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_load),    cmocka_unit_test(test_marks),
        cmocka_unit_test(test_errors),  cmocka_unit_test(test_depth),
        cmocka_unit_test(test_written), cmocka_unit_test(test_long_paths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
