/* SPDX-License-Identifier: MIT */
#include "cassette/edit_scalar.h"

#include "cassette/edit_place.h"
#include "cassette/place.h"
#include "cassette/style.h"

void td_draft_put_lines(const struct td_draft *draft, struct td_buf *out, struct td_bytes text)
{
    while (text.len) {
        const char *end = memchr(text.data, '\n', text.len);
        size_t len = end ? (size_t)(end - text.data) : text.len;
        td_buf_put(out, text.data, len);
        if (end)
            td_buf_put_bytes(out, draft->manner.line_break);
        len += end != NULL;
        text = td_bytes(text.data + len, text.len - len);
    }
}

/* As Go does, with the file's line breaks. */
static void put_go(struct td_draft *draft, struct td_buf *out, unsigned indent,
                   struct td_bytes text)
{
    struct td_buf emitted;
    td_buf_init(&emitted);
    td_emit_scalar(&emitted, text, indent, draft->manner.layout);
    td_draft_put_lines(draft, out, td_buf_view(&emitted));
    out->failed |= td_buf_failed(&emitted);
    td_buf_release(&emitted);
}

static struct td_bytes source_of(const struct td_draft *draft, const struct td_yaml_node *node)
{
    return td_bytes(draft->tree.source.data + node->start, node->end - node->start);
}

/* Whether Go would have written the scalar as it stands there. */
static bool is_go(struct td_draft *draft, struct td_scalar_place place)
{
    struct td_buf emitted;
    if (place.like->tag == TD_YAML_TAG_BINARY)
        return place.like->style != TD_YAML_DOUBLE_QUOTED;
    td_buf_init(&emitted);
    put_go(draft, &emitted, place.indent, td_yaml_text(place.like));
    bool same = !td_buf_failed(&emitted) &&
                td_bytes_equal(td_buf_view(&emitted), source_of(draft, place.like));
    td_buf_release(&emitted);
    return same;
}

/* ---- one line ---- */

static bool can_be_plain(struct td_draft *draft, struct td_bytes text, bool flow)
{
    if (td_style_of(text, draft->manner.layout, false).kind != TD_STYLE_PLAIN)
        return false;
    for (size_t i = 0; i < text.len; i++)
        if ((flow && strchr(",[]{}?", text.data[i])) ||
            (draft->manner.ascii && (unsigned char)text.data[i] >= 0x80))
            return false;
    return true;
}

static bool is_printable(const struct td_manner *manner, uint32_t c)
{
    if (c < 0x80)
        return c >= 0x20 && c < 0x7f;
    if (manner->ascii || c < 0xa0 || c == 0x2028 || c == 0x2029 || c == 0xfeff)
        return false;
    return c < 0x10000 ? c < 0xfffe : manner->astral;
}

static bool can_be_single(const struct td_manner *manner, struct td_bytes text)
{
    for (size_t at = 0, len; at < text.len; at += len) {
        uint32_t c;
        len = td_utf8_take(text.data + at, text.len - at, &c);
        if (!len || !is_printable(manner, c))
            return false;
    }
    return true;
}

static void put_single(struct td_buf *out, struct td_bytes text)
{
    td_buf_put_char(out, '\'');
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] == '\'')
            td_buf_put_char(out, '\'');
        td_buf_put_char(out, text.data[i]);
    }
    td_buf_put_char(out, '\'');
}

/* JSON has fewer escapes than YAML, and no astral characters in them but as pairs, which YAML does
 * not have. */
static void put_escape(const struct td_manner *manner, struct td_buf *out, uint32_t c)
{
    static const char all[] = "\0"
                              "0\aa\bb\tt\nn\vv\ff\rr\x1b"
                              "e\"\"\\\\";
    static const char json[] = "\bb\tt\nn\ff\rr\"\"\\\\";
    const char *pairs = manner->flow ? json : all;
    size_t len = manner->flow ? sizeof json - 1 : sizeof all - 1;
    for (size_t i = 0; i < len; i += 2) {
        if ((unsigned char)pairs[i] == c) {
            td_buf_put_char(out, '\\');
            td_buf_put_char(out, pairs[i + 1]);
            return;
        }
    }
    if (c < 0x100 && !manner->flow)
        td_buf_printf(out, "\\x%02X", (unsigned)c);
    else if (c < 0x10000)
        td_buf_printf(out, "\\u%04X", (unsigned)c);
    else
        td_buf_printf(out, "\\U%08X", (unsigned)c);
}

