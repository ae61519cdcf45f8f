/* SPDX-License-Identifier: MIT */
/*
 * A file line by line. What is seen through: keys with a value on their line, lists of such values,
 * literal blocks, and nothing else; it is what recorders write. A value that goes over several
 * lines in another style is suspicious, and so is a line that is not known.
 */
#include "scrub/sift.h"

int td_sift_file_init(struct td_sift_file *file, const struct td_scrubber *scrubber,
                      struct td_bytes text)
{
    *file = (struct td_sift_file){.text = text, .line = 1};
    td_buf_init(&file->scratch);
    td_buf_init(&file->block);
    return td_sift_init(&file->sift, scrubber);
}

void td_sift_file_release(struct td_sift_file *file)
{
    td_sift_release(&file->sift);
    td_buf_release(&file->scratch);
    td_buf_release(&file->block);
}

/* The line at file->at, without its end. */
static struct td_bytes peek_line(const struct td_sift_file *file)
{
    const char *start = file->text.data + file->at;
    size_t left = file->text.len - file->at;
    const char *stop = memchr(start, '\n', left);
    size_t len = stop ? (size_t)(stop - start) : left;
    if (len && start[len - 1] == '\r')
        len--;
    return td_bytes(start, len);
}

static void pass_line(struct td_sift_file *file, struct td_bytes line)
{
    file->at += line.len;
    if (file->at < file->text.len && file->text.data[file->at] == '\r')
        file->at++;
    if (file->at < file->text.len)
        file->at++;
    file->line++;
}

static size_t blanks(struct td_bytes line)
{
    size_t count = 0;
    while (count < line.len && line.data[count] == ' ')
        count++;
    return count;
}

/* ---- scalars ---- */

static void put_point(struct td_buf *out, uint32_t point)
{
    int more = point < 0x80 ? 0 : point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
    static const unsigned char leads[] = {0, 0xc0, 0xe0, 0xf0};
    td_buf_put_char(out, (char)(leads[more] | point >> (6 * more)));
    while (more--)
        td_buf_put_char(out, (char)(0x80 | (point >> (6 * more) & 0x3f)));
}

/* An escape of a double-quoted scalar; its length, or 0 where it is none of the usual ones. */
static size_t take_escape(struct td_buf *out, struct td_bytes text, size_t at)
{
    static const char codes[] = "\"\\/bfnrtae0", meant[] = "\"\\/\b\f\n\r\t\a\x1b\0";
    char c = at + 1 < text.len ? text.data[at + 1] : '\0';
    size_t digits = c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
    if (digits) {
        uint32_t point = 0;
        if (text.len - at < 2 + digits)
            return 0;
        for (size_t i = at + 2; i < at + 2 + digits; i++) {
            int digit = td_hex_digit(text.data[i]);
            if (digit < 0)
                return 0;
            point = point << 4 | (uint32_t)digit;
        }
        put_point(out, point & 0x1fffff);
        return 2 + digits;
    }
    const char *code = c ? strchr(codes, c) : NULL;
    if (!code)
        return 0;
    td_buf_put_char(out, meant[code - codes]);
    return 2;
}

static bool take_double(struct td_sift_file *file, struct td_bytes inner, struct td_bytes *text)
{
    *text = inner;
    if (!inner.len || !memchr(inner.data, '\\', inner.len))
        return !inner.len || !memchr(inner.data, '"', inner.len);
    td_buf_clear(&file->scratch);
    for (size_t at = 0; at < inner.len;) {
        size_t end = at;
        while (end < inner.len && inner.data[end] != '\\' && inner.data[end] != '"')
            end++;
        td_buf_put(&file->scratch, inner.data + at, end - at);
        at = end;
        if (at == inner.len)
            break;
        size_t len = inner.data[at] == '\\' ? take_escape(&file->scratch, inner, at) : 0;
        if (!len)
            return false;
        at += len;
    }
    *text = td_buf_view(&file->scratch);
    return true;
}

