/* SPDX-License-Identifier: MIT */
#include "cassette/field_order.h"

#include <stdlib.h>

#include "cassette/style.h"

/* A name, character by character; to Go a byte that is not UTF-8 is U+FFFD. */
struct cursor {
    const char *at;
    const char *end;
};

static uint32_t peek(const struct cursor *cursor, size_t *size)
{
    uint32_t c;
    *size = td_utf8_take(cursor->at, (size_t)(cursor->end - cursor->at), &c);
    if (*size)
        return c;
    *size = 1;
    return 0xfffd;
}

/* The number at the cursor, and how many digits it has. */
static int64_t take_number(struct cursor cursor, uint64_t number, size_t *digits)
{
    size_t size;
    uint32_t c;
    for (*digits = 0; cursor.at < cursor.end; ++*digits, cursor.at += size) {
        c = peek(&cursor, &size);
        if (!td_is_digit(c))
            break;
        number = number * 10 + c - '0';
    }
    return (int64_t)number;
}

/* What Go's keyList.Less() (sorter.go) says of two strings. */
static bool is_less(struct td_bytes a, struct td_bytes b)
{
    if (!a.len || !b.len)
        return a.len < b.len;
    struct cursor left = {a.data, a.data + a.len}, right = {b.data, b.data + b.len};
    bool digits = false, counted = false; /* right before: a digit; a number that is not 0 yet */
    size_t left_size, right_size;
    while (left.at < left.end && right.at < right.end) {
        uint32_t l = peek(&left, &left_size), r = peek(&right, &right_size);
        if (l == r) {
            digits = td_is_digit(l);
            counted = digits && (counted || l != '0');
            left.at += left_size;
            right.at += right_size;
            continue;
        }
        bool left_letter = td_is_letter(l), right_letter = td_is_letter(r);
        if (left_letter && right_letter)
            return l < r;
        if (left_letter || right_letter)
            return digits ? left_letter : right_letter;
        /* A zero counts where digits stand in front of it. */
        uint64_t before = (l == '0' || r == '0') && counted;
        size_t left_digits, right_digits;
        int64_t left_number = take_number(left, before, &left_digits);
        int64_t right_number = take_number(right, before, &right_digits);
        if (left_number != right_number)
            return left_number < right_number;
        if (left_digits != right_digits)
            return left_digits < right_digits;
        return l < r;
    }
    return left.at == left.end && right.at < right.end;
}

static bool is_before_by_bytes(const struct td_field *a, const struct td_field *b)
{
    size_t len = a->name.len < b->name.len ? a->name.len : b->name.len;
    int order = len ? memcmp(a->name.data, b->name.data, len) : 0;
    return order ? order < 0 : a->name.len < b->name.len;
}

static bool is_before(const struct td_field *a, const struct td_field *b)
{
    return is_less(a->name, b->name);
}

/* A stable merge sort, `room` being as long as `items`: qsort() is not stable, and may go astray
 * over an order that is none, such as Go's of some numbers of more than 64 bits. */
static void sort(const struct td_field **items, const struct td_field **room, size_t count,
                 bool (*before)(const struct td_field *, const struct td_field *))
{
    for (size_t width = 1; width < count; width *= 2) {
        for (size_t start = 0; start < count; start += 2 * width) {
            size_t middle = start + width < count ? start + width : count;
            size_t end = start + 2 * width < count ? start + 2 * width : count;
            size_t left = start, right = middle;
            for (size_t i = start; i < end; i++) {
                bool take_right =
                    left == middle || (right < end && before(items[right], items[left]));
                room[i] = take_right ? items[right++] : items[left++];
            }
        }
        memcpy(items, room, count * sizeof *items);
    }
}

/* From the fields grouped by name to the groups in order. */
static void sort_groups(const struct td_field **items, const struct td_field **room, size_t count)
{
    const struct td_field **heads = room + count, **spare = room + 2 * count;
    size_t groups = 0, at = 0;
    for (size_t i = 0; i < count; i++)
        if (!i || !td_bytes_equal(items[i]->name, items[i - 1]->name))
            heads[groups++] = items[i];
    /* Where a group starts in `items` is found again by walking both in the order of bytes. */
    memcpy(room, items, count * sizeof *items);
    sort(heads, spare, groups, is_before);
    for (size_t g = 0; g < groups; g++) {
        size_t low = 0, high = count;
        while (low < high) {
            size_t middle = low + (high - low) / 2;
            if (is_before_by_bytes(room[middle], heads[g]))
                low = middle + 1;
            else
                high = middle;
        }
        for (; low < count && td_bytes_equal(room[low]->name, heads[g]->name); low++)
            items[at++] = room[low];
    }
}

/* Whether they are in order already, as what a recorder wrote is. Each name is held against all
 * others, so that nothing depends on Go's order being one. */
static bool is_sorted(const struct td_field **items, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        if (td_bytes_equal(items[i - 1]->name, items[i]->name))
            continue;
        for (size_t before = 0; before < i; before++)
            if (td_bytes_equal(items[before]->name, items[i]->name))
                return false;
        if (!is_before(items[i - 1], items[i]))
            return false;
    }
    return true;
}

int td_field_order_init(struct td_field_order *order, const struct td_fields *fields)
{
    size_t count = fields->count;
    order->count = count;
    order->items = order->few;
    if (count > sizeof order->few / sizeof *order->few)
        order->items = calloc(count, sizeof *order->items);
    if (!order->items)
        return TD_ERR_NOMEM;
    for (size_t i = 0; i < count; i++)
        order->items[i] = &fields->items[i];
    if (order->items == order->few && is_sorted(order->items, count))
        return 0;
    const struct td_field **room = calloc(3 * count, sizeof *room);
    if (!room) {
        td_field_order_release(order);
        return TD_ERR_NOMEM;
    }
    sort(order->items, room, count, is_before_by_bytes);
    sort_groups(order->items, room, count);
    free(room);
    return 0;
}

void td_field_order_release(struct td_field_order *order)
{
    if (order->items != order->few)
        free(order->items);
    order->items = NULL;
}
