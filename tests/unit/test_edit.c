/* SPDX-License-Identifier: MIT */
/* Cassettes that are changed in place: what changes, and that nothing else does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "cassette/edit.h"
#include "cassette/reader.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static struct td_edit *parse(const char *text)
{
    struct td_edit *edit;
    struct td_error err;
    if (td_edit_parse("t", td_bytes_of(text), &edit, &err) < 0)
        fail_msg("%u:%u: %s in\n%s", err.line, err.column, err.message, text);
    return edit;
}

static void check(int status, const struct td_error *err)
{
    if (status < 0)
        fail_msg("%s", err->message);
}

/* What comes out, and the end of the edit. */
static void assert_rendered(struct td_edit *edit, const char *expected)
{
    struct td_buf out;
    struct td_error err;
    td_buf_init(&out);
    check(td_edit_render(edit, &out, &err), &err);
    if (!td_bytes_equal(td_buf_view(&out), td_bytes_of(expected)))
        fail_msg("rendered\n%s\nand expected\n%s", out.data, expected);
    td_buf_release(&out);
    td_edit_close(edit);
}

static void assert_refused(struct td_edit *edit, const char *message)
{
    struct td_buf out;
    struct td_error err;
    td_buf_init(&out);
    assert_int_equal(td_edit_render(edit, &out, &err), TD_ERR_INVALID);
    assert_int_equal(out.len, 0);
    if (!strstr(err.message, message))
        fail_msg("'%s' is not in '%s'", message, err.message);
    td_buf_release(&out);
    td_edit_close(edit);
}

static void set(struct td_edit *edit, size_t position, enum td_side side, enum td_edit_key key,
                const char *value)
{
    struct td_error err;
    check(td_edit_set(edit, position, side, key, td_bytes_of(value), &err), &err);
}

static void set_header(struct td_edit *edit, size_t position, enum td_side side, size_t header,
                       const char *value)
{
    struct td_error err;
    check(td_edit_set_header(edit, position, side, header, td_bytes_of(value), &err), &err);
}

static void add_header(struct td_edit *edit, size_t position, enum td_side side, const char *name,
                       const char *value)
{
    struct td_error err;
    check(td_edit_add_header(edit, position, side, td_bytes_of(name), td_bytes_of(value), &err),
          &err);
}

static void remove_header(struct td_edit *edit, size_t position, enum td_side side, size_t header)
{
    struct td_error err;
    check(td_edit_remove_header(edit, position, side, header, &err), &err);
}

static void drop(struct td_edit *edit, size_t position)
{
    struct td_error err;
    check(td_edit_remove(edit, position, &err), &err);
}

static void append_copy(struct td_edit *edit, size_t position)
{
    struct td_error err;
    check(td_edit_append(edit, &td_edit_cassette(edit)->interactions[position], &err), &err);
}

/* A file in which the lines of a request are `lines`. */
#define REQUEST(lines)                                                                             \
    "---\nversion: 2\ninteractions:\n- id: 0\n  request:\n" lines                                  \
    "  response:\n    status: 200 OK\n    code: 200\n"
#define PLAIN REQUEST("    url: u\n    method: GET\n")

/* ---- files ---- */

static void each_file(const char *folder, void (*test)(const char *path))
{
    char where[4096], path[4400];
    const char *root = getenv("TD_SOURCE_ROOT");
    size_t seen = 0;
    snprintf(where, sizeof where, "%s/testdata/%s", root ? root : ".", folder);
    DIR *entries = opendir(where);
    assert_non_null(entries);
    for (struct dirent *entry; (entry = readdir(entries));) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s", where, entry->d_name);
        test(path);
        seen++;
    }
    closedir(entries);
    assert_true(seen >= 5);
}

static void check_unchanged(const char *path)
{
    struct td_edit *edit;
    struct td_error err;
    struct td_file file;
    struct td_buf out;
    struct stat before, after;
    td_buf_init(&out);
    assert_int_equal(stat(path, &before), 0);
    check(td_file_open(&file, path, TD_CASSETTE_MAX_BYTES, &err), &err);
    check(td_edit_open(path, &edit, &err), &err);
    assert_false(td_edit_changed(edit));
    check(td_edit_render(edit, &out, &err), &err);
    assert_true(td_bytes_equal(td_buf_view(&out), file.content));
    check(td_edit_save(edit, &err), &err);
    assert_int_equal(stat(path, &after), 0);
    assert_int_equal(before.st_ino, after.st_ino);
    assert_memory_equal(&before.st_mtim, &after.st_mtim, sizeof before.st_mtim);
    assert_memory_equal(&before.st_ctim, &after.st_ctim, sizeof before.st_ctim);
    td_buf_release(&out);
    td_file_close(&file);
    td_edit_close(edit);
}

/* Loaded and saved, a file is not touched. */
static void test_unchanged(void **state)
{
    (void)state;
    each_file("seeds", check_unchanged);
    each_file("dialects", check_unchanged);
}

/* A change to each value that there is, to one text and another, and back again: the very bytes. */
static void check_back(const char *path)
{
    static const char *const texts[] = {"plain", "with: \"quotes\" # and 'more'", "a\n\nb\n", ""};
    struct td_edit *edit;
    struct td_error err;
    check(td_edit_open(path, &edit, &err), &err);
    const struct td_cassette *cassette = td_edit_cassette(edit);
    for (size_t i = 0; i < cassette->count; i++) {
        const struct td_recorded_request *request = &cassette->interactions[i].request;
        for (size_t t = 0; t < COUNT(texts); t++) {
            struct td_buf out;
            struct td_cassette *found;
            td_buf_init(&out);
            set(edit, i, TD_REQUEST, TD_EDIT_URL, texts[t]);
            set(edit, i, TD_RESPONSE, TD_EDIT_BODY, texts[t]);
            for (size_t h = 0; h < request->message.headers.count; h++)
                set_header(edit, i, TD_REQUEST, h, texts[t]);
            check(td_edit_render(edit, &out, &err), &err);
            check(td_cassette_parse(path, td_buf_view(&out), &found, &err), &err);
            const struct td_interaction *one = &found->interactions[i];
            assert_true(td_bytes_equal(one->request.url, td_bytes_of(texts[t])));
            assert_true(td_bytes_equal(one->response.message.body, td_bytes_of(texts[t])));
            for (size_t h = 0; h < request->message.headers.count; h++)
                assert_string_equal(one->request.message.headers.items[h].value.data, texts[t]);
            td_cassette_free(found);
            td_buf_release(&out);
        }
        check(td_edit_set(edit, i, TD_REQUEST, TD_EDIT_URL, request->url, &err), &err);
        check(td_edit_set(edit, i, TD_RESPONSE, TD_EDIT_BODY,
                          cassette->interactions[i].response.message.body, &err),
              &err);
        for (size_t h = 0; h < request->message.headers.count; h++)
            check(td_edit_set_header(edit, i, TD_REQUEST, h,
                                     request->message.headers.items[h].value, &err),
                  &err);
    }
    assert_false(td_edit_changed(edit));
    td_edit_close(edit);
}

