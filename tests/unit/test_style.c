/* SPDX-License-Identifier: MIT */
/* Each row of the table of styles: what it is for, what it writes, and that the row before it would
 * not do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cassette/style.h"
#include "cassette/writer.h"

enum { KEY = 1, GO_VCR = 2 };

struct row {
    const char *rule;
    const char *text;
    size_t len; /* 0: strlen() */
    unsigned how;
    const char *written;
};

/* In the mapping in column 0: "k: ", "k:" where it is a value; the text itself where it is a key.
 */
static char *write_text(struct td_buf *out, struct td_bytes text, unsigned how)
{
    enum td_layout layout = how & GO_VCR ? TD_LAYOUT_GO_VCR : TD_LAYOUT_COMPACT;
    struct td_writer writer = td_writer_start(out, layout);
    if (how & KEY)
        td_writer_any_key(&writer, 0, text);
    else
        td_writer_value(&writer, 0, text);
    return out->data;
}

static void test_rows(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"not-utf8", "\xff", 0, 0, " !!binary /w=="},
        {"not-utf8", "a\n\xff", 0, 0, " !!binary YQr/"},
        {"not-utf8", "\xff", 0, KEY, "!!binary /w==:"},
        {"all-blank", "\n", 0, 0, " \"\\n\""},
        {"all-blank", "\xe3\x80\x80\n", 0, 0, " \"\xe3\x80\x80\\n\""},
        {"lines", "\xe3\x80\x80\n", 0, GO_VCR, " |\n    \xe3\x80\x80\n"},
        {"blank-break-first", "\n\n", 0, GO_VCR, " \"\\n\\n\""},
        {"special", "a\rb", 0, 0, " \"a\\rb\""},
        {"special", "a\0b\n", 4, 0, " \"a\\0b\\n\""},
        {"special", "\xf0\x9f\x98\x80", 0, 0, " \"\\U0001F600\""},
        {"special", "\x7f\xc2\x85\xef\xbf\xbe", 0, 0, " \"\\x7F\\N\\uFFFE\""},
        {"special",
         "\xef\xbb\xbf"
         "a ",
         0, 0, " \"\\uFEFF\\x61\\x20\""},
        {"special", "a\xef\xbb\xbf", 0, 0, " \"a\\uFEFF\""},
        {"special", "a\rb", 0, KEY, "? \"a\\rb\"\n:"},
        {"space-before-break", "a \nb", 0, 0, " \"a \\nb\""},
        {"space-before-break", "a \xe2\x80\xa8", 0, 0, " \"a \\L\""},
        {"lines-space-last", "a\nb ", 0, 0, " \"a\\nb \""},
        {"lines", "a\nb", 0, 0, " |-\n  a\n  b"},
        {"lines", "a\nb\n", 0, 0, " |\n  a\n  b\n"},
        {"lines", "a\n\n", 0, 0, " |+\n  a\n\n"},
        {"lines", "a\n\tb\n", 0, GO_VCR, " |\n    a\n    \tb\n"},
        {"lines", " a\nb", 0, 0, " |2-\n   a\n  b"},
        {"lines", " a\nb", 0, GO_VCR, " |4-\n     a\n    b"},
        {"lines", "\n\na", 0, 0, " |2-\n\n\n  a"},
        {"lines", "\ta\nb", 0, 0, " |2-\n  \ta\n  b"},
        {"lines", "a\nb", 0, KEY, "? |-\n  a\n  b\n:"},
        {"lines",
         "a\xe2\x80\xa9"
         "b\n",
         0, 0, " |\n  a\xe2\x80\xa9  b\n"},
        {"typed", "", 0, 0, " \"\""},
        {"typed", "0", 0, 0, " \"0\""},
        {"typed", "null", 0, 0, " \"null\""},
        {"typed", "yes", 0, 0, " \"yes\""},
        {"typed", "1:30", 0, 0, " \"1:30\""},
        {"typed", "2001-12-14", 0, 0, " \"2001-12-14\""},
        {"typed", ".inf", 0, 0, " \".inf\""},
        {"typed", "", 0, KEY, "\"\":"},
        {"merge", "<<", 0, 0, " \"<<\""},
        {"plain", "<<", 0, GO_VCR, " <<"},
        {"merge", "<<", 0, KEY, "\"<<\":"},
        {"merge-key", "<<", 0, KEY | GO_VCR, "\"<<\":"},
        {"tab", "a\tb", 0, 0, " \"a\\tb\""},
        {"space-after-break", "a\xe2\x80\xa8 b", 0, 0, " \"a\\L b\""},
        {"edge-space", " it's", 0, 0, " ' it''s'"},
        {"edge-space", "a ", 0, KEY, "'a ':"},
        {"wide-break",
         "a\xe2\x80\xa8"
         "b",
         0, 0, " 'a\xe2\x80\xa8  b'"},
        {"wide-break",
         "a\xe2\x80\xa8"
         "b",
         0, KEY, "? 'a\xe2\x80\xa8  b'\n:"},
        {"indicator", "{}", 0, 0, " '{}'"},
        {"indicator", "a: b", 0, 0, " 'a: b'"},
        {"indicator", "a:", 0, 0, " 'a:'"},
        {"indicator", "a #b", 0, 0, " 'a #b'"},
        {"indicator", "-", 0, 0, " '-'"},
        {"indicator", "---x", 0, 0, " '---x'"},
        {"plain", "a:b#c -?", 0, 0, " a:b#c -?"},
        {"plain", "-a", 0, 0, " -a"},
        {"plain", "=", 0, 0, " ="},
        {"plain", "1.2.3", 0, 0, " 1.2.3"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct row *row = &rows[i];
        struct td_bytes text = td_bytes(row->text, row->len ? row->len : strlen(row->text));
        struct td_style style = td_style_of(
            text, row->how & GO_VCR ? TD_LAYOUT_GO_VCR : TD_LAYOUT_COMPACT, row->how & KEY);
        if (strcmp(style.rule, row->rule) != 0)
            fail_msg("row %zu, '%s': '%s' decides, not '%s'", i, row->text, style.rule, row->rule);
        struct td_buf out;
        td_buf_init(&out);
        if (strcmp(write_text(&out, text, row->how), row->written) != 0)
            fail_msg("row %zu, '%s': written '%s', not '%s'", i, row->text, out.data, row->written);
        td_buf_release(&out);
    }
}

