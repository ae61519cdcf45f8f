/* SPDX-License-Identifier: MIT */
#include "cassette/edit_manner.h"

#include "cassette/edit_place.h"
#include "cassette/place.h"
#include "cassette/style.h"

/* What speaks for one manner or another. */
struct votes {
    size_t go_order, sorted;           /* requests and responses whose keys stand so, and not so */
    size_t needless, plain;            /* texts that are double-quoted without need, or plain */
    size_t empty_single, empty_double; /* '' and "" */
};

/* ---- characters ---- */

struct td_bytes td_line_break_of(struct td_bytes text)
{
    for (size_t at = 0; at < text.len; at++)
        if (text.data[at] == '\n' || text.data[at] == '\r')
            return td_bytes(text.data + at, td_break_len(text.data + at, text.len - at));
    return TD_BYTES("\n");
}

/* Which characters stand in the file as they are, and which only as escapes. */
static void read_characters(struct td_draft *draft)
{
    struct td_bytes text = draft->tree.source;
    bool any = false, astral = false;
    for (size_t i = 0; i < text.len; i++) {
        any |= (unsigned char)text.data[i] >= 0x80 && (unsigned char)text.data[i] < 0xf0;
        astral |= (unsigned char)text.data[i] >= 0xf0;
    }
    bool escaped = memmem(text.data, text.len, "\\U000", 5) != NULL;
    draft->manner.ascii = draft->manner.quotes_single && !any && !astral;
    draft->manner.astral = astral || ((draft->manner.quotes_all || draft->manner.flow) && !escaped);
}

/* ---- keys ---- */

static void vote_order(const struct td_yaml_node *record, const struct td_keys *keys,
                       struct votes *votes)
{
    bool go = true, sorted = true;
    size_t last = 0;
    struct td_bytes before = TD_BYTES("");
    for (const struct td_yaml_node *key = record->first; key; key = key->next->next) {
        struct td_bytes name = td_yaml_text(td_yaml_resolve(key));
        const struct td_key *known = td_keys_find(keys, name);
        if (td_yaml_resolve(key)->kind != TD_YAML_SCALAR || !known)
            continue;
        size_t at = (size_t)(known - keys->items);
        go &= at >= last;
        sorted &= td_bytes_compare(before, name) <= 0;
        last = at;
        before = name;
    }
    votes->go_order += go && !sorted;
    votes->sorted += sorted && !go;
}

/* ---- texts ---- */

static void vote_text(const struct td_draft *draft, const struct td_yaml_node *scalar,
                      struct votes *votes)
{
    if (scalar->kind != TD_YAML_SCALAR || scalar->tag != TD_YAML_TAG_NONE)
        return;
    if (!scalar->len) {
        votes->empty_single += scalar->style == TD_YAML_SINGLE_QUOTED;
        votes->empty_double += scalar->style == TD_YAML_DOUBLE_QUOTED;
        return;
    }
    enum td_style_kind go = td_style_of(td_yaml_text(scalar), draft->manner.layout, false).kind;
    votes->plain += scalar->style == TD_YAML_PLAIN;
    votes->needless += scalar->style == TD_YAML_DOUBLE_QUOTED && go == TD_STYLE_PLAIN;
}

/* ---- columns ---- */

static void read_fields(struct td_draft *draft, const struct td_yaml_node *fields,
                        struct votes *votes)
{
    if (fields->kind != TD_YAML_MAPPING || !fields->first)
        return;
    draft->manner.name = td_draft_column(draft, fields->first);
    for (const struct td_yaml_node *key = fields->first; key; key = key->next->next) {
        const struct td_yaml_node *list = key->next;
        if (list->kind != TD_YAML_SEQUENCE || !list->first)
            continue;
        draft->manner.value =
            td_draft_column(draft, list->style == TD_YAML_BLOCK ? list : list->first);
        vote_text(draft, list->first, votes);
    }
}

