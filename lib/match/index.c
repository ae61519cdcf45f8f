/* SPDX-License-Identifier: MIT */
/*
 * The hashed index. Two tables: one by the bytes as they are, which most requests of a replay hit
 * without anything being parsed, and one by the canonical forms, which decides. Canonical forms
 * are made when they are asked for, and not kept. Interactions that are matched by different rules
 * are in tables of their own: there are as many as there are cassettes with rules, at the most.
 */
#include "match/index.h"

#include <stdlib.h>

#include "base/grow.h"
#include "match/nearest.h"

/* What the owner sees of a class is its first member. */
struct entry {
    struct td_class class;
    const struct td_interaction *sample; /* the first of them: all have its canonical form */
    struct entry *chain;                 /* another form with the same hash */
    size_t capacity;
    size_t one; /* room for the only item that most classes have */
};

struct record {
    const struct td_interaction *interaction;
    const struct td_interaction *matched; /* the same, with the request that is matched */
    struct entry *entry;
};

struct td_index_group {
    struct td_rules rules;
    struct td_map exact;     /* struct record: the first with these very bytes */
    struct td_map canonical; /* struct entry */
    struct td_index_group *next;
};

struct td_index {
    struct td_index_group *groups; /* in the order in which they came */
    struct td_index_group *current;
    struct td_nearest *nearest; /* one of each class */
    struct record **records;
    size_t count;
    size_t capacity;
    struct td_arena arena;
};

/* The group with these rules, which it takes over, made if there is none. */
static struct td_index_group *get_group(struct td_index *index, struct td_rules *rules)
{
    struct td_index_group **link = &index->groups;
    for (; *link; link = &(*link)->next) {
        const struct td_rules *other = &(*link)->rules;
        if (other->parts == rules->parts && td_hash_equal(other->fingerprint, rules->fingerprint)) {
            td_rules_release(rules);
            return *link;
        }
    }
    struct td_index_group *group = td_arena_alloc(&index->arena, sizeof *group);
    if (!group) {
        td_rules_release(rules);
        return NULL;
    }
    group->rules = *rules;
    td_rules_init(rules);
    td_map_init(&group->exact);
    td_map_init(&group->canonical);
    *link = group;
    return group;
}

int td_index_use(struct td_index *index, struct td_rules *rules, struct td_error *err)
{
    struct td_index_group *group = get_group(index, rules);
    if (!group)
        return td_error_nomem(err);
    index->current = group;
    return 0;
}

struct td_index *td_index_new(void)
{
    struct td_index *index = calloc(1, sizeof *index);
    if (!index)
        return NULL;
    td_arena_init(&index->arena);
    struct td_rules rules;
    td_rules_init(&rules);
    index->nearest = td_nearest_new();
    if (index->nearest && td_index_use(index, &rules, NULL) == 0)
        return index;
    td_index_free(index);
    return NULL;
}

void td_index_free(struct td_index *index)
{
    if (!index)
        return;
    for (struct td_index_group *group = index->groups; group; group = group->next) {
        td_rules_release(&group->rules);
        td_map_release(&group->exact);
        td_map_release(&group->canonical);
    }
    td_nearest_free(index->nearest);
    td_arena_release(&index->arena);
    free(index->records);
    free(index);
}

struct td_query td_index_query(const struct td_interaction *interaction)
{
    const struct td_recorded_request *request = &interaction->request;
    return (struct td_query){
        .method = request->method,
        .url = request->url,
        .body = request->message.body,
        .headers = request->message.headers,
    };
}

static struct td_bytes method_of(const struct td_query *query)
{
    return query->method.len ? query->method : TD_BYTES("GET");
}

/* Of the bytes as they are. */
static struct td_hash hash_exact(const struct td_query *query)
{
    return td_hash_join(td_hash_join(td_hash_bytes(method_of(query)), td_hash_bytes(query->url)),
                        td_hash_bytes(query->body));
}

/* The record with these very bytes. Where headers count there is none: they would have to be made
 * canonical first. */
