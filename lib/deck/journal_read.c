/* SPDX-License-Identifier: MIT */
/* Journals as whoever merges them finds them: which are free, and what is in them. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/grow.h"
#include "cassette/pack.h"
#include "deck/journal_inside.h"

static bool map(struct td_bytes *content, int fd, size_t size)
{
    void *memory = size ? mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0) : MAP_FAILED;
    if (memory == MAP_FAILED)
        return false;
    *content = td_bytes(memory, size);
    return true;
}

static void unmap(struct td_bytes content)
{
    if (content.len)
        munmap((void *)content.data, content.len);
}

/* A body that is in a file of its own; 1 where that is gone, or not one. */
static int map_body(const struct td_journal_file *file, int folder, uint64_t number,
                    struct td_bytes *content, struct td_error *err)
{
    char name[TD_JOURNAL_NAME];
    struct stat found;
    td_journal_put_body_name(name, file->name, number);
    int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 && errno == ENOENT)
        return 1;
    bool known = fd >= 0 && fstat(fd, &found) == 0;
    bool whole = known && S_ISREG(found.st_mode) && found.st_size > 0;
    bool ok = !known || !whole || map(content, fd, (size_t)found.st_size);
    int cause = errno;
    if (fd >= 0)
        close(fd);
    if (known && ok)
        return !whole;
    return td_error_set(err, TD_ERR_IO, "cannot read '%s': %s", name, strerror(cause));
}

static int read_frames(struct td_journal_file *file, int folder, struct td_arena *arena,
                       struct td_error *err)
{
    size_t at = sizeof file->header, cap = 0;
    while (file->content.len - at > sizeof(struct td_frame)) {
        struct td_frame frame;
        memcpy(&frame, file->content.data + at, sizeof frame);
        at += sizeof frame;
        if (frame.magic != TD_FRAME_MAGIC || frame.len > file->content.len - at)
            break; /* cut by a kill */
        struct td_journal_entry *more = td_grow(file->entries, file->count, &cap, sizeof *more);
        if (!more)
            return td_error_nomem(err);
        file->entries = more;
        struct td_journal_entry *entry = &file->entries[file->count];
        *entry = (struct td_journal_entry){.start_ns = frame.start_ns, .order = file->count};
        struct td_bytes packed = td_bytes(file->content.data + at, (size_t)frame.len);
        at += (size_t)frame.len;
        int status = frame.body ? map_body(file, folder, frame.body, &entry->apart, err) : 0;
        if (status < 0)
            return status;
        if (status > 0) {
            file->lost++;
            continue;
        }
        status = td_unpack(packed, frame.body ? &entry->apart : NULL, arena, &entry->interaction);
        if (status < 0)
            unmap(entry->apart);
        if (status == TD_ERR_NOMEM)
            return td_error_nomem(err);
        if (status == 0)
            file->count++;
        else if (frame.body)
            file->lost++; /* a system that went down may have lost what was written first */
        else
            break;
    }
    return 0;
}

/* Whether another process has locked it: only looked at, so that two who look do not take each
 * other for writers. */
static bool is_locked(int fd)
{
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    return fcntl(fd, F_GETLK, &whole) == 0 && whole.l_type != F_UNLCK;
}

/* Whether somebody writes the file, if there is one. */
static bool is_busy(int folder, const char *name)
{
    if (td_journal_is_own(folder, name))
        return true;
    int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    bool busy = fd >= 0 && is_locked(fd);
    if (fd >= 0)
        close(fd);
    return busy;
}

enum state { FREE, BUSY, KEPT };

/* Opens a file that is free, and locks it if it is to be taken: the descriptor, or -1 with errno.
 */
