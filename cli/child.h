/* SPDX-License-Identifier: MIT */
/* Running somebody's program with the shim preloaded. */
#ifndef TD_CLI_CHILD_H
#define TD_CLI_CHILD_H

/* Puts the shim in front of LD_PRELOAD, for programs that are started from now on. 0, or -1 and a
 * complaint where it is not found. */
int preload_shim(void);

/*
 * Runs a program and waits for it, while `heard` is called whenever `ear` is readable, and a last
 * time when the program has ended. Its exit code; 128 + N where signal N killed it; 126 or 127 and
 * a complaint where it could not be started. SIGTERM and SIGHUP are passed on to it.
 */
int run_child(char **argv, int ear, void (*heard)(void *context), void *context);

#endif
