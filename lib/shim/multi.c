/* SPDX-License-Identifier: MIT */
#include "shim/multi.h"

#include "shim/arm.h"
#include "shim/tape.h"

static void link_easy(struct td_multi *multi, struct td_easy *easy)
{
    easy->multi = multi;
    easy->previous = NULL;
    easy->next = multi->easies;
    if (easy->next)
        easy->next->previous = easy;
    multi->easies = easy;
}

void td_multi_unlink(struct td_multi *multi, struct td_easy *easy)
{
    if (easy->previous)
        easy->previous->next = easy->next;
    else
        multi->easies = easy->next;
    if (easy->next)
        easy->next->previous = easy->previous;
    easy->multi = NULL;
    easy->next = easy->previous = NULL;
}

CURLMcode td_multi_add_handle(struct td_multi *multi, struct td_easy *easy)
{
    if (easy->multi || easy->performing)
        return multi->real->multi_add_handle(multi->curl, easy->curl); /* which says why not */
    CURLcode code = td_arm(easy);
    if (code != CURLE_OK)
        return code == CURLE_OUT_OF_MEMORY ? CURLM_OUT_OF_MEMORY : CURLM_INTERNAL_ERROR;
    /* Linked first: adding may call the host's timer callback, which may call us. */
    link_easy(multi, easy);
    CURLMcode result = multi->real->multi_add_handle(multi->curl, easy->curl);
    if (result != CURLM_OK) {
        td_multi_unlink(multi, easy);
        td_disarm(easy);
    }
    return result;
}

CURLMcode td_multi_remove_handle(struct td_multi *multi, struct td_easy *easy)
{
    CURLMcode result = multi->real->multi_remove_handle(multi->curl, easy->curl);
    if (result == CURLM_OK && easy->multi == multi) {
        td_multi_unlink(multi, easy);
        td_disarm(easy);
    }
    return result;
}

CURLMcode td_multi_cleanup(struct td_multi *multi)
{
    CURLMcode result = multi->real->multi_cleanup(multi->curl);
    if (result != CURLM_OK)
        return result;
    while (multi->easies) {
        struct td_easy *easy = multi->easies;
        td_multi_unlink(multi, easy);
        td_disarm(easy);
    }
    td_multi_drop(multi);
    return CURLM_OK;
}

CURLMsg *td_multi_info_read(struct td_multi *multi, int *left)
{
    CURLMsg *message = multi->real->multi_info_read(multi->curl, left);
    struct td_easy *easy = NULL;
    if (message && message->msg == CURLMSG_DONE)
        easy = td_easy_get(message->easy_handle, NULL);
    if (easy)
        message->data.result = td_finish(easy, message->data.result);
    return message;
}

void td_multi_pump(struct td_multi *multi)
{
    for (struct td_easy *easy = multi->easies; easy; easy = easy->next)
        if (easy->armed)
            td_tape_pump(easy->tape);
}
