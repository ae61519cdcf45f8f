/* SPDX-License-Identifier: MIT */
/*
 * The deck that this process plays from: one that the host inserted itself, or, the first time that
 * a transfer asks for it, the one that the environment names:
 *
 *     TAPEDECK_CASSETTE    cassettes, separated by ':' (a '\' in front keeps one in a name)
 *     TAPEDECK_RUN         the folder of the run to join; see deck/run.h
 *     TAPEDECK_REPLAYABLE  "1": an interaction may be played any number of times
 *     TAPEDECK_MODE        "replay", "once", "new", "record" or "passthrough"; see tapedeck/deck.h
 *     TAPEDECK_BASE        what the first cassette was when the run began
 *     TAPEDECK_PASSTHROUGH hosts that are live, separated by ','
 *     TAPEDECK_SECRET_ENV  variables whose values are secrets, separated by ','
 *     TAPEDECK_TIMING      "0": recorded responses do not keep when their chunks came
 *     TAPEDECK_KEEP_BROKEN "1": responses that ended early are recorded too
 *     TAPEDECK_SPLIT       how bodies are cut, see stream/split.h
 *     TAPEDECK_PACE        when their chunks come, see stream/pace.h
 *     TAPEDECK_FAULT       what goes wrong, see stream/fault.h
 *     TAPEDECK_SCENARIO    a file that says these three
 */
#ifndef TD_SHIM_SESSION_H
#define TD_SHIM_SESSION_H

#include "deck/deck.h"

/*
 * True where transfers are to be taped: *deck then has a reference for the caller, or is NULL
 * because the cassettes could not be loaded; `err` says why, and no transfer may go out.
 */
bool td_session_deck(struct td_deck **deck, struct td_error *err);

#endif
