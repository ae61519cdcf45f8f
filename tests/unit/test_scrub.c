/* SPDX-License-Identifier: MIT */
/* Scrubbing: every rule in every form, what is no secret, and the numbers that follow a body. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/save.h"
#include "cassette/emit.h"
#include "scrub/ahead.h"
#include "scrub/coding.h"
#include "scrub/scrub.h"
#include "scrub/scrubber.h"
#include "stream/aws.h"
#include <tapedeck/scrub.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const char *const no_environment[] = {NULL};

static struct td_scrubber *make(const char *const *environment)
{
    struct td_scrub_config config = {.environment = environment ? environment : no_environment};
    struct td_scrubber *scrubber;
    struct td_error err;
    int status = td_scrubber_new(&scrubber, &config, &err);
    if (status < 0)
        fail_msg("%s", err.message);
    return scrubber;
}

/* Made-up secrets: characters without meaning, the same on every run. */
static char *made_up(const char *format, unsigned seed)
{
    static const char alnum[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    static const char hex[] = "0123456789abcdef", upper[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    struct td_buf out;
    uint64_t state = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
    td_buf_init(&out);
    for (const char *at = format; *at; at++) {
        if (*at != '<') {
            td_buf_put_char(&out, *at);
            continue;
        }
        char kind = at[1];
        char *end;
        for (long n = strtol(at + 2, &end, 10); n > 0; n--) {
            state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            unsigned value = (unsigned)(state >> 33);
            td_buf_put_char(&out, kind == 'x'   ? hex[value % 16]
                                  : kind == 'U' ? upper[value % 32]
                                                : alnum[value % 62]);
        }
        at = end;
    }
    assert_false(td_buf_failed(&out));
    return td_buf_detach(&out, &(size_t){0});
}

static const struct {
    const char *rule;
    const char *format;
} secrets[] = {
    {"openai-project-key", "sk-proj-<a74>T3Blbk"
                           "FJ<a74>"},
    {"openai-service-key", "sk-svcacct-<a74>T3Blbk"
                           "FJ<a74>"},
    {"openai-service-key", "sk-service-<a74>T3Blbk"
                           "FJ<a74>"},
    {"openai-admin-key", "sk-admin-<a58>T3Blbk"
                         "FJ<a58>"},
    {"openai-api-key", "sk-<a20>T3Blbk"
                       "FJ<a20>"},
    {"anthropic-api-key", "sk-ant-api03-<a93>AA"},
    {"anthropic-api-key", "sk-ant-admin01-<a93>AA"},
    {"google-api-key", "AIza<a35>"},
    {"aws-access-key-id", "AKIA<U16>"},
    {"groq-api-key", "gsk_<a52>"},
    {"openrouter-api-key", "sk-or-v1-<x64>"},
    {"huggingface-token", "hf_<a34>"},
    {"xai-api-key", "xai-<a80>"},
    {"replicate-token", "r8_<a37>"},
    {"perplexity-api-key", "pplx-<a48>"},
    {"nvidia-api-key", "nvapi-<a64>"},
    {"elevenlabs-api-key", "sk_<x48>"},
    {"langsmith-api-key", "lsv2_pt_<x32>_<x10>"},
    {"databricks-token", "dapi<x32>"},
    {"github-token", "ghp_<a36>"},
    {"slack-token", "xoxb-<a12>-<a24>"},
    {"jwt", "eyJ<a20>.eyJ<a40>.<a43>"},
};

enum { SECRETS = sizeof secrets / sizeof *secrets };

static void scrub_body(const struct td_scrubber *scrubber, const char *type, struct td_bytes body,
                       struct td_buf *out, size_t *findings)
{
    struct td_interaction interaction = {0};
    struct td_field header = {TD_BYTES("Content-Type"), td_bytes_of(type)};
    struct td_leaks found;
    struct td_arena arena;
    td_arena_init(&arena);
    td_leaks_init(&found);
    interaction.response.message.headers = (struct td_fields){&header, 1};
    interaction.response.message.body = body;
    assert_int_equal(td_scrub_interaction(scrubber, &interaction, &arena, &found, NULL), 0);
    td_buf_put_bytes(out, interaction.response.message.body);
    td_buf_put_char(out, '\0');
    out->len--;
    *findings = found.count;
    td_leaks_release(&found);
    td_arena_release(&arena);
}

/* The body with %s where the secret goes gives the same with the placeholder in its place. */
static void assert_body(const struct td_scrubber *scrubber, const char *type, const char *format,
                        const char *secret, const char *mark)
{
    struct td_buf body, expected, out, again;
    size_t count;
    td_buf_init(&body);
    td_buf_init(&expected);
    td_buf_init(&out);
    td_buf_init(&again);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    td_buf_printf(&body, format, secret);
    td_buf_printf(&expected, format, mark);
#pragma GCC diagnostic pop
    scrub_body(scrubber, type, td_buf_view(&body), &out, &count);
    assert_string_equal(out.data, expected.data);
    assert_int_equal(count, 1);
    scrub_body(scrubber, type, td_buf_view(&out), &again, &count);
    assert_string_equal(again.data, out.data);
    assert_int_equal(count, 0);
    td_buf_release(&body);
    td_buf_release(&expected);
    td_buf_release(&out);
    td_buf_release(&again);
}

static void test_shapes(void **state)
{
    struct td_scrubber *scrubber = make(NULL);
    (void)state;
    for (unsigned i = 0; i < SECRETS; i++) {
        char *secret = made_up(secrets[i].format, i);
        char mark[128];
        snprintf(mark, sizeof mark, "[REDACTED:%s]", secrets[i].rule);
        assert_body(scrubber, "text/plain", "the key is %s, keep it", secret, mark);
        assert_body(scrubber, "application/json", "{\"a\":[\"say %s\"],\"b\":1}", secret, mark);
        assert_body(scrubber, "application/json", "{\"a\":\"{\\\"x\\\":\\\"\\n%s\\\\n\\\"}\"}",
                    secret, mark);
        assert_body(scrubber, "text/event-stream",
                    "data: {\"delta\":\"a %s b\"}\n\ndata: [DONE]\n\n", secret, mark);
        free(secret);
    }
    td_scrubber_free(scrubber);
}

/* Every cut into two and into single characters. */
static void test_cut_streams(void **state)
{
    struct td_scrubber *scrubber = make(NULL);
    (void)state;
    for (unsigned i = 0; i < SECRETS; i++) {
        char *secret = made_up(secrets[i].format, i);
        char mark[128];
        size_t len = strlen(secret);
        snprintf(mark, sizeof mark, "[REDACTED:%s]", secrets[i].rule);
        for (size_t step = 1; step < len; step = step < 8 ? step + 1 : step + 13) {
            struct td_buf body, out, expected;
            size_t count;
            td_buf_init(&body);
            td_buf_init(&out);
            td_buf_init(&expected);
            td_buf_put_text(&body, "data: {\"c\":[{\"index\":0,\"d\":{\"text\":\"so: \"}}]}\n\n");
            td_buf_put_bytes(&expected, td_buf_view(&body));
            for (size_t at = 0; at < len; at += step) {
                size_t n = len - at < step ? len - at : step;
                static const char head[] = "data: {\"c\":[{\"index\":0,\"d\":{\"text\":\"",
                                  tail[] = "\"}}]}\n\n";
                td_buf_printf(&body, "%s%.*s%s", head, (int)n, secret + at, tail);
                td_buf_printf(&expected, "%s%s%s", head, at ? "" : mark, tail);
                static const char other[] =
                    "data: {\"c\":[{\"index\":1,\"d\":{\"text\":\" x\"}}]}\n\n";
                td_buf_put_text(&body, other);
                td_buf_put_text(&expected, other);
            }
            td_buf_put_text(&body, "data: {\"c\":[{\"index\":0,\"d\":{\"text\":\" end\"}}]}\n\n");
            td_buf_put_text(&expected,
                            "data: {\"c\":[{\"index\":0,\"d\":{\"text\":\" end\"}}]}\n\n");
            scrub_body(scrubber, "text/event-stream", td_buf_view(&body), &out, &count);
            assert_string_equal(out.data, expected.data);
            assert_int_equal(count, 1);
            td_buf_release(&body);
            td_buf_release(&out);
            td_buf_release(&expected);
        }
        free(secret);
    }
    td_scrubber_free(scrubber);
}

static void test_environment(void **state)
{
    static const char *const environment[] = {"SERVICE_API_KEY=q\"u\\o/te+=d&Secret%1",
                                              "OTHER_TOKEN=short", "THIRD_SECRET=disabled",
                                              "PATH=/usr/bin:/bin", NULL};
    struct td_scrubber *scrubber = make(environment);
    static const char mark[] = "[REDACTED:environment]";
    (void)state;
    assert_body(scrubber, "text/plain", "it is %s, disabled, short, /usr/bin:/bin",
                "q\"u\\o/te+=d&Secret%1", mark);
    assert_body(scrubber, "application/json", "{\"a\":\"x %s y\"}",
                "q\\\"u\\\\o\\/te+\\u003dd\\u0026Secret%1", mark);
    assert_body(scrubber, "application/x-www-form-urlencoded", "a=1&b=%s&c=2",
                "q%22u%5co%2fte%2b%3dd%26Secret%251", "%5BREDACTED:environment%5D");
    assert_body(scrubber, "multipart/form-data; boundary=XX",
                "--XX\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n%s\r\n--XX--\r\n",
                "q\"u\\o/te+=d&Secret%1", mark);
    /* Base64, with nothing, "a" and "ab" in front. */
    assert_body(scrubber, "application/json", "{\"a\":\"%s\"}",
                "cSJ1XG8vdGUrPWQmU2VjcmV0JTE=", "W1JFREFDVEVEOmVudmlyb25tZW50XQ==");
    assert_body(scrubber, "application/json", "{\"a\":\"%s\"}", "YXEidVxvL3RlKz1kJlNlY3JldCUx",
                "YVtSRURBQ1RFRDplbnZpcm9ubWVudF0=");
    assert_body(scrubber, "application/json", "{\"a\":\"%s\"}", "YWJxInVcby90ZSs9ZCZTZWNyZXQlMQ",
                "YWJbUkVEQUNURUQ6ZW52aXJvbm1lbnRd");
    td_scrubber_free(scrubber);
}

static void test_request(void **state)
{
    struct td_scrubber *scrubber = make(NULL);
    struct td_buf url[3], body[3];
    bool url_changed, body_changed;
    (void)state;
    static const char *const urls[] = {
        "https://h.example/v1?key=first&a=1",
        "https://u:p@h.example/v1?key=another&a=1",
        "https://h.example/v1?key=%5BREDACTED:api-key%5D&a=1",
    };
    static const char *const bodies[] = {
        "{\"api_key\":\"one\",\"q\":1}",
        "{\"api_key\":\"twotwo\",\"q\":1}",
        "{\"api_key\":\"[REDACTED:api-key:12ab]\",\"q\":1}",
    };
    for (int i = 0; i < 3; i++) {
        td_buf_init(&url[i]);
        td_buf_init(&body[i]);
        assert_int_equal(td_scrub_request(scrubber, td_bytes_of(urls[i]), td_bytes("", 0),
                                          td_bytes_of(bodies[i]), &url[i], &body[i], &url_changed,
                                          &body_changed),
                         0);
        assert_true(url_changed && body_changed);
    }
    assert_string_equal(url[0].data, "https://h.example/v1?key=%5BREDACTED%5D&a=1");
    assert_string_equal(url[1].data, "https://%5BREDACTED%5D@h.example/v1?key=%5BREDACTED%5D&a=1");
    assert_string_equal(url[2].data, url[0].data);
    for (int i = 0; i < 3; i++) {
        assert_string_equal(body[i].data, "{\"api_key\":\"[REDACTED]\",\"q\":1}");
        td_buf_release(&url[i]);
        td_buf_release(&body[i]);
    }
    td_scrubber_free(scrubber);
}

static void test_text(void **state)
{
    struct td_scrubber *scrubber = make(NULL);
    (void)state;
    static const char *const texts[][2] = {
        {"Authorization: Bearer abcDEF0123456789ghi", "Authorization: Bearer [REDACTED:bearer]"},
        {"export COHERE_API_KEY=abcdefgh12345678ABCDEFGH",
         "export COHERE_API_KEY=[REDACTED:assigned-secret]"},
        {"see postgres://me:hunter2@db/x", "see postgres://[REDACTED:url-userinfo]@db/x"},
        {"max_tokens: 4000, token budget", "max_tokens: 4000, token budget"},
        {"-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n-----END PRIVATE "
         "KEY-----\n",
         "[REDACTED:private-key]\n"},
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct td_buf out;
        td_buf_init(&out);
        assert_int_equal(td_scrub_text(scrubber, td_bytes_of(texts[i][0]), &out), 0);
        td_buf_put_char(&out, '\0');
        assert_string_equal(out.data, texts[i][1]);
        td_buf_release(&out);
    }
    td_scrubber_free(scrubber);
}

/* What a header has given away is taken out of the response as a whole, and neither what looks like
 * a word nor what a session is called. */
static void test_said_back(void **state)
{
    struct td_scrubber *scrubber = make(NULL);
    struct td_field asked[] = {
        {TD_BYTES("X-Api-Key"), TD_BYTES("plain4455key")},
        {TD_BYTES("Authorization"), TD_BYTES("Basic YWRhOmxvdmVsYWNlMTg1Mg==")},
        {TD_BYTES("Cookie"), TD_BYTES("theme=very-dark-colours; sid=a1b2c3d4e5f6g7h8")}};
    struct td_field answered[] = {{TD_BYTES("Content-Type"), TD_BYTES("text/plain")},
                                  {TD_BYTES("X-Seen"), TD_BYTES("plain4455key")}};
    struct td_interaction interaction = {0};
    struct td_leaks found;
    struct td_arena arena;
    (void)state;
    td_arena_init(&arena);
    td_leaks_init(&found);
    interaction.request.url = TD_BYTES("http://a.test/?key=zyxw9876vuts");
    interaction.request.message.headers = (struct td_fields){asked, 3};
    interaction.response.message.headers = (struct td_fields){answered, 2};
    interaction.response.message.body = TD_BYTES(
        "plain4455key, ada and lovelace1852, very-dark-colours, a1b2c3d4e5f6g7h8, "
        "zyxw9876vuts, cGxhaW40NDU1a2V5, password=Tr0ub4dor3xYz9Qq7Ww1!S3cr3tTail9 failed");
    interaction.request.message.body =
        TD_BYTES("{\"password\":\"Tr0ub4dor3xYz9Qq7Ww1!S3cr3tTail9\"}");
    assert_int_equal(td_scrub_interaction(scrubber, &interaction, &arena, &found, NULL), 0);
    struct td_message *message = &interaction.response.message;
    assert_string_equal(message->body.data,
                        "[REDACTED:api-key], ada and [REDACTED:authorization], very-dark-colours, "
                        "a1b2c3d4e5f6g7h8, [REDACTED:api-key], W1JFREFDVEVEOmFwaS1rZXld, "
                        "password=[REDACTED:password] failed");
    assert_string_equal(message->headers.items[1].value.data, "[REDACTED:api-key]");
    assert_string_equal(message->headers.items[0].value.data, "text/plain");
    td_leaks_release(&found);
    td_arena_release(&arena);
    td_scrubber_free(scrubber);
}

/* ---- while a body comes ---- */

enum { AHEAD = 2048, NOISE = 12 * AHEAD };

/* What has no secret in it: words, bytes of all kinds, one long run, zeros, text that is not ASCII,
 * escapes. */
static void put_noise(struct td_buf *out, unsigned kind, size_t len, unsigned seed)
{
    static const char *const words[] = {"time ",      "flies\n",       "like, ",
                                        "an arrow. ", "(50 % of it) ", "C:\\x "};
    uint64_t state = seed + 1;
    size_t end = out->len + len;
    while (out->len < end) {
        state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        unsigned value = (unsigned)(state >> 33);
        if (kind == 0 || kind == 5)
            td_buf_put_text(out, words[value % (kind ? 6 : 4)]);
        else if (kind == 4)
            td_buf_put_text(out, value % 9 ? "\xc3\xa4" : " \xe2\x82\xac ");
        else
            td_buf_put_char(out, kind == 1 ? (char)(value >> 7) : kind == 2 ? 'x' : '\0');
    }
    out->len = end;
}

/* As it may stand in a text. */
static void put_written(struct td_buf *out, const char *secret, unsigned way)
{
    static const char *const before[] = {"", "a", "ab"};
    struct td_buf longer;
    size_t len = strlen(secret);
    if (way == 0)
        td_buf_put_text(out, secret);
    for (size_t i = 0; i < len && (way == 1 || way == 2); i++)
        td_buf_printf(out, way == 1 ? "%%%02x" : "\\u%04x", (unsigned char)secret[i]);
    if (way < 3)
        return;
    td_buf_init(&longer);
    td_buf_printf(&longer, "%s%s", before[way - 3], secret);
    td_base64_put(out, td_buf_view(&longer), false, true);
    td_buf_release(&longer);
}

/* Lets it come in uneven steps. At no time is the byte at `plant` clean, unless it is (size_t)-1.
 * Whether all was clean in the end. */
static bool look_ahead(const struct td_scrubber *scrubber, const char *type, struct td_bytes body,
                       size_t plant)
{
    struct td_ahead ahead;
    size_t step = 1, last = 0;
    td_ahead_init(&ahead);
    ahead.window = ahead.overlap = AHEAD;
    for (size_t at = 0; at < body.len; at += step, step = step * 7 % 1531 + 1) {
        td_ahead_look(&ahead, scrubber, td_bytes_of(type), td_bytes(body.data, at), false);
        assert_true(ahead.clean <= at && ahead.clean >= last);
        assert_true(ahead.clean <= plant);
        last = ahead.clean;
    }
    td_ahead_look(&ahead, scrubber, td_bytes_of(type), body, true);
    assert_true(ahead.stopped || ahead.clean == body.len);
    return !ahead.stopped;
}

static void test_ahead(void **state)
{
    static const char type[] = "application/octet-stream";
    struct td_scrubber *scrubber = make(NULL);
    (void)state;
    for (unsigned kind = 0; kind < 6; kind++) {
        struct td_buf body;
        td_buf_init(&body);
        put_noise(&body, kind, NOISE, kind);
        assert_true(look_ahead(scrubber, type, td_buf_view(&body), (size_t)-1));
        td_buf_release(&body);
    }
    unsigned secret_ones = 0;
    for (unsigned i = 0; i < SECRETS * 6 * 6; i++) {
        unsigned kind = i % 6, way = i / 6 % 6;
        char *secret = made_up(secrets[i / 36].format, i);
        struct td_buf body;
        td_buf_init(&body);
        put_noise(&body, kind, (size_t)i * 2654435761u % NOISE, i);
        td_buf_put_text(&body, kind == 2 && way >= 3 ? "" : " ");
        size_t plant = body.len;
        put_written(&body, secret, way);
        td_buf_put_text(&body, " ");
        put_noise(&body, kind, NOISE - (size_t)i * 2654435761u % NOISE, i + 1);
        /* In base64 a short word is not always known. */
        struct td_buf whole;
        size_t count;
        td_buf_init(&whole);
        scrub_body(scrubber, type, td_buf_view(&body), &whole, &count);
        td_buf_release(&whole);
        bool clean = look_ahead(scrubber, type, td_buf_view(&body), count ? plant : (size_t)-1);
        secret_ones += count > 0;
        if (clean && count)
            fail_msg("%s written in way %u in noise %u was clean", secret, way, kind);
        td_buf_release(&body);
        free(secret);
    }
    assert_true(secret_ones > SECRETS * 6 * 6 * 3 / 4);
    td_scrubber_free(scrubber);
}

/* JSON in base64, longer than any window, that is looked into because of the start of a key: a
 * short password is known by its name alone, and that by being JSON. */
static void test_ahead_long_run(void **state)
{
    struct td_scrubber *scrubber = make(NULL);
    (void)state;
    for (size_t before = 0; before < 6 * AHEAD; before += AHEAD / 8 + 1) {
        struct td_buf json, body, whole;
        size_t count;
        td_buf_init(&json);
        td_buf_init(&body);
        td_buf_init(&whole);
        td_buf_put_text(&json, "{\"a\":\"");
        put_noise(&json, 2, before, 1);
        td_buf_put_text(&json, "\",\"kind\":\"sk-proj-\",\"password\":\"hunter2\",\"b\":\"");
        put_noise(&json, 2, 6 * AHEAD - before, 1);
        td_buf_put_text(&json, "\"}");
        td_buf_put_text(&body, "It is: ");
        td_base64_put(&body, td_buf_view(&json), false, true);
        td_buf_put_text(&body, " and so on");
        scrub_body(scrubber, "text/plain", td_buf_view(&body), &whole, &count);
        assert_int_equal(count, 1);
        assert_false(look_ahead(scrubber, "text/plain", td_buf_view(&body), 8 + before));
        td_buf_release(&json);
        td_buf_release(&body);
        td_buf_release(&whole);
    }
    td_scrubber_free(scrubber);
}

/* What makes a run worth looking into may come long behind what is then found in it. */
static void test_ahead_late_reason(void **state)
{
    static const char head[] = "{\n\"password\":\"hunter2\",\"a\":\"",
                      tail[] = "\",\"k\":\"sk-proj-\"}";
    struct td_scrubber *scrubber = make(NULL);
    struct td_buf json, body, whole;
    size_t count;
    (void)state;
    td_buf_init(&json);
    td_buf_init(&body);
    td_buf_init(&whole);
    td_buf_put_text(&json, head);
    put_noise(&json, 2, 6 * AHEAD, 1);
    td_buf_put_text(&json, tail);
    td_buf_put_text(&body, "It is: ");
    td_base64_put(&body, td_buf_view(&json), false, true);
    td_buf_put_text(&body, " and so on");
    scrub_body(scrubber, "text/plain", td_buf_view(&body), &whole, &count);
    assert_int_equal(count, 1);
    assert_false(look_ahead(scrubber, "text/plain", td_buf_view(&body), 8));
    td_buf_release(&json);
    td_buf_release(&body);
    td_buf_release(&whole);
    td_scrubber_free(scrubber);
}

/* A private key has no length; and what is between its lines may be anything. */
static void test_ahead_private_key(void **state)
{
    struct td_scrubber *scrubber = make(NULL);
    (void)state;
    for (size_t before = 0; before < 2 * AHEAD; before += AHEAD / 16 + 1) {
        struct td_buf body, whole;
        size_t count;
        td_buf_init(&body);
        td_buf_init(&whole);
        td_buf_put_text(&body, "See: ");
        put_noise(&body, 0, before, 1);
        td_buf_put_text(&body, "\n-----BEGIN PGP PRIVATE KEY BLOCK-----\nVersion: 1\n\n");
        for (int i = 0; i < 8 * AHEAD / 64; i++)
            td_buf_put_text(&body,
                            "lQHYBFabcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTU\n");
        td_buf_put_text(&body, "-----END PGP PRIVATE KEY BLOCK-----\n");
        put_noise(&body, 0, 4 * AHEAD, 1);
        scrub_body(scrubber, "text/plain", td_buf_view(&body), &whole, &count);
        assert_int_equal(count, 1);
        assert_false(look_ahead(scrubber, "text/plain", td_buf_view(&body), 6 + before));
        td_buf_release(&body);
        td_buf_release(&whole);
    }
    td_scrubber_free(scrubber);
}

/* A value that is no ASCII, in two codings, among others that a window may cut. */
static void test_ahead_not_ascii(void **state)
{
    static const char *const environment[] = {"MY_PASSWORD=gr\xc3\xbc\xc3\x9f"
                                              "e\"Gott-9",
                                              NULL};
    static const char secret[] = "%22gr%C3%BC%C3%9Fe%5C%22Gott-9%22 ";
    struct td_scrubber *scrubber = make(environment);
    (void)state;
    for (int shift = 0; shift < 10; shift++) {
        struct td_buf body, whole;
        size_t count;
        td_buf_init(&body);
        td_buf_init(&whole);
        td_buf_printf(&body, "%.*s", shift, "::::::::::");
        for (int i = 0; i < 800; i++)
            td_buf_put_text(&body, i == 300 ? secret : "%E4%BD%A0 ");
        scrub_body(scrubber, "text/plain", td_buf_view(&body), &whole, &count);
        assert_int_equal(count, 1);
        assert_false(look_ahead(scrubber, "text/plain", td_buf_view(&body), (size_t)shift + 3000));
        td_buf_release(&body);
        td_buf_release(&whole);
    }
    td_scrubber_free(scrubber);
}

/* Bodies that have to be whole. */
static void test_not_ahead(void **state)
{
    static const struct {
        const char *type, *head;
    } bodies[] = {
        {"text/plain", "{\"a\":1}"},
        {"text/plain", " \n[1]"},
        {"text/event-stream", ": hello"},
        {"text/plain", "data: x\n"},
        {"application/x-www-form-urlencoded", "a b"},
        {"", "a=b"},
        {"multipart/mixed; boundary=x", "--x"},
        {"text/plain", "--x\r\n"},
        {"application/octet-stream", "\x1f\x8b\x08 12345678"},
        {"application/octet-stream", "\x78\x9c 12345678"},
        {"application/octet-stream", "\x00\x00\xff\x10\x00\x00\x00\x00\x68\xda\xdf\x88"},
    };
    struct td_scrubber *scrubber = make(NULL);
    (void)state;
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        struct td_ahead ahead;
        struct td_buf body;
        td_buf_init(&body);
        td_buf_put(&body, bodies[i].head, i == 10 ? 12 : strlen(bodies[i].head));
        if (i == 10) { /* a frame's own checksum, whatever it is */
            uint32_t sum = td_aws_checksum(td_bytes(body.data, 8));
            for (int k = 0; k < 4; k++)
                body.data[8 + k] = (char)(sum >> (24 - 8 * k));
        }
        put_noise(&body, 2, 2 * AHEAD, 1);
        td_ahead_init(&ahead);
        ahead.window = ahead.overlap = AHEAD;
        td_ahead_look(&ahead, scrubber, td_bytes_of(bodies[i].type), td_buf_view(&body), false);
        if (!ahead.stopped || ahead.clean)
            fail_msg("body %zu was looked at before it was whole", i);
        td_buf_release(&body);
    }
    td_scrubber_free(scrubber);
}

/* Nothing but what secrets are looked for by, for each of the literals. */
static void test_linear(void **state)
{
    struct td_scrubber *scrubber = make(NULL);
    enum { LENGTH = 256 * 1024 };
    (void)state;
    for (size_t i = 0; i < scrubber->literals.count; i++) {
        static const char *const behind[] = {"", " ", "=", "a"};
        struct td_bytes literal = scrubber->literals.items[i].text;
        struct td_buf text, out;
        clock_t before = clock();
        td_buf_init(&text);
        td_buf_init(&out);
        while (text.len < LENGTH) {
            td_buf_put_bytes(&text, literal);
            td_buf_put_text(&text, behind[i % 4]);
        }
        assert_int_equal(td_scrub_text(scrubber, td_buf_view(&text), &out), 0);
        td_buf_release(&text);
        td_buf_release(&out);
        assert_true(clock() - before < 10 * CLOCKS_PER_SEC);
    }
    td_scrubber_free(scrubber);
}

/* Texts that make a careless reader go over the same bytes again and again. */
static void test_linear_bodies(void **state)
{
    struct td_scrubber *scrubber = make(NULL);
    static const struct {
        const char *type, *head, *again;
    } bodies[] = {
        {"application/json", "{\"a\":\"", "\\u0025"},
        {"application/json", "{\"a\":\"", "\\\\"},
        {"application/json", "", "{\"a\":"},
        {"application/json", "", "["},
        {"application/json", "{", "\""},
        {"text/plain", "", "%25"},
        {"text/plain", "", "\\"},
        {"text/plain", "", "[REDACTED:x]"},
        {"text/event-stream", "", "data: {\n"},
        {"text/event-stream", "", "data: {\"a\":\"x\"}\n\n"},
        {"text/event-stream", "data: x\n", "data: {\"a\":\"\n"},
        {"multipart/form-data; boundary=x", "--x\r\n", "--x\r\n"},
        {"application/x-www-form-urlencoded", "", "a=1&"},
        {"application/x-www-form-urlencoded", "", "%41=%42&"},
    };
    enum { LENGTH = 1 << 20 };
    (void)state;
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        struct td_buf body, out;
        size_t count;
        clock_t before = clock();
        td_buf_init(&body);
        td_buf_init(&out);
        td_buf_put_text(&body, bodies[i].head);
        while (body.len < LENGTH)
            td_buf_put_text(&body, bodies[i].again);
        scrub_body(scrubber, bodies[i].type, td_buf_view(&body), &out, &count);
        assert_int_equal(count, 0);
        td_buf_release(&body);
        td_buf_release(&out);
        if (clock() - before > 10 * CLOCKS_PER_SEC)
            fail_msg("'%s' again and again takes %ld s", bodies[i].again,
                     (long)((clock() - before) / CLOCKS_PER_SEC));
    }
    td_scrubber_free(scrubber);
}

