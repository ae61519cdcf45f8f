/* SPDX-License-Identifier: MIT */
/* What a rules file, or a cassette's own settings, say under `scrub:`. */
#ifndef TD_SCRUB_SETTINGS_H
#define TD_SCRUB_SETTINGS_H

#include "scrub/scrubber.h"

/* What is not rules. */
struct td_scrub_wishes {
    const char **variables; /* in the scrubber's arena; the array is freed by its owner */
    size_t variable_count;
};

int td_scrub_settings_take(struct td_scrubber *scrubber, struct td_scrub_wishes *wishes,
                           const struct td_settings *settings, struct td_error *err);

/* Headers that stay where not all do, besides the three that always do. */
int td_scrub_allow(struct td_scrubber *scrubber, const char *const *names, size_t count,
                   struct td_error *err);

#endif
