/* SPDX-License-Identifier: MIT */
/*
 * The symbols that stand in front of libcurl's. Each finds what is kept for the handle and passes
 * on; a handle that is not known, and a call that libcurl makes to itself, goes straight through.
 * Every other function of libcurl is not touched at all.
 */
#include <stdarg.h>

#include "shim/arm.h"
#include "shim/easy.h"
#include "shim/multi.h"

#include <tapedeck/error.h>

/* curl.h has macros of these names, to check types. */
#undef curl_easy_setopt
#undef curl_easy_getinfo
#undef curl_multi_setopt
#undef curl_multi_socket

#define CALLER __builtin_extract_return_addr(__builtin_return_address(0))

TD_EXPORT CURL *curl_easy_init(void)
{
    const struct td_real *real = td_real_for(CALLER);
    CURL *curl = real ? real->easy_init() : NULL;
    if (curl && !td_real_holds(CALLER) && !td_easy_add(curl, real)) {
        real->easy_cleanup(curl);
        return NULL;
    }
    return curl;
}

/* One argument, of the type that the option's number tells (curl.h, CURLOPTTYPE_*). */
static union td_value take_value(int option, va_list arguments)
{
    union td_value value = {.pointer = NULL};
    if (option < CURLOPTTYPE_OBJECTPOINT)
        value.number = va_arg(arguments, long);
    else if (option >= CURLOPTTYPE_OFF_T && option < CURLOPTTYPE_BLOB)
        value.offset = va_arg(arguments, curl_off_t);
    else
        value.pointer = va_arg(arguments, void *);
    return value;
}

TD_EXPORT CURLcode curl_easy_setopt(CURL *curl, CURLoption option, ...)
{
    va_list arguments;
    va_start(arguments, option);
    union td_value value = take_value((int)option, arguments);
    va_end(arguments);

    struct td_easy *easy = td_easy_get(curl, CALLER);
    if (easy)
        return td_easy_setopt(easy, option, value);
    const struct td_real *real = td_real_for(CALLER);
    if (!real)
        return CURLE_FAILED_INIT;
    if ((int)option < CURLOPTTYPE_OBJECTPOINT)
        return real->easy_setopt(curl, option, value.number);
    if ((int)option >= CURLOPTTYPE_OFF_T && (int)option < CURLOPTTYPE_BLOB)
        return real->easy_setopt(curl, option, value.offset);
    return real->easy_setopt(curl, option, value.pointer);
}

TD_EXPORT CURLcode curl_easy_getinfo(CURL *curl, CURLINFO info, ...)
{
    va_list arguments;
    va_start(arguments, info);
    void *target = va_arg(arguments, void *);
    va_end(arguments);
    struct td_easy *easy = td_easy_get(curl, CALLER);
    if (easy)
        return td_easy_getinfo(easy, info, target);
    const struct td_real *real = td_real_for(CALLER);
    return real ? real->easy_getinfo(curl, info, target) : CURLE_FAILED_INIT;
}

/* The rest are alike: ours where the handle is known, else libcurl's. */
#define EASY_OR_REAL(known, unknown, failure)                                                      \
    do {                                                                                           \
        struct td_easy *easy = td_easy_get(curl, CALLER);                                          \
        if (easy)                                                                                  \
            return known;                                                                          \
        const struct td_real *real = td_real_for(CALLER);                                          \
        return real ? unknown : failure;                                                           \
    } while (0)

TD_EXPORT CURLcode curl_easy_perform(CURL *curl)
{
    EASY_OR_REAL(td_easy_perform(easy), real->easy_perform(curl), CURLE_FAILED_INIT);
}

TD_EXPORT CURL *curl_easy_duphandle(CURL *curl)
{
    EASY_OR_REAL(td_easy_duphandle(easy), real->easy_duphandle(curl), NULL);
}

TD_EXPORT CURLHcode curl_easy_header(CURL *curl, const char *name, size_t index,
                                     unsigned int origin, int request, struct curl_header **out)
{
    EASY_OR_REAL(td_easy_header(easy, name, index, origin, request, out),
                 real->easy_header(curl, name, index, origin, request, out), CURLHE_NOT_BUILT_IN);
}

TD_EXPORT struct curl_header *curl_easy_nextheader(CURL *curl, unsigned int origin, int request,
                                                   struct curl_header *previous)
{
    EASY_OR_REAL(td_easy_nextheader(easy, origin, request, previous),
                 real->easy_nextheader(curl, origin, request, previous), NULL);
}

TD_EXPORT void curl_easy_reset(CURL *curl)
{
    struct td_easy *easy = td_easy_get(curl, CALLER);
    const struct td_real *real = easy ? NULL : td_real_for(CALLER);
    if (easy)
        td_easy_reset(easy);
    else if (real)
        real->easy_reset(curl);
}

TD_EXPORT void curl_easy_cleanup(CURL *curl)
{
    struct td_easy *easy = td_easy_get(curl, CALLER);
    const struct td_real *real = easy ? NULL : td_real_for(CALLER);
    if (easy)
        td_easy_cleanup(easy);
    else if (real)
        real->easy_cleanup(curl);
}

TD_EXPORT CURLM *curl_multi_init(void)
{
    const struct td_real *real = td_real_for(CALLER);
    CURLM *curl = real ? real->multi_init() : NULL;
    if (curl && !td_real_holds(CALLER) && !td_multi_add(curl, real)) {
        real->multi_cleanup(curl);
        return NULL;
    }
    return curl;
}

