/* SPDX-License-Identifier: MIT */
#include "http/form.h"

/* False where an escape is none. */
static bool decode(struct td_bytes text, struct td_buf *out)
{
    td_buf_clear(out);
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        if (c == '%') {
            int byte = td_percent_byte(td_bytes_from(text, i));
            if (byte < 0)
                return false;
            c = (char)byte;
            i += 2;
        } else if (c == '+') {
            c = ' ';
        }
        td_buf_put_char(out, c);
    }
    return true;
}

int td_form_parse(struct td_arena *arena, struct td_bytes text, struct td_fields *fields)
{
    size_t most = text.len != 0;
    for (size_t i = 0; i < text.len; i++)
        most += text.data[i] == '&';
    *fields = (struct td_fields){0};
    struct td_field *items = most ? td_arena_alloc(arena, most * sizeof *items) : NULL;
    if (most && !items)
        return TD_ERR_NOMEM;
    struct td_buf name, value;
    td_buf_init(&name);
    td_buf_init(&value);
    size_t count = 0;
    bool failed = false;
    while (text.len) {
        const char *end = memchr(text.data, '&', text.len);
        size_t len = end ? (size_t)(end - text.data) : text.len;
        struct td_bytes pair = td_bytes(text.data, len);
        text = td_bytes(text.data + len + (end != NULL), text.len - len - (end != NULL));
        if (!pair.len || memchr(pair.data, ';', pair.len))
            continue;
        const char *equals = memchr(pair.data, '=', pair.len);
        size_t name_len = equals ? (size_t)(equals - pair.data) : pair.len;
        size_t skip = equals ? name_len + 1 : pair.len;
        if (!decode(td_bytes(pair.data, name_len), &name) ||
            !decode(td_bytes(pair.data + skip, pair.len - skip), &value))
            continue;
        items[count].name = td_arena_copy(arena, td_buf_view(&name));
        items[count].value = td_arena_copy(arena, td_buf_view(&value));
        failed |= !items[count].name.data || !items[count].value.data;
        count++;
    }
    failed |= td_buf_failed(&name) || td_buf_failed(&value);
    td_buf_release(&name);
    td_buf_release(&value);
    *fields = (struct td_fields){items, count};
    return failed ? TD_ERR_NOMEM : 0;
}
