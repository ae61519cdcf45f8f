/* SPDX-License-Identifier: MIT */
/*
 * From the difference between what was read and what is wanted to splices: the list of
 * interactions. No alias stands on the way to anything that changes.
 */
#include <stdio.h>
#include <stdlib.h>

#include "cassette/edit_draft.h"
#include "cassette/edit_fields.h"
#include "cassette/edit_new.h"
#include "cassette/edit_place.h"
#include "cassette/emit_settings.h"

/* ---- interactions ---- */

static void change_id(struct td_draft *draft, const struct td_yaml_node *item, int64_t id)
{
    const struct td_yaml_node *holder = item;
    const struct td_yaml_node *node = td_yaml_find(item, TD_BYTES("id"));
    if (!node) {
        holder = td_yaml_find(item, TD_BYTES("request"));
        node = td_yaml_find(holder, TD_BYTES("id"));
    }
    if (!node || td_yaml_is_null(node))
        return;
    char number[32];
    int len = snprintf(number, sizeof number, "%lld", (long long)id);
    struct td_scalar_place place = {.like = node, .flow = holder->style != TD_YAML_BLOCK};
    struct td_buf text;
    td_buf_init(&text);
    td_draft_put_bare(draft, &text, place, td_bytes(number, (size_t)len));
    td_draft_replace(draft, node, td_buf_view(&text), place.flow);
    draft->splices.text.failed |= td_buf_failed(&text);
    td_buf_release(&text);
}

static int change_items(struct td_draft *draft, const struct td_yaml_node *list,
                        struct td_child *children, const int64_t *ids)
{
    const struct td_edit *edit = draft->edit;
    const struct td_yaml_node *item = list->first;
    int status = 0;
    for (size_t i = 0; i < edit->cassette->count && status == 0; i++, item = item->next) {
        const struct td_interaction *read = &edit->cassette->interactions[i];
        children[i] =
            (struct td_child){.first = item, .last = item, .dropped = td_edit_removed(edit, i)};
        if (children[i].dropped)
            continue;
        if (read->id != ids[i])
            change_id(draft, td_yaml_resolve(item), ids[i]);
        for (enum td_side side = TD_REQUEST;
             side <= TD_RESPONSE && status == 0 && td_edit_differs(edit, i); side++) {
            const struct td_yaml_node *record =
                td_yaml_find(td_yaml_resolve(item),
                             side == TD_REQUEST ? TD_BYTES("request") : TD_BYTES("response"));
            status = td_draft_change_record(draft, td_yaml_resolve(record), td_edit_keys(side),
                                            td_edit_record(read, side),
                                            td_edit_record(&edit->items[i]->wanted, side));
        }
    }
    return status;
}

/* None of those that were there stay: the list becomes `[]`, or is no longer that. */
static int rewrite_list(struct td_draft *draft, const struct td_yaml_node *key,
                        const struct td_child *added, size_t count)
{
    bool brackets = draft->manner.flow || !count;
    struct td_buf text;
    td_buf_init(&text);
    if (brackets)
        td_buf_put_char(&text, '[');
    for (size_t i = 0; i < count; i++) {
        if (i && brackets)
            td_buf_put_text(&text, ", ");
        td_buf_put_bytes(&text, added[i].text);
    }
    if (brackets)
        td_buf_put_char(&text, ']');
    bool failed = td_buf_failed(&text);
    if (!failed && brackets)
        td_draft_set_inline(draft, key, td_buf_view(&text));
    else if (!failed)
        td_draft_set_lines(draft, key, td_buf_view(&text));
    td_buf_release(&text);
    return failed ? TD_ERR_NOMEM : 0;
}

/* Where lines only come and go, the comments between them stay, also when all of them go. */
static int change_list(struct td_draft *draft, const struct td_yaml_node *key,
                       const struct td_child *children, size_t count, size_t kept)
{
    const struct td_edit *edit = draft->edit;
    const struct td_yaml_node *list = td_yaml_resolve(key->next);
    size_t read = edit->cassette->count;
    bool lines = list->style == TD_YAML_BLOCK && td_draft_content(draft, list) == list->start;
    if (kept == read && !edit->added_count)
        return 0;
    if (!kept && !lines)
        return rewrite_list(draft, key, children + read, edit->added_count);
    td_draft_children(draft, list, children, count);
    if (!kept && !edit->added_count)
        td_draft_put_beside(draft, key, TD_BYTES("[]"));
    return 0;
}