static bool take_single(struct td_sift_file *file, struct td_bytes inner, struct td_bytes *text)
{
    *text = inner;
    if (!inner.len || !memchr(inner.data, '\'', inner.len))
        return true;
    td_buf_clear(&file->scratch);
    for (size_t at = 0; at < inner.len;) {
        const char *quote = memchr(inner.data + at, '\'', inner.len - at);
        size_t end = quote ? (size_t)(quote - inner.data) : inner.len;
        td_buf_put(&file->scratch, inner.data + at, end - at);
        if (end == inner.len)
            break;
        if (end + 1 == inner.len || inner.data[end + 1] != '\'')
            return false;
        td_buf_put_char(&file->scratch, '\'');
        at = end + 2;
    }
    *text = td_buf_view(&file->scratch);
    return true;
}

/* What a value on one line says; false where that is not known from the line alone. */
static bool take_scalar(struct td_sift_file *file, struct td_bytes value, struct td_bytes *text)
{
    char first = value.data[0], last = value.data[value.len - 1];
    *text = value;
    if (first == '\'' || first == '"') {
        if (value.len < 2 || last != first)
            return false;
        struct td_bytes inner = td_bytes(value.data + 1, value.len - 2);
        bool good = first == '"' ? take_double(file, inner, text) : take_single(file, inner, text);
        file->sift.failed |= td_buf_failed(&file->scratch);
        return good;
    }
    if (td_bytes_equal(value, TD_BYTES("{}")) || td_bytes_equal(value, TD_BYTES("[]"))) {
        *text = td_bytes("", 0);
        return true;
    }
    return !strchr("|>!&*{}[]?%@`,#-", first) ||
           (first == '-' && value.len > 1 && value.data[1] != ' ');
}

static void take_value(struct td_sift_file *file, struct td_bytes value)
{
    struct td_bytes text;
    if (!value.len)
        return;
    if (!take_scalar(file, value, &text))
        file->sift.suspicious = true;
    else if (td_bytes_equal(file->key, TD_BYTES("body")))
        td_sift_body(&file->sift, text);
    else
        td_sift_value(&file->sift, file->key, text);
}

/* ---- blocks ---- */

/* `|`, `|-`, `|+`; with digits it is none of the simple ones. */
static bool is_literal(struct td_bytes value)
{
    return value.len && value.data[0] == '|' &&
           (value.len == 1 || (value.len == 2 && (value.data[1] == '-' || value.data[1] == '+')));
}

static bool is_event_field(struct td_bytes line)
{
    static const char *const names[] = {"data:", "event:", "id:", "retry:", ":"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (line.len >= strlen(names[i]) && memcmp(line.data, names[i], strlen(names[i])) == 0)
            return true;
    return false;
}

/* The lines of a literal block below a key in this column. */
static void take_block(struct td_sift_file *file, size_t column)
{
    size_t indent = 0;
    bool events = false, body = td_bytes_equal(file->key, TD_BYTES("body"));
    td_buf_clear(&file->block);
    while (file->at < file->text.len) {
        struct td_bytes line = peek_line(file);
        size_t before = blanks(line);
        if (before < line.len) {
            if (!indent) {
                if (before <= column)
                    break;
                indent = before;
                events = body && is_event_field(td_bytes(line.data + before, line.len - before));
            }
            if (before < indent)
                break;
        }
        pass_line(file, line);
        struct td_bytes content = td_bytes(line.data + line.len, 0);
        if (indent && line.len > indent)
            content = td_bytes(line.data + indent, line.len - indent);
        if (content.len && memchr(content.data, '\r', content.len))
            file->sift.suspicious = true;
        if (events) {
            td_sift_event_line(&file->sift, content);
        } else if (!file->sift.suspicious) {
            td_buf_put_bytes(&file->block, content);
            td_buf_put_char(&file->block, '\n');
        }
    }
    file->sift.failed |= td_buf_failed(&file->block);
    if (events)
        td_sift_end_events(&file->sift);
    else if (body)
        td_sift_body(&file->sift, td_buf_view(&file->block));
    else
        td_sift_value(&file->sift, file->key, td_buf_view(&file->block));
}

/* ---- lines ---- */

static bool is_key_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
}