static struct record *find_exact(const struct td_index_group *group, const struct td_query *query,
                                 struct td_hash hash)
{
    struct record *record =
        group->rules.parts & TD_RULES_HEADERS ? NULL : td_map_get(&group->exact, hash);
    if (!record)
        return NULL;
    struct td_query other = td_index_query(record->matched);
    bool same = td_bytes_equal(method_of(&other), method_of(query)) &&
                td_bytes_equal(other.url, query->url) && td_bytes_equal(other.body, query->body);
    return same ? record : NULL;
}

static void put_headers(struct td_buf *out, const struct td_rules *rules,
                        const struct td_fields *headers)
{
    struct td_arena arena;
    struct td_fields counted;
    td_arena_init(&arena);
    if (td_rules_headers(rules, headers, &arena, &counted) < 0)
        out->failed = true;
    for (size_t i = 0; i < counted.count; i++) {
        const struct td_field *field = &counted.items[i];
        size_t start = out->len;
        td_buf_put_bytes(out, field->name);
        for (size_t c = start; c < out->len; c++)
            if (out->data[c] >= 'A' && out->data[c] <= 'Z')
                out->data[c] += 'a' - 'A';
        td_buf_put_char(out, ':');
        td_buf_put_bytes(out, field->value);
        td_buf_put_char(out, '\n');
    }
    td_arena_release(&arena);
}

/* The body as the rules see it; nothing where it does not count. */
static int read_body(struct td_body *body, struct td_arena *arena, const struct td_rules *rules,
                     const struct td_query *query)
{
    *body = (struct td_body){0};
    return rules->parts & TD_RULES_BODY ? td_body_read(body, arena, query->body, rules) : 0;
}

/* All that counts of a request. No part can hold the NUL that ends it, but for the body. */
static void put_form(struct td_buf *out, const struct td_rules *rules, const struct td_query *query,
                     const struct td_body *body)
{
    if (rules->parts & TD_RULES_METHOD)
        td_buf_put_bytes(out, method_of(query));
    td_buf_put_char(out, '\0');
    if (rules->parts & TD_RULES_URL)
        td_rules_put_url(out, rules, query->url);
    td_buf_put_char(out, '\0');
    if (rules->parts & TD_RULES_HEADERS)
        put_headers(out, rules, &query->headers);
    td_buf_put_char(out, '\0');
    if (rules->parts & TD_RULES_BODY)
        td_body_put_canonical(out, body);
}

void td_index_put_form(struct td_buf *out, const struct td_rules *rules,
                       const struct td_query *query)
{
    struct td_arena arena;
    struct td_body body;
    td_arena_init(&arena);
    if (read_body(&body, &arena, rules, query) < 0)
        out->failed = true;
    else
        put_form(out, rules, query, &body);
    td_arena_release(&arena);
}

static bool has_form(const struct td_interaction *interaction, const struct td_rules *rules,
                     const struct td_buf *form)
{
    struct td_query query = td_index_query(interaction);
    struct td_buf made;
    td_buf_init(&made);
    td_index_put_form(&made, rules, &query);
    bool same = !td_buf_failed(&made) && td_bytes_equal(td_buf_view(&made), td_buf_view(form));
    td_buf_release(&made);
    return same;
}

static struct entry *find_form(const struct td_index_group *group, const struct td_buf *form,
                               struct td_hash hash)
{
    struct entry *entry = td_map_get(&group->canonical, hash);
    while (entry && !has_form(entry->sample, &group->rules, form))
        entry = entry->chain;
    return entry;
}

static struct entry *add_entry(struct td_index *index, const struct td_interaction *interaction,
                               struct td_hash hash)
{
    struct td_index_group *group = index->current;
    struct entry *entry = td_arena_alloc(&index->arena, sizeof *entry);
    if (!entry)
        return NULL;
    entry->sample = interaction;
    entry->class.items = &entry->one;
    entry->class.group = group;
    entry->capacity = 1;
    entry->chain = td_map_get(&group->canonical, hash);
    return td_map_put(&group->canonical, hash, entry) < 0 ? NULL : entry;
}

/* The class that the request belongs to, made if it is the first of its kind; it then stands for
 * the others where the nearest is looked for. */
