/* SPDX-License-Identifier: MIT */
/*
 * Any cassette, changed at random: what comes out reads as the model with that change and no other,
 * or there is an error and nothing comes out. Without a change the very bytes come out.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "cassette/edit.h"
#include "cassette/reader.h"
#include "cassette/record.h"

#define CHECK(what)                                                                                \
    do {                                                                                           \
        if (!(what)) {                                                                             \
            fprintf(stderr, "not so: %s (line %d)\n", #what, __LINE__);                            \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

static const struct td_bytes texts[] = {
    TD_BYTES(""),
    TD_BYTES("x"),
    TD_BYTES("null"),
    TD_BYTES("-17"),
    TD_BYTES("a: b # c"),
    TD_BYTES("[a, {b}]"),
    TD_BYTES("it's \"both\""),
    TD_BYTES("  spaces  "),
    TD_BYTES("line\n"),
    TD_BYTES("one\n\n  two\n\tthree"),
    TD_BYTES("\n\nfirst\n\n\n"),
    TD_BYTES(" lead\nbody\n"),
    TD_BYTES("cr\r\nlf\r\n"),
    TD_BYTES("nul\0\x01\x7f"),
    TD_BYTES("\xff\xfe\xfd"),
    TD_BYTES("\u00e9\u2028\U0001f388\ufeff"),
    TD_BYTES("data: {\"a\":1}\n\ndata: [DONE]\n\n"),
    TD_BYTES("---\n...\n"),
    TD_BYTES("!!binary x"),
    TD_BYTES("*alias"),
};

enum { TEXTS = sizeof texts / sizeof *texts };

struct dice {
    uint64_t state;
};

static size_t roll(struct dice *dice, size_t sides)
{
    dice->state = dice->state * 6364136223846793005u + 1442695040888963407u;
    return sides ? (size_t)(dice->state >> 33) % sides : 0;
}

/* ---- the model as it is to be, on its own account ---- */

struct expected {
    struct td_interaction *items;
    size_t count;
};

static void check_fields(const struct td_fields *a, const struct td_fields *b)
{
    /* By name, since new names go where their order has them. */
    CHECK(a->count == b->count);
    for (size_t i = 0; i < a->count; i++) {
        size_t nth = 0, seen = 0, j = 0;
        for (size_t k = 0; k < i; k++)
            nth += td_bytes_equal(a->items[k].name, a->items[i].name);
        for (; j < b->count; j++)
            if (td_bytes_equal(b->items[j].name, a->items[i].name) && seen++ == nth)
                break;
        CHECK(j < b->count && td_bytes_equal(a->items[i].value, b->items[j].value));
    }
}

static void check_record(const struct td_keys *keys, const void *a, const void *b)
{
    for (size_t i = 0; i < keys->count; i++) {
        const struct td_key *key = &keys->items[i];
        if (key->type == TD_KEY_FIELDS)
            check_fields(td_key_value(key, a), td_key_value(key, b));
        else
            CHECK(td_key_equal(key, a, b));
    }
}

static void check_rendered(const struct expected *expected, struct td_bytes rendered)
{
    struct td_cassette *found;
    struct td_error err;
    CHECK(td_cassette_parse("fuzz", rendered, &found, &err) == 0);
    CHECK(found->count == expected->count);
    for (size_t i = 0; i < found->count; i++) {
        check_record(&td_request_keys, &expected->items[i].request,
                     &found->interactions[i].request);
        check_record(&td_response_keys, &expected->items[i].response,
                     &found->interactions[i].response);
    }
    td_cassette_free(found);
}

/* ---- changes ---- */

static struct td_fields without(struct td_fields fields, size_t index)
{
    struct td_field *items = calloc(fields.count, sizeof *items);
    CHECK(items);
    for (size_t i = 0, j = 0; i < fields.count; i++)
        if (i != index)
            items[j++] = fields.items[i];
    return (struct td_fields){items, fields.count - 1};
}

static struct td_fields with(struct td_fields fields, size_t index, struct td_field field)
{
    bool adds = index == fields.count;
    struct td_field *items = calloc(fields.count + 1, sizeof *items);
    CHECK(items);
    if (fields.count)
        memcpy(items, fields.items, fields.count * sizeof *items);
    items[index] = field;
    return (struct td_fields){items, fields.count + adds};
}

