/* SPDX-License-Identifier: MIT */
/*
 * A mapping from names to lists of values, as the model's fields: those that were read are the
 * values in the order of the file, those that are added follow them.
 */
#include "cassette/edit_fields.h"

#include <stdlib.h>

#include "cassette/edit_new.h"
#include "cassette/edit_place.h"
#include "cassette/field_order.h"

int td_draft_keep(struct td_draft *draft, const struct td_buf *text, struct td_bytes *kept)
{
    if (td_buf_failed(text))
        return TD_ERR_NOMEM;
    *kept = td_arena_copy(&draft->arena, td_buf_view(text));
    return kept->data ? 0 : TD_ERR_NOMEM;
}

/* How many values the pair has in the model. */
static size_t count_values(const struct td_yaml_node *value)
{
    value = td_yaml_resolve(value);
    return value->kind == TD_YAML_SEQUENCE ? value->len : !td_yaml_is_null(value);
}

/* ---- the values of one name ---- */

struct values {
    const struct td_yaml_node *record; /* the mapping that the name is a key of */
    const struct td_yaml_node *key;
    const struct td_field *read, *wanted; /* its fields */
    size_t count;
    const struct td_field *const *added;
    size_t added_count;
};

static int replace_item(struct td_draft *draft, const struct td_yaml_node *node,
                        struct td_scalar_place place, struct td_bytes value)
{
    struct td_buf text;
    place.like = node;
    place.instead = true;
    td_buf_init(&text);
    td_draft_put_scalar(draft, &text, place, value);
    bool failed = td_buf_failed(&text);
    if (!failed)
        td_draft_replace(draft, node, td_buf_view(&text), place.flow);
    td_buf_release(&text);
    return failed ? TD_ERR_NOMEM : 0;
}

static int change_list(struct td_draft *draft, const struct values *values)
{
    const struct td_yaml_node *list = td_yaml_resolve(values->key->next), *item = list->first;
    struct td_new_place new = {.flow = list->style != TD_YAML_BLOCK,
                               .column = td_draft_column(draft, list)};
    struct td_scalar_place place = {.flow = new.flow, .indent = new.column};
    size_t total = values->count + values->added_count;
    struct td_child *children = calloc(total, sizeof *children);
    bool moves = values->added_count > 0;
    int status = children ? 0 : TD_ERR_NOMEM;
    for (size_t i = 0; i < values->count && status == 0; i++, item = item->next) {
        bool dropped = !values->wanted[i].name.data;
        children[i] = (struct td_child){.first = item, .last = item, .dropped = dropped};
        moves |= dropped;
        if (!dropped && !td_bytes_equal(values->read[i].value, values->wanted[i].value))
            status = replace_item(draft, item, place, values->wanted[i].value);
    }
    for (size_t i = 0; i < values->added_count && status == 0; i++) {
        struct td_buf text;
        td_buf_init(&text);
        td_draft_put_item(draft, &text, new, list->first, values->added[i]->value);
        status = td_draft_keep(draft, &text, &children[values->count + i].text);
        td_buf_release(&text);
    }
    if (status == 0 && moves)
        td_draft_children(draft, list, children, total);
    free(children);
    return status;
}

/* A single value, or nothing, becomes a list. */
static int make_list(struct td_draft *draft, const struct values *values)
{
    bool flow = values->record->style != TD_YAML_BLOCK;
    unsigned column = td_draft_column(draft, values->key);
    if (draft->manner.value > draft->manner.name && !flow)
        column += draft->manner.value - draft->manner.name;
    struct td_new_place place = {flow, column};
    struct td_buf text;
    bool any = false;
    td_buf_init(&text);
    if (flow)
        td_buf_put_char(&text, '[');
    for (size_t i = 0; i < values->count + values->added_count; i++) {
        const struct td_field *field =
            i < values->count ? &values->wanted[i] : values->added[i - values->count];
        if (!field->name.data)
            continue;
        if (any && flow)
            td_buf_put_text(&text, ", ");
        td_draft_put_item(draft, &text, place, values->count == 1 ? values->key->next : NULL,
                          field->value);
        any = true;
    }
    if (flow)
        td_buf_put_char(&text, ']');
    bool failed = td_buf_failed(&text);
    if (!failed && flow)
        td_draft_set_inline(draft, values->key, td_buf_view(&text));
    else if (!failed)
        td_draft_set_lines(draft, values->key, td_buf_view(&text));
    td_buf_release(&text);
    return failed ? TD_ERR_NOMEM : 0;
}