static struct entry *get_entry(struct td_index *index, const struct td_interaction *interaction,
                               const struct td_query *query)
{
    const struct td_rules *rules = &index->current->rules;
    struct td_arena arena;
    struct td_body body;
    struct td_buf form;
    struct entry *entry = NULL;
    td_arena_init(&arena);
    td_buf_init(&form);
    if (read_body(&body, &arena, rules, query) == 0)
        put_form(&form, rules, query, &body);
    else
        form.failed = true;
    if (!td_buf_failed(&form)) {
        struct td_hash hash = td_hash_bytes(td_buf_view(&form));
        entry = find_form(index->current, &form, hash);
        if (!entry && td_nearest_add(index->nearest, index->count, &interaction->request, query,
                                     rules, &body) == 0)
            entry = add_entry(index, interaction, hash);
    }
    td_buf_release(&form);
    td_arena_release(&arena);
    return entry;
}

/* Items grow in the arena: what is left behind is less than what is in use. */
static int make_room(struct td_index *index, struct entry *entry)
{
    if (entry->class.count < entry->capacity)
        return 0;
    size_t *items = td_arena_alloc(&index->arena, entry->capacity * 2 * sizeof *items);
    if (!items)
        return TD_ERR_NOMEM;
    memcpy(items, entry->class.items, entry->class.count * sizeof *items);
    entry->class.items = items;
    entry->capacity *= 2;
    return 0;
}

int td_index_add(struct td_index *index, const struct td_interaction *interaction,
                 struct td_error *err)
{
    return td_index_add_as(index, interaction, interaction, err);
}

int td_index_add_as(struct td_index *index, const struct td_interaction *interaction,
                    const struct td_interaction *matched, struct td_error *err)
{
    void *records = td_grow(index->records, index->count, &index->capacity, sizeof *index->records);
    if (!records)
        return td_error_nomem(err);
    index->records = records;
    struct record *record = td_arena_alloc(&index->arena, sizeof *record);
    if (!record)
        return td_error_nomem(err);
    struct td_index_group *group = index->current;
    struct td_query query = td_index_query(matched);
    struct td_hash hash = hash_exact(&query);
    struct record *twin = find_exact(group, &query, hash);
    struct entry *entry = twin ? twin->entry : get_entry(index, matched, &query);
    if (!entry || make_room(index, entry) < 0)
        return td_error_nomem(err);
    *record = (struct record){interaction, matched, entry};
    /* The first of those with the same bytes stays; where there is no memory for this shortcut,
     * the other table finds the request as well. */
    if (!td_map_get(&group->exact, hash))
        td_map_put(&group->exact, hash, record);
    entry->class.items[entry->class.count++] = index->count;
    index->records[index->count++] = record;
    return 0;
}

size_t td_index_count(const struct td_index *index)
{
    return index->count;
}

const struct td_interaction *td_index_at(const struct td_index *index, size_t position)
{
    return position < index->count ? index->records[position]->interaction : NULL;
}

const struct td_interaction *td_index_matched(const struct td_index *index, size_t position)
{
    return index->records[position]->matched;
}

const struct td_rules *td_index_rules(const struct td_index *index, size_t position)
{
    return &index->records[position]->entry->class.group->rules;
}

static struct td_class *find_in(const struct td_index_group *group, const struct td_query *query,
                                struct td_hash exact)
{
    struct record *record = find_exact(group, query, exact);
    if (record)
        return &record->entry->class;
    struct td_buf form;
    struct entry *entry = NULL;
    td_buf_init(&form);
    td_index_put_form(&form, &group->rules, query);
    if (!td_buf_failed(&form))
        entry = find_form(group, &form, td_hash_bytes(td_buf_view(&form)));
    td_buf_release(&form);
    return entry ? &entry->class : NULL;
}

struct td_class *td_index_find_next(struct td_index *index, const struct td_query *query,
                                    const struct td_class *class)
{
    struct td_hash exact = hash_exact(query);
    struct td_class *found = NULL;
    const struct td_index_group *group = index->groups;
    if (class)
        group = class->group ? class->group->next : NULL;
    for (; group && !found; group = group->next)
        if (group->canonical.used)
            found = find_in(group, query, exact);
    return found;
}

struct td_class *td_index_find(struct td_index *index, const struct td_query *query)
{
    return td_index_find_next(index, query, NULL);
}

bool td_index_nearest(const struct td_index *index, const struct td_query *query, size_t *position)
{
    return td_nearest_find(index->nearest, query, position);
}
