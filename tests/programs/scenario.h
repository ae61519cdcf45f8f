/* SPDX-License-Identifier: MIT */
/*
 * Scenarios: small programs against plain libcurl, each by its name. They know nothing of
 * Tapedeck; whether the far end is a server or a tape must not show in what they print.
 */
#ifndef SCENARIO_H
#define SCENARIO_H

#include "transcript.h"

/* The servers, each as scheme://host:port. */
struct places {
    const char *main;  /* a.localhost */
    const char *other; /* the same server by another name, b.localhost */
    const char *cross; /* a.localhost by the other scheme */
    const char *raw;   /* a.localhost: the upstream without nginx before it, HTTP/1.1 only */
};

struct scenario {
    const char *name;
    void (*run)(const struct places *places);
};

/* Each ends with a NULL name. */
extern const struct scenario scenarios_redirect[];
extern const struct scenario scenarios_body[];
extern const struct scenario scenarios_upload[];
extern const struct scenario scenarios_auth[];
extern const struct scenario scenarios_cookie[];
extern const struct scenario scenarios_flow[];
extern const struct scenario scenarios_multi[];
extern const struct scenario scenarios_handle[];
extern const struct scenario scenarios_url[];

/* "base" + "path"; good until eight more were asked for. */
const char *url_at(const char *base, const char *path);
/* The URL of a redirect: base/up/redirect?code=CODE&to=TARGET, the target escaped. */
const char *url_redirect(const char *base, int code, const char *target);

/* A handle for this URL; GET it, print everything, free it. */
struct transcript *fetch_new(const char *label, unsigned flags, const char *url);
void fetch(const char *label, unsigned flags, const char *url);

#endif
