/* SPDX-License-Identifier: MIT */
/*
 * From what is wanted to the text of the file: a copy whose last line has an end, in which nothing
 * that changes is shared; its splices; and a last look at what has come out.
 */
#include "cassette/edit_draft.h"

#include <stdlib.h>

#include "cassette/edit_manner.h"
#include "cassette/edit_place.h"
#include "cassette/place.h"

/* ---- ids ---- */

/* The id that is written down, or NULL. */
static const struct td_yaml_node *id_node(const struct td_yaml_node *item)
{
    const struct td_yaml_node *id = td_yaml_find(item, TD_BYTES("id"));
    if (!id)
        id = td_yaml_find(td_yaml_find(item, TD_BYTES("request")), TD_BYTES("id"));
    return id && !td_yaml_is_null(id) ? id : NULL;
}

int td_edit_ids(const struct td_edit *edit, int64_t **ids, struct td_error *err)
{
    const struct td_cassette *cassette = edit->cassette;
    const struct td_yaml_node *item =
        td_yaml_resolve(td_yaml_find(edit->tree.root, TD_BYTES("interactions")))->first;
    bool consecutive = true, any = !cassette->count;
    for (size_t i = 0; i < cassette->count; i++)
        consecutive &=
            (uint64_t)cassette->interactions[i].id == (uint64_t)cassette->interactions[0].id + i;

    *ids = calloc(cassette->count + edit->added_count + 1, sizeof **ids);
    if (!*ids)
        return td_error_nomem(err);
    int64_t position = 0, largest = -1;
    for (size_t i = 0; i < cassette->count; i++, item = item->next) {
        bool written = id_node(item);
        any |= written;
        if (td_edit_removed(edit, i))
            continue;
        (*ids)[i] = !written      ? position
                    : consecutive ? cassette->interactions[0].id + position
                                  : cassette->interactions[i].id;
        if ((*ids)[i] > largest)
            largest = (*ids)[i];
        position++;
    }
    if (any && largest > INT64_MAX - (int64_t)edit->added_count) {
        free(*ids);
        return td_error_set_at(err, TD_ERR_LIMIT, edit->path, 0, 0,
                               "no id is left for another interaction, the largest is %lld",
                               (long long)largest);
    }
    for (size_t i = 0; i < edit->added_count; i++)
        (*ids)[cassette->count + i] = any ? ++largest : position + (int64_t)i;
    return 0;
}

/* ---- the last line ---- */

static bool ends_line(struct td_bytes text)
{
    return text.len && (text.data[text.len - 1] == '\n' || text.data[text.len - 1] == '\r');
}

/* The scalar that ends last. */
static const struct td_yaml_node *last_scalar(const struct td_yaml_node *node)
{
    while ((node->kind == TD_YAML_MAPPING || node->kind == TD_YAML_SEQUENCE) && node->first) {
        node = node->first;
        while (node->next)
            node = node->next;
    }
    return node;
}

void td_draft_use(struct td_draft *draft, struct td_buf *text)
{
    if (draft->owned)
        td_yaml_release(&draft->tree);
    td_buf_release(&draft->text);
    draft->tree = (struct td_yaml){0};
    draft->text = *text;
    draft->owned = true;
    td_buf_init(text);
}

/*
 * The file, with an end to its last line, which most have. A block scalar that ends without one has
 * no line break at its end; where lines follow, it has to say so.
 */