static enum state open_free(int folder, const char *name, bool take, int *fd)
{
    struct td_journal_header header = {0};
    *fd = -1;
    if (td_journal_is_own(folder, name))
        return BUSY;
    *fd = openat(folder, name, (take ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (*fd < 0)
        return FREE;
    bool busy = take ? td_journal_lock(*fd, F_WRLCK) < 0 : is_locked(*fd);
    if (pread(*fd, &header, sizeof header, 0) != (ssize_t)sizeof header ||
        memcmp(header.magic, td_journal_magic, sizeof td_journal_magic) != 0)
        header = (struct td_journal_header){0};
    header.keeper[sizeof header.keeper - 1] = '\0';
    bool kept = *header.keeper && is_busy(folder, header.keeper);
    if (!busy && !kept)
        return FREE;
    close(*fd);
    *fd = -1;
    return kept || header.keeps ? KEPT : BUSY;
}

bool td_journal_file_is_free(int folder, const char *name)
{
    int fd;
    enum state state = open_free(folder, name, false, &fd);
    if (fd >= 0)
        close(fd);
    return state == FREE;
}

enum { SMALL_FILE = 64 * 1024 };

static int read_content(struct td_journal_file *file, int fd, struct td_arena *arena)
{
    struct stat found;
    if (fstat(fd, &found) < 0 || !S_ISREG(found.st_mode))
        return TD_ERR_FORMAT;
    size_t size = (size_t)found.st_size;
    if (size < sizeof file->header)
        return 0; /* killed before a word was written */
    if (size <= SMALL_FILE) {
        char *data = td_arena_alloc(arena, size);
        if (!data)
            return TD_ERR_NOMEM;
        ssize_t got = pread(fd, data, size, 0);
        if (got != (ssize_t)size)
            return TD_ERR_IO;
        file->content = td_bytes(data, size);
        return 0;
    }
    file->mapped = map(&file->content, fd, size);
    return file->mapped ? 0 : TD_ERR_IO;
}

int td_journal_file_open(struct td_journal_file *file, int folder, const char *name,
                         struct td_arena *arena, struct td_error *err)
{
    int fd;
    *file = (struct td_journal_file){0};
    if ((size_t)snprintf(file->name, sizeof file->name, "%s", name) >= sizeof file->name)
        return td_error_set(err, TD_ERR_FORMAT, "not a journal: '%s'", name);
    enum state state = open_free(folder, name, true, &fd);
    if (state == KEPT)
        return 1;
    if (state == BUSY)
        return td_error_set(err, TD_ERR_INVALID, "'%s' is still being written", name);
    if (fd < 0)
        return td_error_set(err, TD_ERR_IO, "cannot open '%s': %s", name, strerror(errno));
    int status = read_content(file, fd, arena);
    if (status == TD_ERR_IO)
        td_error_set(err, status, "cannot read '%s': %s", name, strerror(errno));
    close(fd);
    if (status == TD_ERR_NOMEM)
        td_error_nomem(err);
    if (status == 0 && file->content.len) {
        memcpy(&file->header, file->content.data, sizeof file->header);
        if (memcmp(file->header.magic, td_journal_magic, sizeof td_journal_magic) != 0)
            status = TD_ERR_FORMAT;
    }
    if (status == TD_ERR_FORMAT)
        td_error_set(err, status, "not a journal of this tapedeck's: '%s'", name);
    if (status == 0 && file->content.len)
        status = read_frames(file, folder, arena, err);
    if (status < 0)
        td_journal_file_close(file);
    return status;
}

void td_journal_file_remove(const struct td_journal_file *file, int folder)
{
    struct stat found;
    if (file->content.len) {
        unlinkat(folder, file->name, 0);
        return;
    }
    /* Whoever has just made it may be about to write. */
    int fd = openat(folder, file->name, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd >= 0 && td_journal_lock(fd, F_WRLCK) == 0 && fstat(fd, &found) == 0 &&
        (size_t)found.st_size < sizeof file->header)
        unlinkat(folder, file->name, 0);
    if (fd >= 0)
        close(fd);
}

void td_journal_file_close(struct td_journal_file *file)
{
    for (size_t i = 0; i < file->count; i++)
        unmap(file->entries[i].apart);
    if (file->mapped)
        unmap(file->content);
    free(file->entries);
    *file = (struct td_journal_file){0};
}

bool td_journal_is_orphan(int folder, const char *name)
{
    char journal[TD_JOURNAL_NAME];
    struct stat found;
    if (strncmp(name, TD_BODY_PREFIX, strlen(TD_BODY_PREFIX)) != 0)
        return false;
    snprintf(journal, sizeof journal, "%s", name + strlen(TD_BODY_PREFIX));
    char *dash = strrchr(journal, '-');
    if (dash)
        *dash = '\0';
    return fstatat(folder, journal, &found, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT;
}
