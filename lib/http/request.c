/* SPDX-License-Identifier: MIT */
/*
 * The request parser. A head (and a trailer section) is gathered line by line and taken apart only
 * when it is whole; of a body nothing is kept but the content. So a request reads the same however
 * its bytes were cut, and each byte is looked at a fixed number of times.
 */
#include "http/request.h"

#include "base/grow.h"
#include "http/token.h"

#include <stdlib.h>

/* What the next byte belongs to. */
enum phase {
    PHASE_HEAD,
    PHASE_LENGTH,    /* a body whose length the head told */
    PHASE_SIZE,      /* the digits of a chunk's size */
    PHASE_EXTENSION, /* the rest of the size line; it means nothing here */
    PHASE_SIZE_LF,
    PHASE_DATA,
    PHASE_DATA_CR, /* the line end after a chunk */
    PHASE_DATA_LF,
    PHASE_TRAILER,
    PHASE_DONE,
    PHASE_BROKEN,
};

enum {
    MAX_SIZE_LINE = 16 * 1024, /* with its extensions */
};

/* Lines up to an empty one, and the fields that they hold: a head, or a trailer section. */
struct section {
    struct td_buf text;
    size_t line; /* where the unfinished line starts */
    struct td_field *fields;
    size_t count;
    size_t cap;
};

struct td_request_parser {
    enum phase phase;
    struct section head;
    struct section trailer;
    struct td_buf body;
    uint64_t left;    /* bytes still to come of the body, or of the chunk */
    unsigned digits;  /* of the chunk's size so far */
    size_t size_line; /* bytes of the size line so far */
    size_t max_body;
    struct td_request request;
};

struct td_request_parser *td_request_parser_new(void)
{
    struct td_request_parser *parser = calloc(1, sizeof *parser);
    if (parser)
        parser->max_body = TD_REQUEST_MAX_BODY;
    return parser;
}

static void section_release(struct section *section)
{
    td_buf_release(&section->text);
    free(section->fields);
}

static void section_clear(struct section *section)
{
    td_buf_clear(&section->text);
    section->line = 0;
    section->count = 0;
}

void td_request_parser_free(struct td_request_parser *parser)
{
    if (!parser)
        return;
    section_release(&parser->head);
    section_release(&parser->trailer);
    td_buf_release(&parser->body);
    free(parser);
}

void td_request_parser_limit_body(struct td_request_parser *parser, size_t max_body)
{
    parser->max_body = max_body;
}

void td_request_parser_reset(struct td_request_parser *parser)
{
    section_clear(&parser->head);
    section_clear(&parser->trailer);
    td_buf_clear(&parser->body);
    parser->phase = PHASE_HEAD;
    parser->left = 0;
    parser->digits = 0;
    parser->size_line = 0;
    parser->request = (struct td_request){0};
}

const struct td_request *td_request_parser_request(const struct td_request_parser *parser)
{
    return &parser->request;
}

/* Takes bytes up to the end of the section: 1 when it is whole, 0 when more is needed. */
static int section_take(struct section *section, struct td_bytes bytes, size_t *taken,
                        struct td_error *err)
{
    const char *lf = memchr(bytes.data, '\n', bytes.len);
    size_t len = lf ? (size_t)(lf - bytes.data) + 1 : bytes.len;
    if (len > TD_REQUEST_MAX_HEAD - section->text.len)
        return td_error_set(err, TD_ERR_LIMIT, "request's header is longer than %d bytes",
                            (int)TD_REQUEST_MAX_HEAD);
    td_buf_put(&section->text, bytes.data, len);
    if (td_buf_failed(&section->text))
        return td_error_nomem(err);
    *taken = len;
    if (!lf)
        return 0;
    const char *line = section->text.data + section->line;
    bool empty = line[0] == '\n' || (line[0] == '\r' && line[1] == '\n');
    if (!empty)
        section->line = section->text.len;
    return empty;
}

static int section_add(struct section *section, struct td_field field, struct td_error *err)
{
    struct td_field *fields =
        td_grow(section->fields, section->count, &section->cap, sizeof *fields);
    if (!fields)
        return td_error_nomem(err);
    section->fields = fields;
    section->fields[section->count++] = field;
    return 0;
}

/* The next line without its end; `*at` moves on. The text always ends in an empty line. */
static struct td_bytes section_line(const struct section *section, size_t *at)
{
    const char *line = section->text.data + *at;
    const char *lf = memchr(line, '\n', section->text.len - *at);
    size_t len = (size_t)(lf - line);
    *at += len + 1;
    if (len && line[len - 1] == '\r')
        len--;
    return td_bytes(line, len);
}

