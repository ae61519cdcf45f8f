/* SPDX-License-Identifier: MIT */
/* From a file to the same cassette in another file, and what gets lost on the way. */
#include <tapedeck/convert.h>

#include <stdlib.h>

#include "base/file.h"
#include "base/save.h"
#include "cassette/emit.h"
#include "cassette/losses.h"
#include "cassette/reader.h"
#include "cassette/yaml.h"

struct td_conversion {
    struct td_buf text;
    struct td_losses losses;
};

static enum td_layout layout_for(enum td_target target, const struct td_yaml *tree)
{
    switch (target) {
    case TD_TARGET_COMPACT:
        return TD_LAYOUT_COMPACT;
    case TD_TARGET_GO_VCR:
        return TD_LAYOUT_GO_VCR;
    case TD_TARGET_GO_VCR_TERSE:
        return TD_LAYOUT_GO_VCR_TERSE;
    case TD_TARGET_SAME:
        break;
    }
    return td_layout_of(tree);
}

static int convert(struct td_conversion *conversion, const char *path, struct td_bytes content,
                   enum td_target target, struct td_error *err)
{
    struct td_yaml tree;
    struct td_cassette *cassette = NULL;
    int status = td_yaml_parse(&tree, path, content, err);
    if (status == 0)
        status = td_cassette_from_old_yaml(path, &tree, &cassette, err);
    if (status == 0) {
        td_emit_cassette(&conversion->text, cassette, layout_for(target, &tree));
        td_losses_find(&conversion->losses, path, &tree);
        if (td_buf_failed(&conversion->text) || conversion->losses.failed)
            status = td_error_nomem(err);
    }
    td_cassette_free(cassette);
    td_yaml_release(&tree);
    return status;
}

struct td_conversion *td_convert(const char *path, enum td_target target, struct td_error *err)
{
    struct td_file file;
    struct td_conversion *conversion = calloc(1, sizeof *conversion);
    if (!conversion) {
        td_error_nomem(err);
        return NULL;
    }
    int status = td_file_open(&file, path, TD_CASSETTE_MAX_BYTES, err);
    if (status == 0) {
        status = convert(conversion, path, file.content, target, err);
        td_file_close(&file);
    }
    if (status == 0)
        return conversion;
    td_conversion_free(conversion);
    return NULL;
}

void td_conversion_free(struct td_conversion *conversion)
{
    if (!conversion)
        return;
    td_buf_release(&conversion->text);
    td_losses_release(&conversion->losses);
    free(conversion);
}

const char *td_conversion_text(const struct td_conversion *conversion, size_t *len)
{
    *len = conversion->text.len;
    return conversion->text.data;
}

int td_conversion_save(const struct td_conversion *conversion, const char *path,
                       struct td_error *err)
{
    return td_save(path, td_buf_view(&conversion->text), err);
}

size_t td_conversion_loss_count(const struct td_conversion *conversion)
{
    return conversion->losses.count;
}

const struct td_error *td_conversion_loss(const struct td_conversion *conversion, size_t position)
{
    return position < conversion->losses.count ? &conversion->losses.items[position] : NULL;
}
