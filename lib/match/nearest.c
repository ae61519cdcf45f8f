/* SPDX-License-Identifier: MIT */
#include "match/nearest.h"

#include <stdlib.h>

#include "base/grow.h"
#include "base/map.h"
#include "http/url.h"
#include "match/index.h"

enum {
    MOST_TOKENS = 64 * 1024,       /* of one request: what comes after does not count */
    MOST_TRIES = 4,                /* clusters that a new request is held against */
    MOST_COMPARED = 4,             /* interactions, equally near, that are compared in order */
    MOST_EDITS = 400,              /* in such a comparison */
    WORK_LIMIT = 64 * 1024 * 1024, /* words that a search looks at, before it rests with what it
                                      has: some tenths of a second, and on a miss only */
};

/* What method and URL the rules let count. */
struct where {
    struct td_bytes method;
    struct td_url url; /* of a normalised text */
};

/* Requests to the same method and URL, by the same rules. */
struct address {
    struct where where;
    const struct td_rules *rules;
    struct td_cluster **clusters;
    size_t count;
    size_t capacity;
    struct address *next;
};

struct td_nearest {
    struct td_map map;         /* struct address */
    struct address *addresses; /* in the order in which they came */
    struct address **end;
    struct td_arena arena;
    const struct td_recorded_request **requests; /* by position, NULL where another stands for it */
    size_t count;
    size_t capacity;
};

struct td_nearest *td_nearest_new(void)
{
    struct td_nearest *nearest = calloc(1, sizeof *nearest);
    if (!nearest)
        return NULL;
    td_map_init(&nearest->map);
    td_arena_init(&nearest->arena);
    nearest->end = &nearest->addresses;
    return nearest;
}

void td_nearest_free(struct td_nearest *nearest)
{
    if (!nearest)
        return;
    for (struct address *address = nearest->addresses; address; address = address->next) {
        for (size_t i = 0; i < address->count; i++)
            td_cluster_free(address->clusters[i]);
        free(address->clusters);
    }
    td_map_release(&nearest->map);
    td_arena_release(&nearest->arena);
    free(nearest->requests);
    free(nearest);
}

void td_nearest_tokens(struct td_tokens *tokens, const struct td_query *query,
                       const struct td_rules *rules, const struct td_body *body)
{
    struct td_arena arena;
    struct td_fields headers;
    td_arena_init(&arena);
    tokens->failed |= td_rules_headers(rules, &query->headers, &arena, &headers) < 0;
    for (size_t i = 0; i < headers.count; i++)
        td_tokens_put_text(tokens, ~td_hash_short(headers.items[i].name), headers.items[i].value);
    if (rules->parts & TD_RULES_BODY) {
        if (body->json)
            td_tokens_put_json(tokens, body->json);
        for (size_t i = 0; i < body->count; i++)
            td_tokens_put_text(tokens,
                               td_hash_more(body->kind, td_hash_short(body->pieces[i].name)),
                               body->pieces[i].value);
    }
    td_arena_release(&arena);
}

/* The text is put into `text`, and where it is into *where. */
static void read_where(struct where *where, struct td_buf *text, const struct td_rules *rules,
                       const struct td_query *query)
{
    td_buf_clear(text);
    *where = (struct where){0};
    if (rules->parts & TD_RULES_METHOD)
        where->method = query->method.len ? query->method : TD_BYTES("GET");
    if (rules->parts & TD_RULES_URL)
        td_rules_put_url(text, rules, query->url);
    td_url_split(&where->url, td_buf_view(text));
}

static struct address *add_address(struct td_nearest *nearest, const struct td_query *query,
                                   const struct td_rules *rules)
{
    struct where where;
    struct td_buf text;
    td_buf_init(&text);
    read_where(&where, &text, rules, query);
    struct td_hash hash = td_hash_join(td_hash_bytes(td_buf_view(&text)), rules->fingerprint);
    hash = td_hash_join(hash, td_hash_bytes(where.method));
    hash.low += rules->parts;
    struct address *address = td_map_get(&nearest->map, hash);
    if (!address && !td_buf_failed(&text)) {
        struct td_bytes kept = td_arena_copy(&nearest->arena, td_buf_view(&text));
        address = kept.data ? td_arena_alloc(&nearest->arena, sizeof *address) : NULL;
        if (address && td_map_put(&nearest->map, hash, address) == 0) {
            address->rules = rules;
            address->where.method = where.method;
            td_url_split(&address->where.url, kept);
            *nearest->end = address;
            nearest->end = &address->next;
        } else {
            address = NULL;
        }
    }
    td_buf_release(&text);
    return address;
}

