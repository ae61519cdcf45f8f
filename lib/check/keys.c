/* SPDX-License-Identifier: MIT */
/* Keys that nobody reads: under Tapedeck's own keys a slip, elsewhere perhaps another tool's. */
#include "cassette/keys.h"
#include "check/check.h"
#include "match/excerpt.h"
#include "match/rules.h"
#include "stream/manner.h"

/* ---- What was meant ---- */

static char folded(char c)
{
    if (c >= 'A' && c <= 'Z')
        return (char)(c + ('a' - 'A'));
    return c == '-' || c == '.' || c == ' ' ? '_' : c;
}

static size_t common_front(struct td_bytes a, struct td_bytes b)
{
    size_t i = 0;
    while (i < a.len && i < b.len && folded(a.data[i]) == folded(b.data[i]))
        i++;
    return i;
}

static size_t common_end(struct td_bytes a, struct td_bytes b)
{
    size_t i = 0;
    while (i < a.len && i < b.len && folded(a.data[a.len - 1 - i]) == folded(b.data[b.len - 1 - i]))
        i++;
    return i;
}

/* Whether one slip leads from the one to the other: case or separators, a letter too many, too few
 * or wrong, or two that have changed places. */
static bool is_slip(struct td_bytes a, struct td_bytes b)
{
    size_t longer = a.len > b.len ? a.len : b.len, shorter = a.len + b.len - longer;
    size_t front = common_front(a, b);
    if (longer - shorter > 1)
        return false;
    if (front + 1 + common_end(a, b) >= longer)
        return true;
    return a.len == b.len && front + 2 + common_end(a, b) >= longer &&
           folded(a.data[front]) == folded(b.data[front + 1]) &&
           folded(a.data[front + 1]) == folded(b.data[front]);
}

/* ---- Keys of the format ---- */

/* A mapping whose keys are looked at. */
struct mapping {
    const char *name; /* in messages */
    const struct td_yaml_node *node;
    const struct td_keys *keys; /* what is known there; may be NULL */
    const char *more[4];        /* as well */
    enum td_check_rule_id rule; /* for what is not */
};

/* The known keys, 0 on; no data past the last. */
static struct td_bytes known_key(const struct mapping *mapping, size_t position)
{
    size_t count = mapping->keys ? mapping->keys->count : 0;
    if (position < count)
        return mapping->keys->items[position].name;
    return td_bytes_of(mapping->more[position - count]);
}

/* The next key from `key` on that is not known, or NULL; *meant says which may have been meant. */
static const struct td_yaml_node *next_unknown(const struct mapping *mapping,
                                               const struct td_yaml_node *key, const char **meant)
{
    for (; key; key = key->next->next) {
        const struct td_yaml_node *scalar = td_yaml_resolve(key);
        struct td_bytes known;
        *meant = NULL;
        for (size_t i = 0; (known = known_key(mapping, i)).data; i++) {
            if (td_yaml_is_key(key, known))
                break;
            if (scalar->kind == TD_YAML_SCALAR && is_slip(td_yaml_text(scalar), known))
                *meant = known.data;
        }
        if (!known.data)
            return key;
    }
    return NULL;
}

static const struct td_yaml_node *first_key(const struct mapping *mapping)
{
    const struct td_yaml_node *node = mapping->node ? td_yaml_resolve(mapping->node) : NULL;
    return node && node->kind == TD_YAML_MAPPING ? node->first : NULL;
}

static void check_mapping(struct td_check *check, const struct td_checked *one,
                          const struct mapping *mapping)
{
    const char *meant;
    const struct td_yaml_node *key = first_key(mapping);
    for (; check->wanted[mapping->rule] && (key = next_unknown(mapping, key, &meant));
         key = key->next->next) {
        const struct td_yaml_node *scalar = td_yaml_resolve(key);
        if (scalar->kind != TD_YAML_SCALAR)
            td_check_report(check, mapping->rule, one, td_check_mark(key, NULL),
                            "%s has no keys that are not text", mapping->name);
        else
            td_check_report(check, mapping->rule, one, td_check_mark(key, NULL),
                            "%s has no key %s%s%s%s", mapping->name,
                            td_check_quote(check, td_yaml_text(scalar)), meant ? "; is '" : "",
                            meant ? meant : "", meant ? "' meant?" : "");
    }
}

/* The mappings of an interaction whose keys are known. */
enum { MAPPINGS = 4 };

struct mappings {
    struct mapping items[MAPPINGS];
};

static struct mappings mappings_of(const struct td_checked *one)
{
    const struct td_yaml_node *shape = td_yaml_find(one->response, TD_BYTES("tapedeck"));
    return (struct mappings){{
        {"an interaction", one->node, NULL, {"id", "request", "response"}, TD_CHECK_UNKNOWN_KEY},
        {"a request", one->request, &td_request_keys, {"id"}, TD_CHECK_UNKNOWN_KEY},
        {"a response", one->response, &td_response_keys, {0}, TD_CHECK_UNKNOWN_KEY},
        {"'tapedeck' of a response", shape, &td_shape_keys, {0}, TD_CHECK_UNKNOWN_SETTING},
    }};
}

/* ---- Settings ---- */

