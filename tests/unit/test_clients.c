/* SPDX-License-Identifier: MIT */
/*
 * Two clients of a stream, linked with the shim in front of libcurl: one that takes each write
 * callback for whole events, as many do, and a right one. Every split brings the same bytes; only
 * the right one gets the same text out of them. TD_SEEDS says how many random seeds to try.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <curl/curl.h>
#include <tapedeck/tapedeck.h>

#define URL "http://api.test/v1/chat/completions"

enum { EVENTS = 30, MAX = 8192 };

static char cassette[64];
static char body[MAX], text[MAX]; /* what comes, and what it says */

/* Words with characters of one to four bytes. */
static const char *word(int i)
{
    static const char *const words[] = {"plain ", "sch\xc3\xb6n ", "\xe2\x82\xac ",
                                        "\xf0\x9f\x98\x80 "};
    return words[i % 4];
}

static int write_cassette(void **state)
{
    (void)state;
    snprintf(cassette, sizeof cassette, "/tmp/tapedeck-streams-XXXXXX");
    int fd = mkstemp(cassette);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
    if (!file)
        return -1;
    fprintf(file,
            "version: 2\ninteractions:\n- id: 0\n  request: {url: '%s', method: GET}\n"
            "  response:\n    code: 200\n    content_length: -1\n"
            "    headers: {Content-Type: [text/event-stream]}\n    body: \"",
            URL);
    for (int i = 0; i < EVENTS; i++) {
        const char *end = i % 3 ? "\n" : "\r\n"; /* both occur in the wild */
        sprintf(body + strlen(body), "data: {\"delta\":\"%s\"}%s%s", word(i), end, end);
        strcat(text, word(i));
        fprintf(file, "data: {\\\"delta\\\":\\\"%s\\\"}%s", word(i),
                i % 3 ? "\\n\\n" : "\\r\\n\\r\\n");
    }
    fprintf(file, "\"\n");
    return fclose(file);
}

static int remove_cassette(void **state)
{
    (void)state;
    return unlink(cassette);
}

/* ---- The clients ---- */

struct client {
    char bytes[MAX], said[MAX];
    size_t len, said_len;
    size_t done; /* of bytes, in the right client */
    size_t callbacks;
};

/* What one event says. */
static void say(struct client *client, const char *event, size_t len)
{
    static const char before[] = "data: {\"delta\":\"";
    if (len < sizeof before - 1 || memcmp(event, before, sizeof before - 1) != 0)
        return;
    const char *from = event + sizeof before - 1, *to = memchr(from, '"', len - sizeof before + 1);
    size_t said = to ? (size_t)(to - from) : 0;
    memcpy(client->said + client->said_len, from, said);
    client->said_len += said;
}

static size_t keep(struct client *client, const char *data, size_t len)
{
    if (client->len + len > MAX)
        return 0;
    memcpy(client->bytes + client->len, data, len);
    client->len += len;
    client->callbacks++;
    return len;
}

static size_t naive(char *data, size_t size, size_t count, void *user)
{
    say(user, data, size * count);
    return keep(user, data, size * count);
}

static size_t right(char *data, size_t size, size_t count, void *user)
{
    struct client *client = user;
    size_t kept = keep(client, data, size * count), line = client->done;
    for (size_t at = line; at < client->len; at++) {
        if (client->bytes[at] != '\n')
            continue;
        bool empty = at == line || (at == line + 1 && client->bytes[line] == '\r');
        line = at + 1;
        if (!empty)
            continue;
        say(client, client->bytes + client->done, line - client->done);
        client->done = line;
    }
    return kept;
}

static CURLcode fetch(struct client *client, curl_write_callback callback)
{
    *client = (struct client){0};
    CURL *curl = curl_easy_init();
    curl_easy_setopt(curl, CURLOPT_URL, URL);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, callback);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, client);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, 10000L);
    CURLcode code = curl_easy_perform(curl);
    curl_easy_cleanup(curl);
    return code;
}

