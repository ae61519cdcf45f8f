/* SPDX-License-Identifier: MIT */
/*
 * What the parts of tapedeck/scrub.h share.
 *
 *   ruleset.c       rules as they are asked for, the table as it is told
 *   file.c          reads, looks, tells; the file as it is to be, saved
 *   file_change.c   from scrubbed interactions to the text of the file
 *   file_rest.c     what is in a file beside the interactions: comments, keys that nobody knows
 */
#ifndef TD_SCRUB_FILE_H
#define TD_SCRUB_FILE_H

#include <tapedeck/scrub.h>

#include "base/file.h"
#include "cassette/edit.h"
#include "cassette/splice.h"
#include "cassette/yaml.h"
#include "scrub/scrub.h"

struct td_scrub_rules {
    struct td_scrub_config config;
    const struct td_settings **settings; /* of the rules files, and room for one more */
    size_t settings_count;
    char **texts; /* all others that the config points to */
    size_t text_count;
    struct td_scrubber *scrubber; /* for cassettes that have no rules of their own */
};

/* The scrubber for a cassette; *own is what is to be freed, or NULL. */
int td_scrub_rules_for(const struct td_scrub_rules *rules, const struct td_settings *settings,
                       const struct td_scrubber **scrubber, struct td_scrubber **own,
                       struct td_error *err);
/* What a rule is about. */
const char *td_scrub_rule_what(const char *id);

struct td_scrub_file {
    char *path;
    struct td_file input;
    struct td_arena arena; /* what is told */
    struct td_scrub_finding *items;
    size_t count;
    size_t capacity;
    struct td_buf after;
    bool changed;
    bool check_only;
};

/* Adds a finding; `finding->part` is copied, its fingerprint made. TD_ERR_NOMEM. */
int td_scrub_file_add(struct td_scrub_file *file, struct td_scrub_finding finding,
                      uint32_t fingerprint);
/* The name of a part, into `out`. */
void td_scrub_part_name(struct td_buf *out, const struct td_leak *finding);

/* The node of the value that a finding is in, or of what it is in. */
const struct td_yaml_node *td_scrub_finding_node(const struct td_yaml_node *item,
                                                 const struct td_leak *finding);
/* The interactions of a tree. */
const struct td_yaml_node *td_scrub_first_item(const struct td_yaml *tree);

/* Notes in the edit what is different between what was read and what was scrubbed. */
int td_scrub_change(struct td_edit *edit, size_t position, const struct td_interaction *read,
                    const struct td_interaction *scrubbed, struct td_error *err);
/* Whether what is under the response's key `tapedeck` is different, which no edit changes. */
bool td_scrub_shape_differs(const struct td_shape *a, const struct td_shape *b);
/* Splices for that, in a text whose interaction this item is. */
int td_scrub_change_shape(struct td_splices *splices, const struct td_yaml_node *item,
                          const struct td_shape *scrubbed);

/* Looks at all that is beside the interactions. `splices` (of the tree's source) may be NULL, and
 * so may `file`. */
int td_scrub_rest(const struct td_scrubber *scrubber, const struct td_yaml *tree,
                  struct td_scrub_file *file, struct td_splices *splices, struct td_error *err);

#endif
