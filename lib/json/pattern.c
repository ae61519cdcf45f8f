/* SPDX-License-Identifier: MIT */
/*
 * Patterns are followed all at once while the tree is gone through: each keeps a set of the
 * segments that may come next, as bits, one set for each level that the walk is in.
 */
#include "json/pattern.h"

#include <stdlib.h>

#include "base/grow.h"

enum { MAX_SEGMENTS = 62 };

enum segment_kind { SEGMENT_NAME, SEGMENT_ANY, SEGMENT_DEEP };

struct segment {
    enum segment_kind kind;
    struct td_bytes text; /* of a name, still with its escapes */
    uint64_t index;       /* of a name that can be an array's index; else UINT64_MAX */
};

struct td_json_pattern {
    enum td_json_pattern_use use;
    size_t count;
    struct segment *segments;
};

void td_json_patterns_init(struct td_json_patterns *patterns)
{
    *patterns = (struct td_json_patterns){0};
}

void td_json_patterns_release(struct td_json_patterns *patterns)
{
    for (size_t i = 0; i < patterns->count; i++)
        free(patterns->items[i].segments);
    free(patterns->items);
    td_json_patterns_init(patterns);
}

static void read_segment(struct segment *segment, struct td_bytes text)
{
    *segment = (struct segment){.kind = SEGMENT_NAME, .text = text, .index = UINT64_MAX};
    if (td_bytes_equal(text, TD_BYTES("*")))
        segment->kind = SEGMENT_ANY;
    else if (td_bytes_equal(text, TD_BYTES("**")))
        segment->kind = SEGMENT_DEEP;
    else if (text.len == 1 || (text.len && text.data[0] != '0'))
        if (!td_bytes_to_u64(text, &segment->index))
            segment->index = UINT64_MAX;
}

static int check(struct td_bytes text, struct td_error *err)
{
    int len = (int)(text.len < 200 ? text.len : 200);
    if (!text.len || text.data[0] != '/')
        return td_error_set(err, TD_ERR_INVALID,
                            "'%.*s' is not a path in JSON: it starts with '/', as in '/metadata' "
                            "or '/messages/*/id'",
                            len, text.data);
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] == '~' && (i + 1 == text.len || !memchr("012", text.data[i + 1], 3)))
            return td_error_set(err, TD_ERR_INVALID,
                                "'%.*s' is not a path in JSON: a '~' is written '~0', a '/' '~1', "
                                "and a '*' '~2'",
                                len, text.data);
    return 0;
}

int td_json_patterns_add(struct td_json_patterns *patterns, struct td_bytes text,
                         enum td_json_pattern_use use, struct td_error *err)
{
    int status = check(text, err);
    if (status < 0)
        return status;
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++)
        count += text.data[i] == '/';
    if (count > MAX_SEGMENTS)
        return td_error_set(err, TD_ERR_LIMIT, "a path in JSON has at most %d segments: use '**'",
                            MAX_SEGMENTS);
    void *items =
        td_grow(patterns->items, patterns->count, &patterns->capacity, sizeof *patterns->items);
    if (!items)
        return td_error_nomem(err);
    patterns->items = items;
    struct segment *segments = calloc(count, sizeof *segments);
    if (!segments)
        return td_error_nomem(err);
    const char *at = text.data + 1, *end = text.data + text.len;
    for (size_t i = 0; i < count; i++) {
        const char *stop = memchr(at, '/', (size_t)(end - at));
        if (!stop)
            stop = end;
        read_segment(&segments[i], td_bytes(at, (size_t)(stop - at)));
        at = stop + 1;
    }
    patterns->items[patterns->count++] = (struct td_json_pattern){use, count, segments};
    return 0;
}

/* Whether a key is what a segment says, in which '*' is any text. */
static bool name_is(struct td_bytes escaped, struct td_bytes key)
{
    static const char meant[] = {'~', '/', '*'};
    size_t i = 0, at = 0, star = SIZE_MAX, resume = 0;
    for (;;) {
        bool wild = i < escaped.len && escaped.data[i] == '*';
        size_t width = i < escaped.len && escaped.data[i] == '~' ? 2 : 1;
        char c = i == escaped.len ? '\0'
                 : width == 2     ? meant[escaped.data[i + 1] - '0']
                                  : escaped.data[i];
        if (wild) {
            star = ++i;
            resume = at;
        } else if (i == escaped.len && at == key.len) {
            return true;
        } else if (i < escaped.len && at < key.len && key.data[at] == c) {
            i += width;
            at++;
        } else if (star != SIZE_MAX && resume < key.len) {
            i = star;
            at = ++resume;
        } else {
            return false;
        }
    }
}

/* Bits: k is set where the first k segments led here. '**' may also stand for nothing. */
static uint64_t close_over(const struct td_json_pattern *pattern, uint64_t state)
{
    for (size_t k = 0; k < pattern->count; k++)
        if (state >> k & 1 && pattern->segments[k].kind == SEGMENT_DEEP)
            state |= UINT64_C(1) << (k + 1);
    return state;
}

