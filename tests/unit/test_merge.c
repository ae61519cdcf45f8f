/* SPDX-License-Identifier: MIT */
/* From journals to the cassette: in order, whole, once. (Kills: tests/behaviour/run_crowd.py.) */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <dirent.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "cassette/reader.h"
#include "deck/journal.h"
#include "deck/merge.h"

static char folder[64], cassette[128], journal[160];

static int set_up(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "%s", "/tmp/tapedeck-test-XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    snprintf(cassette, sizeof cassette, "%s/hello.yaml", folder);
    snprintf(journal, sizeof journal, "%s.journal", cassette);
    return 0;
}

/* Where nothing but the cassette is left. */
static int tear_down(void **state)
{
    (void)state;
    unlink(cassette);
    return rmdir(folder);
}

static void add(struct td_journal *to, const char *url, int64_t start_ns)
{
    struct td_error err;
    struct td_interaction interaction = {
        .request = {.url = td_bytes_of(url), .method = TD_BYTES("GET")},
        .response = {.status = TD_BYTES("200 OK"), .code = 200},
    };
    assert_int_equal(td_journal_add(to, &interaction, start_ns, NULL, &err), 0);
}

static struct td_journal *open_journal(bool replaces)
{
    struct td_journal *made = td_journal_new(
        cassette, replaces, replaces ? td_identity_of(cassette) : (struct td_identity){0}, "");
    assert_non_null(made);
    return made;
}

/* A journal with one interaction, that nobody writes any more. */
static void leave(const char *url, int64_t start_ns, bool replaces)
{
    struct td_journal *made = open_journal(replaces);
    add(made, url, start_ns);
    td_journal_free(made);
}

static struct td_merge merge(void)
{
    struct td_merge merged = {.may_replace = true};
    struct td_error err;
    assert_int_equal(td_merge_journals(cassette, &merged, &err), 0);
    return merged;
}

/* By the run that has recorded it. */
static struct td_merge merge_own(const char *url, int64_t start_ns, const char *aside)
{
    struct td_journal *own = open_journal(true);
    struct td_merge merged = {.own = own, .may_replace = true, .aside = aside};
    struct td_error err;
    add(own, url, start_ns);
    assert_int_equal(td_merge_journals(cassette, &merged, &err), 0);
    td_journal_free(own);
    return merged;
}

/* The URLs of the cassette, and its ids are 0, 1, ... */
static void assert_urls(const char *expected)
{
    struct td_cassette *loaded;
    struct td_error err;
    char urls[512] = "";
    assert_int_equal(td_cassette_load(cassette, &loaded, &err), 0);
    for (size_t i = 0; i < loaded->count; i++) {
        assert_int_equal(loaded->interactions[i].id, i);
        strcat(urls, i ? " " : "");
        strcat(urls, loaded->interactions[i].request.url.data);
    }
    td_cassette_free(loaded);
    assert_string_equal(urls, expected);
}

static void test_order(void **state)
{
    (void)state;
    struct td_journal *one = open_journal(false), *two = open_journal(false);
    add(one, "http://b/", 20);
    add(one, "http://a/", 10);
    add(two, "http://c/", 30);
    add(two, "http://d/", 30);
    add(one, "http://e/", 30);
    assert_false(td_merge_is_due(cassette)); /* they are being written, by ourselves */
    td_journal_free(one);
    assert_true(td_merge_is_due(cassette));
    struct td_merge merged = merge();
    assert_int_equal(merged.saved, 3);
    assert_int_equal(merged.busy, 1);
    add(two, "http://f/", 5);
    td_journal_end(two);
    merged = merge();
    assert_int_equal(merged.saved, 3);
    assert_int_equal(merged.total, 6);
    assert_int_equal(merged.busy, 0);
    add(two, "http://g/", 5); /* into another file */
    td_journal_free(two);
    assert_int_equal(merge().saved, 1);
    assert_int_equal(merge().saved, 0);
    assert_false(td_merge_is_due(cassette));
    assert_urls("http://a/ http://b/ http://e/ http://f/ http://c/ http://d/ http://g/");
}

