/* SPDX-License-Identifier: MIT */
/* Responses: with and without a body, coded, chunked, cut, and how they reach the program. */
#include "scenario.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void get(const struct places *p)
{
    fetch("get", TRANSCRIPT_HEADS, url_at(p->main, "/static/hello.txt"));
    fetch("empty", 0, url_at(p->main, "/static/empty.txt"));
}

static void head(const struct places *p)
{
    static const char *const paths[] = {"/static/hello.txt", "/gzip/text.txt", "/up/chunked",
                                        "/status/404", "/status/204"};
    for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
        struct transcript *t = fetch_new("head", 0, url_at(p->main, paths[i]));
        curl_easy_setopt(t->easy, CURLOPT_NOBODY, 1L);
        transcript_perform(t);
        transcript_free(t);
    }
}

/* NOBODY and back: the same handle, HEAD then GET. */
static void nobody_toggle(const struct places *p)
{
    struct transcript *t = fetch_new("toggle", 0, url_at(p->main, "/static/hello.txt"));
    curl_easy_setopt(t->easy, CURLOPT_NOBODY, 1L);
    transcript_perform(t);
    curl_easy_setopt(t->easy, CURLOPT_NOBODY, 0L);
    transcript_perform(t);
    transcript_free(t);
}

static void no_content(const struct places *p)
{
    fetch("204", 0, url_at(p->main, "/status/204"));
}

static void not_modified(const struct places *p)
{
    struct curl_slist *headers = curl_slist_append(NULL, "If-None-Match: \"tag\"");
    struct transcript *t = fetch_new("etag", 0, url_at(p->main, "/up/not-modified"));
    curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, headers);
    transcript_perform(t);
    transcript_free(t);
    curl_slist_free_all(headers);
}

static void time_condition(const struct places *p)
{
    static const time_t times[] = {1000000000, 1700000000, 1900000000};
    for (size_t i = 0; i < sizeof(times) / sizeof(*times); i++) {
        struct transcript *t = fetch_new("since", 0, url_at(p->main, "/static/hello.txt"));
        curl_easy_setopt(t->easy, CURLOPT_TIMECONDITION, (long)CURL_TIMECOND_IFMODSINCE);
        curl_easy_setopt(t->easy, CURLOPT_TIMEVALUE_LARGE, (curl_off_t)times[i]);
        curl_easy_setopt(t->easy, CURLOPT_FILETIME, 1L);
        transcript_perform(t);
        curl_off_t filetime = 0;
        curl_easy_getinfo(t->easy, CURLINFO_FILETIME_T, &filetime);
        transcript_note(t, "file time %" CURL_FORMAT_CURL_OFF_T, filetime);
        transcript_free(t);
    }
}

static void failonerror(const struct places *p)
{
    static const char *const paths[] = {"/status/404", "/status/500", "/static/hello.txt"};
    for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
        struct transcript *t = fetch_new("fail", 0, url_at(p->main, paths[i]));
        curl_easy_setopt(t->easy, CURLOPT_FAILONERROR, 1L);
        transcript_perform(t);
        transcript_free(t);
    }
    fetch("404", 0, url_at(p->main, "/status/404"));
    fetch("500", 0, url_at(p->main, "/status/500"));
    fetch("503", 0, url_at(p->main, "/up/unavailable"));
}

static void status_codes(const struct places *p)
{
    static const char *const paths[] = {"/up/status?code=201", "/up/status?code=202",
                                        "/up/status?code=418", "/up/status?code=429",
                                        "/up/status?code=599"};
    for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++)
        fetch("status", 0, url_at(p->main, paths[i]));
}

static void gzip_decoded(const struct places *p)
{
    static const char *const paths[] = {"/gzip/text.txt", "/up/gzip", "/up/deflate",
                                        "/static/hello.txt"};
    for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
        struct transcript *t =
            fetch_new("decoded", TRANSCRIPT_JOIN | TRANSCRIPT_HEADS, url_at(p->main, paths[i]));
        curl_easy_setopt(t->easy, CURLOPT_ACCEPT_ENCODING, "");
        transcript_perform(t);
        transcript_free(t);
    }
}

