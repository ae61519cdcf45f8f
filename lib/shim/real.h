/* SPDX-License-Identifier: MIT */
/*
 * The host's own libcurl, or libcurls: a process can hold several flavours (libcurl.so.4,
 * libcurl-gnutls.so.4), and the shim brings in none. Which one a caller means is read off the
 * caller: the libcurl that the object it sits in was linked with.
 */
#ifndef TD_SHIM_REAL_H
#define TD_SHIM_REAL_H

#include <stdbool.h>
#include <stdint.h>

#define CURL_DISABLE_TYPECHECK
#define CURL_DISABLE_DEPRECATION
#include <curl/curl.h>

/* name, result, parameters; `optional` ones came after 7.85 or may be built out. */
#define TD_REAL_FUNCTIONS(X)                                                                       \
    X(easy_init, CURL *, (void))                                                                   \
    X(easy_setopt, CURLcode, (CURL *, CURLoption, ...))                                            \
    X(easy_perform, CURLcode, (CURL *))                                                            \
    X(easy_cleanup, void, (CURL *))                                                                \
    X(easy_getinfo, CURLcode, (CURL *, CURLINFO, ...))                                             \
    X(easy_duphandle, CURL *, (CURL *))                                                            \
    X(easy_reset, void, (CURL *))                                                                  \
    X(easy_header, CURLHcode,                                                                      \
      (CURL *, const char *, size_t, unsigned int, int, struct curl_header **))                    \
    X(easy_nextheader, struct curl_header *, (CURL *, unsigned int, int, struct curl_header *))    \
    X(multi_init, CURLM *, (void))                                                                 \
    X(multi_add_handle, CURLMcode, (CURLM *, CURL *))                                              \
    X(multi_remove_handle, CURLMcode, (CURLM *, CURL *))                                           \
    X(multi_poll, CURLMcode, (CURLM *, struct curl_waitfd[], unsigned int, int, int *))            \
    X(multi_wait, CURLMcode, (CURLM *, struct curl_waitfd[], unsigned int, int, int *))            \
    X(multi_timeout, CURLMcode, (CURLM *, long *))                                                 \
    X(multi_fdset, CURLMcode, (CURLM *, fd_set *, fd_set *, fd_set *, int *))                      \
    X(multi_setopt, CURLMcode, (CURLM *, CURLMoption, ...))                                        \
    X(multi_perform, CURLMcode, (CURLM *, int *))                                                  \
    X(multi_cleanup, CURLMcode, (CURLM *))                                                         \
    X(multi_info_read, CURLMsg *, (CURLM *, int *))                                                \
    X(multi_socket, CURLMcode, (CURLM *, curl_socket_t, int *))                                    \
    X(multi_socket_action, CURLMcode, (CURLM *, curl_socket_t, int, int *))                        \
    X(multi_socket_all, CURLMcode, (CURLM *, int *))                                               \
    X(url, CURLU *, (void))                                                                        \
    X(url_cleanup, void, (CURLU *))                                                                \
    X(url_dup, CURLU *, (const CURLU *))                                                           \
    X(url_get, CURLUcode, (const CURLU *, CURLUPart, char **, unsigned int))                       \
    X(url_set, CURLUcode, (CURLU *, CURLUPart, const char *, unsigned int))                        \
    X(version_info, curl_version_info_data *, (CURLversion))                                       \
    X(free, void, (void *))                                                                        \
    X(slist_free_all, void, (struct curl_slist *))

/* One flavour. Never freed, never changed once it was handed out. */
struct td_real {
    uintptr_t low, high; /* where the library lies in memory */
#define X(name, result, parameters) result(*name) parameters;
    TD_REAL_FUNCTIONS(X)
#undef X
};

/* The libcurl that code at this address would have called without us; NULL where there is none.
 * Costs microseconds, but for libcurl's own addresses: ask once for each handle. */
const struct td_real *td_real_for(const void *caller);

/* Whether this address lies inside a libcurl: Debian's calls itself through the PLT, and such a
 * call is none of our business. Cheap. */
bool td_real_holds(const void *caller);

#endif
