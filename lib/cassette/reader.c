/* SPDX-License-Identifier: MIT */
/*
 * The keys of the format, and where in the model each goes. Merge keys are an error wherever keys
 * are read: go-vcr would follow them, and leaving them out would lose what they stand for.
 */
#include "cassette/reader.h"

#include <limits.h>
#include <stdlib.h>

#include "base/file.h"
#include "cassette/value.h"

enum type { TEXT, INT, LONG, BOOL, LIST, FIELDS, DURATION };

struct key {
    const char *name;
    enum type type;
    size_t offset; /* of its value in the struct that is read into */
};

#define MESSAGE_KEYS                                                                               \
    {"proto", TEXT, offsetof(struct td_message, proto)},                                           \
        {"proto_major", INT, offsetof(struct td_message, proto_major)},                            \
        {"proto_minor", INT, offsetof(struct td_message, proto_minor)},                            \
        {"content_length", LONG, offsetof(struct td_message, content_length)},                     \
        {"transfer_encoding", LIST, offsetof(struct td_message, transfer_encoding)},               \
        {"trailer", FIELDS, offsetof(struct td_message, trailer)},                                 \
        {"body", TEXT, offsetof(struct td_message, body)},                                         \
    {                                                                                              \
        "headers", FIELDS, offsetof(struct td_message, headers)                                    \
    }

static const struct key request_keys[] = {
    MESSAGE_KEYS,
    {"host", TEXT, offsetof(struct td_recorded_request, host)},
    {"remote_addr", TEXT, offsetof(struct td_recorded_request, remote_addr)},
    {"request_uri", TEXT, offsetof(struct td_recorded_request, request_uri)},
    {"form", FIELDS, offsetof(struct td_recorded_request, form)},
    {"url", TEXT, offsetof(struct td_recorded_request, url)},
    {"method", TEXT, offsetof(struct td_recorded_request, method)},
};

static const struct key response_keys[] = {
    MESSAGE_KEYS,
    {"uncompressed", BOOL, offsetof(struct td_recorded_response, uncompressed)},
    {"status", TEXT, offsetof(struct td_recorded_response, status)},
    {"code", INT, offsetof(struct td_recorded_response, code)},
    {"duration", DURATION, offsetof(struct td_recorded_response, duration_ns)},
};

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* MESSAGE_KEYS counts from the message. */
_Static_assert(offsetof(struct td_recorded_request, message) == 0, "the message comes first");
_Static_assert(offsetof(struct td_recorded_response, message) == 0, "the message comes first");

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

static int read_value(struct td_reading *r, const struct key *key, const struct td_yaml_node *node,
                      char *target)
{
    int64_t number = 0;
    int status;
    switch (key->type) {
    case TEXT:
        return td_value_text(r, key->name, node, (struct td_bytes *)target);
    case INT:
        status = td_value_integer(r, key->name, node, INT_MIN, INT_MAX, &number);
        *(int *)target = (int)number;
        return status;
    case LONG:
        return td_value_integer(r, key->name, node, INT64_MIN, INT64_MAX, (int64_t *)target);
    case BOOL:
        return td_value_bool(r, key->name, node, (bool *)target);
    case LIST:
        return td_value_list(r, key->name, node, (struct td_list *)target);
    case FIELDS:
        return td_value_fields(r, key->name, node, (struct td_fields *)target);
    case DURATION:
        return td_value_duration(r, key->name, node, (int64_t *)target);
    }
    return 0;
}

/* A request or a response. */
static int read_message(struct td_reading *r, const char *name, const struct td_yaml_node *node,
                        const struct key *keys, size_t count, struct td_message *message)
{
    const struct td_yaml_node *mapping = td_yaml_resolve(node);
    if (mapping->kind != TD_YAML_MAPPING)
        return td_value_wrong(r, name, node, "a mapping");
    message->mark = mark_of(node);
    for (const struct td_yaml_node *key = mapping->first; key; key = key->next->next) {
        int status = td_value_check_key(r, key);
        for (size_t i = 0; i < count && status == 0; i++)
            if (td_yaml_is_key(key, td_bytes_of(keys[i].name)))
                status = read_value(r, &keys[i], key->next, (char *)message + keys[i].offset);
        if (status < 0)
            return status;
        if (td_yaml_is_key(key, TD_BYTES("body")))
            message->body_mark = mark_of(key->next);
    }
    return 0;
}

static int read_request(struct td_reading *r, const struct td_yaml_node *node,
                        struct td_recorded_request *request)
{
    int status =
        read_message(r, "request", node, request_keys, COUNT(request_keys), &request->message);
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
    int status =
        read_message(r, "response", node, response_keys, COUNT(response_keys), &response->message);
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
    for (const struct td_yaml_node *key = mapping->first; key; key = key->next->next) {
        int status = td_value_check_key(r, key);
        if (status < 0)
            return status;
    }
    const struct td_yaml_node *request = td_yaml_find(mapping, TD_BYTES("request"));
    const struct td_yaml_node *response = td_yaml_find(mapping, TD_BYTES("response"));
    const struct td_yaml_node *id = td_yaml_find(mapping, TD_BYTES("id"));
    if (!request || !response)
        return fail_missing(r, node, "the interaction", request ? "response" : "request");
    if (!id)
        id = td_yaml_find(request, TD_BYTES("id"));
    int status = 0;
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
        return FAIL(r, TD_ERR_VERSION, node,
                    "a version-1 cassette; run 'tapedeck convert FILE > NEW' to bring it to "
                    "version 2");
    if (version != 2)
        return FAIL(r, TD_ERR_VERSION, node,
                    "a version-%lld cassette; this tapedeck reads version 2, a newer one may read "
                    "it",
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
        td_arena_alloc(r->arena, list->len * sizeof *interactions);
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
    for (const struct td_yaml_node *key = root->first; key; key = key->next->next) {
        int status = td_value_check_key(r, key);
        if (status < 0)
            return status;
    }
    const struct td_yaml_node *version = td_yaml_find(root, TD_BYTES("version"));
    const struct td_yaml_node *interactions = td_yaml_find(root, TD_BYTES("interactions"));
    if (!version && !interactions)
        return FAIL(r, TD_ERR_FORMAT, root,
                    "not a cassette: neither 'version' nor 'interactions' at the top level");
    int status = version ? check_version(r, version) : 0;
    if (status == 0 && !interactions)
        return fail_missing(r, root, "the cassette", "interactions");
    if (status == 0)
        status = read_interactions(r, interactions, cassette);
    /* Last, since a dialect has it last, and a file that was cut has lost other things before. */
    if (status == 0 && !version)
        return FAIL(r, TD_ERR_VERSION, root,
                    "the cassette has no 'version'%s; if it is go-vcr's version 2, add the line "
                    "'version: 2'",
                    td_value_cut_hint(r, root));
    return status;
}

int td_cassette_from_yaml(const char *path, struct td_yaml *tree, struct td_cassette **cassette,
                          struct td_error *err)
{
    struct td_cassette *made = calloc(1, sizeof *made);
    if (!made)
        return td_error_nomem(err);
    made->arena = tree->texts;
    td_arena_init(&tree->texts);
    made->path = strdup(path);
    struct td_reading r = {.tree = tree, .path = path, .arena = &made->arena, .err = err};
    int status = made->path ? read_top(&r, made) : td_error_nomem(err);
    if (status < 0) {
        td_cassette_free(made);
        return status;
    }
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
