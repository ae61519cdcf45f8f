/* SPDX-License-Identifier: MIT */
/* The response writer: what is on the wire, what was recorded, and that the edits are the whole
 * difference between the two. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "http/response.h"

#define B TD_BYTES
#define FIELDS(...)                                                                                \
    ((struct td_fields){(const struct td_field[]){__VA_ARGS__},                                    \
                        sizeof((const struct td_field[]){__VA_ARGS__}) / sizeof(struct td_field)})
#define F(name, value)                                                                             \
    {                                                                                              \
        B(name), B(value)                                                                          \
    }
#define CODINGS(...)                                                                               \
    ((struct td_list){(const struct td_bytes[]){__VA_ARGS__},                                      \
                      sizeof((const struct td_bytes[]){__VA_ARGS__}) / sizeof(struct td_bytes)})

static const char *const framings[] = {"none", "length", "chunked"};

/* Applies the edits to the wire, line by line, as a reader that shows the head would. */
static void apply(const struct td_head *head, struct td_buf *out)
{
    size_t at = 0, edit = 0;
    td_buf_clear(out);
    while (at < head->wire.len) {
        const char *line = head->wire.data + at;
        size_t len = (size_t)((char *)memchr(line, '\n', head->wire.len - at) - line) + 1;
        assert_true(len >= 2 && line[len - 2] == '\r');
        if (edit < head->edit_count && head->edits[edit].wire.data == line) {
            assert_int_equal(head->edits[edit].wire.len, len);
            td_buf_put_bytes(out, head->edits[edit++].recorded);
        } else {
            td_buf_put(out, line, len);
        }
        at += len;
    }
    assert_int_equal(edit, head->edit_count);
}

/* No line but the last is empty, and each but the first has a name and a colon. */
static void check_form(const struct td_head *head)
{
    const char *line = head->wire.data, *end = line + head->wire.len;
    assert_null(memchr(line, '\0', head->wire.len));
    for (bool first = true; line < end; first = false) {
        const char *lf = memchr(line, '\n', (size_t)(end - line));
        assert_non_null(lf);
        assert_true(lf > line && lf[-1] == '\r');
        assert_null(memchr(line, '\r', (size_t)(lf - 1 - line)));
        if (lf + 1 == end)
            assert_true(lf - 1 == line);
        else if (!first)
            assert_true(memchr(line, ':', (size_t)(lf - line)) > (const void *)line);
        line = lf + 1;
    }
}

static void write_head(struct td_head *head, const struct td_recorded_response *response,
                       struct td_bytes method)
{
    struct td_error err = {0};
    struct td_buf shown;
    td_buf_init(&shown);
    assert_int_equal(td_head_write(head, response, method, NULL, NULL, &err), 0);
    assert_false(td_buf_failed(&head->wire));
    check_form(head);
    apply(head, &shown);
    assert_true(td_bytes_equal(td_buf_view(&shown), td_buf_view(&head->recorded)));
    td_buf_release(&shown);
}

static void check_method(struct td_recorded_response response, const char *method,
                         const char *framing, const char *wire, const char *recorded,
                         const char *tail)
{
    struct td_head head;
    td_head_init(&head);
    write_head(&head, &response, td_bytes_of(method));
    assert_string_equal(framings[head.framing], framing);
    assert_string_equal(head.wire.data, wire);
    assert_string_equal(head.recorded.data, recorded);
    assert_string_equal(head.tail.data ? head.tail.data : "", tail);
    td_head_release(&head);
}

/* A response of HTTP/1.1 with status 200 OK, to which each case adds what it is about. */
#define RESPONSE(...)                                                                              \
    ((struct td_recorded_response){                                                                \
        .code = 200, .status = B("200 OK"), .message = {.proto = B("HTTP/1.1"), __VA_ARGS__}})

#define TAIL "0\r\n\r\n"
#define OK   "HTTP/1.1 200 OK\r\n"

static void check(struct td_recorded_response response, const char *framing, const char *wire,
                  const char *recorded)
{
    check_method(response, "GET", framing, wire, recorded,
                 strcmp(framing, "chunked") == 0 ? TAIL : "");
}

