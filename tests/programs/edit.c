/* SPDX-License-Identifier: MIT */
/*
 * Changes a cassette in place, or saves a file, as the command line says: for the tests that look
 * at what other programs (git, strace) see of it.
 *
 *     edit FILE [CHANGE...]      a CHANGE is one of
 *       set POSITION SIDE KEY VALUE        KEY is the number of an enum td_edit_key
 *       header POSITION SIDE INDEX VALUE   add POSITION SIDE NAME VALUE    drop POSITION SIDE INDEX
 *       remove POSITION                    append POSITION (a copy of that one)
 *     edit --save FILE           from standard input
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/save.h"
#include "cassette/edit.h"

static int fail(const struct td_error *err)
{
    char text[2200];
    fprintf(stderr, "edit: %s\n", td_error_format(err, text, sizeof text));
    return 3;
}

static int save(const char *path)
{
    struct td_buf buf;
    struct td_error err;
    ssize_t got;
    td_buf_init(&buf);
    while (td_buf_reserve(&buf, 65536) && (got = read(0, buf.data + buf.len, 65536)) > 0)
        buf.len += (size_t)got;
    int status = td_save(path, td_buf_view(&buf), &err);
    td_buf_release(&buf);
    return status < 0 ? fail(&err) : 0;
}

static char **words;

static const char *word(void)
{
    if (!*words)
        exit(2);
    return *words++;
}

static size_t number(void)
{
    return strtoul(word(), NULL, 10);
}

static enum td_side side(void)
{
    return strcmp(word(), "request") == 0 ? TD_REQUEST : TD_RESPONSE;
}

static int change(struct td_edit *edit, struct td_error *err)
{
    const char *what = word();
    size_t position = number();
    if (strcmp(what, "remove") == 0)
        return td_edit_remove(edit, position, err);
    if (strcmp(what, "append") == 0)
        return td_edit_append(edit, &td_edit_cassette(edit)->interactions[position], err);
    enum td_side of = side();
    if (strcmp(what, "add") == 0) {
        struct td_bytes name = td_bytes_of(word());
        return td_edit_add_header(edit, position, of, name, td_bytes_of(word()), err);
    }
    size_t which = number();
    if (strcmp(what, "drop") == 0)
        return td_edit_remove_header(edit, position, of, which, err);
    struct td_bytes value = td_bytes_of(word());
    return strcmp(what, "set") == 0
               ? td_edit_set(edit, position, of, (enum td_edit_key)which, value, err)
               : td_edit_set_header(edit, position, of, which, value, err);
}

int main(int argc, char **argv)
{
    struct td_edit *edit;
    struct td_error err;
    if (argc == 3 && strcmp(argv[1], "--save") == 0)
        return save(argv[2]);
    if (argc < 2)
        return 2;
    words = argv + 2;
    if (td_edit_open(argv[1], &edit, &err) < 0)
        return fail(&err);
    int status = 0;
    while (*words && status == 0)
        status = change(edit, &err);
    if (status == 0)
        status = td_edit_save(edit, &err);
    td_edit_close(edit);
    return status < 0 ? fail(&err) : 0;
}
