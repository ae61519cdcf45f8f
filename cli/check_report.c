/* SPDX-License-Identifier: MIT */
#include "check_report.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"

/* ---- Text ---- */

static const char *style_of(enum td_severity severity)
{
    return severity == TD_FAULT ? STYLE_RED : severity == TD_WARNING ? STYLE_YELLOW : STYLE_BLUE;
}

/* "a.yaml:7:3: LABEL: interaction 2: what there is to tell [rule]" */
static void print_line(const char *path, const struct td_check_finding *finding, const char *label,
                       const struct terminal *terminal, const char *style)
{
    report_text(stdout, path);
    if (finding->line)
        printf(":%u:%u", finding->line, finding->column);
    fputs(": ", stdout);
    terminal_style(terminal, style);
    printf("%s:", label);
    terminal_style(terminal, NULL);
    putchar(' ');
    if (finding->of_one)
        printf("interaction %" PRId64 ": ", finding->id);
    report_text(stdout, finding->message);
    printf(" [%s]\n", finding->rule->name);
}

/* What to do is told once for each rule: `told` remembers where it was. */
static void print_finding(const char *path, const struct td_check_finding *finding,
                          const struct terminal *terminal, const char *told[])
{
    const struct td_check_rule *rule = finding->rule;
    print_line(path, finding, td_severity_name(rule->severity), terminal, style_of(rule->severity));
    for (; *told; told++)
        if (*told == rule->name)
            return;
    *told = rule->name;
    printf("    %s\n", rule->advice);
}

/* ---- GitHub ---- */

/* `more` is a second line, of any finding or change. */
static void annotate(const char *path, const struct td_check_finding *finding, const char *level,
                     const char *more)
{
    char *message;
    int len = finding->of_one ? asprintf(&message, "interaction %" PRId64 ": %s\n%s", finding->id,
                                         finding->message, more)
                              : asprintf(&message, "%s\n%s", finding->message, more);
    report_annotate(stdout, &(struct report_annotation){
                                .level = level,
                                .file = path,
                                .line = finding->line,
                                .column = finding->column,
                                .title = finding->rule->name,
                                .message = len < 0 ? finding->message : message,
                            });
    if (len >= 0)
        free(message);
}

/* ---- JSON ---- */

/* What was found, or a change: `finding` with its severity and advice. */
static void write_finding(struct report_json *json, const struct td_check_finding *finding,
                          bool change)
{
    report_json_object(json, NULL);
    report_json_string(json, "rule", finding->rule->name);
    if (!change)
        report_json_string(json, "severity", td_severity_name(finding->rule->severity));
    if (finding->line) {
        report_json_number(json, "line", finding->line);
        report_json_number(json, "column", finding->column);
    } else {
        report_json_null(json, "line");
        report_json_null(json, "column");
    }
    if (finding->of_one)
        report_json_number(json, "interaction", finding->id);
    else
        report_json_null(json, "interaction");
    report_json_string(json, "message", finding->message);
    if (!change)
        report_json_string(json, "advice", finding->rule->advice);
    report_json_end_object(json);
}

typedef const struct td_check_finding *finding_at(const struct td_check *check, size_t position);

static void report_changes(struct check_report *report, const char *path,
                           const struct td_check *check, finding_at *change_at, bool done)
{
    const struct td_check_finding *change;
    if (report->format == REPORT_JSON)
        report_json_array(&report->json, done ? "fixed" : "unfixed");
    for (size_t i = 0; (change = change_at(check, i)); i++) {
        if (report->format == REPORT_JSON)
            write_finding(&report->json, change, true);
        else if (report->format == REPORT_GITHUB)
            annotate(path, change, "notice", done ? "fixed" : "not fixed");
        else
            print_line(path, change, done ? "fixed" : "not fixed", &report->terminal,
                       done ? STYLE_GREEN : STYLE_YELLOW);
    }
    if (report->format == REPORT_JSON)
        report_json_end_array(&report->json);
}

static void report_findings(struct check_report *report, const char *path,
                            const struct td_check *check)
{
    static const char *const levels[] = {"notice", "warning", "error"};
    const struct td_check_finding *finding;
    if (report->format == REPORT_JSON)
        report_json_array(&report->json, "findings");
    for (size_t i = 0; (finding = td_check_at(check, i)); i++) {
        if (report->format == REPORT_JSON)
            write_finding(&report->json, finding, false);
        else if (report->format == REPORT_GITHUB)
            annotate(path, finding, levels[finding->rule->severity], finding->rule->advice);
        else
            print_finding(path, finding, &report->terminal, report->told);
    }
    if (report->format == REPORT_JSON)
        report_json_end_array(&report->json);
}

