/* SPDX-License-Identifier: MIT */
#include "match/explain.h"

#include "llm/llm.h"
#include "match/excerpt.h"
#include "match/marks.h"

static const struct td_bytes nothing = {0};

/* A value of a finding, or nothing. Texts stand in quotes of their own kind. */
static void put_value(struct td_buf *out, const struct td_finding *finding, bool b)
{
    const struct td_json *json = b ? finding->b_json : finding->a_json;
    const struct td_json *other_json = b ? finding->a_json : finding->b_json;
    struct td_bytes text = b ? finding->b : finding->a, other = b ? finding->a : finding->b;
    if (json)
        td_excerpt_json(out, json, other_json);
    else if (finding->described)
        td_buf_put_bytes(out, text);
    else if (text.data)
        td_excerpt_text(out, '\'', text, other);
}

static bool has_place(const struct td_finding *finding)
{
    return finding->kind == TD_FINDING_MOVED || finding->kind == TD_FINDING_RENAMED;
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
static void put_label(struct td_buf *out, const struct td_finding *finding)
{
    td_buf_put_text(out, finding->part);
    if (!finding->place.len)
        return;
    bool quoted = finding->place.data[0] == ' '; /* "header 'X'" rather than "header: 'X'" */
    td_buf_put_text(out, quoted ? "" : ": ");
    td_excerpt_text(out, '\0', finding->place, nothing);
}

static void put_new_place(struct td_buf *out, const struct td_finding *finding)
{
    if (finding->kind == TD_FINDING_MOVED) {
        td_buf_put_text(out, "moved to ");
        td_excerpt_text(out, '\0', finding->new_place, nothing);
    } else {
        td_buf_put_text(out, "renamed to ");
        put_key(out, finding->new_place);
    }
}

/* "asked ..., recorded ...", for b and a. */
static void put_side_by_side(struct td_buf *out, const struct td_finding *finding)
{
    td_buf_put_text(out, ": ");
    if (has_place(finding)) {
        put_new_place(out, finding);
        return;
    }
    if (finding->kind != TD_FINDING_REMOVED) {
        td_buf_put_text(out, "asked ");
        put_value(out, finding, true);
        td_buf_put_text(out, ", ");
    }
    td_buf_put_text(out, finding->kind == TD_FINDING_ADDED ? "not recorded" : "recorded ");
    if (finding->kind != TD_FINDING_ADDED)
        put_value(out, finding, false);
    if (finding->kind == TD_FINDING_REMOVED)
        td_buf_put_text(out, ", not asked");
}

static void put_two_lines(struct td_buf *out, const struct td_finding *finding,
                          const struct td_explain_style *style)
{
    if (has_place(finding)) {
        td_buf_put_text(out, ": ");
        put_new_place(out, finding);
        return;
    }
    struct td_buf a, b;
    td_buf_init(&a);
    td_buf_init(&b);
    put_value(&a, finding, false);
    put_value(&b, finding, true);
    out->failed |= td_buf_failed(&a) || td_buf_failed(&b);
    bool marks = style->colour && finding->kind == TD_FINDING_CHANGED && !finding->described;
    if (finding->kind != TD_FINDING_ADDED) {
        td_buf_printf(out, "\n%s  ", style->indent);
        td_marks_put(out, '-', td_buf_view(&a), marks ? td_buf_view(&b) : nothing, style->colour);
    }
    if (finding->kind != TD_FINDING_REMOVED) {
        td_buf_printf(out, "\n%s  ", style->indent);
        td_marks_put(out, '+', td_buf_view(&b), marks ? td_buf_view(&a) : nothing, style->colour);
    }
    td_buf_release(&a);
    td_buf_release(&b);
}

void td_explain_findings(struct td_buf *out, const struct td_findings *findings,
                         const struct td_explain_style *style)
{
    for (size_t i = 0; i < findings->headline_count && i < style->most; i++) {
        td_buf_put_text(out, style->indent);
        td_buf_put_text(out, style->colour ? "\x1b[1m" : "");
        td_buf_put_bytes(out, findings->headlines[i]);
        td_buf_put_text(out, style->colour ? "\x1b[22m\n" : "\n");
    }
    for (size_t i = 0; i < findings->count && i < style->most; i++) {
        td_buf_put_text(out, style->indent);
        put_label(out, &findings->items[i]);
        if (style->side_by_side)
            put_side_by_side(out, &findings->items[i]);
        else
            put_two_lines(out, &findings->items[i], style);
        td_buf_put_char(out, '\n');
    }
    size_t all = findings->count + findings->more;
    if (all > style->most)
        td_buf_printf(out, "%s%s: ... and %zu more\n", style->indent, findings->items[0].part,
                      all - style->most);
    out->failed |= findings->failed;
}

enum { MOST_FINDINGS = 8 };

static void find(struct td_findings *findings, const struct td_query *query,
                 const struct td_interaction *interaction, const struct td_rules *rules)
{
    const struct td_recorded_request *request = &interaction->request;
    struct td_query recorded = {
        .method = request->method,
        .url = request->url,
        .body = request->message.body,
        .headers = request->message.headers,
    };
    td_findings_requests(findings, &recorded, query, rules);
}

void td_explain_difference(struct td_buf *out, const char *indent, const struct td_query *query,
                           const struct td_interaction *interaction, const struct td_rules *rules)
{
    struct td_findings findings;
    td_findings_init(&findings);
    find(&findings, query, interaction, rules);
    td_explain_findings(out, &findings,
                        &(struct td_explain_style){indent, MOST_FINDINGS, true, false});
    td_findings_release(&findings);
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

/* The option that would let a finding not count; false where there is none. */
static bool put_option(struct td_buf *out, const struct td_finding *finding)
{
    struct td_bytes pointer = finding->pointer;
    if (finding->name.data) {
        td_buf_printf(out, " --ignore-%s ",
                      strcmp(finding->part, "header") == 0 ? "header" : "query");
        put_argument(out, finding->name);
        return true;
    }
    if (strcmp(finding->part, "body") != 0 || !pointer.len || pointer.len != finding->place.len)
        return false;
    if (finding->kind == TD_FINDING_MOVED) {
        const char *slash = memrchr(pointer.data, '/', pointer.len);
        pointer.len = (size_t)(slash - pointer.data);
        td_buf_put_text(out, pointer.len ? " --unordered " : "");
    } else {
        td_buf_put_text(out, " --ignore ");
    }
    if (pointer.len)
        put_pattern(out, pointer);
    return pointer.len > 0 && finding->kind != TD_FINDING_RENAMED;
}

/* What is asked of a language model counts, but for what is made up anew each time. */
static bool may_not_count(const struct td_findings *findings, const struct td_query *query)
{
    enum { MOST = 3 };
    if (!findings->count || findings->count + findings->more > MOST)
        return false;
    if (!findings->headline_count)
        return true;
    struct td_llm_exchange exchange = {.url = query->url, .request_body = query->body};
    enum td_llm_api api = td_llm_api_of(&exchange);
    for (size_t i = 0; i < findings->count; i++)
        if (!findings->items[i].pointer.len ||
            !td_llm_path_volatile(api, TD_REQUEST, findings->items[i].pointer))
            return false;
    return true;
}

static void put_mend(struct td_buf *out, const char *indent, const struct td_findings *findings,
                     const struct td_query *query)
{
    struct td_buf options;
    td_buf_init(&options);
    bool good = may_not_count(findings, query);
    for (size_t i = 0; i < findings->count && good; i++)
        good = put_option(&options, &findings->items[i]);
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
    struct td_findings findings;
    struct td_buf further;
    td_buf_init(&further);
    td_buf_printf(&further, "%s  ", indent);
    td_findings_init(&findings);
    find(&findings, query, interaction, rules);
    struct td_explain_style style = {further.data ? further.data : "", MOST_FINDINGS, true, false};
    td_explain_findings(out, &findings, &style);
    td_explain_record(out, indent, cassette);
    put_mend(out, indent, &findings, query);
    td_findings_release(&findings);
    td_buf_release(&further);
}