TD_EXPORT CURLMcode curl_multi_add_handle(CURLM *curl_multi, CURL *curl)
{
    struct td_multi *multi = td_multi_get(curl_multi, CALLER);
    struct td_easy *easy = td_easy_get(curl, CALLER);
    if (multi && easy)
        return td_multi_add_handle(multi, easy);
    const struct td_real *real = td_real_for(CALLER);
    return real ? real->multi_add_handle(curl_multi, curl) : CURLM_INTERNAL_ERROR;
}

TD_EXPORT CURLMcode curl_multi_remove_handle(CURLM *curl_multi, CURL *curl)
{
    struct td_multi *multi = td_multi_get(curl_multi, CALLER);
    struct td_easy *easy = td_easy_get(curl, CALLER);
    if (multi && easy)
        return td_multi_remove_handle(multi, easy);
    const struct td_real *real = td_real_for(CALLER);
    return real ? real->multi_remove_handle(curl_multi, curl) : CURLM_INTERNAL_ERROR;
}

TD_EXPORT CURLMcode curl_multi_cleanup(CURLM *curl)
{
    struct td_multi *multi = td_multi_get(curl, CALLER);
    if (multi)
        return td_multi_cleanup(multi);
    const struct td_real *real = td_real_for(CALLER);
    return real ? real->multi_cleanup(curl) : CURLM_INTERNAL_ERROR;
}

TD_EXPORT CURLMsg *curl_multi_info_read(CURLM *curl, int *left)
{
    struct td_multi *multi = td_multi_get(curl, CALLER);
    if (multi)
        return td_multi_info_read(multi, left);
    const struct td_real *real = td_real_for(CALLER);
    return real ? real->multi_info_read(curl, left) : NULL;
}

TD_EXPORT CURLMcode curl_multi_setopt(CURLM *curl, CURLMoption option, ...)
{
    va_list arguments;
    va_start(arguments, option);
    union td_value value = take_value((int)option, arguments);
    va_end(arguments);

    struct td_multi *multi = td_multi_get(curl, CALLER);
    if (multi)
        return td_multi_setopt(multi, option, value);
    const struct td_real *real = td_real_for(CALLER);
    return real ? td_multi_pass_option(real, curl, option, value) : CURLM_INTERNAL_ERROR;
}

/* What waits for transfers. */
#define WAIT(known, unknown)                                                                       \
    do {                                                                                           \
        struct td_multi *multi = td_multi_get(curl, CALLER);                                       \
        if (multi)                                                                                 \
            return known;                                                                          \
        const struct td_real *real = td_real_for(CALLER);                                          \
        return real ? unknown : CURLM_INTERNAL_ERROR;                                              \
    } while (0)

TD_EXPORT CURLMcode curl_multi_poll(CURLM *curl, struct curl_waitfd extra[], unsigned int count,
                                    int timeout, int *ready)
{
    WAIT(td_multi_wait(multi, multi->real->multi_poll, extra, count, timeout, ready),
         real->multi_poll(curl, extra, count, timeout, ready));
}

TD_EXPORT CURLMcode curl_multi_wait(CURLM *curl, struct curl_waitfd extra[], unsigned int count,
                                    int timeout, int *ready)
{
    WAIT(td_multi_wait(multi, multi->real->multi_wait, extra, count, timeout, ready),
         real->multi_wait(curl, extra, count, timeout, ready));
}

TD_EXPORT CURLMcode curl_multi_timeout(CURLM *curl, long *timeout)
{
    WAIT(td_multi_timeout(multi, timeout), real->multi_timeout(curl, timeout));
}

TD_EXPORT CURLMcode curl_multi_fdset(CURLM *curl, fd_set *readable, fd_set *writable,
                                     fd_set *failed, int *highest)
{
    WAIT(td_multi_fdset(multi, readable, writable, failed, highest),
         real->multi_fdset(curl, readable, writable, failed, highest));
}

/* What moves transfers: libcurl reads what the tapes have sent, then they read what it has. */
#define MOVE(call, fired)                                                                          \
    do {                                                                                           \
        struct td_multi *multi = td_multi_get(curl, CALLER);                                       \
        const struct td_real *real = multi ? multi->real : td_real_for(CALLER);                    \
        if (!real)                                                                                 \
            return CURLM_INTERNAL_ERROR;                                                           \
        if (multi && (fired))                                                                      \
            td_wait_fired(multi);                                                                  \
        CURLMcode result = real->call;                                                             \
        if (multi)                                                                                 \
            td_multi_pump(multi);                                                                  \
        return result;                                                                             \
    } while (0)

TD_EXPORT CURLMcode curl_multi_perform(CURLM *curl, int *running)
{
    MOVE(multi_perform(curl, running), false);
}

TD_EXPORT CURLMcode curl_multi_socket_action(CURLM *curl, curl_socket_t socket, int events,
                                             int *running)
{
    MOVE(multi_socket_action(curl, socket, events, running), socket == CURL_SOCKET_TIMEOUT);
}

TD_EXPORT CURLMcode curl_multi_socket(CURLM *curl, curl_socket_t socket, int *running)
{
    MOVE(multi_socket(curl, socket, running), socket == CURL_SOCKET_TIMEOUT);
}

TD_EXPORT CURLMcode curl_multi_socket_all(CURLM *curl, int *running)
{
    MOVE(multi_socket_all(curl, running), false);
}
