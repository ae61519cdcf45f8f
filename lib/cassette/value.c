/* SPDX-License-Identifier: MIT */
#include "cassette/value.h"

#include <stdio.h>

#include "cassette/base64.h"
#include "cassette/duration.h"

enum { QUOTE_MAX = 40 }; /* bytes of a value that a message repeats */

const char *td_value_cut_hint(const struct td_reading *reading, const struct td_yaml_node *node)
{
    node = td_yaml_resolve(node);
    bool open = node->kind == TD_YAML_SCALAR || node->style == TD_YAML_BLOCK;
    return open && node->end == reading->tree->root->end ? "; the file may be cut short" : "";
}

int td_value_wrong(struct td_reading *reading, const char *name, const struct td_yaml_node *node,
                   const char *expected)
{
    const struct td_yaml_node *is = td_yaml_resolve(node);
    const char *kind = is->kind == TD_YAML_MAPPING    ? "a mapping"
                       : is->kind == TD_YAML_SEQUENCE ? "a list"
                       : td_yaml_is_null(is)          ? "empty"
                                                      : NULL;
    if (kind)
        return td_error_set_at(reading->err, TD_ERR_FORMAT, reading->path, node->line, node->column,
                               "'%s' must be %s, and is %s", name, expected, kind);
    size_t len = is->len;
    if (len > QUOTE_MAX) /* never inside a character */
        for (len = QUOTE_MAX; len && ((unsigned char)is->text[len] & 0xc0) == 0x80;)
            len--;
    return td_error_set_at(reading->err, TD_ERR_FORMAT, reading->path, node->line, node->column,
                           "'%s' must be %s, and is '%.*s%s'", name, expected, (int)len, is->text,
                           len < is->len ? "..." : "");
}

int td_value_check_key(struct td_reading *reading, const struct td_yaml_node *key)
{
    if (key->kind != TD_YAML_SCALAR || key->style != TD_YAML_PLAIN ||
        key->tag != TD_YAML_TAG_NONE || !td_yaml_is_key(key, TD_BYTES("<<")))
        return 0;
    return td_error_set_at(reading->err, TD_ERR_FORMAT, reading->path, key->line, key->column,
                           "merge keys ('<<') are not read; write out the keys that it brings in");
}

/* The slot of a text that is short enough for one, or NULL. Any slot would do. */
static struct td_bytes *recent_slot(struct td_reading *reading, struct td_bytes text)
{
    if (text.len > 64)
        return NULL;
    uint32_t hash = (uint32_t)text.len;
    for (size_t i = 0; i < text.len; i++)
        hash = hash * 31 + (unsigned char)text.data[i];
    return &reading->recent[(hash ^ hash >> 8) % 256];
}

/* A copy that outlives the source, unless the text is already one. */
static int keep(struct td_reading *reading, struct td_bytes text, struct td_bytes *kept)
{
    *kept = text;
    if ((uintptr_t)text.data - (uintptr_t)reading->tree->source.data > reading->tree->source.len)
        return 0;
    struct td_bytes *recent = recent_slot(reading, text);
    if (recent && recent->data && td_bytes_equal(*recent, text)) {
        *kept = *recent;
        return 0;
    }
    *kept = td_yaml_keep(reading->tree, text);
    if (recent)
        *recent = *kept;
    return kept->data ? 0 : td_error_nomem(reading->err);
}

static int decode(struct td_reading *reading, const char *name, const struct td_yaml_node *node,
                  struct td_bytes text, struct td_bytes *decoded)
{
    size_t bad;
    if (td_base64_decode(&reading->tree->texts, text, decoded, &bad))
        return decoded->data ? 0 : td_error_nomem(reading->err);
    const char *hint = td_value_cut_hint(reading, node);
    if (bad == text.len)
        return td_error_set_at(reading->err, TD_ERR_FORMAT, reading->path, node->line, node->column,
                               "'%s' is base64 without its end%s", name, hint);
    return td_error_set_at(reading->err, TD_ERR_FORMAT, reading->path, node->line, node->column,
                           "'%s' is not base64: character %zu does not fit%s", name, bad + 1, hint);
}

int td_value_text(struct td_reading *reading, const char *name, const struct td_yaml_node *node,
                  struct td_bytes *text)
{
    const struct td_yaml_node *scalar = td_yaml_resolve(node);
    *text = TD_BYTES("");
    if (td_yaml_is_null(scalar))
        return 0;
    if (scalar->kind != TD_YAML_SCALAR)
        return td_value_wrong(reading, name, node, "text");
    if (scalar->tag == TD_YAML_TAG_BINARY)
        return decode(reading, name, node, td_yaml_text(scalar), text);
    return keep(reading, td_yaml_text(scalar), text);
}

int td_value_name(struct td_reading *reading, const struct td_yaml_node *key, struct td_bytes *name)
{
    const struct td_yaml_node *scalar = td_yaml_resolve(key);
    if (scalar->tag == TD_YAML_TAG_BINARY)
        return decode(reading, "name", key, td_yaml_text(scalar), name);
    return keep(reading, td_yaml_text(scalar), name);
}

/* The magnitude of a decimal number; false where it is none. Too large a one is UINT64_MAX. */
static bool take_decimal(struct td_bytes digits, uint64_t *value)
{
    /* Go reads 010 as 8: better none than a wrong one. */
    if (!digits.len || (digits.len > 1 && digits.data[0] == '0'))
        return false;
    for (size_t i = 0; i < digits.len; i++)
        if (digits.data[i] < '0' || digits.data[i] > '9')
            return false;
    if (!td_bytes_to_u64(digits, value))
        *value = UINT64_MAX;
    return true;
}

