/* SPDX-License-Identifier: MIT */
#include "diff/source.h"

#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "cassette/reader.h"

/* "CASSETTE#ID", where no file has that very name. */
static int split_name(struct td_source *source, const char *name, bool *has_id, int64_t *id,
                      struct td_error *err)
{
    const char *hash = strrchr(name, '#');
    *has_id = false;
    if (!hash || access(name, F_OK) == 0) {
        source->path = strdup(name);
        return source->path ? 0 : td_error_nomem(err);
    }
    char *end;
    *id = strtoll(hash + 1, &end, 10);
    if (end == hash + 1 || *end)
        return td_error_set(err, TD_ERR_INVALID,
                            "'%s' is not the id of an interaction: a number goes behind '#'",
                            hash + 1);
    *has_id = true;
    source->path = strndup(name, (size_t)(hash - name));
    return source->path ? 0 : td_error_nomem(err);
}

/* Whether a file that could not be read as a cassette is meant to be one, rather than a body. */
static bool looks_like_cassette(struct td_bytes content)
{
    static const char *const starts[] = {"version:", "interactions:"};
    const char *at = content.data, *end = content.data + content.len;
    while (at && at < end) {
        for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
            size_t len = strlen(starts[i]);
            if ((size_t)(end - at) >= len && memcmp(at, starts[i], len) == 0)
                return true;
        }
        at = memchr(at, '\n', (size_t)(end - at));
        at = at ? at + 1 : NULL;
    }
    return false;
}

static int find(struct td_source *source, int64_t id, struct td_error *err)
{
    for (size_t i = 0; i < source->cassette->count; i++) {
        if (source->cassette->interactions[i].id == id) {
            source->interaction = &source->cassette->interactions[i];
            source->kind = TD_SOURCE_INTERACTION;
            return 0;
        }
    }
    return td_error_set(err, TD_ERR_INVALID, "%s: no interaction has the id %" PRId64, source->path,
                        id);
}

int td_source_open(struct td_source *source, const char *name, struct td_error *err)
{
    bool has_id;
    int64_t id = 0;
    *source = (struct td_source){.kind = TD_SOURCE_BODY};
    int status = split_name(source, name, &has_id, &id, err);
    if (status == 0)
        status = td_file_open(&source->file, source->path, TD_CASSETTE_MAX_BYTES, err);
    if (status < 0)
        return status;
    source->open = true;
    struct td_error cause;
    status = td_cassette_parse(source->path, source->file.content, &source->cassette, &cause);
    if (status == 0) {
        source->kind = TD_SOURCE_CASSETTE;
        return has_id ? find(source, id, err) : 0;
    }
    source->cassette = NULL;
    if (!has_id && status != TD_ERR_NOMEM && !looks_like_cassette(source->file.content))
        return 0;
    if (err)
        *err = cause;
    return status;
}

void td_source_close(struct td_source *source)
{
    td_cassette_free(source->cassette);
    if (source->open)
        td_file_close(&source->file);
    free(source->path);
    *source = (struct td_source){0};
}
