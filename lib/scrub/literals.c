/* SPDX-License-Identifier: MIT */
#include "scrub/literals.h"

#include <stdlib.h>

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

static uint32_t rarest_pair(struct td_bytes text)
{
    uint32_t best = 0;
    unsigned least = UINT32_MAX;
    for (size_t i = 0; i + 1 < text.len; i++) {
        unsigned score =
            commonness((unsigned char)text.data[i]) * commonness((unsigned char)text.data[i + 1]);
        if (score < least) {
            least = score;
            best = (uint32_t)i;
        }
    }
    return best;
}

static unsigned pair_of(const char *at)
{
    return (unsigned)(unsigned char)at[0] << 8 | (unsigned char)at[1];
}

/* Files a literal under one spelling of its pair. */
static int add_spelling(struct td_literals *literals, struct td_literal literal, unsigned pair)
{
    if (literals->count == literals->capacity) {
        size_t more = literals->capacity ? literals->capacity * 2 : 64;
        struct td_literal *items = reallocarray(literals->items, more, sizeof *items);
        if (!items)
            return TD_ERR_NOMEM;
        literals->items = items;
        literals->capacity = more;
    }
    literal.next = literals->heads[pair];
    literals->items[literals->count++] = literal;
    literals->heads[pair] = (uint32_t)literals->count;
    literals->present[pair / 64] |= UINT64_C(1) << pair % 64;
    return 0;
}

int td_literals_add(struct td_literals *literals, struct td_bytes text, bool nocase, uint8_t kind,
                    uint32_t index)
{
    if (!literals->heads)
        literals->heads = calloc(65536, sizeof *literals->heads);
    if (!literals->heads)
        return TD_ERR_NOMEM;
    struct td_literal literal = {text, nocase, kind, index, rarest_pair(text), 0};
    unsigned pair = pair_of(text.data + literal.pair);
    int status = add_spelling(literals, literal, pair);
    if (!nocase)
        return status;
    bool first = is_letter((unsigned char)(pair >> 8)), second = is_letter((unsigned char)pair);
    if (first && status == 0)
        status = add_spelling(literals, literal, pair ^ 0x2000);
    if (second && status == 0)
        status = add_spelling(literals, literal, pair ^ 0x20);
    if (first && second && status == 0)
        status = add_spelling(literals, literal, pair ^ 0x2020);
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

const struct td_literal *td_literal_search_next(struct td_literal_search *search, size_t *start)
{
    const struct td_literals *literals = search->literals;
    const char *text = search->text.data;
    size_t len = search->text.len;
    for (;;) {
        while (search->next) {
            const struct td_literal *literal = &literals->items[search->next - 1];
            search->next = literal->next;
            if (search->at < literal->pair ||
                literal->text.len > len - (search->at - literal->pair))
                continue;
            *start = search->at - literal->pair;
            if (stands_at(literal, text + *start))
                return literal;
        }
        size_t at = search->at + 1;
        unsigned pair = 0;
        for (; at + 1 < len; at++) {
            pair = pair_of(text + at);
            if (literals->present[pair / 64] >> pair % 64 & 1)
                break;
        }
        search->at = at;
        if (at + 1 >= len)
            return NULL;
        search->next = literals->heads[pair];
    }
}
