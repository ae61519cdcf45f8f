/* SPDX-License-Identifier: MIT */
/* The reason phrases that go with status codes, "Not Found" with 404. */
#ifndef TD_HTTP_REASON_H
#define TD_HTTP_REASON_H

#include "base/bytes.h"

/* "" where there is none. */
const char *td_reason_of(int code);
/* The code that a phrase, its case ignored, belongs to; 0 where it is nobody's. */
int td_reason_code(struct td_bytes reason);

#endif
