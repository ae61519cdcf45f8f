/* SPDX-License-Identifier: MIT */
#include "cassette/writer.h"

struct td_writer_rules {
    unsigned step;       /* columns a level */
    bool dashes_outside; /* the dashes of a list stand under the key that it is the value of */
    bool every_key;
};

static const struct td_writer_rules rules[] = {
    [TD_LAYOUT_COMPACT] = {2, true, false},
    [TD_LAYOUT_GO_VCR] = {4, false, true},
    [TD_LAYOUT_GO_VCR_TERSE] = {4, false, false},
};

struct td_writer td_writer_start(struct td_buf *out, enum td_layout layout)
{
    return (struct td_writer){.out = out, .rules = &rules[layout], .layout = layout, .ended = true};
}

void td_writer_end(struct td_writer *w)
{
    if (!w->ended)
        td_buf_put_char(w->out, '\n');
    w->ended = true;
}

bool td_writer_has_every_key(const struct td_writer *w)
{
    return w->rules->every_key;
}

unsigned td_writer_deeper(const struct td_writer *w, unsigned column)
{
    return w->rules->step * ((column + w->rules->step) / w->rules->step);
}

unsigned td_writer_dash(const struct td_writer *w, unsigned column)
{
    return td_writer_deeper(w, column) - (w->rules->dashes_outside ? 2 : 0);
}

void td_writer_line(struct td_writer *w, unsigned column)
{
    if (w->at) { /* goes on behind the colon of a long key */
        td_scalar_put_spaces(w->out, column - w->at);
        w->at = 0;
        return;
    }
    td_writer_end(w);
    td_scalar_put_spaces(w->out, column);
    w->ended = false;
}

void td_writer_key(struct td_writer *w, unsigned column, struct td_bytes name)
{
    td_writer_line(w, column);
    td_buf_put_bytes(w->out, name);
    td_buf_put_char(w->out, ':');
}

void td_writer_value(struct td_writer *w, unsigned column, struct td_bytes text)
{
    struct td_style style = td_style_of(text, w->layout, false);
    td_buf_put_char(w->out, ' ');
    w->at = 0;
    w->ended = td_scalar_write(w->out, text, &style,
                               (struct td_scalar_at){column, td_writer_deeper(w, column)});
}

bool td_writer_any_key(struct td_writer *w, unsigned column, struct td_bytes name)
{
    struct td_style style = td_style_of(name, w->layout, true);
    struct td_scalar_at at = {column, td_writer_deeper(w, column)};
    bool simple = td_scalar_is_simple_key(name, &style);
    td_writer_line(w, column);
    if (!simple)
        td_buf_put_text(w->out, "? ");
    w->ended = td_scalar_write(w->out, name, &style, at);
    if (!simple) {
        td_writer_line(w, column);
        w->at = column + 1;
    }
    td_buf_put_char(w->out, ':');
    return simple;
}

void td_writer_item(struct td_writer *w, unsigned dash, struct td_bytes text)
{
    struct td_style style = td_style_of(text, w->layout, false);
    td_writer_line(w, dash);
    td_buf_put_text(w->out, "- ");
    w->ended = td_scalar_write(w->out, text, &style, (struct td_scalar_at){dash, dash + 2});
}

void td_writer_items(struct td_writer *w, unsigned dash, const struct td_list *list)
{
    if (!list->count) {
        td_buf_put_text(w->out, " []");
        w->at = 0;
    }
    for (size_t i = 0; i < list->count; i++)
        td_writer_item(w, dash, list->items[i]);
}

unsigned td_writer_open_list(struct td_writer *w, unsigned column, struct td_bytes name)
{
    /* Behind the colon of a long key Go starts a list one level in, in any layout. */
    return td_writer_any_key(w, column, name) ? td_writer_dash(w, column)
                                              : td_writer_deeper(w, column);
}