/* What a run's programs have left is the run's, whose own journal is locked. */
static void test_kept(void **state)
{
    (void)state;
    struct td_error err;
    struct td_journal *run = open_journal(false);
    assert_int_equal(td_journal_keep(run, &err), 0);
    struct td_journal *program =
        td_journal_new(cassette, false, (struct td_identity){0}, td_journal_name(run));
    add(program, "http://a/", 1);
    td_journal_free(program);
    leave("http://b/", 2, false);
    pid_t other = fork();
    if (other == 0) {
        struct td_merge merged = {0};
        bool due = td_merge_is_due(cassette);
        int status = td_merge_journals(cassette, &merged, &err);
        _exit(!(due && status == 0 && merged.saved == 1 && merged.busy == 0 &&
                !td_merge_is_due(cassette)));
    }
    int status;
    waitpid(other, &status, 0);
    assert_int_equal(status, 0);
    assert_urls("http://b/");
    assert_false(td_merge_is_due(cassette));
    td_journal_end(run);
    assert_true(td_merge_is_due(cassette));
    assert_int_equal(merge().saved, 1);
    assert_urls("http://b/ http://a/");
    td_journal_free(run);
}

static void test_replacing(void **state)
{
    (void)state;
    leave("http://a/", 1, true);
    leave("http://b/", 2, true);
    assert_false(merge().replaced); /* there was nothing */
    assert_urls("http://a/ http://b/");
    struct td_journal *late = open_journal(true);
    struct td_merge merged = merge_own("http://c/", 3, NULL);
    assert_true(merged.replaced);
    assert_int_equal(merged.total, 1);
    assert_urls("http://c/");
    add(late, "http://d/", 4); /* what it was to replace is gone already */
    td_journal_free(late);
    merged = merge();
    assert_false(merged.replaced);
    assert_urls("http://c/ http://d/");
}

static bool keep_a(void *context, struct td_interaction *interaction, struct td_arena *arena)
{
    (void)context;
    (void)arena;
    return strstr(interaction->request.url.data, "//a") != NULL;
}

static void test_left_out(void **state)
{
    (void)state;
    struct td_error err;
    struct td_merge merged = {.before_save = keep_a};
    leave("http://b/", 1, false);
    assert_int_equal(td_merge_journals(cassette, &merged, &err), 0);
    assert_int_equal(merged.saved, 0);
    assert_int_equal(access(cassette, F_OK), -1); /* nothing to save, nothing made */
    leave("http://a/", 1, false);
    leave("http://b/", 2, false);
    assert_int_equal(td_merge_journals(cassette, &merged, &err), 0);
    assert_urls("http://a/");
}

/* How many files of the journal have a name that starts like that; the path of the last one. */
static int find_files(const char *prefix, char path[512])
{
    DIR *dir = opendir(journal);
    const struct dirent *entry;
    int count = 0;
    while (dir && (entry = readdir(dir))) {
        if (entry->d_name[0] == '.' || strncmp(entry->d_name, prefix, strlen(prefix)) != 0)
            continue;
        snprintf(path, 512, "%s/%s", journal, entry->d_name);
        count++;
    }
    if (dir)
        closedir(dir);
    return count;
}

/* Killed while it wrote: what is whole is there, at any length. */
static void test_cut(void **state)
{
    (void)state;
    struct td_journal *made = open_journal(false);
    char path[512];
    struct stat found;
    add(made, "http://a/", 1);
    assert_int_equal(find_files("", path), 1);
    stat(path, &found);
    off_t first = found.st_size;
    add(made, "http://b/", 2);
    stat(path, &found);
    td_journal_free(made);
    char *content = malloc((size_t)found.st_size);
    FILE *file = fopen(path, "r");
    assert_int_equal(fread(content, 1, (size_t)found.st_size, file), found.st_size);
    fclose(file);
    for (off_t len = 0; len <= found.st_size; len += len < 60 || len > first - 20 ? 1 : 7) {
        mkdir(journal, 0777);
        file = fopen(path, "w");
        fwrite(content, 1, (size_t)len, file);
        fclose(file);
        size_t expected = len == found.st_size ? 2 : len >= first ? 1 : 0;
        assert_int_equal(merge().saved, expected);
        unlink(cassette);
    }
    free(content);
}

static void add_with_body(struct td_journal *to, const char *text, int64_t start_ns,
                          struct td_journal_body *body)
{
    struct td_error err;
    struct td_interaction interaction = {
        .request = {.url = TD_BYTES("http://b/"), .method = TD_BYTES("GET")},
        .response = {.message = {.body = td_bytes_of(text)},
                     .status = TD_BYTES("200 OK"),
                     .code = 200},
    };
    assert_int_equal(td_journal_add(to, &interaction, start_ns, body, &err), 0);
}

