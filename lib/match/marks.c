/* SPDX-License-Identifier: MIT */
#include "match/marks.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/utf8.h"
#include "json/align.h"

struct words {
    struct td_bytes *items;
    uint64_t *hashes;
    size_t count;
};

static bool cut(struct words *words, struct td_bytes text)
{
    *words = (struct words){calloc(text.len + 1, sizeof *words->items),
                            calloc(text.len + 1, sizeof *words->hashes), 0};
    while (words->items && words->hashes && text.len) {
        struct td_bytes word = td_word_next(&text);
        words->items[words->count] = word;
        words->hashes[words->count++] = td_hash_short(word);
    }
    return words->items && words->hashes;
}

/* Marks run on over what stands between two marked words if it is white space that differs too. */
static void put_words(struct td_buf *out, const struct words *words, const size_t *match)
{
    bool marked = false;
    for (size_t i = 0; i < words->count; i++) {
        bool mark = match[i] == SIZE_MAX;
        if (mark != marked)
            td_buf_put_text(out, mark ? "\x1b[7m" : "\x1b[27m");
        marked = mark;
        td_buf_put_bytes(out, words->items[i]);
    }
    if (marked)
        td_buf_put_text(out, "\x1b[27m");
}

void td_marks_put(struct td_buf *out, char sign, struct td_bytes text, struct td_bytes other,
                  bool colour)
{
    struct words mine = {0}, others = {0};
    size_t *match = NULL;
    if (colour)
        td_buf_put_text(out, sign == '-' ? "\x1b[31m" : "\x1b[32m");
    td_buf_put_char(out, sign);
    td_buf_put_char(out, ' ');
    bool marks = colour && other.len && cut(&mine, text) && cut(&others, other) &&
                 (match = calloc(mine.count + 1, sizeof *match)) &&
                 td_align(mine.hashes, mine.count, others.hashes, others.count, match);
    if (marks)
        put_words(out, &mine, match);
    else
        td_buf_put_bytes(out, text);
    if (colour)
        td_buf_put_text(out, "\x1b[39m");
    free(mine.items);
    free(mine.hashes);
    free(others.items);
    free(others.hashes);
    free(match);
}
