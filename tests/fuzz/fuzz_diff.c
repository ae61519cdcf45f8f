/* SPDX-License-Identifier: MIT */
/*
 * Two JSON texts, a 0x1e between them: nothing is said to be changed exactly where both are the
 * same value, and the patch applied to the first gives the second. A third text is a list of places
 * to be ignored and, after another 0x1e, of sets.
 */
#include <stdint.h>
#include <stdlib.h>

#include "../unit/json_patch.h"
#include "base/utf8.h"
#include "json/delta.h"
#include "json/pattern.h"

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition))                                                                          \
            abort();                                                                               \
    } while (0)

static struct td_bytes take(struct td_bytes *rest)
{
    const char *mark = rest->len ? memchr(rest->data, 0x1e, rest->len) : NULL;
    struct td_bytes piece = td_bytes(rest->data, mark ? (size_t)(mark - rest->data) : rest->len);
    rest->data += mark ? piece.len + 1 : piece.len;
    rest->len -= mark ? piece.len + 1 : piece.len;
    return piece;
}

static bool is_utf8(struct td_bytes text)
{
    size_t len;
    for (; text.len; text.data += len, text.len -= len) {
        int32_t c = td_utf8_next(text, &len);
        if (c < 0 || (c >= 0xd800 && c <= 0xdfff))
            return false;
    }
    return true;
}

static void check_patch(struct td_bytes a_text, const struct td_json_delta *delta,
                        const struct td_json *b)
{
    struct td_arena arena;
    struct td_buf patch, text;
    td_arena_init(&arena);
    td_buf_init(&patch);
    td_buf_init(&text);
    td_json_put_patch(&patch, delta, b);
    const struct td_json *read = td_json_parse(&arena, td_buf_view(&patch), NULL);
    CHECK(read);
    td_buf_put_bytes(&text, a_text);
    CHECK(patch_apply(&text, read));
    struct td_json *result = td_json_parse(&arena, td_buf_view(&text), NULL);
    CHECK(result && td_json_equal(result, b));
    td_arena_release(&arena);
    td_buf_release(&patch);
    td_buf_release(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct td_bytes rest = td_bytes((const char *)data, size);
    struct td_bytes a_text = take(&rest), b_text = take(&rest);
    struct td_bytes ignored = take(&rest), sets = take(&rest);
    struct td_json_patterns patterns;
    struct td_arena arena;
    td_arena_init(&arena);
    td_json_patterns_init(&patterns);
    struct td_json *a = td_json_parse(&arena, a_text, NULL);
    struct td_json *b = td_json_parse(&arena, b_text, NULL);
    bool rules = ignored.len && td_json_patterns_add(&patterns, ignored, TD_JSON_IGNORE, NULL) == 0;
    rules |= sets.len && td_json_patterns_add(&patterns, sets, TD_JSON_SET, NULL) == 0;
    if (a && b) {
        CHECK(td_json_patterns_apply(&patterns, a) && td_json_patterns_apply(&patterns, b));
        CHECK(td_json_hash(a) && td_json_hash(b));
        struct td_json_delta delta;
        CHECK(td_json_delta_make(&delta, a, b) == 0);
        bool same = td_json_equal(a, b);
        CHECK(same == (delta.count == 0));
        CHECK(!same || a->hash == b->hash);
        if (!rules && is_utf8(a_text) && is_utf8(b_text))
            check_patch(a_text, &delta, b);
        td_json_delta_release(&delta);
    }
    td_json_patterns_release(&patterns);
    td_arena_release(&arena);
    return 0;
}
