/* SPDX-License-Identifier: MIT */
#include "shim/watch.h"

#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

void td_watch_init(struct td_watch *watch)
{
    *watch = (struct td_watch){.set = -1};
}

void td_watch_release(struct td_watch *watch)
{
    if (watch->set >= 0 && !td_watch_is_foreign(watch))
        close(watch->set);
    td_watch_init(watch);
}

bool td_watch_is_foreign(const struct td_watch *watch)
{
    return watch->set >= 0 && watch->owner != getpid();
}

bool td_watch_add(struct td_watch *watch, int fd, struct td_easy *easy)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = easy};
    if (watch->set < 0) {
        watch->set = epoll_create1(EPOLL_CLOEXEC);
        watch->owner = getpid();
    }
    return watch->set >= 0 && !td_watch_is_foreign(watch) &&
           epoll_ctl(watch->set, EPOLL_CTL_ADD, fd, &event) == 0;
}

void td_watch_drop(struct td_watch *watch, int fd)
{
    if (watch->set >= 0 && !td_watch_is_foreign(watch))
        epoll_ctl(watch->set, EPOLL_CTL_DEL, fd, NULL);
}

size_t td_watch_ready(const struct td_watch *watch, struct td_easy **ready, size_t most)
{
    struct epoll_event events[64];
    int saved = errno;
    if (watch->set < 0 || td_watch_is_foreign(watch))
        return 0;
    most = most < 64 ? most : 64;
    int count = epoll_wait(watch->set, events, (int)most, 0);
    errno = saved;
    for (int i = 0; i < count; i++)
        ready[i] = events[i].data.ptr;
    return count > 0 ? (size_t)count : 0;
}
