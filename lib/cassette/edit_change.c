/* SPDX-License-Identifier: MIT */
/*
 * From the difference between what was read and what is wanted to splices: key by key, and in the
 * list of interactions. No alias stands on the way to anything that changes.
 */
#include <stdio.h>
#include <stdlib.h>

#include "cassette/duration.h"
#include "cassette/edit_draft.h"
#include "cassette/edit_fields.h"
#include "cassette/edit_new.h"
#include "cassette/edit_place.h"
#include "cassette/place.h"

/* ---- scalars ---- */

static void put_value(struct td_draft *draft, struct td_buf *out, struct td_scalar_place place,
                      const struct td_key *key, const void *record)
{
    const void *value = td_key_value(key, record);
    struct td_buf text;
    td_buf_init(&text);
    if (key->type == TD_KEY_TEXT || key->type == TD_KEY_BODY) {
        td_draft_put_scalar(draft, out, place, *(const struct td_bytes *)value);
    } else if (key->type == TD_KEY_DURATION) {
        td_duration_format(*(const int64_t *)value, &text);
        td_draft_put_scalar(draft, out, place, td_buf_view(&text));
    } else {
        if (key->type == TD_KEY_BOOL)
            td_buf_put_text(&text, *(const bool *)value ? "true" : "false");
        else
            td_buf_printf(&text, "%lld",
                          key->type == TD_KEY_INT ? (long long)*(const int *)value
                                                  : (long long)*(const int64_t *)value);
        td_draft_put_bare(draft, out, place, td_buf_view(&text));
    }
    out->failed |= td_buf_failed(&text);
    td_buf_release(&text);
}

/* What stands behind a value on its line, or behind the indicators of a block: a comment, or
 * nothing. */
static struct td_bytes rest_of_line(const struct td_draft *draft, const struct td_yaml_node *node)
{
    struct td_bytes source = draft->tree.source;
    size_t at = node->end, end;
    if (node->kind == TD_YAML_SCALAR &&
        (node->style == TD_YAML_LITERAL || node->style == TD_YAML_FOLDED)) {
        at = td_draft_content(draft, node);
        while (at < node->end && strchr("|>+-0123456789", source.data[at]))
            at++;
    }
    for (end = at; end < source.len && !td_break_len(source.data + end, source.len - end);)
        end++;
    struct td_bytes rest = td_bytes(source.data + at, end - at);
    return node->start < node->end || td_bytes_trim(rest).len ? rest : TD_BYTES("");
}

void td_draft_replace(struct td_draft *draft, const struct td_yaml_node *node, struct td_bytes text,
                      bool flow)
{
    size_t head = 0, end = node->end;
    if (flow) {
        struct td_buf *out = td_splices_begin(&draft->splices, node->start, end);
        td_buf_put_text(out, node->start == end ? " " : "");
        td_buf_put_bytes(out, text);
        return;
    }
    /* A comment stays on its line, which is the first one of a block. */
    struct td_bytes rest = rest_of_line(draft, node), source = draft->tree.source;
    while (head < text.len && !td_break_len(text.data + head, text.len - head))
        head++;
    while (end < source.len && !td_break_len(source.data + end, source.len - end))
        end++;
    struct td_buf *out = td_splices_begin(&draft->splices, node->start, end);
    if (node->start == node->end)
        td_buf_put_char(out, ' ');
    td_buf_put(out, text.data, head);
    td_buf_put_bytes(out, rest);
    td_buf_put(out, text.data + head, text.len - head);
}

static int replace_value(struct td_draft *draft, const struct td_yaml_node *record_node,
                         const struct td_yaml_node *key_node, const struct td_key *key,
                         const void *record)
{
    struct td_scalar_place place = {
        .like = key_node->next,
        .instead = true,
        .flow = record_node->style != TD_YAML_BLOCK,
        .indent = td_draft_column(draft, key_node),
    };
    struct td_buf text;
    td_buf_init(&text);
    put_value(draft, &text, place, key, record);
    bool failed = td_buf_failed(&text);
    if (!failed)
        td_draft_replace(draft, key_node->next, td_buf_view(&text), place.flow);
    td_buf_release(&text);
    return failed ? TD_ERR_NOMEM : 0;
}

/* ---- keys that were not there ---- */

static bool name_less(struct td_bytes a, struct td_bytes b)
{
    size_t least = a.len < b.len ? a.len : b.len;
    int order = least ? memcmp(a.data, b.data, least) : 0;
    return order < 0 || (order == 0 && a.len < b.len);
}

