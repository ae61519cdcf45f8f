/* SPDX-License-Identifier: MIT */
#include "deck/misses.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/grow.h"
#include "base/save.h"
#include "cassette/emit.h"
#include "scrub/scrub.h"

enum { MAX_REQUEST = 512 * 1024 * 1024 };

void td_misses_init(struct td_misses *misses)
{
    *misses = (struct td_misses){0};
    td_arena_init(&misses->arena);
}

void td_misses_release(struct td_misses *misses)
{
    free(misses->items);
    td_arena_release(&misses->arena);
    td_misses_init(misses);
}

static struct td_bytes keep(struct td_misses *misses, struct td_bytes text, bool *good)
{
    struct td_bytes kept = td_arena_copy(&misses->arena, text);
    *good &= kept.data != NULL;
    return kept;
}

/* The headers that a cassette records: not those of the connection. */
static struct td_fields keep_headers(struct td_misses *misses, const struct td_fields *headers,
                                     bool *good)
{
    struct td_rules rules;
    td_rules_init(&rules);
    rules.parts |= TD_RULES_HEADERS;
    struct td_field *kept = td_arena_alloc(&misses->arena, (headers->count + 1) * sizeof *kept);
    size_t count = 0;
    *good &= kept != NULL;
    for (size_t i = 0; kept && i < headers->count; i++) {
        if (!td_rules_header_counts(&rules, headers->items[i].name))
            continue;
        kept[count].name = keep(misses, headers->items[i].name, good);
        kept[count++].value = keep(misses, headers->items[i].value, good);
    }
    td_rules_release(&rules);
    return (struct td_fields){kept, count};
}

int td_misses_add(struct td_misses *misses, const struct td_query *query)
{
    void *items = td_grow(misses->items, misses->count, &misses->capacity, sizeof *misses->items);
    if (!items)
        return TD_ERR_NOMEM;
    misses->items = items;
    bool good = true;
    struct td_interaction miss = {.id = (int64_t)misses->count};
    miss.request.method = keep(misses, query->method, &good);
    miss.request.url = keep(misses, query->url, &good);
    miss.request.message = (struct td_message){
        .proto = TD_BYTES("HTTP/1.1"),
        .proto_major = 1,
        .proto_minor = 1,
        .content_length = (int64_t)query->body.len,
        .body = keep(misses, query->body, &good),
        .headers = keep_headers(misses, &query->headers, &good),
    };
    miss.response.message.proto = TD_BYTES("HTTP/1.1");
    miss.response.message.proto_major = miss.response.message.proto_minor = 1;
    miss.response.status = TD_BYTES("599 Not recorded");
    miss.response.code = 599;
    if (!good)
        return TD_ERR_NOMEM;
    misses->items[misses->count++] = miss;
    return 0;
}

static void put_counted(struct td_buf *out, struct td_bytes bytes)
{
    uint64_t len = bytes.len;
    td_buf_put(out, &len, sizeof len);
    td_buf_put_bytes(out, bytes);
}

static bool take_counted(struct td_bytes *rest, struct td_bytes *bytes)
{
    uint64_t len;
    if (rest->len < sizeof len)
        return false;
    memcpy(&len, rest->data, sizeof len);
    if (len > rest->len - sizeof len)
        return false;
    *bytes = td_bytes(rest->data + sizeof len, (size_t)len);
    rest->data += sizeof len + len;
    rest->len -= sizeof len + (size_t)len;
    return true;
}

static bool write_all(int fd, struct td_bytes bytes)
{
    while (bytes.len) {
        ssize_t wrote = write(fd, bytes.data, bytes.len);
        if (wrote <= 0)
            return false;
        bytes.data += wrote;
        bytes.len -= (size_t)wrote;
    }
    return true;
}

int td_misses_pack(const struct td_query *query)
{
    struct td_buf packed;
    td_buf_init(&packed);
    put_counted(&packed, query->method);
    put_counted(&packed, query->url);
    put_counted(&packed, query->body);
    for (size_t i = 0; i < query->headers.count; i++) {
        put_counted(&packed, query->headers.items[i].name);
        put_counted(&packed, query->headers.items[i].value);
    }
    int fd = td_buf_failed(&packed) ? -1 : memfd_create("tapedeck-miss", MFD_CLOEXEC);
    if (fd >= 0 && !write_all(fd, td_buf_view(&packed))) {
        close(fd);
        fd = -1;
    }
    td_buf_release(&packed);
    return fd;
}

static int unpack(struct td_misses *misses, struct td_bytes rest)
{
    struct td_query query = {0};
    if (!take_counted(&rest, &query.method) || !take_counted(&rest, &query.url) ||
        !take_counted(&rest, &query.body))
        return TD_ERR_INVALID;
    /* Each takes two lengths at the least. */
    struct td_field *headers = calloc(rest.len / 16 + 1, sizeof *headers);
    if (!headers)
        return TD_ERR_NOMEM;
    size_t count = 0;
    while (take_counted(&rest, &headers[count].name) && take_counted(&rest, &headers[count].value))
        count++;
    query.headers = (struct td_fields){headers, count};
    int status = td_misses_add(misses, &query);
    free(headers);
    return status;
}

int td_misses_take(struct td_misses *misses, int fd)
{
    struct stat st;
    if (fstat(fd, &st) < 0 || st.st_size <= 0 || st.st_size > MAX_REQUEST)
        return TD_ERR_INVALID;
    size_t size = (size_t)st.st_size, have = 0;
    char *data = malloc(size);
    if (!data)
        return TD_ERR_NOMEM;
    /* Not mapped: whoever has written it could make it shorter meanwhile. */
    while (have < size) {
        ssize_t got = pread(fd, data + have, size - have, (off_t)have);
        if (got <= 0)
            break;
        have += (size_t)got;
    }
    int status = unpack(misses, td_bytes(data, have));
    free(data);
    return status;
}

static int scrub(struct td_interaction *items, size_t count, struct td_arena *arena,
                 const struct td_scrubber *scrubber, struct td_error *err)
{
    int status = 0;
    if (status < 0)
        return status;
    for (size_t i = 0; i < count && !status; i++)
        status = td_scrub_interaction(scrubber, &items[i], arena, NULL, err);
    return status;
}

int td_misses_save(const struct td_misses *misses, const char *path,
                   const struct td_scrubber *scrubber, struct td_error *err)
{
    struct td_arena arena;
    struct td_buf text;
    td_arena_init(&arena);
    td_buf_init(&text);
    size_t size = misses->count * sizeof *misses->items;
    struct td_interaction *items = td_arena_alloc(&arena, size + 1);
    int status = items ? 0 : td_error_nomem(err);
    if (!status && size)
        memcpy(items, misses->items, size);
    if (!status)
        status = scrub(items, misses->count, &arena, scrubber, err);
    if (!status) {
        struct td_cassette cassette = {.interactions = items, .count = misses->count};
        td_emit_cassette(&text, &cassette, TD_LAYOUT_COMPACT);
        status =
            td_buf_failed(&text) ? td_error_nomem(err) : td_save(path, td_buf_view(&text), err);
    }
    td_buf_release(&text);
    td_arena_release(&arena);
    return status;
}
