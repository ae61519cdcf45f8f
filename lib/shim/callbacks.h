/* SPDX-License-Identifier: MIT */
/* Callbacks that stand between libcurl and the host's own for the time of a taped transfer. */
#ifndef TD_SHIM_CALLBACKS_H
#define TD_SHIM_CALLBACKS_H

#include "shim/handles.h"

/* The host's write callback and what it is given, or libcurl's own defaults. */
curl_write_callback td_host_write(const struct td_easy *easy);
void *td_host_write_data(const struct td_easy *easy);

/* Overrides those that would show the host what only the wire knows. */
void td_callbacks_arm(struct td_easy *easy);

#endif
