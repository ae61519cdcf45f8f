/* SPDX-License-Identifier: MIT */
/*
 * A draft: an interaction that a hook (tapedeck/deck.h) may look at and change. It is the hook's
 * for the time of the call. All texts that are given are copied.
 *
 * What cannot be changed because memory ran out makes the draft fail: it is then not recorded or
 * saved, and the program is told.
 */
#ifndef TAPEDECK_DRAFT_H
#define TAPEDECK_DRAFT_H

#include <tapedeck/cassette.h>

#ifdef __cplusplus
extern "C" {
#endif

struct td_draft;

/* As it is now, for td_interaction_*(); pointers that were had before a change are not good
 * afterwards. */
TD_EXPORT const struct td_interaction *td_draft_interaction(const struct td_draft *draft);

TD_EXPORT void td_draft_set_method(struct td_draft *draft, const char *method);
TD_EXPORT void td_draft_set_url(struct td_draft *draft, const char *url);
/* The status text follows, unless it is set afterwards. */
TD_EXPORT void td_draft_set_code(struct td_draft *draft, int code);
TD_EXPORT void td_draft_set_status(struct td_draft *draft, const char *status);
/* content_length, and a Content-Length header, follow. */
TD_EXPORT void td_draft_set_body(struct td_draft *draft, enum td_side side, const void *body,
                                 size_t len);
/* Of the first header of that name, or a new one; NULL takes all of that name away. */
TD_EXPORT void td_draft_set_header(struct td_draft *draft, enum td_side side, const char *name,
                                   const char *value);
/* The interaction is not recorded, or not saved. Nothing to a replay. */
TD_EXPORT void td_draft_discard(struct td_draft *draft);

#ifdef __cplusplus
}
#endif

#endif
