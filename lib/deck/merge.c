/* SPDX-License-Identifier: MIT */
#include "deck/merge.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/grow.h"
#include "base/save.h"
#include "cassette/edit.h"
#include "cassette/emit.h"
#include "cassette/reader.h"
#include "deck/journal.h"

/* In the folder, while a save is under way: what the cassette will be, and which journals are in
 * it. Where a merge was killed, this says whether it had come to replace the cassette. */
#define NOTE_FILE "saving"

struct note {
    struct td_hash content;
    uint64_t size;
    uint64_t names; /* that follow, 64 bytes each */
};

struct merging {
    const char *cassette;
    struct td_buf folder; /* its name */
    int fd;               /* the folder, locked; or -1 */
    struct td_journal_file *files;
    size_t file_count, file_cap;
    struct td_arena arena;
    struct td_journal_entry **entries; /* in the order in which they began */
    size_t count;
    char own[TD_JOURNAL_NAME]; /* the journal that is the merging run's, or "" */
    uint64_t family;           /* and its */
    struct td_merge *merge;
    struct td_error *err;
};

static int fail(struct merging *m, const char *what)
{
    return td_error_set_at(m->err, TD_ERR_IO, m->folder.data, 0, 0, "%s: %s", what,
                           strerror(errno));
}

/* The folder, opened and locked. 1 where there is none. */
static int lock_folder(struct merging *m)
{
    for (;;) {
        struct stat locked, named;
        m->fd = open(m->folder.data, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (m->fd < 0)
            return errno == ENOENT ? 1 : fail(m, "cannot open the journal");
        while (flock(m->fd, LOCK_EX) < 0)
            if (errno != EINTR)
                return fail(m, "cannot lock the journal");
        /* Who had it before us may have removed it. */
        if (fstat(m->fd, &locked) == 0 && stat(m->folder.data, &named) == 0 &&
            locked.st_ino == named.st_ino && locked.st_dev == named.st_dev)
            return 0;
        close(m->fd);
        m->fd = -1;
    }
}

/* Calls `each` for the names in the folder that are journals, or for all others; stops where it
 * returns nonzero. */
static int for_each_name(int folder, bool journals, int (*each)(void *context, const char *name),
                         void *context)
{
    int copy = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = copy < 0 ? NULL : fdopendir(copy);
    if (!dir) {
        if (copy >= 0)
            close(copy);
        return TD_ERR_IO;
    }
    int status = 0;
    const struct dirent *entry;
    while (!status && (entry = readdir(dir)))
        if (journals == (entry->d_name[0] >= '0' && entry->d_name[0] <= '9'))
            status = each(context, entry->d_name);
    closedir(dir);
    return status;
}

/* ---- what an earlier merge has left ---- */

static int read_note(struct merging *m, struct note *note, char (**names)[64])
{
    *names = NULL;
    int fd = openat(m->fd, NOTE_FILE, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? 1 : fail(m, "cannot read the journal");
    struct stat found;
    bool whole = fstat(fd, &found) == 0 && read(fd, note, sizeof *note) == (ssize_t)sizeof *note &&
                 note->names < 1000000 &&
                 (uint64_t)found.st_size == sizeof *note + note->names * sizeof **names;
    size_t size = whole ? note->names * sizeof **names : 0;
    if (whole && (*names = malloc(size + 1)))
        whole = read(fd, *names, size) == (ssize_t)size;
    close(fd);
    return whole && *names ? 0 : 1; /* cut by a kill: then nothing had been saved yet */
}

static bool is_saved(const struct merging *m, const struct note *note)
{
    struct td_file file;
    if (td_file_open(&file, m->cassette, TD_CASSETTE_MAX_BYTES, NULL) < 0)
        return false;
    bool same =
        file.content.len == note->size && td_hash_equal(td_hash_bytes(file.content), note->content);
    td_file_close(&file);
    return same;
}

static int finish_earlier(struct merging *m)
{
    struct note note;
    char(*names)[64];
    int status = read_note(m, &note, &names);
    if (status == 0 && is_saved(m, &note))
        for (uint64_t i = 0; i < note.names; i++) {
            names[i][sizeof *names - 1] = '\0';
            unlinkat(m->fd, names[i], 0);
        }
    free(names);
    if (status >= 0 && unlinkat(m->fd, NOTE_FILE, 0) < 0 && errno != ENOENT)
        return fail(m, "cannot clear the journal");
    return status < 0 ? status : 0;
}

static int write_note(struct merging *m, struct td_bytes content)
{
    struct note note = {td_hash_bytes(content), content.len, m->file_count};
    struct td_buf text;
    td_buf_init(&text);
    td_buf_put(&text, &note, sizeof note);
    for (size_t i = 0; i < m->file_count; i++)
        td_buf_put(&text, m->files[i].name, sizeof m->files[i].name);
    int fd = td_buf_failed(&text)
                 ? -1
                 : openat(m->fd, NOTE_FILE, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool ok = fd >= 0 && write(fd, text.data, text.len) == (ssize_t)text.len && fsync(fd) == 0;
    int cause = errno;
    if (fd >= 0)
        close(fd);
    td_buf_release(&text);
    errno = cause;
    return ok ? 0 : fail(m, "cannot write the journal");
}

/* ---- reading the journals ---- */

static int add_file(void *context, const char *name)
{
    struct merging *m = context;
    struct td_journal_file *more = td_grow(m->files, m->file_count, &m->file_cap, sizeof *more);
    if (!more)
        return td_error_nomem(m->err);
    m->files = more;
    int status = td_journal_file_open(&m->files[m->file_count], m->fd, name, &m->arena, m->err);
    if (status == TD_ERR_INVALID)
        m->merge->busy++;
    if (status == TD_ERR_INVALID || status == 1)
        return 0;
    if (status < 0)
        return status;
    m->merge->lost += m->files[m->file_count++].lost;
    return 0;
}

static int by_start(const void *a, const void *b)
{
    const struct td_journal_entry *x = *(struct td_journal_entry *const *)a;
    const struct td_journal_entry *y = *(struct td_journal_entry *const *)b;
    if (x->start_ns != y->start_ns)
        return x->start_ns < y->start_ns ? -1 : 1;
    return x->order < y->order ? -1 : x->order > y->order;
}

/* The entries of the files that go aside, or of all others. */
static int sort_entries(struct merging *m, bool aside)
{
    size_t count = 0;
    for (size_t i = 0; i < m->file_count; i++)
        count += m->files[i].count;
    free(m->entries);
    m->count = 0;
    m->entries = malloc((count + 1) * sizeof *m->entries);
    if (!m->entries)
        return td_error_nomem(m->err);
    for (size_t i = 0; i < m->file_count; i++)
        for (size_t j = 0; j < m->files[i].count && m->files[i].aside == aside; j++) {
            struct td_journal_entry *entry = &m->files[i].entries[j];
            if (!m->merge->before_save ||
                m->merge->before_save(m->merge->context, &entry->interaction, &m->arena))
                m->entries[m->count++] = entry;
        }
    qsort(m->entries, m->count, sizeof *m->entries, by_start);
    return 0;
}

/* ---- the new cassette ---- */

static int render_new(struct merging *m, struct td_buf *out)
{
    struct td_interaction *interactions = malloc(m->count * sizeof *interactions);
    if (!interactions)
        return td_error_nomem(m->err);
    for (size_t i = 0; i < m->count; i++) {
        interactions[i] = m->entries[i]->interaction;
        interactions[i].id = (int64_t)i;
    }
    struct td_cassette cassette = {.interactions = interactions, .count = m->count};
    td_emit_cassette(out, &cassette, TD_LAYOUT_COMPACT);
    free(interactions);
    m->merge->total = m->count;
    return td_buf_failed(out) ? td_error_nomem(m->err) : 0;
}

/* Whether there is a cassette to add to: a file with something in it. */
static bool has_cassette(const char *path)
{
    struct stat found;
    return stat(path, &found) == 0 && !(S_ISREG(found.st_mode) && found.st_size == 0);
}

/* Whether it is of a recording that replaces the cassette that is there now. */
static bool replaces(const struct merging *m, const struct td_journal_file *file)
{
    return file->count && file->header.replaces && has_cassette(m->cassette) &&
           td_identity_equal(file->header.base, td_identity_of(m->cassette));
}

static bool is_own(const struct merging *m, const struct td_journal_file *file)
{
    return m->merge->own && (file->header.family == m->family ||
                             (*m->own && strcmp(file->header.keeper, m->own) == 0));
}

/* What would replace the cassette and may not goes aside. Whether something replaces it. */
static bool set_aside(struct merging *m)
{
    bool replaced = false;
    for (size_t i = 0; i < m->file_count; i++) {
        struct td_journal_file *file = &m->files[i];
        bool may = m->merge->may_replace && is_own(m, file);
        file->aside = m->merge->aside && replaces(m, file) && !may;
        replaced |= replaces(m, file) && may;
    }
    return replaced;
}

static int render_more(struct merging *m, bool replaced, struct td_buf *out)
{
    struct td_edit *edit;
    int status = td_edit_open(m->cassette, &edit, m->err);
    if (status < 0)
        return status;
    const struct td_cassette *cassette = td_edit_cassette(edit);
    m->merge->total = cassette->count + m->count;
    if (replaced) {
        for (size_t i = 0; i < cassette->count && status == 0; i++)
            status = td_edit_remove(edit, i, m->err);
        m->merge->replaced = cassette->count > 0;
        m->merge->total = m->count;
    }
    for (size_t i = 0; i < m->count && status == 0; i++)
        status = td_edit_append(edit, &m->entries[i]->interaction, m->err);
    if (status == 0)
        status = td_edit_render(edit, out, m->err);
    td_edit_close(edit);
    return status;
}

static int save(struct merging *m, bool replaced)
{
    struct td_buf content;
    td_buf_init(&content);
    int status =
        has_cassette(m->cassette) ? render_more(m, replaced, &content) : render_new(m, &content);
    if (status == 0)
        status = write_note(m, td_buf_view(&content));
    if (status == 0)
        status = td_save(m->cassette, td_buf_view(&content), m->err);
    td_buf_release(&content);
    if (status == 0)
        m->merge->saved = m->count;
    return status;
}

/* Takes the place of what went there before. */
static int save_aside(struct merging *m)
{
    struct td_buf content;
    td_buf_init(&content);
    int status = render_new(m, &content);
    if (status == 0)
        status = td_save(m->merge->aside, td_buf_view(&content), m->err);
    td_buf_release(&content);
    if (status == 0)
        m->merge->set_aside = m->count;
    return status;
}

/* Each part is gone from the journal as soon as it is saved. */
static void remove_files(struct merging *m, bool aside)
{
    for (size_t i = 0; i < m->file_count; i++)
        if (m->files[i].aside == aside)
            td_journal_file_remove(&m->files[i], m->fd);
}

static int merge_parts(struct merging *m)
{
    bool replaced = set_aside(m);
    int status = sort_entries(m, true);
    if (status == 0 && m->count)
        status = save_aside(m);
    if (status == 0)
        remove_files(m, true);
    if (status == 0)
        status = sort_entries(m, false);
    if (status == 0 && m->count)
        status = save(m, replaced);
    if (status == 0)
        remove_files(m, false);
    return status;
}

static int remove_orphan(void *context, const char *name)
{
    const struct merging *m = context;
    if (td_journal_is_orphan(m->fd, name))
        unlinkat(m->fd, name, 0);
    return 0;
}

static void clear(struct merging *m)
{
    unlinkat(m->fd, NOTE_FILE, 0);
    for_each_name(m->fd, false, remove_orphan, m);
}

static void release(struct merging *m)
{
    for (size_t i = 0; i < m->file_count; i++)
        td_journal_file_close(&m->files[i]);
    free(m->files);
    free(m->entries);
    td_arena_release(&m->arena);
    if (m->fd >= 0) {
        rmdir(m->folder.data); /* where it is empty */
        /* Also for a child that was forked meanwhile, and has the descriptor too. */
        flock(m->fd, LOCK_UN);
        close(m->fd);
    }
    td_buf_release(&m->folder);
}

int td_merge_journals(const char *cassette, struct td_merge *merge, struct td_error *err)
{
    struct merging m = {.cassette = cassette, .fd = -1, .merge = merge, .err = err};
    td_buf_init(&m.folder);
    td_arena_init(&m.arena);
    td_journal_folder(cassette, &m.folder);
    merge->saved = merge->total = merge->lost = merge->busy = 0;
    merge->set_aside = 0;
    merge->replaced = false;
    int status = td_buf_failed(&m.folder) ? td_error_nomem(err) : lock_folder(&m);
    if (merge->own) {
        snprintf(m.own, sizeof m.own, "%s", td_journal_name(merge->own));
        m.family = td_journal_family(merge->own);
        td_journal_end(merge->own);
    }
    if (status == 0)
        status = finish_earlier(&m);
    if (status == 0)
        status = for_each_name(m.fd, true, add_file, &m);
    if (status == 0)
        status = merge_parts(&m);
    if (status == 0 && m.fd >= 0)
        clear(&m);
    release(&m);
    return status < 0 ? status : 0;
}

static int is_free(void *context, const char *name)
{
    return td_journal_file_is_free(*(const int *)context, name);
}

static int is_orphan(void *context, const char *name)
{
    return td_journal_is_orphan(*(const int *)context, name);
}

bool td_merge_is_due(const char *cassette)
{
    struct td_buf folder;
    td_buf_init(&folder);
    td_journal_folder(cassette, &folder);
    int fd = td_buf_failed(&folder) ? -1 : open(folder.data, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    td_buf_release(&folder);
    if (fd < 0)
        return false;
    bool due =
        for_each_name(fd, true, is_free, &fd) == 1 || for_each_name(fd, false, is_orphan, &fd) == 1;
    close(fd);
    return due;
}
