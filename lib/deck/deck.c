/* SPDX-License-Identifier: MIT */
/*
 * A deck: cassettes with an index over all of them, and the run that says what was played.
 *
 * One lock guards what changes while it plays: the classes' starting points and the text of the
 * misses. Which interaction goes to which request is decided by the run's atomic counters, because
 * other processes take part.
 */
#include "deck/inside.h"

#include <stdio.h>
#include <stdlib.h>

#include "deck/draft.h"
#include "deck/veil.h"
#include "match/explain.h"

static pthread_mutex_t inserted_lock = PTHREAD_MUTEX_INITIALIZER;
static struct td_deck *inserted;

static void lock_for_fork(void)
{
    pthread_mutex_lock(&inserted_lock);
    if (inserted)
        pthread_mutex_lock(&inserted->lock);
}

static void unlock_after_fork(void)
{
    if (inserted)
        pthread_mutex_unlock(&inserted->lock);
    pthread_mutex_unlock(&inserted_lock);
}

static void survive_forks(void)
{
    pthread_atfork(lock_for_fork, unlock_after_fork, unlock_after_fork);
}

struct td_deck *td_deck_open(const char *path, const struct td_deck_options *options,
                             struct td_error *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, survive_forks);

    struct td_deck *deck = calloc(1, sizeof *deck);
    if (!deck) {
        td_error_nomem(err);
        return NULL;
    }
    atomic_init(&deck->references, 1);
    pthread_mutex_init(&deck->lock, NULL);
    if (options)
        memcpy(&deck->options, options,
               options->size < sizeof deck->options ? options->size : sizeof deck->options);
    deck->mode = deck->options.mode;
    td_arena_init(&deck->drafts);
    td_arena_init(&deck->veiled);
    int status = td_deck_set_manner(deck, err);
    if (!status && !(deck->index = td_index_new()))
        status = td_error_nomem(err);
    if (!status)
        status = td_deck_take_rules(deck, &deck->options, err);
    if (!status)
        status = td_deck_use_secrets(deck, err);
    if (!status && path)
        status = td_deck_load(deck, path, err);
    if (status < 0) {
        td_deck_unref(deck);
        return NULL;
    }
    return deck;
}

static int add(struct td_deck *deck, const struct td_interaction *interaction, struct td_error *err)
{
    if (td_deck_note_early(deck, interaction, err) < 0)
        return TD_ERR_NOMEM;
    const struct td_interaction *veiled =
        td_veil_interaction(deck->scrubber, interaction, deck->headers_count, &deck->veiled);
    return veiled ? td_index_add_as(deck->index, interaction, veiled, err) : td_error_nomem(err);
}

static int add_all(struct td_deck *deck, const struct td_cassette *cassette, struct td_error *err)
{
    int status = td_deck_use_rules(deck, &cassette->settings, err);
    for (size_t i = 0; i < cassette->count && !status; i++)
        status = add(deck, &cassette->interactions[i], err);
    return status;
}

/* Requests are veiled by the rules of all cassettes: so must be what was added before one of them
 * said what a secret is. */
static int add_again(struct td_deck *deck, struct td_error *err)
{
    td_index_free(deck->index);
    deck->early_count = 0;
    int status = (deck->index = td_index_new()) ? 0 : td_error_nomem(err);
    for (size_t i = 0; i < deck->cassette_count && !status; i++)
        status = add_all(deck, deck->cassettes[i], err);
    return status;
}

static bool has_secrets(const struct td_cassette *cassette)
{
    for (size_t i = 0; i < cassette->settings.count; i++)
        if (td_bytes_starts_nocase(cassette->settings.items[i].path, TD_BYTES("scrub.")))
            return true;
    return false;
}

