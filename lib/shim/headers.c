/* SPDX-License-Identifier: MIT */
/*
 * curl_easy_header() and curl_easy_nextheader(): libcurl's own list of headers, seen through the
 * edits of the tape. A header that only the wire had is passed over; one that was sent with another
 * name or value is shown as it was recorded.
 */
#include "shim/easy.h"
#include "shim/tape.h"

#include <strings.h>

/* The head that answers a request of the transfer; -1 is the last. NULL where there is none. */
static const struct td_view_head *head_of(const struct td_view *view, int request)
{
    const struct td_view_head *last = NULL;
    int number = 0;
    for (size_t i = 0; i < view->count; i++) {
        if (view->heads[i].hidden)
            continue;
        last = &view->heads[i];
        if (number++ == request)
            return last;
    }
    return request < 0 ? last : NULL;
}

/* "Name: value" CR LF, taken apart. */
static bool split(struct td_bytes line, struct td_bytes *name, struct td_bytes *value)
{
    const char *colon = line.len ? memchr(line.data, ':', line.len) : NULL;
    if (!colon || td_bytes_starts_nocase(line, TD_BYTES("HTTP/")))
        return false;
    *name = td_bytes(line.data, (size_t)(colon - line.data));
    size_t left = line.len - name->len - 1;
    while (left && (colon[left] == '\n' || colon[left] == '\r'))
        left--;
    *value = td_bytes_trim(td_bytes(colon + 1, left));
    return true;
}

static const struct td_head_edit *edit_of(const struct td_view_head *head,
                                          const struct curl_header *header)
{
    struct td_bytes name, value;
    for (size_t i = 0; head && i < head->count; i++)
        if (split(head->edits[i].wire, &name, &value) &&
            td_bytes_equal_nocase(name, td_bytes_of(header->name)) &&
            td_bytes_equal(value, td_bytes_of(header->value)))
            return &head->edits[i];
    return NULL;
}

/* The next header that the host may see, or NULL. Where it was edited, *name and *value are what is
 * to be shown, else they are NULL. */
static struct curl_header *next(struct td_easy *easy, unsigned int origin, int request,
                                struct curl_header *header, struct td_bytes *name,
                                struct td_bytes *value)
{
    const struct td_view_head *head = head_of(&easy->tape->view, request);
    while ((header = easy->real->easy_nextheader(easy->curl, origin, request, header))) {
        const struct td_head_edit *edit = edit_of(head, header);
        *name = *value = td_bytes(NULL, 0);
        if (!edit)
            return header;
        if (edit->recorded.len && split(edit->recorded, name, value))
            return header;
    }
    return NULL;
}

/* A copy of `header` with another name and value, in memory that lasts until the next one. */
static struct curl_header *show(struct curl_header *to, struct td_buf *name_memory,
                                struct td_buf *value_memory, const struct curl_header *header,
                                struct td_bytes name, struct td_bytes value)
{
    *to = *header;
    if (name.data) {
        td_buf_clear(name_memory);
        td_buf_clear(value_memory);
        td_buf_put_bytes(name_memory, name);
        td_buf_put_bytes(value_memory, value);
        if (td_buf_failed(name_memory) || td_buf_failed(value_memory))
            return NULL;
        to->name = name_memory->data;
        to->value = value_memory->data;
    }
    return to;
}

static bool has_edits(const struct td_easy *easy, int request)
{
    const struct td_view_head *head = easy->taped ? head_of(&easy->tape->view, request) : NULL;
    return head && head->count > 0;
}

/* HTTP/2's ":status", which no HTTP/1.1 wire can bring, or NULL. */
static struct curl_header *status_header(struct td_easy *easy, unsigned int origin, int request)
{
    struct td_view *view = &easy->tape->view;
    const struct td_view_head *head = head_of(view, request);
    if (!head || !head->pseudo || !(origin & CURLH_PSEUDO))
        return NULL;
    view->status = (struct curl_header){
        .name = (char *)":status",
        .value = (char *)head->code,
        .amount = 1,
        .origin = CURLH_PSEUDO | (1u << 27), /* as libcurl marks what it gives out */
    };
    return &view->status;
}

CURLHcode td_easy_header(struct td_easy *easy, const char *name, size_t index, unsigned int origin,
                         int request, struct curl_header **out)
{
    CURLHcode code = easy->real->easy_header(easy->curl, name, index, origin, request, out);
    if (!has_edits(easy, request) ||
        (code != CURLHE_OK && code != CURLHE_MISSING && code != CURLHE_BADINDEX))
        return code;
    struct td_view *view = &easy->tape->view;
    if (strcmp(name, ":status") == 0 && status_header(easy, origin, request)) {
        *out = &view->status;
        return index ? CURLHE_BADINDEX : CURLHE_OK;
    }
    struct curl_header *header = NULL;
    struct td_bytes shown, value;
    size_t amount = 0;
    bool found = false;
    while ((header = next(easy, origin, request, header, &shown, &value))) {
        if (!td_bytes_equal_nocase(shown.data ? shown : td_bytes_of(header->name),
                                   td_bytes_of(name)))
            continue;
        if (amount++ == index)
            found = show(&view->given, &view->name, &view->value, header, shown, value);
    }
    if (!amount)
        return CURLHE_MISSING;
    if (!found)
        return CURLHE_BADINDEX;
    view->given.amount = amount;
    view->given.index = index;
    *out = &view->given;
    return CURLHE_OK;
}

/* How many headers have the name of one that is shown, and which of them it is. On the wire those
 * of all names but it may have been of one name. */
static void count_name(struct td_easy *easy, unsigned int origin, int request, const void *anchor,
                       struct curl_header *shown)
{
    struct td_bytes name, value;
    struct curl_header *header = NULL;
    shown->amount = shown->index = 0;
    while ((header = next(easy, origin, request, header, &name, &value))) {
        if (!td_bytes_equal_nocase(name.data ? name : td_bytes_of(header->name),
                                   td_bytes_of(shown->name)))
            continue;
        if (header->anchor == anchor)
            shown->index = shown->amount;
        shown->amount++;
    }
}

struct curl_header *td_easy_nextheader(struct td_easy *easy, unsigned int origin, int request,
                                       struct curl_header *previous)
{
    if (!has_edits(easy, request))
        return easy->real->easy_nextheader(easy->curl, origin, request, previous);
    struct td_view *view = &easy->tape->view;
    struct td_bytes name, value;
    if (!previous && status_header(easy, origin, request))
        return &view->status;
    if (previous == &view->status)
        previous = NULL; /* it stands in front of libcurl's first */
    struct curl_header *header = next(easy, origin, request, previous, &name, &value);
    if (!header || !name.data)
        return header;
    struct curl_header *shown =
        show(&view->given_next, &view->next_name, &view->next_value, header, name, value);
    if (shown)
        count_name(easy, origin, request, header->anchor, shown);
    return shown;
}
