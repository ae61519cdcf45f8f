/* SPDX-License-Identifier: MIT */
#include "cassette/edit.h"

#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/save.h"
#include "cassette/duration.h"
#include "cassette/edit_draft.h"
#include "cassette/reader.h"

/* ---- open and close ---- */

void td_edit_close(struct td_edit *edit)
{
    if (!edit)
        return;
    td_cassette_free(edit->cassette);
    td_yaml_release(&edit->tree);
    td_buf_release(&edit->content);
    td_arena_release(&edit->arena);
    free(edit->items);
    free(edit->added);
    free(edit->path);
    free(edit);
}

int td_edit_parse(const char *path, struct td_bytes content, struct td_edit **edit,
                  struct td_error *err)
{
    struct td_edit *made = calloc(1, sizeof *made);
    if (!made)
        return td_error_nomem(err);
    made->path = strdup(path);
    td_buf_put_bytes(&made->content, content);
    int status = made->path && !td_buf_failed(&made->content) ? 0 : td_error_nomem(err);
    if (status == 0)
        status = td_yaml_parse(&made->tree, path, td_buf_view(&made->content), err);
    if (status == 0)
        status = td_cassette_from_yaml(path, &made->tree, &made->cassette, err);
    if (status == 0) {
        made->items = calloc(made->cassette->count + 1, sizeof *made->items);
        status = made->items ? 0 : td_error_nomem(err);
    }
    if (status < 0) {
        td_edit_close(made);
        return status;
    }
    *edit = made;
    return 0;
}

static struct td_edit_stamp stamp_of(const char *path)
{
    struct stat st;
    if (stat(path, &st) < 0)
        return (struct td_edit_stamp){0};
    return (struct td_edit_stamp){st.st_dev, st.st_ino, (uint64_t)st.st_size, st.st_mtim.tv_sec,
                                  st.st_mtim.tv_nsec};
}

int td_edit_open(const char *path, struct td_edit **edit, struct td_error *err)
{
    struct td_file file;
    struct td_edit_stamp stamp = stamp_of(path); /* before it is read */
    int status = td_file_open(&file, path, TD_CASSETTE_MAX_BYTES, err);
    if (status < 0)
        return status;
    status = td_edit_parse(path, file.content, edit, err);
    td_file_close(&file);
    if (status == 0)
        (*edit)->stamp = stamp;
    return status;
}

const struct td_cassette *td_edit_cassette(const struct td_edit *edit)
{
    return edit->cassette;
}

/* ---- what is wanted ---- */

#define INVALID(edit, err, ...)                                                                    \
    td_error_set_at((err), TD_ERR_INVALID, (edit)->path, 0, 0, __VA_ARGS__)

/* The interaction, to be changed. */
static int own(struct td_edit *edit, size_t position, struct td_edit_item **item,
               struct td_error *err)
{
    if (position >= edit->cassette->count)
        return INVALID(edit, err, "no interaction at position %zu, there are %zu", position,
                       edit->cassette->count);
    if (!edit->items[position]) {
        struct td_edit_item *made = td_arena_alloc(&edit->arena, sizeof *made);
        if (!made)
            return td_error_nomem(err);
        made->wanted = edit->cassette->interactions[position];
        edit->items[position] = made;
    }
    *item = edit->items[position];
    return (*item)->removed
               ? INVALID(edit, err, "the interaction at position %zu was removed", position)
               : 0;
}

static int copy_text(struct td_edit *edit, struct td_bytes text, struct td_bytes *copy,
                     struct td_error *err)
{
    *copy = td_arena_copy(&edit->arena, text.len ? text : TD_BYTES(""));
    return copy->data ? 0 : td_error_nomem(err);
}

static bool parse_number(struct td_bytes text, int64_t min, int64_t max, int64_t *number)
{
    bool negative = text.len && text.data[0] == '-';
    uint64_t magnitude;
    if (!td_bytes_to_u64(negative ? td_bytes(text.data + 1, text.len - 1) : text, &magnitude) ||
        magnitude > (negative ? (uint64_t)1 << 63 : (uint64_t)INT64_MAX))
        return false;
    *number = (int64_t)(negative ? -magnitude : magnitude);
    return *number >= min && *number <= max;
}

