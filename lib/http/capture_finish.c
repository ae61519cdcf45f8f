/* SPDX-License-Identifier: MIT */
/* From an exchange that was captured to the interaction that a cassette keeps of it. */
#include <stdlib.h>

#include "http/capture.h"
#include "http/form.h"
#include "http/reason.h"
#include "http/request.h"
#include "http/token.h"

static bool next_line(struct td_bytes *text, struct td_bytes *line)
{
    if (!text->len)
        return false;
    const char *end = memchr(text->data, '\n', text->len);
    size_t len = end ? (size_t)(end - text->data) : text->len;
    size_t step = end ? len + 1 : len;
    *line = td_bytes(text->data, len && text->data[len - 1] == '\r' ? len - 1 : len);
    *text = td_bytes(text->data + step, text->len - step);
    return true;
}

static bool split_field(struct td_bytes line, struct td_bytes *name, struct td_bytes *value)
{
    const char *colon = line.len ? memchr(line.data, ':', line.len) : NULL;
    if (!colon)
        return false;
    *name = td_bytes_trim(td_bytes(line.data, (size_t)(colon - line.data)));
    *value = td_bytes_trim(td_bytes(colon + 1, line.len - (size_t)(colon - line.data) - 1));
    return name->len > 0;
}

static bool is(struct td_bytes name, const char *wanted)
{
    return td_bytes_equal_nocase(name, td_bytes_of(wanted));
}

struct finishing {
    const struct td_capture *capture;
    const struct td_capture_end *end;
    struct td_arena *arena;
    struct td_interaction *interaction;
    bool failed; /* memory ran out */
};

static struct td_bytes keep(struct finishing *f, struct td_bytes text)
{
    struct td_bytes copy = td_arena_copy(f->arena, text);
    f->failed = f->failed || !copy.data;
    return copy;
}

/* As Go's textproto.CanonicalMIMEHeaderKey has it: "x-API-key" is "X-Api-Key"; what is not a token
 * stays. */
static struct td_bytes keep_canonical(struct finishing *f, struct td_bytes name)
{
    struct td_bytes copy = keep(f, name);
    bool start = true;
    if (!copy.data || !td_token_valid(name))
        return copy;
    for (size_t i = 0; i < copy.len; i++) {
        char *c = (char *)copy.data + i;
        if (start && *c >= 'a' && *c <= 'z')
            *c = (char)(*c - 'a' + 'A');
        else if (!start && *c >= 'A' && *c <= 'Z')
            *c = (char)(*c - 'A' + 'a');
        start = *c == '-';
    }
    return copy;
}

/* A growing list in the arena: an upper bound of it is known. */
static void *room(struct finishing *f, size_t count, size_t size)
{
    void *memory = count ? td_arena_alloc(f->arena, count * size) : NULL;
    f->failed = f->failed || (count && !memory);
    return memory;
}

static size_t count_lines(struct td_bytes text)
{
    size_t count = 1;
    for (size_t i = 0; i < text.len; i++)
        count += text.data[i] == '\n';
    return count;
}

static void put_proto(struct td_message *message, struct td_bytes version)
{
    /* "HTTP/2" is libcurl's; Go says "HTTP/2.0". */
    message->proto_major = version.len > 5 ? version.data[5] - '0' : 1;
    message->proto_minor = version.len > 7 && version.data[6] == '.' ? version.data[7] - '0' : 0;
    message->proto = message->proto_major == 2   ? TD_BYTES("HTTP/2.0")
                     : message->proto_major == 3 ? TD_BYTES("HTTP/3.0")
                     : message->proto_minor == 0 ? TD_BYTES("HTTP/1.0")
                                                 : TD_BYTES("HTTP/1.1");
}

/* ---- the request ---- */

/* A chunk of the chunked coding: how much it holds, and where that ends on the wire. */
struct frame {
    uint32_t len;
    size_t end;
};

/* A body off its chunks, each of which is told in `frames`, if that is not NULL, and what comes
 * behind them. False where their end is not there. */
