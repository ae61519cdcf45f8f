/* SPDX-License-Identifier: MIT */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void fill(struct td_error *err, int code, const char *file, unsigned line, unsigned column,
                 const char *format, va_list args)
{
    if (!err)
        return;
    err->code = code;
    err->line = line;
    err->column = column;
    snprintf(err->file, sizeof err->file, "%s", file ? file : "");
    vsnprintf(err->message, sizeof err->message, format, args);
    /* A message is one line, whatever was quoted in it. */
    for (char *c = err->message; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            *c = ' ';
}

int td_error_set(struct td_error *err, int code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fill(err, code, NULL, 0, 0, format, args);
    va_end(args);
    return code;
}

int td_error_set_at(struct td_error *err, int code, const char *file, unsigned line,
                    unsigned column, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fill(err, code, file, line, column, format, args);
    va_end(args);
    return code;
}

int td_error_nomem(struct td_error *err)
{
    return td_error_set(err, TD_ERR_NOMEM, "out of memory");
}

char *td_error_format(const struct td_error *err, char *text, size_t size)
{
    if (!size)
        return text;
    if (err->file[0] && err->line)
        snprintf(text, size, "%s:%u:%u: %s", err->file, err->line, err->column ? err->column : 1,
                 err->message);
    else if (err->file[0])
        snprintf(text, size, "%s: %s", err->file, err->message);
    else
        snprintf(text, size, "%s", err->message);
    return text;
}
