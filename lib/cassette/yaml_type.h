/* SPDX-License-Identifier: MIT */
/*
 * Whether a plain text would be taken for something other than text: what Go's yaml.v3 would read
 * as null, a boolean, a number or a time, and what YAML 1.1 readers would on top of that.
 */
#ifndef TD_CASSETTE_YAML_TYPE_H
#define TD_CASSETTE_YAML_TYPE_H

#include "base/bytes.h"

bool td_yaml_is_typed(struct td_bytes text);

#endif
