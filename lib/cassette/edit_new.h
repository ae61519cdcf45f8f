/* SPDX-License-Identifier: MIT */
/*
 * What is new in a file, in the manner of the file: interactions, keys, header fields. In block
 * style it is whole lines, in flow style what stands between two commas.
 */
#ifndef TD_CASSETTE_EDIT_NEW_H
#define TD_CASSETTE_EDIT_NEW_H

#include "cassette/edit_scalar.h"

/* Where something new stands: in a collection, and in this column. */
struct td_new_place {
    bool flow;
    unsigned column;
};

/* A key and its colon. */
void td_draft_put_key(struct td_draft *draft, struct td_buf *out, struct td_new_place place,
                      struct td_bytes name);
/* A key with its value. */
void td_draft_put_pair(struct td_draft *draft, struct td_buf *out, struct td_new_place place,
                       const struct td_key *key, const void *record);
/* A name of header fields with its values, of which there is one at least. */
void td_draft_put_field(struct td_draft *draft, struct td_buf *out, struct td_new_place place,
                        const struct td_field *const *fields, size_t count);
/* A value of a list; `like` is one beside it, or NULL. */
void td_draft_put_item(struct td_draft *draft, struct td_buf *out, struct td_new_place place,
                       const struct td_yaml_node *like, struct td_bytes value);
/* A list behind the colon of a key in this place: brackets, or the end of the key's line and more
 * lines. */
void td_draft_put_list(struct td_draft *draft, struct td_buf *out, struct td_new_place place,
                       const struct td_list *list);
/* A mapping of fields: lines, or braces and what is in them. */
void td_draft_put_fields(struct td_draft *draft, struct td_buf *out, struct td_new_place place,
                         const struct td_fields *fields);
/* An interaction, with the same keys as `model`, one that is there (or NULL), and those that
 * have a value. */
void td_draft_put_interaction(struct td_draft *draft, struct td_buf *out,
                              const struct td_yaml_node *model,
                              const struct td_interaction *interaction, int64_t id);

#endif
