/* SPDX-License-Identifier: MIT */
/*
 * Elements are aligned by their hashes; what is left over on both sides is first looked for
 * elsewhere in the array (moved), and then paired by likeness, in order, gap by gap.
 */
#include "json/steps.h"

#include <stdlib.h>

#include "base/grow.h"
#include "json/align.h"
#include "json/tokens.h"

enum {
    PAIRS = 64 * 64,     /* in one gap, of which likeness is asked */
    MOST_TOKENS = 1000,  /* of one element that are looked at for it */
    MOST_RENAMES = 1000, /* members on either side of which a new name is looked for */
};

/* Of two elements that are said to be the same one, changed. */
static const double LIKE_ENOUGH = 0.3;

static int put(struct td_json_steps *steps, enum td_json_change_kind kind, const struct td_json *a,
               const struct td_json *b, size_t place)
{
    void *items = td_grow(steps->items, steps->count, &steps->capacity, sizeof *steps->items);
    if (!items)
        return TD_ERR_NOMEM;
    steps->items = items;
    steps->items[steps->count++] = (struct td_json_step){kind, a, b, place};
    return 0;
}

static bool same(const struct td_json *a, const struct td_json *b)
{
    return a->hash == b->hash && td_json_equal(a, b);
}

/* Objects */

/* Whether the value is telling enough to know a member again under another key. */
static bool is_telling(const struct td_json *value)
{
    return value->count || value->text.len > 1;
}

/* The member that only b has and that is `a` under another key, if it is the only such. */
static const struct td_json *
find_renamed(const struct td_json *a, const struct td_json *const *added, size_t count, bool only)
{
    const struct td_json *found = NULL;
    if (!only && !is_telling(a))
        return NULL;
    for (size_t i = 0; i < count; i++) {
        if (added[i]->hash != a->hash)
            continue;
        if (found)
            return NULL;
        found = added[i];
    }
    return found && td_json_equal(a, found) ? found : NULL;
}

static bool is_renamed(const struct td_json_steps *steps, const struct td_json *b)
{
    for (size_t i = 0; i < steps->count && i <= MOST_RENAMES; i++)
        if (steps->items[i].kind == TD_JSON_RENAMED && steps->items[i].b == b)
            return true;
    return false;
}

/* What only b has. */
static const struct td_json **only_in(const struct td_json *a, const struct td_json *b,
                                      size_t *count)
{
    const struct td_json **added = malloc((b->count + 1) * sizeof *added);
    *count = 0;
    for (const struct td_json *member = b->first; added && member; member = member->next)
        if (!td_json_partner(a, member))
            added[(*count)++] = member;
    return added;
}

static int put_member(struct td_json_steps *steps, const struct td_json *a, const struct td_json *b,
                      const struct td_json *const *added, size_t count, bool only)
{
    const struct td_json *partner = td_json_partner(b, a);
    if (partner)
        return same(a, partner) ? 0 : put(steps, TD_JSON_CHANGED, a, partner, 0);
    const struct td_json *renamed = NULL;
    if (count <= MOST_RENAMES && steps->count <= MOST_RENAMES)
        renamed = find_renamed(a, added, count, only);
    if (renamed && !is_renamed(steps, renamed))
        return put(steps, TD_JSON_RENAMED, a, renamed, 0);
    return put(steps, TD_JSON_REMOVED, a, NULL, 0);
}

static int pair_members(struct td_json_steps *steps, const struct td_json *a,
                        const struct td_json *b)
{
    size_t count;
    const struct td_json **added = only_in(a, b, &count);
    if (!added)
        return TD_ERR_NOMEM;
    bool only = count == 1 && b->count == a->count;
    int status = 0;
    for (const struct td_json *member = a->first; member && !status; member = member->next)
        status = put_member(steps, member, b, added, count, only);
    for (size_t i = 0; i < count && !status; i++)
        if (count > MOST_RENAMES || !is_renamed(steps, added[i]))
            status = put(steps, TD_JSON_ADDED, NULL, added[i], 0);
    free(added);
    return status;
}

