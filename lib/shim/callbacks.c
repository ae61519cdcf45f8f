/* SPDX-License-Identifier: MIT */
/*
 * Only what could show a head line is stood between: the header callback, the write callback with
 * CURLOPT_HEADER, the debug callback; and what is called before each request, for its cookies. A
 * plain write callback is called by libcurl directly.
 */
#include "shim/callbacks.h"

#include "shim/tape.h"

static union td_value value_of(const struct td_easy *easy, int option)
{
    return easy->options.values[option];
}

curl_write_callback td_host_write(const struct td_easy *easy)
{
    void *function = value_of(easy, TD_OPTION_WRITEFUNCTION).pointer;
    return function ? (curl_write_callback)function : (curl_write_callback)fwrite;
}

void *td_host_write_data(const struct td_easy *easy)
{
    return td_options_has(&easy->options, TD_OPTION_WRITEDATA)
               ? value_of(easy, TD_OPTION_WRITEDATA).pointer
               : stdout;
}

/* Calls a host's write callback with other bytes than libcurl has, and translates its answer: what
 * it took of ours stands for all of libcurl's. */
static size_t pass_on(curl_write_callback function, struct td_bytes bytes, void *data, size_t whole)
{
    if (!bytes.len)
        return whole;
    size_t taken = function((char *)bytes.data, 1, bytes.len, data);
    if (taken == bytes.len)
        return whole;
    /* Anything else than the whole is an error, or one of libcurl's two large magic numbers. */
    return taken == whole ? 0 : taken;
}

static size_t on_header(char *line, size_t size, size_t count, void *context)
{
    struct td_easy *easy = context;
    void *function = value_of(easy, TD_OPTION_HEADERFUNCTION).pointer;
    struct td_bytes shown = td_view_line(&easy->tape->view, td_bytes(line, size * count));
    if (!function && !value_of(easy, TD_OPTION_HEADERDATA).pointer)
        return size * count; /* the host has taken both back meanwhile */
    return pass_on(function ? (curl_write_callback)function : td_host_write(easy), shown,
                   value_of(easy, TD_OPTION_HEADERDATA).pointer, size * count);
}

/* With CURLOPT_HEADER, head lines come this way too, in front of the body. */
static size_t on_write(char *data, size_t size, size_t count, void *context)
{
    struct td_easy *easy = context;
    struct td_view *view = &easy->tape->view;
    size_t len = size * count;
    if (!view->writing)
        return td_host_write(easy)(data, 1, len, td_host_write_data(easy));
    struct td_buf shown;
    if (td_bytes_starts_nocase(td_bytes(data, len), TD_BYTES("HTTP/")))
        view->interim = td_bytes_starts_nocase(td_bytes(data, len), TD_BYTES("HTTP/1.1 1"));
    td_buf_init(&shown);
    td_view_lines(view, td_bytes(data, len), &shown);
    size_t taken = td_buf_failed(&shown) ? 0
                                         : pass_on(td_host_write(easy), td_buf_view(&shown),
                                                   td_host_write_data(easy), len);
    td_buf_release(&shown);
    if (taken == len && data[0] == '\r')
        view->writing = view->interim;
    return taken;
}

/* The value of a header line where it is this header's, or nothing. */
static struct td_bytes value_in(struct td_bytes line, struct td_bytes name)
{
    if (!td_bytes_starts_nocase(line, name) || line.len < name.len + 2)
        return td_bytes(NULL, 0);
    return td_bytes(line.data + name.len, line.len - name.len - 2);
}