static void test_there_and_back(void **state)
{
    (void)state;
    each_file("seeds", check_back);
    each_file("dialects", check_back);
}

/* ---- styles ---- */

struct row {
    const char *before; /* the value as it is written, and what follows it */
    const char *value;  /* the new one */
    const char *after;
};

static void check_bodies(const struct row *rows, size_t count, const char *start, const char *end)
{
    for (size_t i = 0; i < count; i++) {
        char before[4096], after[4096];
        snprintf(before, sizeof before, "%s%s%s", start, rows[i].before, end);
        snprintf(after, sizeof after, "%s%s%s", start, rows[i].after, end);
        struct td_edit *edit = parse(before);
        set(edit, 0, TD_REQUEST, TD_EDIT_BODY, rows[i].value);
        assert_rendered(edit, after);
    }
}

static void test_styles(void **state)
{
    (void)state;
    static const struct row rows[] = {
        /* as Go would have written it: Go decides */
        {"plain", "other", "other"},
        {"plain", "", "\"\""},
        {"plain", "12", "\"12\""},
        {"plain", "a: b", "'a: b'"},
        {"plain", "two\nlines\n", "|\n      two\n      lines"},
        {"plain", "tab\x01", "\"tab\\x01\""},
        {"\"\"", "x", "x"},
        {"'a: b'", "c", "c"},
        {"\"12\"", "13", "\"13\""},
        /* as somebody else has: the style stays where it can */
        {"\"quoted\"", "other", "\"other\""},
        {"\"quoted\"", "12", "\"12\""},
        {"\"quoted\"", "say \"x\" \\\n", "\"say \\\"x\\\" \\\\\\n\""},
        {"'single'", "it's", "'it''s'"},
        {"'single'", "a\nb", "\"a\\nb\""},
        {"''", "x", "'x'"},
        {"!!str tagged", "other", "other"},
        /* comments stay, on the first line of a block as well */
        {"plain # why", "other", "other # why"},
        {"plain  # why", "a\nb\n", "|  # why\n      a\n      b"},
        {"# below\n      plain", "other", "# below\n      other"},
        /* a blank line that follows would count to a block */
        {"plain\n", "a\n\n", "\"a\\n\\n\"\n"},
        /* values that were left out */
        {"", "x", "x"},
        {"~ # none", "x", "x # none"},
        /* over several lines */
        {"folded\n      plain text", "other", "other"},
        {"'folded\n\n      text'", "other", "'other'"},
        {"'folded\n\n      text'", "a\nb", "\"a\\nb\""},
        {"\"folded \\\n      text\"", "a\nb", "\"a\\nb\""},
        {">-\n      folded\n      text", "other", "other"},
    };
    check_bodies(rows, COUNT(rows), "version: 2\ninteractions:\n- request:\n    url: u\n    body: ",
                 "\n    method: GET\n  response:\n    code: 200\n");
}

/* Of a literal block only the lines that differ change, however the others are written. */
static void test_literal(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"|\n      one\n      two\n      three", "one\n2\nthree\n",
         "|\n      one\n      2\n      three"},
        {"|+\n      a\n\n      b\n", "a\n\nc\n\n", "|+\n      a\n\n      c\n"},
        {"|\n      a", "a", "a"},
        {"|\n        a", "a", "|-\n        a"},
        {"|-\n      a", "a\n", "|\n      a"},
        {"|-\n      a", "a\n\n", "|+\n      a\n"},
        /* columns, blanks on empty lines, blank lines behind the block: all of them kept */
        {"|\n         deep\n         er", "deep\nest\n", "|\n         deep\n         est"},
        {"|\n      a\n   \n      b", "a\n\nc\n", "|\n      a\n   \n      c"},
        {"|\n      a\n      \n      b", "x\n\nb\n", "|\n      x\n      \n      b"},
        {"|\n      a\n\n", "b\n", "|\n      b\n\n"},
        {"|6 # why\n          a\n          b", "    a\n    c\n",
         "|2 # why\n          a\n          c"},
        {"|  # why\n       a\n       b", "a\nc\n", "|  # why\n       a\n       c"},
        {"|  # why\n       a", "b", "|-  # why\n       b"},
        /* what a block cannot hold */
        {"|\n      a", "\r\n", "\"\\r\\n\""},
        {"|\n       a", " a\n", "|2\n       a"},
    };
    check_bodies(rows, COUNT(rows), "version: 2\ninteractions:\n- request:\n    url: u\n    body: ",
                 "\n    method: GET\n  response:\n    code: 200\n");
    /* A line break of the text that ends the block goes with it. */
    struct td_edit *edit = parse(REQUEST("    body: |+\n      a\u2028    url: u\n"));
    set(edit, 0, TD_REQUEST, TD_EDIT_BODY, "b");
    assert_rendered(edit, REQUEST("    body: |-\n      b\n    url: u\n"));
}

