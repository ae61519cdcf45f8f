/* SPDX-License-Identifier: MIT */
/*
 * What is in a file beside the values that the format knows: comments, and keys that nobody knows.
 * Both are kept by whoever writes the file again, and so are secrets in them.
 */
#include "cassette/emit.h"
#include "cassette/place.h"
#include "cassette/reader.h"
#include "cassette/record.h"
#include "scrub/file.h"
#include "scrub/part.h"

struct rest {
    const struct td_scrubber *scrubber;
    const struct td_yaml *tree;
    struct td_scrub_file *file;
    struct td_splices *splices;
    size_t behind; /* the last scalar: from here on there may be a comment */
    struct td_place place;
    bool failed;
    /* Of the text at hand. */
    const char *part;
    const struct td_yaml_node *node; /* NULL: a comment */
    size_t start;
};

static void take_changes(void *context, const struct td_desk *desk, const struct td_sheet *sheet)
{
    struct rest *rest = context;
    (void)sheet;
    for (size_t i = 0; i < desk->found_count && rest->file; i++) {
        const struct td_found *found = &desk->found[i];
        td_place_to_byte(&rest->place, rest->start);
        struct td_mark mark = {rest->place.line, rest->place.column};
        if (!rest->node)
            mark.column += (unsigned)found->start;
        struct td_scrub_finding finding = {
            .rule = found->secret.rule,
            .part = rest->part,
            .variable = found->secret.variable,
            .interaction = -1,
            .line = mark.line,
            .column = mark.column,
            .length = found->len,
        };
        rest->failed |= td_scrub_file_add(rest->file, finding, found->secret.fingerprint) < 0;
    }
}

/* The text as it is to be, or what it was; true where that is something else. */
static bool scrub(struct rest *rest, struct td_bytes text, struct td_buf *out)
{
    struct td_part part = {
        .scrubber = rest->scrubber,
        .kind = TD_PART_TEXT,
        .changed = take_changes,
        .context = rest,
    };
    bool changed;
    rest->failed |= td_part_scrub(&part, text, out, &changed) < 0;
    return changed && !rest->failed;
}

static void take_comment(struct rest *rest, size_t start, size_t end)
{
    struct td_buf out;
    td_buf_init(&out);
    rest->part = "comment";
    rest->node = NULL;
    rest->start = start;
    if (scrub(rest, td_bytes(rest->tree->source.data + start, end - start), &out) && rest->splices)
        td_splices_put(rest->splices, start, end, td_buf_view(&out));
    td_buf_release(&out);
}

/* Between two scalars there is nothing but signs, blanks and comments. */
static void take_gap(struct rest *rest, size_t end)
{
    struct td_bytes source = rest->tree->source;
    for (size_t at = rest->behind; at < end;) {
        const char *hash = memchr(source.data + at, '#', end - at);
        if (!hash)
            break;
        const char *line = memchr(hash, '\n', end - (size_t)(hash - source.data));
        size_t stop = line ? (size_t)(line - source.data) : end;
        take_comment(rest, (size_t)(hash - source.data), stop);
        at = stop;
    }
}

/* A value that nobody knows, of this key, or in a list. */
static void take_unknown(struct rest *rest, const struct td_yaml_node *mapping,
                         const struct td_yaml_node *node, struct td_bytes key)
{
    struct td_buf part, out;
    td_buf_init(&part);
    td_buf_init(&out);
    td_buf_put_text(&part, key.len ? "key " : "unknown key");
    td_buf_put_bytes(&part, key);
    rest->part = td_buf_failed(&part) ? "unknown key" : part.data;
    rest->node = node;
    rest->start = node->start;
    if (scrub(rest, td_yaml_text(node), &out) && rest->splices) {
        struct td_buf text;
        td_buf_init(&text);
        unsigned indent = mapping && mapping->column ? mapping->column - 1 : 0;
        td_emit_scalar(&text, td_buf_view(&out), indent, TD_LAYOUT_COMPACT);
        rest->failed |= td_buf_failed(&text);
        td_splices_put(rest->splices, node->start, node->end, td_buf_view(&text));
        td_buf_release(&text);
    }
    td_buf_release(&part);
    td_buf_release(&out);
}