/* "key:" or "key: value"; false where it is none. */
static bool split_key(struct td_bytes line, struct td_bytes *key, struct td_bytes *value)
{
    size_t start = 0, end, after;
    if (line.len && line.data[0] == '"') {
        start = 1;
        const char *quote = memchr(line.data + 1, '"', line.len - 1);
        end = quote ? (size_t)(quote - line.data) : line.len;
        after = end + 1;
    } else {
        end = 0;
        while (end < line.len && is_key_char(line.data[end]))
            end++;
        after = end;
    }
    for (size_t i = start; i < end; i++)
        if (!is_key_char(line.data[i]))
            return false;
    if (end == start || after >= line.len || line.data[after] != ':')
        return false;
    if (after + 1 < line.len && line.data[after + 1] != ' ')
        return false;
    *key = td_bytes(line.data + start, end - start);
    *value = td_bytes_trim(td_bytes(line.data + after + 1, line.len - after - 1));
    return true;
}

/* A line of an interaction, from this column on. */
static void take_line(struct td_sift_file *file, struct td_bytes line, size_t column)
{
    struct td_bytes key, value, rest = td_bytes(line.data + column, line.len - column);
    pass_line(file, line);
    while (rest.len >= 2 && rest.data[0] == '-' && rest.data[1] == ' ') {
        size_t skip = 2;
        while (skip < rest.len && rest.data[skip] == ' ')
            skip++;
        rest = td_bytes(rest.data + skip, rest.len - skip);
        column += skip;
    }
    rest = td_bytes_trim(rest);
    if (!rest.len)
        return;
    if (rest.data[0] == '#') {
        td_sift_text(&file->sift, rest);
        return;
    }
    bool is_item = column > blanks(line);
    if (!split_key(rest, &key, &value)) {
        if (!is_item)
            file->sift.suspicious = true;
        else if (is_literal(rest))
            take_block(file, blanks(line));
        else
            take_value(file, rest);
        return;
    }
    file->key = key;
    if (is_literal(value))
        take_block(file, column);
    else
        take_value(file, value);
}

/* Where the interactions begin. */
static bool take_head(struct td_sift_file *file)
{
    bool version = false;
    if (file->text.len >= 3 && memcmp(file->text.data, "\xef\xbb\xbf", 3) == 0)
        return false;
    while (file->at < file->text.len) {
        struct td_bytes line = peek_line(file);
        pass_line(file, line);
        if (td_bytes_equal(line, TD_BYTES("version: 2")))
            version = true;
        if (!td_bytes_equal(line, TD_BYTES("interactions:")))
            continue;
        file->head = file->at;
        if (!version || file->at == file->text.len)
            return false;
        line = peek_line(file);
        file->column = blanks(line);
        return line.len > file->column + 1 && line.data[file->column] == '-' &&
               line.data[file->column + 1] == ' ';
    }
    return false;
}

static bool is_item(const struct td_sift_file *file, struct td_bytes line, size_t before)
{
    return before == file->column && line.len > before + 1 && line.data[before] == '-' &&
           line.data[before + 1] == ' ';
}

bool td_sift_file_next(struct td_sift_file *file, struct td_sift_item *item)
{
    if (!file->head && !take_head(file))
        file->odd = true;
    if (file->odd || file->at >= file->text.len)
        return false;
    *item = (struct td_sift_item){.start = file->at, .line = file->line};
    file->sift.suspicious = false;
    file->key = td_bytes("", 0);
    while (file->at < file->text.len) {
        struct td_bytes line = peek_line(file);
        size_t before = blanks(line);
        if (before == line.len) {
            pass_line(file, line);
            continue;
        }
        if (file->at > item->start && is_item(file, line, before))
            break;
        if (file->at > item->start && before <= file->column && line.data[before] != '#') {
            file->odd = true; /* something that is beside the interactions */
            return false;
        }
        take_line(file, line, before);
    }
    item->end = file->at;
    item->suspicious = file->sift.suspicious;
    return !file->sift.failed;
}