/* The lines of a head as it came: their order, their spelling, and those that were dropped. */
static void test_shown_names(void **state)
{
    (void)state;
    struct td_recorded_response response =
        RESPONSE(.body = B("x"), .content_length = 1,
                 .headers = FIELDS(F("A=b", "1"), F("Date", "today"), F("X%y", "2")));
    response.shape.head = B("X%25y date content-length=1%202 A%3Db gone");
    check(response, "length",
          OK "X%y: 2\r\ndate: today\r\n" TD_HEAD_PLACEHOLDER ": 1\r\n" TD_HEAD_PLACEHOLDER
             ": 2\r\nContent-Length: 1\r\n\r\n",
          OK "X%y: 2\r\ndate: today\r\ncontent-length: 1 2\r\nA=b: 1\r\n\r\n");
}

static void test_length(void **state)
{
    (void)state;
    /* The header was recorded, in its place among the others. */
    check(RESPONSE(.body = B("hello"), .content_length = 5,
                   .headers = FIELDS(F("Date", "today"), F("Content-Length", "5"), F("B", "b"))),
          "length", OK "Date: today\r\nContent-Length: 5\r\nB: b\r\n\r\n",
          OK "Date: today\r\nContent-Length: 5\r\nB: b\r\n\r\n");
    /* Only the number was. */
    check(RESPONSE(.body = B("hello"), .content_length = 5, .headers = FIELDS(F("B", "b"))),
          "length", OK "B: b\r\nContent-Length: 5\r\n\r\n", OK "B: b\r\n\r\n");
    check(RESPONSE(.body = B(""), .content_length = 0), "length", OK "Content-Length: 0\r\n\r\n",
          OK "\r\n");
    /* The header was, the number was left out. */
    check(RESPONSE(.body = B("hello"), .headers = FIELDS(F("content-length", " 5 "))), "length",
          OK "content-length:  5 \r\n\r\n", OK "content-length:  5 \r\n\r\n");
    /* Twice the same. */
    check(RESPONSE(.body = B("hello"),
                   .headers = FIELDS(F("Content-Length", "5"), F("Content-Length", "5"))),
          "length", OK "Content-Length: 5\r\nX-Tapedeck-Line: 1\r\n\r\n",
          OK "Content-Length: 5\r\nContent-Length: 5\r\n\r\n");
}

static void test_chunked(void **state)
{
    (void)state;
    /* No length is known, or it is another one. */
    check(RESPONSE(.body = B("hello"), .content_length = -1, .headers = FIELDS(F("A", "a"))),
          "chunked", OK "A: a\r\nTransfer-Encoding: chunked\r\n\r\n", OK "A: a\r\n\r\n");
    check(RESPONSE(.body = B("hello"), .content_length = 0), "chunked",
          OK "Transfer-Encoding: chunked\r\n\r\n", OK "\r\n");
    check(RESPONSE(.body = B(""), .content_length = -1), "chunked",
          OK "Transfer-Encoding: chunked\r\n\r\n", OK "\r\n");
    /* A length that is not the body's is seen, but not sent. */
    check(RESPONSE(.body = B("hello"), .content_length = 3,
                   .headers = FIELDS(F("A", "a"), F("Content-Length", "3"), F("B", "b"))),
          "chunked", OK "A: a\r\nX-Tapedeck-Line: 1\r\nB: b\r\nTransfer-Encoding: chunked\r\n\r\n",
          OK "A: a\r\nContent-Length: 3\r\nB: b\r\n\r\n");
    check(RESPONSE(.body = B("hello"), .content_length = 5,
                   .headers = FIELDS(F("Content-Length", "5"), F("Content-Length", "x"))),
          "chunked",
          OK "X-Tapedeck-Line: 1\r\nX-Tapedeck-Line: 2\r\nTransfer-Encoding: chunked\r\n\r\n",
          OK "Content-Length: 5\r\nContent-Length: x\r\n\r\n");
}

