/* SPDX-License-Identifier: MIT */
/* What a recording that was killed has left beside the cassette. */
#include <dirent.h>

#include "check/check.h"

/* The files of a journal are named by numbers; see deck/journal.h. */
static size_t count_files(const char *folder)
{
    DIR *dir = opendir(folder);
    const struct dirent *entry;
    size_t count = 0;
    while (dir && (entry = readdir(dir)))
        count += entry->d_name[0] >= '0' && entry->d_name[0] <= '9';
    if (dir)
        closedir(dir);
    return count;
}

void td_check_journal(struct td_check *check)
{
    struct td_mark top = {1, 1};
    struct td_buf folder;
    td_buf_init(&folder);
    td_buf_printf(&folder, "%s.journal", check->path);
    if (td_buf_failed(&folder))
        check->no_memory = true;
    else if (count_files(folder.data))
        td_check_report(check, TD_CHECK_JOURNAL, NULL, top,
                        "'%s' holds what was recorded and is not in the cassette yet", folder.data);
    td_buf_release(&folder);
}
