/* SPDX-License-Identifier: MIT */
#include "scrub/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "base/grow.h"
#include "base/hash.h"
#include "base/save.h"
#include "cassette/reader.h"
#include "scrub/sift.h"
#include "scrub/where.h"

/* ---- what is told ---- */

int td_scrub_file_add(struct td_scrub_file *file, struct td_scrub_finding finding,
                      uint32_t fingerprint)
{
    char mark[96], bits[8];
    struct td_scrub_finding *items =
        td_grow(file->items, file->count, &file->capacity, sizeof *items);
    if (!items)
        return TD_ERR_NOMEM;
    file->items = items;
    snprintf(bits, sizeof bits, "%04x", (unsigned)(fingerprint & 0xffff));
    struct td_hash hash = td_hash_join(td_hash_bytes(td_bytes_of(finding.part)),
                                       td_hash_bytes(td_bytes_of(finding.rule)));
    hash = td_hash_join(hash, td_hash_bytes(td_bytes_of(bits)));
    snprintf(mark, sizeof mark, "%s:%016llx", finding.rule, (unsigned long long)hash.low);
    finding.fingerprint = td_arena_copy(&file->arena, td_bytes_of(mark)).data;
    finding.rule = td_arena_copy(&file->arena, td_bytes_of(finding.rule)).data;
    finding.part = td_arena_copy(&file->arena, td_bytes_of(finding.part)).data;
    if (finding.variable)
        finding.variable = td_arena_copy(&file->arena, td_bytes_of(finding.variable)).data;
    if (!finding.fingerprint || !finding.rule || !finding.part)
        return TD_ERR_NOMEM;
    finding.what = td_scrub_rule_what(finding.rule);
    file->items[file->count++] = finding;
    return 0;
}

void td_scrub_part_name(struct td_buf *out, const struct td_leak *finding)
{
    static const char *const names[] = {
        [TD_SCRUB_URL] = "URL",
        [TD_SCRUB_REQUEST_URI] = "URI",
        [TD_SCRUB_HOST] = "host",
        [TD_SCRUB_REMOTE_ADDR] = "remote address",
        [TD_SCRUB_FORM] = "form field",
        [TD_SCRUB_HEADER] = "header",
        [TD_SCRUB_TRAILER] = "trailer",
        [TD_SCRUB_BODY] = "body",
        [TD_SCRUB_STATUS] = "status",
        [TD_SCRUB_HEAD] = "head",
        [TD_SCRUB_INTERIM] = "early head",
        [TD_SCRUB_BROKEN] = "end",
    };
    td_buf_printf(out, "%s %s", finding->response ? "response" : "request", names[finding->part]);
    if (finding->name.len) {
        td_buf_put_char(out, ' ');
        td_buf_put_bytes(out, finding->name);
    }
}

/* ---- nodes ---- */

const struct td_yaml_node *td_scrub_first_item(const struct td_yaml *tree)
{
    const struct td_yaml_node *list = td_yaml_find(tree->root, TD_BYTES("interactions"));
    return list ? td_yaml_resolve(list)->first : NULL;
}

/* The value of the field with this index in a mapping of names to values. */
static const struct td_yaml_node *find_field(const struct td_yaml_node *fields, size_t index)
{
    fields = td_yaml_resolve(fields);
    if (fields->kind != TD_YAML_MAPPING)
        return fields;
    for (const struct td_yaml_node *key = fields->first; key; key = key->next->next) {
        const struct td_yaml_node *value = td_yaml_resolve(key->next);
        if (value->kind != TD_YAML_SEQUENCE) {
            if (!index--)
                return value;
            continue;
        }
        for (const struct td_yaml_node *item = value->first; item; item = item->next)
            if (!index--)
                return td_yaml_resolve(item);
    }
    return fields;
}

