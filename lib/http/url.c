/* SPDX-License-Identifier: MIT */
/*
 * URLs taken apart and normalised. Normalising a normalised URL changes nothing: what is dropped
 * or decoded never becomes a delimiter.
 */
#include "http/url.h"

/* Beside the unreserved characters, what each part may hold as it is (RFC 3986, section 3). A
 * bracket outside of an address is legal nowhere, so there it can only mean its encoding. */
#define IN_SCHEME "+"
#define IN_HOST   "!$&'()*+,;=:[]"
#define IN_PATH   "!$&'()*+,;=:@/"
#define IN_QUERY  "!$&'()*+,;=:@/?"

/* Up to the first of `stops` (or all), taken away from the front of *text. */
static struct td_bytes take_until(struct td_bytes *text, const char *stops)
{
    size_t len = 0, count = strlen(stops);
    while (len < text->len && !memchr(stops, text->data[len], count))
        len++;
    struct td_bytes part = td_bytes(text->data, len);
    if (len)
        text->data += len;
    text->len -= len;
    return part;
}

static void split_authority(struct td_url *url, struct td_bytes text)
{
    const char *at = text.len ? memrchr(text.data, '@', text.len) : NULL;
    if (at) {
        url->has_userinfo = true;
        url->userinfo = td_bytes(text.data, (size_t)(at - text.data));
        text = td_bytes(at + 1, text.len - url->userinfo.len - 1);
    }
    url->host = text;
    const char *bracket = text.len && text.data[0] == '[' ? memchr(text.data, ']', text.len) : NULL;
    size_t skip = bracket ? (size_t)(bracket - text.data) : 0;
    const char *colon = text.len ? memchr(text.data + skip, ':', text.len - skip) : NULL;
    if (!colon)
        return;
    struct td_bytes port = td_bytes(colon + 1, (size_t)(text.data + text.len - colon - 1));
    for (size_t i = 0; i < port.len; i++)
        if (port.data[i] < '0' || port.data[i] > '9')
            return;
    url->has_port = true;
    url->port = port;
    url->host.len = (size_t)(colon - text.data);
}

void td_url_split(struct td_url *url, struct td_bytes text)
{
    *url = (struct td_url){0};
    struct td_bytes rest = text;
    struct td_bytes scheme = take_until(&rest, ":/?#");
    if (scheme.len && td_bytes_take(&rest, ':')) {
        url->has_scheme = true;
        url->scheme = scheme;
    } else {
        rest = text;
    }
    if (rest.len >= 2 && rest.data[0] == '/' && rest.data[1] == '/') {
        rest = td_bytes(rest.data + 2, rest.len - 2);
        url->has_authority = true;
        split_authority(url, take_until(&rest, "/?#"));
    }
    url->path = take_until(&rest, "?#");
    url->has_query = td_bytes_take(&rest, '?');
    if (url->has_query)
        url->query = take_until(&rest, "#");
    url->has_fragment = td_bytes_take(&rest, '#');
    if (url->has_fragment)
        url->fragment = rest;
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_unreserved(char c)
{
    return is_letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
}

/* One part, each byte in the one spelling that it has (RFC 3986, section 6.2.2). */
static void put_part(struct td_buf *out, struct td_bytes part, const char *allowed, bool lower)
{
    static const char hex[] = "0123456789ABCDEF";
    size_t count = strlen(allowed);
    char *to = td_buf_reserve(out, part.len <= SIZE_MAX / 4 ? part.len * 3 : SIZE_MAX);
    if (!to)
        return;
    for (size_t i = 0; i < part.len; i++) {
        char c = part.data[i];
        int byte = td_percent_byte(td_bytes_from(part, i));
        bool encoded = byte >= 0;
        if (encoded) {
            c = (char)byte;
            i += 2;
        }
        if (is_unreserved(c) || (!encoded && memchr(allowed, c, count))) {
            *to++ = lower && is_letter(c) ? c | 0x20 : c;
        } else {
            *to++ = '%';
            *to++ = hex[(unsigned char)c >> 4];
            *to++ = hex[c & 15];
        }
    }
    *to = '\0';
    out->len = (size_t)(to - out->data);
}

/* RFC 3986, section 5.2.4, in place: what is read is never behind what is written. */
static size_t remove_dot_segments(char *path, size_t len)
{
    size_t to = 0;
    for (size_t at = 0; at < len;) {
        const char *slash = memchr(path + at + 1, '/', len - at - 1);
        size_t next = slash ? (size_t)(slash - path) : len;
        struct td_bytes segment = td_bytes(path + at + 1, next - at - 1);
        bool up = td_bytes_equal(segment, TD_BYTES(".."));
        if (up || td_bytes_equal(segment, TD_BYTES("."))) {
            while (up && to > 0 && path[--to] != '/')
                ;
            if (!slash)
                path[to++] = '/';
        } else {
            memmove(path + to, path + at, next - at);
            to += next - at;
        }
        at = next;
    }
    return to;
}

static void put_path(struct td_buf *out, const struct td_url *url)
{
    size_t start = out->len;
    put_part(out, url->path, IN_PATH, false);
    if (td_buf_failed(out))
        return;
    if (url->path.len && url->path.data[0] == '/')
        out->len = start + remove_dot_segments(out->data + start, out->len - start);
    else if (!url->path.len && url->has_authority)
        td_buf_put_char(out, '/');
    /* Two slashes at the front would be taken for an authority. */
    if (!url->has_authority && out->len - start >= 2 && memcmp(out->data + start, "//", 2) == 0) {
        if (!td_buf_reserve(out, 2))
            return;
        memmove(out->data + start + 2, out->data + start, out->len - start);
        memcpy(out->data + start, "/.", 2);
        out->len += 2;
    }
    out->data[out->len] = '\0';
}

void td_url_normalize(struct td_buf *out, struct td_bytes text)
{
    struct td_url url;
    td_url_split(&url, text);
    if (url.has_scheme) {
        put_part(out, url.scheme, IN_SCHEME, true);
        td_buf_put_char(out, ':');
    }
    if (url.has_authority) {
        td_buf_put_text(out, "//");
        put_part(out, url.host, IN_HOST, true);
        struct td_bytes port = url.port;
        while (port.len > 1 && port.data[0] == '0')
            port = td_bytes(port.data + 1, port.len - 1);
        uint64_t number;
        unsigned usual = td_url_default_port(url.scheme);
        if (port.len && !(usual && td_bytes_to_u64(port, &number) && number == usual)) {
            td_buf_put_char(out, ':');
            td_buf_put_bytes(out, port);
        }
    }
    put_path(out, &url);
    if (url.has_query) {
        td_buf_put_char(out, '?');
        put_part(out, url.query, IN_QUERY, false);
    }
}

unsigned td_url_default_port(struct td_bytes scheme)
{
    if (td_bytes_equal_nocase(scheme, TD_BYTES("http")) ||
        td_bytes_equal_nocase(scheme, TD_BYTES("ws")))
        return 80;
    if (td_bytes_equal_nocase(scheme, TD_BYTES("https")) ||
        td_bytes_equal_nocase(scheme, TD_BYTES("wss")))
        return 443;
    return 0;
}

size_t td_url_decode_field(char *to, struct td_bytes text)
{
    char *start = to;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        int byte = td_percent_byte(td_bytes_from(text, i));
        if (byte >= 0) {
            *to++ = (char)byte;
            i += 2;
        } else {
            *to++ = c == '+' ? ' ' : c;
        }
    }
    return (size_t)(to - start);
}