static void assert_bodies(const char *expected)
{
    struct td_cassette *loaded;
    struct td_error err;
    char bodies[512] = "";
    assert_int_equal(td_cassette_load(cassette, &loaded, &err), 0);
    for (size_t i = 0; i < loaded->count; i++) {
        strcat(bodies, i ? " " : "");
        strcat(bodies, loaded->interactions[i].response.message.body.data);
    }
    td_cassette_free(loaded);
    assert_string_equal(bodies, expected);
    unlink(cassette);
}

/* Bodies that are written while they come, two at once. */
static void test_bodies(void **state)
{
    (void)state;
    struct td_journal *made = open_journal(false);
    struct td_journal_body *one = td_journal_body_new(made), *two = td_journal_body_new(made);
    assert_true(one && two);
    assert_true(td_journal_body_write(one, TD_BYTES("o")));
    assert_true(td_journal_body_write(two, TD_BYTES("two")));
    assert_true(td_journal_body_write(one, TD_BYTES("n")));
    add_with_body(made, "none", 1, NULL);
    add_with_body(made, "two", 2, two);
    assert_int_equal(merge().saved, 0); /* they are ours, and under way */
    assert_int_equal(find_files("body-", (char[512]){0}), 2);
    add_with_body(made, "one", 3, one);
    td_journal_free(made);
    assert_int_equal(merge().saved, 3);
    assert_bodies("none two one");
}

/* Dropped; left by a transfer that did not end; one whose journal was merged meanwhile; a child's,
 * which goes on where its parent was. */
static void test_bodies_without_end(void **state)
{
    (void)state;
    struct td_journal *made = open_journal(false);
    td_journal_body_drop(td_journal_body_new(made));
    assert_int_equal(find_files("body-", (char[512]){0}), 0);
    struct td_journal_body *left = td_journal_body_new(made), *late = td_journal_body_new(made);
    assert_true(td_journal_body_write(left, TD_BYTES("half")));
    assert_true(td_journal_body_write(late, TD_BYTES("la")));
    td_journal_end(made);
    assert_int_equal(merge().saved, 0);
    assert_int_equal(access(journal, F_OK), -1);
    assert_false(td_journal_body_write(left, TD_BYTES("half")));
    td_journal_body_drop(left);
    add_with_body(made, "late", 4, late);

    struct td_journal_body *shared = td_journal_body_new(made);
    assert_true(td_journal_body_write(shared, TD_BYTES("sh")));
    pid_t child = fork();
    if (child == 0) {
        bool refused = !td_journal_body_write(shared, TD_BYTES("xx"));
        add_with_body(made, "child", 5, shared);
        _exit(!refused);
    }
    int status;
    waitpid(child, &status, 0);
    assert_int_equal(status, 0);
    add_with_body(made, "shared", 6, shared);
    td_journal_free(made);
    assert_int_equal(merge().saved, 3);
    assert_bodies("late child shared");
}

/* What is spoilt is told, and costs nothing else. */
static void test_bodies_spoilt(void **state)
{
    (void)state;
    for (int gone = 0; gone < 2; gone++) {
        struct td_journal *made = open_journal(false);
        struct td_journal_body *body = td_journal_body_new(made);
        char path[512];
        add_with_body(made, "one", 1, NULL);
        add_with_body(made, "two", 2, body);
        add_with_body(made, "three", 3, NULL);
        assert_int_equal(find_files("body-", path), 1);
        assert_int_equal(gone ? unlink(path) : truncate(path, 3), 0);
        td_journal_free(made);
        struct td_merge merged = merge();
        assert_int_equal(merged.saved, 2);
        assert_int_equal(merged.lost, 1);
        assert_bodies("one three");
        assert_int_equal(access(journal, F_OK), -1);
    }
}

static void write_file(const char *name, const char *text)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", journal, name);
    FILE *file = fopen(path, "w");
    fputs(text, file);
    fclose(file);
}

static void test_strange_files(void **state)
{
    (void)state;
    struct td_error err;
    struct td_merge merged = {0};
    leave("http://a/", 1, false);
    write_file("saving", "cut");
    write_file("body-1-2-3", "left");
    assert_int_equal(merge().saved, 1);
    assert_int_equal(access(journal, F_OK), -1);
    mkdir(journal, 0777);
    write_file("body-1-2-3", "left");
    assert_true(td_merge_is_due(cassette));
    assert_int_equal(merge().saved, 0);
    assert_int_equal(access(journal, F_OK), -1);
    assert_urls("http://a/");

    leave("http://b/", 1, false);
    char text[256];
    memset(text, 'x', sizeof text);
    text[255] = '\0';
    write_file("1-not", text);
    assert_int_equal(td_merge_journals(cassette, &merged, &err), TD_ERR_FORMAT);
    assert_string_equal(err.message, "not a journal of this tapedeck's: '1-not'");
    assert_urls("http://a/"); /* and what is one stays for later */
    char path[512];
    snprintf(path, sizeof path, "%s/1-not", journal);
    unlink(path);
    assert_int_equal(merge().saved, 1);
    assert_urls("http://a/ http://b/");
}

