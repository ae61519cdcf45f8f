/* SPDX-License-Identifier: MIT */
/* Cassettes: every dialect comes to the same model, and what is broken is told with its place. */
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
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "cassette/base64.h"
#include "cassette/duration.h"
#include "cassette/reader.h"
#include "cassette/yaml.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static char *data_path(const char *folder, const char *name)
{
    static char path[4096];
    const char *root = getenv("TD_SOURCE_ROOT");
    snprintf(path, sizeof path, "%s/testdata/%s/%s", root ? root : ".", folder, name);
    return path;
}

static struct td_cassette *load(const char *folder, const char *name)
{
    struct td_cassette *cassette;
    struct td_error err;
    char text[2048];
    if (td_cassette_load(data_path(folder, name), &cassette, &err) < 0)
        fail_msg("%s", td_error_format(&err, text, sizeof text));
    assert_string_equal(cassette->path, data_path(folder, name));
    return cassette;
}

static struct td_cassette *parse(const char *text)
{
    struct td_cassette *cassette;
    struct td_error err;
    if (td_cassette_parse("t", td_bytes_of(text), &cassette, &err) < 0)
        fail_msg("%u:%u: %s in\n%s", err.line, err.column, err.message, text);
    return cassette;
}

/* The same bytes, and the NUL behind them that every string has. */
static void assert_bytes(struct td_bytes found, struct td_bytes expected)
{
    if (!td_bytes_equal(found, expected))
        fail_msg("'%.*s' is not '%.*s'", (int)found.len, found.data ? found.data : "",
                 (int)expected.len, expected.data ? expected.data : "");
    if (found.data)
        assert_int_equal(found.data[found.len], '\0');
}

#define assert_text(found, expected) assert_bytes((found), TD_BYTES(expected))

static void assert_fields(const struct td_fields *found, const struct td_field *expected,
                          size_t count)
{
    assert_int_equal(found->count, count);
    for (size_t i = 0; i < count; i++) {
        assert_bytes(found->items[i].name, expected[i].name);
        assert_bytes(found->items[i].value, expected[i].value);
    }
}

#define FIELD(name, value)                                                                         \
    {                                                                                              \
        {(name), sizeof(name) - 1},                                                                \
        {                                                                                          \
            (value), sizeof(value) - 1                                                             \
        }                                                                                          \
    }

static void assert_mark(struct td_mark mark, unsigned line, unsigned column)
{
    if (mark.line != line || mark.column != column)
        fail_msg("%u:%u is not %u:%u", mark.line, mark.column, line, column);
}

/* ---- dialects ---- */

/* What testdata/dialects/go-vcr.yaml says, value by value. */
static void test_go_vcr(void **state)
{
    (void)state;
    struct td_cassette *cassette = load("dialects", "go-vcr.yaml");
    assert_int_equal(cassette->count, 2);
    const struct td_interaction *first = &cassette->interactions[0];
    const struct td_recorded_request *request = &first->request;
    const struct td_recorded_response *response = &first->response;
    static const struct td_field headers[] = {
        FIELD("Accept", "application/json"),
        FIELD("Content-Type", "application/json"),
        FIELD("X-Multi", "one"),
        FIELD("X-Multi", "two, three"),
    };
    assert_int_equal(first->id, 0);
    assert_mark(first->mark, 4, 7);
    assert_mark(request->message.mark, 6, 9);
    assert_text(request->message.proto, "HTTP/1.1");
    assert_int_equal(request->message.proto_major, 1);
    assert_int_equal(request->message.proto_minor, 1);
    assert_int_equal(request->message.content_length, 37);
    assert_int_equal(request->message.transfer_encoding.count, 0);
    assert_int_equal(request->message.trailer.count, 0);
    assert_text(request->host, "api.example.com");
    assert_text(request->remote_addr, "");
    assert_text(request->request_uri, "");
    assert_text(request->message.body, "{\"q\":\"Olá, wörld 🎈\",\"n\":1}");
    assert_mark(request->message.body_mark, 15, 15);
    assert_int_equal(request->form.count, 0);
    assert_fields(&request->message.headers, headers, 4);
    assert_text(request->url, "https://api.example.com/v1/chat?x=1&y=2");
    assert_text(request->method, "POST");

    static const struct td_field stream[] = {
        FIELD("Content-Type", "text/event-stream; charset=utf-8")};
    assert_mark(response->message.mark, 28, 9);
    assert_text(response->message.proto, "HTTP/2.0");
    assert_int_equal(response->message.proto_major, 2);
    assert_int_equal(response->message.proto_minor, 0);
    assert_int_equal(response->message.content_length, -1);
    assert_true(response->uncompressed);
    assert_text(response->message.body,
                "data: {\"delta\":\"Olá\"}\n\ndata: {\"delta\":\"it's\\ttabs:\there\"}\n\n"
                "data: [DONE]\n\n");
    assert_mark(response->message.body_mark, 35, 15);
    assert_fields(&response->message.headers, stream, 1);
    assert_text(response->status, "200 OK");
    assert_int_equal(response->code, 200);
    assert_int_equal(response->duration_ns, 62500000000);

    const struct td_interaction *second = &cassette->interactions[1];
    static const struct td_field plain[] = {FIELD("Content-Type", "text/plain"),
                                            FIELD("Date", "Mon, 02 Jan 2006 15:04:05 GMT")};
    assert_int_equal(second->id, 1);
    assert_text(second->request.message.body, "");
    assert_text(second->request.method, "GET");
    assert_int_equal(second->response.message.transfer_encoding.count, 1);
    assert_text(second->response.message.transfer_encoding.items[0], "chunked");
    assert_false(second->response.uncompressed);
    assert_text(second->response.message.body, "not found\n");
    assert_fields(&second->response.message.headers, plain, 2);
    assert_int_equal(second->response.code, 404);
    assert_int_equal(second->response.duration_ns, 980667);

    struct td_bytes value;
    assert_true(td_fields_get(&request->message.headers, TD_BYTES("x-MULTI"), &value));
    assert_text(value, "one");
    assert_false(td_fields_get(&request->message.headers, TD_BYTES("X-Mult"), &value));
    td_cassette_free(cassette);
}