static bool unchunk(struct td_bytes text, struct td_buf *out, struct td_buf *frames,
                    struct td_bytes *trailers)
{
    const char *start = text.data;
    while (text.len) {
        const char *end = memchr(text.data, '\n', text.len);
        size_t size = 0, at = 0;
        if (!end)
            return false;
        size_t line = (size_t)(end - text.data) + 1;
        for (; at < line; at++) {
            int digit = td_hex_digit(text.data[at]);
            if (digit < 0 || size > SIZE_MAX / 32)
                break;
            size = size * 16 + (size_t)digit;
        }
        text = td_bytes(text.data + line, text.len - line);
        if (!at)
            return false;
        if (!size) {
            *trailers = text;
            return true;
        }
        size_t step = size < text.len ? size : text.len;
        struct frame frame = {(uint32_t)step, (size_t)(text.data - start) + step};
        td_buf_put(out, text.data, step);
        if (frames && step)
            td_buf_put(frames, &frame, sizeof frame);
        while (step < text.len && step < size + 2 &&
               (text.data[step] == '\r' || text.data[step] == '\n'))
            step++;
        text = td_bytes(text.data + step, text.len - step);
    }
    return false;
}

/* A transfer coding of the body, undone. */
static void unchunk_request(struct finishing *f, struct td_message *message)
{
    struct td_request_parser *parser = td_request_parser_new();
    struct td_bytes head = td_buf_view(&f->capture->sent_head);
    struct td_bytes body = td_buf_view(&f->capture->sent_body);
    size_t taken;
    f->failed = f->failed || !parser;
    if (!parser)
        return;
    td_request_parser_feed(parser, head, &taken, NULL);
    if (td_request_parser_feed(parser, body, &taken, NULL) != TD_REQUEST_COMPLETE) {
        /* The server did not want all of it. */
        struct td_bytes trailers;
        struct td_buf plain;
        td_buf_init(&plain);
        unchunk(body, &plain, NULL, &trailers);
        message->body = keep(f, td_buf_view(&plain));
        td_buf_release(&plain);
    } else {
        const struct td_request *request = td_request_parser_request(parser);
        message->body = keep(f, request->body);
        struct td_field *trailers = room(f, request->trailers.count, sizeof *trailers);
        for (size_t i = 0; trailers && i < request->trailers.count; i++)
            trailers[i] = (struct td_field){keep_canonical(f, request->trailers.items[i].name),
                                            keep(f, request->trailers.items[i].value)};
        message->trailer = (struct td_fields){trailers, trailers ? request->trailers.count : 0};
    }
    td_request_parser_free(parser);
}

static void put_form(struct finishing *f, struct td_recorded_request *request)
{
    struct td_bytes type;
    static const char wanted[] = "application/x-www-form-urlencoded";
    if (td_fields_get(&request->message.headers, TD_BYTES("Content-Type"), &type) &&
        td_bytes_starts_nocase(type, TD_BYTES(wanted)) &&
        td_form_parse(f->arena, request->message.body, &request->form) < 0)
        f->failed = true;
}

