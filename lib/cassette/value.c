/* SPDX-License-Identifier: MIT */
#include "cassette/value.h"

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

/* A copy that outlives the source, unless the text is already one. */
static int keep(struct td_reading *reading, struct td_bytes text, struct td_bytes *kept)
{
    uintptr_t source = (uintptr_t)reading->tree->source.data;
    *kept = text;
    if ((uintptr_t)text.data - source <= reading->tree->source.len)
        *kept = td_arena_copy(reading->arena, text);
    return kept->data ? 0 : td_error_nomem(reading->err);
}

static int decode(struct td_reading *reading, const char *name, const struct td_yaml_node *node,
                  struct td_bytes text, struct td_bytes *decoded)
{
    size_t bad;
    if (td_base64_decode(reading->arena, text, decoded, &bad))
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
    if (magnitude > (uint64_t)INT64_MAX)
        return td_value_wrong(reading, name, node, "a number of fewer digits");
    *value = negative ? -(int64_t)magnitude : (int64_t)magnitude;
    if (*value < min || *value > max)
        return td_value_wrong(reading, name, node, "a number of fewer digits");
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

/* The items of a list, or the single one, as a run of `count` siblings. */
static int items_of(struct td_reading *reading, const char *name, const struct td_yaml_node *node,
                    const struct td_yaml_node **first, size_t *count)
{
    const struct td_yaml_node *list = td_yaml_resolve(node);
    if (list->kind == TD_YAML_MAPPING)
        return td_value_wrong(reading, name, node, "text or a list of it");
    bool several = list->kind == TD_YAML_SEQUENCE;
    *first = several ? list->first : node;
    *count = several ? list->len : !td_yaml_is_null(list);
    return 0;
}

int td_value_list(struct td_reading *reading, const char *name, const struct td_yaml_node *node,
                  struct td_list *list)
{
    const struct td_yaml_node *item;
    size_t count;
    *list = (struct td_list){0};
    int status = items_of(reading, name, node, &item, &count);
    if (status < 0 || !count)
        return status;
    struct td_bytes *texts = td_arena_alloc(reading->arena, count * sizeof *texts);
    if (!texts)
        return td_error_nomem(reading->err);
    *list = (struct td_list){texts, count};
    for (size_t i = 0; i < count && status == 0; i++, item = item->next)
        status = td_value_text(reading, name, item, &texts[i]);
    return status;
}

int td_value_fields(struct td_reading *reading, const char *name, const struct td_yaml_node *node,
                    struct td_fields *fields)
{
    const struct td_yaml_node *mapping = td_yaml_resolve(node), *item;
    size_t total = 0, count;
    int status = 0;
    *fields = (struct td_fields){0};
    if (td_yaml_is_null(mapping))
        return 0;
    if (mapping->kind != TD_YAML_MAPPING)
        return td_value_wrong(reading, name, node, "a mapping of names to lists of text");
    for (const struct td_yaml_node *key = mapping->first; key; key = key->next->next) {
        if (td_yaml_resolve(key)->kind != TD_YAML_SCALAR)
            return td_value_wrong(reading, name, key, "a mapping whose keys are text");
        if ((status = td_value_check_key(reading, key)) < 0 ||
            (status = items_of(reading, name, key->next, &item, &count)) < 0)
            return status;
        total += count;
    }
    struct td_field *field = td_arena_alloc(reading->arena, total * sizeof *field);
    if (!field)
        return td_error_nomem(reading->err);
    *fields = (struct td_fields){field, total};
    for (const struct td_yaml_node *key = mapping->first; key; key = key->next->next) {
        struct td_bytes text;
        if ((status = items_of(reading, name, key->next, &item, &count)) < 0 ||
            (status = keep(reading, td_yaml_text(td_yaml_resolve(key)), &text)) < 0)
            return status;
        for (size_t i = 0; i < count; i++, item = item->next, field++) {
            field->name = text;
            if ((status = td_value_text(reading, text.data, item, &field->value)) < 0)
                return status;
        }
    }
    return 0;
}
