/* SPDX-License-Identifier: MIT */
/* What tapedeck check prints, in all its formats. */
#ifndef TD_CLI_CHECK_REPORT_H
#define TD_CLI_CHECK_REPORT_H

#include <tapedeck/check.h>

#include "report.h"
#include "terminal.h"

/* What was found in all files. */
struct check_totals {
    size_t files, unreadable;
    size_t of[TD_FAULT + 1]; /* by severity */
};

enum { CHECK_MOST_RULES = 256 };

struct check_report {
    enum report_format format;
    struct terminal terminal;
    struct report_json json;
    const char *told[CHECK_MOST_RULES + 1]; /* rules whose advice was given, then NULL */
};

void check_report_begin(struct check_report *report, enum report_format format);
/* `fix`: what was changed is told, too. */
void check_report_file(struct check_report *report, const char *path, const struct td_check *check,
                       bool fix);
/* A file that could not be read or written. */
void check_report_failure(struct check_report *report, const char *path,
                          const struct td_error *err);
/* What has to come on standard output, at its end. */
void check_report_end(struct check_report *report, const struct check_totals *totals);
/* And then on standard error. */
void check_report_totals(const struct check_report *report, const struct check_totals *totals);

/* --list-rules */
void check_report_rules(enum report_format format);

#endif
