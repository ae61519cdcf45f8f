/* SPDX-License-Identifier: MIT */
/*
 * Aliases: what is to be changed must not be shared with what is not.
 *
 *   - Where a change leads through an alias, what it stands for is written out in its place.
 *   - Where a change meets an anchor, the first of the aliases that stay gets the anchor with the
 *     value as it was, and the others follow it. So they keep their value, and one place changes
 *     for all of them.
 *
 * What was written out can hold aliases in turn: it is done again until nothing is shared.
 */
#include <stdlib.h>

#include "base/map.h"
#include "cassette/edit_draft.h"
#include "cassette/edit_fields.h"
#include "cassette/edit_place.h"
#include "cassette/place.h"
#include "cassette/reader.h"

enum { MOST_ROUNDS = 2 * TD_CASSETTE_MAX_DEPTH };

/* ---- a tree in the order of the source ---- */

struct walk {
    const struct td_yaml_node *root;
    struct step {
        const struct td_yaml_node *node;
        bool flow; /* within brackets or braces */
    } stack[2 * TD_CASSETTE_MAX_DEPTH];
    size_t depth;
};

/* The node and all that is in it; aliases are not followed. */
static void walk_start(struct walk *walk, const struct td_yaml_node *node)
{
    walk->root = node;
    walk->stack[0] = (struct step){node, false};
    walk->depth = 1;
}

static const struct td_yaml_node *walk_next(struct walk *walk, bool *flow)
{
    if (!walk->depth)
        return NULL;
    struct step step = walk->stack[--walk->depth];
    const struct td_yaml_node *node = step.node;
    if (node != walk->root && node->next)
        walk->stack[walk->depth++] = (struct step){node->next, step.flow};
    if ((node->kind == TD_YAML_MAPPING || node->kind == TD_YAML_SEQUENCE) && node->first)
        walk->stack[walk->depth++] = (struct step){node->first, node->style != TD_YAML_BLOCK};
    *flow = step.flow;
    return node;
}

/* ---- what a change meets ---- */

enum fate {
    WRITTEN_OUT = 1, /* an alias that a change leads through */
    GONE,            /* an alias that is removed, or gives way to something else */
    CHANGED,         /* an anchored node that does not keep its value */
    HANDED_ON,       /* one whose anchor has gone to an alias */
};

struct sharing {
    struct td_draft *draft;
    struct td_map fates; /* by node */
    struct td_arena arena;
    bool failed;
    size_t splices;
};

struct entry {
    const struct td_yaml_node *node;
    enum fate fate;
};

static struct entry *find_entry(const struct sharing *sharing, const struct td_yaml_node *node)
{
    return td_map_get(&sharing->fates, td_hash_bytes(td_bytes((const char *)&node, sizeof node)));
}

static void set_fate(struct sharing *sharing, const struct td_yaml_node *node, enum fate fate)
{
    struct entry *entry = find_entry(sharing, node);
    if (!entry) {
        entry = td_arena_alloc(&sharing->arena, sizeof *entry);
        if (!entry ||
            td_map_put(&sharing->fates, td_hash_bytes(td_bytes((const char *)&node, sizeof node)),
                       entry) < 0) {
            sharing->failed = true;
            return;
        }
    }
    *entry = (struct entry){node, fate};
}

static enum fate fate_of(const struct sharing *sharing, const struct td_yaml_node *node)
{
    const struct entry *entry = find_entry(sharing, node);
    return entry ? entry->fate : 0;
}

/* A node on the way to a change. False where the way ends at an alias, for this time. */
static bool pass(struct sharing *sharing, const struct td_yaml_node *node)
{
    if (node->kind == TD_YAML_ALIAS)
        set_fate(sharing, node, WRITTEN_OUT);
    else if (node->anchored)
        set_fate(sharing, node, CHANGED);
    return node->kind != TD_YAML_ALIAS;
}