static void assert_same_list(const struct td_list *a, const struct td_list *b)
{
    assert_int_equal(a->count, b->count);
    for (size_t i = 0; i < a->count; i++)
        assert_bytes(a->items[i], b->items[i]);
}

/* Names in any order, since some emitters sort them; the values of one name in theirs. */
static void assert_same_message(const struct td_message *a, const struct td_message *b)
{
    assert_bytes(a->proto, b->proto);
    assert_int_equal(a->proto_major, b->proto_major);
    assert_int_equal(a->proto_minor, b->proto_minor);
    assert_same_list(&a->transfer_encoding, &b->transfer_encoding);
    assert_fields(&a->trailer, b->trailer.items, b->trailer.count);
    assert_int_equal(a->content_length, b->content_length);
    assert_bytes(a->body, b->body);
    assert_fields(&a->headers, b->headers.items, b->headers.count);
    assert_true(a->mark.line > 0 && a->body_mark.line > 0);
}

static void assert_same(const struct td_cassette *a, const struct td_cassette *b)
{
    assert_int_equal(a->count, b->count);
    for (size_t i = 0; i < a->count; i++) {
        const struct td_interaction *x = &a->interactions[i], *y = &b->interactions[i];
        assert_int_equal(x->id, y->id);
        assert_same_message(&x->request.message, &y->request.message);
        assert_bytes(x->request.host, y->request.host);
        assert_bytes(x->request.remote_addr, y->request.remote_addr);
        assert_bytes(x->request.request_uri, y->request.request_uri);
        assert_fields(&x->request.form, y->request.form.items, y->request.form.count);
        assert_bytes(x->request.url, y->request.url);
        assert_bytes(x->request.method, y->request.method);
        assert_same_message(&x->response.message, &y->response.message);
        assert_int_equal(x->response.uncompressed, y->response.uncompressed);
        assert_bytes(x->response.status, y->response.status);
        assert_int_equal(x->response.code, y->response.code);
        assert_int_equal(x->response.duration_ns, y->response.duration_ns);
    }
}

static void test_same_in_every_dialect(void **state)
{
    (void)state;
    static const char *const names[] = {
        "compact.yaml", "double-quoted.yaml", "pyyaml.yaml", "licence.yaml", "bare.yaml",
        "crlf.yaml",    "bom.yaml",           "json.yaml",   "flow.yaml",    "no-ids.yaml",
    };
    struct td_cassette *go_vcr = load("dialects", "go-vcr.yaml");
    for (size_t i = 0; i < COUNT(names); i++) {
        struct td_cassette *other = load("dialects", names[i]);
        assert_same(other, go_vcr);
        td_cassette_free(other);
    }
    td_cassette_free(go_vcr);
}

static void test_values(void **state)
{
    (void)state;
    struct td_cassette *cassette = load("dialects", "values.yaml");
    assert_int_equal(cassette->count, 3);
    const struct td_interaction *first = &cassette->interactions[0];
    assert_int_equal(first->id, 10);
    assert_text(first->request.message.proto, "");
    assert_int_equal(first->request.message.proto_major, 0);
    assert_int_equal(first->request.message.content_length, 0);
    assert_int_equal(first->request.message.transfer_encoding.count, 1);
    assert_text(first->request.message.transfer_encoding.items[0], "chunked");
    assert_int_equal(first->request.message.trailer.count, 0);
    assert_text(first->request.host, "127");
    assert_text(first->request.message.body, "123");
    static const struct td_field form[] = {FIELD("a", "x"), FIELD("a", "y z"), FIELD("b", "1")};
    assert_fields(&first->request.form, form, 3);
    static const struct td_field headers[] = {
        FIELD("accept", "*/*"), FIELD("X-Number", "42"), FIELD("X-Bool", "true"),
        FIELD("X-Bool", ""),    FIELD("null", "it's"),
    };
    assert_fields(&first->request.message.headers, headers, 5);
    assert_text(first->request.method, "");
    assert_int_equal(first->response.code, 204);
    assert_true(first->response.uncompressed);
    assert_int_equal(first->response.duration_ns, 1500);
    assert_text(first->response.message.body, "folded line\nnext");
    static const struct td_field trailer[] = {FIELD("Grpc-Status", "0")};
    assert_fields(&first->response.message.trailer, trailer, 1);

    const struct td_interaction *second = &cassette->interactions[1];
    assert_int_equal(second->id, 12);
    assert_text(second->request.message.body, "");
    assert_int_equal(second->response.code, 503);
    assert_int_equal(second->response.duration_ns, -2500000);
    assert_int_equal(second->response.message.content_length, 7);

    const struct td_interaction *third = &cassette->interactions[2];
    assert_int_equal(third->id, 2);
    assert_text(third->request.url, "");
    assert_int_equal(third->response.code, 200);
    assert_int_equal(third->response.duration_ns, 0);
    assert_text(third->response.message.body, "\0\x01\xc3\xbf\xc3\xa9\tend");
    td_cassette_free(cassette);
}

