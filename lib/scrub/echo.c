/* SPDX-License-Identifier: MIT */
#include "scrub/echo.h"

#include <stdlib.h>

#include "scrub/coding.h"
#include "scrub/scrubber.h"

void td_echo_init(struct td_echo *echo)
{
    *echo = (struct td_echo){0};
    td_arena_init(&echo->arena);
}

void td_echo_release(struct td_echo *echo)
{
    td_arena_release(&echo->arena);
}

/* What is found by its form, too, has the better name by that. */
static bool is_known_by_form(struct td_bytes text)
{
    size_t start, end;
    for (size_t i = 0; i < td_key_shape_count; i++) {
        const struct td_key_shape *shape = &td_key_shapes[i];
        size_t len = strlen(shape->literal);
        if (text.len > len && memcmp(text.data, shape->literal, len) == 0 &&
            !(shape->flags & TD_SHAPE_STARTS) && td_key_shape_match(shape, text, 0, &start, &end) &&
            start == 0 && end == text.len)
            return true;
    }
    return false;
}

static void add(struct td_echo *echo, const char *rule, struct td_bytes text)
{
    enum { LEAST = 8, LONGEST = 2048 };
    if (text.len < LEAST || text.len > LONGEST || !td_looks_random(text, 1) ||
        is_known_by_form(text) || echo->count == TD_ECHO_MOST)
        return;
    for (size_t i = 0; i < echo->count; i++)
        if (td_bytes_equal(echo->values[i].text, text))
            return;
    struct td_bytes kept = td_arena_copy(&echo->arena, text);
    echo->failed |= !kept.data;
    echo->values[echo->count].rule = rule;
    echo->values[echo->count++].text = kept;
}

void td_echo_learn(struct td_echo *echo, const char *rule, struct td_bytes text)
{
    if (strcmp(rule, td_special_rules[TD_SPECIAL_COOKIE].id) == 0)
        return;
    add(echo, rule, text);
    /* "Basic", which is said back as the password alone, or as a key that is the name; and user
     * info of a URL. */
    struct td_bytes end = text;
    while (end.len && end.data[end.len - 1] == '=')
        end.len--;
    bool base64 = end.len > 0;
    for (size_t i = 0; i < end.len && base64; i++)
        base64 = td_base64_char(end.data[i]);
    if (base64)
        text = td_base64_take(&echo->arena, end);
    echo->failed |= !text.data;
    const char *colon = text.len ? memchr(text.data, ':', text.len) : NULL;
    if (colon)
        add(echo, rule, td_bytes(text.data, (size_t)(colon - text.data)));
    if (colon)
        add(echo, rule, td_bytes(colon + 1, text.len - (size_t)(colon + 1 - text.data)));
}

struct td_scrubber *td_echo_scrubber(const struct td_echo *echo, const struct td_scrubber *like)
{
    struct td_variable values[TD_ECHO_MOST];
    for (size_t i = 0; i < echo->count; i++)
        values[i] =
            (struct td_variable){.rule = echo->values[i].rule, .value = echo->values[i].text};
    return td_scrubber_of_values(like, values, echo->count);
}
