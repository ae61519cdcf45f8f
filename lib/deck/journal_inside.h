/* SPDX-License-Identifier: MIT */
/* What a journal's file is like, for who writes it (journal.c) and who reads it (journal_read.c).
 */
#ifndef TD_DECK_JOURNAL_INSIDE_H
#define TD_DECK_JOURNAL_INSIDE_H

#include "deck/journal.h"

extern const char td_journal_magic[8];

#define TD_FRAME_MAGIC UINT64_C(0x32656d6172666474) /* "tdframe2" */

struct td_frame {
    uint64_t magic;
    uint64_t len; /* of what follows */
    int64_t start_ns;
    uint64_t body; /* the number of the file that the response's body is in; 0: it follows, too */
};

/* The name of a body's file: this, its journal's name and its number. */
#define TD_BODY_PREFIX "body-"
void td_journal_put_body_name(char name[TD_JOURNAL_NAME], const char *journal, uint64_t number);

/* Locks all of a file; gone when the process ends, however it ends. */
int td_journal_lock(int fd, short type);
/* Whether this process is writing the file: its own lock would not keep it out, and is gone when
 * the file is opened and closed once more. */
bool td_journal_is_own(int folder, const char *name);

#endif