int td_deck_load(struct td_deck *deck, const char *path, struct td_error *err)
{
    if (deck->run)
        return td_error_set(err, TD_ERR_INVALID,
                            "cannot load '%s': the deck has been played already", path);
    int status = 0;
    bool is_target = !deck->target;
    if (is_target && deck->mode != TD_MODE_PASSTHROUGH)
        status = td_deck_target(deck, path, err);
    /* What is live altogether needs no cassette, and what is new may have none yet, or an empty
     * file. */
    if (status < 0 || deck->mode == TD_MODE_RECORD || deck->mode == TD_MODE_PASSTHROUGH ||
        (deck->mode == TD_MODE_NEW && !deck->base.size && is_target))
        return status;
    struct td_cassette **more = realloc(deck->cassettes, (deck->cassette_count + 1) * sizeof *more);
    if (!more)
        return td_error_nomem(err);
    deck->cassettes = more;
    struct td_cassette *cassette;
    status = td_cassette_load(path, &cassette, err);
    if (status < 0)
        return status;
    status = td_deck_read_manner(deck, cassette, err);
    if (status < 0) {
        td_cassette_free(cassette);
        return status;
    }
    deck->cassettes[deck->cassette_count++] = cassette;
    status = td_deck_use_secrets(deck, err);
    if (status < 0)
        return status;
    return has_secrets(cassette) && deck->cassette_count > 1 ? add_again(deck, err)
                                                             : add_all(deck, cassette, err);
}

struct td_deck *td_deck_ref(struct td_deck *deck)
{
    if (deck)
        atomic_fetch_add(&deck->references, 1);
    return deck;
}

void td_deck_unref(struct td_deck *deck)
{
    if (!deck || atomic_fetch_sub(&deck->references, 1) > 1)
        return;
    td_journal_free(deck->journal);
    td_run_free(deck->run);
    td_deck_remove_folder(deck);
    td_scrubber_free(deck->scrubber);
    td_cassette_free(deck->replaced);
    td_arena_release(&deck->drafts);
    td_arena_release(&deck->veiled);
    free(deck->target);
    td_index_free(deck->index);
    free(deck->early);
    td_deck_drop_rules(deck);
    for (size_t i = 0; i < deck->cassette_count; i++)
        td_cassette_free(deck->cassettes[i]);
    free(deck->cassettes);
    td_deck_release_manners(deck);
    td_misses_release(&deck->kept);
    td_buf_release(&deck->misses);
    td_buf_release(&deck->shown);
    pthread_mutex_destroy(&deck->lock);
    free(deck);
}

struct td_hash td_deck_fingerprint(const struct td_deck *deck, size_t count)
{
    struct td_hash hash = {0};
    for (size_t i = 0; i < count; i++) {
        const struct td_interaction *interaction = td_index_at(deck->index, i);
        hash = td_hash_join(hash, td_hash_bytes(interaction->request.url));
        hash = td_hash_join(hash, td_hash_bytes(interaction->request.message.body));
    }
    return hash;
}

int td_deck_join(struct td_deck *deck, const char *folder, struct td_error *err)
{
    struct td_run *run = td_run_join(folder, err);
    if (!run)
        return err ? err->code : TD_ERR_IO;
    /* Another run may have added to the cassette meanwhile: that is not for this one. */
    size_t count = td_run_interactions(run);
    if (count > td_index_count(deck->index) ||
        !td_hash_equal(td_run_cassettes(run), td_deck_fingerprint(deck, count))) {
        td_run_free(run);
        return td_error_set(err, TD_ERR_INVALID,
                            "the cassettes were changed while the run '%s' plays them", folder);
    }
    td_run_free(deck->run);
    deck->run = run;
    return 0;
}

const struct td_index *td_deck_index(const struct td_deck *deck)
{
    return deck->index;
}

struct td_run *td_deck_run(struct td_deck *deck)
{
    return deck->run;
}

void td_deck_set_teller(struct td_deck *deck, td_deck_teller *teller)
{
    deck->teller = teller;
}

bool (*td_deck_player)(void);

int td_deck_insert(struct td_deck *deck)
{
    if (!deck || !td_deck_player || !td_deck_player())
        return TD_ERR_INVALID;
    /* Before any fork, so that children share it. */
    if (!deck->run && !(deck->run = td_run_new(td_index_count(deck->index), NULL)))
        return TD_ERR_NOMEM;
    int status = TD_ERR_INVALID;
    pthread_mutex_lock(&inserted_lock);
    if (!inserted) {
        inserted = td_deck_ref(deck);
        status = 0;
    }
    pthread_mutex_unlock(&inserted_lock);
    return status;
}

struct td_deck *td_deck_inserted(void)
{
    pthread_mutex_lock(&inserted_lock);
    struct td_deck *deck = td_deck_ref(inserted);
    pthread_mutex_unlock(&inserted_lock);
    return deck;
}

