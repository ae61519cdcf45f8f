/* SPDX-License-Identifier: MIT */
/*
 * What the host is to see of the response heads of a transfer, where that is not what went over
 * the wire: a status line with the recorded protocol, a Location with its true scheme, no trace of
 * a Transfer-Encoding that only the tape needed.
 */
#ifndef TD_SHIM_VIEW_H
#define TD_SHIM_VIEW_H

#include "http/response.h"
#include "shim/real.h"

struct td_view_head {
    struct td_head_edit *edits; /* owned, as is what they point to */
    size_t count;
    bool hidden; /* the whole head is the tape's own (a 100) */
    bool pseudo; /* HTTP/2 or 3, which has the code as a header ":status" */
    char code[8];
};

struct td_view {
    struct td_view_head *heads; /* all of this transfer; the last one is being read */
    size_t count;
    long size_delta; /* recorded bytes of heads less those on the wire */
    bool writing;    /* libcurl is passing head lines to the write callback (CURLOPT_HEADER) */
    bool interim;    /* those of a 1xx, after which comes another head */
    struct curl_header given; /* what curl_easy_header() gave the host last */
    struct curl_header given_next;
    struct curl_header status;                        /* ":status" */
    struct td_buf name, value, next_name, next_value; /* its memory */
};

void td_view_release(struct td_view *view);
/* The wire is about to send this head. */
void td_view_begin(struct td_view *view, const struct td_head *head);
/* What the host is to see of a line of the head that libcurl is reading: the line itself, another
 * one, or nothing (len 0). Lives as long as the line and the view do. */
struct td_bytes td_view_line(const struct td_view *view, struct td_bytes line);
/* The same for all lines of a piece of a head. */
void td_view_lines(const struct td_view *view, struct td_bytes lines, struct td_buf *out);
/* Whether the host does not get to see this line of that head. */
bool td_view_hides(const struct td_view *view, struct td_bytes line);

#endif
