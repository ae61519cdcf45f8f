/* SPDX-License-Identifier: MIT */
/* Several handles on one multi handle, and what can happen to them meanwhile. */
#include "scenario.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static size_t pause_once(struct transcript *t, size_t len)
{
    if (t->state)
        return len;
    t->state = 1;
    transcript_note(t, "pauses");
    return CURL_WRITEFUNC_PAUSE;
}

static size_t pause_always(struct transcript *t, size_t len)
{
    (void)len;
    if (!t->state++)
        transcript_note(t, "pauses for good");
    return CURL_WRITEFUNC_PAUSE;
}

/* One handle rests, paused, while the other one finishes. */
static void pause_multi(const struct places *p)
{
    CURLM *multi = curl_multi_init();
    struct transcript *slow = fetch_new("slow", 0, url_at(p->main, "/static/hello.txt"));
    struct transcript *quick = fetch_new("quick", 0, url_at(p->main, "/up/chunked?one"));
    slow->on_write = pause_once;
    curl_multi_add_handle(multi, slow->easy);
    int running = 1;
    while (curl_multi_perform(multi, &running) == CURLM_OK && running && !slow->state)
        curl_multi_poll(multi, NULL, 0, 1000, NULL);
    transcript_note(slow, "running %d", running);
    curl_multi_add_handle(multi, quick->easy);
    while (curl_multi_perform(multi, &running) == CURLM_OK && running > 1)
        curl_multi_poll(multi, NULL, 0, 100, NULL);
    transcript_note(slow, "running %d", running);
    printf("resume: %d\n", curl_easy_pause(slow->easy, CURLPAUSE_CONT));
    while (curl_multi_perform(multi, &running) == CURLM_OK && running)
        curl_multi_poll(multi, NULL, 0, 1000, NULL);
    transcript_multi_run(multi);
    transcript_free(slow);
    transcript_free(quick);
    curl_multi_cleanup(multi);
}

/* Handles on one multi, told apart by their private pointers. */
static void multi_several(const struct places *p)
{
    static const char *const paths[] = {"/static/hello.txt", "/up/chunked?one", "/status/404",
                                        "/up/redirect?code=302&to=%2Fstatic%2Fhello.txt"};
    enum { COUNT = sizeof(paths) / sizeof(*paths) };
    CURLM *multi = curl_multi_init();
    struct transcript *all[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        all[i] = fetch_new("one of several", TRANSCRIPT_JOIN, url_at(p->main, paths[i]));
        curl_easy_setopt(all[i]->easy, CURLOPT_FOLLOWLOCATION, 1L);
        curl_easy_setopt(all[i]->easy, CURLOPT_HEADERFUNCTION, NULL);
        curl_easy_setopt(all[i]->easy, CURLOPT_HEADERDATA, NULL);
        curl_multi_add_handle(multi, all[i]->easy);
        int running = 1; /* one by one, so that the order is the same each time */
        while (curl_multi_perform(multi, &running) == CURLM_OK && running)
            curl_multi_poll(multi, NULL, 0, 1000, NULL);
    }
    transcript_multi_run(multi);
    for (size_t i = 0; i < COUNT; i++)
        transcript_free(all[i]);
    printf("cleanup: %d\n", curl_multi_cleanup(multi));
}

/* Removed before it was done, then used anew. */
static void multi_removed(const struct places *p)
{
    CURLM *multi = curl_multi_init();
    struct transcript *t = fetch_new("removed", 0, url_at(p->main, "/up/events?count=4&ms=12"));
    t->on_write = pause_always;
    curl_multi_add_handle(multi, t->easy);
    int running = 1;
    while (curl_multi_perform(multi, &running) == CURLM_OK && running && !t->state)
        curl_multi_poll(multi, NULL, 0, 1000, NULL);
    printf("remove: %d\n", curl_multi_remove_handle(multi, t->easy));
    printf("remove again: %d\n", curl_multi_remove_handle(multi, t->easy));
    transcript_info(t);
    t->on_write = NULL;
    curl_easy_setopt(t->easy, CURLOPT_URL, url_at(p->main, "/static/hello.txt"));
    curl_multi_add_handle(multi, t->easy);
    printf("add again: %d\n", curl_multi_add_handle(multi, t->easy));
    transcript_multi_run(multi);
    curl_easy_setopt(t->easy, CURLOPT_URL, url_at(p->main, "/static/empty.txt"));
    transcript_perform(t);
    transcript_free(t);
    curl_multi_cleanup(multi);
}

/* A handle that is freed while it is under way. */
static void freed_under_way(const struct places *p)
{
    CURLM *multi = curl_multi_init();
    struct transcript *t = fetch_new("freed", 0, url_at(p->main, "/up/events?count=4&ms=12"));
    t->on_write = pause_always;
    curl_multi_add_handle(multi, t->easy);
    int running = 1;
    while (curl_multi_perform(multi, &running) == CURLM_OK && running && !t->state)
        curl_multi_poll(multi, NULL, 0, 1000, NULL);
    transcript_free(t);
    transcript_multi_run(multi);
    printf("cleanup: %d\n", curl_multi_cleanup(multi));
}