static int change_values(struct td_draft *draft, const struct values *values)
{
    const struct td_yaml_node *value = td_yaml_resolve(values->key->next);
    bool changes = values->added_count > 0;
    for (size_t i = 0; i < values->count && !changes; i++)
        changes = !values->wanted[i].name.data ||
                  !td_bytes_equal(values->read[i].value, values->wanted[i].value);
    if (!changes)
        return 0;
    if (value->kind == TD_YAML_SEQUENCE && value->first) {
        size_t kept = values->added_count;
        for (size_t i = 0; i < values->count; i++)
            kept += values->wanted[i].name.data != NULL;
        return kept ? change_list(draft, values) : 0;
    }
    if (values->added_count)
        return make_list(draft, values);
    struct td_scalar_place place = {.flow = values->record->style != TD_YAML_BLOCK,
                                    .indent = td_draft_column(draft, values->key)};
    return replace_item(draft, values->key->next, place, values->wanted[0].value);
}

/* ---- all names ---- */

/* A name that is there, or a new one. */
struct name {
    size_t pair;  /* which one; a new one goes in front of it */
    size_t first; /* of the added fields, in the order of names */
    size_t added;
};

/* The names of a mapping and those that are added, in Go's order. */
struct plan {
    struct td_field *all; /* the pairs' names, then the added fields */
    struct td_field_order order;
    size_t pairs;
    struct name *there; /* one for each pair */
    struct name *new;
    size_t new_count;
};

static int compare_places(const void *left, const void *right)
{
    const struct name *a = left, *b = right;
    if (a->pair != b->pair)
        return a->pair < b->pair ? -1 : 1;
    return a->first < b->first ? -1 : a->first > b->first;
}

/* From the last name to the first, so that it is known in front of which one a new one goes. */
static void place_names(struct plan *plan)
{
    const struct td_field **items = plan->order.items;
    size_t next = plan->pairs;
    for (size_t end = plan->order.count, first; end; end = first) {
        size_t pair = plan->pairs, from;
        for (first = end - 1; first; first--)
            if (!td_bytes_equal(items[first - 1]->name, items[end - 1]->name))
                break;
        from = first;
        if ((size_t)(items[first] - plan->all) < plan->pairs) {
            pair = (size_t)(items[first] - plan->all);
            from++;
        }
        if (pair < plan->pairs) {
            plan->there[pair] = (struct name){pair, from, end - from};
            next = pair;
        } else {
            plan->new[plan->new_count++] = (struct name){next, from, end - from};
        }
    }
    if (plan->new_count)
        qsort(plan->new, plan->new_count, sizeof *plan->new, compare_places);
}

static int plan_init(struct plan *plan, const struct td_yaml_node *mapping,
                     const struct td_field *added, size_t added_count)
{
    size_t total = mapping->len + added_count, i = 0;
    *plan = (struct plan){.pairs = mapping->len};
    plan->all = calloc(total + 1, sizeof *plan->all);
    plan->there = calloc(mapping->len + 1, sizeof *plan->there);
    plan->new = calloc(added_count + 1, sizeof *plan->new);
    if (!plan->all || !plan->there || !plan->new)
        return TD_ERR_NOMEM;
    for (const struct td_yaml_node *key = mapping->first; key; key = key->next->next)
        plan->all[i++].name = td_yaml_text(td_yaml_resolve(key));
    if (added_count)
        memcpy(plan->all + i, added, added_count * sizeof *added);
    struct td_fields fields = {plan->all, total};
    if (td_field_order_init(&plan->order, &fields) < 0)
        return TD_ERR_NOMEM;
    place_names(plan);
    return 0;
}

