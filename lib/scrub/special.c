/* SPDX-License-Identifier: MIT */
/* Secrets that take a little code to know. */
#include "scrub/coding.h"
#include "scrub/names.h"
#include "scrub/rules.h"

const struct td_special_literal td_special_literals[] = {
    {TD_SPECIAL_JWT, "eyJ", false},
    {TD_SPECIAL_PRIVATE_KEY, "-----BEGIN ", false},
    {TD_SPECIAL_BEARER, "bearer ", true},
    {TD_SPECIAL_BASIC, "basic ", true},
    {TD_SPECIAL_ASSIGNED, "key", true},
    {TD_SPECIAL_ASSIGNED, "secret", true},
    {TD_SPECIAL_ASSIGNED, "token", true},
    {TD_SPECIAL_ASSIGNED, "password", true},
    {TD_SPECIAL_ASSIGNED, "passwd", true},
    {TD_SPECIAL_ASSIGNED, "signature", true},
    {TD_SPECIAL_ASSIGNED, "credential", true},
    {TD_SPECIAL_USERINFO, "://", false},
};

const size_t td_special_literal_count = sizeof td_special_literals / sizeof *td_special_literals;

static size_t run_end(struct td_bytes text, size_t at, unsigned class)
{
    while (at < text.len && td_class_of(text.data[at]) & class)
        at++;
    return at;
}

static bool starts(struct td_bytes text, size_t at)
{
    return !at || !(td_class_of(text.data[at - 1]) & TD_CLASS_TOKEN);
}

/* Three parts or, where it is encrypted, five. A run that was gone through once is no token at a
 * later place of it either. */
static bool match_jwt(struct td_bytes text, size_t at, size_t *from, size_t *start, size_t *end)
{
    enum { LEAST = 8 };
    size_t first = run_end(text, at, TD_CLASS_TOKEN);
    *from = first;
    if (!starts(text, at) || first - at < LEAST || first == text.len || text.data[first] != '.')
        return false;
    size_t second = run_end(text, first + 1, TD_CLASS_TOKEN);
    if (second - first <= LEAST || second == text.len || text.data[second] != '.')
        return false;
    size_t third = run_end(text, second + 1, TD_CLASS_TOKEN);
    if (third - second <= LEAST)
        return false;
    for (int more = 0; more < 2 && third < text.len && text.data[third] == '.'; more++)
        third = run_end(text, third + 1, TD_CLASS_TOKEN);
    *start = at;
    *end = third;
    return true;
}

/* From BEGIN to END; where it is cut, as far as it goes. */
static bool match_private_key(struct td_bytes text, size_t at, size_t len, size_t *from,
                              size_t *start, size_t *end)
{
    enum { LABEL = 64 };
    size_t label = at + len, stop = label;
    while (stop < text.len && stop - label < LABEL && text.data[stop] != '-' &&
           text.data[stop] != '\n')
        stop++;
    struct td_bytes name = td_bytes(text.data + label, stop - label);
    *from = stop;
    if (!td_bytes_has_nocase(name, TD_BYTES("PRIVATE KEY")) || text.len - stop < 5 ||
        memcmp(text.data + stop, "-----", 5) != 0)
        return false;
    size_t body = stop + 5;
    const char *dashes = memmem(text.data + body, text.len - body, "-----", 5);
    size_t close = dashes ? (size_t)(dashes - text.data) : text.len;
    *from = close;
    if (dashes && text.len - close >= 9 && memcmp(dashes, "-----END ", 9) == 0) {
        const char *last = memmem(
            dashes + 9, text.len - close - 9 < LABEL ? text.len - close - 9 : LABEL, "-----", 5);
        *end = last ? (size_t)(last - text.data) + 5 : close;
    } else {
        /* No end: what can be part of a key. */
        *end = body;
        while (*end < close &&
               (td_class_of(text.data[*end]) & (TD_CLASS_BASE64_ALL | TD_CLASS_EQUALS) ||
                memchr(" \t\r\n\\", text.data[*end], 5)))
            ++*end;
        while (*end > body && memchr(" \t\r\n\\", text.data[*end - 1], 5))
            --*end;
    }
    *start = at;
    *from = *end;
    return *end > body + 16;
}

static bool match_bearer(struct td_bytes text, size_t at, size_t len, size_t *from, size_t *start,
                         size_t *end)
{
    enum { LEAST = 16 };
    if (!starts(text, at))
        return false;
    *start = at + len;
    *end = run_end(text, *start, TD_CLASS_OAUTH);
    *end = run_end(text, *end, TD_CLASS_EQUALS);
    *from = *end;
    struct td_bytes token = td_bytes(text.data + *start, *end - *start);
    return token.len >= LEAST && td_looks_random(token, 1);
}

/* Base64 that holds a name, a colon and no control characters. */
static bool match_basic(struct td_bytes text, size_t at, size_t len, size_t *from, size_t *start,
                        size_t *end)
{
    enum { LEAST = 8, MOST = 1024 };
    if (!starts(text, at))
        return false;
    *start = at + len;
    *end = run_end(text, *start, TD_CLASS_BASE64_ALL);
    *from = *end;
    struct td_bytes coded = td_bytes(text.data + *start, *end - *start);
    *end = run_end(text, *end, TD_CLASS_EQUALS);
    if (coded.len < LEAST || coded.len > MOST || *end - *start - coded.len > 2 ||
        (*end - *start) % 4)
        return false;
    struct td_arena arena;
    td_arena_init(&arena);
    struct td_bytes plain = td_base64_take(&arena, coded);
    bool colon = false, text_only = plain.len != 0;
    for (size_t i = 0; i < plain.len; i++) {
        colon |= plain.data[i] == ':';
        text_only &= (unsigned char)plain.data[i] >= 0x20 && plain.data[i] != 0x7f;
    }
    td_arena_release(&arena);
    return colon && text_only;
}

