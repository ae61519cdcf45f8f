/* SPDX-License-Identifier: MIT */
/*
 * A place in a text that walks forward through it: from libyaml's character index to the byte, the
 * line and the column. Every byte is walked over once, eight at a time, so that exact byte
 * spans cost next to nothing beside the parsing itself.
 *
 * Lines end at LF, CR LF or CR, as in an editor. (libyaml ends one at U+0085, U+2028 and U+2029
 * too, and a person who jumps to such a line number comes out at the wrong place.)
 */
#ifndef TD_CASSETTE_PLACE_H
#define TD_CASSETTE_PLACE_H

#include "base/bytes.h"

struct td_place {
    struct td_bytes text;
    size_t byte;  /* offset into the text */
    size_t index; /* characters before this place, a byte order mark left out */
    unsigned line;
    unsigned column; /* both 1-based, the column in characters */
};

/* At the first character, behind a byte order mark if there is one. */
struct td_place td_place_start(struct td_bytes text);
/* Forward to the character with this index, or to the end. Never backward. */
void td_place_to_index(struct td_place *place, size_t index);
/* Forward to this byte, or to the end. */
void td_place_to_byte(struct td_place *place, size_t byte);
/* One back over the CR of a CR LF, when the place is between the two. */
void td_place_before_crlf(struct td_place *place);

/* The bytes of the line break, in YAML's sense, at the front of the text; 0 where there is none. */
size_t td_break_len(const char *text, size_t len);

#endif
