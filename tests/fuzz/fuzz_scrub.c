/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a body, a URL, a header and a whole cassette, with a secret planted where the input
 * says, in the encoding that it says. What is planted is gone afterwards; scrubbing again changes
 * nothing; the request matches its scrubbed self; what the quick look passes over has nothing in
 * it, and what comes is clean piece by piece where it is as a whole; a cassette stays one.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "cassette/reader.h"
#include "match/body.h"
#include "scrub/ahead.h"
#include "scrub/coding.h"
#include "scrub/scrub.h"
#include "scrub/sift.h"

#define CHECK(what)                                                                                \
    do {                                                                                           \
        if (!(what)) {                                                                             \
            fprintf(stderr, "not so: %s (line %d)\n", #what, __LINE__);                            \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

static const char secret[] = "Zq7\"x/Vt+9=w%LmK2";
static const char *const environment[] = {"FUZZ_API_KEY=Zq7\"x/Vt+9=w%LmK2", NULL};

static const struct td_scrubber *scrubber(void)
{
    static struct td_scrubber *made;
    struct td_scrub_config config = {.environment = environment};
    if (!made)
        CHECK(td_scrubber_new(&made, &config, NULL) == 0);
    return made;
}

static void put_json(struct td_buf *out, struct td_bytes text, bool all)
{
    for (size_t i = 0; i < text.len; i++) {
        if (all)
            td_buf_printf(out, "\\u%04x", (unsigned char)text.data[i]);
        else if (strchr("\"\\", text.data[i]))
            td_buf_printf(out, "\\%c", text.data[i]);
        else
            td_buf_put_char(out, text.data[i]);
    }
}

/* The secret as this way of writing it has it. */
static void put_secret(struct td_buf *out, unsigned way)
{
    struct td_bytes text = td_bytes_of(secret);
    struct td_buf longer;
    switch (way % 6) {
    case 0:
        td_buf_put_bytes(out, text);
        break;
    case 1:
        put_json(out, text, false);
        break;
    case 2:
        put_json(out, text, true);
        break;
    case 3:
        for (size_t i = 0; i < text.len; i++)
            td_buf_printf(out, "%%%02x", (unsigned char)text.data[i]);
        break;
    default:
        td_buf_init(&longer);
        td_buf_put(&longer, "::", way / 6 % 3);
        td_buf_put_bytes(&longer, text);
        td_base64_put(out, td_buf_view(&longer), way % 6 == 5, true);
        td_buf_release(&longer);
    }
}

static void scrub_all(struct td_interaction *interaction, struct td_arena *arena, size_t *count)
{
    struct td_leaks findings;
    td_leaks_init(&findings);
    CHECK(td_scrub_interaction(scrubber(), interaction, arena, &findings, NULL) == 0);
    *count = findings.count;
    td_leaks_release(&findings);
}

static void check_interaction(struct td_bytes body, struct td_bytes url, struct td_bytes type,
                              struct td_bytes planted)
{
    struct td_interaction interaction = {0}, again;
    struct td_field fields[] = {{TD_BYTES("Content-Type"), type},
                                {TD_BYTES("Location"), url},
                                {TD_BYTES("Set-Cookie"), body}};
    struct td_arena arena;
    size_t count;
    td_arena_init(&arena);
    interaction.request.url = url;
    interaction.request.message.body = body;
    interaction.request.message.headers = (struct td_fields){fields, 3};
    interaction.response.message.body = body;
    interaction.response.message.headers = (struct td_fields){fields, 1};
    scrub_all(&interaction, &arena, &count);
    if (planted.len) {
        struct td_bytes after = interaction.response.message.body;
        CHECK(!memmem(after.data, after.len, planted.data, planted.len));
    }
    again = interaction;
    scrub_all(&again, &arena, &count);
    CHECK(count == 0);
    CHECK(again.request.url.data == interaction.request.url.data);
    CHECK(again.response.message.body.data == interaction.response.message.body.data);
    td_arena_release(&arena);
}

/* As requests are matched: escapes in JSON and in forms do not count. */
static bool same_body(struct td_bytes a, struct td_bytes b)
{
    struct td_buf left, right;
    td_buf_init(&left);
    td_buf_init(&right);
    enum td_body_kind kind = td_body_canonical(&left, a, NULL);
    td_body_canonical(&right, b, NULL);
    /* What is no JSON, and no form, has no escapes that would be the same: where base64 inside of
     * them was written anew they may be others. */
    bool broken = kind == TD_BODY_BYTES && a.len &&
                  (memchr(a.data, '\\', a.len) || memchr(a.data, '%', a.len));
    bool same = broken || td_bytes_equal(td_buf_view(&left), td_buf_view(&right));
    td_buf_release(&left);
    td_buf_release(&right);
    return same;
}

/* What a recorder writes and what it matches are the same request. */
static void check_matching(struct td_bytes body, struct td_bytes url, struct td_bytes type)
{
    struct td_interaction interaction = {0};
    struct td_field field = {TD_BYTES("Content-Type"), type};
    struct td_arena arena;
    struct td_buf live[2], taped[2];
    bool live_changed[2], taped_changed[2];
    size_t count;
    td_arena_init(&arena);
    interaction.request.url = url;
    interaction.request.message.body = body;
    interaction.request.message.headers = (struct td_fields){&field, 1};
    scrub_all(&interaction, &arena, &count);
    for (int i = 0; i < 2; i++) {
        td_buf_init(&live[i]);
        td_buf_init(&taped[i]);
    }
    CHECK(td_scrub_request(scrubber(), url, type, body, &live[0], &live[1], &live_changed[0],
                           &live_changed[1]) == 0);
    CHECK(td_scrub_request(scrubber(), interaction.request.url, type,
                           interaction.request.message.body, &taped[0], &taped[1],
                           &taped_changed[0], &taped_changed[1]) == 0);
    struct td_bytes a[] = {live_changed[0] ? td_buf_view(&live[0]) : url,
                           live_changed[1] ? td_buf_view(&live[1]) : body};
    struct td_bytes b[] = {taped_changed[0] ? td_buf_view(&taped[0]) : interaction.request.url,
                           taped_changed[1] ? td_buf_view(&taped[1])
                                            : interaction.request.message.body};
    for (int i = 0; i < 2; i++) {
        size_t same = 0;
        while (same < a[i].len && same < b[i].len && a[i].data[same] == b[i].data[same])
            same++;
        if (!same_body(a[i], b[i]))
            fprintf(stderr, "live:  %.*s\ntaped: %.*s\n", (int)(a[i].len - same), a[i].data + same,
                    (int)(b[i].len - same), b[i].data + same);
        CHECK(same_body(a[i], b[i]));
        td_buf_release(&live[i]);
        td_buf_release(&taped[i]);
    }
    td_arena_release(&arena);
}

/* The quick look and the thorough one agree on each interaction that both can read. */
static void check_cassette(struct td_bytes text)
{
    struct td_cassette *cassette;
    struct td_sift_file file;
    struct td_sift_item item;
    bool suspicious = false;
    if (td_cassette_parse("fuzz", text, &cassette, NULL) < 0)
        return;
    CHECK(td_sift_file_init(&file, scrubber(), text) == 0);
    while (td_sift_file_next(&file, &item))
        suspicious |= item.suspicious;
    size_t found = 0;
    struct td_arena arena;
    td_arena_init(&arena);
    for (size_t i = 0; i < cassette->count; i++) {
        struct td_interaction interaction = cassette->interactions[i];
        size_t count;
        scrub_all(&interaction, &arena, &count);
        found += count;
    }
    if (found && !file.odd && !suspicious)
        fprintf(stderr, "passed over: %.*s\n", (int)text.len, text.data);
    CHECK(!found || file.odd || suspicious);
    td_sift_file_release(&file);
    td_arena_release(&arena);
    td_cassette_free(cassette);
}

/* In the middle of a text that is looked through while it comes. */
static void check_ahead(struct td_bytes body, size_t before)
{
    enum { WINDOW = 4096 };
    static const char filler[] = "what is it? ";
    struct td_interaction interaction = {0};
    struct td_field field = {TD_BYTES("Content-Type"), TD_BYTES("text/plain")};
    struct td_ahead ahead;
    struct td_arena arena;
    struct td_buf text;
    size_t count;
    td_arena_init(&arena);
    td_buf_init(&text);
    td_ahead_init(&ahead);
    ahead.window = ahead.overlap = WINDOW;
    for (before %= WINDOW; text.len <= before;)
        td_buf_put_text(&text, filler);
    text.len = before + 1;
    td_buf_put_bytes(&text, body);
    for (size_t end = text.len + WINDOW; text.len < end;)
        td_buf_put_text(&text, filler);
    for (size_t at = 0; at < text.len; at += WINDOW / 3)
        td_ahead_look(&ahead, scrubber(), field.value, td_bytes(text.data, at), false);
    td_ahead_look(&ahead, scrubber(), field.value, td_buf_view(&text), true);
    interaction.response.message.headers = (struct td_fields){&field, 1};
    interaction.response.message.body = td_buf_view(&text);
    scrub_all(&interaction, &arena, &count);
    CHECK(ahead.stopped || (count == 0 && ahead.clean == text.len));
    td_buf_release(&text);
    td_arena_release(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const types[] = {"", "application/json", "text/event-stream",
                                        "application/x-www-form-urlencoded",
                                        "multipart/form-data; boundary=b"};
    check_cassette(td_bytes((const char *)data, size));
    if (size < 4)
        return 0;
    struct td_bytes type = td_bytes_of(types[data[0] % 5]);
    unsigned way = data[1];
    size_t cut = ((size_t)data[2] << 8 | data[3]) % (size - 3);
    struct td_bytes rest = td_bytes((const char *)data + 4, size - 4);
    if (cut > rest.len)
        cut = rest.len;
    check_interaction(rest, rest, type, td_bytes("", 0));
    check_matching(rest, rest, type);
    check_ahead(rest, cut * 64 + data[1]);
    struct td_buf body;
    td_buf_init(&body);
    td_buf_put(&body, rest.data, cut);
    td_buf_put_char(&body, ' ');
    size_t start = body.len;
    put_secret(&body, way);
    size_t end = body.len;
    td_buf_put_char(&body, ' ');
    td_buf_put(&body, rest.data + cut, rest.len - cut);
    struct td_buf planted;
    td_buf_init(&planted);
    td_buf_put(&planted, body.data + start, end - start);
    bool kept_as_it_is = way % 6 == 0;
    check_interaction(td_buf_view(&body), td_buf_view(&body), type,
                      kept_as_it_is ? td_buf_view(&planted) : td_bytes("", 0));
    check_matching(td_buf_view(&body), td_bytes("http://h/", 9), type);
    td_buf_release(&planted);
    td_buf_release(&body);
    return 0;
}