static bool put_request(struct finishing *f)
{
    struct td_recorded_request *request = &f->interaction->request;
    struct td_message *message = &request->message;
    struct td_bytes text = td_buf_view(&f->capture->sent_head), line, name, value;
    if (!next_line(&text, &line))
        return false;
    const char *space = memchr(line.data, ' ', line.len);
    if (!space || line.len < 12)
        return false;
    request->method = keep(f, td_bytes(line.data, (size_t)(space - line.data)));
    const char *version = memrchr(line.data, ' ', line.len);
    put_proto(message, td_bytes(version + 1, line.len - (size_t)(version + 1 - line.data)));
    struct td_bytes url = f->end->url;
    const char *hash = url.len ? memchr(url.data, '#', url.len) : NULL;
    request->url = keep(f, hash ? td_bytes(url.data, (size_t)(hash - url.data)) : url);

    struct td_field *fields = room(f, count_lines(text), sizeof *fields);
    size_t count = 0;
    bool chunked = false;
    uint64_t announced = 0;
    while (fields && next_line(&text, &line)) {
        if (!split_field(line, &name, &value))
            continue;
        if (is(name, "Host")) {
            request->host = keep(f, value);
        } else if (is(name, "Transfer-Encoding")) {
            static const struct td_bytes codings[] = {{"chunked", 7}};
            chunked = true;
            message->transfer_encoding = (struct td_list){codings, 1};
        } else if (is(name, "Content-Length")) {
            td_bytes_to_u64(value, &announced);
        } else {
            fields[count++] = (struct td_field){keep_canonical(f, name), keep(f, value)};
        }
    }
    message->headers = (struct td_fields){fields, count};
    message->body = td_buf_view(&f->capture->sent_body);
    if (chunked)
        unchunk_request(f, message);
    message->content_length = chunked ? -1 : (int64_t)message->body.len;
    /* The server has answered before it had the whole. */
    if (!chunked && announced > message->body.len && announced <= INT64_MAX)
        message->content_length = (int64_t)announced;
    put_form(f, request);
    return true;
}

/* ---- the response ---- */

/* "HTTP/1.1 200 OK", as a status text and its number. */
static bool put_status(struct finishing *f, struct td_bytes line)
{
    struct td_recorded_response *response = &f->interaction->response;
    const char *space = line.len ? memchr(line.data, ' ', line.len) : NULL;
    uint64_t code;
    if (!space)
        return false;
    struct td_bytes rest =
        td_bytes_trim(td_bytes(space + 1, line.len - (size_t)(space + 1 - line.data)));
    if (rest.len < 3 || !td_bytes_to_u64(td_bytes(rest.data, 3), &code))
        return false;
    put_proto(&response->message, td_bytes(line.data, (size_t)(space - line.data)));
    response->code = (int)code;
    const char *reason = response->message.proto_major > 1 ? td_reason_of(response->code) : "";
    struct td_buf status;
    td_buf_init(&status);
    td_buf_put_bytes(&status, rest);
    if (*reason && rest.len == 3)
        td_buf_printf(&status, " %s", reason);
    response->status = keep(f, td_buf_view(&status));
    td_buf_release(&status);
    return true;
}

static void put_encoded(struct td_buf *out, struct td_bytes text, bool is_name)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.data[i];
        if (c > ' ' && c < 0x7f && c != '%' && !(is_name && c == '='))
            td_buf_put_char(out, (char)c);
        else
            td_buf_printf(out, "%%%02X", c);
    }
}

/* A name of the head as it was spelled, with the value of a line that has no other place. */
static void put_shown(struct td_buf *head, struct td_bytes name, const struct td_bytes *value)
{
    if (head->len)
        td_buf_put_char(head, ' ');
    put_encoded(head, name, true);
    if (!value)
        return;
    td_buf_put_char(head, '=');
    put_encoded(head, *value, false);
}

static bool is_identity(struct td_bytes coding)
{
    return !coding.len || is(coding, "identity");
}

