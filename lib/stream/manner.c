/* SPDX-License-Identifier: MIT */
#include "stream/manner.h"

#include <stdlib.h>

#include "cassette/settings.h"

void td_play_manner_release(struct td_play_manner *manner)
{
    if (manner->faults)
        td_faults_release(manner->faults);
    free(manner->faults);
    manner->faults = NULL;
}

static int add_faults(struct td_play_manner *manner, struct td_bytes text, struct td_error *err)
{
    if (!manner->faults) {
        manner->faults = malloc(sizeof *manner->faults);
        if (!manner->faults)
            return td_error_nomem(err);
        td_faults_init(manner->faults);
    }
    return td_faults_add(manner->faults, text, err);
}

int td_play_manner_give(struct td_play_manner *manner, const char *split, const char *pace,
                        const char *faults, struct td_error *err)
{
    int status = 0;
    if (split)
        status = td_split_parse(&manner->split, td_bytes_of(split), err);
    if (pace && !status)
        status = td_pace_parse(&manner->pace, td_bytes_of(pace), err);
    if (faults && !status)
        status = add_faults(manner, td_bytes_of(faults), err);
    manner->has_split |= split != NULL;
    manner->has_pace |= pace != NULL;
    return status;
}

/* A mistake in a file, at its place. */
static int misplace(struct td_error *err, const char *path, struct td_mark mark, int status)
{
    struct td_error cause;
    if (!err)
        return status;
    cause = *err;
    return td_error_set_at(err, status == TD_ERR_INVALID ? TD_ERR_FORMAT : status, path, mark.line,
                           mark.column, "%s", cause.message);
}

int td_play_manner_read(struct td_play_manner *manner, const struct td_settings *settings,
                        const char *path, struct td_error *err)
{
    const struct td_bytes ours = TD_BYTES("replay.");
    bool wants_split = !manner->has_split, wants_pace = !manner->has_pace;
    bool wants_faults = !manner->faults;
    int status = 0;
    for (size_t i = 0; i < settings->count && !status; i++) {
        const struct td_setting *setting = &settings->items[i];
        struct td_bytes key = setting->path, value = {"", 0};
        if (key.len < ours.len || memcmp(key.data, ours.data, ours.len) != 0) {
            if (!td_bytes_equal(key, TD_BYTES("replay")))
                continue;
            return td_error_set_at(err, TD_ERR_FORMAT, path, setting->mark.line,
                                   setting->mark.column,
                                   "'replay' is a mapping: split, pace, fault");
        }
        key = td_bytes(key.data + ours.len, key.len - ours.len);
        bool one = setting->values.count == 1;
        if (one)
            value = setting->values.items[0];
        if (!one &&
            (td_bytes_equal(key, TD_BYTES("split")) || td_bytes_equal(key, TD_BYTES("pace")))) {
            status =
                td_error_set(err, TD_ERR_INVALID, "'%.*s' is one text", (int)key.len, key.data);
        } else if (td_bytes_equal(key, TD_BYTES("split"))) {
            struct td_split_rule split;
            status = td_split_parse(&split, value, err);
            if (wants_split && !status) {
                manner->split = split;
                manner->has_split = true;
            }
        } else if (td_bytes_equal(key, TD_BYTES("pace"))) {
            struct td_pace pace;
            status = td_pace_parse(&pace, value, err);
            if (wants_pace && !status) {
                manner->pace = pace;
                manner->has_pace = true;
            }
        } else if (td_bytes_equal(key, TD_BYTES("fault"))) {
            for (size_t j = 0; wants_faults && j < setting->values.count && !status; j++)
                status = add_faults(manner, setting->values.items[j], err);
        } else {
            status = td_error_set(err, TD_ERR_INVALID,
                                  "'replay' has no key '%.*s': it has split, pace and fault",
                                  (int)key.len, key.data);
        }
        if (status < 0)
            status = misplace(err, path, setting->mark, status);
    }
    return status;
}

int td_play_manner_load(struct td_play_manner *manner, const char *path, struct td_error *err)
{
    struct td_settings *settings;
    int status = td_settings_load(path, &settings, err);
    if (status < 0)
        return status;
    status = td_play_manner_read(manner, settings, path, err);
    td_settings_free(settings);
    return status;
}
