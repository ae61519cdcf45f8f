/* SPDX-License-Identifier: MIT */
/* What tapedeck scrub has found, in each of its formats. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <tapedeck/tapedeck.h>

#include "report.h"
#include "scrub.h"

struct scrub_report {
    enum scrub_format format;
    FILE *out;
    bool removes; /* what was found is taken out */
    bool colour;
    struct report_json json;
    size_t findings, accepted, files, files_with;
    const char *done;
};

static void begin_sarif(struct scrub_report *report)
{
    struct report_json *json = &report->json;
    struct td_scrub_rule rule;
    const char *last = "";
    report_json_object(json, NULL);
    report_json_string(json, "$schema", "https://json.schemastore.org/sarif-2.1.0.json");
    report_json_string(json, "version", "2.1.0");
    report_json_array(json, "runs");
    report_json_object(json, NULL);
    report_json_object(json, "tool");
    report_json_object(json, "driver");
    report_json_string(json, "name", "tapedeck");
    report_json_string(json, "version", td_version());
    report_json_array(json, "rules");
    for (size_t i = 0; td_scrub_rule_at(i, &rule); i++) {
        /* A rule may have several entries; SARIF wants each id once. */
        struct td_scrub_rule other;
        bool told = strcmp(rule.id, last) == 0;
        for (size_t k = 0; k < i && !told && td_scrub_rule_at(k, &other); k++)
            told = strcmp(rule.id, other.id) == 0;
        last = rule.id;
        if (told)
            continue;
        report_json_object(json, NULL);
        report_json_string(json, "id", rule.id);
        report_json_object(json, "shortDescription");
        report_json_string(json, "text", rule.what);
        report_json_end_object(json);
        report_json_object(json, "help");
        report_json_string(json, "text",
                           "Take it out with 'tapedeck scrub', and consider it known: revoke it.");
        report_json_end_object(json);
        report_json_end_object(json);
    }
    report_json_end_array(json);
    report_json_end_object(json);
    report_json_end_object(json);
    report_json_string(json, "columnKind", "unicodeCodePoints");
    report_json_array(json, "results");
}

struct scrub_report *scrub_report_begin(enum scrub_format format, FILE *out, bool removes)
{
    struct scrub_report *report = calloc(1, sizeof *report);
    if (!report)
        return NULL;
    report->format = format;
    report->out = out;
    report->removes = removes;
    report->colour = report_colour(out);
    report->json.out = out;
    if (format == SCRUB_SARIF) {
        begin_sarif(report);
    } else if (format == SCRUB_JSON) {
        report_json_object(&report->json, NULL);
        report_json_array(&report->json, "findings");
    }
    return report;
}

/* "a token, by its name (of the variable X)" */
static void describe(char *text, size_t size, const struct td_scrub_finding *finding)
{
    if (finding->variable)
        snprintf(text, size, "the value of the variable %s", finding->variable);
    else
        snprintf(text, size, "%s", finding->what);
}

/* "interaction 2, request header Authorization: what there is" */
static void say(char *text, size_t size, const struct td_scrub_finding *finding)
{
    char what[256];
    describe(what, sizeof what, finding);
    if (finding->interaction >= 0)
        snprintf(text, size, "interaction %" PRId64 ", %s: %s", finding->interaction, finding->part,
                 what);
    else
        snprintf(text, size, "%s: %s", finding->part, what);
}

static void put_text(struct scrub_report *report, const char *path,
                     const struct td_scrub_finding *finding)
{
    char text[1024];
    FILE *out = report->out;
    say(text, sizeof text, finding);
    report_text(out, path);
    fprintf(out, ":%u:%u: ", finding->line, finding->column);
    report_text(out, text);
    fprintf(out, report->colour ? " [\033[33m%s\033[0m]\n" : " [%s]\n", finding->rule);
}

static void put_github(struct scrub_report *report, const char *path,
                       const struct td_scrub_finding *finding)
{
    char text[1024], title[128];
    say(text, sizeof text, finding);
    snprintf(title, sizeof title, "secret: %s", finding->rule);
    report_annotate(report->out, &(struct report_annotation){
                                     .level = report->removes ? "notice" : "error",
                                     .file = path,
                                     .line = finding->line,
                                     .column = finding->column,
                                     .title = title,
                                     .message = text,
                                 });
}

