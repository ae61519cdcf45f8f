/* SPDX-License-Identifier: MIT */
/* Two JSON texts, one on each side of a byte 0x1e: canonical forms, differences and errors have to
 * agree with one another. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "json/json.h"

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition))                                                                          \
            abort();                                                                               \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* NULL where it is not JSON: then the error has a place inside the text. */
static const struct td_json *parse(struct td_arena *arena, struct td_bytes text)
{
    struct td_error err = {0};
    const struct td_json *value = td_json_parse(arena, text, &err);
    CHECK(value || (err.code == TD_ERR_SYNTAX && err.line >= 1 && err.column >= 1));
    CHECK(value || (err.line <= text.len + 1 && err.column <= text.len + 1));
    CHECK(!value == !td_json_parse(arena, text, NULL));
    return value;
}

static void put_canonical(struct td_buf *out, const struct td_json *value)
{
    td_buf_init(out);
    td_json_canonical(out, value);
    CHECK(!td_buf_failed(out) && out->len > 0);
}

/* What is canonical stays as it is, and is the same value to a walk. */
static void check_canonical(struct td_arena *arena, const struct td_json *value)
{
    struct td_buf once, twice;
    struct td_json_difference difference;
    put_canonical(&once, value);
    const struct td_json *again = parse(arena, td_buf_view(&once));
    CHECK(again);
    put_canonical(&twice, again);
    CHECK(td_bytes_equal(td_buf_view(&once), td_buf_view(&twice)));
    CHECK(!td_json_first_difference(value, again, &difference));
    td_buf_release(&once);
    td_buf_release(&twice);
}

static void check_difference(const struct td_json *a, const struct td_json *b)
{
    struct td_buf left, right, path;
    struct td_json_difference difference;
    struct td_json_walk walk;
    put_canonical(&left, a);
    put_canonical(&right, b);
    bool same = td_bytes_equal(td_buf_view(&left), td_buf_view(&right));
    bool differ = td_json_first_difference(a, b, &difference);
    CHECK(differ == !same);
    td_json_walk_init(&walk, a, b);
    size_t differences = 0;
    while (td_json_walk_next(&walk)) {
        if (walk.same || differences++)
            continue;
        CHECK(walk.a == difference.a && walk.b == difference.b);
        td_buf_init(&path);
        td_json_path(&path, walk.a ? a : b, walk.a ? walk.a : walk.b);
        CHECK(td_bytes_equal(td_buf_view(&path), td_buf_view(&difference.path)));
        CHECK(!path.len || path.data[0] == '/');
        td_buf_release(&path);
    }
    CHECK(differ == (differences > 0));
    if (differ)
        td_buf_release(&difference.path);
    /* And the other way round: as many. */
    td_json_walk_init(&walk, b, a);
    while (td_json_walk_next(&walk))
        differences -= !walk.same;
    CHECK(differences == 0);
    td_buf_release(&left);
    td_buf_release(&right);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct td_bytes text = td_bytes((const char *)data, size), rest = td_bytes(NULL, 0);
    const char *mark = size ? memchr(data, 0x1e, size) : NULL;
    struct td_arena arena;
    if (mark) {
        text.len = (size_t)(mark - text.data);
        rest = td_bytes(mark + 1, size - text.len - 1);
    }
    td_arena_init(&arena);
    const struct td_json *a = parse(&arena, text), *b = parse(&arena, rest);
    if (a)
        check_canonical(&arena, a);
    if (b)
        check_canonical(&arena, b);
    if (a && b)
        check_difference(a, b);
    td_arena_release(&arena);
    return 0;
}