static void test_binary(void **state)
{
    (void)state;
    struct td_error err;
    struct td_edit *edit = parse(REQUEST("    body: text\n    url: u\n"));
    check(td_edit_set(edit, 0, TD_REQUEST, TD_EDIT_BODY, TD_BYTES("\xff\xfe"), &err), &err);
    assert_rendered(edit, REQUEST("    body: !!binary //4=\n    url: u\n"));
    edit = parse(REQUEST("    body: !!binary |\n      //\n      4=\n    url: u\n"));
    set(edit, 0, TD_REQUEST, TD_EDIT_BODY, "text");
    assert_rendered(edit, REQUEST("    body: text\n    url: u\n"));
    edit = parse(REQUEST("    body: \"text\"\n    url: u\n"));
    check(td_edit_set(edit, 0, TD_REQUEST, TD_EDIT_BODY, TD_BYTES("\0\xff"), &err), &err);
    assert_rendered(edit, REQUEST("    body: !!binary \"AP8=\"\n    url: u\n"));
}

/* Numbers and the like are bare, unless they were quoted. */
static void test_numbers(void **state)
{
    (void)state;
    struct td_edit *edit = parse("version: 2\ninteractions:\n- request:\n    url: u\n"
                                 "    content_length: \"5\"\n  response:\n    code: 200 # fine\n"
                                 "    duration: 1ms\n    uncompressed: true\n");
    set(edit, 0, TD_REQUEST, TD_EDIT_CONTENT_LENGTH, "-1");
    set(edit, 0, TD_RESPONSE, TD_EDIT_CODE, "404");
    set(edit, 0, TD_RESPONSE, TD_EDIT_DURATION, "626391292ns");
    set(edit, 0, TD_RESPONSE, TD_EDIT_UNCOMPRESSED, "false");
    assert_rendered(edit, "version: 2\ninteractions:\n- request:\n    url: u\n"
                          "    content_length: \"-1\"\n  response:\n    code: 404 # fine\n"
                          "    duration: 626.391292ms\n    uncompressed: false\n");
}

/* The code stays what it was where only the status told it. */
static void test_status_without_code(void **state)
{
    (void)state;
    struct td_edit *edit = parse("version: 2\ninteractions:\n- request:\n    url: u\n  response:\n"
                                 "    body: x\n    status: 200 OK\n");
    set(edit, 0, TD_RESPONSE, TD_EDIT_STATUS, "Fine");
    assert_rendered(edit, "version: 2\ninteractions:\n- request:\n    url: u\n  response:\n"
                          "    body: x\n    status: Fine\n    code: 200\n");
}

/* ---- keys ---- */

/* A key that is not there goes where its order has it: Go's, or the alphabet's. */
static void test_new_keys(void **state)
{
    (void)state;
    struct td_edit *edit = parse(REQUEST("    proto: HTTP/1.1\n    body: b\n    url: u\n"));
    set(edit, 0, TD_REQUEST, TD_EDIT_METHOD, "POST");
    set(edit, 0, TD_REQUEST, TD_EDIT_HOST, "h");
    set(edit, 0, TD_REQUEST, TD_EDIT_CONTENT_LENGTH, "1");
    add_header(edit, 0, TD_REQUEST, "B", "2");
    add_header(edit, 0, TD_REQUEST, "A", "1");
    assert_rendered(edit, REQUEST("    proto: HTTP/1.1\n    content_length: 1\n    host: h\n"
                                  "    body: b\n    headers:\n      A:\n      - \"1\"\n"
                                  "      B:\n      - \"2\"\n    url: u\n    method: POST\n"));
    edit = parse("interactions:\n- request:\n    body: ''\n    method: GET\n    proto: p\n"
                 "    url: u\n  response:\n    code: 200\n    status: ''\nversion: 2\n");
    set(edit, 0, TD_REQUEST, TD_EDIT_HOST, "1");
    set(edit, 0, TD_RESPONSE, TD_EDIT_BODY, "b");
    assert_rendered(edit, "interactions:\n- request:\n    body: ''\n    host: '1'\n"
                          "    method: GET\n    proto: p\n    url: u\n  response:\n    body: b\n"
                          "    code: 200\n    status: ''\nversion: 2\n");
}

static void test_emptied(void **state)
{
    (void)state;
    struct td_edit *edit =
        parse(REQUEST("    host: h\n    body: |\n      x\n\n    headers:\n      A:\n      - b\n"
                      "    url: u\n"));
    set(edit, 0, TD_REQUEST, TD_EDIT_HOST, "");
    set(edit, 0, TD_REQUEST, TD_EDIT_BODY, "");
    remove_header(edit, 0, TD_REQUEST, 0);
    assert_rendered(edit, REQUEST("    host: \"\"\n    body: \"\"\n    headers: {}\n    url: u\n"));
}

/* ---- header fields ---- */

#define HEADERS                                                                                    \
    REQUEST("    headers: # all of them\n      Accept:\n      - a # first\n      - b\n"            \
            "      # a comment\n      One: single\n      X-None: []\n      X-Null:\n    url: u\n")

static void test_header_fields(void **state)
{
    (void)state;
    struct td_edit *edit = parse(HEADERS);
    set_header(edit, 0, TD_REQUEST, 0, "x: y");
    set_header(edit, 0, TD_REQUEST, 2, "other");
    assert_rendered(edit, REQUEST("    headers: # all of them\n      Accept:\n"
                                  "      - 'x: y' # first\n      - b\n      # a comment\n"
                                  "      One: other\n      X-None: []\n      X-Null:\n"
                                  "    url: u\n"));
    edit = parse(HEADERS);
    remove_header(edit, 0, TD_REQUEST, 0);
    remove_header(edit, 0, TD_REQUEST, 2);
    assert_rendered(edit, REQUEST("    headers: # all of them\n      Accept:\n      - b\n"
                                  "      # a comment\n      X-None: []\n      X-Null:\n"
                                  "    url: u\n"));
    edit = parse(HEADERS);
    remove_header(edit, 0, TD_REQUEST, 0);
    remove_header(edit, 0, TD_REQUEST, 1);
    add_header(edit, 0, TD_REQUEST, "Accept", "c");
    add_header(edit, 0, TD_REQUEST, "One", "two");
    add_header(edit, 0, TD_REQUEST, "X-Null", "nn");
    add_header(edit, 0, TD_REQUEST, "X-None", "m");
    add_header(edit, 0, TD_REQUEST, "Between", "new");
    add_header(edit, 0, TD_REQUEST, "Zzz", "1");
    add_header(edit, 0, TD_REQUEST, "Between", "newer");
    assert_rendered(edit, REQUEST("    headers: # all of them\n      Accept:\n      - c\n"
                                  "      Between:\n      - new\n      - newer\n"
                                  "      # a comment\n      One:\n      - single\n      - two\n"
                                  "      X-None:\n      - m\n      X-Null:\n      - nn\n"
                                  "      Zzz:\n      - \"1\"\n    url: u\n"));
}

