/* SPDX-License-Identifier: MIT */
/*
 * A library to be preloaded, whose setlocale() does nothing. With an address sanitizer's runtime
 * in front, programs that are linked with Debian's libcurl hang in the second setlocale() of the C
 * library, with no Tapedeck in sight; without one they can be run in a sanitized build, too.
 */
#include <locale.h>

char *setlocale(int category, const char *locale)
{
    static char name[] = "C";
    (void)category, (void)locale;
    return name;
}

/* The same lock: strerror() takes it, and p11-kit frees a locale when a program ends. */
void freelocale(locale_t locale)
{
    (void)locale;
}