/* Into the latest cluster that is much like it, or a new one. */
static int add_to_cluster(struct address *address, size_t position, const struct td_tokens *tokens)
{
    for (size_t i = 0; i < address->count && i < MOST_TRIES; i++) {
        int added = td_cluster_add(address->clusters[address->count - 1 - i], position, tokens);
        if (added)
            return added < 0 ? added : 0;
    }
    void *clusters =
        td_grow(address->clusters, address->count, &address->capacity, sizeof *address->clusters);
    if (!clusters)
        return TD_ERR_NOMEM;
    address->clusters = clusters;
    struct td_cluster *cluster = td_cluster_new();
    if (!cluster)
        return TD_ERR_NOMEM;
    address->clusters[address->count++] = cluster;
    int added = td_cluster_add(cluster, position, tokens);
    return added < 0 ? added : 0;
}

int td_nearest_add(struct td_nearest *nearest, size_t position,
                   const struct td_recorded_request *request, const struct td_query *query,
                   const struct td_rules *rules, const struct td_body *body)
{
    while (position >= nearest->capacity) {
        void *requests =
            td_grow_full(nearest->requests, &nearest->capacity, sizeof *nearest->requests);
        if (!requests)
            return TD_ERR_NOMEM;
        nearest->requests = requests;
    }
    nearest->requests[position] = request;
    struct address *address = add_address(nearest, query, rules);
    if (!address)
        return TD_ERR_NOMEM;
    struct td_tokens tokens;
    td_tokens_init(&tokens, MOST_TOKENS);
    td_nearest_tokens(&tokens, query, rules, body);
    int status = tokens.failed ? TD_ERR_NOMEM : add_to_cluster(address, position, &tokens);
    td_tokens_release(&tokens);
    return status;
}

/* How near the method and the URL are. Path before host before method before query: a POST to
 * the same path of another host is meant rather than a GET of another path. */
enum {
    NEAR_PATH = 16,
    NEAR_HOST = 8,
    NEAR_METHOD = 4,
    NEAR_QUERY = 2,
    NEAR_SCHEME = 1,
};

struct nearness {
    unsigned parts;
    size_t path; /* bytes of whole segments that the paths share, where they are not the same */
};

static size_t shared_segments(struct td_bytes a, struct td_bytes b)
{
    size_t shared = 0;
    for (size_t i = 0; i < a.len && i < b.len && a.data[i] == b.data[i]; i++)
        if (a.data[i] == '/')
            shared = i + 1;
    return shared;
}

static struct nearness nearness(const struct where *a, const struct where *b)
{
    struct nearness near = {0};
    if (td_bytes_equal(a->url.path, b->url.path))
        near.parts |= NEAR_PATH;
    else
        near.path = shared_segments(a->url.path, b->url.path);
    if (td_bytes_equal(a->url.host, b->url.host) && td_bytes_equal(a->url.port, b->url.port))
        near.parts |= NEAR_HOST;
    if (td_bytes_equal(a->method, b->method))
        near.parts |= NEAR_METHOD;
    if (a->url.has_query == b->url.has_query && td_bytes_equal(a->url.query, b->url.query))
        near.parts |= NEAR_QUERY;
    if (td_bytes_equal(a->url.scheme, b->url.scheme))
        near.parts |= NEAR_SCHEME;
    return near;
}

static int compare(struct nearness a, struct nearness b)
{
    if (a.parts != b.parts)
        return a.parts < b.parts ? -1 : 1;
    return a.path < b.path ? -1 : a.path > b.path;
}

/* The nearest few, by distance and then by position. */
struct candidate {
    size_t position;
    size_t distance; /* without regard to order */
    const struct td_rules *rules;
};

struct search {
    const struct td_query *query;
    struct td_tokens tokens; /* of the query, by the rules that it was read by last */
    const struct td_rules *rules;
    struct candidate best[MOST_COMPARED];
    size_t count;
    size_t work;
};

static bool before(const struct candidate *a, const struct candidate *b)
{
    return a->distance != b->distance ? a->distance < b->distance : a->position < b->position;
}

