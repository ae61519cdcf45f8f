/* SPDX-License-Identifier: MIT */
/*
 * Two JSON bodies of 10 MB that differ in one leaf: what it costs to find it, reading included,
 * beside what cJSON takes to read the two. Exit status 1 where it is more than LIMIT times as much.
 */
#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "json/delta.h"

enum { SIZE = 10 * 1024 * 1024, ROUNDS = 5, TRIES = 5 };

#define LIMIT 3.0

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

/* Chat messages, numbers, or short members, until there is enough; one of them changed. */
static void put_chat(struct td_buf *out, size_t i, bool changed)
{
    td_buf_printf(
        out,
        "{\"role\":\"user\",\"content\":\"Question %zu: what is the weather in %s, and what"
        " should one wear? It was \\\"cold\\\" yesterday.\",\"n\":[%zu,0.5,true]}",
        i, changed ? "Rome" : "Florence", i);
}

static void put_number(struct td_buf *out, size_t i, bool changed)
{
    td_buf_printf(out, "%zu.%zu", i, changed ? i + 1 : i % 100);
}

static void put_member(struct td_buf *out, size_t i, bool changed)
{
    td_buf_printf(out, "{\"id\":%zu,\"ok\":%s,\"tag\":\"t%zu\",\"in\":{\"a\":null}}", i,
                  changed ? "true" : "false", i % 7);
}

static const struct shape {
    const char *name;
    void (*put)(struct td_buf *out, size_t i, bool changed);
} shapes[] = {{"messages", put_chat}, {"numbers", put_number}, {"members", put_member}};

static void put_body(struct td_buf *out, const struct shape *shape, size_t change)
{
    td_buf_init(out);
    td_buf_put_text(out, "{\"items\":[");
    for (size_t i = 0; out->len < SIZE; i++) {
        td_buf_put_text(out, i ? "," : "");
        shape->put(out, i, i == change);
    }
    td_buf_put_text(out, "]}");
}

/* Each in a process of its own, so that neither works in the heap that the other has left behind.
 */
static double measure(double (*work)(const struct td_buf *a, const struct td_buf *b),
                      const struct td_buf *a, const struct td_buf *b)
{
    int ends[2], status;
    double took = 0;
    if (pipe(ends) < 0)
        exit(3);
    pid_t child = fork();
    if (child == 0) {
        took = work(a, b);
        _exit(write(ends[1], &took, sizeof took) == (ssize_t)sizeof took ? 0 : 3);
    }
    if (child < 0 || read(ends[0], &took, sizeof took) != (ssize_t)sizeof took ||
        waitpid(child, &status, 0) != child || status != 0)
        exit(3);
    close(ends[0]);
    close(ends[1]);
    return took;
}

static double read_with_cjson(const struct td_buf *a, const struct td_buf *b)
{
    double start = now();
    cJSON *x = cJSON_ParseWithLength(a->data, a->len), *y = cJSON_ParseWithLength(b->data, b->len);
    double took = now() - start;
    if (!x || !y)
        exit(3);
    cJSON_Delete(x);
    cJSON_Delete(y);
    return took;
}

static double compare(const struct td_buf *a, const struct td_buf *b)
{
    struct td_arena arena;
    struct td_json_delta delta;
    double start = now();
    td_arena_init(&arena);
    struct td_json *x = td_json_parse(&arena, td_buf_view(a), NULL);
    struct td_json *y = td_json_parse(&arena, td_buf_view(b), NULL);
    if (!x || !y || !td_json_hash(x) || !td_json_hash(y) || td_json_delta_make(&delta, x, y) < 0)
        exit(3);
    double took = now() - start;
    if (delta.count != 1)
        exit(3);
    td_json_delta_release(&delta);
    td_arena_release(&arena);
    return took;
}

int main(void)
{
    bool good = true;
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        struct td_buf a, b;
        double ratio = LIMIT + 1;
        put_body(&a, &shapes[i], SIZE_MAX);
        put_body(&b, &shapes[i], 5000);
        for (int try = 0; try < TRIES && ratio > LIMIT; try++) {
            double theirs = 1e9, ours = 1e9;
            for (int round = 0; round < ROUNDS; round++) {
                double cjson = measure(read_with_cjson, &a, &b), delta = measure(compare, &a, &b);
                theirs = cjson < theirs ? cjson : theirs;
                ours = delta < ours ? delta : ours;
            }
            ratio = ours / theirs;
            printf("%s: cJSON reads both in %.0f ms, compared in %.0f ms: %.2f times\n",
                   shapes[i].name, theirs * 1e3, ours * 1e3, ratio);
        }
        good &= ratio <= LIMIT;
        td_buf_release(&a);
        td_buf_release(&b);
    }
    return good ? 0 : 1;
}
