/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>

#include "cassette/chunks.h"
#include "cassette/emit.h"
#include "scrub/file.h"

/* A text that has to change is another one: what was not scrubbed is the very same bytes. */
static bool differs(struct td_bytes a, struct td_bytes b)
{
    return a.data != b.data && !td_bytes_equal(a, b);
}

typedef int set_field(struct td_edit *edit, size_t position, enum td_side side, size_t index,
                      struct td_bytes value, struct td_error *err);
typedef int remove_field(struct td_edit *edit, size_t position, enum td_side side, size_t index,
                         struct td_error *err);

/* Fields only go as a whole name, so that the ones that stay can be paired by their names. */
static int change_fields(struct td_edit *edit, size_t position, enum td_side side,
                         const struct td_fields *read, const struct td_fields *scrubbed,
                         set_field *set, remove_field *remove, struct td_error *err)
{
    size_t next = 0;
    int status = 0;
    if (read->items == scrubbed->items)
        return 0;
    for (size_t i = 0; i < read->count && status == 0; i++) {
        const struct td_field *was = &read->items[i];
        const struct td_field *is = next < scrubbed->count ? &scrubbed->items[next] : NULL;
        if (!is || !td_bytes_equal(is->name, was->name)) {
            status = remove(edit, position, side, i, err);
            continue;
        }
        next++;
        if (differs(was->value, is->value))
            status = set(edit, position, side, i, is->value, err);
    }
    return status;
}

/* None goes, and a name may be another one. */
static int change_form(struct td_edit *edit, size_t position, const struct td_fields *read,
                       const struct td_fields *scrubbed, struct td_error *err)
{
    int status = 0;
    for (size_t i = 0; i < read->count && status == 0 && read->items != scrubbed->items; i++) {
        const struct td_field *was = &read->items[i], *is = &scrubbed->items[i];
        if (differs(was->name, is->name)) {
            status = td_edit_remove_form(edit, position, i, err);
            if (status == 0)
                status = td_edit_add_form(edit, position, is->name, is->value, err);
        } else if (differs(was->value, is->value)) {
            status = td_edit_set_form(edit, position, i, is->value, err);
        }
    }
    return status;
}

static int change_message(struct td_edit *edit, size_t position, enum td_side side,
                          const struct td_message *read, const struct td_message *scrubbed,
                          struct td_error *err)
{
    int status = change_fields(edit, position, side, &read->headers, &scrubbed->headers,
                               td_edit_set_header, td_edit_remove_header, err);
    if (status == 0)
        status = change_fields(edit, position, side, &read->trailer, &scrubbed->trailer,
                               td_edit_set_trailer, td_edit_remove_trailer, err);
    if (status == 0 && differs(read->body, scrubbed->body))
        status = td_edit_set(edit, position, side, TD_EDIT_BODY, scrubbed->body, err);
    if (status == 0 && read->content_length != scrubbed->content_length) {
        char digits[32];
        int len = snprintf(digits, sizeof digits, "%lld", (long long)scrubbed->content_length);
        status = td_edit_set(edit, position, side, TD_EDIT_CONTENT_LENGTH,
                             td_bytes(digits, (size_t)len), err);
    }
    return status;
}

int td_scrub_change(struct td_edit *edit, size_t position, const struct td_interaction *read,
                    const struct td_interaction *scrubbed, struct td_error *err)
{
    const struct td_recorded_request *was = &read->request, *is = &scrubbed->request;
    const struct {
        enum td_edit_key key;
        struct td_bytes was, is;
    } texts[] = {
        {TD_EDIT_URL, was->url, is->url},
        {TD_EDIT_REQUEST_URI, was->request_uri, is->request_uri},
        {TD_EDIT_HOST, was->host, is->host},
        {TD_EDIT_REMOTE_ADDR, was->remote_addr, is->remote_addr},
    };
    int status = 0;
    for (size_t i = 0; i < sizeof texts / sizeof *texts && status == 0; i++)
        if (differs(texts[i].was, texts[i].is))
            status = td_edit_set(edit, position, TD_REQUEST, texts[i].key, texts[i].is, err);
    if (status == 0)
        status = change_message(edit, position, TD_REQUEST, &was->message, &is->message, err);
    if (status == 0)
        status = change_form(edit, position, &was->form, &is->form, err);
    if (status == 0)
        status = change_message(edit, position, TD_RESPONSE, &read->response.message,
                                &scrubbed->response.message, err);
    if (status == 0 && differs(read->response.status, scrubbed->response.status))
        status = td_edit_set(edit, position, TD_RESPONSE, TD_EDIT_STATUS, scrubbed->response.status,
                             err);
    return status;
}

