/* SPDX-License-Identifier: MIT */
/*
 * Flights. What fits is put together in a buffer and goes out as one piece; what cannot be put
 * together without a large copy goes out from where it lies.
 *
 * A reader that takes `size` bytes at a time sees chunks whole if no flight is longer than that.
 * Framed chunks may share a flight, since the reader finds the boundaries in the framing. Chunks
 * that are not framed may not: the end of the read is all that shows a boundary.
 */
#include "wire/flight.h"

/* No more than this is put together, however large a flight may be. */
enum { COPY_SIZE = 64 * 1024 };

void td_flights_init(struct td_flights *flights, size_t size)
{
    *flights = (struct td_flights){.size = size, .next = 1}; /* done, with nothing to send */
}

void td_flights_release(struct td_flights *flights)
{
    td_buf_release(&flights->buffer);
}

void td_flights_start(struct td_flights *flights, const struct td_message_parts *parts)
{
    flights->parts = *parts;
    flights->next = 0;
    flights->piece_count = flights->piece = 0;
    flights->begun = false;
}

/* First the pieces of the head, then the chunks, then the tail if there is one. */
static size_t head_count(const struct td_flights *flights)
{
    return flights->parts.head_steps ? flights->parts.head_steps : 1;
}

static size_t unit_count(const struct td_flights *flights)
{
    return head_count(flights) + flights->parts.count + (flights->parts.tail.len ? 1 : 0);
}

static bool unit_is_chunk(const struct td_flights *flights, size_t unit)
{
    size_t heads = head_count(flights);
    return unit >= heads && unit - heads < flights->parts.count;
}

/* The bytes of a unit, without framing. */
static struct td_bytes unit_content(const struct td_flights *flights, size_t unit)
{
    const struct td_message_parts *parts = &flights->parts;
    size_t heads = head_count(flights);
    if (unit < heads) {
        size_t start = parts->head.len * unit / heads, end = parts->head.len * (unit + 1) / heads;
        return td_bytes(parts->head.data + start, end - start);
    }
    size_t chunk = unit - heads;
    if (chunk >= parts->count)
        return parts->tail;
    size_t start = chunk ? parts->ends[chunk - 1] : 0;
    return td_bytes(parts->body.data + start, parts->ends[chunk] - start);
}

static bool unit_is_framed(const struct td_flights *flights, size_t unit)
{
    return flights->parts.chunked && unit_is_chunk(flights, unit);
}

static size_t unit_size(const struct td_flights *flights, size_t unit)
{
    size_t len = unit_content(flights, unit).len;
    if (!unit_is_framed(flights, unit))
        return len;
    size_t digits = 1;
    for (size_t rest = len >> 4; rest; rest >>= 4)
        digits++;
    return digits + 2 + len + 2;
}

static int64_t unit_due(const struct td_flights *flights, size_t unit)
{
    const struct td_message_parts *parts = &flights->parts;
    size_t heads = head_count(flights);
    if (unit < heads)
        return parts->head_due_ns + (int64_t)unit * parts->step_ns;
    if (unit - heads == parts->count)
        return parts->tail_due_ns;
    return parts->due_ns ? parts->due_ns[unit - heads] : parts->head_due_ns;
}

/* The end of the flight that starts with unit `first`, and its size. */
static size_t plan(const struct td_flights *flights, size_t first, int64_t now_ns, size_t *size)
{
    size_t limit = flights->size && flights->size < COPY_SIZE ? flights->size : COPY_SIZE;
    bool alone = flights->size && !flights->parts.chunked;
    size_t end = first + 1, count = unit_count(flights);

    *size = unit_size(flights, first);
    for (; end < count && unit_due(flights, end) <= now_ns; end++) {
        if (alone && unit_is_chunk(flights, end) && unit_is_chunk(flights, end - 1))
            break;
        if (flights->parts.tail_apart && end + 1 == count)
            break;
        size_t more = unit_size(flights, end);
        if (*size > limit || more > limit - *size)
            break;
        *size += more;
    }
    return end;
}

/* The length of a chunk, in hexadecimal; once for each event, so that it must be quick. */
static void put_prefix(struct td_buf *buffer, size_t len)
{
    char text[2 * sizeof len + 2], *at = text + sizeof text;
    *--at = '\n';
    *--at = '\r';
    do
        *--at = "0123456789abcdef"[len & 15];
    while (len >>= 4);
    td_buf_put(buffer, at, (size_t)(text + sizeof text - at));
}

static int load(struct td_flights *flights, size_t first, size_t end, size_t size)
{
    struct td_buf *buffer = &flights->buffer;
    struct td_bytes content = unit_content(flights, first);
    bool framed = unit_is_framed(flights, first);
    td_buf_clear(buffer);
    flights->piece = 0;
    flights->piece_count = 1;
    flights->apart = false;
    if (end == first + 1 && !framed) {
        flights->pieces[0] = content;
        return 0;
    }
    /* A chunk that the reader can take whole, though not together with its length. */
    flights->apart = end == first + 1 && flights->size && content.len <= flights->size &&
                     size - 2 > flights->size;
    if (end == first + 1 && (size > COPY_SIZE || flights->apart)) {
        put_prefix(buffer, content.len);
        flights->pieces[1] = content;
        flights->pieces[2] = TD_BYTES("\r\n");
        flights->piece_count = 3;
    } else {
        td_buf_reserve(buffer, size);
        for (size_t unit = first; unit < end; unit++) {
            framed = unit_is_framed(flights, unit);
            content = unit_content(flights, unit);
            if (framed)
                put_prefix(buffer, content.len);
            td_buf_put_bytes(buffer, content);
            if (framed)
                td_buf_put(buffer, "\r\n", 2);
        }
    }
    flights->pieces[0] = td_buf_view(buffer);
    return td_buf_failed(buffer) ? TD_ERR_NOMEM : 0;
}

int td_flights_bytes(struct td_flights *flights, int64_t now_ns, struct td_bytes *bytes,
                     int64_t *deadline_ns)
{
    *bytes = td_bytes(NULL, 0);
    *deadline_ns = INT64_MAX;
    if (td_flights_done(flights))
        return 0;
    if (flights->piece == flights->piece_count) {
        size_t size, first = flights->next;
        int64_t due = unit_due(flights, first);
        if (due > now_ns) {
            *deadline_ns = due;
            return 0;
        }
        size_t end = plan(flights, first, now_ns, &size);
        if (load(flights, first, end, size) < 0) {
            flights->piece_count = 0;
            return TD_ERR_NOMEM;
        }
        flights->next = end;
    }
    *bytes = flights->pieces[flights->piece];
    return 0;
}

void td_flights_sent(struct td_flights *flights, size_t len)
{
    while (len && flights->piece < flights->piece_count) {
        struct td_bytes *piece = &flights->pieces[flights->piece];
        size_t step = len < piece->len ? len : piece->len;
        piece->data += step;
        piece->len -= step;
        len -= step;
        flights->begun = true;
        if (piece->len)
            continue;
        flights->piece++;
        flights->begun = flights->piece < flights->piece_count && !flights->apart;
    }
}

bool td_flights_done(const struct td_flights *flights)
{
    return flights->piece == flights->piece_count && flights->next == unit_count(flights);
}

int64_t td_flights_due(const struct td_flights *flights)
{
    if (flights->piece < flights->piece_count || td_flights_done(flights))
        return INT64_MIN;
    return unit_due(flights, flights->next);
}