/* Both clients on the same cuts: whether the naive one has understood it as well. */
static bool naive_copes(const char *split)
{
    static struct client client, other;
    struct td_deck_options options = {.size = sizeof options, .replayable = true, .split = split};
    struct td_error err;
    struct td_deck *deck = td_deck_open(cassette, &options, &err);
    if (!deck)
        fail_msg("%s: %s", split, err.message);
    assert_int_equal(td_deck_insert(deck), 0);
    assert_int_equal(fetch(&client, right), CURLE_OK);
    assert_int_equal(fetch(&other, naive), CURLE_OK);
    assert_int_equal(td_deck_eject(deck, &err), 0);
    td_deck_close(deck);
    if (client.len != strlen(body) || memcmp(client.bytes, body, client.len) != 0 ||
        other.len != client.len || memcmp(other.bytes, body, client.len) != 0)
        fail_msg("%s: other bytes", split);
    if (client.said_len != strlen(text) || memcmp(client.said, text, client.said_len) != 0)
        fail_msg("%s: the right client got '%.*s'", split, (int)client.said_len, client.said);
    assert_int_equal(client.callbacks, other.callbacks);
    return other.said_len == client.said_len &&
           memcmp(other.said, client.said, client.said_len) == 0;
}

static void test_splits(void **state)
{
    (void)state;
    assert_true(naive_copes(NULL));
    assert_true(naive_copes("event"));
    assert_true(naive_copes("recorded"));
    static const char *const traps[] = {"utf8", "crlf", "byte", "bytes:7", "bytes:100", "whole"};
    for (size_t i = 0; i < sizeof traps / sizeof *traps; i++)
        if (naive_copes(traps[i]))
            fail_msg("%s: the naive client has not noticed", traps[i]);
}

static void test_seeds(void **state)
{
    (void)state;
    const char *wanted = getenv("TD_SEEDS");
    int seeds = wanted ? atoi(wanted) : 400, coped = 0;
    for (int seed = 0; seed < seeds; seed++) {
        char split[32];
        snprintf(split, sizeof split, "random:%d", seed);
        coped += naive_copes(split);
    }
    assert_int_equal(coped, 0);
}

/* ---- Faults and paces through the C interface ---- */

static void test_faults(void **state)
{
    (void)state;
    static struct client client;
    struct td_deck_options options = {.size = sizeof options,
                                      .faults = "reset@event:2 close@event:3; 500@request:3"};
    struct td_error err;
    struct td_deck *deck = td_deck_open(cassette, &options, &err);
    assert_non_null(deck);
    assert_int_equal(td_deck_insert(deck), 0);
    assert_int_equal(fetch(&client, right), CURLE_RECV_ERROR);
    assert_int_equal(client.callbacks, 2);
    assert_int_equal(fetch(&client, right), CURLE_PARTIAL_FILE);
    assert_int_equal(client.callbacks, 3);
    assert_int_equal(fetch(&client, right), CURLE_OK);
    assert_memory_equal(client.bytes, "{\n  \"error\"", 11);
    assert_int_equal(fetch(&client, right), CURLE_OK);
    assert_int_equal(client.len, strlen(body));
    assert_int_equal(fetch(&client, right), CURLE_GOT_NOTHING); /* now it is played */
    assert_int_equal(td_deck_eject(deck, &err), TD_ERR_MISS);
    td_deck_close(deck);
}

static void test_idle_faults(void **state)
{
    (void)state;
    static struct client client;
    struct td_deck_options options = {.size = sizeof options,
                                      .faults = "reset@event:999 429@random:1,0%"};
    struct td_error err;
    struct td_deck *deck = td_deck_open(cassette, &options, &err);
    size_t next = 0;
    assert_int_equal(td_deck_insert(deck), 0);
    assert_int_equal(fetch(&client, right), CURLE_OK);
    assert_string_equal(td_deck_idle_fault(deck, &next), "reset@event:999");
    assert_null(td_deck_idle_fault(deck, &next));
    assert_int_equal(td_deck_eject(deck, &err), TD_ERR_UNPLAYED);
    assert_string_equal(err.message, "fault 'reset@event:999' struck nothing");
    td_deck_close(deck);
    options.allow_unplayed = true;
    deck = td_deck_open(cassette, &options, &err);
    assert_int_equal(td_deck_insert(deck), 0);
    assert_int_equal(td_deck_eject(deck, &err), 0);
    td_deck_close(deck);
}