/* The chunks keep their ends where nothing changed, and go on adding up. */
static void test_chunks(void **state)
{
    struct td_scrubber *scrubber = make(NULL);
    struct td_interaction interaction = {0};
    struct td_recorded_chunk chunks[] = {{4, 1000}, {10, 2000}, {30, 3000}, {6, 4000}};
    struct td_field length = {TD_BYTES("content-length"), TD_BYTES("50")};
    struct td_arena arena;
    char *secret = made_up("hf_<a34>", 3);
    char body[64];
    (void)state;
    snprintf(body, sizeof body, "a b %s, that", secret);
    td_arena_init(&arena);
    struct td_message *message = &interaction.response.message;
    message->body = td_bytes_of(body);
    assert_int_equal(message->body.len, 47);
    chunks[3].len = 3;
    length.value = TD_BYTES("47");
    message->headers = (struct td_fields){&length, 1};
    message->content_length = 47;
    interaction.response.shape.chunks = (struct td_recorded_chunks){chunks, 4};
    assert_int_equal(td_scrub_interaction(scrubber, &interaction, &arena, NULL, NULL), 0);
    assert_string_equal(message->body.data, "a b [REDACTED:huggingface-token], that");
    assert_int_equal(message->content_length, 38);
    assert_string_equal(message->headers.items[0].value.data, "38");
    const struct td_recorded_chunks *moved = &interaction.response.shape.chunks;
    assert_int_equal(moved->count, 4);
    assert_int_equal(moved->items[0].len, 4);
    assert_int_equal(moved->items[1].len, 10);
    assert_int_equal(moved->items[2].len, 21);
    assert_int_equal(moved->items[3].len, 3);
    assert_int_equal(moved->items[3].at_ns, 4000);
    td_arena_release(&arena);
    td_scrubber_free(scrubber);
    free(secret);
}

