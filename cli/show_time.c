/* SPDX-License-Identifier: MIT */
/* tapedeck show: when the pieces of a response came. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "show.h"

enum { BAR_MOST = 64, BAR_LEAST = 8 };

static int compare(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

int timeline_read(struct timeline *timeline, const struct td_interaction *interaction)
{
    size_t count = td_interaction_arrival_count(interaction), len;
    int64_t at, last = 0;
    *timeline = (struct timeline){.count = count, .median_gap = -1, .longest_gap = -1};
    if (!count)
        return 0;
    int64_t *gaps = calloc(count, sizeof *gaps);
    if (!gaps)
        return TD_ERR_NOMEM;
    for (size_t i = 0; td_interaction_arrival(interaction, i, &len, &at); i++) {
        timeline->bytes += len;
        if (i == 0) {
            timeline->first = at;
        } else {
            gaps[i - 1] = at - last;
            if (at - last > timeline->longest_gap) {
                timeline->longest_gap = at - last;
                timeline->longest_before = i + 1;
            }
        }
        last = at;
    }
    timeline->last = last;
    if (count > 1) {
        qsort(gaps, count - 1, sizeof *gaps, compare);
        timeline->median_gap = gaps[(count - 1) / 2];
    }
    free(gaps);
    return 0;
}

void timeline_print_time(FILE *out, int64_t nanoseconds)
{
    double time = (double)nanoseconds;
    if (nanoseconds >= 1000000000)
        fprintf(out, "%.2f s", time / 1e9);
    else if (nanoseconds >= 10000000)
        fprintf(out, "%.0f ms", time / 1e6);
    else
        fprintf(out, "%.3g ms", time / 1e6);
}

/* The bytes of each slice of time as a bar: a piece that took its time to come stands behind empty
 * slices. */
static void print_bar(const struct terminal *terminal, const struct td_interaction *interaction,
                      const struct timeline *timeline, unsigned width)
{
    static const char *const blocks[] = {"·", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    static const char *const letters[] = {".", "_", "-", "=", "+", "*", "%", "@", "#"};
    const char *const *levels = terminal->utf8 ? blocks : letters;
    size_t slices[BAR_MOST] = {0}, most = 1, len;
    int64_t at;
    for (size_t i = 0; td_interaction_arrival(interaction, i, &len, &at); i++) {
        /* Times of days would overflow. */
        size_t slice = (size_t)((double)at / ((double)timeline->last + 1) * width);
        if (slice >= width)
            slice = width - 1;
        slices[slice] += len;
        if (slices[slice] > most)
            most = slices[slice];
    }
    for (unsigned i = 0; i < width; i++) {
        size_t level = (size_t)((double)slices[i] * 8 / (double)most + 0.999);
        fputs(levels[level > 8 ? 8 : level], stdout);
    }
}

void timeline_print(const struct terminal *terminal, const struct td_interaction *interaction)
{
    struct timeline timeline;
    if (timeline_read(&timeline, interaction) < 0 || !timeline.count)
        return;
    unsigned width =
        terminal->width && terminal->width < BAR_MOST + 2 ? terminal->width - 2 : BAR_MOST;
    terminal_heading(terminal, "timeline");
    if (terminal->width == 0 || terminal->width >= BAR_LEAST + 2) {
        fputs("  ", stdout);
        print_bar(terminal, interaction, &timeline, width);
        putchar('\n');
    }
    char *data = NULL;
    size_t len = 0;
    FILE *text = open_memstream(&data, &len);
    if (!text)
        return;
    fprintf(text, "%zu chunk%s, %zu bytes in ", timeline.count, timeline.count == 1 ? "" : "s",
            timeline.bytes);
    timeline_print_time(text, timeline.last);
    fputs("; the first after ", text);
    timeline_print_time(text, timeline.first);
    if (timeline.count > 1) {
        fputs("; gaps: median ", text);
        timeline_print_time(text, timeline.median_gap);
        fputs(", longest ", text);
        timeline_print_time(text, timeline.longest_gap);
        fprintf(text, " before chunk %zu", timeline.longest_before);
    }
    fclose(text);
    fputs("  ", stdout);
    terminal_wrap(terminal, 2, data, len);
    free(data);
}
