/* SPDX-License-Identifier: MIT */
/*
 * A cassette file that is changed in place: each byte outside of the change is kept, whatever the
 * dialect. A file in which nothing changed is the very same bytes; a changed header is one changed
 * line; an interaction that is added or removed is lines that were added or removed.
 *
 * Changes are noted, and take effect in what td_edit_render() gives and td_edit_save() writes.
 * Positions and header indices stay those of the file as it was read, whatever was changed,
 * added or removed since. All texts are copied.
 *
 * No change ever spoils a file: what was rendered is read again and compared with what was wanted,
 * value by value, keys that mean nothing to Tapedeck included. Where that does not agree, it is an
 * error, "cannot be changed in place", and nothing is written.
 */
#ifndef TD_CASSETTE_EDIT_H
#define TD_CASSETTE_EDIT_H

#include <tapedeck/cassette.h>

#include "cassette/cassette.h"

struct td_edit;

/* The keys of a request or a response that hold one value, which is given as text. */
enum td_edit_key {
    TD_EDIT_PROTO,
    TD_EDIT_PROTO_MAJOR,
    TD_EDIT_PROTO_MINOR,
    TD_EDIT_CONTENT_LENGTH,
    TD_EDIT_BODY,
    TD_EDIT_HOST, /* from here on of the request only */
    TD_EDIT_REMOTE_ADDR,
    TD_EDIT_REQUEST_URI,
    TD_EDIT_URL,
    TD_EDIT_METHOD,
    TD_EDIT_UNCOMPRESSED, /* from here on of the response only; "true", "false" */
    TD_EDIT_STATUS,
    TD_EDIT_CODE,
    TD_EDIT_DURATION, /* "626.391292ms" */
};

/* Reads the file whole. On success *edit is to be closed. */
int td_edit_open(const char *path, struct td_edit **edit, struct td_error *err);
/* The same from memory, which is copied; `path` is for messages and for saving. */
int td_edit_parse(const char *path, struct td_bytes content, struct td_edit **edit,
                  struct td_error *err);
void td_edit_close(struct td_edit *edit); /* NULL is fine */

/* As it was read: changes do not show in it. It lives as long as the edit. */
const struct td_cassette *td_edit_cassette(const struct td_edit *edit);

/* A value that is what it was is no change. TD_ERR_INVALID where there is no such interaction, key
 * or header, or the value is not one of its key. */
int td_edit_set(struct td_edit *edit, size_t position, enum td_side side, enum td_edit_key key,
                struct td_bytes value, struct td_error *err);

/* `header` is an index into the message's headers (trailers, form fields), as they were read. */
int td_edit_set_header(struct td_edit *edit, size_t position, enum td_side side, size_t header,
                       struct td_bytes value, struct td_error *err);
int td_edit_remove_header(struct td_edit *edit, size_t position, enum td_side side, size_t header,
                          struct td_error *err);
/* One more value of a name that is there, else a new name, where Go's order has it. */
int td_edit_add_header(struct td_edit *edit, size_t position, enum td_side side,
                       struct td_bytes name, struct td_bytes value, struct td_error *err);
int td_edit_set_trailer(struct td_edit *edit, size_t position, enum td_side side, size_t trailer,
                        struct td_bytes value, struct td_error *err);
int td_edit_remove_trailer(struct td_edit *edit, size_t position, enum td_side side, size_t trailer,
                           struct td_error *err);
int td_edit_add_trailer(struct td_edit *edit, size_t position, enum td_side side,
                        struct td_bytes name, struct td_bytes value, struct td_error *err);
/* Of the request. */
int td_edit_set_form(struct td_edit *edit, size_t position, size_t field, struct td_bytes value,
                     struct td_error *err);
int td_edit_remove_form(struct td_edit *edit, size_t position, size_t field, struct td_error *err);
int td_edit_add_form(struct td_edit *edit, size_t position, struct td_bytes name,
                     struct td_bytes value, struct td_error *err);

/* The response's key `tapedeck`, which goes where all of it is empty. What it points to is copied.
 * (A body that is set keeps its chunks: where they should fit again, this is to be called.) */
int td_edit_set_shape(struct td_edit *edit, size_t position, const struct td_shape *shape,
                      struct td_error *err);

/* The top level's key `tapedeck`, which is written afresh, and goes where there are no settings.
 * The path and the arena of `settings` do not matter. What it points to is copied. */
int td_edit_set_settings(struct td_edit *edit, const struct td_settings *settings,
                         struct td_error *err);

/*
 * Behind the last interaction, in the layout that the file has; its id is one more than the largest
 * there. What it points to is copied.
 */
int td_edit_append(struct td_edit *edit, const struct td_interaction *interaction,
                   struct td_error *err);
/* Its own lines go, comments between interactions stay. Where the ids count the interactions
 * through, they do so afterwards; other ids are left. */
int td_edit_remove(struct td_edit *edit, size_t position, struct td_error *err);

/* Whether anything is to be changed. */
bool td_edit_changed(const struct td_edit *edit);
/* The file as it is to be, appended to `out`. Without a change: the very bytes. */
int td_edit_render(struct td_edit *edit, struct td_buf *out, struct td_error *err);
/*
 * td_save() of that. Nothing is written where nothing changed. TD_ERR_IO where the file is no
 * longer what was read: somebody else has written it meanwhile, and their work would be lost.
 */
int td_edit_save(struct td_edit *edit, struct td_error *err);

#endif
