/* SPDX-License-Identifier: MIT */
/*
 * Looking through a body while it still comes, window by window, so that what is clean of it can be
 * written down before the whole is there. That goes for plain text and for bytes of other kinds. A
 * secret in JSON, events, a form, parts or gzip may be told by what stands far away from it, and a
 * pattern of the user's may be about any length: those bodies wait until they are whole, and so
 * does one in which anything was found.
 *
 * Windows overlap by more than a secret is long. What may be longer is a run without a space or a
 * line's end: one that fills all of an overlap may hold nothing at all that is looked for, and
 * nothing of it is clean before it has ended.
 */
#ifndef TD_SCRUB_AHEAD_H
#define TD_SCRUB_AHEAD_H

#include "scrub/scrub.h"

struct td_ahead {
    size_t window;  /* so many new bytes are waited for */
    size_t overlap; /* and so many old ones looked at once more */
    size_t looked;  /* up to here */
    size_t clean;   /* up to here there is nothing, whatever follows */
    size_t run;     /* where the run starts that `looked` is in, or is `looked` */
    bool stopped;   /* it has to be scrubbed when it is whole */
};

void td_ahead_init(struct td_ahead *ahead);
/* Looks at what has come since the last time. `body` is all that there is so far, `whole` says that
 * nothing follows: then it is clean where `clean` is its length. */
void td_ahead_look(struct td_ahead *ahead, const struct td_scrubber *scrubber,
                   struct td_bytes content_type, struct td_bytes body, bool whole);

#endif
