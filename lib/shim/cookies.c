/* SPDX-License-Identifier: MIT */
#include "shim/cookies.h"

#include <stdlib.h>

struct td_secure_cookie {
    struct td_bytes host; /* that has set it, or its domain; views into `memory` */
    struct td_bytes name;
    char *memory;
};

/* A line of the Netscape format, as libcurl prints and reads it: domain, whether subdomains get it,
 * path, whether it is secure, expiry, name, value. */
enum { DOMAIN, SECURE = 3, NAME = 5, FIELDS = 7 };

static bool take_apart(struct td_bytes line, struct td_bytes fields[FIELDS])
{
    for (int i = 0; i < FIELDS; i++) {
        const char *tab = line.len ? memchr(line.data, '\t', line.len) : NULL;
        if (!tab && i < FIELDS - 1)
            return false;
        size_t len = tab && i < FIELDS - 1 ? (size_t)(tab - line.data) : line.len;
        fields[i] = td_bytes(line.data, len);
        line = td_bytes(line.data + len, line.len - len);
        if (line.len)
            line.data++, line.len--;
    }
    static const struct td_bytes http_only = {"#HttpOnly_", 10};
    struct td_bytes *domain = &fields[DOMAIN];
    if (td_bytes_starts_nocase(*domain, http_only))
        *domain = td_bytes(domain->data + http_only.len, domain->len - http_only.len);
    if (domain->len && domain->data[0] == '.')
        *domain = td_bytes(domain->data + 1, domain->len - 1);
    return true;
}

static void forget(struct td_cookies *cookies, size_t i)
{
    free(cookies->items[i].memory);
    cookies->items[i] = cookies->items[--cookies->count];
}

static void remember(struct td_cookies *cookies, struct td_bytes host, struct td_bytes name)
{
    struct td_secure_cookie *items = realloc(cookies->items, (cookies->count + 1) * sizeof *items);
    if (!items)
        return;
    cookies->items = items;
    char *memory = malloc(host.len + name.len + 1);
    if (!memory)
        return;
    memcpy(memory, host.data, host.len);
    memcpy(memory + host.len, name.data, name.len);
    items[cookies->count++] = (struct td_secure_cookie){
        td_bytes(memory, host.len), td_bytes(memory + host.len, name.len), memory};
}

/* Whether a host may have set a cookie for this domain. */
static bool covers(struct td_bytes domain, struct td_bytes host)
{
    if (domain.len > host.len)
        return false;
    size_t before = host.len - domain.len;
    return td_bytes_equal_nocase(td_bytes(host.data + before, domain.len), domain) &&
           (before == 0 || host.data[before - 1] == '.');
}

static bool is_remembered(const struct td_cookies *cookies, struct td_bytes fields[FIELDS])
{
    for (size_t i = 0; i < cookies->count; i++)
        if (td_bytes_equal(cookies->items[i].name, fields[NAME]) &&
            covers(fields[DOMAIN], cookies->items[i].host))
            return true;
    return false;
}

/* Puts a cookie that the engine holds back with another word for whether it is secure. */
static void change(const struct td_real *real, CURL *curl, struct td_bytes line,
                   struct td_bytes was, const char *word)
{
    struct td_buf changed;
    td_buf_init(&changed);
    td_buf_put(&changed, line.data, (size_t)(was.data - line.data));
    td_buf_put_text(&changed, word);
    td_buf_put_text(&changed, was.data + was.len);
    if (!td_buf_failed(&changed))
        real->easy_setopt(curl, CURLOPT_COOKIELIST, changed.data);
    td_buf_release(&changed);
}

static struct curl_slist *list_of(const struct td_real *real, CURL *curl)
{
    struct curl_slist *list = NULL;
    real->easy_getinfo(curl, CURLINFO_COOKIELIST, &list);
    return list;
}

void td_cookies_unveil(struct td_cookies *cookies, const struct td_real *real, CURL *curl)
{
    struct curl_slist *list = list_of(real, curl);
    for (struct curl_slist *item = list; item; item = item->next) {
        struct td_bytes fields[FIELDS], line = td_bytes_of(item->data);
        if (!take_apart(line, fields) || !td_bytes_equal(fields[SECURE], TD_BYTES("TRUE")))
            continue;
        remember(cookies, fields[DOMAIN], fields[NAME]);
        change(real, curl, line, fields[SECURE], "FALSE");
    }
    real->slist_free_all(list);
}

void td_cookies_veil(struct td_cookies *cookies, const struct td_real *real, CURL *curl)
{
    struct curl_slist *list = cookies->count ? list_of(real, curl) : NULL;
    for (struct curl_slist *item = list; item; item = item->next) {
        struct td_bytes fields[FIELDS], line = td_bytes_of(item->data);
        if (take_apart(line, fields) && is_remembered(cookies, fields) &&
            td_bytes_equal(fields[SECURE], TD_BYTES("FALSE")))
            change(real, curl, line, fields[SECURE], "TRUE");
    }
    real->slist_free_all(list);
    while (cookies->count)
        forget(cookies, cookies->count - 1);
    free(cookies->items);
    cookies->items = NULL;
}

bool td_cookies_receive(struct td_cookies *cookies, struct td_bytes host, struct td_bytes value,
                        struct td_buf *out)
{
    const char *equals = value.len ? memchr(value.data, '=', value.len) : NULL;
    struct td_bytes name =
        td_bytes_trim(td_bytes(value.data, equals ? (size_t)(equals - value.data) : 0));
    /* A new cookie of the name replaces the old one, and what that was. */
    for (size_t i = cookies->count; i-- > 0;)
        if (td_bytes_equal(cookies->items[i].name, name) && covers(cookies->items[i].host, host))
            forget(cookies, i);
    bool secure = false;
    size_t start = out->len;
    for (struct td_bytes left = value; left.len;) {
        const char *end = memchr(left.data, ';', left.len);
        size_t len = end ? (size_t)(end - left.data) : left.len;
        if (td_bytes_equal_nocase(td_bytes_trim(td_bytes(left.data, len)), TD_BYTES("secure"))) {
            secure = true;
        } else {
            if (left.data != value.data)
                td_buf_put_char(out, ';');
            td_buf_put(out, left.data, len);
        }
        left = td_bytes(left.data + len + (end != NULL), left.len - len - (end != NULL));
    }
    if (secure)
        remember(cookies, host, name);
    else
        out->len = start;
    return secure;
}
