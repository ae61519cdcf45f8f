/* SPDX-License-Identifier: MIT */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static int fail(struct td_error *err, const char *path, const char *what)
{
    int cause = errno;
    return td_error_set_at(err, cause == ENOMEM ? TD_ERR_NOMEM : TD_ERR_IO, path, 0, 0, "%s: %s",
                           what, strerror(cause));
}

static int too_large(struct td_error *err, const char *path, size_t size, size_t limit)
{
    return td_error_set_at(err, TD_ERR_LIMIT, path, 1, 1,
                           "file is too large: %zu bytes or more, and the limit is %zu", size,
                           limit);
}

static int read_all(struct td_file *file, int fd, const char *path, size_t limit,
                    struct td_error *err)
{
    struct td_buf buf;
    td_buf_init(&buf);
    for (;;) {
        char *to = td_buf_reserve(&buf, 64 * 1024);
        if (!to) {
            td_buf_release(&buf);
            return td_error_nomem(err);
        }
        ssize_t got = read(fd, to, 64 * 1024);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            int status = fail(err, path, "cannot read");
            td_buf_release(&buf);
            return status;
        }
        if (got == 0)
            break;
        buf.len += (size_t)got;
        if (buf.len > limit) {
            size_t len = buf.len;
            td_buf_release(&buf);
            return too_large(err, path, len, limit);
        }
    }
    file->memory = td_buf_detach(&buf, &file->content.len);
    file->content.data = file->memory;
    return file->memory ? 0 : td_error_nomem(err);
}

int td_file_open(struct td_file *file, const char *path, size_t limit, struct td_error *err)
{
    *file = (struct td_file){0};
    if (strcmp(path, "-") == 0)
        return read_all(file, STDIN_FILENO, path, limit, err);

    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return fail(err, path, "cannot open");
    int status = 0;
    if (fstat(fd, &st) < 0) {
        status = fail(err, path, "cannot read");
    } else if (S_ISDIR(st.st_mode)) {
        status = td_error_set_at(err, TD_ERR_IO, path, 0, 0, "is a directory, not a file");
    } else if (!S_ISREG(st.st_mode) || st.st_size == 0) {
        /* A file in /proc says that it is empty and is not. */
        status = read_all(file, fd, path, limit, err);
    } else if ((uintmax_t)st.st_size > limit) {
        status = too_large(err, path, (size_t)st.st_size, limit);
    } else {
        file->content.len = (size_t)st.st_size;
        file->mapping = mmap(NULL, file->content.len, PROT_READ, MAP_PRIVATE, fd, 0);
        if (file->mapping == MAP_FAILED) {
            file->mapping = NULL;
            status = read_all(file, fd, path, limit, err);
        } else {
            file->content.data = file->mapping;
        }
    }
    close(fd);
    return status;
}

void td_file_close(struct td_file *file)
{
    if (file->mapping)
        munmap(file->mapping, file->content.len);
    free(file->memory);
    *file = (struct td_file){0};
}
