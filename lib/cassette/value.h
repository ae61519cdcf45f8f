/* SPDX-License-Identifier: MIT */
/* From a YAML node to one value of the model, with an error at the node where it is not one. */
#ifndef TD_CASSETTE_VALUE_H
#define TD_CASSETTE_VALUE_H

#include "cassette/cassette.h"
#include "cassette/yaml.h"

/* A cassette that is being read. */
struct td_reading {
    struct td_yaml *tree; /* its texts' arena becomes the cassette's */
    const char *path;
    struct td_error *err;
    bool old;                    /* version 1 is read as well */
    int version;                 /* of the file, once it is known */
    struct td_bytes recent[256]; /* short texts, which come again and again, are kept once */
};

/* Each takes null for nothing: "", 0, false, an empty list. `name` is the key's, for messages. */
int td_value_text(struct td_reading *reading, const char *name, const struct td_yaml_node *node,
                  struct td_bytes *text);
/* A key, which must be a scalar: its text, also where that looks like null. */
int td_value_name(struct td_reading *reading, const struct td_yaml_node *key,
                  struct td_bytes *name);
int td_value_integer(struct td_reading *reading, const char *name, const struct td_yaml_node *node,
                     int64_t min, int64_t max, int64_t *value);
int td_value_bool(struct td_reading *reading, const char *name, const struct td_yaml_node *node,
                  bool *value);
int td_value_duration(struct td_reading *reading, const char *name, const struct td_yaml_node *node,
                      int64_t *ns);
/* A list of text, or one text in its place. */
int td_value_list(struct td_reading *reading, const char *name, const struct td_yaml_node *node,
                  struct td_list *list);
/* A mapping from names to such lists. */
int td_value_fields(struct td_reading *reading, const char *name, const struct td_yaml_node *node,
                    struct td_fields *fields);

/* A key that is not a merge key (`<<`), which would bring in keys that are then not read. */
int td_value_check_key(struct td_reading *reading, const struct td_yaml_node *key);

/* "'name' must be ..., and is ..." at the node. */
int td_value_wrong(struct td_reading *reading, const char *name, const struct td_yaml_node *node,
                   const char *expected);
/* What to add where something is missing in the very last thing of a file; "" elsewhere. */
const char *td_value_cut_hint(const struct td_reading *reading, const struct td_yaml_node *node);

#endif
