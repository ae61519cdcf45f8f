/* SPDX-License-Identifier: MIT */
/* The program steers one transfer: pauses, aborts, timeouts, calls from within callbacks. */
#include "scenario.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static size_t pause_once(struct transcript *t, size_t len)
{
    if (t->state)
        return len;
    t->state = 1;
    transcript_note(t, "pauses");
    return CURL_WRITEFUNC_PAUSE;
}

/* Resumes on the turn after the pause: data that came meanwhile must wait. */
static int resume_later(struct transcript *t)
{
    if (t->state >= 1 && t->state <= 2 && ++t->state == 3) {
        transcript_note(t, "resumes");
        curl_easy_pause(t->easy, CURLPAUSE_CONT);
    }
    return 0;
}

static void pause_easy(const struct places *p)
{
    static const char *const paths[] = {"/static/hello.txt", "/up/chunked?one",
                                        "/up/events?count=1&ms=1"};
    for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
        struct transcript *t = fetch_new("pause", 0, url_at(p->main, paths[i]));
        t->on_write = pause_once;
        t->on_progress = resume_later;
        transcript_perform(t);
        transcript_free(t);
    }
    struct transcript *t =
        fetch_new("pause large", TRANSCRIPT_JOIN, url_at(p->main, "/static/large.bin"));
    t->on_write = pause_once;
    t->on_progress = resume_later;
    curl_easy_perform(t->easy);
    /* The bytes of the refused write come again, so the joined text is of no use. */
    curl_off_t size = 0;
    curl_easy_getinfo(t->easy, CURLINFO_SIZE_DOWNLOAD_T, &size);
    transcript_note(t, "size %" CURL_FORMAT_CURL_OFF_T, size);
    transcript_free(t);
}

static size_t take_less(struct transcript *t, size_t len)
{
    return ++t->state == 2 ? len - 1 : len;
}

static size_t write_error(struct transcript *t, size_t len)
{
    (void)t, (void)len;
    return CURL_WRITEFUNC_ERROR;
}

static void abort_write(const struct places *p)
{
    struct transcript *t = fetch_new("short", 0, url_at(p->main, "/up/events?count=4&ms=12"));
    t->on_write = take_less;
    transcript_perform(t);
    t->state = 1;
    curl_easy_setopt(t->easy, CURLOPT_URL, url_at(p->main, "/static/hello.txt"));
    transcript_perform(t);
    transcript_free(t);
#ifdef CURL_WRITEFUNC_ERROR
    t = fetch_new("error", 0, url_at(p->main, "/static/hello.txt"));
    t->on_write = write_error;
    transcript_perform(t);
    transcript_free(t);
#endif
}

static void abort_header(const struct places *p)
{
    struct transcript *t = fetch_new("header", 0, url_at(p->main, "/static/hello.txt"));
    t->on_header = take_less;
    transcript_perform(t);
    transcript_free(t);
}

static int abort_with_data(struct transcript *t)
{
    return t->dlnow > 0;
}

static int abort_at_once(struct transcript *t)
{
    (void)t;
    return 7;
}

static void abort_progress(const struct places *p)
{
    struct transcript *t = fetch_new("late", 0, url_at(p->main, "/static/hello.txt"));
    t->on_progress = abort_with_data;
    transcript_perform(t);
    transcript_free(t);
    t = fetch_new("early", 0, url_at(p->main, "/static/hello.txt"));
    t->on_progress = abort_at_once;
    transcript_perform(t);
    t->on_progress = NULL;
    transcript_perform(t);
    transcript_free(t);
}

static size_t pause_always(struct transcript *t, size_t len)
{
    (void)len;
    if (!t->state++)
        transcript_note(t, "pauses for good");
    return CURL_WRITEFUNC_PAUSE;
}

static void timeout_paused(const struct places *p)
{
    struct transcript *t = fetch_new("timeout", 0, url_at(p->main, "/static/hello.txt"));
    t->on_write = pause_always;
    curl_easy_setopt(t->easy, CURLOPT_TIMEOUT_MS, 250L);
    transcript_perform(t);
    t->on_write = NULL;
    transcript_perform(t); /* the handle is as good as new */
    transcript_free(t);
}

static size_t never(struct transcript *t, size_t len)
{
    (void)t, (void)len;
    return CURL_READFUNC_PAUSE;
}

static void low_speed(const struct places *p)
{
    struct transcript *t = fetch_new("slow", 0, url_at(p->main, "/up/echo"));
    transcript_upload(t, "never sent", 10);
    t->on_read = never;
    curl_easy_setopt(t->easy, CURLOPT_POST, 1L);
    curl_easy_setopt(t->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)10);
    curl_easy_setopt(t->easy, CURLOPT_LOW_SPEED_LIMIT, 10L);
    curl_easy_setopt(t->easy, CURLOPT_LOW_SPEED_TIME, 1L);
    transcript_perform(t);
    transcript_free(t);
}