static void test_flow_fields(void **state)
{
    (void)state;
    static const char *const start = "version: 2\ninteractions:\n- request:\n    url: u\n"
                                     "    headers: {A: [b, c], D: e}\n  response: {code: 200}\n";
    struct td_edit *edit = parse(start);
    set_header(edit, 0, TD_REQUEST, 0, "x, y");
    add_header(edit, 0, TD_REQUEST, "B", "new");
    add_header(edit, 0, TD_REQUEST, "A", "more");
    set(edit, 0, TD_RESPONSE, TD_EDIT_BODY, "a\nb");
    assert_rendered(edit, "version: 2\ninteractions:\n- request:\n    url: u\n"
                          "    headers: {A: [\"x, y\", c, more], B: [new], D: e}\n"
                          "  response: {body: \"a\\nb\", code: 200}\n");
    edit = parse(start);
    remove_header(edit, 0, TD_REQUEST, 0);
    remove_header(edit, 0, TD_REQUEST, 2);
    assert_rendered(edit, "version: 2\ninteractions:\n- request:\n    url: u\n"
                          "    headers: {A: [c]}\n  response: {code: 200}\n");
    edit = parse(start);
    for (size_t i = 0; i < 3; i++)
        remove_header(edit, 0, TD_REQUEST, i);
    assert_rendered(edit, "version: 2\ninteractions:\n- request:\n    url: u\n"
                          "    headers: {}\n  response: {code: 200}\n");
}

/* Trailers and forms are header fields under another key. */
static void test_trailers_and_forms(void **state)
{
    (void)state;
    struct td_error err;
    struct td_edit *edit = parse(REQUEST("    trailer:\n      T:\n      - \"1\"\n    form:\n"
                                         "      a:\n      - x\n      - y\n    url: u\n"));
    check(td_edit_set_trailer(edit, 0, TD_REQUEST, 0, TD_BYTES("2"), &err), &err);
    check(td_edit_add_trailer(edit, 0, TD_REQUEST, TD_BYTES("S"), TD_BYTES("s"), &err), &err);
    check(td_edit_set_form(edit, 0, 0, TD_BYTES("z"), &err), &err);
    check(td_edit_remove_form(edit, 0, 1, &err), &err);
    check(td_edit_add_form(edit, 0, TD_BYTES("b"), TD_BYTES("w"), &err), &err);
    assert_rendered(edit, REQUEST("    trailer:\n      S:\n      - s\n      T:\n      - \"2\"\n"
                                  "    form:\n      a:\n      - z\n      b:\n      - w\n"
                                  "    url: u\n"));
    edit = parse(REQUEST("    trailer:\n      T:\n      - \"1\"\n    url: u\n"));
    check(td_edit_remove_trailer(edit, 0, TD_REQUEST, 0, &err), &err);
    assert_rendered(edit, REQUEST("    trailer: {}\n    url: u\n"));
}

/* A form whose name is long, as a JSON body makes it that was sent as a form: libyaml reads no key
 * of more than 1024 characters without a `?`. */
static void test_long_names(void **state)
{
    (void)state;
    struct td_error err;
    char name[2001], expected[8000];
    memset(name, 'n', sizeof name - 1);
    name[0] = '[';
    name[sizeof name - 1] = '\0';
    struct td_edit *edit = parse(REQUEST("    form:\n      a:\n      - x\n    url: u\n"));
    check(td_edit_add_form(edit, 0, td_bytes_of(name), TD_BYTES("1"), &err), &err);
    check(td_edit_add_form(edit, 0, td_bytes_of(name), TD_BYTES("b"), &err), &err);
    snprintf(expected, sizeof expected,
             REQUEST("    form:\n      ? '%s'\n      : - \"1\"\n        - b\n      a:\n"
                     "      - x\n    url: u\n"),
             name);
    assert_rendered(edit, expected);
    edit = parse(REQUEST("    headers:\n        a:\n            - x\n    url: u\n"));
    name[0] = 'N';
    check(td_edit_add_header(edit, 0, TD_REQUEST, td_bytes_of(name), TD_BYTES("b"), &err), &err);
    snprintf(expected, sizeof expected,
             REQUEST("    headers:\n        ? %s\n        :   - b\n        a:\n            - x\n"
                     "    url: u\n"),
             name);
    assert_rendered(edit, expected);
    edit = parse("{version: 2, interactions: [{request: {form: {a: [x]}, url: u},"
                 " response: {code: 200}}]}\n");
    check(td_edit_add_form(edit, 0, td_bytes_of(name), TD_BYTES("b"), &err), &err);
    snprintf(expected, sizeof expected,
             "{version: 2, interactions: [{request: {form: {? %s: [\"b\"], a: [x]}, url: u},"
             " response: {code: 200}}]}\n",
             name);
    assert_rendered(edit, expected);
}

/* A name begins at its `?` or its tag. */
static void test_names_with_indicators(void **state)
{
    (void)state;
    struct td_edit *edit = parse(REQUEST("    headers:\n      ? a\n      : - x\n      b:\n"
                                         "      - y\n    url: u\n"));
    add_header(edit, 0, TD_REQUEST, "A", "1");
    remove_header(edit, 0, TD_REQUEST, 0);
    assert_rendered(edit, REQUEST("    headers:\n      A:\n      - \"1\"\n      b:\n      - y\n"
                                  "    url: u\n"));
    edit = parse(REQUEST("    headers:\n      !!binary YQ==:\n      - x\n    url: u\n"));
    add_header(edit, 0, TD_REQUEST, "b", "z");
    assert_rendered(edit, REQUEST("    headers:\n      !!binary YQ==:\n      - x\n      b:\n"
                                  "      - z\n    url: u\n"));
}