/* The request as sent has names of the wire: "Host: api.openai.com:443". */
static void put_request(const struct td_tape *tape, struct td_bytes text, struct td_buf *out)
{
    while (text.len) {
        const char *end = memchr(text.data, '\n', text.len);
        size_t keep, len = end ? (size_t)(end - text.data) + 1 : text.len;
        struct td_bytes line = td_bytes(text.data, len);
        struct td_bytes host = value_in(line, TD_BYTES("Host: "));
        struct td_bytes referer = value_in(line, TD_BYTES("Referer: "));
        if (host.len && td_origins_trim_host(&tape->origins, host, &keep)) {
            td_buf_put(out, line.data, (size_t)(host.data - line.data) + keep);
            td_buf_put_text(out, "\r\n");
        } else if (referer.len) {
            td_buf_put_text(out, "Referer: ");
            td_origins_to_true(&tape->origins, referer, out);
            td_buf_put_text(out, "\r\n");
        } else {
            td_buf_put_bytes(out, line);
        }
        text.data += len;
        text.len -= len;
    }
}

static int on_debug(CURL *curl, curl_infotype type, char *data, size_t len, void *context)
{
    struct td_easy *easy = context;
    curl_debug_callback function =
        (curl_debug_callback)value_of(easy, TD_OPTION_DEBUGFUNCTION).pointer;
    void *host_data = value_of(easy, TD_OPTION_DEBUGDATA).pointer;
    if (!function)
        return 0;
    if (type != CURLINFO_HEADER_IN && type != CURLINFO_HEADER_OUT)
        return function(curl, type, data, len, host_data);
    struct td_buf shown;
    td_buf_init(&shown);
    if (type == CURLINFO_HEADER_IN)
        td_view_lines(&easy->tape->view, td_bytes(data, len), &shown);
    else
        put_request(easy->tape, td_bytes(data, len), &shown);
    int result = 0;
    if (shown.len)
        result = function(curl, type, shown.data, shown.len, host_data);
    td_buf_release(&shown);
    return result;
}

/* Just before libcurl makes up a request, on each hop, and after it has loaded its cookie files:
 * secure cookies go to secure origins only. */
static int on_request(void *context, char *ip, char *local_ip, int port, int local_port)
{
    struct td_easy *easy = context;
    struct td_tape *tape = easy->tape;
    td_tape_locate(tape);
    if (tape->secure)
        td_cookies_unveil(&tape->cookies, easy->real, easy->curl);
    else
        td_cookies_veil(&tape->cookies, easy->real, easy->curl);
    curl_prereq_callback function =
        (curl_prereq_callback)value_of(easy, TD_OPTION_PREREQFUNCTION).pointer;
    return function ? function(value_of(easy, TD_OPTION_PREREQDATA).pointer, ip, local_ip, port,
                               local_port)
                    : CURL_PREREQFUNC_OK;
}

/* A function as libcurl's setopt takes it. */
static union td_value function_value(void *function)
{
    return (union td_value){.pointer = function};
}

void td_callbacks_arm(struct td_easy *easy)
{
    const struct td_options *options = &easy->options;
    union td_value context = {.pointer = easy};
    td_options_override(easy, TD_OPTION_PREREQFUNCTION, function_value((void *)on_request));
    td_options_override(easy, TD_OPTION_PREREQDATA, context);
    if (options->values[TD_OPTION_HEADERFUNCTION].pointer ||
        options->values[TD_OPTION_HEADERDATA].pointer) {
        td_options_override(easy, TD_OPTION_HEADERFUNCTION, function_value((void *)on_header));
        td_options_override(easy, TD_OPTION_HEADERDATA, context);
    }
    if (options->values[TD_OPTION_HEADER].number) {
        td_options_override(easy, TD_OPTION_WRITEFUNCTION, function_value((void *)on_write));
        td_options_override(easy, TD_OPTION_WRITEDATA, context);
    }
    if (options->values[TD_OPTION_VERBOSE].number &&
        options->values[TD_OPTION_DEBUGFUNCTION].pointer) {
        td_options_override(easy, TD_OPTION_DEBUGFUNCTION, function_value((void *)on_debug));
        td_options_override(easy, TD_OPTION_DEBUGDATA, context);
    }
}
