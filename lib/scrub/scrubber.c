/* SPDX-License-Identifier: MIT */
/* From the table of rules, the environment and what the user adds to rules that are ready to use.
 */
#include "scrub/scrubber.h"

#include <stdio.h>
#include <stdlib.h>

#include "scrub/coding.h"
#include "scrub/settings.h"
#include "scrub/siphash.h"
#include "scrub/variables.h"

/* A literal, and what it is in base64. */
static int add_literal(struct td_literals *literals, struct td_arena *arena, struct td_bytes text,
                       bool nocase, enum td_literal_kind kind, size_t index, bool in_base64)
{
    enum { LEAST = 3 };
    struct td_literal literal = {
        .text = text, .nocase = nocase, .kind = (uint8_t)kind, .index = (uint32_t)index};
    int status = td_literals_add(literals, &literal);
    for (unsigned before = 0; in_base64 && before < 3 && status == 0; before++) {
        struct td_bytes last = {0};
        for (int url = 0; url < 2 && status == 0; url++) {
            struct td_buf core;
            unsigned skip;
            td_buf_init(&core);
            td_base64_core(&core, text, before, url, &skip);
            struct td_bytes kept = td_arena_copy(arena, td_buf_view(&core));
            status = td_buf_failed(&core) || !kept.data ? TD_ERR_NOMEM : 0;
            td_buf_release(&core);
            if (status == 0 && kept.len >= LEAST && !td_bytes_equal(kept, last))
                status = td_literals_add(
                    literals,
                    &(struct td_literal){.text = kept, .kind = TD_LITERAL_BASE64, .index = skip});
            last = kept;
        }
    }
    return status;
}

/* A literal of two bytes is looked for with the digit that stands before it. */
static int add_after_digit(struct td_literals *literals, struct td_arena *arena,
                           struct td_bytes text, size_t index)
{
    int status = 0;
    for (char digit = '0'; digit <= '9' && status == 0; digit++) {
        char longer[] = {digit, text.data[0], text.data[1]};
        struct td_literal literal = {
            .text = td_arena_copy(arena, td_bytes(longer, sizeof longer)),
            .kind = TD_LITERAL_SHAPE,
            .index = (uint32_t)index,
            .skip = 1,
        };
        status = literal.text.data ? td_literals_add(literals, &literal) : TD_ERR_NOMEM;
    }
    return status;
}

static int fill_values(const struct td_scrubber *scrubber, struct td_literals *literals,
                       struct td_arena *arena)
{
    int status = 0;
    for (size_t i = 0; i < scrubber->variable_count && status == 0; i++)
        status = add_literal(literals, arena, scrubber->variables[i].value, false,
                             TD_LITERAL_VARIABLE, i, true);
    return status;
}

static int fill_mark(struct td_literals *literals, struct td_arena *arena)
{
    return add_literal(literals, arena, TD_BYTES("[REDACTED"), false, TD_LITERAL_MARK, 0, true);
}

int td_scrubber_fill(const struct td_scrubber *scrubber, struct td_literals *literals,
                     struct td_arena *arena)
{
    int status = fill_mark(literals, arena);
    for (size_t i = 0; i < td_key_shape_count && status == 0; i++) {
        struct td_bytes text = td_bytes_of(td_key_shapes[i].literal);
        if (text.len == 2)
            status = add_after_digit(literals, arena, text, i);
        else
            status = add_literal(literals, arena, text, false, TD_LITERAL_SHAPE, i, true);
    }
    for (size_t i = 0; i < td_special_literal_count && status == 0; i++) {
        const struct td_special_literal *literal = &td_special_literals[i];
        bool base64 =
            literal->special == TD_SPECIAL_JWT || literal->special == TD_SPECIAL_PRIVATE_KEY;
        status = add_literal(literals, arena, td_bytes_of(literal->literal), literal->nocase,
                             TD_LITERAL_SPECIAL, i, base64);
    }
    return status == 0 ? fill_values(scrubber, literals, arena) : status;
}

/* What is only looked for where it is asked for. */
static int add_asked(struct td_scrubber *scrubber, struct td_error *err)
{
    static const char email[] = "[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\\.[A-Za-z0-9-]+)*\\.[A-Za-z]{2,}";
    static const char ids[] =
        "(call|chatcmpl|cmpl|gen|resp|msg|toolu|tooluse|req|fc|rs|ws|run|asst|thread|file|batch|"
        "step)[_-][A-Za-z0-9_-]{8,}|"
        "[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}";
    int status = 0;
    if (scrubber->emails)
        status = td_scrubber_add_pattern(scrubber, td_special_rules[TD_SPECIAL_EMAIL].id,
                                         td_bytes_of(email), err);
    if (scrubber->ids && status == 0)
        status = td_scrubber_add_pattern(scrubber, td_special_rules[TD_SPECIAL_ID].id,
                                         td_bytes_of(ids), err);
    return status;
}

int td_scrubber_add_pattern(struct td_scrubber *scrubber, const char *id, struct td_bytes source,
                            struct td_error *err)
{
    struct td_user_pattern *patterns =
        reallocarray(scrubber->patterns, scrubber->pattern_count + 1, sizeof *patterns);
    if (!patterns)
        return td_error_nomem(err);
    scrubber->patterns = patterns;
    struct td_pattern *pattern;
    int status = td_pattern_new(&pattern, source, err);
    if (status == 0)
        patterns[scrubber->pattern_count++] = (struct td_user_pattern){id, pattern};
    return status;
}

static int add_list(struct td_scrubber *scrubber, enum td_name_kind kind, const char *list,
                    const char *id)
{
    while (list && *list) {
        size_t len = strcspn(list, " ");
        int status = td_names_add(&scrubber->names, kind, td_bytes(list, len), id);
        if (status < 0)
            return status;
        list += len + strspn(list + len, " ");
    }
    return 0;
}

