/* SPDX-License-Identifier: MIT */
/* `scenario NAME MAIN OTHER CROSS RAW`: runs one scenario; `scenario --list` names them all. */
#include "scenario.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct scenario *const themes[] = {
    scenarios_redirect, scenarios_body,  scenarios_upload, scenarios_auth, scenarios_cookie,
    scenarios_flow,     scenarios_multi, scenarios_handle, scenarios_url,
};

enum { KEPT = 8, MAX_URL = 2048 };

static const char *print_url(const char *format, ...) __attribute__((format(printf, 1, 2)));
static const char *print_url(const char *format, ...)
{
    static char texts[KEPT][MAX_URL];
    static unsigned next;
    char *text = texts[next++ % KEPT];
    va_list args;
    va_start(args, format);
    if (vsnprintf(text, MAX_URL, format, args) >= MAX_URL)
        abort();
    va_end(args);
    return text;
}

const char *url_at(const char *base, const char *path)
{
    return print_url("%s%s", base, path);
}

const char *url_redirect(const char *base, int code, const char *target)
{
    char *escaped = curl_easy_escape(NULL, target, 0);
    if (!escaped)
        abort();
    const char *text = print_url("%s/up/redirect?code=%d&to=%s", base, code, escaped);
    curl_free(escaped);
    return text;
}

struct transcript *fetch_new(const char *label, unsigned flags, const char *url)
{
    struct transcript *t = transcript_new(label, flags);
    curl_easy_setopt(t->easy, CURLOPT_URL, url);
    return t;
}

void fetch(const char *label, unsigned flags, const char *url)
{
    struct transcript *t = fetch_new(label, flags, url);
    transcript_perform(t);
    transcript_free(t);
}

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IOLBF, 0); /* a run that hangs shows how far it came */
    for (size_t theme = 0; theme < sizeof(themes) / sizeof(*themes); theme++)
        for (const struct scenario *s = themes[theme]; s->name; s++) {
            if (argc == 2 && strcmp(argv[1], "--list") == 0) {
                puts(s->name);
            } else if (argc == 6 && strcmp(argv[1], s->name) == 0) {
                struct places places = {argv[2], argv[3], argv[4], argv[5]};
                curl_global_init(CURL_GLOBAL_ALL);
                s->run(&places);
                curl_global_cleanup();
                return 0;
            }
        }
    if (argc == 2 && strcmp(argv[1], "--list") == 0)
        return 0;
    fprintf(stderr, "usage: scenario NAME MAIN OTHER CROSS RAW | scenario --list\n");
    return 2;
}