/* All settings that there are: what stands behind the section and a dot. One that ends in a dot has
 * names of the user's own behind it. */
static const struct section {
    const char *name;
    const char *settings[12];
} sections[] = {
    {"match", {"parts", "headers", "ignore_headers", "ignore_query", "ignore_paths", "unordered"}},
    {"replay", {"split", "pace", "fault"}},
    {"scrub",
     {"allow_headers", "disable", "emails", "fields", "headers", "ids", "patterns.", "pseudonyms",
      "query", "secret_env"}},
};

/* The section that a setting is in, and what stands behind its name; NULL where there is none, and
 * then *meant may say which was meant. */
static const struct section *find_section(struct td_bytes path, struct td_bytes *rest,
                                          const char **meant)
{
    const char *dot = path.len ? memchr(path.data, '.', path.len) : NULL;
    struct td_bytes first = td_bytes(path.data, dot ? (size_t)(dot - path.data) : path.len);
    *rest = dot ? td_bytes(dot + 1, path.len - first.len - 1) : td_bytes(NULL, 0);
    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++) {
        struct td_bytes name = td_bytes_of(sections[i].name);
        if (td_bytes_equal(first, name))
            return &sections[i];
        if (is_slip(first, name))
            *meant = sections[i].name;
    }
    return NULL;
}

static bool is_setting(const struct td_setting *setting, const char **meant)
{
    struct td_bytes rest;
    const struct section *section = find_section(setting->path, &rest, meant);
    if (!section)
        return false;
    if (!rest.data) /* "match:" and nothing behind it */
        return setting->values.count == 0;
    for (const char *const *known = section->settings; *known; known++) {
        struct td_bytes name = td_bytes_of(*known);
        bool open = name.data[name.len - 1] == '.';
        if (open ? rest.len > name.len && memcmp(rest.data, name.data, name.len) == 0
                 : td_bytes_equal(rest, name))
            return true;
        if (open && rest.len == name.len - 1 && memcmp(rest.data, name.data, rest.len) == 0)
            return setting->values.count == 0;
        if (!open && is_slip(rest, name))
            *meant = *known;
    }
    return false;
}

/* What the owner of a setting says of its value; those under `scrub` are asked in secrets.c. */
static void check_value(struct td_check *check, struct td_rules *rules,
                        const struct td_setting *setting)
{
    struct td_error err;
    struct td_buf text;
    struct td_play_manner manner = {0};
    const struct td_settings alone = {.path = check->path, .items = setting, .count = 1};
    int status = td_rules_add(rules, &alone, &err);
    if (status == 0)
        status = td_play_manner_read(&manner, &alone, check->path, &err);
    td_play_manner_release(&manner);
    if (status == 0)
        return;
    td_buf_init(&text);
    td_excerpt_escape(&text, td_bytes_of(err.message));
    if (status == TD_ERR_NOMEM || td_buf_failed(&text))
        check->no_memory = true;
    else
        td_check_report(check, TD_CHECK_BAD_SETTING, NULL, setting->mark, "%s", text.data);
    td_buf_release(&text);
}

static void check_settings(struct td_check *check)
{
    const struct td_settings *own = &check->cassette->settings;
    struct td_rules rules;
    td_rules_init(&rules);
    for (size_t i = 0; i < own->count; i++) {
        const char *meant = NULL;
        if (is_setting(&own->items[i], &meant))
            check_value(check, &rules, &own->items[i]);
        else
            td_check_report(check, TD_CHECK_UNKNOWN_SETTING, NULL, own->items[i].mark,
                            "there is no setting %s%s%s%s",
                            td_check_quote(check, own->items[i].path), meant ? "; is '" : "",
                            meant ? meant : "", meant ? "' meant?" : "");
    }
    td_rules_release(&rules);
}

/* ---- All of them ---- */

static struct mapping top_mapping(const struct td_check *check)
{
    return (struct mapping){"a cassette",
                            check->tree.root,
                            NULL,
                            {"version", "interactions", "tapedeck"},
                            TD_CHECK_UNKNOWN_KEY};
}

static void check_interaction(struct td_check *check, const struct td_checked *one, void *context)
{
    (void)context;
    const struct mappings mappings = mappings_of(one);
    for (size_t i = 0; i < MAPPINGS; i++)
        check_mapping(check, one, &mappings.items[i]);
}

void td_check_keys(struct td_check *check)
{
    const struct mapping top = top_mapping(check);
    check_mapping(check, NULL, &top);
    check_settings(check);
    td_check_each(check, check_interaction, NULL);
}

static void find_unknown(struct td_check *check, const struct td_checked *one, void *context)
{
    (void)check;
    const struct td_yaml_node **found = context;
    const struct mappings mappings = mappings_of(one);
    const char *meant;
    for (size_t i = 0; i < MAPPINGS && !*found; i++)
        *found = next_unknown(&mappings.items[i], first_key(&mappings.items[i]), &meant);
}

const struct td_yaml_node *td_check_unknown_key(struct td_check *check)
{
    const struct mapping top = top_mapping(check);
    const char *meant;
    const struct td_yaml_node *found = next_unknown(&top, first_key(&top), &meant);
    if (!found)
        td_check_each(check, find_unknown, &found);
    return found;
}
