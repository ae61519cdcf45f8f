/* SPDX-License-Identifier: MIT */
#include "scrub/settings.h"

#include <stdlib.h>

struct taking {
    struct td_scrubber *scrubber;
    struct td_scrub_wishes *wishes;
    const struct td_settings *settings;
    const struct td_setting *setting;
    struct td_bytes name; /* behind "scrub." */
    struct td_error *err;
};

static int wrong(const struct taking *taking, const char *what)
{
    return td_error_set_at(taking->err, TD_ERR_FORMAT, taking->settings->path,
                           taking->setting->mark.line, taking->setting->mark.column, "%s: '%.*s'",
                           what, (int)taking->setting->path.len, taking->setting->path.data);
}

/* One more text in a list of the scrubber's. */
static int keep(struct td_scrubber *scrubber, struct td_list *list, struct td_bytes text)
{
    struct td_bytes *items =
        reallocarray((void *)(uintptr_t)list->items, list->count + 1, sizeof *items);
    if (!items)
        return TD_ERR_NOMEM;
    list->items = items;
    items[list->count] = td_arena_copy(&scrubber->arena, text);
    return items[list->count++].data ? 0 : TD_ERR_NOMEM;
}

static int take_names(const struct taking *taking, enum td_name_kind kind, const char *id)
{
    struct td_list values = taking->setting->values;
    for (size_t i = 0; i < values.count; i++) {
        if (!values.items[i].len)
            return wrong(taking, "an empty name");
        if (td_names_add(&taking->scrubber->names, kind, values.items[i], id) < 0)
            return td_error_nomem(taking->err);
    }
    return 0;
}

static int take_bool(const struct taking *taking, bool *value)
{
    struct td_list values = taking->setting->values;
    if (values.count == 1 && td_bytes_equal(values.items[0], TD_BYTES("true")))
        *value = true;
    else if (values.count == 1 && td_bytes_equal(values.items[0], TD_BYTES("false")))
        *value = false;
    else
        return wrong(taking, "neither true nor false");
    return 0;
}