static int add_names(struct td_scrubber *scrubber)
{
    int status = 0;
    for (size_t i = 0; i < td_name_rule_count && status == 0; i++) {
        const struct td_name_rule *rule = &td_name_rules[i];
        status = add_list(scrubber, TD_NAME_HEADER, rule->headers, rule->id);
        if (status == 0)
            status = add_list(scrubber, TD_NAME_QUERY, rule->queries, rule->id);
        if (status == 0)
            status = add_list(scrubber, TD_NAME_FIELD, rule->fields, rule->id);
    }
    return status;
}

/*
 * Whatever was said as a key makes one of 128 bits. Without one the hash is only for telling two
 * secrets of one place apart, 16 bits of it, in what a person accepts; it stands in no cassette.
 */
static int set_key(struct td_scrubber *scrubber, const struct td_scrub_config *config,
                   struct td_error *err)
{
    enum { LEAST = 16 };
    static const uint64_t keys[2][2] = {{1, 2}, {3, 4}};
    struct td_bytes key = config->key;
    if (!key.len)
        key = td_environment_find(config->environment, "TAPEDECK_SCRUB_KEY");
    if (key.len) {
        scrubber->key[0] = td_siphash(keys[0], key);
        scrubber->key[1] = td_siphash(keys[1], key);
    }
    if (scrubber->pseudonyms && key.len < LEAST)
        return td_error_set(err, TD_ERR_INVALID,
                            "pseudonyms need a key, so that they tell nothing of the secrets: set "
                            "TAPEDECK_SCRUB_KEY to any %d characters or more that nobody can guess",
                            LEAST);
    return 0;
}

int td_scrubber_new(struct td_scrubber **made, const struct td_scrub_config *config,
                    struct td_error *err)
{
    static const struct td_scrub_config defaults;
    struct td_scrubber *scrubber = calloc(1, sizeof *scrubber);
    *made = NULL;
    if (!scrubber)
        return td_error_nomem(err);
    if (!config)
        config = &defaults;
    td_arena_init(&scrubber->arena);
    td_literals_init(&scrubber->literals);
    td_names_init(&scrubber->names);
    scrubber->pseudonyms = config->pseudonyms;
    scrubber->allow_headers = config->allow_headers;
    scrubber->emails = config->emails;
    scrubber->ids = config->ids;
    struct td_scrub_wishes wishes = {0};
    int status = add_names(scrubber) < 0 ? td_error_nomem(err) : 0;
    for (size_t i = 0; i < config->settings_count && status == 0; i++)
        status = td_scrub_settings_take(scrubber, &wishes, config->settings[i], err);
    if (status == 0)
        status = td_scrub_allow(scrubber, config->allowed, config->allowed_count, err);
    if (status == 0)
        status = td_variables_take(scrubber, config, &wishes, err);
    if (status == 0)
        status = set_key(scrubber, config, err);
    if (status == 0)
        status = add_asked(scrubber, err);
    if (status == 0 && td_scrubber_fill(scrubber, &scrubber->literals, &scrubber->arena) < 0)
        status = td_error_nomem(err);
    free(wishes.variables);
    if (status < 0)
        td_scrubber_free(scrubber);
    else
        *made = scrubber;
    return status;
}

static bool copy_list(struct td_list *to, const struct td_list *from, struct td_arena *arena)
{
    struct td_bytes *items = calloc(from->count + 1, sizeof *items);
    bool ok = items != NULL;
    for (size_t i = 0; i < from->count && ok; i++) {
        items[i] = td_arena_copy(arena, from->items[i]);
        ok = items[i].data != NULL;
    }
    *to = (struct td_list){items, ok ? from->count : 0};
    return ok;
}

struct td_scrubber *td_scrubber_of_values(const struct td_scrubber *like,
                                          const struct td_variable *values, size_t count)
{
    struct td_scrubber *scrubber = calloc(1, sizeof *scrubber);
    if (!scrubber)
        return NULL;
    td_arena_init(&scrubber->arena);
    td_literals_init(&scrubber->literals);
    td_names_init(&scrubber->names);
    scrubber->pseudonyms = like->pseudonyms;
    memcpy(scrubber->key, like->key, sizeof scrubber->key);
    scrubber->variables = calloc(count + 1, sizeof *scrubber->variables);
    bool ok =
        scrubber->variables && copy_list(&scrubber->disabled, &like->disabled, &scrubber->arena);
    for (size_t i = 0; i < count && ok; i++) {
        struct td_variable *variable = &scrubber->variables[scrubber->variable_count++];
        *variable = values[i];
        variable->value = td_arena_copy(&scrubber->arena, values[i].value);
        ok = variable->value.data != NULL;
    }
    if (ok && fill_mark(&scrubber->literals, &scrubber->arena) == 0 &&
        fill_values(scrubber, &scrubber->literals, &scrubber->arena) == 0)
        return scrubber;
    td_scrubber_free(scrubber);
    return NULL;
}

void td_scrubber_free(struct td_scrubber *scrubber)
{
    if (!scrubber)
        return;
    for (size_t i = 0; i < scrubber->pattern_count; i++)
        td_pattern_free(scrubber->patterns[i].pattern);
    free(scrubber->patterns);
    free(scrubber->variables);
    free((void *)(uintptr_t)scrubber->kept.items);
    free((void *)(uintptr_t)scrubber->disabled.items);
    td_literals_release(&scrubber->literals);
    td_names_release(&scrubber->names);
    td_arena_release(&scrubber->arena);
    free(scrubber);
}
