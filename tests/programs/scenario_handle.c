/* SPDX-License-Identifier: MIT */
/* Handles over their life: copied, reset, used again with other options, asked too early. */
#include "scenario.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void duplicate(const struct places *p)
{
    struct transcript *t = fetch_new("original", 0, url_at(p->main, "/up/echo"));
    curl_easy_setopt(t->easy, CURLOPT_POSTFIELDSIZE, 5L); /* 7.88 cannot copy without it */
    curl_easy_setopt(t->easy, CURLOPT_COPYPOSTFIELDS, "one=1");
    curl_easy_setopt(t->easy, CURLOPT_COOKIEFILE, "");
    struct transcript *before = transcript_adopt(curl_easy_duphandle(t->easy), "before", 0);
    transcript_perform(t);
    struct transcript *after = transcript_adopt(curl_easy_duphandle(t->easy), "after", 0);
    transcript_info(after); /* nothing of the transfer is copied */
    transcript_free(t);
    transcript_perform(before);
    transcript_perform(after);
    transcript_free(before);
    transcript_free(after);
}

static struct transcript *copied;

static size_t copy_inside(struct transcript *t, size_t len)
{
    if (!t->state++)
        copied = transcript_adopt(curl_easy_duphandle(t->easy), "copy", 0);
    return len;
}

static void duplicate_midway(const struct places *p)
{
    struct transcript *t = fetch_new("original", 0, url_at(p->main, "/static/hello.txt"));
    t->on_write = copy_inside;
    transcript_perform(t);
    transcript_info(copied);
    transcript_perform(copied);
    transcript_perform(t);
    transcript_free(t);
    transcript_perform(copied);
    transcript_free(copied);
}

static void reset(const struct places *p)
{
    struct transcript *t = fetch_new("before", TRANSCRIPT_HEADS, url_at(p->main, "/up/echo"));
    curl_easy_setopt(t->easy, CURLOPT_POSTFIELDS, "gone=soon");
    curl_easy_setopt(t->easy, CURLOPT_REFERER, "https://example.com/");
    transcript_perform(t);
    curl_easy_reset(t->easy);
    t->label = "after";
    transcript_info(t);
    transcript_headers(t);
    transcript_note(t, "without a URL: %d", curl_easy_perform(t->easy));
    transcript_attach(t);
    curl_easy_setopt(t->easy, CURLOPT_URL, url_at(p->main, "/up/echo?second"));
    transcript_perform(t);
    transcript_free(t);
}

/* One handle, one option after the other set and taken back. */
static void reuse(const struct places *p)
{
    struct transcript *t = fetch_new("reuse", TRANSCRIPT_HEADS, url_at(p->main, "/up/echo"));
    transcript_perform(t);
    curl_easy_setopt(t->easy, CURLOPT_POSTFIELDS, "now=a+post");
    transcript_perform(t);
    curl_easy_setopt(t->easy, CURLOPT_URL, url_at(p->cross, "/up/echo"));
    transcript_perform(t);
    curl_easy_setopt(t->easy, CURLOPT_HTTPGET, 1L);
    transcript_perform(t);
    curl_easy_setopt(t->easy, CURLOPT_URL, url_at(p->main, "/static/hello.txt"));
    curl_easy_setopt(t->easy, CURLOPT_NOBODY, 1L);
    transcript_perform(t);
    curl_easy_setopt(t->easy, CURLOPT_HTTPGET, 1L);
    curl_easy_setopt(t->easy, CURLOPT_CUSTOMREQUEST, "OPTIONS");
    curl_easy_setopt(t->easy, CURLOPT_URL, url_at(p->main, "/up/echo"));
    transcript_perform(t);
    curl_easy_setopt(t->easy, CURLOPT_CUSTOMREQUEST, NULL);
    transcript_perform(t);
    transcript_free(t);
}

static void reuse_after_failure(const struct places *p)
{
    struct transcript *t = fetch_new("failure", 0, url_at(p->main, "/status/404"));
    curl_easy_setopt(t->easy, CURLOPT_FAILONERROR, 1L);
    transcript_perform(t);
    curl_easy_setopt(t->easy, CURLOPT_URL, url_at(p->main, "/static/hello.txt"));
    transcript_perform(t);
    curl_easy_setopt(t->easy, CURLOPT_URL, "nonsense://a.localhost/");
    transcript_perform(t);
    curl_easy_setopt(t->easy, CURLOPT_URL, url_at(p->main, "/static/hello.txt"));
    transcript_perform(t);
    curl_easy_setopt(t->easy, CURLOPT_URL, NULL);
    transcript_perform(t);
    transcript_free(t);
}

/* URLs that never reach the wire, and what the error buffer says of them. */
static void bad_urls(const struct places *p)
{
    static const char *const urls[] = {
        "",
        "http://",
        "http:///",
        "https://a.localhost:port/",
        "http://a.localhost:99999/",
        "nonsense://a.localhost/",
        "http://[::1/",
        "http://a b/",
        "https://user@:80/",
    };
    for (size_t i = 0; i < sizeof(urls) / sizeof(*urls); i++)
        fetch(urls[i], 0, urls[i]);
    fetch("good", 0, url_at(p->main, "/static/hello.txt"));
}

