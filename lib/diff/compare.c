/* SPDX-License-Identifier: MIT */
/* Two interactions, or two bodies, in all that counts. */
#include "diff/inside.h"
#include "llm/llm.h"

static int add_volatile(struct td_rules *rules, const struct td_interaction *interaction,
                        struct td_error *err)
{
    struct td_llm_exchange exchange = td_llm_exchange_of(interaction);
    enum td_llm_api api = td_llm_api_of(&exchange);
    size_t count;
    const struct td_llm_volatile *places = td_llm_volatiles(&count);
    int status = 0;
    for (size_t i = 0; i < count && !status && api != TD_LLM_NONE; i++)
        if (places[i].side == TD_REQUEST && (places[i].api == api || places[i].api == TD_LLM_NONE))
            status = td_rules_ignore_path(rules, td_bytes_of(places[i].path), err);
    return status;
}

int td_diff_rules(struct td_rules *rules, const struct td_diff *diff,
                  const struct td_interaction *interaction, struct td_error *err)
{
    const struct td_diff_options *options = &diff->options;
    int status = 0;
    td_rules_init(rules);
    if (diff->a.cassette)
        status = td_rules_add(rules, &diff->a.cassette->settings, err);
    if (!status && diff->b.cassette)
        status = td_rules_add(rules, &diff->b.cassette->settings, err);
    if (!status && diff->rules)
        status = td_rules_add_file(rules, diff->rules, err);
    for (size_t i = 0; !status && options->match && options->match[i]; i++)
        status = td_rules_add_text(rules, options->match[i], err);
    if (!options->semantic && !rules->parts_said)
        rules->parts |= TD_RULES_HEADERS;
    if (!status && options->semantic && interaction)
        status = add_volatile(rules, interaction, err);
    return status;
}

static void put_patch(struct td_buf *out, const struct td_body_delta *delta)
{
    if (delta->a && delta->delta.count)
        td_json_put_patch(out, &delta->delta, delta->b);
}

static void compare_requests(struct td_diff_item *item, const struct td_rules *rules)
{
    struct td_query a = td_index_query(item->a), b = td_index_query(item->b);
    struct td_rules without_body = *rules;
    without_body.parts &= ~(unsigned)TD_RULES_BODY;
    td_differences_requests(&item->differences, &a, &b, &without_body);
    if (rules->parts & TD_RULES_BODY) {
        struct td_body_delta delta;
        td_differences_bodies(&item->differences, "body", a.body, b.body, rules, &delta);
        td_differences_headlines(&item->differences, &a, &b, &delta);
        put_patch(&item->request_patch, &delta);
        td_body_delta_release(&delta);
    }
}

/* The status, "200 OK"; or the bare code, which is what is played whatever the status says. */
static struct td_bytes code_text(struct td_differences *differences,
                                 const struct td_recorded_response *response, bool bare)
{
    struct td_buf text;
    td_buf_init(&text);
    if (response->status.len && !bare)
        td_buf_put_bytes(&text, response->status);
    else
        td_buf_printf(&text, "%d", response->code);
    struct td_bytes kept = td_differences_keep(differences, td_buf_view(&text));
    td_buf_release(&text);
    return kept;
}

static void compare_responses(const struct td_diff *diff, struct td_diff_item *item,
                              const struct td_rules *rules)
{
    struct td_differences *differences = &item->differences;
    const struct td_recorded_response *a = &item->a->response, *b = &item->b->response;
    bool semantic = diff->options.semantic;
    bool same_status = td_bytes_equal(a->status, b->status);
    if (a->code != b->code || (!semantic && !same_status)) {
        struct td_bytes x = code_text(differences, a, same_status),
                        y = code_text(differences, b, same_status);
        td_differences_text(differences, "response",
                            same_status ? TD_BYTES("code") : TD_BYTES("status"), &x, &y);
    }
    size_t before = differences->count;
    td_differences_headers(differences, &a->message.headers, &b->message.headers, rules);
    for (size_t i = before; i < differences->count; i++)
        differences->items[i].part = "response header";
    if (semantic && td_diff_replies(differences, item->a, item->b))
        return;
    struct td_body_delta delta;
    td_differences_bodies(differences, "response body", a->message.body, b->message.body, rules,
                          &delta);
    put_patch(&item->response_patch, &delta);
    td_body_delta_release(&delta);
    if (!td_bytes_equal(a->shape.broken, b->shape.broken))
        td_differences_text(differences, "response", TD_BYTES("broken"), &a->shape.broken,
                            &b->shape.broken);
}

static void compare_bodies(const struct td_diff *diff, struct td_diff_item *item,
                           const struct td_rules *rules)
{
    struct td_body_delta delta;
    struct td_query a = {.body = td_diff_body(diff, &diff->a)};
    struct td_query b = {.body = td_diff_body(diff, &diff->b)};
    td_differences_bodies(&item->differences, "body", a.body, b.body, rules, &delta);
    td_differences_headlines(&item->differences, &a, &b, &delta);
    put_patch(&item->request_patch, &delta);
    td_body_delta_release(&delta);
}

int td_diff_compare(struct td_diff *diff, struct td_diff_item *item)
{
    struct td_rules rules;
    if (item->change == TD_DIFF_ADDED || item->change == TD_DIFF_REMOVED)
        return 0;
    int status = td_diff_rules(&rules, diff, item->a, NULL);
    if (!status && !item->a)
        compare_bodies(diff, item, &rules);
    if (!status && item->a && diff->options.side != TD_DIFF_RESPONSES)
        compare_requests(item, &rules);
    if (!status && item->a && diff->options.side != TD_DIFF_REQUESTS)
        compare_responses(diff, item, &rules);
    td_rules_release(&rules);
    if (item->differences.failed || td_buf_failed(&item->request_patch) ||
        td_buf_failed(&item->response_patch))
        status = TD_ERR_NOMEM;
    item->change = item->differences.count ? TD_DIFF_CHANGED : TD_DIFF_SAME;
    return status;
}