int td_value_integer(struct td_reading *reading, const char *name, const struct td_yaml_node *node,
                     int64_t min, int64_t max, int64_t *value)
{
    const struct td_yaml_node *scalar = td_yaml_resolve(node);
    uint64_t magnitude;
    *value = 0;
    if (td_yaml_is_null(scalar))
        return 0;
    if (scalar->kind != TD_YAML_SCALAR)
        return td_value_wrong(reading, name, node, "a whole number");
    struct td_bytes text = td_yaml_text(scalar);
    bool negative = text.len && text.data[0] == '-';
    if (negative || (text.len && text.data[0] == '+'))
        text = td_bytes(text.data + 1, text.len - 1);
    if (!take_decimal(text, &magnitude))
        return td_value_wrong(reading, name, node, "a whole number");
    if (magnitude > (negative ? -(uint64_t)min : (uint64_t)max)) {
        char range[80];
        snprintf(range, sizeof range, "between %lld and %lld", (long long)min, (long long)max);
        return td_value_wrong(reading, name, node, range);
    }
    *value = (int64_t)(negative ? -magnitude : magnitude);
    return 0;
}

int td_value_bool(struct td_reading *reading, const char *name, const struct td_yaml_node *node,
                  bool *value)
{
    static const char *const words[2][11] = {
        {"false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF", "n", "N"},
        {"true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON", "y", "Y"},
    };
    const struct td_yaml_node *scalar = td_yaml_resolve(node);
    *value = false;
    if (td_yaml_is_null(scalar))
        return 0;
    for (size_t i = 0; scalar->kind == TD_YAML_SCALAR && i < 22; i++) {
        if (td_bytes_equal(td_yaml_text(scalar), td_bytes_of(words[i / 11][i % 11]))) {
            *value = i / 11;
            return 0;
        }
    }
    return td_value_wrong(reading, name, node, "true or false");
}

int td_value_duration(struct td_reading *reading, const char *name, const struct td_yaml_node *node,
                      int64_t *ns)
{
    const struct td_yaml_node *scalar = td_yaml_resolve(node);
    *ns = 0;
    if (td_yaml_is_null(scalar))
        return 0;
    enum td_duration_result result = TD_DURATION_BAD;
    if (scalar->kind == TD_YAML_SCALAR)
        result = td_duration_parse(td_yaml_text(scalar), ns);
    if (result == TD_DURATION_OK)
        return 0;
    return td_value_wrong(reading, name, node,
                          result == TD_DURATION_BAD ? "a duration such as 1m2.5s or 626ms"
                                                    : "a duration of less than 292 years");
}

/* ---- lists and fields ---- */

/* How many values a list has, or a single value that stands in its place. */
static size_t count_items(const struct td_yaml_node *node)
{
    const struct td_yaml_node *list = td_yaml_resolve(node);
    return list->kind == TD_YAML_SEQUENCE ? list->len : !td_yaml_is_null(list);
}

/* The first of them; the others are its siblings. */
static const struct td_yaml_node *first_item(const struct td_yaml_node *node)
{
    const struct td_yaml_node *list = td_yaml_resolve(node);
    return list->kind == TD_YAML_SEQUENCE ? list->first : node;
}

int td_value_list(struct td_reading *reading, const char *name, const struct td_yaml_node *node,
                  struct td_list *list)
{
    const struct td_yaml_node *item = first_item(node);
    size_t count = count_items(node);
    int status = 0;
    *list = (struct td_list){0};
    if (!count)
        return 0;
    struct td_bytes *texts = td_arena_alloc(&reading->tree->texts, count * sizeof *texts);
    if (!texts)
        return td_error_nomem(reading->err);
    for (size_t i = 0; i < count && status == 0; i++, item = item->next)
        status = td_value_text(reading, name, item, &texts[i]);
    *list = (struct td_list){texts, count};
    return status;
}

/* All values of one name, from *field on. */
static int read_field(struct td_reading *reading, const struct td_yaml_node *key,
                      struct td_field **field)
{
    const struct td_yaml_node *item = first_item(key->next);
    struct td_bytes name;
    int status = td_value_check_key(reading, key);
    if (status == 0)
        status = td_value_name(reading, key, &name);
    for (size_t left = count_items(key->next); left && status == 0; left--, item = item->next) {
        (*field)->name = name;
        status = td_value_text(reading, name.data, item, &(*field)->value);
        ++*field;
    }
    return status;
}

int td_value_fields(struct td_reading *reading, const char *name, const struct td_yaml_node *node,
                    struct td_fields *fields)
{
    const struct td_yaml_node *mapping = td_yaml_resolve(node), *key;
    size_t count = 0;
    int status = 0;
    *fields = (struct td_fields){0};
    if (td_yaml_is_null(mapping))
        return 0;
    if (mapping->kind != TD_YAML_MAPPING)
        return td_value_wrong(reading, name, node, "a mapping of names to lists of text");
    for (key = mapping->first; key; key = key->next->next) {
        if (td_yaml_resolve(key)->kind != TD_YAML_SCALAR)
            return td_value_wrong(reading, name, key, "a mapping whose keys are text");
        count += count_items(key->next);
    }
    if (!count)
        return 0;
    struct td_field *items = td_arena_alloc(&reading->tree->texts, count * sizeof *items);
    if (!items)
        return td_error_nomem(reading->err);
    *fields = (struct td_fields){items, count};
    for (key = mapping->first; key && status == 0; key = key->next->next)
        status = read_field(reading, key, &items);
    return status;
}
