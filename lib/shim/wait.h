/* SPDX-License-Identifier: MIT */
/*
 * Waiting for chunks that are due later, in every way in which a host waits for libcurl. Where
 * nothing is due later, all of it is libcurl's own, untouched:
 *
 *     curl_multi_poll(), _wait()   wait no longer than to the next chunk, and send it
 *     curl_multi_timeout()         names the time to the next chunk where that is sooner
 *     curl_multi_fdset()           adds a timer's descriptor, for hosts that select() on their own
 *                                  timeout
 *     CURLMOPT_TIMERFUNCTION       is told of the sooner of libcurl's time and the next chunk's
 */
#ifndef TD_SHIM_WAIT_H
#define TD_SHIM_WAIT_H

#include <sys/select.h>

#include "shim/options.h"

struct td_multi;

struct td_wait {
    curl_multi_timer_callback timer; /* the host's own, or NULL */
    void *timer_data;
    int64_t asked_ns; /* when libcurl wants to be called, or INT64_MAX */
    int64_t told_ns;  /* for when the host's timer is set, or INT64_MAX */
    bool paced;       /* some chunk has been due later: the timer may not be libcurl's alone */
    int fd;           /* a timer's descriptor, or -1 */
    pid_t fd_owner;
};

void td_wait_init(struct td_wait *wait);
void td_wait_release(struct td_wait *wait);

int64_t td_now_ns(void);
/* Milliseconds from now on, rounded up, at most `most`. */
int td_wait_ms(int64_t due_ns, int most);

typedef CURLMcode td_wait_call(CURLM *, struct curl_waitfd[], unsigned, int, int *);
/* curl_multi_poll() and curl_multi_wait(): `call` is libcurl's own. */
CURLMcode td_multi_wait(struct td_multi *multi, td_wait_call *call, struct curl_waitfd extra[],
                        unsigned count, int timeout_ms, int *ready);
CURLMcode td_multi_timeout(struct td_multi *multi, long *timeout_ms);
CURLMcode td_multi_fdset(struct td_multi *multi, fd_set *readable, fd_set *writable, fd_set *failed,
                         int *highest);
CURLMcode td_multi_setopt(struct td_multi *multi, CURLMoption option, union td_value value);
/* To libcurl, as it is. */
CURLMcode td_multi_pass_option(const struct td_real *real, CURLM *curl, CURLMoption option,
                               union td_value value);

/* The host's timer has gone off, as far as it knows. */
void td_wait_fired(struct td_multi *multi);
/* Sets the host's timer anew where it is not right any more. */
void td_wait_tell(struct td_multi *multi);

#endif