static void asked_early(const struct places *p)
{
    struct transcript *t = transcript_new("early", 0);
    transcript_info(t);
    transcript_headers(t);
    curl_easy_setopt(t->easy, CURLOPT_URL, url_at(p->main, "/static/hello.txt"));
    transcript_info(t);
    transcript_perform(t);
    curl_easy_setopt(t->easy, CURLOPT_URL, url_at(p->main, "/static/empty.txt"));
    transcript_info(t); /* still the last transfer's */
    transcript_free(t);
}

/* Strings belong to the caller, who may change them once they are set. */
static void strings_copied(const struct places *p)
{
    char url[512], agent[] = "a program/1.0";
    snprintf(url, sizeof(url), "%s/up/echo?mine", p->main);
    struct transcript *t = fetch_new("strings", TRANSCRIPT_HEADS, url);
    curl_easy_setopt(t->easy, CURLOPT_USERAGENT, agent);
    memset(url, '!', sizeof(url) - 1);
    memset(agent, '!', sizeof(agent) - 1);
    transcript_perform(t);
    transcript_perform(t);
    transcript_free(t);
}

static void unknown_options(const struct places *p)
{
    struct transcript *t = fetch_new("options", 0, url_at(p->main, "/static/hello.txt"));
    transcript_note(t, "unknown long %d", curl_easy_setopt(t->easy, (CURLoption)9999, 1L));
    transcript_note(t, "unknown info %d",
                    curl_easy_getinfo(t->easy, (CURLINFO)(CURLINFO_LONG + 999), &t->writes));
    transcript_note(t, "bad value %d",
                    curl_easy_setopt(t->easy, CURLOPT_HTTP_VERSION, (long)12345));
    transcript_note(t, "bad protocols %d",
                    curl_easy_setopt(t->easy, CURLOPT_PROTOCOLS_STR, "http,nonsense"));
    /* 7.88 has taken the good half of it. */
    curl_easy_setopt(t->easy, CURLOPT_PROTOCOLS_STR, "http,https");
    transcript_note(t, "no handle %d", curl_easy_perform(NULL));
    transcript_note(t, "no handle %d", curl_easy_setopt(NULL, CURLOPT_URL, "x"));
    transcript_perform(t);
    transcript_free(t);
}

/* A proxy that stands open on tape only: SCENARIO_PROXY names it, and nothing listens there. */
static void proxy(const struct places *p)
{
    struct transcript *t =
        fetch_new("proxy", TRANSCRIPT_HEADS, url_at(p->main, "/static/hello.txt"));
    const char *proxy_url = getenv("SCENARIO_PROXY");
    if (proxy_url)
        curl_easy_setopt(t->easy, CURLOPT_PROXY, proxy_url);
    transcript_perform(t);
    transcript_free(t);
}

static curl_socket_t open_socket(void *user, curlsocktype purpose, struct curl_sockaddr *address)
{
    transcript_note(user, "opens a socket, purpose %d", purpose);
    return socket(address->family, address->socktype, address->protocol);
}

static int set_up_socket(void *user, curl_socket_t fd, curlsocktype purpose)
{
    transcript_note(user, "sets up a socket, purpose %d, %s", purpose, fd >= 0 ? "good" : "bad");
    return CURL_SOCKOPT_OK;
}

