/* SPDX-License-Identifier: MIT */
/*
 * The two names of a URL: the true one, that the host asks for and the cassette holds, and the one
 * on the wire. libcurl cannot be made to talk plain HTTP to an https URL, so `https://host/x` goes
 * over the wire as `http://host:443/x`. The port keeps secure and plain origins apart in all that
 * libcurl decides by origin (credentials across redirects, connections, cookies' paths), and makes
 * the way back a matter of looking the authority up.
 */
#ifndef TD_SHIM_ORIGINS_H
#define TD_SHIM_ORIGINS_H

#include "base/bytes.h"

struct td_origin;

/* The secure origins of one transfer. */
struct td_origins {
    struct td_origin *items;
    size_t count;
};

void td_origins_release(struct td_origins *origins);

/* Appends the wire's name of a true, absolute http or https URL, and remembers the origin. Other
 * URLs stay as they are. */
void td_origins_to_wire(struct td_origins *origins, struct td_bytes url, struct td_buf *out);
/* Appends the true name of a URL on the wire. */
void td_origins_to_true(const struct td_origins *origins, struct td_bytes url, struct td_buf *out);
/* Whether "host" or "host:port", as in a Host header, is a secure origin with a port that only the
 * wire has: then *len is the length without it. */
bool td_origins_trim_host(const struct td_origins *origins, struct td_bytes host, size_t *len);

#endif
