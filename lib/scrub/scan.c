/* SPDX-License-Identifier: MIT */
/* One pass over a text: literals, and at each the rule that it belongs to. */
#include <stdio.h>

#include "scrub/coding.h"
#include "scrub/scrubber.h"
#include "scrub/siphash.h"

enum { MAX_DEPTH = 6, LEAST_BASE64 = 16 };

static bool is_rule_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

size_t td_placeholder_length(struct td_bytes text)
{
    enum { LONGEST = 96 };
    static const struct td_bytes mark = TD_BYTES("[REDACTED");
    size_t at = mark.len;
    if (text.len <= mark.len || memcmp(text.data, mark.data, mark.len) != 0)
        return 0;
    while (at < text.len && at < LONGEST && text.data[at] == ':') {
        size_t start = ++at;
        while (at < text.len && at < LONGEST && is_rule_char(text.data[at]))
            at++;
        if (at == start)
            return 0;
    }
    return at < text.len && text.data[at] == ']' ? at + 1 : 0;
}

/* As it is, or percent-encoded. */
static bool is_placeholder(struct td_bytes text)
{
    static const struct td_bytes encoded = TD_BYTES("%5bREDACTED");
    size_t len = td_placeholder_length(text);
    if (len)
        return len == text.len;
    return text.len > encoded.len && text.len < 128 && td_bytes_starts_nocase(text, encoded) &&
           td_bytes_equal_nocase(td_bytes(text.data + text.len - 3, 3), TD_BYTES("%5d"));
}

static bool is_disabled(const struct td_scrubber *scrubber, const char *rule)
{
    for (size_t i = 0; i < scrubber->disabled.count; i++)
        if (td_bytes_equal(scrubber->disabled.items[i], td_bytes_of(rule)))
            return true;
    return false;
}

void td_work_report(struct td_work *work, const struct td_view *view, size_t start, size_t end,
                    const char *rule, const char *variable, unsigned order)
{
    const struct td_scrubber *scrubber = work->scrubber;
    struct td_bytes text = td_bytes(view->text.data + start, end - start);
    struct td_secret secret = {.rule = rule, .variable = variable, .order = order};
    char mark[160];
    if (!text.len || is_disabled(scrubber, rule))
        return;
    if (work->matching) {
        if (td_bytes_equal(text, TD_BYTES("[REDACTED]")))
            return;
    } else if (is_placeholder(text)) {
        return;
    }
    work->reports++;
    if (work->echo && order == TD_ORDER_NAME)
        td_echo_learn(work->echo, rule, text);
    uint64_t hash = td_siphash(scrubber->key, text);
    secret.fingerprint = (uint32_t)(hash >> 16 & 0xffff);
    int len = snprintf(mark, sizeof mark, "[REDACTED%s%s", work->matching ? "" : ":",
                       work->matching ? "" : rule);
    bool pseudonym = scrubber->pseudonyms || strcmp(rule, td_special_rules[TD_SPECIAL_ID].id) == 0;
    if (pseudonym && !work->matching)
        len += snprintf(mark + len, sizeof mark - (size_t)len, ":%04x", (unsigned)(hash & 0xffff));
    mark[len++] = ']';
    struct td_bytes kept = td_arena_copy(&work->desk.arena, td_bytes(mark, (size_t)len));
    work->desk.failed |= !kept.data;
    td_view_replace(&work->desk, view, start, end, kept, secret);
}

/* A search through a text, and what it has come to. */
struct scan {
    struct td_work *work;
    const struct td_view *view;
    unsigned depth;
    size_t found_start, found_end; /* the last secret by a shape */
    size_t special_from[TD_SPECIAL_COUNT];
    size_t run_start, run_end; /* the last run of base64 */
    unsigned phases;           /* of it that were looked into: bits */
};

static void found(struct scan *scan, size_t start, size_t end, const char *rule, unsigned order)
{
    td_work_report(scan->work, scan->view, start, end, rule, NULL, order);
    scan->found_start = start;
    scan->found_end = end;
}

/* Inside a secret that was found nothing else is looked for. */
static bool is_inside(const struct scan *scan, size_t at)
{
    return at > scan->found_start && at < scan->found_end;
}

static void try_shape(struct scan *scan, size_t index, size_t at)
{
    const struct td_key_shape *shape = &td_key_shapes[index];
    size_t start, end;
    if (!is_inside(scan, at) && td_key_shape_match(shape, scan->view->text, at, &start, &end))
        found(scan, start, end, shape->id, TD_ORDER_SHAPE + (unsigned)index);
}

static void try_special(struct scan *scan, const struct td_literal *literal, size_t at)
{
    enum td_special special = td_special_literals[literal->index].special;
    size_t start, end;
    scan->work->open |= special == TD_SPECIAL_PRIVATE_KEY;
    if (is_inside(scan, at) || at < scan->special_from[special])
        return;
    if (td_special_match(special, scan->view->text, at, literal->text.len,
                         &scan->special_from[special], &start, &end))
        found(scan, start, end, td_special_rules[special].id, TD_ORDER_SPECIAL + (unsigned)special);
}

