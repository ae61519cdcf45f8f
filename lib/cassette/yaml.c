/* SPDX-License-Identifier: MIT */
/*
 * libyaml's events become the tree. The collections that are open are an explicit stack; each
 * event's marks, which count characters, become bytes through one td_place that walks along.
 */
#include "cassette/yaml.h"

#include <stdlib.h>
#include <sys/mman.h>

#include "base/map.h"
#include "cassette/place.h"
#include "cassette/reader.h"
#include "cassette/yaml_error.h"
#include "cassette/yaml_input.h"

enum {
    SLAB_NODES = 1024,  /* nodes are allocated so many at a time */
    MAX_DIRECTIVES = 16 /* libyaml compares each with each */
};

/* What all aliases together may stand for: each node NODE_WEIGHT, each byte of text one. */
enum { NODE_WEIGHT = 16, ALIAS_TIMES = 8 };
static const uint64_t alias_base = UINT64_C(64) << 20;

_Static_assert(sizeof(struct td_yaml_node) == 40 || sizeof(void *) != 8, "nodes are to be small");

struct anchor {
    struct td_bytes name;
    struct td_yaml_node *node;
    uint64_t weight; /* the node's, aliases followed; while it is open, what came before it */
    bool open;
};

struct frame {
    struct td_yaml_node *node;
    struct td_yaml_node **tail; /* where the next child goes */
    struct anchor *anchor;      /* the node's own, or NULL */
};

struct builder {
    struct td_yaml *tree;
    const char *path;
    struct td_error *err;
    struct td_place place;
    size_t last_end; /* of the last event's text; never behind the place */
    struct td_yaml_node *slab;
    size_t slab_left;
    struct td_map anchors;
    uint64_t weight;  /* of all so far, aliases followed */
    uint64_t aliased; /* the part of it that stands behind aliases */
    struct frame stack[TD_CASSETTE_MAX_DEPTH];
    size_t depth;
};

#define FAIL(b, code, at, ...)                                                                     \
    td_error_set_at((b)->err, (code), (b)->path, (at)->line, (at)->column, __VA_ARGS__)

/*
 * Between nodes: the bytes of the blank, the line break or the whole comment at `at`; 0 before
 * anything else.
 */
static size_t blank_len(struct td_bytes text, size_t at, size_t end)
{
    if (text.data[at] == ' ' || text.data[at] == '\t')
        return 1;
    size_t len = td_break_len(text.data + at, end - at);
    if (text.data[at] == '#')
        while (at + len < end && !td_break_len(text.data + at + len, end - at - len))
            len++;
    return len;
}

size_t td_yaml_skip_blank(struct td_bytes text, size_t at)
{
    for (size_t len = 1; at < text.len && len; at += len)
        len = blank_len(text, at, text.len);
    return at;
}

/* ---- spans ---- */

static void start_at(struct td_yaml_node *node, const struct td_place *place)
{
    node->start = (uint32_t)place->byte;
    node->line = place->line;
    node->column = place->column;
}

/*
 * An empty value: libyaml has it at its indicator or before the next token, beyond blank lines and
 * comments. It belongs behind the last indicator, or behind its key where there is none.
 */
static void span_empty(struct builder *b, struct td_yaml_node *node, size_t index)
{
    struct td_bytes text = b->tree->source;
    struct td_place mark = b->place;
    td_place_to_index(&mark, index);
    size_t place = b->last_end;
    for (size_t at = place, len; at < mark.byte; at += len) {
        len = blank_len(text, at, mark.byte);
        if (!len)
            place = at + (len = 1);
    }
    td_place_to_byte(&b->place, place);
    start_at(node, &b->place);
    node->end = node->start;
}

/* libyaml ends a block scalar behind its last line break, the node is to end before it. */
static void span_block_scalar(struct builder *b, struct td_yaml_node *node, size_t index)
{
    struct td_bytes text = b->tree->source;
    td_place_to_index(&b->place, index - 1);
    td_place_before_crlf(&b->place);
    if (!td_break_len(text.data + b->place.byte, text.len - b->place.byte))
        td_place_to_index(&b->place, index);
    node->end = (uint32_t)b->place.byte;
}

/* ---- nodes ---- */

static struct td_yaml_node *new_node(struct builder *b)
{
    if (!b->slab_left) {
        b->slab = td_arena_alloc(&b->tree->nodes, SLAB_NODES * sizeof *b->slab);
        if (!b->slab)
            return NULL;
        b->slab_left = SLAB_NODES;
    }
    b->slab_left--;
    b->weight += NODE_WEIGHT;
    return b->slab++;
}

/* Into the collection that is open, or to the root. */
static void attach(struct builder *b, struct td_yaml_node *node)
{
    if (!b->depth) {
        b->tree->root = node;
        return;
    }
    struct frame *top = &b->stack[b->depth - 1];
    *top->tail = node;
    top->tail = &node->next;
    top->node->len++;
}

