/* SPDX-License-Identifier: MIT */
#include "cassette/settings.h"

#include <stdlib.h>

#include "base/file.h"
#include "cassette/reader.h"
#include "cassette/value.h"

/* Each setting has a path of its own, so that long keys of mappings come again and again. */
enum { MAX_RULES_BYTES = 4 * 1024 * 1024, MAX_PATH_BYTES = 1000 };

/* A mapping that is being gone through, and the path that led there. */
struct level {
    const struct td_yaml_node *key; /* the next one */
    size_t path_len;
};

static int add(struct td_reading *r, const struct td_buf *path, const struct td_yaml_node *value,
               struct td_setting *setting)
{
    setting->path = td_arena_copy(&r->tree->texts, td_buf_view(path));
    setting->mark = (struct td_mark){value->line, value->column};
    if (!setting->path.data)
        return td_error_nomem(r->err);
    return td_value_list(r, setting->path.data, value, &setting->values);
}

/* With no place to put them, only counts. */
static int walk(struct td_reading *r, const struct td_yaml_node *root, struct td_setting *settings,
                size_t *count)
{
    struct level levels[TD_CASSETTE_MAX_DEPTH];
    struct td_buf path;
    struct td_bytes name;
    size_t depth = 0;
    int status = 0;
    td_buf_init(&path);
    *count = 0;
    levels[0] = (struct level){root->first, 0};
    for (;;) {
        const struct td_yaml_node *key = levels[depth].key;
        if (!key) {
            if (!depth--)
                break;
            continue;
        }
        const struct td_yaml_node *value = td_yaml_resolve(key->next);
        levels[depth].key = key->next->next;
        status = td_value_check_key(r, key);
        if (status == 0 && td_yaml_resolve(key)->kind != TD_YAML_SCALAR)
            status = td_value_wrong(r, "tapedeck", key, "a mapping whose keys are text");
        if (status == 0)
            status = td_value_name(r, key, &name);
        if (status < 0)
            break;
        path.len = levels[depth].path_len;
        if (path.len && path.len < MAX_PATH_BYTES)
            td_buf_put_char(&path, '.');
        if (name.len > MAX_PATH_BYTES - path.len) {
            status = td_error_set_at(r->err, TD_ERR_LIMIT, r->path, key->line, key->column,
                                     "the path of a setting is longer than %d bytes here",
                                     MAX_PATH_BYTES);
            break;
        }
        td_buf_put_bytes(&path, name);
        if (value->kind == TD_YAML_MAPPING) {
            if (depth + 1 == TD_CASSETTE_MAX_DEPTH) {
                status = td_value_wrong(r, "tapedeck", value, "nested less deeply");
                break;
            }
            levels[++depth] = (struct level){value->first, path.len};
            continue;
        }
        if (td_buf_failed(&path))
            status = td_error_nomem(r->err);
        else if (settings)
            status = add(r, &path, key->next, &settings[*count]);
        if (status < 0)
            break;
        ++*count;
    }
    td_buf_release(&path);
    return status;
}

int td_settings_read(struct td_reading *r, const struct td_yaml_node *node,
                     struct td_settings *settings)
{
    const struct td_yaml_node *root = td_yaml_resolve(node);
    size_t count;
    if (td_yaml_is_null(root))
        return 0;
    if (root->kind != TD_YAML_MAPPING)
        return td_value_wrong(r, "tapedeck", node, "a mapping of settings");
    int status = walk(r, root, NULL, &count);
    if (status < 0 || !count)
        return status;
    struct td_setting *items = td_arena_alloc(&r->tree->texts, count * sizeof *items);
    if (!items)
        return td_error_nomem(r->err);
    settings->items = items;
    return walk(r, root, items, &settings->count);
}

int td_settings_load(const char *path, struct td_settings **settings, struct td_error *err)
{
    struct td_file file;
    struct td_yaml tree;
    int status = td_file_open(&file, path, MAX_RULES_BYTES, err);
    if (status < 0)
        return status;
    struct td_settings *made = calloc(1, sizeof *made);
    if (made)
        made->path = strdup(path);
    if (!made || !made->path) {
        td_file_close(&file);
        td_settings_free(made);
        return td_error_nomem(err);
    }
    status = td_yaml_parse(&tree, path, file.content, err);
    struct td_reading reading = {.tree = &tree, .path = path, .err = err};
    if (status == 0)
        status = td_settings_read(&reading, tree.root, made);
    made->arena = tree.texts;
    td_arena_init(&tree.texts);
    td_yaml_release(&tree);
    td_file_close(&file);
    if (status < 0)
        td_settings_free(made);
    else
        *settings = made;
    return status;
}

void td_settings_free(struct td_settings *settings)
{
    if (!settings)
        return;
    td_arena_release(&settings->arena);
    free(settings->path);
    free(settings);
}
