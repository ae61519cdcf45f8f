/* SPDX-License-Identifier: MIT */
/* The parts of "tapedeck show". */
#ifndef TD_CLI_SHOW_H
#define TD_CLI_SHOW_H

#include <stdio.h>

#include <tapedeck/cassette.h>
#include <tapedeck/llm.h>

#include "terminal.h"

/* What an interaction says to and by a language model; both NULL where there is none. */
struct talk {
    struct td_llm_request *request;
    struct td_llm_reply *reply;
};

/* 0, or TD_ERR_NOMEM. */
int talk_read(struct talk *talk, const struct td_interaction *interaction);
void talk_free(struct talk *talk);

/* One line for the list; nothing where there is no conversation. */
void talk_print_line(const struct talk *talk);
/* The conversation in the request, and the answer. */
void talk_print(const struct terminal *terminal, const struct talk *talk);

/* When the pieces of the response came, in numbers. */
struct timeline {
    size_t count; /* 0: not recorded */
    size_t bytes;
    int64_t first, last; /* nanoseconds since the request had been sent */
    int64_t median_gap;  /* -1: one piece has no gap */
    int64_t longest_gap;
    size_t longest_before; /* the piece that it came before, from 1 */
};

/* 0, or TD_ERR_NOMEM. */
int timeline_read(struct timeline *timeline, const struct td_interaction *interaction);
void timeline_print(const struct terminal *terminal, const struct td_interaction *interaction);
/* "1.2 ms", "3.45 s". */
void timeline_print_time(FILE *out, int64_t nanoseconds);

/* One interaction, or with NULL all of them, as JSON. 0, or TD_ERR_NOMEM. */
int show_print_json(const char *path, const struct td_cassette *cassette,
                    const struct td_interaction *only);

#endif
