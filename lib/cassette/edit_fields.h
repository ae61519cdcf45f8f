/* SPDX-License-Identifier: MIT */
/* Requests and responses, their header fields, trailers and forms that change. */
#ifndef TD_CASSETTE_EDIT_FIELDS_H
#define TD_CASSETTE_EDIT_FIELDS_H

#include "cassette/edit_inside.h"

/* edit_record.c: the keys of a record, which is a mapping with one key at least. TD_ERR_NOMEM, or
 * TD_ERR_INVALID where it cannot be done. */
int td_draft_change_record(struct td_draft *draft, const struct td_yaml_node *mapping,
                           const struct td_keys *keys, const void *read, const void *wanted);
/* A value gives way to a text; a comment behind it stays on its line. */
void td_draft_replace(struct td_draft *draft, const struct td_yaml_node *node, struct td_bytes text,
                      bool flow);
/* A copy that lives as long as the draft. TD_ERR_NOMEM, also where the buffer has failed. */
int td_draft_keep(struct td_draft *draft, const struct td_buf *text, struct td_bytes *kept);

/* edit_fields.c: the value of a key of `record`, which is a mapping from names to lists, or
 * nothing. 0 or TD_ERR_NOMEM. */
int td_draft_change_fields(struct td_draft *draft, const struct td_yaml_node *record,
                           const struct td_yaml_node *key, const struct td_fields *read,
                           const struct td_fields *wanted);

#endif
