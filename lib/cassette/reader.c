/* SPDX-License-Identifier: MIT */
/*
 * Keys are looked up in the tables of cassette/keys.h. Merge keys are an error wherever keys are
 * read: go-vcr would follow them, and leaving them out would lose what they stand for.
 */
#include "cassette/reader.h"

#include <limits.h>
#include <stdlib.h>

#include "base/file.h"
#include "cassette/chunks.h"
#include "cassette/keys.h"
#include "cassette/settings.h"
#include "cassette/value.h"

#define FAIL(r, code, node, ...)                                                                   \
    td_error_set_at((r)->err, (code), (r)->path, (node)->line, (node)->column, __VA_ARGS__)

static struct td_mark mark_of(const struct td_yaml_node *node)
{
    return (struct td_mark){node->line, node->column};
}

static int fail_missing(struct td_reading *r, const struct td_yaml_node *mapping, const char *where,
                        const char *name)
{
    return FAIL(r, TD_ERR_FORMAT, mapping, "%s has no '%s'%s", where, name,
                td_value_cut_hint(r, mapping));
}

static int check_keys(struct td_reading *r, const struct td_yaml_node *mapping)
{
    int status = 0;
    for (const struct td_yaml_node *key = mapping->first; key && !status; key = key->next->next)
        status = td_value_check_key(r, key);
    return status;
}

static int read_record(struct td_reading *r, const char *name, const struct td_yaml_node *node,
                       const struct td_keys *keys, void *record);

static int read_chunks(struct td_reading *r, const char *name, const struct td_yaml_node *node,
                       struct td_recorded_chunks *chunks)
{
    struct td_bytes text;
    int status = td_value_text(r, name, node, &text);
    if (status == 0)
        status = td_chunks_parse(&r->tree->texts, text, chunks);
    if (status == TD_ERR_FORMAT)
        return td_value_wrong(r, name, node,
                              "lengths and milliseconds such as '214@312.4 220@331'");
    return status == TD_ERR_NOMEM ? td_error_nomem(r->err) : status;
}

static int read_value(struct td_reading *r, const struct td_key *key,
                      const struct td_yaml_node *node, void *record)
{
    const char *name = key->name.data;
    char *target = (char *)record + key->offset;
    struct td_message *message;
    int64_t number = 0;
    int status;
    switch (key->type) {
    case TD_KEY_TEXT:
        return td_value_text(r, name, node, (struct td_bytes *)target);
    case TD_KEY_BODY:
        message = (struct td_message *)target;
        message->body_mark = mark_of(node);
        return td_value_text(r, name, node, &message->body);
    case TD_KEY_INT:
        status = td_value_integer(r, name, node, INT_MIN, INT_MAX, &number);
        *(int *)target = (int)number;
        return status;
    case TD_KEY_LONG:
        return td_value_integer(r, name, node, INT64_MIN, INT64_MAX, (int64_t *)target);
    case TD_KEY_BOOL:
        return td_value_bool(r, name, node, (bool *)target);
    case TD_KEY_LIST:
        return td_value_list(r, name, node, (struct td_list *)target);
    case TD_KEY_FIELDS:
        return td_value_fields(r, name, node, (struct td_fields *)target);
    case TD_KEY_DURATION:
        return td_value_duration(r, name, node, (int64_t *)target);
    case TD_KEY_CHUNKS:
        return read_chunks(r, name, node, (struct td_recorded_chunks *)target);
    case TD_KEY_SHAPE:
        return td_yaml_is_null(node) ? 0 : read_record(r, name, node, &td_shape_keys, target);
    }
    return 0;
}

/* A request or a response, into the struct whose keys these are. */
static int read_record(struct td_reading *r, const char *name, const struct td_yaml_node *node,
                       const struct td_keys *keys, void *record)
{
    const struct td_yaml_node *mapping = td_yaml_resolve(node);
    if (mapping->kind != TD_YAML_MAPPING)
        return td_value_wrong(r, name, node, "a mapping");
    int status = check_keys(r, mapping);
    for (const struct td_yaml_node *key = mapping->first; key && !status; key = key->next->next) {
        size_t i = 0;
        while (i < keys->count && !td_yaml_is_key(key, keys->items[i].name))
            i++;
        if (i < keys->count)
            status = read_value(r, &keys->items[i], key->next, record);
    }
    return status;
}

