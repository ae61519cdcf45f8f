/* SPDX-License-Identifier: MIT */
/* Which values of the environment are secrets. */
#ifndef TD_SCRUB_VARIABLES_H
#define TD_SCRUB_VARIABLES_H

#include "scrub/scrubber.h"
#include "scrub/settings.h"

/* The value in `environment` ("NAME=value", NULL at its end; NULL: the process's own); empty where
 * there is none. */
struct td_bytes td_environment_find(const char *const *environment, const char *name);

int td_variables_take(struct td_scrubber *scrubber, const struct td_scrub_config *config,
                      const struct td_scrub_wishes *wishes, struct td_error *err);

#endif
