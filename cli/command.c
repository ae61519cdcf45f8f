/* SPDX-License-Identifier: MIT */
#include "command.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void complain(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fputs("tapedeck: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
}

int complain_error(const struct td_error *err)
{
    char line[sizeof err->file + sizeof err->message + 64];
    complain("%s", td_error_format(err, line, sizeof line));
    snprintf(line, sizeof line, "%s.journal", err->file);
    if (*err->file && access(err->file, F_OK) < 0 && access(line, F_OK) == 0)
        complain("'%s' is there: a recording is under way, or was killed; then 'tapedeck check "
                 "--fix %s' saves what it had",
                 line, err->file);
    return EXIT_INPUT;
}

int complain_usage(const struct command *command, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fprintf(stderr, "tapedeck %s: ", command->name);
    vfprintf(stderr, format, args);
    fprintf(stderr, "\nTry 'tapedeck %s --help'.\n", command->name);
    va_end(args);
    return EXIT_USAGE;
}

int complain_option(const struct command *command, int option, const char *word)
{
    /* Words may have been put in another order: that of a letter is not known. */
    char letter[] = {'-', (char)optopt, '\0'};
    if (option == '?' && optopt > ' ' && optopt < 0x7f && strncmp(word, "--", 2) != 0)
        word = letter;
    return option == ':' ? complain_usage(command, "'%s' needs a value", word)
                         : complain_usage(command, "no option '%s'", word);
}

int finish_output(int code)
{
    errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout))
        return code;
    complain("cannot write to standard output: %s", strerror(errno ? errno : EIO));
    return EXIT_INPUT;
}