static bool take_out(struct td_deck *deck)
{
    pthread_mutex_lock(&inserted_lock);
    bool was_in = inserted == deck;
    if (was_in)
        inserted = NULL;
    pthread_mutex_unlock(&inserted_lock);
    if (was_in)
        td_deck_unref(deck);
    return was_in;
}

void td_deck_counts(struct td_deck *deck, struct td_deck_counts *counts)
{
    *counts = (struct td_deck_counts){.interactions = td_index_count(deck->index)};
    if (!deck->run)
        return;
    struct td_run_counts run;
    td_run_counts(deck->run, &run);
    counts->requests = run.requests;
    counts->missed = run.missed;
    counts->recorded = run.fates[TD_RUN_RECORDED];
    counts->dropped = run.fates[TD_RUN_DROPPED];
    counts->unanswered = run.fates[TD_RUN_UNANSWERED];
    counts->unfinished = run.fates[TD_RUN_BEGUN] > run.fates[TD_RUN_ENDED]
                             ? run.fates[TD_RUN_BEGUN] - run.fates[TD_RUN_ENDED]
                             : 0;
    counts->lost = run.fates[TD_RUN_LOST];
    for (size_t i = 0; i < counts->interactions; i++)
        counts->played += td_run_played_by(deck->run, i) != 0;
}

int td_deck_eject(struct td_deck *deck, struct td_error *err)
{
    if (!deck)
        return TD_ERR_INVALID; /* err still has what td_deck_open() said */
    if (!take_out(deck))
        return td_error_set(err, TD_ERR_INVALID, "the deck is not inserted");
    struct td_deck_saved saved;
    struct td_deck_counts counts;
    td_deck_counts(deck, &counts);
    int status = td_deck_save(deck, !counts.lost, &saved, err);
    if (deck->options.hooks.on_eject)
        deck->options.hooks.on_eject(deck->options.context);
    if (status < 0)
        return status;
    counts.lost += saved.lost;
    if (counts.lost)
        return td_error_set(err, TD_ERR_IO, "%zu interactions could not be recorded", counts.lost);
    if (counts.missed)
        return td_error_set(err, TD_ERR_MISS, "%zu of %zu requests not answered by the cassette",
                            counts.missed, counts.requests);
    if (counts.played < counts.interactions && deck->mode == TD_MODE_REPLAY &&
        !deck->options.allow_unplayed)
        return td_error_set(err, TD_ERR_UNPLAYED, "%zu of %zu interactions not played",
                            counts.interactions - counts.played, counts.interactions);
    size_t next = 0;
    const char *idle = deck->options.allow_unplayed ? NULL : td_deck_idle_fault(deck, &next);
    if (idle)
        return td_error_set(err, TD_ERR_UNPLAYED, "fault '%s' struck nothing", idle);
    return 0;
}

void td_deck_close(struct td_deck *deck)
{
    if (!deck)
        return;
    take_out(deck);
    td_deck_unref(deck);
}

const char *td_deck_misses(struct td_deck *deck)
{
    if (!deck)
        return "";
    pthread_mutex_lock(&deck->lock);
    td_buf_clear(&deck->shown);
    td_buf_put_bytes(&deck->shown, td_buf_view(&deck->misses));
    pthread_mutex_unlock(&deck->lock);
    return deck->shown.data ? deck->shown.data : "";
}

int td_deck_save_misses(struct td_deck *deck, const char *path, struct td_error *err)
{
    if (!deck || !deck->options.keep_misses)
        return td_error_set(err, TD_ERR_INVALID,
                            "the deck does not keep misses: 'keep_misses' was not asked for");
    pthread_mutex_lock(&deck->lock);
    int status = td_misses_save(&deck->kept, path, deck->scrubber, err);
    pthread_mutex_unlock(&deck->lock);
    return status;
}

/* The first of the class that nobody has played, taken for this request. */
static bool take(struct td_deck *deck, struct td_class *class, uint32_t request,
                 const struct td_query *query, struct td_reply *reply)
{
    bool taken = false;
    for (; !taken && class->next < class->count; class->next += !taken) {
        size_t position = class->items[class->next];
        if (!td_run_is_free(deck->run, position))
            continue;
        td_deck_direct(deck, td_index_at(deck->index, position), request, query, reply);
        if (reply->play.strike.kind != TD_FAULT_NONE)
            td_run_lend(deck->run, position, request);
        else if (!td_run_play(deck->run, position, request))
            continue;
        taken = true;
    }
    return taken;
}