static void read_record(struct td_draft *draft, const struct td_yaml_node *record,
                        enum td_side side, struct votes *votes)
{
    const struct td_keys *keys = td_edit_keys(side);
    if (record->kind != TD_YAML_MAPPING || !record->first)
        return;
    draft->manner.field = td_draft_column(draft, record->first);
    vote_order(record, keys, votes);
    for (const struct td_yaml_node *key = record->first; key; key = key->next->next) {
        const struct td_yaml_node *scalar = td_yaml_resolve(key);
        const struct td_key *known =
            scalar->kind == TD_YAML_SCALAR ? td_keys_find(keys, td_yaml_text(scalar)) : NULL;
        if (known && known->type == TD_KEY_TEXT)
            vote_text(draft, key->next, votes);
        if (known && td_bytes_equal(known->name, TD_BYTES("headers")))
            read_fields(draft, key->next, votes);
    }
    draft->manner.ids_inside |= side == TD_REQUEST && td_yaml_find(record, TD_BYTES("id"));
}

/* The rest where some of it was not to be seen. */
static void guess_columns(struct td_manner *manner, bool compact)
{
    static const unsigned unknown = UINT32_MAX;
    unsigned step = manner->flow ? manner->field - manner->key : compact ? 2 : 4;
    if (manner->dash == unknown)
        manner->dash = compact ? 0 : 4;
    if (manner->key == unknown)
        manner->key = manner->dash + 2;
    if (manner->field == unknown)
        manner->field = manner->key + 2;
    if (manner->name == unknown)
        manner->name = manner->field + (step ? step : 1);
    if (manner->value == unknown)
        manner->value = manner->name + (compact && !manner->flow ? 0 : step ? step : 1);
}

static bool has_break(struct td_bytes text, size_t from, size_t end)
{
    while (from < end && !td_break_len(text.data + from, end - from))
        from++;
    return from < end;
}

void td_manner_read(struct td_draft *draft)
{
    struct td_manner *manner = &draft->manner;
    const struct td_yaml_node *root = draft->tree.root;
    const struct td_yaml_node *list = td_yaml_resolve(td_yaml_find(root, TD_BYTES("interactions")));
    struct votes votes = {0};
    *manner = (struct td_manner){.layout = td_layout_of(&draft->tree),
                                 .line_break = td_line_break_of(draft->tree.source)};
    manner->dash = manner->key = manner->field = manner->name = manner->value = UINT32_MAX;
    manner->flow = list->style == TD_YAML_FLOW && (list->first || root->style == TD_YAML_FLOW);
    if (list->first) {
        manner->pretty = has_break(draft->tree.source, list->start, list->first->start);
        manner->dash =
            manner->flow ? td_draft_column(draft, list->first) : td_draft_column(draft, list);
    }
    manner->quotes_keys = root->first->style == TD_YAML_DOUBLE_QUOTED;
    for (const struct td_yaml_node *item = list->first; item; item = item->next) {
        if (item->kind != TD_YAML_MAPPING || !item->first)
            continue;
        manner->key = td_draft_column(draft, item->first);
        manner->quotes_keys = item->first->style == TD_YAML_DOUBLE_QUOTED;
        manner->ids |= td_yaml_find(item, TD_BYTES("id")) != NULL;
        read_record(draft, td_yaml_find(item, TD_BYTES("request")), TD_REQUEST, &votes);
        read_record(draft, td_yaml_find(item, TD_BYTES("response")), TD_RESPONSE, &votes);
    }
    manner->ids |= manner->ids_inside || !list->first;
    manner->sorted = votes.sorted > votes.go_order;
    manner->quotes_all = votes.needless > votes.plain;
    manner->quotes_single = !manner->quotes_all && (votes.empty_single != votes.empty_double
                                                        ? votes.empty_single > votes.empty_double
                                                        : manner->sorted);
    guess_columns(manner, manner->layout == TD_LAYOUT_COMPACT);
    read_characters(draft);
}
