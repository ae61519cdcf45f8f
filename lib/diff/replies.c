/* SPDX-License-Identifier: MIT */
/*
 * What two replies say, however they were cut into events: text, reasoning, tool calls by their
 * arguments, why they ended, what they cost.
 */
#include <inttypes.h>

#include "diff/inside.h"
#include "llm/llm.h"
#include "match/excerpt.h"

static const char part[] = "response";

static struct td_bytes keep(struct td_findings *findings, struct td_buf *text)
{
    struct td_bytes kept = td_findings_keep(findings, td_buf_view(text));
    findings->failed |= td_buf_failed(text);
    td_buf_release(text);
    return kept;
}

/* In front of everything, where there are several: "choice 2: ". */
static void start(struct td_buf *out, size_t choice)
{
    td_buf_init(out);
    if (choice)
        td_buf_printf(out, "choice %zu: ", choice + 1);
}

static struct td_bytes place_of(struct td_findings *findings, size_t choice, const char *word)
{
    struct td_buf text;
    start(&text, choice);
    td_buf_put_text(&text, word);
    return keep(findings, &text);
}

/* All that was said of one kind, one after the other. */
static struct td_bytes said(struct td_findings *findings, const struct td_llm_message *message,
                            enum td_llm_part_kind kind)
{
    struct td_buf text;
    td_buf_init(&text);
    for (size_t i = 0; i < message->part_count; i++)
        if (message->parts[i].kind == kind)
            td_buf_put_bytes(&text, message->parts[i].text);
    return keep(findings, &text);
}

static void compare_said(struct td_findings *findings, size_t choice,
                         const struct td_llm_message *a, const struct td_llm_message *b)
{
    static const enum td_llm_part_kind kinds[] = {TD_LLM_TEXT, TD_LLM_REASONING, TD_LLM_REFUSAL};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        const char *word = td_llm_part_kind_name(kinds[i]);
        struct td_bytes left = said(findings, a, kinds[i]), right = said(findings, b, kinds[i]);
        struct td_buf line;
        if (td_bytes_equal(left, right))
            continue;
        start(&line, choice);
        td_buf_printf(&line, "%s of the reply changed", word);
        td_findings_add_headline(findings, keep(findings, &line));
        td_findings_text(findings, part, place_of(findings, choice, word), &left, &right);
    }
}

/* The n-th part of a message that was not just said: a call, a result, an image. */
static const struct td_llm_part *other_part(const struct td_llm_message *message, size_t n)
{
    for (size_t i = 0; i < message->part_count; i++) {
        enum td_llm_part_kind kind = message->parts[i].kind;
        if (kind != TD_LLM_TEXT && kind != TD_LLM_REASONING && kind != TD_LLM_REFUSAL && !n--)
            return &message->parts[i];
    }
    return NULL;
}

static void put_call(struct td_buf *out, const struct td_llm_part *call)
{
    td_buf_put_text(out, call->kind == TD_LLM_TOOL_CALL ? "tool call"
                                                        : td_llm_part_kind_name(call->kind));
    if (call->name.len) {
        td_buf_put_char(out, ' ');
        td_excerpt_text(out, '\0', call->name, td_bytes(NULL, 0));
    }
}

static void tell_call(struct td_findings *findings, size_t choice, const struct td_llm_part *call,
                      const char *what)
{
    struct td_buf line;
    start(&line, choice);
    put_call(&line, call);
    td_buf_put_text(&line, what);
    td_findings_add_headline(findings, keep(findings, &line));
}

/* "tool call weather: argument location changed", for each that did. */
static void tell_arguments(struct td_findings *findings, size_t choice,
                           const struct td_llm_part *call, size_t from)
{
    for (size_t i = from; i < findings->count; i++) {
        const struct td_finding *finding = &findings->items[i];
        struct td_buf line;
        start(&line, choice);
        put_call(&line, call);
        if (finding->pointer.len) {
            td_buf_put_text(&line, ": argument ");
            td_excerpt_text(&line, '\0',
                            td_bytes(finding->pointer.data + 1, finding->pointer.len - 1),
                            td_bytes(NULL, 0));
        } else {
            td_buf_put_text(&line, ": arguments");
        }
        td_buf_put_text(&line, finding->kind == TD_FINDING_ADDED     ? " added"
                               : finding->kind == TD_FINDING_REMOVED ? " removed"
                                                                     : " changed");
        td_findings_add_headline(findings, keep(findings, &line));
    }
}

static void compare_calls(struct td_findings *findings, size_t choice, size_t number,
                          const struct td_llm_part *a, const struct td_llm_part *b)
{
    struct td_buf text;
    start(&text, choice);
    td_buf_printf(&text, "%s %zu", a->kind == TD_LLM_TOOL_CALL ? "tool call" : "part", number + 1);
    struct td_bytes place = keep(findings, &text);
    if (a->kind != b->kind || !td_bytes_equal(a->name, b->name)) {
        struct td_buf line;
        start(&line, choice);
        put_call(&line, a);
        td_buf_put_text(&line, " became ");
        put_call(&line, b);
        td_findings_add_headline(findings, keep(findings, &line));
        td_findings_text(findings, part, place, &a->name, &b->name);
    }
    size_t before = findings->count;
    struct td_body_delta delta;
    td_findings_bodies_at(findings, part, place, td_findings_keep(findings, a->text),
                          td_findings_keep(findings, b->text), NULL, &delta);
    td_body_delta_release(&delta);
    tell_arguments(findings, choice, b, before);
    if (a->failed != b->failed)
        tell_call(findings, choice, b, b->failed ? " failed" : " did not fail");
}

