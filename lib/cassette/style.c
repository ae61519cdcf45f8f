/* SPDX-License-Identifier: MIT */
#include "cassette/style.h"

#include "cassette/yaml_type.h"

/* ---- characters ---- */

size_t td_utf8_take(const char *text, size_t len, uint32_t *character)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    unsigned char first = (unsigned char)text[0];
    size_t size = first < 0x80             ? 1
                  : (first & 0xe0) == 0xc0 ? 2
                  : (first & 0xf0) == 0xe0 ? 3
                  : (first & 0xf8) == 0xf0 ? 4
                                           : 0;
    if (size < 2) {
        *character = first;
        return size;
    }
    if (size > len)
        return 0;
    uint32_t value = first & (0xff >> (size + 1));
    for (size_t i = 1; i < size; i++) {
        if (((unsigned char)text[i] & 0xc0) != 0x80)
            return 0;
        value = value << 6 | ((unsigned char)text[i] & 0x3f);
    }
    *character = value;
    return value < least[size] || (value >= 0xd800 && value <= 0xdfff) || value > 0x10ffff ? 0
                                                                                           : size;
}

/* What Go's unicode.IsSpace() says. */
static bool is_white(uint32_t c)
{
    return (c >= '\t' && c <= '\r') || c == ' ' || c == 0x85 || c == 0xa0 || c == 0x1680 ||
           (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f ||
           c == 0x205f || c == 0x3000;
}

static bool is_all_white(struct td_bytes text)
{
    uint32_t c;
    for (size_t i = 0, size; i < text.len; i += size) {
        size = td_utf8_take(text.data + i, text.len - i, &c);
        if (!size || !is_white(c))
            return false;
    }
    return true;
}

/* ---- traits ---- */

enum { LANES = 16 };
typedef signed char lanes __attribute__((vector_size(LANES)));

/* How many bytes at the front are neither control characters nor part of a longer character: most
 * of most bodies, so sixteen at a time. */
static size_t quiet_run(const char *data, size_t len)
{
    size_t i = 0;
    for (; len - i >= LANES; i += LANES) {
        lanes bytes;
        uint64_t loud[LANES / 8];
        memcpy(&bytes, data + i, sizeof bytes);
        bytes = (bytes < ' ') | (bytes == 0x7f); /* bytes from 0x80 on are negative */
        memcpy(loud, &bytes, sizeof loud);
        if (loud[0] | loud[1])
            break;
    }
    while (i < len && (signed char)data[i] >= ' ' && data[i] != 0x7f)
        i++;
    return i;
}

/* What a line break at [at, end) adds. */
static unsigned break_traits(struct td_bytes text, size_t at, size_t end)
{
    unsigned traits = TD_TRAIT_BREAK;
    if (at == 0)
        traits |= TD_TRAIT_BREAK_FIRST;
    else if (text.data[at - 1] == ' ')
        traits |= TD_TRAIT_SPACE_BREAK;
    if (end == text.len)
        traits |= TD_TRAIT_BREAK_LAST;
    else if (text.data[end] == ' ')
        traits |= TD_TRAIT_BREAK_SPACE;
    return traits;
}

/* What a character of more than one byte adds. */
static unsigned wide_traits(struct td_bytes text, size_t at, size_t size, uint32_t c)
{
    if (c == 0x2028 || c == 0x2029)
        return TD_TRAIT_WIDE_BREAK | break_traits(text, at, at + size);
    if (c == 0x85)
        return TD_TRAIT_SPECIAL | TD_TRAIT_BREAK;
    return c < 0xa0 || c == 0xfeff || c == 0xfffe || c >= 0xffff ? TD_TRAIT_SPECIAL : 0;
}

/* Whether the text, of one line and without tabs, holds what would be syntax if it were plain. */
static bool has_indicator(struct td_bytes text)
{
    const char *data = text.data;
    char first = data[0];
    if (memchr("#,[]{}&*!|>'\"%@`", first, 16))
        return true;
    if ((first == '?' || first == ':' || first == '-') && (text.len == 1 || data[1] == ' '))
        return true;
    if (text.len >= 3 && (memcmp(data, "---", 3) == 0 || memcmp(data, "...", 3) == 0))
        return true;
    for (size_t i = 1; i < text.len; i++)
        if ((data[i] == ':' && (i + 1 == text.len || data[i + 1] == ' ')) ||
            (data[i] == '#' && data[i - 1] == ' '))
            return true;
    return false;
}

unsigned td_text_traits(struct td_bytes text)
{
    unsigned traits = 0;
    if (!text.len)
        return TD_TRAIT_TYPED;
    if (text.data[0] == ' ')
        traits |= TD_TRAIT_SPACE_FIRST;
    if (text.data[text.len - 1] == ' ')
        traits |= TD_TRAIT_SPACE_LAST;
    for (size_t i = 0, size;; i += size) {
        i += quiet_run(text.data + i, text.len - i);
        if (i == text.len)
            break;
        uint32_t c;
        size = td_utf8_take(text.data + i, text.len - i, &c);
        if (!size)
            return TD_TRAIT_NOT_UTF8;
        if (c == '\n')
            traits |= TD_TRAIT_LF | break_traits(text, i, i + 1);
        else if (c == '\t')
            traits |= TD_TRAIT_TAB;
        else if (c == '\r')
            traits |= TD_TRAIT_SPECIAL | TD_TRAIT_BREAK;
        else
            traits |= size == 1 ? TD_TRAIT_SPECIAL : wide_traits(text, i, size, c);
    }
    if (traits & TD_TRAIT_LF)
        return traits | (is_all_white(text) ? TD_TRAIT_ALL_BLANK : 0);
    if (td_bytes_equal(text, TD_BYTES("<<")))
        return traits | TD_TRAIT_MERGE;
    if (td_yaml_is_typed(text))
        traits |= TD_TRAIT_TYPED;
    /* What cannot be plain anyway is not looked through again. */
    if (!traits && has_indicator(text))
        traits |= TD_TRAIT_INDICATOR;
    return traits;
}

/* ---- the table ---- */

enum where { ANYWHERE, KEY_ONLY, COMPACT_ONLY };

/*
 * The first row decides that is for the place, and all and any of whose traits the text has. The
 * letter says whose rule it is: e is Go's encoder (encode.go, stringv), m its emitter (emitterc.go,
 * yaml_emitter_select_scalar_style), t Tapedeck's own.
 */
static const struct rule {
    const char *name;
    unsigned all; /* 0: any text */
    unsigned any; /* 0: no more than that */
    enum where where;
    enum td_style_kind kind;
} rules[] = {
    /* e: YAML is UTF-8, so that other bytes are only to be had as base64. */
    {"not-utf8", TD_TRAIT_NOT_UTF8, 0, ANYWHERE, TD_STYLE_BINARY},
    /* e: go-yaml v4 keeps blocks for text that can be seen. */
    {"all-blank", TD_TRAIT_ALL_BLANK, 0, COMPACT_ONLY, TD_STYLE_DOUBLE},
    /* t: yaml.v3 writes a block, without the first line break. */
    {"blank-break-first", TD_TRAIT_ALL_BLANK | TD_TRAIT_BREAK_FIRST, 0, ANYWHERE, TD_STYLE_DOUBLE},
    /* m: neither blocks nor single quotes have escapes for what is not printable (which is, to Go,
     * every character beyond U+FFFF as well), and readers make an LF of a CR. */
    {"special", TD_TRAIT_SPECIAL, 0, ANYWHERE, TD_STYLE_DOUBLE},
    /* m: spaces at the end of a line are easily lost, in an editor if nowhere else. */
    {"space-before-break", TD_TRAIT_SPACE_BREAK, 0, ANYWHERE, TD_STYLE_DOUBLE},
    {"lines-space-last", TD_TRAIT_LF | TD_TRAIT_SPACE_LAST, 0, ANYWHERE, TD_STYLE_DOUBLE},
    /* e: text of several lines is a block, which shows it as it is. */
    {"lines", TD_TRAIT_LF, 0, ANYWHERE, TD_STYLE_LITERAL},
    /* e: quotes make text of what would be read as a number, a boolean, null or a time, in YAML 1.1
     * or 1.2. The empty text would be null. */
    {"typed", TD_TRAIT_TYPED, 0, ANYWHERE, TD_STYLE_DOUBLE},
    /* e: go-yaml v4 quotes what looks like a merge key. */
    {"merge", TD_TRAIT_MERGE, 0, COMPACT_ONLY, TD_STYLE_DOUBLE},
    /* t: yaml.v3 does not even where it is a key, and then cannot read it. */
    {"merge-key", TD_TRAIT_MERGE, 0, KEY_ONLY, TD_STYLE_DOUBLE},
    /* m: outside a block a tab is written as an escape. */
    {"tab", TD_TRAIT_TAB, 0, ANYWHERE, TD_STYLE_DOUBLE},
    /* m: single quotes lose the spaces behind a line break. */
    {"space-after-break", TD_TRAIT_BREAK_SPACE, 0, ANYWHERE, TD_STYLE_DOUBLE},
    /* m: plain text has no spaces around it, */
    {"edge-space", 0, TD_TRAIT_SPACE_FIRST | TD_TRAIT_SPACE_LAST, ANYWHERE, TD_STYLE_SINGLE},
    /* and is one line. A break that comes here is U+2028 or U+2029, and quotes keep it. */
    {"wide-break", TD_TRAIT_WIDE_BREAK, 0, ANYWHERE, TD_STYLE_SINGLE},
    /* m: what would be syntax is quoted. */
    {"indicator", TD_TRAIT_INDICATOR, 0, ANYWHERE, TD_STYLE_SINGLE},
    /* e: anything else is written as it is. */
    {"plain", 0, 0, ANYWHERE, TD_STYLE_PLAIN},
};

static bool applies(const struct rule *rule, unsigned traits, enum td_layout layout, bool key)
{
    return (rule->all & traits) == rule->all && (!rule->any || (rule->any & traits)) &&
           (rule->where != KEY_ONLY || key) &&
           (rule->where != COMPACT_ONLY || layout == TD_LAYOUT_COMPACT);
}

struct td_style td_style_of(struct td_bytes text, enum td_layout layout, bool key)
{
    unsigned traits = td_text_traits(text);
    const struct rule *rule = rules;
    while (!applies(rule, traits, layout, key))
        rule++;
    return (struct td_style){rule->name, traits, rule->kind};
}
