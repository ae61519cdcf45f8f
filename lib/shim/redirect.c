/* SPDX-License-Identifier: MIT */
#include "shim/redirect.h"

#include "http/url.h"
#include "shim/tape.h"

/* Whether a comma-separated list of schemes has this one; "all" has every one. */
static bool list_has(const char *list, struct td_bytes scheme)
{
    while (list && *list) {
        size_t len = strcspn(list, ",");
        struct td_bytes item = td_bytes_trim(td_bytes(list, len));
        if (td_bytes_equal_nocase(item, scheme) || td_bytes_equal_nocase(item, TD_BYTES("all")))
            return true;
        list += len + (list[len] == ',');
    }
    return false;
}

bool td_redirect_allows(const struct td_options *options, bool redirect, struct td_bytes scheme)
{
    int text = redirect ? TD_OPTION_REDIR_PROTOCOLS_STR : TD_OPTION_PROTOCOLS_STR;
    int number = redirect ? TD_OPTION_REDIR_PROTOCOLS : TD_OPTION_PROTOCOLS;
    long bit = td_bytes_equal_nocase(scheme, TD_BYTES("https")) ? CURLPROTO_HTTPS : CURLPROTO_HTTP;
    if (td_options_has(options, text) && options->values[text].text)
        return list_has(options->values[text].text, scheme);
    if (td_options_has(options, number))
        return options->values[number].number & bit;
    return true;
}

/* On the wire a redirect is http, whatever it is in truth. Where the host does not allow it,
 * libcurl has to refuse it, with its own words about the true scheme. */
static bool refuse_location(struct td_tape *tape, const struct td_url *here,
                            const struct td_url *there, struct td_bytes value, struct td_buf *out)
{
    struct td_bytes scheme = there->has_scheme ? there->scheme : here->scheme;
    if (!td_bytes_equal_nocase(scheme, TD_BYTES("https"))) {
        td_options_override(tape->easy, TD_OPTION_REDIR_PROTOCOLS, (union td_value){.number = 0});
        return false;
    }
    /* An https URL is never followed on the wire. A relative one becomes absolute for that. */
    if (there->has_scheme)
        return false;
    const char *rest = here->path.data;
    if (there->has_authority)
        rest = here->host.data - (here->has_userinfo ? here->userinfo.len + 1 : 0) - 2;
    td_buf_put(out, tape->url.data, (size_t)(rest - tape->url.data));
    if (!there->has_authority && (!value.len || value.data[0] != '/'))
        td_buf_put_char(out, '/');
    td_buf_put_bytes(out, value);
    return true;
}

static bool rewrite_location(struct td_tape *tape, struct td_bytes value, struct td_buf *out)
{
    struct td_easy *easy = tape->easy;
    struct td_url here, there;
    td_url_split(&here, td_buf_view(&tape->url));
    td_url_split(&there, value);
    struct td_bytes scheme = there.has_scheme ? there.scheme : here.scheme;
    bool secure = td_bytes_equal_nocase(scheme, TD_BYTES("https"));
    if (!secure && !td_bytes_equal_nocase(scheme, TD_BYTES("http")))
        return false; /* libcurl is told to follow nothing but http */
    if (!td_redirect_allows(&easy->options, true, scheme))
        return refuse_location(tape, &here, &there, value, out);
    if (!there.has_authority)
        return false; /* libcurl stays on the origin where it is */
    if (!secure)
        return false;
    struct td_buf url;
    td_buf_init(&url);
    if (!there.has_scheme)
        td_buf_put_text(&url, "https:");
    td_buf_put_bytes(&url, value);
    td_origins_to_wire(&tape->origins, td_buf_view(&url), out);
    td_buf_release(&url);
    return true;
}

bool td_redirect_rewrite(struct td_tape *tape, struct td_bytes name, struct td_bytes value,
                         struct td_buf *out)
{
    if (td_bytes_equal_nocase(name, TD_BYTES("Location")))
        return rewrite_location(tape, value, out);
    if (td_bytes_equal_nocase(name, TD_BYTES("Set-Cookie"))) {
        struct td_url here;
        td_url_split(&here, td_buf_view(&tape->url));
        return td_bytes_equal_nocase(here.scheme, TD_BYTES("https")) &&
               td_cookies_receive(&tape->cookies, here.host, value, out);
    }
    return false;
}
