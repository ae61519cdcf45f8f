/* SPDX-License-Identifier: MIT */
/* A changed line for a terminal, with marks on the words that are different. */
#ifndef TD_MATCH_MARKS_H
#define TD_MATCH_MARKS_H

#include "base/bytes.h"

/* Appends `sign`, a space and the text: in red for '-', in green for '+' where there is colour, and
 * the words that `other` (empty: not to be compared) does not have in reverse. */
void td_marks_put(struct td_buf *out, char sign, struct td_bytes text, struct td_bytes other,
                  bool colour);

#endif
