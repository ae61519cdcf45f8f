/* SPDX-License-Identifier: MIT */
/*
 * The request parser on any bytes: what it reads does not depend on how they are cut, and what it
 * hands out lies within bounds. The first two bytes choose the cuts.
 */
#include <assert.h>
#include <stdlib.h>

#include "http/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void dump(struct td_buf *out, struct td_bytes bytes)
{
    td_buf_printf(out, "%zu:", bytes.len);
    td_buf_put_bytes(out, bytes);
}

static void dump_fields(struct td_buf *out, const struct td_fields *fields)
{
    td_buf_printf(out, "%zu fields ", fields->count);
    for (size_t i = 0; i < fields->count; i++) {
        dump(out, fields->items[i].name);
        dump(out, fields->items[i].value);
        assert(!memchr(fields->items[i].name.data, ':', fields->items[i].name.len));
        assert(!fields->items[i].value.len ||
               !memchr(fields->items[i].value.data, '\n', fields->items[i].value.len));
    }
}

/* Reads one request after the other, in steps, and writes down what was read. */
static void run(struct td_request_parser *parser, const uint8_t *data, size_t size, size_t first,
                size_t step, struct td_buf *out)
{
    const struct td_request *request = td_request_parser_request(parser);
    enum td_request_state state = TD_REQUEST_HEAD;
    struct td_error err = {0};
    td_buf_clear(out);
    td_request_parser_reset(parser);
    for (size_t at = 0; at < size;) {
        size_t len = at < first ? first - at : step, taken;
        len = len < size - at ? len : size - at;
        char *piece = malloc(len);
        assert(piece);
        memcpy(piece, data + at, len);
        state = td_request_parser_feed(parser, td_bytes(piece, len), &taken, &err);
        free(piece);
        assert(taken <= len);
        at += taken;
        if (state == TD_REQUEST_BROKEN)
            break;
        assert(taken == len || state == TD_REQUEST_COMPLETE);
        if (state != TD_REQUEST_COMPLETE)
            continue;
        dump(out, request->method);
        dump(out, request->target);
        td_buf_printf(out, "%d %d %d ", request->version_minor, request->expects_continue,
                      request->wants_close);
        dump_fields(out, &request->headers);
        dump_fields(out, &request->trailers);
        dump(out, request->body);
        td_request_parser_reset(parser);
        state = TD_REQUEST_HEAD;
    }
    td_buf_printf(out, "end %d %s", (int)state, state == TD_REQUEST_BROKEN ? err.message : "");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct td_request_parser *parser;
    struct td_buf whole, cut;
    if (size < 2)
        return 0;
    parser = td_request_parser_new();
    assert(parser);
    td_request_parser_limit_body(parser, 4096);
    td_buf_init(&whole);
    td_buf_init(&cut);
    run(parser, data + 2, size - 2, 0, size, &whole);
    run(parser, data + 2, size - 2, 0, 1, &cut);
    assert(td_bytes_equal(td_buf_view(&whole), td_buf_view(&cut)));
    run(parser, data + 2, size - 2, data[0], (size_t)data[1] + 1, &cut);
    assert(td_bytes_equal(td_buf_view(&whole), td_buf_view(&cut)));
    td_buf_release(&whole);
    td_buf_release(&cut);
    td_request_parser_free(parser);
    return 0;
}
