/* SPDX-License-Identifier: MIT */
/*
 * Servers say back what they were sent: in an error, in a page that shows the request. A secret
 * that was known by where it stood (a header, a query name, a field) is no less one there. So what
 * the names in a request have given away is looked for in its response, by value, before any other
 * rule takes a part of it out.
 *
 * A value counts that has at least eight characters and looks random. Cookies do not: what a
 * session is called stands in links that the program follows, and has to be the same in the next
 * request.
 */
#ifndef TD_SCRUB_ECHO_H
#define TD_SCRUB_ECHO_H

#include "scrub/scrub.h"

enum { TD_ECHO_MOST = 256 };

struct td_echo {
    struct td_arena arena;
    struct {
        const char *rule; /* by which it was known */
        struct td_bytes text;
    } values[TD_ECHO_MOST];
    size_t count;
    bool failed; /* memory ran out */
};

void td_echo_init(struct td_echo *echo);
void td_echo_release(struct td_echo *echo);
/* A secret that was known by its name. */
void td_echo_learn(struct td_echo *echo, const char *rule, struct td_bytes text);
/* A scrubber that knows these values and nothing else, and writes placeholders as `like` does; to
 * be freed. NULL where memory ran out. */
struct td_scrubber *td_echo_scrubber(const struct td_echo *echo, const struct td_scrubber *like);

#endif