/* Joins a folded line to the value before it by one space. It only ever moves bytes to the front,
 * over the line end that goes. */
static void section_fold(struct section *section, struct td_bytes more)
{
    struct td_bytes *value = &section->fields[section->count - 1].value;
    more = td_bytes_trim(more);
    if (!more.len)
        return;
    if (!value->len) {
        *value = more;
        return;
    }
    char *end = section->text.data + (value->data - section->text.data) + value->len;
    *end = ' ';
    memmove(end + 1, more.data, more.len);
    value->len += 1 + more.len;
}

/* Takes the lines from `at` on apart. */
static int section_parse(struct section *section, size_t at, struct td_fields *fields,
                         struct td_error *err)
{
    for (unsigned number = 1;; number++) {
        struct td_bytes line = section_line(section, &at);
        if (!line.len)
            break;
        if (memchr(line.data, '\0', line.len) || memchr(line.data, '\r', line.len))
            return td_error_set(err, TD_ERR_SYNTAX,
                                "header line %u holds a NUL or a carriage return", number);
        if (line.data[0] == ' ' || line.data[0] == '\t') {
            if (!section->count)
                return td_error_set(err, TD_ERR_SYNTAX, "header line %u starts with white space",
                                    number);
            section_fold(section, line);
            continue;
        }
        const char *colon = memchr(line.data, ':', line.len);
        if (!colon)
            return td_error_set(err, TD_ERR_SYNTAX, "header line %u has no colon", number);
        struct td_bytes name = td_bytes(line.data, (size_t)(colon - line.data));
        struct td_bytes value = td_bytes(colon + 1, line.len - name.len - 1);
        if (!td_token_valid(name))
            return td_error_set(err, TD_ERR_SYNTAX, "header line %u has no valid name", number);
        int status = section_add(section, (struct td_field){name, td_bytes_trim(value)}, err);
        if (status < 0)
            return status;
    }
    *fields = (struct td_fields){section->fields, section->count};
    return 0;
}

static int parse_request_line(struct td_request *request, struct td_bytes line,
                              struct td_error *err)
{
    const char *end = line.data + line.len;
    const char *space = memchr(line.data, ' ', line.len);
    const char *second = space ? memchr(space + 1, ' ', (size_t)(end - space - 1)) : NULL;
    if (!second)
        return td_error_set(err, TD_ERR_SYNTAX,
                            "request line is not a method, a target and a version");
    request->method = td_bytes(line.data, (size_t)(space - line.data));
    request->target = td_bytes(space + 1, (size_t)(second - space - 1));
    struct td_bytes version = td_bytes(second + 1, (size_t)(end - second - 1));
    if (!td_token_valid(request->method))
        return td_error_set(err, TD_ERR_SYNTAX, "request line has no valid method");
    if (!request->target.len)
        return td_error_set(err, TD_ERR_SYNTAX, "request line has no target");
    for (size_t i = 0; i < request->target.len; i++)
        if ((unsigned char)request->target.data[i] < 0x20 || request->target.data[i] == 0x7f)
            return td_error_set(err, TD_ERR_SYNTAX, "request's target holds a control character");
    if (version.len != 8 || memcmp(version.data, "HTTP/1.", 7) != 0 || version.data[7] < '0' ||
        version.data[7] > '9')
        return td_error_set(err, TD_ERR_SYNTAX, "version '%.*s' is not HTTP/1.x",
                            version.len < 32 ? (int)version.len : 32, version.data);
    request->version_minor = version.data[7] - '0';
    return 0;
}

/* What the head says of the body and of the connection. */
struct framing {
    bool has_length;
    uint64_t length;
    bool chunked;
    bool close;
    bool keep_alive;
    bool expects_continue;
};

/* Several lengths are one where they are the same (RFC 9112, 6.3). */
static int read_length(struct framing *framing, struct td_bytes list, struct td_error *err)
{
    struct td_bytes whole = list, element;
    bool any = false;
    while (td_element_next(&list, &element)) {
        uint64_t length;
        any = td_bytes_to_u64(element, &length);
        if (!any)
            break;
        if (framing->has_length && framing->length != length)
            return td_error_set(err, TD_ERR_SYNTAX,
                                "two values of Content-Length, '%llu' and '%llu'",
                                (unsigned long long)framing->length, (unsigned long long)length);
        framing->has_length = true;
        framing->length = length;
    }
    if (any)
        return 0;
    return td_error_set(err, TD_ERR_SYNTAX, "Content-Length '%.*s' is not a number",
                        whole.len < 32 ? (int)whole.len : 32, whole.data);
}