static const char *parse_value(const struct td_key *key, struct td_bytes text, void *value)
{
    bool is_code = td_bytes_equal(key->name, TD_BYTES("code"));
    int64_t number;
    switch (key->type) {
    case TD_KEY_INT:
        if (!parse_number(text, is_code ? 100 : INT_MIN, is_code ? 999 : INT_MAX, &number))
            return is_code ? "a status such as 200" : "a whole number";
        *(int *)value = (int)number;
        return NULL;
    case TD_KEY_LONG:
        return parse_number(text, INT64_MIN, INT64_MAX, value) ? NULL : "a whole number";
    case TD_KEY_BOOL:
        *(bool *)value = td_bytes_equal(text, TD_BYTES("true"));
        return *(bool *)value || td_bytes_equal(text, TD_BYTES("false")) ? NULL : "true or false";
    case TD_KEY_DURATION:
        return td_duration_parse(text, value) == TD_DURATION_OK
                   ? NULL
                   : "a duration such as 1m2.5s or 626ms";
    default:
        return "text";
    }
}

int td_edit_set(struct td_edit *edit, size_t position, enum td_side side, enum td_edit_key key,
                struct td_bytes value, struct td_error *err)
{
    static const char *const names[] = {
        [TD_EDIT_PROTO] = "proto",
        [TD_EDIT_PROTO_MAJOR] = "proto_major",
        [TD_EDIT_PROTO_MINOR] = "proto_minor",
        [TD_EDIT_CONTENT_LENGTH] = "content_length",
        [TD_EDIT_BODY] = "body",
        [TD_EDIT_HOST] = "host",
        [TD_EDIT_REMOTE_ADDR] = "remote_addr",
        [TD_EDIT_REQUEST_URI] = "request_uri",
        [TD_EDIT_URL] = "url",
        [TD_EDIT_METHOD] = "method",
        [TD_EDIT_UNCOMPRESSED] = "uncompressed",
        [TD_EDIT_STATUS] = "status",
        [TD_EDIT_CODE] = "code",
        [TD_EDIT_DURATION] = "duration",
    };
    struct td_edit_item *item;
    int status = own(edit, position, &item, err);
    if (status < 0)
        return status;
    const struct td_key *known = td_keys_find(td_edit_keys(side), td_bytes_of(names[key]));
    if (!known)
        return INVALID(edit, err, "a %s has no '%s'", side == TD_REQUEST ? "request" : "response",
                       names[key]);
    void *target = td_key_value(known, td_edit_record(&item->wanted, side));
    if (known->type == TD_KEY_TEXT || known->type == TD_KEY_BODY)
        return copy_text(edit, value, target, err);
    int64_t parsed[2] = {0}; /* of any type: nothing changes where it is not one */
    const char *expected = parse_value(known, value, parsed);
    if (expected)
        return INVALID(edit, err, "'%s' must be %s, and is '%.*s'", names[key], expected,
                       value.len > 60 ? 60 : (int)value.len, value.data ? value.data : "");
    (void)parse_value(known, value, target);
    return 0;
}

int td_edit_set_shape(struct td_edit *edit, size_t position, const struct td_shape *shape,
                      struct td_error *err)
{
    struct td_edit_item *item;
    int status = own(edit, position, &item, err);
    if (status == 0 &&
        td_record_copy(&td_shape_keys, &edit->arena, shape, &item->wanted.response.shape) < 0)
        status = td_error_nomem(err);
    return status;
}

int td_edit_set_settings(struct td_edit *edit, const struct td_settings *settings,
                         struct td_error *err)
{
    const struct td_settings *copy = td_settings_copy(settings, &edit->arena);
    if (!copy)
        return td_error_nomem(err);
    edit->settings = copy;
    return 0;
}

/* ---- fields ---- */

