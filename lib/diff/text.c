/* SPDX-License-Identifier: MIT */
/* Reports for people: text, on a terminal or not, Markdown, and the commands of GitHub's runner. */
#include <inttypes.h>

#include "diff/inside.h"
#include "match/excerpt.h"
#include "match/explain.h"

enum { MOST_DIFFERENCES = 100 }; /* of one interaction */

struct counts {
    size_t same, changed, removed, added, moved;
};

static struct counts count(const struct td_diff *diff)
{
    struct counts counts = {0};
    for (size_t i = 0; i < diff->count; i++) {
        const struct td_diff_item *item = &diff->items[i];
        counts.same += item->change == TD_DIFF_SAME && !item->moved;
        counts.changed += item->change == TD_DIFF_CHANGED;
        counts.removed += item->change == TD_DIFF_REMOVED;
        counts.added += item->change == TD_DIFF_ADDED;
        counts.moved += item->moved;
    }
    return counts;
}

static bool is_different(const struct td_diff_item *item)
{
    return item->change != TD_DIFF_SAME || item->moved;
}

static void put_id(struct td_buf *out, const struct td_interaction *interaction)
{
    td_buf_printf(out, "#%" PRId64, interaction->id);
}

/* "#1 -> #2 POST https://..." */
static void put_item(struct td_buf *out, const struct td_diff_item *item, const char *arrow)
{
    const struct td_interaction *one = item->b ? item->b : item->a;
    struct td_bytes method;
    if (!one)
        return;
    if (item->a)
        put_id(out, item->a);
    if (item->a && item->b && (item->moved || item->a->id != item->b->id)) {
        td_buf_put_text(out, arrow);
        put_id(out, item->b);
    } else if (!item->a) {
        put_id(out, item->b);
    }
    method = one->request.method.len ? one->request.method : TD_BYTES("GET");
    td_buf_put_char(out, ' ');
    td_excerpt_text(out, '\0', method, td_bytes(NULL, 0));
    td_buf_put_char(out, ' ');
    td_excerpt_text(out, '\0', one->request.url, td_bytes(NULL, 0));
}

/* "changed", "moved", "moved, changed" */
static void put_verdict(struct td_buf *out, const struct td_diff_item *item)
{
    if (item->moved)
        td_buf_put_text(out, item->change == TD_DIFF_SAME ? "moved" : "moved, ");
    if (item->change != TD_DIFF_SAME)
        td_buf_put_text(out, td_diff_change_name(item->change));
}

static void put_summary(struct td_buf *out, const struct td_diff *diff)
{
    struct counts counts = count(diff);
    const struct {
        size_t count;
        const char *word;
    } words[] = {
        {counts.changed, "changed"}, {counts.added, "added"},   {counts.removed, "removed"},
        {counts.moved, "moved"},     {counts.same, "the same"},
    };
    size_t start = out->len;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (words[i].count)
            td_buf_printf(out, "%s%zu %s", out->len > start ? ", " : "", words[i].count,
                          words[i].word);
}

static bool is_about_bodies(const struct td_diff *diff)
{
    return diff->count == 1 && !diff->items[0].a && !diff->items[0].b;
}

void td_diff_put_text(struct td_buf *out, const struct td_diff *diff, bool colour)
{
    bool bodies = is_about_bodies(diff);
    struct td_explain_style style = {bodies ? "" : "  ", MOST_DIFFERENCES, false, colour};
    for (size_t i = 0; i < diff->count; i++) {
        const struct td_diff_item *item = &diff->items[i];
        if (!is_different(item))
            continue;
        if (!bodies) {
            td_buf_put_text(out, colour ? "\x1b[1m" : "");
            put_verdict(out, item);
            td_buf_put_char(out, ' ');
            put_item(out, item, " -> ");
            td_buf_put_text(out, colour ? "\x1b[22m\n" : "\n");
        }
        td_explain_list(out, &item->differences, &style);
    }
    if (!bodies && diff->differing) {
        put_summary(out, diff);
        td_buf_put_char(out, '\n');
    }
}

/* A fence that nothing in the text can end. */
static size_t fence_length(struct td_bytes text)
{
    size_t longest = 2, run = 0;
    for (size_t i = 0; i < text.len; i++) {
        run = text.data[i] == '`' ? run + 1 : 0;
        longest = run > longest ? run : longest;
    }
    return longest + 1;
}

static void put_fence(struct td_buf *out, size_t length)
{
    while (length--)
        td_buf_put_char(out, '`');
}

