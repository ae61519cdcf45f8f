/* SPDX-License-Identifier: MIT */
/*
 * Texts on standard input, cassettes on standard output, for those who want to hold many of them
 * against another implementation: frames of a letter for the place ('v'alue, list 'i'tem, 'k'ey,
 * keys to 's'ort with U+001F between them), a length of 32 bits, and a text; answered by a length
 * and a cassette that holds the text in that place. The argument is the layout.
 */
#include <stdio.h>
#include <stdlib.h>

#include "cassette/emit.h"

static bool take(void *to, size_t len)
{
    return fread(to, 1, len, stdin) == len;
}

static void put_names(struct td_bytes text, struct td_fields *fields, struct td_field *items)
{
    const char *start = text.data, *end = text.data + text.len;
    for (const char *at = start;; at++) {
        if (at < end && *at != '\x1f')
            continue;
        items[fields->count++] =
            (struct td_field){td_bytes(start, (size_t)(at - start)), TD_BYTES("x")};
        if (at == end)
            break;
        start = at + 1;
    }
    fields->items = items;
}

static void emit(struct td_buf *out, char place, struct td_bytes text, enum td_layout layout)
{
    struct td_interaction interaction = {.response.code = 200};
    struct td_cassette cassette = {.interactions = &interaction, .count = 1};
    struct td_recorded_request *request = &interaction.request;
    struct td_bytes items[] = {text, TD_BYTES("x"), text};
    struct td_field pair[] = {{text, TD_BYTES("x")}, {text, text}};
    struct td_field *names = NULL;
    request->url = TD_BYTES("https://api.example.com/");
    if (place == 'v') {
        request->message.body = text;
    } else if (place == 'i') {
        request->message.transfer_encoding = (struct td_list){items, 3};
    } else if (place == 'k') {
        request->message.headers = (struct td_fields){pair, 2};
    } else {
        names = calloc(text.len + 1, sizeof *names);
        put_names(text, &request->form, names);
    }
    td_emit_cassette(out, &cassette, layout);
    free(names);
}

int main(int argc, char **argv)
{
    static const char *const layouts[] = {
        [TD_LAYOUT_COMPACT] = "compact",
        [TD_LAYOUT_GO_VCR] = "go-vcr",
        [TD_LAYOUT_GO_VCR_TERSE] = "go-vcr-terse",
    };
    size_t layout = 0;
    while (layout < 3 && (argc != 2 || strcmp(argv[1], layouts[layout])))
        layout++;
    if (layout == 3) {
        fprintf(stderr, "usage: emit_stream compact|go-vcr|go-vcr-terse\n");
        return 2;
    }
    char place;
    uint32_t len;
    struct td_buf text, out;
    td_buf_init(&text);
    td_buf_init(&out);
    while (take(&place, 1) && take(&len, sizeof len)) {
        td_buf_clear(&text);
        if (!td_buf_reserve(&text, len) || !take(text.data, len))
            return 3;
        td_buf_clear(&out);
        emit(&out, place, td_bytes(text.data, len), (enum td_layout)layout);
        len = (uint32_t)out.len;
        if (td_buf_failed(&out) || fwrite(&len, sizeof len, 1, stdout) != 1 ||
            fwrite(out.data, 1, out.len, stdout) != out.len || fflush(stdout))
            return 3;
    }
    td_buf_release(&text);
    td_buf_release(&out);
    return 0;
}
