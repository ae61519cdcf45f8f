/* SPDX-License-Identifier: MIT */
/*
 * Many transfers at once, driven in each of the ways that libcurl knows:
 *
 *     drive [OPTION...] MODE N URL BODYFILE [EXPECTED]
 *
 * POSTs BODYFILE (or GETs where it is '-') with N handles on one multi handle ("easy": one after
 * the other), and says of each what came and in which pieces. Fails where a transfer fails, or
 * where the bytes are not those of the file EXPECTED. With --times it says when each piece came,
 * in milliseconds since the start, and what processor time it all took. The loops count their
 * turns, so that one that spins is seen.
 */
#include "loops.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct file {
    char *data;
    size_t len;
};

struct plan {
    const char *mode;
    int handles;
    const char *url;
    struct file body, expected;
    bool has_body, has_expected, times;
    long buffersize, timeout_ms;
    bool http2;
    double start_ms;
    struct curl_slist *headers;
};

struct job {
    CURL *easy;
    CURLcode result;
    bool done;
    char *data;
    size_t len, room;
    size_t *pieces; /* the length of each write callback */
    double *times;  /* ... and when it came, in milliseconds */
    size_t count;
    char error[CURL_ERROR_SIZE];
};

static void *grown(void *memory, size_t size)
{
    memory = realloc(memory, size);
    if (!memory)
        abort();
    return memory;
}

static struct file read_file(const char *path)
{
    struct file file = {NULL, 0};
    FILE *stream = fopen(path, "rb");
    if (!stream) {
        fprintf(stderr, "drive: %s: %s\n", path, strerror(errno));
        exit(2);
    }
    for (size_t got = 1; got; file.len += got) {
        file.data = grown(file.data, file.len + 65536);
        got = fread(file.data + file.len, 1, 65536, stream);
    }
    fclose(stream);
    return file;
}

