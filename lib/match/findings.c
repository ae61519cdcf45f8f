/* SPDX-License-Identifier: MIT */
#include "match/findings.h"

#include <stdlib.h>

#include "http/url.h"

void td_findings_init(struct td_findings *findings)
{
    *findings = (struct td_findings){0};
    td_arena_init(&findings->arena);
}

void td_findings_release(struct td_findings *findings)
{
    free(findings->items);
    free(findings->headlines);
    td_arena_release(&findings->arena);
    td_findings_init(findings);
}

static void *grow(struct td_findings *findings, void *items, size_t *capacity, size_t size)
{
    size_t more = *capacity ? *capacity * 2 : 8;
    void *grown = realloc(items, more * size);
    if (grown)
        *capacity = more;
    else
        findings->failed = true;
    return grown;
}

void td_findings_add(struct td_findings *findings, struct td_finding finding)
{
    if (findings->count == TD_FINDINGS_MOST) {
        findings->more++;
        return;
    }
    if (findings->count == findings->capacity) {
        void *items = grow(findings, findings->items, &findings->capacity, sizeof *findings->items);
        if (!items)
            return;
        findings->items = items;
    }
    findings->items[findings->count++] = finding;
}

void td_findings_add_headline(struct td_findings *findings, struct td_bytes text)
{
    size_t count = findings->headline_count;
    if (!text.len || (count && td_bytes_equal(findings->headlines[count - 1], text)))
        return;
    if (count == findings->headline_capacity) {
        void *items = grow(findings, findings->headlines, &findings->headline_capacity,
                           sizeof *findings->headlines);
        if (!items)
            return;
        findings->headlines = items;
    }
    findings->headlines[findings->headline_count++] = td_findings_keep(findings, text);
}

struct td_bytes td_findings_keep(struct td_findings *findings, struct td_bytes text)
{
    struct td_bytes kept = td_arena_copy(&findings->arena, text);
    findings->failed |= !kept.data;
    return kept;
}

static enum td_finding_kind kind_of(const void *a, const void *b)
{
    return !a ? TD_FINDING_ADDED : !b ? TD_FINDING_REMOVED : TD_FINDING_CHANGED;
}

static struct td_bytes with_data(const struct td_bytes *text)
{
    if (!text)
        return td_bytes(NULL, 0);
    return text->len ? *text : TD_BYTES("");
}

void td_findings_text(struct td_findings *findings, const char *part, struct td_bytes place,
                      const struct td_bytes *a, const struct td_bytes *b)
{
    if (a ? b && td_bytes_equal(*a, *b) : !b)
        return;
    struct td_finding finding = {
        .kind = kind_of(a, b), .part = part, .place = place, .a = with_data(a), .b = with_data(b)};
    td_findings_add(findings, finding);
}

/* "query 'name'" */
static struct td_bytes label(struct td_findings *findings, const char *word, struct td_bytes name)
{
    struct td_buf text;
    td_buf_init(&text);
    td_buf_printf(&text, "%s '", word);
    td_buf_put_bytes(&text, name);
    td_buf_put_char(&text, '\'');
    struct td_bytes kept = td_findings_keep(findings, td_buf_view(&text));
    findings->failed |= td_buf_failed(&text);
    td_buf_release(&text);
    return kept;
}

/* Headers and query fields are both lists of names with values, and compared alike: by name, the
 * first of a name with the first. */
static void compare_fields(struct td_findings *findings, const char *part, const char *word,
                           const struct td_fields *a, const struct td_fields *b)
{
    for (size_t i = 0, j = 0; i < a->count || j < b->count;) {
        const struct td_field *x = i < a->count ? &a->items[i] : NULL;
        const struct td_field *y = j < b->count ? &b->items[j] : NULL;
        int order = !x ? 1 : !y ? -1 : td_bytes_compare_nocase(x->name, y->name);
        const struct td_bytes *left = order <= 0 ? &x->value : NULL;
        const struct td_bytes *right = order >= 0 ? &y->value : NULL;
        size_t before = findings->count;
        struct td_bytes name = order <= 0 ? x->name : y->name;
        if (!left || !right || !td_bytes_equal(*left, *right))
            td_findings_text(findings, part, label(findings, word, name), left, right);
        if (findings->count > before)
            findings->items[before].name = name;
        i += order <= 0;
        j += order >= 0;
    }
}