/* The text is UTF-8. */
static void put_double(const struct td_manner *manner, struct td_buf *out, struct td_bytes text)
{
    td_buf_put_char(out, '"');
    for (size_t at = 0, len; at < text.len; at += len) {
        uint32_t c;
        len = td_utf8_take(text.data + at, text.len - at, &c);
        if (is_printable(manner, c) && c != '"' && c != '\\')
            td_buf_put(out, text.data + at, len);
        else
            put_escape(manner, out, c);
    }
    td_buf_put_char(out, '"');
}

/* `!!binary` on one line. */
static void put_binary(struct td_draft *draft, struct td_buf *out, struct td_bytes text,
                       bool quoted)
{
    struct td_buf emitted;
    td_buf_init(&emitted);
    td_emit_scalar(&emitted, text, 0, draft->manner.layout);
    td_buf_put_text(out, quoted ? "!!binary \"" : "!!binary ");
    for (size_t i = strlen("!!binary "); i < emitted.len; i++)
        if (!strchr(" |\n", emitted.data[i]))
            td_buf_put_char(out, emitted.data[i]);
    if (quoted)
        td_buf_put_char(out, '"');
    out->failed |= td_buf_failed(&emitted);
    td_buf_release(&emitted);
}

/* ---- literal blocks ---- */

/* The next line of a text without its line break; false behind the last. What follows the last
 * line break is a line only where it is not empty. */
static bool next_line(struct td_bytes *rest, struct td_bytes *line)
{
    size_t len = 0, end = 0;
    if (!rest->len)
        return false;
    while (end < rest->len && !(len = td_break_len(rest->data + end, rest->len - end)))
        end++;
    *line = td_bytes(rest->data, end);
    *rest = td_bytes(rest->data + end + len, rest->len - end - len);
    return true;
}

static size_t count_lines(struct td_bytes text)
{
    struct td_bytes line;
    size_t count = 0;
    while (next_line(&text, &line))
        count++;
    return count;
}

static bool can_be_literal(const struct td_manner *manner, struct td_bytes text)
{
    bool content = false;
    for (size_t at = 0, len; at < text.len; at += len) {
        uint32_t c;
        len = td_utf8_take(text.data + at, text.len - at, &c);
        if (!len || (c != '\n' && c != '\t' && !is_printable(manner, c)))
            return false;
        content |= c != '\n' && c != '\t' && c != ' ';
    }
    return content && text.data[0] != ' ' && text.data[0] != '\n' && text.data[0] != '\t';
}

/* The columns in front of the block's content: of the first line that has any. */
static bool content_columns(struct td_bytes body, struct td_bytes value, size_t *columns)
{
    struct td_bytes source_line, line;
    while (next_line(&body, &source_line) && next_line(&value, &line)) {
        if (line.len && source_line.len > line.len) {
            *columns = source_line.len - line.len;
            return true;
        }
    }
    return false;
}

/* How many lines at the front, and of the others at the end, are the same. */
static void common_lines(struct td_bytes old, struct td_bytes new, size_t *front, size_t *back)
{
    size_t same = 0, least = old.len < new.len ? old.len : new.len, tail = 0;
    *front = *back = 0;
    for (; same < least && old.data[same] == new.data[same]; same++)
        if (old.data[same] == '\n')
            ++*front;
    size_t start = same;
    while (start && old.data[start - 1] != '\n')
        start--;
    /* Behind a last line break nothing stands: the same number of breaks at the end means the same
     * number of lines. */
    if (old.data[old.len - 1] != '\n' || new.data[new.len - 1] != '\n')
        return;
    for (tail = 1;
         tail < least - start && old.data[old.len - 1 - tail] == new.data[new.len - 1 - tail];
         tail++)
        if (old.data[old.len - 1 - tail] == '\n')
            ++*back;
}

static void put_source_line(struct td_draft *draft, struct td_buf *out, struct td_bytes line,
                            bool *first)
{
    if (!*first)
        td_buf_put_bytes(out, draft->manner.line_break);
    *first = false;
    td_buf_put_bytes(out, line);
}

