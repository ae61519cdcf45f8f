/* SPDX-License-Identifier: MIT */
#include "deck/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "cassette/pack.h"

static const char journal_magic[8] = "tdjrnl-1";
static const uint64_t frame_magic = 0x31656d6172666474; /* "tdframe1" */

struct frame {
    uint64_t magic;
    uint64_t len; /* of what follows */
    int64_t start_ns;
};

struct td_journal {
    char *cassette;
    struct td_journal_header header;
    pthread_mutex_t lock;
    int fd; /* -1: nothing was written yet */
    ino_t inode;
    pid_t owner;
    off_t end; /* behind the last whole frame */
};

struct td_identity td_identity_of(const char *path)
{
    struct stat found;
    struct td_identity identity = {0};
    if (stat(path, &found) == 0)
        identity = (struct td_identity){(uint64_t)found.st_dev, (uint64_t)found.st_ino,
                                        (uint64_t)found.st_size, (uint64_t)found.st_mtim.tv_sec,
                                        (uint64_t)found.st_mtim.tv_nsec};
    return identity;
}

bool td_identity_equal(struct td_identity a, struct td_identity b)
{
    return a.device == b.device && a.inode == b.inode && a.size == b.size &&
           a.seconds == b.seconds && a.nanoseconds == b.nanoseconds;
}

void td_journal_folder(const char *cassette, struct td_buf *folder)
{
    td_buf_printf(folder, "%s.journal", cassette);
}

struct td_journal *td_journal_new(const char *cassette, bool replaces, struct td_identity base)
{
    struct td_journal *journal = calloc(1, sizeof *journal);
    if (!journal || !(journal->cassette = strdup(cassette))) {
        free(journal);
        return NULL;
    }
    memcpy(journal->header.magic, journal_magic, sizeof journal_magic);
    journal->header.replaces = replaces;
    journal->header.base = base;
    journal->fd = -1;
    pthread_mutex_init(&journal->lock, NULL);
    return journal;
}

/* Whether the descriptor is still the one that this process has opened. */
static bool is_open(const struct td_journal *journal)
{
    struct stat found;
    return journal->fd >= 0 && journal->owner == getpid() && fstat(journal->fd, &found) == 0 &&
           found.st_ino == journal->inode;
}

void td_journal_free(struct td_journal *journal)
{
    if (!journal)
        return;
    if (is_open(journal))
        close(journal->fd);
    pthread_mutex_destroy(&journal->lock);
    free(journal->cassette);
    free(journal);
}

/* Of the whole file; gone when the process ends, however it ends. */
static int lock_file(int fd, short type)
{
    struct flock lock = {.l_type = type, .l_whence = SEEK_SET};
    return fcntl(fd, F_SETLK, &lock);
}

static int write_all(int fd, struct iovec *parts, int count)
{
    while (count) {
        ssize_t wrote = writev(fd, parts, count);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote < 0)
            return -1;
        size_t left = (size_t)wrote;
        while (count && left >= parts->iov_len) {
            left -= parts->iov_len;
            parts++;
            count--;
        }
        if (count) {
            parts->iov_base = (char *)parts->iov_base + left;
            parts->iov_len -= left;
        }
    }
    return 0;
}

/* A file of this process's own in the folder, locked; the descriptor or -1. The folder may be taken
 * away at any moment by whoever merges. */
static int make_file(const char *folder)
{
    for (int attempt = 0; attempt < 100; attempt++) {
        if (mkdir(folder, 0777) < 0 && errno != EEXIST)
            return -1;
        char path[4096];
        struct timespec now;
        clock_gettime(CLOCK_REALTIME, &now);
        if ((size_t)snprintf(path, sizeof path, "%s/%ld-%llx%03d", folder, (long)getpid(),
                             (unsigned long long)now.tv_sec * 1000000000 +
                                 (unsigned long long)now.tv_nsec,
                             attempt) >= sizeof path) {
            errno = ENAMETOOLONG;
            return -1;
        }
        int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (fd < 0 && errno != ENOENT && errno != EEXIST)
            return -1;
        if (fd < 0)
            continue;
        /* Who merges may have taken the empty file for a left one, before it was locked. */
        struct stat named;
        if (lock_file(fd, F_WRLCK) == 0 && stat(path, &named) == 0)
            return fd;
        close(fd);
    }
    return -1;
}

static int fail(const struct td_journal *journal, struct td_error *err, const char *what)
{
    return td_error_set_at(err, TD_ERR_IO, journal->cassette, 0, 0,
                           "%s '%s.journal', what was recorded is lost: %s", what,
                           journal->cassette, strerror(errno));
}

static int open_file(struct td_journal *journal, struct td_error *err)
{
    struct td_buf folder;
    struct stat found;
    td_buf_init(&folder);
    td_journal_folder(journal->cassette, &folder);
    journal->fd = td_buf_failed(&folder) ? -1 : make_file(folder.data);
    td_buf_release(&folder);
    if (journal->fd < 0)
        return fail(journal, err, "cannot make the journal");
    fstat(journal->fd, &found);
    journal->inode = found.st_ino;
    journal->owner = getpid();
    struct iovec header = {&journal->header, sizeof journal->header};
    if (write_all(journal->fd, &header, 1) < 0)
        return fail(journal, err, "cannot write the journal");
    journal->end = sizeof journal->header;
    return 0;
}