/* Whether a name in a text is a secret's: its last word or words, after anything. */
static bool is_secret_name(struct td_bytes name)
{
    static const char *const ends[] = {
        "apikey",          "accesskey",     "secretkey",  "secret",        "password",
        "passwd",          "accesstoken",   "authtoken",  "refreshtoken",  "idtoken",
        "sessiontoken",    "bearertoken",   "privatekey", "accountkey",    "sharedkey",
        "subscriptionkey", "authkey",       "signingkey", "encryptionkey", "functionkey",
        "apitoken",        "securitytoken", "token",
    };
    static const char *const others[] = {"pagetoken", "nexttoken",   "continuationtoken",
                                         "synctoken", "canceltoken", "cancellationtoken"};
    char word[64];
    size_t len = td_name_fold(name, word, sizeof word);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (len >= strlen(others[i]) &&
            memcmp(word + len - strlen(others[i]), others[i], strlen(others[i])) == 0)
            return false;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (len >= strlen(ends[i]) &&
            memcmp(word + len - strlen(ends[i]), ends[i], strlen(ends[i])) == 0)
            return true;
    return false;
}

static size_t skip(struct td_bytes text, size_t at, const char *set)
{
    enum { FAR = 16 };
    size_t start = at;
    while (at < text.len && at - start < FAR && text.data[at] && strchr(set, text.data[at]))
        at++;
    return at;
}

/* The value of a query in a URL that stands in a text. */
static bool match_query(struct td_bytes text, struct td_bytes name, size_t at, size_t *start,
                        size_t *end)
{
    if (at == text.len || text.data[at] != '=' || !td_name_in_text(name))
        return false;
    *start = ++at;
    while (at < text.len && (unsigned char)text.data[at] > ' ' &&
           !memchr("&#\"'<>\\`()[]{}", text.data[at], 15))
        at++;
    *end = at;
    return *end > *start;
}

/* `NAME=value`, `name: "value"`, `"name": "value"`, `name := 'value'`, `?name=value`. */
static bool match_assigned(struct td_bytes text, size_t at, size_t len, size_t *from, size_t *start,
                           size_t *end)
{
    enum { LEAST = 16, LONGEST_NAME = 48 };
    size_t after = at + len, first = at;
    if (after < text.len && td_class_of(text.data[after]) & TD_CLASS_TOKEN)
        return false;
    while (first && at - first < LONGEST_NAME && td_class_of(text.data[first - 1]) & TD_CLASS_TOKEN)
        first--;
    struct td_bytes name = td_bytes(text.data + first, after - first);
    static const struct td_bytes mark = TD_BYTES("[REDACTED:");
    if (first >= mark.len && memcmp(text.data + first - mark.len, mark.data, mark.len) == 0)
        return false; /* the name of a rule */
    if (first && strchr("?&;", text.data[first - 1]) && text.data[first - 1] &&
        match_query(text, name, after, start, end)) {
        *from = *end;
        return true;
    }
    size_t sign = skip(text, after, "\"' ]");
    size_t value = skip(text, sign, ":=>");
    if (value == sign || !is_secret_name(name))
        return false;
    *start = skip(text, value, "\"' ");
    *end = run_end(text, *start, TD_CLASS_OAUTH);
    *end = run_end(text, *end, TD_CLASS_EQUALS);
    *from = *end > at + len ? *end : at + len;
    struct td_bytes found = td_bytes(text.data + *start, *end - *start);
    /* A call or a member of something is code, not a value. */
    if (*end < text.len && memchr("([{$", text.data[*end], 4))
        return false;
    return found.len >= LEAST && td_looks_random(found, 2);
}

static bool match_userinfo(struct td_bytes text, size_t at, size_t len, size_t *from, size_t *start,
                           size_t *end)
{
    enum { FAR = 512 };
    static const char *const examples[] = {"password", "pass", "passwd", "pw", "secret"};
    size_t stop = at + len, colon = 0;
    *start = stop;
    while (stop < text.len && stop - *start < FAR && (unsigned char)text.data[stop] > ' ' &&
           !memchr("/?#@\"'<>\\[]{}()$", text.data[stop], 16)) {
        if (text.data[stop] == ':' && !colon)
            colon = stop;
        stop++;
    }
    *from = stop;
    if (stop == text.len || text.data[stop] != '@' || !colon || colon + 1 == stop)
        return false;
    *end = stop;
    struct td_bytes password = td_bytes(text.data + colon + 1, stop - colon - 1);
    for (size_t i = 0; i < sizeof examples / sizeof *examples; i++)
        if (td_bytes_equal_nocase(password, td_bytes_of(examples[i])))
            return false;
    return true;
}

bool td_special_match(enum td_special special, struct td_bytes text, size_t at, size_t len,
                      size_t *from, size_t *start, size_t *end)
{
    switch (special) {
    case TD_SPECIAL_JWT:
        return match_jwt(text, at, from, start, end);
    case TD_SPECIAL_PRIVATE_KEY:
        return match_private_key(text, at, len, from, start, end);
    case TD_SPECIAL_BEARER:
        return match_bearer(text, at, len, from, start, end);
    case TD_SPECIAL_BASIC:
        return match_basic(text, at, len, from, start, end);
    case TD_SPECIAL_ASSIGNED:
        return match_assigned(text, at, len, from, start, end);
    case TD_SPECIAL_USERINFO:
        return match_userinfo(text, at, len, from, start, end);
    default:
        return false;
    }
}
