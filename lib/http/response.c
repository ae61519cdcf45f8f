/* SPDX-License-Identifier: MIT */
/*
 * The response writer. It decides once how the body is framed and what is true of it (struct plan),
 * then writes each line twice, as it goes out and as it was recorded; where the two differ there is
 * an edit. libcurl acts upon what is on the wire, the program sees what was recorded.
 *
 * Lines that are not true are not left to the client to ignore: libcurl lets chunks win over a
 * Content-Length in all versions, but other clients refuse the pair.
 */
#include "http/response.h"

#include "base/map.h"
#include "http/reason.h"
#include "http/token.h"

#include <stdlib.h>

/* How a response is sent. */
struct plan {
    int code;
    struct td_bytes reason;
    bool bodyless;
    enum td_framing framing;
    int64_t length;      /* what a Content-Length may say; -1: there is to be none */
    bool coding_headers; /* Transfer-Encoding stands among the headers */
    bool decoded;        /* the body is not coded as Content-Encoding says */
};

/* Where a line that differs lies in the two buffers, which may still move. */
struct span {
    size_t wire, wire_end, recorded, recorded_end;
};

/* The lines of the head in the order in which they came: the recorded fields, and those that the
 * format has dropped and the response's shape remembers. */
struct lines {
    struct td_field *items;
    bool *dropped;
    size_t count;
    struct td_buf texts; /* of what was dropped */
};

struct writer {
    struct td_head *head;
    const struct plan *plan;
    struct span line;    /* the line that is being written */
    struct td_buf spans; /* of struct span */
    unsigned placeholders;
    bool length_sent;
    bool chunked_sent;
};

void td_head_init(struct td_head *head)
{
    *head = (struct td_head){0};
}

void td_head_release(struct td_head *head)
{
    td_buf_release(&head->wire);
    td_buf_release(&head->recorded);
    td_buf_release(&head->tail);
    free(head->edits);
    td_head_init(head);
}

static void head_clear(struct td_head *head)
{
    td_buf_clear(&head->wire);
    td_buf_clear(&head->recorded);
    td_buf_clear(&head->tail);
    free(head->edits);
    head->edits = NULL;
    head->edit_count = 0;
    head->framing = TD_FRAMING_NONE;
}

static bool code_bodyless(int code)
{
    return (code >= 100 && code < 200) || code == 204 || code == 304;
}

bool td_head_bodyless(struct td_bytes method, int code)
{
    return code_bodyless(code) || td_bytes_equal(method, TD_BYTES("HEAD"));
}

/* ---- Lines ---- */

static void line_begin(struct writer *writer)
{
    writer->line.wire = writer->head->wire.len;
    writer->line.recorded = writer->head->recorded.len;
}

static struct td_bytes part(const struct td_buf *buf, size_t start, size_t end)
{
    return start < end ? td_bytes(buf->data + start, end - start) : td_bytes(NULL, 0);
}

static void line_end(struct writer *writer)
{
    const struct td_buf *wire = &writer->head->wire, *recorded = &writer->head->recorded;
    struct span *line = &writer->line;
    line->wire_end = wire->len;
    line->recorded_end = recorded->len;
    if (!td_bytes_equal(part(wire, line->wire, line->wire_end),
                        part(recorded, line->recorded, line->recorded_end)))
        td_buf_put(&writer->spans, line, sizeof *line);
}

/* A line cannot hold what would end it, nor a NUL, at which libcurl gives up. */
static void put_clean(struct td_buf *out, struct td_bytes text)
{
    size_t at = out->len;
    td_buf_put_bytes(out, text);
    for (; at < out->len; at++)
        if (out->data[at] == '\r' || out->data[at] == '\n' || out->data[at] == '\0')
            out->data[at] = ' ';
}

static void put_field(struct td_buf *out, struct td_bytes name, struct td_bytes value)
{
    put_clean(out, name);
    td_buf_put_text(out, ": ");
    put_clean(out, value);
    td_buf_put_text(out, "\r\n");
}

static void put_placeholder(struct writer *writer)
{
    td_buf_printf(&writer->head->wire, TD_HEAD_PLACEHOLDER ": %u\r\n", ++writer->placeholders);
}

