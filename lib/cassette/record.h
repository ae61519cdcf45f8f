/* SPDX-License-Identifier: MIT */
/* The values of a request, a response or a shape, by their keys: see cassette/keys.h. */
#ifndef TD_CASSETTE_RECORD_H
#define TD_CASSETTE_RECORD_H

#include "cassette/keys.h"

/* NULL where the format knows no such key. */
const struct td_key *td_keys_find(const struct td_keys *keys, struct td_bytes name);

/* The value of a key in its record; of TD_KEY_BODY the text. */
void *td_key_value(const struct td_key *key, const void *record);
/* Whether both records have the same value there; fields in the same order. */
bool td_key_equal(const struct td_key *key, const void *record, const void *other);
/* Whether there is nothing: "", 0, false, no items. */
bool td_key_is_empty(const struct td_key *key, const void *record);
/* The same paths with the same values, in the same order. */
bool td_settings_equal(const struct td_settings *a, const struct td_settings *b);
/* The settings, without their path, into the arena; NULL when memory ran out. */
struct td_settings *td_settings_copy(const struct td_settings *settings, struct td_arena *arena);

/* Every value, and what it points to into the arena. TD_ERR_NOMEM. */
int td_record_copy(const struct td_keys *keys, struct td_arena *arena, const void *record,
                   void *copy);

#endif
