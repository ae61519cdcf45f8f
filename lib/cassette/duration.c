/* SPDX-License-Identifier: MIT */
#include "cassette/duration.h"

static const struct unit {
    const char *name;
    uint64_t ns;
} units[] = {
    {"ns", 1},           {"us", 1000},      {"\xc2\xb5s", 1000}, /* U+00B5, the micro sign */
    {"\xce\xbcs", 1000},                                         /* U+03BC, the Greek letter mu */
    {"ms", 1000000},     {"s", 1000000000}, {"m", 60000000000},  {"h", 3600000000000},
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool starts_number(char c)
{
    return is_digit(c) || c == '.';
}

/* The unit's name, which reaches up to the next number. */
static const struct unit *take_unit(struct td_bytes *text)
{
    struct td_bytes name = {text->data, 0};
    while (name.len < text->len && !starts_number(text->data[name.len]))
        name.len++;
    text->data += name.len;
    text->len -= name.len;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (td_bytes_equal(name, td_bytes_of(units[i].name)))
            return &units[i];
    return NULL;
}

/* "62.5", as a whole and what follows the point, in 1/scale. */
struct number {
    uint64_t whole;
    uint64_t fraction;
    uint64_t scale;
    bool point;
};

static enum td_duration_result take_number(struct td_bytes *text, struct number *number)
{
    *number = (struct number){.scale = 1};
    size_t digits = 0;
    bool large = false;
    for (; text->len && starts_number(text->data[0]); text->data++, text->len--) {
        char c = text->data[0];
        if (c == '.') {
            if (number->point)
                return TD_DURATION_BAD;
            number->point = true;
            continue;
        }
        uint64_t digit = (uint64_t)(c - '0');
        digits++;
        if (!number->point) {
            large |= __builtin_mul_overflow(number->whole, 10, &number->whole) ||
                     __builtin_add_overflow(number->whole, digit, &number->whole);
        } else if (number->scale < UINT64_C(1000000000000000000)) {
            /* Further digits cannot come to a nanosecond, even of an hour. */
            number->fraction = number->fraction * 10 + digit;
            number->scale *= 10;
        }
    }
    if (!digits)
        return TD_DURATION_BAD;
    return large ? TD_DURATION_TOO_LARGE : TD_DURATION_OK;
}

enum td_duration_result td_duration_parse(struct td_bytes text, int64_t *ns)
{
    bool negative = text.len && text.data[0] == '-', large = false;
    unsigned __int128 sum = 0;
    *ns = 0;
    if (!text.len)
        return TD_DURATION_OK;
    if (negative || text.data[0] == '+')
        text = td_bytes(text.data + 1, text.len - 1);
    if (!text.len)
        return TD_DURATION_BAD;
    for (bool first = true; text.len; first = false) {
        struct number number;
        enum td_duration_result result = take_number(&text, &number);
        if (result == TD_DURATION_BAD)
            return result;
        large |= result == TD_DURATION_TOO_LARGE;
        /* Without a unit only a whole number that stands alone. */
        bool bare = first && !text.len && !number.point;
        const struct unit *unit = bare ? &units[0] : take_unit(&text);
        if (!unit)
            return TD_DURATION_BAD;
        sum += (unsigned __int128)number.whole * unit->ns +
               (unsigned __int128)number.fraction * unit->ns / number.scale;
        large |= sum > (uint64_t)INT64_MAX + negative;
        if (large)
            sum = 0;
    }
    if (large)
        return TD_DURATION_TOO_LARGE;
    *ns = negative ? (int64_t) - (uint64_t)sum : (int64_t)sum;
    return TD_DURATION_OK;
}

/* In units of `scale` nanoseconds, with as much of a fraction as there is. */
static void format_unit(uint64_t ns, uint64_t scale, const char *name, struct td_buf *out)
{
    td_buf_printf(out, "%llu", (unsigned long long)(ns / scale));
    uint64_t rest = ns % scale;
    if (rest)
        td_buf_put_char(out, '.');
    while (rest) {
        scale /= 10;
        td_buf_put_char(out, (char)('0' + rest / scale));
        rest %= scale;
    }
    td_buf_put_text(out, name);
}

void td_duration_format(int64_t ns, struct td_buf *out)
{
    uint64_t left = ns < 0 ? -(uint64_t)ns : (uint64_t)ns;
    if (ns < 0)
        td_buf_put_char(out, '-');
    if (!left || left >= 1000000000) {
        uint64_t hours = left / 3600000000000, minutes = left / 60000000000 % 60;
        if (hours)
            td_buf_printf(out, "%lluh", (unsigned long long)hours);
        if (hours || minutes)
            td_buf_printf(out, "%llum", (unsigned long long)minutes);
        format_unit(left % 60000000000, 1000000000, "s", out);
    } else if (left >= 1000000) {
        format_unit(left, 1000000, "ms", out);
    } else if (left >= 1000) {
        format_unit(left, 1000, "\xc2\xb5s", out);
    } else {
        format_unit(left, 1, "ns", out);
    }
}
