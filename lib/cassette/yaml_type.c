/* SPDX-License-Identifier: MIT */
#include "cassette/yaml_type.h"

static bool is_digit(int c)
{
    return c >= '0' && c <= '9';
}

/* ---- words ---- */

static bool is_word(struct td_bytes text)
{
    static const char *const words[] = {
        "",
        "~",
        "null",
        "Null",
        "NULL",
        "true",
        "True",
        "TRUE",
        "false",
        "False",
        "FALSE",
        ".nan",
        ".NaN",
        ".NAN",
        ".inf",
        ".Inf",
        ".INF",
        "+.inf",
        "+.Inf",
        "+.INF",
        "-.inf",
        "-.Inf",
        "-.INF",
        /* The booleans of YAML 1.1. */
        "y",
        "Y",
        "yes",
        "Yes",
        "YES",
        "on",
        "On",
        "ON",
        "n",
        "N",
        "no",
        "No",
        "NO",
        "off",
        "Off",
        "OFF",
    };
    if (text.len > 5)
        return false;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (td_bytes_equal(text, td_bytes_of(words[i])))
            return true;
    return false;
}

/* ---- numbers: text without the underscores, which may stand anywhere in a number ---- */

struct cursor {
    const char *at;
    const char *end;
};

enum { END = -1 };

/* The next character that is not an underscore, or END. */
static int peek(struct cursor *cursor)
{
    while (cursor->at < cursor->end && *cursor->at == '_')
        cursor->at++;
    return cursor->at < cursor->end ? (unsigned char)*cursor->at : END;
}

static int take(struct cursor *cursor)
{
    int c = peek(cursor);
    if (cursor->at < cursor->end)
        cursor->at++;
    return c;
}

/* '-', '+', or 0 where there is none. */
static int take_sign(struct cursor *cursor)
{
    int c = peek(cursor);
    return c == '-' || c == '+' ? take(cursor) : 0;
}

static int digit_of(int c)
{
    if (is_digit(c))
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'z' ? c - 'a' + 10 : 99;
}

/* Digits to the end, of a value that 64 bits hold: without a sign unsigned, with one signed. */
static bool is_digits(struct cursor cursor, int base, int sign)
{
    uint64_t value = 0, limit = !sign ? UINT64_MAX : (uint64_t)INT64_MAX + (sign == '-');
    size_t count = 0;
    for (; peek(&cursor) != END; count++) {
        int digit = digit_of(take(&cursor));
        if (digit >= base || __builtin_mul_overflow(value, base, &value) ||
            __builtin_add_overflow(value, digit, &value) || value > limit)
            return false;
    }
    return count > 0;
}

static bool is_integer(struct td_bytes text)
{
    struct cursor cursor = {text.data, text.data + text.len};
    int sign = take_sign(&cursor);
    if (peek(&cursor) != '0')
        return is_digits(cursor, 10, sign);
    struct cursor octal = cursor; /* with its zero, so that "0" has a digit */
    take(&cursor);
    int letter = peek(&cursor);
    int base = letter == 'x' || letter == 'X'   ? 16
               : letter == 'o' || letter == 'O' ? 8
               : letter == 'b' || letter == 'B' ? 2
                                                : 0;
    if (!base)
        return is_digits(octal, 8, sign);
    take(&cursor);
    if (is_digits(cursor, base, sign))
        return true;
    /* A second sign, behind the prefix, is let pass where there is none in front. */
    if (sign || base == 16 || (letter & 0x20) == 0)
        return false;
    sign = take_sign(&cursor);
    return sign && is_digits(cursor, base, sign);
}

/*
 * The least decimal number that a double cannot hold is 2^1024 - 2^970, which rounds to infinity,
 * and which Go does not read. These are all of its 309 digits.
 */
static const char float_limit[] =
    "1797693134862315807937289714053034150799341327100378269361737789804449682927647509466490179775"
    "8720709633028641669288791094655554785194040263065748867150582068190890200070838367627385484581"
    "7711531764475730270069855571366959622842914819860834936475292719074168444365510704342711559699"
    "508093042880177904174497792";

/* A decimal number, digit by digit: whether it is below the limit without ever computing it. */
struct magnitude {
    int64_t integer_digits; /* from the first one that is not 0; negative: zeros behind the point */
    size_t compared;        /* digits held against the limit's */
    int order;              /* of those: -1, 0, 1 */
};

static void add_digit(struct magnitude *magnitude, int digit, bool behind_point)
{
    if (!magnitude->compared && digit == '0') {
        magnitude->integer_digits -= behind_point;
        return;
    }
    magnitude->integer_digits += !behind_point;
    char limit = magnitude->compared < 309 ? float_limit[magnitude->compared] : '0';
    if (!magnitude->order)
        magnitude->order = (digit > limit) - (digit < limit);
    magnitude->compared++;
}

static bool fits_float(const struct magnitude *magnitude, int64_t exponent)
{
    int64_t digits = magnitude->integer_digits + exponent;
    if (!magnitude->compared || digits != 309)
        return !magnitude->compared || digits < 309;
    /* Digits that are not there are zeros, and the limit's last one is not. */
    return magnitude->order < 0 || (!magnitude->order && magnitude->compared < 309);
}