static void put_code(struct td_buf *out, struct td_bytes text)
{
    size_t fence = fence_length(text) - 2;
    put_fence(out, fence);
    td_buf_put_bytes(out, text);
    put_fence(out, fence);
}

/* Differences in a block of the kind that is shown in red and green, where the signs come first. */
static void put_block(struct td_buf *out, const struct td_differences *differences)
{
    struct td_differences lines = *differences;
    struct td_buf text;
    lines.headline_count = 0;
    td_buf_init(&text);
    td_explain_list(&text, &lines, &(struct td_explain_style){"", MOST_DIFFERENCES, false, false});
    size_t fence = fence_length(td_buf_view(&text));
    put_fence(out, fence);
    td_buf_put_text(out, "diff\n");
    const char *at = text.data, *end = text.data + text.len;
    while (at < end) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        size_t indent = strspn(at, " ");
        at += indent;
        if (!indent)
            td_buf_put_text(out, "@@ ");
        td_buf_put(out, at, (size_t)(stop - at));
        td_buf_put_text(out, indent ? "\n" : " @@\n");
        at = stop + 1;
    }
    put_fence(out, fence);
    td_buf_put_char(out, '\n');
    out->failed |= td_buf_failed(&text);
    td_buf_release(&text);
}

void td_diff_put_markdown(struct td_buf *out, const struct td_diff *diff)
{
    td_buf_put_text(out, "### ");
    put_code(out, td_bytes_of(diff->a.path));
    td_buf_put_text(out, " → ");
    put_code(out, td_bytes_of(diff->b.path));
    td_buf_put_text(out, "\n\n");
    if (!diff->differing)
        td_buf_put_text(out, "No differences.\n");
    else if (!is_about_bodies(diff)) {
        put_summary(out, diff);
        td_buf_put_text(out, "\n");
    }
    for (size_t i = 0; i < diff->count; i++) {
        const struct td_diff_item *item = &diff->items[i];
        if (!is_different(item))
            continue;
        if (item->a || item->b) {
            struct td_buf name;
            td_buf_init(&name);
            put_item(&name, item, " -> ");
            td_buf_put_text(out, "\n#### ");
            put_verdict(out, item);
            td_buf_put_char(out, ' ');
            put_code(out, td_buf_view(&name));
            td_buf_put_text(out, "\n");
            out->failed |= td_buf_failed(&name);
            td_buf_release(&name);
        }
        if (!item->differences.count)
            continue;
        td_buf_put_char(out, '\n');
        for (size_t j = 0; j < item->differences.headline_count; j++) {
            td_buf_put_text(out, "- ");
            put_code(out, item->differences.headlines[j]);
            td_buf_put_char(out, '\n');
        }
        if (item->differences.headline_count)
            td_buf_put_char(out, '\n');
        put_block(out, &item->differences);
    }
}

/* As the runner wants it: one line, and in a property neither ':' nor ','. */
static void put_command_text(struct td_buf *out, struct td_bytes text, bool property)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        if (c == '%' || c == '\r' || c == '\n' || (property && (c == ':' || c == ',')))
            td_buf_printf(out, "%%%02X", (unsigned char)c);
        else
            td_buf_put_char(out, c);
    }
}

static void put_annotation(struct td_buf *out, const struct td_diff *diff,
                           const struct td_diff_item *item)
{
    const struct td_interaction *one = item->b ? item->b : item->a;
    const char *path = item->b || !item->a ? diff->b.path : diff->a.path;
    struct td_buf title, text;
    td_buf_init(&title);
    td_buf_init(&text);
    put_verdict(&title, item);
    if (one) {
        td_buf_put_char(&title, ' ');
        put_item(&title, item, " -> ");
    }
    td_explain_list(&text, &item->differences,
                    &(struct td_explain_style){"", MOST_DIFFERENCES, false, false});
    td_buf_put_text(out, "::error file=");
    put_command_text(out, td_bytes_of(path), true);
    td_buf_printf(out, ",line=%u,title=", one && one->mark.line ? one->mark.line : 1);
    put_command_text(out, td_buf_view(&title), true);
    td_buf_put_text(out, "::");
    if (text.len)
        put_command_text(out, td_bytes(text.data, text.len - 1), false);
    else
        put_command_text(out, td_buf_view(&title), false);
    td_buf_put_char(out, '\n');
    out->failed |= td_buf_failed(&title) || td_buf_failed(&text);
    td_buf_release(&title);
    td_buf_release(&text);
}

void td_diff_put_github(struct td_buf *out, const struct td_diff *diff)
{
    for (size_t i = 0; i < diff->count; i++)
        if (is_different(&diff->items[i]))
            put_annotation(out, diff, &diff->items[i]);
}
