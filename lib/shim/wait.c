/* SPDX-License-Identifier: MIT */
#include "shim/wait.h"

#include <errno.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "shim/multi.h"

enum { NS_PER_MS = 1000000, NS_PER_S = 1000000000 };

void td_wait_init(struct td_wait *wait)
{
    *wait = (struct td_wait){.asked_ns = INT64_MAX, .told_ns = INT64_MAX, .fd = -1};
}

/* A host may have closed what it has not opened: the number must be a timer's still. A forked child
 * shares the timer with its parent, and needs its own. */
static bool has_fd(const struct td_wait *wait)
{
    struct itimerspec set;
    return wait->fd >= 0 && wait->fd_owner == getpid() && timerfd_gettime(wait->fd, &set) == 0;
}

void td_wait_release(struct td_wait *wait)
{
    if (has_fd(wait))
        close(wait->fd);
    wait->fd = -1;
}

int64_t td_now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

int td_wait_ms(int64_t due_ns, int most)
{
    if (due_ns == INT64_MAX)
        return most;
    int64_t left = due_ns - td_now_ns();
    int64_t ms = left > 0 ? (left + NS_PER_MS - 1) / NS_PER_MS : 0;
    return ms < most ? (int)ms : most;
}

CURLMcode td_multi_wait(struct td_multi *multi, td_wait_call *call, struct curl_waitfd extra[],
                        unsigned count, int timeout_ms, int *ready)
{
    int64_t due = td_sleepers_due(&multi->sleepers);
    if (due == INT64_MAX)
        return call(multi->curl, extra, count, timeout_ms, ready);
    CURLMcode code = call(multi->curl, extra, count,
                          timeout_ms < 0 ? timeout_ms : td_wait_ms(due, timeout_ms), ready);
    if (code != CURLM_OK || td_now_ns() < due)
        return code;
    /* What is sent now is there to be read: the host is to find it so. */
    td_multi_pump(multi);
    return call(multi->curl, extra, count, 0, ready);
}

CURLMcode td_multi_timeout(struct td_multi *multi, long *timeout_ms)
{
    CURLMcode code = multi->real->multi_timeout(multi->curl, timeout_ms);
    int64_t due = td_sleepers_due(&multi->sleepers);
    if (code == CURLM_OK && timeout_ms && due != INT64_MAX) {
        int ms = td_wait_ms(due, INT32_MAX);
        if (*timeout_ms < 0 || *timeout_ms > ms)
            *timeout_ms = ms;
    }
    return code;
}

/* A descriptor that is readable from then on; -1 where there cannot be one. */
static int timer_fd(struct td_wait *wait, int64_t due_ns)
{
    struct itimerspec set = {.it_value = {due_ns / NS_PER_S, due_ns % NS_PER_S}};
    if (!has_fd(wait)) {
        wait->fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
        wait->fd_owner = getpid();
    }
    if (wait->fd < 0 || timerfd_settime(wait->fd, TFD_TIMER_ABSTIME, &set, NULL) < 0)
        return -1;
    return wait->fd;
}

CURLMcode td_multi_fdset(struct td_multi *multi, fd_set *readable, fd_set *writable, fd_set *failed,
                         int *highest)
{
    CURLMcode code = multi->real->multi_fdset(multi->curl, readable, writable, failed, highest);
    int64_t due = td_sleepers_due(&multi->sleepers);
    if (code != CURLM_OK || due == INT64_MAX)
        return code;
    int saved = errno, fd = timer_fd(&multi->wait, due);
    if (fd >= 0 && fd < FD_SETSIZE) {
        FD_SET(fd, readable);
        if (fd > *highest)
            *highest = fd;
    }
    errno = saved;
    return code;
}

void td_wait_fired(struct td_multi *multi)
{
    struct td_wait *wait = &multi->wait;
    wait->told_ns = INT64_MAX;
    /* Libcurl deals with it now, and asks anew where it needs to. */
    if (wait->paced && wait->asked_ns <= td_now_ns())
        wait->asked_ns = INT64_MAX;
}

void td_wait_tell(struct td_multi *multi)
{
    struct td_wait *wait = &multi->wait;
    int64_t due = td_sleepers_due(&multi->sleepers);
    wait->paced |= due != INT64_MAX;
    if (wait->asked_ns < due)
        due = wait->asked_ns;
    if (!wait->timer || !wait->paced || due == wait->told_ns)
        return;
    wait->told_ns = due;
    wait->timer(multi->curl, due == INT64_MAX ? -1 : td_wait_ms(due, INT32_MAX), wait->timer_data);
}

static int on_timer(CURLM *curl, long timeout_ms, void *context)
{
    struct td_multi *multi = context;
    struct td_wait *wait = &multi->wait;
    wait->asked_ns = timeout_ms < 0 ? INT64_MAX : td_now_ns() + timeout_ms * NS_PER_MS;
    int64_t due = td_sleepers_due(&multi->sleepers);
    if (due < wait->asked_ns) {
        td_wait_tell(multi);
        return 0;
    }
    wait->told_ns = wait->asked_ns;
    return wait->timer ? wait->timer(curl, timeout_ms, wait->timer_data) : 0;
}

CURLMcode td_multi_pass_option(const struct td_real *real, CURLM *curl, CURLMoption option,
                               union td_value value)
{
    if ((int)option < CURLOPTTYPE_OBJECTPOINT)
        return real->multi_setopt(curl, option, value.number);
    if ((int)option >= CURLOPTTYPE_OFF_T && (int)option < CURLOPTTYPE_BLOB)
        return real->multi_setopt(curl, option, value.offset);
    return real->multi_setopt(curl, option, value.pointer);
}

CURLMcode td_multi_setopt(struct td_multi *multi, CURLMoption option, union td_value value)
{
    const struct td_real *real = multi->real;
    struct td_wait *wait = &multi->wait;
    if (option == CURLMOPT_TIMERDATA) {
        wait->timer_data = value.pointer;
        return CURLM_OK;
    }
    if (option == CURLMOPT_TIMERFUNCTION) {
        wait->timer = (curl_multi_timer_callback)value.pointer;
        CURLMcode code = real->multi_setopt(multi->curl, CURLMOPT_TIMERDATA, multi);
        if (code == CURLM_OK)
            code = real->multi_setopt(multi->curl, option, wait->timer ? (void *)on_timer : NULL);
        return code;
    }
    return td_multi_pass_option(real, multi->curl, option, value);
}
