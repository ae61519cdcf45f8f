/* SPDX-License-Identifier: MIT */
/*
 * Writing the settings of a cassette back as the nested mapping that their flat paths stand for. A
 * path that cannot be nested, because one of its parts is a setting of its own or was written
 * before, keeps its dots in one key: it is read as the same setting either way.
 */
#ifndef TD_CASSETTE_EMIT_SETTINGS_H
#define TD_CASSETTE_EMIT_SETTINGS_H

#include "cassette/writer.h"

/* The key `tapedeck` of the top level; nothing where there are no settings. */
void td_emit_settings(struct td_writer *writer, const struct td_settings *settings);

#endif
