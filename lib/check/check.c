/* SPDX-License-Identifier: MIT */
#include "check/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "cassette/reader.h"
#include "match/excerpt.h"

static const struct td_pass passes[] = {
    {.whole = td_check_ids},    {.whole = td_check_keys},  {.one = td_check_binary},
    {.one = td_check_url},      {.one = td_check_headers}, {.one = td_check_status},
    {.one = td_check_protocol}, {.one = td_check_length},  {.one = td_check_json},
    {.one = td_check_stream},   {.whole = td_check_same},
};

enum { PASS_COUNT = sizeof passes / sizeof *passes };

/* ---- Findings ---- */

static struct td_check_finding *add(struct td_check *check)
{
    if (check->count == check->capacity) {
        size_t capacity = check->capacity ? check->capacity * 2 : 16;
        void *grown = reallocarray(check->findings, capacity, sizeof *check->findings);
        if (!grown)
            return NULL;
        check->findings = grown;
        check->capacity = capacity;
    }
    return &check->findings[check->count];
}

void td_check_report(struct td_check *check, enum td_check_rule_id rule,
                     const struct td_checked *one, struct td_mark mark, const char *format, ...)
{
    if (!check->wanted[rule])
        return;
    char *text;
    va_list args;
    va_start(args, format);
    int len = vasprintf(&text, format, args);
    va_end(args);
    struct td_check_finding *finding = len < 0 ? NULL : add(check);
    struct td_bytes kept = {0};
    if (finding)
        kept = td_arena_copy(&check->arena, td_bytes(text, (size_t)len));
    if (len >= 0)
        free(text);
    if (!kept.data) {
        check->no_memory = true;
        return;
    }
    *finding = (struct td_check_finding){
        .rule = &td_check_rules[rule],
        .line = mark.line,
        .column = mark.column,
        .of_one = one != NULL,
        .id = one ? one->model->id : 0,
        .position = one ? one->position : 0,
        .message = kept.data,
    };
    check->count++;
}

const char *td_check_quote(struct td_check *check, struct td_bytes text)
{
    struct td_buf shown;
    td_buf_init(&shown);
    td_excerpt_text(&shown, '\'', text, td_bytes(NULL, 0));
    struct td_bytes kept = {0};
    if (!td_buf_failed(&shown))
        kept = td_arena_copy(&check->arena, td_buf_view(&shown));
    td_buf_release(&shown);
    if (!kept.data)
        check->no_memory = true;
    return kept.data ? kept.data : "";
}

/* By place; of those at one place by rule, so that the order never depends on the passes'. */
static int compare(const void *a, const void *b)
{
    const struct td_check_finding *x = a, *y = b;
    if (x->line != y->line)
        return x->line < y->line ? -1 : 1;
    if (x->column != y->column)
        return x->column < y->column ? -1 : 1;
    if (x->rule != y->rule)
        return x->rule < y->rule ? -1 : 1;
    if (x->position != y->position)
        return x->position < y->position ? -1 : 1;
    return strcmp(x->message, y->message);
}

/* ---- Parts ---- */

struct td_side_of td_checked_side(const struct td_checked *one, unsigned side)
{
    if (side == 0)
        return (struct td_side_of){"request", &one->model->request.message, one->request};
    return (struct td_side_of){"response", &one->model->response.message, one->response};
}

void td_check_each(struct td_check *check,
                   void (*visit)(struct td_check *check, const struct td_checked *one,
                                 void *context),
                   void *context)
{
    const struct td_cassette *cassette = check->cassette;
    const struct td_yaml_node *list = td_yaml_find(check->tree.root, TD_BYTES("interactions"));
    const struct td_yaml_node *item = cassette->count ? td_yaml_resolve(list)->first : NULL;
    for (size_t i = 0; i < cassette->count; i++, item = item->next) {
        struct td_checked one = {.model = &cassette->interactions[i], .position = i};
        one.node = td_yaml_resolve(item);
        one.request = td_yaml_resolve(td_yaml_find(one.node, TD_BYTES("request")));
        one.response = td_yaml_resolve(td_yaml_find(one.node, TD_BYTES("response")));
        one.id = td_yaml_find(one.node, TD_BYTES("id"));
        if (!one.id)
            one.id = td_yaml_find(one.request, TD_BYTES("id"));
        if (one.id && td_yaml_is_null(one.id))
            one.id = NULL;
        visit(check, &one, context);
    }
}

