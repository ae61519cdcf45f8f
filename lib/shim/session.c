/* SPDX-License-Identifier: MIT */
#include "shim/session.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "deck/misses.h"

static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool wanted;             /* the environment names a cassette */
static struct td_deck *loaded;  /* what the environment named */
static char *started_in;        /* where a cassette is in use */
static struct td_error trouble; /* code 0 where the cassettes were loaded */

/* To whoever started the run, or else to standard error: the host's output is not touched. */
static void say(struct td_run *run, struct td_bytes text, const struct td_query *query)
{
    int request = run && query && td_run_wants_misses(run) ? td_misses_pack(query) : -1;
    bool heard = run && td_run_tell(run, text, request);
    if (request >= 0)
        close(request);
    if (heard)
        return;
    while (text.len) {
        ssize_t wrote = write(STDERR_FILENO, text.data, text.len);
        if (wrote <= 0)
            return;
        text.data += wrote;
        text.len -= (size_t)wrote;
    }
}

static void say_error(const struct td_error *err)
{
    char line[sizeof err->file + sizeof err->message + 64];
    struct td_buf text;
    td_buf_init(&text);
    td_buf_printf(&text, "tapedeck: %s\n", td_error_format(err, line, sizeof line));
    say(NULL, td_buf_view(&text), NULL);
    td_buf_release(&text);
}

static void tell(struct td_deck *deck, struct td_bytes text, const struct td_query *query)
{
    say(td_deck_run(deck), text, query);
}

/* Takes the next name off the list; false at its end. */
static bool next_path(const char **list, struct td_buf *path)
{
    const char *at = *list;
    td_buf_clear(path);
    while (*at == ':')
        at++;
    for (; *at && *at != ':'; at++) {
        if (*at == '\\' && at[1])
            at++;
        td_buf_put_char(path, *at);
    }
    *list = at;
    return path->len > 0 && !td_buf_failed(path);
}

static bool is_set(const char *name, const char *value)
{
    const char *found = getenv(name);
    return found && strcmp(found, value) == 0;
}

/* A list for as long as the process lives; NULL where there is nothing in it. */
static const char *const *names(const char *text)
{
    char *copy = text && *text ? strdup(text) : NULL, *rest = copy;
    const char **list = NULL;
    size_t count = 0;
    for (char *one; copy && (one = strsep(&rest, ","));) {
        const char **more = reallocarray(list, count + 2, sizeof *list);
        if (!more)
            break;
        list = more;
        list[count++] = one;
        list[count] = NULL;
    }
    return list;
}