static void test_binary(void **state)
{
    (void)state;
    struct td_cassette *cassette = load("dialects", "binary.yaml");
    const struct td_interaction *first = &cassette->interactions[0];
    assert_int_equal(first->id, 7);
    assert_text(first->request.message.body, "\0\1\2\xff");
    assert_text(first->request.url, "https://api.example.com/");
    assert_text(first->response.message.body,
                "\037\213\010\000\000\000\000\000\002\003\313H\315\311\311W(\317/"
                "\312I\341\002\000-;\010\257\014\000\000\000");
    assert_int_equal(first->response.message.headers.count, 2);
    assert_text(first->response.message.headers.items[1].value, "");
    td_cassette_free(cassette);
}

/* A name in base64 is decoded, and is another one than that text. */
static void test_binary_names(void **state)
{
    (void)state;
    static const struct {
        const char *more; /* further names: many are compared in another way than a few */
        size_t count;
    } rows[] = {
        {"", 3},
        {", a: [], b: [], c: [], d: [], e: [], f: [], g: [], h: [], i: [], j: [], k: [], l: [], "
         "m: [], n: []",
         3},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[512];
        snprintf(text, sizeof text,
                 "version: 2\ninteractions:\n- request: {url: u, headers: {!!binary /w==: [1], "
                 "/w==: [2], null: [3]%s}}\n  response: {code: 200}\n",
                 rows[i].more);
        struct td_cassette *cassette = parse(text);
        const struct td_fields *headers = &cassette->interactions[0].request.message.headers;
        assert_int_equal(headers->count, rows[i].count);
        assert_text(headers->items[0].name, "\xff");
        assert_text(headers->items[1].name, "/w==");
        assert_text(headers->items[2].name, "null");
        td_cassette_free(cassette);
    }
    struct td_error err;
    struct td_cassette *cassette;
    assert_int_equal(td_cassette_parse("t",
                                       TD_BYTES("version: 2\ninteractions:\n- request: {url: u, "
                                                "headers: {!!binary YQ==: 1, !!binary YQ==: 2}}\n"
                                                "  response: {code: 200}\n"),
                                       &cassette, &err),
                     TD_ERR_FORMAT);
    assert_string_equal(err.message, "key 'YQ==' stands twice in one mapping, first in line 3, "
                                     "column 31");
}

static void test_no_interactions(void **state)
{
    (void)state;
    struct td_cassette *cassette = load("dialects", "none.yaml");
    assert_int_equal(cassette->count, 0);
    td_cassette_free(cassette);
}

static void test_seeds(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        size_t count;
        struct {
            const char *url;
            size_t request_len, response_len;
            const char *ends;
            int64_t duration_ns;
        } interactions[2];
    } seeds[] = {
        {"openai-chat-hello.yaml",
         1,
         {{"https://api.openai.com/v1/chat/completions", 210, 1836, "\n\ndata: [DONE]\n\n",
           626391292}}},
        {"openai-chat-parallel-tools.yaml",
         2,
         {{"https://api.openai.com/v1/chat/completions", 853, 5059, "\n\ndata: [DONE]\n\n",
           1289255208},
          {"https://api.openai.com/v1/chat/completions", 1284, 9418, "\n\ndata: [DONE]\n\n",
           2556743167}}},
        {"openai-chat-weather-tool.yaml",
         2,
         {{"https://api.openai.com/v1/chat/completions", 502, 4225, "\n\ndata: [DONE]\n\n",
           828397667},
          {"https://api.openai.com/v1/chat/completions", 754, 5142, "\n\ndata: [DONE]\n\n",
           637852666}}},
        {"openai-responses-weather-tool.yaml",
         2,
         {{"https://api.openai.com/v1/responses", 502, 6813, "metadata\":{}}}\n\n", 241611625},
          {"https://api.openai.com/v1/responses", 737, 8031, "metadata\":{}}}\n\n", 235374000}}},
        {"llama-cpp-reasoning-weather-tool.yaml",
         2,
         {{"http://localhost:8080/v1/chat/completions", 523, 7667, "\n\ndata: [DONE]\n\n", 980667},
          {"http://localhost:8080/v1/chat/completions", 873, 4575, "\n\ndata: [DONE]\n\n",
           2833375}}},
    };
    for (size_t i = 0; i < COUNT(seeds); i++) {
        struct td_cassette *cassette = load("seeds", seeds[i].name);
        assert_int_equal(cassette->count, seeds[i].count);
        for (size_t k = 0; k < seeds[i].count; k++) {
            const struct td_interaction *one = &cassette->interactions[k];
            struct td_bytes body = one->response.message.body;
            struct td_bytes ends = td_bytes_of(seeds[i].interactions[k].ends);
            assert_int_equal(one->id, k);
            assert_bytes(one->request.url, td_bytes_of(seeds[i].interactions[k].url));
            assert_text(one->request.method, "POST");
            assert_int_equal(one->request.message.body.len, seeds[i].interactions[k].request_len);
            assert_int_equal(one->request.message.content_length, one->request.message.body.len);
            assert_int_equal(body.len, seeds[i].interactions[k].response_len);
            assert_bytes(td_bytes(body.data + body.len - ends.len, ends.len), ends);
            assert_int_equal(one->response.code, 200);
            assert_text(one->response.status, "200 OK");
            assert_int_equal(one->response.duration_ns, seeds[i].interactions[k].duration_ns);
            assert_int_equal(one->request.message.headers.count, 3);
            assert_int_equal(one->response.message.headers.count, 1);
        }
        td_cassette_free(cassette);
    }
}

