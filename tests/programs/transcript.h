/* SPDX-License-Identifier: MIT */
/*
 * A transcript of everything that a program can see of a transfer: each callback with its bytes,
 * in order, then the result, the error text, what curl_easy_getinfo() knows and the headers by
 * name. No times, no addresses: two runs of one program against the same server write the same
 * text, and so must a run on tape.
 */
#ifndef TRANSCRIPT_H
#define TRANSCRIPT_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>

enum {
    /* Write callbacks that follow each other are one line: for bodies whose pieces are cut by
     * the network and not by the server. */
    TRANSCRIPT_JOIN = 1,
    /* The request heads as libcurl hands them to a debug callback, and the response heads. */
    TRANSCRIPT_HEADS = 2,
};

struct transcript {
    CURL *easy;
    const char *label;
    unsigned flags;

    /* What the read callback hands out, at most read_step bytes a call (0: all that fits). */
    const char *upload;
    size_t upload_len;
    size_t upload_pos;
    size_t read_step;

    /* Called after the line was written; what they return goes to libcurl. All optional. */
    size_t (*on_write)(struct transcript *t, size_t len);
    size_t (*on_header)(struct transcript *t, size_t len);
    size_t (*on_read)(struct transcript *t, size_t len);
    int (*on_progress)(struct transcript *t);
    int state; /* for the callbacks above */
    unsigned writes;

    /* The last that was reported. */
    curl_off_t dltotal, dlnow, ultotal, ulnow;

    char *joined; /* writes not yet printed (TRANSCRIPT_JOIN) */
    size_t joined_len;

    char error[CURL_ERROR_SIZE];
};

/* A handle with all callbacks set; CAs from the environment (SCENARIO_CAINFO). */
struct transcript *transcript_new(const char *label, unsigned flags);
/* The callbacks of `t` for a handle that the caller made; `t` owns it from now on. */
struct transcript *transcript_adopt(CURL *easy, const char *label, unsigned flags);
void transcript_free(struct transcript *t);

/* The callbacks and basic options again, after curl_easy_reset(). */
void transcript_attach(struct transcript *t);
/* Lets the read and seek callbacks give out these bytes, which stay the caller's. */
void transcript_upload(struct transcript *t, const char *data, size_t len);

/* Prints and performs; then transcript_result(). */
CURLcode transcript_perform(struct transcript *t);
/* Result, error buffer, last progress, getinfo, headers. */
void transcript_result(struct transcript *t, CURLcode code);
void transcript_info(struct transcript *t);
void transcript_headers(struct transcript *t);
/* Every header of these origins (CURLH_HEADER and so on), request by request. */
void transcript_headers_of(struct transcript *t, unsigned origins);

/* Runs the handles of a multi until none is left, each result printed as it comes. */
void transcript_multi_run(CURLM *multi);

/* One line of its own: "label: text". */
void transcript_note(const struct transcript *t, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Prints bytes in double quotes, C-escaped; long ones by their start and a hash. */
void transcript_bytes(const char *data, size_t len);

#endif
