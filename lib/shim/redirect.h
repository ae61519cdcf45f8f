/* SPDX-License-Identifier: MIT */
/* Response headers by which libcurl would notice that https is http here, or be led off the wire,
 * and what is sent in their place. */
#ifndef TD_SHIM_REDIRECT_H
#define TD_SHIM_REDIRECT_H

#include "base/bytes.h"

struct td_tape;

/* Appends the value that goes over the wire instead and returns true, or false: as recorded. */
bool td_redirect_rewrite(struct td_tape *tape, struct td_bytes name, struct td_bytes value,
                         struct td_buf *out);

/* Whether the host's CURLOPT_PROTOCOLS (or, for a redirect, CURLOPT_REDIR_PROTOCOLS) lets this
 * scheme through. */
struct td_options;
bool td_redirect_allows(const struct td_options *options, bool redirect, struct td_bytes scheme);

#endif