static void test_long_lines(void **state)
{
    (void)state;
    const size_t len = 512 * 1024;
    struct td_buf text;
    td_buf_init(&text);
    td_buf_put_text(&text, "version: 2\ninteractions:\n- request: {url: u, body: '");
    for (size_t i = 0; i < len; i++)
        td_buf_put_char(&text, (char)('a' + i % 26));
    td_buf_put_text(&text, "'}\n  response:\n    body: |\n      ");
    for (size_t i = 0; i < len / 2; i++)
        td_buf_put_text(&text, "é");
    td_buf_put_text(&text, "\n    code: 200\n");
    struct td_cassette *cassette = parse(text.data);
    struct td_bytes body = cassette->interactions[0].request.message.body;
    assert_int_equal(body.len, len);
    for (size_t i = 0; i < len; i++)
        assert_true(body.data[i] == (char)('a' + i % 26));
    assert_int_equal(cassette->interactions[0].response.message.body.len, len + 1);
    td_cassette_free(cassette);
    td_buf_release(&text);
}

/* The caller's bytes may go: all of the cassette is its own. */
static void test_owns_its_bytes(void **state)
{
    (void)state;
    struct td_file file;
    assert_int_equal(td_file_open(&file, data_path("dialects", "compact.yaml"), 1 << 20, NULL), 0);
    char *copy = malloc(file.content.len);
    assert_non_null(copy);
    memcpy(copy, file.content.data, file.content.len);
    struct td_cassette *cassette, *expected = load("dialects", "compact.yaml");
    assert_int_equal(td_cassette_parse("t", td_bytes(copy, file.content.len), &cassette, NULL), 0);
    memset(copy, 'x', file.content.len);
    free(copy);
    assert_same(cassette, expected);
    td_cassette_free(cassette);
    td_cassette_free(expected);
    td_cassette_free(NULL);
    td_file_close(&file);
}

/* The same interaction through an alias is one of its own, with its own place. */
static void test_aliased_interaction(void **state)
{
    (void)state;
    struct td_cassette *cassette =
        parse("version: 2\ninteractions:\n- &i\n  request: &r {url: u, headers: {a: &v [1, 2]}}\n"
              "  response: {code: 200, headers: {b: *v}}\n- *i\n- request: *r\n"
              "  response: {code: 201}\n");
    assert_int_equal(cassette->count, 3);
    assert_mark(cassette->interactions[1].mark, 6, 3);
    assert_mark(cassette->interactions[2].request.message.mark, 7, 12);
    assert_text(cassette->interactions[1].request.url, "u");
    assert_int_equal(cassette->interactions[1].id, 1);
    assert_int_equal(cassette->interactions[1].response.message.headers.count, 2);
    assert_text(cassette->interactions[1].response.message.headers.items[1].value, "2");
    td_cassette_free(cassette);
}

/* ---- what is broken ---- */

static void assert_error(const struct td_error *err, const char *name, int code,
                         const char *expected)
{
    char found[2048];
    snprintf(found, sizeof found, "%u:%u: %s", err->line, err->column, err->message);
    if (err->code != code || strcmp(found, expected) != 0)
        fail_msg("%s (%d)\n  %s\nand not\n  %s", name, err->code, found, expected);
}