static void test_codings(void **state)
{
    (void)state;
    /* As the key: shown last. */
    check(RESPONSE(.body = B("hello"), .content_length = -1,
                   .transfer_encoding = CODINGS(B("chunked")), .headers = FIELDS(F("A", "a"))),
          "chunked", OK "A: a\r\nTransfer-Encoding: chunked\r\n\r\n",
          OK "A: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    /* As a header: shown where it was. Not doubled by the key. */
    check(RESPONSE(.body = B("hello"), .content_length = -1,
                   .transfer_encoding = CODINGS(B("chunked")),
                   .headers = FIELDS(F("transfer-encoding", "Chunked"), F("A", "a"),
                                     F("Transfer-Encoding", "chunked"))),
          "chunked", OK "transfer-encoding: Chunked\r\nA: a\r\nX-Tapedeck-Line: 1\r\n\r\n",
          OK "transfer-encoding: Chunked\r\nA: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    /* With a true length as well: the chunks count. */
    check(RESPONSE(.body = B("hello"), .content_length = 5,
                   .transfer_encoding = CODINGS(B("chunked")),
                   .headers = FIELDS(F("Content-Length", "5"))),
          "chunked", OK "X-Tapedeck-Line: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
          OK "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n");
    /* Others, which the recorder has decoded. */
    check(RESPONSE(.body = B("hello"), .content_length = -1,
                   .transfer_encoding = CODINGS(B("gzip"), B("chunked"))),
          "chunked", OK "Transfer-Encoding: chunked\r\n\r\n",
          OK "Transfer-Encoding: gzip, chunked\r\n\r\n");
    check(RESPONSE(.body = B("hello"), .content_length = -1,
                   .headers = FIELDS(F("Transfer-Encoding", "gzip, chunked"))),
          "chunked", OK "X-Tapedeck-Line: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
          OK "Transfer-Encoding: gzip, chunked\r\n\r\n");
    check(RESPONSE(.body = B("hello"), .content_length = 5,
                   .transfer_encoding = CODINGS(B("identity"))),
          "length", OK "Content-Length: 5\r\nX-Tapedeck-Line: 1\r\n\r\n",
          OK "Transfer-Encoding: identity\r\n\r\n");
}

static void test_trailers(void **state)
{
    (void)state;
    check_method(RESPONSE(.body = B("hello"), .content_length = 5,
                          .headers = FIELDS(F("Content-Length", "5"), F("Trailer", "X-Sum")),
                          .trailer = FIELDS(F("X-Sum", "1"), F("bad name", "2"), F("Y", "a\r\nb"))),
                 "GET", "chunked",
                 OK "X-Tapedeck-Line: 1\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n",
                 OK "Content-Length: 5\r\nTrailer: X-Sum\r\n\r\n",
                 "0\r\nX-Sum: 1\r\nY: a  b\r\n\r\n");
}

static void test_bodyless(void **state)
{
    (void)state;
    struct td_recorded_response response =
        RESPONSE(.content_length = 1234, .headers = FIELDS(F("Content-Length", "1234")));
    check_method(response, "HEAD", "none", OK "Content-Length: 1234\r\n\r\n",
                 OK "Content-Length: 1234\r\n\r\n", "");
    response = RESPONSE(.content_length = 1234);
    check_method(response, "HEAD", "none", OK "Content-Length: 1234\r\n\r\n", OK "\r\n", "");
    response = RESPONSE(.content_length = 0);
    check_method(response, "HEAD", "none", OK "\r\n", OK "\r\n", "");
    response = RESPONSE(.content_length = -1, .transfer_encoding = CODINGS(B("chunked")));
    check_method(response, "HEAD", "none", OK "X-Tapedeck-Line: 1\r\n\r\n",
                 OK "Transfer-Encoding: chunked\r\n\r\n", "");
    response = RESPONSE(.content_length = 5, .body = B("hello"),
                        .headers = FIELDS(F("Content-Encoding", "gzip"), F("A", "a")));
    static const struct {
        int code;
        const char *line;
    } codes[] = {
        {101, "HTTP/1.1 101 Switching Protocols\r\n"},
        {103, "HTTP/1.1 103 Early Hints\r\n"},
        {204, "HTTP/1.1 204 No Content\r\n"},
        {304, "HTTP/1.1 304 Not Modified\r\n"},
    };
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        char wire[128];
        snprintf(wire, sizeof wire, "%sContent-Encoding: gzip\r\nA: a\r\n\r\n", codes[i].line);
        response.code = codes[i].code;
        response.status = B("");
        check_method(response, "GET", "none", wire, wire, "");
    }
    response.message.transfer_encoding = CODINGS(B("chunked"));
    check_method(response, "GET", "none",
                 "HTTP/1.1 304 Not Modified\r\nContent-Encoding: gzip\r\nA: a\r\n\r\n",
                 "HTTP/1.1 304 Not Modified\r\nContent-Encoding: gzip\r\nA: a\r\n\r\n", "");
    assert_true(td_head_bodyless(B("HEAD"), 200));
    assert_true(td_head_bodyless(B("GET"), 199));
    assert_false(td_head_bodyless(B("head"), 200));
    assert_false(td_head_bodyless(B("GET"), 205));
    assert_false(td_head_bodyless(B("GET"), 200));
}

static void test_status_lines(void **state)
{
    (void)state;
    static const struct {
        const char *proto;
        int major, minor, code;
        const char *status;
        const char *wire, *recorded;
    } rows[] = {
        {"HTTP/1.1", 1, 1, 200, "200 OK", OK, OK},
        {"HTTP/2.0", 2, 0, 200, "200 OK", OK, "HTTP/2 200 \r\n"},
        {"HTTP/2", 2, 0, 200, "200 OK", OK, "HTTP/2 200 \r\n"},
        {"HTTP/3.0", 3, 0, 404, "404 Not Found", "HTTP/1.1 404 Not Found\r\n", "HTTP/3 404 \r\n"},
        {"HTTP/1.0", 1, 0, 404, "404 Not Found", "HTTP/1.1 404 Not Found\r\n",
         "HTTP/1.0 404 Not Found\r\n"},
        {"", 2, 0, 200, "200 OK", OK, "HTTP/2 200 \r\n"},
        {"", 1, 0, 200, "200 OK", OK, "HTTP/1.0 200 OK\r\n"},
        {"", 1, 1, 200, "200 OK", OK, OK},
        {"", 0, 0, 200, "200 OK", OK, OK},
        {"odd", 0, 0, 200, "200 OK", OK, OK},
        {"HTTP/", 0, 0, 200, "200 OK", OK, OK},
        /* Reasons. */
        {"HTTP/1.1", 1, 1, 200, "", OK, OK},
        {"HTTP/1.1", 1, 1, 200, "Fine", "HTTP/1.1 200 Fine\r\n", "HTTP/1.1 200 Fine\r\n"},
        {"HTTP/1.1", 1, 1, 200, "200 Very Well", "HTTP/1.1 200 Very Well\r\n",
         "HTTP/1.1 200 Very Well\r\n"},
        {"HTTP/1.1", 1, 1, 200, "200 ", "HTTP/1.1 200 \r\n", "HTTP/1.1 200 \r\n"},
        {"HTTP/1.1", 1, 1, 200, "200", "HTTP/1.1 200 \r\n", "HTTP/1.1 200 \r\n"},
        {"HTTP/1.1", 1, 1, 429, "200 OK", "HTTP/1.1 429 Too Many Requests\r\n",
         "HTTP/1.1 429 Too Many Requests\r\n"},
        {"HTTP/1.1", 1, 1, 200, "2000 OK", "HTTP/1.1 200 2000 OK\r\n", "HTTP/1.1 200 2000 OK\r\n"},
        {"HTTP/1.1", 1, 1, 0, "503 Busy", "HTTP/1.1 503 Busy\r\n", "HTTP/1.1 503 Busy\r\n"},
        {"HTTP/1.1", 1, 1, 599, "", "HTTP/1.1 599 \r\n", "HTTP/1.1 599 \r\n"},
        {"HTTP/1.1", 1, 1, 200, "200 a\r\nb: c", "HTTP/1.1 200 a  b: c\r\n",
         "HTTP/1.1 200 a  b: c\r\n"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct td_recorded_response response = {
            .code = rows[i].code,
            .status = td_bytes_of(rows[i].status),
            .message = {.proto = td_bytes_of(rows[i].proto),
                        .proto_major = rows[i].major,
                        .proto_minor = rows[i].minor},
        };
        struct td_head head;
        char wire[128], recorded[128];
        td_head_init(&head);
        write_head(&head, &response, B("GET"));
        snprintf(wire, sizeof wire, "%sContent-Length: 0\r\n\r\n", rows[i].wire);
        snprintf(recorded, sizeof recorded, "%s\r\n", rows[i].recorded);
        assert_string_equal(head.wire.data, wire);
        assert_string_equal(head.recorded.data, recorded);
        assert_int_equal(head.code, rows[i].code ? rows[i].code : 503);
        td_head_release(&head);
    }
}

static void test_no_status(void **state)
{
    (void)state;
    static const int codes[] = {0, 99, 1000, -200};
    for (size_t i = 0; i < 4; i++) {
        struct td_recorded_response response = {.code = codes[i]};
        struct td_error err = {0};
        struct td_head head;
        td_head_init(&head);
        assert_int_equal(td_head_write(&head, &response, B("GET"), NULL, NULL, &err),
                         TD_ERR_FORMAT);
        assert_int_equal(err.code, TD_ERR_FORMAT);
        td_head_release(&head);
    }
}

static void test_unsafe_lines(void **state)
{
    (void)state;
    /* Values are made safe on both sides; names that no header can have go as placeholders, and so
     * does what looks like one. */
    check(RESPONSE(.content_length = 0,
                   .headers = FIELDS(F("A", "1\r\nEvil: 2"), F("B", "\0\r\n"), F("b\r\nad", "x"),
                                     F("", "y"), F(" lead", "z"), F("X-Tapedeck-Line", "1"),
                                     F(":status", "200"))),
          "length",
          OK "A: 1  Evil: 2\r\nB:    \r\nX-Tapedeck-Line: 1\r\nX-Tapedeck-Line: 2\r\n"
             "X-Tapedeck-Line: 3\r\nX-Tapedeck-Line: 4\r\nX-Tapedeck-Line: 5\r\n"
             "Content-Length: 0\r\n\r\n",
          OK "A: 1  Evil: 2\r\nB:    \r\nb  ad: x\r\n: y\r\n lead: z\r\nX-Tapedeck-Line: 1\r\n"
             ":status: 200\r\n\r\n");
    /* Connection lines and the like go as they are. */
    check(RESPONSE(.content_length = 0,
                   .headers = FIELDS(F("Connection", "close"), F("Keep-Alive", "timeout=5"),
                                     F("Upgrade", "h2c"), F("Empty", ""), F("Set-Cookie", "a=1"),
                                     F("Set-Cookie", "b=2"))),
          "length",
          OK "Connection: close\r\nKeep-Alive: timeout=5\r\nUpgrade: h2c\r\nEmpty: \r\n"
             "Set-Cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Length: 0\r\n\r\n",
          OK "Connection: close\r\nKeep-Alive: timeout=5\r\nUpgrade: h2c\r\nEmpty: \r\n"
             "Set-Cookie: a=1\r\nSet-Cookie: b=2\r\n\r\n");
}

static void test_content_codings(void **state)
{
    (void)state;
    const struct {
        const char *coding;
        struct td_bytes body;
        bool uncompressed;
        bool sent;
    } rows[] = {
        {"gzip", B("\x1f\x8b\x08"), false, true},
        {"GZip", B("\x1f\x8b\x08"), false, true},
        {"x-gzip", B("\x1f\x8b\x08"), false, true},
        {"gzip", B("{}"), false, false},
        {"gzip", B("\x1f"), false, false},
        {"gzip", B("\x1f\x8b\x08"), true, false},
        {"gzip", B(""), false, true},
        {"zstd", B("\x28\xb5\x2f\xfd"), false, true},
        {"zstd", B("data: x\n\n"), false, false},
        {"br", B("\x0b\x02\x80hello\x03"), false, true},
        {"br", B("{\"a\": \"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"}\r\n\t"), false, false},
        {"br", B("caf\xe9 and more"), false, true},
        {"deflate", B("\x78\x9c\xcb"), false, true},
        {"deflate", B("\xcb\x48\xcd\xc9\xc9\x07"), false, true},
        {"deflate", B("x^2 is text"), false, false},
        {"gzip, br", B("\x1f\x8b\x08"), false, true},
        {"br, gzip", B("\x1f\x8b\x08"), false, true},
        {"br, gzip", B("{}"), false, false},
        {"identity", B("{}"), false, true},
        {"aws-chunked", B("{}"), false, true},
        {"", B("{}"), true, true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct td_field field = {B("content-encoding"), td_bytes_of(rows[i].coding)};
        struct td_recorded_response response =
            RESPONSE(.body = rows[i].body, .content_length = (int64_t)rows[i].body.len,
                     .headers = (struct td_fields){&field, 1});
        struct td_head head;
        response.uncompressed = rows[i].uncompressed;
        td_head_init(&head);
        write_head(&head, &response, B("GET"));
        assert_int_equal(td_bytes_has_nocase(td_buf_view(&head.wire), B("content-encoding")),
                         rows[i].sent);
        assert_true(td_bytes_has_nocase(td_buf_view(&head.recorded), B("content-encoding")));
        td_head_release(&head);
    }
    /* The last coding of all lines decides, for all of them. */
    check(RESPONSE(.body = B("{}"), .content_length = -1,
                   .headers = FIELDS(F("Content-Encoding", "br"), F("A", "a"),
                                     F("Content-Encoding", "gzip"))),
          "chunked",
          OK "X-Tapedeck-Line: 1\r\nA: a\r\nX-Tapedeck-Line: 2\r\n"
             "Transfer-Encoding: chunked\r\n\r\n",
          OK "Content-Encoding: br\r\nA: a\r\nContent-Encoding: gzip\r\n\r\n");
    /* A body that is longer than what is looked at, cut within a character. */
    struct td_field field = F("Content-Encoding", "br");
    char *text = malloc(5000);
    assert_non_null(text);
    memset(text, 'a', 5000);
    memcpy(text + 4094, "\xe2\x82\xac", 3);
    struct td_recorded_response response =
        RESPONSE(.body = {text, 5000}, .content_length = 5000, .headers = {&field, 1});
    check(response, "length", OK "X-Tapedeck-Line: 1\r\nContent-Length: 5000\r\n\r\n",
          OK "Content-Encoding: br\r\n\r\n");
    free(text);
}

static bool rewrite_location(void *context, struct td_bytes name, struct td_bytes value,
                             struct td_buf *out)
{
    (*(int *)context)++;
    if (!td_bytes_equal_nocase(name, B("Location")))
        return false;
    td_buf_put_text(out, "http://tape/\n");
    td_buf_put_bytes(out, value);
    return true;
}

static void test_rewrite(void **state)
{
    (void)state;
    int calls = 0;
    struct td_recorded_response response =
        RESPONSE(.content_length = 0,
                 .headers = FIELDS(F("A", "a"), F("Location", "/next"), F("Content-Length", "1"),
                                   F("location", "/other"), F("Z", "z")));
    struct td_head head;
    td_head_init(&head);
    /* Written twice: the second time nothing of the first is left. */
    for (int i = 0; i < 2; i++) {
        calls = 0;
        assert_int_equal(td_head_write(&head, &response, B("GET"), rewrite_location, &calls, NULL),
                         0);
        check_form(&head);
        assert_string_equal(head.wire.data,
                            OK "A: a\r\nLocation: http://tape/ /next\r\nX-Tapedeck-Line: 1\r\n"
                               "location: http://tape/ /other\r\nZ: z\r\n"
                               "Transfer-Encoding: chunked\r\n\r\n");
        assert_string_equal(head.recorded.data,
                            OK "A: a\r\nLocation: /next\r\nContent-Length: 1\r\n"
                               "location: /other\r\nZ: z\r\n\r\n");
        assert_int_equal(head.edit_count, 4);
        assert_int_equal(calls, 4); /* not for what is not sent */
        assert_true(td_bytes_equal(head.edits[0].recorded, B("Location: /next\r\n")));
        assert_true(td_bytes_equal(head.edits[3].wire, B("Transfer-Encoding: chunked\r\n")));
        assert_int_equal(head.edits[3].recorded.len, 0);
    }
    td_head_release(&head);
}

static void test_continue(void **state)
{
    (void)state;
    struct td_head head;
    struct td_buf shown;
    td_head_init(&head);
    td_buf_init(&shown);
    assert_int_equal(td_head_write_continue(&head, NULL), 0);
    assert_string_equal(head.wire.data, "HTTP/1.1 100 Continue\r\n\r\n");
    assert_int_equal(head.code, 100);
    assert_int_equal(head.recorded.len, 0);
    assert_int_equal(head.edit_count, 2);
    assert_true(td_bytes_equal(head.edits[1].wire, B("\r\n")));
    apply(&head, &shown);
    assert_int_equal(shown.len, 0);
    td_buf_release(&shown);
    td_head_release(&head);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shown_names),  cmocka_unit_test(test_length),
        cmocka_unit_test(test_chunked),      cmocka_unit_test(test_codings),
        cmocka_unit_test(test_trailers),     cmocka_unit_test(test_bodyless),
        cmocka_unit_test(test_status_lines), cmocka_unit_test(test_no_status),
        cmocka_unit_test(test_unsafe_lines), cmocka_unit_test(test_content_codings),
        cmocka_unit_test(test_rewrite),      cmocka_unit_test(test_continue),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
