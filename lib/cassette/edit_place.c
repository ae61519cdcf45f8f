/* SPDX-License-Identifier: MIT */
#include "cassette/edit_place.h"

#include "cassette/place.h"

/* ---- lines ---- */

/* Whether a line ends right before `at`. */
static bool is_line(struct td_bytes text, size_t at)
{
    if (at == 0)
        return true;
    size_t len = at < 3 ? at : 3; /* no line break is longer */
    for (; len; len--)
        if (td_break_len(text.data + at - len, len) == len)
            return text.data[at - 1] != '\r' || at == text.len || text.data[at] != '\n';
    return false;
}

size_t td_draft_line(const struct td_draft *draft, size_t at)
{
    while (!is_line(draft->tree.source, at))
        at--;
    return at;
}

size_t td_draft_next_line(const struct td_draft *draft, size_t at)
{
    struct td_bytes text = draft->tree.source;
    size_t len = 0;
    while (at < text.len && !(len = td_break_len(text.data + at, text.len - at)))
        at++;
    return at + len;
}

/* Whether nothing but columns stands in front of it on its line. */
static bool begins_line(const struct td_draft *draft, size_t at)
{
    while (at && draft->tree.source.data[at - 1] == ' ')
        at--;
    return is_line(draft->tree.source, at);
}

size_t td_draft_content(const struct td_draft *draft, const struct td_yaml_node *node)
{
    struct td_bytes text = draft->tree.source;
    size_t at = node->start;
    if (node->kind == TD_YAML_ALIAS)
        return at;
    while (at < node->end && (text.data[at] == '&' || text.data[at] == '!')) {
        while (at < node->end && text.data[at] != ' ' && text.data[at] != '\t' &&
               !td_break_len(text.data + at, node->end - at))
            at++;
        at = td_yaml_skip_blank(text, at);
    }
    return at < node->end ? at : node->end;
}

/* Where a key in block style begins: at its `?` where it has one, in front of its tag. */
static size_t key_start(const struct td_draft *draft, const struct td_yaml_node *key)
{
    struct td_bytes text = draft->tree.source;
    size_t at = key->start;
    while (at && (text.data[at - 1] == ' ' || text.data[at - 1] == '\t'))
        at--;
    return at && at < key->start && text.data[at - 1] == '?' ? at - 1 : key->start;
}

unsigned td_draft_column(const struct td_draft *draft, const struct td_yaml_node *node)
{
    if (node->kind == TD_YAML_SCALAR)
        return node->column - 1 - (unsigned)(node->start - key_start(draft, node));
    size_t at = td_draft_content(draft, node), line = at;
    /* Never back beyond the node: its line may be the whole file. */
    while (line > node->start && !is_line(draft->tree.source, line))
        line--;
    return (unsigned)(at - line) + (line == node->start ? node->column - 1 : 0);
}

const struct td_yaml_node *td_draft_find_key(const struct td_yaml_node *mapping,
                                             struct td_bytes name)
{
    for (const struct td_yaml_node *key = mapping->first; key; key = key->next->next)
        if (td_yaml_is_key(key, name))
            return key;
    return NULL;
}

/* ---- children ---- */

/* Where the child begins: its `-`, its key or itself. `from` is behind the one before. */
static size_t child_start(const struct td_draft *draft, const struct td_yaml_node *collection,
                          const struct td_child *child, size_t from)
{
    if (collection->kind == TD_YAML_SEQUENCE && collection->style == TD_YAML_BLOCK)
        return td_yaml_skip_blank(draft->tree.source, from);
    return collection->style == TD_YAML_BLOCK ? key_start(draft, child->first)
                                              : child->first->start;
}

/* A new first child, where the one that was first stands behind a `-` on its line. */
static void put_in_line(struct td_draft *draft, size_t at, struct td_bytes lines)
{
    size_t columns = at - td_draft_line(draft, at);
    struct td_buf *out = td_splices_begin(&draft->splices, at, at);
    size_t skip = 0;
    while (skip < columns && skip < lines.len && lines.data[skip] == ' ')
        skip++;
    td_buf_put(out, lines.data + skip, lines.len - skip);
    for (size_t i = 0; i < columns; i++)
        td_buf_put_char(out, ' ');
}

