/* SPDX-License-Identifier: MIT */
/*
 * requests N URL [BODYFILE]: makes N requests one after the other on one easy handle, and prints
 * the seconds that they took and the bytes and callbacks that came. Plain libcurl: the benchmarks
 * run it against a server, and on tape.
 */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static size_t bytes, callbacks;

static size_t on_write(char *data, size_t size, size_t count, void *context)
{
    (void)data;
    (void)context;
    bytes += size * count;
    callbacks++;
    return size * count;
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static char *read_file(const char *path, long *len)
{
    FILE *file = fopen(path, "rb");
    char *data = malloc(1 << 20);
    if (!file || !data)
        exit(2);
    *len = (long)fread(data, 1, 1 << 20, file);
    fclose(file);
    return data;
}

int main(int argc, char **argv)
{
    if (argc < 3)
        return 2;
    long requests = strtol(argv[1], NULL, 10), len = 0;
    char *body = argc > 3 ? read_file(argv[3], &len) : NULL;
    curl_global_init(CURL_GLOBAL_ALL);
    CURL *curl = curl_easy_init();
    curl_easy_setopt(curl, CURLOPT_URL, argv[2]);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_write);
    if (body) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, len);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
    }
    /* The first request connects, and on tape loads the cassette. */
    CURLcode code = curl_easy_perform(curl);
    bytes = callbacks = 0;
    double start = now();
    for (long i = 0; i < requests && code == CURLE_OK; i++)
        code = curl_easy_perform(curl);
    double seconds = now() - start;
    curl_easy_cleanup(curl);
    free(body);
    if (code != CURLE_OK) {
        fprintf(stderr, "requests: %s\n", curl_easy_strerror(code));
        return 1;
    }
    printf("%.9f %zu %zu\n", seconds, bytes, callbacks);
    return 0;
}
