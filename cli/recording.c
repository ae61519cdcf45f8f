/* SPDX-License-Identifier: MIT */
#include "recording.h"

#include <stdlib.h>

#include <tapedeck/share.h>

static int append(const char ***list, const char *value)
{
    size_t count = 0;
    while (*list && (*list)[count])
        count++;
    const char **more = realloc(*list, (count + 2) * sizeof *more);
    if (!more) {
        complain("out of memory");
        return -EXIT_INPUT;
    }
    more[count] = value;
    more[count + 1] = NULL;
    *list = more;
    return 1;
}

int recording_flags_take(struct recording_flags *flags, struct td_deck_options *deck,
                         const struct command *command, int option, const char *value)
{
    struct td_error err;
    int taken = 1;
    switch (option) {
    case FLAG_MODE:
        if (td_mode_parse(value, &deck->mode, &err) < 0)
            return -complain_usage(command, "%s", err.message);
        break;
    case FLAG_PASSTHROUGH:
        taken = append(&flags->passthrough, value);
        deck->passthrough = flags->passthrough;
        break;
    case FLAG_NO_TIMING:
        deck->no_timing = true;
        break;
    case FLAG_KEEP_BROKEN:
        deck->keep_broken = true;
        break;
    case FLAG_SECRET_ENV:
        if (!getenv(value))
            return -complain_usage(command, "--secret-env: there is no variable '%s'", value);
        taken = append(&flags->secret_env, value);
        deck->secret_env = flags->secret_env;
        break;
    default:
        return 0;
    }
    return taken;
}

void recording_flags_release(struct recording_flags *flags)
{
    free(flags->passthrough);
    free(flags->secret_env);
}

static const char *plural(size_t count)
{
    return count == 1 ? "" : "s";
}

static void say(struct td_deck *deck, const struct td_deck_counts *counts,
                const struct td_deck_saved *saved, const char *path)
{
    if (counts->dropped)
        complain("%zu response%s ended early and %s not recorded (--keep-broken records them)",
                 counts->dropped, plural(counts->dropped), counts->dropped == 1 ? "was" : "were");
    if (saved->busy)
        complain("%zu process%s still running: what %s records is saved by the next run, or by "
                 "'tapedeck check --fix %s'",
                 saved->busy, saved->busy == 1 ? " is" : "es are", saved->busy == 1 ? "it" : "they",
                 path);
    if (saved->aside)
        complain(
            "recorded %zu interaction%s in '%s.failed': the command failed, so '%s' was left as "
            "it is",
            saved->added, plural(saved->added), path, path);
    else if (saved->added)
        complain("recorded %zu interaction%s in '%s'%s, which has %zu now", saved->added,
                 plural(saved->added), path, saved->replaced ? " in place of what was there" : "",
                 saved->total);
    else if (!td_deck_processes(deck))
        complain("nothing was recorded: the command made no HTTP request through a shared "
                 "libcurl; what is linked statically, or uses another library, is not seen");
    else
        complain("nothing new was recorded");
}

void tell_found(const struct td_deck *deck, const char *path)
{
    size_t found = td_deck_found(deck);
    if (found)
        complain("added %zu interaction%s to '%s' that a recording had left when it was killed",
                 found, plural(found), path);
}

int finish_recording(struct td_deck *deck, const char *path, bool quiet, int code)
{
    struct td_error err;
    struct td_deck_counts counts;
    struct td_deck_saved saved;
    if (td_deck_save(deck, code == 0, &saved, &err) < 0)
        return complain_error(&err);
    td_deck_counts(deck, &counts);
    if (!quiet)
        say(deck, &counts, &saved, path);
    return counts.lost ? EXIT_INPUT : 0;
}