/* A cassette that cannot be added to is not touched, and what was recorded is kept. */
static void test_bad_cassette(void **state)
{
    (void)state;
    struct td_error err;
    struct td_merge merged = {0};
    FILE *file = fopen(cassette, "w");
    fputs("version: 1\n", file);
    fclose(file);
    leave("http://a/", 1, false);
    assert_true(td_merge_journals(cassette, &merged, &err) < 0);
    file = fopen(cassette, "r");
    char line[32] = "";
    assert_non_null(fgets(line, sizeof line, file));
    fclose(file);
    assert_string_equal(line, "version: 1\n");
    unlink(cassette);
    assert_int_equal(merge().saved, 1);
    assert_urls("http://a/");
}

/* A recording that would replace the cassette, but was killed, or whose command failed. */
static void test_not_replacing(void **state)
{
    (void)state;
    struct td_merge left = {0};
    leave("http://a/", 1, false);
    merge();
    leave("http://b/", 2, true);
    assert_int_equal(td_merge_journals(cassette, &left, NULL), 0);
    assert_false(left.replaced);
    assert_urls("http://a/ http://b/");

    char aside[sizeof cassette + 8];
    snprintf(aside, sizeof aside, "%s.failed", cassette);
    struct td_merge failed = {.aside = aside};
    leave("http://c/", 3, true);
    assert_int_equal(td_merge_journals(cassette, &failed, NULL), 0);
    assert_int_equal(failed.set_aside, 1);
    assert_int_equal(failed.saved, 0);
    assert_urls("http://a/ http://b/");
    assert_int_equal(unlink(aside), 0);
    assert_false(td_merge_is_due(cassette));
    /* What replaces nothing has no need to be aside. */
    leave("http://d/", 4, false);
    assert_int_equal(td_merge_journals(cassette, &failed, NULL), 0);
    assert_int_equal(failed.set_aside, 0);
    assert_urls("http://a/ http://b/ http://d/");
    /* Somebody else's half does not, and one's own whole does; what is to be added is added. */
    leave("http://e/", 5, true);
    leave("http://f/", 6, false);
    struct td_merge whole = merge_own("http://g/", 7, aside);
    assert_int_equal(whole.set_aside, 1);
    assert_true(whole.replaced);
    assert_urls("http://f/ http://g/");
    leave("http://h/", 8, true);
    leave("http://i/", 9, false);
    assert_int_equal(td_merge_journals(cassette, &failed, NULL), 0);
    assert_int_equal(failed.set_aside, 1);
    assert_int_equal(failed.saved, 1);
    assert_urls("http://f/ http://g/ http://i/");
    assert_int_equal(unlink(aside), 0);
    assert_false(td_merge_is_due(cassette));
}

/* Many at once: each interaction is saved once. */
static void test_at_once(void **state)
{
    (void)state;
    for (int i = 0; i < 8; i++) {
        if (fork() == 0) {
            struct td_merge merged = {0};
            char url[64];
            snprintf(url, sizeof url, "http://%d/", i);
            leave(url, i, false);
            _exit(td_merge_journals(cassette, &merged, NULL) < 0);
        }
    }
    int status, failed = 0;
    while (wait(&status) > 0)
        failed += status != 0;
    assert_int_equal(failed, 0);
    assert_int_equal(merge().saved, 0);
    struct td_cassette *loaded;
    struct td_error err;
    assert_int_equal(td_cassette_load(cassette, &loaded, &err), 0);
    assert_int_equal(loaded->count, 8);
    td_cassette_free(loaded);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_order),
        TEST(test_kept),
        TEST(test_replacing),
        TEST(test_left_out),
        TEST(test_cut),
        TEST(test_bodies),
        TEST(test_bodies_without_end),
        TEST(test_bodies_spoilt),
        TEST(test_strange_files),
        TEST(test_bad_cassette),
        TEST(test_not_replacing),
        TEST(test_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
