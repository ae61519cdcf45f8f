/* SPDX-License-Identifier: MIT */
/*
 * host CASE URL BODYFILE: a host that is not easy to live in. Prints how many bytes came, and what
 * else the case is about. Built so that its own functions are seen by every library it loads.
 */
#include <curl/curl.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* A host with libraries of its own under the names of libyaml and cJSON. Nobody else may use them.
 */
int yaml_parser_initialize(void *parser);
void *cJSON_Parse(const char *text);
static int own_calls;

int yaml_parser_initialize(void *parser)
{
    (void)parser;
    own_calls++;
    return 42;
}

void *cJSON_Parse(const char *text)
{
    (void)text;
    own_calls++;
    return &own_calls;
}

static char *body;
static long body_length;

static size_t on_write(char *data, size_t size, size_t count, void *total)
{
    (void)data;
    *(size_t *)total += size * count;
    return size * count;
}

static CURL *handle(const char *url, size_t *total)
{
    CURL *curl = curl_easy_init();
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, body_length);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_write);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, total);
    return curl;
}

static void play(CURL *curl, size_t *total, const char *what)
{
    *total = 0;
    CURLcode code = curl_easy_perform(curl);
    printf("%s: %d, %zu bytes\n", what, code, *total);
    fflush(stdout);
}

/* Closes what it has not opened, and opens files that get the same numbers. */
static void close_descriptors(CURL *curl, size_t *total)
{
    int mine[61];
    play(curl, total, "before");
    for (int fd = 3; fd < 64; fd++)
        close(fd);
    for (int i = 0; i < 61; i++)
        mine[i] = dup(STDERR_FILENO);
    play(curl, total, "after");
    int lost = 0;
    for (int i = 0; i < 61; i++)
        lost += write(mine[i], "", 0) < 0;
    printf("descriptors lost: %d\n", lost);
}

static void use_after_fork(CURL *curl, size_t *total)
{
    play(curl, total, "parent");
    pid_t child = fork();
    if (child == 0) {
        play(curl, total, "child");
        curl_easy_cleanup(curl);
        exit(0);
    }
    int status;
    waitpid(child, &status, 0);
    play(curl, total, "parent again");
    printf("child: %d\n", status);
}

static void check_errno(CURL *curl, size_t *total)
{
    char *url;
    play(curl, total, "played");
    errno = 4242;
    curl_easy_setopt(curl, CURLOPT_URL, "http://a.test/");
    curl_easy_getinfo(curl, CURLINFO_EFFECTIVE_URL, &url);
    printf("errno: %d\n", errno);
}

/* Adds a handle that is about nothing yet, or about a file, and says what it is about later. */
static void late_url(CURL *curl, const char *url)
{
    for (int kind = 0; kind < 3; kind++) {
        size_t total = 0;
        int running = 1, left;
        CURLM *multi = curl_multi_init();
        CURL *late = kind == 0 ? curl_easy_init() : curl_easy_duphandle(curl);
        if (kind == 1)
            curl_easy_setopt(late, CURLOPT_URL, "file:///dev/null");
        curl_multi_add_handle(multi, late);
        if (kind == 2)
            curl_easy_reset(late);
        curl_easy_setopt(late, CURLOPT_URL, url);
        curl_easy_setopt(late, CURLOPT_POSTFIELDSIZE, body_length);
        curl_easy_setopt(late, CURLOPT_POSTFIELDS, body);
        curl_easy_setopt(late, CURLOPT_WRITEFUNCTION, on_write);
        curl_easy_setopt(late, CURLOPT_WRITEDATA, &total);
        while (running && curl_multi_perform(multi, &running) == CURLM_OK)
            curl_multi_poll(multi, NULL, 0, 100, NULL);
        CURLMsg *message = curl_multi_info_read(multi, &left);
        printf("late %d: %d, %zu bytes\n", kind, message ? (int)message->data.result : -1, total);
        curl_multi_remove_handle(multi, late);
        curl_easy_cleanup(late);
        curl_multi_cleanup(multi);
    }
}

/* Takes its callbacks back in the middle of a transfer. */
static size_t take_back(char *line, size_t size, size_t count, void *curl)
{
    (void)line;
    curl_easy_setopt(curl, CURLOPT_DEBUGFUNCTION, NULL);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, NULL);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, NULL);
    return size * count;
}

static int on_debug(CURL *curl, curl_infotype type, char *data, size_t size, void *context)
{
    (void)curl, (void)type, (void)data, (void)size, (void)context;
    return 0;
}

static void no_callbacks(CURL *curl, size_t *total)
{
    curl_easy_setopt(curl, CURLOPT_VERBOSE, 1L);
    curl_easy_setopt(curl, CURLOPT_DEBUGFUNCTION, on_debug);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_back);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, curl);
    play(curl, total, "played");
}

static void *in_thread(void *url)
{
    size_t total = 0;
    CURL *curl = handle(url, &total);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    CURLcode code = curl_easy_perform(curl);
    curl_easy_cleanup(curl);
    return code == CURLE_OK && total ? curl : NULL;
}

/* Threads with little stack, forking meanwhile. */
static void fork_under_threads(char *url)
{
    pthread_t threads[8];
    pthread_attr_t attributes;
    int played = 0;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 256 * 1024);
    for (int i = 0; i < 8; i++)
        pthread_create(&threads[i], &attributes, in_thread, url);
    for (int i = 0; i < 8; i++) {
        pid_t child = fork();
        if (child == 0)
            _exit(in_thread(url) ? 0 : 1);
        int status = 1;
        waitpid(child, &status, 0);
        played += status == 0;
    }
    for (int i = 0; i < 8; i++) {
        void *result;
        pthread_join(threads[i], &result);
        played += result != NULL;
    }
    printf("played: %d\n", played);
}

int main(int argc, char **argv)
{
    if (argc != 4)
        return 2;
    FILE *file = fopen(argv[3], "rb");
    body = malloc(1 << 20);
    if (!file || !body)
        return 2;
    body_length = (long)fread(body, 1, 1 << 20, file);
    fclose(file);
    curl_global_init(CURL_GLOBAL_ALL);
    size_t total = 0;
    CURL *curl = handle(argv[2], &total);
    if (strcmp(argv[1], "own-libraries") == 0) {
        play(curl, &total, "played");
        printf("called by others: %d\n", own_calls);
        printf("mine: %d %d\n", yaml_parser_initialize(NULL), cJSON_Parse("") == &own_calls);
    } else if (strcmp(argv[1], "close-descriptors") == 0) {
        close_descriptors(curl, &total);
    } else if (strcmp(argv[1], "fork") == 0) {
        use_after_fork(curl, &total);
    } else if (strcmp(argv[1], "errno") == 0) {
        check_errno(curl, &total);
    } else if (strcmp(argv[1], "late-url") == 0) {
        late_url(curl, argv[2]);
    } else if (strcmp(argv[1], "no-callbacks") == 0) {
        no_callbacks(curl, &total);
    } else if (strcmp(argv[1], "fork-under-threads") == 0) {
        fork_under_threads(argv[2]);
    }
    curl_easy_cleanup(curl);
    curl_global_cleanup();
    free(body);
    return 0;
}