static void compare_others(struct td_findings *findings, size_t choice,
                           const struct td_llm_message *a, const struct td_llm_message *b)
{
    for (size_t i = 0;; i++) {
        const struct td_llm_part *x = other_part(a, i), *y = other_part(b, i);
        if (!x && !y)
            return;
        if (x && y) {
            compare_calls(findings, choice, i, x, y);
            continue;
        }
        tell_call(findings, choice, x ? x : y, x ? " removed" : " added");
        struct td_buf place;
        start(&place, choice);
        put_call(&place, x ? x : y);
        td_findings_text(findings, part, keep(findings, &place), x ? &x->text : NULL,
                         y ? &y->text : NULL);
    }
}

static void compare_choices(struct td_findings *findings, size_t number,
                            const struct td_llm_choice *a, const struct td_llm_choice *b)
{
    static const struct td_llm_choice none;
    const struct td_llm_choice *x = a ? a : &none, *y = b ? b : &none;
    struct td_buf line;
    compare_said(findings, number, &x->message, &y->message);
    compare_others(findings, number, &x->message, &y->message);
    if (td_bytes_equal(x->finish, y->finish))
        return;
    start(&line, number);
    td_buf_put_text(&line, "finish reason changed");
    td_findings_add_headline(findings, keep(findings, &line));
    td_findings_text(findings, part, place_of(findings, number, "finish reason"),
                     x->finish.data ? &x->finish : NULL, y->finish.data ? &y->finish : NULL);
}

static struct td_bytes number_text(struct td_findings *findings, int64_t number)
{
    struct td_buf text;
    td_buf_init(&text);
    td_buf_printf(&text, "%" PRId64, number);
    return keep(findings, &text);
}

static void compare_usage(struct td_findings *findings, const struct td_llm_usage *a,
                          const struct td_llm_usage *b)
{
    const struct {
        const char *place;
        int64_t a, b;
    } rows[] = {
        {"usage: input tokens", a->input, b->input},
        {"usage: output tokens", a->output, b->output},
        {"usage: total tokens", a->total, b->total},
        {"usage: cached tokens", a->cached, b->cached},
        {"usage: cache write tokens", a->cache_write, b->cache_write},
        {"usage: reasoning tokens", a->reasoning, b->reasoning},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (rows[i].a == rows[i].b)
            continue;
        struct td_bytes x = number_text(findings, rows[i].a);
        struct td_bytes y = number_text(findings, rows[i].b);
        td_findings_add_headline(findings, TD_BYTES("usage changed"));
        td_findings_text(findings, part, td_bytes_of(rows[i].place), rows[i].a < 0 ? NULL : &x,
                         rows[i].b < 0 ? NULL : &y);
    }
}

static void compare_word(struct td_findings *findings, const char *place, struct td_bytes a,
                         struct td_bytes b)
{
    if (!td_bytes_equal(a, b))
        td_findings_text(findings, part, td_bytes_of(place), a.data ? &a : NULL,
                         b.data ? &b : NULL);
}

static void compare_replies(struct td_findings *findings, const struct td_llm_reply *a,
                            const struct td_llm_reply *b)
{
    size_t choices = a->choice_count > b->choice_count ? a->choice_count : b->choice_count;
    for (size_t i = 0; i < choices; i++)
        compare_choices(findings, i, i < a->choice_count ? &a->choices[i] : NULL,
                        i < b->choice_count ? &b->choices[i] : NULL);
    compare_word(findings, "model", a->model, b->model);
    compare_word(findings, "error type", a->error_type, b->error_type);
    compare_word(findings, "error", a->error, b->error);
    compare_word(findings, "incomplete", td_bytes_of(a->incomplete), td_bytes_of(b->incomplete));
    compare_usage(findings, &a->usage, &b->usage);
}

bool td_diff_replies(struct td_findings *findings, const struct td_interaction *a,
                     const struct td_interaction *b)
{
    struct td_llm_reply *x = NULL, *y = NULL;
    findings->failed |= td_llm_reply_read(a, &x, NULL) < 0;
    findings->failed |= td_llm_reply_read(b, &y, NULL) < 0;
    bool both = x && y;
    if (both) {
        /* What the findings show must outlive the replies: it is kept word by word. */
        size_t before = findings->count;
        compare_replies(findings, x, y);
        for (size_t i = before; i < findings->count; i++) {
            struct td_finding *finding = &findings->items[i];
            if (finding->a.data)
                finding->a = td_findings_keep(findings, finding->a);
            if (finding->b.data)
                finding->b = td_findings_keep(findings, finding->b);
        }
    }
    td_llm_reply_free(x);
    td_llm_reply_free(y);
    return both;
}
