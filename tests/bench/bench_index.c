/* SPDX-License-Identifier: MIT */
/*
 * What a lookup costs, with 100 interactions and with 10,000. The same requests are asked of both
 * indexes, so that the two differ in nothing but the number of interactions. Exit status 1 where
 * the larger index is more than LIMIT times slower.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "match/index.h"

enum { FEW = 100, MANY = 10000, ASKED = 100, ROUNDS = 300, TRIES = 7 };

#define LIMIT 1.2

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

/* A chat request of about a kilobyte; `respelled` is the same with other white space. */
static void put_body(struct td_buf *out, size_t number, bool respelled)
{
    td_buf_init(out);
    td_buf_printf(out, "{\"model\":\"gpt-4o\",\"temperature\":0.7,\"messages\":[%s",
                  respelled ? " " : "");
    for (size_t i = 0; i < 8; i++)
        td_buf_printf(out,
                      "%s{\"role\":\"user\",\"content\":\"Question %zu of conversation %zu: what is"
                      " the weather in Florence, Italy, and what should one wear?\"}",
                      i ? "," : "", i, number);
    td_buf_put_text(out, "],\"stream\":true}");
}

struct recording {
    struct td_interaction *interactions;
    struct td_buf *bodies;
    struct td_index *index;
};

static void record(struct recording *recording, size_t count)
{
    recording->interactions = calloc(count, sizeof *recording->interactions);
    recording->bodies = calloc(count, sizeof *recording->bodies);
    recording->index = td_index_new();
    if (!recording->interactions || !recording->bodies || !recording->index)
        exit(3);
    for (size_t i = 0; i < count; i++) {
        struct td_recorded_request *request = &recording->interactions[i].request;
        /* The requests that are asked are spread over all of it. */
        put_body(&recording->bodies[i], i % (count / ASKED) ? 1000 + i : i / (count / ASKED),
                 false);
        request->method = TD_BYTES("POST");
        request->url = TD_BYTES("https://api.openai.com/v1/chat/completions");
        request->message.body = td_buf_view(&recording->bodies[i]);
    }
    double start = now();
    for (size_t i = 0; i < count; i++)
        if (td_index_add(recording->index, &recording->interactions[i], NULL) < 0)
            exit(3);
    printf("%zu interactions of %zu bytes added in %.1f us each\n", count, recording->bodies[0].len,
           (now() - start) * 1e6 / (double)count);
}

static void release(struct recording *recording, size_t count)
{
    td_index_free(recording->index);
    for (size_t i = 0; i < count; i++)
        td_buf_release(&recording->bodies[i]);
    free(recording->bodies);
    free(recording->interactions);
}

/* Seconds for a lookup: the best of the rounds, as the least disturbed. */
static double lookup(struct td_index *index, const struct td_query *queries)
{
    double best = 1;
    for (size_t round = 0; round < ROUNDS; round++) {
        double start = now();
        for (size_t i = 0; i < ASKED; i++)
            if (!td_index_find(index, &queries[i]))
                exit(3);
        double one = (now() - start) / ASKED;
        best = one < best ? one : best;
    }
    return best;
}

static bool compare(const char *what, struct recording *few, struct recording *many, bool respelled)
{
    struct td_buf bodies[ASKED];
    struct td_query queries[ASKED];
    double ratio = 0, small = 0, large = 0;
    for (size_t i = 0; i < ASKED; i++) {
        put_body(&bodies[i], i, respelled);
        queries[i] = (struct td_query){TD_BYTES("POST"),
                                       TD_BYTES("https://api.openai.com/v1/chat/completions"),
                                       td_buf_view(&bodies[i]),
                                       {NULL, 0}};
    }
    for (int try = 0; try < TRIES && (!try || ratio > LIMIT); try++) {
        small = lookup(few->index, queries);
        large = lookup(many->index, queries);
        ratio = large / small;
    }
    printf("%s: %.2f us with %d, %.2f us with %d interactions: %.2f times\n", what, small * 1e6,
           FEW, large * 1e6, MANY, ratio);
    for (size_t i = 0; i < ASKED; i++)
        td_buf_release(&bodies[i]);
    return ratio <= LIMIT;
}

int main(void)
{
    struct recording few, many;
    record(&few, FEW);
    record(&many, MANY);
    bool good = compare("the same bytes", &few, &many, false);
    good &= compare("the same value", &few, &many, true);
    release(&few, FEW);
    release(&many, MANY);
    return good ? 0 : 1;
}
