/* SPDX-License-Identifier: MIT */
#include "deck/journal_inside.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "cassette/pack.h"

const char td_journal_magic[8] = "tdjrnl-4";

struct td_journal {
    char *cassette;
    struct td_journal_header header;
    char name[TD_JOURNAL_NAME]; /* of the file */
    uint64_t bodies;            /* numbers that were given away */
    int fd;                     /* -1: nothing was written yet */
    dev_t device;
    ino_t inode;
    pid_t owner;
    off_t end; /* behind the last whole frame */
    struct td_journal *next, *previous;
};

/* All journals of this process. One lock for them, which is held while one is written: a child that
 * is forked meanwhile finds it free, and its parent's file whole. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct td_journal *journals;

static void lock_for_fork(void)
{
    pthread_mutex_lock(&lock);
}

static void unlock_after_fork(void)
{
    pthread_mutex_unlock(&lock);
}

static void survive_forks(void)
{
    pthread_atfork(lock_for_fork, unlock_after_fork, unlock_after_fork);
}

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

/* Of no other journal on this machine. */
static uint64_t new_family(void)
{
    static _Atomic uint64_t count;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    uint64_t ns = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
    return (ns + ++count) ^ (uint64_t)getpid() << 42;
}

struct td_journal *td_journal_new(const char *cassette, bool replaces, struct td_identity base,
                                  const char *keeper)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, survive_forks);
    struct td_journal *journal = calloc(1, sizeof *journal);
    if (!journal || !(journal->cassette = strdup(cassette))) {
        free(journal);
        return NULL;
    }
    memcpy(journal->header.magic, td_journal_magic, sizeof td_journal_magic);
    journal->header.replaces = replaces;
    journal->header.base = base;
    journal->header.family = new_family();
    snprintf(journal->header.keeper, sizeof journal->header.keeper, "%s", keeper);
    journal->fd = -1;
    pthread_mutex_lock(&lock);
    journal->next = journals;
    if (journals)
        journals->previous = journal;
    journals = journal;
    pthread_mutex_unlock(&lock);
    return journal;
}

/* Whether the descriptor is still that of the journal's file: a host may close what it has not
 * opened, and its number is then another file's. */
static bool has_file(const struct td_journal *journal, struct stat *found)
{
    return journal->fd >= 0 && fstat(journal->fd, found) == 0 && found->st_ino == journal->inode &&
           found->st_dev == journal->device;
}

/* Whether it can go on there: it is not a copy of a parent's, and nobody has removed it. */
static bool is_open(const struct td_journal *journal)
{
    struct stat found;
    return journal->owner == getpid() && has_file(journal, &found) && found.st_nlink > 0;
}

static void close_file(struct td_journal *journal)
{
    struct stat found;
    if (has_file(journal, &found))
        close(journal->fd);
    journal->fd = -1;
}

void td_journal_free(struct td_journal *journal)
{
    if (!journal)
        return;
    pthread_mutex_lock(&lock);
    close_file(journal);
    if (journal->next)
        journal->next->previous = journal->previous;
    if (journal->previous)
        journal->previous->next = journal->next;
    else
        journals = journal->next;
    pthread_mutex_unlock(&lock);
    free(journal->cassette);
    free(journal);
}

void td_journal_end(struct td_journal *journal)
{
    pthread_mutex_lock(&lock);
    close_file(journal);
    journal->header.replaces = false;
    journal->header.keeps = false;
    pthread_mutex_unlock(&lock);
}

int td_journal_lock(int fd, short type)
{
    struct flock whole = {.l_type = type, .l_whence = SEEK_SET};
    return fcntl(fd, F_SETLK, &whole);
}

/* A file that may not grow any more (RLIMIT_FSIZE) is an error, and not the end of the program. */
static ssize_t write_some(int fd, const struct iovec *parts, int count)
{
    static const struct timespec now = {0};
    sigset_t too_large, before;
    sigemptyset(&too_large);
    sigaddset(&too_large, SIGXFSZ);
    pthread_sigmask(SIG_BLOCK, &too_large, &before);
    ssize_t wrote = writev(fd, parts, count);
    int cause = errno;
    if (wrote < 0 && cause == EFBIG && !sigismember(&before, SIGXFSZ))
        sigtimedwait(&too_large, NULL, &now);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = cause;
    return wrote;
}

