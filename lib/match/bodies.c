/* SPDX-License-Identifier: MIT */
/* What differs between two bodies, each kind in its own terms. */
#include <stdlib.h>

#include "base/hash.h"
#include "match/differences.h"
#include "match/excerpt.h"
#include "json/align.h"

/* The body that is looked at: a whole one, or a part of a multipart one with what to call it. */
struct scope {
    struct td_differences *differences;
    const char *part;
    struct td_bytes prefix; /* "part 2", or empty */
};

static struct td_bytes put_place(const struct scope *scope, struct td_buf *place)
{
    struct td_bytes kept = td_differences_keep(scope->differences, td_buf_view(place));
    scope->differences->failed |= td_buf_failed(place);
    td_buf_release(place);
    return kept;
}

static void start_place(const struct scope *scope, struct td_buf *place)
{
    td_buf_init(place);
    td_buf_put_bytes(place, scope->prefix);
    if (scope->prefix.len)
        td_buf_put_text(place, ": ");
}

/* What a body is, for those that cannot be laid side by side: "JSON of 12 bytes (...)". */
static struct td_bytes describe(struct td_differences *differences, const struct td_body *body)
{
    size_t len = body->bytes.len;
    const char *plural = len == 1 ? "" : "s";
    struct td_buf out;
    td_buf_init(&out);
    if (!len) {
        td_buf_put_text(&out, "no body");
    } else {
        if (body->kind == TD_BODY_JSON)
            td_buf_printf(&out, "JSON of %zu byte%s (", len, plural);
        else if (body->kind == TD_BODY_FORM)
            td_buf_printf(&out, "a form of %zu byte%s (", len, plural);
        else if (body->kind == TD_BODY_MULTIPART)
            td_buf_printf(&out, "a multipart body of %zu byte%s (", len, plural);
        else
            td_buf_printf(&out, "%zu byte%s of %s (", len, plural,
                          td_excerpt_is_text(body->bytes) ? "text" : "binary data");
        if (body->json)
            td_excerpt_json(&out, body->json, NULL);
        else
            td_excerpt_text(&out, '\'', body->bytes, td_bytes(NULL, 0));
        td_buf_put_char(&out, ')');
    }
    struct td_bytes kept = td_differences_keep(differences, td_buf_view(&out));
    differences->failed |= td_buf_failed(&out);
    td_buf_release(&out);
    return kept;
}

static void compare_descriptions(const struct scope *scope, const struct td_body *a,
                                 const struct td_body *b)
{
    td_differences_add(scope->differences, (struct td_difference){
                                               .kind = TD_DIFFERENCE_CHANGED,
                                               .part = scope->part,
                                               .place = scope->prefix,
                                               .a = describe(scope->differences, a),
                                               .b = describe(scope->differences, b),
                                               .described = true,
                                           });
}

/* JSON */

enum { MOST_PATHS = 8 * 1024 * 1024 }; /* bytes: far down, a path is longer than what it leads to */

static struct td_bytes pointer_to(struct td_differences *differences, const struct td_json *node)
{
    struct td_buf path;
    const struct td_json *root = node;
    while (root->parent)
        root = root->parent;
    td_buf_init(&path);
    td_json_path(&path, root, node);
    struct td_bytes kept = td_differences_keep(differences, td_buf_view(&path));
    differences->failed |= td_buf_failed(&path);
    td_buf_release(&path);
    return kept;
}