/* ---- the shape ---- */

#define SHAPED(lines)                                                                              \
    "version: 2\ninteractions:\n- request:\n    url: u\n  response:\n    body: abc\n"              \
    "    code: 200\n" lines

static void check_shape(const char *before, const struct td_shape *shape, const char *after)
{
    struct td_error err;
    struct td_edit *edit = parse(before);
    check(td_edit_set_shape(edit, 0, shape, &err), &err);
    assert_rendered(edit, after);
}

static void test_shape(void **state)
{
    (void)state;
    static const struct td_recorded_chunk chunks[] = {{1, 1000000}, {2, 2500000}};
    static const struct td_bytes interim[] = {TD_BYTES("103 Early Hints\nlink: </a.css>\n")};
    static const struct td_shape none, chunked = {.chunks = {chunks, 2}},
                                       all = {.chunks = {chunks, 2},
                                              .head = TD_BYTES("date"),
                                              .interim = {interim, 1},
                                              .wire_length = 9};
#define ALL                                                                                        \
    SHAPED("    tapedeck:\n      chunks: 1@1 2@2.5\n      head: date\n      interim:\n"            \
           "      - |\n        103 Early Hints\n        link: </a.css>\n      wire_length: 9\n")
    check_shape(SHAPED(""), &chunked, SHAPED("    tapedeck:\n      chunks: 1@1 2@2.5\n"));
    check_shape(SHAPED(""), &all, ALL);
    check_shape(SHAPED("    tapedeck:\n"), &chunked,
                SHAPED("    tapedeck:\n      chunks: 1@1 2@2.5\n"));
    check_shape(ALL, &chunked, SHAPED("    tapedeck:\n      chunks: 1@1 2@2.5\n"));
    check_shape(ALL, &none, SHAPED(""));
    check_shape(SHAPED("    tapedeck:\n      chunks: 3@1 # all\n      more: [x]\n"), &chunked,
                SHAPED("    tapedeck:\n      chunks: 1@1 2@2.5 # all\n      more: [x]\n"));
    check_shape(SHAPED("    tapedeck:\n      head: h\n      more: [x]\n"), &none,
                SHAPED("    tapedeck:\n      more: [x]\n"));
    check_shape(SHAPED("    tapedeck: {head: a}\n"), &all,
                SHAPED("    tapedeck: {chunks: 1@1 2@2.5, head: date, interim: [\"103 Early "
                       "Hints\\nlink: </a.css>\\n\"], wire_length: 9}\n"));
}

static void test_settings(void **state)
{
    (void)state;
    static const struct td_bytes paths[] = {TD_BYTES("/user"), TD_BYTES("/id")},
                                 headers[] = {TD_BYTES("Date")};
    static const struct td_setting items[] = {
        {.path = TD_BYTES("match.ignore_paths"), .values = {paths, 2}},
        {.path = TD_BYTES("match.ignore_headers"), .values = {headers, 1}}};
    static const struct td_settings none, two = {.items = items, .count = 2},
                                          one = {.items = items + 1, .count = 1};
#define TWO                                                                                        \
    "tapedeck:\n  match:\n    ignore_paths:\n    - /user\n    - /id\n    ignore_headers: Date\n"
#define ONE "tapedeck:\n  match:\n    ignore_headers: Date\n"
    static const struct {
        const char *before;
        const struct td_settings *settings;
        const char *after;
    } rows[] = {
        {"version: 2\ninteractions: []\n", &two, "version: 2\n" TWO "interactions: []\n"},
        {"interactions: []\nversion: 2\n", &two, "interactions: []\n" TWO "version: 2\n"},
        {"version: 2\ninteractions: []\n# why\n" ONE "more: x\n", &two,
         "version: 2\ninteractions: []\n# why\n" TWO "more: x\n"},
        {"{\"version\": 2, \"interactions\": []}\n", &two,
         "{\"version\": 2, \"tapedeck\": {\"match.ignore_paths\": [\"/user\", \"/id\"], "
         "\"match.ignore_headers\": [\"Date\"]}, \"interactions\": []}\n"},
        {"version: 2\n" TWO "interactions: []\n", &none, "version: 2\ninteractions: []\n"},
        {"version: 2\n" ONE "interactions: []\n", &one, "version: 2\n" ONE "interactions: []\n"},
        {"version: 2\ntapedeck: {match: {ignore_headers: &d [a]}}\nx: *d\ninteractions: []\n", &one,
         "version: 2\n" ONE "x: &d [a]\ninteractions: []\n"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct td_error err;
        struct td_edit *edit = parse(rows[i].before);
        check(td_edit_set_settings(edit, rows[i].settings, &err), &err);
        assert_rendered(edit, rows[i].after);
    }
}

/* ---- interactions ---- */

#define ITEM(id)        "- id: " id "\n  request:\n    url: u\n  response:\n    code: 200\n"
#define ITEMS(contents) "version: 2\ninteractions:\n" contents

static void test_ids(void **state)
{
    (void)state;
    struct td_edit *edit = parse(ITEMS(ITEM("0") ITEM("1") ITEM("2")));
    drop(edit, 1);
    assert_rendered(edit, ITEMS(ITEM("0") ITEM("1")));
    edit = parse(ITEMS(ITEM("1") ITEM("2") ITEM("3")));
    drop(edit, 0);
    assert_rendered(edit, ITEMS(ITEM("1") ITEM("2")));
    /* They do not count the interactions, and stay. */
    edit = parse(ITEMS(ITEM("7") ITEM("3") ITEM("9")));
    drop(edit, 0);
    assert_rendered(edit, ITEMS(ITEM("3") ITEM("9")));

    static const char *const inside =
        ITEMS("- request:\n    id: 0\n    url: a\n  response:\n    code: 200\n"
              "- request:\n    id: 1 # one\n    url: b\n  response:\n    code: 200\n");
    edit = parse(inside);
    drop(edit, 0);
    assert_rendered(edit,
                    ITEMS("- request:\n    id: 0 # one\n    url: b\n  response:\n    code: 200\n"));
}

static void test_comments_between(void **state)
{
    (void)state;
    static const char *const start =
        ITEMS("# first\n" ITEM("0") "# second\n" ITEM("1") "# third\n\n" ITEM("2") "# end\n");
    struct td_edit *edit = parse(start);
    drop(edit, 1);
    assert_rendered(edit, ITEMS("# first\n" ITEM("0") "# second\n# third\n\n" ITEM("1") "# end\n"));
    edit = parse(start);
    for (size_t i = 0; i < 3; i++)
        drop(edit, i);
    assert_rendered(edit, "version: 2\ninteractions: []\n# first\n# second\n# third\n\n# end\n");
}

/* The last that goes leaves `[]`, the first that comes takes it away. */
static void test_none(void **state)
{
    (void)state;
    struct td_edit *edit = parse(PLAIN);
    drop(edit, 0);
    assert_rendered(edit, "---\nversion: 2\ninteractions: []\n");

    static const struct row rows[] = {
        {"interactions: []\n", "", "interactions:\n"},
        {"interactions: [] # none\n", "", "interactions: # none\n"},
        {"interactions:\n  []\n", "", "interactions:\n  \n"},
        {"interactions: []", "", "interactions:\n"},
    };
    static const char *const item = "- id: 0\n  request:\n    proto: \"\"\n    proto_major: 0\n"
                                    "    proto_minor: 0\n    content_length: 0\n    host: \"\"\n"
                                    "    url: u\n    method: GET\n  response:\n    proto: \"\"\n"
                                    "    proto_major: 0\n    proto_minor: 0\n"
                                    "    content_length: 0\n    body: \"\"\n    headers: {}\n"
                                    "    status: 200 OK\n    code: 200\n    duration: 0s\n";
    struct td_edit *donor = parse(PLAIN);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct td_error err;
        char before[1024], after[2048];
        bool ended = rows[i].before[strlen(rows[i].before) - 1] == '\n';
        snprintf(before, sizeof before, "---\nversion: 2\n%s", rows[i].before);
        snprintf(after, sizeof after, "---\nversion: 2\n%s%.*s", rows[i].after,
                 (int)strlen(item) - !ended, item);
        edit = parse(before);
        check(td_edit_append(edit, &td_edit_cassette(donor)->interactions[0], &err), &err);
        assert_rendered(edit, after);
    }
    edit = parse("{\"version\": 2, \"interactions\": []}");
    struct td_error err;
    check(td_edit_append(edit, &td_edit_cassette(donor)->interactions[0], &err), &err);
    assert_rendered(edit,
                    "{\"version\": 2, \"interactions\": [{\"id\": 0, \"request\": {\"url\": \"u\", "
                    "\"method\": \"GET\"}, \"response\": {\"status\": \"200 OK\", "
                    "\"code\": 200}}]}");
    td_edit_close(donor);
}

