/* SPDX-License-Identifier: MIT */
#include "cassette/edit_draft.h"

int td_draft_unshare(struct td_draft *draft, struct td_error *err)
{
    (void)draft;
    (void)err;
    return 0;
}
