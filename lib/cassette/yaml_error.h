/* SPDX-License-Identifier: MIT */
/* What libyaml finds wrong, told as Tapedeck tells it: one line, and the place to look at. */
#ifndef TD_CASSETTE_YAML_ERROR_H
#define TD_CASSETTE_YAML_ERROR_H

#include <yaml.h>

#include "base/bytes.h"

/* The error that has stopped the parser, which was given the source without a byte order mark. */
int td_yaml_error_set(struct td_error *err, const char *path, struct td_bytes source,
                      const yaml_parser_t *parser);

#endif
