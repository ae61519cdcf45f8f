/* SPDX-License-Identifier: MIT */
/*
 * Loading a cassette and saving it afresh, and each on its own: medians of so many rounds, in
 * seconds, on one line: "both load save". The file is replaced by nothing: what is saved goes to
 * OUT.
 *
 *   bench_roundtrip CASSETTE OUT [ROUNDS]
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "cassette/emit.h"
#include "cassette/reader.h"

enum { MAX_ROUNDS = 99 };

static void die(const char *what)
{
    fprintf(stderr, "bench_roundtrip: %s\n", what);
    exit(2);
}

static double now(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, int count)
{
    qsort(values, (size_t)count, sizeof *values, compare);
    return values[count / 2];
}

static struct td_cassette *load(const char *path)
{
    struct td_cassette *cassette;
    struct td_error err;
    if (td_cassette_load(path, &cassette, &err) < 0)
        die(err.message);
    return cassette;
}

static void save(const struct td_cassette *cassette, const char *path)
{
    struct td_buf out;
    td_buf_init(&out);
    td_emit_cassette(&out, cassette, TD_LAYOUT_COMPACT);
    FILE *file = fopen(path, "w");
    if (td_buf_failed(&out) || !file || fwrite(out.data, 1, out.len, file) != out.len ||
        fclose(file) != 0)
        die("cannot write");
    td_buf_release(&out);
}

int main(int argc, char **argv)
{
    int rounds = argc > 3 ? (int)strtol(argv[3], NULL, 10) : 5;
    double both[MAX_ROUNDS], loads[MAX_ROUNDS], saves[MAX_ROUNDS];
    if (argc < 3 || rounds < 1 || rounds > MAX_ROUNDS)
        die("CASSETTE OUT [ROUNDS], 1 to 99");
    for (int i = 0; i < rounds; i++) {
        double start = now();
        struct td_cassette *cassette = load(argv[1]);
        double loaded = now();
        save(cassette, argv[2]);
        double saved = now();
        td_cassette_free(cassette);
        both[i] = saved - start;
        loads[i] = loaded - start;
        saves[i] = saved - loaded;
    }
    printf("%.6f %.6f %.6f\n", median(both, rounds), median(loads, rounds), median(saves, rounds));
    return 0;
}
