/* SPDX-License-Identifier: MIT */
/*
 * What curl_multi_*() do for a handle that is known: libcurl's own, and then every tape among its
 * handles is pumped that does not sleep until a chunk is due. What a tape sends makes libcurl's
 * descriptor readable, as a network would, for poll, select and epoll alike; shim/wait.h wakes the
 * host for what is due later.
 */
#ifndef TD_SHIM_MULTI_H
#define TD_SHIM_MULTI_H

#include "shim/handles.h"

CURLMcode td_multi_add_handle(struct td_multi *multi, struct td_easy *easy);
CURLMcode td_multi_remove_handle(struct td_multi *multi, struct td_easy *easy);
CURLMcode td_multi_cleanup(struct td_multi *multi);
CURLMsg *td_multi_info_read(struct td_multi *multi, int *left);
/* Before and after any libcurl call that moves transfers. */
void td_multi_pump(struct td_multi *multi);
/* The handle's tape is another one now: it is not to be taken for idle. */
void td_multi_wake(struct td_multi *multi, struct td_easy *easy);
/* Forgets that the handle was added. */
void td_multi_unlink(struct td_multi *multi, struct td_easy *easy);

#endif