const struct td_yaml_node *td_scrub_finding_node(const struct td_yaml_node *item,
                                                 const struct td_leak *finding)
{
    static const char *const keys[] = {
        [TD_SCRUB_URL] = "url",         [TD_SCRUB_REQUEST_URI] = "request_uri",
        [TD_SCRUB_HOST] = "host",       [TD_SCRUB_REMOTE_ADDR] = "remote_addr",
        [TD_SCRUB_FORM] = "form",       [TD_SCRUB_HEADER] = "headers",
        [TD_SCRUB_TRAILER] = "trailer", [TD_SCRUB_BODY] = "body",
        [TD_SCRUB_STATUS] = "status",   [TD_SCRUB_HEAD] = "head",
        [TD_SCRUB_INTERIM] = "interim", [TD_SCRUB_BROKEN] = "broken",
    };
    item = td_yaml_resolve(item);
    const struct td_yaml_node *record =
        td_yaml_find(item, finding->response ? TD_BYTES("response") : TD_BYTES("request"));
    if (!record)
        return item;
    record = td_yaml_resolve(record);
    if (finding->part >= TD_SCRUB_HEAD) {
        const struct td_yaml_node *shape = td_yaml_find(record, TD_BYTES("tapedeck"));
        record = shape ? td_yaml_resolve(shape) : record;
    }
    const struct td_yaml_node *value = td_yaml_find(record, td_bytes_of(keys[finding->part]));
    if (!value)
        return record;
    if (finding->part == TD_SCRUB_FORM || finding->part == TD_SCRUB_HEADER ||
        finding->part == TD_SCRUB_TRAILER)
        return find_field(value, finding->index);
    return td_yaml_resolve(value);
}

/* ---- looking ---- */

static int tell(struct td_scrub_file *file, const struct td_yaml *tree,
                const struct td_yaml_node *item, const struct td_leaks *findings,
                unsigned line_offset)
{
    struct td_where where = {0};
    struct td_buf part;
    int status = 0;
    td_buf_init(&part);
    for (size_t i = 0; i < findings->count && status == 0; i++) {
        const struct td_leak *found = &findings->items[i];
        const struct td_yaml_node *node = td_scrub_finding_node(item, found);
        if (node != where.node || found->offset < where.offset)
            td_where_init(&where, tree->source, node);
        struct td_mark mark = td_where_find(&where, found->removed ? 0 : found->offset);
        td_buf_clear(&part);
        td_scrub_part_name(&part, found);
        if (td_buf_failed(&part))
            status = TD_ERR_NOMEM;
        else
            status = td_scrub_file_add(file,
                                       (struct td_scrub_finding){
                                           .rule = found->rule,
                                           .part = part.data,
                                           .variable = found->variable,
                                           .interaction = found->interaction,
                                           .side = found->response ? TD_RESPONSE : TD_REQUEST,
                                           .line = mark.line + line_offset,
                                           .column = mark.column,
                                           .length = found->len,
                                           .removed = found->removed,
                                       },
                                       found->fingerprint);
    }
    td_buf_release(&part);
    return status;
}

/* A shape that is to be written behind the edit. */
struct shape_change {
    size_t position;
    struct td_shape shape;
};

/* All that is known of a file while it is gone through. */
struct going {
    struct td_scrub_file *file;
    const struct td_scrubber *scrubber;
    struct td_yaml tree;
    struct td_edit *edit; /* NULL where it is only looked at */
    struct td_arena arena;
    struct shape_change *shapes;
    size_t shape_count;
};

static int note_shape(struct going *going, size_t position, const struct td_shape *shape)
{
    struct shape_change *shapes =
        reallocarray(going->shapes, going->shape_count + 1, sizeof *shapes);
    if (!shapes)
        return TD_ERR_NOMEM;
    going->shapes = shapes;
    shapes[going->shape_count++] = (struct shape_change){position, *shape};
    return 0;
}

