/* SPDX-License-Identifier: MIT */
/* One part of an interaction, scrubbed until nothing more is found. */
#ifndef TD_SCRUB_PART_H
#define TD_SCRUB_PART_H

#include "scrub/scrubber.h"

enum td_part_kind {
    TD_PART_TEXT,
    TD_PART_PLAIN, /* whatever it looks like */
    TD_PART_BODY,
    TD_PART_URL,
    TD_PART_HEADER,
    TD_PART_FIELD,
    TD_PART_STRING, /* of JSON, without its quotes */
};

struct td_part {
    const struct td_scrubber *scrubber;
    bool matching;
    enum td_part_kind kind;
    struct td_bytes name; /* of a header or field; the content type of a body */
    /* Is told of what one round has found and changed, before the text is; may be NULL. */
    void (*changed)(void *context, const struct td_desk *desk, const struct td_sheet *sheet);
    void *context;
    struct td_echo *echo; /* learns what is known by its name; may be NULL */
    bool *open;           /* is set where something begins whose end may be anywhere; may be NULL */
};

/* Appends the new text, and sets *changed, or leaves `out` as it is. 0 or TD_ERR_NOMEM. */
int td_part_scrub(const struct td_part *part, struct td_bytes text, struct td_buf *out,
                  bool *changed);

#endif
