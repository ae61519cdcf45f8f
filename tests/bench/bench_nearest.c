/* SPDX-License-Identifier: MIT */
/*
 * What it costs to find the nearest of 1,000 interactions that are much alike, beside what one
 * match of the same body costs (canonical form and lookup; see match/nearest.h for what is near).
 * And that it is the one which a search picks that compares every interaction in full, word by
 * word. Exit status 1 where it is more than LIMIT times slower, or another one.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "../unit/full_search.h"

enum { COUNT = 1000, ROUNDS = 200, TRIES = 7, TURNS = 6 };

#define LIMIT 10.0

static const char url[] = "https://api.openai.com/v1/chat/completions";

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

/* Interaction `number` of so many turns; `respelled` with other white space, `changed` in a word.
 */
static void put_body(struct td_buf *out, size_t number, size_t turns, bool respelled, bool changed)
{
    td_buf_init(out);
    td_buf_printf(out, "{\"model\":\"gpt-4o\",\"temperature\":0.7,\"messages\":[%s",
                  respelled ? " " : "");
    for (size_t i = 0; i < turns; i++)
        td_buf_printf(out,
                      "%s{\"role\":\"user\",\"content\":\"Question %zu of conversation %zu: what is"
                      " the %s in Florence, Italy, and what should one wear on day %zu?\"}",
                      i ? "," : "", i, i == turns / 2 ? number : 7,
                      changed && i == turns - 1 ? "climate" : "weather", i + number % 3);
    td_buf_put_text(out, "],\"stream\":true}");
}

static struct td_query query_of(const struct td_buf *body)
{
    return (struct td_query){
        TD_BYTES("POST"), td_bytes(url, sizeof url - 1), td_buf_view(body), {NULL, 0}};
}

static double ratio_of(struct td_index *index, const struct td_query *same,
                       const struct td_query *changed, size_t *position)
{
    double match = 1, nearest = 1;
    for (int round = 0; round < ROUNDS; round++) {
        double start = now();
        if (!td_index_find(index, same))
            exit(3);
        double middle = now();
        if (!td_index_nearest(index, changed, position))
            exit(3);
        double end = now();
        match = middle - start < match ? middle - start : match;
        nearest = end - middle < nearest ? end - middle : nearest;
    }
    printf("  match %.1f us, nearest %.1f us: ", match * 1e6, nearest * 1e6);
    return nearest / match;
}

static bool run(size_t turns)
{
    static struct td_interaction interactions[COUNT];
    static struct td_buf bodies[COUNT];
    struct td_index *index = td_index_new();
    if (!index)
        exit(3);
    for (size_t i = 0; i < COUNT; i++) {
        put_body(&bodies[i], i, turns, false, false);
        interactions[i].request.method = TD_BYTES("POST");
        interactions[i].request.url = td_bytes(url, sizeof url - 1);
        interactions[i].request.message.body = td_buf_view(&bodies[i]);
        if (td_index_add(index, &interactions[i], NULL) < 0)
            exit(3);
    }
    struct td_buf same, changed;
    put_body(&same, 777, turns, true, false);
    put_body(&changed, 777, turns, true, true);
    struct td_query match = query_of(&same), miss = query_of(&changed);
    size_t position = SIZE_MAX, full = search_in_full(interactions, COUNT, &miss);
    double ratio = LIMIT + 1;
    printf("%d interactions of %zu bytes\n", COUNT, bodies[0].len);
    for (int try = 0; try < TRIES && ratio > LIMIT; try++) {
        ratio = ratio_of(index, &match, &miss, &position);
        printf("%.1f times\n", ratio);
    }
    printf("  nearest #%zu, in full #%zu\n", position, full);
    td_index_free(index);
    for (size_t i = 0; i < COUNT; i++)
        td_buf_release(&bodies[i]);
    td_buf_release(&same);
    td_buf_release(&changed);
    return ratio <= LIMIT && position == full;
}

int main(void)
{
    bool good = run(TURNS);
    good &= run(10 * TURNS);
    return good ? 0 : 1;
}