static bool is_id(struct td_bytes name)
{
    enum { LONGEST = 40 };
    for (size_t i = 0; i < name.len; i++) {
        char c = name.data[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_'))
            return false;
    }
    return name.len && name.len <= LONGEST;
}

static int take_pattern(const struct taking *taking)
{
    struct td_scrubber *scrubber = taking->scrubber;
    struct td_bytes name = td_bytes(taking->name.data + 9, taking->name.len - 9);
    struct td_list values = taking->setting->values;
    if (!is_id(name))
        return wrong(taking, "the name of a pattern is small letters, digits, '-' and '_', 40 at "
                             "the most");
    if (values.count != 1)
        return wrong(taking, "a pattern is one text");
    struct td_bytes id = td_arena_copy(&scrubber->arena, name);
    if (!id.data)
        return td_error_nomem(taking->err);
    struct td_error inner;
    int status = td_scrubber_add_pattern(scrubber, id.data, values.items[0], &inner);
    if (status < 0)
        return td_error_set_at(taking->err, status, taking->settings->path,
                               taking->setting->mark.line, taking->setting->mark.column, "%s",
                               inner.message);
    return 0;
}

static bool is_rule(const struct td_scrubber *scrubber, struct td_bytes id)
{
    for (size_t i = 0; i < td_name_rule_count; i++)
        if (td_bytes_equal(id, td_bytes_of(td_name_rules[i].id)))
            return true;
    for (size_t i = 0; i < td_key_shape_count; i++)
        if (td_bytes_equal(id, td_bytes_of(td_key_shapes[i].id)))
            return true;
    for (size_t i = 0; i < TD_SPECIAL_COUNT; i++)
        if (td_bytes_equal(id, td_bytes_of(td_special_rules[i].id)))
            return true;
    for (size_t i = 0; i < scrubber->pattern_count; i++)
        if (td_bytes_equal(id, td_bytes_of(scrubber->patterns[i].id)))
            return true;
    return false;
}

static int take_disabled(const struct taking *taking)
{
    struct td_list values = taking->setting->values;
    for (size_t i = 0; i < values.count; i++) {
        if (!is_rule(taking->scrubber, values.items[i]))
            return td_error_set_at(taking->err, TD_ERR_FORMAT, taking->settings->path,
                                   taking->setting->mark.line, taking->setting->mark.column,
                                   "no rule has the id '%.*s' ('tapedeck scrub --list-rules' shows "
                                   "them)",
                                   (int)values.items[i].len, values.items[i].data);
        if (keep(taking->scrubber, &taking->scrubber->disabled, values.items[i]) < 0)
            return td_error_nomem(taking->err);
    }
    return 0;
}

static int take_variables(const struct taking *taking)
{
    struct td_list values = taking->setting->values;
    struct td_scrub_wishes *wishes = taking->wishes;
    const char **variables = reallocarray(
        wishes->variables, wishes->variable_count + values.count + 1, sizeof *variables);
    if (!variables)
        return td_error_nomem(taking->err);
    wishes->variables = variables;
    for (size_t i = 0; i < values.count; i++) {
        struct td_bytes name = td_arena_copy(&taking->scrubber->arena, values.items[i]);
        if (!name.data)
            return td_error_nomem(taking->err);
        variables[wishes->variable_count++] = name.data;
    }
    return 0;
}

static int take_kept(const struct taking *taking)
{
    struct td_list values = taking->setting->values;
    if (values.count == 1 && (td_bytes_equal(values.items[0], TD_BYTES("true")) ||
                              td_bytes_equal(values.items[0], TD_BYTES("false"))))
        return take_bool(taking, &taking->scrubber->allow_headers);
    taking->scrubber->allow_headers = true;
    for (size_t i = 0; i < values.count; i++)
        if (keep(taking->scrubber, &taking->scrubber->kept, values.items[i]) < 0)
            return td_error_nomem(taking->err);
    return 0;
}

static int take_setting(const struct taking *taking)
{
    struct td_scrubber *scrubber = taking->scrubber;
    if (td_bytes_starts_nocase(taking->name, TD_BYTES("patterns.")))
        return take_pattern(taking);
    if (td_bytes_equal(taking->name, TD_BYTES("headers")))
        return take_names(taking, TD_NAME_HEADER, "header");
    if (td_bytes_equal(taking->name, TD_BYTES("query")))
        return take_names(taking, TD_NAME_QUERY, "query");
    if (td_bytes_equal(taking->name, TD_BYTES("fields"))) {
        scrubber->own_fields = true;
        return take_names(taking, TD_NAME_FIELD, "field");
    }
    if (td_bytes_equal(taking->name, TD_BYTES("disable")))
        return take_disabled(taking);
    if (td_bytes_equal(taking->name, TD_BYTES("secret_env")))
        return take_variables(taking);
    if (td_bytes_equal(taking->name, TD_BYTES("allow_headers")))
        return take_kept(taking);
    if (td_bytes_equal(taking->name, TD_BYTES("pseudonyms")))
        return take_bool(taking, &scrubber->pseudonyms);
    if (td_bytes_equal(taking->name, TD_BYTES("emails")))
        return take_bool(taking, &scrubber->emails);
    if (td_bytes_equal(taking->name, TD_BYTES("ids")))
        return take_bool(taking, &scrubber->ids);
    return wrong(taking, "no such setting of scrubbing (there are allow_headers, disable, emails, "
                         "fields, headers, ids, patterns, pseudonyms, query, secret_env)");
}

int td_scrub_settings_take(struct td_scrubber *scrubber, struct td_scrub_wishes *wishes,
                           const struct td_settings *settings, struct td_error *err)
{
    static const struct td_bytes prefix = TD_BYTES("scrub.");
    for (size_t i = 0; i < settings->count; i++) {
        const struct td_setting *setting = &settings->items[i];
        struct taking taking = {scrubber, wishes, settings, setting, setting->path, err};
        if (td_bytes_equal(setting->path, TD_BYTES("scrub")) && setting->values.count)
            return wrong(&taking, "it is a mapping of settings");
        if (setting->path.len < prefix.len ||
            memcmp(setting->path.data, prefix.data, prefix.len) != 0)
            continue;
        taking.name.data += prefix.len;
        taking.name.len -= prefix.len;
        int status = take_setting(&taking);
        if (status < 0)
            return status;
    }
    return 0;
}

int td_scrub_allow(struct td_scrubber *scrubber, const char *const *names, size_t count,
                   struct td_error *err)
{
    static const char *const always[] = {"Accept", "Content-Type", "User-Agent"};
    if (!scrubber->allow_headers)
        return 0;
    for (size_t i = 0; i < sizeof always / sizeof *always; i++)
        if (keep(scrubber, &scrubber->kept, td_bytes_of(always[i])) < 0)
            return td_error_nomem(err);
    for (size_t i = 0; i < count; i++)
        if (keep(scrubber, &scrubber->kept, td_bytes_of(names[i])) < 0)
            return td_error_nomem(err);
    return 0;
}