/* The same of all classes that answer, for each cassette can have rules of its own; or, where
 * interactions may be played again, the last one of the first class. False where there is none. */
static bool take_any(struct td_deck *deck, const struct td_query *query, struct td_class *class,
                     uint32_t request, struct td_reply *reply)
{
    bool taken = false;
    pthread_mutex_lock(&deck->lock);
    for (struct td_class *next = class; next && !taken;
         next = taken ? NULL : td_index_find_next(deck->index, query, next))
        taken = take(deck, next, request, query, reply);
    if (!taken && class && class->count && deck->options.replayable) {
        size_t position = class->items[class->count - 1];
        td_deck_direct(deck, td_index_at(deck->index, position), request, query, reply);
        taken = true;
    }
    pthread_mutex_unlock(&deck->lock);
    return taken;
}

/* Which cassette an interaction is from. */
static const char *path_of(const struct td_deck *deck, const struct td_interaction *interaction)
{
    for (size_t i = 0; i < deck->cassette_count; i++) {
        const struct td_cassette *cassette = deck->cassettes[i];
        if (cassette->count && interaction >= cassette->interactions &&
            interaction < cassette->interactions + cassette->count)
            return cassette->path;
    }
    return "";
}

static void name_interaction(struct td_buf *out, const struct td_deck *deck,
                             const struct td_interaction *interaction)
{
    td_buf_printf(out, "interaction %lld (%s:%u)", (long long)interaction->id,
                  path_of(deck, interaction), interaction->mark.line);
}

static void put_request(struct td_buf *out, struct td_bytes method, struct td_bytes url)
{
    td_buf_put_bytes(out, method);
    td_buf_put_char(out, ' ');
    td_buf_put_bytes(out, url);
}

/* Why nothing answered: it was all played, or nothing matched; and what to do about it. */
static void explain(struct td_buf *out, struct td_deck *deck, const struct td_query *query,
                    const struct td_class *class)
{
    if (class) {
        td_buf_put_text(out, "  it was recorded, and each recording is played once:\n");
        for (size_t i = 0; i < class->count && i < 5; i++) {
            td_buf_put_text(out, "    ");
            name_interaction(out, deck, td_index_at(deck->index, class->items[i]));
            td_buf_printf(out, ", played to request %u\n",
                          (unsigned)td_run_played_by(deck->run, class->items[i]));
        }
        if (class->count > 5)
            td_buf_printf(out, "    ... and %zu more\n", class->count - 5);
        td_buf_put_text(out, "  to play it as often as it is asked for: tapedeck replay "
                             "--replayable ...\n");
        td_explain_record(out, "  ", path_of(deck, td_index_at(deck->index, class->items[0])));
        return;
    }
    size_t position;
    if (!td_index_nearest(deck->index, query, &position)) {
        td_buf_put_text(out, "  the cassette has no interactions\n");
        if (deck->cassette_count)
            td_explain_record(out, "  ", deck->cassettes[0]->path);
        return;
    }
    const struct td_interaction *nearest = td_index_at(deck->index, position);
    uint32_t played = td_run_played_by(deck->run, position);
    td_buf_put_text(out, "  nearest is ");
    name_interaction(out, deck, nearest);
    if (played)
        td_buf_printf(out, ", already played to request %u,", (unsigned)played);
    td_buf_put_text(out, played ? " and differs:\n" : ", which differs:\n");
    td_explain_miss(out, "  ", query, td_index_matched(deck->index, position),
                    td_index_rules(deck->index, position), path_of(deck, nearest));
}

static void tell_miss(struct td_deck *deck, struct td_buf *text, const struct td_query *query)
{
    td_run_miss(deck->run);
    if (deck->teller)
        deck->teller(deck, td_buf_view(text), query);
    pthread_mutex_lock(&deck->lock);
    if (deck->options.keep_misses && query)
        td_misses_add(&deck->kept, query);
    td_buf_put_bytes(&deck->misses, td_buf_view(text));
    pthread_mutex_unlock(&deck->lock);
}

