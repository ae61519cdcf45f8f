/* SPDX-License-Identifier: MIT */
/* URLs in all their forms, and the options that change what is asked for. */
#include "scenario.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *host_of(const char *base)
{
    return strstr(base, "//") + 2;
}

static void forms(const struct places *p)
{
    static const char *const paths[] = {
        "/up/echo#fragment",
        "/up/echo?a=1&b=2#f",
        "/up/./x/../echo",
        "/up/%65cho?%7Euser",
        "/up/echo?q=a+b%20c",
        "?at=root",
        "",
        "/up/echo?url=https://x/?y#z",
    };
    for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++)
        fetch(paths[i], TRANSCRIPT_HEADS, url_at(p->main, paths[i]));
    char url[256];
    snprintf(url, sizeof(url), "%.*sA.LocalHost%s/up/echo", (int)(host_of(p->main) - p->main),
             p->main, strrchr(p->main, ':'));
    fetch("case", TRANSCRIPT_HEADS, url);
    snprintf(url, sizeof(url), "%s%s", strncmp(p->main, "https", 5) ? "HTTP" : "HTTPS",
             strchr(p->main, ':'));
    fetch("scheme case", TRANSCRIPT_HEADS, url_at(url, "/up/echo"));
}

static void path_as_is(const struct places *p)
{
    struct transcript *t = fetch_new("as is", TRANSCRIPT_HEADS, url_at(p->raw, "/up/./x/../echo"));
    curl_easy_setopt(t->easy, CURLOPT_PATH_AS_IS, 1L);
    transcript_perform(t);
    transcript_free(t);
}

static void credentials(const struct places *p)
{
    char url[256];
    snprintf(url, sizeof(url), "%.*sada:s%%65cret@%s/private/hello.txt",
             (int)(host_of(p->main) - p->main), p->main, host_of(p->main));
    fetch("in URL", TRANSCRIPT_HEADS, url);
    struct transcript *t = fetch_new("options win", TRANSCRIPT_HEADS, url);
    curl_easy_setopt(t->easy, CURLOPT_USERNAME, "ada");
    curl_easy_setopt(t->easy, CURLOPT_PASSWORD, "wrong");
    transcript_perform(t);
    transcript_free(t);
    t = fetch_new("forbidden", 0, url);
    curl_easy_setopt(t->easy, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
    transcript_perform(t);
    transcript_free(t);
}

/* A URL handle of the program's own, which the transfer reads and does not change. */
static void url_handle(const struct places *p)
{
    CURLU *url = curl_url();
    curl_url_set(url, CURLUPART_URL, url_at(p->main, "/up/echo?a=1"), 0);
    curl_url_set(url, CURLUPART_QUERY, "b=2 3", CURLU_APPENDQUERY | CURLU_URLENCODE);
    struct transcript *t = transcript_new("CURLU", TRANSCRIPT_HEADS);
    curl_easy_setopt(t->easy, CURLOPT_CURLU, url);
    transcript_perform(t);
    curl_url_set(url, CURLUPART_PATH, "/static/hello.txt", 0);
    transcript_perform(t); /* the next transfer takes the handle as it is by then */
    char *text = NULL;
    curl_url_get(url, CURLUPART_URL, &text, 0);
    transcript_note(t, "the handle's own %s", text);
    curl_free(text);
    curl_easy_setopt(t->easy, CURLOPT_CURLU, NULL);
    curl_easy_setopt(t->easy, CURLOPT_URL, url_at(p->main, "/up/echo?string"));
    transcript_perform(t);
    transcript_free(t);
    curl_url_cleanup(url);
}

static void without_scheme(const struct places *p)
{
    const bool tls = strncmp(p->main, "https", 5) == 0;
    struct transcript *t =
        fetch_new("no scheme", TRANSCRIPT_HEADS, url_at(host_of(p->main), "/up/echo"));
    curl_easy_setopt(t->easy, CURLOPT_DEFAULT_PROTOCOL, tls ? "https" : "http");
    transcript_perform(t);
    transcript_free(t);
    if (!tls) /* the guess is http */
        fetch("guessed", TRANSCRIPT_HEADS, url_at(host_of(p->main), "/up/echo"));
}

static void port_option(const struct places *p)
{
    char url[256];
    const char *colon = strrchr(p->main, ':');
    snprintf(url, sizeof(url), "%.*s:1/up/echo", (int)(colon - p->main), p->main);
    struct transcript *t = fetch_new("port", TRANSCRIPT_HEADS, url);
    curl_easy_setopt(t->easy, CURLOPT_PORT, strtol(colon + 1, NULL, 10));
    transcript_perform(t);
    transcript_free(t);
}

static void own_headers(const struct places *p)
{
    struct curl_slist *headers = curl_slist_append(NULL, "Host: custom.example");
    headers = curl_slist_append(headers, "Accept:");
    headers = curl_slist_append(headers, "X-Empty;");
    headers = curl_slist_append(headers, "X-Twice: 1");
    headers = curl_slist_append(headers, "X-Twice: 2");
    struct transcript *t = fetch_new("headers", TRANSCRIPT_HEADS, url_at(p->main, "/up/echo"));
    curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, headers);
    transcript_perform(t);
    transcript_free(t);
    curl_slist_free_all(headers);
}

static void referer_agent(const struct places *p)
{
    struct transcript *t = fetch_new("referer", TRANSCRIPT_HEADS, url_at(p->main, "/up/echo"));
    curl_easy_setopt(t->easy, CURLOPT_REFERER, "https://example.com/from#here");
    curl_easy_setopt(t->easy, CURLOPT_USERAGENT, "scenario/1.0 (test)");
    transcript_perform(t);
    transcript_free(t);
}

static void restricted(const char *url, const char *protocols)
{
    struct transcript *t = fetch_new(protocols, 0, url);
    curl_easy_setopt(t->easy, CURLOPT_PROTOCOLS_STR, protocols);
    transcript_perform(t);
    transcript_free(t);
}

static void protocols(const struct places *p)
{
    const char *ours = url_at(p->main, "/static/hello.txt");
    const char *theirs = url_at(p->cross, "/static/hello.txt");
    restricted(ours, "http");
    restricted(ours, "https");
    restricted(theirs, "http");
    restricted(theirs, "https");
    restricted(ours, "http,https");
    restricted(ours, "ftp");
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
static void protocols_mask(const struct places *p)
{
    struct transcript *t = fetch_new("mask", 0, url_at(p->main, "/static/hello.txt"));
    curl_easy_setopt(t->easy, CURLOPT_PROTOCOLS, (long)CURLPROTO_HTTPS);
    transcript_perform(t);
    curl_easy_setopt(t->easy, CURLOPT_PROTOCOLS, (long)CURLPROTO_HTTP);
    transcript_perform(t);
    curl_easy_setopt(t->easy, CURLOPT_PROTOCOLS, (long)CURLPROTO_ALL);
    transcript_perform(t);
    transcript_free(t);
}
#pragma GCC diagnostic pop

const struct scenario scenarios_url[] = {
    {"url-forms", forms},
    {"url-path-as-is", path_as_is},
    {"url-credentials", credentials},
    {"url-handle", url_handle},
    {"url-without-scheme", without_scheme},
    {"url-port-option", port_option},
    {"url-own-headers", own_headers},
    {"url-referer-agent", referer_agent},
    {"url-protocols", protocols},
    {"url-protocols-mask", protocols_mask},
    {NULL, NULL},
};
