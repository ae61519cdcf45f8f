/* SPDX-License-Identifier: MIT */
/* Text for people on standard output, as wide as the terminal is. Nothing in a text can give the
 * terminal orders: report.h escapes it. */
#ifndef TD_CLI_TERMINAL_H
#define TD_CLI_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

struct terminal {
    bool colour;
    bool utf8;      /* it shows more than ASCII */
    unsigned width; /* 0: not a terminal, lines are as long as they are */
};

/* What standard output is. */
void terminal_init(struct terminal *terminal);

/* Several lines as they stand; ends in a line feed. CR LF is one, a tab stays. */
void terminal_lines(const char *data, size_t len);
/* Several lines, each wrapped between words where the terminal has a width, and indented: the
 * cursor is at `indent` already. Ends in a line feed. */
void terminal_wrap(const struct terminal *terminal, unsigned indent, const char *data, size_t len);
/* A label in a column of its own, then the text beside it; on its own line where it is narrow. */
void terminal_labelled(const struct terminal *terminal, const char *style, const char *label,
                       size_t label_len, const char *data, size_t len);
/* "--- heading" */
void terminal_heading(const struct terminal *terminal, const char *heading);

#define STYLE_BOLD   "\033[1m"
#define STYLE_DIM    "\033[2m"
#define STYLE_BLUE   "\033[34m"
#define STYLE_GREEN  "\033[32m"
#define STYLE_RED    "\033[31m"
#define STYLE_YELLOW "\033[33m"

/* Turns a style on, or with NULL off; nothing where there is no colour. */
void terminal_style(const struct terminal *terminal, const char *style);

#endif
