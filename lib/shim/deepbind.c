/* SPDX-License-Identifier: MIT */
/*
 * dlopen() in front of the C library's. PHP loads its modules with RTLD_DEEPBIND, which lets a
 * module find libcurl before it finds us: with a cassette in use, that flag is taken off. Nothing
 * else changes: not for a host without a cassette, nor for any other flag.
 *
 * dlopen() looks at who called it (for RUNPATH and the namespace), so the real one must be jumped
 * to, not called: hence the care that this is a tail call in every build.
 */
#include <dlfcn.h>
#include <stdlib.h>

#include <tapedeck/error.h>

typedef void *dlopen_function(const char *, int);

#if defined(__clang__)
#define TAIL_CALL   __attribute__((musttail))
#define TAIL_CALLER __attribute__((no_sanitize("address", "undefined")))
#else
#define TAIL_CALL
#define TAIL_CALLER                                                                                \
    __attribute__((optimize("O2"), no_sanitize("address", "undefined"), no_stack_protector))
#endif

static dlopen_function *real_dlopen(void)
{
    static dlopen_function *found; /* the same for every thread that looks */
    dlopen_function *function = __atomic_load_n(&found, __ATOMIC_RELAXED);
    if (!function) {
        *(void **)&function = dlsym(RTLD_NEXT, "dlopen");
        __atomic_store_n(&found, function, __ATOMIC_RELAXED);
    }
    return function;
}

static int without_deepbind(int mode)
{
    const char *cassette = mode & RTLD_DEEPBIND ? getenv("TAPEDECK_CASSETTE") : NULL;
    return cassette && *cassette ? mode & ~RTLD_DEEPBIND : mode;
}

TD_EXPORT TAIL_CALLER void *dlopen(const char *file, int mode)
{
    dlopen_function *function = real_dlopen();
    mode = without_deepbind(mode);
    TAIL_CALL return function(file, mode);
}