/* A node that gives way, and all that is in it. */
static void leave(struct sharing *sharing, const struct td_yaml_node *node)
{
    struct walk walk;
    bool flow;
    walk_start(&walk, node);
    while ((node = walk_next(&walk, &flow)))
        if (node->kind == TD_YAML_ALIAS || node->anchored)
            set_fate(sharing, node, node->kind == TD_YAML_ALIAS ? GONE : CHANGED);
}

/* ---- the ways to all changes ---- */

static bool has_name(const struct td_fields *fields, size_t from, struct td_bytes name)
{
    for (; from < fields->count; from++)
        if (td_bytes_equal(fields->items[from].name, name))
            return true;
    return false;
}

static void meet_fields(struct sharing *sharing, const struct td_yaml_node *value,
                        const struct td_fields *read, const struct td_fields *wanted)
{
    size_t field = 0;
    if (!pass(sharing, value) || value->kind != TD_YAML_MAPPING)
        return;
    for (const struct td_yaml_node *key = value->first; key; key = key->next->next) {
        const struct td_yaml_node *list = td_yaml_resolve(key->next);
        size_t count = list->kind == TD_YAML_SEQUENCE ? list->len : (size_t)!td_yaml_is_null(list);
        size_t kept = 0, changed = 0;
        bool grows = wanted->count > read->count &&
                     has_name(wanted, read->count, td_yaml_text(td_yaml_resolve(key)));
        for (size_t i = field; i < field + count; i++) {
            kept += wanted->items[i].name.data != NULL;
            changed += !wanted->items[i].name.data ||
                       !td_bytes_equal(read->items[i].value, wanted->items[i].value);
        }
        if (count && !kept && !grows) {
            leave(sharing, key);
            leave(sharing, key->next);
        } else if (key->next->kind == TD_YAML_ALIAS && list->kind == TD_YAML_SCALAR && changed) {
            leave(sharing, key->next);
        } else if ((changed || grows) && pass(sharing, key->next) &&
                   list->kind == TD_YAML_SEQUENCE) {
            const struct td_yaml_node *item = list->first;
            for (size_t i = field; item; item = item->next, i++)
                if (!wanted->items[i].name.data ||
                    !td_bytes_equal(read->items[i].value, wanted->items[i].value))
                    leave(sharing, item);
        }
        field += count;
    }
}

static void meet_record(struct sharing *sharing, const struct td_yaml_node *record,
                        enum td_side side, const void *read, const void *wanted)
{
    const struct td_keys *keys = td_edit_keys(side);
    bool differs = false;
    for (size_t i = 0; i < keys->count && !differs; i++)
        differs = !td_key_equal(&keys->items[i], read, wanted);
    if (!differs || !pass(sharing, record))
        return;
    for (const struct td_yaml_node *node = record->first; node; node = node->next->next) {
        const struct td_yaml_node *scalar = td_yaml_resolve(node);
        const struct td_key *key =
            scalar->kind == TD_YAML_SCALAR ? td_keys_find(keys, td_yaml_text(scalar)) : NULL;
        if (!key || td_key_equal(key, read, wanted))
            continue;
        if (key->type == TD_KEY_FIELDS)
            meet_fields(sharing, node->next, td_key_value(key, read), td_key_value(key, wanted));
        else if (key->type == TD_KEY_SHAPE && node->next->kind == TD_YAML_ALIAS)
            (void)pass(sharing, node->next);
        else
            leave(sharing, node->next);
    }
}

static void meet_id(struct sharing *sharing, const struct td_yaml_node *item)
{
    const struct td_yaml_node *id = td_yaml_find(item, TD_BYTES("id"));
    if (!id) {
        const struct td_yaml_node *request = td_yaml_find(item, TD_BYTES("request"));
        id = td_yaml_find(request, TD_BYTES("id"));
        if (id && !pass(sharing, request))
            return;
    }
    if (id)
        leave(sharing, id);
}

