/* SPDX-License-Identifier: MIT */
#include "deck/spill.h"

#include "deck/inside.h"

static void begin(struct td_spill *spill, const struct td_deck *deck, struct td_bytes content_type)
{
    spill->begun = true;
    td_ahead_init(&spill->ahead);
    td_buf_put_bytes(&spill->type, content_type);
    spill->cassettes = deck->cassette_count;
    spill->ahead.stopped = !deck->journal || td_buf_failed(&spill->type);
}

/* Looks at what is new. A cassette that was added has brought rules of its own. */
static void look(struct td_spill *spill, const struct td_deck *deck, bool whole)
{
    if (spill->cassettes != deck->cassette_count)
        spill->ahead.stopped = true;
    td_ahead_look(&spill->ahead, deck->scrubber, td_buf_view(&spill->type), spill->body, whole);
}

static void drop(struct td_spill *spill)
{
    td_journal_body_drop(spill->file);
    spill->file = NULL;
}

void td_spill_more(struct td_spill *spill, struct td_deck *deck, struct td_bytes content_type,
                   struct td_bytes body)
{
    if (!spill->begun)
        begin(spill, deck, content_type);
    if (spill->ahead.stopped)
        return;
    spill->body = body;
    look(spill, deck, false);
    size_t clean = spill->ahead.clean;
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
                                     const struct td_message *response)
{
    struct td_bytes type = {0};
    struct td_journal_body *file = spill->file;
    td_fields_get(&response->headers, TD_BYTES("Content-Type"), &type);
    if (!file || response->body.data != spill->body.data || response->body.len != spill->body.len ||
        !td_bytes_equal(type, td_buf_view(&spill->type)))
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
    td_buf_release(&spill->type);
    *spill = (struct td_spill){0};
}