static int take_interaction(struct going *going, const struct td_interaction *read, size_t position,
                            const struct td_yaml_node *item, struct td_error *err)
{
    struct td_interaction scrubbed = *read;
    struct td_leaks findings;
    td_leaks_init(&findings);
    int status = td_scrub_interaction(going->scrubber, &scrubbed, &going->arena, &findings, err);
    if (status == 0 && findings.count) {
        if (tell(going->file, &going->tree, item, &findings, 0) < 0)
            status = td_error_nomem(err);
        if (status == 0 && going->edit)
            status = td_scrub_change(going->edit, position, read, &scrubbed, err);
        if (status == 0 &&
            td_scrub_shape_differs(&read->response.shape, &scrubbed.response.shape) &&
            note_shape(going, position, &scrubbed.response.shape) < 0)
            status = td_error_nomem(err);
    }
    td_leaks_release(&findings);
    return status;
}

/* What no edit does: shapes, and what is beside the interactions. */
static int finish_text(struct going *going, struct td_bytes text, struct td_error *err)
{
    struct td_scrub_file *file = going->file;
    struct td_splices splices;
    struct td_yaml tree;
    size_t position = 0, next = 0;
    int status = td_yaml_parse(&tree, file->path, text, err);
    td_splices_init(&splices);
    const struct td_yaml_node *item = status == 0 ? td_scrub_first_item(&tree) : NULL;
    for (; item && next < going->shape_count && status == 0; item = item->next, position++)
        if (going->shapes[next].position == position)
            status = td_scrub_change_shape(&splices, item, &going->shapes[next++].shape);
    if (status == 0)
        status = td_scrub_rest(going->scrubber, &tree, NULL, &splices, err);
    if (status == 0)
        status = td_splices_apply(&splices, text, &file->after);
    td_splices_release(&splices);
    td_yaml_release(&tree);
    return status == TD_ERR_NOMEM ? td_error_nomem(err) : status;
}

static int make_text(struct going *going, struct td_error *err)
{
    struct td_scrub_file *file = going->file;
    struct td_buf text;
    struct td_cassette *again;
    td_buf_init(&text);
    int status = td_edit_render(going->edit, &text, err);
    if (status == 0)
        status = finish_text(going, td_buf_view(&text), err);
    if (status == 0)
        status = td_cassette_parse(file->path, td_buf_view(&file->after), &again, err);
    if (status == 0)
        td_cassette_free(again);
    file->changed = true;
    td_buf_release(&text);
    return status;
}

static int go_through(struct td_scrub_file *file, const struct td_scrub_rules *rules,
                      struct td_error *err)
{
    struct going going = {.file = file};
    struct td_scrubber *own = NULL;
    struct td_cassette *cassette = NULL;
    struct td_bytes content = file->input.content;
    td_arena_init(&going.arena);
    int status = td_yaml_parse(&going.tree, file->path, content, err);
    if (status == 0)
        status = td_cassette_from_yaml(file->path, &going.tree, &cassette, err);
    if (status == 0)
        status = td_scrub_rules_for(rules, &cassette->settings, &going.scrubber, &own, err);
    if (status == 0 && !file->check_only)
        status = td_edit_parse(file->path, content, &going.edit, err);
    const struct td_yaml_node *item = status == 0 ? td_scrub_first_item(&going.tree) : NULL;
    for (size_t i = 0; status == 0 && i < cassette->count; i++, item = item->next)
        status = take_interaction(&going, &cassette->interactions[i], i, item, err);
    if (status == 0)
        status = td_scrub_rest(going.scrubber, &going.tree, file, NULL, err);
    if (status == 0 && !file->check_only && file->count)
        status = make_text(&going, err);
    td_edit_close(going.edit);
    td_cassette_free(cassette);
    td_yaml_release(&going.tree);
    td_scrubber_free(own);
    td_arena_release(&going.arena);
    free(going.shapes);
    return status;
}

/* ---- looking only ---- */

