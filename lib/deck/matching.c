/* SPDX-License-Identifier: MIT */
/* How a deck's requests are matched: the rules of its options, and the program's own matcher. */
#include <stdlib.h>

#include "cassette/settings.h"
#include "deck/inside.h"

int td_deck_take_rules(struct td_deck *deck, const struct td_deck_options *options,
                       struct td_error *err)
{
    size_t count = 0;
    while (options->match && options->match[count])
        count++;
    deck->match = calloc(count + 1, sizeof *deck->match);
    if (!deck->match)
        return td_error_nomem(err);
    for (size_t i = 0; i < count; i++)
        if (!(deck->match[i] = strdup(options->match[i])))
            return td_error_nomem(err);
    int status = options->rules ? td_settings_load(options->rules, &deck->rules, err) : 0;
    /* What is wrong with them is told now, whatever cassettes there will be. */
    const struct td_settings none = {0};
    return status < 0 ? status : td_deck_use_rules(deck, &none, err);
}

void td_deck_drop_rules(struct td_deck *deck)
{
    td_settings_free(deck->rules);
    for (size_t i = 0; deck->match && deck->match[i]; i++)
        free(deck->match[i]);
    free(deck->match);
}

int td_deck_use_rules(struct td_deck *deck, const struct td_settings *settings,
                      struct td_error *err)
{
    struct td_rules rules;
    td_rules_init(&rules);
    int status = td_rules_add(&rules, settings, err);
    if (!status && deck->rules)
        status = td_rules_add_file(&rules, deck->rules, err);
    for (size_t i = 0; !status && deck->match && deck->match[i]; i++)
        status = td_rules_add_text(&rules, deck->match[i], err);
    if (!status && deck->options.matcher)
        rules.parts &= TD_RULES_METHOD | TD_RULES_URL;
    deck->headers_count = deck->headers_count || rules.parts & TD_RULES_HEADERS;
    if (!status)
        status = td_index_use(deck->index, &rules, err);
    td_rules_release(&rules);
    return status;
}

int td_deck_use_secrets(struct td_deck *deck, struct td_error *err)
{
    size_t count = deck->cassette_count + 2;
    const struct td_settings **settings = calloc(count, sizeof *settings);
    struct td_scrubber *scrubber = NULL;
    struct td_scrub_config config = {.settings = settings};
    const char *const *names = deck->options.secret_env;
    for (config.secret_env = names; names && names[config.secret_env_count];)
        config.secret_env_count++;
    if (!settings)
        return td_error_nomem(err);
    if (deck->rules)
        settings[config.settings_count++] = deck->rules;
    if (deck->replaced)
        settings[config.settings_count++] = &deck->replaced->settings;
    for (size_t i = 0; i < deck->cassette_count; i++)
        settings[config.settings_count++] = &deck->cassettes[i]->settings;
    int status = td_scrubber_new(&scrubber, &config, err);
    free(settings);
    if (status < 0)
        return status;
    td_scrubber_free(deck->scrubber);
    deck->scrubber = scrubber;
    return 0;
}

static const char *text_of(struct td_arena *arena, struct td_bytes bytes)
{
    return td_arena_copy(arena, bytes).data;
}

static int fill_in(struct td_asked *asked, struct td_arena *arena, const struct td_query *query)
{
    size_t count = query->headers.count;
    struct td_asked_header *headers = td_arena_alloc(arena, (count + 1) * sizeof *headers);
    if (!headers)
        return TD_ERR_NOMEM;
    *asked = (struct td_asked){
        .method = query->method.len ? text_of(arena, query->method) : "GET",
        .url = text_of(arena, query->url),
        .body = text_of(arena, query->body),
        .body_len = query->body.len,
        .headers = headers,
        .header_count = count,
    };
    bool good = asked->method && asked->url && asked->body;
    for (size_t i = 0; good && i < count; i++) {
        headers[i].name = text_of(arena, query->headers.items[i].name);
        headers[i].value = text_of(arena, query->headers.items[i].value);
        good = headers[i].name && headers[i].value;
    }
    return good ? 0 : TD_ERR_NOMEM;
}

static int compare_positions(const void *a, const void *b)
{
    size_t left = *(const size_t *)a, right = *(const size_t *)b;
    return left < right ? -1 : left > right;
}

size_t *td_deck_ask_matcher(struct td_deck *deck, const struct td_query *query, size_t *count)
{
    struct td_arena arena;
    struct td_asked asked;
    *count = 0;
    td_arena_init(&arena);
    size_t *positions = calloc(td_index_count(deck->index) + 1, sizeof *positions);
    if (!positions || fill_in(&asked, &arena, query) < 0) {
        free(positions);
        td_arena_release(&arena);
        return NULL;
    }
    const struct td_class *class = td_index_find(deck->index, query);
    for (; class; class = td_index_find_next(deck->index, query, class))
        for (size_t i = 0; i < class->count; i++)
            positions[(*count)++] = class->items[i];
    qsort(positions, *count, sizeof *positions, compare_positions);
    size_t kept = 0;
    for (size_t i = 0; i < *count; i++)
        if (deck->options.matcher(deck->options.matcher_data, &asked,
                                  td_index_matched(deck->index, positions[i])))
            positions[kept++] = positions[i];
    *count = kept;
    td_arena_release(&arena);
    return positions;
}
