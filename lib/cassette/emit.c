/* SPDX-License-Identifier: MIT */
/*
 * The structure of a file: which keys, in which columns. As in Go's emitter a line is begun with
 * the break of the one before, so that whoever writes a block need not know what follows it.
 */
#include "cassette/emit.h"

#include "cassette/chunks.h"
#include "cassette/duration.h"
#include "cassette/emit_settings.h"
#include "cassette/field_order.h"
#include "cassette/record.h"
#include "cassette/writer.h"
#include "cassette/yaml.h"

/* ---- the values of a record ---- */

static void write_number(struct td_writer *w, unsigned column, struct td_bytes name, int64_t number)
{
    td_writer_key(w, column, name);
    td_buf_printf(w->out, " %lld", (long long)number);
}

/* Texts that Tapedeck makes itself. */
static void write_made(struct td_writer *w, unsigned column, struct td_bytes name,
                       void (*make)(const void *value, struct td_buf *out), const void *value)
{
    struct td_buf text;
    td_buf_init(&text);
    make(value, &text);
    td_writer_key(w, column, name);
    td_writer_value(w, column, td_buf_view(&text));
    w->out->failed |= td_buf_failed(&text);
    td_buf_release(&text);
}

static void make_duration(const void *value, struct td_buf *out)
{
    td_duration_format(*(const int64_t *)value, out);
}

static void make_chunks(const void *value, struct td_buf *out)
{
    td_chunks_format(*(const struct td_recorded_chunks *)value, out);
}

static void write_fields(struct td_writer *w, unsigned column, struct td_bytes name,
                         const struct td_fields *fields)
{
    struct td_field_order order;
    td_writer_key(w, column, name);
    if (!fields->count) {
        td_buf_put_text(w->out, " {}");
        return;
    }
    if (td_field_order_init(&order, fields) < 0) {
        w->out->failed = true;
        return;
    }
    unsigned inner = td_writer_deeper(w, column);
    for (size_t i = 0, end; i < order.count; i = end) {
        struct td_bytes field = order.items[i]->name;
        unsigned list = td_writer_open_list(w, inner, field);
        for (end = i; end < order.count && td_bytes_equal(order.items[end]->name, field); end++)
            td_writer_item(w, list, order.items[end]->value);
    }
    td_field_order_release(&order);
}

static void write_record(struct td_writer *w, unsigned column, const struct td_keys *keys,
                         const void *record);

static void write_key(struct td_writer *w, unsigned column, const struct td_key *key,
                      const void *record)
{
    const void *value = td_key_value(key, record);
    switch (key->type) {
    case TD_KEY_TEXT:
    case TD_KEY_BODY:
        td_writer_key(w, column, key->name);
        td_writer_value(w, column, *(const struct td_bytes *)value);
        return;
    case TD_KEY_INT:
        write_number(w, column, key->name, *(const int *)value);
        return;
    case TD_KEY_LONG:
        write_number(w, column, key->name, *(const int64_t *)value);
        return;
    case TD_KEY_BOOL:
        td_writer_key(w, column, key->name);
        td_buf_put_text(w->out, *(const bool *)value ? " true" : " false");
        return;
    case TD_KEY_LIST:
        td_writer_key(w, column, key->name);
        td_writer_items(w, td_writer_dash(w, column), (const struct td_list *)value);
        return;
    case TD_KEY_FIELDS:
        write_fields(w, column, key->name, (const struct td_fields *)value);
        return;
    case TD_KEY_DURATION:
        write_made(w, column, key->name, make_duration, value);
        return;
    case TD_KEY_CHUNKS:
        write_made(w, column, key->name, make_chunks, value);
        return;
    case TD_KEY_SHAPE:
        td_writer_key(w, column, key->name);
        write_record(w, td_writer_deeper(w, column), &td_shape_keys, value);
        return;
    }
}

static void write_record(struct td_writer *w, unsigned column, const struct td_keys *keys,
                         const void *record)
{
    for (size_t i = 0; i < keys->count; i++) {
        const struct td_key *key = &keys->items[i];
        bool wanted = key->presence == TD_KEY_ALWAYS ||
                      (key->presence == TD_KEY_OMITTED && td_writer_has_every_key(w));
        if (wanted || !td_key_is_empty(key, record))
            write_key(w, column, key, record);
    }
}

