/* SPDX-License-Identifier: MIT */
#include "cassette/cassette.h"

bool td_fields_get(const struct td_fields *fields, struct td_bytes name, struct td_bytes *value)
{
    for (size_t i = 0; i < fields->count; i++) {
        if (td_bytes_equal_nocase(fields->items[i].name, name)) {
            *value = fields->items[i].value;
            return true;
        }
    }
    return false;
}
