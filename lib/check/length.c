/* SPDX-License-Identifier: MIT */
/*
 * Lengths that are not the body's. go-vcr writes what Go's http package knows, which often is
 * something else and right all the same:
 *   - -1 is "not known", and so is 0 in a request that has a body;
 *   - the answer to a HEAD tells the length of what a GET would have got;
 *   - a body that was decoded on the way is longer than it was.
 */
#include <inttypes.h>

#include "cassette/chunks.h"
#include "check/check.h"
#include "check/header.h"
#include "http/response.h"
#include "match/excerpt.h"

/* Whether a body is coded no more, though the header still says so. */
static bool was_decoded(const struct td_message *message)
{
    struct td_bytes coding;
    return td_fields_get(&message->headers, TD_BYTES("Content-Encoding"), &coding) && coding.len &&
           !td_bytes_equal_nocase(coding, TD_BYTES("identity")) &&
           td_excerpt_is_text(message->body);
}

bool td_check_lengths_count(const struct td_checked *one, const struct td_message *message)
{
    const struct td_recorded_request *request = &one->model->request;
    const struct td_recorded_response *response = &one->model->response;
    if (was_decoded(message))
        return false;
    if (message == &request->message)
        return true;
    if (!message->body.len && td_head_bodyless(request->method, response->code))
        return false;
    return !response->uncompressed && !response->shape.broken.len;
}

static bool length_fits(const struct td_checked *one, const struct td_message *message,
                        uint64_t length)
{
    int64_t wire = one->model->response.shape.wire_length;
    bool response = message == &one->model->response.message;
    /* An upload that was refused before it was over. */
    if (!response && length > message->body.len && one->model->response.code >= 300)
        return true;
    return length == message->body.len || (response && wire > 0 && length == (uint64_t)wire);
}

static void check_key(struct td_check *check, const struct td_checked *one,
                      const struct td_side_of *side)
{
    int64_t length = side->message->content_length;
    const struct td_yaml_node *node = td_yaml_find(side->node, TD_BYTES("content_length"));
    bool request = side->message == &one->model->request.message;
    if (!node || td_yaml_is_null(node) || length == -1 || (request && length == 0) ||
        (length >= 0 && length_fits(one, side->message, (uint64_t)length)))
        return;
    size_t real = side->message->body.len;
    const char *what = td_check_text(check, "the %s's content_length", side->name);
    const char *wrong = length < 0 ? "-1 says that it is not known"
                                   : td_check_text(check, "the length of its body is %zu", real);
    struct td_found *found =
        td_check_report(check, TD_CHECK_CONTENT_LENGTH, one, td_check_mark(node, NULL),
                        "%s is %" PRId64 ", and %s", what, length, wrong);
    td_check_mend(found, node, td_check_text(check, "%zu", real), what);
}

static void check_header(struct td_check *check, const struct td_checked *one,
                         const struct td_side_of *side, const struct td_header *header)
{
    uint64_t length;
    struct td_bytes value = header->field->value;
    bool number = td_bytes_to_u64(td_bytes_trim(value), &length);
    if (!td_bytes_equal_nocase(header->field->name, TD_BYTES("Content-Length")) ||
        (number && length_fits(one, side->message, length)))
        return;
    size_t real = side->message->body.len;
    const char *what = td_check_text(check, "the %s's Content-Length header", side->name);
    const char *wrong =
        number ? td_check_text(check, "the length of its body is %zu", real) : "that is no number";
    struct td_found *found =
        td_check_report(check, TD_CHECK_CONTENT_LENGTH, one, td_check_mark(header->value, NULL),
                        "%s is %s, and %s", what, td_check_quote(check, value), wrong);
    td_check_mend(found, header->value, td_check_text(check, "\"%zu\"", real), what);
}

static void check_chunks(struct td_check *check, const struct td_checked *one)
{
    const struct td_recorded_response *response = &one->model->response;
    struct td_recorded_chunks chunks = response->shape.chunks;
    uint64_t sum = 0;
    if (!chunks.count || td_chunks_fit(chunks, response->message.body.len))
        return;
    for (size_t i = 0; i < chunks.count; i++)
        sum += chunks.items[i].len;
    const struct td_yaml_node *shape = td_yaml_find(one->response, TD_BYTES("tapedeck"));
    td_check_report(check, TD_CHECK_CHUNKS, one,
                    td_check_mark(td_yaml_find(shape, TD_BYTES("chunks")), one->response),
                    "the recorded chunks add up to %" PRIu64 ", and the length of the body is %zu",
                    sum, response->message.body.len);
}

void td_check_length(struct td_check *check, const struct td_checked *one)
{
    for (unsigned i = 0; i < 2; i++) {
        struct td_side_of side = td_checked_side(one, i);
        struct td_header header;
        if (!td_check_lengths_count(one, side.message))
            continue;
        check_key(check, one, &side);
        td_header_first(&header, &side.message->headers,
                        td_yaml_find(side.node, TD_BYTES("headers")));
        while (td_header_next(&header))
            check_header(check, one, &side, &header);
    }
    check_chunks(check, one);
}