static void plan_release(struct plan *plan)
{
    if (plan->order.items)
        td_field_order_release(&plan->order);
    free(plan->all);
    free(plan->there);
    free(plan->new);
}

static int change_pairs(struct td_draft *draft, const struct td_yaml_node *mapping,
                        const struct plan *plan, const struct td_fields *read,
                        const struct td_fields *wanted)
{
    struct td_new_place place = {mapping->style != TD_YAML_BLOCK,
                                 td_draft_column(draft, mapping->first)};
    struct td_child *children = calloc(plan->pairs + plan->new_count + 1, sizeof *children);
    const struct td_yaml_node *key = mapping->first;
    size_t count = 0, field = 0, new = 0;
    bool moves = plan->new_count > 0;
    int status = children ? 0 : TD_ERR_NOMEM;
    for (size_t pair = 0; pair <= plan->pairs && status == 0; pair++) {
        for (; new < plan->new_count && plan->new[new].pair == pair &&status == 0; new ++) {
            struct td_buf text;
            td_buf_init(&text);
            td_draft_put_field(draft, &text, place, plan->order.items + plan->new[new].first,
                               plan->new[new].added);
            status = td_draft_keep(draft, &text, &children[count++].text);
            td_buf_release(&text);
        }
        if (pair == plan->pairs || status < 0)
            break;
        struct values values = {
            .record = mapping,
            .key = key,
            .read = field < read->count ? read->items + field : NULL,
            .wanted = field < read->count ? wanted->items + field : NULL,
            .count = count_values(key->next),
            .added = plan->order.items + plan->there[pair].first,
            .added_count = plan->there[pair].added,
        };
        size_t kept = values.added_count + (values.count == 0);
        for (size_t i = 0; i < values.count; i++)
            kept += values.wanted[i].name.data != NULL;
        children[count++] =
            (struct td_child){.first = key, .last = key->next, .dropped = kept == 0};
        moves |= kept == 0;
        if (kept)
            status = change_values(draft, &values);
        field += values.count;
        key = key->next->next;
    }
    if (status == 0 && moves)
        td_draft_children(draft, mapping, children, count);
    free(children);
    return status;
}

/* There were none: a mapping of their own. */
static int make_mapping(struct td_draft *draft, const struct td_yaml_node *record,
                        const struct td_yaml_node *key, const struct td_fields *fields)
{
    struct td_new_place place = {record->style != TD_YAML_BLOCK, td_draft_column(draft, key)};
    struct td_buf text;
    td_buf_init(&text);
    td_draft_put_fields(draft, &text, place, fields);
    bool failed = td_buf_failed(&text);
    if (!failed && place.flow)
        td_draft_set_inline(draft, key, td_buf_view(&text));
    else if (!failed)
        td_draft_set_lines(draft, key, td_buf_view(&text));
    td_buf_release(&text);
    return failed ? TD_ERR_NOMEM : 0;
}

int td_draft_change_fields(struct td_draft *draft, const struct td_yaml_node *record,
                           const struct td_yaml_node *key, const struct td_fields *read,
                           const struct td_fields *wanted)
{
    const struct td_yaml_node *mapping = td_yaml_resolve(key->next);
    struct td_fields added = {0};
    if (wanted->count > read->count)
        added = (struct td_fields){wanted->items + read->count, wanted->count - read->count};
    if (mapping->kind != TD_YAML_MAPPING || !mapping->first)
        return make_mapping(draft, record, key, &added);

    bool stays = added.count > 0;
    for (size_t i = 0; i < read->count && !stays; i++)
        stays = wanted->items[i].name.data != NULL;
    for (const struct td_yaml_node *pair = mapping->first; pair && !stays; pair = pair->next->next)
        stays = count_values(pair->next) == 0;
    if (!stays) {
        td_draft_set_inline(draft, key, TD_BYTES("{}"));
        return 0;
    }
    struct plan plan;
    int status = plan_init(&plan, mapping, added.items, added.count);
    if (status == 0)
        status = change_pairs(draft, mapping, &plan, read, wanted);
    plan_release(&plan);
    return status;
}
