/* SPDX-License-Identifier: MIT */
/* Findings that were accepted. They stand in the file under its path and the finding's fingerprint,
 * which tells nothing of the secret; so lines may move, and interactions come and go. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "scrub.h"

struct scrub_baseline {
    char **lines; /* "path<tab>fingerprint" */
    size_t count;
    size_t capacity;
    bool sorted;
};

struct scrub_baseline *scrub_baseline_new(void)
{
    return calloc(1, sizeof(struct scrub_baseline));
}

void scrub_baseline_free(struct scrub_baseline *baseline)
{
    if (!baseline)
        return;
    for (size_t i = 0; i < baseline->count; i++)
        free(baseline->lines[i]);
    free(baseline->lines);
    free(baseline);
}

/* Takes the line over. */
static bool add_line(struct scrub_baseline *baseline, char *line)
{
    if (line && baseline->count == baseline->capacity) {
        size_t more = baseline->capacity ? baseline->capacity * 2 : 16;
        char **lines = reallocarray(baseline->lines, more, sizeof *lines);
        if (!lines) {
            free(line);
            return false;
        }
        baseline->lines = lines;
        baseline->capacity = more;
    }
    if (line)
        baseline->lines[baseline->count++] = line;
    baseline->sorted = false;
    return line != NULL;
}

static int compare_lines(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void sort(struct scrub_baseline *baseline)
{
    if (!baseline->sorted && baseline->count)
        qsort(baseline->lines, baseline->count, sizeof *baseline->lines, compare_lines);
    baseline->sorted = true;
}

static char *join(const char *path, const char *fingerprint)
{
    char *line;
    return asprintf(&line, "%s\t%s", path, fingerprint) < 0 ? NULL : line;
}

bool scrub_baseline_add(struct scrub_baseline *baseline, const char *path, const char *fingerprint)
{
    return add_line(baseline, join(path, fingerprint));
}

bool scrub_baseline_has(const struct scrub_baseline *baseline, const char *path,
                        const char *fingerprint)
{
    char *line = join(path, fingerprint);
    bool found =
        line && baseline->count &&
        bsearch(&line, baseline->lines, baseline->count, sizeof *baseline->lines, compare_lines);
    free(line);
    return found;
}

struct scrub_baseline *scrub_baseline_read(const char *path)
{
    FILE *in = fopen(path, "re");
    struct scrub_baseline *baseline = scrub_baseline_new();
    char *line = NULL;
    size_t size = 0, number = 0;
    bool good = in && baseline;
    if (!in)
        complain("%s: %s", path, strerror(errno));
    for (ssize_t len; good && (len = getline(&line, &size, in)) > 0;) {
        number++;
        while (len && strchr("\r\n", line[len - 1]))
            line[--len] = '\0';
        if (!len || *line == '#')
            continue;
        if (!strchr(line, '\t')) {
            complain("%s:%zu: not a line of a baseline: a path, a tab and a fingerprint "
                     "('tapedeck scrub --write-baseline' writes them)",
                     path, number);
            good = false;
        } else {
            good = add_line(baseline, strdup(line));
        }
    }
    if (good && ferror(in)) {
        complain("%s: %s", path, strerror(errno));
        good = false;
    }
    if (in)
        fclose(in);
    free(line);
    if (!good) {
        scrub_baseline_free(baseline);
        return NULL;
    }
    sort(baseline);
    return baseline;
}

int scrub_baseline_write(struct scrub_baseline *baseline, const char *path)
{
    FILE *out = fopen(path, "we");
    if (!out) {
        complain("%s: %s", path, strerror(errno));
        return EXIT_INPUT;
    }
    sort(baseline);
    fputs("# Findings of 'tapedeck scrub --check' that are accepted: file, rule and fingerprint.\n",
          out);
    for (size_t i = 0; i < baseline->count; i++)
        if (!i || strcmp(baseline->lines[i], baseline->lines[i - 1]) != 0)
            fprintf(out, "%s\n", baseline->lines[i]);
    bool failed = ferror(out);
    if (fclose(out) || failed) {
        complain("%s: %s", path, strerror(errno));
        return EXIT_INPUT;
    }
    return EXIT_CLEAN;
}
