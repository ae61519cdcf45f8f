/* SPDX-License-Identifier: MIT */
/* A deck in a C test, as docs and header promise it: linked with the shim in front of libcurl. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <curl/curl.h>
#include <tapedeck/tapedeck.h>

static const char *seed(const char *name)
{
    static char path[4096];
    const char *root = getenv("TD_SOURCE_ROOT");
    snprintf(path, sizeof path, "%s/testdata/seeds/%s.yaml", root ? root : ".", name);
    return path;
}

static struct td_deck *open_deck(const char *name, const struct td_deck_options *options)
{
    struct td_error err;
    struct td_deck *deck = td_deck_open(seed(name), options, &err);
    assert_non_null(deck);
    return deck;
}

static size_t count(char *data, size_t size, size_t number, void *total)
{
    (void)data;
    *(size_t *)total += size * number;
    return size * number;
}

/* Asks what the interaction of a seed asks; the bytes of the answer, 0 where it failed. */
static size_t ask(const char *name, int64_t id, CURLcode *code)
{
    struct td_cassette *cassette = td_cassette_open(seed(name), NULL);
    const struct td_interaction *interaction = td_cassette_find(cassette, id);
    size_t len, total = 0;
    const char *body = td_interaction_body(interaction, TD_REQUEST, &len);
    CURL *curl = curl_easy_init();
    curl_easy_setopt(curl, CURLOPT_URL, td_interaction_url(interaction));
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)len);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, count);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &total);
    *code = curl_easy_perform(curl);
    curl_easy_cleanup(curl);
    td_cassette_close(cassette);
    return total;
}

static void test_all_played(void **state)
{
    (void)state;
    struct td_error err;
    CURLcode code;
    struct td_deck *deck = open_deck("openai-chat-weather-tool", NULL);
    assert_int_equal(td_deck_insert(deck), 0);
    assert_true(ask("openai-chat-weather-tool", 0, &code) > 1000);
    assert_true(ask("openai-chat-weather-tool", 1, &code) > 1000);
    assert_int_equal(td_deck_eject(deck, &err), 0);
    assert_string_equal(td_deck_misses(deck), "");
    td_deck_close(deck);
}

static void test_unplayed(void **state)
{
    (void)state;
    struct td_error err;
    CURLcode code;
    struct td_deck *deck = open_deck("openai-chat-weather-tool", NULL);
    td_deck_insert(deck);
    ask("openai-chat-weather-tool", 0, &code);
    assert_int_equal(td_deck_eject(deck, &err), TD_ERR_UNPLAYED);
    assert_string_equal(err.message, "1 of 2 interactions not played");
    td_deck_close(deck);

    struct td_deck_options options = {.size = sizeof options, .allow_unplayed = true};
    deck = open_deck("openai-chat-weather-tool", &options);
    td_deck_insert(deck);
    assert_int_equal(td_deck_eject(deck, &err), 0);
    td_deck_close(deck);
}

static void test_miss(void **state)
{
    (void)state;
    struct td_error err;
    struct td_deck_counts counts;
    CURLcode code;
    struct td_deck *deck = open_deck("openai-chat-hello", NULL);
    td_deck_insert(deck);
    assert_int_equal(ask("openai-chat-weather-tool", 0, &code), 0);
    assert_int_equal(code, CURLE_GOT_NOTHING);
    assert_int_equal(td_deck_eject(deck, &err), TD_ERR_MISS);
    assert_string_equal(err.message, "1 of 1 requests not answered by the cassette");
    assert_non_null(strstr(td_deck_misses(deck), "is not on the tape: POST https://"));
    assert_non_null(strstr(td_deck_misses(deck), "/messages/1/content"));
    td_deck_counts(deck, &counts);
    assert_int_equal(counts.interactions, 1);
    assert_int_equal(counts.played, 0);
    assert_int_equal(counts.requests, 1);
    assert_int_equal(counts.missed, 1);
    td_deck_close(deck);
}

static void test_played_once_or_more(void **state)
{
    (void)state;
    CURLcode code;
    struct td_deck *deck = open_deck("openai-chat-hello", NULL);
    td_deck_insert(deck);
    assert_true(ask("openai-chat-hello", 0, &code) > 0);
    assert_int_equal(ask("openai-chat-hello", 0, &code), 0);
    assert_non_null(strstr(td_deck_misses(deck), "already played"));
    assert_string_equal(td_deck_misses(NULL), "");
    td_deck_close(deck);

    struct td_deck_options options = {.size = sizeof options, .replayable = true};
    deck = open_deck("openai-chat-hello", &options);
    td_deck_insert(deck);
    for (int i = 0; i < 3; i++)
        assert_true(ask("openai-chat-hello", 0, &code) > 0);
    assert_int_equal(td_deck_eject(deck, NULL), 0);
    td_deck_close(deck);
}

