/* SPDX-License-Identifier: MIT */
#include "match/explain.h"

#include "llm/llm.h"
#include "match/excerpt.h"
#include "match/marks.h"

static const struct td_bytes nothing = {0};

/* A value of a difference, or nothing. Texts stand in quotes of their own kind. */
static void put_value(struct td_buf *out, const struct td_difference *difference, bool b)
{
    const struct td_json *json = b ? difference->b_json : difference->a_json;
    const struct td_json *other_json = b ? difference->a_json : difference->b_json;
    struct td_bytes text = b ? difference->b : difference->a,
                    other = b ? difference->a : difference->b;
    if (json)
        td_excerpt_json(out, json, other_json);
    else if (difference->described)
        td_buf_put_bytes(out, text);
    else if (text.data)
        td_excerpt_text(out, '\'', text, other);
}

static bool has_place(const struct td_difference *difference)
{
    return difference->kind == TD_DIFFERENCE_MOVED || difference->kind == TD_DIFFERENCE_RENAMED;
}

/* The last segment of a pointer, as it was before it was escaped. */
static void put_key(struct td_buf *out, struct td_bytes pointer)
{
    const char *slash = pointer.len ? memrchr(pointer.data, '/', pointer.len) : NULL;
    if (!slash)
        return;
    struct td_buf key;
    td_buf_init(&key);
    for (const char *c = slash + 1; c < pointer.data + pointer.len; c++) {
        if (*c == '~' && c + 1 < pointer.data + pointer.len)
            td_buf_put_char(&key, *++c == '0' ? '~' : '/');
        else
            td_buf_put_char(&key, *c);
    }
    td_excerpt_text(out, '\'', td_buf_view(&key), nothing);
    td_buf_release(&key);
}

/* "body: /messages/1" */
static void put_label(struct td_buf *out, const struct td_difference *difference)
{
    td_buf_put_text(out, difference->part);
    if (!difference->place.len)
        return;
    bool quoted = difference->place.data[0] == ' '; /* "header 'X'" rather than "header: 'X'" */
    td_buf_put_text(out, quoted ? "" : ": ");
    td_excerpt_text(out, '\0', difference->place, nothing);
}

static void put_new_place(struct td_buf *out, const struct td_difference *difference)
{
    if (difference->kind == TD_DIFFERENCE_MOVED) {
        td_buf_put_text(out, "moved to ");
        td_excerpt_text(out, '\0', difference->new_place, nothing);
    } else {
        td_buf_put_text(out, "renamed to ");
        put_key(out, difference->new_place);
    }
}

/* "asked ..., recorded ...", for b and a. */
static void put_side_by_side(struct td_buf *out, const struct td_difference *difference)
{
    td_buf_put_text(out, ": ");
    if (has_place(difference)) {
        put_new_place(out, difference);
        return;
    }
    if (difference->kind != TD_DIFFERENCE_REMOVED) {
        td_buf_put_text(out, "asked ");
        put_value(out, difference, true);
        td_buf_put_text(out, ", ");
    }
    td_buf_put_text(out, difference->kind == TD_DIFFERENCE_ADDED ? "not recorded" : "recorded ");
    if (difference->kind != TD_DIFFERENCE_ADDED)
        put_value(out, difference, false);
    if (difference->kind == TD_DIFFERENCE_REMOVED)
        td_buf_put_text(out, ", not asked");
}

static void put_two_lines(struct td_buf *out, const struct td_difference *difference,
                          const struct td_explain_style *style)
{
    if (has_place(difference)) {
        td_buf_put_text(out, ": ");
        put_new_place(out, difference);
        return;
    }
    struct td_buf a, b;
    td_buf_init(&a);
    td_buf_init(&b);
    put_value(&a, difference, false);
    put_value(&b, difference, true);
    out->failed |= td_buf_failed(&a) || td_buf_failed(&b);
    bool marks =
        style->colour && difference->kind == TD_DIFFERENCE_CHANGED && !difference->described;
    if (difference->kind != TD_DIFFERENCE_ADDED) {
        td_buf_printf(out, "\n%s  ", style->indent);
        td_marks_put(out, '-', td_buf_view(&a), marks ? td_buf_view(&b) : nothing, style->colour);
    }
    if (difference->kind != TD_DIFFERENCE_REMOVED) {
        td_buf_printf(out, "\n%s  ", style->indent);
        td_marks_put(out, '+', td_buf_view(&b), marks ? td_buf_view(&a) : nothing, style->colour);
    }
    td_buf_release(&a);
    td_buf_release(&b);
}

/* How many are not shown, and in what, if it is all of one part. */
static void put_rest(struct td_buf *out, const struct td_differences *differences,
                     const struct td_explain_style *style)
{
    size_t all = differences->count + differences->more;
    if (all <= style->most)
        return;
    const char *part = differences->items[0].part;
    bool one = true;
    for (size_t i = 1; i < differences->count; i++)
        one &= strcmp(differences->items[i].part, part) == 0;
    td_buf_printf(out, "%s%s%s... and %zu more\n", style->indent, one ? part : "", one ? ": " : "",
                  all - style->most);
}

void td_explain_list(struct td_buf *out, const struct td_differences *differences,
                     const struct td_explain_style *style)
{
    for (size_t i = 0; i < differences->headline_count && i < style->most; i++) {
        td_buf_put_text(out, style->indent);
        td_buf_put_text(out, style->colour ? "\x1b[1m" : "");
        td_buf_put_bytes(out, differences->headlines[i]);
        td_buf_put_text(out, style->colour ? "\x1b[22m\n" : "\n");
    }
    for (size_t i = 0; i < differences->count && i < style->most; i++) {
        td_buf_put_text(out, style->indent);
        put_label(out, &differences->items[i]);
        if (style->side_by_side)
            put_side_by_side(out, &differences->items[i]);
        else
            put_two_lines(out, &differences->items[i], style);
        td_buf_put_char(out, '\n');
    }
    put_rest(out, differences, style);
    out->failed |= differences->failed;
}