static void meet_all(struct sharing *sharing, const int64_t *ids)
{
    const struct td_edit *edit = sharing->draft->edit;
    const struct td_yaml_node *root = sharing->draft->tree.root;
    const struct td_yaml_node *list = td_yaml_find(root, TD_BYTES("interactions"));
    const struct td_yaml_node *settings = td_yaml_find(root, TD_BYTES("tapedeck"));
    if (settings && td_edit_settings_differ(edit))
        leave(sharing, settings);
    if (!pass(sharing, list))
        return;
    const struct td_yaml_node *item = list->first;
    for (size_t i = 0; i < edit->cassette->count; i++, item = item->next) {
        const struct td_interaction *read = &edit->cassette->interactions[i];
        bool differs = td_edit_differs(edit, i);
        if (td_edit_removed(edit, i)) {
            leave(sharing, item);
            continue;
        }
        if ((!differs && ids[i] == read->id) || !pass(sharing, item))
            continue;
        if (ids[i] != read->id)
            meet_id(sharing, item);
        for (enum td_side side = TD_REQUEST; side <= TD_RESPONSE && differs; side++)
            meet_record(
                sharing,
                td_yaml_find(item, side == TD_REQUEST ? TD_BYTES("request") : TD_BYTES("response")),
                side, td_edit_record(read, side), td_edit_record(&edit->items[i]->wanted, side));
    }
}

/* ---- writing out ---- */

/* The column of the key or the item that begins the line, behind any `-`. */
static size_t head_column(const struct td_draft *draft, size_t at)
{
    struct td_bytes text = draft->tree.source;
    size_t line = td_draft_line(draft, at), head = line;
    while (head < at && (text.data[head] == ' ' ||
                         (text.data[head] == '-' && head + 1 < at && text.data[head + 1] == ' ')))
        head++;
    return head - line;
}

/* Further lines of `text`, moved by so many columns. */
static void put_moved(struct td_buf *out, struct td_bytes text, size_t from, size_t to)
{
    while (text.len) {
        size_t end = 0, len = 0, spaces = 0;
        while (end < text.len && !(len = td_break_len(text.data + end, text.len - end)))
            end++;
        td_buf_put(out, text.data, end + len);
        text = td_bytes(text.data + end + len, text.len - end - len);
        while (spaces < text.len && text.data[spaces] == ' ')
            spaces++;
        if (spaces == text.len || td_break_len(text.data + spaces, text.len - spaces))
            continue;
        for (size_t i = from; i < to; i++)
            td_buf_put_char(out, ' ');
        size_t less = from > to ? from - to : 0;
        less = less < spaces ? less : spaces;
        text = td_bytes(text.data + less, text.len - less);
    }
}

/* The node's anchor, `&` and all. */
static struct td_bytes anchor_of(const struct td_draft *draft, const struct td_yaml_node *node)
{
    struct td_bytes text = draft->tree.source;
    size_t at = node->start, end;
    while (at < node->end && text.data[at] != '&') {
        while (at < node->end && (unsigned char)text.data[at] > ' ')
            at++;
        at = td_yaml_skip_blank(text, at);
    }
    for (end = at; end < node->end && (unsigned char)text.data[end] > ' '; end++)
        if (strchr(",[]{}", text.data[end]))
            break;
    return td_bytes(text.data + at, end - at);
}

static void cut_anchor(struct sharing *sharing, const struct td_yaml_node *node)
{
    struct td_bytes text = sharing->draft->tree.source;
    struct td_bytes anchor = anchor_of(sharing->draft, node);
    size_t start = (size_t)(anchor.data - text.data), end = start + anchor.len;
    while (end < text.len && text.data[end] == ' ')
        end++;
    if (end == text.len || td_break_len(text.data + end, text.len - end))
        while (start && text.data[start - 1] == ' ')
            start--;
    td_splices_cut(&sharing->draft->splices, start, end);
    sharing->splices++;
}