static void add_change(const struct scope *scope, const struct td_json_change *change)
{
    static const enum td_difference_kind kinds[] = {
        [TD_JSON_CHANGED] = TD_DIFFERENCE_CHANGED, [TD_JSON_REMOVED] = TD_DIFFERENCE_REMOVED,
        [TD_JSON_ADDED] = TD_DIFFERENCE_ADDED,     [TD_JSON_MOVED] = TD_DIFFERENCE_MOVED,
        [TD_JSON_RENAMED] = TD_DIFFERENCE_RENAMED,
    };
    struct td_differences *differences = scope->differences;
    if (change->kind == TD_JSON_ARRIVED)
        return;
    if (differences->count == TD_DIFFERENCES_MOST || differences->paths > MOST_PATHS) {
        differences->more++;
        return;
    }
    struct td_difference difference = {
        .kind = kinds[change->kind],
        .part = scope->part,
        .a_json = change->a,
        .b_json = change->b,
    };
    bool moved = change->kind == TD_JSON_MOVED || change->kind == TD_JSON_RENAMED;
    difference.pointer = pointer_to(differences, change->b && !moved ? change->b : change->a);
    if (moved)
        difference.new_place = pointer_to(differences, change->b);
    differences->paths += difference.pointer.len + difference.new_place.len;
    difference.place = difference.pointer;
    if (scope->prefix.len) {
        struct td_buf place;
        start_place(scope, &place);
        td_buf_put_bytes(&place, difference.pointer);
        difference.place = put_place(scope, &place);
    }
    td_differences_add(differences, difference);
}

static void compare_json(const struct scope *scope, struct td_json *a, struct td_json *b,
                         struct td_body_delta *made)
{
    made->a = a;
    made->b = b;
    if (!td_json_hash(a) || !td_json_hash(b) || td_json_delta_make(&made->delta, a, b) < 0) {
        scope->differences->failed = true;
        return;
    }
    for (size_t i = 0; i < made->delta.count; i++)
        add_change(scope, &made->delta.items[i]);
}

/* Text */

struct lines {
    struct td_bytes *items; /* without their ends */
    uint64_t *hashes;
    size_t count;
};

static int cut_lines(struct lines *lines, struct td_arena *arena, struct td_bytes text)
{
    size_t count = 1;
    for (size_t i = 0; i < text.len; i++)
        count += text.data[i] == '\n';
    lines->items = td_arena_alloc(arena, count * sizeof *lines->items);
    lines->hashes = td_arena_alloc(arena, count * sizeof *lines->hashes);
    lines->count = count;
    if (!lines->items || !lines->hashes)
        return TD_ERR_NOMEM;
    const char *at = text.data, *end = text.data + text.len;
    for (size_t i = 0; i < count; i++) {
        const char *stop = at < end ? memchr(at, '\n', (size_t)(end - at)) : NULL;
        stop = stop ? stop : end;
        lines->items[i] = td_bytes(at, (size_t)(stop - at));
        lines->hashes[i] = td_hash_short(lines->items[i]);
        at = stop + 1;
    }
    return 0;
}

/* The JSON of a line: all of it (NDJSON), or the data of an event. */
static struct td_json *line_json(const struct scope *scope, struct td_bytes line)
{
    const struct td_bytes data = TD_BYTES("data:");
    if (line.len >= data.len && memcmp(line.data, data.data, data.len) == 0) {
        line.data += data.len;
        line.len -= data.len;
    }
    line = td_bytes_trim(line);
    bool container = line.len && (line.data[0] == '{' || line.data[0] == '[');
    return container ? td_json_parse(&scope->differences->arena, line, NULL) : NULL;
}

static bool compare_line_json(const struct scope *scope, struct td_bytes place, struct td_bytes a,
                              struct td_bytes b)
{
    struct td_json *x = line_json(scope, a), *y = x ? line_json(scope, b) : NULL;
    if (!y)
        return false;
    struct scope inside = *scope;
    struct td_body_delta delta = {0};
    size_t before = scope->differences->count + scope->differences->more;
    inside.prefix = place;
    compare_json(&inside, x, y, &delta);
    td_body_delta_release(&delta);
    return scope->differences->count + scope->differences->more > before;
}

static void add_line(const struct scope *scope, size_t number, const struct td_bytes *a,
                     const struct td_bytes *b)
{
    struct td_buf text;
    if (a && b && td_bytes_equal(*a, *b))
        return;
    start_place(scope, &text);
    td_buf_printf(&text, "line %zu", number + 1);
    struct td_bytes place = put_place(scope, &text);
    if (!a || !b || !compare_line_json(scope, place, *a, *b))
        td_differences_text(scope->differences, scope->part, place, a, b);
}