/* One more than the largest, of those that stay. */
static void test_append_ids(void **state)
{
    (void)state;
#define SHORT(id) "- id: " id "\n  request:\n      url: u\n  response:\n      code: 200\n"
    struct td_edit *edit = parse(ITEMS(SHORT("5") SHORT("3")));
    append_copy(edit, 0);
    append_copy(edit, 1);
    assert_rendered(edit, ITEMS(SHORT("5") SHORT("3") SHORT("6") SHORT("7")));
    edit = parse(ITEMS(SHORT("5") SHORT("3")));
    append_copy(edit, 0);
    drop(edit, 0);
    assert_rendered(edit, ITEMS(SHORT("3") SHORT("4")));
    struct td_error err;
    struct td_buf out;
    td_buf_init(&out);
    edit = parse(ITEMS(SHORT("9223372036854775807")));
    append_copy(edit, 0);
    assert_int_equal(td_edit_render(edit, &out, &err), TD_ERR_LIMIT);
    td_edit_close(edit);
    td_buf_release(&out);
}

/* Behind the last interaction, wherever the file goes on; a last line without an end is no trouble,
 * not even where it is one of a block. */
static void test_append_place(void **state)
{
    (void)state;
#define LAST "- request:\n      url: u\n  response:\n      code: 200\n      status: "
    struct td_edit *edit = parse("interactions:\n" LAST "x # last\n# end\nversion: 2\n");
    append_copy(edit, 0);
    assert_rendered(edit, "interactions:\n" LAST "x # last\n" LAST "x\n# end\nversion: 2\n");
    edit = parse("version: 2\ninteractions:\n" LAST "x");
    append_copy(edit, 0);
    assert_rendered(edit, "version: 2\ninteractions:\n" LAST "x\n" LAST "x");
    edit = parse("version: 2\ninteractions:\n" LAST "|+ # why\n       x");
    append_copy(edit, 0);
    assert_rendered(edit, "version: 2\ninteractions:\n" LAST "|- # why\n       x\n" LAST "x");
    edit = parse("version: 2\ninteractions:\n" LAST "|\n       x");
    set(edit, 0, TD_REQUEST, TD_EDIT_URL, "v");
    assert_rendered(edit, "version: 2\ninteractions:\n- request:\n      url: v\n  response:\n"
                          "      code: 200\n      status: |\n       x");
}

/* ---- line ends ---- */

static void test_crlf(void **state)
{
    (void)state;
    struct td_edit *edit = parse(
        "version: 2\r\ninteractions:\r\n- request:\r\n    body: |\r\n      a\r\n      b\r\n"
        "    headers:\r\n      A:\r\n      - b\r\n    url: u\r\n  response:\r\n    code: 200");
    set(edit, 0, TD_REQUEST, TD_EDIT_BODY, "a\nc\nd\n");
    set(edit, 0, TD_REQUEST, TD_EDIT_HOST, "h");
    set(edit, 0, TD_RESPONSE, TD_EDIT_BODY, "two\nlines\n");
    add_header(edit, 0, TD_REQUEST, "A", "c");
    assert_rendered(edit,
                    "version: 2\r\ninteractions:\r\n- request:\r\n    host: h\r\n    body: |\r\n"
                    "      a\r\n      c\r\n      d\r\n    headers:\r\n      A:\r\n      - b\r\n"
                    "      - c\r\n    url: u\r\n  response:\r\n    body: |\r\n      two\r\n"
                    "      lines\r\n    code: 200");
}

