/* SPDX-License-Identifier: MIT */
/*
 * Cutting one message into flights. A message is a row of units that are not to be cut by the end
 * of a flight: its head, each chunk of its body (framed, if the body is chunked), its tail.
 */
#ifndef TD_WIRE_FLIGHT_H
#define TD_WIRE_FLIGHT_H

#include "base/bytes.h"

/* All borrowed until the message has gone out. */
struct td_message_parts {
    struct td_bytes head;
    int64_t head_due_ns; /* when it may go; all times are on the owner's clock */
    size_t head_steps;   /* it goes in so many pieces (0: in one), ... */
    int64_t step_ns;     /* ... so long after each other */
    struct td_bytes body;
    const size_t *ends; /* of the chunks, as in struct td_chunks */
    size_t count;
    const int64_t *due_ns; /* when each chunk may go; NULL: at once */
    bool chunked;          /* each chunk is framed as an HTTP chunk */
    struct td_bytes tail;  /* may be empty */
    int64_t tail_due_ns;
    bool tail_apart; /* it has a flight of its own */
};

struct td_flights {
    struct td_message_parts parts;
    size_t size; /* of a flight that the reader takes in one piece; 0: it does not matter */
    size_t next; /* the first unit that is in no flight yet */
    /* The flight under way: one piece, or a framed chunk too large to be copied, as three. */
    struct td_bytes pieces[3];
    size_t piece_count;
    size_t piece;         /* the one that is going out */
    bool begun;           /* some of the flight has gone out */
    bool apart;           /* each piece is a flight of its own */
    struct td_buf buffer; /* what had to be put together */
};

void td_flights_init(struct td_flights *flights, size_t size);
void td_flights_release(struct td_flights *flights);
void td_flights_start(struct td_flights *flights, const struct td_message_parts *parts);
/*
 * Makes *bytes what is to go out at `now_ns`, or empty: *deadline_ns then tells when to ask again,
 * INT64_MAX when the message is out. Valid until td_flights_sent(). 0 or TD_ERR_NOMEM.
 */
int td_flights_bytes(struct td_flights *flights, int64_t now_ns, struct td_bytes *bytes,
                     int64_t *deadline_ns);
void td_flights_sent(struct td_flights *flights, size_t len);
bool td_flights_done(const struct td_flights *flights);
/* When the next flight may go; INT64_MIN where one is under way, or the message is out. */
int64_t td_flights_due(const struct td_flights *flights);

#endif