static int read_request(struct td_reading *r, const struct td_yaml_node *node,
                        struct td_recorded_request *request)
{
    int status = read_record(r, "request", node, &td_request_keys, request);
    request->message.mark = mark_of(node);
    if (status == 0 && !td_yaml_find(node, TD_BYTES("url")))
        return fail_missing(r, node, "the request", "url");
    return status;
}

/* The number that a status text such as "200 OK" starts with, or 0. */
static int status_code(struct td_bytes status)
{
    uint64_t code;
    if (status.len < 3 || (status.len > 3 && status.data[3] != ' ') ||
        !td_bytes_to_u64(td_bytes(status.data, 3), &code))
        return 0;
    return (int)code;
}

static int read_response(struct td_reading *r, const struct td_yaml_node *node,
                         struct td_recorded_response *response)
{
    int status = read_record(r, "response", node, &td_response_keys, response);
    response->message.mark = mark_of(node);
    if (status < 0)
        return status;
    const struct td_yaml_node *code = td_yaml_find(node, TD_BYTES("code"));
    /* go-vcr writes 0 where it has none. */
    if (response->code == 0) {
        response->code = status_code(response->status);
        if (response->code == 0)
            return fail_missing(r, node, "the response", "code");
        if (!code)
            code = td_yaml_find(node, TD_BYTES("status"));
    }
    if (response->code < 100 || response->code > 999)
        return FAIL(r, TD_ERR_FORMAT, code, "'code' must be a status such as 200, and is %d%s",
                    response->code, td_value_cut_hint(r, code));
    return 0;
}

static int read_interaction(struct td_reading *r, const struct td_yaml_node *node, size_t position,
                            struct td_interaction *interaction)
{
    const struct td_yaml_node *mapping = td_yaml_resolve(node);
    if (mapping->kind != TD_YAML_MAPPING)
        return td_value_wrong(r, "interactions", node, "a list of mappings");
    interaction->mark = mark_of(node);
    int status = check_keys(r, mapping);
    if (status < 0)
        return status;
    const struct td_yaml_node *request = td_yaml_find(mapping, TD_BYTES("request"));
    const struct td_yaml_node *response = td_yaml_find(mapping, TD_BYTES("response"));
    const struct td_yaml_node *id = td_yaml_find(mapping, TD_BYTES("id"));
    if (!request || !response)
        return fail_missing(r, node, "the interaction", request ? "response" : "request");
    if (!id)
        id = td_yaml_find(request, TD_BYTES("id"));
    if (id && !td_yaml_is_null(id))
        status = td_value_integer(r, "id", id, INT64_MIN, INT64_MAX, &interaction->id);
    else
        interaction->id = (int64_t)position;
    if (status == 0)
        status = read_request(r, request, &interaction->request);
    if (status == 0)
        status = read_response(r, response, &interaction->response);
    return status;
}

static int check_version(struct td_reading *r, const struct td_yaml_node *node)
{
    const struct td_yaml_node *scalar = td_yaml_resolve(node);
    int64_t version;
    if (scalar->kind != TD_YAML_SCALAR || td_yaml_is_null(scalar) ||
        td_value_integer(r, "version", node, INT64_MIN, INT64_MAX, &version) < 0) {
        td_value_wrong(r, "version", node, "the number 2");
        if (r->err)
            r->err->code = TD_ERR_VERSION;
        return TD_ERR_VERSION;
    }
    if (version == 1)
        return FAIL(
            r, TD_ERR_VERSION, node,
            "a version-1 cassette; only version 2 is read: record it again with go-vcr 3 or "
            "later");
    if (version != 2)
        return FAIL(r, TD_ERR_VERSION, node,
                    "a version-%lld cassette; this tapedeck reads version 2, a newer one may "
                    "read it",
                    (long long)version);
    return 0;
}