static int read_coding(struct framing *framing, struct td_bytes list, struct td_error *err)
{
    struct td_bytes coding;
    while (td_element_next(&list, &coding)) {
        if (!td_bytes_equal_nocase(coding, TD_BYTES("chunked")))
            return td_error_set(err, TD_ERR_SYNTAX,
                                "transfer coding '%.*s' of the request is not known, only "
                                "'chunked' is",
                                coding.len < 32 ? (int)coding.len : 32, coding.data);
        if (framing->chunked)
            return td_error_set(err, TD_ERR_SYNTAX, "transfer coding 'chunked' is given twice");
        framing->chunked = true;
    }
    return 0;
}

static int read_framing(struct framing *framing, const struct td_fields *headers,
                        struct td_error *err)
{
    int status = 0;
    for (size_t i = 0; i < headers->count && status == 0; i++) {
        struct td_bytes name = headers->items[i].name, value = headers->items[i].value;
        if (td_bytes_equal_nocase(name, TD_BYTES("Content-Length"))) {
            status = read_length(framing, value, err);
        } else if (td_bytes_equal_nocase(name, TD_BYTES("Transfer-Encoding"))) {
            status = read_coding(framing, value, err);
        } else if (td_bytes_equal_nocase(name, TD_BYTES("Connection"))) {
            framing->close |= td_element_in(value, TD_BYTES("close"));
            framing->keep_alive |= td_element_in(value, TD_BYTES("keep-alive"));
        } else if (td_bytes_equal_nocase(name, TD_BYTES("Expect"))) {
            framing->expects_continue |= td_element_in(value, TD_BYTES("100-continue"));
        }
    }
    return status;
}

static int check_body(const struct td_request_parser *parser, uint64_t more, struct td_error *err)
{
    if (more <= parser->max_body && parser->body.len <= parser->max_body - more)
        return 0;
    return td_error_set(err, TD_ERR_LIMIT, "request's body is longer than %zu bytes",
                        parser->max_body);
}

static void finish(struct td_request_parser *parser)
{
    parser->request.body = td_buf_view(&parser->body);
    parser->phase = PHASE_DONE;
}

static int head_done(struct td_request_parser *parser, struct td_error *err)
{
    struct td_request *request = &parser->request;
    struct framing framing = {0};
    size_t at = 0;
    struct td_bytes line = section_line(&parser->head, &at);
    int status = parse_request_line(request, line, err);
    if (status == 0)
        status = section_parse(&parser->head, at, &request->headers, err);
    if (status == 0)
        status = read_framing(&framing, &request->headers, err);
    if (status < 0)
        return status;
    bool old = request->version_minor == 0;
    request->expects_continue = framing.expects_continue && !old;
    request->wants_close = framing.close || (old && !framing.keep_alive);
    /* Where both are given the chunks count, as RFC 9112, 6.3 has it. */
    if (framing.chunked) {
        parser->phase = PHASE_SIZE;
    } else if (framing.length) {
        parser->phase = PHASE_LENGTH;
        parser->left = framing.length;
        return check_body(parser, framing.length, err);
    } else {
        finish(parser);
    }
    return 0;
}

static int feed_head(struct td_request_parser *parser, struct td_bytes bytes, size_t *taken,
                     struct td_error *err)
{
    struct section *head = &parser->head;
    char first = bytes.data[0];
    if (!head->text.len && first != '\r' && first != '\n' && !td_token_char(first))
        return first == 0x16
                   ? td_error_set(err, TD_ERR_SYNTAX, "client speaks TLS; use 'http://' in its URL")
                   : td_error_set(err, TD_ERR_SYNTAX, "request does not begin with a method");
    int whole = section_take(head, bytes, taken, err);
    if (whole <= 0)
        return whole;
    /* Empty lines before a request mean nothing (RFC 9112, 2.2). */
    if (head->line == 0) {
        section_clear(head);
        return 0;
    }
    return head_done(parser, err);
}