static void test_broken_files(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int code;
        const char *error;
    } rows[] = {
        {"alias-bomb-headers", TD_ERR_LIMIT,
         "14:26: aliases stand for too much, from '*a5' on; write the values out"},
        {"alias-bomb", TD_ERR_LIMIT,
         "9:22: aliases stand for too much, from '*a5' on; write the values out"},
        {"alias-cycle", TD_ERR_SYNTAX, "8:9: alias '*a' stands inside what it stands for"},
        {"alias-undefined", TD_ERR_SYNTAX,
         "7:15: alias '*nowhere' has no anchor '&nowhere' before it"},
        {"bad-base64", TD_ERR_FORMAT, "15:11: 'body' is not base64: character 5 does not fit"},
        {"bad-duration", TD_ERR_FORMAT,
         "19:15: 'duration' must be a duration such as 1m2.5s or 626ms, and is '1.5 fortnights'"},
        {"binary-junk", TD_ERR_SYNTAX,
         "1:1: not YAML: raw character U+007F; write it as an escape in double quotes, or the "
         "value as !!binary"},
        {"comments-only", TD_ERR_SYNTAX, "1:1: holds nothing but comments"},
        {"control-character", TD_ERR_SYNTAX,
         "16:8: not YAML: raw character U+001B; write it as an escape in double quotes, or the "
         "value as !!binary"},
        {"cut-in-base64", TD_ERR_FORMAT,
         "13:11: 'body' is base64 without its end; the file may be cut short"},
        {"cut-in-block-body", TD_ERR_FORMAT,
         "12:5: the response has no 'code'; the file may be cut short"},
        {"cut-in-flow", TD_ERR_SYNTAX,
         "3:1: not YAML: did not find expected node content while parsing a flow node; the file "
         "may be cut short"},
        {"cut-in-headers", TD_ERR_FORMAT,
         "12:5: the response has no 'code'; the file may be cut short"},
        {"cut-in-key", TD_ERR_SYNTAX,
         "18:5: not YAML: could not find expected ':' while scanning a simple key; the file may be "
         "cut short"},
        {"cut-in-quoted-body", TD_ERR_SYNTAX,
         "15:11: not YAML: found unexpected end of stream while scanning a quoted scalar; the file "
         "may be cut short"},
        {"cut-in-request", TD_ERR_FORMAT,
         "4:3: the interaction has no 'response'; the file may be cut short"},
        {"duplicate-header", TD_ERR_FORMAT,
         "9:7: key 'Accept' stands twice in one mapping, first in line 7, column 7"},
        {"duplicate-key", TD_ERR_FORMAT,
         "20:5: key 'code' stands twice in one mapping, first in line 18, column 5"},
        {"empty", TD_ERR_SYNTAX, "1:1: is empty"},
        {"gzip", TD_ERR_SYNTAX,
         "1:1: not YAML: raw character U+001F; write it as an escape in double quotes, or the "
         "value as !!binary"},
        {"header-mapping", TD_ERR_FORMAT, "8:9: 'Accept' must be text, and is a mapping"},
        {"interaction-text", TD_ERR_FORMAT,
         "20:3: 'interactions' must be a list of mappings, and is 'second'"},
        {"interactions-mapping", TD_ERR_FORMAT,
         "4:3: 'interactions' must be a list, and is a mapping"},
        {"interactions-missing", TD_ERR_FORMAT,
         "2:1: the cassette has no 'interactions'; the file may be cut short"},
        {"interactions-null", TD_ERR_FORMAT,
         "3:14: 'interactions' is empty; the file may be cut short; a cassette without any says "
         "'interactions: []'"},
        {"invalid-utf8", TD_ERR_SYNTAX,
         "16:13: not UTF-8 (invalid trailing UTF-8 octet); a value that is not text is written as "
         "!!binary"},
        {"lone-byte", TD_ERR_SYNTAX,
         "16:8: not UTF-8 (invalid leading UTF-8 octet); a value that is not text is written as "
         "!!binary"},
        {"merge-key", TD_ERR_FORMAT,
         "11:5: merge keys ('<<') are not read; write out the keys that it brings in"},
        {"no-code", TD_ERR_FORMAT, "12:5: the response has no 'code'"},
        {"no-request", TD_ERR_FORMAT,
         "4:3: the interaction has no 'request'; the file may be cut short"},
        {"no-response", TD_ERR_FORMAT, "4:3: the interaction has no 'response'"},
        {"no-url", TD_ERR_FORMAT, "6:5: the request has no 'url'"},
        {"other-yaml", TD_ERR_FORMAT,
         "1:1: not a cassette: neither 'version' nor 'interactions' at the top level"},
        {"overflow", TD_ERR_FORMAT,
         "18:11: 'code' must be between -2147483648 and 2147483647, and is '99999999999999999999'"},
        {"request-list", TD_ERR_FORMAT, "5:12: 'request' must be a mapping, and is a list"},
        {"tab-indent", TD_ERR_SYNTAX,
         "6:1: not YAML: found character that cannot start any token while scanning for the next "
         "token; YAML is indented with spaces, never with tabs"},
        {"top-empty", TD_ERR_FORMAT,
         "1:4: not a cassette: the top level is empty, not a mapping with 'version' and "
         "'interactions'"},
        {"top-list", TD_ERR_FORMAT,
         "2:1: not a cassette: the top level is a list, not a mapping with 'version' and "
         "'interactions'"},
        {"top-text", TD_ERR_FORMAT,
         "2:1: not a cassette: the top level is text, not a mapping with 'version' and "
         "'interactions'"},
        {"trailing-text", TD_ERR_FORMAT,
         "2:1: more follows the end of the document here, and a cassette is one document"},
        {"two-documents", TD_ERR_FORMAT,
         "20:1: more follows the end of the document here, and a cassette is one document"},
        {"unclosed-quote", TD_ERR_SYNTAX,
         "9:10: not YAML: found unexpected end of stream while scanning a quoted scalar; the file "
         "may be cut short"},
        {"utf16", TD_ERR_SYNTAX, "1:1: is UTF-16; save it as UTF-8"},
        {"version-1", TD_ERR_VERSION,
         "2:10: a version-1 cassette; only version 2 is read: 'tapedeck convert FILE > NEW' makes "
         "one "
         "of it"},
        {"version-3", TD_ERR_VERSION,
         "2:10: a version-3 cassette; this tapedeck reads version 2, a newer one may read it"},
        {"version-list", TD_ERR_VERSION, "2:10: 'version' must be the number 2, and is a list"},
        {"version-none", TD_ERR_VERSION,
         "2:1: the cassette has no 'version'; the file may be cut short, or the line 'version: 2' "
         "is to be added"},
        {"version-null", TD_ERR_VERSION, "2:9: 'version' must be the number 2, and is empty"},
        {"version-word", TD_ERR_VERSION, "2:10: 'version' must be the number 2, and is 'two'"},
    };
    size_t files = 0;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct td_cassette *cassette = NULL;
        struct td_error err;
        char name[80];
        snprintf(name, sizeof name, "%s.yaml", rows[i].name);
        const char *path = data_path("broken", name);
        int status = td_cassette_load(path, &cassette, &err);
        if (status != rows[i].code)
            fail_msg("%s: %d, not %d", name, status, rows[i].code);
        assert_string_equal(err.file, path);
        assert_error(&err, name, rows[i].code, rows[i].error);
        assert_null(cassette);
        assert_int_equal(td_cassette_load(path, &cassette, NULL), rows[i].code);
    }
    /* And there are no others. */
    DIR *dir = opendir(data_path("broken", ""));
    assert_non_null(dir);
    for (struct dirent *entry; (entry = readdir(dir));)
        files += entry->d_name[0] != '.';
    closedir(dir);
    assert_int_equal(files, COUNT(rows));
}