void td_findings_headers(struct td_findings *findings, const struct td_fields *a,
                         const struct td_fields *b, const struct td_rules *rules)
{
    struct td_fields left, right;
    if (td_rules_headers(rules, a, &findings->arena, &left) < 0 ||
        td_rules_headers(rules, b, &findings->arena, &right) < 0) {
        findings->failed = true;
        return;
    }
    compare_fields(findings, "header", "", &left, &right);
}

/* "host:port", which stand side by side in the text. */
static struct td_bytes authority(const struct td_url *url)
{
    size_t port = url->has_port ? 1 + url->port.len : 0;
    return td_bytes(url->host.data, url->host.len + port);
}

/* Fields of a query in their order, names and values decoded. */
static int read_query(struct td_findings *findings, struct td_bytes query, struct td_fields *fields)
{
    size_t count = 0, limit = 1;
    for (size_t i = 0; i < query.len; i++)
        limit += query.data[i] == '&';
    struct td_field *items = td_arena_alloc(&findings->arena, limit * sizeof *items);
    char *room = td_arena_alloc(&findings->arena, query.len + 1);
    if (!items || !room) {
        findings->failed = true;
        return TD_ERR_NOMEM;
    }
    const char *end = query.data + query.len;
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
static void compare_queries(struct td_findings *findings, const struct td_bytes *a,
                            const struct td_bytes *b)
{
    struct td_fields left, right;
    size_t before = findings->count;
    if (!a || !b || !td_bytes_equal(*a, *b)) {
        const struct td_bytes none = {0};
        if (read_query(findings, a ? *a : none, &left) < 0 ||
            read_query(findings, b ? *b : none, &right) < 0)
            return;
        qsort((struct td_field *)left.items, left.count, sizeof *left.items, compare_names);
        qsort((struct td_field *)right.items, right.count, sizeof *right.items, compare_names);
        compare_fields(findings, "url", "query", &left, &right);
    }
    if (findings->count == before)
        td_findings_text(findings, "url", TD_BYTES("query"), a, b);
}

static void compare_urls(struct td_findings *findings, const struct td_query *a,
                         const struct td_query *b, const struct td_rules *rules)
{
    struct td_buf left, right;
    struct td_url x, y;
    td_buf_init(&left);
    td_buf_init(&right);
    td_rules_put_url(&left, rules, a->url);
    td_rules_put_url(&right, rules, b->url);
    findings->failed |= td_buf_failed(&left) || td_buf_failed(&right);
    td_url_split(&x, td_findings_keep(findings, td_buf_view(&left)));
    td_url_split(&y, td_findings_keep(findings, td_buf_view(&right)));
    td_buf_release(&left);
    td_buf_release(&right);
    struct td_bytes x_host = authority(&x), y_host = authority(&y);
    td_findings_text(findings, "url", TD_BYTES("scheme"), x.has_scheme ? &x.scheme : NULL,
                     y.has_scheme ? &y.scheme : NULL);
    td_findings_text(findings, "url", TD_BYTES("host"), x.has_authority ? &x_host : NULL,
                     y.has_authority ? &y_host : NULL);
    td_findings_text(findings, "url", TD_BYTES("path"), &x.path, &y.path);
    compare_queries(findings, x.has_query ? &x.query : NULL, y.has_query ? &y.query : NULL);
}

void td_findings_requests(struct td_findings *findings, const struct td_query *a,
                          const struct td_query *b, const struct td_rules *rules)
{
    struct td_bytes x = a->method.len ? a->method : TD_BYTES("GET");
    struct td_bytes y = b->method.len ? b->method : TD_BYTES("GET");
    if (rules->parts & TD_RULES_METHOD)
        td_findings_text(findings, "method", td_bytes(NULL, 0), &x, &y);
    if (rules->parts & TD_RULES_URL)
        compare_urls(findings, a, b, rules);
    td_findings_headers(findings, &a->headers, &b->headers, rules);
    if (rules->parts & TD_RULES_BODY) {
        struct td_body_delta delta;
        td_findings_bodies(findings, "body", a->body, b->body, rules, &delta);
        td_findings_headlines(findings, a, b, &delta);
        td_body_delta_release(&delta);
    }
}
