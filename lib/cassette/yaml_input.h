/* SPDX-License-Identifier: MIT */
/*
 * Feeds libyaml, and stops it where it would take for ever: libyaml clears its buffer of blanks
 * after each word or line, all of the buffer, and the buffer is as long as the longest run of
 * blanks in the scalar. A megabyte of spaces before a megabyte of words takes minutes.
 */
#ifndef TD_CASSETTE_YAML_INPUT_H
#define TD_CASSETTE_YAML_INPUT_H

#include <yaml.h>

#include "base/bytes.h"

struct td_yaml_input {
    struct td_bytes content;
    size_t at;
    size_t run;     /* of blanks, up to here */
    size_t longest; /* of such runs since the last event */
    uint64_t work;  /* the bytes that libyaml has cleared, roughly */
    bool guarded;   /* whether there is a run long enough to matter */
    bool refused;   /* whether this input has stopped the parser */
};

/* `input` must live as long as the parser. */
void td_yaml_input_open(struct td_yaml_input *input, struct td_bytes content,
                        yaml_parser_t *parser);
/* To be called after each event: its scalar's buffers are gone. */
void td_yaml_input_event(struct td_yaml_input *input);

#endif