static int feed_content(struct td_request_parser *parser, struct td_bytes bytes, size_t *taken,
                        struct td_error *err)
{
    size_t len = bytes.len < parser->left ? bytes.len : (size_t)parser->left;
    td_buf_put(&parser->body, bytes.data, len);
    if (td_buf_failed(&parser->body))
        return td_error_nomem(err);
    *taken = len;
    parser->left -= len;
    if (parser->left)
        return 0;
    if (parser->phase == PHASE_LENGTH)
        finish(parser);
    else
        parser->phase = PHASE_DATA_CR;
    return 0;
}

static int size_done(struct td_request_parser *parser, struct td_error *err)
{
    parser->digits = 0;
    parser->size_line = 0;
    parser->phase = parser->left ? PHASE_DATA : PHASE_TRAILER;
    return check_body(parser, parser->left, err);
}

/* One byte of a chunk's size line, or of the line end after a chunk. */
static int feed_chunk(struct td_request_parser *parser, char c, struct td_error *err)
{
    int digit = td_hex_digit(c);
    switch (parser->phase) {
    case PHASE_SIZE:
        if (digit >= 0) {
            if (parser->left >> 60)
                return td_error_set(err, TD_ERR_LIMIT, "chunk's size has too many digits");
            parser->left = parser->left << 4 | (unsigned)digit;
            parser->digits++;
            break;
        }
        if (!parser->digits || (c != ';' && c != ' ' && c != '\t' && c != '\r' && c != '\n'))
            return td_error_set(err, TD_ERR_SYNTAX, "chunk's size is not a hexadecimal number");
        __attribute__((fallthrough));
    case PHASE_EXTENSION:
        parser->phase = c == '\r' ? PHASE_SIZE_LF : PHASE_EXTENSION;
        if (c == '\n')
            return size_done(parser, err);
        break;
    case PHASE_SIZE_LF:
        if (c == '\n')
            return size_done(parser, err);
        return td_error_set(err, TD_ERR_SYNTAX, "chunk's size line has a lone carriage return");
    case PHASE_DATA_CR:
        if (c == '\r') {
            parser->phase = PHASE_DATA_LF;
            return 0;
        }
        __attribute__((fallthrough));
    default:
        if (c != '\n')
            return td_error_set(err, TD_ERR_SYNTAX, "chunk is not as long as its size says");
        parser->phase = PHASE_SIZE;
        return 0;
    }
    if (++parser->size_line > MAX_SIZE_LINE)
        return td_error_set(err, TD_ERR_LIMIT, "chunk's size line is longer than %d bytes",
                            (int)MAX_SIZE_LINE);
    return 0;
}

static int feed_trailer(struct td_request_parser *parser, struct td_bytes bytes, size_t *taken,
                        struct td_error *err)
{
    int whole = section_take(&parser->trailer, bytes, taken, err);
    if (whole <= 0)
        return whole;
    int status = section_parse(&parser->trailer, 0, &parser->request.trailers, err);
    if (status == 0)
        finish(parser);
    return status;
}

/* Takes at least one byte, unless it fails. */
static int feed_some(struct td_request_parser *parser, struct td_bytes bytes, size_t *taken,
                     struct td_error *err)
{
    switch (parser->phase) {
    case PHASE_HEAD:
        return feed_head(parser, bytes, taken, err);
    case PHASE_LENGTH:
    case PHASE_DATA:
        return feed_content(parser, bytes, taken, err);
    case PHASE_TRAILER:
        return feed_trailer(parser, bytes, taken, err);
    default:
        *taken = 1;
        return feed_chunk(parser, bytes.data[0], err);
    }
}

enum td_request_state td_request_parser_feed(struct td_request_parser *parser,
                                             struct td_bytes bytes, size_t *taken,
                                             struct td_error *err)
{
    *taken = 0;
    if (parser->phase == PHASE_BROKEN)
        td_error_set(err, TD_ERR_SYNTAX, "request before this one could not be read");
    while (*taken < bytes.len && parser->phase < PHASE_DONE) {
        size_t step = 0;
        int status =
            feed_some(parser, td_bytes(bytes.data + *taken, bytes.len - *taken), &step, err);
        *taken += step;
        if (status < 0)
            parser->phase = PHASE_BROKEN;
    }
    switch (parser->phase) {
    case PHASE_HEAD:
        return TD_REQUEST_HEAD;
    case PHASE_DONE:
        return TD_REQUEST_COMPLETE;
    case PHASE_BROKEN:
        return TD_REQUEST_BROKEN;
    default:
        return TD_REQUEST_BODY;
    }
}
