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

static struct td_bytes keep(struct td_differences *differences, struct td_buf *text)
{
    struct td_bytes kept = td_differences_keep(differences, td_buf_view(text));
    differences->failed |= td_buf_failed(text);
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

static struct td_bytes place_of(struct td_differences *differences, size_t choice, const char *word)
{
    struct td_buf text;
    start(&text, choice);
    td_buf_put_text(&text, word);
    return keep(differences, &text);
}

/* All that was said of one kind, one after the other. */
static struct td_bytes said(struct td_differences *differences,
                            const struct td_llm_message *message, enum td_llm_part_kind kind)
{
    struct td_buf text;
    td_buf_init(&text);
    for (size_t i = 0; i < message->part_count; i++)
        if (message->parts[i].kind == kind)
            td_buf_put_bytes(&text, message->parts[i].text);
    return keep(differences, &text);
}

static void compare_said(struct td_differences *differences, size_t choice,
                         const struct td_llm_message *a, const struct td_llm_message *b)
{
    static const enum td_llm_part_kind kinds[] = {TD_LLM_TEXT, TD_LLM_REASONING, TD_LLM_REFUSAL};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        const char *word = td_llm_part_kind_name(kinds[i]);
        struct td_bytes left = said(differences, a, kinds[i]),
                        right = said(differences, b, kinds[i]);
        struct td_buf line;
        if (td_bytes_equal(left, right))
            continue;
        start(&line, choice);
        td_buf_printf(&line, "%s of the reply changed", word);
        td_differences_add_headline(differences, keep(differences, &line));
        td_differences_text(differences, part, place_of(differences, choice, word), &left, &right);
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

static void tell_call(struct td_differences *differences, size_t choice,
                      const struct td_llm_part *call, const char *what)
{
    struct td_buf line;
    start(&line, choice);
    put_call(&line, call);
    td_buf_put_text(&line, what);
    td_differences_add_headline(differences, keep(differences, &line));
}

/* "tool call weather: argument location changed", for each that did. */
static void tell_arguments(struct td_differences *differences, size_t choice,
                           const struct td_llm_part *call, size_t from)
{
    for (size_t i = from; i < differences->count; i++) {
        const struct td_difference *difference = &differences->items[i];
        struct td_buf line;
        start(&line, choice);
        put_call(&line, call);
        if (difference->pointer.len) {
            td_buf_put_text(&line, ": argument ");
            td_excerpt_text(&line, '\0',
                            td_bytes(difference->pointer.data + 1, difference->pointer.len - 1),
                            td_bytes(NULL, 0));
        } else {
            td_buf_put_text(&line, ": arguments");
        }
        td_buf_put_text(&line, difference->kind == TD_DIFFERENCE_ADDED     ? " added"
                               : difference->kind == TD_DIFFERENCE_REMOVED ? " removed"
                                                                           : " changed");
        td_differences_add_headline(differences, keep(differences, &line));
    }
}

static void compare_calls(struct td_differences *differences, size_t choice, size_t number,
                          const struct td_llm_part *a, const struct td_llm_part *b)
{
    struct td_buf text;
    start(&text, choice);
    td_buf_printf(&text, "%s %zu", a->kind == TD_LLM_TOOL_CALL ? "tool call" : "part", number + 1);
    struct td_bytes place = keep(differences, &text);
    if (a->kind != b->kind || !td_bytes_equal(a->name, b->name)) {
        struct td_buf line;
        start(&line, choice);
        put_call(&line, a);
        td_buf_put_text(&line, " became ");
        put_call(&line, b);
        td_differences_add_headline(differences, keep(differences, &line));
        td_differences_text(differences, part, place, &a->name, &b->name);
    }
    size_t before = differences->count;
    struct td_body_delta delta;
    td_differences_bodies_at(differences, part, place, td_differences_keep(differences, a->text),
                             td_differences_keep(differences, b->text), NULL, &delta);
    td_body_delta_release(&delta);
    tell_arguments(differences, choice, b, before);
    if (a->failed != b->failed)
        tell_call(differences, choice, b, b->failed ? " failed" : " did not fail");
}

static void compare_others(struct td_differences *differences, size_t choice,
                           const struct td_llm_message *a, const struct td_llm_message *b)
{
    for (size_t i = 0;; i++) {
        const struct td_llm_part *x = other_part(a, i), *y = other_part(b, i);
        if (!x && !y)
            return;
        if (x && y) {
            compare_calls(differences, choice, i, x, y);
            continue;
        }
        tell_call(differences, choice, x ? x : y, x ? " removed" : " added");
        struct td_buf place;
        start(&place, choice);
        put_call(&place, x ? x : y);
        td_differences_text(differences, part, keep(differences, &place), x ? &x->text : NULL,
                            y ? &y->text : NULL);
    }
}

static void compare_choices(struct td_differences *differences, size_t number,
                            const struct td_llm_choice *a, const struct td_llm_choice *b)
{
    static const struct td_llm_choice none;
    const struct td_llm_choice *x = a ? a : &none, *y = b ? b : &none;
    struct td_buf line;
    compare_said(differences, number, &x->message, &y->message);
    compare_others(differences, number, &x->message, &y->message);
    if (td_bytes_equal(x->finish, y->finish))
        return;
    start(&line, number);
    td_buf_put_text(&line, "finish reason changed");
    td_differences_add_headline(differences, keep(differences, &line));
    td_differences_text(differences, part, place_of(differences, number, "finish reason"),
                        x->finish.data ? &x->finish : NULL, y->finish.data ? &y->finish : NULL);
}

static struct td_bytes number_text(struct td_differences *differences, int64_t number)
{
    struct td_buf text;
    td_buf_init(&text);
    td_buf_printf(&text, "%" PRId64, number);
    return keep(differences, &text);
}

static void compare_usage(struct td_differences *differences, const struct td_llm_usage *a,
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
        struct td_bytes x = number_text(differences, rows[i].a);
        struct td_bytes y = number_text(differences, rows[i].b);
        td_differences_add_headline(differences, TD_BYTES("usage changed"));
        td_differences_text(differences, part, td_bytes_of(rows[i].place),
                            rows[i].a < 0 ? NULL : &x, rows[i].b < 0 ? NULL : &y);
    }
}

static void compare_word(struct td_differences *differences, const char *place, struct td_bytes a,
                         struct td_bytes b)
{
    if (!td_bytes_equal(a, b))
        td_differences_text(differences, part, td_bytes_of(place), a.data ? &a : NULL,
                            b.data ? &b : NULL);
}

static void compare_replies(struct td_differences *differences, const struct td_llm_reply *a,
                            const struct td_llm_reply *b)
{
    size_t choices = a->choice_count > b->choice_count ? a->choice_count : b->choice_count;
    for (size_t i = 0; i < choices; i++)
        compare_choices(differences, i, i < a->choice_count ? &a->choices[i] : NULL,
                        i < b->choice_count ? &b->choices[i] : NULL);
    compare_word(differences, "model", a->model, b->model);
    compare_word(differences, "error type", a->error_type, b->error_type);
    compare_word(differences, "error", a->error, b->error);
    compare_word(differences, "incomplete", td_bytes_of(a->incomplete), td_bytes_of(b->incomplete));
    compare_usage(differences, &a->usage, &b->usage);
}

bool td_diff_replies(struct td_differences *differences, const struct td_interaction *a,
                     const struct td_interaction *b)
{
    struct td_llm_reply *x = NULL, *y = NULL;
    differences->failed |= td_llm_reply_read(a, &x, NULL) < 0;
    differences->failed |= td_llm_reply_read(b, &y, NULL) < 0;
    bool both = x && y;
    if (both) {
        /* What the differences show must outlive the replies: it is kept word by word. */
        size_t before = differences->count;
        compare_replies(differences, x, y);
        for (size_t i = before; i < differences->count; i++) {
            struct td_difference *difference = &differences->items[i];
            if (difference->a.data)
                difference->a = td_differences_keep(differences, difference->a);
            if (difference->b.data)
                difference->b = td_differences_keep(differences, difference->b);
        }
    }
    td_llm_reply_free(x);
    td_llm_reply_free(y);
    return both;
}
