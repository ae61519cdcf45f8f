/* SPDX-License-Identifier: MIT */
/* Texts outside of interactions: requests that are matched, messages that are shown. */
#include "scrub/part.h"

int td_scrub_request(const struct td_scrubber *scrubber, struct td_bytes url,
                     struct td_bytes content_type, struct td_bytes body, struct td_buf *new_url,
                     struct td_buf *new_body, bool *url_changed, bool *body_changed)
{
    struct td_part part = {.scrubber = scrubber, .matching = true, .kind = TD_PART_URL};
    *body_changed = false;
    int status = td_part_scrub(&part, url, new_url, url_changed);
    part.kind = TD_PART_BODY;
    part.name = content_type;
    return status < 0 ? status : td_part_scrub(&part, body, new_body, body_changed);
}

int td_scrub_header(const struct td_scrubber *scrubber, struct td_bytes name, struct td_bytes value,
                    struct td_buf *new_value, bool *changed)
{
    struct td_part part = {
        .scrubber = scrubber,
        .matching = true,
        .kind = TD_PART_HEADER,
        .name = name,
    };
    return td_part_scrub(&part, value, new_value, changed);
}

int td_scrub_text(const struct td_scrubber *scrubber, struct td_bytes text, struct td_buf *out)
{
    struct td_part part = {.scrubber = scrubber, .kind = TD_PART_TEXT};
    bool changed;
    int status = td_part_scrub(&part, text, out, &changed);
    if (status == 0 && !changed)
        td_buf_put_bytes(out, text);
    return td_buf_failed(out) ? TD_ERR_NOMEM : status;
}
