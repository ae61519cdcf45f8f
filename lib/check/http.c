/* SPDX-License-Identifier: MIT */
/* What HTTP itself does not allow, or what contradicts itself in a head. */
#include "check/check.h"
#include "check/header.h"
#include "http/reason.h"
#include "http/token.h"
#include "http/url.h"

/* ---- URL and method ---- */

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool is_alnum(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* What stands in every part of a URL, or NULL. Beyond ASCII nothing is said: clients encode it. */
static const char *wrong_characters(struct td_bytes url)
{
    for (size_t i = 0; i < url.len; i++) {
        unsigned char c = (unsigned char)url.data[i];
        if (c < 0x20 || c == 0x7f)
            return "has a control character";
        if (c == ' ')
            return "has a space";
        if (c == '%' && (url.len - i < 3 || !is_hex(url.data[i + 1]) || !is_hex(url.data[i + 2])))
            return "has a '%' without two hexadecimal digits behind it";
    }
    return NULL;
}

static bool host_valid(struct td_bytes host)
{
    bool address = host.len > 2 && host.data[0] == '[' && host.data[host.len - 1] == ']';
    if (address)
        host = td_bytes(host.data + 1, host.len - 2);
    for (size_t i = 0; i < host.len; i++) {
        char c = host.data[i];
        bool good = is_alnum(c) || (unsigned char)c >= 0x80 ||
                    (c && strchr(address ? ":.%-_~" : "-._~!$&'()*+,;=%", c));
        if (!good)
            return false;
    }
    return host.len > 0;
}

static bool port_valid(struct td_bytes port)
{
    uint64_t number;
    return !port.len || (td_bytes_to_u64(port, &number) && number >= 1 && number <= 65535);
}

static const char *wrong_url(struct td_bytes text)
{
    struct td_url url;
    const char *wrong = wrong_characters(text);
    td_url_split(&url, text);
    if (!text.len)
        return "is empty";
    if (wrong)
        return wrong;
    if (!url.has_scheme || !url.has_authority)
        return "is not whole: it has no scheme and host";
    if (!td_bytes_equal_nocase(url.scheme, TD_BYTES("http")) &&
        !td_bytes_equal_nocase(url.scheme, TD_BYTES("https")))
        return "is not one of http or https";
    if (!host_valid(url.host))
        return url.host.len ? "has a host that is none" : "has no host";
    if (!port_valid(url.port))
        return "has a port that is none";
    return NULL;
}

void td_check_url(struct td_check *check, const struct td_checked *one)
{
    const struct td_recorded_request *request = &one->model->request;
    const char *wrong = wrong_url(request->url);
    if (wrong)
        td_check_report(check, TD_CHECK_BAD_URL, one,
                        td_check_mark(td_yaml_find(one->request, TD_BYTES("url")), one->request),
                        "the URL %s %s", td_check_quote(check, request->url), wrong);
    if (request->method.len && !td_token_valid(request->method))
        td_check_report(check, TD_CHECK_BAD_METHOD, one,
                        td_check_mark(td_yaml_find(one->request, TD_BYTES("method")), one->request),
                        "%s is not a method", td_check_quote(check, request->method));
}

/* ---- Headers ---- */

static bool has_control(struct td_bytes value)
{
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.data[i];
        if ((c < 0x20 && c != '\t') || c == 0x7f)
            return true;
    }
    return false;
}

/* Each name once, and each value. A name without values is in no head. */
static void check_fields(struct td_check *check, const struct td_checked *one, const char *what,
                         const struct td_fields *fields, const struct td_yaml_node *node)
{
    struct td_header header;
    const struct td_yaml_node *key = NULL;
    td_header_first(&header, fields, node);
    while (td_header_next(&header)) {
        const struct td_field *field = header.field;
        if (header.key != key && !td_token_valid(field->name))
            td_check_report(check, TD_CHECK_BAD_HEADER, one, td_check_mark(header.key, NULL),
                            "%s is not the name of a %s", td_check_quote(check, field->name), what);
        if (has_control(field->value))
            td_check_report(check, TD_CHECK_BAD_HEADER, one, td_check_mark(header.value, NULL),
                            "the %s %s has a control character in its value %s", what,
                            td_check_quote(check, field->name),
                            td_check_quote(check, field->value));
        key = header.key;
    }
}

