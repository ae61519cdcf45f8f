/* SPDX-License-Identifier: MIT */
/* How a file is laid out: found out from its interactions, the last of which counts most. */
#ifndef TD_CASSETTE_EDIT_MANNER_H
#define TD_CASSETTE_EDIT_MANNER_H

#include "cassette/edit_inside.h"

/* The line break that ends the first line. */
struct td_bytes td_line_break_of(struct td_bytes text);
/* Fills in draft->manner from draft->tree. */
void td_manner_read(struct td_draft *draft);

#endif
