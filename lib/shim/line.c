/* SPDX-License-Identifier: MIT */
#include "shim/line.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

/* The end of what the peer sends cannot be read while a byte lies in front of it. */
static bool peer_is_gone(int fd)
{
    struct pollfd ask = {.fd = fd, .events = POLLRDHUP};
    return poll(&ask, 1, 0) > 0 && ask.revents & (POLLRDHUP | POLLHUP | POLLERR);
}

ssize_t td_line_receive(int fd, char *bytes, size_t size, bool *held)
{
    ssize_t got = recv(fd, bytes, size, MSG_PEEK | MSG_DONTWAIT);
    size_t known = *held;
    if (got <= 0)
        return got;
    if ((size_t)got == known) {
        if (peer_is_gone(fd))
            return 0;
        errno = EAGAIN;
        return -1;
    }
    recv(fd, bytes, (size_t)got - 1, MSG_DONTWAIT);
    /* The last byte was only looked at: it is where the peek has put it. */
    *held = true;
    memmove(bytes, bytes + known, (size_t)got - known);
    return got - (ssize_t)known;
}

void td_line_settle(int fd, bool *held)
{
    char byte;
    if (*held)
        recv(fd, &byte, 1, MSG_DONTWAIT);
    *held = false;
}
