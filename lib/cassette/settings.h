/* SPDX-License-Identifier: MIT */
/*
 * Settings: what the mapping under `tapedeck:` at the top level of a cassette says, or a rules file
 * of its own, which holds such a mapping and nothing else. Both as a flat list of paths with
 * values, in the order of the file, whatever they mean:
 *
 *     match:
 *       ignore_paths: [/metadata, /user]                "match.ignore_paths"  2 values
 *     scrub:
 *       patterns: {ticket: 'T-[0-9]+'}                  "scrub.patterns.ticket"  1 value
 *
 * Whoever uses a part of them refuses what it does not know there.
 */
#ifndef TD_CASSETTE_SETTINGS_H
#define TD_CASSETTE_SETTINGS_H

#include "cassette/cassette.h"

struct td_reading;
struct td_yaml_node;

/* From a node of the tree that is being read, in whose texts the settings then live. */
int td_settings_read(struct td_reading *reading, const struct td_yaml_node *node,
                     struct td_settings *settings);

/* A rules file. To be freed by td_settings_free(). */
int td_settings_load(const char *path, struct td_settings **settings, struct td_error *err);
void td_settings_free(struct td_settings *settings); /* NULL is fine; only what was loaded */

#endif
