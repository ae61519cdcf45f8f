/* SPDX-License-Identifier: MIT */
#include "shim/session.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool wanted;             /* the environment names a cassette */
static struct td_error trouble; /* code 0 where the cassettes were loaded */

/* To whoever started the run, or else to standard error: the host's output is not touched. */
static void say(struct td_run *run, struct td_bytes text)
{
    if (run && td_run_tell(run, text))
        return;
    while (text.len) {
        ssize_t wrote = write(STDERR_FILENO, text.data, text.len);
        if (wrote <= 0)
            return;
        text.data += wrote;
        text.len -= (size_t)wrote;
    }
}

static void tell(struct td_deck *deck, struct td_bytes text)
{
    say(td_deck_run(deck), text);
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

static struct td_deck *load(const char *list, struct td_error *err)
{
    const char *mode = getenv("TAPEDECK_MODE");
    if (mode && *mode && strcmp(mode, "replay") != 0) {
        td_error_set(err, TD_ERR_INVALID,
                     "TAPEDECK_MODE is '%s', and only 'replay' can be asked for", mode);
        return NULL;
    }
    const char *replayable = getenv("TAPEDECK_REPLAYABLE");
    const char *rules = getenv("TAPEDECK_RULES");
    char **match = match_rules();
    struct td_deck_options options = {
        .size = sizeof options,
        .replayable = replayable && strcmp(replayable, "1") == 0,
        .rules = rules && *rules ? rules : NULL,
        .match = (const char *const *)match,
    };
    struct td_deck *deck = td_deck_open(NULL, &options, err);
    free(match);
    struct td_buf path;
    td_buf_init(&path);
    int status = deck ? 0 : -1;
    while (!status && next_path(&list, &path))
        status = td_deck_load(deck, path.data, err);
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
    td_deck_player = stands_in_front;
}

static void begin(void)
{
    const char *list = getenv("TAPEDECK_CASSETTE");
    wanted = list && *list;
    if (!wanted)
        return;
    struct td_deck *deck = load(list, &trouble);
    if (deck) {
        td_deck_set_teller(deck, tell);
        if (td_deck_insert(deck) < 0)
            td_error_set(&trouble, TD_ERR_INVALID, "libcurl stands in front of the shim");
        td_deck_unref(deck); /* it is held by being inserted */
        return;
    }
    char line[sizeof trouble.file + sizeof trouble.message + 64];
    struct td_buf text;
    td_buf_init(&text);
    td_buf_printf(&text, "tapedeck: %s\n", td_error_format(&trouble, line, sizeof line));
    say(NULL, td_buf_view(&text));
    td_buf_release(&text);
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
