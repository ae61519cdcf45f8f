/* SPDX-License-Identifier: MIT */
/*
 * Answers that came before the request was whole: an upload that was refused for its head, or for
 * its size. Such an interaction's request announces a longer body than was sent. It answers by
 * method, URL and announced length, before the body is asked for, when it is its turn: when nothing
 * that was recorded before it for the same method and URL is left.
 */
#include <stdlib.h>

#include "deck/inside.h"

static bool is_early(const struct td_interaction *interaction)
{
    const struct td_message *message = &interaction->request.message;
    return message->content_length > 0 && (uint64_t)message->content_length > message->body.len &&
           interaction->response.code >= 300;
}

int td_deck_note_early(struct td_deck *deck, const struct td_interaction *interaction,
                       struct td_error *err)
{
    size_t count = deck->early_count;
    if (!is_early(interaction))
        return 0;
    if ((count & (count - 1)) == 0) {
        size_t *more = reallocarray(deck->early, count ? 2 * count : 1, sizeof *more);
        if (!more)
            return td_error_nomem(err);
        deck->early = more;
    }
    deck->early[deck->early_count++] = td_index_count(deck->index);
    return 0;
}

static bool has_same_target(const struct td_index *index, size_t position,
                            const struct td_query *query)
{
    const struct td_query recorded = td_index_query(td_index_matched(index, position));
    const struct td_rules *rules = td_index_rules(index, position);
    struct td_bytes method = recorded.method.len ? recorded.method : TD_BYTES("GET");
    struct td_buf asked, known;
    if (!td_bytes_equal(method, query->method))
        return false;
    td_buf_init(&asked);
    td_buf_init(&known);
    td_rules_put_url(&asked, rules, query->url);
    td_rules_put_url(&known, rules, recorded.url);
    bool same = !td_buf_failed(&asked) && !td_buf_failed(&known) &&
                td_bytes_equal(td_buf_view(&asked), td_buf_view(&known));
    td_buf_release(&asked);
    td_buf_release(&known);
    return same;
}

/* The first of this length for the same target that nobody has played; false where there is none.
 */
static bool find_early(struct td_deck *deck, const struct td_query *query, int64_t announced,
                       size_t *position)
{
    for (size_t i = 0; i < deck->early_count; i++) {
        *position = deck->early[i];
        const struct td_interaction *interaction = td_index_at(deck->index, *position);
        if (interaction->request.message.content_length == announced &&
            td_run_is_free(deck->run, *position) && has_same_target(deck->index, *position, query))
            return true;
    }
    return false;
}

/* Whether it is the turn of the one at `position`: nothing before it is left for its target. */
static bool is_next(struct td_deck *deck, const struct td_query *query, size_t position)
{
    for (size_t i = 0; i < position; i++)
        if (td_run_is_free(deck->run, i) && has_same_target(deck->index, i, query))
            return false;
    return true;
}

bool td_deck_play_early(struct td_deck *deck, const struct td_query *query, int64_t announced,
                        uint32_t request, struct td_reply *reply)
{
    size_t position;
    bool taken = false;
    if (!deck->early_count || announced <= 0)
        return false;
    pthread_mutex_lock(&deck->lock);
    if (find_early(deck, query, announced, &position) && is_next(deck, query, position)) {
        if (!request)
            request = td_run_request(deck->run);
        td_deck_direct(deck, td_index_at(deck->index, position), request, query, reply);
        taken = td_run_play(deck->run, position, request);
    }
    pthread_mutex_unlock(&deck->lock);
    return taken;
}

bool td_deck_take_early(struct td_deck *deck, const struct td_query *query, int64_t announced,
                        struct td_reply *reply)
{
    return td_deck_play_early(deck, query, announced, 0, reply);
}
