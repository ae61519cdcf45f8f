/* SPDX-License-Identifier: MIT */
#include "shim/origins.h"

#include <stdlib.h>

#include "http/url.h"

struct td_origin {
    struct td_bytes authority; /* "host:port" as on the wire; owned */
    bool bare;                 /* the true URL had no port */
};

void td_origins_release(struct td_origins *origins)
{
    for (size_t i = 0; i < origins->count; i++)
        free((char *)origins->items[i].authority.data);
    free(origins->items);
    *origins = (struct td_origins){0};
}

static const struct td_origin *find(const struct td_origins *origins, struct td_bytes authority)
{
    for (size_t i = 0; i < origins->count; i++)
        if (td_bytes_equal_nocase(origins->items[i].authority, authority))
            return &origins->items[i];
    return NULL;
}

static void remember(struct td_origins *origins, struct td_bytes authority, bool bare)
{
    if (find(origins, authority))
        return;
    struct td_origin *items = realloc(origins->items, (origins->count + 1) * sizeof *items);
    if (!items)
        return;
    origins->items = items;
    char *copy = malloc(authority.len + 1);
    if (!copy)
        return;
    memcpy(copy, authority.data, authority.len);
    copy[authority.len] = '\0';
    items[origins->count++] = (struct td_origin){td_bytes(copy, authority.len), bare};
}

/* "//" and the user info, if any: what stands before the host. */
static void put_prefix(struct td_buf *out, const char *scheme, const struct td_url *url)
{
    td_buf_put_text(out, scheme);
    td_buf_put_text(out, "://");
    if (url->has_userinfo) {
        td_buf_put_bytes(out, url->userinfo);
        td_buf_put_char(out, '@');
    }
}

/* All that follows the authority. */
static struct td_bytes rest_of(const struct td_url *url, struct td_bytes text)
{
    return td_bytes(url->path.data, (size_t)(text.data + text.len - url->path.data));
}

void td_origins_to_wire(struct td_origins *origins, struct td_bytes text, struct td_buf *out)
{
    struct td_url url;
    td_url_split(&url, text);
    if (!url.has_authority || !td_bytes_equal_nocase(url.scheme, TD_BYTES("https"))) {
        td_buf_put_bytes(out, text);
        return;
    }
    put_prefix(out, "http", &url);
    size_t start = out->len;
    td_buf_put_bytes(out, url.host);
    td_buf_put_char(out, ':');
    if (url.port.len)
        td_buf_put_bytes(out, url.port);
    else
        td_buf_put_text(out, "443");
    if (!td_buf_failed(out))
        remember(origins, td_bytes(out->data + start, out->len - start), !url.port.len);
    td_buf_put_bytes(out, rest_of(&url, text));
}

void td_origins_to_true(const struct td_origins *origins, struct td_bytes text, struct td_buf *out)
{
    struct td_url url;
    td_url_split(&url, text);
    const struct td_origin *origin = NULL;
    if (url.has_authority && td_bytes_equal_nocase(url.scheme, TD_BYTES("http")) && url.port.len)
        origin = find(origins, td_bytes(url.host.data,
                                        (size_t)(url.port.data + url.port.len - url.host.data)));
    if (!origin) {
        td_buf_put_bytes(out, text);
        return;
    }
    put_prefix(out, "https", &url);
    td_buf_put_bytes(out, url.host);
    if (!origin->bare) {
        td_buf_put_char(out, ':');
        td_buf_put_bytes(out, url.port);
    }
    td_buf_put_bytes(out, rest_of(&url, text));
}

bool td_origins_trim_host(const struct td_origins *origins, struct td_bytes host, size_t *len)
{
    const struct td_origin *origin = find(origins, host);
    if (!origin || !origin->bare)
        return false;
    *len = host.len;
    while (host.data[*len - 1] != ':')
        --*len;
    --*len;
    return true;
}
