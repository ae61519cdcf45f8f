/* SPDX-License-Identifier: MIT */
#include "match_flags.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    int option;
    const char *setting;
    bool list; /* commas stand between values */
} flags_table[] = {
    {FLAG_MATCH, "parts=", true},
    {FLAG_MATCH_HEADER, "headers=", false},
    {FLAG_IGNORE, "ignore_paths=", false},
    {FLAG_IGNORE_HEADER, "ignore_headers=", false},
    {FLAG_IGNORE_QUERY, "ignore_query=", false},
    {FLAG_UNORDERED, "unordered=", false},
};

static int add(struct match_flags *flags, const char *setting, const char *value, bool list)
{
    char **match = realloc(flags->match, (flags->count + 2) * sizeof *match);
    if (!match)
        return -1;
    flags->match = match;
    char *text = malloc(strlen(setting) + 2 * strlen(value) + 1);
    match[flags->count] = text;
    if (!text)
        return -1;
    match[++flags->count] = NULL;
    char *to = stpcpy(text, setting);
    for (; *value; value++) {
        if (*value == ',' && !list)
            *to++ = '\\';
        *to++ = *value;
    }
    *to = '\0';
    return 1;
}

int match_flags_take(struct match_flags *flags, int option, const char *value)
{
    if (option == FLAG_RULES) {
        flags->rules = value;
        return 1;
    }
    for (size_t i = 0; i < sizeof flags_table / sizeof *flags_table; i++)
        if (flags_table[i].option == option)
            return add(flags, flags_table[i].setting, value, flags_table[i].list);
    return 0;
}

void match_flags_release(struct match_flags *flags)
{
    for (size_t i = 0; i < flags->count; i++)
        free(flags->match[i]);
    free(flags->match);
}
