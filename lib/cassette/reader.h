/* SPDX-License-Identifier: MIT */
/*
 * From the bytes of a version-2 cassette, in any of its dialects, to the model.
 *
 * What is read, beyond what go-vcr itself writes: keys in any order and any of them unknown; keys
 * left out; null for any value that may be left out; a single value where the format has a list
 * of them; `id` inside `request`; aliases. Text is the scalar's text, whatever it looks like
 * (`body: 123`), and null is "". Every string is followed by a NUL that its length does not count.
 */
#ifndef TD_CASSETTE_READER_H
#define TD_CASSETTE_READER_H

#include "cassette/cassette.h"
#include "cassette/yaml.h" /* and the limits */

/* `path` is opened and read whole. On success *cassette is to be freed by td_cassette_free(). */
int td_cassette_load(const char *path, struct td_cassette **cassette, struct td_error *err);
/* The same from memory; `path` is only for messages. The bytes are not needed afterwards. */
int td_cassette_parse(const char *path, struct td_bytes content, struct td_cassette **cassette,
                      struct td_error *err);
/*
 * The same from a tree that was parsed. The cassette takes the tree's texts over: the tree is to be
 * released no later than the cassette is freed, and is good for one cassette only.
 */
int td_cassette_from_yaml(const char *path, struct td_yaml *tree, struct td_cassette **cassette,
                          struct td_error *err);
/* The same, of version 1 as well, which becomes version 2: see cassette/version1.h. */
int td_cassette_from_old_yaml(const char *path, struct td_yaml *tree, struct td_cassette **cassette,
                              struct td_error *err);
void td_cassette_free(struct td_cassette *cassette); /* NULL is fine */

#endif
