/* SPDX-License-Identifier: MIT */
/* Event loops over a multi handle; see loops.h. */
#include "loops.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <time.h>
#include <unistd.h>

/* A loop that turns more often than this for one run spins. */
enum { MAX_ITERATIONS = 200000, PATIENCE_MS = 1000 };

static const char *run_wait(CURLM *multi, struct loop_count *count)
{
    int running = 0, ready = 0;
    for (;;) {
        if (curl_multi_perform(multi, &running) != CURLM_OK)
            return "curl_multi_perform failed";
        if (!running)
            return NULL;
        if (curl_multi_wait(multi, NULL, 0, PATIENCE_MS, &ready) != CURLM_OK)
            return "curl_multi_wait failed";
        count->events += (unsigned)ready;
        if (++count->iterations > MAX_ITERATIONS)
            return "the loop spins";
    }
}

static const char *run_poll(CURLM *multi, struct loop_count *count)
{
    int running = 0, ready = 0;
    for (;;) {
        if (curl_multi_perform(multi, &running) != CURLM_OK)
            return "curl_multi_perform failed";
        if (!running)
            return NULL;
        if (curl_multi_poll(multi, NULL, 0, PATIENCE_MS, &ready) != CURLM_OK)
            return "curl_multi_poll failed";
        count->events += (unsigned)ready;
        if (++count->iterations > MAX_ITERATIONS)
            return "the loop spins";
    }
}

/* `own_timeout`: as programs do that never ask curl_multi_timeout(). */
static const char *run_select(CURLM *multi, bool own_timeout, struct loop_count *count)
{
    int running = 0;
    for (;;) {
        if (curl_multi_perform(multi, &running) != CURLM_OK)
            return "curl_multi_perform failed";
        if (!running)
            return NULL;
        fd_set readable, writable, failed;
        FD_ZERO(&readable);
        FD_ZERO(&writable);
        FD_ZERO(&failed);
        int highest = -1;
        long timeout = -1;
        if (curl_multi_fdset(multi, &readable, &writable, &failed, &highest) != CURLM_OK)
            return "curl_multi_fdset failed";
        if (!own_timeout && curl_multi_timeout(multi, &timeout) != CURLM_OK)
            return "curl_multi_timeout failed";
        if (timeout < 0 || timeout > PATIENCE_MS)
            timeout = PATIENCE_MS;
        if (highest < 0 && timeout > 100)
            timeout = 100; /* what the manual asks for */
        struct timeval wait = {timeout / 1000, timeout % 1000 * 1000};
        int ready = select(highest + 1, &readable, &writable, &failed, &wait);
        if (ready < 0 && errno != EINTR)
            return "select failed";
        count->events += ready > 0 ? (unsigned)ready : 0;
        if (++count->iterations > MAX_ITERATIONS)
            return "the loop spins";
    }
}

static const char *run_fdset(CURLM *multi, struct loop_count *count)
{
    return run_select(multi, false, count);
}

static const char *run_fdset_only(CURLM *multi, struct loop_count *count)
{
    return run_select(multi, true, count);
}

/* What the socket and timer callbacks tell the epoll loop. */
struct reactor {
    CURLM *multi;
    int epoll;
    bool edge;
    int64_t deadline_ms; /* -1: no timer */
    const char *trouble;
};

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *user, void *known)
{
    (void)easy;
    struct reactor *reactor = user;
    if (what == CURL_POLL_REMOVE) {
        epoll_ctl(reactor->epoll, EPOLL_CTL_DEL, fd, NULL); /* it may be closed by now */
        return 0;
    }
    struct epoll_event event = {.events = reactor->edge ? EPOLLET : 0, .data.fd = fd};
    if (what & CURL_POLL_IN)
        event.events |= EPOLLIN;
    if (what & CURL_POLL_OUT)
        event.events |= EPOLLOUT;
    if (epoll_ctl(reactor->epoll, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event) != 0)
        reactor->trouble = known ? "a known socket is not known to epoll"
                                 : "a new socket cannot be watched by epoll";
    if (!known)
        curl_multi_assign(reactor->multi, fd, reactor);
    return 0;
}

