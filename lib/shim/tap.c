/* SPDX-License-Identifier: MIT */
#include "shim/tap.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "http/url.h"
#include "shim/callbacks.h"

static int64_t now(clockid_t clock)
{
    struct timespec time;
    clock_gettime(clock, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

struct td_tap *td_tap_new(struct td_easy *easy)
{
    struct td_tap *tap = calloc(1, sizeof *tap);
    if (!tap)
        return NULL;
    tap->easy = easy;
    td_capture_init(&tap->capture);
    return tap;
}

void td_tap_free(struct td_tap *tap)
{
    if (!tap)
        return;
    td_deck_unref(tap->deck);
    td_spill_clear(&tap->spill);
    td_capture_release(&tap->capture);
    td_buf_release(&tap->url);
    td_buf_release(&tap->given);
    td_buf_release(&tap->first);
    free(tap);
}

/* ---- recording ---- */

/* Whether libcurl undoes a Content-Encoding for this host. */
static bool decodes(const struct td_easy *easy)
{
    const struct td_options *options = &easy->options;
    return options->values[TD_OPTION_ACCEPT_ENCODING].text &&
           (!td_options_has(options, TD_OPTION_HTTP_CONTENT_DECODING) ||
            options->values[TD_OPTION_HTTP_CONTENT_DECODING].number);
}

/* Whether the host is given the chunked coding, and takes it off itself. */
static bool takes_chunks(const struct td_easy *easy)
{
    return td_options_has(&easy->options, TD_OPTION_HTTP_TRANSFER_DECODING) &&
           !easy->options.values[TD_OPTION_HTTP_TRANSFER_DECODING].number;
}

/* How a transfer ended that did not end well, in a word that can be played. */
static const char *broken_by(CURLcode result)
{
    switch (result) {
    case CURLE_OPERATION_TIMEDOUT:
        return "stall";
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
        return "reset";
    case CURLE_WRITE_ERROR:
    case CURLE_ABORTED_BY_CALLBACK:
        return "abort";
    case CURLE_HTTP_RETURNED_ERROR:
    case CURLE_FILESIZE_EXCEEDED:
    case CURLE_RANGE_ERROR:
        return "unread"; /* libcurl has looked at the head, and left */
    default:
        return "close";
    }
}

/* Errors that libcurl makes up after it has had all of the response. */
static bool ends_whole(CURLcode result)
{
    return result == CURLE_OK || result == CURLE_TOO_MANY_REDIRECTS ||
           result == CURLE_UNSUPPORTED_PROTOCOL || result == CURLE_URL_MALFORMAT;
}

static int64_t downloaded(const struct td_easy *easy)
{
    curl_off_t bytes = 0;
    easy->real->easy_getinfo(easy->curl, CURLINFO_SIZE_DOWNLOAD_T, &bytes);
    return bytes;
}

static void clear(struct td_tap *tap)
{
    td_spill_clear(&tap->spill);
    td_capture_clear(&tap->capture);
}

/* What was captured so far, as it is where the exchange ends like that. */
static bool finish_capture(struct td_tap *tap, CURLcode result, bool next, struct td_arena *arena,
                           struct td_interaction *interaction, bool *whole)
{
    struct td_capture_end end = {
        .url = td_buf_view(&tap->url),
        .decoded = decodes(tap->easy),
        .chunked = takes_chunks(tap->easy),
        .nobody = tap->easy->options.values[TD_OPTION_NOBODY].number != 0,
        .wire_length = next ? 0 : downloaded(tap->easy),
        .timing = td_deck_keeps_timing(tap->deck),
        .whole = next || ends_whole(result),
        .broken = next ? NULL : broken_by(result),
    };
    return td_capture_finish(&tap->capture, &end, arena, interaction, whole);
}

static bool is_http(const struct td_tap *tap)
{
    struct td_url parts;
    td_url_split(&parts, td_buf_view(tap->url.len ? &tap->url : &tap->given));
    return !parts.scheme.len || td_bytes_equal_nocase(parts.scheme, TD_BYTES("http")) ||
           td_bytes_equal_nocase(parts.scheme, TD_BYTES("https"));
}

/* The exchange is over: `next` where another one follows on this transfer. */
static void record(struct td_tap *tap, CURLcode result, bool next)
{
    struct td_capture *capture = &tap->capture;
    struct td_interaction interaction;
    struct td_arena arena;
    bool whole;
    /* That is between libcurl and a proxy, as a CONNECT is; no proxy stands before a tape. */
    bool is_proxys = next && td_capture_is_code(capture, "407");
    td_arena_init(&arena);
    if (!td_capture_answered(capture)) {
        if (!next && (td_capture_begun(capture) || (result != CURLE_OK && is_http(tap))))
            td_deck_drop(tap->deck, td_buf_view(tap->url.len ? &tap->url : &tap->given),
                         result == CURLE_OK ? "its response has no head" : "no response came");
    } else if (tap->known) {
        tap->known--;
    } else if (!is_proxys) {
        if (finish_capture(tap, result, next, &arena, &interaction, &whole))
            td_deck_record(tap->deck, &interaction, &arena, capture->start_ns, whole, &tap->spill);
        else
            td_deck_lose(tap->deck, td_buf_view(&tap->url), "memory ran out");
    }
    td_arena_release(&arena);
    clear(tap);
}

/* ---- what libcurl says ---- */

/* Where libcurl is now. What it calls its URL at first may be what it was called in a transfer
 * before, or leave CURLOPT_PORT out: then what it was told to get counts. */
static void locate(struct td_tap *tap, struct td_bytes url)
{
    if (!tap->started) {
        td_buf_clear(&tap->first);
        td_buf_put_bytes(&tap->first, url);
    }
    bool is_first = td_bytes_equal(url, td_buf_view(&tap->first));
    td_buf_clear(&tap->url);
    td_buf_put_bytes(&tap->url, is_first ? td_buf_view(&tap->given) : url);
}

static void begin_request(struct td_tap *tap, struct td_bytes head)
{
    struct td_easy *easy = tap->easy;
    struct td_url parts;
    char *url = NULL;
    if (td_capture_begun(&tap->capture))
        record(tap, CURLE_OK, true);
    tap->connecting = td_bytes_starts_nocase(head, TD_BYTES("CONNECT "));
    if (easy->real->easy_getinfo(easy->curl, CURLINFO_EFFECTIVE_URL, &url) == CURLE_OK && url)
        locate(tap, td_bytes_of(url));
    td_url_split(&parts, td_buf_view(&tap->url));
    tap->elsewhere = !td_bytes_equal_nocase(parts.scheme, TD_BYTES("http")) &&
                     !td_bytes_equal_nocase(parts.scheme, TD_BYTES("https"));
    tap->started = true;
    tap->writing_head = true;
}

/* Whether the head that is being sent is whole: then another one begins a new request. */
static bool is_sent(const struct td_capture *capture)
{
    const struct td_buf *head = &capture->sent_head;
    return head->len >= 4 && memcmp(head->data + head->len - 4, "\r\n\r\n", 4) == 0;
}

static void tap_debug(struct td_tap *tap, curl_infotype type, struct td_bytes bytes)
{
    struct td_capture *capture = &tap->capture;
    switch (type) {
    case CURLINFO_HEADER_OUT:
        if (tap->connecting || tap->elsewhere || !td_capture_begun(capture) || is_sent(capture))
            begin_request(tap, bytes);
        if (!tap->connecting && !tap->elsewhere)
            td_capture_send_head(capture, bytes, now(CLOCK_MONOTONIC), now(CLOCK_REALTIME));
        break;
    case CURLINFO_DATA_OUT:
        if (td_capture_begun(capture))
            td_capture_send_body(capture, bytes, now(CLOCK_MONOTONIC));
        break;
    case CURLINFO_DATA_IN:
        if (td_capture_begun(capture))
            td_capture_unread(capture, bytes);
        break;
    default:
        break;
    }
}

/* What libcurl does itself where there is CURLOPT_VERBOSE and no callback (Curl_debug in its
 * lib/sendf.c). */
static void print_debug(const struct td_easy *easy, curl_infotype type, const char *data,
                        size_t len)
{
    static const char marks[][3] = {"* ", "< ", "> "};
    FILE *file = easy->options.values[TD_OPTION_STDERR].pointer;
    if (type > CURLINFO_HEADER_OUT)
        return;
    file = file ? file : stderr;
    fwrite(marks[type], 2, 1, file);
    fwrite(data, len, 1, file);
}

static int on_debug(CURL *curl, curl_infotype type, char *data, size_t len, void *context)
{
    struct td_easy *easy = context;
    const union td_value *values = easy->options.values;
    curl_debug_callback function = (curl_debug_callback)values[TD_OPTION_DEBUGFUNCTION].pointer;
    int cause = errno;
    if (td_tap_is_on(easy))
        tap_debug(easy->tap, type, td_bytes(data, len));
    errno = cause;
    if (!values[TD_OPTION_VERBOSE].number || (type != CURLINFO_TEXT && easy->tap->known))
        return 0;
    if (function)
        return function(curl, type, data, len, values[TD_OPTION_DEBUGDATA].pointer);
    print_debug(easy, type, data, len);
    return 0;
}

/* What was played before the transfer went live comes once more, and the host has seen it already.
 * Unless the server has changed its mind, and this is the end of the transfer. */
static void check_known(struct td_tap *tap, struct td_bytes line)
{
    const char *space = tap->known && td_bytes_starts_nocase(line, TD_BYTES("HTTP/"))
                            ? memchr(line.data, ' ', line.len)
                            : NULL;
    if (space && space[1] != '1' && space[1] != '3' && strncmp(space + 1, "401", 3) != 0 &&
        strncmp(space + 1, "407", 3) != 0)
        tap->known = 0;
}

static size_t on_header(char *line, size_t size, size_t count, void *context)
{
    struct td_easy *easy = context;
    const union td_value *values = easy->options.values;
    void *function = values[TD_OPTION_HEADERFUNCTION].pointer;
    void *data = values[TD_OPTION_HEADERDATA].pointer;
    struct td_tap *tap = easy->tap;
    size_t len = size * count, taken = len;
    check_known(tap, td_bytes(line, len));
    if ((function || data) && !tap->known)
        taken = (function ? (curl_write_callback)function : td_host_write(easy))(line, size, count,
                                                                                 data);
    /* A line that the host pauses at comes again; one that it refuses has come. */
    if (taken != CURL_WRITEFUNC_PAUSE && tap->deck && !tap->connecting &&
        td_capture_begun(&tap->capture))
        td_capture_line(&tap->capture, td_bytes(line, len), now(CLOCK_MONOTONIC));
    return taken;
}

/* With CURLOPT_HEADER, head lines come to the write callback too, in front of the header callback
 * and of the body. */
static bool is_head_line(struct td_tap *tap)
{
    const struct td_buf *head = &tap->capture.head;
    if (!tap->easy->options.values[TD_OPTION_HEADER].number)
        return false;
    /* Behind a 1xx comes another head. */
    const char *space = tap->capture.head_done ? strchr(head->data, ' ') : NULL;
    if (space && space[1] == '1')
        tap->writing_head = true;
    return tap->connecting || tap->writing_head;
}

static void spill(struct td_tap *tap)
{
    struct td_interaction interaction;
    struct td_arena arena;
    size_t sent = tap->capture.sent_head.len + tap->capture.sent_body.len;
    /* A request that goes on may hold more that is said back. */
    if (tap->spill.begun && sent != tap->sent)
        td_spill_stop(&tap->spill);
    tap->sent = sent;
    if (!tap->spill.begun) {
        td_arena_init(&arena);
        if (finish_capture(tap, CURLE_OK, false, &arena, &interaction, &(bool){false}))
            td_spill_begin(&tap->spill, tap->deck, &interaction);
        td_arena_release(&arena);
    }
    if (tap->spill.begun)
        td_spill_more(&tap->spill, tap->deck, td_buf_view(&tap->capture.body));
}

static void tap_body(struct td_tap *tap, struct td_bytes bytes, int64_t came_ns)
{
    struct td_capture *capture = &tap->capture;
    int cause = errno;
    td_capture_body(capture, bytes, came_ns);
    /* Chunks could have cut a secret; and what goes by in front of it is not recorded. */
    if (capture->body.len > TD_SPILL_LEAST && !takes_chunks(tap->easy) && !tap->known)
        spill(tap);
    errno = cause;
}

static size_t on_write(char *data, size_t size, size_t count, void *context)
{
    struct td_easy *easy = context;
    struct td_tap *tap = easy->tap;
    size_t len = size * count;
    int64_t came = now(CLOCK_MONOTONIC);
    bool is_head = is_head_line(tap);
    if (is_head)
        check_known(tap, td_bytes(data, len));
    size_t taken = len;
    if (!tap->known)
        taken = td_host_write(easy)(data, size, count, td_host_write_data(easy));
    if (taken == CURL_WRITEFUNC_PAUSE)
        return taken;
    if (is_head)
        tap->writing_head = data[0] != '\r' && data[0] != '\n';
    else if (tap->deck && td_capture_begun(&tap->capture))
        tap_body(tap, td_bytes(data, len), came);
    return taken;
}

/* ---- on and off ---- */

static union td_value pointer(void *value)
{
    return (union td_value){.pointer = value};
}

void td_tap_on(struct td_tap *tap, struct td_deck *deck, struct td_bytes url)
{
    struct td_easy *easy = tap->easy;
    tap->deck = deck;
    td_deck_begin(deck);
    tap->finished = false;
    tap->started = tap->connecting = tap->elsewhere = false;
    tap->known = 0;
    tap->writing_head = true;
    clear(tap);
    td_buf_clear(&tap->url);
    td_buf_clear(&tap->given);
    td_buf_put_bytes(&tap->given, url);
    td_port_option(easy, &tap->given);
    td_options_override(easy, TD_OPTION_VERBOSE, (union td_value){.number = 1});
    td_options_override(easy, TD_OPTION_DEBUGFUNCTION, pointer((void *)on_debug));
    td_options_override(easy, TD_OPTION_DEBUGDATA, pointer(easy));
    td_options_override(easy, TD_OPTION_HEADERFUNCTION, pointer((void *)on_header));
    td_options_override(easy, TD_OPTION_HEADERDATA, pointer(easy));
    td_options_override(easy, TD_OPTION_WRITEFUNCTION, pointer((void *)on_write));
    td_options_override(easy, TD_OPTION_WRITEDATA, pointer(easy));
}

void td_tap_finish(struct td_tap *tap, CURLcode result)
{
    int cause = errno;
    if (tap && tap->deck && !tap->finished) {
        record(tap, result, false);
        td_deck_end(tap->deck);
        tap->finished = true;
    }
    errno = cause;
}

void td_tap_off(struct td_tap *tap)
{
    struct td_easy *easy = tap->easy;
    td_options_restore(easy->real, easy->curl, &easy->options);
    if (!tap->finished)
        td_deck_end(tap->deck);
    td_deck_unref(tap->deck);
    tap->deck = NULL;
}
