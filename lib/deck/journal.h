/* SPDX-License-Identifier: MIT */
/*
 * The journal: where each finished interaction is written at once, so that nothing is lost when the
 * program is killed. Beside a cassette `hello.yaml` there is, while it is recorded, a folder
 * `hello.yaml.journal` with one file for each process that records. The file is locked as long as
 * its process lives (by a POSIX lock, which no forked child inherits): one that is not locked is
 * whole, and may be merged into the cassette (deck/merge.h) by anybody. Where a process records for
 * a run, the run's own journal has to be unlocked, too: who started the run and lives merges what
 * its programs have left, and nobody takes that for what was killed.
 *
 * What is written has been scrubbed before. A file is a header and frames; a last frame that was
 * cut by a kill is not one. A large body is written to a file of its own while it comes, and its
 * frame says which one; a body's file that no frame tells of is nothing, and is cleared away.
 */
#ifndef TD_DECK_JOURNAL_H
#define TD_DECK_JOURNAL_H

#include <sys/types.h>

#include "base/hash.h"
#include "cassette/cassette.h"

/* Which file stood at a path, to see whether another one has taken its place: zero for none. */
struct td_identity {
    uint64_t device, inode, size, seconds, nanoseconds;
};

struct td_identity td_identity_of(const char *path);
bool td_identity_equal(struct td_identity a, struct td_identity b);

enum { TD_JOURNAL_NAME = 64 }; /* bytes, with the NUL */

/* What all journals of one recording have in common. */
struct td_journal_header {
    char magic[8];
    int64_t replaces;             /* the cassette that is `base` is to be replaced, not added to */
    struct td_identity base;      /* the cassette when the recording began */
    uint64_t family;              /* the same in forked children */
    int64_t keeps;                /* it is a run's own */
    char keeper[TD_JOURNAL_NAME]; /* the journal of the run that it is for; "": of none */
};

struct td_journal;

/* Nothing is made on disk before something is added. `cassette` is an absolute path, `keeper` the
 * name of the journal of the run that it is for, or "". */
struct td_journal *td_journal_new(const char *cassette, bool replaces, struct td_identity base,
                                  const char *keeper);
/* Makes it the journal of a run, which keeps those of the run's programs until it is ended or
 * freed; its file is made now. */
int td_journal_keep(struct td_journal *journal, struct td_error *err);
/* The name of its file; "" before one is made. */
const char *td_journal_name(const struct td_journal *journal);
uint64_t td_journal_family(const struct td_journal *journal);
void td_journal_free(struct td_journal *journal); /* the file stays, unlocked; NULL is fine */
/* Lets go of the file, for a merge. What is added afterwards goes into another one, and is added to
 * what the cassette has then. */
void td_journal_end(struct td_journal *journal);

/* A response's body that is written while it comes. Belongs to one transfer. */
struct td_journal_body;

/* NULL where it cannot be had: then the body has to be added with its interaction. */
struct td_journal_body *td_journal_body_new(struct td_journal *journal);
/* Appends to it. False where it cannot be written: then it is to be dropped. */
bool td_journal_body_write(struct td_journal_body *body, struct td_bytes bytes);
void td_journal_body_drop(struct td_journal_body *body); /* NULL is fine */

/* Writes an interaction, which began at `start_ns` of CLOCK_REALTIME. Any thread, any process that
 * was forked since: each process has its own file. All or nothing. `body`, if it is not NULL, has
 * the beginning of the response's body, or all of it; it is used up in any case. */
int td_journal_add(struct td_journal *journal, const struct td_interaction *interaction,
                   int64_t start_ns, struct td_journal_body *body, struct td_error *err);

/* The folder's name, for a cassette's. */
void td_journal_folder(const char *cassette, struct td_buf *folder);

/* ---- reading ---- */

struct td_journal_entry {
    struct td_interaction interaction; /* points into the file, or its body's */
    struct td_bytes apart;             /* of its body's, mapped; or empty */
    int64_t start_ns;
    size_t order; /* within its file */
};

struct td_journal_file {
    char name[TD_JOURNAL_NAME];
    bool mapped;
    struct td_bytes content; /* mapped, or in the arena where it is small */
    struct td_journal_header header;
    struct td_journal_entry *entries;
    size_t count;
    size_t lost; /* interactions whose body's file is gone or cut */
    bool aside;  /* for whoever merges */
};

/* Whether nobody has to do with the folder's file of that name: it is not being written, by another
 * process or this one, and not kept for a run. */
bool td_journal_file_is_free(int folder, const char *name);
/* Reads the folder's file of that name. TD_ERR_INVALID where it is still being written, 1 where it
 * is, or is kept for, a run that goes on. No descriptor stays open: there may be thousands of
 * files.
 */
int td_journal_file_open(struct td_journal_file *file, int folder, const char *name,
                         struct td_arena *arena, struct td_error *err);
void td_journal_file_close(struct td_journal_file *file);
/* Removes a file that was opened, and is not closed yet. */
void td_journal_file_remove(const struct td_journal_file *file, int folder);
/* Whether a name in the folder is that of a body's file whose journal is not there. */
bool td_journal_is_orphan(int folder, const char *name);

#endif