/* Between two lines that are the same on both sides: one for the other, then what is left over. */
static void add_gap(const struct scope *scope, const struct lines *a, size_t i, size_t a_to,
                    const struct lines *b, size_t j, size_t b_to)
{
    while (i < a_to && j < b_to) {
        add_line(scope, j, &a->items[i], &b->items[j]);
        i++;
        j++;
    }
    for (; i < a_to; i++)
        add_line(scope, i, &a->items[i], NULL);
    for (; j < b_to; j++)
        add_line(scope, j, NULL, &b->items[j]);
}

static void compare_text(const struct scope *scope, struct td_bytes a, struct td_bytes b)
{
    struct td_differences *differences = scope->differences;
    bool lines = a.len && b.len && !memchr(a.data, '\0', a.len) && !memchr(b.data, '\0', b.len) &&
                 (memchr(a.data, '\n', a.len - 1) || memchr(b.data, '\n', b.len - 1));
    struct lines left, right;
    if (!lines) {
        td_differences_text(differences, scope->part, scope->prefix, &a, &b);
        return;
    }
    size_t *match = NULL;
    bool good = cut_lines(&left, &differences->arena, a) == 0 &&
                cut_lines(&right, &differences->arena, b) == 0 &&
                (match = td_arena_alloc(&differences->arena, left.count * sizeof *match)) &&
                td_align(left.hashes, left.count, right.hashes, right.count, match);
    if (!good) {
        differences->failed = true;
        return;
    }
    size_t before = differences->count, from = 0, b_from = 0;
    for (size_t i = 0; i <= left.count; i++) {
        size_t b_to = i < left.count ? match[i] : right.count;
        if (b_to == SIZE_MAX)
            continue;
        add_gap(scope, &left, from, i, &right, b_from, b_to);
        if (i < left.count)
            add_line(scope, b_to, &left.items[i], &right.items[b_to]);
        from = i + 1;
        b_from = b_to + 1;
    }
    /* Nothing but line endings. */
    if (differences->count == before)
        td_differences_text(differences, scope->part, scope->prefix, &a, &b);
}

/* Forms and multipart */

static void compare_form(const struct scope *scope, const struct td_body *a,
                         const struct td_body *b)
{
    struct td_body_walk walk;
    td_body_walk_init(&walk, a, b);
    while (td_body_walk_next(&walk)) {
        if (walk.same)
            continue;
        struct td_buf place;
        struct td_bytes name = walk.a ? walk.a->name : walk.b->name;
        start_place(scope, &place);
        td_buf_put_text(&place, "field '");
        td_buf_put_bytes(&place, name);
        td_buf_put_char(&place, '\'');
        td_differences_text(scope->differences, scope->part, put_place(scope, &place),
                            walk.a ? &walk.a->value : NULL, walk.b ? &walk.b->value : NULL);
    }
}

/* A part's headers and what is behind the empty line. */
static void cut_part(struct td_bytes part, struct td_bytes *head, struct td_bytes *content)
{
    const char *end = part.len ? memmem(part.data, part.len, "\r\n\r\n", 4) : NULL;
    *head = td_bytes(part.data, 0);
    *content = part;
    if (part.len >= 2 && memcmp(part.data, "\r\n", 2) == 0) {
        *content = td_bytes(part.data + 2, part.len - 2);
    } else if (end) {
        *head = td_bytes(part.data, (size_t)(end - part.data));
        *content = td_bytes(end + 4, part.len - head->len - 4);
    }
}