static void put_json(struct scrub_report *report, const char *path,
                     const struct td_scrub_finding *finding)
{
    struct report_json *json = &report->json;
    report_json_object(json, NULL);
    report_json_string(json, "file", path);
    report_json_number(json, "line", finding->line);
    report_json_number(json, "column", finding->column);
    report_json_string(json, "rule", finding->rule);
    report_json_string(json, "what", finding->what);
    report_json_string(json, "part", finding->part);
    if (finding->interaction >= 0)
        report_json_number(json, "interaction", finding->interaction);
    if (finding->variable)
        report_json_string(json, "variable", finding->variable);
    report_json_number(json, "length", (int64_t)finding->length);
    report_json_string(json, "fingerprint", finding->fingerprint);
    report_json_end_object(json);
}

/* A path as a URI reference: what a URI cannot hold is percent-encoded. */
static void put_uri(struct report_json *json, const char *key, const char *path)
{
    static const char plain[] = "-._~/!$&'()*+,;=@";
    char uri[4096];
    size_t len = 0;
    for (; *path && len + 4 < sizeof uri; path++) {
        unsigned char c = (unsigned char)*path, letter = c | 0x20;
        if ((letter >= 'a' && letter <= 'z') || (c >= '0' && c <= '9') || strchr(plain, c))
            uri[len++] = (char)c;
        else
            len += (size_t)snprintf(uri + len, sizeof uri - len, "%%%02X", c);
    }
    uri[len] = '\0';
    report_json_string(json, key, uri);
}

static void put_sarif(struct scrub_report *report, const char *path,
                      const struct td_scrub_finding *finding)
{
    struct report_json *json = &report->json;
    char text[1024];
    say(text, sizeof text, finding);
    report_json_object(json, NULL);
    report_json_string(json, "ruleId", finding->rule);
    report_json_string(json, "level", report->removes ? "note" : "error");
    report_json_object(json, "message");
    report_json_string(json, "text", text);
    report_json_end_object(json);
    report_json_array(json, "locations");
    report_json_object(json, NULL);
    report_json_object(json, "physicalLocation");
    report_json_object(json, "artifactLocation");
    put_uri(json, "uri", path);
    report_json_end_object(json);
    report_json_object(json, "region");
    report_json_number(json, "startLine", finding->line ? finding->line : 1);
    report_json_number(json, "startColumn", finding->column ? finding->column : 1);
    report_json_end_object(json);
    report_json_end_object(json);
    report_json_end_object(json);
    report_json_end_array(json);
    report_json_object(json, "partialFingerprints");
    report_json_string(json, "tapedeckSecret/v1", finding->fingerprint);
    report_json_end_object(json);
    report_json_end_object(json);
}

void scrub_report_finding(struct scrub_report *report, const char *path,
                          const struct td_scrub_finding *finding)
{
    static void (*const put[])(struct scrub_report *, const char *,
                               const struct td_scrub_finding *) = {
        [SCRUB_TEXT] = put_text,
        [SCRUB_JSON] = put_json,
        [SCRUB_SARIF] = put_sarif,
        [SCRUB_GITHUB] = put_github,
    };
    put[report->format](report, path, finding);
}

void scrub_report_file(struct scrub_report *report, const char *path, size_t findings,
                       size_t accepted, const char *done)
{
    (void)path;
    report->files++;
    report->files_with += findings != 0;
    report->findings += findings;
    report->accepted += accepted;
    if (findings || !report->done)
        report->done = done;
}

static void end_text(const struct scrub_report *report)
{
    FILE *out = report->out;
    if (!report->findings)
        fprintf(out, "%zu file%s: no secrets", report->files, report->files == 1 ? "" : "s");
    else
        fprintf(out, "%zu file%s: %zu secret%s in %zu, %s", report->files,
                report->files == 1 ? "" : "s", report->findings, report->findings == 1 ? "" : "s",
                report->files_with, report->done);
    if (report->accepted)
        fprintf(out, "; %zu accepted", report->accepted);
    fputc('\n', out);
}

void scrub_report_end(struct scrub_report *report)
{
    struct report_json *json = &report->json;
    switch (report->format) {
    case SCRUB_TEXT:
        if (report->files)
            end_text(report);
        break;
    case SCRUB_JSON:
        report_json_end_array(json);
        report_json_number(json, "files", (int64_t)report->files);
        report_json_number(json, "found", (int64_t)report->findings);
        report_json_number(json, "accepted", (int64_t)report->accepted);
        report_json_bool(json, "removed", report->removes);
        report_json_end_object(json);
        break;
    case SCRUB_SARIF:
        report_json_end_array(json);
        report_json_end_object(json);
        report_json_end_array(json);
        report_json_end_object(json);
        break;
    case SCRUB_GITHUB:
        break;
    }
    free(report);
}