bool td_scrub_shape_differs(const struct td_shape *a, const struct td_shape *b)
{
    return a->chunks.items != b->chunks.items || a->head.data != b->head.data ||
           a->interim.items != b->interim.items || a->broken.data != b->broken.data;
}

/* A scalar gives way to a text, in a style that holds it. */
static int put_scalar(struct td_splices *splices, const struct td_yaml_node *mapping,
                      const struct td_yaml_node *node, struct td_bytes text)
{
    struct td_buf out;
    td_buf_init(&out);
    unsigned indent = mapping->first && mapping->first->column ? mapping->first->column - 1 : 0;
    td_emit_scalar(&out, text, indent, TD_LAYOUT_COMPACT);
    bool failed = td_buf_failed(&out);
    if (!failed)
        td_splices_put(splices, node->start, node->end, td_buf_view(&out));
    td_buf_release(&out);
    return failed ? TD_ERR_NOMEM : 0;
}

static int change_text(struct td_splices *splices, const struct td_yaml_node *mapping,
                       struct td_bytes key, struct td_bytes text)
{
    const struct td_yaml_node *node = td_yaml_find(mapping, key);
    if (!node)
        return 0;
    node = td_yaml_resolve(node);
    if (node->kind != TD_YAML_SCALAR || td_bytes_equal(td_yaml_text(node), text))
        return 0;
    return put_scalar(splices, mapping, node, text);
}

int td_scrub_change_shape(struct td_splices *splices, const struct td_yaml_node *item,
                          const struct td_shape *scrubbed)
{
    const struct td_yaml_node *response = td_yaml_find(td_yaml_resolve(item), TD_BYTES("response"));
    const struct td_yaml_node *shape =
        response ? td_yaml_find(td_yaml_resolve(response), TD_BYTES("tapedeck")) : NULL;
    if (!shape)
        return 0;
    shape = td_yaml_resolve(shape);
    struct td_buf chunks;
    td_buf_init(&chunks);
    td_chunks_format(scrubbed->chunks, &chunks);
    int status = td_buf_failed(&chunks) ? TD_ERR_NOMEM : 0;
    if (status == 0 && chunks.len)
        status = change_text(splices, shape, TD_BYTES("chunks"), td_buf_view(&chunks));
    td_buf_release(&chunks);
    if (status == 0)
        status = change_text(splices, shape, TD_BYTES("head"), scrubbed->head);
    if (status == 0)
        status = change_text(splices, shape, TD_BYTES("broken"), scrubbed->broken);
    const struct td_yaml_node *list = td_yaml_find(shape, TD_BYTES("interim"));
    if (!list || status < 0)
        return status;
    list = td_yaml_resolve(list);
    const struct td_yaml_node *node = list->kind == TD_YAML_SEQUENCE ? list->first : list;
    for (size_t i = 0; node && i < scrubbed->interim.count && status == 0; i++) {
        const struct td_yaml_node *value = td_yaml_resolve(node);
        if (!td_bytes_equal(td_yaml_text(value), scrubbed->interim.items[i]))
            status = put_scalar(splices, shape, value, scrubbed->interim.items[i]);
        node = list->kind == TD_YAML_SEQUENCE ? node->next : NULL;
    }
    return status;
}
