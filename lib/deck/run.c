/* SPDX-License-Identifier: MIT */
#include "deck/run.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define STATE_FILE "state"
#define EAR_FILE   "ear"

const char *const td_run_files[] = {STATE_FILE, EAR_FILE, NULL};

static const char magic[8] = "tdrun-3";

/* In `played_by`: it was played, though not whole, and is free all the same. */
static const uint32_t lent = UINT32_C(1) << 31;

enum { MAX_TEXT = 60 * 1024 };

struct shared {
    char magic[8];
    uint64_t interactions;
    struct td_hash cassettes;
    _Atomic uint32_t requests;
    _Atomic uint32_t missed;
    _Atomic uint32_t fates[TD_RUN_FATES];
    _Atomic uint32_t processes;
    _Atomic uint32_t told;                  /* texts that were sent */
    _Atomic uint32_t heard;                 /* texts that were taken, and dealt with */
    _Atomic uint32_t wants;                 /* 1: the requests that are missed go along */
    _Atomic uint32_t struck[TD_RUN_FAULTS]; /* by fault: how often */
    _Atomic uint32_t played_by[];           /* by interaction */
};

struct td_run {
    struct shared *shared;
    size_t size;
    int ear;      /* the creator's socket, or -1 */
    bool dealing; /* the creator has taken a text, and not come back yet */
    char *folder; /* NULL where it is anonymous */
};

static int fail(struct td_error *err, const char *folder, const char *name, const char *what)
{
    return td_error_set(err, TD_ERR_IO, "%s '%s/%s': %s", what, folder, name, strerror(errno));
}

static size_t size_of(size_t interactions)
{
    return sizeof(struct shared) + interactions * sizeof(_Atomic uint32_t);
}

static struct td_run *run_new(const char *folder, size_t interactions)
{
    struct td_run *run = calloc(1, sizeof *run);
    if (!run)
        return NULL;
    run->ear = -1;
    run->size = size_of(interactions);
    if (folder && !(run->folder = strdup(folder))) {
        free(run);
        return NULL;
    }
    return run;
}

static int map(struct td_run *run, int fd)
{
    void *memory = mmap(NULL, run->size, PROT_READ | PROT_WRITE,
                        fd < 0 ? MAP_SHARED | MAP_ANONYMOUS : MAP_SHARED, fd, 0);
    if (memory == MAP_FAILED)
        return -1;
    run->shared = memory;
    return 0;
}

static void inscribe(struct td_run *run, size_t interactions, struct td_hash cassettes)
{
    run->shared->interactions = interactions;
    run->shared->cassettes = cassettes;
    memcpy(run->shared->magic, magic, sizeof magic);
}

struct td_run *td_run_new(size_t interactions, struct td_error *err)
{
    struct td_run *run = run_new(NULL, interactions);
    if (!run || map(run, -1) < 0) {
        td_run_free(run);
        td_error_nomem(err);
        return NULL;
    }
    inscribe(run, interactions, (struct td_hash){0});
    return run;
}

/* Opens one of the folder's files; the fd, or -1 with the error set. */
static int open_state(const char *folder, int flags, struct td_error *err)
{
    char path[4096];
    if ((size_t)snprintf(path, sizeof path, "%s/" STATE_FILE, folder) >= sizeof path) {
        td_error_set(err, TD_ERR_INVALID, "the run's folder has too long a name");
        return -1;
    }
    int fd = open(path, flags | O_RDWR | O_CLOEXEC, 0600);
    if (fd < 0)
        fail(err, folder, STATE_FILE, "cannot open");
    return fd;
}

/* A socket's address is short: go through the folder's descriptor, so that any folder will do. */
static int ear_address(const char *folder, struct sockaddr_un *address, int *folder_fd)
{
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    *folder_fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (*folder_fd < 0)
        return -1;
    snprintf(address->sun_path, sizeof address->sun_path, "/proc/self/fd/%d/" EAR_FILE, *folder_fd);
    return 0;
}

static int open_ear(struct td_run *run, struct td_error *err)
{
    struct sockaddr_un address;
    int folder_fd, status = 0;
    run->ear = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (run->ear < 0 || ear_address(run->folder, &address, &folder_fd) < 0)
        return fail(err, run->folder, EAR_FILE, "cannot make");
    if (bind(run->ear, (struct sockaddr *)&address, sizeof address) < 0)
        status = fail(err, run->folder, EAR_FILE, "cannot make");
    close(folder_fd);
    return status;
}