static void find_run(struct scan *scan, size_t at)
{
    struct td_bytes text = scan->view->text;
    if (at >= scan->run_start && at < scan->run_end)
        return;
    scan->run_start = scan->run_end = at;
    scan->phases = 0;
    while (scan->run_start && td_base64_char(text.data[scan->run_start - 1]))
        scan->run_start--;
    while (scan->run_end < text.len && td_base64_char(text.data[scan->run_end]))
        scan->run_end++;
}

/* Something that is worth looking at, in base64. `before` characters of its group of four stand
 * before it: so it is known how the run is to be cut into groups, whatever it is glued to. */
static void look_inside(struct scan *scan, size_t at, size_t before)
{
    struct td_bytes text = scan->view->text;
    struct td_desk *desk = &scan->work->desk;
    /* Pieces that hold base64 each for itself were looked into one by one: they are not to become
     * one run as long as there is something in them. */
    if (scan->depth >= MAX_DEPTH || (scan->view->joined && scan->work->reports))
        return;
    find_run(scan, at);
    if (at < scan->run_start + before || scan->run_end - scan->run_start < LEAST_BASE64)
        return;
    size_t start = scan->run_start + (at - before - scan->run_start) % 4;
    if (scan->phases >> start % 4 & 1)
        return;
    scan->phases |= 1u << start % 4;
    size_t end = td_base64_end(text, start, scan->run_end);
    bool glued = end < scan->run_end;
    struct td_bytes run = td_bytes(text.data + start, end - start);
    size_t pad = 0;
    while (!glued && (run.len + pad) % 4 && end + pad < text.len && text.data[end + pad] == '=')
        pad++;
    struct td_bytes plain = td_base64_take(&desk->arena, run);
    if (!plain.data) {
        desk->failed = true;
        return;
    }
    /* Requests are matched by what it says; how it is spelled has followed from the secret. */
    bool matching = scan->work->matching;
    bool url = !matching && (memchr(run.data, '-', run.len) || memchr(run.data, '_', run.len));
    bool ends = !matching && (pad || glued || (run.len % 4 == 0 && !url));
    const struct td_view *inner = td_view_inner(desk, scan->view, start, end + pad, plain,
                                                url ? TD_CODING_BASE64URL : TD_CODING_BASE64, ends);
    td_work_examine(scan->work, inner, td_bytes("", 0), scan->depth + 1);
}

static void take_literal(struct scan *scan, const struct td_literal *literal, size_t at)
{
    const struct td_scrubber *scrubber = scan->work->scrubber;
    switch (literal->kind) {
    case TD_LITERAL_SHAPE:
        try_shape(scan, literal->index, at);
        break;
    case TD_LITERAL_SPECIAL:
        try_special(scan, literal, at);
        break;
    case TD_LITERAL_VARIABLE:
        td_work_report(scan->work, scan->view, at, at + literal->text.len,
                       scrubber->variables[literal->index].rule
                           ? scrubber->variables[literal->index].rule
                           : td_special_rules[TD_SPECIAL_ENVIRONMENT].id,
                       scrubber->variables[literal->index].name, TD_ORDER_ENVIRONMENT);
        break;
    case TD_LITERAL_BASE64:
        look_inside(scan, at, literal->index);
        break;
    default:
        break;
    }
}

/* A user's pattern never sees a placeholder, nor what is on both sides of one at once. */
static void match_patterns(struct scan *scan, size_t start, size_t end)
{
    const struct td_scrubber *scrubber = scan->work->scrubber;
    for (size_t i = 0; i < scrubber->pattern_count && start < end; i++) {
        struct td_pattern_search search;
        struct td_bytes part = td_bytes(scan->view->text.data + start, end - start);
        size_t from, to;
        td_pattern_search_init(&search, scrubber->patterns[i].pattern, part);
        while (td_pattern_search_next(&search, &from, &to))
            td_work_report(scan->work, scan->view, start + from, start + to,
                           scrubber->patterns[i].id, NULL, TD_ORDER_PATTERN + (unsigned)i);
        scan->work->desk.failed |= search.failed;
        td_pattern_search_release(&search);
    }
}

void td_work_scan(struct td_work *work, const struct td_view *view, unsigned depth)
{
    struct scan scan = {.work = work, .view = view, .depth = depth};
    struct td_literal_search search;
    const struct td_literal *literal;
    size_t at, gap = 0;
    td_literal_search_init(&search, &work->scrubber->literals, view->text);
    while ((literal = td_literal_search_next(&search, &at)) && !work->desk.failed) {
        if (literal->kind != TD_LITERAL_MARK) {
            take_literal(&scan, literal, at);
            continue;
        }
        size_t len = td_placeholder_length(td_bytes(view->text.data + at, view->text.len - at));
        if (!len)
            continue;
        match_patterns(&scan, gap, at);
        gap = at + len;
        if (work->matching)
            td_work_report(work, view, at, gap, "", NULL, TD_ORDER_ENVIRONMENT);
    }
    match_patterns(&scan, gap, view->text.len);
}