static int on_timer(CURLM *multi, long timeout_ms, void *user)
{
    (void)multi;
    struct reactor *reactor = user;
    reactor->deadline_ms = timeout_ms < 0 ? -1 : now_ms() + timeout_ms;
    return 0;
}

/* An edge is told once, so all that there is must be read now. */
static void drain(struct reactor *reactor, int fd, int *running)
{
    struct pollfd left = {.fd = fd, .events = POLLIN};
    for (int turn = 0; turn < 10000 && *running; turn++) {
        /* Not watched any more: it is somebody else's, or closed. */
        struct epoll_event same = {.events = EPOLLIN | EPOLLET, .data.fd = fd};
        if (poll(&left, 1, 0) <= 0 || !(left.revents & POLLIN) ||
            epoll_ctl(reactor->epoll, EPOLL_CTL_MOD, fd, &same) != 0)
            return;
        curl_multi_socket_action(reactor->multi, fd, CURL_CSELECT_IN, running);
    }
}

static const char *react(struct reactor *reactor, struct loop_count *count)
{
    int running = 0;
    curl_multi_socket_action(reactor->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    while (running && !reactor->trouble) {
        struct epoll_event events[64];
        int64_t left =
            reactor->deadline_ms < 0 ? PATIENCE_MS * 10 : reactor->deadline_ms - now_ms();
        int ready = epoll_wait(reactor->epoll, events, 64, left > 0 ? (int)left : 0);
        if (ready < 0 && errno != EINTR)
            return "epoll_wait failed";
        if (!ready && reactor->deadline_ms < 0)
            return "neither socket nor timer: nothing would ever happen";
        for (int i = 0; i < ready; i++) {
            int mask = (events[i].events & EPOLLIN ? CURL_CSELECT_IN : 0) |
                       (events[i].events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
                       (events[i].events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0);
            count->events++;
            curl_multi_socket_action(reactor->multi, events[i].data.fd, mask, &running);
            if (reactor->edge && mask & CURL_CSELECT_IN)
                drain(reactor, events[i].data.fd, &running);
        }
        if (reactor->deadline_ms >= 0 && reactor->deadline_ms <= now_ms()) {
            reactor->deadline_ms = -1;
            curl_multi_socket_action(reactor->multi, CURL_SOCKET_TIMEOUT, 0, &running);
        }
        if (++count->iterations > MAX_ITERATIONS)
            return "the loop spins";
    }
    return reactor->trouble;
}

static const char *run_reactor(CURLM *multi, bool edge, struct loop_count *count)
{
    struct reactor reactor = {.multi = multi, .edge = edge, .deadline_ms = -1};
    reactor.epoll = epoll_create1(EPOLL_CLOEXEC);
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, &reactor);
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(multi, CURLMOPT_TIMERDATA, &reactor);
    const char *trouble = react(&reactor, count);
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, NULL);
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, NULL);
    close(reactor.epoll);
    return trouble;
}

static const char *run_epoll(CURLM *multi, struct loop_count *count)
{
    return run_reactor(multi, false, count);
}

static const char *run_epoll_edge(CURLM *multi, struct loop_count *count)
{
    return run_reactor(multi, true, count);
}

static const struct {
    const char *name;
    const char *(*run)(CURLM *multi, struct loop_count *count);
} loops[] = {
    {"perform-wait", run_wait},     {"perform-poll", run_poll}, {"fdset-select", run_fdset},
    {"fdset-only", run_fdset_only}, {"epoll", run_epoll},       {"epoll-et", run_epoll_edge},
};

const char *loop_names(void)
{
    return "perform-wait perform-poll fdset-select fdset-only epoll epoll-et";
}

bool loop_known(const char *mode)
{
    for (size_t i = 0; i < sizeof(loops) / sizeof(*loops); i++)
        if (strcmp(loops[i].name, mode) == 0)
            return true;
    return false;
}

const char *loop_run(const char *mode, CURLM *multi, struct loop_count *count)
{
    for (size_t i = 0; i < sizeof(loops) / sizeof(*loops); i++)
        if (strcmp(loops[i].name, mode) == 0)
            return loops[i].run(multi, count);
    return "no such mode";
}