static void sockets(const struct places *p)
{
    struct transcript *t = fetch_new("sockets", 0, url_at(p->main, "/static/hello.txt"));
    curl_easy_setopt(t->easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    curl_easy_setopt(t->easy, CURLOPT_OPENSOCKETDATA, t);
    curl_easy_setopt(t->easy, CURLOPT_SOCKOPTFUNCTION, set_up_socket);
    curl_easy_setopt(t->easy, CURLOPT_SOCKOPTDATA, t);
    transcript_perform(t);
    transcript_free(t);
}

/* Options that say how to reach the server, and change nothing here: one at a time. */
static void network_options(const struct places *p)
{
    static const struct {
        const char *name;
        CURLoption option;
        long value;
    } options[] = {
        {"IPRESOLVE", CURLOPT_IPRESOLVE, CURL_IPRESOLVE_V4},
        {"CONNECTTIMEOUT_MS", CURLOPT_CONNECTTIMEOUT_MS, 5000},
        {"HAPPY_EYEBALLS", CURLOPT_HAPPY_EYEBALLS_TIMEOUT_MS, 50},
        {"TCP_NODELAY", CURLOPT_TCP_NODELAY, 0},
        {"TCP_KEEPALIVE", CURLOPT_TCP_KEEPALIVE, 1},
        {"TCP_FASTOPEN", CURLOPT_TCP_FASTOPEN, 0},
        {"FRESH_CONNECT", CURLOPT_FRESH_CONNECT, 1},
        {"FORBID_REUSE", CURLOPT_FORBID_REUSE, 1},
        {"MAXAGE_CONN", CURLOPT_MAXAGE_CONN, 1},
        {"MAXCONNECTS", CURLOPT_MAXCONNECTS, 1},
        {"DNS_CACHE_TIMEOUT", CURLOPT_DNS_CACHE_TIMEOUT, 0},
        {"SSLVERSION", CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2},
        {"SSL_VERIFYHOST", CURLOPT_SSL_VERIFYHOST, 0},
        {"SSL_VERIFYPEER", CURLOPT_SSL_VERIFYPEER, 0},
        {"USE_SSL", CURLOPT_USE_SSL, CURLUSESSL_TRY},
        {"HSTS_CTRL", CURLOPT_HSTS_CTRL, CURLHSTS_ENABLE},
        {"ALTSVC_CTRL", CURLOPT_ALTSVC_CTRL, CURLALTSVC_H1},
        {"PIPEWAIT", CURLOPT_PIPEWAIT, 1},
        {"NOSIGNAL", CURLOPT_NOSIGNAL, 1},
        {"UPLOAD_BUFFERSIZE", CURLOPT_UPLOAD_BUFFERSIZE, 20000},
    };
    for (size_t i = 0; i < sizeof(options) / sizeof(*options); i++) {
        struct transcript *t = fetch_new(options[i].name, 0, url_at(p->main, "/static/hello.txt"));
        transcript_note(t, "set %d",
                        curl_easy_setopt(t->easy, options[i].option, options[i].value));
        transcript_perform(t);
        transcript_free(t);
    }
}

static void network_names(const struct places *p)
{
    char connect_to[128];
    const char *host = strstr(p->main, "//") + 2;
    snprintf(connect_to, sizeof(connect_to), "%s:127.0.0.1:%s", host, strrchr(host, ':') + 1);
    struct curl_slist *there = curl_slist_append(NULL, connect_to);
    struct transcript *t = fetch_new("CONNECT_TO", 0, url_at(p->main, "/static/hello.txt"));
    curl_easy_setopt(t->easy, CURLOPT_CONNECT_TO, there);
    transcript_perform(t);
    transcript_free(t);
    curl_slist_free_all(there);
    t = fetch_new("INTERFACE", 0, url_at(p->main, "/static/hello.txt"));
    curl_easy_setopt(t->easy, CURLOPT_INTERFACE, "host!127.0.0.1");
    transcript_perform(t);
    transcript_free(t);
    t = fetch_new("NOPROXY", 0, url_at(p->main, "/static/hello.txt"));
    curl_easy_setopt(t->easy, CURLOPT_PROXY, "http://127.0.0.1:1");
    curl_easy_setopt(t->easy, CURLOPT_NOPROXY, "*");
    transcript_perform(t);
    transcript_free(t);
}

/* A server that asks to be met by https alone, remembered in a file. */
static void strict_transport(const struct places *p)
{
    char path[] = "/tmp/scenario-hsts-XXXXXX";
    int fd = mkstemp(path);
    if (fd < 0)
        abort();
    close(fd);
    struct transcript *t = fetch_new("HSTS", 0, url_at(p->main, "/up/strict-transport"));
    curl_easy_setopt(t->easy, CURLOPT_HSTS_CTRL, (long)CURLHSTS_ENABLE);
    curl_easy_setopt(t->easy, CURLOPT_HSTS, path);
    transcript_perform(t);
    transcript_free(t);
    FILE *file = fopen(path, "r");
    char name[256];
    while (file && fscanf(file, "%255s%*[^\n]", name) == 1)
        if (*name != '#')
            printf("remembered: %s\n", name);
    if (file)
        fclose(file);
    unlink(path);
}

/* The name is pinned to an address, as tests of one server among many do. */
static void pinned_address(const struct places *p)
{
    char pin[256];
    const char *port = strrchr(p->main, ':') + 1;
    snprintf(pin, sizeof(pin), "pinned.example:%s:127.0.0.1", port);
    struct curl_slist *pins = curl_slist_append(NULL, pin);
    struct transcript *t = fetch_new("pinned", TRANSCRIPT_HEADS, "");
    char url[256];
    snprintf(url, sizeof(url), "http://pinned.example:%s/static/hello.txt", port);
    curl_easy_setopt(t->easy, CURLOPT_URL, url);
    curl_easy_setopt(t->easy, CURLOPT_RESOLVE, pins);
    transcript_perform(t);
    transcript_free(t);
    curl_slist_free_all(pins);
}

const struct scenario scenarios_handle[] = {
    {"handle-duplicate", duplicate},
    {"handle-duplicate-midway", duplicate_midway},
    {"handle-reset", reset},
    {"handle-reuse", reuse},
    {"handle-reuse-after-failure", reuse_after_failure},
    {"handle-bad-urls", bad_urls},
    {"handle-asked-early", asked_early},
    {"handle-strings-copied", strings_copied},
    {"handle-unknown-options", unknown_options},
    {"handle-proxy", proxy},
    {"handle-sockets", sockets},
    {"handle-network-options", network_options},
    {"handle-network-names", network_names},
    {"handle-strict-transport", strict_transport},
    {"handle-pinned-address", pinned_address},
    {NULL, NULL},
};
