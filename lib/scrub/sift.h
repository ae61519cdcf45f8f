/* SPDX-License-Identifier: MIT */
/*
 * Going through a cassette's bytes without reading it as YAML: which interactions may hold a
 * secret, and which for sure do not. Only the first are then read and scrubbed.
 *
 * What is not laid out in a way that is easy to see through (folded scalars, flow collections,
 * tags, aliases) counts as suspicious, as does every text in which one of the literals stands by
 * which secrets are looked for, unless scrubbing that text alone changes nothing. Events of a
 * stream are mostly the one before with another word in it: such an event is only compared with
 * that.
 *
 *   sift.c         texts and values
 *   sift_json.c    JSON and what streams tell piece by piece
 *   sift_events.c  events that are like the one before
 *   sift_file.c    a file line by line
 */
#ifndef TD_SCRUB_SIFT_H
#define TD_SCRUB_SIFT_H

#include "base/map.h"
#include "scrub/part.h"
#include "scrub/walk.h"

/* A text that is told piece by piece over the events of a stream, known by its place in them. */
struct td_sift_group {
    size_t body;         /* the last one that has pieces of it; what follows is of that body */
    struct td_buf first; /* its first piece */
    size_t count;        /* of pieces */
    bool differs;        /* not all are like the first */
    struct td_buf text;  /* of all pieces, once they differ; escaped as they are */
    size_t event;        /* the last one that has a piece of it */
    struct td_sift_group *next; /* of all */
    struct td_sift_group *next_of_body;
};

/* A string or a bare word of an event. */
struct td_sift_slot {
    size_t start, end;
    bool is_string;
    bool fixed;    /* something else there makes it another kind of event */
    uint64_t path; /* of a string: where its group is found */
    uint32_t object;
    struct td_sift_group *group;
    size_t counted; /* the events up to here have told their piece */
};

/* Events that are the same but for what stands in their slots. */
struct td_sift_kind {
    struct td_buf line; /* the first one */
    struct td_sift_slot *slots;
    size_t count;
    size_t events; /* since its pieces were last told */
};

enum { TD_SIFT_KINDS = 16 };

struct td_sift {
    const struct td_scrubber *scrubber;
    struct td_literals literals;
    struct td_arena arena;
    bool failed;           /* memory ran out */
    bool suspicious;       /* what was looked at since this was last put back */
    struct td_sift_known { /* names that were looked up before */
        char name[38];
        uint8_t len;
        uint8_t kinds;
    } known[256];
    struct td_hash urls[64]; /* of clean ones */
    struct td_buf plain;

    struct td_map groups;
    size_t group_count;
    struct td_sift_group *all;     /* groups */
    struct td_sift_group *touched; /* that have pieces in the body at hand */
    size_t body;                   /* its number */
    size_t event;                  /* the number of the event */
    size_t data_lines;             /* of the event */
    struct td_sift_slot *slots;    /* of the text that was walked through last */
    size_t slot_count;
    size_t slot_capacity;
    struct td_sift_kind kinds[TD_SIFT_KINDS];
    size_t kind;      /* of the last event */
    size_t next_kind; /* the one that gives way to a new one */
    bool odd_values;  /* a variable's value looks different in JSON */
    size_t shortest;  /* a text that holds something is no shorter */
};

/* 0 or TD_ERR_NOMEM; to be released in any case. */
int td_sift_init(struct td_sift *sift, const struct td_scrubber *scrubber);
void td_sift_release(struct td_sift *sift);

/* Each sets sift->suspicious where there may be a secret. */
void td_sift_text(struct td_sift *sift, struct td_bytes text);
/* The value of a key, or one of several, that is no body. */
void td_sift_value(struct td_sift *sift, struct td_bytes key, struct td_bytes text);
/* A whole body. */
void td_sift_body(struct td_sift *sift, struct td_bytes text);
/* A line of a stream of events, which stays where it is until the end of the stream. */
void td_sift_event_line(struct td_sift *sift, struct td_bytes line);
void td_sift_end_events(struct td_sift *sift);

/* For its parts: scrubs the text; whether JSON's string needs that; a JSON text, from behind the
 * slots that there are. */
void td_sift_ask(struct td_sift *sift, struct td_bytes text, enum td_part_kind kind,
                 struct td_bytes name);
bool td_sift_is_plain_json(struct td_sift *sift, struct td_bytes text);
bool td_sift_has_literal(struct td_sift *sift, struct td_bytes text);
void td_sift_string(struct td_sift *sift, struct td_bytes text, bool escaped);
bool td_sift_is_field(struct td_sift *sift, struct td_bytes name);
void td_sift_json(struct td_sift *sift, struct td_bytes text, bool event);
/* True where it is not like the first piece. */
bool td_sift_piece(struct td_sift *sift, struct td_sift_group *group, struct td_bytes piece,
                   size_t times);
/* Whether something at one of the literals, all told, needs more than a look. */
bool td_sift_counts(const struct td_literal *literal, struct td_bytes text, size_t at,
                    size_t *from);
/* The group of a place; that of pieces that are no JSON is {0, 1}. */
struct td_sift_group *td_sift_group(struct td_sift *sift, struct td_hash place);

/* An interaction of a file: from its `-` to the next one's. */
struct td_sift_item {
    size_t start, end;
    unsigned line;
    bool suspicious;
};

struct td_sift_file {
    struct td_sift sift;
    struct td_bytes text;
    size_t at;
    unsigned line; /* of `at` */
    size_t head;   /* how much is before the first interaction */
    size_t column; /* of the interactions' `-`, from 0 */
    bool odd;      /* not laid out as expected: it is to be read as YAML, all of it */
    struct td_buf scratch;
    struct td_buf block;
    struct td_bytes key; /* the last one */
};

int td_sift_file_init(struct td_sift_file *file, const struct td_scrubber *scrubber,
                      struct td_bytes text);
void td_sift_file_release(struct td_sift_file *file);
/* The next interaction; false after the last, or where the file is odd. */
bool td_sift_file_next(struct td_sift_file *file, struct td_sift_item *item);

#endif