static void test_two_cassettes(void **state)
{
    (void)state;
    CURLcode code;
    struct td_deck *deck = open_deck("openai-chat-hello", NULL);
    assert_int_equal(td_deck_load(deck, seed("openai-responses-weather-tool"), NULL), 0);
    td_deck_insert(deck);
    assert_true(ask("openai-responses-weather-tool", 1, &code) > 0);
    assert_true(ask("openai-chat-hello", 0, &code) > 0);
    assert_true(ask("openai-responses-weather-tool", 0, &code) > 0);
    assert_int_equal(td_deck_eject(deck, NULL), 0);
    td_deck_close(deck);
}

/* What one cassette says is a secret is one in the requests of all, in whichever order they are
 * loaded. */
static void test_secrets_of_another_cassette(void **state)
{
    (void)state;
    static const char text[] = "version: 2\ntapedeck:\n  scrub:\n    fields:\n    - content\n"
                               "interactions: []\n";
    char path[] = "/tmp/test-deck-XXXXXX";
    int fd = mkstemp(path);
    assert_int_equal(write(fd, text, sizeof text - 1), sizeof text - 1);
    close(fd);
    for (int last = 0; last < 2; last++) {
        CURLcode code;
        struct td_deck *deck = td_deck_open(last ? seed("openai-chat-hello") : path, NULL, NULL);
        assert_non_null(deck);
        assert_int_equal(td_deck_load(deck, last ? path : seed("openai-chat-hello"), NULL), 0);
        td_deck_insert(deck);
        assert_true(ask("openai-chat-hello", 0, &code) > 0);
        assert_int_equal(td_deck_eject(deck, NULL), 0);
        td_deck_close(deck);
    }
    unlink(path);
}

static void test_one_deck_at_a_time(void **state)
{
    (void)state;
    struct td_error err;
    struct td_deck *one = open_deck("openai-chat-hello", NULL);
    struct td_deck *two = open_deck("openai-chat-hello", NULL);
    assert_int_equal(td_deck_insert(NULL), TD_ERR_INVALID);
    assert_int_equal(td_deck_insert(one), 0);
    assert_int_equal(td_deck_insert(two), TD_ERR_INVALID);
    assert_int_equal(td_deck_eject(two, &err), TD_ERR_INVALID);
    td_deck_close(one); /* ejects it */
    assert_int_equal(td_deck_insert(two), 0);
    assert_int_equal(td_deck_eject(two, &err), TD_ERR_UNPLAYED);
    assert_int_equal(td_deck_eject(two, &err), TD_ERR_INVALID);
    td_deck_close(two);
    td_deck_close(NULL);
}

static void test_forked_child_plays_from_the_same_deck(void **state)
{
    (void)state;
    CURLcode code;
    struct td_deck *deck = open_deck("openai-chat-weather-tool", NULL);
    td_deck_insert(deck);
    pid_t child = fork();
    if (child == 0)
        _exit(ask("openai-chat-weather-tool", 0, &code) > 0 ? 0 : 1);
    int status = 1;
    waitpid(child, &status, 0);
    assert_int_equal(status, 0);
    assert_int_equal(ask("openai-chat-weather-tool", 0, &code), 0); /* the child had it */
    assert_true(ask("openai-chat-weather-tool", 1, &code) > 0);
    struct td_deck_counts counts;
    td_deck_counts(deck, &counts);
    assert_int_equal(counts.played, 2);
    assert_int_equal(counts.missed, 1);
    td_deck_close(deck);
}

static void test_bad_cassette(void **state)
{
    (void)state;
    struct td_error err;
    char line[256];
    assert_null(td_deck_open("/no/such/cassette.yaml", NULL, &err));
    assert_int_equal(err.code, TD_ERR_IO);
    assert_string_equal(td_error_format(&err, line, sizeof line),
                        "/no/such/cassette.yaml: cannot open: No such file or directory");
    assert_int_equal(td_deck_eject(NULL, &err), TD_ERR_INVALID);
    assert_int_equal(err.code, TD_ERR_IO); /* what went wrong at first is still told */
    assert_null(td_deck_open("/no/such/cassette.yaml", NULL, NULL));
}

/* One handle, live and taped in turn: without a deck it talks to the network again, here to a port
 * that nobody listens on. */