static uint8_t tag_of(const yaml_char_t *tag)
{
    static const struct {
        const char *name;
        enum td_yaml_tag tag;
    } tags[] = {{"!", TD_YAML_TAG_STR},
                {YAML_STR_TAG, TD_YAML_TAG_STR},
                {"tag:yaml.org,2002:binary", TD_YAML_TAG_BINARY},
                {YAML_NULL_TAG, TD_YAML_TAG_NULL}};
    if (!tag)
        return TD_YAML_TAG_NONE;
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++)
        if (strcmp((const char *)tag, tags[i].name) == 0)
            return (uint8_t)tags[i].tag;
    return TD_YAML_TAG_OTHER;
}

static struct anchor *find_anchor(const struct builder *b, struct td_bytes name)
{
    struct anchor *anchor = td_map_get(&b->anchors, td_hash_bytes(name));
    return anchor && td_bytes_equal(anchor->name, name) ? anchor : NULL;
}

/* Notes the node's anchor, if it has one. An anchor may be used anew: the latest counts. */
static int add_anchor(struct builder *b, struct td_yaml_node *node, const yaml_char_t *name,
                      struct anchor **added)
{
    *added = NULL;
    if (!name)
        return 0;
    struct anchor *anchor = td_arena_alloc(&b->tree->nodes, sizeof *anchor);
    if (!anchor)
        return td_error_nomem(b->err);
    anchor->name = td_arena_copy(&b->tree->nodes, td_bytes_of((const char *)name));
    anchor->node = node;
    anchor->open = true;
    anchor->weight = b->weight - NODE_WEIGHT;
    node->anchored = true;
    if (!anchor->name.data || td_map_put(&b->anchors, td_hash_bytes(anchor->name), anchor) < 0)
        return td_error_nomem(b->err);
    *added = anchor;
    return 0;
}

static void close_anchor(struct builder *b, struct anchor *anchor)
{
    if (!anchor)
        return;
    anchor->open = false;
    anchor->weight = b->weight - anchor->weight;
}

static int add_alias(struct builder *b, const yaml_event_t *event)
{
    struct td_yaml_node *node = new_node(b);
    if (!node)
        return td_error_nomem(b->err);
    node->kind = TD_YAML_ALIAS;
    td_place_to_index(&b->place, event->start_mark.index);
    start_at(node, &b->place);
    td_place_to_index(&b->place, event->end_mark.index);
    node->end = (uint32_t)b->place.byte;
    b->last_end = node->end;

    const char *name = (const char *)event->data.alias.anchor;
    const struct anchor *anchor = find_anchor(b, td_bytes_of(name));
    if (!anchor)
        return FAIL(b, TD_ERR_SYNTAX, node, "alias '*%.60s' has no anchor '&%.60s' before it", name,
                    name);
    if (anchor->open)
        return FAIL(b, TD_ERR_SYNTAX, node, "alias '*%.60s' stands inside what it stands for",
                    name);
    b->weight += anchor->weight;
    b->aliased += anchor->weight;
    if (b->aliased > alias_base + ALIAS_TIMES * (uint64_t)b->tree->source.len)
        return FAIL(b, TD_ERR_LIMIT, node,
                    "aliases stand for too much, from '*%.60s' on; write the values out", name);
    node->target = anchor->node;
    attach(b, node);
    return 0;
}

/*
 * Room for the texts, in one piece: there are no more bytes in them than in the source, escapes
 * such as \L aside. Untouched memory costs nothing, and of a large piece the kernel is asked for
 * large pages: most of what reading costs beside the parsing is memory that is touched for the
 * first time.
 */
static int reserve_texts(struct td_yaml *tree)
{
    const size_t large_page = 2 * 1024 * 1024;
    tree->room = td_arena_alloc(&tree->texts, tree->source.len);
    if (!tree->room)
        return TD_ERR_NOMEM;
    tree->room_left = tree->source.len;
    if (tree->room_left >= 2 * large_page) {
        size_t skip = -(uintptr_t)tree->room % large_page;
        (void)madvise(tree->room + skip, tree->room_left - skip, MADV_HUGEPAGE);
    }
    return 0;
}

struct td_bytes td_yaml_keep(struct td_yaml *tree, struct td_bytes text)
{
    if (text.len >= tree->room_left)
        return td_arena_copy(&tree->texts, text);
    char *copy = tree->room;
    if (text.len)
        memcpy(copy, text.data, text.len);
    copy[text.len] = '\0';
    tree->room += text.len + 1;
    tree->room_left -= text.len + 1;
    return td_bytes(copy, text.len);
}