/* Gives the edits their addresses, now that the buffers are complete. */
static int finish(struct writer *writer, struct td_error *err)
{
    struct td_head *head = writer->head;
    size_t count = writer->spans.len / sizeof(struct span);
    bool failed = td_buf_failed(&head->wire) || td_buf_failed(&head->recorded) ||
                  td_buf_failed(&head->tail) || td_buf_failed(&writer->spans);
    if (!failed && count) {
        head->edits = calloc(count, sizeof *head->edits);
        failed = !head->edits;
    }
    for (size_t i = 0; !failed && i < count; i++) {
        struct span line;
        memcpy(&line, writer->spans.data + i * sizeof line, sizeof line);
        head->edits[i].wire = part(&head->wire, line.wire, line.wire_end);
        head->edits[i].recorded = part(&head->recorded, line.recorded, line.recorded_end);
        head->edit_count = i + 1;
    }
    td_buf_release(&writer->spans);
    return failed ? td_error_nomem(err) : 0;
}

/* ---- Status line ---- */

/* The recorded status is "200 OK"; recorders also leave it out, or write the reason alone. */
static void plan_status(struct plan *plan, const struct td_recorded_response *response)
{
    struct td_bytes text = response->status;
    uint64_t number = 0;
    bool numbered = text.len >= 3 && td_bytes_to_u64(td_bytes(text.data, 3), &number) &&
                    (text.len == 3 || text.data[3] == ' ');
    plan->code = response->code ? response->code : (int)number;
    if (!text.len || (numbered && (int)number != plan->code))
        plan->reason = td_bytes_of(td_reason_of(plan->code));
    else if (!numbered)
        plan->reason = text;
    else
        plan->reason = text.len > 4 ? td_bytes(text.data + 4, text.len - 4) : td_bytes("", 0);
}

/* What libcurl shows of a protocol in a status line, or makes up for it (HTTP/2 has none). */
static const char *shown_version(const struct td_message *message)
{
    struct td_bytes proto = message->proto;
    int major = message->proto_major, minor = message->proto_minor;
    if (td_bytes_starts_nocase(proto, TD_BYTES("HTTP/")) && proto.len > 5 && proto.data[5] >= '1' &&
        proto.data[5] <= '9') {
        major = proto.data[5] - '0';
        minor = proto.len > 7 && proto.data[6] == '.' ? proto.data[7] - '0' : 0;
    } else if (!major) {
        return "HTTP/1.1";
    }
    if (major == 1)
        return minor == 0 ? "HTTP/1.0" : "HTTP/1.1";
    return major == 2 ? "HTTP/2" : major == 3 ? "HTTP/3" : "HTTP/1.1";
}

static void write_status(struct writer *writer, const struct td_message *message)
{
    struct td_buf *wire = &writer->head->wire, *recorded = &writer->head->recorded;
    const struct plan *plan = writer->plan;
    const char *version = shown_version(message);
    line_begin(writer);
    td_buf_printf(wire, "HTTP/1.1 %d ", plan->code);
    put_clean(wire, plan->reason);
    td_buf_put_text(wire, "\r\n");
    td_buf_printf(recorded, "%s %d ", version, plan->code);
    if (version[5] == '1')
        put_clean(recorded, plan->reason);
    td_buf_put_text(recorded, "\r\n");
    line_end(writer);
}

/* The heads that came before, as a 103 (Early Hints). A 101 goes out under another number: the tape
 * does not switch to anything. */
static void write_interim(struct writer *writer, const struct td_recorded_response *response)
{
    struct td_buf *wire = &writer->head->wire, *recorded = &writer->head->recorded;
    const struct td_list *heads = &response->shape.interim;
    const char *version = shown_version(&response->message);
    for (size_t i = 0; i < heads->count; i++) {
        struct td_bytes rest = heads->items[i];
        if (rest.len < 3 || rest.data[0] != '1')
            continue; /* no provisional one, and so the end of all */
        bool switches = td_bytes_starts_nocase(rest, TD_BYTES("101"));
        for (bool first = true; rest.len; first = false) {
            const char *end = memchr(rest.data, '\n', rest.len);
            size_t len = end ? (size_t)(end - rest.data) : rest.len;
            struct td_bytes line = td_bytes(rest.data, len);
            rest = td_bytes(rest.data + len + (end != NULL), rest.len - len - (end != NULL));
            if (!line.len)
                continue;
            line_begin(writer);
            if (first) {
                td_buf_printf(recorded, "%s ", version);
                td_buf_put_text(wire, switches ? "HTTP/1.1 103" : "HTTP/1.1 ");
                put_clean(wire, switches ? td_bytes(line.data + 3, line.len - 3) : line);
            } else {
                put_clean(wire, line);
            }
            put_clean(recorded, line);
            td_buf_put_text(wire, "\r\n");
            td_buf_put_text(recorded, "\r\n");
            line_end(writer);
        }
        td_buf_put_text(wire, "\r\n");
        td_buf_put_text(recorded, "\r\n");
    }
}

/* ---- Content coding ---- */

