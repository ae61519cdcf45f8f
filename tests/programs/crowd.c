/* SPDX-License-Identifier: MIT */
/*
 * crowd [OPTION...] URL PROCESSES THREADS COUNT
 *
 * COUNT requests (POST {"id":N} to URL?id=N, N from 0) by so many processes with so many threads
 * each. Prints "pid N" for each process and "done N" as soon as a transfer is over, each in one
 * write(); fails where a transfer does. Options:
 *
 *   --fork     from its middle on, every thread forks for each request, while the others go on
 *   --close    every process closes all descriptors that it has not opened, again and again
 *   --chdir    to / before the first request
 *   --abort    ends by abort(), --exec by executing another program, --quick by _exit()
 *   --pause MS between two requests of a thread
 *   --size N   bytes that are added to the body
 */
#include <curl/curl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static struct {
    const char *url;
    long processes, threads, count, pause_ms, size;
    bool forks, closes, changes, aborts, executes, quick;
} crowd;

static _Atomic int failures;

static void say(const char *what, long number)
{
    char line[64];
    int len = snprintf(line, sizeof line, "%s %ld\n", what, number);
    if (write(STDOUT_FILENO, line, (size_t)len) != len)
        failures++;
}

static size_t compare(char *data, size_t size, size_t count, void *context)
{
    char **expected = context;
    size_t len = strlen(*expected);
    if (size * count > len || memcmp(data, *expected, size * count) != 0)
        return 0;
    *expected += size * count;
    return size * count;
}

static void ask(CURL *curl, long id)
{
    char url[4096], answer[64], *expected = answer;
    size_t room = (size_t)crowd.size + 64;
    char *body = calloc(1, room);
    if (!body)
        abort();
    int len = snprintf(body, room, "{\"id\":%ld%s", id, crowd.size ? ",\"more\":\"" : "}");
    if (crowd.size) {
        memset(body + len, 'x', (size_t)crowd.size);
        strcpy(body + len + crowd.size, "\"}");
    }
    snprintf(url, sizeof url, "%s?id=%ld", crowd.url, id);
    snprintf(answer, sizeof answer, "%ld said\n", id);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, compare);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &expected);
    CURLcode code = curl_easy_perform(curl);
    if (code == CURLE_OK && !*expected)
        say("done", id);
    else {
        fprintf(stderr, "%ld: %s\n", id, curl_easy_strerror(code));
        failures++;
    }
    free(body);
    if (crowd.pause_ms)
        nanosleep(&(struct timespec){crowd.pause_ms / 1000, crowd.pause_ms % 1000 * 1000000}, NULL);
}

/* A request in a child, which ends at once. */
static void ask_in_child(long id)
{
    int status = 1;
    pid_t child = fork();
    if (child == 0) {
        CURL *curl = curl_easy_init();
        ask(curl, id);
        curl_easy_cleanup(curl);
        _exit(failures != 0);
    }
    waitpid(child, &status, 0);
    failures += status != 0;
}

/* The requests of a thread are every so many. */
static void work(long first, long step)
{
    CURL *curl = curl_easy_init();
    long done = 0, all = (crowd.count - first + step - 1) / step;
    for (long id = first; id < crowd.count; id += step, done++) {
        if (crowd.forks && done >= all / 2)
            ask_in_child(id);
        else
            ask(curl, id);
        if (crowd.closes) {
            curl_easy_cleanup(curl);
            for (int fd = 3; fd < 64; fd++)
                close(fd);
            curl = curl_easy_init();
        }
    }
    curl_easy_cleanup(curl);
}

static void *run_thread(void *context)
{
    work((long)context, crowd.processes * crowd.threads);
    return NULL;
}

static void run_process(long number)
{
    pthread_t threads[64];
    say("pid", getpid());
    for (long i = 0; i < crowd.threads; i++)
        pthread_create(&threads[i], NULL, run_thread, (void *)(number * crowd.threads + i));
    for (long i = 0; i < crowd.threads; i++)
        pthread_join(threads[i], NULL);
    if (crowd.aborts) {
        setrlimit(RLIMIT_CORE, &(struct rlimit){0});
        abort();
    }
    if (crowd.executes)
        execl("/proc/self/exe", "crowd", crowd.url, "1", "1", "0", (char *)NULL);
    if (crowd.quick)
        _exit(failures != 0);
    exit(failures != 0);
}

static int parse(int argc, char **argv)
{
    int at = 1;
    for (; at < argc && argv[at][0] == '-'; at++) {
        const char *option = argv[at];
        crowd.forks |= strcmp(option, "--fork") == 0;
        crowd.closes |= strcmp(option, "--close") == 0;
        crowd.changes |= strcmp(option, "--chdir") == 0;
        crowd.aborts |= strcmp(option, "--abort") == 0;
        crowd.executes |= strcmp(option, "--exec") == 0;
        crowd.quick |= strcmp(option, "--quick") == 0;
        if (strcmp(option, "--pause") == 0 && at + 1 < argc)
            crowd.pause_ms = atol(argv[++at]);
        else if (strcmp(option, "--size") == 0 && at + 1 < argc)
            crowd.size = atol(argv[++at]);
    }
    if (argc - at != 4)
        return -1;
    crowd.url = argv[at];
    crowd.processes = atol(argv[at + 1]);
    crowd.threads = atol(argv[at + 2]);
    crowd.count = atol(argv[at + 3]);
    return crowd.threads > 64 ? -1 : 0;
}

int main(int argc, char **argv)
{
    if (parse(argc, argv) < 0) {
        fprintf(stderr, "usage: crowd [OPTION...] URL PROCESSES THREADS COUNT\n");
        return 2;
    }
    curl_global_init(CURL_GLOBAL_ALL);
    if (crowd.changes && chdir("/") < 0)
        return 2;
    if (crowd.processes == 1) {
        run_process(0);
        return 1;
    }
    for (long i = 0; i < crowd.processes; i++)
        if (fork() == 0)
            run_process(i);
    int status;
    bool failed = false;
    while (wait(&status) > 0)
        failed |= status != 0;
    return failed;
}
