/* SPDX-License-Identifier: MIT */
#include "match/differences.h"

#include <stdlib.h>

#include "base/grow.h"
#include "http/url.h"

void td_differences_init(struct td_differences *differences)
{
    *differences = (struct td_differences){0};
    td_arena_init(&differences->arena);
}

void td_differences_release(struct td_differences *differences)
{
    free(differences->items);
    free(differences->headlines);
    td_arena_release(&differences->arena);
    td_differences_init(differences);
}

void td_differences_add(struct td_differences *differences, struct td_difference difference)
{
    if (differences->count == TD_DIFFERENCES_MOST) {
        differences->more++;
        return;
    }
    void *items = td_grow(differences->items, differences->count, &differences->capacity,
                          sizeof *differences->items);
    if (!items) {
        differences->failed = true;
        return;
    }
    differences->items = items;
    differences->items[differences->count++] = difference;
}

void td_differences_add_headline(struct td_differences *differences, struct td_bytes text)
{
    size_t count = differences->headline_count;
    if (!text.len || (count && td_bytes_equal(differences->headlines[count - 1], text)))
        return;
    void *items = td_grow(differences->headlines, count, &differences->headline_capacity,
                          sizeof *differences->headlines);
    if (!items) {
        differences->failed = true;
        return;
    }
    differences->headlines = items;
    differences->headlines[differences->headline_count++] = td_differences_keep(differences, text);
}

struct td_bytes td_differences_keep(struct td_differences *differences, struct td_bytes text)
{
    struct td_bytes kept = td_arena_copy(&differences->arena, text);
    differences->failed |= !kept.data;
    return kept;
}

static enum td_difference_kind kind_of(const void *a, const void *b)
{
    return !a ? TD_DIFFERENCE_ADDED : !b ? TD_DIFFERENCE_REMOVED : TD_DIFFERENCE_CHANGED;
}

static struct td_bytes with_data(const struct td_bytes *text)
{
    if (!text)
        return td_bytes(NULL, 0);
    return text->len ? *text : TD_BYTES("");
}

void td_differences_text(struct td_differences *differences, const char *part,
                         struct td_bytes place, const struct td_bytes *a, const struct td_bytes *b)
{
    if (a ? b && td_bytes_equal(*a, *b) : !b)
        return;
    struct td_difference difference = {
        .kind = kind_of(a, b), .part = part, .place = place, .a = with_data(a), .b = with_data(b)};
    td_differences_add(differences, difference);
}

/* "query 'name'" */
static struct td_bytes label(struct td_differences *differences, const char *word,
                             struct td_bytes name)
{
    struct td_buf text;
    td_buf_init(&text);
    td_buf_printf(&text, "%s '", word);
    td_buf_put_bytes(&text, name);
    td_buf_put_char(&text, '\'');
    struct td_bytes kept = td_differences_keep(differences, td_buf_view(&text));
    differences->failed |= td_buf_failed(&text);
    td_buf_release(&text);
    return kept;
}

/* Headers and query fields are both lists of names with values, and compared alike: by name, the
 * first of a name with the first. */
static void compare_fields(struct td_differences *differences, const char *part, const char *word,
                           const struct td_fields *a, const struct td_fields *b)
{
    for (size_t i = 0, j = 0; i < a->count || j < b->count;) {
        const struct td_field *x = i < a->count ? &a->items[i] : NULL;
        const struct td_field *y = j < b->count ? &b->items[j] : NULL;
        int order = !x ? 1 : !y ? -1 : td_bytes_compare_nocase(x->name, y->name);
        const struct td_bytes *left = order <= 0 ? &x->value : NULL;
        const struct td_bytes *right = order >= 0 ? &y->value : NULL;
        size_t before = differences->count;
        struct td_bytes name = order <= 0 ? x->name : y->name;
        if (!left || !right || !td_bytes_equal(*left, *right))
            td_differences_text(differences, part, label(differences, word, name), left, right);
        if (differences->count > before)
            differences->items[before].name = name;
        i += order <= 0;
        j += order >= 0;
    }
}

void td_differences_headers(struct td_differences *differences, const struct td_fields *a,
                            const struct td_fields *b, const struct td_rules *rules)
{
    struct td_fields left, right;
    if (td_rules_headers(rules, a, &differences->arena, &left) < 0 ||
        td_rules_headers(rules, b, &differences->arena, &right) < 0) {
        differences->failed = true;
        return;
    }
    compare_fields(differences, "header", "", &left, &right);
}

/* "host:port", which stand side by side in the text. */
static struct td_bytes authority(const struct td_url *url)
{
    size_t port = url->has_port ? 1 + url->port.len : 0;
    return td_bytes(url->host.data, url->host.len + port);
}

