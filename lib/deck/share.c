/* SPDX-License-Identifier: MIT */
#include <tapedeck/share.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "deck/inside.h"

/* See shim/session.h, which takes the list apart. */
static void put_path(struct td_buf *list, const char *path)
{
    if (list->len)
        td_buf_put_char(list, ':');
    for (const char *c = path; *c; c++) {
        if (*c == ':' || *c == '\\')
            td_buf_put_char(list, '\\');
        td_buf_put_char(list, *c);
    }
}

/* Absolute names, separated by ':', first what is recorded to, which need not be there yet. */
static int put_paths(const struct td_deck *deck, struct td_buf *list, struct td_error *err)
{
    if (deck->target)
        put_path(list, deck->target);
    for (size_t i = 0; i < deck->cassette_count; i++) {
        char *path = realpath(deck->cassettes[i]->path, NULL);
        if (!path)
            return td_error_set_at(err, TD_ERR_IO, deck->cassettes[i]->path, 0, 0,
                                   "cannot be played to other programs: %s", strerror(errno));
        if (!deck->target || strcmp(path, deck->target) != 0)
            put_path(list, path);
        free(path);
    }
    return td_buf_failed(list) ? td_error_nomem(err) : 0;
}

/* Names separated by ','; no host and no variable has one in it. */
static void put_names(const char *const *names, struct td_buf *list)
{
    for (; names && *names; names++) {
        if (list->len)
            td_buf_put_char(list, ',');
        td_buf_put_text(list, *names);
    }
    td_buf_put(list, "", 0);
}

static int put_environment(const struct td_deck *deck, struct td_error *err)
{
    const struct td_deck_options *options = &deck->options;
    struct td_buf paths, base, passed, secrets;
    td_buf_init(&paths);
    td_buf_init(&base);
    td_buf_init(&passed);
    td_buf_init(&secrets);
    td_buf_put(&paths, "", 0);
    int status = put_paths(deck, &paths, err);
    td_deck_base(deck, &base);
    put_names(options->passthrough, &passed);
    put_names(options->secret_env, &secrets);
    if (status == 0 && (td_buf_failed(&base) || td_buf_failed(&passed) || td_buf_failed(&secrets)))
        status = td_error_nomem(err);
    if (status == 0) {
        const char *const variables[][2] = {
            {"TAPEDECK_CASSETTE", paths.data},
            {"TAPEDECK_RUN", deck->folder},
            {"TAPEDECK_MODE", td_mode_name(options->mode)},
            {"TAPEDECK_BASE", base.data},
            {"TAPEDECK_PASSTHROUGH", passed.data},
            {"TAPEDECK_SECRET_ENV", secrets.data},
            {"TAPEDECK_REPLAYABLE", options->replayable ? "1" : "0"},
            {"TAPEDECK_TIMING", options->no_timing ? "0" : "1"},
            {"TAPEDECK_KEEP_BROKEN", options->keep_broken ? "1" : "0"},
        };
        for (size_t i = 0; i < sizeof variables / sizeof *variables && status == 0; i++)
            if (setenv(variables[i][0], variables[i][1], 1) < 0)
                status = td_error_nomem(err);
    }
    td_buf_release(&paths);
    td_buf_release(&base);
    td_buf_release(&passed);
    td_buf_release(&secrets);
    return status;
}

static int make_folder(struct td_deck *deck, struct td_error *err)
{
    const char *parent = getenv("TMPDIR");
    struct td_buf name;
    td_buf_init(&name);
    td_buf_printf(&name, "%s/tapedeck-XXXXXX", parent && *parent ? parent : "/tmp");
    char *folder = td_buf_detach(&name, NULL);
    if (!folder)
        return td_error_nomem(err);
    if (!mkdtemp(folder)) {
        int status = td_error_set_at(err, TD_ERR_IO, folder, 0, 0,
                                     "cannot make a folder for the run (TMPDIR says where): %s",
                                     strerror(errno));
        free(folder);
        return status;
    }
    /* Its whole name: the programs of the run may go elsewhere before they join it. */
    deck->folder = realpath(folder, NULL);
    if (!deck->folder) {
        rmdir(folder);
        free(folder);
        return td_error_nomem(err);
    }
    free(folder);
    deck->folder_owner = getpid();
    return 0;
}

static int put_variable(const char *name, const char *value)
{
    return value ? setenv(name, value, 1) : unsetenv(name);
}