static int write_all(int fd, struct iovec *parts, int count)
{
    while (count) {
        ssize_t wrote = write_some(fd, parts, count);
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

/* What a program that has closed its standard streams writes there all the same must not end up in
 * a file of ours: moves a descriptor that has the number of one. */
static int keep_off_streams(int fd)
{
    if (fd < 0 || fd > STDERR_FILENO)
        return fd;
    int moved = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1), cause = errno;
    close(fd);
    errno = cause;
    return moved;
}

/* The path of a file in the journal's folder; false where there is none. */
static bool path_of(char *path, size_t size, const char *folder, const char *name)
{
    if ((size_t)snprintf(path, size, "%s/%s", folder, name) < size)
        return true;
    errno = ENAMETOOLONG;
    return false;
}

/* A file of this process's own in the folder, locked; the descriptor or -1. The folder may be taken
 * away at any moment by whoever merges. */
static int make_file(const char *folder, char name[TD_JOURNAL_NAME])
{
    for (int attempt = 0; attempt < 100; attempt++) {
        if (mkdir(folder, 0777) < 0 && errno != EEXIST)
            return -1;
        char path[4096];
        struct timespec now;
        clock_gettime(CLOCK_REALTIME, &now);
        snprintf(name, TD_JOURNAL_NAME, "%ld-%llx%03d", (long)getpid(),
                 (unsigned long long)now.tv_sec * 1000000000 + (unsigned long long)now.tv_nsec,
                 attempt);
        if (!path_of(path, sizeof path, folder, name))
            return -1;
        int fd = keep_off_streams(open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
        if (fd < 0 && errno != ENOENT && errno != EEXIST)
            return -1;
        if (fd < 0)
            continue;
        /* Who merges may have taken the empty file for a left one, before it was locked. */
        struct stat named;
        if (td_journal_lock(fd, F_WRLCK) == 0 && stat(path, &named) == 0)
            return fd;
        close(fd);
    }
    return -1;
}

static int fail(const struct td_journal *journal, struct td_error *err, const char *what)
{
    return td_error_set_at(
        err, TD_ERR_IO, journal->cassette, 0, 0, "%s '%s.journal'%s: %s", what, journal->cassette,
        journal->header.keeps ? "" : ", what was recorded is lost", strerror(errno));
}

static int open_file(struct td_journal *journal, struct td_error *err)
{
    struct td_buf folder;
    struct stat found;
    close_file(journal);
    td_buf_init(&folder);
    td_journal_folder(journal->cassette, &folder);
    journal->fd = td_buf_failed(&folder) ? -1 : make_file(folder.data, journal->name);
    td_buf_release(&folder);
    if (journal->fd < 0)
        return fail(journal, err, "cannot make the journal");
    fstat(journal->fd, &found);
    journal->device = found.st_dev;
    journal->inode = found.st_ino;
    journal->owner = getpid();
    struct iovec header = {&journal->header, sizeof journal->header};
    if (write_all(journal->fd, &header, 1) < 0) {
        int status = fail(journal, err, "cannot write the journal");
        close_file(journal); /* half a header: the next one tries another file */
        return status;
    }
    journal->end = sizeof journal->header;
    return 0;
}

int td_journal_keep(struct td_journal *journal, struct td_error *err)
{
    pthread_mutex_lock(&lock);
    journal->header.keeps = true;
    int status = open_file(journal, err);
    journal->header.keeps = status == 0;
    pthread_mutex_unlock(&lock);
    return status;
}

const char *td_journal_name(const struct td_journal *journal)
{
    return journal->fd < 0 ? "" : journal->name;
}

uint64_t td_journal_family(const struct td_journal *journal)
{
    return journal->header.family;
}

/* ---- bodies ---- */

/* No descriptor stays open: a host may close what it has not opened, and a child has them, too. */
struct td_journal_body {
    char *path;
    char journal[TD_JOURNAL_NAME];
    uint64_t number;
    pid_t owner;
    size_t len; /* so far */
};

void td_journal_put_body_name(char name[TD_JOURNAL_NAME], const char *journal, uint64_t number)
{
    snprintf(name, TD_JOURNAL_NAME, TD_BODY_PREFIX "%.32s-%llu", journal,
             (unsigned long long)number);
}

/* To write to; the descriptor or -1. */
static int open_body(const struct td_journal_body *body, int flags)
{
    return keep_off_streams(
        open(body->path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW | flags, 0600));
}

struct td_journal_body *td_journal_body_new(struct td_journal *journal)
{
    struct td_journal_body *body = calloc(1, sizeof *body);
    char path[4096], name[TD_JOURNAL_NAME];
    struct td_buf folder;
    if (!body)
        return NULL;
    td_buf_init(&folder);
    td_journal_folder(journal->cassette, &folder);
    pthread_mutex_lock(&lock);
    bool ok = !td_buf_failed(&folder) && (is_open(journal) || open_file(journal, NULL) == 0);
    if (ok) {
        body->number = ++journal->bodies;
        body->owner = getpid();
        memcpy(body->journal, journal->name, sizeof body->journal);
        td_journal_put_body_name(name, body->journal, body->number);
    }
    pthread_mutex_unlock(&lock);
    ok = ok && path_of(path, sizeof path, folder.data, name) && (body->path = strdup(path));
    td_buf_release(&folder);
    int fd = ok ? open_body(body, O_CREAT | O_EXCL) : -1;
    if (fd >= 0) {
        close(fd);
        return body;
    }
    free(body->path);
    free(body);
    return NULL;
}

bool td_journal_body_write(struct td_journal_body *body, struct td_bytes bytes)
{
    struct iovec part = {(char *)bytes.data, bytes.len};
    /* A child that goes on with a transfer of its parent's leaves the file to that. */
    int fd = body->owner == getpid() ? open_body(body, 0) : -1;
    bool ok = fd >= 0 && write_all(fd, &part, 1) == 0;
    if (fd >= 0)
        close(fd);
    body->len += bytes.len;
    return ok;
}

void td_journal_body_drop(struct td_journal_body *body)
{
    if (!body)
        return;
    if (body->owner == getpid())
        unlink(body->path);
    free(body->path);
    free(body);
}

/* ---- frames ---- */

/* Whether the frame can say where the body is; else it is dropped. */
static bool finish_body(const struct td_journal *journal, struct td_journal_body *body,
                        struct td_bytes whole)
{
    if (!body)
        return false;
    /* With the NUL behind it. */
    bool ok =
        strcmp(body->journal, journal->name) == 0 && body->len <= whole.len &&
        td_journal_body_write(body, td_bytes(whole.data + body->len, whole.len - body->len)) &&
        td_journal_body_write(body, td_bytes("", 1));
    if (!ok)
        td_journal_body_drop(body);
    return ok;
}

int td_journal_add(struct td_journal *journal, const struct td_interaction *interaction,
                   int64_t start_ns, struct td_journal_body *body, struct td_error *err)
{
    const struct td_bytes request = interaction->request.message.body;
    const struct td_bytes response = interaction->response.message.body;
    struct td_buf head;
    td_buf_init(&head);
    td_pack(interaction, &head);
    if (td_buf_failed(&head)) {
        td_buf_release(&head);
        td_journal_body_drop(body);
        return td_error_nomem(err);
    }
    pthread_mutex_lock(&lock);
    int status = is_open(journal) ? 0 : open_file(journal, err);
    if (!finish_body(journal, body, response))
        body = NULL;
    struct td_frame frame = {
        TD_FRAME_MAGIC,
        head.len + request.len + 1 + (body ? 0 : response.len + 1),
        start_ns,
        body ? body->number : 0,
    };
    struct iovec parts[] = {
        {&frame, sizeof frame},
        {head.data, head.len},
        {(char *)request.data, request.len},
        {"", 1},
        {(char *)response.data, response.len},
        {"", 1},
    };
    if (status == 0 && write_all(journal->fd, parts, body ? 4 : 6) < 0) {
        status = fail(journal, err, "cannot write the journal");
        /* Half a frame would be the end of all that come after it. */
        if (ftruncate(journal->fd, journal->end) == 0)
            lseek(journal->fd, journal->end, SEEK_SET);
    }
    if (status == 0)
        journal->end += (off_t)(sizeof frame + frame.len);
    pthread_mutex_unlock(&lock);
    if (body && status == 0) {
        free(body->path);
        free(body);
    } else {
        td_journal_body_drop(body);
    }
    td_buf_release(&head);
    return status;
}

bool td_journal_is_own(int folder, const char *name)
{
    struct stat found;
    bool own = false;
    if (fstatat(folder, name, &found, AT_SYMLINK_NOFOLLOW) < 0)
        return false;
    pthread_mutex_lock(&lock);
    for (const struct td_journal *journal = journals; journal; journal = journal->next)
        own |=
            is_open(journal) && journal->inode == found.st_ino && journal->device == found.st_dev;
    pthread_mutex_unlock(&lock);
    return own;
}
