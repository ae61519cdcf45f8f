/* SPDX-License-Identifier: MIT */
/*
 * Fields in the order in which Go's yaml.v3 writes the keys of a map: letters by their code, but
 * numbers by their value ("a2" before "a10"), and in front of letters what is neither. The fields
 * of one name are side by side, in their recorded order.
 */
#ifndef TD_CASSETTE_FIELD_ORDER_H
#define TD_CASSETTE_FIELD_ORDER_H

#include "cassette/cassette.h"

struct td_field_order {
    const struct td_field **items;
    size_t count;
    const struct td_field *few[32];
};

/* 0, or TD_ERR_NOMEM with nothing to release. */
int td_field_order_init(struct td_field_order *order, const struct td_fields *fields);
void td_field_order_release(struct td_field_order *order);

/* Go's unicode.IsLetter() and IsDigit(). */
bool td_is_letter(uint32_t character);
bool td_is_digit(uint32_t character);

#endif