static void gzip_raw(const struct places *p)
{
    struct curl_slist *headers = curl_slist_append(NULL, "Accept-Encoding: gzip");
    struct transcript *t = fetch_new("raw", TRANSCRIPT_JOIN, url_at(p->main, "/gzip/text.txt"));
    curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, headers);
    transcript_perform(t);
    transcript_free(t);
    curl_slist_free_all(headers);
    t = fetch_new("off", TRANSCRIPT_JOIN, url_at(p->main, "/up/gzip"));
    curl_easy_setopt(t->easy, CURLOPT_ACCEPT_ENCODING, "");
    curl_easy_setopt(t->easy, CURLOPT_HTTP_CONTENT_DECODING, 0L);
    transcript_perform(t);
    transcript_free(t);
}

static void gzip_broken(const struct places *p)
{
    struct transcript *t = fetch_new("broken", TRANSCRIPT_JOIN, url_at(p->main, "/up/gzip-broken"));
    curl_easy_setopt(t->easy, CURLOPT_ACCEPT_ENCODING, "gzip");
    transcript_perform(t);
    transcript_free(t);
}

static void chunked(const struct places *p)
{
    fetch("chunked", TRANSCRIPT_JOIN, url_at(p->main, "/up/chunked"));
    fetch("one", 0, url_at(p->main, "/up/chunked?one"));
    fetch("none", 0, url_at(p->main, "/up/chunked?none"));
}

/* The chunked coding itself reaches the program when decoding is off. */
static void chunked_undecoded(const struct places *p)
{
    static const char *const paths[] = {"/up/chunked?one", "/up/chunked?none"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        struct transcript *t = fetch_new("undecoded", TRANSCRIPT_JOIN, url_at(p->raw, paths[i]));
        curl_easy_setopt(t->easy, CURLOPT_HTTP_TRANSFER_DECODING, 0L);
        transcript_perform(t);
        transcript_free(t);
    }
}

static void trailers(const struct places *p)
{
    fetch("trailers", TRANSCRIPT_HEADS, url_at(p->raw, "/up/trailers"));
}

static void close_delimited(const struct places *p)
{
    fetch("closed", 0, url_at(p->raw, "/up/close-delimited"));
    fetch("old", 0, url_at(p->raw, "/up/close-delimited?http10"));
}

static void events(const struct places *p)
{
    fetch("events", 0, url_at(p->main, "/up/events?count=5&ms=12"));
}

static void large(const struct places *p)
{
    fetch("large", TRANSCRIPT_JOIN, url_at(p->main, "/static/large.bin"));
    struct transcript *t =
        fetch_new("small buffer", TRANSCRIPT_JOIN, url_at(p->main, "/static/large.bin"));
    curl_easy_setopt(t->easy, CURLOPT_BUFFERSIZE, 2048L);
    transcript_perform(t);
    transcript_free(t);
}

static void range(const struct places *p)
{
    static const char *const ranges[] = {"6-10", "-5", "3-", "0-1,4-5", "900-"};
    for (size_t i = 0; i < sizeof(ranges) / sizeof(*ranges); i++) {
        if (strchr(ranges[i], ','))
            continue; /* nginx picks a boundary of its own for each answer */
        struct transcript *t =
            fetch_new("range", TRANSCRIPT_HEADS, url_at(p->main, "/static/hello.txt"));
        curl_easy_setopt(t->easy, CURLOPT_RANGE, ranges[i]);
        transcript_perform(t);
        transcript_free(t);
    }
    struct transcript *t =
        fetch_new("resume", TRANSCRIPT_HEADS, url_at(p->main, "/static/hello.txt"));
    curl_easy_setopt(t->easy, CURLOPT_RESUME_FROM_LARGE, (curl_off_t)7);
    transcript_perform(t);
    curl_easy_setopt(t->easy, CURLOPT_URL, url_at(p->main, "/up/chunked"));
    transcript_perform(t); /* a server that ignores the range */
    transcript_free(t);
}

static void header_in_body(const struct places *p)
{
    struct transcript *t = fetch_new("with head", 0, url_at(p->main, "/static/hello.txt"));
    curl_easy_setopt(t->easy, CURLOPT_HEADER, 1L);
    transcript_perform(t);
    curl_easy_setopt(t->easy, CURLOPT_URL, url_at(p->main, "/up/events?count=2&ms=12"));
    transcript_perform(t);
    curl_easy_setopt(t->easy, CURLOPT_NOBODY, 1L);
    transcript_perform(t);
    transcript_free(t);
}

/* HEADERDATA without a header function: heads go to the write function. */
static void header_data_only(const struct places *p)
{
    struct transcript *t = fetch_new("body", 0, url_at(p->main, "/up/events?count=2&ms=12"));
    struct transcript *heads = fetch_new("heads", 0, "unused:");
    curl_easy_setopt(t->easy, CURLOPT_HEADERFUNCTION, NULL);
    curl_easy_setopt(t->easy, CURLOPT_HEADERDATA, heads);
    transcript_perform(t);
    curl_easy_setopt(t->easy, CURLOPT_HEADERDATA, NULL);
    transcript_perform(t);
    transcript_free(t);
    transcript_free(heads);
}

