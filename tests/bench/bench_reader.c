/* SPDX-License-Identifier: MIT */
/*
 * How fast a cassette is read, and in how much memory: td_cassette_parse() beside libyaml's bare
 * events over the same 30 MB, by turns in one run, and the peak memory of a process that does
 * nothing but td_cassette_load(). Exit 1 where a target is missed.
 *
 *   bench_reader [ROUNDS]
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <yaml.h>

#include "base/file.h"
#include "cassette/reader.h"

enum { SIZE = 30 * 1000 * 1000, MAX_ROUNDS = 99 };
static const double max_time = 1.3, max_memory = 2.5;

static void die(const char *what)
{
    fprintf(stderr, "bench_reader: %s\n", what);
    exit(2);
}

/* The seeds' interactions again and again, in one cassette. */
static void make_cassette(const char *path)
{
    static const char *const seeds[] = {"openai-chat-hello", "openai-chat-parallel-tools",
                                        "openai-chat-weather-tool", "openai-responses-weather-tool",
                                        "llama-cpp-reasoning-weather-tool"};
    const char *root = getenv("TD_SOURCE_ROOT");
    struct td_file files[5];
    struct td_bytes parts[5];
    FILE *out = fopen(path, "w");
    if (!out)
        die("cannot write");
    for (int i = 0; i < 5; i++) {
        char name[4096];
        struct td_error err;
        snprintf(name, sizeof name, "%s/testdata/seeds/%s.yaml", root ? root : ".", seeds[i]);
        if (td_file_open(&files[i], name, SIZE, &err) < 0)
            die(err.message);
        static const char before[] = "interactions:\n";
        const char *at =
            memmem(files[i].content.data, files[i].content.len, before, strlen(before));
        if (!at)
            die("a seed without interactions");
        at += strlen(before);
        parts[i] = td_bytes(at, files[i].content.len - (size_t)(at - files[i].content.data));
    }
    fputs("---\nversion: 2\ninteractions:\n", out);
    for (size_t size = 0, i = 0; size < SIZE; size += parts[i].len, i = (i + 1) % 5)
        fwrite(parts[i].data, 1, parts[i].len, out);
    for (int i = 0; i < 5; i++)
        td_file_close(&files[i]);
    if (fclose(out) != 0)
        die("cannot write");
}

static double now(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static double time_events(struct td_bytes content)
{
    yaml_parser_t parser;
    yaml_event_t event;
    double start = now();
    yaml_parser_initialize(&parser);
    yaml_parser_set_input_string(&parser, (const unsigned char *)content.data, content.len);
    for (bool ended = false; !ended;) {
        if (!yaml_parser_parse(&parser, &event))
            die("libyaml cannot read it");
        ended = event.type == YAML_STREAM_END_EVENT;
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
    return now() - start;
}

static double time_parse(struct td_bytes content, size_t *count)
{
    struct td_cassette *cassette;
    struct td_error err;
    double start = now();
    if (td_cassette_parse("bench", content, &cassette, &err) < 0)
        die(err.message);
    double taken = now() - start;
    *count = cassette->count;
    td_cassette_free(cassette);
    return taken;
}

/* In kilobytes. */
static long peak_of_load(const char *path)
{
    struct rusage usage;
    int status;
    pid_t pid = fork();
    if (pid == 0) {
        struct td_cassette *cassette;
        _exit(td_cassette_load(path, &cassette, NULL) < 0);
    }
    if (pid < 0 || wait4(pid, &status, 0, &usage) < 0 || status != 0)
        die("cannot load in a child");
    return usage.ru_maxrss;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, int count)
{
    qsort(values, (size_t)count, sizeof *values, compare);
    return values[count / 2];
}

int main(int argc, char **argv)
{
    int rounds = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 9;
    if (rounds < 1 || rounds > MAX_ROUNDS)
        die("1 to 99 rounds");
    char folder[] = "/tmp/bench_reader.XXXXXX", path[64];
    if (!mkdtemp(folder))
        die("no temporary folder");
    snprintf(path, sizeof path, "%s/cassette.yaml", folder);
    make_cassette(path);

    /* First, while this process is small: a child starts with its parent's memory. */
    double peak = (double)peak_of_load(path) * 1024;
    struct td_file file;
    struct td_error err;
    if (td_file_open(&file, path, SIZE * 2, &err) < 0)
        die(err.message);
    double events[MAX_ROUNDS], parses[MAX_ROUNDS];
    size_t count = 0;
    for (int i = 0; i < rounds; i++) {
        events[i] = time_events(file.content);
        parses[i] = time_parse(file.content, &count);
    }
    double size = (double)file.content.len;
    double bare = median(events, rounds), ours = median(parses, rounds);
    td_file_close(&file);
    unlink(path);
    rmdir(folder);

    printf("cassette            %10.1f MB, %zu interactions\n", size / 1e6, count);
    printf("libyaml's events    %10.1f ms, %.0f MB/s (median of %d)\n", bare * 1e3,
           size / 1e6 / bare, rounds);
    printf("td_cassette_parse   %10.1f ms, %.0f MB/s\n", ours * 1e3, size / 1e6 / ours);
    printf("time ratio          %10.2f    (target: at most %.1f)\n", ours / bare, max_time);
    printf("peak memory / file  %10.2f    (target: at most %.1f)\n", peak / size, max_memory);
    return ours / bare > max_time || peak / size > max_memory;
}
