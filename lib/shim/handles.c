/* SPDX-License-Identifier: MIT */
#include "shim/handles.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/map.h"
#include "shim/tap.h"
#include "shim/tape.h"

static struct td_map easies, multis;
static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;

static void before_fork(void)
{
    pthread_rwlock_wrlock(&lock);
}

static void after_fork_parent(void)
{
    pthread_rwlock_unlock(&lock);
}

static void after_fork_child(void)
{
    /* Only this thread is left, and a rwlock remembers who holds it. */
    pthread_rwlock_init(&lock, NULL);
}

__attribute__((constructor)) static void survive_forks(void)
{
    pthread_atfork(before_fork, after_fork_parent, after_fork_child);
}

static struct td_hash key_of(const void *handle)
{
    uintptr_t address = (uintptr_t)handle;
    return td_hash_bytes(td_bytes((const char *)&address, sizeof address));
}

static void *get(struct td_map *map, const void *handle, const void *caller)
{
    if (!handle || td_real_holds(caller))
        return NULL;
    pthread_rwlock_rdlock(&lock);
    void *value = td_map_get(map, key_of(handle));
    pthread_rwlock_unlock(&lock);
    return value;
}

/* `value` may be NULL, when memory ran out before. */
static void *add(struct td_map *map, const void *handle, void *value)
{
    pthread_rwlock_wrlock(&lock);
    if (value && td_map_put(map, key_of(handle), value) < 0) {
        free(value);
        value = NULL;
    }
    pthread_rwlock_unlock(&lock);
    return value;
}

static void take_away(struct td_map *map, const void *handle, const void *value)
{
    pthread_rwlock_wrlock(&lock);
    /* Libcurl has freed the handle: another thread may have one at its address by now. */
    if (td_map_get(map, key_of(handle)) == value)
        td_map_remove(map, key_of(handle));
    pthread_rwlock_unlock(&lock);
}

struct td_easy *td_easy_get(CURL *curl, const void *caller)
{
    return get(&easies, curl, caller);
}

struct td_multi *td_multi_get(CURLM *curl, const void *caller)
{
    return get(&multis, curl, caller);
}

struct td_easy *td_easy_add(CURL *curl, const struct td_real *real)
{
    struct td_easy *easy = calloc(1, sizeof *easy);
    if (easy) {
        easy->curl = curl;
        easy->real = real;
    }
    return add(&easies, curl, easy);
}

struct td_multi *td_multi_add(CURLM *curl, const struct td_real *real)
{
    struct td_multi *multi = calloc(1, sizeof *multi);
    if (multi) {
        multi->curl = curl;
        multi->real = real;
        td_watch_init(&multi->watch);
        td_wait_init(&multi->wait);
    }
    return add(&multis, curl, multi);
}

void td_easy_drop(struct td_easy *easy)
{
    take_away(&easies, easy->curl, easy);
    td_tape_free(easy->tape);
    td_tap_free(easy->tap);
    td_options_release(&easy->options);
    free(easy);
}

void td_multi_drop(struct td_multi *multi)
{
    take_away(&multis, multi->curl, multi);
    free(multi->done);
    td_wait_release(&multi->wait);
    free(multi->sleepers.items);
    td_watch_release(&multi->watch);
    free(multi);
}
