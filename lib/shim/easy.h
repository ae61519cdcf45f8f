/* SPDX-License-Identifier: MIT */
/* What curl_easy_*() do for a handle that is known. */
#ifndef TD_SHIM_EASY_H
#define TD_SHIM_EASY_H

#include "shim/handles.h"

CURLcode td_easy_setopt(struct td_easy *easy, CURLoption option, union td_value value);
CURLcode td_easy_perform(struct td_easy *easy);
CURL *td_easy_duphandle(struct td_easy *easy);
void td_easy_reset(struct td_easy *easy);
void td_easy_cleanup(struct td_easy *easy);

/* info.c: `target` is what the host has passed. */
CURLcode td_easy_getinfo(struct td_easy *easy, CURLINFO info, void *target);

/* headers.c */
CURLHcode td_easy_header(struct td_easy *easy, const char *name, size_t index, unsigned int origin,
                         int request, struct curl_header **out);
struct curl_header *td_easy_nextheader(struct td_easy *easy, unsigned int origin, int request,
                                       struct curl_header *previous);

#endif
