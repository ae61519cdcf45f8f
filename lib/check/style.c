/* SPDX-License-Identifier: MIT */
/* Whether a file is what Go's emitter would write, and what of it people have added. */
#include "cassette/emit.h"
#include "cassette/place.h"
#include "cassette/reader.h"
#include "check/check.h"

/* ---- What is kept as it is ---- */

static bool starts(struct td_bytes text, size_t at, const char *prefix)
{
    size_t len = strlen(prefix);
    return text.len - at >= len && memcmp(text.data + at, prefix, len) == 0;
}

static size_t line_end(struct td_bytes text, size_t at)
{
    const char *end = memchr(text.data + at, '\n', text.len - at);
    return end ? (size_t)(end - text.data) + 1 : text.len;
}

/* Comments and empty lines in front of `---`, a licence for the most part: their length. */
static size_t head_length(struct td_bytes source)
{
    size_t at = 0;
    while (at < source.len && (source.data[at] == '#' || source.data[at] == '\n'))
        at = line_end(source, at);
    return starts(source, at, "---\n") ? at : 0;
}

/* A part of the source, from the start of a line to the start of another. */
struct part {
    size_t start, end;
};

/* Tapedeck's settings with their key, up to the next key; empty where there are none. */
static struct part settings_part(const struct td_check *check)
{
    struct td_bytes source = check->file.content;
    const struct td_yaml_node *root = check->tree.root;
    if (root->kind != TD_YAML_MAPPING || root->style != TD_YAML_BLOCK)
        return (struct part){0, 0};
    for (const struct td_yaml_node *key = root->first; key; key = key->next->next) {
        const struct td_yaml_node *behind = key->next->next;
        if (td_yaml_is_key(key, TD_BYTES("tapedeck")) && key->column == 1)
            return (struct part){key->start,
                                 behind ? behind->start : line_end(source, key->next->end)};
    }
    return (struct part){0, 0};
}

/* ---- The file, written afresh ---- */

int td_check_restyle(struct td_check *check, struct td_buf *out)
{
    static const char interactions[] = "interactions:";
    struct td_bytes source = check->file.content;
    struct part settings = settings_part(check);
    const struct td_yaml_node *list = td_yaml_find(check->tree.root, TD_BYTES("interactions"));
    struct td_settings all = check->cassette->settings;
    struct td_buf fresh;
    td_buf_init(&fresh);
    if (settings.end)
        check->cassette->settings.count = 0; /* they are put in as they are */
    td_emit_cassette(&fresh, check->cassette, td_layout_of(&check->tree));
    check->cassette->settings = all;
    size_t at = fresh.len;
    if (settings.end && settings.start < list->start) {
        const char *key = memmem(fresh.data, fresh.len, interactions, sizeof interactions - 1);
        at = key ? (size_t)(key - fresh.data) : 0;
    }
    td_buf_put(out, source.data, head_length(source));
    td_buf_put(out, fresh.data, at);
    td_buf_put(out, source.data + settings.start, settings.end - settings.start);
    td_buf_put(out, fresh.data + at, fresh.len - at);
    bool failed = td_buf_failed(&fresh) || td_buf_failed(out);
    td_buf_release(&fresh);
    return failed ? TD_ERR_NOMEM : 0;
}

static struct td_bytes line_at(struct td_bytes text, size_t start)
{
    size_t end = line_end(text, start);
    return td_bytes(text.data + start, end - start - (end > start && text.data[end - 1] == '\n'));
}

/* The last line needs no end: editors and scripts take it off. */
static bool same_text(struct td_bytes a, struct td_bytes b)
{
    return td_bytes_equal(a, b) ||
           (a.len + 1 == b.len && b.data[a.len] == '\n' && memcmp(a.data, b.data, a.len) == 0);
}

void td_check_style(struct td_check *check)
{
    struct td_bytes is = check->file.content, fresh;
    struct td_buf out;
    if (!check->wanted[TD_CHECK_STYLE])
        return;
    td_buf_init(&out);
    if (td_check_restyle(check, &out) < 0)
        check->no_memory = true;
    fresh = td_buf_view(&out);
    if (!check->no_memory && !same_text(is, fresh)) {
        size_t at = 0;
        while (at < is.len && at < fresh.len && is.data[at] == fresh.data[at])
            at++;
        while (at && is.data[at - 1] != '\n')
            at--;
        struct td_place place = td_place_start(is);
        td_place_to_byte(&place, at);
        struct td_bytes line = line_at(is, at), other = line_at(fresh, at);
        td_check_report(check, TD_CHECK_STYLE, NULL, (struct td_mark){place.line, place.column},
                        "the line is %s, and Go would write %s",
                        td_check_quote_beside(check, line, other),
                        td_check_quote_beside(check, other, line));
    }
    td_buf_release(&out);
}

/* ---- Comments ---- */

/* A number sign in [*at, end), which holds no value, or NULL. */
static const char *find_sign(const struct td_check *check, struct part kept, size_t at, size_t end)
{
    const char *source = check->file.content.data, *sign;
    while (at < end && (sign = memchr(source + at, '#', end - at))) {
        at = (size_t)(sign - source);
        if (at < kept.start || at >= kept.end)
            return sign;
        at = kept.end;
    }
    return NULL;
}

/* A block scalar's comment is in its own first line. */
static size_t value_start(struct td_bytes source, const struct td_yaml_node *leaf)
{
    bool block = leaf->kind == TD_YAML_SCALAR &&
                 (leaf->style == TD_YAML_LITERAL || leaf->style == TD_YAML_FOLDED);
    return block && leaf->end > leaf->start
               ? line_end(td_bytes(source.data, leaf->end), leaf->start)
               : leaf->start;
}

bool td_check_comment(const struct td_check *check, struct td_mark *mark)
{
    struct td_bytes source = check->file.content;
    struct part kept = settings_part(check);
    struct td_yaml_walk walk;
    size_t at = head_length(source);
    const char *sign = NULL;
    td_yaml_walk_init(&walk, check->tree.root);
    for (const struct td_yaml_node *node; !sign && (node = td_yaml_walk_next(&walk));) {
        if (node->kind == TD_YAML_SCALAR || node->kind == TD_YAML_ALIAS) {
            sign = find_sign(check, kept, at, value_start(source, node));
            at = node->end;
        }
    }
    if (!sign)
        sign = find_sign(check, kept, at, source.len);
    if (!sign)
        return false;
    struct td_place place = td_place_start(source);
    td_place_to_byte(&place, (size_t)(sign - source.data));
    *mark = (struct td_mark){place.line, place.column};
    return true;
}
