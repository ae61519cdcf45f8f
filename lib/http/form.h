/* SPDX-License-Identifier: MIT */
/* Form bodies (application/x-www-form-urlencoded), as Go's url.ParseQuery reads them. */
#ifndef TD_HTTP_FORM_H
#define TD_HTTP_FORM_H

#include "cassette/cassette.h"

/* The pairs in their order, decoded, in the arena; what cannot be decoded is passed over. */
int td_form_parse(struct td_arena *arena, struct td_bytes text, struct td_fields *fields);

#endif
