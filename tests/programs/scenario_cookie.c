/* SPDX-License-Identifier: MIT */
/* The cookie engine: kept, sent back, expired, secure, shared, written to a jar. */
#include "scenario.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct transcript *jar_new(const char *label, const char *url)
{
    struct transcript *t = fetch_new(label, TRANSCRIPT_HEADS, url);
    curl_easy_setopt(t->easy, CURLOPT_COOKIEFILE, "");
    curl_easy_setopt(t->easy, CURLOPT_FOLLOWLOCATION, 1L);
    return t;
}

static void go_on(struct transcript *t, const char *url)
{
    curl_easy_setopt(t->easy, CURLOPT_URL, url);
    transcript_perform(t);
}

/* Cookies with a path, an expiry, Secure, HttpOnly, prefixes; sent back where they belong. */
static void engine(const struct places *p)
{
    struct transcript *t = jar_new("jar", url_at(p->main, "/up/cookies/set"));
    transcript_perform(t);
    go_on(t, url_at(p->main, "/up/echo"));
    go_on(t, url_at(p->main, "/static/hello.txt"));
    go_on(t, url_at(p->other, "/up/echo"));
    go_on(t, url_at(p->main, "/up/cookies/clear"));
    go_on(t, url_at(p->main, "/up/echo"));
    transcript_free(t);
}

/* A cookie that is for https alone, asked for by both schemes. */
static void secure(const struct places *p)
{
    struct transcript *t = jar_new("secure", url_at(p->main, "/up/cookies/secure"));
    transcript_perform(t);
    go_on(t, url_at(p->main, "/up/echo"));
    go_on(t, url_at(p->cross, "/up/echo"));
    go_on(t, url_at(p->cross, "/up/cookies/secure"));
    go_on(t, url_at(p->cross, "/up/echo"));
    go_on(t, url_at(p->main, "/up/echo"));
    transcript_free(t);
}

static void redirected(const struct places *p)
{
    struct transcript *t = jar_new("redirected", "");
    go_on(t, url_at(url_redirect(p->main, 302, "/up/echo"), "&cookie=hop"));
    go_on(t, url_at(url_redirect(p->main, 302, url_at(p->other, "/up/echo")), "&cookie=two"));
    go_on(t, url_at(url_redirect(p->main, 302, url_at(p->cross, "/up/echo")), "&cookie=three"));
    transcript_free(t);
}

static void by_hand(const struct places *p)
{
    struct transcript *t = fetch_new("by hand", TRANSCRIPT_HEADS, url_at(p->main, "/up/echo"));
    curl_easy_setopt(t->easy, CURLOPT_COOKIE, "a=1; b=2");
    transcript_perform(t);
    curl_easy_setopt(t->easy, CURLOPT_COOKIELIST, "Set-Cookie: c=3; domain=a.localhost; path=/");
    curl_easy_setopt(t->easy, CURLOPT_COOKIELIST,
                     "Set-Cookie: d=4; domain=a.localhost; path=/; secure");
    transcript_perform(t);
    curl_easy_setopt(t->easy, CURLOPT_COOKIELIST, "ALL");
    curl_easy_setopt(t->easy, CURLOPT_COOKIE, NULL);
    transcript_perform(t);
    transcript_free(t);
}

static void shared(const struct places *p)
{
    CURLSH *share = curl_share_init();
    curl_share_setopt(share, CURLSHOPT_SHARE, CURL_LOCK_DATA_COOKIE);
    struct transcript *first =
        fetch_new("first", TRANSCRIPT_HEADS, url_at(p->main, "/up/cookies/secure"));
    struct transcript *second = fetch_new("second", TRANSCRIPT_HEADS, url_at(p->main, "/up/echo"));
    curl_easy_setopt(first->easy, CURLOPT_SHARE, share);
    curl_easy_setopt(second->easy, CURLOPT_SHARE, share);
    transcript_perform(first);
    transcript_perform(second);
    transcript_free(first);
    transcript_free(second);
    printf("share: %d\n", curl_share_cleanup(share));
}

static void jar_file(const struct places *p)
{
    char path[] = "/tmp/scenario-jar-XXXXXX";
    int fd = mkstemp(path);
    if (fd < 0)
        abort();
    close(fd);
    struct transcript *t = fetch_new("jar file", 0, url_at(p->main, "/up/cookies/set"));
    curl_easy_setopt(t->easy, CURLOPT_COOKIEJAR, path);
    transcript_perform(t);
    transcript_free(t);
    FILE *file = fopen(path, "r");
    char line[512];
    while (file && fgets(line, sizeof(line), file))
        printf("jar: %s", line);
    if (file)
        fclose(file);
    t = fetch_new("again", TRANSCRIPT_HEADS, url_at(p->main, "/up/echo"));
    curl_easy_setopt(t->easy, CURLOPT_COOKIEFILE, path);
    transcript_perform(t);
    transcript_free(t);
    unlink(path);
}

const struct scenario scenarios_cookie[] = {
    {"cookie-engine", engine},
    {"cookie-secure", secure},
    {"cookie-redirected", redirected},
    {"cookie-by-hand", by_hand},
    {"cookie-shared", shared},
    {"cookie-jar-file", jar_file},
    {NULL, NULL},
};
