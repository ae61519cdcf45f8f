/* SPDX-License-Identifier: MIT */
/* Requests that matching cannot tell apart. */
#include <inttypes.h>
#include <stdio.h>

#include "check/check.h"
#include "match/index.h"

static void add_request(struct td_check *check, const struct td_checked *one, void *context)
{
    if (td_index_add(context, one->model, NULL) < 0)
        check->no_memory = true;
}

static bool same_answer(const struct td_interaction *a, const struct td_interaction *b)
{
    return a->response.code == b->response.code &&
           td_bytes_equal(a->response.message.body, b->response.message.body);
}

/* Told once for all that are the same, at the second of them. */
static void check_request(struct td_check *check, const struct td_checked *one, void *context)
{
    struct td_index *index = context;
    const struct td_recorded_request *request = &one->model->request;
    const struct td_query query = {request->method, request->url, request->message.body,
                                   request->message.headers};
    const struct td_class *class = td_index_find(index, &query);
    if (!class || class->count < 2 || class->items[1] != one->position)
        return;
    const struct td_interaction *first = td_index_at(index, class->items[0]);
    size_t i = 1;
    while (i < class->count && same_answer(first, td_index_at(index, class->items[i])))
        i++;
    if (i == class->count)
        return;
    char all[48] = "";
    if (class->count > 2)
        snprintf(all, sizeof all, ", %zu in all", class->count);
    td_check_report(check, TD_CHECK_SAME_REQUEST, one, td_check_mark(one->request, NULL),
                    "the request is that of interaction %" PRId64
                    " in line %u%s, and the answers differ: they play in this order",
                    first->id, first->mark.line, all);
}

/* By the cassette's own rules; one that is wrong is told elsewhere, and does not count here. */
static int use_rules(struct td_index *index, const struct td_settings *settings)
{
    struct td_rules rules;
    int status = 0;
    td_rules_init(&rules);
    for (size_t i = 0; i < settings->count && status != TD_ERR_NOMEM; i++) {
        const struct td_settings alone = {
            .path = settings->path, .items = &settings->items[i], .count = 1};
        status = td_rules_add(&rules, &alone, NULL);
    }
    if (status != TD_ERR_NOMEM)
        status = td_index_use(index, &rules, NULL);
    td_rules_release(&rules);
    return status;
}

void td_check_same(struct td_check *check)
{
    if (!check->wanted[TD_CHECK_SAME_REQUEST])
        return;
    struct td_index *index = td_index_new();
    if (!index || use_rules(index, &check->cassette->settings) < 0)
        check->no_memory = true;
    else
        td_check_each(check, add_request, index);
    if (!check->no_memory)
        td_check_each(check, check_request, index);
    td_index_free(index);
}