/* Arrays */

struct side {
    const struct td_json **items;
    uint64_t *hashes;
    size_t *match; /* the element of the other side, or SIZE_MAX */
    bool *moved;
    size_t count;
};

struct arrays {
    struct td_json_steps *steps;
    struct side a, b;
};

static int side_init(struct side *side, const struct td_json *array)
{
    size_t count = array->count;
    side->items = malloc((count + 1) * sizeof *side->items);
    side->hashes = malloc((count + 1) * sizeof *side->hashes);
    side->match = malloc((count + 1) * sizeof *side->match);
    side->moved = calloc(count + 1, sizeof *side->moved);
    if (!side->items || !side->hashes || !side->match || !side->moved)
        return TD_ERR_NOMEM;
    for (const struct td_json *child = array->first; child; child = child->next) {
        side->items[side->count] = child;
        side->match[side->count] = SIZE_MAX;
        side->hashes[side->count++] = child->hash;
    }
    return 0;
}

static void side_release(struct side *side)
{
    free(side->items);
    free(side->hashes);
    free(side->match);
    free(side->moved);
}

static void match_up(struct arrays *arrays, size_t i, size_t j, bool moved)
{
    arrays->a.match[i] = j;
    arrays->b.match[j] = i;
    arrays->a.moved[i] = arrays->b.moved[j] = moved;
}

static int align(struct arrays *arrays)
{
    struct side *a = &arrays->a, *b = &arrays->b;
    if (!td_align(a->hashes, a->count, b->hashes, b->count, a->match))
        return TD_ERR_NOMEM;
    for (size_t i = 0; i < a->count; i++)
        if (a->match[i] != SIZE_MAX)
            match_up(arrays, i, a->match[i], false);
    return 0;
}

struct place {
    uint64_t hash;
    size_t index;
};

static int compare_places(const void *a, const void *b)
{
    const struct place *left = a, *right = b;
    if (left->hash != right->hash)
        return left->hash < right->hash ? -1 : 1;
    return left->index < right->index ? -1 : left->index > right->index;
}

/* What was not matched, by hash. */
static struct place *left_over(const struct side *side, size_t *count)
{
    struct place *places = malloc((side->count + 1) * sizeof *places);
    *count = 0;
    for (size_t i = 0; places && i < side->count; i++)
        if (side->match[i] == SIZE_MAX)
            places[(*count)++] = (struct place){side->hashes[i], i};
    if (places)
        qsort(places, *count, sizeof *places, compare_places);
    return places;
}

/* What is gone in one place and there in another. */
static int find_moved(struct arrays *arrays)
{
    size_t a_count, b_count, i = 0, j = 0;
    struct place *a = left_over(&arrays->a, &a_count), *b = left_over(&arrays->b, &b_count);
    while (a && b && i < a_count && j < b_count) {
        if (a[i].hash < b[j].hash) {
            i++;
        } else if (a[i].hash > b[j].hash) {
            j++;
        } else {
            match_up(arrays, a[i].index, b[j].index, true);
            i++;
            j++;
        }
    }
    int status = a && b ? 0 : TD_ERR_NOMEM;
    free(a);
    free(b);
    return status;
}

/* A gap: what is between two pairs on either side and not matched. */
struct gap {
    size_t *items;
    size_t count;
};

static struct td_tokens *read_tokens(const struct side *side, const struct gap *gap)
{
    struct td_tokens *tokens = calloc(gap->count + 1, sizeof *tokens);
    for (size_t i = 0; tokens && i < gap->count; i++) {
        td_tokens_init(&tokens[i], MOST_TOKENS);
        td_tokens_put_json(&tokens[i], side->items[gap->items[i]]);
        td_tokens_sort(&tokens[i]);
    }
    return tokens;
}