/* The name in its Content-Disposition; empty where there is none. */
static struct td_bytes part_name(struct td_bytes head)
{
    const struct td_bytes mark = TD_BYTES(" name=\"");
    const char *at = head.len ? memmem(head.data, head.len, mark.data, mark.len) : NULL;
    if (!at)
        return td_bytes(NULL, 0);
    at += mark.len;
    size_t left = (size_t)(head.data + head.len - at);
    const char *end = memchr(at, '"', left);
    return td_bytes(at, end ? (size_t)(end - at) : 0);
}

static void compare_whole(const struct scope *scope, struct td_bytes a, struct td_bytes b,
                          const struct td_rules *rules, struct td_body_delta *delta);

static void compare_parts(const struct scope *scope, const struct td_body *a,
                          const struct td_body *b)
{
    struct td_body_walk walk;
    td_body_walk_init(&walk, a, b);
    while (td_body_walk_next(&walk)) {
        if (walk.same)
            continue;
        struct td_bytes head_a, head_b, a_content, b_content;
        struct td_buf place;
        cut_part(walk.a ? walk.a->value : td_bytes("", 0), &head_a, &a_content);
        cut_part(walk.b ? walk.b->value : td_bytes("", 0), &head_b, &b_content);
        struct td_bytes name = part_name(walk.b ? head_b : head_a);
        td_buf_init(&place);
        td_buf_printf(&place, "part %zu", walk.place + 1);
        if (name.len) {
            td_buf_put_text(&place, " '");
            td_buf_put_bytes(&place, name);
            td_buf_put_char(&place, '\'');
        }
        struct scope inside = *scope;
        inside.prefix = put_place(scope, &place);
        if (!walk.a || !walk.b) {
            td_differences_text(scope->differences, scope->part, inside.prefix,
                                walk.a ? &walk.a->value : NULL, walk.b ? &walk.b->value : NULL);
            continue;
        }
        size_t before = scope->differences->count;
        struct td_body_delta delta;
        compare_text(&inside, head_a, head_b);
        compare_whole(&inside, a_content, b_content, NULL, &delta);
        td_body_delta_release(&delta);
        /* Parts are compared as they stand: they may differ in how their JSON is spelled. */
        if (scope->differences->count == before)
            td_differences_text(scope->differences, scope->part, inside.prefix, &walk.a->value,
                                &walk.b->value);
    }
}

static void compare_whole(const struct scope *scope, struct td_bytes a, struct td_bytes b,
                          const struct td_rules *rules, struct td_body_delta *delta)
{
    struct td_differences *differences = scope->differences;
    struct td_body x, y;
    *delta = (struct td_body_delta){0};
    if (td_bytes_equal(a, b))
        return;
    if (td_body_read(&x, &differences->arena, a, rules) < 0 ||
        td_body_read(&y, &differences->arena, b, rules) < 0) {
        differences->failed = true;
    } else if (x.kind != y.kind || !x.bytes.len != !y.bytes.len) {
        compare_descriptions(scope, &x, &y);
    } else if (x.json) {
        compare_json(scope, x.json, y.json, delta);
    } else if (x.kind == TD_BODY_FORM) {
        compare_form(scope, &x, &y);
    } else if (x.kind == TD_BODY_MULTIPART) {
        compare_parts(scope, &x, &y);
    } else {
        compare_text(scope, a, b);
    }
}

void td_differences_bodies_at(struct td_differences *differences, const char *part,
                              struct td_bytes place, struct td_bytes a, struct td_bytes b,
                              const struct td_rules *rules, struct td_body_delta *delta)
{
    struct scope scope = {.differences = differences, .part = part, .prefix = place};
    compare_whole(&scope, a.data ? a : TD_BYTES(""), b.data ? b : TD_BYTES(""), rules, delta);
}

void td_differences_bodies(struct td_differences *differences, const char *part, struct td_bytes a,
                           struct td_bytes b, const struct td_rules *rules,
                           struct td_body_delta *delta)
{
    td_differences_bodies_at(differences, part, td_bytes(NULL, 0), a, b, rules, delta);
}

void td_body_delta_release(struct td_body_delta *delta)
{
    td_json_delta_release(&delta->delta);
}