void check_report_file(struct check_report *report, const char *path, const struct td_check *check,
                       bool fix)
{
    if (report->format == REPORT_JSON) {
        report_json_object(&report->json, NULL);
        report_json_string(&report->json, "file", path);
        report_json_null(&report->json, "error");
    }
    if (fix) {
        report_changes(report, path, check, td_check_fixed_at, true);
        report_changes(report, path, check, td_check_unfixed_at, false);
    }
    report_findings(report, path, check);
    if (report->format == REPORT_JSON)
        report_json_end_object(&report->json);
}

void check_report_failure(struct check_report *report, const char *path, const struct td_error *err)
{
    if (report->format == REPORT_JSON) {
        report_json_object(&report->json, NULL);
        report_json_string(&report->json, "file", path);
        report_json_string(&report->json, "error", err->message);
        report_json_array(&report->json, "findings");
        report_json_end_array(&report->json);
        report_json_end_object(&report->json);
    } else if (report->format == REPORT_GITHUB) {
        report_annotate(stdout, &(struct report_annotation){
                                    .level = "error",
                                    .file = path,
                                    .title = "unreadable",
                                    .message = err->message,
                                });
    }
    fflush(stdout);
    complain_error(err);
}

/* ---- All of it ---- */

void check_report_begin(struct check_report *report, enum report_format format)
{
    struct report_json *json = &report->json;
    *report = (struct check_report){.format = format, .json.out = stdout};
    terminal_init(&report->terminal);
    if (format != REPORT_JSON)
        return;
    report_json_object(json, NULL);
    report_json_number(json, "version", 1);
    report_json_array(json, "files");
}

void check_report_end(struct check_report *report, const struct check_totals *totals)
{
    struct report_json *json = &report->json;
    if (report->format != REPORT_JSON)
        return;
    report_json_end_array(json);
    report_json_number(json, "errors", (int64_t)totals->of[TD_FAULT]);
    report_json_number(json, "warnings", (int64_t)totals->of[TD_WARNING]);
    report_json_number(json, "notes", (int64_t)totals->of[TD_NOTE]);
    report_json_number(json, "unreadable", (int64_t)totals->unreadable);
    report_json_end_object(json);
}

void check_report_totals(const struct check_report *report, const struct check_totals *totals)
{
    static const char *const ending[] = {"s", ""};
    if (report->format != REPORT_TEXT)
        return;
    if (!totals->of[TD_FAULT] && !totals->of[TD_WARNING] && !totals->of[TD_NOTE])
        return;
    complain("%zu error%s, %zu warning%s, %zu note%s in %zu file%s", totals->of[TD_FAULT],
             ending[totals->of[TD_FAULT] == 1], totals->of[TD_WARNING],
             ending[totals->of[TD_WARNING] == 1], totals->of[TD_NOTE],
             ending[totals->of[TD_NOTE] == 1], totals->files, ending[totals->files == 1]);
}

/* ---- Rules ---- */

void check_report_rules(enum report_format format)
{
    struct report_json json = {.out = stdout};
    const struct td_check_rule *rule;
    if (format == REPORT_JSON)
        report_json_array(&json, NULL);
    for (size_t i = 0; (rule = td_check_rule_at(i)); i++) {
        if (format != REPORT_JSON) {
            printf("%s%s (%s%s)\n    %s\n    To do: %s\n", i ? "\n" : "", rule->name,
                   td_severity_name(rule->severity), rule->fixable ? ", --fix" : "", rule->summary,
                   rule->advice);
            continue;
        }
        report_json_object(&json, NULL);
        report_json_string(&json, "rule", rule->name);
        report_json_string(&json, "severity", td_severity_name(rule->severity));
        report_json_bool(&json, "fixable", rule->fixable);
        report_json_string(&json, "summary", rule->summary);
        report_json_string(&json, "advice", rule->advice);
        report_json_end_object(&json);
    }
    if (format == REPORT_JSON)
        report_json_end_array(&json);
}