static double now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* Processor time of this process. */
static double used_ms(void)
{
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1e3 +
           (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e3;
}

static size_t take(char *data, size_t size, size_t count, void *user)
{
    struct job *job = user;
    size_t len = size * count;
    if (job->len + len > job->room) {
        job->room = 2 * (job->len + len);
        job->data = grown(job->data, job->room);
    }
    memcpy(job->data + job->len, data, len);
    job->len += len;
    if ((job->count & (job->count - 1)) == 0) { /* full: 0, 1, 2, 4, 8, ... */
        size_t room = job->count ? job->count * 2 : 1;
        job->pieces = grown(job->pieces, room * sizeof(*job->pieces));
        job->times = grown(job->times, room * sizeof(*job->times));
    }
    job->times[job->count] = now_ms();
    job->pieces[job->count++] = len;
    return len;
}

static void job_start(struct job *job, const struct plan *plan)
{
    *job = (struct job){.easy = curl_easy_init()};
    curl_easy_setopt(job->easy, CURLOPT_URL, plan->url);
    curl_easy_setopt(job->easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(job->easy, CURLOPT_TIMEOUT_MS, plan->timeout_ms ? plan->timeout_ms : 60000L);
    curl_easy_setopt(job->easy, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(job->easy, CURLOPT_WRITEDATA, job);
    curl_easy_setopt(job->easy, CURLOPT_PRIVATE, job);
    curl_easy_setopt(job->easy, CURLOPT_ERRORBUFFER, job->error);
    curl_easy_setopt(job->easy, CURLOPT_HTTPHEADER, plan->headers);
    if (plan->has_body) {
        curl_easy_setopt(job->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)plan->body.len);
        curl_easy_setopt(job->easy, CURLOPT_POSTFIELDS, plan->body.data);
    }
    if (plan->buffersize)
        curl_easy_setopt(job->easy, CURLOPT_BUFFERSIZE, plan->buffersize);
    if (plan->http2)
        curl_easy_setopt(job->easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2_0);
    if (getenv("SCENARIO_CAINFO"))
        curl_easy_setopt(job->easy, CURLOPT_CAINFO, getenv("SCENARIO_CAINFO"));
}

/* Prints what became of a job; whether that is what was wanted. */
static bool job_finish(struct job *job, const struct plan *plan, FILE *out, const char *who,
                       int number)
{
    uint64_t hash = 0xcbf29ce484222325u; /* FNV-1a */
    for (size_t i = 0; i < job->len; i++)
        hash = (hash ^ (unsigned char)job->data[i]) * 0x100000001b3u;
    long code = 0;
    curl_easy_getinfo(job->easy, CURLINFO_RESPONSE_CODE, &code);
    bool good = job->done && job->result == CURLE_OK;
    bool same = !plan->has_expected ||
                (job->len == plan->expected.len &&
                 memcmp(job->data ? job->data : "", plan->expected.data, job->len) == 0);
    fprintf(out, "%shandle %d: result %d, code %ld, callbacks %zu, bytes %zu, hash %016" PRIx64,
            who, number, job->done ? (int)job->result : -1, code, job->count, job->len, hash);
    fprintf(out, "%s, lengths", same ? "" : ", NOT AS EXPECTED");
    for (size_t i = 0; i < job->count; i++)
        fprintf(out, "%c%zu", i ? ',' : ' ', job->pieces[i]);
    for (size_t i = 0; plan->times && i < job->count; i++)
        fprintf(out, "%s%.3f", i ? "," : ", times ", job->times[i] - plan->start_ms);
    fprintf(out, "%s%s\n", job->error[0] ? ", error " : "", job->error);
    curl_easy_cleanup(job->easy);
    free(job->data);
    free(job->pieces);
    free(job->times);
    return good && same;
}

static void collect(CURLM *multi)
{
    int left;
    CURLMsg *message;
    while ((message = curl_multi_info_read(multi, &left))) {
        struct job *job = NULL;
        CURL *easy = message->easy_handle;
        CURLcode result = message->data.result;
        curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&job);
        job->result = result;
        job->done = true;
        curl_multi_remove_handle(multi, easy);
    }
}

/* All handles once, in the way that the plan says. The text goes out in one piece. */
static bool drive(const struct plan *plan, const char *who)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    struct job *jobs = calloc((size_t)plan->handles, sizeof(*jobs));
    if (!out || !jobs)
        abort();
    bool good = true;
    for (int i = 0; i < plan->handles; i++)
        job_start(&jobs[i], plan);
    if (strcmp(plan->mode, "easy") == 0) {
        for (int i = 0; i < plan->handles; i++) {
            jobs[i].result = curl_easy_perform(jobs[i].easy);
            jobs[i].done = true;
        }
    } else {
        struct loop_count count = {0, 0};
        CURLM *multi = curl_multi_init();
        for (int i = 0; i < plan->handles; i++)
            curl_multi_add_handle(multi, jobs[i].easy);
        const char *trouble = loop_run(plan->mode, multi, &count);
        collect(multi);
        for (int i = 0; i < plan->handles; i++)
            curl_multi_remove_handle(multi, jobs[i].easy);
        CURLMcode code = curl_multi_cleanup(multi);
        fprintf(out, "%sloop: iterations %u, events %u%s%s\n", who, count.iterations, count.events,
                trouble ? ", " : "", trouble ? trouble : "");
        good = !trouble && code == CURLM_OK;
    }
    for (int i = 0; i < plan->handles; i++)
        good = job_finish(&jobs[i], plan, out, who, i) && good;
    fclose(out);
    fwrite(text, 1, size, stdout);
    fflush(stdout);
    free(text);
    free(jobs);
    return good;
}

struct worker {
    pthread_t thread;
    const struct plan *plan;
    char who[32];
    bool good;
};

static void *work(void *user)
{
    struct worker *worker = user;
    worker->good = drive(worker->plan, worker->who);
    return NULL;
}

