/* SPDX-License-Identifier: MIT */
/* Redirects: followed and not, across names and schemes, with and without a body. */
#include "scenario.h"

#include <stdio.h>
#include <string.h>

static struct transcript *follow_new(const char *url)
{
    struct transcript *t = fetch_new("follow", TRANSCRIPT_HEADS, url);
    curl_easy_setopt(t->easy, CURLOPT_FOLLOWLOCATION, 1L);
    return t;
}

static void follow(const char *url)
{
    struct transcript *t = follow_new(url);
    transcript_perform(t);
    transcript_free(t);
}

static void relative(const struct places *p)
{
    follow(url_redirect(p->main, 302, "/static/hello.txt"));
}

static void relative_forms(const struct places *p)
{
    follow(url_redirect(p->main, 302, "echo"));
    follow(url_redirect(p->main, 302, "?code=200&to=/nowhere"));
    follow(url_redirect(p->main, 302, "../static/./hello.txt"));
    follow(url_redirect(p->main, 302, "/static/hello.txt?with=a query#and-a-fragment"));
    follow(url_redirect(p->main, 302, strchr(p->other, ':') + 1)); /* //host:port */
}

static void chain(const struct places *p)
{
    const char *second = url_redirect(p->main, 302, "/static/hello.txt");
    follow(url_redirect(p->main, 301, url_redirect(p->main, 308, second)));
}

static void hosts(const struct places *p)
{
    follow(url_redirect(p->main, 302, url_at(p->other, "/up/echo")));
}

static void schemes(const struct places *p)
{
    follow(url_redirect(p->main, 302, url_at(p->cross, "/up/echo")));
    follow(url_redirect(p->cross, 302, url_at(p->main, "/up/echo")));
    follow(url_redirect(p->main, 302, url_redirect(p->cross, 302, url_at(p->main, "/up/echo"))));
}

static void post_code(const char *base, int code, long keep)
{
    struct transcript *t = follow_new(url_redirect(base, code, "/up/echo"));
    curl_easy_setopt(t->easy, CURLOPT_POSTFIELDS, "said=once");
    curl_easy_setopt(t->easy, CURLOPT_POSTREDIR, keep);
    transcript_perform(t);
    transcript_free(t);
}

static void post(const struct places *p)
{
    post_code(p->main, 301, 0);
    post_code(p->main, 302, 0);
    post_code(p->main, 303, 0);
    post_code(p->main, 307, 0);
    post_code(p->main, 308, 0);
}

static void post_kept(const struct places *p)
{
    post_code(p->main, 301, CURL_REDIR_POST_ALL);
    post_code(p->main, 302, CURL_REDIR_POST_ALL);
    post_code(p->main, 303, CURL_REDIR_POST_ALL);
}

/* A redirected body is sent anew: the callback is asked to seek back. */
static void put_rewound(const struct places *p)
{
    struct transcript *t = follow_new(url_redirect(p->main, 307, "/up/echo"));
    static const char body[] = "a body that is sent twice";
    transcript_upload(t, body, strlen(body));
    curl_easy_setopt(t->easy, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(t->easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)strlen(body));
    transcript_perform(t);
    transcript_free(t);
}

static void custom_method(const struct places *p)
{
    struct transcript *t = follow_new(url_redirect(p->main, 302, "/up/echo"));
    curl_easy_setopt(t->easy, CURLOPT_CUSTOMREQUEST, "PURGE");
    transcript_perform(t);
    transcript_free(t);
}

static void not_followed(const struct places *p)
{
    fetch("absolute", 0, url_redirect(p->main, 302, url_at(p->other, "/static/hello.txt")));
    fetch("across", 0, url_redirect(p->main, 302, url_at(p->cross, "/static/hello.txt")));
    fetch("relative", 0, url_redirect(p->main, 302, "/static/hello.txt?q=1#part"));
    fetch("elsewhere", 0, url_redirect(p->main, 302, "https://example.com/a b?c=d"));
    fetch("foreign", 0, url_redirect(p->main, 302, "ftp://example.com/pub"));
    fetch("no redirect", 0, url_at(p->main, "/static/hello.txt"));
}

static void too_many(const struct places *p)
{
    const char *second = url_redirect(p->main, 302, "/static/hello.txt");
    struct transcript *t = follow_new(url_redirect(p->main, 302, second));
    curl_easy_setopt(t->easy, CURLOPT_MAXREDIRS, 1L);
    transcript_perform(t);
    transcript_free(t);
}

static void restricted(const char *url, const char *protocols)
{
    struct transcript *t = follow_new(url);
    curl_easy_setopt(t->easy, CURLOPT_REDIR_PROTOCOLS_STR, protocols);
    transcript_perform(t);
    transcript_free(t);
}

