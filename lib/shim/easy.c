/* SPDX-License-Identifier: MIT */
#include "shim/easy.h"

#include "shim/arm.h"
#include "shim/multi.h"
#include "shim/tap.h"
#include "shim/tape.h"

/* The type of a setopt argument follows from the range of the option's number. */
static CURLcode forward(struct td_easy *easy, CURLoption option, union td_value value)
{
    if ((int)option < CURLOPTTYPE_OBJECTPOINT)
        return easy->real->easy_setopt(easy->curl, option, value.number);
    if ((int)option >= CURLOPTTYPE_OFF_T && (int)option < CURLOPTTYPE_BLOB)
        return easy->real->easy_setopt(easy->curl, option, value.offset);
    return easy->real->easy_setopt(easy->curl, option, value.pointer);
}

/* Whether what the transfer is about may still change: it was added to a multi handle and has not
 * begun. It may not be armed at all yet, where it had no URL. */
static bool is_waiting(const struct td_easy *easy, int option)
{
    if (!easy->multi || !easy->decked)
        return false;
    if (td_tap_is_on(easy))
        return !easy->tap->started;
    if (!easy->armed)
        return true;
    /* What was refused is refused once, unless it is about something else now. */
    bool other =
        option == TD_OPTION_URL || option == TD_OPTION_CURLU || option == TD_OPTION_CONNECT_ONLY;
    return !easy->tape->started && (!easy->tape->failed || other);
}

CURLcode td_easy_setopt(struct td_easy *easy, CURLoption option, union td_value value)
{
    int known = td_option_find(option);
    if (known < 0)
        return forward(easy, option, value);
    bool waiting = is_waiting(easy, known);
    if (!waiting && td_options_is_overridden(&easy->options, known)) {
        /* Libcurl gets it when the transfer is over. */
        td_options_set(&easy->options, known, value);
        return CURLE_OK;
    }
    if (waiting)
        td_disarm(easy);
    CURLcode code = forward(easy, option, value);
    if (code == CURLE_OK)
        td_options_set(&easy->options, known, value);
    if (known == TD_OPTION_URL && easy->taped && !easy->armed)
        td_buf_clear(&easy->tape->effective); /* from here on libcurl names the new one */
    if (waiting && td_arm(easy) != CURLE_OK)
        return CURLE_OUT_OF_MEMORY;
    return code;
}

/* curl_easy_perform() on a multi handle of our own, so that the tape can be pumped in between; the
 * loop and its results are those of easy_transfer() in libcurl's lib/easy.c. */
static CURLcode play(struct td_easy *easy)
{
    const struct td_real *real = easy->real;
    if (!easy->own && !(easy->own = real->multi_init()))
        return CURLE_OUT_OF_MEMORY;
    CURLMcode added = real->multi_add_handle(easy->own, easy->curl);
    if (added != CURLM_OK)
        return added == CURLM_OUT_OF_MEMORY ? CURLE_OUT_OF_MEMORY : CURLE_FAILED_INIT;

    CURLMcode trouble = CURLM_OK;
    CURLcode result = CURLE_OK;
    bool done = false;
    easy->performing = true;
    while (!done && trouble == CURLM_OK && !easy->tape->unknown) {
        int running = 0, left;
        trouble = real->multi_perform(easy->own, &running);
        if (trouble != CURLM_OK)
            break;
        const CURLMsg *message = running ? NULL : real->multi_info_read(easy->own, &left);
        if (message) {
            result = message->data.result;
            done = true;
        } else {
            /* Also where there is something to read at once: 8.10 reads only what was polled. */
            int patience = td_tape_pump(easy->tape) ? 0 : td_wait_ms(easy->tape->due_ns, 1000);
            trouble = real->multi_poll(easy->own, NULL, 0, patience, NULL);
        }
    }
    easy->performing = false;
    if (trouble != CURLM_OK)
        result = trouble == CURLM_OUT_OF_MEMORY ? CURLE_OUT_OF_MEMORY : CURLE_BAD_FUNCTION_ARGUMENT;
    real->multi_remove_handle(easy->own, easy->curl);
    return result;
}

CURLcode td_easy_perform(struct td_easy *easy)
{
    if (easy->performing || easy->multi)
        return easy->real->easy_perform(easy->curl); /* which says why not */
    CURLcode code = td_arm(easy);
    if (code != CURLE_OK)
        return code;
    if (easy->armed)
        code = play(easy);
    if (easy->armed && easy->tape->unknown)
        code = td_go_live(easy);
    if (code == CURLE_OK && !easy->armed) {
        easy->performing = true;
        code = easy->real->easy_perform(easy->curl);
        easy->performing = false;
    }
    code = td_finish(easy, code);
    td_disarm(easy);
    return code;
}

CURL *td_easy_duphandle(struct td_easy *easy)
{
    CURL *curl = easy->real->easy_duphandle(easy->curl);
    struct td_easy *twin = curl ? td_easy_add(curl, easy->real) : NULL;
    if (curl && !twin) {
        easy->real->easy_cleanup(curl);
        return NULL;
    }
    if (twin) {
        td_options_copy(&twin->options, &easy->options);
        td_options_restore(twin->real, twin->curl, &twin->options);
    }
    return curl;
}

void td_easy_reset(struct td_easy *easy)
{
    if (!easy->performing) {
        td_tap_finish(easy->tap, CURLE_ABORTED_BY_CALLBACK); /* what follows is not seen */
        td_disarm(easy);
    }
    easy->real->easy_reset(easy->curl);
    td_options_reset(&easy->options);
    easy->taped = easy->armed;
}

void td_easy_cleanup(struct td_easy *easy)
{
    const struct td_real *real = easy->real;
    CURLM *own = easy->own;
    CURL *curl = easy->curl;
    if (easy->multi)
        td_multi_unlink(easy->multi, easy);
    td_tap_finish(easy->tap, CURLE_ABORTED_BY_CALLBACK);
    if (easy->armed)
        td_cookies_veil(&easy->tape->cookies, real, curl); /* the jar is written next */
    real->easy_cleanup(curl);
    td_easy_drop(easy);
    if (own)
        real->multi_cleanup(own);
}