static size_t perform_inside(struct transcript *t, size_t len)
{
    if (!t->state++) {
        transcript_note(t, "recursive perform: %d", curl_easy_perform(t->easy));
        transcript_note(t, "recursive cleanup of nothing");
        curl_easy_cleanup(NULL);
        long code = 0;
        curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &code);
        transcript_note(t, "code inside %ld", code);
        char *url = NULL;
        curl_easy_getinfo(t->easy, CURLINFO_EFFECTIVE_URL, &url);
        transcript_note(t, "URL inside %s", url);
        char *scheme = NULL;
        curl_easy_getinfo(t->easy, CURLINFO_SCHEME, &scheme);
        transcript_note(t, "scheme inside %s", scheme);
        transcript_headers(t);
    }
    return len;
}

/* What a callback can ask and do while the transfer is under way. */
static void inside_callback(const struct places *p)
{
    struct transcript *t = fetch_new("inside", 0, url_at(p->main, "/static/hello.txt"));
    t->on_write = perform_inside;
    transcript_perform(t);
    transcript_free(t);
}

/* Another handle performed from within a callback of the first. */
static size_t fetch_other(struct transcript *t, size_t len)
{
    if (!t->state++) {
        char *url = NULL;
        curl_easy_getinfo(t->easy, CURLINFO_EFFECTIVE_URL, &url);
        fetch("inner", 0, url);
    }
    return len;
}

static void nested(const struct places *p)
{
    struct transcript *t = fetch_new("outer", 0, url_at(p->main, "/static/hello.txt"));
    t->on_write = fetch_other;
    transcript_perform(t);
    transcript_free(t);
}

/* The program speaks HTTP itself over a connection that libcurl made. */
static void connect_only(const struct places *p)
{
    struct transcript *t = fetch_new("connect", 0, url_at(p->main, "/static/hello.txt"));
    curl_easy_setopt(t->easy, CURLOPT_CONNECT_ONLY, 1L);
    CURLcode code = curl_easy_perform(t->easy);
    transcript_note(t, "connected %d", code);
    curl_socket_t fd = CURL_SOCKET_BAD;
    code = curl_easy_getinfo(t->easy, CURLINFO_ACTIVESOCKET, &fd);
    transcript_note(t, "socket %d %s", code, fd == CURL_SOCKET_BAD ? "bad" : "good");
    char request[512], text[4096];
    const char *host = strstr(p->main, "//") + 2;
    int len =
        snprintf(request, sizeof(request),
                 "GET /static/hello.txt HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", host);
    size_t sent = 0, filled = 0, received = 0;
    transcript_note(t, "send %d", curl_easy_send(t->easy, request, (size_t)len, &sent));
    while (filled < sizeof(text)) {
        code = curl_easy_recv(t->easy, text + filled, sizeof(text) - filled, &received);
        if (code == CURLE_AGAIN) {
            struct pollfd wait = {.fd = fd, .events = POLLIN};
            if (poll(&wait, 1, 2000) > 0)
                continue;
            transcript_note(t, "nothing came");
            break;
        }
        if (code || !received)
            break;
        filled += received;
    }
    transcript_note(t, "recv %d", code);
    transcript_bytes(text, filled);
    putchar('\n');
    transcript_free(t);
}

static int before_request(void *user, char *ip, char *local_ip, int port, int local_port)
{
    (void)ip, (void)local_ip, (void)local_port;
    transcript_note(user, "before the request, port %d", port);
    return CURL_PREREQFUNC_OK;
}

static int refuse_request(void *user, char *ip, char *local_ip, int port, int local_port)
{
    (void)ip, (void)local_ip, (void)port, (void)local_port;
    transcript_note(user, "refuses the request");
    return CURL_PREREQFUNC_ABORT;
}

static void before(const struct places *p)
{
    struct transcript *t = fetch_new("before", 0, url_at(p->main, "/static/hello.txt"));
    curl_easy_setopt(t->easy, CURLOPT_PREREQFUNCTION, before_request);
    curl_easy_setopt(t->easy, CURLOPT_PREREQDATA, t);
    transcript_perform(t);
    curl_easy_setopt(t->easy, CURLOPT_PREREQFUNCTION, refuse_request);
    transcript_perform(t);
    transcript_free(t);
}

/* Handles used again: how many connections each transfer made. */
static void connections(const struct places *p)
{
    struct transcript *t = fetch_new("connections", 0, url_at(p->main, "/static/hello.txt"));
    for (int i = 0; i < 3; i++) {
        long count = -1;
        CURLcode code = curl_easy_perform(t->easy);
        curl_easy_getinfo(t->easy, CURLINFO_NUM_CONNECTS, &count);
        transcript_note(t, "result %d, connects %ld", code, count);
    }
    transcript_free(t);
}

