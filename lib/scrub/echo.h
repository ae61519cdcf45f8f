/* SPDX-License-Identifier: MIT */
/*
 * Servers say back what they were sent: in an error, in a page that shows the request. A secret
 * that was known by where it stood (a header, a query name, a field, a cookie) is no less one
 * there. So what an interaction's names have given away is looked for once more in its response, by
 * value.
 *
 * A value counts that has at least eight characters and looks random; of cookies, which hold all
 * kinds of words, one of at least sixteen.
 */
#ifndef TD_SCRUB_ECHO_H
#define TD_SCRUB_ECHO_H

#include "scrub/scrub.h"

enum { TD_ECHO_MOST = 32 };

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
