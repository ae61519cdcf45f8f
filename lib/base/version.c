/* SPDX-License-Identifier: MIT */
#include <tapedeck/tapedeck.h>

const char *td_version(void)
{
    return TD_VERSION;
}
