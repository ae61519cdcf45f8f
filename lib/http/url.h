/* SPDX-License-Identifier: MIT */
/*
 * URLs as RFC 3986 sees them: taken apart, and normalised so that equivalent ones are the same
 * bytes (section 6.2.2 and 6.2.3).
 */
#ifndef TD_HTTP_URL_H
#define TD_HTTP_URL_H

#include "base/bytes.h"

/* All parts are views of the text. `has_` tells an empty part from none. */
struct td_url {
    struct td_bytes scheme;   /* without ':' */
    struct td_bytes userinfo; /* without '@' */
    struct td_bytes host;     /* with the brackets of an IPv6 address */
    struct td_bytes port;     /* digits */
    struct td_bytes path;
    struct td_bytes query;    /* without '?' */
    struct td_bytes fragment; /* without '#' */
    bool has_scheme, has_authority, has_userinfo, has_port, has_query, has_fragment;
};

/* Takes any text apart (RFC 3986, appendix B); never fails. */
void td_url_split(struct td_url *url, struct td_bytes text);

/*
 * Appends the normalised URL without user info and fragment (neither is sent in a request line):
 * scheme and host in lower case, the default port left out, an empty path as "/", dot segments
 * removed, percent-encoding in upper case and only where it is needed; bytes that a URL cannot
 * hold (spaces, controls, beyond ASCII) percent-encoded. The query keeps its order.
 */
void td_url_normalize(struct td_buf *out, struct td_bytes url);

/* A field of a query or of a form, decoded: '+' is a space, a stray '%' stays. Writes to `to`,
 * which has room for text.len bytes, and returns how many. */
size_t td_url_decode_field(char *to, struct td_bytes text);

/* "http" is 80, "https" 443, "ws" 80, "wss" 443; else 0. */
unsigned td_url_default_port(struct td_bytes scheme);

#endif