static void free_tokens(struct td_tokens *tokens, size_t count)
{
    for (size_t i = 0; tokens && i < count; i++)
        td_tokens_release(&tokens[i]);
    free(tokens);
}

/* Pairs in order so that the sum of their likeness is the largest. */
static int pair_alike(struct arrays *arrays, const struct gap *a, const struct gap *b)
{
    size_t width = b->count + 1;
    struct td_tokens *left = read_tokens(&arrays->a, a), *right = read_tokens(&arrays->b, b);
    double *best = calloc((a->count + 1) * width, sizeof *best);
    double *like = calloc((a->count + 1) * width, sizeof *like);
    int status = left && right && best && like ? 0 : TD_ERR_NOMEM;
    for (size_t i = a->count; !status && i--;) {
        for (size_t j = b->count; j--;) {
            const struct td_json *x = arrays->a.items[a->items[i]];
            const struct td_json *y = arrays->b.items[b->items[j]];
            double likeness = x->kind == y->kind ? td_tokens_likeness(&left[i], &right[j]) : 0;
            double pair = likeness >= LIKE_ENOUGH ? likeness + best[(i + 1) * width + j + 1] : -1;
            double down = best[(i + 1) * width + j], across = best[i * width + j + 1];
            like[i * width + j] = pair;
            best[i * width + j] = pair >= down && pair >= across ? pair
                                  : down > across                ? down
                                                                 : across;
        }
    }
    for (size_t i = 0, j = 0; !status && i < a->count && j < b->count;) {
        if (like[i * width + j] >= 0 && like[i * width + j] >= best[i * width + j])
            match_up(arrays, a->items[i++], b->items[j++], false);
        else if (best[(i + 1) * width + j] >= best[i * width + j + 1])
            i++;
        else
            j++;
    }
    free_tokens(left, a->count);
    free_tokens(right, b->count);
    free(best);
    free(like);
    return status;
}

/* The first with the first, as far as there are two. */
static void pair_in_order(struct arrays *arrays, const struct gap *a, size_t a_from,
                          const struct gap *b, size_t b_from, size_t count)
{
    for (size_t i = 0; i < count; i++)
        match_up(arrays, a->items[a_from + i], b->items[b_from + i], false);
}

/* Between those that are alike: as many on both sides became one another. */
static void pair_rest(struct arrays *arrays, const struct gap *a, const struct gap *b)
{
    for (size_t i = 0, j = 0;; i++, j++) {
        size_t a_from = i, b_from = j;
        while (i < a->count && arrays->a.match[a->items[i]] == SIZE_MAX)
            i++;
        while (j < b->count && arrays->b.match[b->items[j]] == SIZE_MAX)
            j++;
        if (i - a_from == j - b_from)
            pair_in_order(arrays, a, a_from, b, b_from, i - a_from);
        if (i >= a->count || j >= b->count)
            return;
    }
}

static int pair_gap(struct arrays *arrays, struct gap *a, struct gap *b, bool set)
{
    int status = 0;
    size_t pairs, fewer = a->count < b->count ? a->count : b->count;
    bool few = !__builtin_mul_overflow(a->count, b->count, &pairs) && pairs <= PAIRS;
    if (few && pairs > 1) {
        status = pair_alike(arrays, a, b);
        if (!status && !set)
            pair_rest(arrays, a, b);
    } else if (!set || pairs == 1) {
        pair_in_order(arrays, a, 0, b, 0, fewer);
    }
    a->count = b->count = 0;
    return status;
}