int td_journal_add(struct td_journal *journal, const struct td_interaction *interaction,
                   int64_t start_ns, struct td_error *err)
{
    const struct td_bytes request = interaction->request.message.body;
    const struct td_bytes response = interaction->response.message.body;
    struct td_buf head;
    td_buf_init(&head);
    td_pack(interaction, &head);
    if (td_buf_failed(&head)) {
        td_buf_release(&head);
        return td_error_nomem(err);
    }
    struct frame frame = {frame_magic, head.len + request.len + response.len + 2, start_ns};
    struct iovec parts[] = {
        {&frame, sizeof frame},
        {head.data, head.len},
        {(char *)request.data, request.len},
        {"", 1},
        {(char *)response.data, response.len},
        {"", 1},
    };
    pthread_mutex_lock(&journal->lock);
    int status = is_open(journal) ? 0 : open_file(journal, err);
    if (status == 0 && write_all(journal->fd, parts, 6) < 0) {
        status = fail(journal, err, "cannot write the journal");
        /* Half a frame would be the end of all that come after it. */
        if (ftruncate(journal->fd, journal->end) == 0)
            lseek(journal->fd, journal->end, SEEK_SET);
    }
    if (status == 0)
        journal->end += (off_t)(sizeof frame + frame.len);
    pthread_mutex_unlock(&journal->lock);
    td_buf_release(&head);
    return status;
}

/* ---- reading ---- */

static int read_frames(struct td_journal_file *file, struct td_arena *arena, struct td_error *err)
{
    size_t at = sizeof file->header, cap = 0;
    while (file->content.len - at > sizeof(struct frame)) {
        struct frame frame;
        memcpy(&frame, file->content.data + at, sizeof frame);
        at += sizeof frame;
        if (frame.magic != frame_magic || frame.len > file->content.len - at)
            break; /* cut by a kill */
        if (file->count == cap) {
            cap = cap ? cap * 2 : 16;
            struct td_journal_entry *more = reallocarray(file->entries, cap, sizeof *more);
            if (!more)
                return td_error_nomem(err);
            file->entries = more;
        }
        struct td_journal_entry *entry = &file->entries[file->count];
        *entry = (struct td_journal_entry){.start_ns = frame.start_ns, .order = file->count};
        int status = td_unpack(td_bytes(file->content.data + at, (size_t)frame.len), arena,
                               &entry->interaction);
        if (status == TD_ERR_NOMEM)
            return td_error_nomem(err);
        if (status < 0)
            break;
        file->count++;
        at += (size_t)frame.len;
    }
    return 0;
}

int td_journal_file_open(struct td_journal_file *file, int folder, const char *name,
                         struct td_arena *arena, struct td_error *err)
{
    struct stat found;
    *file = (struct td_journal_file){.fd = -1};
    if ((size_t)snprintf(file->name, sizeof file->name, "%s", name) >= sizeof file->name)
        return td_error_set(err, TD_ERR_FORMAT, "not a journal: '%s'", name);
    file->fd = openat(folder, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (file->fd < 0)
        return td_error_set(err, TD_ERR_IO, "cannot open '%s': %s", name, strerror(errno));
    if (lock_file(file->fd, F_WRLCK) < 0) {
        td_journal_file_close(file);
        return td_error_set(err, TD_ERR_INVALID, "'%s' is still being written", name);
    }
    int status = 0;
    if (fstat(file->fd, &found) < 0 || !S_ISREG(found.st_mode))
        status = td_error_set(err, TD_ERR_FORMAT, "not a journal: '%s'", name);
    else if ((size_t)found.st_size < sizeof file->header)
        return 0; /* killed before a word was written */
    if (status == 0) {
        void *memory = mmap(NULL, (size_t)found.st_size, PROT_READ, MAP_PRIVATE, file->fd, 0);
        if (memory == MAP_FAILED)
            status = td_error_set(err, TD_ERR_IO, "cannot read '%s': %s", name, strerror(errno));
        else
            file->content = td_bytes(memory, (size_t)found.st_size);
    }
    if (status == 0) {
        memcpy(&file->header, file->content.data, sizeof file->header);
        if (memcmp(file->header.magic, journal_magic, sizeof journal_magic) != 0)
            status =
                td_error_set(err, TD_ERR_FORMAT, "not a journal of this tapedeck's: '%s'", name);
    }
    if (status == 0)
        status = read_frames(file, arena, err);
    if (status < 0)
        td_journal_file_close(file);
    return status;
}

void td_journal_file_close(struct td_journal_file *file)
{
    if (file->content.data)
        munmap((void *)file->content.data, file->content.len);
    free(file->entries);
    if (file->fd >= 0)
        close(file->fd);
    *file = (struct td_journal_file){.fd = -1};
}
