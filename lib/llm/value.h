/* SPDX-License-Identifier: MIT */
/* Looking into JSON of which nothing is certain: what is not there, or of another type, is NULL,
 * empty or the value that the caller gives. */
#ifndef TD_LLM_VALUE_H
#define TD_LLM_VALUE_H

#include "json/json.h"

/* The last member of this name; NULL also where it is null, or where `object` is none. */
const struct td_json *td_llm_get(const struct td_json *object, const char *key);
/* The same, if it is an object or an array. */
const struct td_json *td_llm_object(const struct td_json *object, const char *key);
const struct td_json *td_llm_array(const struct td_json *object, const char *key);
/* The first element of an array that is a member; walk on by `next`. */
const struct td_json *td_llm_first(const struct td_json *object, const char *key);
/* The text of a string; no data where it is none. */
struct td_bytes td_llm_text(const struct td_json *object, const char *key);
struct td_bytes td_llm_string(const struct td_json *value);
/* A string's text, or any other value as it is written. */
struct td_bytes td_llm_literal(const struct td_json *value);
/* A whole number from 0; else `otherwise`. */
int64_t td_llm_number(const struct td_json *object, const char *key, int64_t otherwise);
bool td_llm_true(const struct td_json *object, const char *key);
/* Sets *slot if the member is a whole number. */
void td_llm_take_number(int64_t *slot, const struct td_json *object, const char *key);

static inline bool td_llm_is(struct td_bytes text, const char *word)
{
    return td_bytes_equal(text, td_bytes_of(word));
}

static inline bool td_llm_starts(struct td_bytes text, const char *word)
{
    size_t len = strlen(word);
    return text.len >= len && memcmp(text.data, word, len) == 0;
}

static inline bool td_llm_ends(struct td_bytes text, const char *word)
{
    size_t len = strlen(word);
    return text.len >= len && memcmp(text.data + text.len - len, word, len) == 0;
}

#endif
