/* SPDX-License-Identifier: MIT */
#include "shim/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/url.h"
#include "shim/handles.h"

enum kind { LONG, TEXT, POINTER };

static const struct row {
    CURLoption option;
    enum kind kind;
} rows[TD_OPTION_COUNT] = {
#define X(name, kind) [TD_OPTION_##name] = {CURLOPT_##name, kind},
    TD_OPTIONS(X)
#undef X
};

/* Options that are two names of one setting: what is set last counts. */
static const signed char twins[TD_OPTION_COUNT] = {
    [TD_OPTION_UNIX_SOCKET_PATH] = TD_OPTION_ABSTRACT_UNIX_SOCKET,
    [TD_OPTION_ABSTRACT_UNIX_SOCKET] = TD_OPTION_UNIX_SOCKET_PATH,
    [TD_OPTION_PROTOCOLS] = TD_OPTION_PROTOCOLS_STR,
    [TD_OPTION_PROTOCOLS_STR] = TD_OPTION_PROTOCOLS,
    [TD_OPTION_REDIR_PROTOCOLS] = TD_OPTION_REDIR_PROTOCOLS_STR,
    [TD_OPTION_REDIR_PROTOCOLS_STR] = TD_OPTION_REDIR_PROTOCOLS,
};

/* libcurl's defaults, where they are not 0 or NULL (Curl_init_userdefined in its lib/url.c). */
static union td_value default_of(const struct td_options *options, int option)
{
    switch (option) {
    case TD_OPTION_HSTS_CTRL: /* naming a file turns it on */
        return (union td_value){.number =
                                    td_options_has(options, TD_OPTION_HSTS) ? CURLHSTS_ENABLE : 0};
    case TD_OPTION_PROTOCOLS:
        return (union td_value){.number = (long)CURLPROTO_ALL};
    case TD_OPTION_REDIR_PROTOCOLS:
        return (union td_value){.number = CURLPROTO_HTTP | CURLPROTO_HTTPS | CURLPROTO_FTP |
                                          CURLPROTO_FTPS};
    case TD_OPTION_HTTP_TRANSFER_DECODING:
        return (union td_value){.number = 1};
    case TD_OPTION_WRITEDATA:
        return (union td_value){.pointer = stdout};
    case TD_OPTION_READDATA:
        return (union td_value){.pointer = stdin};
    default:
        return (union td_value){0};
    }
}

int td_option_find(CURLoption option)
{
    switch (option) {
#define X(name, kind)                                                                              \
    case CURLOPT_##name:                                                                           \
        return TD_OPTION_##name;
        TD_OPTIONS(X)
#undef X
    default:
        return -1;
    }
}

static void forget(struct td_options *options, int option)
{
    if (rows[option].kind == TEXT)
        free((char *)options->values[option].text);
    options->values[option] = (union td_value){0};
    options->set &= ~(UINT64_C(1) << option);
}

void td_options_reset(struct td_options *options)
{
    for (int i = 0; i < TD_OPTION_COUNT; i++)
        if (td_options_has(options, i))
            forget(options, i);
}

void td_options_release(struct td_options *options)
{
    td_options_reset(options);
}

void td_options_set(struct td_options *options, int option, union td_value value)
{
    if (rows[option].kind == TEXT && value.text)
        value.text = strdup(value.text);
    forget(options, option);
    if (twins[option])
        forget(options, twins[option]);
    options->values[option] = value;
    options->set |= UINT64_C(1) << option;
}

void td_options_copy(struct td_options *to, const struct td_options *from)
{
    for (int i = 0; i < TD_OPTION_COUNT; i++)
        if (td_options_has(from, i))
            td_options_set(to, i, from->values[i]);
    to->overridden = from->overridden;
}

void td_port_option(const struct td_easy *easy, struct td_buf *url)
{
    long port = easy->options.values[TD_OPTION_PORT].number;
    struct td_url parts;
    struct td_buf changed;
    td_url_split(&parts, td_buf_view(url));
    if (!port || !parts.has_authority)
        return;
    td_buf_init(&changed);
    td_buf_put(&changed, url->data, (size_t)(parts.host.data + parts.host.len - url->data));
    td_buf_printf(&changed, ":%ld", port & 0xffff);
    td_buf_put_text(&changed, parts.path.data);
    td_buf_release(url);
    *url = changed;
}

static CURLcode hand_over(const struct td_real *real, CURL *curl, int option, union td_value value)
{
    if (rows[option].kind == LONG)
        return real->easy_setopt(curl, rows[option].option, value.number);
    return real->easy_setopt(curl, rows[option].option, value.pointer);
}

CURLcode td_options_override(struct td_easy *easy, int option, union td_value value)
{
    easy->options.overridden |= UINT64_C(1) << option;
    return hand_over(easy->real, easy->curl, option, value);
}

void td_options_restore(const struct td_real *real, CURL *curl, struct td_options *options)
{
    for (int i = 0; i < TD_OPTION_COUNT; i++) {
        if (!td_options_is_overridden(options, i))
            continue;
        int twin = twins[i];
        if (td_options_has(options, i))
            hand_over(real, curl, i, options->values[i]);
        else if (twin && td_options_has(options, twin))
            hand_over(real, curl, twin, options->values[twin]);
        else
            hand_over(real, curl, i, default_of(options, i));
    }
    options->overridden = 0;
}
