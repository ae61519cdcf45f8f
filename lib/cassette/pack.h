/* SPDX-License-Identifier: MIT */
/*
 * An interaction as plain bytes, for one process to leave to another of the same machine: quick to
 * write, exact, and never seen by a person. The bodies come last, so that they can be written from
 * where they are.
 */
#ifndef TD_CASSETTE_PACK_H
#define TD_CASSETTE_PACK_H

#include "cassette/cassette.h"

/* Appends all of an interaction but the bytes of its two bodies. What is packed is this, then the
 * request's body and a NUL, then the response's and a NUL. */
void td_pack(const struct td_interaction *interaction, struct td_buf *out);
/* The interaction that `packed` holds, bodies and all; `apart`, if it is not NULL, is the
 * response's with its NUL, which is not among them. Its texts point into both, its lists into
 * `arena`. TD_ERR_FORMAT (without a word) where it is not one. */
int td_unpack(struct td_bytes packed, const struct td_bytes *apart, struct td_arena *arena,
              struct td_interaction *interaction);

#endif
