/* SPDX-License-Identifier: MIT */
/*
 * What both have in common at the front and at the end is put aside first. The rest is solved
 * exactly by a table where it is small. Where it is not, the first occurrence of a value is paired
 * with its first, the second with the second, and so on, and the longest run of pairs that rises
 * on both sides is kept (as patience sorting finds it); what lies between two of them is again
 * small, or left as it is.
 */
#include "json/align.h"

#include <stdlib.h>

enum { TABLE_CELLS = 4 * 1024 * 1024 }; /* for all tables of one alignment: some milliseconds */

struct side {
    const uint64_t *items;
    size_t from, to;
};

struct work {
    struct side a, b;
    size_t *match;
    size_t cells; /* that may still be spent */
};

static void trim(struct work *work)
{
    struct side *a = &work->a, *b = &work->b;
    while (a->from < a->to && b->from < b->to && a->items[a->from] == b->items[b->from])
        work->match[a->from++] = b->from++;
    while (a->from < a->to && b->from < b->to && a->items[a->to - 1] == b->items[b->to - 1])
        work->match[--a->to] = --b->to;
}

static size_t length(const struct side *side)
{
    return side->to - side->from;
}

static bool affordable(const struct work *work)
{
    size_t cells;
    return !__builtin_mul_overflow(length(&work->a) + 1, length(&work->b) + 1, &cells) &&
           cells <= work->cells;
}

/*
 * The longest common subsequences of all ends of both, from the back; of those that are equally
 * long the one that leaves the most where it was. Lengths are counted in units that are worth more
 * than all that is left where it was.
 */
static bool by_table(struct work *work)
{
    const uint64_t *a = work->a.items + work->a.from, *b = work->b.items + work->b.from;
    size_t rows = length(&work->a), columns = length(&work->b), width = columns + 1;
    uint32_t unit = (uint32_t)(rows < columns ? rows : columns) + 1;
    if (!rows || !columns)
        return true;
    uint32_t *table = calloc((rows + 1) * width, sizeof *table);
    if (!table)
        return false;
    work->cells -= (rows + 1) * width;
    for (size_t i = rows; i--;) {
        for (size_t j = columns; j--;) {
            uint32_t down = table[(i + 1) * width + j], right = table[i * width + j + 1];
            uint32_t best = down > right ? down : right;
            if (a[i] == b[j]) {
                bool stays = work->a.from + i == work->b.from + j;
                uint32_t pair = table[(i + 1) * width + j + 1] + unit + stays;
                best = pair > best ? pair : best;
            }
            table[i * width + j] = best;
        }
    }
    for (size_t i = 0, j = 0; i < rows && j < columns;) {
        uint32_t here = table[i * width + j];
        bool stays = work->a.from + i == work->b.from + j;
        if (a[i] == b[j] && here == table[(i + 1) * width + j + 1] + unit + stays) {
            work->match[work->a.from + i++] = work->b.from + j++;
        } else if (here == table[(i + 1) * width + j]) {
            i++;
        } else {
            j++;
        }
    }
    free(table);
    return true;
}

struct occurrence {
    uint64_t value;
    size_t place;
};

static int compare(const void *a, const void *b)
{
    const struct occurrence *left = a, *right = b;
    if (left->value != right->value)
        return left->value < right->value ? -1 : 1;
    return left->place < right->place ? -1 : left->place > right->place;
}

static struct occurrence *sort(const struct side *side)
{
    struct occurrence *sorted = malloc((length(side) + 1) * sizeof *sorted);
    for (size_t i = 0; sorted && i < length(side); i++)
        sorted[i] = (struct occurrence){side->items[side->from + i], side->from + i};
    if (sorted)
        qsort(sorted, length(side), sizeof *sorted, compare);
    return sorted;
}

/* Pairs up equal values, the first with the first: into match[], not rising yet. */
static void pair_occurrences(struct work *work, const struct occurrence *a,
                             const struct occurrence *b)
{
    size_t i = 0, j = 0, a_count = length(&work->a), b_count = length(&work->b);
    while (i < a_count && j < b_count) {
        if (a[i].value == b[j].value)
            work->match[a[i++].place] = b[j++].place;
        else if (a[i].value < b[j].value)
            i++;
        else
            j++;
    }
}

/* Of the pairs in match[] keeps the longest rising run: patience sorting. */
static bool keep_rising(struct work *work)
{
    size_t from = work->a.from, count = length(&work->a), piles = 0;
    size_t *tops = malloc((count + 1) * sizeof *tops),
           *before = malloc((count + 1) * sizeof *before);
    bool good = tops && before;
    for (size_t i = 0; good && i < count; i++) {
        size_t place = work->match[from + i], low = 0, high = piles;
        if (place == SIZE_MAX)
            continue;
        while (low < high) {
            size_t middle = low + (high - low) / 2;
            if (work->match[from + tops[middle]] < place)
                low = middle + 1;
            else
                high = middle;
        }
        before[i] = low ? tops[low - 1] : SIZE_MAX;
        tops[low] = i;
        piles += low == piles;
    }
    size_t keep = good && piles ? tops[piles - 1] : SIZE_MAX;
    for (size_t i = count; good && i--;) {
        if (i == keep)
            keep = before[i];
        else
            work->match[from + i] = SIZE_MAX;
    }
    free(tops);
    free(before);
    return good;
}

static bool by_occurrence(struct work *work)
{
    struct occurrence *a = sort(&work->a), *b = sort(&work->b);
    bool good = a && b;
    if (good)
        pair_occurrences(work, a, b);
    free(a);
    free(b);
    return good && keep_rising(work);
}

/* Between each two elements that were matched. */
static bool fill_gaps(struct work *work)
{
    struct work gap = *work;
    size_t end_a = work->a.to, end_b = work->b.to, from = work->a.from, from_b = work->b.from;
    for (size_t i = from;; i++) {
        if (i < end_a && work->match[i] == SIZE_MAX)
            continue;
        size_t to_b = i < end_a ? work->match[i] : end_b;
        gap.a.from = from;
        gap.a.to = i;
        gap.b.from = from_b;
        gap.b.to = to_b;
        trim(&gap);
        if (affordable(&gap) && !by_table(&gap))
            return false;
        if (i == end_a)
            return true;
        from = i + 1;
        from_b = to_b + 1;
    }
}

bool td_align(const uint64_t *a, size_t a_count, const uint64_t *b, size_t b_count, size_t *match)
{
    struct work work = {{a, 0, a_count}, {b, 0, b_count}, match, TABLE_CELLS};
    for (size_t i = 0; i < a_count; i++)
        match[i] = SIZE_MAX;
    trim(&work);
    if (affordable(&work))
        return by_table(&work);
    return by_occurrence(&work) && fill_gaps(&work);
}
