/* SPDX-License-Identifier: MIT */
/*
 * Texts on standard input, cassettes on standard output, for those who want to hold many of them
 * against another implementation: frames of a letter for the place ('v'alue, list 'i'tem, 'k'ey,
 * keys to 's'ort with U+001F between them), a length of 32 bits, and a text; answered by a length
 * and a cassette that holds the text in that place. The argument is the layout.
 *
 * With --check as well each cassette is read again, by Tapedeck and by bare libyaml: what does not
 * come back as it was is told on standard error, and ends the program with 1.
 */
#include <stdio.h>
#include <stdlib.h>
#include <yaml.h>

#include "../unit/same_cassette.h"
#include "cassette/base64.h"
#include "cassette/emit.h"
#include "cassette/reader.h"

struct frame {
    char place;
    struct td_bytes text;
    struct td_interaction interaction;
    struct td_bytes items[3];
    struct td_field pair[2];
    struct td_field *names;
};

static bool take(void *to, size_t len)
{
    return fread(to, 1, len, stdin) == len;
}

static void split_names(struct frame *frame)
{
    const char *start = frame->text.data, *end = start + frame->text.len;
    struct td_fields *form = &frame->interaction.request.form;
    frame->names = calloc(frame->text.len + 1, sizeof *frame->names);
    if (!frame->names)
        abort();
    for (const char *at = start;; at++) {
        if (at < end && *at != '\x1f')
            continue;
        frame->names[form->count++] =
            (struct td_field){td_bytes(start, (size_t)(at - start)), TD_BYTES("x")};
        if (at == end)
            break;
        start = at + 1;
    }
    form->items = frame->names;
}

static void frame_init(struct frame *frame, char place, struct td_bytes text)
{
    *frame = (struct frame){
        .place = place,
        .text = text,
        .items = {text, TD_BYTES("x"), text},
        .pair = {{text, TD_BYTES("x")}, {text, text}},
    };
    struct td_recorded_request *request = &frame->interaction.request;
    frame->interaction.response.code = 200;
    request->url = TD_BYTES("https://api.example.com/");
    if (place == 'v')
        request->message.body = text;
    else if (place == 'i')
        request->message.transfer_encoding = (struct td_list){frame->items, 3};
    else if (place == 'k')
        request->message.headers = (struct td_fields){frame->pair, 2};
    else
        split_names(frame);
}

/* ---- checks ---- */

static bool is_text(const yaml_event_t *event, struct td_bytes text)
{
    struct td_bytes value = {(const char *)event->data.scalar.value, event->data.scalar.length};
    if (!event->data.scalar.tag)
        return td_bytes_equal(value, text);
    struct td_arena arena;
    size_t bad;
    td_arena_init(&arena);
    bool same = strcmp((const char *)event->data.scalar.tag, "tag:yaml.org,2002:binary") == 0 &&
                td_base64_decode(&arena, value, &value, &bad) && td_bytes_equal(value, text);
    td_arena_release(&arena);
    return same;
}

/* libyaml's scalars in their order: the text stands at fixed distances behind a key. */
static bool check_libyaml(const struct frame *frame, struct td_bytes written)
{
    static const struct {
        char place;
        const char *key;
        size_t distances[2];
    } places[] = {
        {'v', "body", {1, 1}}, {'i', "transfer_encoding", {1, 3}}, {'k', "headers", {1, 3}}};
    size_t p = 0, behind = 0, found = 0;
    while (p < 3 && places[p].place != frame->place)
        p++;
    if (p == 3)
        return true;
    yaml_parser_t parser;
    yaml_event_t event;
    yaml_parser_initialize(&parser);
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, (const unsigned char *)written.data, written.len);
    bool ended = false, good = true;
    while (!ended && (good = yaml_parser_parse(&parser, &event))) {
        ended = event.type == YAML_STREAM_END_EVENT;
        if (event.type == YAML_SCALAR_EVENT && behind) {
            if (behind == places[p].distances[0] || behind == places[p].distances[1])
                found += is_text(&event, frame->text);
            behind++;
        } else if (event.type == YAML_SCALAR_EVENT) {
            behind = strcmp((const char *)event.data.scalar.value, places[p].key) == 0;
        }
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
    return good && found == (frame->place == 'v' ? 1 : 2);
}

static bool check_tapedeck(const struct td_cassette *cassette, struct td_bytes written,
                           enum td_layout layout)
{
    struct td_error err;
    struct td_cassette *read;
    struct td_buf again;
    if (td_cassette_parse("written", written, &read, &err) < 0) {
        fprintf(stderr, "%u:%u: %s\n", err.line, err.column, err.message);
        return false;
    }
    td_buf_init(&again);
    td_emit_cassette(&again, read, layout);
    bool same = !different(cassette, read) && td_bytes_equal(td_buf_view(&again), written);
    td_buf_release(&again);
    td_cassette_free(read);
    return same;
}

/* ---- frames ---- */

static int answer(struct frame *frame, enum td_layout layout, bool check, struct td_buf *out)
{
    struct td_cassette cassette = {.interactions = &frame->interaction, .count = 1};
    uint32_t len;
    td_buf_clear(out);
    td_emit_cassette(out, &cassette, layout);
    len = (uint32_t)out->len;
    if (td_buf_failed(out) || fwrite(&len, sizeof len, 1, stdout) != 1 ||
        fwrite(out->data, 1, out->len, stdout) != out->len || fflush(stdout))
        return 3;
    if (!check)
        return 0;
    const char *who = !check_tapedeck(&cassette, td_buf_view(out), layout) ? "Tapedeck"
                      : !check_libyaml(frame, td_buf_view(out))            ? "libyaml"
                                                                           : NULL;
    if (who)
        fprintf(stderr, "not what %s reads back:\n%s", who, out->data);
    return who ? 1 : 0;
}

int main(int argc, char **argv)
{
    static const char *const layouts[] = {
        [TD_LAYOUT_COMPACT] = "compact",
        [TD_LAYOUT_GO_VCR] = "go-vcr",
        [TD_LAYOUT_GO_VCR_TERSE] = "go-vcr-terse",
    };
    size_t layout = 0;
    bool check = argc == 3 && strcmp(argv[2], "--check") == 0;
    while (layout < 3 && (argc != 2 + check || strcmp(argv[1], layouts[layout])))
        layout++;
    if (layout == 3) {
        fprintf(stderr, "usage: emit_stream compact|go-vcr|go-vcr-terse [--check]\n");
        return 2;
    }
    char place;
    uint32_t len;
    int code = 0;
    struct td_buf text, out;
    td_buf_init(&text);
    td_buf_init(&out);
    while (!code && take(&place, 1) && take(&len, sizeof len)) {
        struct frame frame;
        td_buf_clear(&text);
        if (!td_buf_reserve(&text, len) || !take(text.data, len)) {
            code = 3;
            break;
        }
        frame_init(&frame, place, td_bytes(text.data, len));
        code = answer(&frame, (enum td_layout)layout, check, &out);
        free(frame.names);
    }
    td_buf_release(&text);
    td_buf_release(&out);
    return code;
}
