/* SPDX-License-Identifier: MIT */
/* How a deck has its answers played: which split, pace and fault goes with which. */
#include <stdlib.h>

#include "deck/inside.h"

static int own(const char **text, struct td_error *err)
{
    if (*text && !(*text = strdup(*text)))
        return td_error_nomem(err);
    return 0;
}

/* Numbers the faults over all manners. */
static int count_faults(struct td_deck *deck, struct td_play_manner *manner, struct td_error *err)
{
    const struct td_faults *faults = manner->faults;
    manner->first_fault = deck->fault_count;
    if (!faults)
        return 0;
    deck->fault_count += faults->count;
    for (size_t i = 0; i < faults->count; i++)
        deck->resets |= faults->items[i].kind == TD_FAULT_RESET;
    if (deck->fault_count > TD_RUN_FAULTS)
        return td_error_set(err, TD_ERR_LIMIT, "more than %d faults", (int)TD_RUN_FAULTS);
    return 0;
}

int td_deck_set_manner(struct td_deck *deck, struct td_error *err)
{
    struct td_deck_options *options = &deck->options;
    const char **texts[] = {&options->split, &options->pace, &options->faults, &options->scenario};
    int status = 0;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        status = status ? status : own(texts[i], err);
        if (status)
            *texts[i] = NULL; /* the caller's */
    }
    if (!status)
        status =
            td_play_manner_give(&deck->manner, options->split, options->pace, options->faults, err);
    if (!status && options->scenario)
        status = td_play_manner_load(&deck->manner, options->scenario, err);
    return status ? status : count_faults(deck, &deck->manner, err);
}

int td_deck_read_manner(struct td_deck *deck, const struct td_cassette *cassette,
                        struct td_error *err)
{
    size_t count = deck->cassette_count + 1;
    struct td_play_manner *manners = realloc(deck->manners, count * sizeof *manners);
    if (!manners)
        return td_error_nomem(err);
    deck->manners = manners;
    struct td_play_manner *manner = &manners[count - 1];
    *manner = (struct td_play_manner){0};
    for (size_t i = 0; i < cassette->count && !deck->resets; i++)
        deck->resets =
            td_fault_of_broken(&cassette->interactions[i].response).kind == TD_FAULT_RESET;
    int status = td_play_manner_read(manner, &cassette->settings, cassette->path, err);
    /* What the deck itself says of faults takes the place of the cassette's. */
    if (status < 0 || deck->manner.faults)
        td_play_manner_release(manner);
    if (!status)
        status = count_faults(deck, manner, err);
    if (status < 0)
        td_play_manner_release(manner);
    return status;
}

void td_deck_release_manners(struct td_deck *deck)
{
    for (size_t i = 0; deck->manners && i < deck->cassette_count; i++)
        td_play_manner_release(&deck->manners[i]);
    free(deck->manners);
    td_play_manner_release(&deck->manner);
    free((char *)deck->options.split);
    free((char *)deck->options.pace);
    free((char *)deck->options.faults);
    free((char *)deck->options.scenario);
}

bool td_deck_resets(const struct td_deck *deck)
{
    return deck->resets;
}

/* What the cassette says that this interaction is from. */
static const struct td_play_manner *own_manner(const struct td_deck *deck,
                                               const struct td_interaction *interaction)
{
    for (size_t i = 0; i < deck->cassette_count; i++) {
        const struct td_cassette *cassette = deck->cassettes[i];
        if (cassette->count && interaction >= cassette->interactions &&
            interaction < cassette->interactions + cassette->count)
            return &deck->manners[i];
    }
    return &deck->manner;
}

/* The first that aims at this answer and has not struck often enough yet. */
static void strike(struct td_deck *deck, const struct td_play_manner *manner,
                   const struct td_fault_target *target, struct td_reply *reply)
{
    const struct td_faults *faults = manner->faults;
    struct td_strike aim;
    for (size_t i = 0; faults && i < faults->count; i++) {
        if (!td_fault_aims(&faults->items[i], target, &aim) ||
            !td_run_strike(deck->run, manner->first_fault + i, faults->items[i].times))
            continue;
        reply->play.strike = aim;
        if (aim.answer)
            reply->response = aim.answer;
        return;
    }
}

void td_deck_direct(struct td_deck *deck, const struct td_interaction *interaction,
                    uint32_t request, const struct td_query *query, struct td_reply *reply)
{
    const struct td_play_manner *all = &deck->manner, *one = own_manner(deck, interaction);
    struct td_fault_target target = {request, query->method, query->url, interaction};
    *reply = (struct td_reply){.interaction = interaction, .response = &interaction->response};
    reply->play.split = all->has_split   ? all->split
                        : one->has_split ? one->split
                                         : TD_SPLIT_DEFAULT;
    reply->play.salt = (uint64_t)interaction->id;
    if (all->has_pace || one->has_pace)
        reply->play.pace = all->has_pace ? all->pace : one->pace;
    strike(deck, all->faults ? all : one, &target, reply);
}

const char *td_deck_idle_fault(struct td_deck *deck, size_t *next)
{
    for (size_t at = 0; at <= deck->cassette_count; at++) {
        const struct td_play_manner *manner = at ? &deck->manners[at - 1] : &deck->manner;
        size_t count = manner->faults ? manner->faults->count : 0;
        while (*next >= manner->first_fault && *next < manner->first_fault + count) {
            const struct td_fault *fault = &manner->faults->items[*next - manner->first_fault];
            bool idle = !fault->random && (!deck->run || !td_run_struck(deck->run, *next));
            ++*next;
            if (idle)
                return fault->text.data;
        }
    }
    return NULL;
}