/* Those of an interaction, under a key, to be changed: an array with room for one more. */
static int own_fields(struct td_edit *edit, size_t position, enum td_side side, const char *name,
                      struct td_fields **fields, struct td_field **items, struct td_error *err)
{
    struct td_edit_item *item;
    int status = own(edit, position, &item, err);
    if (status < 0)
        return status;
    const struct td_key *key = td_keys_find(td_edit_keys(side), td_bytes_of(name));
    const struct td_fields *read =
        td_key_value(key, td_edit_record(&edit->cassette->interactions[position], side));
    *fields = td_key_value(key, td_edit_record(&item->wanted, side));
    /* It grows to the next power of two. */
    size_t count = (*fields)->count;
    if ((*fields)->items == read->items || (count & (count - 1)) == 0) {
        size_t room = 4;
        while (room <= count)
            room *= 2;
        struct td_field *own_items = td_arena_alloc(&edit->arena, room * sizeof *own_items);
        if (!own_items)
            return td_error_nomem(err);
        if (count)
            memcpy(own_items, (*fields)->items, count * sizeof *own_items);
        (*fields)->items = own_items;
    }
    *items = (struct td_field *)(uintptr_t)(*fields)->items;
    return 0;
}

static int find_field(struct td_edit *edit, size_t position, enum td_side side, const char *name,
                      size_t index, struct td_field **field, struct td_error *err)
{
    struct td_fields *fields;
    int status = own_fields(edit, position, side, name, &fields, field, err);
    if (status < 0)
        return status;
    const struct td_key *key = td_keys_find(td_edit_keys(side), td_bytes_of(name));
    const struct td_fields *read =
        td_key_value(key, td_edit_record(&edit->cassette->interactions[position], side));
    if (index >= read->count)
        return INVALID(edit, err, "no field %zu in '%s', there are %zu", index, name, read->count);
    *field += index;
    return (*field)->name.data ? 0
                               : INVALID(edit, err, "field %zu in '%s' was removed", index, name);
}

static int set_field(struct td_edit *edit, size_t position, enum td_side side, const char *name,
                     size_t index, struct td_bytes value, struct td_error *err)
{
    struct td_field *field;
    int status = find_field(edit, position, side, name, index, &field, err);
    return status < 0 ? status : copy_text(edit, value, &field->value, err);
}

static int remove_field(struct td_edit *edit, size_t position, enum td_side side, const char *name,
                        size_t index, struct td_error *err)
{
    struct td_field *field;
    int status = find_field(edit, position, side, name, index, &field, err);
    if (status == 0)
        *field = (struct td_field){0};
    return status;
}

static int add_field(struct td_edit *edit, size_t position, enum td_side side, const char *key,
                     struct td_bytes name, struct td_bytes value, struct td_error *err)
{
    struct td_fields *fields;
    struct td_field *items;
    int status = own_fields(edit, position, side, key, &fields, &items, err);
    if (status == 0)
        status = copy_text(edit, name, &items[fields->count].name, err);
    if (status == 0)
        status = copy_text(edit, value, &items[fields->count].value, err);
    if (status == 0)
        fields->count++;
    return status;
}

int td_edit_set_header(struct td_edit *edit, size_t position, enum td_side side, size_t header,
                       struct td_bytes value, struct td_error *err)
{
    return set_field(edit, position, side, "headers", header, value, err);
}

int td_edit_remove_header(struct td_edit *edit, size_t position, enum td_side side, size_t header,
                          struct td_error *err)
{
    return remove_field(edit, position, side, "headers", header, err);
}

int td_edit_add_header(struct td_edit *edit, size_t position, enum td_side side,
                       struct td_bytes name, struct td_bytes value, struct td_error *err)
{
    return add_field(edit, position, side, "headers", name, value, err);
}

int td_edit_set_trailer(struct td_edit *edit, size_t position, enum td_side side, size_t trailer,
                        struct td_bytes value, struct td_error *err)
{
    return set_field(edit, position, side, "trailer", trailer, value, err);
}

int td_edit_remove_trailer(struct td_edit *edit, size_t position, enum td_side side, size_t trailer,
                           struct td_error *err)
{
    return remove_field(edit, position, side, "trailer", trailer, err);
}

int td_edit_add_trailer(struct td_edit *edit, size_t position, enum td_side side,
                        struct td_bytes name, struct td_bytes value, struct td_error *err)
{
    return add_field(edit, position, side, "trailer", name, value, err);
}

int td_edit_set_form(struct td_edit *edit, size_t position, size_t field, struct td_bytes value,
                     struct td_error *err)
{
    return set_field(edit, position, TD_REQUEST, "form", field, value, err);
}

