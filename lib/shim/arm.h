/* SPDX-License-Identifier: MIT */
/* Setting an easy handle up for the tape, and making it the host's own again. */
#ifndef TD_SHIM_ARM_H
#define TD_SHIM_ARM_H

#include "deck/deck.h"
#include "shim/handles.h"

/* Before a transfer: where a deck is in use, the handle is armed; else it stays as it is. Anything
 * but CURLE_OK says that it could not be armed and must not be let out. */
CURLcode td_arm(struct td_easy *easy);
/* The transfer goes out, and is recorded. */
CURLcode td_arm_live(struct td_easy *easy, struct td_deck *deck, struct td_bytes url);
/* A transfer that is armed has asked for what is not on the tape, and is to be live from its
 * beginning: out of its multi handle, before it is added to it again. */
CURLcode td_go_live(struct td_easy *easy);
/* libcurl is done with the transfer: what went wrong on the tape is written to the host's error
 * buffer. The result that the host is to get. */
CURLcode td_finish(struct td_easy *easy, CURLcode result);
/* The handle is out of its multi handle: every option is the host's again. */
void td_disarm(struct td_easy *easy);

#endif
