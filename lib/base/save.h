/* SPDX-License-Identifier: MIT */
/*
 * Saving files whole: whoever opens the file finds the old content or the new one, never a part of
 * either, whatever happens to the process, the disk or the power.
 *
 * The content goes into a temporary file beside the target, ".NAME.tapedeck-XXXXXX", which is
 * brought to the disk and then renamed over it. The new file has the old one's mode, and its owner,
 * group and extended attributes (access lists are such) as far as this process may give them; a
 * new one has 0666 without the umask. A symbolic link is followed, and stays.
 *
 * What cannot be replaced like that is refused, with the reason: a folder, a pipe, a device; a file
 * that may not be written to, though its folder would let it be replaced; a file with several
 * names (hard links), of which only one would get the new content.
 *
 * The temporary file is locked (flock) for as long as its process lives. One that nobody has locked
 * was left behind by a process that was killed: the next save of the same file removes it.
 */
#ifndef TD_BASE_SAVE_H
#define TD_BASE_SAVE_H

#include "base/bytes.h"

struct td_save;

/* All of it at once. On failure the file is as it was, and nothing is left beside it. */
int td_save(const char *path, struct td_bytes content, struct td_error *err);

/*
 * The same piece by piece. Nothing is seen of it before td_save_commit(), which ends the save,
 * as td_save_abort() does, also where it fails. What td_save_write() could not write is told again
 * by the commit, so that its result may be passed over.
 */
int td_save_open(const char *path, struct td_save **save, struct td_error *err);
int td_save_write(struct td_save *save, struct td_bytes content, struct td_error *err);
int td_save_commit(struct td_save *save, struct td_error *err);
void td_save_abort(struct td_save *save); /* NULL is fine */

#endif
