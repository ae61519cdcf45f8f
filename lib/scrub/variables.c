/* SPDX-License-Identifier: MIT */
/*
 * Variables whose names end as the names of secrets do, and those that the user names. Of the first
 * a value counts that has at least eight characters, four different ones among them, and is not
 * plainly something else: true, false, a number of less than twelve digits, a word of small letters
 * of less than sixteen, a path. Of the second any value of at least four characters.
 */
#include "scrub/variables.h"

#include <stdlib.h>
#include <unistd.h>

enum { LEAST = 8, LEAST_NAMED = 4 };

static bool ends_with(struct td_bytes text, const char *end)
{
    size_t len = strlen(end);
    return text.len > len && memcmp(text.data + text.len - len, end, len) == 0;
}

static bool is_secret_name(struct td_bytes name)
{
    static const char *const ends[] = {"_API_KEY",  "_TOKEN",      "_SECRET",    "_SECRET_KEY",
                                       "_APIKEY",   "_ACCESS_KEY", "_PASSWORD",  "_PRIVATE_KEY",
                                       "_AUTH_KEY", "_SECRET_ID",  "_CREDENTIAL"};
    if (td_bytes_starts_nocase(name, TD_BYTES("TAPEDECK_")))
        return false;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (ends_with(name, ends[i]))
            return true;
    return false;
}

static bool is_plainly_none(struct td_bytes value)
{
    enum { DIFFERENT = 4, DIGITS = 12, SMALL = 16 };
    bool seen[256] = {false};
    size_t different = 0, digits = 0, small = 0;
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.data[i];
        different += !seen[c];
        seen[c] = true;
        digits += c >= '0' && c <= '9';
        small += c >= 'a' && c <= 'z';
    }
    return value.len < LEAST || different < DIFFERENT ||
           (digits == value.len && value.len < DIGITS) ||
           (small == value.len && value.len < SMALL) || value.data[0] == '/' ||
           td_bytes_starts_nocase(value, TD_BYTES("./")) ||
           td_bytes_starts_nocase(value, TD_BYTES("~/")) ||
           td_bytes_starts_nocase(value, TD_BYTES("[REDACTED"));
}

static const char *const *environment_of(const struct td_scrub_config *config)
{
    return config->environment ? config->environment : (const char *const *)environ;
}

struct td_bytes td_environment_find(const char *const *environment, const char *name)
{
    size_t len = strlen(name);
    if (!environment)
        environment = (const char *const *)environ;
    for (; environment && *environment; environment++)
        if (strncmp(*environment, name, len) == 0 && (*environment)[len] == '=')
            return td_bytes_of(*environment + len + 1);
    return td_bytes("", 0);
}

static int add(struct td_scrubber *scrubber, struct td_bytes name, struct td_bytes value,
               struct td_error *err)
{
    for (size_t i = 0; i < scrubber->variable_count; i++)
        if (td_bytes_equal(scrubber->variables[i].value, value))
            return 0;
    struct td_variable *variables =
        reallocarray(scrubber->variables, scrubber->variable_count + 1, sizeof *variables);
    if (!variables)
        return td_error_nomem(err);
    scrubber->variables = variables;
    struct td_bytes kept = td_arena_copy(&scrubber->arena, name);
    struct td_bytes secret = td_arena_copy(&scrubber->arena, value);
    if (!kept.data || !secret.data)
        return td_error_nomem(err);
    variables[scrubber->variable_count++] = (struct td_variable){kept.data, NULL, secret};
    return 0;
}

static int add_named(struct td_scrubber *scrubber, const struct td_scrub_config *config,
                     const char *name, struct td_error *err)
{
    struct td_bytes value = td_environment_find(environment_of(config), name);
    /* What is left out of the environment cannot be recorded either. */
    if (!value.len)
        return 0;
    if (value.len < LEAST_NAMED)
        return td_error_set(err, TD_ERR_INVALID,
                            "the value of '%s' is too short to be looked for: %d characters are "
                            "the least",
                            name, LEAST_NAMED);
    return add(scrubber, td_bytes_of(name), value, err);
}

int td_variables_take(struct td_scrubber *scrubber, const struct td_scrub_config *config,
                      const struct td_scrub_wishes *wishes, struct td_error *err)
{
    int status = 0;
    if (config->no_environment)
        return 0;
    for (size_t i = 0; i < config->secret_env_count && status == 0; i++)
        status = add_named(scrubber, config, config->secret_env[i], err);
    for (size_t i = 0; i < wishes->variable_count && status == 0; i++)
        status = add_named(scrubber, config, wishes->variables[i], err);
    for (const char *const *entry = environment_of(config); entry && *entry && status == 0;
         entry++) {
        const char *equals = strchr(*entry, '=');
        if (!equals)
            continue;
        struct td_bytes name = td_bytes(*entry, (size_t)(equals - *entry));
        struct td_bytes value = td_bytes_of(equals + 1);
        if (is_secret_name(name) && !is_plainly_none(value))
            status = add(scrubber, name, value, err);
    }
    return status;
}
