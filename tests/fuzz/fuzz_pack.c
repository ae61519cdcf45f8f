/* SPDX-License-Identifier: MIT */
/* A journal's frame with anything in it: refused, or an interaction that is packed to the same. */
#include <assert.h>
#include <stdlib.h>

#include "cassette/pack.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void pack_whole(const struct td_interaction *interaction, struct td_buf *out)
{
    td_pack(interaction, out);
    td_buf_put_bytes(out, interaction->request.message.body);
    td_buf_put_char(out, '\0');
    td_buf_put_bytes(out, interaction->response.message.body);
    td_buf_put_char(out, '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct td_arena arena;
    struct td_interaction one, two;
    struct td_buf packed, again;
    td_arena_init(&arena);
    td_buf_init(&packed);
    td_buf_init(&again);
    if (td_unpack(td_bytes((const char *)data, size), NULL, &arena, &one) == 0) {
        assert(strlen(one.request.url.data) <= one.request.url.len);
        pack_whole(&one, &packed);
        assert(packed.len == size);
        assert(td_unpack(td_buf_view(&packed), NULL, &arena, &two) == 0);
        pack_whole(&two, &again);
        assert(packed.len == again.len && memcmp(packed.data, again.data, packed.len) == 0);
    }
    td_arena_release(&arena);
    td_buf_release(&packed);
    td_buf_release(&again);
    return 0;
}
