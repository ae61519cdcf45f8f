/* SPDX-License-Identifier: MIT */
/*
 * `sse_count URL BODYFILE [COUNT]`: POSTs the file (GETs where it is '-') and fails unless each
 * write callback holds exactly one server-sent event, and all of them COUNT.
 */
#include <curl/curl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct count {
    long events;
    long torn; /* callbacks that hold less or more than one event */
};

/* The start of what follows the first event, which an empty line closes; NULL where none does. */
static const char *after_event(const char *text, const char *end)
{
    while (text < end) {
        const char *line = text;
        while (text < end && *text != '\n' && *text != '\r')
            text++;
        size_t length = (size_t)(text - line);
        if (text == end)
            return NULL;
        text += *text == '\r' && text + 1 < end && text[1] == '\n' ? 2 : 1;
        if (length == 0)
            return text;
    }
    return NULL;
}

static size_t take(char *data, size_t size, size_t count, void *user)
{
    struct count *seen = user;
    const char *end = data + size * count, *rest = after_event(data, end);
    seen->events++;
    if (rest != end) {
        seen->torn++;
        printf("callback %ld: %s\n", seen->events, rest ? "more than one event" : "a part of one");
    }
    return size * count;
}

int main(int argc, char **argv)
{
    if (argc < 3 || argc > 4) {
        fprintf(stderr, "usage: sse_count URL BODYFILE [COUNT]\n");
        return 2;
    }
    curl_global_init(CURL_GLOBAL_ALL);
    CURL *easy = curl_easy_init();
    struct count count = {0, 0};
    char *body = NULL;
    curl_easy_setopt(easy, CURLOPT_URL, argv[1]);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &count);
    if (getenv("SCENARIO_CAINFO"))
        curl_easy_setopt(easy, CURLOPT_CAINFO, getenv("SCENARIO_CAINFO"));
    if (strcmp(argv[2], "-") != 0) {
        enum { MAX = 1 << 24 };
        FILE *file = fopen(argv[2], "rb");
        body = malloc(MAX);
        if (!file || !body) {
            perror(argv[2]);
            return 2;
        }
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, (long)fread(body, 1, MAX, file));
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body);
        fclose(file);
    }
    CURLcode code = curl_easy_perform(easy);
    printf("result %d, events %ld, torn %ld\n", code, count.events, count.torn);
    bool good =
        code == CURLE_OK && !count.torn && (argc < 4 || strtol(argv[3], NULL, 10) == count.events);
    curl_easy_cleanup(easy);
    curl_global_cleanup();
    free(body);
    return good ? 0 : 1;
}
