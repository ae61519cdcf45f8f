/* SPDX-License-Identifier: MIT */
/*
 * The server's end of the private socket, where it may have to be reset. A Unix socket has no RST:
 * its peer is told ECONNRESET where this end is closed while bytes from it lie here unread. So the
 * last byte that came is left lying, and known; before a decent close it is taken up.
 */
#ifndef TD_SHIM_LINE_H
#define TD_SHIM_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * As recv() without waiting, but that the last byte stays in the socket. *held tells whether there
 * is one from the last time, which is not given again.
 */
ssize_t td_line_receive(int fd, char *bytes, size_t size, bool *held);
/* Takes it up, so that close() is a decent one. */
void td_line_settle(int fd, bool *held);

#endif