static void put_headers(struct finishing *f, struct td_bytes text)
{
    struct td_recorded_response *response = &f->interaction->response;
    struct td_message *message = &response->message;
    struct td_bytes line, name, value, rest = text;
    uint64_t length;
    struct td_field *fields = room(f, count_lines(text), sizeof *fields);
    size_t count = 0;
    struct td_buf head;
    td_buf_init(&head);
    while (next_line(&rest, &line))
        if (split_field(line, &name, &value) && is(name, "Content-Encoding") && !is_identity(value))
            response->uncompressed = f->end->decoded && f->capture->body.len > 0;
    message->content_length = -1;
    rest = text;
    while (fields && next_line(&rest, &line)) {
        /* A folded line goes on with the one before. */
        if (line.len && (line.data[0] == ' ' || line.data[0] == '\t') && count) {
            struct td_buf joined;
            td_buf_init(&joined);
            td_buf_put_bytes(&joined, fields[count - 1].value);
            td_buf_put_char(&joined, ' ');
            td_buf_put_bytes(&joined, td_bytes_trim(line));
            fields[count - 1].value = keep(f, td_buf_view(&joined));
            td_buf_release(&joined);
            continue;
        }
        if (!split_field(line, &name, &value))
            continue;
        bool length_line = is(name, "Content-Length");
        bool dropped = is(name, "Transfer-Encoding") && message->proto_major == 1;
        if (dropped && td_element_in(value, TD_BYTES("chunked"))) {
            static const struct td_bytes codings[] = {{"chunked", 7}};
            message->transfer_encoding = (struct td_list){codings, 1};
        }
        if (length_line && !response->uncompressed && td_bytes_to_u64(value, &length) &&
            length <= INT64_MAX)
            message->content_length = (int64_t)length;
        dropped |= response->uncompressed && (length_line || is(name, "Content-Encoding"));
        put_shown(&head, name, dropped ? &value : NULL);
        if (!dropped)
            fields[count++] = (struct td_field){keep_canonical(f, name), keep(f, value)};
    }
    /* Where there are chunks, they say how long the body is. */
    if (message->transfer_encoding.count)
        message->content_length = -1;
    message->headers = (struct td_fields){fields, count};
    response->shape.head = keep(f, td_buf_view(&head));
    f->failed = f->failed || td_buf_failed(&head);
    td_buf_release(&head);
}

/* Each head before the last, without its protocol and with plain line ends. */
static void put_interim(struct finishing *f)
{
    struct td_bytes text = td_buf_view(&f->capture->interim), line;
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++)
        count += text.data[i] == '\0';
    struct td_bytes *items = room(f, count, sizeof *items);
    struct td_buf head;
    td_buf_init(&head);
    for (size_t i = 0; items && i < count; i++) {
        struct td_bytes one = td_bytes_of(text.data);
        text.data += one.len + 1;
        text.len -= one.len + 1;
        td_buf_clear(&head);
        for (bool first = true; next_line(&one, &line); first = false) {
            const char *space = first && line.len ? memchr(line.data, ' ', line.len) : NULL;
            if (space) {
                line.len -= (size_t)(space + 1 - line.data);
                line.data = space + 1;
            }
            td_buf_put_bytes(&head, line);
            td_buf_put_char(&head, '\n');
        }
        items[i] = keep(f, td_buf_view(&head));
    }
    td_buf_release(&head);
    f->interaction->response.shape.interim = (struct td_list){items, items ? count : 0};
}

static void put_trailers(struct finishing *f, struct td_bytes text)
{
    struct td_bytes line, name, value;
    if (!text.len)
        return;
    struct td_field *fields = room(f, count_lines(text), sizeof *fields);
    size_t count = 0;
    while (fields && next_line(&text, &line))
        if (split_field(line, &name, &value))
            fields[count++] = (struct td_field){keep_canonical(f, name), keep(f, value)};
    f->interaction->response.message.trailer = (struct td_fields){fields, count};
}

/* The chunks as the client was given them. */
static void put_chunks(struct finishing *f)
{
    const struct td_buf *chunks = &f->capture->chunks;
    if (f->end->timing)
        f->interaction->response.shape.chunks = (struct td_recorded_chunks){
            (const struct td_recorded_chunk *)(const void *)chunks->data,
            chunks->len / sizeof(struct td_recorded_chunk)};
}