static bool drive_threads(const struct plan *plan, int threads, const char *who)
{
    struct worker *workers = calloc((size_t)threads, sizeof(*workers));
    bool good = true;
    for (int i = 0; i < threads; i++) {
        workers[i].plan = plan;
        snprintf(workers[i].who, sizeof(workers[i].who), "%sthread %d: ", who, i);
        if (pthread_create(&workers[i].thread, NULL, work, &workers[i]) != 0)
            abort();
    }
    for (int i = 0; i < threads; i++) {
        pthread_join(workers[i].thread, NULL);
        good = good && workers[i].good;
    }
    free(workers);
    return good;
}

static bool drive_forked(const struct plan *plan, int children, int threads)
{
    bool good = true;
    for (int i = 0; i < children; i++) {
        pid_t pid = fork();
        if (pid < 0)
            abort();
        if (pid == 0) {
            char who[32];
            snprintf(who, sizeof(who), "child %d: ", i);
            bool fine = threads ? drive_threads(plan, threads, who) : drive(plan, who);
            exit(fine ? 0 : 1);
        }
    }
    for (int i = 0, status = 0; i < children; i++)
        if (wait(&status) < 0 || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
            good = false;
    return good;
}

static int usage(void)
{
    fprintf(stderr,
            "usage: drive [--buffersize N] [--http2] [--threads N] [--fork N] [--first]\n"
            "             [--header TEXT] [--times] [--timeout MS] MODE N URL BODYFILE [EXPECTED]\n"
            "MODE: easy %s\n",
            loop_names());
    return 2;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"buffersize", required_argument, NULL, 'b'},
        {"http2", no_argument, NULL, '2'},
        {"threads", required_argument, NULL, 't'},
        {"fork", required_argument, NULL, 'f'},
        {"header", required_argument, NULL, 'H'},
        {"first", no_argument, NULL, '1'},
        {"times", no_argument, NULL, 'T'},
        {"timeout", required_argument, NULL, 'm'},
        {NULL, 0, NULL, 0},
    };
    struct plan plan = {.headers = NULL};
    int threads = 0, children = 0, option;
    bool first = false; /* one transfer in the parent, its handle kept, before all others */
    while ((option = getopt_long(argc, argv, "+", options, NULL)) != -1) {
        if (option == 'b')
            plan.buffersize = strtol(optarg, NULL, 10);
        else if (option == '2')
            plan.http2 = true;
        else if (option == 't')
            threads = (int)strtol(optarg, NULL, 10);
        else if (option == 'f')
            children = (int)strtol(optarg, NULL, 10);
        else if (option == 'H')
            plan.headers = curl_slist_append(plan.headers, optarg);
        else if (option == '1')
            first = true;
        else if (option == 'm')
            plan.timeout_ms = strtol(optarg, NULL, 10);
        else if (option == 'T')
            plan.times = true;
        else
            return usage();
    }
    argv += optind;
    argc -= optind;
    if (argc < 4 || argc > 5)
        return usage();
    plan.mode = argv[0];
    plan.handles = (int)strtol(argv[1], NULL, 10);
    plan.url = argv[2];
    plan.has_body = strcmp(argv[3], "-") != 0;
    plan.has_expected = argc == 5;
    if (plan.handles < 1 || (strcmp(plan.mode, "easy") != 0 && !loop_known(plan.mode)))
        return usage();
    if (plan.has_body)
        plan.body = read_file(argv[3]);
    if (plan.has_expected)
        plan.expected = read_file(argv[4]);

    curl_global_init(CURL_GLOBAL_ALL);
    double used = used_ms();
    plan.start_ms = now_ms();
    struct job job;
    bool good = true;
    if (first) {
        job_start(&job, &plan);
        job.result = curl_easy_perform(job.easy);
        job.done = true;
    }
    if (children)
        good = drive_forked(&plan, children, threads);
    else if (threads)
        good = drive_threads(&plan, threads, "");
    else
        good = drive(&plan, "");
    if (first)
        good = job_finish(&job, &plan, stdout, "first: ", 0) && good;
    if (plan.times)
        printf("took %.3f ms, %.3f ms of the processor\n", now_ms() - plan.start_ms,
               used_ms() - used);
    curl_slist_free_all(plan.headers);
    free(plan.body.data);
    free(plan.expected.data);
    curl_global_cleanup();
    return good ? 0 : 1;
}
