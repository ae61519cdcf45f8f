/* SPDX-License-Identifier: MIT */
/*
 * The idle transfers of a multi handle: those whose tape has nothing to say before libcurl does. An
 * epoll set of their sockets tells which of them libcurl has spoken to, so that a call costs by
 * what has happened, not by how many there are.
 */
#ifndef TD_SHIM_WATCH_H
#define TD_SHIM_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct td_easy;

struct td_watch {
    int set;     /* -1: none yet */
    pid_t owner; /* who made it: a forked child shares it, and keeps away from it */
};

void td_watch_init(struct td_watch *watch);
void td_watch_release(struct td_watch *watch);
/* False where it cannot be watched: then the transfer is to stay awake. */
bool td_watch_add(struct td_watch *watch, int fd, struct td_easy *easy);
/* Before it is closed, or its handle goes elsewhere. */
void td_watch_drop(struct td_watch *watch, int fd);
/* Some of those whose sockets have something to read; 0 where there are none (any more). */
size_t td_watch_ready(const struct td_watch *watch, struct td_easy **ready, size_t most);
/* Whether the set is another process's. */
bool td_watch_is_foreign(const struct td_watch *watch);

#endif
