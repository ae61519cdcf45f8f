/* SPDX-License-Identifier: MIT */
/* From what is wanted to the text of the file. */
#ifndef TD_CASSETTE_EDIT_DRAFT_H
#define TD_CASSETTE_EDIT_DRAFT_H

#include "cassette/edit_inside.h"

/* edit_draft.c: the whole of it, checked. Appended to `out`, which is as it was after a failure. */
int td_draft_render(const struct td_edit *edit, struct td_buf *out, struct td_error *err);
/* From now on the draft is this text, which it takes over, and whose tree is for the caller to
 * read. */
void td_draft_use(struct td_draft *draft, struct td_buf *text);
/* The ids that the interactions have in the end, those that were read first, then those that are
 * added; of those that are removed any. To be freed. */
int td_edit_ids(const struct td_edit *edit, int64_t **ids, struct td_error *err);

/* edit_share.c: until nothing that changes is shared. */
int td_draft_unshare(struct td_draft *draft, const int64_t *ids, struct td_error *err);
/* edit_change.c: all splices. */
int td_draft_change(struct td_draft *draft, const int64_t *ids, struct td_error *err);
/* edit_check.c: whether the rendered text is what was wanted. */
int td_edit_check(const struct td_edit *edit, const int64_t *ids, struct td_bytes rendered,
                  struct td_error *err);

#endif
