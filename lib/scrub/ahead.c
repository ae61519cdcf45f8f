/* SPDX-License-Identifier: MIT */
#include "scrub/ahead.h"

#include "scrub/part.h"

enum { WINDOW = 1024 * 1024, OVERLAP = 64 * 1024 };

void td_ahead_init(struct td_ahead *ahead)
{
    *ahead = (struct td_ahead){.window = WINDOW, .overlap = OVERLAP};
}

/* Whether the rules are about what fits into an overlap, also when it is encoded, and is known
 * whatever text is around it: what is not ASCII is known in what is UTF-8 as a whole. */
static bool is_local(const struct td_scrubber *scrubber, size_t overlap)
{
    enum { ENCODED = 32 };
    for (size_t i = 0; i < scrubber->variable_count; i++) {
        struct td_bytes value = scrubber->variables[i].value;
        if (value.len > overlap / ENCODED)
            return false;
        for (size_t k = 0; k < value.len; k++)
            if ((unsigned char)value.data[k] >= 0x80)
                return false;
    }
    return !scrubber->pattern_count;
}

/* What tokens and base64 are made of, encoded or not. */
static bool is_run(char c)
{
    return td_class_of(c) || c == '%' || c == '\\';
}

static bool holds_something(const struct td_scrubber *scrubber, struct td_bytes text)
{
    struct td_literal_search search;
    size_t at;
    td_literal_search_init(&search, &scrubber->literals, text);
    return td_literal_search_next(&search, &at) || memchr(text.data, '%', text.len) ||
           memchr(text.data, '\\', text.len);
}

/* Whether no run at either end of a window, too long to be seen whole in another one, is worth
 * looking at. Takes down where the last one starts. */
static bool ends_are_clean(struct td_ahead *ahead, const struct td_scrubber *scrubber,
                           struct td_bytes body, size_t start, size_t end)
{
    size_t first = start, last = end;
    if (start && is_run(body.data[start - 1]))
        while (first < end && is_run(body.data[first]))
            first++;
    if (first - start >= ahead->overlap &&
        holds_something(scrubber, td_bytes(body.data + start, first - start)))
        return false;
    while (last > first && is_run(body.data[last - 1]))
        last--;
    if (first < end || !start)
        ahead->run = last; /* else all is one run, which has started before */
    return end - last < ahead->overlap ||
           !holds_something(scrubber, td_bytes(body.data + last, end - last));
}

/* At a character's start: one that was cut would make a text bytes of another kind. */
static size_t back_up(struct td_bytes body, size_t at)
{
    enum { LONGEST = 3 };
    for (size_t i = 0; i < LONGEST && at && at < body.len && (body.data[at] & 0xc0) == 0x80; i++)
        at--;
    return at;
}

static bool is_clean(const struct td_scrubber *scrubber, struct td_bytes text)
{
    bool changed, open = false;
    struct td_part part = {.scrubber = scrubber, .kind = TD_PART_PLAIN, .open = &open};
    struct td_buf out;
    td_buf_init(&out);
    int status = td_part_scrub(&part, text, &out, &changed);
    td_buf_release(&out);
    return status == 0 && !changed && !open;
}

void td_ahead_look(struct td_ahead *ahead, const struct td_scrubber *scrubber,
                   struct td_bytes content_type, struct td_bytes body, bool whole)
{
    if (ahead->stopped || (!whole && body.len - ahead->looked < ahead->window))
        return;
    size_t start = ahead->looked > ahead->overlap ? ahead->looked - ahead->overlap : 0;
    size_t end = whole ? body.len : back_up(body, body.len - 1);
    start = back_up(body, start);
    if (!ahead->looked &&
        !(is_local(scrubber, ahead->overlap) && td_work_is_plain(body, content_type)))
        ahead->stopped = true;
    else if (!is_clean(scrubber, td_bytes(body.data + start, end - start)) ||
             (!(whole && !start) && !ends_are_clean(ahead, scrubber, body, start, end)))
        ahead->stopped = true;
    if (ahead->stopped)
        return;
    ahead->looked = end;
    ahead->clean = whole ? end : end > ahead->overlap ? end - ahead->overlap : 0;
    if (!whole && ahead->clean > ahead->run)
        ahead->clean = ahead->run;
}