static bool take_exponent(struct cursor *cursor, int64_t *exponent)
{
    *exponent = 0;
    if ((peek(cursor) | 0x20) != 'e')
        return true;
    take(cursor);
    bool negative = take_sign(cursor) == '-';
    if (!is_digit(peek(cursor)))
        return false;
    while (is_digit(peek(cursor))) {
        int64_t digit = take(cursor) - '0';
        if (*exponent < INT64_MAX / 100)
            *exponent = *exponent * 10 + digit;
    }
    if (negative)
        *exponent = -*exponent;
    return true;
}

/* Go reads what starts with a point as it is, underscores and all, which then stand between two
 * digits; from anything else it takes them out first. */
static bool are_underscores_placed(struct td_bytes text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] == '_' && (i == 0 || !is_digit(text.data[i - 1]) || i + 1 == text.len ||
                                    !is_digit(text.data[i + 1])))
            return false;
    return true;
}

static bool is_float(struct td_bytes text)
{
    struct cursor cursor = {text.data, text.data + text.len};
    struct magnitude magnitude = {0};
    size_t before = 0, behind = 0;
    int64_t exponent;
    if (text.data[0] == '.' && !are_underscores_placed(text))
        return false;
    take_sign(&cursor);
    for (; is_digit(peek(&cursor)); before++)
        add_digit(&magnitude, take(&cursor), false);
    if (peek(&cursor) == '.') {
        take(&cursor);
        for (; is_digit(peek(&cursor)); behind++)
            add_digit(&magnitude, take(&cursor), true);
    }
    if (!before && !behind)
        return false;
    return take_exponent(&cursor, &exponent) && peek(&cursor) == END &&
           fits_float(&magnitude, exponent);
}

/* "190:20:30.15" */
static bool is_base60(struct td_bytes text)
{
    const char *at = text.data, *end = at + text.len;
    at += *at == '-' || *at == '+';
    if (at == end || !is_digit(*at))
        return false;
    while (at < end && (is_digit(*at) || *at == '_'))
        at++;
    if (at == end || *at != ':')
        return false;
    while (at < end && *at == ':') {
        size_t digits = 0;
        at++;
        while (digits < 2 && (size_t)(end - at) > digits && is_digit(at[digits]))
            digits++;
        if (!digits || (digits == 2 && at[0] > '5'))
            return false;
        at += digits;
    }
    if (at < end && *at == '.')
        for (at++; at < end && (is_digit(*at) || *at == '_');)
            at++;
    return at == end;
}

/* ---- times, as Go's time.Parse() takes those layouts ---- */

/* One or two digits. */
static bool take_two(struct cursor *cursor, int *value)
{
    if (cursor->at == cursor->end || !is_digit(*cursor->at))
        return false;
    *value = *cursor->at++ - '0';
    if (cursor->at < cursor->end && is_digit(*cursor->at))
        *value = *value * 10 + (*cursor->at++ - '0');
    return true;
}

static bool take_char(struct cursor *cursor, char c)
{
    return cursor->at < cursor->end && *cursor->at++ == c;
}

static int days_in(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return days[month - 1] + (month == 2 && leap);
}

/* "15:4:5.999999999" */
static bool take_clock(struct cursor *cursor)
{
    int hour, minute, second;
    if (!take_two(cursor, &hour) || hour > 23 || !take_char(cursor, ':') ||
        !take_two(cursor, &minute) || minute > 59 || !take_char(cursor, ':') ||
        !take_two(cursor, &second) || second > 59)
        return false;
    if (cursor->end - cursor->at >= 2 && (*cursor->at == '.' || *cursor->at == ',') &&
        is_digit(cursor->at[1]))
        for (cursor->at++; cursor->at < cursor->end && is_digit(*cursor->at);)
            cursor->at++;
    return true;
}

/* Two characters that are a number to Go: digits, or a sign and a digit. */
static bool is_zone_number(const char *text)
{
    return (is_digit(text[0]) || text[0] == '+' || text[0] == '-') && is_digit(text[1]);
}

/* "Z" or "+07:00", and then the end. */
static bool is_zone(struct cursor cursor)
{
    const char *at = cursor.at;
    if (cursor.end - at == 1)
        return *at == 'Z';
    return cursor.end - at == 6 && (at[0] == '+' || at[0] == '-') && is_zone_number(at + 1) &&
           at[3] == ':' && is_zone_number(at + 4);
}

static bool is_time(struct td_bytes text)
{
    struct cursor cursor = {text.data, text.data + text.len};
    int year = 0, month, day;
    for (int i = 0; i < 4; i++) {
        if (cursor.at == cursor.end || !is_digit(*cursor.at))
            return false;
        year = year * 10 + (*cursor.at++ - '0');
    }
    if (!take_char(&cursor, '-') || !take_two(&cursor, &month) || month < 1 || month > 12 ||
        !take_char(&cursor, '-') || !take_two(&cursor, &day) || day < 1 ||
        day > days_in(year, month))
        return false;
    if (cursor.at == cursor.end)
        return true;
    char separator = *cursor.at++;
    if (separator == 'T' || separator == 't')
        return take_clock(&cursor) && is_zone(cursor);
    while (separator == ' ' && cursor.at < cursor.end && *cursor.at == ' ')
        cursor.at++;
    return separator == ' ' && take_clock(&cursor) && cursor.at == cursor.end;
}

bool td_yaml_is_typed(struct td_bytes text)
{
    if (is_word(text))
        return true;
    char c = text.data[0];
    if (c == '.')
        return is_float(text);
    if (!is_digit(c) && c != '+' && c != '-')
        return false;
    return is_time(text) || is_integer(text) || is_float(text) || is_base60(text);
}