struct td_run *td_run_create(const char *folder, size_t interactions, struct td_hash cassettes,
                             struct td_error *err)
{
    struct td_run *run = run_new(folder, interactions);
    if (!run) {
        td_error_nomem(err);
        return NULL;
    }
    int fd = open_state(folder, O_CREAT | O_EXCL, err);
    int status = fd < 0 ? TD_ERR_IO : 0;
    if (!status && (ftruncate(fd, (off_t)run->size) < 0 || map(run, fd) < 0))
        status = fail(err, folder, STATE_FILE, "cannot make");
    if (!status)
        status = open_ear(run, err);
    if (fd >= 0)
        close(fd);
    if (status < 0) {
        td_run_free(run);
        return NULL;
    }
    inscribe(run, interactions, cassettes);
    return run;
}

struct td_run *td_run_join(const char *folder, struct td_error *err)
{
    struct td_run *run = run_new(folder, 0);
    if (!run) {
        td_error_nomem(err);
        return NULL;
    }
    struct stat st;
    int fd = open_state(folder, 0, err);
    int status = fd < 0 ? TD_ERR_IO : 0;
    if (!status && fstat(fd, &st) < 0)
        status = fail(err, folder, STATE_FILE, "cannot read");
    bool good = !status && (size_t)st.st_size >= run->size;
    run->size = good ? (size_t)st.st_size : run->size;
    if (good && map(run, fd) < 0)
        status = fail(err, folder, STATE_FILE, "cannot map");
    if (fd >= 0)
        close(fd);
    if (!status)
        good = good && memcmp(run->shared->magic, magic, sizeof magic) == 0 &&
               run->size == size_of(run->shared->interactions);
    if (!status && !good)
        status = td_error_set(err, TD_ERR_INVALID, "'%s' is not the folder of a run", folder);
    if (status < 0) {
        td_run_free(run);
        return NULL;
    }
    atomic_fetch_add(&run->shared->processes, 1);
    return run;
}

size_t td_run_interactions(const struct td_run *run)
{
    return (size_t)run->shared->interactions;
}

struct td_hash td_run_cassettes(const struct td_run *run)
{
    return run->shared->cassettes;
}

void td_run_free(struct td_run *run)
{
    if (!run)
        return;
    if (run->shared)
        munmap(run->shared, run->size);
    if (run->ear >= 0)
        close(run->ear);
    free(run->folder);
    free(run);
}

uint32_t td_run_request(struct td_run *run)
{
    return atomic_fetch_add(&run->shared->requests, 1) + 1;
}

void td_run_miss(struct td_run *run)
{
    atomic_fetch_add(&run->shared->missed, 1);
}

void td_run_unask(struct td_run *run)
{
    atomic_fetch_sub(&run->shared->requests, 1);
}

void td_run_count(struct td_run *run, enum td_run_fate fate)
{
    atomic_fetch_add(&run->shared->fates[fate], 1);
}

bool td_run_play(struct td_run *run, size_t interaction, uint32_t request)
{
    _Atomic uint32_t *by = &run->shared->played_by[interaction];
    uint32_t before = atomic_load(by);
    while (before == 0 || before & lent)
        if (atomic_compare_exchange_weak(by, &before, request))
            return true;
    return false;
}

void td_run_lend(struct td_run *run, size_t interaction, uint32_t request)
{
    uint32_t nobody = 0;
    if (interaction < run->shared->interactions)
        atomic_compare_exchange_strong(&run->shared->played_by[interaction], &nobody,
                                       request | lent);
}

bool td_run_is_free(struct td_run *run, size_t interaction)
{
    if (interaction >= run->shared->interactions)
        return false;
    uint32_t by = atomic_load(&run->shared->played_by[interaction]);
    return by == 0 || by & lent;
}

uint32_t td_run_played_by(struct td_run *run, size_t interaction)
{
    return interaction < run->shared->interactions
               ? atomic_load(&run->shared->played_by[interaction]) & ~lent
               : 0;
}

bool td_run_strike(struct td_run *run, size_t fault, uint64_t times)
{
    _Atomic uint32_t *struck = &run->shared->struck[fault];
    uint32_t before = atomic_load(struck);
    while (!times || before < times)
        if (atomic_compare_exchange_weak(struck, &before, before + 1))
            return true;
    return false;
}