/* The text stays in the source where it stands there as it is, which is true of most. */
static bool keep_text(struct builder *b, struct td_yaml_node *node, struct td_bytes text)
{
    bool quoted = node->style == TD_YAML_SINGLE_QUOTED || node->style == TD_YAML_DOUBLE_QUOTED;
    node->len = (uint32_t)text.len;
    if (node->end - node->start >= text.len + quoted) {
        node->text = b->tree->source.data + node->end - quoted - text.len;
        if (!text.len || memcmp(node->text, text.data, text.len) == 0)
            return true;
    }
    node->text = td_yaml_keep(b->tree, text).data;
    return node->text;
}

static uint8_t scalar_style(yaml_scalar_style_t style)
{
    switch (style) {
    case YAML_SINGLE_QUOTED_SCALAR_STYLE:
        return TD_YAML_SINGLE_QUOTED;
    case YAML_DOUBLE_QUOTED_SCALAR_STYLE:
        return TD_YAML_DOUBLE_QUOTED;
    case YAML_LITERAL_SCALAR_STYLE:
        return TD_YAML_LITERAL;
    case YAML_FOLDED_SCALAR_STYLE:
        return TD_YAML_FOLDED;
    default:
        return TD_YAML_PLAIN;
    }
}

static int add_scalar(struct builder *b, const yaml_event_t *event)
{
    struct anchor *anchor;
    struct td_yaml_node *node = new_node(b);
    if (!node || event->data.scalar.length >= UINT32_MAX)
        return td_error_nomem(b->err);
    node->kind = TD_YAML_SCALAR;
    node->style = scalar_style(event->data.scalar.style);
    node->tag = tag_of(event->data.scalar.tag);
    if (event->start_mark.index == event->end_mark.index) {
        span_empty(b, node, event->start_mark.index);
    } else {
        td_place_to_index(&b->place, event->start_mark.index);
        start_at(node, &b->place);
        if (node->style == TD_YAML_LITERAL || node->style == TD_YAML_FOLDED)
            span_block_scalar(b, node, event->end_mark.index);
        else
            td_place_to_index(&b->place, event->end_mark.index);
        node->end = (uint32_t)b->place.byte;
    }
    b->last_end = node->end;
    if (!keep_text(b, node,
                   td_bytes((const char *)event->data.scalar.value, event->data.scalar.length)))
        return td_error_nomem(b->err);
    int status = add_anchor(b, node, event->data.scalar.anchor, &anchor);
    if (status < 0)
        return status;
    b->weight += node->len;
    close_anchor(b, anchor);
    attach(b, node);
    return 0;
}

static int open_collection(struct builder *b, const yaml_event_t *event)
{
    bool mapping = event->type == YAML_MAPPING_START_EVENT;
    struct anchor *anchor;
    struct td_yaml_node *node = new_node(b);
    if (!node)
        return td_error_nomem(b->err);
    td_place_to_index(&b->place, event->start_mark.index);
    start_at(node, &b->place);
    if (b->depth == TD_CASSETTE_MAX_DEPTH)
        return FAIL(b, TD_ERR_LIMIT, node, "nested more than %d levels deep",
                    TD_CASSETTE_MAX_DEPTH);
    bool block = mapping ? event->data.mapping_start.style == YAML_BLOCK_MAPPING_STYLE
                         : event->data.sequence_start.style == YAML_BLOCK_SEQUENCE_STYLE;
    node->kind = mapping ? TD_YAML_MAPPING : TD_YAML_SEQUENCE;
    node->style = block ? TD_YAML_BLOCK : TD_YAML_FLOW;
    node->tag = tag_of(mapping ? event->data.mapping_start.tag : event->data.sequence_start.tag);
    int status = add_anchor(
        b, node, mapping ? event->data.mapping_start.anchor : event->data.sequence_start.anchor,
        &anchor);
    if (status < 0)
        return status;
    attach(b, node);
    b->stack[b->depth++] = (struct frame){node, &node->first, anchor};
    return 0;
}

static int close_collection(struct builder *b, const yaml_event_t *event)
{
    struct frame *top = &b->stack[--b->depth];
    struct td_yaml_node *node = top->node;
    if (node->style == TD_YAML_FLOW && event->start_mark.index == event->end_mark.index)
        node->style = TD_YAML_PAIR;
    /* libyaml ends what has no bracket at the next token, beyond blank lines and comments. */
    if (node->style == TD_YAML_FLOW) {
        td_place_to_index(&b->place, event->end_mark.index);
        b->last_end = b->place.byte;
    }
    node->end = (uint32_t)b->last_end;
    close_anchor(b, top->anchor);
    if (node->kind != TD_YAML_MAPPING)
        return 0;
    node->len /= 2;
    return td_yaml_check_keys(node, b->path, b->err);
}