/* No callbacks at all: libcurl's own fwrite to a FILE. */
static void to_file(const struct places *p)
{
    for (long with_head = 0; with_head < 2; with_head++) {
        CURL *easy = curl_easy_init();
        FILE *file = tmpfile();
        curl_easy_setopt(easy, CURLOPT_URL, url_at(p->main, "/up/events?count=3&ms=1"));
        curl_easy_setopt(easy, CURLOPT_WRITEDATA, file);
        curl_easy_setopt(easy, CURLOPT_HEADER, with_head);
        curl_easy_setopt(easy, CURLOPT_CAINFO, getenv("SCENARIO_CAINFO"));
        printf("to file: %d\n", curl_easy_perform(easy));
        char text[2048];
        rewind(file);
        transcript_bytes(text, fread(text, 1, sizeof(text), file));
        putchar('\n');
        fclose(file);
        curl_easy_cleanup(easy);
    }
}

static void max_file_size(const struct places *p)
{
    struct transcript *t = fetch_new("max", TRANSCRIPT_JOIN, url_at(p->main, "/static/hello.txt"));
    curl_easy_setopt(t->easy, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)5);
    transcript_perform(t);
    curl_easy_setopt(t->easy, CURLOPT_URL, url_at(p->main, "/up/chunked"));
    transcript_perform(t);
    curl_easy_setopt(t->easy, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)500);
    transcript_perform(t);
    transcript_free(t);
}

static void odd_headers(const struct places *p)
{
    fetch("odd", TRANSCRIPT_HEADS, url_at(p->main, "/up/odd-headers"));
}

/* As they were sent: nginx tidies up. */
static void odd_headers_raw(const struct places *p)
{
    fetch("odd", TRANSCRIPT_HEADS, url_at(p->raw, "/up/odd-headers"));
}

/* HTTP/2's ":status" and its kin. */
static void pseudo_headers(const struct places *p)
{
    struct transcript *t = fetch_new("pseudo", 0, url_at(p->main, "/static/hello.txt"));
    transcript_note(t, "result %d", curl_easy_perform(t->easy));
    transcript_headers_of(t, CURLH_PSEUDO);
    transcript_free(t);
}

static void ignore_length(const struct places *p)
{
    struct transcript *t = fetch_new("ignored", 0, url_at(p->raw, "/up/close-delimited?length"));
    curl_easy_setopt(t->easy, CURLOPT_IGNORE_CONTENT_LENGTH, 1L);
    transcript_perform(t);
    transcript_free(t);
}

static void http_versions(const struct places *p)
{
    static const long versions[] = {CURL_HTTP_VERSION_1_0, CURL_HTTP_VERSION_1_1,
                                    CURL_HTTP_VERSION_NONE};
    struct transcript *t =
        fetch_new("version", TRANSCRIPT_HEADS, url_at(p->main, "/static/hello.txt"));
    for (size_t i = 0; i < sizeof(versions) / sizeof(*versions); i++) {
        curl_easy_setopt(t->easy, CURLOPT_HTTP_VERSION, versions[i]);
        transcript_perform(t);
    }
    transcript_free(t);
}

const struct scenario scenarios_body[] = {
    {"get", get},
    {"head", head},
    {"nobody-toggle", nobody_toggle},
    {"no-content", no_content},
    {"not-modified", not_modified},
    {"time-condition", time_condition},
    {"failonerror", failonerror},
    {"status-codes", status_codes},
    {"gzip-decoded", gzip_decoded},
    {"gzip-raw", gzip_raw},
    {"gzip-broken", gzip_broken},
    {"chunked", chunked},
    {"chunked-undecoded", chunked_undecoded},
    {"trailers", trailers},
    {"close-delimited", close_delimited},
    {"events", events},
    {"large", large},
    {"range", range},
    {"header-in-body", header_in_body},
    {"header-data-only", header_data_only},
    {"to-file", to_file},
    {"max-file-size", max_file_size},
    {"odd-headers", odd_headers},
    {"odd-headers-raw", odd_headers_raw},
    {"pseudo-headers", pseudo_headers},
    {"ignore-length", ignore_length},
    {"http-versions", http_versions},
    {NULL, NULL},
};
