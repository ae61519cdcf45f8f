/* SPDX-License-Identifier: MIT */
/* The event loops by which programs drive a multi handle, one function each. */
#ifndef LOOPS_H
#define LOOPS_H

#include <curl/curl.h>
#include <stdbool.h>

struct loop_count {
    unsigned iterations; /* turns of the loop: each waits for something first */
    unsigned events;     /* sockets that were reported ready */
};

bool loop_known(const char *mode);
/* The names, separated by spaces. */
const char *loop_names(void);
/* Runs until no handle is under way. What went wrong, or NULL. */
const char *loop_run(const char *mode, CURLM *multi, struct loop_count *count);

#endif