/* ---- documents ---- */

/* Behind the document: `...` and comments, and nothing else. */
static int close_document(struct builder *b, const yaml_event_t *event)
{
    struct td_bytes text = b->tree->source;
    struct td_place end = b->place;
    td_place_to_index(&end, event->end_mark.index);
    size_t at = td_yaml_skip_blank(text, end.byte);
    while (text.len - at >= 3 && memcmp(text.data + at, "...", 3) == 0)
        at = td_yaml_skip_blank(text, at + 3);
    if (at == text.len)
        return 0;
    td_place_to_byte(&end, at);
    return FAIL(b, TD_ERR_FORMAT, &end,
                "more follows the end of the document here, and a cassette is one document");
}

/* Before the parser sees them, since it would take for ever over a million directives. */
static int check_directives(struct builder *b)
{
    struct td_bytes text = b->tree->source;
    struct td_place place = b->place;
    size_t at = td_yaml_skip_blank(text, place.byte);
    for (unsigned count = 1; at < text.len && text.data[at] == '%'; count++) {
        if (count > MAX_DIRECTIVES) {
            td_place_to_byte(&place, at);
            return FAIL(b, TD_ERR_LIMIT, &place, "more than %d YAML directives", MAX_DIRECTIVES);
        }
        while (at < text.len && !td_break_len(text.data + at, text.len - at))
            at++;
        at = td_yaml_skip_blank(text, at);
    }
    return 0;
}

static int handle(struct builder *b, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_ALIAS_EVENT:
        return add_alias(b, event);
    case YAML_SCALAR_EVENT:
        return add_scalar(b, event);
    case YAML_SEQUENCE_START_EVENT:
    case YAML_MAPPING_START_EVENT:
        return open_collection(b, event);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        return close_collection(b, event);
    case YAML_DOCUMENT_END_EVENT:
        return close_document(b, event);
    default:
        return 0;
    }
}

static int parser_error(struct builder *b, const yaml_parser_t *parser,
                        const struct td_yaml_input *input)
{
    if (!input->refused)
        return td_yaml_error_set(b->err, b->path, b->tree->source, parser);
    return FAIL(b, TD_ERR_LIMIT, &b->place,
                "a value behind here has a run of %zu blanks, and would take too long to read",
                input->longest);
}

static int run(struct builder *b, struct td_bytes content)
{
    yaml_parser_t parser;
    yaml_event_t event;
    struct td_yaml_input input;
    int status = 0;
    if (!yaml_parser_initialize(&parser))
        return td_error_nomem(b->err);
    td_yaml_input_open(&input, content, &parser);
    for (bool ended = false; !ended && status == 0;) {
        if (!yaml_parser_parse(&parser, &event)) {
            status = parser_error(b, &parser, &input);
            break;
        }
        ended = event.type == YAML_STREAM_END_EVENT;
        status = handle(b, &event);
        yaml_event_delete(&event);
        td_yaml_input_event(&input);
    }
    yaml_parser_delete(&parser);
    return status;
}

int td_yaml_parse(struct td_yaml *tree, const char *path, struct td_bytes source,
                  struct td_error *err)
{
    *tree = (struct td_yaml){.source = source};
    td_arena_init(&tree->nodes);
    td_arena_init(&tree->texts);
    struct builder *b = malloc(sizeof *b);
    if (!b)
        return td_error_nomem(err);
    *b = (struct builder){.tree = tree, .path = path, .err = err, .place = td_place_start(source)};
    td_map_init(&b->anchors);
    b->last_end = b->place.byte;
    struct td_bytes content = td_bytes(source.data + b->place.byte, source.len - b->place.byte);

    int status;
    if (source.len > TD_CASSETTE_MAX_BYTES)
        status = FAIL(b, TD_ERR_LIMIT, &b->place, "%zu bytes are too many, and the limit is %d",
                      source.len, TD_CASSETTE_MAX_BYTES);
    else if (source.len >= 2 &&
             (memcmp(source.data, "\xff\xfe", 2) == 0 || memcmp(source.data, "\xfe\xff", 2) == 0))
        status = FAIL(b, TD_ERR_SYNTAX, &b->place, "is UTF-16; save it as UTF-8");
    else if (reserve_texts(tree) < 0)
        status = td_error_nomem(err);
    else
        status = check_directives(b);
    if (status == 0)
        status = run(b, content);
    if (status == 0 && !tree->root)
        status = FAIL(b, TD_ERR_SYNTAX, &b->place,
                      content.len ? "holds nothing but comments" : "is empty");
    td_map_release(&b->anchors);
    free(b);
    return status;
}

void td_yaml_release(struct td_yaml *tree)
{
    td_arena_release(&tree->nodes);
    td_arena_release(&tree->texts);
    tree->root = NULL;
}