/* What was scrubbed before it was written is what is scrubbed afterwards, to the byte. */
static void test_before_and_after(void **state)
{
    static const char path[] = "test_scrub-before.yaml";
    (void)state;
    char *key = made_up("sk-proj-<a40>7", 9), *google = made_up("AIza<a35>", 10);
    struct td_buf stream, url, before, after;
    struct td_error err;
    td_buf_init(&stream);
    td_buf_init(&url);
    td_buf_init(&before);
    td_buf_init(&after);
    td_buf_printf(&stream,
                  "data: {\"d\":\"it is %.20s\"}\n\ndata: {\"d\":\"%s.\"}\n\ndata: [DONE]\n\n", key,
                  key + 20);
    td_buf_printf(&url, "https://h.example/v1?key=%s", google);
    struct td_field headers[] = {{TD_BYTES("Authorization"), td_bytes_of(key)},
                                 {TD_BYTES("Content-Type"), TD_BYTES("text/event-stream")}};
    struct td_recorded_chunk chunks[] = {{(uint32_t)stream.len - 20, 1000000}, {20, 2000000}};
    struct td_interaction interaction = {
        .request = {.url = td_buf_view(&url), .method = TD_BYTES("POST")},
        .response = {.status = TD_BYTES("200 OK"), .code = 200},
    };
    interaction.request.message.headers = (struct td_fields){headers, 2};
    interaction.request.message.body = TD_BYTES("{\"password\":\"hunter2\",\"n\":1}");
    interaction.request.message.content_length = 30;
    interaction.response.message.headers = (struct td_fields){headers + 1, 1};
    interaction.response.message.body = td_buf_view(&stream);
    interaction.response.message.content_length = -1;
    interaction.response.shape.chunks = (struct td_recorded_chunks){chunks, 2};
    struct td_cassette cassette = {.interactions = &interaction, .count = 1};
    td_emit_cassette(&before, &cassette, TD_LAYOUT_COMPACT);
    assert_int_equal(td_save(path, td_buf_view(&before), &err), 0);

    struct td_scrub_rules *rules = td_scrub_rules_open(NULL, &err);
    struct td_scrub_file *file = td_scrub_file_open(rules, path, false, &err);
    assert_non_null(file);
    assert_int_equal(td_scrub_file_count(file), 4);
    size_t len;
    const char *scrubbed = td_scrub_file_after(file, &len);

    struct td_scrubber *scrubber = make(NULL);
    struct td_arena arena;
    td_arena_init(&arena);
    assert_int_equal(td_scrub_interaction(scrubber, &interaction, &arena, NULL, &err), 0);
    td_emit_cassette(&after, &cassette, TD_LAYOUT_COMPACT);
    assert_int_equal(len, after.len);
    assert_memory_equal(scrubbed, after.data, len);
    assert_null(memmem(after.data, after.len, key + 8, 8));
    td_arena_release(&arena);
    td_scrubber_free(scrubber);
    td_scrub_file_close(file);
    td_scrub_rules_close(rules);
    remove(path);
    td_buf_release(&stream);
    td_buf_release(&url);
    td_buf_release(&before);
    td_buf_release(&after);
    free(key);
    free(google);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shapes),
        cmocka_unit_test(test_cut_streams),
        cmocka_unit_test(test_environment),
        cmocka_unit_test(test_request),
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_said_back),
        cmocka_unit_test(test_ahead),
        cmocka_unit_test(test_ahead_long_run),
        cmocka_unit_test(test_ahead_late_reason),
        cmocka_unit_test(test_ahead_private_key),
        cmocka_unit_test(test_ahead_not_ascii),
        cmocka_unit_test(test_not_ahead),
        cmocka_unit_test(test_linear),
        cmocka_unit_test(test_linear_bodies),
        cmocka_unit_test(test_chunks),
        cmocka_unit_test(test_before_and_after),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