static void offer(struct search *search, struct candidate candidate)
{
    size_t at = search->count;
    if (at == MOST_COMPARED) {
        if (!before(&candidate, &search->best[at - 1]))
            return;
        at--;
    } else {
        search->count++;
    }
    for (; at && before(&candidate, &search->best[at - 1]); at--)
        search->best[at] = search->best[at - 1];
    search->best[at] = candidate;
}

static bool read_tokens(struct td_tokens *tokens, const struct td_query *query,
                        const struct td_rules *rules)
{
    struct td_arena arena;
    struct td_body body = {0};
    td_arena_init(&arena);
    tokens->count = 0;
    bool good =
        !(rules->parts & TD_RULES_BODY) || td_body_read(&body, &arena, query->body, rules) == 0;
    if (good)
        td_nearest_tokens(tokens, query, rules, &body);
    td_arena_release(&arena);
    return good && !tokens->failed;
}

static void search_cluster(struct search *search, const struct td_cluster *cluster)
{
    size_t count = td_cluster_count(cluster);
    size_t *distances = malloc((count + 1) * sizeof *distances);
    if (distances && td_cluster_distances(cluster, &search->tokens, distances))
        for (size_t i = 0; i < count; i++)
            offer(search,
                  (struct candidate){td_cluster_position(cluster, i), distances[i], search->rules});
    free(distances);
    search->work += search->tokens.count + count;
}

static void search_address(struct search *search, const struct address *address)
{
    if (search->rules != address->rules) {
        search->rules = address->rules;
        if (!read_tokens(&search->tokens, search->query, address->rules))
            return;
    }
    for (size_t i = 0; i < address->count && search->work < WORK_LIMIT; i++)
        search_cluster(search, address->clusters[i]);
}

/* The edit distance of a candidate. */
static size_t compare_in_full(struct search *search, const struct td_nearest *nearest,
                              const struct candidate *candidate)
{
    const struct td_recorded_request *request = nearest->requests[candidate->position];
    struct td_query recorded = {
        .body = request->message.body,
        .headers = request->message.headers,
    };
    struct td_tokens tokens;
    size_t distance = MOST_EDITS;
    td_tokens_init(&tokens, MOST_TOKENS);
    bool read = search->rules == candidate->rules ||
                read_tokens(&search->tokens, search->query, candidate->rules);
    search->rules = candidate->rules;
    if (read && read_tokens(&tokens, &recorded, candidate->rules))
        distance = td_tokens_distance(&search->tokens, &tokens, MOST_EDITS);
    td_tokens_release(&tokens);
    return distance;
}

/* Of the candidates that are equally near the one that is nearest in order. An edit distance is
 * never smaller than the other, so that where they are the same no other can be nearer. */
static size_t choose(struct search *search, const struct td_nearest *nearest)
{
    const struct candidate *first = &search->best[0];
    size_t chosen = first->position, least = SIZE_MAX;
    for (size_t i = 0; i < search->count && search->best[i].distance == first->distance &&
                       least > first->distance;
         i++) {
        if (!i && (search->count == 1 || search->best[1].distance > first->distance))
            break;
        size_t distance = compare_in_full(search, nearest, &search->best[i]);
        if (distance < least) {
            least = distance;
            chosen = search->best[i].position;
        }
    }
    return chosen;
}

bool td_nearest_find(const struct td_nearest *nearest, const struct td_query *query,
                     size_t *position)
{
    if (!nearest->addresses)
        return false;
    struct td_buf text;
    struct where asked;
    struct nearness best = {0}, *all = NULL;
    size_t count = 0, i = 0;
    td_buf_init(&text);
    for (const struct address *address = nearest->addresses; address; address = address->next)
        count++;
    all = calloc(count, sizeof *all);
    const struct td_rules *rules = NULL;
    for (const struct address *address = nearest->addresses; all && address;
         address = address->next, i++) {
        if (address->rules != rules)
            read_where(&asked, &text, rules = address->rules, query);
        all[i] = nearness(&asked, &address->where);
        if (compare(all[i], best) > 0)
            best = all[i];
    }
    td_buf_release(&text);

    struct search search = {.query = query};
    td_tokens_init(&search.tokens, MOST_TOKENS);
    i = 0;
    for (const struct address *address = nearest->addresses; all && address;
         address = address->next, i++)
        if (compare(all[i], best) == 0)
            search_address(&search, address);
    free(all);
    if (search.count)
        *position = choose(&search, nearest);
    td_tokens_release(&search.tokens);
    return search.count > 0;
}