/* Options that are set while the transfer is under way, and count for it or for the next one. */
static size_t set_options(struct transcript *t, size_t len)
{
    if (!t->state++) {
        transcript_note(t, "proxy %d", curl_easy_setopt(t->easy, CURLOPT_PROXY, ""));
        transcript_note(
            t, "version %d",
            curl_easy_setopt(t->easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_NONE));
        transcript_note(t, "protocols %d",
                        curl_easy_setopt(t->easy, CURLOPT_PROTOCOLS_STR, "http,https"));
        transcript_note(t, "agent %d", curl_easy_setopt(t->easy, CURLOPT_USERAGENT, "later/1"));
        transcript_note(t, "header %d", curl_easy_setopt(t->easy, CURLOPT_HEADER, 1L));
    }
    return len;
}

static void set_inside(const struct places *p)
{
    struct transcript *t =
        fetch_new("set inside", TRANSCRIPT_HEADS, url_at(p->main, "/static/hello.txt"));
    t->on_write = set_options;
    transcript_perform(t);
    transcript_perform(t);
    transcript_free(t);
}

/* What a header callback can ask at each hop of a redirect. */
static size_t ask_midway(struct transcript *t, size_t len)
{
    if (len == 2) { /* the empty line */
        char *url = NULL, *next = NULL, *type = NULL;
        long code = 0, count = 0;
        curl_easy_getinfo(t->easy, CURLINFO_EFFECTIVE_URL, &url);
        curl_easy_getinfo(t->easy, CURLINFO_REDIRECT_URL, &next);
        curl_easy_getinfo(t->easy, CURLINFO_CONTENT_TYPE, &type);
        curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &code);
        curl_easy_getinfo(t->easy, CURLINFO_REDIRECT_COUNT, &count);
        transcript_note(t, "midway %ld at %s, hop %ld, next %s, type %s", code, url, count,
                        next ? next : "(null)", type ? type : "(null)");
        transcript_headers(t);
    }
    return len;
}

static void asked_midway(const struct places *p)
{
    struct transcript *t =
        fetch_new("midway", 0, url_redirect(p->main, 302, url_at(p->cross, "/static/hello.txt")));
    t->on_header = ask_midway;
    curl_easy_setopt(t->easy, CURLOPT_FOLLOWLOCATION, 1L);
    transcript_perform(t);
    transcript_free(t);
}

/* Not the times themselves, but their order, and whether there are addresses. */
static void times(const struct places *p)
{
    struct transcript *t = fetch_new("times", 0, url_at(p->main, "/static/hello.txt"));
    curl_easy_perform(t->easy);
    static const CURLINFO stages[] = {CURLINFO_NAMELOOKUP_TIME_T, CURLINFO_CONNECT_TIME_T,
                                      CURLINFO_PRETRANSFER_TIME_T, CURLINFO_STARTTRANSFER_TIME_T,
                                      CURLINFO_TOTAL_TIME_T};
    curl_off_t last = 0, now = 0;
    for (size_t i = 0; i < sizeof(stages) / sizeof(*stages); i++, last = now) {
        curl_easy_getinfo(t->easy, stages[i], &now);
        transcript_note(t, "stage %zu %s", i,
                        now < last ? "too early"
                        : now      ? "in order"
                                   : "never");
    }
    curl_easy_getinfo(t->easy, CURLINFO_APPCONNECT_TIME_T, &now);
    transcript_note(t, "handshake %s", now ? "yes" : "no");
    char *address = NULL;
    curl_easy_getinfo(t->easy, CURLINFO_PRIMARY_IP, &address);
    transcript_note(t, "address %s", address && *address ? "yes" : address ? "empty" : "null");
    curl_easy_getinfo(t->easy, CURLINFO_LOCAL_IP, &address);
    transcript_note(t, "local address %s",
                    address && *address ? "yes"
                    : address           ? "empty"
                                        : "null");
    transcript_free(t);
}

const struct scenario scenarios_flow[] = {
    {"pause-easy", pause_easy},
    {"abort-write", abort_write},
    {"abort-header", abort_header},
    {"abort-progress", abort_progress},
    {"timeout-paused", timeout_paused},
    {"low-speed", low_speed},
    {"inside-callback", inside_callback},
    {"nested", nested},
    {"set-inside", set_inside},
    {"asked-midway", asked_midway},
    {"times", times},
    {"connect-only", connect_only},
    {"before-request", before},
    {"connections", connections},
    {NULL, NULL},
};