static void put_before_first(struct td_draft *draft, size_t start, struct td_bytes lines)
{
    if (begins_line(draft, start))
        td_splices_put(&draft->splices, td_draft_line(draft, start), td_draft_line(draft, start),
                       lines);
    else
        put_in_line(draft, start, lines);
}

static void block_children(struct td_draft *draft, const struct td_yaml_node *collection,
                           const struct td_child *children, size_t count)
{
    size_t from = td_draft_content(draft, collection); /* behind the child before */
    const struct td_child *before = NULL;
    for (size_t i = 0; i < count; i++) {
        const struct td_child *child = &children[i];
        if (!child->first && before) {
            size_t at = td_draft_next_line(draft, before->last->end);
            td_splices_put(&draft->splices, at, at, child->text);
        } else if (!child->first) {
            size_t next = i;
            while (!children[next].first)
                next++;
            put_before_first(draft, child_start(draft, collection, &children[next], from),
                             child->text);
        } else {
            size_t start = child_start(draft, collection, child, from);
            size_t next = i + 1;
            from = child->last->end;
            before = child;
            if (!child->dropped)
                continue;
            while (next < count && !children[next].first)
                next++;
            if (begins_line(draft, start) || next == count)
                td_splices_cut(&draft->splices, td_draft_line(draft, start),
                               td_draft_next_line(draft, from));
            else
                td_splices_cut(&draft->splices, start,
                               child_start(draft, collection, &children[next], from));
        }
    }
}

/* The blanks in front of a child: of the second one where there are two, since `[a, b]` has none in
 * front of the first. */
static struct td_bytes flow_lead(const struct td_draft *draft,
                                 const struct td_yaml_node *collection)
{
    struct td_bytes text = draft->tree.source;
    const struct td_yaml_node *first = collection->first;
    const struct td_yaml_node *last =
        first && collection->kind == TD_YAML_MAPPING ? first->next : first;
    size_t from, end;
    if (last && last->next) {
        from = td_yaml_skip_blank(text, last->end) + 1; /* the comma */
        end = last->next->start;
    } else {
        from = td_draft_content(draft, collection) + 1; /* the bracket */
        end = first ? first->start : from;
    }
    bool breaks = false;
    for (size_t at = from; at < end; at++) {
        breaks |= td_break_len(text.data + at, end - at) > 0;
        if (text.data[at] == '#')
            return TD_BYTES(" ");
    }
    return breaks || (last && last->next) ? td_bytes(text.data + from, end - from) : TD_BYTES(" ");
}

static void flow_children(struct td_draft *draft, const struct td_yaml_node *collection,
                          const struct td_child *children, size_t count)
{
    struct td_bytes lead = flow_lead(draft, collection);
    const struct td_child *kept = NULL; /* the last one so far */
    size_t next = 0;                    /* the first from here on that is kept */
    for (size_t i = 0; i < count; i++) {
        const struct td_child *child = &children[i];
        for (next = next < i ? i : next; next < count; next++)
            if (children[next].first && !children[next].dropped)
                break;
        if (!child->first) {
            size_t at = kept ? kept->last->end : children[next].first->start;
            struct td_buf *out = td_splices_begin(&draft->splices, at, at);
            if (kept) {
                td_buf_put_char(out, ',');
                td_buf_put_bytes(out, lead);
            }
            td_buf_put_bytes(out, child->text);
            if (!kept) {
                td_buf_put_char(out, ',');
                td_buf_put_bytes(out, lead);
            }
        } else if (!child->dropped) {
            kept = child;
        } else if (next < count) {
            size_t following = i + 1; /* up to the next one, kept or not */
            while (!children[following].first)
                following++;
            td_splices_cut(&draft->splices, child->first->start, children[following].first->start);
        } else {
            /* Behind the last one that is kept: the comma in front goes as well. */
            size_t before = i;
            while (before-- && !children[before].first)
                ;
            td_splices_cut(&draft->splices, children[before].last->end, child->last->end);
        }
    }
}