/* A value of the wrong type in each typed key, in a cassette that is right otherwise. */
static void test_wrong_types(void **state)
{
    (void)state;
    static const struct {
        const char *key, *value, *error;
    } rows[] = {
        {"request/proto", "[a]", "'proto' must be text, and is a list"},
        {"request/proto_major", "true", "'proto_major' must be a whole number, and is 'true'"},
        {"request/proto_major", "2147483648",
         "'proto_major' must be between -2147483648 and 2147483647, and is '2147483648'"},
        {"request/proto_minor", "1.0", "'proto_minor' must be a whole number, and is '1.0'"},
        {"request/proto_minor", "-2147483649",
         "'proto_minor' must be between -2147483648 and 2147483647, and is '-2147483649'"},
        {"request/content_length", "{a: 1}",
         "'content_length' must be a whole number, and is a mapping"},
        {"request/content_length", "9223372036854775808",
         "'content_length' must be between -9223372036854775808 and 9223372036854775807, and is "
         "'9223372036854775808'"},
        {"request/content_length", "010", "'content_length' must be a whole number, and is '010'"},
        {"request/content_length", "''", "'content_length' must be a whole number, and is ''"},
        {"request/content_length", "+-1", "'content_length' must be a whole number, and is '+-1'"},
        {"request/transfer_encoding", "{a: 1}",
         "'transfer_encoding' must be text, and is a mapping"},
        {"request/transfer_encoding", "[a, [b]]",
         "'transfer_encoding' must be text, and is a list"},
        {"request/trailer", "[a]",
         "'trailer' must be a mapping of names to lists of text, and is "
         "a list"},
        {"request/host", "{}", "'host' must be text, and is a mapping"},
        {"request/remote_addr", "[]", "'remote_addr' must be text, and is a list"},
        {"request/request_uri", "[]", "'request_uri' must be text, and is a list"},
        {"request/body", "{a: b}", "'body' must be text, and is a mapping"},
        {"request/body", "!!binary 'YQ'", "'body' is base64 without its end"},
        {"request/body", "!!binary YQ==YQ==", "'body' is not base64: character 5 does not fit"},
        {"request/form", "a=b", "'form' must be a mapping of names to lists of text, and is 'a=b'"},
        {"request/headers", "text",
         "'headers' must be a mapping of names to lists of text, and is "
         "'text'"},
        {"request/headers", "{[a]: b}",
         "'headers' must be a mapping whose keys are text, and is a "
         "list"},
        {"request/headers", "{a: {b: c}}", "'a' must be text, and is a mapping"},
        {"request/headers", "{a: [{b: c}]}", "'a' must be text, and is a mapping"},
        {"request/headers", "{<<: {b: c}}",
         "merge keys ('<<') are not read; write out the keys that it brings in"},
        {"request/method", "[GET]", "'method' must be text, and is a list"},
        {"response/status", "[200]", "'status' must be text, and is a list"},
        {"response/uncompressed", "1", "'uncompressed' must be true or false, and is '1'"},
        {"response/uncompressed", "[true]", "'uncompressed' must be true or false, and is a list"},
        {"response/code", "OK", "'code' must be a whole number, and is 'OK'"},
        {"response/code", "20", "'code' must be a status such as 200, and is 20"},
        {"response/code", "1000", "'code' must be a status such as 200, and is 1000"},
        {"response/code", "-200", "'code' must be a status such as 200, and is -200"},
        {"response/duration", "fast",
         "'duration' must be a duration such as 1m2.5s or 626ms, and is 'fast'"},
        {"response/duration", "[1s]",
         "'duration' must be a duration such as 1m2.5s or 626ms, and is a list"},
        {"response/duration", "9223372036854775808",
         "'duration' must be a duration of less than 292 years, and is '9223372036854775808'"},
        {"id", "x", "'id' must be a whole number, and is 'x'"},
        {"request/id", "x", "'id' must be a whole number, and is 'x'"},
        {"id", "ééééééééééééééééééééé",
         "'id' must be a whole number, and is 'éééééééééééééééééééé...'"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *key = strchr(rows[i].key, '/');
        bool request = strncmp(rows[i].key, "request/", 8) == 0;
        bool code = strcmp(rows[i].key, "response/code") == 0;
        char text[1024], expected[512];
        struct td_cassette *cassette;
        struct td_error err;
        int at = 0, place = 0;
        key = key ? key + 1 : rows[i].key;
        /* The value stands in line 4, a name longer than its column. */
        at = snprintf(text, sizeof text, "version: 2\ninteractions:\n- ");
        if (key == rows[i].key)
            at += snprintf(text + at, sizeof text - (size_t)at, "\n  %s: %n%s\n  ", key, &place,
                           rows[i].value);
        else
            at += snprintf(text + at, sizeof text - (size_t)at, "%s:\n    %s: %n%s\n    %s\n  ",
                           request ? "request" : "response", key, &place, rows[i].value,
                           request ? "url: u"
                           : code  ? "other: x"
                                   : "code: 200");
        snprintf(text + at, sizeof text - (size_t)at, "%s%s",
                 request ? "" : "request: {url: u}\n  ",
                 request || key == rows[i].key ? "response: {code: 200}\n" : "end: x\n");
        place -= (int)strlen(key == rows[i].key ? "\n" : request ? "request:\n" : "response:\n");
        /* The place of the value itself, or of what is wrong inside of it. */
        const char *inner = strstr(rows[i].error, "merge")                ? "<<"
                            : strstr(rows[i].error, "keys are text")      ? "[a]"
                            : strcmp(rows[i].value, "{a: {b: c}}") == 0   ? "{b"
                            : strcmp(rows[i].value, "{a: [{b: c}]}") == 0 ? "{b"
                            : strcmp(rows[i].value, "[a, [b]]") == 0      ? "[b"
                                                                          : NULL;
        if (inner)
            place += (int)(strstr(rows[i].value, inner) - rows[i].value);
        if (td_cassette_parse("t", td_bytes_of(text), &cassette, &err) == 0)
            fail_msg("was read:\n%s", text);
        snprintf(expected, sizeof expected, "4:%d: %s", place + 1, rows[i].error);
        assert_error(&err, text, TD_ERR_FORMAT, expected);
    }
}

static char *temporary(void)
{
    static char path[] = "/tmp/test_reader.XXXXXX";
    memcpy(path + sizeof path - 7, "XXXXXX", 6);
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    return path;
}

static void test_files(void **state)
{
    (void)state;
    struct td_cassette *cassette;
    struct td_error err;
    char text[2048];
    assert_int_equal(td_cassette_load("/nowhere/x.yaml", &cassette, &err), TD_ERR_IO);
    assert_string_equal(td_error_format(&err, text, sizeof text),
                        "/nowhere/x.yaml: cannot open: No such file or directory");
    assert_int_equal(td_cassette_load("/", &cassette, &err), TD_ERR_IO);
    assert_string_equal(td_error_format(&err, text, sizeof text), "/: is a directory, not a file");

    /* A gigabyte, without a byte of it on disk or in memory. */
    char *path = temporary();
    clock_t start = clock();
    assert_int_equal(truncate(path, 1 << 30), 0);
    assert_int_equal(td_cassette_load(path, &cassette, &err), TD_ERR_LIMIT);
    assert_string_equal(err.message,
                        "file is too large: 1073741824 bytes or more, and the limit is 536870912");
    assert_true(clock() - start < CLOCKS_PER_SEC);
    unlink(path);
}

static void test_fifty_megabytes_of_a(void **state)
{
    (void)state;
    const size_t len = 50 * 1000 * 1000;
    char *text = malloc(len);
    struct td_cassette *cassette;
    struct td_error err;
    assert_non_null(text);
    memset(text, 'a', len);
    assert_int_equal(td_cassette_parse("t", td_bytes(text, len), &cassette, &err), TD_ERR_FORMAT);
    assert_error(&err, "a", TD_ERR_FORMAT,
                 "1:1: not a cassette: the top level is text, not a mapping with 'version' and "
                 "'interactions'");
    free(text);
}

/* Cut anywhere, a cassette is an error or has lost only what may be left out: never half a body. */
static void test_cut_anywhere(void **state)
{
    (void)state;
    static const char *const names[] = {"go-vcr.yaml", "compact.yaml", "double-quoted.yaml",
                                        "json.yaml", "pyyaml.yaml"};
    for (size_t i = 0; i < COUNT(names); i++) {
        struct td_file file;
        struct td_cassette *whole = load("dialects", names[i]), *cut;
        assert_int_equal(td_file_open(&file, data_path("dialects", names[i]), 1 << 20, NULL), 0);
        for (size_t len = 0; len < file.content.len; len++) {
            /* In memory of its own, so that a byte read behind it is seen. */
            char *text = malloc(len ? len : 1);
            struct td_error err;
            assert_non_null(text);
            memcpy(text, file.content.data, len);
            if (td_cassette_parse("t", td_bytes(text, len), &cut, &err) == 0) {
                for (size_t k = 0; k < cut->count; k++) {
                    assert_bytes(cut->interactions[k].response.message.body,
                                 whole->interactions[k].response.message.body);
                    assert_bytes(cut->interactions[k].request.message.body,
                                 whole->interactions[k].request.message.body);
                    assert_int_equal(cut->interactions[k].response.code,
                                     whole->interactions[k].response.code);
                }
                td_cassette_free(cut);
            } else {
                assert_true(err.line >= 1 && err.column >= 1 && err.message[0]);
            }
            free(text);
        }
        td_cassette_free(whole);
        td_file_close(&file);
    }
}

/* ---- parts ---- */

static void test_durations(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t ns;
    } good[] = {
        {"", 0},
        {"0", 0},
        {"0s", 0},
        {"1500", 1500},
        {"-1500", -1500},
        {"1m2.5s", 62500000000},
        {"1h15m30.918273645s", 4530918273645},
        {"980.667\xc2\xb5s", 980667},
        {"980.667\xce\xbcs", 980667},
        {"980.667us", 980667},
        {"626.391292ms", 626391292},
        {"1.289255208s", 1289255208},
        {"-1.5h", -5400000000000},
        {"+5s", 5000000000},
        {".5s", 500000000},
        {"5.s", 5000000000},
        {"1ns", 1},
        {"0.9ns", 0},
        {"0.3333333333333333333333h", 1199999999999},
        {"0.100000000000000000000h", 360000000000},
        {"39h9m14.425s", 140954425000000},
        {"9223372036854775807ns", INT64_MAX},
        {"9223372036854775807", INT64_MAX},
        {"-9223372036854775808ns", INT64_MIN},
        {"2562047h47m16.854775807s", INT64_MAX},
    };
    static const char *const bad[] = {"-",   "s",     ".",      ".s",  "1.5",  "1d",   "1 s",
                                      " 1s", "1s ",   "1.2.3s", "1ss", "1sm",  "--1s", "1e3s",
                                      "1s1", "\xb5s", "1M",     "5.",  "1s-1s"};
    static const char *const large[] = {
        "9223372036854775808ns", "9223372036854775808",      "-9223372036854775809ns", "2562048h",
        "99999999999999999999h", "9223372036854775807ns1ns", "1000000h2000000h"};
    int64_t ns;
    for (size_t i = 0; i < COUNT(good); i++) {
        if (td_duration_parse(td_bytes_of(good[i].text), &ns) != TD_DURATION_OK)
            fail_msg("'%s' is a duration", good[i].text);
        if (ns != good[i].ns)
            fail_msg("'%s' is %lld, not %lld", good[i].text, (long long)good[i].ns, (long long)ns);
    }
    for (size_t i = 0; i < COUNT(bad); i++)
        if (td_duration_parse(td_bytes_of(bad[i]), &ns) != TD_DURATION_BAD)
            fail_msg("'%s' is no duration", bad[i]);
    for (size_t i = 0; i < COUNT(large); i++)
        if (td_duration_parse(td_bytes_of(large[i]), &ns) != TD_DURATION_TOO_LARGE)
            fail_msg("'%s' is too large", large[i]);
}

