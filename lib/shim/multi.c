/* SPDX-License-Identifier: MIT */
#include "shim/multi.h"

#include <errno.h>
#include <stdlib.h>

#include "base/grow.h"
#include "shim/arm.h"
#include "shim/tap.h"
#include "shim/tape.h"

/* With fewer, it costs less to ask each. */
enum { MANY = 8 };

static void list_add(struct td_easy **list, struct td_easy *easy)
{
    easy->previous = NULL;
    easy->next = *list;
    if (easy->next)
        easy->next->previous = easy;
    *list = easy;
}

static void list_remove(struct td_easy **list, struct td_easy *easy)
{
    if (easy->previous)
        easy->previous->next = easy->next;
    else
        *list = easy->next;
    if (easy->next)
        easy->next->previous = easy->previous;
    easy->next = easy->previous = NULL;
}

/* libcurl forgets what it had to say of a handle that is taken out. */
static void forget(struct td_multi *multi, const CURL *curl)
{
    size_t kept = 0;
    for (size_t i = multi->done_next; i < multi->done_count; i++)
        if (multi->done[i].easy_handle != curl)
            multi->done[kept++] = multi->done[i];
    multi->done_count = kept;
    multi->done_next = 0;
}

void td_multi_unlink(struct td_multi *multi, struct td_easy *easy)
{
    forget(multi, easy->curl);
    if (easy->sleep_at)
        td_sleepers_remove(&multi->sleepers, easy);
    else
        list_remove(easy->idle ? &multi->idle : &multi->easies, easy);
    if (easy->tape)
        td_tape_unwatch(easy->tape);
    easy->idle = false;
    easy->multi = NULL;
    multi->count--;
}

CURLMcode td_multi_add_handle(struct td_multi *multi, struct td_easy *easy)
{
    if (easy->multi || easy->performing)
        return multi->real->multi_add_handle(multi->curl, easy->curl); /* which says why not */
    if (!td_sleepers_reserve(&multi->sleepers, multi->count + 1))
        return CURLM_OUT_OF_MEMORY;
    CURLcode code = td_arm(easy);
    if (code != CURLE_OK)
        return code == CURLE_OUT_OF_MEMORY ? CURLM_OUT_OF_MEMORY : CURLM_INTERNAL_ERROR;
    /* Linked first: adding may call the host's timer callback, which may call us. */
    easy->multi = multi;
    multi->count++;
    list_add(&multi->easies, easy);
    CURLMcode result = multi->real->multi_add_handle(multi->curl, easy->curl);
    if (result != CURLM_OK) {
        td_multi_unlink(multi, easy);
        td_disarm(easy);
    }
    return result;
}

CURLMcode td_multi_remove_handle(struct td_multi *multi, struct td_easy *easy)
{
    CURLMcode result = multi->real->multi_remove_handle(multi->curl, easy->curl);
    if (result == CURLM_OK && easy->multi == multi) {
        td_tap_finish(easy->tap, CURLE_ABORTED_BY_CALLBACK); /* unless it was done before */
        td_multi_unlink(multi, easy);
        td_disarm(easy);
    }
    return result;
}

CURLMcode td_multi_cleanup(struct td_multi *multi)
{
    CURLMcode result = multi->real->multi_cleanup(multi->curl);
    if (result != CURLM_OK)
        return result;
    while (multi->count) {
        struct td_easy *easy = multi->easies ? multi->easies
                               : multi->idle ? multi->idle
                                             : multi->sleepers.items[0];
        td_multi_unlink(multi, easy);
        td_tap_finish(easy->tap, CURLE_ABORTED_BY_CALLBACK);
        td_disarm(easy);
    }
    td_multi_drop(multi);
    return CURLM_OK;
}

