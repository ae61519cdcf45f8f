/* SPDX-License-Identifier: MIT */
#include "cassette/edit_new.h"

#include <stdlib.h>

#include "cassette/chunks.h"
#include "cassette/duration.h"
#include "cassette/field_order.h"
#include "cassette/style.h"

enum {
    MOST_KEYS = 24,       /* of a record, `id` among them */
    MOST_BLOCK_KEY = 128, /* bytes of a name that emitters write in front of a colon on its line */
    MOST_FLOW_KEY = 1000, /* bytes that libyaml reads as one; YAML has it 1024 characters */
};

/* ---- lines and commas ---- */

static void put_spaces(struct td_buf *out, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        td_buf_put_char(out, ' ');
}

static void put_break(struct td_draft *draft, struct td_buf *out)
{
    td_buf_put_bytes(out, draft->manner.line_break);
}

/* In front of a pair or an item. */
static void begin(struct td_draft *draft, struct td_buf *out, struct td_new_place place, bool first)
{
    if (!place.flow) {
        put_spaces(out, place.column);
        return;
    }
    if (!first)
        td_buf_put_char(out, ',');
    if (draft->manner.pretty) {
        put_break(draft, out);
        put_spaces(out, place.column);
    } else if (!first) {
        td_buf_put_char(out, ' ');
    }
}

/* Before a bracket that closes what stands in `inner`. */
static void close_flow(struct td_draft *draft, struct td_buf *out, struct td_new_place outer,
                       char bracket)
{
    if (draft->manner.pretty) {
        put_break(draft, out);
        put_spaces(out, outer.column);
    }
    td_buf_put_char(out, bracket);
}

static void put_name(struct td_draft *draft, struct td_buf *out, struct td_new_place place,
                     struct td_bytes name)
{
    struct td_style style = td_style_of(name, draft->manner.layout, true);
    bool plain = style.kind == TD_STYLE_PLAIN && !draft->manner.quotes_keys;
    for (size_t i = 0; i < name.len && plain; i++)
        plain = !place.flow || !strchr(",[]{}", name.data[i]);
    bool single = style.kind == TD_STYLE_SINGLE && !draft->manner.quotes_keys && !place.flow;
    const struct td_yaml_node quoted = {.kind = TD_YAML_SCALAR,
                                        .style =
                                            single ? TD_YAML_SINGLE_QUOTED : TD_YAML_DOUBLE_QUOTED,
                                        .text = "x",
                                        .len = 1};
    if (plain)
        td_buf_put_bytes(out, name);
    else
        td_draft_put_scalar(draft, out, (struct td_scalar_place){.like = &quoted, .flow = true},
                            name);
}

/* What is too long for a key has a `?` in front; block style has its own form of that, below. */
void td_draft_put_key(struct td_draft *draft, struct td_buf *out, struct td_new_place place,
                      struct td_bytes name)
{
    struct td_buf text;
    td_buf_init(&text);
    put_name(draft, &text, place, name);
    if (text.len > MOST_FLOW_KEY)
        td_buf_put_text(out, "? ");
    td_buf_put_bytes(out, td_buf_view(&text));
    td_buf_put_char(out, ':');
    out->failed |= td_buf_failed(&text);
    td_buf_release(&text);
}

/* Inside of a collection that is the value of a key in `place`. */
static struct td_new_place within(struct td_new_place place, unsigned deeper)
{
    return (struct td_new_place){place.flow, place.column + deeper};
}

static unsigned fields_deeper(const struct td_draft *draft)
{
    const struct td_manner *manner = &draft->manner;
    return manner->name > manner->field ? manner->name - manner->field : 2;
}

static unsigned list_deeper(const struct td_draft *draft)
{
    const struct td_manner *manner = &draft->manner;
    return manner->value > manner->name ? manner->value - manner->name : 0;
}

/* ---- lists and fields ---- */

void td_draft_put_item(struct td_draft *draft, struct td_buf *out, struct td_new_place place,
                       const struct td_yaml_node *like, struct td_bytes value)
{
    struct td_scalar_place scalar = {.like = like, .flow = place.flow, .indent = place.column};
    if (!place.flow) {
        put_spaces(out, place.column);
        td_buf_put_text(out, "- ");
    }
    td_draft_put_scalar(draft, out, scalar, value);
    if (!place.flow)
        put_break(draft, out);
}

