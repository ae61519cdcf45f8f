/* SPDX-License-Identifier: MIT */
#include "child.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "command.h"

/* TD_SHIM_NAME, TD_SHIM_DIR, TD_SHIM_FROM_BIN and TD_PRELOAD_FIRST come from the build. */

/* In the build tree, where it was installed beside this program, and where it was to be installed.
 */
static int find_shim(char *path, size_t size)
{
    const char *chosen = getenv("TAPEDECK_SHIM");
    if (chosen && *chosen) {
        snprintf(path, size, "%s", chosen);
        return access(path, R_OK);
    }
    char self[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", self, sizeof self - 1);
    if (len > 0) {
        self[len] = '\0';
        *strrchr(self, '/') = '\0';
        static const char *const places[] = {"../lib", TD_SHIM_FROM_BIN};
        for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
            char place[PATH_MAX + 256];
            snprintf(place, sizeof place, "%s/%s/" TD_SHIM_NAME, self, places[i]);
            char *real = realpath(place, NULL);
            if (real) {
                snprintf(path, size, "%s", real);
                free(real);
                return 0;
            }
        }
    }
    snprintf(path, size, "%s", TD_SHIM_DIR "/" TD_SHIM_NAME);
    return access(path, R_OK);
}

int preload_shim(void)
{
    char shim[PATH_MAX];
    if (find_shim(shim, sizeof shim) < 0) {
        complain("cannot find the shim '%s': install tapedeck whole, or name it in TAPEDECK_SHIM",
                 shim);
        return -1;
    }
    if (strpbrk(shim, " :")) {
        /* The loader takes both for separators, and knows no way to quote them. */
        complain("cannot preload '%s': its path has a space or a colon", shim);
        return -1;
    }
    const char *others = getenv("LD_PRELOAD");
    size_t size = strlen(TD_PRELOAD_FIRST) + strlen(shim) + (others ? strlen(others) : 0) + 3;
    char *list = malloc(size);
    if (!list) {
        complain("out of memory");
        return -1;
    }
    snprintf(list, size, "%s%s%s%s%s", TD_PRELOAD_FIRST, *TD_PRELOAD_FIRST ? ":" : "", shim,
             others && *others ? ":" : "", others ? others : "");
    int status = setenv("LD_PRELOAD", list, 1);
    free(list);
    return status;
}

/* What this program has changed of its signals, as it was. */
struct signals {
    sigset_t mask;
    void (*interrupt)(int), (*quit)(int), (*child)(int);
};

static void restore(const struct signals *before)
{
    signal(SIGINT, before->interrupt);
    signal(SIGQUIT, before->quit);
    signal(SIGCHLD, before->child);
    sigprocmask(SIG_SETMASK, &before->mask, NULL);
}

static void become(char **argv, const struct signals *before)
{
    restore(before);
    execvp(argv[0], argv);
    int cause = errno;
    complain("cannot run '%s': %s", argv[0], strerror(cause));
    _exit(cause == ENOENT || cause == ENOTDIR ? EXIT_NOT_FOUND : EXIT_CANNOT_RUN);
}

/* True when the child has ended, with its exit code. */
static bool reap(pid_t child, int *code)
{
    int status;
    pid_t ended = waitpid(child, &status, WNOHANG);
    if (ended < 0 && errno == ECHILD)
        return true; /* somebody else has reaped it, and its code is gone */
    if (ended != child)
        return false;
    *code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    return true;
}

int run_child(char **argv, int ear, void (*heard)(void *context), void *context)
{
    sigset_t watched;
    struct signals before;
    sigemptyset(&watched);
    sigaddset(&watched, SIGCHLD);
    sigaddset(&watched, SIGTERM);
    sigaddset(&watched, SIGHUP);
    sigprocmask(SIG_BLOCK, &watched, &before.mask);
    int signals = signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK);
    /* The terminal sends these to the program as well: it is the one to decide. */
    before.interrupt = signal(SIGINT, SIG_IGN);
    before.quit = signal(SIGQUIT, SIG_IGN);
    /* Inherited as ignored, it would let the child vanish unseen. */
    before.child = signal(SIGCHLD, SIG_DFL);

    fflush(NULL);
    pid_t child = signals < 0 ? -1 : fork();
    if (child < 0) {
        complain("cannot start '%s': %s", argv[0], strerror(errno));
        return EXIT_CANNOT_RUN;
    }
    if (child == 0)
        become(argv, &before);

    int code = 0;
    bool ended = false;
    while (!ended) {
        struct pollfd fds[] = {{.fd = signals, .events = POLLIN}, {.fd = ear, .events = POLLIN}};
        poll(fds, 2, -1);
        if (fds[1].revents)
            heard(context);
        struct signalfd_siginfo info;
        while (read(signals, &info, sizeof info) == (ssize_t)sizeof info)
            if (info.ssi_signo != SIGCHLD)
                kill(child, (int)info.ssi_signo);
        ended = reap(child, &code);
    }
    heard(context);
    close(signals);
    restore(&before);
    return code;
}