uint32_t td_run_struck(struct td_run *run, size_t fault)
{
    return atomic_load(&run->shared->struck[fault]);
}

void td_run_counts(struct td_run *run, struct td_run_counts *counts)
{
    counts->requests = atomic_load(&run->shared->requests);
    counts->missed = atomic_load(&run->shared->missed);
    for (int i = 0; i < TD_RUN_FATES; i++)
        counts->fates[i] = atomic_load(&run->shared->fates[i]);
    counts->processes = atomic_load(&run->shared->processes);
}

/* Until as many texts were dealt with as were sent, but not for ever. */
static void wait_until_heard(struct td_run *run)
{
    uint32_t ticket = atomic_fetch_add(&run->shared->told, 1) + 1;
    struct timespec nap = {.tv_nsec = 200 * 1000};
    for (int naps = 0; naps < 10000; naps++) {
        if ((int32_t)(atomic_load(&run->shared->heard) - ticket) >= 0)
            return;
        nanosleep(&nap, NULL);
    }
}

void td_run_want_misses(struct td_run *run)
{
    atomic_store(&run->shared->wants, 1);
}

bool td_run_wants_misses(struct td_run *run)
{
    return run->folder && atomic_load(&run->shared->wants);
}

/* Room for one descriptor beside a text. */
union passenger {
    struct cmsghdr header;
    char room[CMSG_SPACE(sizeof(int))];
};

static ssize_t send_with(int mouth, struct sockaddr_un *address, struct td_bytes text, int request)
{
    union passenger passenger = {0};
    struct iovec piece = {(void *)text.data, text.len};
    struct msghdr message = {
        .msg_name = address, .msg_namelen = sizeof *address, .msg_iov = &piece, .msg_iovlen = 1};
    if (request >= 0) {
        message.msg_control = &passenger;
        message.msg_controllen = sizeof passenger.room;
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof request);
        memcpy(CMSG_DATA(header), &request, sizeof request);
    }
    return sendmsg(mouth, &message, MSG_NOSIGNAL);
}

static ssize_t receive_with(int ear, char *to, size_t size, int *request)
{
    union passenger passenger = {0};
    struct iovec piece = {to, size};
    struct msghdr message = {.msg_iov = &piece,
                             .msg_iovlen = 1,
                             .msg_control = &passenger,
                             .msg_controllen = sizeof passenger.room};
    *request = -1;
    ssize_t got = recvmsg(ear, &message, MSG_CMSG_CLOEXEC);
    struct cmsghdr *header = got < 0 ? NULL : CMSG_FIRSTHDR(&message);
    if (header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS &&
        header->cmsg_len == CMSG_LEN(sizeof *request))
        memcpy(request, CMSG_DATA(header), sizeof *request);
    return got;
}

bool td_run_tell(struct td_run *run, struct td_bytes text, int request)
{
    struct sockaddr_un address;
    int folder_fd;
    if (!run->folder || ear_address(run->folder, &address, &folder_fd) < 0)
        return false;
    /* A socket for each text: one that was kept could be closed by the host, which may close
     * whatever it did not open, and its number then be somebody else's. */
    int mouth = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    ssize_t sent = -1;
    if (mouth >= 0) {
        /* The listener reads at once; should it hang, this program must not. */
        struct timeval patience = {.tv_sec = 2};
        setsockopt(mouth, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
        text.len = text.len < MAX_TEXT ? text.len : MAX_TEXT;
        sent = send_with(mouth, &address, text, request);
        close(mouth);
    }
    close(folder_fd);
    /* What the program says of its failed transfer is to come after, not in the middle. */
    if (sent >= 0)
        wait_until_heard(run);
    return sent >= 0;
}

int td_run_ear(struct td_run *run)
{
    return run->ear;
}

bool td_run_hear(struct td_run *run, struct td_buf *out, int *request)
{
    *request = -1;
    if (run->dealing)
        atomic_fetch_add(&run->shared->heard, 1);
    run->dealing = false;
    char *to = td_buf_reserve(out, MAX_TEXT);
    if (!to || run->ear < 0)
        return false;
    ssize_t got = receive_with(run->ear, to, MAX_TEXT, request);
    if (got < 0)
        return false;
    out->len += (size_t)got;
    run->dealing = true;
    return true;
}