/* Behind the colon of a key in `place`, to the end of the line where there are lines. */
static void put_items(struct td_draft *draft, struct td_buf *out, struct td_new_place place,
                      const struct td_bytes *const *values, size_t count)
{
    struct td_new_place inner = within(place, list_deeper(draft));
    if (!count || place.flow) {
        td_buf_put_text(out, " [");
        for (size_t i = 0; i < count; i++) {
            begin(draft, out, inner, i == 0);
            td_draft_put_item(draft, out, inner, NULL, *values[i]);
        }
        if (count)
            close_flow(draft, out, place, ']');
        else
            td_buf_put_char(out, ']');
        if (place.flow)
            return;
    }
    put_break(draft, out);
    for (size_t i = 0; i < count && !place.flow; i++)
        td_draft_put_item(draft, out, inner, NULL, *values[i]);
}

/* A name that is too long for a key on one line: behind a `?`, its values behind a colon below. */
static void put_long_field(struct td_draft *draft, struct td_buf *out, struct td_new_place place,
                           struct td_bytes name, const struct td_bytes *const *values, size_t count)
{
    unsigned deeper = list_deeper(draft);
    struct td_new_place inner = {.column = place.column + (deeper ? deeper : 2)};
    put_spaces(out, place.column);
    td_buf_put_text(out, "? ");
    put_name(draft, out, place, name);
    put_break(draft, out);
    size_t line = out->len;
    for (size_t i = 0; i < count; i++)
        td_draft_put_item(draft, out, inner, NULL, *values[i]);
    if (!td_buf_failed(out))
        out->data[line + place.column] = ':'; /* where the first one has blanks */
}

void td_draft_put_field(struct td_draft *draft, struct td_buf *out, struct td_new_place place,
                        const struct td_field *const *fields, size_t count)
{
    const struct td_bytes **values = calloc(count, sizeof *values);
    if (!values) {
        out->failed = true;
        return;
    }
    for (size_t i = 0; i < count; i++)
        values[i] = &fields[i]->value;
    if (!place.flow && fields[0]->name.len > MOST_BLOCK_KEY) {
        put_long_field(draft, out, place, fields[0]->name, values, count);
    } else {
        if (!place.flow)
            put_spaces(out, place.column);
        td_draft_put_key(draft, out, place, fields[0]->name);
        put_items(draft, out, place, values, count);
    }
    free(values);
}

void td_draft_put_fields(struct td_draft *draft, struct td_buf *out, struct td_new_place place,
                         const struct td_fields *fields)
{
    struct td_new_place inner = within(place, fields_deeper(draft));
    struct td_field_order order;
    if (td_field_order_init(&order, fields) < 0) {
        out->failed = true;
        return;
    }
    if (place.flow)
        td_buf_put_char(out, '{');
    for (size_t i = 0, end; i < order.count; i = end) {
        for (end = i + 1; end < order.count; end++)
            if (!td_bytes_equal(order.items[end]->name, order.items[i]->name))
                break;
        if (place.flow)
            begin(draft, out, inner, i == 0);
        td_draft_put_field(draft, out, inner, order.items + i, end - i);
    }
    if (place.flow)
        close_flow(draft, out, place, '}');
    td_field_order_release(&order);
}

/* ---- records ---- */

void td_draft_put_list(struct td_draft *draft, struct td_buf *out, struct td_new_place place,
                       const struct td_list *list)
{
    const struct td_bytes **values = calloc(list->count + 1, sizeof *values);
    if (!values) {
        out->failed = true;
        return;
    }
    for (size_t i = 0; i < list->count; i++)
        values[i] = &list->items[i];
    put_items(draft, out, place, values, list->count);
    free(values);
}

static void put_text(struct td_draft *draft, struct td_buf *out, struct td_new_place place,
                     struct td_bytes text)
{
    struct td_scalar_place scalar = {.flow = place.flow, .indent = place.column};
    td_buf_put_char(out, ' ');
    td_draft_put_scalar(draft, out, scalar, text);
    if (!place.flow)
        put_break(draft, out);
}