struct td_mark td_check_mark(const struct td_yaml_node *node, const struct td_yaml_node *or_else)
{
    node = node ? node : or_else;
    return (struct td_mark){node->line, node->column};
}

/* ---- A check ---- */

static int want(bool wanted[], const char *const *names, bool value, struct td_error *err)
{
    for (; names && *names; names++) {
        const struct td_check_rule *rule = td_check_rule_find(*names);
        if (!rule)
            return td_error_set(err, TD_ERR_INVALID, "no rule '%s'", *names);
        wanted[rule - td_check_rules] = value;
    }
    return 0;
}

static int select_rules(struct td_check *check, const struct td_check_options *options,
                        struct td_error *err)
{
    bool all = !options || !options->only;
    for (size_t i = 0; i < TD_CHECK_COUNT; i++)
        check->wanted[i] = all;
    if (!options)
        return 0;
    int status = want(check->wanted, options->only, true, err);
    return status < 0 ? status : want(check->wanted, options->ignored, false, err);
}

/* What the reader says of a file that it does not take. */
static void report_refusal(struct td_check *check, const struct td_error *refusal)
{
    enum td_check_rule_id rule = refusal->code == TD_ERR_SYNTAX    ? TD_CHECK_BAD_SYNTAX
                                 : refusal->code == TD_ERR_VERSION ? TD_CHECK_BAD_VERSION
                                                                   : TD_CHECK_BAD_STRUCTURE;
    struct td_buf text;
    td_buf_init(&text);
    td_excerpt_escape(&text, td_bytes_of(refusal->message));
    if (td_buf_failed(&text))
        check->no_memory = true;
    else
        td_check_report(check, rule, NULL, (struct td_mark){refusal->line, refusal->column}, "%s",
                        text.data);
    td_buf_release(&text);
}

static void check_one(struct td_check *check, const struct td_checked *one, void *context)
{
    (void)context;
    for (size_t i = 0; i < PASS_COUNT; i++)
        if (passes[i].one)
            passes[i].one(check, one);
}

static void check_all(struct td_check *check)
{
    for (size_t i = 0; i < PASS_COUNT; i++)
        if (passes[i].whole)
            passes[i].whole(check);
    td_check_each(check, check_one, NULL);
}

static int run(struct td_check *check, struct td_error *err)
{
    struct td_error refusal;
    int status = td_yaml_parse(&check->tree, check->path, check->file.content, &refusal);
    if (status == 0)
        status = td_cassette_from_yaml(check->path, &check->tree, &check->cassette, &refusal);
    if (status == TD_ERR_NOMEM)
        return td_error_nomem(err);
    if (status < 0)
        report_refusal(check, &refusal);
    if (check->cassette)
        check_all(check);
    if (check->no_memory)
        return td_error_nomem(err);
    if (check->count)
        qsort(check->findings, check->count, sizeof *check->findings, compare);
    return 0;
}

struct td_check *td_check_open(const char *path, const struct td_check_options *options,
                               struct td_error *err)
{
    struct td_check *check = calloc(1, sizeof *check);
    if (check)
        check->path = strdup(path);
    if (!check || !check->path) {
        td_error_nomem(err);
        free(check);
        return NULL;
    }
    if (select_rules(check, options, err) < 0 ||
        td_file_open(&check->file, path, TD_CASSETTE_MAX_BYTES, err) < 0 || run(check, err) < 0) {
        td_check_close(check);
        return NULL;
    }
    return check;
}

void td_check_close(struct td_check *check)
{
    if (!check)
        return;
    td_yaml_release(&check->tree);
    td_cassette_free(check->cassette);
    td_file_close(&check->file);
    td_arena_release(&check->arena);
    free(check->findings);
    free(check->path);
    free(check);
}

size_t td_check_count(const struct td_check *check)
{
    return check->count;
}

const struct td_check_finding *td_check_at(const struct td_check *check, size_t position)
{
    return position < check->count ? &check->findings[position] : NULL;
}
