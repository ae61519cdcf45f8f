/* SPDX-License-Identifier: MIT */
/* Patterns: held against the C library's own matcher, and against texts that make others slow. */
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "scrub/pattern.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* All matches, "start-end " each; or the error's message. */
static void find_all(const char *source, struct td_bytes text, struct td_buf *out)
{
    struct td_pattern *pattern;
    struct td_pattern_search search;
    struct td_error err;
    size_t start, end;
    if (td_pattern_new(&pattern, td_bytes_of(source), &err) < 0) {
        td_buf_put_text(out, err.message);
        return;
    }
    td_pattern_search_init(&search, pattern, text);
    assert_false(search.failed);
    while (td_pattern_search_next(&search, &start, &end))
        td_buf_printf(out, "%zu-%zu ", start, end);
    td_pattern_search_release(&search);
    td_pattern_free(pattern);
}

static void assert_finds(const char *source, const char *text, const char *expected)
{
    struct td_buf out;
    td_buf_init(&out);
    find_all(source, td_bytes_of(text), &out);
    td_buf_put_char(&out, '\0');
    assert_string_equal(out.data, expected);
    td_buf_release(&out);
}

static void test_syntax(void **state)
{
    (void)state;
    assert_finds("T-[0-9]{4}", "T-1234 T-12 T-99999", "0-6 12-18 ");
    assert_finds("a|ab|abc", "abcab", "0-3 3-5 ");
    assert_finds("(?i)key", "Key kEY", "0-3 4-7 ");
    assert_finds("[[:alpha:]]+[[:digit:]]", "ab1 c d2", "0-3 6-8 ");
    assert_finds("\\d+\\.\\d+", "1.5 22.75", "0-3 4-9 ");
    assert_finds("[^a-z\\n]+", "ab12\ncd", "2-4 ");
    assert_finds(".", "a\nb", "0-1 2-3 ");
    assert_finds("[]a]+", "]a]b", "0-3 ");
    assert_finds("[a-]+", "a-a", "0-3 ");
    assert_finds("(ab){2,3}", "abababab", "0-6 ");
    assert_finds("x*", "xx y x", "0-2 5-6 ");
    assert_finds("(?:a|b)c", "ac bc", "0-2 3-5 ");
    assert_finds("\\x41\\\\", "A\\", "0-2 ");
    assert_finds("a{0}b", "aab", "2-3 ");
}

static void test_errors(void **state)
{
    (void)state;
    static const char *const bad[] = {"(",      ")",  "[a",      "a{2",    "*a",    "a|*", "\\",
                                      "^a",     "a$", "\\bx",    "(a)\\1", "[z-a]", "",    "a{3,2}",
                                      "a{999}", "()", "[[:x:]]", "(?=a)",  "\\q"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct td_pattern *pattern;
        struct td_error err = {0};
        if (td_pattern_new(&pattern, td_bytes_of(bad[i]), &err) == 0)
            fail_msg("'%s' is taken for a pattern", bad[i]);
        assert_true(err.code < 0 && err.message[0]);
    }
}

static uint64_t state_of_random = 1;

static unsigned roll(unsigned sides)
{
    state_of_random = state_of_random * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (unsigned)(state_of_random >> 33) % sides;
}

static void put_pattern(struct td_buf *out, unsigned depth)
{
    static const char *const atoms[] = {"a", "b", "c", "[ab]", "[^a]", ".", "ab"};
    static const char *const repeats[] = {"", "", "", "*", "+", "?", "{2}", "{1,3}", "{2,}"};
    for (unsigned n = 1 + roll(3); n; n--) {
        if (depth && roll(4) == 0) {
            td_buf_put_char(out, '(');
            put_pattern(out, depth - 1);
            if (roll(2)) {
                td_buf_put_char(out, '|');
                put_pattern(out, depth - 1);
            }
            td_buf_put_char(out, ')');
        } else {
            td_buf_put_text(out, atoms[roll(7)]);
        }
        td_buf_put_text(out, repeats[roll(9)]);
    }
}

/* The C library finds the same, where it finds something that is not empty. */
static void compare(const char *source, const char *text)
{
    regex_t regex;
    struct td_buf ours, theirs;
    if (regcomp(&regex, source, REG_EXTENDED) != 0)
        return;
    td_buf_init(&ours);
    td_buf_init(&theirs);
    size_t at = 0, len = strlen(text);
    while (at < len) {
        regmatch_t match[1];
        /* A match that is empty may hide one behind it: the first that is not, place by place. */
        if (regexec(&regex, text + at, 1, match, REG_NOTBOL) != 0)
            break;
        if (match[0].rm_so == match[0].rm_eo) {
            at += (size_t)match[0].rm_so + 1;
            continue;
        }
        td_buf_printf(&theirs, "%zu-%zu ", at + (size_t)match[0].rm_so,
                      at + (size_t)match[0].rm_eo);
        at += (size_t)match[0].rm_eo;
    }
    find_all(source, td_bytes_of(text), &ours);
    if (!(ours.len && strstr(ours.data, "pattern")) &&
        !td_bytes_equal(td_buf_view(&ours), td_buf_view(&theirs)))
        fail_msg("'%s' in '%s': %s and not %s", source, text, ours.len ? ours.data : "nothing",
                 theirs.len ? theirs.data : "nothing");
    td_buf_release(&ours);
    td_buf_release(&theirs);
    regfree(&regex);
}

static void test_against_libc(void **state)
{
    (void)state;
    for (int i = 0; i < 4000; i++) {
        struct td_buf source, text;
        td_buf_init(&source);
        td_buf_init(&text);
        put_pattern(&source, 2);
        for (unsigned n = roll(24); n; n--)
            td_buf_put_char(&text, "abcd"[roll(4)]);
        td_buf_put_char(&text, 'd');
        compare(source.data, text.data);
        td_buf_release(&source);
        td_buf_release(&text);
    }
}

static void test_linear(void **state)
{
    (void)state;
    static const char *const sources[] = {"a|a.*b", "(a+)+b", "(a|aa)+c", "a*a*a*a*b",
                                          "(.*)(.*)(.*)z"};
    enum { LENGTH = 1 << 20 };
    char *text = malloc(LENGTH);
    memset(text, 'a', LENGTH);
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
        struct td_pattern *pattern;
        struct td_pattern_search search;
        size_t start, end, count = 0;
        clock_t before = clock();
        assert_int_equal(td_pattern_new(&pattern, td_bytes_of(sources[i]), NULL), 0);
        td_pattern_search_init(&search, pattern, td_bytes(text, LENGTH));
        while (td_pattern_search_next(&search, &start, &end))
            count++;
        assert_int_equal(count, i == 0 ? LENGTH : 0);
        td_pattern_search_release(&search);
        td_pattern_free(pattern);
        assert_true(clock() - before < 10 * CLOCKS_PER_SEC);
    }
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_syntax),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_against_libc),
        cmocka_unit_test(test_linear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