int td_edit_remove_form(struct td_edit *edit, size_t position, size_t field, struct td_error *err)
{
    return remove_field(edit, position, TD_REQUEST, "form", field, err);
}

int td_edit_add_form(struct td_edit *edit, size_t position, struct td_bytes name,
                     struct td_bytes value, struct td_error *err)
{
    return add_field(edit, position, TD_REQUEST, "form", name, value, err);
}

/* ---- whole interactions ---- */

int td_edit_remove(struct td_edit *edit, size_t position, struct td_error *err)
{
    struct td_edit_item *item;
    int status = own(edit, position, &item, err);
    if (status == 0)
        item->removed = true;
    return status;
}

int td_edit_append(struct td_edit *edit, const struct td_interaction *interaction,
                   struct td_error *err)
{
    size_t count = edit->added_count;
    if (interaction->response.code < 100 || interaction->response.code > 999)
        return INVALID(edit, err, "'code' must be a status such as 200, and is %d",
                       interaction->response.code);
    if ((count & (count - 1)) == 0) {
        struct td_interaction **added =
            reallocarray(edit->added, count ? 2 * count : 1, sizeof(struct td_interaction *));
        if (!added)
            return td_error_nomem(err);
        edit->added = added;
    }
    struct td_interaction *copy = td_arena_alloc(&edit->arena, sizeof *copy);
    if (!copy)
        return td_error_nomem(err);
    for (enum td_side side = TD_REQUEST; side <= TD_RESPONSE; side++)
        if (td_record_copy(td_edit_keys(side), &edit->arena, td_edit_record(interaction, side),
                           td_edit_record(copy, side)) < 0)
            return td_error_nomem(err);
    edit->added[edit->added_count++] = copy;
    return 0;
}

/* ---- the file as it is to be ---- */

bool td_edit_differs(const struct td_edit *edit, size_t position)
{
    const struct td_interaction *read = &edit->cassette->interactions[position];
    if (!edit->items[position])
        return false;
    bool differs = edit->items[position]->removed;
    for (enum td_side side = TD_REQUEST; side <= TD_RESPONSE && !differs; side++) {
        const struct td_keys *keys = td_edit_keys(side);
        for (size_t i = 0; i < keys->count && !differs; i++)
            differs = !td_key_equal(&keys->items[i], td_edit_record(read, side),
                                    td_edit_record(&edit->items[position]->wanted, side));
    }
    return differs;
}

bool td_edit_settings_differ(const struct td_edit *edit)
{
    return edit->settings && !td_settings_equal(edit->settings, &edit->cassette->settings);
}

bool td_edit_changed(const struct td_edit *edit)
{
    bool changed = edit->added_count > 0 || td_edit_settings_differ(edit);
    for (size_t i = 0; i < edit->cassette->count && !changed; i++)
        changed = td_edit_differs(edit, i);
    return changed;
}

int td_edit_render(struct td_edit *edit, struct td_buf *out, struct td_error *err)
{
    if (td_edit_changed(edit))
        return td_draft_render(edit, out, err);
    td_buf_put_bytes(out, td_buf_view(&edit->content));
    return td_buf_failed(out) ? td_error_nomem(err) : 0;
}

int td_edit_save(struct td_edit *edit, struct td_error *err)
{
    static const struct td_edit_stamp none;
    if (!td_edit_changed(edit))
        return 0;
    if (strcmp(edit->path, "-") == 0)
        return INVALID(edit, err, "standard input cannot be changed in place");
    struct td_buf out;
    td_buf_init(&out);
    int status = td_edit_render(edit, &out, err);
    struct td_edit_stamp now = stamp_of(edit->path);
    if (status == 0 && memcmp(&edit->stamp, &none, sizeof none) != 0 &&
        memcmp(&edit->stamp, &now, sizeof now) != 0)
        status = td_error_set_at(err, TD_ERR_IO, edit->path, 0, 0,
                                 "cannot save: the file was changed by another program since it "
                                 "was read; try again");
    if (status == 0)
        status = td_save(edit->path, td_buf_view(&out), err);
    if (status == 0 && memcmp(&edit->stamp, &none, sizeof none) != 0)
        edit->stamp = stamp_of(edit->path);
    td_buf_release(&out);
    return status;
}
