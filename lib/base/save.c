/* SPDX-License-Identifier: MIT */
#include "base/save.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

enum {
    RANDOM_CHARS = 6,
    MAX_LINKS = 40, /* as many as the kernel follows */
    MAX_TRIES = 100
};
static const char marker[] = ".tapedeck-";

struct td_save {
    char *path; /* as the caller gave it; for messages */
    int folder; /* where the target is, links followed */
    char name[NAME_MAX + 1];
    char temporary[NAME_MAX + 1]; /* "" while there is none */
    int fd;
    struct td_error failure; /* the first failed write's; code 0 while there is none */
};

/* ---- errors ---- */

/* What a person can do about it; "" where the reason says it all. */
static const char *advice(int cause)
{
    switch (cause) {
    case ENOSPC:
        return "; make room on the disk, and save again";
    case EDQUOT:
        return "; make room within the disk quota, and save again";
    case EFBIG:
        return "; it is larger than this process (ulimit -f) or the file system allows";
    case EROFS:
        return "; save it elsewhere, or mount the file system for writing";
    case EACCES:
    case EPERM:
        return "; give this user the right to write to the file and to its folder";
    case EBUSY:
        return "; is it mounted by itself? mount its folder instead";
    case ENOENT:
    case ENOTDIR:
        return "; its folder is to be made first";
    default:
        return "";
    }
}

static int fail(const struct td_save *save, int cause, struct td_error *err)
{
    return td_error_set_at(err, cause == ENOMEM ? TD_ERR_NOMEM : TD_ERR_IO, save->path, 0, 0,
                           "cannot save: %s%s", strerror(cause), advice(cause));
}

#define REFUSE(save, err, ...)                                                                     \
    td_error_set_at((err), TD_ERR_IO, (save)->path, 0, 0, "cannot save: " __VA_ARGS__)

/* ---- the target ---- */

