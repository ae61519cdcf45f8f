/* SPDX-License-Identifier: MIT */
#include "scrub/part.h"

static void examine(struct td_work *work, const struct td_part *part, struct td_bytes text)
{
    const struct td_view *view = td_view_sheet(&work->desk, text);
    const char *rule = NULL;
    switch (part->kind) {
    case TD_PART_TEXT:
        td_work_examine(work, view, td_bytes("", 0), 0);
        break;
    case TD_PART_PLAIN:
        td_work_examine_text(work, view, 0);
        break;
    case TD_PART_BODY:
        if (!part->name.len && td_work_looks_like_form(text))
            view = td_work_examine_form(work, view, 0);
        td_work_examine(work, view, part->name, 0);
        break;
    case TD_PART_URL:
        td_work_examine_url(work, view);
        break;
    case TD_PART_HEADER:
        td_work_examine_header(work, view, part->name);
        break;
    case TD_PART_STRING:
        td_work_examine_string(work, view);
        break;
    case TD_PART_FIELD:
        rule = td_names_find(&work->scrubber->names, TD_NAME_QUERY, part->name);
        if (!rule)
            rule = td_names_find(&work->scrubber->names, TD_NAME_FIELD, part->name);
        if (rule)
            td_work_report(work, view, 0, text.len, rule, NULL, TD_ORDER_NAME);
        else
            td_work_examine(work, view, td_bytes("", 0), 0);
        break;
    }
}

/*
 * A secret that goes may let another one be seen: one that was glued to it. So a text in which
 * something was found is looked at again; more than a few rounds take a text made for it.
 */
int td_part_scrub(const struct td_part *part, struct td_bytes text, struct td_buf *out,
                  bool *changed)
{
    enum { ROUNDS = 8 };
    struct td_buf now, next;
    int status = 0;
    *changed = false;
    td_buf_init(&now);
    td_buf_init(&next);
    for (int round = 0; round < ROUNDS && status == 0; round++) {
        struct td_work work = {
            .scrubber = part->scrubber, .matching = part->matching, .echo = part->echo};
        td_desk_init(&work.desk);
        examine(&work, part, *changed ? td_buf_view(&now) : text);
        if (part->open)
            *part->open |= work.open;
        const struct td_sheet *sheet = td_desk_settle(&work.desk);
        bool found = sheet && sheet->count;
        if (found) {
            td_buf_clear(&next);
            td_sheet_write(sheet, &next);
            if (part->changed)
                part->changed(part->context, &work.desk, sheet);
            struct td_buf swap = now;
            now = next;
            next = swap;
            *changed = true;
        }
        if (!sheet || td_buf_failed(&now))
            status = TD_ERR_NOMEM;
        td_desk_release(&work.desk);
        if (!found)
            break;
    }
    if (status == 0 && *changed) {
        td_buf_put_bytes(out, td_buf_view(&now));
        status = td_buf_failed(out) ? TD_ERR_NOMEM : 0;
    }
    td_buf_release(&now);
    td_buf_release(&next);
    return status;
}
