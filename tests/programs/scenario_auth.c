/* SPDX-License-Identifier: MIT */
/* Authentication: given at once, negotiated, refused. */
#include "scenario.h"

#include <string.h>

static struct transcript *login_new(const char *url, const char *userpwd, unsigned long kind)
{
    /* Digest heads hold a random number, so heads are shown only where they do not. */
    unsigned flags = kind & CURLAUTH_DIGEST ? 0 : TRANSCRIPT_HEADS;
    struct transcript *t = fetch_new("login", flags, url);
    curl_easy_setopt(t->easy, CURLOPT_USERPWD, userpwd);
    curl_easy_setopt(t->easy, CURLOPT_HTTPAUTH, kind);
    return t;
}

static void login(const char *url, const char *userpwd, unsigned long kind)
{
    struct transcript *t = login_new(url, userpwd, kind);
    transcript_perform(t);
    transcript_free(t);
}

static void basic(const struct places *p)
{
    login(url_at(p->main, "/private/hello.txt"), "ada:secret", CURLAUTH_BASIC);
    login(url_at(p->main, "/private/hello.txt"), "ada:wrong", CURLAUTH_BASIC);
    login(url_at(p->main, "/private/hello.txt"), "ada", CURLAUTH_BASIC);
    fetch("nobody", 0, url_at(p->main, "/private/hello.txt"));
}

static void bearer(const struct places *p)
{
    struct transcript *t = fetch_new("bearer", TRANSCRIPT_HEADS, url_at(p->main, "/up/echo"));
    curl_easy_setopt(t->easy, CURLOPT_XOAUTH2_BEARER, "a-token");
    curl_easy_setopt(t->easy, CURLOPT_HTTPAUTH, CURLAUTH_BEARER);
    transcript_perform(t);
    transcript_free(t);
}

static void digest(const struct places *p)
{
    login(url_at(p->main, "/up/digest"), "ada:secret", CURLAUTH_DIGEST);
    login(url_at(p->main, "/up/digest"), "ada:wrong", CURLAUTH_DIGEST);
}

static void digest_post(const struct places *p)
{
    struct transcript *t = login_new(url_at(p->main, "/up/digest"), "ada:secret", CURLAUTH_DIGEST);
    curl_easy_setopt(t->easy, CURLOPT_POSTFIELDS, "kept=until+asked");
    transcript_perform(t);
    transcript_perform(t); /* libcurl knows the nonce by now */
    transcript_free(t);
}

/* The body comes from a callback and may have to be sent twice. */
static void digest_upload(const struct places *p)
{
    static const char body[] = "an uploaded body";
    struct transcript *t = login_new(url_at(p->main, "/up/digest"), "ada:secret", CURLAUTH_DIGEST);
    transcript_upload(t, body, strlen(body));
    curl_easy_setopt(t->easy, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(t->easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)strlen(body));
    transcript_perform(t);
    transcript_free(t);
}

static void any(const struct places *p)
{
    login(url_at(p->main, "/up/any"), "ada:secret", CURLAUTH_ANY);
    login(url_at(p->main, "/up/any"), "ada:secret", CURLAUTH_BASIC | CURLAUTH_BEARER);
    login(url_at(p->main, "/up/any"), "ada:wrong", CURLAUTH_ANY);
    login(url_at(p->main, "/private/hello.txt"), "ada:secret", CURLAUTH_ANY);
    login(url_at(p->main, "/up/echo"), "ada:secret", CURLAUTH_ANY); /* nobody asks */
}

static void any_post(const struct places *p)
{
    static const char body[] = "an uploaded body";
    struct transcript *t = login_new(url_at(p->main, "/up/any"), "ada:secret", CURLAUTH_ANY);
    transcript_upload(t, body, strlen(body));
    curl_easy_setopt(t->easy, CURLOPT_POST, 1L);
    curl_easy_setopt(t->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)strlen(body));
    transcript_perform(t);
    transcript_free(t);
}

const struct scenario scenarios_auth[] = {
    {"auth-basic", basic},
    {"auth-bearer", bearer},
    {"auth-digest", digest},
    {"auth-digest-post", digest_post},
    {"auth-digest-upload", digest_upload},
    {"auth-any", any},
    {"auth-any-post", any_post},
    {NULL, NULL},
};
