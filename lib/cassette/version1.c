/* SPDX-License-Identifier: MIT */
#include "cassette/version1.h"

/* "api.example.com:8080" of "https://api.example.com:8080/v1?q": what Go sets as a request's host.
 * Credentials in front of it are none of it. */
static struct td_bytes host_of(struct td_bytes url)
{
    const char *at = url.len ? memchr(url.data, ':', url.len) : NULL;
    const char *end = at ? url.data + url.len : NULL;
    if (!at || end - at < 3 || memcmp(at, "://", 3) != 0)
        return TD_BYTES("");
    at += 3;
    const char *host = at;
    for (; at < end && !strchr("/?#", *at); at++)
        if (*at == '@')
            host = at + 1;
    return td_bytes(host, (size_t)(at - host));
}

static void complete_message(struct td_message *message)
{
    if (!message->proto.len) {
        message->proto = TD_BYTES("HTTP/1.1");
        message->proto_major = 1;
        message->proto_minor = 1;
    }
    if (!message->content_length)
        message->content_length = (int64_t)message->body.len;
}

int td_version1_complete(struct td_reading *reading, struct td_cassette *cassette)
{
    for (size_t i = 0; i < cassette->count; i++) {
        struct td_recorded_request *request = &cassette->interactions[i].request;
        complete_message(&request->message);
        complete_message(&cassette->interactions[i].response.message);
        if (request->host.len)
            continue;
        request->host = td_yaml_keep(reading->tree, host_of(request->url));
        if (!request->host.data)
            return td_error_nomem(reading->err);
    }
    return 0;
}