/* Whether a key that is there goes in front of a new one. */
static bool goes_before(const struct td_draft *draft, const struct td_keys *keys,
                        const struct td_yaml_node *node, const struct td_key *key)
{
    const struct td_yaml_node *scalar = td_yaml_resolve(node);
    if (scalar->kind != TD_YAML_SCALAR)
        return false;
    if (draft->manner.sorted)
        return name_less(td_yaml_text(scalar), key->name);
    const struct td_key *known = td_keys_find(keys, td_yaml_text(scalar));
    return known && known < key;
}

static bool key_less(const struct td_draft *draft, const struct td_key *a, const struct td_key *b)
{
    return draft->manner.sorted ? name_less(a->name, b->name) : a < b;
}

static int insert_keys(struct td_draft *draft, const struct td_yaml_node *mapping,
                       const struct td_keys *keys, const struct td_key **added, size_t count,
                       const void *record)
{
    struct td_new_place place = {mapping->style != TD_YAML_BLOCK,
                                 td_draft_column(draft, mapping->first)};
    struct td_child *children = calloc(mapping->len + count, sizeof *children);
    size_t *behind = calloc(count, sizeof *behind); /* so many pairs go in front of it */
    struct td_buf text;
    size_t filled = 0, pair = 0, next = 0;
    int status = children && behind ? 0 : TD_ERR_NOMEM;
    td_buf_init(&text);
    for (size_t i = 1; i < count; i++) /* a few at most */
        for (size_t j = i; j && key_less(draft, added[j], added[j - 1]); j--) {
            const struct td_key *key = added[j];
            added[j] = added[j - 1];
            added[j - 1] = key;
        }
    for (size_t i = 0; i < count && status == 0; i++) {
        pair = 0;
        for (const struct td_yaml_node *key = mapping->first; key; key = key->next->next, pair++)
            if (goes_before(draft, keys, key, added[i]))
                behind[i] = pair + 1;
    }
    const struct td_yaml_node *node = mapping->first;
    for (pair = 0; status == 0 && pair <= mapping->len; pair++) {
        for (; next < count && behind[next] <= pair && status == 0; next++) {
            td_buf_clear(&text);
            td_draft_put_pair(draft, &text, place, added[next], record);
            status = td_draft_keep(draft, &text, &children[filled++].text);
        }
        if (node) {
            children[filled++] = (struct td_child){.first = node, .last = node->next};
            node = node->next->next;
        }
    }
    if (status == 0)
        td_draft_children(draft, mapping, children, filled);
    td_buf_release(&text);
    free(children);
    free(behind);
    return status;
}

/* ---- records ---- */

static const struct td_yaml_node *find_key(const struct td_yaml_node *mapping, struct td_bytes name)
{
    for (const struct td_yaml_node *key = mapping->first; key; key = key->next->next)
        if (td_yaml_is_key(key, name))
            return key;
    return NULL;
}

/* The code is taken from the status where it is not written down: when the status changes, it has
 * to be. */
static bool needs_code(const struct td_key *key, const struct td_yaml_node *node, const void *read,
                       const void *wanted)
{
    const struct td_recorded_response *a = read, *b = wanted;
    return td_bytes_equal(key->name, TD_BYTES("code")) &&
           (!node || td_bytes_equal(td_yaml_text(node->next), TD_BYTES("0")) ||
            td_yaml_is_null(node->next)) &&
           !td_bytes_equal(a->status, b->status);
}

static int change_record(struct td_draft *draft, const struct td_yaml_node *mapping,
                         enum td_side side, const void *read, const void *wanted)
{
    const struct td_keys *keys = td_edit_keys(side);
    const struct td_key *added[32];
    size_t count = 0;
    int status = 0;
    for (size_t i = 0; i < keys->count && status == 0; i++) {
        const struct td_key *key = &keys->items[i];
        const struct td_yaml_node *node = find_key(mapping, key->name);
        if (td_key_equal(key, read, wanted) && !needs_code(key, node, read, wanted))
            continue;
        if (!node)
            added[count++] = key;
        else if (key->type == TD_KEY_FIELDS)
            status = td_draft_change_fields(draft, mapping, node, td_key_value(key, read),
                                            td_key_value(key, wanted));
        else
            status = replace_value(draft, mapping, node, key, wanted);
    }
    if (status == 0 && count)
        status = insert_keys(draft, mapping, keys, added, count, wanted);
    return status;
}

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
            status = change_record(draft, td_yaml_resolve(record), side, td_edit_record(read, side),
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

int td_draft_change(struct td_draft *draft, const int64_t *ids, struct td_error *err)
{
    const struct td_edit *edit = draft->edit;
    const struct td_yaml_node *key = find_key(draft->tree.root, TD_BYTES("interactions"));
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
    free(children);
    return status == TD_ERR_NOMEM ? td_error_nomem(err) : status;
}
