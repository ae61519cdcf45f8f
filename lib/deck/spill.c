/* SPDX-License-Identifier: MIT */
#include "deck/spill.h"

#include "deck/inside.h"

static struct td_bytes type_of(const struct td_interaction *interaction)
{
    struct td_bytes type = {0};
    td_fields_get(&interaction->response.message.headers, TD_BYTES("Content-Type"), &type);
    return type;
}

/* A request that grows afterwards may hold more that is said back. */
static size_t size_of(const struct td_recorded_request *request)
{
    size_t size = request->url.len + request->message.body.len;
    for (size_t i = 0; i < request->message.headers.count; i++)
        size += request->message.headers.items[i].value.len + 1;
    return size;
}

void td_spill_begin(struct td_spill *spill, const struct td_deck *deck,
                    const struct td_interaction *interaction)
{
    spill->begun = true;
    td_ahead_init(&spill->ahead);
    td_ahead_init(&spill->ahead_said_back);
    td_buf_put_bytes(&spill->type, type_of(interaction));
    spill->asked = size_of(&interaction->request);
    spill->cassettes = deck->cassette_count;
    spill->ahead.stopped = !deck->journal || td_buf_failed(&spill->type) ||
                           td_scrub_said_back(deck->scrubber, interaction, &spill->said_back) < 0;
}

/* Looks at what is new; how much is clean. A cassette that was added has brought rules of its own.
 */
static size_t look(struct td_spill *spill, const struct td_deck *deck, bool whole)
{
    struct td_bytes type = td_buf_view(&spill->type);
    if (spill->cassettes != deck->cassette_count)
        spill->ahead.stopped = true;
    td_ahead_look(&spill->ahead, deck->scrubber, type, spill->body, whole);
    if (!spill->said_back)
        return spill->ahead.clean;
    td_ahead_look(&spill->ahead_said_back, spill->said_back, type, spill->body, whole);
    spill->ahead.stopped |= spill->ahead_said_back.stopped;
    return spill->ahead.clean < spill->ahead_said_back.clean ? spill->ahead.clean
                                                             : spill->ahead_said_back.clean;
}

static void drop(struct td_spill *spill)
{
    td_journal_body_drop(spill->file);
    spill->file = NULL;
}

void td_spill_stop(struct td_spill *spill)
{
    drop(spill);
    spill->ahead.stopped = true;
}

void td_spill_more(struct td_spill *spill, struct td_deck *deck, struct td_bytes body)
{
    if (spill->ahead.stopped)
        return;
    spill->body = body;
    size_t clean = look(spill, deck, false);
    if (!spill->ahead.stopped && clean > spill->written) {
        if (!spill->file)
            spill->file = td_journal_body_new(deck->journal);
        spill->ahead.stopped =
            !spill->file || !td_journal_body_write(spill->file, td_bytes(body.data + spill->written,
                                                                         clean - spill->written));
        spill->written = clean;
    }
    if (spill->ahead.stopped)
        drop(spill);
}

struct td_journal_body *td_spill_end(struct td_spill *spill, const struct td_deck *deck,
                                     const struct td_interaction *interaction)
{
    struct td_bytes body = interaction->response.message.body;
    struct td_journal_body *file = spill->file;
    if (!file || body.data != spill->body.data || body.len != spill->body.len ||
        size_of(&interaction->request) != spill->asked ||
        !td_bytes_equal(type_of(interaction), td_buf_view(&spill->type)))
        return NULL;
    look(spill, deck, true);
    if (spill->ahead.stopped)
        return NULL;
    spill->file = NULL;
    return file;
}

void td_spill_clear(struct td_spill *spill)
{
    drop(spill);
    td_scrubber_free(spill->said_back);
    td_buf_release(&spill->type);
    *spill = (struct td_spill){0};
}