/* What the alias stands for, in its place. */
static void write_out(struct sharing *sharing, const struct td_yaml_node *alias, bool flow,
                      bool with_anchor)
{
    struct td_draft *draft = sharing->draft;
    const struct td_yaml_node *target = alias->target;
    struct td_bytes text = draft->tree.source, anchor = anchor_of(draft, target);
    size_t content = td_draft_content(draft, target), start = alias->start;
    bool block = (target->kind == TD_YAML_MAPPING || target->kind == TD_YAML_SEQUENCE) &&
                 target->style == TD_YAML_BLOCK;
    size_t from = 0, to = 0, line = content;
    while (line < target->end && !td_break_len(text.data + line, target->end - line))
        line++;
    if (!flow && (block || line < target->end)) {
        from = head_column(draft, target->start);
        to = head_column(draft, alias->start);
    }
    while (block && start && text.data[start - 1] == ' ')
        start--;
    struct td_buf *out = td_splices_begin(&draft->splices, start, alias->end);
    if (with_anchor) {
        td_buf_put_text(out, block ? " " : "");
        td_buf_put_bytes(out, anchor);
        td_buf_put_text(out, block ? "" : " ");
    }
    if (block) {
        size_t column = td_draft_column(draft, target) + to;
        td_buf_put_bytes(out, draft->manner.line_break);
        for (size_t i = from; i < column; i++)
            td_buf_put_char(out, ' ');
    } else if (target->tag == TD_YAML_TAG_BINARY) {
        td_buf_put_text(out, "!!binary ");
    }
    put_moved(out, td_bytes(text.data + content, target->end - content), from, to);
    sharing->splices++;
}

static void share_out(struct sharing *sharing)
{
    struct walk walk;
    const struct td_yaml_node *node;
    bool flow;
    walk_start(&walk, sharing->draft->tree.root);
    while ((node = walk_next(&walk, &flow))) {
        if (node->kind != TD_YAML_ALIAS)
            continue;
        enum fate fate = fate_of(sharing, node), target = fate_of(sharing, node->target);
        /* One that goes does not go yet, and must not stand in front of its anchor meanwhile. */
        if (fate == WRITTEN_OUT || (fate == GONE && target)) {
            write_out(sharing, node, flow, false);
        } else if (!fate && target == CHANGED) {
            write_out(sharing, node, flow, true);
            cut_anchor(sharing, node->target);
            set_fate(sharing, node->target, HANDED_ON);
        }
    }
}

/* One time; *again tells whether there was anything to do. */
static int unshare_once(struct td_draft *draft, const int64_t *ids, bool *again,
                        struct td_error *err)
{
    struct sharing sharing = {.draft = draft};
    struct td_buf text;
    td_map_init(&sharing.fates);
    td_arena_init(&sharing.arena);
    td_buf_init(&text);
    meet_all(&sharing, ids);
    if (!sharing.failed)
        share_out(&sharing);
    *again = sharing.splices > 0;
    int status = sharing.failed ? TD_ERR_NOMEM : 0;
    if (status == 0 && *again)
        status = td_splices_apply(&draft->splices, draft->tree.source, &text);
    td_map_release(&sharing.fates);
    td_arena_release(&sharing.arena);
    if (status == 0 && *again) {
        td_splices_release(&draft->splices);
        td_draft_use(draft, &text);
        return td_yaml_parse(&draft->tree, draft->edit->path, td_buf_view(&draft->text), err);
    }
    td_buf_release(&text);
    return status == TD_ERR_NOMEM ? td_error_nomem(err) : status;
}

static bool has_alias(const struct td_draft *draft)
{
    struct walk walk;
    const struct td_yaml_node *node;
    bool flow;
    walk_start(&walk, draft->tree.root);
    while ((node = walk_next(&walk, &flow)))
        if (node->kind == TD_YAML_ALIAS)
            return true;
    return false;
}

int td_draft_unshare(struct td_draft *draft, const int64_t *ids, struct td_error *err)
{
    bool again = has_alias(draft);
    int status = 0;
    for (int round = 0; again && status == 0; round++) {
        if (round == MOST_ROUNDS)
            return TD_ERR_LIMIT;
        status = unshare_once(draft, ids, &again, err);
    }
    return status;
}