static int read_interactions(struct td_reading *r, const struct td_yaml_node *node,
                             struct td_cassette *cassette)
{
    const struct td_yaml_node *list = td_yaml_resolve(node);
    if (td_yaml_is_null(list))
        return FAIL(r, TD_ERR_FORMAT, node,
                    "'interactions' is empty%s; a cassette without any says 'interactions: []'",
                    td_value_cut_hint(r, list));
    if (list->kind != TD_YAML_SEQUENCE)
        return td_value_wrong(r, "interactions", node, "a list");
    if (!list->len)
        return 0;
    struct td_interaction *interactions =
        td_arena_alloc(&r->tree->texts, list->len * sizeof *interactions);
    if (!interactions)
        return td_error_nomem(r->err);
    cassette->interactions = interactions;
    for (const struct td_yaml_node *item = list->first; item; item = item->next) {
        int status = read_interaction(r, item, cassette->count, &interactions[cassette->count]);
        if (status < 0)
            return status;
        cassette->count++;
    }
    return 0;
}

static int read_top(struct td_reading *r, struct td_cassette *cassette)
{
    const struct td_yaml_node *root = r->tree->root;
    if (root->kind != TD_YAML_MAPPING)
        return FAIL(r, TD_ERR_FORMAT, root,
                    "not a cassette: the top level is %s, not a mapping with 'version' and "
                    "'interactions'",
                    root->kind == TD_YAML_SEQUENCE ? "a list"
                    : td_yaml_is_null(root)        ? "empty"
                                                   : "text");
    int status = check_keys(r, root);
    if (status < 0)
        return status;
    const struct td_yaml_node *version = td_yaml_find(root, TD_BYTES("version"));
    const struct td_yaml_node *interactions = td_yaml_find(root, TD_BYTES("interactions"));
    if (!version && !interactions)
        return FAIL(r, TD_ERR_FORMAT, root,
                    "not a cassette: neither 'version' nor 'interactions' at the top level");
    status = version ? check_version(r, version) : 0;
    if (status == 0 && !interactions)
        return fail_missing(r, root, "the cassette", "interactions");
    if (status == 0)
        status = read_interactions(r, interactions, cassette);
    const struct td_yaml_node *settings = td_yaml_find(root, TD_BYTES("tapedeck"));
    if (status == 0 && settings)
        status = td_settings_read(r, settings, &cassette->settings);
    /* Last, since a dialect has it last, and a file that was cut has lost other things before. */
    if (status == 0 && !version)
        return FAIL(r, TD_ERR_VERSION, root,
                    "the cassette has no 'version'; the file may be cut short, or the line "
                    "'version: 2' is to be added");
    return status;
}

int td_cassette_from_yaml(const char *path, struct td_yaml *tree, struct td_cassette **cassette,
                          struct td_error *err)
{
    struct td_cassette *made = calloc(1, sizeof *made);
    if (!made)
        return td_error_nomem(err);
    made->path = made->settings.path = strdup(path);
    struct td_reading r = {.tree = tree, .path = path, .err = err};
    int status = made->path ? read_top(&r, made) : td_error_nomem(err);
    if (status < 0) {
        td_cassette_free(made);
        return status;
    }
    made->arena = tree->texts;
    td_arena_init(&tree->texts);
    *cassette = made;
    return 0;
}

int td_cassette_parse(const char *path, struct td_bytes content, struct td_cassette **cassette,
                      struct td_error *err)
{
    struct td_yaml tree;
    int status = td_yaml_parse(&tree, path, content, err);
    if (status == 0)
        status = td_cassette_from_yaml(path, &tree, cassette, err);
    td_yaml_release(&tree);
    return status;
}

int td_cassette_load(const char *path, struct td_cassette **cassette, struct td_error *err)
{
    struct td_file file;
    int status = td_file_open(&file, path, TD_CASSETTE_MAX_BYTES, err);
    if (status < 0)
        return status;
    status = td_cassette_parse(path, file.content, cassette, err);
    td_file_close(&file);
    return status;
}

void td_cassette_free(struct td_cassette *cassette)
{
    if (!cassette)
        return;
    td_arena_release(&cassette->arena);
    free(cassette->path);
    free(cassette);
}
