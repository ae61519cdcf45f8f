/* SPDX-License-Identifier: MIT */
/*
 * Secure cookies. Libcurl's cookie engine takes and sends them over https only, and on the wire
 * everything is http. So for the time of a transfer they are plain cookies, and afterwards they are
 * made secure again: in the engine, in the jar and in what CURLINFO_COOKIELIST tells.
 *
 * Cookies named `__Secure-...` and `__Host-...` cannot be had that way: libcurl drops them on
 * arrival over http.
 */
#ifndef TD_SHIM_COOKIES_H
#define TD_SHIM_COOKIES_H

#include "shim/real.h"

#include "base/bytes.h"

struct td_secure_cookie;

/* Those that are to be made secure again. */
struct td_cookies {
    struct td_secure_cookie *items;
    size_t count;
};

/* Before a transfer: what the engine holds becomes plain. */
void td_cookies_unveil(struct td_cookies *cookies, const struct td_real *real, CURL *curl);
/* A Set-Cookie from a secure host. Appends what goes over the wire and returns true, or returns
 * false where it can go as it is. */
bool td_cookies_receive(struct td_cookies *cookies, struct td_bytes host, struct td_bytes value,
                        struct td_buf *out);
/* After the transfer; forgets them all. */
void td_cookies_veil(struct td_cookies *cookies, const struct td_real *real, CURL *curl);

#endif
