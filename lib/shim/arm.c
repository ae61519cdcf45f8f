/* SPDX-License-Identifier: MIT */
#include "shim/arm.h"

#include <stdlib.h>

#include "http/url.h"
#include "shim/callbacks.h"
#include "shim/multi.h"
#include "shim/redirect.h"
#include "shim/session.h"
#include "shim/tap.h"
#include "shim/tape.h"

/* A URL that nothing answers, for transfers that are refused. */
#define NOWHERE "http://tapedeck.invalid/"

static union td_value number(long value)
{
    return (union td_value){.number = value};
}

static union td_value text(const char *value)
{
    /* Cleared first: setopt reads all of a pointer. */
    union td_value both = {.pointer = NULL};
    both.text = value;
    return both;
}

/*
 * The URL that libcurl would make of what the host has set, by libcurl's own parser with the flags
 * that it uses itself (parseurlandfillconn in its lib/url.c). False where it would not take it:
 * then libcurl is to say so.
 */
static bool true_url(const struct td_easy *easy, struct td_buf *out)
{
    const struct td_real *real = easy->real;
    const union td_value *values = easy->options.values;
    const char *url = values[TD_OPTION_URL].text;
    CURLU *given = values[TD_OPTION_CURLU].pointer;
    CURLU *parsed = given ? real->url_dup(given) : real->url();
    char *whole = NULL;
    bool ok = parsed && (given || url);
    if (ok && !given) {
        const char *scheme = values[TD_OPTION_DEFAULT_PROTOCOL].text;
        struct td_url parts;
        struct td_buf absolute;
        td_buf_init(&absolute);
        td_url_split(&parts, td_bytes_of(url));
        if (scheme && !(parts.has_scheme && parts.has_authority))
            td_buf_printf(&absolute, "%s://", scheme);
        td_buf_put_text(&absolute, url);
        ok = !td_buf_failed(&absolute) &&
             real->url_set(parsed, CURLUPART_URL, absolute.data,
                           CURLU_GUESS_SCHEME | CURLU_NON_SUPPORT_SCHEME |
                               (values[TD_OPTION_PATH_AS_IS].number ? CURLU_PATH_AS_IS : 0)) ==
                 CURLUE_OK;
        td_buf_release(&absolute);
    }
    ok = ok && real->url_get(parsed, CURLUPART_URL, &whole, 0) == CURLUE_OK;
    if (ok)
        td_buf_put_text(out, whole);
    real->free(whole);
    real->url_cleanup(parsed);
    return ok;
}

/* Whatever would lead the transfer off the private socket, or show the host that it is there. What
 * keeps it from the network has to work: else the transfer must not begin. */
static CURLcode override_options(struct td_easy *easy, const char *url)
{
    struct td_options *options = &easy->options;
    if (options->values[TD_OPTION_CURLU].pointer)
        td_options_override(easy, TD_OPTION_CURLU, text(NULL));
    CURLcode code = td_options_override(easy, TD_OPTION_URL, text(url));
    if (code == CURLE_OK)
        code = td_options_override(easy,
                                   easy->tape->abstract ? TD_OPTION_ABSTRACT_UNIX_SOCKET
                                                        : TD_OPTION_UNIX_SOCKET_PATH,
                                   text(easy->tape->address));
    if (code == CURLE_OK)
        code = td_options_override(easy, TD_OPTION_PROTOCOLS, number(CURLPROTO_HTTP));
    if (code == CURLE_OK)
        code = td_options_override(easy, TD_OPTION_REDIR_PROTOCOLS, number(CURLPROTO_HTTP));
    if (code != CURLE_OK)
        return code;
    td_options_override(easy, TD_OPTION_PROXY, text(""));
    if (td_options_has(options, TD_OPTION_PRE_PROXY))
        td_options_override(easy, TD_OPTION_PRE_PROXY, text(NULL));
    if (td_options_has(options, TD_OPTION_CONNECT_TO))
        td_options_override(easy, TD_OPTION_CONNECT_TO, text(NULL));
    if (options->values[TD_OPTION_HTTP_VERSION].number != CURL_HTTP_VERSION_1_0)
        td_options_override(easy, TD_OPTION_HTTP_VERSION, number(CURL_HTTP_VERSION_1_1));
    if (td_options_has(options, TD_OPTION_HSTS))
        td_options_override(easy, TD_OPTION_HSTS, text(NULL));
    /* Of a cache that is shared this would be the end, in libcurl 7.88 for all who share it. */
    if (!options->values[TD_OPTION_SHARE].pointer &&
        (td_options_has(options, TD_OPTION_HSTS) || td_options_has(options, TD_OPTION_HSTS_CTRL)))
        td_options_override(easy, TD_OPTION_HSTS_CTRL, number(0));
    if (td_options_has(options, TD_OPTION_CONNECT_ONLY))
        td_options_override(easy, TD_OPTION_CONNECT_ONLY, number(0));
    /* A number each, and what it is to be on a plain socket that speaks plain HTTP/1.1. */
    static const struct {
        int option;
        long value;
    } numbers[] = {{TD_OPTION_TCP_FASTOPEN, 0},
                   {TD_OPTION_IPRESOLVE, CURL_IPRESOLVE_WHATEVER},
                   {TD_OPTION_HAPROXYPROTOCOL, 0},
                   {TD_OPTION_HTTP_TRANSFER_DECODING, 1}};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (td_options_has(options, numbers[i].option))
            td_options_override(easy, numbers[i].option, number(numbers[i].value));
    static const int functions[] = {TD_OPTION_OPENSOCKETFUNCTION, TD_OPTION_SOCKOPTFUNCTION,
                                    TD_OPTION_CLOSESOCKETFUNCTION};
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
        if (td_options_has(options, functions[i]))
            td_options_override(easy, functions[i], text(NULL));
    td_callbacks_arm(easy);
    return CURLE_OK;
}

