/* SPDX-License-Identifier: MIT */
/*
 * The options of an easy handle that the shim has to know or to override for a taped transfer.
 * libcurl has no way to read an option back, so what the host sets is remembered here, and from
 * here it is restored when the transfer is over.
 */
#ifndef TD_SHIM_OPTIONS_H
#define TD_SHIM_OPTIONS_H

#include "base/bytes.h"
#include "shim/real.h"

/* name, how it is kept: a text is copied, a pointer is not. */
#define TD_OPTIONS(X)                                                                              \
    X(URL, TEXT)                                                                                   \
    X(CURLU, POINTER)                                                                              \
    X(PORT, LONG)                                                                                  \
    X(DEFAULT_PROTOCOL, TEXT)                                                                      \
    X(PATH_AS_IS, LONG)                                                                            \
    X(PROXY, TEXT)                                                                                 \
    X(PRE_PROXY, TEXT)                                                                             \
    X(UNIX_SOCKET_PATH, TEXT)                                                                      \
    X(ABSTRACT_UNIX_SOCKET, TEXT)                                                                  \
    X(PROTOCOLS, LONG)                                                                             \
    X(PROTOCOLS_STR, TEXT)                                                                         \
    X(REDIR_PROTOCOLS, LONG)                                                                       \
    X(REDIR_PROTOCOLS_STR, TEXT)                                                                   \
    X(HTTP_VERSION, LONG)                                                                          \
    X(SHARE, POINTER)                                                                              \
    X(HSTS, TEXT)                                                                                  \
    X(HSTS_CTRL, LONG)                                                                             \
    X(IPRESOLVE, LONG)                                                                             \
    X(HAPROXYPROTOCOL, LONG)                                                                       \
    X(HTTP_TRANSFER_DECODING, LONG)                                                                \
    X(CONNECT_TO, POINTER)                                                                         \
    X(CONNECT_ONLY, LONG)                                                                          \
    X(OPENSOCKETFUNCTION, POINTER)                                                                 \
    X(SOCKOPTFUNCTION, POINTER)                                                                    \
    X(CLOSESOCKETFUNCTION, POINTER)                                                                \
    X(TCP_FASTOPEN, LONG)                                                                          \
    X(BUFFERSIZE, LONG)                                                                            \
    X(ERRORBUFFER, POINTER)                                                                        \
    X(NOBODY, LONG)                                                                                \
    X(HEADER, LONG)                                                                                \
    X(WRITEFUNCTION, POINTER)                                                                      \
    X(WRITEDATA, POINTER)                                                                          \
    X(HEADERFUNCTION, POINTER)                                                                     \
    X(HEADERDATA, POINTER)                                                                         \
    X(VERBOSE, LONG)                                                                               \
    X(READFUNCTION, POINTER)                                                                       \
    X(READDATA, POINTER)                                                                           \
    X(SEEKFUNCTION, POINTER)                                                                       \
    X(SEEKDATA, POINTER)                                                                           \
    X(STDERR, POINTER)                                                                             \
    X(ACCEPT_ENCODING, TEXT)                                                                       \
    X(HTTP_CONTENT_DECODING, LONG)                                                                 \
    X(PREREQFUNCTION, POINTER)                                                                     \
    X(PREREQDATA, POINTER)                                                                         \
    X(DEBUGFUNCTION, POINTER)                                                                      \
    X(DEBUGDATA, POINTER)

enum td_option {
#define X(name, kind) TD_OPTION_##name,
    TD_OPTIONS(X)
#undef X
        TD_OPTION_COUNT
};

/* One argument of curl_easy_setopt(), of whatever kind. */
union td_value {
    long number;
    void *pointer;
    const char *text;
    curl_off_t offset;
};

struct td_options {
    union td_value values[TD_OPTION_COUNT]; /* what the host has set, or libcurl's default */
    uint64_t set;                           /* a bit for each that the host has set */
    uint64_t overridden;                    /* a bit for each that libcurl holds another value of */
};

struct td_easy;

/* The option's place in the table, or -1. */
int td_option_find(CURLoption option);
void td_options_release(struct td_options *options);
/* As if nothing had been set; for curl_easy_reset(). */
void td_options_reset(struct td_options *options);
/* `to` is empty. */
void td_options_copy(struct td_options *to, const struct td_options *from);
/* Remembers what the host sets. */
void td_options_set(struct td_options *options, int option, union td_value value);

static inline bool td_options_has(const struct td_options *options, int option)
{
    return options->set >> option & 1;
}

static inline bool td_options_is_overridden(const struct td_options *options, int option)
{
    return options->overridden >> option & 1;
}

/* CURLOPT_PORT stands for the port of the first URL, though libcurl does not show it there: puts it
 * into `url`. */
void td_port_option(const struct td_easy *easy, struct td_buf *url);

/* Gives libcurl another value than the host's, until td_options_restore(). */
CURLcode td_options_override(struct td_easy *easy, int option, union td_value value);
/* Gives a handle the host's values again: of `options`, where they were overridden. */
void td_options_restore(const struct td_real *real, CURL *curl, struct td_options *options);

#endif
