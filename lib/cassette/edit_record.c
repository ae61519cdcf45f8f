/* SPDX-License-Identifier: MIT */
/*
 * From the difference between what was read and what is wanted of one request, response or shape
 * to splices, key by key.
 */
#include "cassette/edit_fields.h"

#include <stdlib.h>

#include "cassette/chunks.h"
#include "cassette/duration.h"
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
    } else if (key->type == TD_KEY_DURATION || key->type == TD_KEY_CHUNKS) {
        if (key->type == TD_KEY_DURATION)
            td_duration_format(*(const int64_t *)value, &text);
        else
            td_chunks_format(*(const struct td_recorded_chunks *)value, &text);
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
    /* A block can end in a line break of its text, which goes with it: U+2028, say. */
    size_t wide = td_break_len(source.data + end, source.len - end);
    wide = wide > 1 && source.data[end] != '\r' ? wide : 0;
    struct td_buf *out = td_splices_begin(&draft->splices, node->start, end + wide);
    if (node->start == node->end)
        td_buf_put_char(out, ' ');
    td_buf_put(out, text.data, head);
    td_buf_put_bytes(out, rest);
    td_buf_put(out, text.data + head, text.len - head);
    if (wide)
        td_buf_put_bytes(out, draft->manner.line_break);
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

/* Whether a key that is there goes in front of a new one. */
static bool goes_before(const struct td_draft *draft, const struct td_keys *keys,
                        const struct td_yaml_node *node, const struct td_key *key)
{
    const struct td_yaml_node *scalar = td_yaml_resolve(node);
    if (scalar->kind != TD_YAML_SCALAR)
        return false;
    if (draft->manner.sorted)
        return td_bytes_compare(td_yaml_text(scalar), key->name) < 0;
    const struct td_key *known = td_keys_find(keys, td_yaml_text(scalar));
    return known && known < key;
}

static bool key_less(const struct td_draft *draft, const struct td_key *a, const struct td_key *b)
{
    return draft->manner.sorted ? td_bytes_compare(a->name, b->name) < 0 : a < b;
}

/* The keys of a record that come and go. */
struct moves {
    const struct td_key *added[32];
    size_t added_count;
    const struct td_yaml_node *dropped[32];
    size_t dropped_count;
};

static bool is_dropped(const struct moves *moves, const struct td_yaml_node *key)
{
    for (size_t i = 0; i < moves->dropped_count; i++)
        if (moves->dropped[i] == key)
            return true;
    return false;
}

static int move_keys(struct td_draft *draft, const struct td_yaml_node *mapping,
                     const struct td_keys *keys, struct moves *moves, const void *record)
{
    struct td_new_place place = {mapping->style != TD_YAML_BLOCK,
                                 td_draft_column(draft, mapping->first)};
    struct td_child *children = calloc(mapping->len + moves->added_count, sizeof *children);
    const struct td_key **added = moves->added;
    size_t behind[32] = {0}; /* so many pairs go in front of each that is added */
    size_t filled = 0, next = 0;
    int status = children ? 0 : TD_ERR_NOMEM;
    for (size_t i = 1; i < moves->added_count; i++) /* a few at most */
        for (size_t j = i; j && key_less(draft, added[j], added[j - 1]); j--) {
            const struct td_key *key = added[j];
            added[j] = added[j - 1];
            added[j - 1] = key;
        }
    for (size_t i = 0; i < moves->added_count; i++) {
        size_t pair = 1;
        for (const struct td_yaml_node *key = mapping->first; key; key = key->next->next, pair++)
            if (goes_before(draft, keys, key, added[i]))
                behind[i] = pair;
    }
    const struct td_yaml_node *node = mapping->first;
    for (size_t pair = 0; status == 0 && pair <= mapping->len; pair++) {
        for (; next < moves->added_count && behind[next] <= pair && status == 0; next++) {
            struct td_buf text;
            td_buf_init(&text);
            td_draft_put_pair(draft, &text, place, added[next], record);
            status = td_draft_keep(draft, &text, &children[filled++].text);
            td_buf_release(&text);
        }
        if (node) {
            children[filled++] = (struct td_child){
                .first = node, .last = node->next, .dropped = is_dropped(moves, node)};
            node = node->next->next;
        }
    }
    if (status == 0)
        td_draft_children(draft, mapping, children, filled);
    free(children);
    return status;
}

/* ---- records ---- */

/* The code is taken from the status where it is not written down: when the status changes, it has
 * to be. */
static bool needs_code(const struct td_key *key, const struct td_yaml_node *node, const void *read,
                       const void *wanted)
{
    const struct td_recorded_response *a = read, *b = wanted;
    return td_bytes_equal(key->name, TD_BYTES("code")) &&
           (!node || td_yaml_is_null(node->next) ||
            td_bytes_equal(td_yaml_text(td_yaml_resolve(node->next)), TD_BYTES("0"))) &&
           !td_bytes_equal(a->status, b->status);
}

/* What follows the end of the key's line. */
static struct td_bytes behind_line(const struct td_draft *draft, struct td_bytes lines)
{
    size_t len = draft->manner.line_break.len;
    return len < lines.len ? td_bytes(lines.data + len, lines.len - len) : TD_BYTES("");
}

/* A list gives way to another. */
static int replace_list(struct td_draft *draft, const struct td_yaml_node *mapping,
                        const struct td_yaml_node *node, const struct td_key *key,
                        const void *record)
{
    struct td_new_place place = {mapping->style != TD_YAML_BLOCK, td_draft_column(draft, node)};
    const struct td_list *list = td_key_value(key, record);
    struct td_buf text;
    td_buf_init(&text);
    td_draft_put_list(draft, &text, place, list);
    bool failed = td_buf_failed(&text);
    if (!failed && place.flow)
        td_draft_set_inline(draft, node, td_bytes_trim(td_buf_view(&text)));
    else if (!failed && list->count)
        td_draft_set_lines(draft, node, behind_line(draft, td_buf_view(&text)));
    else if (!failed)
        td_draft_set_inline(draft, node, TD_BYTES("[]"));
    td_buf_release(&text);
    return failed ? TD_ERR_NOMEM : 0;
}

static bool has_keys(const struct td_yaml_node *value)
{
    value = td_yaml_resolve(value);
    return value->kind == TD_YAML_MAPPING && value->first;
}

/* Whether there is a key that means nothing to Tapedeck, and is to stay. */
static bool has_other_keys(const struct td_yaml_node *value, const struct td_keys *keys)
{
    if (!has_keys(value))
        return false;
    for (const struct td_yaml_node *key = td_yaml_resolve(value)->first; key; key = key->next->next)
        if (td_yaml_resolve(key)->kind != TD_YAML_SCALAR ||
            !td_keys_find(keys, td_yaml_text(td_yaml_resolve(key))))
            return true;
    return false;
}

int td_draft_change_record(struct td_draft *draft, const struct td_yaml_node *mapping,
                           const struct td_keys *keys, const void *read, const void *wanted)
{
    struct moves moves = {0};
    int status = 0;
    for (size_t i = 0; i < keys->count && status == 0; i++) {
        const struct td_key *key = &keys->items[i];
        const struct td_yaml_node *node = td_draft_find_key(mapping, key->name);
        const void *from = td_key_value(key, read), *to = td_key_value(key, wanted);
        if (td_key_equal(key, read, wanted) &&
            !(keys == &td_response_keys && needs_code(key, node, read, wanted)))
            continue;
        if (!node)
            moves.added[moves.added_count++] = key;
        else if (key->presence == TD_KEY_OPTIONAL && td_key_is_empty(key, wanted) &&
                 !has_other_keys(node->next, &td_shape_keys))
            moves.dropped[moves.dropped_count++] = node;
        else if (key->type == TD_KEY_FIELDS)
            status = td_draft_change_fields(draft, mapping, node, from, to);
        else if (key->type == TD_KEY_LIST)
            status = replace_list(draft, mapping, node, key, wanted);
        else if (key->type == TD_KEY_SHAPE && has_keys(node->next))
            status = td_draft_change_record(draft, td_yaml_resolve(node->next), &td_shape_keys,
                                            from, to);
        else if (key->type == TD_KEY_SHAPE) { /* there is nothing in it: it comes anew */
            moves.dropped[moves.dropped_count++] = node;
            moves.added[moves.added_count++] = key;
        } else
            status = replace_value(draft, mapping, node, key, wanted);
    }
    if (status == 0 && moves.added_count + moves.dropped_count)
        status = move_keys(draft, mapping, keys, &moves, wanted);
    return status;
}