/* A program that waits for descriptors of its own as well. */
static void own_descriptors(const struct places *p)
{
    int ends[2];
    if (pipe(ends) != 0 || write(ends[1], "x", 1) != 1)
        return;
    CURLM *multi = curl_multi_init();
    struct curl_waitfd mine = {.fd = ends[0], .events = CURL_WAIT_POLLIN};
    int ready = -1;
    printf("poll, idle: %d", curl_multi_poll(multi, &mine, 1, 1000, &ready));
    printf(", ready %d, mine %d\n", ready, mine.revents);
    mine.revents = 0;
    printf("wait, idle: %d", curl_multi_wait(multi, &mine, 1, 1000, &ready));
    printf(", ready %d, mine %d\n", ready, mine.revents);
    struct transcript *t = fetch_new("slow", 0, url_at(p->main, "/static/hello.txt"));
    t->on_write = pause_always;
    curl_multi_add_handle(multi, t->easy);
    int running = 1;
    while (curl_multi_perform(multi, &running) == CURLM_OK && running && !t->state)
        curl_multi_poll(multi, NULL, 0, 1000, NULL);
    mine.revents = 0;
    printf("poll, paused: %d", curl_multi_poll(multi, &mine, 1, 1000, &ready));
    printf(", mine %d\n", mine.revents);
    curl_multi_remove_handle(multi, t->easy);
    transcript_free(t);
    curl_multi_cleanup(multi);
    close(ends[0]);
    close(ends[1]);
}

static void wakeup(const struct places *p)
{
    (void)p;
    CURLM *multi = curl_multi_init();
    int ready = -1;
    printf("wakeup: %d\n", curl_multi_wakeup(multi));
    printf("poll: %d", curl_multi_poll(multi, NULL, 0, 5000, &ready));
    printf(", ready %d\n", ready);
    curl_multi_cleanup(multi);
}

static CURLM *busy;

static size_t meddle(struct transcript *t, size_t len)
{
    if (!t->state++) {
        int running = 0;
        CURL *other = curl_easy_init();
        transcript_note(t, "perform inside %d", curl_multi_perform(busy, &running));
        transcript_note(t, "add inside %d", curl_multi_add_handle(busy, other));
        transcript_note(t, "remove inside %d", curl_multi_remove_handle(busy, t->easy));
        transcript_note(t, "cleanup inside %d", curl_multi_cleanup(busy));
        curl_easy_cleanup(other);
    }
    return len;
}

/* What libcurl forbids a callback, and says so. */
static void forbidden_inside(const struct places *p)
{
    busy = curl_multi_init();
    struct transcript *t = fetch_new("meddler", 0, url_at(p->main, "/static/hello.txt"));
    t->on_write = meddle;
    curl_multi_add_handle(busy, t->easy);
    transcript_note(t, "perform meanwhile %d", curl_easy_perform(t->easy));
    transcript_multi_run(busy);
    transcript_free(t);
    curl_multi_cleanup(busy);
}

/* The next transfer of a chain starts where the message of the last one is read. */
static void chained(const struct places *p)
{
    static const char *const paths[] = {"/static/hello.txt", "/status/404", "/up/chunked?one"};
    CURLM *multi = curl_multi_init();
    struct transcript *t = fetch_new("chain", 0, "");
    for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
        curl_easy_setopt(t->easy, CURLOPT_URL, url_at(p->main, paths[i]));
        curl_multi_add_handle(multi, t->easy);
        transcript_multi_run(multi);
    }
    transcript_free(t);
    curl_multi_cleanup(multi);
}

/* One handle first by itself, then on a multi, then on another one. */
static void moved(const struct places *p)
{
    CURLM *first = curl_multi_init(), *second = curl_multi_init();
    struct transcript *t = fetch_new("moved", 0, url_at(p->main, "/static/hello.txt"));
    transcript_perform(t);
    curl_multi_add_handle(first, t->easy);
    printf("on both: %d\n", curl_multi_add_handle(second, t->easy));
    printf("from the wrong one: %d\n", curl_multi_remove_handle(second, t->easy));
    transcript_multi_run(first);
    curl_multi_cleanup(first);
    curl_multi_add_handle(second, t->easy);
    transcript_multi_run(second);
    transcript_perform(t);
    curl_multi_cleanup(second);
    transcript_free(t);
}

/* The multi handle goes first; its easy handles live on. */
static void multi_first(const struct places *p)
{
    CURLM *multi = curl_multi_init();
    struct transcript *t = fetch_new("survivor", 0, url_at(p->main, "/static/hello.txt"));
    t->on_write = pause_always;
    curl_multi_add_handle(multi, t->easy);
    int running = 1;
    while (curl_multi_perform(multi, &running) == CURLM_OK && running && !t->state)
        curl_multi_poll(multi, NULL, 0, 1000, NULL);
    printf("cleanup: %d\n", curl_multi_cleanup(multi));
    t->on_write = NULL;
    transcript_perform(t);
    transcript_free(t);
}

const struct scenario scenarios_multi[] = {
    {"multi-pause", pause_multi},
    {"multi-several", multi_several},
    {"multi-removed", multi_removed},
    {"multi-freed-under-way", freed_under_way},
    {"multi-own-descriptors", own_descriptors},
    {"multi-wakeup", wakeup},
    {"multi-forbidden-inside", forbidden_inside},
    {"multi-chained", chained},
    {"multi-moved", moved},
    {"multi-first", multi_first},
    {NULL, NULL},
};