static CURLcode refuse(struct td_easy *easy, struct td_bytes url, const char *reason)
{
    struct td_tape *tape = easy->tape;
    struct td_error err;
    if (tape->deck)
        td_deck_refuse(tape->deck, url, reason, &err);
    else
        td_error_set(&err, TD_ERR_MISS, "tapedeck: %s", reason);
    tape->failed = true;
    snprintf(tape->message, sizeof tape->message, "%.*s", CURL_ERROR_SIZE - 1, err.message);
    if (td_tape_refuse(tape) < 0)
        return CURLE_COULDNT_CONNECT;
    return override_options(easy, NOWHERE);
}

/* Why this transfer cannot be on a tape, or NULL. */
static const char *objection(const struct td_easy *easy, const struct td_url *url)
{
    if (!td_bytes_equal_nocase(url->scheme, TD_BYTES("http")) &&
        !td_bytes_equal_nocase(url->scheme, TD_BYTES("https")))
        return "only http and https are played, and nothing else goes out while a cassette is in "
               "use";
    if (easy->options.values[TD_OPTION_CONNECT_ONLY].number)
        return "CURLOPT_CONNECT_ONLY asks for a bare connection, which no cassette holds";
    return NULL;
}

/* Whether this libcurl could do anything with such a URL at all. */
static bool is_supported(const struct td_easy *easy, struct td_bytes scheme)
{
    const curl_version_info_data *version = easy->real->version_info(CURLVERSION_NOW);
    for (const char *const *name = version->protocols; name && *name; name++)
        if (td_bytes_equal_nocase(td_bytes_of(*name), scheme))
            return true;
    return false;
}

/* Whether the transfer is one for the tape: not, where libcurl itself will refuse it before it
 * connects to anything, and not a local file. */
static bool is_for_tape(struct td_easy *easy, struct td_bytes scheme)
{
    if (td_bytes_equal_nocase(scheme, TD_BYTES("file"))) {
        easy->taped = false;
        return false;
    }
    bool http = td_bytes_equal_nocase(scheme, TD_BYTES("http")) ||
                td_bytes_equal_nocase(scheme, TD_BYTES("https"));
    return is_supported(easy, scheme) &&
           (!http || td_redirect_allows(&easy->options, false, scheme));
}

static CURLcode arm_tape(struct td_easy *easy, const struct td_error *trouble)
{
    struct td_tape *tape = easy->tape;
    struct td_url url;
    td_url_split(&url, td_buf_view(&tape->url));
    easy->armed = easy->taped = true;
    const char *reason = tape->deck ? objection(easy, &url) : trouble->message;
    if (!reason && td_tape_listen(tape) < 0)
        reason = "no socket could be had";
    if (reason)
        return refuse(easy, td_buf_view(&tape->url), reason);
    struct td_buf wire;
    td_buf_init(&wire);
    td_origins_to_wire(&tape->origins, td_buf_view(&tape->url), &wire);
    CURLcode code = CURLE_OUT_OF_MEMORY;
    if (!td_buf_failed(&wire))
        code = override_options(easy, wire.data);
    td_buf_release(&wire);
    return code;
}

CURLcode td_arm_live(struct td_easy *easy, struct td_deck *deck, struct td_bytes url)
{
    easy->taped = false;
    if (!easy->tap)
        easy->tap = td_tap_new(easy);
    if (!easy->tap)
        return CURLE_OUT_OF_MEMORY;
    td_tap_on(easy->tap, td_deck_ref(deck), url);
    return CURLE_OK;
}

/* What the host's read callback has given already, given again. */
static size_t read_again(char *room, size_t size, size_t count, void *context)
{
    struct td_tape *tape = context;
    size_t left = tape->body.len - tape->body_read, len = size * count;
    len = len < left ? len : left;
    if (len)
        memcpy(room, tape->body.data + tape->body_read, len);
    tape->body_read += len;
    return len;
}