/* A text of its own made of one interaction, or of what stands before them all. */
static int check_piece(struct td_scrub_file *file, const struct td_scrubber *scrubber,
                       struct td_bytes before, struct td_bytes piece, int lines,
                       struct td_error *err)
{
    struct td_yaml tree;
    struct td_cassette *cassette = NULL;
    struct td_buf text;
    td_buf_init(&text);
    td_buf_put_bytes(&text, before);
    td_buf_put_bytes(&text, piece);
    int status = td_buf_failed(&text) ? td_error_nomem(err) : 0;
    size_t count = file->count;
    struct going going = {.file = file, .scrubber = scrubber};
    status = status == 0 ? td_yaml_parse(&tree, file->path, td_buf_view(&text), err) : status;
    bool parsed = !td_buf_failed(&text);
    if (status == 0)
        status = td_cassette_from_yaml(file->path, &tree, &cassette, err);
    const struct td_yaml_node *item = status == 0 ? td_scrub_first_item(&tree) : NULL;
    for (size_t i = 0; status == 0 && i < cassette->count; i++, item = item->next) {
        going.tree = tree;
        status = take_interaction(&going, &cassette->interactions[i], i, item, err);
    }
    if (status == 0)
        status = td_scrub_rest(scrubber, &tree, file, NULL, err);
    for (size_t i = count; i < file->count; i++)
        file->items[i].line = (unsigned)((int)file->items[i].line + lines);
    td_cassette_free(cassette);
    if (parsed)
        td_yaml_release(&tree);
    td_arena_release(&going.arena);
    free(going.shapes);
    td_buf_release(&text);
    return status;
}

/* The scrubber for a cassette whose own rules are in what stands before its interactions. */
static int read_head(struct td_scrub_file *file, const struct td_scrub_rules *rules,
                     struct td_bytes head, const struct td_scrubber **scrubber,
                     struct td_scrubber **own, struct td_error *err)
{
    struct td_cassette *cassette;
    struct td_buf text;
    td_buf_init(&text);
    td_buf_put(&text, head.data, head.len - (head.data[head.len - 1] == '\n'));
    td_buf_put_text(&text, " []\n");
    int status = td_cassette_parse(file->path, td_buf_view(&text), &cassette, err);
    if (status == 0) {
        status = td_scrub_rules_for(rules, &cassette->settings, scrubber, own, err);
        td_cassette_free(cassette);
    }
    td_buf_release(&text);
    return status;
}

/* The pages of what was gone through are given back: memory does not grow with the file. */
static void let_go(const struct td_scrub_file *file, size_t *from, size_t to)
{
    enum { AT_ONCE = 1 << 20 };
    if (!file->input.mapping || to - *from < AT_ONCE)
        return;
    to -= to % AT_ONCE;
    madvise((char *)file->input.mapping + *from, to - *from, MADV_DONTNEED);
    *from = to;
}

static int sift_through(struct td_scrub_file *file, const struct td_scrubber *scrubber, bool *odd,
                        struct td_error *err)
{
    static const struct td_bytes before = TD_BYTES("version: 2\ninteractions:\n");
    struct td_sift_file sift;
    struct td_sift_item item;
    struct td_bytes content = file->input.content;
    size_t gone = 0;
    int status = td_sift_file_init(&sift, scrubber, content) < 0 ? td_error_nomem(err) : 0;
    while (status == 0 && !*odd && td_sift_file_next(&sift, &item)) {
        struct td_bytes piece = td_bytes(content.data + item.start, item.end - item.start);
        /* What cannot be read by itself may still be read with the rest. */
        if (item.suspicious &&
            check_piece(file, scrubber, before, piece, (int)item.line - 3, NULL) < 0)
            *odd = true;
        let_go(file, &gone, item.end);
    }
    if (sift.sift.failed)
        status = td_error_nomem(err);
    *odd |= sift.odd;
    td_sift_file_release(&sift);
    return status;
}

