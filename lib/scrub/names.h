/* SPDX-License-Identifier: MIT */
/* Names by which a secret is known: of headers, queries and fields. */
#ifndef TD_SCRUB_NAMES_H
#define TD_SCRUB_NAMES_H

#include "base/arena.h"
#include "base/map.h"

enum td_name_kind { TD_NAME_HEADER, TD_NAME_QUERY, TD_NAME_FIELD };

/* In lower case, without '-', '_', '.' and spaces: how names are compared. The length; the end of a
 * long name is what is kept. */
size_t td_name_fold(struct td_bytes name, char *folded, size_t size);

/* Whether `?name=` inside any text says that a secret follows: names that have no other use. */
bool td_name_in_text(struct td_bytes name);

struct td_names {
    struct td_map map;
};

void td_names_init(struct td_names *names);
void td_names_release(struct td_names *names);
/* `id` is borrowed. 0 or TD_ERR_NOMEM. */
int td_names_add(struct td_names *names, enum td_name_kind kind, struct td_bytes name,
                 const char *id);
void td_names_remove(struct td_names *names, enum td_name_kind kind, struct td_bytes name);
/* The id of the rule that the name belongs to, or NULL. */
const char *td_names_find(const struct td_names *names, enum td_name_kind kind,
                          struct td_bytes name);

#endif