static void test_base64(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        struct td_bytes bytes;
    } good[] = {
        {"", {"", 0}},
        {" \n", {"", 0}},
        {"YQ==", {"a", 1}},
        {"YWI=", {"ab", 2}},
        {"YWJj", {"abc", 3}},
        {" Y W\nJ\tj\r\nYQ = =\n", {"abca", 4}},
        {"+/+/", {"\xfb\xff\xbf", 3}},
        {"AAAA", {"\0\0\0", 3}},
    };
    static const struct {
        const char *text;
        size_t bad;
    } bad[] = {
        {"Y", 1},    {"YQ", 2},    {"YQ=", 3},   {"YQ==Y", 4}, {"Y===", 1},     {"=", 0},
        {"YQ=a", 3}, {"YQ===", 4}, {"YWI==", 4}, {"Y-I=", 1},  {"YW\xc3I=", 2},
    };
    struct td_arena arena;
    struct td_bytes bytes;
    size_t at;
    td_arena_init(&arena);
    for (size_t i = 0; i < COUNT(good); i++) {
        assert_true(td_base64_decode(&arena, td_bytes_of(good[i].text), &bytes, &at));
        assert_bytes(bytes, good[i].bytes);
    }
    for (size_t i = 0; i < COUNT(bad); i++) {
        if (td_base64_decode(&arena, td_bytes_of(bad[i].text), &bytes, &at))
            fail_msg("'%s' is no base64", bad[i].text);
        if (at != bad[i].bad)
            fail_msg("'%s' is wrong at %zu, not %zu", bad[i].text, bad[i].bad, at);
    }
    td_arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_go_vcr),         cmocka_unit_test(test_same_in_every_dialect),
        cmocka_unit_test(test_values),         cmocka_unit_test(test_binary),
        cmocka_unit_test(test_binary_names),   cmocka_unit_test(test_no_interactions),
        cmocka_unit_test(test_seeds),          cmocka_unit_test(test_long_lines),
        cmocka_unit_test(test_owns_its_bytes), cmocka_unit_test(test_aliased_interaction),
        cmocka_unit_test(test_broken_files),   cmocka_unit_test(test_wrong_types),
        cmocka_unit_test(test_files),          cmocka_unit_test(test_fifty_megabytes_of_a),
        cmocka_unit_test(test_cut_anywhere),   cmocka_unit_test(test_durations),
        cmocka_unit_test(test_base64),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
