/* SPDX-License-Identifier: MIT */
/* Interactions as bytes and back: nothing is lost, and nothing is made of what is cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cassette/pack.h"
#include "cassette/reader.h"
#include "cassette/record.h"

static const char cassette_text[] =
    "---\nversion: 2\ninteractions:\n- id: 7\n  request:\n    proto: HTTP/1.1\n    proto_major: 1\n"
    "    proto_minor: 1\n    content_length: 7\n    transfer_encoding:\n    - chunked\n    "
    "trailer:\n"
    "      X-Sum:\n      - \"1\"\n    host: a.test\n    remote_addr: 1.2.3.4:5\n    request_uri: "
    "/x\n"
    "    body: \"a=1\\0&b=\"\n    form:\n      a:\n      - \"1\"\n      - \"2\"\n    headers:\n"
    "      Accept:\n      - '*/*'\n      - b/c\n    url: http://a.test/x\n    method: POST\n"
    "  response:\n    proto: HTTP/2.0\n    proto_major: 2\n    content_length: -1\n"
    "    uncompressed: true\n    body: !!binary AAECAw==\n    trailer:\n      X-End:\n      - z\n"
    "    headers:\n      Content-Type:\n      - text/plain\n    status: 200 OK\n    code: 200\n"
    "    duration: 1.5s\n    tapedeck:\n      chunks: 3@1.5 1@20\n"
    "      head: content-type content-encoding=gzip\n      interim:\n      - |\n        103 Early\n"
    "      wire_length: 99\n      broken: reset\n";

static struct td_cassette *cassette;

static int set_up(void **state)
{
    (void)state;
    struct td_error err;
    if (td_cassette_parse("text", td_bytes_of(cassette_text), &cassette, &err) < 0) {
        fprintf(stderr, "%d: %s\n", (int)err.line, err.message);
        return -1;
    }
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    td_cassette_free(cassette);
    return 0;
}

static void pack_whole(const struct td_interaction *interaction, struct td_buf *out)
{
    td_pack(interaction, out);
    td_buf_put_bytes(out, interaction->request.message.body);
    td_buf_put_char(out, '\0');
    td_buf_put_bytes(out, interaction->response.message.body);
    td_buf_put_char(out, '\0');
}

static void test_round_trip(void **state)
{
    (void)state;
    struct td_buf one, two;
    struct td_arena arena;
    struct td_interaction back;
    const struct td_interaction *interaction = &cassette->interactions[0];
    td_buf_init(&one);
    td_buf_init(&two);
    td_arena_init(&arena);
    pack_whole(interaction, &one);
    assert_int_equal(td_unpack(td_buf_view(&one), NULL, &arena, &back), 0);
    assert_int_equal(back.id, 7);
    assert_int_equal(back.response.shape.wire_length, 99);
    assert_int_equal(back.response.shape.chunks.count, 2);
    assert_true(td_bytes_equal(back.request.message.body, td_bytes("a=1\0&b=", 7)));
    assert_true(td_bytes_equal(back.response.message.body, td_bytes("\0\1\2\3", 4)));
    assert_string_equal(back.response.shape.broken.data, "reset");
    assert_string_equal(back.request.url.data, "http://a.test/x");
    assert_true(back.response.uncompressed);
    pack_whole(&back, &two);
    assert_int_equal(one.len, two.len);
    assert_memory_equal(one.data, two.data, one.len);
    td_arena_release(&arena);
    td_buf_release(&one);
    td_buf_release(&two);
}

/* Each in memory of its own, so that a sanitizer sees a byte too far. */
static int unpack_copy(const char *data, size_t len)
{
    struct td_arena arena;
    struct td_interaction back;
    char *copy = malloc(len ? len : 1);
    memcpy(copy, data, len);
    td_arena_init(&arena);
    int status = td_unpack(td_bytes(copy, len), NULL, &arena, &back);
    td_arena_release(&arena);
    free(copy);
    return status;
}

static void test_cut(void **state)
{
    (void)state;
    struct td_buf packed;
    td_buf_init(&packed);
    pack_whole(&cassette->interactions[0], &packed);
    for (size_t len = 0; len < packed.len; len++)
        assert_int_equal(unpack_copy(packed.data, len), TD_ERR_FORMAT);
    td_buf_put_char(&packed, 'x');
    assert_int_equal(unpack_copy(packed.data, packed.len), TD_ERR_FORMAT);
    td_buf_release(&packed);
}

/* A byte is another: an error or another interaction, and never more than that. */
static void test_damaged(void **state)
{
    (void)state;
    struct td_buf packed;
    td_buf_init(&packed);
    pack_whole(&cassette->interactions[0], &packed);
    for (size_t i = 0; i < packed.len; i++) {
        char before = packed.data[i];
        for (int bit = 0; bit < 8; bit++) {
            packed.data[i] = (char)(before ^ 1 << bit);
            unpack_copy(packed.data, packed.len);
        }
        packed.data[i] = before;
    }
    /* Where a text has lost its NUL it is none. */
    packed.data[packed.len - 1] = 'x';
    assert_int_equal(unpack_copy(packed.data, packed.len), TD_ERR_FORMAT);
    td_buf_release(&packed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_damaged),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