/* What the children of a collection are. */
enum sort {
    TOP,
    INTERACTIONS,
    INTERACTION,
    REQUEST,
    RESPONSE,
    KNOWN, /* values that are looked at elsewhere, and settings */
    UNKNOWN,
};

static enum sort sort_of(enum sort outer, const struct td_yaml_node *key)
{
    const struct td_yaml_node *name = td_yaml_resolve(key);
    switch (outer) {
    case TOP:
        if (td_yaml_is_key(name, TD_BYTES("interactions")))
            return INTERACTIONS;
        return td_yaml_is_key(name, TD_BYTES("version")) ||
                       td_yaml_is_key(name, TD_BYTES("tapedeck"))
                   ? KNOWN
                   : UNKNOWN;
    case INTERACTION:
        if (td_yaml_is_key(name, TD_BYTES("request")))
            return REQUEST;
        if (td_yaml_is_key(name, TD_BYTES("response")))
            return RESPONSE;
        return td_yaml_is_key(name, TD_BYTES("id")) ? KNOWN : UNKNOWN;
    case REQUEST:
        if (td_yaml_is_key(name, TD_BYTES("id")))
            return KNOWN;
        return name->kind == TD_YAML_SCALAR && td_keys_find(&td_request_keys, td_yaml_text(name))
                   ? KNOWN
                   : UNKNOWN;
    case RESPONSE:
        return name->kind == TD_YAML_SCALAR && td_keys_find(&td_response_keys, td_yaml_text(name))
                   ? KNOWN
                   : UNKNOWN;
    default:
        return outer;
    }
}

struct level {
    const struct td_yaml_node *next;
    const struct td_yaml_node *mapping;
    struct td_bytes key; /* of what is being gone through */
    enum sort sort;
    enum sort value; /* of the value that comes next */
    bool is_value;
};

/* Everything in the order of the file, for the gaps between. */
static void walk(struct rest *rest)
{
    struct level levels[TD_CASSETTE_MAX_DEPTH + 2];
    size_t depth = 0;
    levels[0] = (struct level){rest->tree->root->first, rest->tree->root, {0}, TOP, TOP, false};
    while (!rest->failed) {
        struct level *level = &levels[depth];
        const struct td_yaml_node *node = level->next;
        if (!node) {
            if (!depth--)
                break;
            continue;
        }
        level->next = node->next;
        enum sort sort = level->sort == INTERACTIONS ? INTERACTION : level->sort;
        bool is_key = false;
        if (level->mapping && !level->is_value) {
            is_key = true;
            level->is_value = true;
            level->value = sort_of(level->sort, node);
            const struct td_yaml_node *name = td_yaml_resolve(node);
            level->key = name->kind == TD_YAML_SCALAR ? td_yaml_text(name) : td_bytes("", 0);
        } else if (level->mapping) {
            level->is_value = false;
            sort = level->value;
        }
        if (node->kind == TD_YAML_SEQUENCE || node->kind == TD_YAML_MAPPING) {
            if (depth + 1 < sizeof levels / sizeof *levels)
                levels[++depth] =
                    (struct level){node->first, node->kind == TD_YAML_MAPPING ? node : NULL,
                                   level->key,  sort,
                                   sort,        false};
            continue;
        }
        take_gap(rest, node->start);
        rest->behind = node->end;
        if (sort == UNKNOWN && !is_key && node->kind == TD_YAML_SCALAR)
            take_unknown(rest, level->mapping, node, level->key);
    }
}

int td_scrub_rest(const struct td_scrubber *scrubber, const struct td_yaml *tree,
                  struct td_scrub_file *file, struct td_splices *splices, struct td_error *err)
{
    struct rest rest = {.scrubber = scrubber, .tree = tree, .file = file, .splices = splices};
    rest.place = td_place_start(tree->source);
    walk(&rest);
    take_gap(&rest, tree->source.len);
    return rest.failed ? td_error_nomem(err) : 0;
}
