/* SPDX-License-Identifier: MIT */
#include "check/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/grow.h"
#include "cassette/reader.h"
#include "match/excerpt.h"

static const struct td_pass passes[] = {
    {.whole = td_check_ids},     {.whole = td_check_keys},  {.one = td_check_binary},
    {.one = td_check_url},       {.one = td_check_headers}, {.one = td_check_status},
    {.one = td_check_protocol},  {.one = td_check_length},  {.one = td_check_json},
    {.one = td_check_stream},    {.whole = td_check_same},  {.whole = td_check_style},
    {.whole = td_check_secrets},
};

enum { PASS_COUNT = sizeof passes / sizeof *passes };

/* ---- Findings ---- */

static struct td_found *add(struct td_check *check, struct td_found_list *list)
{
    void *grown = td_grow(list->items, list->count, &list->capacity, sizeof *list->items);
    if (!grown) {
        check->no_memory = true;
        return NULL;
    }
    list->items = grown;
    list->items[list->count] = (struct td_found){0};
    return &list->items[list->count++];
}

static const char *format_text(struct td_check *check, const char *format, va_list args)
{
    char *text;
    int len = vasprintf(&text, format, args);
    struct td_bytes kept = {0};
    if (len >= 0) {
        kept = td_arena_copy(&check->arena, td_bytes(text, (size_t)len));
        free(text);
    }
    if (!kept.data)
        check->no_memory = true;
    return kept.data ? kept.data : "";
}

struct td_found *td_check_report(struct td_check *check, enum td_check_rule_id rule,
                                 const struct td_checked *one, struct td_mark mark,
                                 const char *format, ...)
{
    struct td_found *found = check->wanted[rule] ? add(check, &check->findings) : NULL;
    if (!found)
        return NULL;
    va_list args;
    va_start(args, format);
    found->finding = (struct td_check_finding){
        .rule = &td_check_rules[rule],
        .line = mark.line,
        .column = mark.column,
        .of_one = one != NULL,
        .id = one ? one->model->id : 0,
        .position = one ? one->position : 0,
        .message = format_text(check, format, args),
    };
    va_end(args);
    return found;
}

void td_check_tell(struct td_check *check, struct td_found_list *list,
                   const struct td_check_finding *as, const char *format, ...)
{
    struct td_found *found = add(check, list);
    if (!found)
        return;
    va_list args;
    va_start(args, format);
    found->finding = *as;
    found->finding.message = format_text(check, format, args);
    va_end(args);
}

void td_check_mend(struct td_found *found, const struct td_yaml_node *node, const char *text,
                   const char *what)
{
    if (!found)
        return;
    found->node = node;
    found->text = text;
    found->what = what;
}

const char *td_check_text(struct td_check *check, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const char *text = format_text(check, format, args);
    va_end(args);
    return text;
}

const char *td_check_quote_beside(struct td_check *check, struct td_bytes text,
                                  struct td_bytes other)
{
    struct td_buf shown;
    td_buf_init(&shown);
    td_excerpt_text(&shown, '\'', text, other);
    const char *kept = td_check_text(check, "%s", td_buf_failed(&shown) ? "" : shown.data);
    check->no_memory |= td_buf_failed(&shown);
    td_buf_release(&shown);
    return kept;
}

const char *td_check_quote(struct td_check *check, struct td_bytes text)
{
    return td_check_quote_beside(check, text, td_bytes(NULL, 0));
}

/* By place; of those at one place by rule, so that the order never depends on the passes'. */
static int compare(const void *a, const void *b)
{
    const struct td_check_finding *x = &((const struct td_found *)a)->finding;
    const struct td_check_finding *y = &((const struct td_found *)b)->finding;
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
    struct td_check_options known = {0}; /* a caller may know fewer of them, or more */
    if (options)
        memcpy(&known, options, options->size < sizeof known ? options->size : sizeof known);
    for (size_t i = 0; i < TD_CHECK_COUNT; i++)
        check->wanted[i] = !known.only;
    int status = want(check->wanted, known.only, true, err);
    return status < 0 ? status : want(check->wanted, known.ignored, false, err);
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

/* All that is known of the file goes, but what was fixed in it. */
static void forget(struct td_check *check)
{
    td_yaml_release(&check->tree);
    td_cassette_free(check->cassette);
    check->cassette = NULL;
    td_file_close(&check->file);
    check->findings.count = 0;
}

int td_check_run(struct td_check *check, struct td_error *err)
{
    struct td_error refusal;
    forget(check);
    int status = td_file_open(&check->file, check->path, TD_CASSETTE_MAX_BYTES, err);
    if (status < 0)
        return status;
    status = td_yaml_parse(&check->tree, check->path, check->file.content, &refusal);
    if (status == 0)
        status = td_cassette_from_yaml(check->path, &check->tree, &check->cassette, &refusal);
    if (status == TD_ERR_NOMEM)
        return td_error_nomem(err);
    td_check_journal(check);
    if (status < 0)
        report_refusal(check, &refusal);
    else
        check_all(check);
    if (check->no_memory)
        return td_error_nomem(err);
    struct td_found_list *findings = &check->findings;
    if (findings->count)
        qsort(findings->items, findings->count, sizeof *findings->items, compare);
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
    if (select_rules(check, options, err) < 0 || td_check_run(check, err) < 0) {
        td_check_close(check);
        return NULL;
    }
    return check;
}

void td_check_close(struct td_check *check)
{
    if (!check)
        return;
    forget(check);
    td_arena_release(&check->arena);
    free(check->findings.items);
    free(check->fixed.items);
    free(check->unfixed.items);
    free(check->path);
    free(check);
}

static const struct td_check_finding *at(const struct td_found_list *list, size_t position)
{
    return position < list->count ? &list->items[position].finding : NULL;
}

size_t td_check_count(const struct td_check *check)
{
    return check->findings.count;
}

const struct td_check_finding *td_check_at(const struct td_check *check, size_t position)
{
    return at(&check->findings, position);
}

const struct td_check_finding *td_check_fixed_at(const struct td_check *check, size_t position)
{
    return at(&check->fixed, position);
}

const struct td_check_finding *td_check_unfixed_at(const struct td_check *check, size_t position)
{
    return at(&check->unfixed, position);
}