static void protocols(const struct places *p)
{
    const bool tls = strncmp(p->main, "https", 5) == 0;
    const char *ours = tls ? "https" : "http", *theirs = tls ? "http" : "https";
    restricted(url_redirect(p->main, 302, url_at(p->cross, "/static/hello.txt")), ours);
    restricted(url_redirect(p->main, 302, url_at(p->cross, "/static/hello.txt")), theirs);
    restricted(url_redirect(p->main, 302, "/static/hello.txt"), ours);
    restricted(url_redirect(p->main, 302, "/static/hello.txt"), theirs);
    restricted(url_redirect(p->main, 302, "gopher://a.localhost/"), "http,https");
    restricted(url_redirect(p->main, 302, "nonsense://a.localhost/"), "all");
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
static void protocols_mask(const struct places *p)
{
    struct transcript *t =
        follow_new(url_redirect(p->main, 302, url_at(p->cross, "/static/hello.txt")));
    const bool tls = strncmp(p->main, "https", 5) == 0;
    curl_easy_setopt(t->easy, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
    curl_easy_setopt(t->easy, CURLOPT_REDIR_PROTOCOLS,
                     (long)(tls ? CURLPROTO_HTTPS : CURLPROTO_HTTP));
    transcript_perform(t);
    transcript_free(t);
}
#pragma GCC diagnostic pop

static void autoreferer(const struct places *p)
{
    const char *last = url_at(p->cross, "/up/echo?last=1");
    struct transcript *t = follow_new(url_redirect(p->main, 302, url_redirect(p->main, 302, last)));
    curl_easy_setopt(t->easy, CURLOPT_AUTOREFERER, 1L);
    curl_easy_setopt(t->easy, CURLOPT_REFERER, "https://example.com/first");
    transcript_perform(t);
    transcript_free(t);
}

static void credentials(const struct places *p)
{
    for (long unrestricted = 0; unrestricted < 2; unrestricted++) {
        struct transcript *t = follow_new(url_redirect(p->main, 302, url_at(p->other, "/up/echo")));
        curl_easy_setopt(t->easy, CURLOPT_USERPWD, "ada:secret");
        curl_easy_setopt(t->easy, CURLOPT_UNRESTRICTED_AUTH, unrestricted);
        transcript_perform(t);
        curl_easy_setopt(t->easy, CURLOPT_URL,
                         url_redirect(p->main, 302, url_at(p->cross, "/up/echo")));
        transcript_perform(t);
        curl_easy_setopt(t->easy, CURLOPT_URL, url_redirect(p->main, 302, "/up/echo"));
        transcript_perform(t);
        transcript_free(t);
    }
}

static void own_headers(const struct places *p)
{
    struct curl_slist *headers = curl_slist_append(NULL, "Authorization: Bearer token");
    headers = curl_slist_append(headers, "X-Kept: everywhere");
    struct transcript *t = follow_new(url_redirect(p->main, 302, url_at(p->other, "/up/echo")));
    curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, headers);
    transcript_perform(t);
    transcript_free(t);
    curl_slist_free_all(headers);
}

static void user_in_location(const struct places *p)
{
    char target[512];
    const char *host = strstr(p->main, "//") + 2;
    snprintf(target, sizeof(target), "%.*sgrace:hopper@%s/up/echo", (int)(host - p->main), p->main,
             host);
    follow(url_redirect(p->main, 302, target));
}

static void fragment(const struct places *p)
{
    follow(url_at(url_redirect(p->main, 302, "/static/hello.txt"), "#mine"));
    follow(url_redirect(p->main, 302, "/static/hello.txt#theirs"));
}

static void bad_location(const struct places *p)
{
    follow(url_redirect(p->main, 302, "http://"));
    follow(url_redirect(p->main, 302, "http://a b/"));
    follow(url_redirect(p->main, 302, ""));
}

const struct scenario scenarios_redirect[] = {
    {"redirect-relative", relative},
    {"redirect-relative-forms", relative_forms},
    {"redirect-chain", chain},
    {"redirect-hosts", hosts},
    {"redirect-schemes", schemes},
    {"redirect-post", post},
    {"redirect-post-kept", post_kept},
    {"redirect-put-rewound", put_rewound},
    {"redirect-custom-method", custom_method},
    {"redirect-not-followed", not_followed},
    {"redirect-too-many", too_many},
    {"redirect-protocols", protocols},
    {"redirect-protocols-mask", protocols_mask},
    {"redirect-autoreferer", autoreferer},
    {"redirect-credentials", credentials},
    {"redirect-own-headers", own_headers},
    {"redirect-user-in-location", user_in_location},
    {"redirect-fragment", fragment},
    {"redirect-bad-location", bad_location},
    {NULL, NULL},
};