/* ---- aliases ---- */

#define SHARING(first, second)                                                                     \
    "version: 2\ninteractions:\n- request:\n    headers:\n      A: " first                         \
    "    url: u\n  response:\n    code: 200\n- request:\n    headers:\n      A: " second           \
    "    url: u\n  response:\n    code: 200\n"

static void test_alias_of_a_list(void **state)
{
    (void)state;
    static const char *const shared = SHARING("&x\n      - a\n      - b\n", "*x # it\n");
    /* Through the alias: what it stands for is written out. */
    struct td_edit *edit = parse(shared);
    set_header(edit, 1, TD_REQUEST, 1, "new");
    assert_rendered(edit, "version: 2\ninteractions:\n- request:\n    headers:\n      A: &x\n"
                          "      - a\n      - b\n    url: u\n  response:\n    code: 200\n"
                          "- request:\n    headers:\n      A:\n      - a\n      - new # it\n"
                          "    url: u\n  response:\n    code: 200\n");
    /* At the anchor: it goes to the first of those that keep their value. */
    edit = parse("version: 2\ninteractions:\n- request:\n    headers:\n      A: &x\n      - a\n"
                 "      B: *x\n      C: *x\n    url: u\n  response:\n    code: 200\n");
    set_header(edit, 0, TD_REQUEST, 0, "new");
    assert_rendered(edit, "version: 2\ninteractions:\n- request:\n    headers:\n      A:\n"
                          "      - new\n      B: &x\n      - a\n      C: *x\n    url: u\n"
                          "  response:\n    code: 200\n");
    /* What goes takes nothing with it. */
    edit = parse(SHARING("&x\n      - a\n", "*x\n"));
    drop(edit, 0);
    assert_rendered(edit, "version: 2\ninteractions:\n- request:\n    headers:\n      A: &x\n"
                          "      - a\n    url: u\n  response:\n    code: 200\n");
    edit = parse(SHARING("&x\n      - a\n", "*x\n"));
    drop(edit, 1);
    assert_rendered(edit, "version: 2\ninteractions:\n- request:\n    headers:\n      A: &x\n"
                          "      - a\n    url: u\n  response:\n    code: 200\n");
}

static void test_alias_of_a_text(void **state)
{
    (void)state;
    static const char *const shared =
        "version: 2\ninteractions:\n- request:\n    host: &h one\n    url: *h\n"
        "    method: *h\n  response:\n    code: 200\n    body: *h\n";
    struct td_edit *edit = parse(shared);
    set(edit, 0, TD_REQUEST, TD_EDIT_URL, "two");
    assert_rendered(edit, "version: 2\ninteractions:\n- request:\n    host: &h one\n"
                          "    url: two\n    method: *h\n  response:\n    code: 200\n"
                          "    body: *h\n");
    edit = parse(shared);
    set(edit, 0, TD_REQUEST, TD_EDIT_HOST, "two");
    set(edit, 0, TD_REQUEST, TD_EDIT_URL, "three");
    assert_rendered(edit, "version: 2\ninteractions:\n- request:\n    host: two\n    url: three\n"
                          "    method: &h one\n  response:\n    code: 200\n    body: *h\n");
}

/* Whole requests and responses can be shared as well, and what is in them. */
static void test_alias_of_a_request(void **state)
{
    (void)state;
    struct td_edit *edit =
        parse("version: 2\ninteractions:\n- id: 0\n  request: &r\n    headers: &h\n      A:\n"
              "      - a\n    body: |\n      x\n      y\n    url: u\n  response: &s {code: 200}\n"
              "- id: 1\n  request: *r\n  response: *s\n");
    set(edit, 0, TD_RESPONSE, TD_EDIT_CODE, "404");
    set_header(edit, 1, TD_REQUEST, 0, "new");
    assert_rendered(
        edit, "version: 2\ninteractions:\n- id: 0\n  request: &r\n    headers: &h\n      A:\n"
              "      - a\n    body: |\n      x\n      y\n    url: u\n  response: {code: 404}\n"
              "- id: 1\n  request:\n    headers: &h\n      A:\n      - new\n    body: |\n"
              "      x\n      y\n    url: u\n  response: &s {code: 200}\n");
}

/* A chain of interactions that all change and all share: one round, not one for each. */
static void test_many_aliases(void **state)
{
    (void)state;
    struct td_buf text, out;
    struct td_error err;
    td_buf_init(&text);
    td_buf_init(&out);
    td_buf_put_text(&text, "version: 2\ninteractions:\n");
    for (size_t i = 0; i < 3000; i++)
        td_buf_printf(&text,
                      "- request:\n    headers:\n      A: %s\n    url: u%zu\n  response:\n"
                      "    code: 200\n",
                      i ? "*x" : "&x\n      - a", i);
    struct td_edit *edit = parse(text.data);
    for (size_t i = 0; i < 3000; i += 2)
        set_header(edit, i, TD_REQUEST, 0, "b");
    check(td_edit_render(edit, &out, &err), &err);
    assert_non_null(strstr(out.data, "A:\n      - b\n    url: u0\n"));
    assert_non_null(strstr(out.data, "A: &x\n      - a\n    url: u1\n"));
    assert_non_null(strstr(out.data, "A:\n      - b\n    url: u2\n"));
    assert_non_null(strstr(out.data, "A: *x\n    url: u3\n"));
    td_edit_close(edit);
    td_buf_release(&text);
    td_buf_release(&out);
}

/* ---- what cannot be ---- */

static void test_refused(void **state)
{
    (void)state;
    /* A list of lines has no place within braces. */
    struct td_edit *edit =
        parse("version: 2\nx: &x\n- a\ninteractions:\n- request: {url: u, headers: {A: *x, B: c}}\n"
              "  response: {code: 200}\n");
    set_header(edit, 0, TD_REQUEST, 0, "b");
    assert_refused(edit, "cannot be changed in place");
}

