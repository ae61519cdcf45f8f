/* SPDX-License-Identifier: MIT */
/* All of Tapedeck's public interface. */
#ifndef TAPEDECK_TAPEDECK_H
#define TAPEDECK_TAPEDECK_H

#include <tapedeck/cassette.h>
#include <tapedeck/check.h>
#include <tapedeck/convert.h>
#include <tapedeck/deck.h>
#include <tapedeck/diff.h>
#include <tapedeck/draft.h>
#include <tapedeck/error.h>
#include <tapedeck/llm.h>
#include <tapedeck/scrub.h>

#ifdef __cplusplus
extern "C" {
#endif

/* "0.1.0". Never freed. */
TD_EXPORT const char *td_version(void);

#ifdef __cplusplus
}
#endif

#endif