/* How the deck is played; see shim/session.h. */
static int put_manner(const struct td_deck *deck, struct td_error *err)
{
    const struct td_deck_options *options = &deck->options;
    char *scenario = NULL;
    if (options->scenario && !(scenario = realpath(options->scenario, NULL)))
        return td_error_set_at(err, TD_ERR_IO, options->scenario, 0, 0,
                               "cannot be played to other programs: %s", strerror(errno));
    int failed = put_variable("TAPEDECK_SPLIT", options->split) |
                 put_variable("TAPEDECK_PACE", options->pace) |
                 put_variable("TAPEDECK_FAULT", options->faults) |
                 put_variable("TAPEDECK_SCENARIO", scenario);
    free(scenario);
    return failed ? td_error_nomem(err) : 0;
}

/* The rules, for the shim to read again: the file by its absolute name, the others one a line. */
static int export_rules(const struct td_deck *deck, struct td_error *err)
{
    char *file = deck->rules ? realpath(deck->rules->path, NULL) : NULL;
    if (deck->rules && !file)
        return td_error_set_at(err, TD_ERR_IO, deck->rules->path, 0, 0,
                               "cannot be handed to other programs: %s", strerror(errno));
    struct td_buf lines;
    td_buf_init(&lines);
    for (size_t i = 0; deck->match && deck->match[i]; i++) {
        td_buf_put_text(&lines, deck->match[i]);
        td_buf_put_char(&lines, '\n');
    }
    bool good = !td_buf_failed(&lines) && put_variable("TAPEDECK_RULES", file) == 0 &&
                put_variable("TAPEDECK_MATCH", lines.data) == 0;
    td_buf_release(&lines);
    free(file);
    return good ? 0 : td_error_nomem(err);
}

/* What the programs record is this deck's to merge. Where new requests may come or not, nobody
 * minds that none could be recorded, until one is. */
static int keep_journals(struct td_deck *deck, struct td_error *err)
{
    if (!deck->journal || deck->mode == TD_MODE_REPLAY || deck->mode == TD_MODE_PASSTHROUGH)
        return 0;
    int status = td_journal_keep(deck->journal, err);
    return deck->mode == TD_MODE_RECORD ? status : 0;
}

int td_deck_share(struct td_deck *deck, struct td_error *err)
{
    if (deck->run)
        return td_error_set(err, TD_ERR_INVALID, "the deck is in use already");
    int status = make_folder(deck, err);
    if (!status)
        status = keep_journals(deck, err);
    if (!status) {
        deck->run = td_run_create(deck->folder, td_index_count(deck->index),
                                  td_deck_fingerprint(deck, td_index_count(deck->index)), err);
        status = deck->run ? put_environment(deck, err) : TD_ERR_IO;
    }
    if (!status && deck->options.keep_misses)
        td_run_want_misses(deck->run);
    if (!status)
        status = export_rules(deck, err);
    return status ? status : put_manner(deck, err);
}

void td_deck_remove_folder(struct td_deck *deck)
{
    if (!deck->folder)
        return;
    bool ours = deck->folder_owner == getpid();
    for (size_t i = 0; ours && td_run_files[i]; i++) {
        struct td_buf path;
        td_buf_init(&path);
        td_buf_printf(&path, "%s/%s", deck->folder, td_run_files[i]);
        if (!td_buf_failed(&path))
            unlink(path.data);
        td_buf_release(&path);
    }
    if (ours)
        rmdir(deck->folder);
    free(deck->folder);
    deck->folder = NULL;
}

int td_deck_ear(struct td_deck *deck)
{
    return deck->run ? td_run_ear(deck->run) : -1;
}

const char *td_deck_hear(struct td_deck *deck)
{
    int request;
    td_buf_clear(&deck->shown);
    if (!deck->run || !td_run_hear(deck->run, &deck->shown, &request))
        return NULL;
    if (request >= 0) {
        td_misses_take(&deck->kept, request);
        close(request);
    }
    td_buf_put(&deck->shown, "", 0);
    return deck->shown.data;
}

const struct td_interaction *td_deck_at(struct td_deck *deck, size_t position)
{
    return position < td_index_count(deck->index) ? td_index_at(deck->index, position) : NULL;
}

const char *td_deck_path_at(struct td_deck *deck, size_t position)
{
    for (size_t i = 0; i < deck->cassette_count; i++) {
        if (position < deck->cassettes[i]->count)
            return deck->cassettes[i]->path;
        position -= deck->cassettes[i]->count;
    }
    return NULL;
}

unsigned td_deck_played_by(struct td_deck *deck, size_t position)
{
    return deck->run ? td_run_played_by(deck->run, position) : 0;
}

const struct td_deck_saved *td_deck_found(const struct td_deck *deck)
{
    return &deck->found;
}

size_t td_deck_processes(struct td_deck *deck)
{
    struct td_run_counts counts = {0};
    if (deck->run)
        td_run_counts(deck->run, &counts);
    return counts.processes;
}
