/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "cassette/settings.h"
#include "diff/inside.h"

const char *td_diff_change_name(enum td_diff_change change)
{
    static const char *const names[] = {"same", "changed", "removed", "added"};
    return names[change];
}

/* Nothing, as git hands over a file that is new or gone: as good as a cassette without
 * interactions. */
static bool is_nothing(const struct td_source *source)
{
    return source->kind == TD_SOURCE_BODY && !source->file.content.len;
}

static bool is_cassette(const struct td_source *source)
{
    return source->kind == TD_SOURCE_CASSETTE;
}

/* The only interaction of a cassette is what is meant by it where a body or an interaction is held
 * against it. */
static int choose(struct td_source *source, const struct td_source *other, struct td_error *err)
{
    if (!is_cassette(source) || is_cassette(other) || is_nothing(other))
        return 0;
    if (source->cassette->count != 1)
        return td_error_set(err, TD_ERR_INVALID,
                            "'%s' holds %zu interactions: say which, as in '%s#0'", source->path,
                            source->cassette->count, source->path);
    source->interaction = &source->cassette->interactions[0];
    source->kind = TD_SOURCE_INTERACTION;
    return 0;
}

/* The interactions of a side, one after the other. */
static const struct td_interaction **list(const struct td_source *source, size_t *count)
{
    *count = source->kind == TD_SOURCE_INTERACTION ? 1
             : is_cassette(source)                 ? source->cassette->count
                                                   : 0;
    const struct td_interaction **items = calloc(*count + 1, sizeof *items);
    for (size_t i = 0; items && i < *count; i++)
        items[i] = is_cassette(source) ? &source->cassette->interactions[i] : source->interaction;
    return items;
}

static int compare_lists(struct td_diff *diff)
{
    size_t a_count, b_count;
    const struct td_interaction **a = list(&diff->a, &a_count), **b = list(&diff->b, &b_count);
    int status = a && b ? td_diff_pair(diff, a, a_count, b, b_count) : TD_ERR_NOMEM;
    free(a);
    free(b);
    return status;
}

/* One thing on either side, which belong together whatever they are. */
static int compare_two(struct td_diff *diff, const struct td_interaction *a,
                       const struct td_interaction *b)
{
    diff->items = calloc(1, sizeof *diff->items);
    if (!diff->items)
        return TD_ERR_NOMEM;
    diff->count = 1;
    struct td_diff_item *item = diff->items;
    *item = (struct td_diff_item){.change = TD_DIFF_CHANGED, .a = a, .b = b};
    td_differences_init(&item->differences);
    td_buf_init(&item->request_patch);
    td_buf_init(&item->response_patch);
    return td_diff_compare(diff, item);
}

struct td_bytes td_diff_body(const struct td_diff *diff, const struct td_source *source)
{
    if (source->kind == TD_SOURCE_BODY)
        return source->file.content;
    if (!source->interaction)
        return td_bytes("", 0);
    return diff->options.side == TD_DIFF_RESPONSES ? source->interaction->response.message.body
                                                   : source->interaction->request.message.body;
}

static int compare(struct td_diff *diff, struct td_error *err)
{
    struct td_source *a = &diff->a, *b = &diff->b;
    int status = choose(a, b, err);
    if (!status)
        status = choose(b, a, err);
    if (!status && diff->options.rules)
        status = td_settings_load(diff->options.rules, &diff->rules, err);
    if (!status) {
        /* What is wrong with them is told now. */
        struct td_rules rules;
        status = td_diff_rules(&rules, diff, NULL, err);
        td_rules_release(&rules);
    }
    if (status < 0)
        return status;
    if (is_cassette(a) || is_cassette(b))
        status = compare_lists(diff);
    else if (a->kind == TD_SOURCE_INTERACTION && b->kind == TD_SOURCE_INTERACTION)
        status = compare_two(diff, a->interaction, b->interaction);
    else
        status = compare_two(diff, NULL, NULL);
    for (size_t i = 0; i < diff->count; i++)
        diff->differing += diff->items[i].change != TD_DIFF_SAME || diff->items[i].moved;
    return status < 0 ? td_error_nomem(err) : 0;
}

struct td_diff *td_diff_open(const char *a, const char *b, const struct td_diff_options *options,
                             struct td_error *err)
{
    struct td_diff *diff = calloc(1, sizeof *diff);
    if (!diff) {
        td_error_nomem(err);
        return NULL;
    }
    if (options)
        memcpy(&diff->options, options,
               options->size < sizeof diff->options ? options->size : sizeof diff->options);
    td_buf_init(&diff->report);
    int status = 0;
    if (strcmp(a, "-") == 0 && strcmp(b, "-") == 0)
        status = td_error_set(err, TD_ERR_INVALID,
                              "standard input is one side of a difference, "
                              "not both");
    if (!status)
        status = td_source_open(&diff->a, a, err);
    if (!status)
        status = td_source_open(&diff->b, b, err);
    if (!status)
        status = compare(diff, err);
    if (!status)
        return diff;
    td_diff_close(diff);
    return NULL;
}

void td_diff_close(struct td_diff *diff)
{
    if (!diff)
        return;
    for (size_t i = 0; i < diff->count; i++) {
        td_differences_release(&diff->items[i].differences);
        td_buf_release(&diff->items[i].request_patch);
        td_buf_release(&diff->items[i].response_patch);
    }
    free(diff->items);
    td_settings_free(diff->rules);
    td_source_close(&diff->a);
    td_source_close(&diff->b);
    td_buf_release(&diff->report);
    free(diff);
}

size_t td_diff_count(const struct td_diff *diff)
{
    return diff->differing;
}

const char *td_diff_report(struct td_diff *diff, enum td_diff_format format, size_t *len)
{
    struct td_buf *out = &diff->report;
    td_buf_clear(out);
    td_buf_put(out, "", 0);
    if (format == TD_DIFF_JSON)
        td_diff_put_json(out, diff);
    else if (format == TD_DIFF_MARKDOWN)
        td_diff_put_markdown(out, diff);
    else if (format == TD_DIFF_GITHUB)
        td_diff_put_github(out, diff);
    else
        td_diff_put_text(out, diff, format == TD_DIFF_TERMINAL);
    *len = out->len;
    return td_buf_failed(out) || !out->data ? NULL : out->data;
}