static void put_made(struct td_draft *draft, struct td_buf *out, struct td_new_place place,
                     const struct td_key *key, const void *value)
{
    struct td_buf text;
    td_buf_init(&text);
    if (key->type == TD_KEY_DURATION)
        td_duration_format(*(const int64_t *)value, &text);
    else
        td_chunks_format(*(const struct td_recorded_chunks *)value, &text);
    /* A duration is quoted where all texts are in JSON, but nowhere else. */
    if (key->type == TD_KEY_DURATION && !place.flow && !draft->manner.ascii) {
        td_buf_put_char(out, ' ');
        td_buf_put_bytes(out, td_buf_view(&text));
        put_break(draft, out);
    } else {
        put_text(draft, out, place, td_buf_view(&text));
    }
    out->failed |= td_buf_failed(&text);
    td_buf_release(&text);
}

static void put_number(struct td_draft *draft, struct td_buf *out, struct td_new_place place,
                       int64_t number)
{
    td_buf_printf(out, " %lld", (long long)number);
    if (!place.flow)
        put_break(draft, out);
}

/* What Tapedeck has of its own has no more than one level. */
static void put_shape(struct td_draft *draft, struct td_buf *out, struct td_new_place place,
                      const struct td_shape *shape)
{
    struct td_new_place inner = within(place, fields_deeper(draft));
    bool first = true;
    if (place.flow)
        td_buf_put_text(out, " {");
    else
        put_break(draft, out);
    for (size_t i = 0; i < td_shape_keys.count; i++) {
        const struct td_key *key = &td_shape_keys.items[i];
        if (td_key_is_empty(key, shape))
            continue;
        if (place.flow)
            begin(draft, out, inner, first);
        td_draft_put_pair(draft, out, inner, key, shape);
        first = false;
    }
    if (place.flow)
        close_flow(draft, out, place, '}');
}

void td_draft_put_pair(struct td_draft *draft, struct td_buf *out, struct td_new_place place,
                       const struct td_key *key, const void *record)
{
    const void *value = td_key_value(key, record);
    if (!place.flow)
        put_spaces(out, place.column);
    td_draft_put_key(draft, out, place, key->name);
    switch (key->type) {
    case TD_KEY_TEXT:
    case TD_KEY_BODY:
        put_text(draft, out, place, *(const struct td_bytes *)value);
        return;
    case TD_KEY_INT:
        put_number(draft, out, place, *(const int *)value);
        return;
    case TD_KEY_LONG:
        put_number(draft, out, place, *(const int64_t *)value);
        return;
    case TD_KEY_BOOL:
        td_buf_put_text(out, *(const bool *)value ? " true" : " false");
        break;
    case TD_KEY_LIST:
        td_draft_put_list(draft, out, place, value);
        return;
    case TD_KEY_FIELDS:
        if (td_key_is_empty(key, record)) {
            td_buf_put_text(out, " {}");
            break;
        }
        if (place.flow)
            td_buf_put_char(out, ' ');
        else
            put_break(draft, out);
        td_draft_put_fields(draft, out, place, value);
        return;
    case TD_KEY_DURATION:
    case TD_KEY_CHUNKS:
        put_made(draft, out, place, key, value);
        return;
    case TD_KEY_SHAPE:
        put_shape(draft, out, place, value);
        return;
    }
    if (!place.flow)
        put_break(draft, out);
}

/* ---- interactions ---- */

/* The keys to be written, in the file's order; `id`, which is of no record, among them. */
static size_t choose_keys(const struct td_draft *draft, const struct td_yaml_node *model,
                          enum td_side side, const void *record, const struct td_key **chosen)
{
    static const struct td_key id = {.name = {"id", 2}, .type = TD_KEY_LONG};
    const struct td_keys *keys = td_edit_keys(side);
    size_t count = 0;
    if (draft->manner.ids_inside && side == TD_REQUEST)
        chosen[count++] = &id;
    for (size_t i = 0; i < keys->count && count < MOST_KEYS; i++) {
        const struct td_key *key = &keys->items[i];
        bool needed = td_bytes_equal(key->name, TD_BYTES("url")) ||
                      td_bytes_equal(key->name, TD_BYTES("code"));
        if (!needed && td_key_is_empty(key, record) &&
            !(key->type != TD_KEY_SHAPE && model && td_yaml_find(model, key->name)))
            continue;
        chosen[count++] = key;
    }
    for (size_t i = 1; i < count && draft->manner.sorted; i++)
        for (size_t j = i; j && td_bytes_compare(chosen[j]->name, chosen[j - 1]->name) < 0; j--) {
            const struct td_key *key = chosen[j];
            chosen[j] = chosen[j - 1];
            chosen[j - 1] = key;
        }
    return count;
}

