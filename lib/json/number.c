/* SPDX-License-Identifier: MIT */
/*
 * Numbers by exact decimal value. Nothing is converted to a binary number: neither the digits nor
 * the exponent has a limit, and both are worked on as text.
 */
#include "json/scalar.h"

#include <inttypes.h>
#include <stdio.h>

enum {
    PLAIN_DIGITS = 21,   /* integers of up to so many digits are written in full */
    SMALL_EXPONENT = 18, /* digits of an exponent that an int64_t surely holds */
};

/* The value is digits * 10^(exponent + shift), where the digits are `whole` then `fraction`. */
struct decimal {
    bool negative;
    struct td_bytes whole;
    struct td_bytes fraction;
    int64_t shift;
    bool exponent_negative;
    struct td_bytes exponent; /* digits without zeros in front; empty is 0 */
};

static struct td_bytes take_digits(struct td_bytes *text)
{
    size_t len = 0;
    while (len < text->len && text->data[len] >= '0' && text->data[len] <= '9')
        len++;
    struct td_bytes digits = td_bytes(text->data, len);
    text->data += len;
    text->len -= len;
    return digits;
}

static void drop_zeros_in_front(struct td_bytes *digits)
{
    while (td_bytes_take(digits, '0'))
        ;
}

static size_t drop_zeros_at_end(struct td_bytes *digits)
{
    size_t before = digits->len;
    while (digits->len && digits->data[digits->len - 1] == '0')
        digits->len--;
    return before - digits->len;
}

static struct decimal decimal_read(struct td_bytes text)
{
    struct decimal number = {.negative = td_bytes_take(&text, '-')};
    number.whole = take_digits(&text);
    if (td_bytes_take(&text, '.'))
        number.fraction = take_digits(&text);
    if (td_bytes_take(&text, 'e') || td_bytes_take(&text, 'E')) {
        number.exponent_negative = td_bytes_take(&text, '-');
        td_bytes_take(&text, '+');
        number.exponent = take_digits(&text);
        drop_zeros_in_front(&number.exponent);
    }

    drop_zeros_at_end(&number.fraction);
    number.shift = -(int64_t)number.fraction.len;
    drop_zeros_in_front(&number.whole);
    if (!number.whole.len)
        drop_zeros_in_front(&number.fraction);
    if (!number.fraction.len)
        number.shift += (int64_t)drop_zeros_at_end(&number.whole);
    return number;
}

static char *put(char *to, struct td_bytes bytes)
{
    if (bytes.len)
        memcpy(to, bytes.data, bytes.len);
    return to + bytes.len;
}

static int64_t small_exponent(const struct decimal *number)
{
    uint64_t value = 0;
    td_bytes_to_u64(number->exponent, &value);
    return (number->exponent_negative ? -(int64_t)value : (int64_t)value) + number->shift;
}

/* An exponent so large that the shift cannot change its sign: added digit by digit. */
static char *put_large_exponent(char *to, const struct decimal *number)
{
    if (number->exponent_negative)
        *to++ = '-';
    char *digits = to;
    *to++ = '0'; /* for what is carried over */
    to = put(to, number->exponent);
    int64_t carry = number->exponent_negative ? -number->shift : number->shift;
    for (char *digit = to; digit > digits && carry;) {
        int64_t sum = *--digit - '0' + carry;
        int64_t rest = (sum % 10 + 10) % 10;
        *digit = (char)('0' + rest);
        carry = (sum - rest) / 10;
    }
    struct td_bytes result = td_bytes(digits, (size_t)(to - digits));
    drop_zeros_in_front(&result);
    memmove(digits, result.data, result.len);
    return digits + result.len;
}

struct td_bytes td_json_number(struct td_arena *arena, struct td_bytes text)
{
    struct td_bytes rest = text;
    bool negative = td_bytes_take(&rest, '-');
    struct td_bytes whole = take_digits(&rest);
    if (!rest.len && whole.len <= PLAIN_DIGITS)
        return negative && whole.data[0] == '0' ? whole : text;

    struct decimal number = decimal_read(text);
    size_t digits = number.whole.len + number.fraction.len;
    if (!digits)
        return TD_BYTES("0");
    /* Sign, digits, "e-", then an exponent of one digit more than written or of an int64_t; or
     * digits and zeros, 21 at the most. */
    enum { MORE = 1 + 3 + 20 };
    char *data = td_arena_alloc(arena, digits + number.exponent.len + MORE);
    if (!data)
        return td_bytes(NULL, 0);
    char *to = data;
    if (number.negative)
        *to++ = '-';
    to = put(to, number.whole);
    to = put(to, number.fraction);
    if (number.exponent.len > SMALL_EXPONENT) {
        *to++ = 'e';
        to = put_large_exponent(to, &number);
        return td_bytes(data, (size_t)(to - data));
    }
    int64_t exponent = small_exponent(&number);
    if (exponent > 0 && digits <= PLAIN_DIGITS && exponent <= PLAIN_DIGITS - (int64_t)digits) {
        memset(to, '0', (size_t)exponent);
        to += exponent;
    } else if (exponent) {
        to += snprintf(to, MORE - 1, "e%" PRId64, exponent);
    }
    return td_bytes(data, (size_t)(to - data));
}