/* ---- files ---- */

/* In a list whose dashes are in this column. */
static void write_interaction(struct td_writer *w, unsigned dash,
                              const struct td_interaction *interaction, int64_t id)
{
    unsigned column = dash + 2, inner = td_writer_deeper(w, column);
    td_writer_line(w, dash);
    td_buf_printf(w->out, "- id: %lld", (long long)id);
    td_writer_key(w, column, TD_BYTES("request"));
    write_record(w, inner, &td_request_keys, &interaction->request);
    td_writer_key(w, column, TD_BYTES("response"));
    write_record(w, inner, &td_response_keys, &interaction->response);
}

void td_emit_interaction(struct td_buf *out, const struct td_interaction *interaction, int64_t id,
                         enum td_layout layout)
{
    struct td_writer w = td_writer_start(out, layout);
    write_interaction(&w, td_writer_dash(&w, 0), interaction, id);
    td_writer_end(&w);
}

/* About as much as will be written, so that a large file is not moved about while it grows. */
static size_t estimate(const struct td_cassette *cassette)
{
    size_t size = 64;
    for (size_t i = 0; i < cassette->count; i++)
        size += 1024 + cassette->interactions[i].request.message.body.len +
                cassette->interactions[i].response.message.body.len;
    return size;
}

void td_emit_cassette(struct td_buf *out, const struct td_cassette *cassette, enum td_layout layout)
{
    struct td_writer w = td_writer_start(out, layout);
    td_buf_reserve(out, estimate(cassette));
    td_buf_put_text(out, "---\nversion: 2\n");
    td_emit_settings(&w, &cassette->settings);
    td_writer_key(&w, 0, TD_BYTES("interactions"));
    if (!cassette->count)
        td_buf_put_text(out, " []");
    for (size_t i = 0; i < cassette->count; i++)
        write_interaction(&w, td_writer_dash(&w, 0), &cassette->interactions[i],
                          cassette->interactions[i].id);
    td_writer_end(&w);
}

void td_emit_scalar(struct td_buf *out, struct td_bytes text, unsigned indent,
                    enum td_layout layout)
{
    struct td_writer w = td_writer_start(out, layout);
    struct td_style style = td_style_of(text, layout, false);
    /* A block that ends in U+2028 has no LF that could be left to the caller. */
    if (style.kind == TD_STYLE_LITERAL && (style.traits & TD_TRAIT_BREAK_LAST) &&
        text.data[text.len - 1] != '\n')
        style.kind = TD_STYLE_DOUBLE;
    if (td_scalar_write(out, text, &style,
                        (struct td_scalar_at){indent, td_writer_deeper(&w, indent)}) &&
        !td_buf_failed(out))
        out->data[--out->len] = '\0';
}

/* ---- the layout of a file ---- */

enum td_layout td_layout_of(const struct td_yaml *tree)
{
    const struct td_yaml_node *list = td_yaml_find(tree->root, TD_BYTES("interactions"));
    if (!list || list->kind != TD_YAML_SEQUENCE || list->style != TD_YAML_BLOCK || !list->first)
        return TD_LAYOUT_COMPACT;
    /* The list itself is indented by four columns. */
    if (list->column != 5)
        return TD_LAYOUT_COMPACT;
    const struct td_yaml_node *request = td_yaml_find(list->first, TD_BYTES("request"));
    if (!request)
        return TD_LAYOUT_GO_VCR_TERSE;
    /* Hardly any request has a trailer; in version 1 there is no such key. */
    const struct td_yaml_node *form = td_yaml_find(request, TD_BYTES("form"));
    bool every =
        td_yaml_find(request, TD_BYTES("trailer")) ||
        (form && td_yaml_resolve(form)->kind == TD_YAML_MAPPING && !td_yaml_resolve(form)->len);
    return every ? TD_LAYOUT_GO_VCR : TD_LAYOUT_GO_VCR_TERSE;
}
