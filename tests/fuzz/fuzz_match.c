/* SPDX-License-Identifier: MIT */
/* Two requests, their six parts with bytes 0x1e between them: method, URL, body of what was asked,
 * then of what was recorded. Index, canonical forms and explanation have to say the same. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "http/url.h"
#include "match/body.h"
#include "match/excerpt.h"
#include "match/explain.h"

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition))                                                                          \
            abort();                                                                               \
    } while (0)

enum { PARTS = 6 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef void canonical_form(struct td_buf *out, struct td_bytes bytes);

static void canonical_body(struct td_buf *out, struct td_bytes bytes)
{
    td_body_canonical(out, bytes, NULL);
}

static bool same_form(struct td_bytes a, struct td_bytes b, canonical_form *make)
{
    struct td_buf left, right;
    td_buf_init(&left);
    td_buf_init(&right);
    make(&left, a);
    make(&right, b);
    CHECK(!td_buf_failed(&left) && !td_buf_failed(&right));
    bool same = td_bytes_equal(td_buf_view(&left), td_buf_view(&right));
    CHECK(same || !td_bytes_equal(a, b));
    td_buf_release(&left);
    td_buf_release(&right);
    return same;
}

static bool same_method(struct td_bytes a, struct td_bytes b)
{
    struct td_bytes get = TD_BYTES("GET");
    return td_bytes_equal(a.len ? a : get, b.len ? b : get);
}

static void check_url(struct td_bytes text)
{
    struct td_buf once, twice;
    struct td_url url;
    td_buf_init(&once);
    td_buf_init(&twice);
    td_url_normalize(&once, text);
    td_url_normalize(&twice, td_buf_view(&once));
    CHECK(!td_buf_failed(&once) && !td_buf_failed(&twice));
    CHECK(td_bytes_equal(td_buf_view(&once), td_buf_view(&twice)));
    td_url_split(&url, td_buf_view(&once));
    CHECK(!url.has_userinfo && !url.has_fragment);
    for (size_t i = 0; i < once.len; i++)
        CHECK(once.data[i] > ' ' && once.data[i] < 0x7f);
    td_buf_release(&once);
    td_buf_release(&twice);
}

static void check_body(struct td_bytes bytes)
{
    struct td_arena arena;
    struct td_body body;
    struct td_body_walk walk;
    td_arena_init(&arena);
    CHECK(td_body_read(&body, &arena, bytes, NULL) == 0);
    CHECK((body.kind == TD_BODY_JSON) == (body.json != NULL));
    td_body_walk_init(&walk, &body, &body);
    while (td_body_walk_next(&walk))
        CHECK(walk.same);
    CHECK(walk.place == body.count);
    td_arena_release(&arena);
}

/* Lines that a terminal can show, each of a bounded length, said exactly of what does not match. */
static void check_explanation(const struct td_query *query,
                              const struct td_interaction *interaction, bool match)
{
    struct td_buf out;
    struct td_rules rules;
    td_buf_init(&out);
    td_rules_init(&rules);
    td_explain_difference(&out, "  ", query, interaction, &rules);
    td_rules_release(&rules);
    CHECK(!td_buf_failed(&out));
    CHECK((out.len == 0) == match);
    CHECK(td_excerpt_is_text(td_buf_view(&out)));
    size_t lines = 0, start = 0;
    for (size_t i = 0; i < out.len; i++) {
        if (out.data[i] != '\n')
            continue;
        CHECK(memcmp(out.data + start, "  ", 2) == 0);
        CHECK(i - start < 3 * 1200);
        start = i + 1;
        lines++;
    }
    CHECK(start == out.len && lines <= 8 + 8 + 1); /* headlines, differences, how many more */
    td_buf_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct td_bytes part[PARTS] = {0};
    const char *at = (const char *)data, *end = at + size;
    for (size_t i = 0; i < PARTS && at < end; i++) {
        const char *mark = i + 1 < PARTS ? memchr(at, 0x1e, (size_t)(end - at)) : NULL;
        part[i] = td_bytes(at, (size_t)((mark ? mark : end) - at));
        at = mark ? mark + 1 : end;
    }
    struct td_query query = {part[0], part[1], part[2], {NULL, 0}};
    struct td_interaction interaction = {0}, other = {0};
    interaction.request.method = part[3];
    interaction.request.url = part[4];
    interaction.request.message.body = part[5];
    other.request.method = TD_BYTES("PUT");
    other.request.url = part[1];
    other.request.message.body = part[2];
    check_url(part[1]);
    check_url(part[4]);
    check_body(part[2]);
    check_body(part[5]);

    bool match = same_method(part[0], part[3]) && same_form(part[1], part[4], td_url_normalize) &&
                 same_form(part[2], part[5], canonical_body);
    struct td_index *index = td_index_new();
    CHECK(index);
    CHECK(td_index_add(index, &other, NULL) == 0 && td_index_add(index, &interaction, NULL) == 0);
    struct td_class *class = td_index_find(index, &query);
    bool found = class && class->items[class->count - 1] == 1;
    CHECK(found == match);
    CHECK(!class || class->count + class->items[0] <= 2);
    check_explanation(&query, &interaction, match);

    size_t nearest = SIZE_MAX;
    CHECK(td_index_nearest(index, &query, &nearest) && nearest < 2);
    if (class)
        CHECK(nearest == class->items[0]);
    td_index_free(index);
    return 0;
}
