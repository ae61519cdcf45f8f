/* SPDX-License-Identifier: MIT */
/*
 * How commands report what they have found: as text for a person, as JSON for a program, as
 * GitHub's workflow commands. Whatever came out of a file goes through here, so that nothing in a
 * file can give a terminal orders, break a line in two, or end a JSON string.
 */
#ifndef TD_CLI_REPORT_H
#define TD_CLI_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum report_format { REPORT_TEXT, REPORT_JSON, REPORT_GITHUB };

/* "text", "json" or "github"; false for any other word. */
bool report_format_parse(const char *word, enum report_format *format);

/* Whether colour is welcome: a terminal, and no NO_COLOR. */
bool report_colour(FILE *out);

/* On one line, readable on any terminal: control characters, characters that nobody sees and bytes
 * that are not UTF-8 are escaped. */
void report_text(FILE *out, const char *text);
void report_bytes(FILE *out, const char *data, size_t len);

/* ---- GitHub ---- */

struct report_annotation {
    const char *level; /* "error", "warning", "notice" */
    const char *file;  /* NULL: of no file; then line and column do not count */
    unsigned line;     /* 0: none */
    unsigned column;   /* 0: none */
    const char *title;
    const char *message; /* may have several lines */
};

/* One line: "::error file=a.yaml,line=7,col=3,title=content-length::message". */
void report_annotate(FILE *out, const struct report_annotation *annotation);

/* ---- JSON ---- */

/* A writer of one JSON text, indented by two spaces. It trusts its caller to end what was begun. */
struct report_json {
    FILE *out;
    unsigned depth;
    bool filled; /* the container at hand has something in it */
};

/* `key` is the member's name in an object, and NULL in an array or at the top. */
void report_json_object(struct report_json *json, const char *key);
void report_json_array(struct report_json *json, const char *key);
/* Ends the object or array at hand; with the last of them the text ends in a line feed. */
void report_json_end_object(struct report_json *json);
void report_json_end_array(struct report_json *json);
/* Bytes that are not UTF-8 become U+FFFD. NULL is null. */
void report_json_string(struct report_json *json, const char *key, const char *text);
void report_json_bytes(struct report_json *json, const char *key, const char *data, size_t len);
void report_json_number(struct report_json *json, const char *key, int64_t number);
void report_json_bool(struct report_json *json, const char *key, bool value);
void report_json_null(struct report_json *json, const char *key);

#endif