enum { MOST_DIFFERENCES = 8 };

static void find(struct td_differences *differences, const struct td_query *query,
                 const struct td_interaction *interaction, const struct td_rules *rules)
{
    struct td_query recorded = td_index_query(interaction);
    td_differences_requests(differences, &recorded, query, rules);
}

void td_explain_difference(struct td_buf *out, const char *indent, const struct td_query *query,
                           const struct td_interaction *interaction, const struct td_rules *rules)
{
    struct td_differences differences;
    td_differences_init(&differences);
    find(&differences, query, interaction, rules);
    td_explain_list(out, &differences,
                    &(struct td_explain_style){indent, MOST_DIFFERENCES, true, false});
    td_differences_release(&differences);
}

/* For a shell. */
static void put_argument(struct td_buf *out, struct td_bytes text)
{
    bool plain = text.len > 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i], letter = c | 0x20;
        plain &= (letter >= 'a' && letter <= 'z') || (c >= '0' && c <= '9') ||
                 memchr("/_-.,:~%+=@", c, 11) != NULL;
    }
    if (plain) {
        td_buf_put_bytes(out, text);
        return;
    }
    td_buf_put_char(out, '\'');
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] == '\'')
            td_buf_put_text(out, "'\\''");
        else
            td_buf_put_char(out, text.data[i]);
    }
    td_buf_put_char(out, '\'');
}

/* As a pattern that means this very place. */
static void put_pattern(struct td_buf *out, struct td_bytes pointer)
{
    struct td_buf pattern;
    td_buf_init(&pattern);
    for (size_t i = 0; i < pointer.len; i++) {
        if (pointer.data[i] == '*')
            td_buf_put_text(&pattern, "~2");
        else
            td_buf_put_char(&pattern, pointer.data[i]);
    }
    put_argument(out, td_buf_view(&pattern));
    td_buf_release(&pattern);
}

/* The option that would let a difference not count; false where there is none. */
static bool put_option(struct td_buf *out, const struct td_difference *difference)
{
    struct td_bytes pointer = difference->pointer;
    if (difference->name.data) {
        td_buf_printf(out, " --ignore-%s ",
                      strcmp(difference->part, "header") == 0 ? "header" : "query");
        put_argument(out, difference->name);
        return true;
    }
    if (strcmp(difference->part, "body") != 0 || !pointer.len ||
        pointer.len != difference->place.len)
        return false;
    if (difference->kind == TD_DIFFERENCE_MOVED) {
        const char *slash = memrchr(pointer.data, '/', pointer.len);
        pointer.len = (size_t)(slash - pointer.data);
        td_buf_put_text(out, pointer.len ? " --unordered " : "");
    } else {
        td_buf_put_text(out, " --ignore ");
    }
    if (pointer.len)
        put_pattern(out, pointer);
    return pointer.len > 0 && difference->kind != TD_DIFFERENCE_RENAMED;
}

/* What is asked of a language model counts, but for what is made up anew each time. */
static bool may_not_count(const struct td_differences *differences, const struct td_query *query)
{
    enum { MOST = 3 };
    if (!differences->count || differences->count + differences->more > MOST)
        return false;
    if (!differences->headline_count)
        return true;
    struct td_llm_exchange exchange = {.url = query->url, .request_body = query->body};
    enum td_llm_api api = td_llm_api_of(&exchange);
    for (size_t i = 0; i < differences->count; i++)
        if (!differences->items[i].pointer.len ||
            !td_llm_path_volatile(api, TD_REQUEST, differences->items[i].pointer))
            return false;
    return true;
}

static void put_mend(struct td_buf *out, const char *indent,
                     const struct td_differences *differences, const struct td_query *query)
{
    struct td_buf options;
    td_buf_init(&options);
    bool good = may_not_count(differences, query);
    for (size_t i = 0; i < differences->count && good; i++)
        good = put_option(&options, &differences->items[i]);
    if (good) {
        td_buf_printf(out, "%sif that does not matter: tapedeck replay", indent);
        td_buf_put_bytes(out, td_buf_view(&options));
        td_buf_put_text(out, " ... (or a rule in the cassette)\n");
    }
    out->failed |= td_buf_failed(&options);
    td_buf_release(&options);
}

void td_explain_record(struct td_buf *out, const char *indent, const char *cassette)
{
    td_buf_printf(out, "%sto record it as well: tapedeck record --mode new -o ", indent);
    put_argument(out, td_bytes_of(cassette));
    td_buf_put_text(out, " -- COMMAND\n");
}

void td_explain_miss(struct td_buf *out, const char *indent, const struct td_query *query,
                     const struct td_interaction *interaction, const struct td_rules *rules,
                     const char *cassette)
{
    struct td_differences differences;
    struct td_buf further;
    td_buf_init(&further);
    td_buf_printf(&further, "%s  ", indent);
    td_differences_init(&differences);
    find(&differences, query, interaction, rules);
    struct td_explain_style style = {further.data ? further.data : "", MOST_DIFFERENCES, true,
                                     false};
    td_explain_list(out, &differences, &style);
    if (!differences.count)
        td_buf_printf(out, "%s  in a secret, which is not shown\n", indent);
    td_explain_record(out, indent, cassette);
    put_mend(out, indent, &differences, query);
    td_differences_release(&differences);
    td_buf_release(&further);
}
