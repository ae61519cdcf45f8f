/* SPDX-License-Identifier: MIT */
/* Ids, and values that are written in base64 for no reason. */
#include <inttypes.h>

#include "base/map.h"
#include "cassette/base64.h"
#include "cassette/reader.h"
#include "check/check.h"
#include "match/excerpt.h"

/* ---- Ids ---- */

/* An interaction by its id. */
struct owner {
    const struct td_interaction *model;
    bool written; /* the id stands in the file; else it is the interaction's position */
};

struct ids {
    struct td_map owners;
    struct td_arena arena;
    bool any;
    int64_t highest; /* of those that are written */
    struct td_mark highest_mark;
};

static struct td_hash hash_id(int64_t id)
{
    return td_hash_bytes(td_bytes((const char *)&id, sizeof id));
}

static void check_repeated(struct td_check *check, const struct td_checked *one, struct ids *ids)
{
    int64_t id = one->model->id;
    const struct owner *before = td_map_get(&ids->owners, hash_id(id));
    if (before && before->model->id == id) {
        struct td_mark mark = td_check_mark(one->id, one->node);
        unsigned line = before->model->mark.line;
        if (!one->id)
            td_check_report(check, TD_CHECK_ID_REPEATED, one, mark,
                            "an interaction without an id goes by its position, and %" PRId64
                            " is already the id of the interaction in line %u",
                            id, line);
        else
            td_check_report(check, TD_CHECK_ID_REPEATED, one, mark,
                            "the id %" PRId64 " is already that of the interaction in line %u%s",
                            id, line, before->written ? "" : ", by its position");
        return;
    }
    struct owner *owner = td_arena_alloc(&ids->arena, sizeof *owner);
    if (owner) {
        *owner = (struct owner){one->model, one->id != NULL};
        if (td_map_put(&ids->owners, hash_id(id), owner) == 0)
            return;
    }
    check->no_memory = true;
}

static void check_order(struct td_check *check, const struct td_checked *one, struct ids *ids)
{
    int64_t id = one->model->id;
    if (!one->id)
        return;
    struct td_mark mark = td_check_mark(one->id, NULL);
    if (ids->any && id < ids->highest)
        td_check_report(check, TD_CHECK_ID_ORDER, one, mark,
                        "the id %" PRId64 " comes after %" PRId64 " in line %u", id, ids->highest,
                        ids->highest_mark.line);
    if (!ids->any || id > ids->highest) {
        ids->highest = id;
        ids->highest_mark = mark;
    }
    ids->any = true;
}

static void check_id(struct td_check *check, const struct td_checked *one, void *context)
{
    check_repeated(check, one, context);
    check_order(check, one, context);
}

void td_check_ids(struct td_check *check)
{
    struct ids ids = {0};
    td_map_init(&ids.owners);
    td_arena_init(&ids.arena);
    td_check_each(check, check_id, &ids);
    td_map_release(&ids.owners);
    td_arena_release(&ids.arena);
}

/* ---- Base64 ---- */

static void check_scalar(struct td_check *check, const struct td_checked *one,
                         const struct td_yaml_node *node)
{
    struct td_arena arena;
    struct td_bytes bytes;
    size_t bad;
    td_arena_init(&arena);
    if (td_base64_decode(&arena, td_yaml_text(node), &bytes, &bad)) {
        if (!bytes.data)
            check->no_memory = true;
        else if (td_excerpt_is_text(bytes))
            td_check_report(check, TD_CHECK_BINARY_TEXT, one, td_check_mark(node, NULL),
                            "text is written in base64: %s", td_check_quote(check, bytes));
    }
    td_arena_release(&arena);
}

void td_check_binary(struct td_check *check, const struct td_checked *one)
{
    struct td_yaml_walk walk;
    td_yaml_walk_init(&walk, one->node->first);
    for (const struct td_yaml_node *node; (node = td_yaml_walk_next(&walk));)
        if (node->kind == TD_YAML_SCALAR && node->tag == TD_YAML_TAG_BINARY)
            check_scalar(check, one, node);
}
