/* SPDX-License-Identifier: MIT */
#include "scrub/literals.h"

#include <stdlib.h>

#include "base/grow.h"

void td_literals_init(struct td_literals *literals)
{
    *literals = (struct td_literals){0};
}

void td_literals_release(struct td_literals *literals)
{
    free(literals->items);
    free(literals->heads);
    td_literals_init(literals);
}

static bool is_letter(unsigned char c)
{
    c |= 0x20;
    return c >= 'a' && c <= 'z';
}

/* How common a byte is in what cassettes hold: JSON and English, roughly. */
static unsigned commonness(unsigned char c)
{
    static const char order[] = "etaoinsrdlcu\"mp:,fhgbyvw_0123456789.-{}k[]=/ATSECIRNOPDLM\\xzjq";
    const char *found = c ? strchr(order, c) : NULL;
    return found ? 70 - (unsigned)(found - order) : c == ' ' ? 72 : 6;
}

/* Of the pairs that start at an even place of the literal (0), or an odd one (1). */
static uint32_t rarest_pair(struct td_bytes text, uint32_t parity)
{
    uint32_t best = parity;
    unsigned least = UINT32_MAX;
    for (size_t i = parity; i + 1 < text.len; i += 2) {
        unsigned score =
            commonness((unsigned char)text.data[i]) * commonness((unsigned char)text.data[i + 1]);
        if (score < least) {
            least = score;
            best = (uint32_t)i;
        }
    }
    return best;
}

static uint16_t pair_of(const char *at)
{
    uint16_t pair;
    memcpy(&pair, at, sizeof pair);
    return pair;
}

static uint64_t is_present(const struct td_literals *literals, uint64_t pair)
{
    pair &= 0xffff;
    return literals->present[pair / 64] >> pair % 64 & 1;
}

/* Files a literal under one spelling of its pair. */
static int add_spelling(struct td_literals *literals, struct td_literal literal, unsigned pair)
{
    struct td_literal *items =
        td_grow(literals->items, literals->count, &literals->capacity, sizeof *items);
    if (!items)
        return TD_ERR_NOMEM;
    literals->items = items;
    literal.next = literals->heads[pair];
    literals->items[literals->count++] = literal;
    literals->heads[pair] = (uint32_t)literals->count;
    literals->present[pair / 64] |= UINT64_C(1) << pair % 64;
    return 0;
}

/* Files it under a pair in every spelling. */
static int add_pair(struct td_literals *literals, struct td_literal literal)
{
    const char *pair = literal.text.data + literal.pair;
    bool first = literal.nocase && is_letter((unsigned char)pair[0]);
    bool second = literal.nocase && is_letter((unsigned char)pair[1]);
    int status = 0;
    for (unsigned way = 0; way < 4 && status == 0; way++) {
        if ((way & 1 && !first) || (way & 2 && !second))
            continue;
        char spelling[2] = {(char)(pair[0] ^ (way & 1 ? 0x20 : 0)),
                            (char)(pair[1] ^ (way & 2 ? 0x20 : 0))};
        status = add_spelling(literals, literal, pair_of(spelling));
    }
    return status;
}

int td_literals_add(struct td_literals *literals, const struct td_literal *wanted)
{
    if (!literals->heads)
        literals->heads = calloc(65536, sizeof *literals->heads);
    if (!literals->heads)
        return TD_ERR_NOMEM;
    struct td_literal literal = *wanted;
    int status = 0;
    for (uint32_t parity = 0; parity < 2 && status == 0; parity++) {
        literal.pair = rarest_pair(literal.text, parity);
        status = add_pair(literals, literal);
    }
    return status;
}

void td_literal_search_init(struct td_literal_search *search, const struct td_literals *literals,
                            struct td_bytes text)
{
    *search = (struct td_literal_search){literals, text, 0, 0};
    if (text.len >= 2 && literals->count)
        search->next = literals->heads[pair_of(text.data)];
    else
        search->text.len = 0;
}

static bool stands_at(const struct td_literal *literal, const char *at)
{
    if (!literal->nocase)
        return memcmp(literal->text.data, at, literal->text.len) == 0;
    for (size_t i = 0; i < literal->text.len; i++) {
        unsigned char c = (unsigned char)at[i];
        if (c >= 'A' && c <= 'Z')
            c |= 0x20;
        if (c != (unsigned char)literal->text.data[i])
            return false;
    }
    return true;
}

/* The next even place from `at` on with a pair that something is filed under; or past the end. */
static size_t next_pair(const struct td_literals *literals, struct td_bytes text, size_t at)
{
    for (; text.len - at >= 8; at += 8) {
        uint64_t word;
        memcpy(&word, text.data + at, 8);
        /* All four, without a branch between them. */
        unsigned found = is_present(literals, word);
        found |= is_present(literals, word >> 16);
        found |= is_present(literals, word >> 32);
        found |= is_present(literals, word >> 48);
        if (found)
            break;
    }
    while (at + 1 < text.len && !is_present(literals, pair_of(text.data + at)))
        at += 2;
    return at;
}

const struct td_literal *td_literal_search_next(struct td_literal_search *search, size_t *start)
{
    const struct td_literals *literals = search->literals;
    struct td_bytes text = search->text;
    for (;;) {
        while (search->next) {
            const struct td_literal *literal = &literals->items[search->next - 1];
            search->next = literal->next;
            if (search->at < literal->pair ||
                literal->text.len > text.len - (search->at - literal->pair))
                continue;
            *start = search->at - literal->pair;
            if (!stands_at(literal, text.data + *start))
                continue;
            *start += literal->skip;
            return literal;
        }
        if (search->at + 2 >= text.len)
            return NULL;
        search->at = next_pair(literals, text, search->at + 2);
        if (search->at + 1 >= text.len)
            return NULL;
        search->next = literals->heads[pair_of(text.data + search->at)];
    }
}
