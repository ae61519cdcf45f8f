/* SPDX-License-Identifier: MIT */
/* Saving piece by piece; what other programs see of it is in tests/behaviour/run_saving.py. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <dirent.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/file.h"
#include "base/save.h"

static char folder[] = "/tmp/test-save-XXXXXX";
static char path[64];

static int make_folder(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof path, "%s/a.yaml", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(folder); /* fails where something was left */
}

static size_t count_entries(void)
{
    size_t count = 0;
    DIR *entries = opendir(folder);
    assert_non_null(entries);
    while (readdir(entries))
        count++;
    closedir(entries);
    return count - 2; /* . and .. */
}

static void assert_content(const char *expected)
{
    struct td_file file;
    struct td_error err;
    assert_int_equal(td_file_open(&file, path, 4096, &err), 0);
    assert_int_equal(file.content.len, strlen(expected));
    assert_memory_equal(file.content.data, expected, file.content.len);
    td_file_close(&file);
}

static void test_pieces(void **state)
{
    (void)state;
    struct td_save *save;
    struct td_error err;
    assert_int_equal(td_save_open(path, &save, &err), 0);
    assert_int_equal(access(path, F_OK), -1);
    assert_int_equal(td_save_write(save, TD_BYTES("one "), &err), 0);
    assert_int_equal(td_save_write(save, TD_BYTES(""), &err), 0);
    assert_int_equal(td_save_write(save, TD_BYTES("two"), &err), 0);
    assert_int_equal(access(path, F_OK), -1);
    assert_int_equal(td_save_commit(save, &err), 0);
    assert_content("one two");
    assert_int_equal(count_entries(), 1);
}

static void test_abort(void **state)
{
    (void)state;
    struct td_save *save;
    struct td_error err;
    assert_int_equal(td_save(path, TD_BYTES("old"), &err), 0);
    assert_int_equal(td_save_open(path, &save, &err), 0);
    assert_int_equal(td_save_write(save, TD_BYTES("new"), &err), 0);
    assert_int_equal(count_entries(), 2);
    td_save_abort(save);
    td_save_abort(NULL);
    assert_content("old");
    assert_int_equal(count_entries(), 1);
}

/* The folder that was meant is the one of the time when the save began. */
static void test_other_folder(void **state)
{
    (void)state;
    struct td_save *save;
    struct td_error err;
    char before[4096];
    assert_non_null(getcwd(before, sizeof before));
    assert_int_equal(chdir(folder), 0);
    assert_int_equal(td_save_open("a.yaml", &save, &err), 0);
    assert_int_equal(chdir("/"), 0);
    assert_int_equal(td_save_write(save, TD_BYTES("here"), &err), 0);
    assert_int_equal(td_save_commit(save, &err), 0);
    assert_int_equal(chdir(before), 0);
    assert_content("here");
}

/* What goes wrong first is what is told in the end, and the signal is not delivered. */
static void test_failed_write(void **state)
{
    (void)state;
    struct td_save *save;
    struct td_error err;
    struct rlimit before, tight;
    assert_int_equal(td_save(path, TD_BYTES("old"), &err), 0);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    tight = (struct rlimit){4, before.rlim_max};
    assert_int_equal(signal(SIGXFSZ, SIG_DFL) == SIG_ERR, false);
    assert_int_equal(td_save_open(path, &save, &err), 0);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
    int first = td_save_write(save, TD_BYTES("too much"), NULL);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(first, TD_ERR_IO);
    assert_int_equal(td_save_write(save, TD_BYTES("more"), NULL), TD_ERR_IO);
    err = (struct td_error){0};
    assert_int_equal(td_save_commit(save, &err), TD_ERR_IO);
    assert_string_equal(err.file, path);
    assert_non_null(strstr(err.message, "File too large"));
    assert_content("old");
    assert_int_equal(count_entries(), 1);
}

/* It turned into something that cannot be replaced while it was being written. */
static void test_changed_target(void **state)
{
    (void)state;
    struct td_save *save;
    struct td_error err;
    char other[96];
    assert_int_equal(td_save(path, TD_BYTES("old"), &err), 0);
    assert_int_equal(td_save_open(path, &save, &err), 0);
    assert_int_equal(td_save_write(save, TD_BYTES("new"), &err), 0);
    snprintf(other, sizeof other, "%s/b.yaml", folder);
    assert_int_equal(link(path, other), 0);
    assert_int_equal(td_save_commit(save, &err), TD_ERR_IO);
    assert_non_null(strstr(err.message, "hard links"));
    assert_int_equal(unlink(other), 0);
    assert_content("old");
    assert_int_equal(count_entries(), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pieces),         cmocka_unit_test(test_abort),
        cmocka_unit_test(test_other_folder),   cmocka_unit_test(test_failed_write),
        cmocka_unit_test(test_changed_target),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
