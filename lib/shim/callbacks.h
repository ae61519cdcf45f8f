/* SPDX-License-Identifier: MIT */
/* Callbacks that stand between libcurl and the host's own for the time of a taped transfer. */
#ifndef TD_SHIM_CALLBACKS_H
#define TD_SHIM_CALLBACKS_H

struct td_easy;

/* Overrides those that would show the host what only the wire knows. */
void td_callbacks_arm(struct td_easy *easy);

#endif
