/* SPDX-License-Identifier: MIT */
/*
 * The same bytes seen in several ways, each of which may show a secret: as they stand, percent-
 * decoded, a string of JSON unescaped, the pieces of a stream's text put together.
 *
 * A sheet holds bytes that are to be patched: a header's value, a body, or what a run of base64 or
 * a gzip member inside another sheet holds. A view is a text, and for each part of it the place on
 * a sheet that it was made from. What is replaced in a view becomes patches on the sheets.
 */
#ifndef TD_SCRUB_VIEW_H
#define TD_SCRUB_VIEW_H

#include "base/arena.h"

struct td_secret {
    const char *rule;
    const char *variable; /* of the environment */
    unsigned order;       /* of two rules for the same bytes the lower one is named */
    uint32_t fingerprint;
};

struct td_patch {
    size_t start;
    size_t end;
    struct td_bytes text;
    size_t number; /* in the order in which they came */
    struct td_secret
        secret; /* no rule: the rest of one that was found before, or an inner sheet's */
};

enum td_coding {
    TD_CODING_NONE,
    TD_CODING_BASE64,
    TD_CODING_BASE64URL,
    TD_CODING_GZIP,
    TD_CODING_ZLIB,
    TD_CODING_FRAME, /* the payload of one of AWS's event streams */
};

struct td_view;

struct td_sheet {
    struct td_bytes text;
    struct td_patch *patches;
    size_t count;
    size_t capacity;
    /* Where it is from, and how it goes back there; none of a sheet that is a whole part. */
    const struct td_view *home;
    size_t start, end;
    enum td_coding coding;
    bool ends; /* base64 has its padding, gzip its end */
    struct td_sheet *older;
};

/* How a replacement is spelled where a view comes from. */
enum td_escape { TD_ESCAPE_NONE, TD_ESCAPE_PERCENT, TD_ESCAPE_JSON };

/* Either byte for byte, or bytes that are written together as one escape. */
struct td_span {
    size_t at; /* in the view */
    size_t len;
    struct td_sheet *sheet;
    size_t start; /* on the sheet */
    size_t size;
};

struct td_view {
    struct td_bytes text;
    const struct td_span *spans; /* in order; without gaps in the view */
    size_t count;
    enum td_escape escape;
    bool joined;                /* of pieces */
    const struct td_view *from; /* NULL: the sheet itself */
    struct td_span own;         /* room for the only span that most views have */
};

/* A secret, and where it stands on the outermost sheet: where the base64 or gzip starts that it is
 * in, if it is. */
struct td_found {
    size_t start;
    size_t len;
    struct td_secret secret;
};

/* All that is at hand while one part of an interaction is scrubbed. */
struct td_desk {
    struct td_arena arena;
    struct td_sheet *newest;
    struct td_found *found; /* once it is settled, in order */
    size_t found_count;
    size_t found_capacity;
    bool failed; /* memory ran out */
};

void td_desk_init(struct td_desk *desk);
void td_desk_release(struct td_desk *desk);

/* Never NULL: where memory runs out desk->failed says so, and an empty view comes back. */
const struct td_view *td_view_sheet(struct td_desk *desk, struct td_bytes text);
/* What stands in view at [start, end) is base64 or gzip of this text. */
const struct td_view *td_view_inner(struct td_desk *desk, const struct td_view *view, size_t start,
                                    size_t end, struct td_bytes text, enum td_coding coding,
                                    bool ends);
/* A part of a view. */
const struct td_view *td_view_slice(struct td_desk *desk, const struct td_view *view, size_t start,
                                    size_t len);
/* The span that holds this byte of the view, or the one past the last. */
size_t td_view_find_span(const struct td_view *view, size_t at);
/* Percent-decoded, `plus` as space where it is a form. A replacement is encoded in any case. */
const struct td_view *td_view_percent(struct td_desk *desk, const struct td_view *view, bool plus);
/* As it is, but a replacement is percent-encoded. */
const struct td_view *td_view_in_form(struct td_desk *desk, const struct td_view *view);
/* With the escapes of a JSON string decoded; without the quotes. */
const struct td_view *td_view_unescape(struct td_desk *desk, const struct td_view *view);
/* Decodes the escape of a JSON string that starts at `at`; its length, or 0 where it is none. */
size_t td_escape_decode(struct td_bytes text, size_t at, char bytes[4], size_t *len);
/* Views one behind the other. */
const struct td_view *td_view_join(struct td_desk *desk, const struct td_view *const *views,
                                   size_t count);

/* Notes that the text gives way to a placeholder, which is spelled as it must be there. */
void td_view_replace(struct td_desk *desk, const struct td_view *view, size_t start, size_t end,
                     struct td_bytes placeholder, struct td_secret secret);

/* Puts the patches of inner sheets on the outer ones; then sorts and joins those that overlap. The
 * outermost sheet is the only one left to be looked at. */
struct td_sheet *td_desk_settle(struct td_desk *desk);
/* A sheet's text with its patches, appended. */
void td_sheet_write(const struct td_sheet *sheet, struct td_buf *out);

#endif