/* Nothing of it stays, and something new comes. */
static bool is_rewritten(const struct td_child *children, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (children[i].first && !children[i].dropped)
            return false;
    return true;
}

static void flow_rewrite(struct td_draft *draft, const struct td_yaml_node *collection,
                         const struct td_child *children, size_t count)
{
    bool mapping = collection->kind == TD_YAML_MAPPING;
    struct td_bytes lead = flow_lead(draft, collection);
    struct td_buf *out =
        td_splices_begin(&draft->splices, td_draft_content(draft, collection), collection->end);
    bool any = false;
    td_buf_put_char(out, mapping ? '{' : '[');
    for (size_t i = 0; i < count; i++) {
        if (children[i].first)
            continue;
        if (any) {
            td_buf_put_char(out, ',');
            td_buf_put_bytes(out, lead);
        }
        any = true;
        td_buf_put_bytes(out, children[i].text);
    }
    td_buf_put_char(out, mapping ? '}' : ']');
}

void td_draft_children(struct td_draft *draft, const struct td_yaml_node *collection,
                       const struct td_child *children, size_t count)
{
    if (collection->style == TD_YAML_BLOCK)
        block_children(draft, collection, children, count);
    else if (is_rewritten(children, count))
        flow_rewrite(draft, collection, children, count);
    else
        flow_children(draft, collection, children, count);
}

/* ---- values ---- */

/* Behind the `:` of a key. */
static size_t after_colon(const struct td_draft *draft, const struct td_yaml_node *key)
{
    struct td_bytes text = draft->tree.source;
    size_t at = td_yaml_skip_blank(text, key->end);
    return at < text.len && text.data[at] == ':' ? at + 1 : key->end;
}

static bool same_line(const struct td_draft *draft, size_t from, size_t to)
{
    struct td_bytes text = draft->tree.source;
    while (from < to && !td_break_len(text.data + from, to - from))
        from++;
    return from == to;
}

void td_draft_put_beside(struct td_draft *draft, const struct td_yaml_node *key,
                         struct td_bytes text)
{
    size_t colon = after_colon(draft, key);
    struct td_buf *out = td_splices_begin(&draft->splices, colon, colon);
    td_buf_put_char(out, ' ');
    td_buf_put_bytes(out, text);
}

void td_draft_set_inline(struct td_draft *draft, const struct td_yaml_node *key,
                         struct td_bytes text)
{
    const struct td_yaml_node *value = key->next;
    size_t colon = after_colon(draft, key);
    if (value->start > colon && same_line(draft, colon, value->start)) {
        td_splices_put(&draft->splices, value->start, value->end, text);
        return;
    }
    td_draft_put_beside(draft, key, text);
    if (value->start == value->end)
        return;
    if (begins_line(draft, value->start) && value->style == TD_YAML_BLOCK)
        td_splices_cut(&draft->splices, td_draft_line(draft, value->start),
                       td_draft_next_line(draft, value->end));
    else
        td_splices_cut(&draft->splices, value->start, value->end);
}

void td_draft_set_lines(struct td_draft *draft, const struct td_yaml_node *key,
                        struct td_bytes lines)
{
    const struct td_yaml_node *value = key->next;
    size_t colon = after_colon(draft, key);
    size_t below = td_draft_next_line(draft, value->end > colon ? value->end : colon);
    if (value->end > colon) {
        /* What stood on the key's line goes with the blank in front; a comment behind it stays. */
        bool beside = same_line(draft, colon, value->start);
        td_splices_cut(&draft->splices, beside ? colon : value->start, value->end);
    }
    td_splices_put(&draft->splices, below, below, lines);
}
