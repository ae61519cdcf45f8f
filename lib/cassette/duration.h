/* SPDX-License-Identifier: MIT */
/* Durations as Go's time package writes them: "626.391292ms", "1m2.5s", "980.667µs". */
#ifndef TD_CASSETTE_DURATION_H
#define TD_CASSETTE_DURATION_H

#include "base/bytes.h"

enum td_duration_result {
    TD_DURATION_OK,
    TD_DURATION_BAD,       /* not a duration */
    TD_DURATION_TOO_LARGE, /* more than 64 bits of nanoseconds */
};

/*
 * Whatever Go's time.ParseDuration reads: signs, several units from "h" to "ns", fractions, and
 * the micro sign, the Greek letter or "u" before an "s". Beyond that "" is 0, and a bare whole
 * number is nanoseconds. Parts of a nanosecond are cut off.
 */
enum td_duration_result td_duration_parse(struct td_bytes text, int64_t *ns);

/* The text, appended, as Go's Duration.String() has it: "1m2.5s", "626.391292ms", "0s". */
void td_duration_format(int64_t ns, struct td_buf *out);

#endif