/* Whether the first bytes are UTF-8 text, which no compressed stream is: those hold controls and
 * bytes that are not UTF-8 from their first few bytes on. */
static bool looks_like_text(struct td_bytes body)
{
    size_t len = body.len < 4096 ? body.len : 4096;
    for (size_t i = 0; i < len;) {
        unsigned char c = (unsigned char)body.data[i++];
        if (c < 0x80) {
            if ((c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7f)
                return false;
            continue;
        }
        size_t more = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : 1;
        if (c < 0xc2 || c > 0xf4)
            return false;
        for (; more && i < len; more--, i++)
            if (((unsigned char)body.data[i] & 0xc0) != 0x80)
                return false;
    }
    return true;
}

/* Whether a body can be what this coding makes. Where a coding has no magic bytes (br, deflate
 * without its zlib head), text is taken for decoded. Codings that are not known are believed. */
static bool may_be_coded(struct td_bytes body, struct td_bytes coding)
{
    static const struct {
        const char *coding;
        const char *magic;
    } table[] = {
        {"gzip", "\x1f\x8b"},
        {"x-gzip", "\x1f\x8b"},
        {"zstd", "\x28\xb5\x2f\xfd"},
        {"compress", "\x1f\x9d"},
        {"br", ""},
        {"deflate", ""},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        size_t len = strlen(table[i].magic);
        if (!td_bytes_equal_nocase(coding, td_bytes_of(table[i].coding)))
            continue;
        return len ? body.len >= len && memcmp(body.data, table[i].magic, len) == 0
                   : !looks_like_text(body);
    }
    return true;
}

/* ---- Plan ---- */

static bool is_named(const struct td_field *field, const char *name)
{
    return td_bytes_equal_nocase(field->name, td_bytes_of(name));
}

static bool length_is(struct td_bytes value, uint64_t length)
{
    uint64_t number;
    return td_bytes_to_u64(td_bytes_trim(value), &number) && number == length;
}

static void plan_body(struct plan *plan, const struct td_recorded_response *response,
                      struct td_bytes method)
{
    const struct td_message *message = &response->message;
    struct td_bytes body = message->body, coding = {0}, element;
    bool length_given = false, length_true = true;
    bool chunked = message->trailer.count > 0;
    for (size_t i = 0; i < message->transfer_encoding.count; i++)
        chunked |= td_element_in(message->transfer_encoding.items[i], TD_BYTES("chunked"));
    for (size_t i = 0; i < message->headers.count; i++) {
        const struct td_field *field = &message->headers.items[i];
        struct td_bytes list = field->value;
        if (is_named(field, "Content-Length")) {
            length_given = true;
            length_true &= length_is(field->value, body.len);
        } else if (is_named(field, "Transfer-Encoding")) {
            plan->coding_headers = true;
            chunked |= td_element_in(list, TD_BYTES("chunked"));
        } else if (is_named(field, "Content-Encoding")) {
            while (td_element_next(&list, &element))
                coding = element; /* the last one was applied last */
        }
    }
    plan->length = -1;
    plan->bodyless = td_head_bodyless(method, plan->code);
    if (plan->bodyless) {
        /* A HEAD tells what a GET would have got. */
        if (!length_given && !code_bodyless(plan->code) && message->content_length > 0)
            plan->length = message->content_length;
        plan->framing = TD_FRAMING_NONE;
        return;
    }
    /* A body that did not come to its end is announced in full. */
    if (response->shape.broken.len && message->content_length > 0 && !chunked &&
        (uint64_t)message->content_length > body.len) {
        plan->framing = TD_FRAMING_LENGTH;
        plan->length = message->content_length;
        return;
    }
    if (!length_given)
        length_true = message->content_length >= 0 && (uint64_t)message->content_length == body.len;
    plan->framing = chunked || !length_true ? TD_FRAMING_CHUNKED : TD_FRAMING_LENGTH;
    if (plan->framing == TD_FRAMING_LENGTH)
        plan->length = (int64_t)body.len;
    plan->decoded =
        coding.len && body.len && (response->uncompressed || !may_be_coded(body, coding));
}

/* Whether a recorded field can be on the wire; if not, a placeholder is. */
static bool may_be_sent(struct writer *writer, const struct td_field *field)
{
    const struct plan *plan = writer->plan;
    if (!td_token_valid(field->name) || is_named(field, TD_HEAD_PLACEHOLDER))
        return false;
    if (plan->bodyless)
        return true;
    if (is_named(field, "Content-Length")) {
        bool first = !writer->length_sent;
        writer->length_sent |= plan->framing == TD_FRAMING_LENGTH;
        return first && writer->length_sent;
    }
    if (is_named(field, "Transfer-Encoding")) {
        bool first = !writer->chunked_sent;
        writer->chunked_sent |=
            plan->framing == TD_FRAMING_CHUNKED &&
            td_bytes_equal_nocase(td_bytes_trim(field->value), TD_BYTES("chunked"));
        return first && writer->chunked_sent;
    }
    return !(plan->decoded && is_named(field, "Content-Encoding"));
}

/* A line that the format has dropped is not true of the body, but for the one that says that it
 * comes in chunks. */
static bool is_chunked_line(struct writer *writer, const struct td_field *field)
{
    return is_named(field, "Transfer-Encoding") && may_be_sent(writer, field);
}

/* ---- Fields ---- */

/* "name" or "name=value%20of%20a%20line" off the front of a shape's head, as they stand there. */
static bool next_shown(struct td_bytes *head, struct td_bytes *name, struct td_bytes *value)
{
    if (!head->len)
        return false;
    const char *end = memchr(head->data, ' ', head->len);
    size_t len = end ? (size_t)(end - head->data) : head->len;
    const char *equals = len ? memchr(head->data, '=', len) : NULL;
    *name = td_bytes(head->data, equals ? (size_t)(equals - head->data) : len);
    *value = equals ? td_bytes(equals + 1, len - name->len - 1) : td_bytes(NULL, 0);
    *head = td_bytes(head->data + len + (end != NULL), head->len - len - (end != NULL));
    return name->len > 0;
}

static struct td_bytes put_decoded(struct td_buf *texts, struct td_bytes value)
{
    size_t start = texts->len;
    for (size_t i = 0; i < value.len; i++) {
        int byte = td_percent_byte(td_bytes_from(value, i));
        td_buf_put_char(texts, byte >= 0 ? (char)byte : value.data[i]);
        i += byte >= 0 ? 2 : 0;
    }
    return td_bytes(texts->data + start, texts->len - start);
}

/* A name in lower case, for a table. */
static struct td_hash name_hash(struct td_bytes name)
{
    char lower[128];
    size_t len = name.len < sizeof lower ? name.len : sizeof lower;
    for (size_t i = 0; i < len; i++)
        lower[i] =
            name.data[i] >= 'A' && name.data[i] <= 'Z' ? (char)(name.data[i] + 32) : name.data[i];
    return td_hash_bytes(td_bytes(lower, len));
}

/* The first field of that name that has no line yet, or SIZE_MAX. Fields of one name stand side by
 * side: the next one of a name is behind the last one. */
static size_t take_field(const struct td_fields *fields, bool *taken, struct td_map *next,
                         struct td_bytes name)
{
    uintptr_t from = (uintptr_t)td_map_get(next, name_hash(name));
    for (size_t i = from ? from - 1 : fields->count; i < fields->count; i++) {
        if (taken[i] || !td_bytes_equal_nocase(fields->items[i].name, name))
            continue;
        taken[i] = true;
        td_map_put(next, name_hash(name), (void *)(uintptr_t)(i + 2));
        return i;
    }
    return SIZE_MAX;
}

static void lines_release(struct lines *lines)
{
    free(lines->items);
    free(lines->dropped);
    td_buf_release(&lines->texts);
}

/* What a hand has changed in the headers since comes last, or not at all. */
static bool lines_init(struct lines *lines, const struct td_recorded_response *response)
{
    const struct td_fields *fields = &response->message.headers;
    struct td_bytes head = response->shape.head, name, value;
    size_t most = fields->count + 1;
    for (size_t i = 0; i < head.len; i++)
        most += head.data[i] == ' ' || i == 0;
    *lines = (struct lines){.items = calloc(most, sizeof *lines->items),
                            .dropped = calloc(most, sizeof *lines->dropped)};
    bool *taken = calloc(fields->count + 1, sizeof *taken);
    struct td_map next = {0};
    bool ok = lines->items && lines->dropped && taken;
    /* Room first: what was decoded is pointed to. */
    td_buf_reserve(&lines->texts, head.len + 1);
    for (size_t i = fields->count; ok && head.len && i > 0; i--)
        ok = td_map_put(&next, name_hash(fields->items[i - 1].name), (void *)i) >= 0;
    while (ok && next_shown(&head, &name, &value)) {
        name = put_decoded(&lines->texts, name);
        if (value.data) {
            lines->dropped[lines->count] = true;
            lines->items[lines->count++] =
                (struct td_field){name, put_decoded(&lines->texts, value)};
            continue;
        }
        size_t i = take_field(fields, taken, &next, name);
        if (i != SIZE_MAX)
            lines->items[lines->count++] = (struct td_field){name, fields->items[i].value};
    }
    for (size_t i = 0; ok && i < fields->count; i++)
        if (!taken[i])
            lines->items[lines->count++] = fields->items[i];
    td_map_release(&next);
    free(taken);
    return ok && !td_buf_failed(&lines->texts);
}

static void write_fields(struct writer *writer, const struct lines *lines, td_head_rewrite *rewrite,
                         void *context)
{
    struct td_buf other;
    td_buf_init(&other);
    for (size_t i = 0; i < lines->count; i++) {
        const struct td_field *field = &lines->items[i];
        struct td_bytes value = field->value;
        line_begin(writer);
        put_field(&writer->head->recorded, field->name, value);
        td_buf_clear(&other);
        if (lines->dropped[i] ? !is_chunked_line(writer, field) : !may_be_sent(writer, field)) {
            put_placeholder(writer);
        } else {
            if (rewrite && rewrite(context, field->name, value, &other))
                value = td_buf_view(&other);
            put_field(&writer->head->wire, field->name, value);
        }
        /* What could not be rewritten must not go out as it is. */
        if (td_buf_failed(&other))
            writer->head->wire.failed = true;
        line_end(writer);
    }
    td_buf_release(&other);
}

/* The lines that the framing needs, or that were recorded as a key of their own. */
static void write_framing(struct writer *writer, const struct td_message *message)
{
    struct td_buf *wire = &writer->head->wire, *recorded = &writer->head->recorded;
    const struct plan *plan = writer->plan;
    const struct td_list *codings = &message->transfer_encoding;
    if (plan->length >= 0 && !writer->length_sent) {
        line_begin(writer);
        td_buf_printf(wire, "Content-Length: %lld\r\n", (long long)plan->length);
        line_end(writer);
    }
    bool show = codings->count && !plan->coding_headers && !code_bodyless(plan->code);
    bool send = plan->framing == TD_FRAMING_CHUNKED && !writer->chunked_sent;
    if (!show && !send)
        return;
    line_begin(writer);
    for (size_t i = 0; show && i < codings->count; i++) {
        td_buf_put_text(recorded, i ? ", " : "Transfer-Encoding: ");
        put_clean(recorded, codings->items[i]);
    }
    if (show)
        td_buf_put_text(recorded, "\r\n");
    if (send)
        td_buf_put_text(wire, "Transfer-Encoding: chunked\r\n");
    else
        put_placeholder(writer);
    line_end(writer);
}

static void write_tail(struct td_head *head, const struct td_fields *trailer)
{
    td_buf_put_text(&head->tail, "0\r\n");
    for (size_t i = 0; i < trailer->count; i++)
        if (td_token_valid(trailer->items[i].name))
            put_field(&head->tail, trailer->items[i].name, trailer->items[i].value);
    td_buf_put_text(&head->tail, "\r\n");
}

int td_head_write(struct td_head *head, const struct td_recorded_response *response,
                  struct td_bytes method, td_head_rewrite *rewrite, void *context,
                  struct td_error *err)
{
    const struct td_message *message = &response->message;
    struct plan plan = {0};
    struct writer writer = {.head = head, .plan = &plan};
    head_clear(head);
    plan_status(&plan, response);
    if (plan.code < 100 || plan.code > 999)
        return td_error_set(err, TD_ERR_FORMAT, "response's status code '%d' is not HTTP's",
                            plan.code);
    plan_body(&plan, response, method);
    head->code = plan.code;
    head->framing = plan.framing;
    write_interim(&writer, response);
    write_status(&writer, message);
    struct lines lines;
    bool sorted = lines_init(&lines, response);
    for (size_t i = 0; i < lines.count; i++)
        plan.coding_headers |= is_named(&lines.items[i], "Transfer-Encoding");
    if (sorted)
        write_fields(&writer, &lines, rewrite, context);
    else
        head->wire.failed = true;
    lines_release(&lines);
    write_framing(&writer, message);
    td_buf_put_text(&head->wire, "\r\n");
    td_buf_put_text(&head->recorded, "\r\n");
    if (head->framing == TD_FRAMING_CHUNKED)
        write_tail(head, &message->trailer);
    return finish(&writer, err);
}

int td_head_write_continue(struct td_head *head, struct td_error *err)
{
    struct writer writer = {.head = head};
    head_clear(head);
    head->code = 100;
    line_begin(&writer);
    td_buf_put_text(&head->wire, "HTTP/1.1 100 Continue\r\n");
    line_end(&writer);
    line_begin(&writer);
    td_buf_put_text(&head->wire, "\r\n");
    line_end(&writer);
    return finish(&writer, err);
}