static void test_mistakes(void **state)
{
    (void)state;
    struct td_error err;
    struct td_edit *edit = parse(PLAIN);
    static const struct {
        enum td_side side;
        enum td_edit_key key;
        const char *value, *message;
    } rows[] = {
        {TD_RESPONSE, TD_EDIT_URL, "u", "a response has no 'url'"},
        {TD_REQUEST, TD_EDIT_CODE, "200", "a request has no 'code'"},
        {TD_RESPONSE, TD_EDIT_CODE, "99", "'code' must be a status such as 200, and is '99'"},
        {TD_REQUEST, TD_EDIT_CONTENT_LENGTH, "1.5",
         "'content_length' must be a whole number, and is '1.5'"},
        {TD_RESPONSE, TD_EDIT_DURATION, "soon",
         "'duration' must be a duration such as 1m2.5s or 626ms, and is 'soon'"},
        {TD_RESPONSE, TD_EDIT_UNCOMPRESSED, "maybe",
         "'uncompressed' must be true or false, and is 'maybe'"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(
            td_edit_set(edit, 0, rows[i].side, rows[i].key, td_bytes_of(rows[i].value), &err),
            TD_ERR_INVALID);
        assert_string_equal(err.message, rows[i].message);
    }
    assert_int_equal(td_edit_remove(edit, 1, &err), TD_ERR_INVALID);
    assert_string_equal(err.message, "no interaction at position 1, there are 1");
    assert_int_equal(td_edit_set_header(edit, 0, TD_REQUEST, 0, TD_BYTES("x"), &err),
                     TD_ERR_INVALID);
    assert_string_equal(err.message, "no field 0 in 'headers', there are 0");
    assert_false(td_edit_changed(edit));
    drop(edit, 0);
    assert_int_equal(td_edit_remove(edit, 0, &err), TD_ERR_INVALID);
    assert_string_equal(err.message, "the interaction at position 0 was removed");
    td_edit_close(edit);
}

/* Keys that mean nothing to Tapedeck, comments, and all that is laid out oddly. */
static void test_the_rest_stays(void **state)
{
    (void)state;
    static const char *const start =
        "# top\n---  # start\nextra: {a: [1,   2]}\nversion:   2\n\"interactions\" :\n\n"
        "  -   note: &n [x]\n      request :\n\n         url:    u   # where\n"
        "         'method': \t\"GET\"\n         more: *n\n      response: {  code: 200 }\n\n\n"
        "...\n# end\n";
    struct td_edit *edit = parse(start);
    set(edit, 0, TD_REQUEST, TD_EDIT_URL, "v");
    set(edit, 0, TD_REQUEST, TD_EDIT_METHOD, "PUT");
    set(edit, 0, TD_RESPONSE, TD_EDIT_CODE, "201");
    assert_rendered(
        edit, "# top\n---  # start\nextra: {a: [1,   2]}\nversion:   2\n\"interactions\" :\n\n"
              "  -   note: &n [x]\n      request :\n\n         url:    v   # where\n"
              "         'method': \t\"PUT\"\n         more: *n\n"
              "      response: {  code: 201 }\n\n\n...\n# end\n");
}

/* ---- saving ---- */

static void test_save(void **state)
{
    (void)state;
    char path[] = "/tmp/test-edit-XXXXXX";
    struct td_edit *edit;
    struct td_error err;
    struct td_file file;
    int fd = mkstemp(path);
    assert_true(fd >= 0 && write(fd, PLAIN, strlen(PLAIN)) == (ssize_t)strlen(PLAIN));
    check(td_edit_open(path, &edit, &err), &err);
    set(edit, 0, TD_REQUEST, TD_EDIT_METHOD, "PUT");
    check(td_edit_save(edit, &err), &err);
    check(td_file_open(&file, path, 4096, &err), &err);
    assert_true(td_bytes_equal(file.content, TD_BYTES(REQUEST("    url: u\n    method: PUT\n"))));
    td_file_close(&file);
    /* Again: what was saved by itself is nobody else's change. */
    set(edit, 0, TD_REQUEST, TD_EDIT_METHOD, "POST");
    check(td_edit_save(edit, &err), &err);
    /* Somebody else's is not written over. */
    fd = open(path, O_WRONLY | O_APPEND);
    assert_true(fd >= 0 && write(fd, "# mine\n", 7) == 7);
    close(fd);
    set(edit, 0, TD_REQUEST, TD_EDIT_METHOD, "HEAD");
    assert_int_equal(td_edit_save(edit, &err), TD_ERR_IO);
    assert_non_null(strstr(err.message, "changed by another program"));
    assert_string_equal(err.file, path);
    check(td_file_open(&file, path, 4096, &err), &err);
    assert_true(td_bytes_equal(file.content,
                               TD_BYTES(REQUEST("    url: u\n    method: POST\n") "# mine\n")));
    td_file_close(&file);
    td_edit_close(edit);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unchanged),
        cmocka_unit_test(test_there_and_back),
        cmocka_unit_test(test_styles),
        cmocka_unit_test(test_literal),
        cmocka_unit_test(test_binary),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_status_without_code),
        cmocka_unit_test(test_new_keys),
        cmocka_unit_test(test_emptied),
        cmocka_unit_test(test_header_fields),
        cmocka_unit_test(test_flow_fields),
        cmocka_unit_test(test_trailers_and_forms),
        cmocka_unit_test(test_long_names),
        cmocka_unit_test(test_names_with_indicators),
        cmocka_unit_test(test_shape),
        cmocka_unit_test(test_settings),
        cmocka_unit_test(test_ids),
        cmocka_unit_test(test_comments_between),
        cmocka_unit_test(test_none),
        cmocka_unit_test(test_append_ids),
        cmocka_unit_test(test_append_place),
        cmocka_unit_test(test_crlf),
        cmocka_unit_test(test_alias_of_a_list),
        cmocka_unit_test(test_alias_of_a_text),
        cmocka_unit_test(test_alias_of_a_request),
        cmocka_unit_test(test_many_aliases),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_mistakes),
        cmocka_unit_test(test_the_rest_stays),
        cmocka_unit_test(test_save),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