/* What the hook makes of an answer lives as long as the deck does. */
static int before_replay(struct td_deck *deck, struct td_reply *reply, struct td_error *err)
{
    /* What a fault puts in the answer's place is no recording. */
    if (!deck->options.hooks.before_replay || reply->response != &reply->interaction->response)
        return 0;
    pthread_mutex_lock(&deck->lock);
    struct td_interaction *copy = td_arena_alloc(&deck->drafts, sizeof *copy);
    struct td_draft draft = {copy, &deck->drafts, false, false};
    if (copy) {
        *copy = *reply->interaction;
        deck->options.hooks.before_replay(deck->options.context, &draft);
        reply->interaction = copy;
        reply->response = &copy->response;
    }
    pthread_mutex_unlock(&deck->lock);
    return copy && !draft.failed ? 0 : td_error_nomem(err);
}

/* Told, and one line of it in `err`; without secrets, because both go into logs. */
static void miss(struct td_deck *deck, const struct td_query *query, const struct td_class *class,
                 uint32_t request, struct td_error *err)
{
    struct td_buf text, shown;
    td_buf_init(&text);
    td_buf_init(&shown);
    td_buf_printf(&text, "tapedeck: request %u %s: ", (unsigned)request,
                  class ? "asks again for what is already played" : "is not on the tape");
    put_request(&text, query->method, query->url);
    td_buf_put_char(&text, '\n');
    explain(&text, deck, query, class);
    if (td_scrub_text(deck->scrubber, td_buf_view(&text), &shown) < 0)
        td_buf_clear(&shown);
    tell_miss(deck, &shown, query);
    td_error_set(err, TD_ERR_MISS, "tapedeck: %s: %.*s %.*s",
                 class ? "already played" : "not on the tape", (int)query->method.len,
                 query->method.data, (int)query->url.len, query->url.data);
    td_buf_release(&text);
    td_buf_release(&shown);
}

static int answer(struct td_deck *deck, const struct td_query *query, struct td_reply *reply,
                  struct td_error *err)
{
    uint32_t request = td_run_request(deck->run);
    struct td_class matched = {0}, *class = &matched;
    int status = 0;
    if (deck->options.matcher)
        matched.items = td_deck_ask_matcher(deck, query, &matched.count);
    else
        class = td_index_find(deck->index, query);
    bool taken = class && take_any(deck, query, class, request, reply);
    /* A small body comes along with its head. */
    if (!taken)
        taken = td_deck_play_early(deck, query, (int64_t)query->body.len, request, reply);
    if (class && !class->count)
        class = NULL;
    if (taken) {
        status = before_replay(deck, reply, err);
    } else if (deck->mode == TD_MODE_NEW) {
        td_run_unask(deck->run);
        status = TD_DECK_LIVE;
    } else {
        miss(deck, query, class, request, err);
        status = TD_ERR_MISS;
    }
    free(matched.items);
    return status;
}

int td_deck_answer(struct td_deck *deck, const struct td_query *query, struct td_reply *reply,
                   struct td_error *err)
{
    struct td_arena arena;
    struct td_query veiled;
    td_arena_init(&arena);
    int status = td_veil_query(deck->scrubber, query, deck->headers_count, &arena, &veiled);
    status = status < 0 ? td_error_nomem(err) : answer(deck, &veiled, reply, err);
    td_arena_release(&arena);
    return status;
}

void td_deck_refuse(struct td_deck *deck, struct td_bytes url, const char *reason,
                    struct td_error *err)
{
    uint32_t request = td_run_request(deck->run);
    struct td_buf text, shown;
    td_buf_init(&text);
    td_buf_init(&shown);
    td_deck_put_url(deck, url, &shown);
    url = td_buf_view(&shown);
    td_buf_printf(&text, "tapedeck: request %u was refused: ", (unsigned)request);
    td_buf_put_bytes(&text, url);
    td_buf_printf(&text, "\n  %s\n", reason);
    tell_miss(deck, &text, NULL);
    td_error_set(err, TD_ERR_MISS, "tapedeck: %s: %.*s", reason, (int)url.len, url.data);
    td_buf_release(&text);
    td_buf_release(&shown);
}