static int pair_gaps(struct arrays *arrays, bool set)
{
    struct gap a = {malloc((arrays->a.count + 1) * sizeof *a.items), 0};
    struct gap b = {malloc((arrays->b.count + 1) * sizeof *b.items), 0};
    int status = a.items && b.items ? 0 : TD_ERR_NOMEM;
    size_t i = 0, j = 0;
    while (!status) {
        /* Moved ones are in the gap, but have found their partners. */
        bool a_fixed = i < arrays->a.count && arrays->a.match[i] != SIZE_MAX;
        bool b_fixed = j < arrays->b.count && arrays->b.match[j] != SIZE_MAX;
        if (i < arrays->a.count && (!a_fixed || arrays->a.moved[i])) {
            if (!a_fixed)
                a.items[a.count++] = i;
            i++;
        } else if (j < arrays->b.count && (!b_fixed || arrays->b.moved[j])) {
            if (!b_fixed)
                b.items[b.count++] = j;
            j++;
        } else {
            bool end = i == arrays->a.count;
            if (!set || end)
                status = pair_gap(arrays, &a, &b, set);
            if (end)
                break;
            i++;
            j++;
        }
    }
    free(a.items);
    free(b.items);
    return status;
}

/* In the order of both. An element that was removed has the index at which it stands once all in
 * front of it has been done, which is as many as there are of b's in front of it. */
static int put_elements(struct arrays *arrays)
{
    const struct side *a = &arrays->a, *b = &arrays->b;
    int status = 0;
    size_t i = 0, j = 0;
    while (!status && (i < a->count || j < b->count)) {
        bool gone = i < a->count && a->match[i] == SIZE_MAX;
        bool left = i < a->count && a->match[i] != SIZE_MAX && a->moved[i];
        if (gone) {
            status = put(arrays->steps, TD_JSON_REMOVED, a->items[i++], NULL, j);
        } else if (left) {
            status = put(arrays->steps, TD_JSON_MOVED, a->items[i], b->items[a->match[i]], j);
            i++;
        } else if (j < b->count && b->match[j] == SIZE_MAX) {
            status = put(arrays->steps, TD_JSON_ADDED, NULL, b->items[j++], 0);
        } else if (j < b->count && b->moved[j]) {
            status = put(arrays->steps, TD_JSON_ARRIVED, a->items[b->match[j]], b->items[j], 0);
            j++;
        } else {
            if (!same(a->items[i], b->items[j]))
                status = put(arrays->steps, TD_JSON_CHANGED, a->items[i], b->items[j], 0);
            i++;
            j++;
        }
    }
    return status;
}

/* Of a set, whose elements have no places. */
static int put_members_of_set(struct arrays *arrays)
{
    const struct side *a = &arrays->a, *b = &arrays->b;
    int status = 0;
    for (size_t i = 0; i < a->count && !status; i++) {
        if (a->match[i] == SIZE_MAX)
            status = put(arrays->steps, TD_JSON_REMOVED, a->items[i], NULL, 0);
        else if (!same(a->items[i], b->items[a->match[i]]))
            status = put(arrays->steps, TD_JSON_CHANGED, a->items[i], b->items[a->match[i]], 0);
    }
    for (size_t j = 0; j < b->count && !status; j++)
        if (b->match[j] == SIZE_MAX)
            status = put(arrays->steps, TD_JSON_ADDED, NULL, b->items[j], 0);
    return status;
}

static int pair_elements(struct td_json_steps *steps, const struct td_json *a,
                         const struct td_json *b)
{
    struct arrays arrays = {.steps = steps};
    int status = side_init(&arrays.a, a);
    if (!status)
        status = side_init(&arrays.b, b);
    bool set = a->set && b->set;
    if (!status)
        status = align(&arrays);
    if (!status && !set)
        status = find_moved(&arrays);
    if (!status)
        status = pair_gaps(&arrays, set);
    if (!status)
        status = set ? put_members_of_set(&arrays) : put_elements(&arrays);
    side_release(&arrays.a);
    side_release(&arrays.b);
    return status;
}

int td_json_steps_make(struct td_json_steps *steps, const struct td_json *a,
                       const struct td_json *b)
{
    *steps = (struct td_json_steps){0};
    return a->kind == TD_JSON_OBJECT ? pair_members(steps, a, b) : pair_elements(steps, a, b);
}

void td_json_steps_release(struct td_json_steps *steps)
{
    free(steps->items);
    *steps = (struct td_json_steps){0};
}