/* Goes through the file without reading all of it as YAML, where that can be done: else *odd. */
static int look(struct td_scrub_file *file, const struct td_scrub_rules *rules, bool *odd,
                struct td_error *err)
{
    struct td_bytes head = file->input.content;
    const struct td_scrubber *scrubber;
    struct td_scrubber *own = NULL;
    const char *list = head.len ? memmem(head.data, head.len, "\ninteractions:\n", 15) : NULL;
    *odd = true;
    if (!list)
        return 0;
    head.len = (size_t)(list - head.data) + 15;
    /* Whatever is wrong with it is told by going through it as a whole. */
    if (read_head(file, rules, head, &scrubber, &own, NULL) < 0)
        return 0;
    int status = 0;
    if (!scrubber->pattern_count && !scrubber->allow_headers) {
        struct td_buf text;
        td_buf_init(&text);
        td_buf_put(&text, head.data, head.len - 1);
        *odd = check_piece(file, scrubber, td_buf_view(&text), TD_BYTES(" []\n"), 0, NULL) < 0;
        td_buf_release(&text);
        if (!*odd)
            status = sift_through(file, scrubber, odd, err);
        if (*odd)
            file->count = 0;
    }
    td_scrubber_free(own);
    return status;
}

static int compare_findings(const void *a, const void *b)
{
    const struct td_scrub_finding *left = a, *right = b;
    if (left->line != right->line)
        return left->line < right->line ? -1 : 1;
    return left->column < right->column ? -1 : left->column > right->column;
}

struct td_scrub_file *td_scrub_file_open(const struct td_scrub_rules *rules, const char *path,
                                         bool check_only, struct td_error *err)
{
    struct td_scrub_file *file = calloc(1, sizeof *file);
    if (file)
        file->path = strdup(path);
    if (!file || !file->path) {
        td_error_nomem(err);
        td_scrub_file_close(file);
        return NULL;
    }
    file->check_only = check_only;
    td_arena_init(&file->arena);
    td_buf_init(&file->after);
    int status = td_file_open(&file->input, path, TD_CASSETTE_MAX_BYTES, err);
    bool whole = true;
    if (status == 0 && check_only)
        status = look(file, rules, &whole, err);
    if (status == 0 && whole)
        status = go_through(file, rules, err);
    if (status < 0) {
        td_scrub_file_close(file);
        return NULL;
    }
    if (file->count)
        qsort(file->items, file->count, sizeof *file->items, compare_findings);
    return file;
}

void td_scrub_file_close(struct td_scrub_file *file)
{
    if (!file)
        return;
    td_file_close(&file->input);
    td_arena_release(&file->arena);
    td_buf_release(&file->after);
    free(file->items);
    free(file->path);
    free(file);
}

size_t td_scrub_file_count(const struct td_scrub_file *file)
{
    return file->count;
}

const struct td_scrub_finding *td_scrub_file_at(const struct td_scrub_file *file, size_t position)
{
    return position < file->count ? &file->items[position] : NULL;
}

const char *td_scrub_file_before(const struct td_scrub_file *file, size_t *len)
{
    *len = file->input.content.len;
    return file->check_only ? NULL : file->input.content.data;
}

const char *td_scrub_file_after(const struct td_scrub_file *file, size_t *len)
{
    struct td_bytes text = file->changed ? td_buf_view(&file->after) : file->input.content;
    *len = text.len;
    return file->check_only ? NULL : text.data;
}

int td_scrub_file_save(struct td_scrub_file *file, struct td_error *err)
{
    struct td_file now;
    if (file->check_only)
        return td_error_set(err, TD_ERR_INVALID, "'%s' was only looked at", file->path);
    if (!file->changed)
        return 0;
    if (strcmp(file->path, "-") == 0)
        return td_error_set(err, TD_ERR_INVALID, "standard input cannot be changed in place");
    int status = td_file_open(&now, file->path, TD_CASSETTE_MAX_BYTES, err);
    if (status < 0)
        return status;
    bool same = td_bytes_equal(now.content, file->input.content);
    td_file_close(&now);
    if (!same)
        return td_error_set_at(err, TD_ERR_IO, file->path, 0, 0,
                               "the file was changed by somebody else meanwhile; try again");
    return td_save(file->path, td_buf_view(&file->after), err);
}
