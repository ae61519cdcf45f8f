/* SPDX-License-Identifier: MIT */
/*
 * Which interaction a person would say was meant: first by method and URL, and among those that
 * are equally near so, by how much of the body is the same.
 */
#include <string.h>

#include "http/url.h"
#include "match/body.h"
#include "match/excerpt.h"
#include "match/explain.h"

/* Bytes of bodies, and pairs in them, that are looked at before the search rests with what it
 * has. Some tenths of a second, spent on a miss only. */
enum { WORK_LIMIT = 64 * 1024 * 1024 };

/* How near the method and the URL are. Path before host before method before query: a POST to
 * the same path of another host is meant rather than a GET of another path. */
enum {
    NEAR_PATH = 16,
    NEAR_HOST = 8,
    NEAR_METHOD = 4,
    NEAR_QUERY = 2,
    NEAR_SCHEME = 1,
};

struct address {
    struct td_bytes method;
    struct td_url url; /* of the normalised text */
};

struct nearness {
    unsigned parts;
    size_t path; /* bytes of whole segments that the paths share, where they are not the same */
};

static void read_address(struct address *address, struct td_buf *text, struct td_bytes method,
                         struct td_bytes url)
{
    td_buf_clear(text);
    td_url_normalize(text, url);
    td_url_split(&address->url, td_buf_view(text));
    address->method = method.len ? method : TD_BYTES("GET");
}

static size_t shared_segments(struct td_bytes a, struct td_bytes b)
{
    size_t shared = 0;
    for (size_t i = 0; i < a.len && i < b.len && a.data[i] == b.data[i]; i++)
        if (a.data[i] == '/')
            shared = i + 1;
    return shared;
}

static struct nearness nearness(const struct address *a, const struct address *b)
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

/* Of a pair of different texts, the share that is the same: always less than 1. */
static double text_similarity(struct td_bytes a, struct td_bytes b)
{
    size_t front, end, longer = a.len > b.len ? a.len : b.len;
    td_excerpt_common(a, b, &front, &end);
    return longer ? (double)(front + end) / (double)longer : 0;
}

static double json_similarity(const struct td_json *a, const struct td_json *b, size_t *work)
{
    struct td_json_walk walk;
    double same = 0, all = 0;
    td_json_walk_init(&walk, a, b);
    for (; td_json_walk_next(&walk); all++, ++*work) {
        if (walk.same)
            same++;
        else if (walk.a && walk.b && walk.a->kind == TD_JSON_STRING &&
                 walk.b->kind == TD_JSON_STRING)
            same += text_similarity(walk.a->text, walk.b->text);
    }
    return same / all;
}

static double piece_similarity(const struct td_body *a, const struct td_body *b, size_t *work)
{
    struct td_body_walk walk;
    double same = 0, all = 0;
    td_body_walk_init(&walk, a, b);
    for (; td_body_walk_next(&walk); all++, ++*work) {
        if (walk.same)
            same++;
        else if (walk.a && walk.b)
            same += text_similarity(walk.a->value, walk.b->value);
    }
    return all > 0 ? same / all : 1;
}

/* From 0 to 1; 1 is the same body. Adds to *work what it cost. */
static double body_similarity(const struct td_body *asked, struct td_bytes bytes, size_t *work)
{
    *work += bytes.len;
    if (td_bytes_equal(asked->bytes, bytes))
        return 1;
    struct td_arena arena;
    struct td_body body;
    double similarity = 0;
    td_arena_init(&arena);
    if (td_body_read(&body, &arena, bytes, NULL) == 0 && body.kind == asked->kind)
        similarity = body.json ? json_similarity(asked->json, body.json, work)
                               : piece_similarity(asked, &body, work);
    td_arena_release(&arena);
    return similarity;
}

static struct nearness nearness_at(const struct td_index *index, size_t position,
                                   const struct address *asked, struct td_buf *text)
{
    const struct td_recorded_request *request = &td_index_at(index, position)->request;
    struct address address;
    read_address(&address, text, request->method, request->url);
    return nearness(asked, &address);
}

bool td_explain_nearest(const struct td_index *index, const struct td_query *query,
                        size_t *position)
{
    size_t count = td_index_count(index);
    if (!count)
        return false;
    struct address asked;
    struct td_buf asked_text, text;
    td_buf_init(&asked_text);
    td_buf_init(&text);
    read_address(&asked, &asked_text, query->method, query->url);

    struct nearness best = nearness_at(index, 0, &asked, &text);
    *position = 0;
    for (size_t i = 1; i < count; i++) {
        struct nearness near = nearness_at(index, i, &asked, &text);
        if (compare(near, best) > 0) {
            best = near;
            *position = i;
        }
    }

    struct td_arena arena;
    struct td_body body;
    td_arena_init(&arena);
    if (td_body_read(&body, &arena, query->body, NULL) == 0) {
        double most = -1;
        size_t work = 0;
        for (size_t i = *position; i < count && most < 1 && work < WORK_LIMIT; i++) {
            if (compare(nearness_at(index, i, &asked, &text), best) != 0)
                continue;
            double similarity =
                body_similarity(&body, td_index_at(index, i)->request.message.body, &work);
            if (similarity > most) {
                most = similarity;
                *position = i;
            }
        }
    }
    td_arena_release(&arena);
    td_buf_release(&asked_text);
    td_buf_release(&text);
    return true;
}