/* Fields of a query in their order, names and values decoded. */
static int read_query(struct td_differences *differences, struct td_bytes query,
                      struct td_fields *fields)
{
    size_t count = 0, limit = 1;
    for (size_t i = 0; i < query.len; i++)
        limit += query.data[i] == '&';
    struct td_field *items = td_arena_alloc(&differences->arena, limit * sizeof *items);
    char *room = td_arena_alloc(&differences->arena, query.len + 1);
    if (!items || !room) {
        differences->failed = true;
        return TD_ERR_NOMEM;
    }
    const char *end = query.len ? query.data + query.len : query.data;
    for (const char *at = query.data; query.len && at < end;) {
        const char *stop = memchr(at, '&', (size_t)(end - at));
        stop = stop ? stop : end;
        const char *equals = memchr(at, '=', (size_t)(stop - at));
        const char *name_end = equals ? equals : stop, *value = equals ? equals + 1 : stop;
        size_t name = td_url_decode_field(room, td_bytes(at, (size_t)(name_end - at)));
        items[count].name = td_bytes(room, name);
        room += name;
        size_t len = td_url_decode_field(room, td_bytes(value, (size_t)(stop - value)));
        items[count++].value = td_bytes(room, len);
        room += len;
        at = stop + 1;
    }
    *fields = (struct td_fields){items, count};
    return 0;
}

static int compare_names(const void *a, const void *b)
{
    const struct td_field *left = a, *right = b;
    int order = td_bytes_compare(left->name, right->name);
    if (order)
        return order;
    return left < right ? -1 : left > right;
}

/* Field by field where that shows the difference; as a whole where it is in the order or in the
 * spelling. */
static void compare_queries(struct td_differences *differences, const struct td_bytes *a,
                            const struct td_bytes *b)
{
    struct td_fields left, right;
    size_t before = differences->count;
    if (!a || !b || !td_bytes_equal(*a, *b)) {
        const struct td_bytes none = {0};
        if (read_query(differences, a ? *a : none, &left) < 0 ||
            read_query(differences, b ? *b : none, &right) < 0)
            return;
        qsort((struct td_field *)left.items, left.count, sizeof *left.items, compare_names);
        qsort((struct td_field *)right.items, right.count, sizeof *right.items, compare_names);
        compare_fields(differences, "url", "query", &left, &right);
    }
    if (differences->count == before)
        td_differences_text(differences, "url", TD_BYTES("query"), a, b);
}

static void compare_urls(struct td_differences *differences, const struct td_query *a,
                         const struct td_query *b, const struct td_rules *rules)
{
    struct td_buf left, right;
    struct td_url x, y;
    td_buf_init(&left);
    td_buf_init(&right);
    td_rules_put_url(&left, rules, a->url);
    td_rules_put_url(&right, rules, b->url);
    differences->failed |= td_buf_failed(&left) || td_buf_failed(&right);
    td_url_split(&x, td_differences_keep(differences, td_buf_view(&left)));
    td_url_split(&y, td_differences_keep(differences, td_buf_view(&right)));
    td_buf_release(&left);
    td_buf_release(&right);
    struct td_bytes x_host = authority(&x), y_host = authority(&y);
    td_differences_text(differences, "url", TD_BYTES("scheme"), x.has_scheme ? &x.scheme : NULL,
                        y.has_scheme ? &y.scheme : NULL);
    td_differences_text(differences, "url", TD_BYTES("host"), x.has_authority ? &x_host : NULL,
                        y.has_authority ? &y_host : NULL);
    td_differences_text(differences, "url", TD_BYTES("path"), &x.path, &y.path);
    compare_queries(differences, x.has_query ? &x.query : NULL, y.has_query ? &y.query : NULL);
}

void td_differences_requests(struct td_differences *differences, const struct td_query *a,
                             const struct td_query *b, const struct td_rules *rules)
{
    struct td_bytes x = a->method.len ? a->method : TD_BYTES("GET");
    struct td_bytes y = b->method.len ? b->method : TD_BYTES("GET");
    if (rules->parts & TD_RULES_METHOD)
        td_differences_text(differences, "method", td_bytes(NULL, 0), &x, &y);
    if (rules->parts & TD_RULES_URL)
        compare_urls(differences, a, b, rules);
    td_differences_headers(differences, &a->headers, &b->headers, rules);
    if (rules->parts & TD_RULES_BODY) {
        struct td_body_delta delta;
        td_differences_bodies(differences, "body", a->body, b->body, rules, &delta);
        td_differences_headlines(differences, a, b, &delta);
        td_body_delta_release(&delta);
    }
}
