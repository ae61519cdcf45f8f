/* SPDX-License-Identifier: MIT */
/* tapedeck scrub: what its parts share. */
#ifndef TD_CLI_SCRUB_H
#define TD_CLI_SCRUB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <tapedeck/scrub.h>

enum scrub_format { SCRUB_TEXT, SCRUB_JSON, SCRUB_SARIF, SCRUB_GITHUB };

/* What is told of the findings of all files. Text and GitHub's commands come as they are found,
 * JSON and SARIF are one text: begin, a call for each finding, end. */
struct scrub_report;

struct scrub_report *scrub_report_begin(enum scrub_format format, FILE *out, bool removes);
void scrub_report_finding(struct scrub_report *report, const char *path,
                          const struct td_scrub_finding *finding);
/* What was done with the file behind its findings: "scrubbed", ... */
void scrub_report_file(struct scrub_report *report, const char *path, size_t findings,
                       size_t accepted, const char *done);
void scrub_report_end(struct scrub_report *report);

/* Findings that were accepted: "FILE<tab>FINGERPRINT" a line, '#' before a comment. */
struct scrub_baseline;

/* NULL, and a complaint was made, where the file could not be read or is none. */
struct scrub_baseline *scrub_baseline_read(const char *path);
struct scrub_baseline *scrub_baseline_new(void);
void scrub_baseline_free(struct scrub_baseline *baseline);
bool scrub_baseline_has(const struct scrub_baseline *baseline, const char *path,
                        const char *fingerprint);
/* False: memory ran out. */
bool scrub_baseline_add(struct scrub_baseline *baseline, const char *path, const char *fingerprint);
/* Sorted, each once. 0 or an exit code, with a complaint. */
int scrub_baseline_write(struct scrub_baseline *baseline, const char *path);

/* The lines that are to change, without what is to go: of that only its length. */
void scrub_diff(FILE *out, const char *path, const char *before, size_t before_len,
                const char *after, size_t after_len);

#endif
