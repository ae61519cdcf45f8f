/* SPDX-License-Identifier: MIT */
/*
 * Random values: the same one from the same seed, spelled in a way that another seed chooses; and
 * with one scalar changed, if that is asked for. For tests that hold for every value.
 */
#ifndef TD_TESTS_RANDOM_JSON_H
#define TD_TESTS_RANDOM_JSON_H

#include "base/bytes.h"

struct random_json {
    uint64_t value;
    uint64_t spelling;
    size_t scalars; /* so far */
    size_t change;  /* which of them to change; SIZE_MAX for none */
};

static uint64_t draw(uint64_t *seed, uint64_t below)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    uint64_t mixed = (*seed ^ *seed >> 29) * UINT64_C(0x9e3779b97f4a7c15);
    return (mixed >> 32) % below;
}

static void put_space(struct random_json *random, struct td_buf *out)
{
    while (draw(&random->spelling, 4) == 0)
        td_buf_put_char(out, " \t\r\n"[draw(&random->spelling, 4)]);
}

static void put_random_number(struct random_json *random, struct td_buf *out, bool change)
{
    char digits[12];
    size_t len = 1 + draw(&random->value, sizeof digits - 1);
    for (size_t i = 0; i < len; i++)
        digits[i] = (char)('1' + draw(&random->value, 8));
    int exponent = (int)draw(&random->value, 60) - 30;
    if (draw(&random->value, 2))
        td_buf_put_char(out, '-');
    if (change)
        digits[len - 1]++;
    /* The point goes before, into or behind the digits. */
    size_t point = draw(&random->spelling, len + 1);
    if (!point)
        td_buf_put_char(out, '0');
    td_buf_put(out, digits, point);
    if (point < len) {
        td_buf_put_char(out, '.');
        td_buf_put(out, digits + point, len - point);
    } else if (draw(&random->spelling, 2)) {
        td_buf_put_text(out, ".0");
    }
    exponent += (int)(len - point);
    if (exponent || draw(&random->spelling, 2))
        td_buf_printf(out, draw(&random->spelling, 2) ? "e%+03d" : "E%d", exponent);
}

static void put_random_text(struct random_json *random, struct td_buf *out, const char *end)
{
    static const struct {
        const char *plain, *escaped, *again;
    } characters[] = {{"a", "\\u0061", "a"},
                      {"\xc3\xa9", "\\u00e9", "\\u00E9"},
                      {"\xf0\x9f\x98\x80", "\\ud83d\\ude00", "\\uD83D\\uDE00"},
                      {"/", "\\/", "\\u002f"},
                      {"\\n", "\\u000a", "\\r\\n"},
                      {"\\\"", "\\u0022", "\\\""},
                      {"\\u0000", "\\u0000", "\\u0000"},
                      {"plain text of some length", "plain text \\u006ff some length",
                       "plain text of some length"}};
    td_buf_put_char(out, '"');
    for (uint64_t left = draw(&random->value, 6); left; left--) {
        size_t which = draw(&random->value, sizeof characters / sizeof *characters);
        size_t how = draw(&random->spelling, 3);
        td_buf_put_text(out, how == 0   ? characters[which].plain
                             : how == 1 ? characters[which].escaped
                                        : characters[which].again);
    }
    td_buf_put_text(out, end);
    td_buf_put_char(out, '"');
}

static void put_random_value(struct random_json *random, struct td_buf *out, int depth)
{
    uint64_t kind = draw(&random->value, depth ? 7 : 5);
    bool change = kind < 5 && random->scalars++ == random->change;
    put_space(random, out);
    switch (kind) {
    case 0:
        td_buf_put_text(out, change ? "false" : "null");
        break;
    case 1:
        td_buf_put_text(out, change ? "false" : "true");
        break;
    case 2:
    case 3:
        put_random_number(random, out, change);
        break;
    case 4:
        put_random_text(random, out, change ? "!" : "");
        break;
    default: {
        struct td_buf children[8];
        size_t count = draw(&random->value, 8);
        for (size_t i = 0; i < count; i++) {
            td_buf_init(&children[i]);
            if (kind == 6) {
                put_space(random, &children[i]);
                /* No key twice, or shuffling would change the value. */
                put_random_text(random, &children[i], (char[]){(char)('A' + i), '\0'});
                put_space(random, &children[i]);
                td_buf_put_char(&children[i], ':');
            }
            put_random_value(random, &children[i], depth - 1);
        }
        for (size_t i = count; kind == 6 && i > 1; i--) {
            size_t j = draw(&random->spelling, i);
            struct td_buf swap = children[i - 1];
            children[i - 1] = children[j];
            children[j] = swap;
        }
        td_buf_put_char(out, kind == 6 ? '{' : '[');
        put_space(random, out);
        for (size_t i = 0; i < count; i++) {
            if (i)
                td_buf_put_char(out, ',');
            td_buf_put_bytes(out, td_buf_view(&children[i]));
            td_buf_release(&children[i]);
        }
        td_buf_put_char(out, kind == 6 ? '}' : ']');
    }
    }
    put_space(random, out);
}

static inline size_t put_random(struct td_buf *out, uint64_t value, uint64_t spelling,
                                size_t change)
{
    struct random_json random = {value, spelling, 0, change};
    td_buf_init(out);
    put_random_value(&random, out, 5);
    return random.scalars;
}

#endif