static int seek_again(void *context, curl_off_t offset, int origin)
{
    struct td_tape *tape = context;
    if (origin != SEEK_SET || offset < 0 || (size_t)offset > tape->body.len)
        return CURL_SEEKFUNC_FAIL;
    tape->body_read = (size_t)offset;
    return CURL_SEEKFUNC_OK;
}

CURLcode td_go_live(struct td_easy *easy)
{
    struct td_tape *tape = easy->tape;
    struct td_deck *deck = td_deck_ref(tape->deck);
    size_t played = tape->played;
    struct td_buf url;
    td_buf_init(&url);
    td_disarm(easy);
    CURLcode code = CURLE_OUT_OF_MEMORY;
    if (true_url(easy, &url))
        code = td_arm_live(easy, deck, td_buf_view(&url));
    td_buf_release(&url);
    td_deck_unref(deck);
    if (code != CURLE_OK)
        return code;
    easy->tap->known = played;
    tape->body_read = 0;
    if (tape->body.len && (td_options_has(&easy->options, TD_OPTION_READFUNCTION) ||
                           td_options_has(&easy->options, TD_OPTION_READDATA))) {
        td_options_override(easy, TD_OPTION_READFUNCTION,
                            (union td_value){.pointer = (void *)read_again});
        td_options_override(easy, TD_OPTION_READDATA, (union td_value){.pointer = tape});
        td_options_override(easy, TD_OPTION_SEEKFUNCTION,
                            (union td_value){.pointer = (void *)seek_again});
        td_options_override(easy, TD_OPTION_SEEKDATA, (union td_value){.pointer = tape});
    }
    return CURLE_OK;
}

CURLcode td_arm(struct td_easy *easy)
{
    struct td_deck *deck;
    struct td_error trouble;
    easy->decked = td_session_deck(&deck, &trouble);
    if (!easy->decked) {
        easy->taped = false;
        return CURLE_OK;
    }
    struct td_url parts;
    struct td_buf url;
    CURLcode code = CURLE_OUT_OF_MEMORY;
    td_buf_init(&url);
    if (!easy->tape)
        easy->tape = td_tape_new(easy);
    if (easy->tape) {
        td_buf_clear(&easy->tape->effective);
        easy->tape->started = false;
        /* Where it is not for the tape, libcurl remembers the transfer before, and so do we. */
        code = CURLE_OK;
        if (true_url(easy, &url)) {
            td_url_split(&parts, td_buf_view(&url));
            if (deck && td_deck_passes(deck, url.data)) {
                easy->taped = false;
            } else if (deck && td_deck_is_live(deck)) {
                code = td_arm_live(easy, deck, td_buf_view(&url));
            } else if (is_for_tape(easy, parts.scheme)) {
                td_tape_begin(easy->tape, td_deck_ref(deck));
                td_buf_put_bytes(&easy->tape->url, td_buf_view(&url));
                code = arm_tape(easy, &trouble);
            }
        }
    }
    if (code != CURLE_OK)
        td_disarm(easy);
    if (easy->multi)
        td_multi_wake(easy->multi, easy);
    td_buf_release(&url);
    td_deck_unref(deck);
    return code;
}

CURLcode td_finish(struct td_easy *easy, CURLcode result)
{
    char *buffer = easy->options.values[TD_OPTION_ERRORBUFFER].pointer;
    td_tap_finish(easy->tap, result);
    if (easy->armed)
        td_cookies_veil(&easy->tape->cookies, easy->real, easy->curl);
    if (!easy->armed || !easy->tape->failed || result == CURLE_OK)
        return result;
    if (buffer)
        memcpy(buffer, easy->tape->message, CURL_ERROR_SIZE);
    /* How libcurl fails depends on whether it had used the connection before; a miss is a miss. */
    return easy->tape->started ? CURLE_GOT_NOTHING : result;
}

void td_disarm(struct td_easy *easy)
{
    struct td_tape *tape = easy->tape;
    if (td_tap_is_on(easy))
        td_tap_off(easy->tap);
    if (!easy->armed)
        return;
    char *url = NULL;
    if (easy->real->easy_getinfo(easy->curl, CURLINFO_EFFECTIVE_URL, &url) == CURLE_OK && url) {
        td_buf_clear(&tape->effective);
        if (strcmp(url, NOWHERE) == 0)
            td_buf_put_bytes(&tape->effective, td_buf_view(&tape->url));
        else
            td_origins_to_true(&tape->origins, td_bytes_of(url), &tape->effective);
    }
    td_cookies_veil(&tape->cookies, easy->real, easy->curl);
    td_tape_end(tape);
    td_options_restore(easy->real, easy->curl, &easy->options);
    easy->armed = false;
}