/* False where it cannot be done, with nothing written. */
static bool put_literal(struct td_draft *draft, struct td_buf *out,
                        const struct td_yaml_node *block, struct td_bytes text)
{
    struct td_bytes old = td_yaml_text(block), head, line, source_line;
    size_t content = td_draft_content(draft, block), columns, front, back;
    struct td_bytes body = td_bytes(draft->tree.source.data + content,
                                    td_draft_next_line(draft, block->end) - content);
    if (!old.len || !can_be_literal(&draft->manner, text) || !next_line(&body, &head) ||
        !content_columns(body, old, &columns))
        return false;

    /* The indicators: an indentation that was told stays. */
    size_t indicators = 1;
    td_buf_put_char(out, '|');
    for (; indicators < head.len && strchr("+-0123456789", head.data[indicators]); indicators++)
        if (head.data[indicators] != '+' && head.data[indicators] != '-')
            td_buf_put_char(out, head.data[indicators]);
    bool ends = text.data[text.len - 1] == '\n';
    bool keeps = ends && text.data[text.len - 2] == '\n';
    if (!ends || keeps)
        td_buf_put_char(out, ends ? '+' : '-');

    common_lines(old, text, &front, &back);
    size_t old_count = count_lines(old), new_count = count_lines(text), old_at = 0;
    bool first = false;
    for (size_t i = 0; i < new_count && next_line(&text, &line); i++) {
        size_t wanted = i < front               ? i
                        : i >= new_count - back ? old_count - (new_count - i)
                                                : SIZE_MAX;
        if (wanted == SIZE_MAX) {
            put_source_line(draft, out, TD_BYTES(""), &first);
            for (size_t column = 0; column < columns && line.len; column++)
                td_buf_put_char(out, ' ');
            td_buf_put_bytes(out, line);
            continue;
        }
        while (old_at <= wanted && next_line(&body, &source_line))
            old_at++;
        put_source_line(draft, out, source_line, &first);
    }
    /* Blank lines behind the block that do not count stay as well. */
    while (old_at < old_count && next_line(&body, &source_line))
        old_at++;
    while (!keeps && next_line(&body, &source_line))
        put_source_line(draft, out, source_line, &first);
    return true;
}

/* ---- the choice ---- */

static void put_quoted(struct td_draft *draft, struct td_buf *out, struct td_bytes text,
                       bool single)
{
    if (single && can_be_single(&draft->manner, text))
        put_single(out, text);
    else
        put_double(&draft->manner, out, text);
}

void td_draft_put_scalar(struct td_draft *draft, struct td_buf *out, struct td_scalar_place place,
                         struct td_bytes text)
{
    const struct td_manner *manner = &draft->manner;
    if (place.like && (place.like->kind != TD_YAML_SCALAR || td_yaml_is_null(place.like)))
        place.like = NULL;
    bool binary = td_style_of(text, manner->layout, false).kind == TD_STYLE_BINARY;
    if (draft->careful) {
        if (binary)
            put_binary(draft, out, text, true);
        else
            put_double(manner, out, text);
        return;
    }
    bool go = place.like ? is_go(draft, place) : !manner->quotes_all && !manner->quotes_single;
    /* What Go writes over several lines is not for flow style; and in a file of another manner, a
     * plain text looks like Go's. */
    bool others = manner->quotes_single && place.like && place.like->style == TD_YAML_PLAIN;
    if (go && !place.flow && !others) {
        put_go(draft, out, place.indent, text);
        return;
    }
    enum td_yaml_style style = place.like                           ? place.like->style
                               : manner->quotes_all || manner->flow ? TD_YAML_DOUBLE_QUOTED
                                                                    : TD_YAML_PLAIN;
    if (binary)
        put_binary(draft, out, text, style == TD_YAML_DOUBLE_QUOTED);
    else if (style == TD_YAML_LITERAL && place.instead && put_literal(draft, out, place.like, text))
        return;
    else if (style == TD_YAML_PLAIN && can_be_plain(draft, text, place.flow))
        td_buf_put_bytes(out, text);
    else if (style == TD_YAML_SINGLE_QUOTED || manner->quotes_single)
        put_quoted(draft, out, text, true);
    else if (style == TD_YAML_DOUBLE_QUOTED || place.flow)
        put_quoted(draft, out, text, false);
    else
        put_go(draft, out, place.indent, text);
}

void td_draft_put_bare(struct td_draft *draft, struct td_buf *out, struct td_scalar_place place,
                       struct td_bytes text)
{
    const struct td_yaml_node *like = place.like;
    if (like && like->kind == TD_YAML_SCALAR && like->tag == TD_YAML_TAG_NONE &&
        (like->style == TD_YAML_SINGLE_QUOTED || like->style == TD_YAML_DOUBLE_QUOTED))
        put_quoted(draft, out, text, like->style == TD_YAML_SINGLE_QUOTED);
    else
        td_buf_put_bytes(out, text);
}