/* Resets on a connection that is kept: all that is left lying must be taken up again. */
static void test_one_handle(void **state)
{
    (void)state;
    static struct client client;
    struct td_deck_options options = {
        .size = sizeof options, .replayable = true, .faults = "reset@request:4 close@request:6"};
    struct td_error err;
    struct td_deck *deck = td_deck_open(cassette, &options, &err);
    assert_int_equal(td_deck_insert(deck), 0);
    CURL *curl = curl_easy_init();
    long connects = 0, all = 0;
    curl_easy_setopt(curl, CURLOPT_URL, URL);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, right);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &client);
    for (int i = 1; i <= 8; i++) {
        client = (struct client){0};
        CURLcode wanted = i == 4 ? CURLE_RECV_ERROR : i == 6 ? CURLE_PARTIAL_FILE : CURLE_OK;
        assert_int_equal(curl_easy_perform(curl), wanted);
        assert_true(wanted != CURLE_OK || client.len == strlen(body));
        curl_easy_getinfo(curl, CURLINFO_NUM_CONNECTS, &connects);
        all += connects;
    }
    curl_easy_cleanup(curl);
    assert_int_equal(all, 3);
    assert_int_equal(td_deck_eject(deck, &err), 0);
    td_deck_close(deck);
}

static void test_pace(void **state)
{
    (void)state;
    static struct client client;
    struct timespec from, to;
    struct td_deck_options options = {.size = sizeof options, .pace = "first:100ms,then:5ms"};
    struct td_error err;
    struct td_deck *deck = td_deck_open(cassette, &options, &err);
    assert_int_equal(td_deck_insert(deck), 0);
    clock_gettime(CLOCK_MONOTONIC, &from);
    assert_int_equal(fetch(&client, naive), CURLE_OK);
    clock_gettime(CLOCK_MONOTONIC, &to);
    long ms = (to.tv_sec - from.tv_sec) * 1000 + (to.tv_nsec - from.tv_nsec) / 1000000;
    assert_in_range(ms, 100 + 5 * (EVENTS - 1) - 1, 2000);
    assert_int_equal(client.callbacks, EVENTS);
    assert_int_equal(td_deck_eject(deck, &err), 0);
    td_deck_close(deck);
}

static void test_mistakes(void **state)
{
    (void)state;
    struct td_error err;
    struct td_deck_options options = {.size = sizeof options, .split = "odd"};
    assert_null(td_deck_open(cassette, &options, &err));
    assert_int_equal(err.code, TD_ERR_INVALID);
    options = (struct td_deck_options){.size = sizeof options, .pace = "odd"};
    assert_null(td_deck_open(cassette, &options, &err));
    assert_int_equal(err.code, TD_ERR_INVALID);
    options = (struct td_deck_options){.size = sizeof options, .faults = "odd"};
    assert_null(td_deck_open(cassette, &options, &err));
    assert_int_equal(err.code, TD_ERR_INVALID);
    options = (struct td_deck_options){.size = sizeof options, .scenario = "/no/such"};
    assert_null(td_deck_open(cassette, &options, &err));
    assert_int_equal(err.code, TD_ERR_IO);
    /* A caller from before there were such options. */
    options =
        (struct td_deck_options){.size = offsetof(struct td_deck_options, split), .split = "odd"};
    struct td_deck *deck = td_deck_open(cassette, &options, &err);
    assert_non_null(deck);
    td_deck_close(deck);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_splits),     cmocka_unit_test(test_seeds),
        cmocka_unit_test(test_faults),     cmocka_unit_test(test_idle_faults),
        cmocka_unit_test(test_one_handle), cmocka_unit_test(test_pace),
        cmocka_unit_test(test_mistakes),
    };
    return cmocka_run_group_tests(tests, write_cassette, remove_cassette);
}