void td_check_headers(struct td_check *check, const struct td_checked *one)
{
    for (unsigned i = 0; i < 2; i++) {
        struct td_side_of side = td_checked_side(one, i);
        check_fields(check, one, "header", &side.message->headers,
                     td_yaml_find(side.node, TD_BYTES("headers")));
        check_fields(check, one, "trailer", &side.message->trailer,
                     td_yaml_find(side.node, TD_BYTES("trailer")));
    }
}

/* ---- Status and protocol ---- */

/* "404 Not Found", "404", "Not Found": the number, or 0, is taken off. */
static int take_code(struct td_bytes *status)
{
    uint64_t code;
    if (status->len < 3 || (status->len > 3 && status->data[3] != ' ') ||
        !td_bytes_to_u64(td_bytes(status->data, 3), &code))
        return 0;
    *status = td_bytes(status->data + 3, status->len - 3);
    return (int)code;
}

void td_check_status(struct td_check *check, const struct td_checked *one)
{
    const struct td_recorded_response *response = &one->model->response;
    struct td_bytes reason = response->status;
    int number = take_code(&reason), named = td_reason_code(td_bytes_trim(reason));
    struct td_mark mark =
        td_check_mark(td_yaml_find(one->response, TD_BYTES("status")), one->response);
    if (number && number != response->code)
        td_check_report(check, TD_CHECK_STATUS_TEXT, one, mark, "the status is %s, and the code %d",
                        td_check_quote(check, response->status), response->code);
    else if (named && named != response->code)
        td_check_report(check, TD_CHECK_STATUS_TEXT, one, mark,
                        "the status says %s, which goes with %d, and the code is %d",
                        td_check_quote(check, td_bytes_trim(reason)), named, response->code);
}

/* "HTTP/1.1", or "HTTP/2" for "HTTP/2.0". */
static bool read_protocol(struct td_bytes proto, int *major, int *minor)
{
    const char *text = proto.data;
    bool good = td_bytes_starts_nocase(proto, TD_BYTES("HTTP/")) &&
                (proto.len == 6 || (proto.len == 8 && text[6] == '.')) && text[5] >= '0' &&
                text[5] <= '9' && (proto.len == 6 || (text[7] >= '0' && text[7] <= '9'));
    if (good) {
        *major = text[5] - '0';
        *minor = proto.len == 8 ? text[7] - '0' : 0;
    }
    return good;
}

static void check_version(struct td_check *check, const struct td_checked *one,
                          const struct td_side_of *side, struct td_bytes key, int number, int said)
{
    const struct td_yaml_node *node = td_yaml_find(side->node, key);
    if (node && !td_yaml_is_null(node) && number != said)
        td_check_report(check, TD_CHECK_PROTOCOL, one, td_check_mark(node, NULL),
                        "the %s's %s is %d, and its protocol %s", side->name, key.data, number,
                        td_check_quote(check, side->message->proto));
}

void td_check_protocol(struct td_check *check, const struct td_checked *one)
{
    for (unsigned i = 0; i < 2; i++) {
        struct td_side_of side = td_checked_side(one, i);
        const struct td_message *message = side.message;
        int major, minor;
        if (!message->proto.len)
            continue;
        if (!read_protocol(message->proto, &major, &minor)) {
            td_check_report(check, TD_CHECK_PROTOCOL, one,
                            td_check_mark(td_yaml_find(side.node, TD_BYTES("proto")), side.node),
                            "the %s's protocol is %s, and not such as 'HTTP/1.1'", side.name,
                            td_check_quote(check, message->proto));
            continue;
        }
        check_version(check, one, &side, TD_BYTES("proto_major"), message->proto_major, major);
        check_version(check, one, &side, TD_BYTES("proto_minor"), message->proto_minor, minor);
    }
}