/* One change, noted in the edit and made in the model. The fields are to be freed. */
static int change(struct td_edit *edit, struct expected *expected, struct dice *dice,
                  const struct td_field **own, struct td_error *err)
{
    size_t position = roll(dice, expected->count);
    struct td_interaction *one = expected->items + position;
    enum td_side side = roll(dice, 2) ? TD_RESPONSE : TD_REQUEST;
    struct td_message *message =
        side == TD_REQUEST ? &one->request.message : &one->response.message;
    struct td_bytes text = texts[roll(dice, TEXTS)];
    size_t header = roll(dice, message->headers.count);
    static const struct td_recorded_chunk chunks[] = {{3, 0}, {1, 1500000}};
    switch (roll(dice, 10)) {
    case 0:
        message->body = text;
        return td_edit_set(edit, position, side, TD_EDIT_BODY, text, err);
    case 1:
        one->request.url = text;
        return td_edit_set(edit, position, TD_REQUEST, TD_EDIT_URL, text, err);
    case 2:
        message->content_length = (int64_t)text.len;
        char number[24];
        snprintf(number, sizeof number, "%zu", text.len);
        return td_edit_set(edit, position, side, TD_EDIT_CONTENT_LENGTH, td_bytes_of(number), err);
    case 3:
        if (!message->headers.count)
            return 0;
        message->headers = with(message->headers, header,
                                (struct td_field){message->headers.items[header].name, text});
        *own = message->headers.items;
        return td_edit_set_header(edit, position, side, header, text, err);
    case 4:
        if (!message->headers.count)
            return 0;
        message->headers = without(message->headers, header);
        *own = message->headers.items;
        return td_edit_remove_header(edit, position, side, header, err);
    case 5: {
        struct td_bytes name = roll(dice, 2) && message->headers.count
                                   ? message->headers.items[header].name
                                   : TD_BYTES("X-New");
        message->headers =
            with(message->headers, message->headers.count, (struct td_field){name, text});
        *own = message->headers.items;
        return td_edit_add_header(edit, position, side, name, text, err);
    }
    case 6: {
        static const struct td_shape shapes[] = {
            {.wire_length = 0},
            {.chunks = {chunks, 2}, .broken = TD_BYTES("reset")},
            {.head = TD_BYTES("date x-b"), .interim = {texts + 8, 3}, .wire_length = 7},
        };
        one->response.shape = shapes[roll(dice, 3)];
        return td_edit_set_shape(edit, position, &one->response.shape, err);
    }
    case 7: {
        static const struct td_setting item = {.path = TD_BYTES("a.b"), .values = {texts, 1}};
        struct td_settings settings = {.items = &item, .count = roll(dice, 2)};
        return td_edit_set_settings(edit, &settings, err);
    }
    case 8:
        memmove(one, one + 1, (expected->count - position - 1) * sizeof *one);
        expected->count--;
        return td_edit_remove(edit, position, err);
    default:
        expected->items[expected->count] = *one;
        return td_edit_append(edit, &expected->items[expected->count++], err);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint64_t done, refused;
    struct td_bytes source = td_bytes((const char *)data, size);
    struct td_edit *edit;
    struct td_error err;
    struct td_buf out;
    struct dice dice = {size};
    for (size_t i = 0; i < size; i++)
        dice.state = dice.state * 31 + data[i];
    if (td_edit_parse("fuzz", source, &edit, &err) < 0)
        return 0;
    td_buf_init(&out);
    CHECK(td_edit_render(edit, &out, &err) == 0 && td_bytes_equal(td_buf_view(&out), source));
    td_buf_clear(&out);

    const struct td_cassette *cassette = td_edit_cassette(edit);
    struct expected expected = {calloc(cassette->count + 2, sizeof *expected.items),
                                cassette->count};
    const struct td_field *own = NULL;
    CHECK(expected.items);
    if (cassette->count) {
        memcpy(expected.items, cassette->interactions, cassette->count * sizeof *expected.items);
        int status = change(edit, &expected, &dice, &own, &err);
        if (status == 0)
            status = td_edit_render(edit, &out, &err);
        if (status == 0)
            check_rendered(&expected, td_buf_view(&out));
        else
            CHECK(out.len == 0 && err.message[0]);
        done += status == 0;
        refused += status < 0;
        if (status < 0 && getenv("FUZZ_EDIT_TELL"))
            fprintf(stderr, "refused %s; %zu of %zu\n", err.message, (size_t)refused,
                    (size_t)(done + refused));
    }
    free((void *)(uintptr_t)own);
    free(expected.items);
    td_buf_release(&out);
    td_edit_close(edit);
    return 0;
}
