/* SPDX-License-Identifier: MIT */
/*
 * curl_easy_getinfo(): libcurl's answers, with those put right in which the wire would show. All
 * that is kept for them lives until the handle's next transfer.
 */
#include "shim/easy.h"
#include "shim/tape.h"

/* The true URL that the transfer is, or ended, on. */
static struct td_bytes effective_url(struct td_easy *easy)
{
    struct td_tape *tape = easy->tape;
    char *url = NULL;
    if (!easy->armed)
        return td_buf_view(&tape->effective);
    easy->real->easy_getinfo(easy->curl, CURLINFO_EFFECTIVE_URL, &url);
    td_buf_clear(&tape->effective);
    td_origins_to_true(&tape->origins, td_bytes_of(url), &tape->effective);
    return td_buf_view(&tape->effective);
}

/* A URL that libcurl made out of what it saw on the wire. */
static void translate_url(struct td_easy *easy, char **url)
{
    struct td_tape *tape = easy->tape;
    if (!*url)
        return;
    td_buf_clear(&tape->reply);
    td_origins_to_true(&tape->origins, td_bytes_of(*url), &tape->reply);
    if (!td_buf_failed(&tape->reply))
        *url = tape->reply.data;
}

static long http_version(const struct td_message *message)
{
    struct td_bytes proto = message->proto;
    int major = message->proto_major, minor = message->proto_minor;
    if (proto.len >= 6 && td_bytes_starts_nocase(proto, TD_BYTES("HTTP/"))) {
        major = proto.data[5] - '0';
        minor = proto.len >= 8 ? proto.data[7] - '0' : 0;
    }
    if (major == 3)
        return CURL_HTTP_VERSION_3;
    if (major == 2)
        return CURL_HTTP_VERSION_2_0;
    return major == 1 && minor == 0 ? CURL_HTTP_VERSION_1_0 : CURL_HTTP_VERSION_1_1;
}

/* How long the body was that a decoded one was recorded for; 0 where it was not. */
static curl_off_t wire_length(const struct td_tape *tape)
{
    return tape->response ? (curl_off_t)tape->response->shape.wire_length : 0;
}

/* The Content-Length of such a body, which is not among its headers any more; -1 for none. */
static curl_off_t announced(const struct td_tape *tape)
{
    struct td_bytes head = tape->response ? tape->response->shape.head : TD_BYTES("");
    static const char name[] = "content-length=";
    for (size_t i = 0; i + sizeof name <= head.len; i++) {
        struct td_bytes rest = td_bytes(head.data + i, head.len - i);
        if ((i && head.data[i - 1] != ' ') || !td_bytes_starts_nocase(rest, TD_BYTES(name)))
            continue;
        rest = td_bytes(rest.data + sizeof name - 1, rest.len - (sizeof name - 1));
        const char *end = memchr(rest.data, ' ', rest.len);
        uint64_t length;
        return td_bytes_to_u64(td_bytes(rest.data, end ? (size_t)(end - rest.data) : rest.len),
                               &length)
                   ? (curl_off_t)length
                   : -1;
    }
    return -1;
}

CURLcode td_easy_getinfo(struct td_easy *easy, CURLINFO info, void *target)
{
    CURLcode code = easy->real->easy_getinfo(easy->curl, info, target);
    struct td_tape *tape = easy->tape;
    if (code != CURLE_OK || !easy->taped || !target)
        return code;
    char **text = target;
    long *number = target;
    switch (info) {
    case CURLINFO_EFFECTIVE_URL: {
        struct td_bytes effective = effective_url(easy);
        if (effective.len)
            *text = (char *)effective.data;
        break;
    }
    case CURLINFO_REDIRECT_URL:
    case CURLINFO_REFERER:
        translate_url(easy, text);
        break;
    case CURLINFO_PRIMARY_IP:
    case CURLINFO_LOCAL_IP:
        /* The socket's name is nobody's business; who takes addresses apart gets one. */
        if (tape->started)
            *text = "127.0.0.1";
        break;
    case CURLINFO_SCHEME:
        /* "HTTP" up to 7.88, "http" in later ones. */
        if (*text && tape->secure)
            *text = (*text)[0] == 'H' ? "HTTPS" : "https";
        break;
    case CURLINFO_PROTOCOL:
        if (*number && tape->secure)
            *number = CURLPROTO_HTTPS;
        break;
    case CURLINFO_PRIMARY_PORT:
        if (tape->started)
            *number = tape->port;
        break;
    case CURLINFO_HTTP_VERSION:
        if (*number && tape->response)
            *number = http_version(&tape->response->message);
        break;
    /* A body that was recorded decoded. */
    case CURLINFO_SIZE_DOWNLOAD:
        if (wire_length(tape))
            *(double *)target = (double)wire_length(tape);
        break;
    case CURLINFO_SIZE_DOWNLOAD_T:
        if (wire_length(tape))
            *(curl_off_t *)target = wire_length(tape);
        break;
    case CURLINFO_CONTENT_LENGTH_DOWNLOAD:
        if (announced(tape) >= 0)
            *(double *)target = (double)announced(tape);
        break;
    case CURLINFO_CONTENT_LENGTH_DOWNLOAD_T:
        if (announced(tape) >= 0)
            *(curl_off_t *)target = announced(tape);
        break;
    case CURLINFO_REQUEST_SIZE:
        *number += *number ? tape->request_delta : 0;
        break;
    case CURLINFO_HEADER_SIZE:
        *number += *number ? tape->view.size_delta : 0;
        *number = *number < 0 ? 0 : *number; /* of a head that was left in its middle */
        break;
    default:
        break;
    }
    return code;
}