static void test_traits(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        unsigned traits;
    } rows[] = {
        {"abc", 0},
        {"", TD_TRAIT_TYPED},
        {"\n", TD_TRAIT_LF | TD_TRAIT_BREAK | TD_TRAIT_BREAK_FIRST | TD_TRAIT_BREAK_LAST |
                   TD_TRAIT_ALL_BLANK},
        {" a\nb ", TD_TRAIT_LF | TD_TRAIT_BREAK | TD_TRAIT_SPACE_FIRST | TD_TRAIT_SPACE_LAST},
        {"a \n b", TD_TRAIT_LF | TD_TRAIT_BREAK | TD_TRAIT_SPACE_BREAK | TD_TRAIT_BREAK_SPACE},
        {"a\t", TD_TRAIT_TAB},
        {"a\r", TD_TRAIT_SPECIAL | TD_TRAIT_BREAK},
        {"\xe2\x80\xa8"
         "a",
         TD_TRAIT_BREAK | TD_TRAIT_WIDE_BREAK | TD_TRAIT_BREAK_FIRST},
        {"a\xff\n", TD_TRAIT_NOT_UTF8},
        {"a\xe2\x80", TD_TRAIT_NOT_UTF8},
        {"\xed\xa0\x80", TD_TRAIT_NOT_UTF8},
        {"\xc0\x80", TD_TRAIT_NOT_UTF8},
        {"\xf4\x90\x80\x80", TD_TRAIT_NOT_UTF8},
        {"<<", TD_TRAIT_MERGE},
        {"# x", TD_TRAIT_INDICATOR},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        unsigned traits = td_text_traits(td_bytes_of(rows[i].text));
        if (traits != rows[i].traits)
            fail_msg("row %zu, '%s': %x, not %x", i, rows[i].text, traits, rows[i].traits);
    }
}

/* A trait is found wherever it stands, whatever is read at once. */
static void test_every_position(void **state)
{
    (void)state;
    char text[70];
    for (size_t len = 1; len < sizeof text; len++) {
        for (size_t at = 0; at < len; at++) {
            memset(text, 'x', sizeof text);
            text[at] = '\x7f';
            assert_int_equal(td_text_traits(td_bytes(text, len)), TD_TRAIT_SPECIAL);
            text[at] = '\t';
            assert_int_equal(td_text_traits(td_bytes(text, len)), TD_TRAIT_TAB);
            text[at] = '\x80';
            assert_int_equal(td_text_traits(td_bytes(text, len)), TD_TRAIT_NOT_UTF8);
            text[at] = '\n';
            assert_true(td_text_traits(td_bytes(text, len)) & TD_TRAIT_LF);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_traits),
        cmocka_unit_test(test_every_position),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