/* The chunks of the chunked coding, each at the time at which its end was given to the client. */
static void put_frames(struct finishing *f, const struct td_buf *frames)
{
    const struct frame *frame = (const struct frame *)(const void *)frames->data;
    const struct td_buf *given = &f->capture->chunks;
    const struct td_recorded_chunk *piece =
        (const struct td_recorded_chunk *)(const void *)given->data;
    size_t count = frames->len / sizeof *frame, pieces = given->len / sizeof *piece;
    size_t given_end = pieces ? piece->len : 0;
    if (!f->end->timing || !pieces)
        return;
    struct td_recorded_chunk *items = room(f, count, sizeof *items);
    for (size_t i = 0; items && i < count; i++) {
        while (given_end < frame[i].end && pieces > 1) {
            piece++;
            pieces--;
            given_end += piece->len;
        }
        items[i] = (struct td_recorded_chunk){frame[i].len, piece->at_ns};
    }
    f->interaction->response.shape.chunks = (struct td_recorded_chunks){items, items ? count : 0};
}

/* Takes the chunked coding off the body that the client was given. Whether its end is there. */
static bool unchunk_response(struct finishing *f, struct td_message *message)
{
    struct td_bytes trailers = {0};
    struct td_buf plain, frames;
    td_buf_init(&plain);
    td_buf_init(&frames);
    bool whole = unchunk(message->body, &plain, &frames, &trailers);
    f->failed = f->failed || td_buf_failed(&plain) || td_buf_failed(&frames);
    if (!f->failed) {
        message->body = keep(f, td_buf_view(&plain));
        put_frames(f, &frames);
        put_trailers(f, trailers);
    }
    td_buf_release(&plain);
    td_buf_release(&frames);
    return whole;
}

/* The body, and whether what announces its end says that it is whole. */
static bool put_body(struct finishing *f)
{
    const struct td_capture *capture = f->capture;
    struct td_recorded_response *response = &f->interaction->response;
    struct td_message *message = &response->message;
    bool bodyless = is(f->interaction->request.method, "HEAD") || response->code == 204 ||
                    response->code == 304;
    bool whole = bodyless;
    message->body = td_buf_view(&capture->body);
    bool unread = !message->body.len && capture->unread.len && !bodyless;
    if (unread)
        message->body = td_buf_view(&capture->unread);
    bool chunked = message->transfer_encoding.count && (unread || f->end->chunked);
    if (chunked)
        whole = unchunk_response(f, message);
    else
        put_chunks(f);
    if (response->uncompressed)
        response->shape.wire_length = f->end->wire_length;
    if (response->code == 204 && message->content_length < 0)
        message->content_length = 0;
    if (!bodyless && message->content_length >= 0)
        whole = (uint64_t)message->content_length == message->body.len;
    return whole;
}

bool td_capture_finish(const struct td_capture *capture, const struct td_capture_end *end,
                       struct td_arena *arena, struct td_interaction *interaction, bool *whole)
{
    struct finishing f = {capture, end, arena, interaction, false};
    struct td_recorded_response *response = &interaction->response;
    struct td_bytes head = td_buf_view(&capture->head), line;
    *interaction = (struct td_interaction){0};
    if (!td_capture_answered(capture) || !put_request(&f) || !next_line(&head, &line) ||
        !put_status(&f, line))
        return false;
    put_headers(&f, head);
    put_interim(&f);
    put_trailers(&f, td_buf_view(&capture->trailers));
    *whole = put_body(&f) && capture->head_done;
    /* All that the client wanted is not all that there was; and libcurl does not mind a head that
     * has no end. */
    bool unwanted = end->nobody && !response->message.body.len &&
                    !is(interaction->request.method, "HEAD") && !*whole;
    bool unread = !*whole && end->whole && capture->head_done &&
                  (unwanted || response->message.content_length > 0);
    *whole = *whole || (end->whole && !unread && capture->head_done);
    if (!*whole)
        response->shape.broken = keep(&f, td_bytes_of(unread        ? "unread"
                                                      : end->broken ? end->broken
                                                                    : "close"));
    int64_t took = capture->head_ns - capture->sent_ns;
    response->duration_ns = took > 0 ? took : 0;
    return !f.failed && !td_buf_failed(&capture->sent_body) && !td_buf_failed(&capture->body) &&
           !td_buf_failed(&capture->chunks) && !td_buf_failed(&capture->interim);
}