/* ---- settings ---- */

/* Within braces as one key with its dots for each setting, which is read as the same. */
static void put_flow_settings(struct td_draft *draft, struct td_buf *out,
                              const struct td_settings *settings)
{
    struct td_new_place place = {.flow = true};
    td_draft_put_key(draft, out, place, TD_BYTES("tapedeck"));
    td_buf_put_text(out, " {");
    for (size_t i = 0; i < settings->count; i++) {
        const struct td_setting *setting = &settings->items[i];
        td_buf_put_text(out, i ? ", " : "");
        td_draft_put_key(draft, out, place, setting->path);
        td_buf_put_text(out, " [");
        for (size_t j = 0; j < setting->values.count; j++) {
            td_buf_put_text(out, j ? ", " : "");
            td_draft_put_item(draft, out, place, NULL, setting->values.items[j]);
        }
        td_buf_put_char(out, ']');
    }
    td_buf_put_char(out, '}');
}

static int put_settings(struct td_draft *draft, const struct td_settings *settings,
                        struct td_bytes *lines)
{
    struct td_buf emitted, text;
    td_buf_init(&emitted);
    td_buf_init(&text);
    if (draft->tree.root->style != TD_YAML_BLOCK) {
        put_flow_settings(draft, &text, settings);
    } else {
        struct td_writer writer = td_writer_start(&emitted, draft->manner.layout);
        td_emit_settings(&writer, settings);
        td_writer_end(&writer);
        td_draft_put_lines(draft, &text, td_buf_view(&emitted));
    }
    int status = td_buf_failed(&emitted) ? TD_ERR_NOMEM : td_draft_keep(draft, &text, lines);
    td_buf_release(&emitted);
    td_buf_release(&text);
    return status;
}

/* They stand between the version and the interactions, or where the old ones did, which go. */
static int change_settings(struct td_draft *draft)
{
    const struct td_yaml_node *root = draft->tree.root;
    const struct td_settings *settings = draft->edit->settings;
    const struct td_yaml_node *old = td_draft_find_key(root, TD_BYTES("tapedeck"));
    struct td_child *children = calloc(root->len + 1, sizeof *children), new = {0};
    size_t count = 0;
    bool placed = !settings->count;
    int status = children ? 0 : TD_ERR_NOMEM;
    if (status == 0 && !placed)
        status = put_settings(draft, settings, &new.text);
    if (status == 0 && root->style == TD_YAML_BLOCK && td_draft_column(draft, root->first))
        status = TD_ERR_INVALID;
    for (const struct td_yaml_node *key = root->first; key && status == 0; key = key->next->next) {
        bool version = !old && td_yaml_is_key(key, TD_BYTES("version"));
        bool before = !placed && version && count;
        bool behind = !placed && !before && (version || key == old);
        placed |= before || behind;
        if (before)
            children[count++] = new;
        children[count++] =
            (struct td_child){.first = key, .last = key->next, .dropped = key == old};
        if (behind)
            children[count++] = new;
    }
    if (status == 0)
        td_draft_children(draft, root, children, count);
    free(children);
    return status;
}

int td_draft_change(struct td_draft *draft, const int64_t *ids, struct td_error *err)
{
    const struct td_edit *edit = draft->edit;
    const struct td_yaml_node *key = td_draft_find_key(draft->tree.root, TD_BYTES("interactions"));
    const struct td_yaml_node *list = td_yaml_resolve(key->next), *model = NULL;
    size_t read = edit->cassette->count, count = read + edit->added_count, kept = 0;
    struct td_child *children = calloc(count + 1, sizeof *children);
    int status = children ? change_items(draft, list, children, ids) : TD_ERR_NOMEM;
    for (size_t i = 0; i < read && status == 0; i++) {
        kept += !children[i].dropped;
        model = children[i].first;
    }
    for (size_t i = 0; i < edit->added_count && status == 0; i++) {
        struct td_buf text;
        td_buf_init(&text);
        td_draft_put_interaction(draft, &text, model, edit->added[i], ids[read + i]);
        status = td_draft_keep(draft, &text, &children[read + i].text);
        td_buf_release(&text);
    }
    if (status == 0)
        status = change_list(draft, key, children, count, kept);
    if (status == 0 && td_edit_settings_differ(edit))
        status = change_settings(draft);
    free(children);
    return status == TD_ERR_NOMEM ? td_error_nomem(err) : status;
}
