/* SPDX-License-Identifier: MIT */
/*
 * Values as a message shows them: on one line, readable on any terminal, short, and with the place
 * where they differ from the other side's in view.
 */
#ifndef TD_MATCH_EXCERPT_H
#define TD_MATCH_EXCERPT_H

#include "json/json.h"

/*
 * Appends `text` between `quote`s ('\'', '"', or '\0' for none). Control characters, characters
 * that nobody sees and bytes that are not UTF-8 are escaped, so that different texts look
 * different. A long text is cut, at characters, where it and `other` (empty: nothing to compare
 * with) are the same or far from where they start to differ.
 */
void td_excerpt_text(struct td_buf *out, char quote, struct td_bytes text, struct td_bytes other);

/* A JSON value likewise, in JSON's own notation without white space; `other` may be NULL. */
void td_excerpt_json(struct td_buf *out, const struct td_json *value, const struct td_json *other);

/* All of `text`, escaped as above; quotes and backslashes stay as they are. */
void td_excerpt_escape(struct td_buf *out, struct td_bytes text);

/* How many bytes the two have in common at the front and, behind that, at the end. */
void td_excerpt_common(struct td_bytes a, struct td_bytes b, size_t *front, size_t *end);

/* UTF-8 without control characters but tabs and line endings. */
bool td_excerpt_is_text(struct td_bytes bytes);

#endif