static int read_text(struct td_draft *draft, bool follows, struct td_error *err)
{
    const struct td_edit *edit = draft->edit;
    struct td_bytes content = td_buf_view(&edit->content);
    const struct td_yaml_node *last = last_scalar(edit->tree.root);
    size_t at = content.len;
    struct td_buf text;
    draft->tree = edit->tree;
    if (ends_line(content))
        return 0;
    td_buf_init(&text);
    if (follows && last->kind == TD_YAML_SCALAR && last->end == content.len &&
        (last->style == TD_YAML_LITERAL || last->style == TD_YAML_FOLDED)) {
        at = td_draft_content(draft, last) + 1;
        td_buf_put(&text, content.data, at);
        td_buf_put_char(&text, '-');
        for (; at < content.len && strchr("+-0123456789", content.data[at]); at++)
            if (content.data[at] != '+' && content.data[at] != '-')
                td_buf_put_char(&text, content.data[at]);
        td_buf_put(&text, content.data + at, content.len - at);
    } else {
        td_buf_put_bytes(&text, content);
    }
    td_buf_put_bytes(&text, draft->manner.line_break);
    bool failed = td_buf_failed(&text);
    td_draft_use(draft, &text);
    return failed ? td_error_nomem(err)
                  : td_yaml_parse(&draft->tree, edit->path, td_buf_view(&draft->text), err);
}

/* ---- from the draft to the text ---- */

static bool cuts_end(const struct td_draft *draft)
{
    for (size_t i = 0; i < draft->splices.count; i++)
        if (draft->splices.items[i].end == draft->tree.source.len &&
            draft->splices.items[i].start < draft->splices.items[i].end)
            return true;
    return false;
}

/* A file whose last line had no end gets none, unless that means something else. */
static int finish(struct td_draft *draft, const int64_t *ids, struct td_buf *out, size_t start,
                  struct td_error *err)
{
    const struct td_edit *edit = draft->edit;
    size_t len = out->len, end = draft->manner.line_break.len;
    if (!ends_line(td_buf_view(&edit->content)) && !cuts_end(draft) && len - start > end) {
        out->len -= end;
        if (td_edit_check(edit, ids, td_bytes(out->data + start, out->len - start), err) == 0) {
            out->data[out->len] = '\0';
            return 0;
        }
        out->len = len;
    }
    return td_edit_check(edit, ids, td_bytes(out->data + start, out->len - start), err);
}

static int cannot(const struct td_edit *edit, struct td_error *err)
{
    return td_error_set_at(err, TD_ERR_INVALID, edit->path, 0, 0,
                           "the cassette cannot be changed in place: it is written in a way that "
                           "such a change does not fit in; write it more plainly first");
}

static int render(struct td_draft *draft, const int64_t *ids, struct td_buf *out,
                  struct td_error *err)
{
    const struct td_edit *edit = draft->edit;
    size_t start = out->len;
    draft->manner.line_break = td_line_break_of(td_buf_view(&edit->content));
    int status = read_text(draft, edit->added_count > 0, err);
    if (status < 0)
        return status;
    status = td_draft_unshare(draft, ids, err);
    if (status < 0)
        return status == TD_ERR_NOMEM ? status : cannot(edit, err);
    td_manner_read(draft);
    status = td_draft_change(draft, ids, err);
    if (status == 0)
        status = td_splices_apply(&draft->splices, draft->tree.source, out);
    if (status == TD_ERR_NOMEM)
        status = td_error_nomem(err);
    else if (status == TD_ERR_INVALID)
        status = cannot(edit, err);
    if (status == 0)
        status = finish(draft, ids, out, start, err);
    if (status < 0 && !td_buf_failed(out) && out->len > start) {
        out->len = start;
        out->data[start] = '\0';
    }
    return status;
}

static int attempt(const struct td_edit *edit, const int64_t *ids, bool careful, struct td_buf *out,
                   struct td_error *err)
{
    struct td_draft draft = {.edit = edit, .careful = careful};
    td_buf_init(&draft.text);
    td_splices_init(&draft.splices);
    td_arena_init(&draft.arena);
    int status = render(&draft, ids, out, err);
    if (draft.owned)
        td_yaml_release(&draft.tree);
    td_splices_release(&draft.splices);
    td_buf_release(&draft.text);
    td_arena_release(&draft.arena);
    return status;
}

int td_draft_render(const struct td_edit *edit, struct td_buf *out, struct td_error *err)
{
    int64_t *ids;
    int status = td_edit_ids(edit, &ids, err);
    if (status < 0)
        return status;
    status = attempt(edit, ids, false, out, err);
    if (status == TD_ERR_INVALID)
        status = attempt(edit, ids, true, out, err);
    free(ids);
    return status;
}
