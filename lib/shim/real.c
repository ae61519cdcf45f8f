/* SPDX-License-Identifier: MIT */
#include "shim/real.h"

#include <dlfcn.h>
#include <link.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>

enum { MAX_FLAVOURS = 8 };

static struct td_real flavours[MAX_FLAVOURS];
static _Atomic int flavour_count;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* The flavour that this address lies in, if it is known. */
static const struct td_real *holder(const void *caller)
{
    uintptr_t address = (uintptr_t)caller;
    int count = atomic_load_explicit(&flavour_count, memory_order_acquire);
    for (int i = 0; i < count; i++)
        if (address >= flavours[i].low && address < flavours[i].high)
            return &flavours[i];
    return NULL;
}

bool td_real_holds(const void *caller)
{
    return holder(caller) != NULL;
}

/* The shim's own link map: it exports the same names and must never be taken for a libcurl. */
static const struct link_map *self(void)
{
    Dl_info info;
    struct link_map *map = NULL;
    return dladdr1((void *)&td_real_holds, &info, (void **)&map, RTLD_DL_LINKMAP) ? map : NULL;
}

static const struct link_map *map_of(const void *address)
{
    Dl_info info;
    struct link_map *map = NULL;
    return address && dladdr1(address, &info, (void **)&map, RTLD_DL_LINKMAP) ? map : NULL;
}

struct span {
    uintptr_t inside, low, high;
};

static int find_span(struct dl_phdr_info *info, size_t size, void *data)
{
    (void)size;
    struct span *span = data;
    uintptr_t low = UINTPTR_MAX, high = 0;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        if (info->dlpi_phdr[i].p_type != PT_LOAD)
            continue;
        uintptr_t start = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
        uintptr_t end = start + info->dlpi_phdr[i].p_memsz;
        low = start < low ? start : low;
        high = end > high ? end : high;
    }
    if (span->inside < low || span->inside >= high)
        return 0;
    span->low = low;
    span->high = high;
    return 1;
}

/* Nothing is called while the lock is held: the loader has locks of its own. */
static const struct td_real *publish(const struct td_real *found)
{
    pthread_mutex_lock(&lock);
    const struct td_real *real = holder((const void *)found->low);
    int count = atomic_load(&flavour_count);
    if (!real && count < MAX_FLAVOURS) {
        flavours[count] = *found;
        real = &flavours[count];
        atomic_store_explicit(&flavour_count, count + 1, memory_order_release);
    }
    pthread_mutex_unlock(&lock);
    return real;
}

static void lock_for_fork(void)
{
    pthread_mutex_lock(&lock);
}

static void unlock_after_fork(void)
{
    pthread_mutex_unlock(&lock);
}

__attribute__((constructor)) static void survive_forks(void)
{
    pthread_atfork(lock_for_fork, unlock_after_fork, unlock_after_fork);
}

/* The flavour behind a handle from dlopen(), bound now if it is new. The handle is kept: a libcurl
 * that is in use must not be unloaded under us. */
static const struct td_real *bind_library(void *library)
{
    void *init = dlsym(library, "curl_easy_init");
    if (!init || map_of(init) == self())
        return NULL;
    if (holder(init))
        return holder(init);
    struct span span = {.inside = (uintptr_t)init};
    if (!dl_iterate_phdr(find_span, &span))
        return NULL;
    struct td_real found = {.low = span.low, .high = span.high};
#define X(name, result, parameters)                                                                \
    *(void **)&found.name = dlsym(library, "curl_" #name);                                         \
    if (!found.name)                                                                               \
        return NULL;
    TD_REAL_FUNCTIONS(X)
#undef X
    return publish(&found);
}

static const struct td_real *bind_library_named(const char *name, int mode)
{
    void *library = dlopen(name, mode);
    return library ? bind_library(library) : NULL;
}

static const struct td_real *bind_name(const char *name)
{
    return bind_library_named(name, RTLD_LAZY | RTLD_NOLOAD);
}

static bool is_libcurl(const char *path)
{
    const char *slash = strrchr(path, '/');
    return strncmp(slash ? slash + 1 : path, "libcurl", 7) == 0;
}

/* The libcurl that an object names among its needed libraries. */
static const struct td_real *bind_needed(const struct link_map *map)
{
    const char *strings = NULL;
    for (const ElfW(Dyn) *entry = map->l_ld; entry->d_tag != DT_NULL; entry++) {
        if (entry->d_tag != DT_STRTAB)
            continue;
        uintptr_t address = entry->d_un.d_ptr;
        /* Most ports have relocated it in place already. */
        strings = (const char *)(address < map->l_addr ? address + map->l_addr : address);
    }
    for (const ElfW(Dyn) *entry = map->l_ld; strings && entry->d_tag != DT_NULL; entry++) {
        if (entry->d_tag != DT_NEEDED || !is_libcurl(strings + entry->d_un.d_val))
            continue;
        const struct td_real *real = bind_name(strings + entry->d_un.d_val);
        if (real)
            return real;
    }
    return NULL;
}

/* For callers that got libcurl some other way: the next in their own scope, or any that is there.
 */
static const struct td_real *bind_any(void)
{
    struct link_map *map = NULL;
    void *program = dlopen(NULL, RTLD_LAZY);
    if (program)
        dlinfo(program, RTLD_DI_LINKMAP, &map);
    const struct td_real *real = NULL;
    for (; map && !real; map = map->l_next)
        if (map != self() && map->l_name && is_libcurl(map->l_name))
            real = bind_name(map->l_name);
    if (program)
        dlclose(program);
    return real;
}

const struct td_real *td_real_for(const void *caller)
{
    if (holder(caller))
        return holder(caller); /* it calls itself, several times in each transfer */
    const struct link_map *map = map_of(caller);
    const struct td_real *real = NULL;
    if (map && map->l_name && is_libcurl(map->l_name))
        real = bind_name(map->l_name);
    if (map && !real)
        real = bind_needed(map);
    if (!real)
        real = bind_any();
    /* A program that was linked with us in front of libcurl, by a linker that leaves out what it
     * finds no need for: it has none yet, so this is not a second one. */
    if (!real)
        real = bind_library_named("libcurl.so.4", RTLD_LAZY);
    if (!real)
        real = bind_library_named("libcurl-gnutls.so.4", RTLD_LAZY);
    return real;
}