/* Opens the folder of `path`, which is relative to the folder that is open, and takes its name. */
static int enter(struct td_save *save, const char *path, struct td_error *err)
{
    char folder[PATH_MAX] = ".";
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    size_t len = slash ? (size_t)(name - path) : 0;
    struct statfs fs;
    if (len >= sizeof folder || strlen(name) >= sizeof save->name)
        return fail(save, ENAMETOOLONG, err);
    if (len) {
        memcpy(folder, path, len);
        folder[len] = '\0';
    }
    int fd = openat(save->folder, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 && errno == EACCES) /* it need not be readable */
        fd = openat(save->folder, folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return fail(save, errno, err);
    if (save->folder >= 0)
        close(save->folder);
    save->folder = fd;
    if (!*name || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return *path ? REFUSE(save, err, "it is a folder, not a file") : fail(save, ENOENT, err);
    memcpy(save->name, name, strlen(name) + 1);
    /* /dev/stdout leads here: it names a descriptor. */
    if (fstatfs(fd, &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC)
        return REFUSE(save, err, "it leads into /proc, where no file can be replaced");
    return 0;
}

/* Through symbolic links, to the folder and the name of the file itself. */
static int find_target(struct td_save *save, struct td_error *err)
{
    char link[PATH_MAX];
    int status = enter(save, save->path, err);
    for (int hops = 0; status == 0; hops++) {
        ssize_t len = readlinkat(save->folder, save->name, link, sizeof link);
        if (len < 0)
            return errno == EINVAL || errno == ENOENT ? 0 : fail(save, errno, err);
        if (hops == MAX_LINKS)
            return fail(save, ELOOP, err);
        if ((size_t)len == sizeof link)
            return fail(save, ENAMETOOLONG, err);
        link[len] = '\0';
        status = enter(save, link, err);
    }
    return status;
}

/* Whether it can be replaced. st_nlink is 0 where there is no such file yet. */
static int check_target(const struct td_save *save, struct stat *st, struct td_error *err)
{
    *st = (struct stat){0};
    if (fstatat(save->folder, save->name, st, AT_SYMLINK_NOFOLLOW) < 0) {
        *st = (struct stat){0};
        return errno == ENOENT ? 0 : fail(save, errno, err);
    }
    if (S_ISDIR(st->st_mode))
        return REFUSE(save, err, "it is a folder, not a file");
    if (!S_ISREG(st->st_mode))
        return REFUSE(save, err, "it is not a regular file, and cannot be replaced by one");
    if (st->st_nlink > 1)
        return REFUSE(save, err,
                      "the file has %ju names (hard links), and only this one would get the new "
                      "content; remove the others, or put a copy in its place",
                      (uintmax_t)st->st_nlink);
    if (faccessat(save->folder, save->name, W_OK, AT_EACCESS) < 0)
        return fail(save, errno, err);
    return 0;
}

/* ---- the temporary file ---- */

/* The part of the temporary names that tells whose they are. Long names are cut. */
static size_t put_prefix(const struct td_save *save, char *to)
{
    size_t room = NAME_MAX - RANDOM_CHARS - 1;
    int len =
        snprintf(to, NAME_MAX + 1, ".%.*s%s", (int)(room - strlen(marker)), save->name, marker);
    return (size_t)len;
}

static bool is_temporary(const char *name, const char *prefix, size_t prefix_len)
{
    return strncmp(name, prefix, prefix_len) == 0 && strlen(name + prefix_len) == RANDOM_CHARS;
}

/* Removes one that nobody has locked: its process was killed. */
static void remove_stale(int folder, const char *name)
{
    struct stat opened, there;
    int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return;
    /* It may have been renamed since it was seen, and be somebody's whole file by now. */
    if (flock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, &opened) == 0 && S_ISREG(opened.st_mode) &&
        fstatat(folder, name, &there, AT_SYMLINK_NOFOLLOW) == 0 && opened.st_ino == there.st_ino &&
        opened.st_dev == there.st_dev)
        (void)unlinkat(folder, name, 0);
    close(fd);
}

static void remove_all_stale(const struct td_save *save)
{
    char prefix[NAME_MAX + 1];
    size_t len = put_prefix(save, prefix);
    int fd = openat(save->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *entries = fd < 0 ? NULL : fdopendir(fd);
    if (!entries) {
        if (fd >= 0)
            close(fd);
        return;
    }
    for (struct dirent *entry; (entry = readdir(entries));)
        if (is_temporary(entry->d_name, prefix, len))
            remove_stale(save->folder, entry->d_name);
    closedir(entries);
}

static void put_random(char *to)
{
    static const char chars[] = "abcdefghijklmnopqrstuvwxyz0123456789";
    unsigned char random[RANDOM_CHARS];
    if (getrandom(random, sizeof random, GRND_NONBLOCK) != sizeof random) {
        struct timespec now;
        clock_gettime(CLOCK_MONOTONIC, &now);
        for (size_t i = 0; i < sizeof random; i++)
            random[i] = (unsigned char)(((uintptr_t)&now ^ (uintmax_t)now.tv_nsec) >> 4 * i);
    }
    for (size_t i = 0; i < sizeof random; i++)
        to[i] = chars[random[i] % (sizeof chars - 1)];
    to[sizeof random] = '\0';
}

/*
 * Opens a file of a new name, and locks it. Before it is locked, another process may take it
 * for a stale one: then it has the lock, or the file has lost its name, and a new one is due.
 */
static int make_temporary(struct td_save *save, mode_t mode, struct td_error *err)
{
    size_t len = put_prefix(save, save->temporary);
    for (int tries = 0; tries < MAX_TRIES; tries++) {
        struct stat st;
        put_random(save->temporary + len);
        save->fd = openat(save->folder, save->temporary,
                          O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
        if (save->fd < 0 && errno == EEXIST)
            continue;
        if (save->fd < 0)
            break;
        /* Where there are no locks, nobody can take it for stale either. */
        bool taken = flock(save->fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK;
        if (!taken && fstat(save->fd, &st) == 0 && st.st_nlink > 0)
            return 0;
        close(save->fd);
        save->fd = -1;
        errno = EAGAIN;
    }
    int cause = errno;
    save->temporary[0] = '\0';
    return fail(save, cause, err);
}

/* ---- what the new file takes over from the old one ---- */

static void copy_attributes(const struct td_save *save)
{
    enum { MOST = 64 * 1024 }; /* of a list of names, and of a value */
    char from[64 + NAME_MAX];
    /* Where the folder hands down an access list, it was not for this file. */
    (void)fremovexattr(save->fd, "system.posix_acl_access");
    snprintf(from, sizeof from, "/proc/self/fd/%d/%s", save->folder, save->name);
    if (llistxattr(from, NULL, 0) <= 0)
        return;
    char *names = malloc((size_t)2 * MOST);
    ssize_t len = names ? llistxattr(from, names, MOST) : 0;
    for (const char *name = names; name < names + len; name += strlen(name) + 1) {
        ssize_t size = lgetxattr(from, name, names + MOST, MOST);
        if (size >= 0)
            (void)fsetxattr(save->fd, name, names + MOST, (size_t)size, 0);
    }
    free(names);
}

/* As much as this process may give; the mode never lets in anybody that the old one kept out. */
static int take_over(const struct td_save *save, const struct stat *old, struct td_error *err)
{
    struct stat st;
    if (fstat(save->fd, &st) < 0)
        return fail(save, errno, err);
    bool owner = st.st_uid == old->st_uid, group = st.st_gid == old->st_gid;
    if (!owner || !group) {
        owner = fchown(save->fd, old->st_uid, old->st_gid) == 0;
        group = owner || group || fchown(save->fd, (uid_t)-1, old->st_gid) == 0;
    }
    mode_t mode = old->st_mode & (owner && group ? 07777 : 0777);
    if (!group) /* its members are others here, and get what others got */
        mode = (mode & ~(mode_t)070) | (mode & 07) << 3;
    if (fchmod(save->fd, mode) < 0)
        return fail(save, errno, err);
    if (group)
        copy_attributes(save);
    return 0;
}

/* ---- from open to commit ---- */

void td_save_abort(struct td_save *save)
{
    if (!save)
        return;
    if (save->temporary[0])
        (void)unlinkat(save->folder, save->temporary, 0);
    if (save->fd >= 0)
        close(save->fd);
    if (save->folder >= 0)
        close(save->folder);
    free(save->path);
    free(save);
}

int td_save_open(const char *path, struct td_save **save, struct td_error *err)
{
    struct stat old;
    struct td_save *made = calloc(1, sizeof *made);
    if (!made)
        return td_error_nomem(err);
    made->fd = -1;
    made->folder = AT_FDCWD;
    made->path = strdup(path);
    int status = made->path ? find_target(made, err) : td_error_nomem(err);
    if (status == 0)
        status = check_target(made, &old, err);
    if (status == 0) {
        remove_all_stale(made);
        /* Not to be read by others before it has the old one's mode. */
        status = make_temporary(made, old.st_nlink ? 0600 : 0666, err);
    }
    if (status < 0) {
        td_save_abort(made);
        return status;
    }
    *save = made;
    return 0;
}

/*
 * write(), which beyond the limit of the file's size (ulimit -f) is an error here and not a signal
 * that kills the process.
 */
static ssize_t write_some(int fd, struct td_bytes content)
{
    static const struct timespec at_once;
    sigset_t signal, before, pending;
    sigemptyset(&signal);
    sigaddset(&signal, SIGXFSZ);
    sigpending(&pending);
    pthread_sigmask(SIG_BLOCK, &signal, &before);
    ssize_t put = write(fd, content.data, content.len);
    int cause = errno;
    if (put < 0 && cause == EFBIG && !sigismember(&pending, SIGXFSZ))
        (void)sigtimedwait(&signal, NULL, &at_once);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = cause;
    return put;
}

int td_save_write(struct td_save *save, struct td_bytes content, struct td_error *err)
{
    while (content.len && !save->failure.code) {
        ssize_t put = write_some(save->fd, content);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0) {
            fail(save, errno, &save->failure);
        } else {
            content.data += put;
            content.len -= (size_t)put;
        }
    }
    if (save->failure.code && err)
        *err = save->failure;
    return save->failure.code;
}

static int finish(struct td_save *save, struct td_error *err)
{
    struct stat old;
    int status = td_save_write(save, TD_BYTES(""), err);
    if (status == 0) /* it may have changed since */
        status = check_target(save, &old, err);
    if (status == 0 && old.st_nlink)
        status = take_over(save, &old, err);
    if (status < 0)
        return status;
    if (fsync(save->fd) < 0)
        return fail(save, errno, err);
    if (renameat(save->folder, save->temporary, save->folder, save->name) < 0)
        return fail(save, errno, err);
    save->temporary[0] = '\0';
    /* Some file systems know no such thing of folders. */
    if (fsync(save->folder) < 0 && errno != EINVAL && errno != EBADF)
        return td_error_set_at(err, TD_ERR_IO, save->path, 0, 0,
                               "saved, but a power failure may undo it: %s", strerror(errno));
    return 0;
}

int td_save_commit(struct td_save *save, struct td_error *err)
{
    int status = finish(save, err);
    td_save_abort(save);
    return status;
}

int td_save(const char *path, struct td_bytes content, struct td_error *err)
{
    struct td_save *save;
    int status = td_save_open(path, &save, err);
    if (status < 0)
        return status;
    (void)td_save_write(save, content, NULL);
    return td_save_commit(save, err);
}