static uint64_t step(const struct td_json_pattern *pattern, uint64_t state, struct td_bytes key,
                     uint64_t index)
{
    uint64_t next = 0;
    for (size_t k = 0; k < pattern->count && state >> k; k++) {
        const struct segment *segment = &pattern->segments[k];
        if (!(state >> k & 1))
            continue;
        if (segment->kind == SEGMENT_DEEP)
            next |= UINT64_C(1) << k;
        else if (segment->kind == SEGMENT_ANY ||
                 (index == UINT64_MAX ? name_is(segment->text, key) : segment->index == index))
            next |= UINT64_C(1) << (k + 1);
    }
    return close_over(pattern, next);
}

static bool arrived(const struct td_json_pattern *pattern, uint64_t state)
{
    return state >> pattern->count & 1;
}

/* The states at one node, those of its parent behind it in `states`. */
struct walk {
    const struct td_json_patterns *patterns;
    uint64_t *states; /* a row for each level */
    size_t levels;
    size_t capacity;
};

/* Makes the row of `node`, whose parent's is the last one; false where memory ran out. */
static bool push(struct walk *walk, const struct td_json *node, bool root)
{
    size_t count = walk->patterns->count;
    uint64_t *states = td_grow(walk->states, walk->levels, &walk->capacity, count * sizeof *states);
    if (!states)
        return false;
    walk->states = states;
    uint64_t *row = walk->states + walk->levels++ * count;
    const uint64_t *above = root ? NULL : walk->states + (walk->levels - 2) * count;
    bool element = !root && node->parent->kind == TD_JSON_ARRAY;
    for (size_t i = 0; i < count; i++) {
        const struct td_json_pattern *pattern = &walk->patterns->items[i];
        if (root)
            row[i] = close_over(pattern, 1);
        else
            row[i] = above[i]
                         ? step(pattern, above[i], node->key, element ? node->index : UINT64_MAX)
                         : 0;
    }
    return true;
}

struct verdict {
    bool ignored;
    bool set;
    bool alive; /* a pattern may still lead to something inside */
};

static struct verdict judge(const struct walk *walk)
{
    struct verdict verdict = {0};
    size_t count = walk->patterns->count;
    const uint64_t *row = walk->states + (walk->levels - 1) * count;
    for (size_t i = 0; i < count; i++) {
        const struct td_json_pattern *pattern = &walk->patterns->items[i];
        if (arrived(pattern, row[i])) {
            verdict.ignored |= pattern->use == TD_JSON_IGNORE;
            verdict.set |= pattern->use == TD_JSON_SET;
        }
        verdict.alive |= row[i] != 0;
    }
    return verdict;
}

static void pop(struct walk *walk)
{
    walk->levels--;
}

/* The members that are left, in order; those that have gone have lost their parent. */
static void close_gaps(struct td_json *object, size_t before)
{
    size_t kept = 0;
    for (size_t i = 0; i < before; i++) {
        struct td_json *member = object->sorted[i];
        if (!member->parent)
            continue;
        member->index = kept;
        object->sorted[kept++] = member;
    }
}

/* Takes out the children of a container that are to be ignored, and marks those that are sets. */
static bool prune(struct walk *walk, struct td_json *container)
{
    size_t before = container->count;
    struct td_json **link = &container->first;
    for (struct td_json *child = container->first, *next; child; child = next) {
        next = child->next;
        if (!push(walk, child, false))
            return false;
        struct verdict verdict = judge(walk);
        pop(walk);
        if (verdict.ignored) {
            child->parent = NULL;
            container->count--;
            continue;
        }
        child->set |= verdict.set && child->kind == TD_JSON_ARRAY;
        *link = child;
        link = &child->next;
    }
    *link = NULL;
    if (container->count == before)
        return true;
    if (container->kind == TD_JSON_OBJECT)
        close_gaps(container, before);
    else
        container->whole = true;
    return true;
}

static bool apply(struct walk *walk, struct td_json *root)
{
    if (!push(walk, root, true))
        return false;
    root->set |= judge(walk).set && root->kind == TD_JSON_ARRAY;
    if (!prune(walk, root))
        return false;
    struct td_json *node = root, *next = root->first;
    for (;;) {
        for (; next; next = next->next) {
            if (!next->count)
                continue;
            if (!push(walk, next, false))
                return false;
            if (judge(walk).alive)
                break;
            pop(walk);
        }
        if (next) {
            node = next;
            if (!prune(walk, node))
                return false;
            next = node->first;
            continue;
        }
        if (node == root)
            return true;
        pop(walk);
        next = node->next;
        node = node->parent;
    }
}

bool td_json_patterns_apply(const struct td_json_patterns *patterns, struct td_json *root)
{
    if (!patterns->count)
        return true;
    struct walk walk = {.patterns = patterns};
    bool good = apply(&walk, root);
    free(walk.states);
    return good;
}

bool td_json_patterns_ignore_key(const struct td_json_patterns *patterns, struct td_bytes key)
{
    for (size_t i = 0; i < patterns->count; i++) {
        const struct td_json_pattern *pattern = &patterns->items[i];
        if (pattern->use == TD_JSON_IGNORE &&
            arrived(pattern, step(pattern, close_over(pattern, 1), key, UINT64_MAX)))
            return true;
    }
    return false;
}