/* The next thing that libcurl has to say, with what we have to do about it done. */
static CURLMsg *next_message(struct td_multi *multi, int *left)
{
    CURLMsg *message = multi->real->multi_info_read(multi->curl, left);
    struct td_easy *easy = NULL;
    if (message && message->msg == CURLMSG_DONE)
        easy = td_easy_get(message->easy_handle, NULL);
    if (easy)
        message->data.result = td_finish(easy, message->data.result);
    return message;
}

/* What is recorded is written down as soon as libcurl is done with it, not when the host comes to
 * ask, which it may never do. */
static void collect(struct td_multi *multi)
{
    CURLMsg *message;
    int left;
    for (;;) {
        CURLMsg *more = td_grow(multi->done, multi->done_count, &multi->done_size, sizeof *more);
        if (!more)
            return; /* libcurl keeps it */
        multi->done = more;
        if (!(message = next_message(multi, &left)))
            return;
        multi->done[multi->done_count++] = *message;
    }
}

CURLMsg *td_multi_info_read(struct td_multi *multi, int *left)
{
    if (!multi->done_count)
        return next_message(multi, left);
    collect(multi);
    multi->given = multi->done[multi->done_next++];
    *left = (int)(multi->done_count - multi->done_next);
    if (!*left)
        multi->done_count = multi->done_next = 0;
    return &multi->given;
}

/* libcurl has not got an answer, and never knows that it asked before. */
static void go_live(struct td_multi *multi, struct td_easy *easy)
{
    multi->real->multi_remove_handle(multi->curl, easy->curl);
    td_go_live(easy); /* where memory ran out, it is at least not left waiting for ever */
    multi->real->multi_add_handle(multi->curl, easy->curl);
}

void td_multi_wake(struct td_multi *multi, struct td_easy *easy)
{
    if (!easy->idle)
        return;
    easy->idle = false;
    list_remove(&multi->idle, easy);
    list_add(&multi->easies, easy);
}

/* Those that libcurl has spoken to; all of them where nobody can tell. */
static void wake_spoken_to(struct td_multi *multi)
{
    struct td_easy *ready[64];
    size_t count;
    if (multi->idle && td_watch_is_foreign(&multi->watch)) {
        td_watch_release(&multi->watch);
        while (multi->idle) {
            td_tape_unwatch(multi->idle->tape);
            td_multi_wake(multi, multi->idle);
        }
    }
    /* What stays readable is woken once, and then no longer among the idle. */
    while (multi->idle && (count = td_watch_ready(&multi->watch, ready, 64))) {
        bool more = false;
        for (size_t i = 0; i < count; i++) {
            more |= ready[i]->idle;
            td_multi_wake(multi, ready[i]);
        }
        if (count < 64 || !more)
            break;
    }
}

void td_multi_pump(struct td_multi *multi)
{
    struct td_sleepers *sleepers = &multi->sleepers;
    bool tapped = false;
    int64_t now = sleepers->count ? td_now_ns() : 0;
    while (sleepers->count && td_sleepers_due(sleepers) <= now) {
        struct td_easy *easy = sleepers->items[0];
        td_sleepers_remove(sleepers, easy);
        list_add(&multi->easies, easy);
    }
    wake_spoken_to(multi);
    for (struct td_easy *easy = multi->easies, *next; easy; easy = next) {
        next = easy->next;
        tapped |= td_tap_is_on(easy);
        if (!easy->armed)
            continue;
        td_tape_pump(easy->tape);
        if (easy->tape->unknown) {
            go_live(multi, easy);
            continue;
        }
        if (easy->tape->due_ns != INT64_MAX) {
            list_remove(&multi->easies, easy);
            td_sleepers_add(sleepers, easy, easy->tape->due_ns);
        } else if (multi->count >= MANY && td_tape_watch(easy->tape, &multi->watch)) {
            list_remove(&multi->easies, easy);
            list_add(&multi->idle, easy);
            easy->idle = true;
        }
    }
    td_wait_tell(multi);
    if (tapped)
        collect(multi);
}