static void put_record(struct td_draft *draft, struct td_buf *out, struct td_new_place place,
                       const struct td_yaml_node *model, enum td_side side, const void *record,
                       int64_t id)
{
    const struct td_key *keys[MOST_KEYS];
    size_t count = choose_keys(draft, model, side, record, keys);
    for (size_t i = 0; i < count; i++) {
        if (place.flow)
            begin(draft, out, place, i == 0);
        if (td_bytes_equal(keys[i]->name, TD_BYTES("id")))
            td_draft_put_pair(draft, out, place, keys[i], &id);
        else
            td_draft_put_pair(draft, out, place, keys[i], record);
    }
}

/* By its columns and its quotes. */
static bool is_go_layout(const struct td_manner *manner)
{
    bool compact = manner->layout == TD_LAYOUT_COMPACT;
    return !manner->flow && !manner->sorted && !manner->quotes_all && !manner->quotes_single &&
           manner->ids && !manner->ids_inside && manner->dash == (compact ? 0 : 4) &&
           manner->key == manner->dash + 2 && manner->field == manner->dash + 4 &&
           manner->name == manner->field + (compact ? 2 : 4) &&
           manner->value == manner->name + (compact ? 0 : 4);
}

static const struct td_yaml_node *model_of(const struct td_yaml_node *model, const char *name)
{
    return model ? td_yaml_find(model, td_bytes_of(name)) : NULL;
}

static void put_in_manner(struct td_draft *draft, struct td_buf *out,
                          const struct td_yaml_node *model,
                          const struct td_interaction *interaction, int64_t id)
{
    static const struct td_key id_key = {.name = {"id", 2}, .type = TD_KEY_LONG};
    static const char *const names[] = {"request", "response"};
    const struct td_manner *manner = &draft->manner;
    struct td_new_place outer = {manner->flow, manner->dash};
    struct td_new_place place = {manner->flow, manner->key};
    struct td_new_place inner = {manner->flow, manner->field};
    size_t start = out->len;
    bool with_id = manner->ids && !manner->ids_inside;
    if (place.flow)
        td_buf_put_char(out, '{');
    if (with_id) {
        if (place.flow)
            begin(draft, out, place, true);
        td_draft_put_pair(draft, out, place, &id_key, &id);
    }
    for (enum td_side side = TD_REQUEST; side <= TD_RESPONSE; side++) {
        begin(draft, out, place, side == TD_REQUEST && !with_id);
        td_draft_put_key(draft, out, place, td_bytes_of(names[side]));
        if (place.flow)
            td_buf_put_text(out, " {");
        else
            put_break(draft, out);
        put_record(draft, out, inner, model_of(model, names[side]), side,
                   td_edit_record(interaction, side), id);
        if (place.flow)
            close_flow(draft, out, place, '}');
    }
    if (place.flow)
        close_flow(draft, out, outer, '}');
    else if (!td_buf_failed(out))
        out->data[start + manner->dash] = '-';
}

void td_draft_put_interaction(struct td_draft *draft, struct td_buf *out,
                              const struct td_yaml_node *model,
                              const struct td_interaction *interaction, int64_t id)
{
    if (!is_go_layout(&draft->manner) || draft->careful) {
        put_in_manner(draft, out, model, interaction, id);
        return;
    }
    struct td_buf emitted;
    td_buf_init(&emitted);
    td_emit_interaction(&emitted, interaction, id, draft->manner.layout);
    td_draft_put_lines(draft, out, td_buf_view(&emitted));
    out->failed |= td_buf_failed(&emitted);
    td_buf_release(&emitted);
}