static void test_live_again(void **state)
{
    (void)state;
    char trouble[CURL_ERROR_SIZE] = "";
    char *url;
    struct td_deck *deck = open_deck("openai-chat-hello", NULL);
    CURL *curl = curl_easy_init();
    curl_easy_setopt(curl, CURLOPT_URL, "https://127.0.0.1:1/");
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, trouble);
    assert_int_equal(curl_easy_perform(curl), CURLE_COULDNT_CONNECT);
    td_deck_insert(deck);
    assert_int_equal(curl_easy_perform(curl), CURLE_GOT_NOTHING);
    assert_string_equal(trouble, "tapedeck: not on the tape: GET https://127.0.0.1:1/");
    curl_easy_getinfo(curl, CURLINFO_EFFECTIVE_URL, &url);
    assert_string_equal(url, "https://127.0.0.1:1/");
    td_deck_eject(deck, NULL);
    assert_int_equal(curl_easy_perform(curl), CURLE_COULDNT_CONNECT);
    assert_null(strstr(trouble, "tapedeck"));
    curl_easy_cleanup(curl);
    td_deck_close(deck);
}

/* A body of the program's own, to where the seed went. */
static CURLcode post(const char *body)
{
    size_t total = 0;
    CURL *curl = curl_easy_init();
    curl_easy_setopt(curl, CURLOPT_URL, "https://api.openai.com/v1/chat/completions");
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, count);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &total);
    CURLcode code = curl_easy_perform(curl);
    curl_easy_cleanup(curl);
    return code;
}

static void test_rules(void **state)
{
    (void)state;
    static const char *const rules[] = {"ignore_paths=/messages", "ignore_paths=/user", NULL};
    struct td_deck_options options = {.size = sizeof options, .match = rules};
    struct td_error err;
    struct td_deck *deck = open_deck("openai-chat-hello", &options);
    assert_int_equal(td_deck_insert(deck), 0);
    assert_int_equal(post("{\"model\":\"gpt-4o\",\"max_tokens\":4000,\"user\":7,"
                          "\"stream_options\":{\"include_usage\":true},\"stream\":true}"),
                     CURLE_OK);
    assert_int_equal(td_deck_eject(deck, &err), 0);
    td_deck_close(deck);

    static const char *const wrong[] = {"ignore_path=/messages", NULL};
    options.match = wrong;
    assert_null(td_deck_open(seed("openai-chat-hello"), &options, &err));
    assert_int_equal(err.code, TD_ERR_INVALID);
    options = (struct td_deck_options){.size = sizeof options, .rules = "/nonexistent/rules"};
    assert_null(td_deck_open(seed("openai-chat-hello"), &options, &err));
    assert_int_equal(err.code, TD_ERR_IO);
    /* A program that was compiled before there were rules. */
    options = (struct td_deck_options){.size = offsetof(struct td_deck_options, rules),
                                       .rules = "/nonexistent/rules"};
    td_deck_close(open_deck("openai-chat-hello", &options));
}

struct matched {
    char word[32];
    int calls;
};

static bool mentions(void *data, const struct td_asked *asked, const struct td_interaction *tape)
{
    struct matched *matched = data;
    size_t len;
    matched->calls++;
    assert_string_equal(asked->method, "POST");
    assert_string_equal(asked->url, "https://api.openai.com/v1/chat/completions");
    assert_int_equal(asked->body_len, strlen(asked->body));
    assert_true(asked->header_count > 0);
    return strstr(asked->body, matched->word) &&
           strstr(td_interaction_body(tape, TD_REQUEST, &len), matched->word);
}

static void test_matcher(void **state)
{
    (void)state;
    struct matched matched = {.word = "tool_call_id"};
    struct td_deck_options options = {
        .size = sizeof options, .matcher = mentions, .matcher_data = &matched};
    struct td_deck *deck = open_deck("openai-chat-weather-tool", &options);
    assert_int_equal(td_deck_insert(deck), 0);
    assert_int_not_equal(post("nothing of the kind"), CURLE_OK);
    assert_int_equal(matched.calls, 2);
    assert_non_null(strstr(td_deck_misses(deck), "is not on the tape"));
    assert_int_equal(post("a tool_call_id"), CURLE_OK);
    assert_int_not_equal(post("a tool_call_id"), CURLE_OK);
    assert_non_null(strstr(td_deck_misses(deck), "played to request 2"));
    strcpy(matched.word, "weather");
    assert_int_equal(post("the weather"), CURLE_OK);
    assert_int_not_equal(post("the weather"), CURLE_OK);
    assert_int_equal(td_deck_eject(deck, NULL), TD_ERR_MISS);
    td_deck_close(deck);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_played),
        cmocka_unit_test(test_unplayed),
        cmocka_unit_test(test_miss),
        cmocka_unit_test(test_played_once_or_more),
        cmocka_unit_test(test_two_cassettes),
        cmocka_unit_test(test_secrets_of_another_cassette),
        cmocka_unit_test(test_one_deck_at_a_time),
        cmocka_unit_test(test_forked_child_plays_from_the_same_deck),
        cmocka_unit_test(test_bad_cassette),
        cmocka_unit_test(test_live_again),
        cmocka_unit_test(test_rules),
        cmocka_unit_test(test_matcher),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
