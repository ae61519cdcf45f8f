/* SPDX-License-Identifier: MIT */
#include "llm/value.h"

const struct td_json *td_llm_get(const struct td_json *object, const char *key)
{
    const struct td_json *found = NULL;
    if (!object || object->kind != TD_JSON_OBJECT)
        return NULL;
    struct td_bytes name = td_bytes_of(key);
    for (const struct td_json *member = object->first; member; member = member->next)
        if (td_bytes_equal(member->key, name))
            found = member;
    return found && found->kind != TD_JSON_NULL ? found : NULL;
}

static const struct td_json *get_kind(const struct td_json *object, const char *key,
                                      enum td_json_kind kind)
{
    const struct td_json *value = td_llm_get(object, key);
    return value && value->kind == kind ? value : NULL;
}

const struct td_json *td_llm_object(const struct td_json *object, const char *key)
{
    return get_kind(object, key, TD_JSON_OBJECT);
}

const struct td_json *td_llm_array(const struct td_json *object, const char *key)
{
    return get_kind(object, key, TD_JSON_ARRAY);
}

const struct td_json *td_llm_first(const struct td_json *object, const char *key)
{
    const struct td_json *array = td_llm_array(object, key);
    return array ? array->first : NULL;
}

struct td_bytes td_llm_string(const struct td_json *value)
{
    if (!value || value->kind != TD_JSON_STRING)
        return td_bytes(NULL, 0);
    /* An empty string was said: it has data. */
    return value->text.data ? value->text : td_bytes("", 0);
}

struct td_bytes td_llm_text(const struct td_json *object, const char *key)
{
    return td_llm_string(td_llm_get(object, key));
}

struct td_bytes td_llm_literal(const struct td_json *value)
{
    if (!value)
        return td_bytes(NULL, 0);
    return value->kind == TD_JSON_STRING ? td_llm_string(value) : value->source;
}

int64_t td_llm_number(const struct td_json *object, const char *key, int64_t otherwise)
{
    td_llm_take_number(&otherwise, object, key);
    return otherwise;
}

void td_llm_take_number(int64_t *slot, const struct td_json *object, const char *key)
{
    const struct td_json *value = td_llm_get(object, key);
    uint64_t number;
    if (value && value->kind == TD_JSON_NUMBER && td_bytes_to_u64(value->text, &number) &&
        number <= INT64_MAX)
        *slot = (int64_t)number;
}

bool td_llm_true(const struct td_json *object, const char *key)
{
    const struct td_json *value = td_llm_get(object, key);
    return value && value->kind == TD_JSON_TRUE;
}
