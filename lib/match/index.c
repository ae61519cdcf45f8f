/* SPDX-License-Identifier: MIT */
/*
 * The hashed index. Two tables: one by the bytes as they are, which most requests of a replay hit
 * without anything being parsed, and one by the canonical forms, which decides. Canonical forms
 * are made when they are asked for, and not kept.
 */
#include "match/index.h"

#include <stdlib.h>

#include "http/url.h"
#include "match/body.h"

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
    struct entry *entry;
};

struct td_index {
    struct td_map exact;     /* struct record: the first with these very bytes */
    struct td_map canonical; /* struct entry */
    struct record **records;
    size_t count;
    size_t capacity;
    struct td_arena arena;
    struct td_buf url; /* the canonical forms of the request at hand */
    struct td_buf body;
};

struct td_index *td_index_new(void)
{
    struct td_index *index = calloc(1, sizeof *index);
    if (!index)
        return NULL;
    td_map_init(&index->exact);
    td_map_init(&index->canonical);
    td_arena_init(&index->arena);
    td_buf_init(&index->url);
    td_buf_init(&index->body);
    return index;
}

void td_index_free(struct td_index *index)
{
    if (!index)
        return;
    td_map_release(&index->exact);
    td_map_release(&index->canonical);
    td_arena_release(&index->arena);
    td_buf_release(&index->url);
    td_buf_release(&index->body);
    free(index->records);
    free(index);
}

/* What a request is matched by, as it was sent or recorded. */
struct request {
    struct td_bytes method;
    struct td_bytes url;
    struct td_bytes body;
};

static struct request request_of(struct td_bytes method, struct td_bytes url, struct td_bytes body)
{
    return (struct request){method.len ? method : TD_BYTES("GET"), url, body};
}

static struct request recorded(const struct td_interaction *interaction)
{
    const struct td_recorded_request *request = &interaction->request;
    return request_of(request->method, request->url, request->message.body);
}

static struct td_hash hash_request(struct td_bytes method, struct td_bytes url,
                                   struct td_bytes body)
{
    return td_hash_join(td_hash_join(td_hash_bytes(method), td_hash_bytes(url)),
                        td_hash_bytes(body));
}

/* The record with these very bytes. */
static struct record *find_exact(const struct td_index *index, const struct request *request,
                                 struct td_hash hash)
{
    struct record *record = td_map_get(&index->exact, hash);
    if (!record)
        return NULL;
    struct request other = recorded(record->interaction);
    bool same = td_bytes_equal(other.method, request->method) &&
                td_bytes_equal(other.url, request->url) &&
                td_bytes_equal(other.body, request->body);
    return same ? record : NULL;
}

typedef void canonical_form(struct td_buf *out, struct td_bytes bytes);

static void canonical_body(struct td_buf *out, struct td_bytes bytes)
{
    td_body_canonical(out, bytes);
}

/* Whether `other` has the canonical form that `form` is, `bytes` being one text that has it. */
static bool has_form(struct td_bytes other, struct td_bytes bytes, const struct td_buf *form,
                     canonical_form *make)
{
    if (td_bytes_equal(other, bytes))
        return true;
    struct td_buf made;
    td_buf_init(&made);
    make(&made, other);
    bool same = !td_buf_failed(&made) && td_bytes_equal(td_buf_view(&made), td_buf_view(form));
    td_buf_release(&made);
    return same;
}

/* Puts the request's canonical forms into index->url and index->body, and hashes them. */
static int make_forms(struct td_index *index, const struct request *request, struct td_hash *hash)
{
    td_buf_clear(&index->url);
    td_buf_clear(&index->body);
    td_url_normalize(&index->url, request->url);
    canonical_body(&index->body, request->body);
    if (td_buf_failed(&index->url) || td_buf_failed(&index->body))
        return TD_ERR_NOMEM;
    *hash = hash_request(request->method, td_buf_view(&index->url), td_buf_view(&index->body));
    return 0;
}

/* The entry whose canonical forms are those in index->url and index->body. */
static struct entry *find_canonical(const struct td_index *index, const struct request *request,
                                    struct td_hash hash)
{
    struct entry *entry = td_map_get(&index->canonical, hash);
    for (; entry; entry = entry->chain) {
        struct request other = recorded(entry->sample);
        if (td_bytes_equal(other.method, request->method) &&
            has_form(other.url, request->url, &index->url, td_url_normalize) &&
            has_form(other.body, request->body, &index->body, canonical_body))
            return entry;
    }
    return NULL;
}

static void *grow(void *items, size_t *capacity, size_t size)
{
    size_t more = *capacity ? *capacity * 2 : 16, total;
    void *grown = __builtin_mul_overflow(more, size, &total) ? NULL : realloc(items, total);
    if (grown)
        *capacity = more;
    return grown;
}

/* The class that the request belongs to, made if it is the first of its kind. */
static struct entry *get_entry(struct td_index *index, const struct td_interaction *interaction,
                               const struct request *request)
{
    struct td_hash hash;
    if (make_forms(index, request, &hash) < 0)
        return NULL;
    struct entry *entry = find_canonical(index, request, hash);
    if (entry)
        return entry;
    entry = td_arena_alloc(&index->arena, sizeof *entry);
    if (!entry)
        return NULL;
    entry->sample = interaction;
    entry->class.items = &entry->one;
    entry->capacity = 1;
    entry->chain = td_map_get(&index->canonical, hash);
    return td_map_put(&index->canonical, hash, entry) < 0 ? NULL : entry;
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
    if (index->count == index->capacity) {
        void *records = grow(index->records, &index->capacity, sizeof *index->records);
        if (!records)
            return td_error_nomem(err);
        index->records = records;
    }
    struct record *record = td_arena_alloc(&index->arena, sizeof *record);
    if (!record)
        return td_error_nomem(err);
    struct request request = recorded(interaction);
    struct td_hash hash = hash_request(request.method, request.url, request.body);
    struct record *twin = find_exact(index, &request, hash);
    struct entry *entry = twin ? twin->entry : get_entry(index, interaction, &request);
    if (!entry || make_room(index, entry) < 0)
        return td_error_nomem(err);
    *record = (struct record){interaction, entry};
    /* The first of those with the same bytes stays; where there is no memory for this shortcut,
     * the other table finds the request as well. */
    if (!td_map_get(&index->exact, hash))
        td_map_put(&index->exact, hash, record);
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

struct td_class *td_index_find(struct td_index *index, const struct td_query *query)
{
    struct request request = request_of(query->method, query->url, query->body);
    struct record *record =
        find_exact(index, &request, hash_request(request.method, request.url, request.body));
    if (record)
        return &record->entry->class;
    struct td_hash hash;
    struct entry *entry = NULL;
    if (make_forms(index, &request, &hash) == 0)
        entry = find_canonical(index, &request, hash);
    return entry ? &entry->class : NULL;
}
