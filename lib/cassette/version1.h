/* SPDX-License-Identifier: MIT */
/*
 * Version 1 of the format: go-vcr 1 and 2. Its keys are a part of those of version 2, with the same
 * meaning; there are no ids, and nothing is said of the protocol and of lengths. What version 2
 * would have recorded of the same exchange is filled in, where it is certain or what a Go client
 * always does, so that go-vcr's own matcher finds the request again.
 */
#ifndef TD_CASSETTE_VERSION1_H
#define TD_CASSETTE_VERSION1_H

#include "cassette/value.h"

/* Interactions that were read from a file of version 1. */
int td_version1_complete(struct td_reading *reading, struct td_cassette *cassette);

#endif
