/* SPDX-License-Identifier: MIT */
/*
 * Reading a cassette: a go-vcr version-2 YAML file of recorded HTTP interactions.
 *
 * A cassette does not change once it is open: any number of threads may read it at once. All
 * pointers that it hands out are its own and live until td_cassette_close().
 */
#ifndef TAPEDECK_CASSETTE_H
#define TAPEDECK_CASSETTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tapedeck/error.h>

#ifdef __cplusplus
extern "C" {
#endif

struct td_cassette;
struct td_interaction;

/* NULL and `err` (with file, line and column) where the file is not a cassette. "-" is standard
 * input. */
TD_EXPORT struct td_cassette *td_cassette_open(const char *path, struct td_error *err);
TD_EXPORT void td_cassette_close(struct td_cassette *cassette); /* NULL is fine */

TD_EXPORT size_t td_cassette_count(const struct td_cassette *cassette);
/* By position, 0 to count - 1; NULL past the end. */
TD_EXPORT const struct td_interaction *td_cassette_at(const struct td_cassette *cassette,
                                                      size_t position);
/* The first with this recorded id; NULL where there is none. */
TD_EXPORT const struct td_interaction *td_cassette_find(const struct td_cassette *cassette,
                                                        int64_t id);

TD_EXPORT int64_t td_interaction_id(const struct td_interaction *interaction);
/* The line of the file on which it starts, 1-based. */
TD_EXPORT unsigned td_interaction_line(const struct td_interaction *interaction);
/* "GET" where the recording left it out. */
TD_EXPORT const char *td_interaction_method(const struct td_interaction *interaction);
TD_EXPORT const char *td_interaction_url(const struct td_interaction *interaction);
TD_EXPORT int td_interaction_code(const struct td_interaction *interaction);
/* As recorded, "200 OK"; may be "". */
TD_EXPORT const char *td_interaction_status(const struct td_interaction *interaction);
/* Nanoseconds; 0 where it was not recorded. */
TD_EXPORT int64_t td_interaction_duration(const struct td_interaction *interaction);
/* How the transfer ended early; "" where it did not. */
TD_EXPORT const char *td_interaction_broken(const struct td_interaction *interaction);
/* The pieces in which the response's body came: how many, 0 where that was not recorded, or where
 * the body was edited since. */
TD_EXPORT size_t td_interaction_arrival_count(const struct td_interaction *interaction);
/* One of them: its bytes, and the nanoseconds since the request had been sent. False past the end.
 */
TD_EXPORT bool td_interaction_arrival(const struct td_interaction *interaction, size_t position,
                                      size_t *len, int64_t *at);

enum td_side { TD_REQUEST, TD_RESPONSE };

/* "HTTP/1.1", "HTTP/2.0"; may be "". */
TD_EXPORT const char *td_interaction_protocol(const struct td_interaction *interaction,
                                              enum td_side side);
/* Bytes of any kind; *len is their number. A NUL follows that is not one of them. */
TD_EXPORT const char *td_interaction_body(const struct td_interaction *interaction,
                                          enum td_side side, size_t *len);
/* Header fields in recorded order; a name with two values is two fields. */
TD_EXPORT size_t td_interaction_header_count(const struct td_interaction *interaction,
                                             enum td_side side);
TD_EXPORT const char *td_interaction_header_name(const struct td_interaction *interaction,
                                                 enum td_side side, size_t position);
TD_EXPORT const char *td_interaction_header_value(const struct td_interaction *interaction,
                                                  enum td_side side, size_t position);
/* Into how many chunks the response body is cut when it is played: one for each server-sent event,
 * else one; 0 for an empty body, SIZE_MAX when memory ran out. */
TD_EXPORT size_t td_interaction_chunk_count(const struct td_interaction *interaction);

#ifdef __cplusplus
}
#endif

#endif
