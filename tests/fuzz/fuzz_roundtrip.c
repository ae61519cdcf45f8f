/* SPDX-License-Identifier: MIT */
/*
 * Whatever is read as a cassette, of version 1 as well, is written in each layout, and what was
 * written is read as the same model, in the layout that it was written in, and written again as the
 * same bytes. Where the input is no cassette its bytes are the texts of one.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "../unit/same_cassette.h"
#include "cassette/emit.h"
#include "cassette/reader.h"
#include "cassette/yaml.h"

#define CHECK(what)                                                                                \
    do {                                                                                           \
        if (!(what)) {                                                                             \
            fprintf(stderr, "not so: %s (line %d)\n", #what, __LINE__);                            \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

static void check_layout(const struct td_cassette *cassette, enum td_layout layout)
{
    struct td_buf out, again;
    struct td_yaml tree;
    struct td_cassette *read;
    struct td_error err = {0};
    td_buf_init(&out);
    td_buf_init(&again);
    td_emit_cassette(&out, cassette, layout);
    CHECK(!td_buf_failed(&out) && out.data[out.len - 1] == '\n');
    int status = td_yaml_parse(&tree, "written", td_buf_view(&out), &err);
    if (status == 0 && cassette->count)
        CHECK(td_layout_of(&tree) == layout ||
              (layout == TD_LAYOUT_GO_VCR_TERSE && td_layout_of(&tree) == TD_LAYOUT_GO_VCR));
    if (status == 0)
        status = td_cassette_from_yaml("written", &tree, &read, &err);
    if (status < 0)
        fprintf(stderr, "%u:%u: %s\n%s", err.line, err.column, err.message, out.data);
    CHECK(status == 0);
    const char *key = different(cassette, read);
    if (key)
        fprintf(stderr, "'%s' is another\n%s", key, out.data);
    CHECK(!key);
    td_emit_cassette(&again, read, layout);
    CHECK(td_bytes_equal(td_buf_view(&out), td_buf_view(&again)));
    td_cassette_free(read);
    td_yaml_release(&tree);
    td_buf_release(&out);
    td_buf_release(&again);
}

static void check(const struct td_cassette *cassette)
{
    for (int layout = TD_LAYOUT_COMPACT; layout <= TD_LAYOUT_GO_VCR_TERSE; layout++)
        check_layout(cassette, (enum td_layout)layout);
}

/* Cut at each 0x1e into up to so many texts. */
enum { TEXTS = 16 };

static void check_texts(struct td_bytes source)
{
    struct td_bytes texts[TEXTS] = {{0}};
    size_t count = 0;
    while (source.len && count < TEXTS) {
        const char *end = memchr(source.data, 0x1e, source.len);
        size_t len = end && count < TEXTS - 1 ? (size_t)(end - source.data) : source.len;
        texts[count++] = td_bytes(source.data, len);
        size_t skip = len < source.len ? len + 1 : len;
        source = td_bytes(source.data + skip, source.len - skip);
    }
    struct td_field headers[] = {{texts[4], texts[5]}, {texts[6], texts[7]}, {texts[4], texts[8]}};
    struct td_setting settings[] = {{.path = texts[9], .values = {texts, 1}},
                                    {.path = texts[10], .values = {texts, 3}},
                                    {.path = texts[11]}};
    struct td_interaction interaction = {
        .id = (int64_t)count,
        .request = {.message = {.body = texts[0],
                                .transfer_encoding = {texts + 1, 2},
                                .headers = {headers, 3}},
                    .url = texts[3]},
        .response = {.message = {.body = texts[1], .trailer = {headers + 1, 2}},
                     .shape = {.head = texts[12], .interim = {texts + 13, 2}, .broken = texts[15]},
                     .status = texts[2],
                     .code = 200},
    };
    struct td_cassette cassette = {.interactions = &interaction, .count = 1};
    /* The same setting twice is none, and a path has a limit. */
    bool good = !td_bytes_equal(texts[9], texts[10]) && !td_bytes_equal(texts[9], texts[11]) &&
                !td_bytes_equal(texts[10], texts[11]);
    for (size_t i = 0; i < 3; i++)
        good = good && settings[i].path.len <= 1000;
    if (good) {
        cassette.settings.items = settings;
        cassette.settings.count = 3;
    }
    check(&cassette);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct td_bytes source = td_bytes((const char *)data, size);
    struct td_yaml tree;
    struct td_cassette *cassette;
    if (td_yaml_parse(&tree, "fuzz", source, NULL) == 0 &&
        td_cassette_from_old_yaml("fuzz", &tree, &cassette, NULL) == 0) {
        check(cassette);
        td_cassette_free(cassette);
    } else {
        check_texts(source);
    }
    td_yaml_release(&tree);
    return 0;
}
