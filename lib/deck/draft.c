/* SPDX-License-Identifier: MIT */
#include "deck/draft.h"

#include <stdio.h>

#include "http/reason.h"

const struct td_interaction *td_draft_interaction(const struct td_draft *draft)
{
    return draft->interaction;
}

static struct td_message *message(struct td_draft *draft, enum td_side side)
{
    return side == TD_REQUEST ? &draft->interaction->request.message
                              : &draft->interaction->response.message;
}

static void set(struct td_draft *draft, struct td_bytes *target, struct td_bytes text)
{
    struct td_bytes copy = td_arena_copy(draft->arena, text);
    if (copy.data)
        *target = copy;
    else
        draft->failed = true;
}

void td_draft_set_method(struct td_draft *draft, const char *method)
{
    set(draft, &draft->interaction->request.method, td_bytes_of(method));
}

void td_draft_set_url(struct td_draft *draft, const char *url)
{
    set(draft, &draft->interaction->request.url, td_bytes_of(url));
}

void td_draft_set_status(struct td_draft *draft, const char *status)
{
    set(draft, &draft->interaction->response.status, td_bytes_of(status));
}

void td_draft_set_code(struct td_draft *draft, int code)
{
    char status[128];
    const char *reason = td_reason_of(code);
    snprintf(status, sizeof status, "%d%s%s", code, *reason ? " " : "", reason);
    draft->interaction->response.code = code;
    td_draft_set_status(draft, status);
}

/* All fields but those of the name, with room for one more; NULL when memory ran out. */
static struct td_field *without(struct td_draft *draft, const struct td_fields *fields,
                                struct td_bytes name, size_t *count, size_t *place)
{
    struct td_field *items = td_arena_alloc(draft->arena, (fields->count + 1) * sizeof *items);
    *count = 0;
    *place = SIZE_MAX;
    if (!items) {
        draft->failed = true;
        return NULL;
    }
    for (size_t i = 0; i < fields->count; i++) {
        if (!td_bytes_equal_nocase(fields->items[i].name, name)) {
            items[(*count)++] = fields->items[i];
        } else if (*place == SIZE_MAX) {
            *place = *count;
            items[(*count)++] = fields->items[i];
        }
    }
    return items;
}

void td_draft_set_header(struct td_draft *draft, enum td_side side, const char *name,
                         const char *value)
{
    struct td_fields *fields = &message(draft, side)->headers;
    size_t count, place;
    struct td_field *items = without(draft, fields, td_bytes_of(name), &count, &place);
    if (!items)
        return;
    if (!value && place != SIZE_MAX) {
        memmove(items + place, items + place + 1, (count - place - 1) * sizeof *items);
        count--;
    } else if (value) {
        if (place == SIZE_MAX) {
            place = count++;
            set(draft, &items[place].name, td_bytes_of(name));
        }
        set(draft, &items[place].value, td_bytes_of(value));
    }
    *fields = (struct td_fields){items, count};
}

void td_draft_set_body(struct td_draft *draft, enum td_side side, const void *body, size_t len)
{
    struct td_message *changed = message(draft, side);
    struct td_bytes given;
    char number[32];
    bool announced = changed->content_length >= 0;
    set(draft, &changed->body, td_bytes(body, len));
    if (announced)
        changed->content_length = (int64_t)len;
    snprintf(number, sizeof number, "%zu", len);
    if (td_fields_get(&changed->headers, TD_BYTES("Content-Length"), &given))
        td_draft_set_header(draft, side, "Content-Length", number);
}

void td_draft_discard(struct td_draft *draft)
{
    draft->discarded = true;
}