/* NULL where it is not set, or empty. */
static const char *variable(const char *name)
{
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

/* Cuts TAPEDECK_MATCH into its lines: a list of them that ends in NULL, and one piece of memory. */
static char **match_rules(void)
{
    const char *text = getenv("TAPEDECK_MATCH");
    size_t len = text ? strlen(text) : 0, count = 0;
    char **lines = calloc(1, (len + 2) * sizeof *lines + len + 1);
    if (!lines)
        return NULL;
    char *copy = (char *)(lines + len + 2), *rest = copy;
    if (len)
        memcpy(copy, text, len);
    for (char *line; (line = strsep(&rest, "\n"));)
        if (*line)
            lines[count++] = line;
    return lines;
}

/* A relative name is one of the folder that the program was started in: by the time of its first
 * transfer it may be in another. */
static void anchor(struct td_buf *path)
{
    struct td_buf whole;
    if (path->data[0] == '/' || !started_in)
        return;
    td_buf_init(&whole);
    td_buf_printf(&whole, "%s/%s", started_in, path->data);
    td_buf_release(path);
    *path = whole;
}

static struct td_deck *load(const char *list, struct td_error *err)
{
    const char *mode = getenv("TAPEDECK_MODE");
    const char *rules = variable("TAPEDECK_RULES");
    char **match = match_rules();
    struct td_deck_options options = {
        .size = sizeof options,
        .replayable = is_set("TAPEDECK_REPLAYABLE", "1"),
        .no_timing = is_set("TAPEDECK_TIMING", "0"),
        .keep_broken = is_set("TAPEDECK_KEEP_BROKEN", "1"),
        .passthrough = names(getenv("TAPEDECK_PASSTHROUGH")),
        .secret_env = names(getenv("TAPEDECK_SECRET_ENV")),
        .split = variable("TAPEDECK_SPLIT"),
        .pace = variable("TAPEDECK_PACE"),
        .faults = variable("TAPEDECK_FAULT"),
        .scenario = variable("TAPEDECK_SCENARIO"),
        .rules = rules,
        .match = (const char *const *)match,
    };
    bool known = !mode || !*mode || td_mode_parse(mode, &options.mode, err) == 0;
    struct td_deck *deck = known ? td_deck_open(NULL, &options, err) : NULL;
    free(match);
    const char *base = getenv("TAPEDECK_BASE");
    struct td_buf path;
    td_buf_init(&path);
    int status = deck ? 0 : -1;
    if (!status && base && *base)
        status = td_deck_become_member(deck, base, err);
    while (!status && next_path(&list, &path)) {
        anchor(&path);
        status = td_buf_failed(&path) ? td_error_nomem(err) : td_deck_load(deck, path.data, err);
    }
    td_buf_release(&path);
    const char *folder = getenv("TAPEDECK_RUN");
    if (!status && folder && *folder)
        status = td_deck_join(deck, folder, err);
    if (!status)
        return deck;
    td_deck_unref(deck);
    return NULL;
}

/* What the host calls by libcurl's name has to be ours. */
static bool stands_in_front(void)
{
    Dl_info found, own;
    void *function = dlsym(RTLD_DEFAULT, "curl_easy_perform");
    return function && dladdr(function, &found) && dladdr((void *)stands_in_front, &own) &&
           found.dli_fbase == own.dli_fbase;
}

__attribute__((constructor)) static void announce(void)
{
    const char *list = getenv("TAPEDECK_CASSETTE");
    td_deck_player = stands_in_front;
    if (list && *list)
        started_in = getcwd(NULL, 0);
}

/* A mode alone does nothing, which whoever set it does not expect. */
static void warn_of_mode(void)
{
    const char *name = getenv("TAPEDECK_MODE");
    struct td_error err;
    enum td_mode mode;
    if (!name || !*name || td_mode_parse(name, &mode, &err) < 0 || mode == TD_MODE_PASSTHROUGH)
        return;
    td_error_set(
        &err, TD_ERR_INVALID,
        "TAPEDECK_MODE is '%s', but TAPEDECK_CASSETTE names no cassette: transfers are live", name);
    say_error(&err);
}

static void begin(void)
{
    const char *list = getenv("TAPEDECK_CASSETTE");
    wanted = list && *list;
    if (!wanted) {
        warn_of_mode();
        return;
    }
    struct td_deck *deck = load(list, &trouble);
    if (deck) {
        td_deck_set_teller(deck, tell);
        if (td_deck_insert(deck) < 0)
            td_error_set(&trouble, TD_ERR_INVALID, "libcurl stands in front of the shim");
        loaded = deck;
        return;
    }
    say_error(&trouble);
}

/* The process ends: what it has recorded is saved, unless whoever started the run does that. */
__attribute__((destructor)) static void end(void)
{
    struct td_deck_saved saved;
    struct td_error err;
    const char *base = getenv("TAPEDECK_BASE");
    if (!loaded || (base && *base))
        return;
    struct td_deck_counts counts;
    td_deck_counts(loaded, &counts);
    if (td_deck_save(loaded, !counts.lost, &saved, &err) < 0)
        say_error(&err);
}

bool td_session_deck(struct td_deck **deck, struct td_error *err)
{
    pthread_once(&once, begin);
    *deck = td_deck_inserted();
    if (*deck)
        return true;
    if (!wanted || !trouble.code)
        return false;
    *err = trouble;
    return true;
}
