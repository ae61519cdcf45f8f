/* SPDX-License-Identifier: MIT */
/* The report for programs: docs/diff.schema.json. Values of JSON bodies are put in as their text
 * spells them, so that no number is touched on the way. */
#include <inttypes.h>

#include "diff/inside.h"

static void put_key(struct td_buf *out, const char *key)
{
    td_buf_printf(out, ",\"%s\":", key);
}

static void put_text(struct td_buf *out, const char *key, struct td_bytes text)
{
    put_key(out, key);
    td_json_put_string(out, text);
}

static void put_interaction(struct td_buf *out, const char *key,
                            const struct td_interaction *interaction)
{
    put_key(out, key);
    if (interaction)
        td_buf_printf(out, "{\"id\":%" PRId64 ",\"line\":%u}", interaction->id,
                      interaction->mark.line);
    else
        td_buf_put_text(out, "null");
}

static void put_value(struct td_buf *out, const char *key, const struct td_json *json,
                      struct td_bytes text)
{
    if (json) {
        put_key(out, key);
        td_json_put_source(out, json->source);
    } else if (text.data) {
        put_text(out, key, text);
    }
}

static void put_difference(struct td_buf *out, const struct td_difference *difference)
{
    static const char *const kinds[] = {
        [TD_DIFFERENCE_CHANGED] = "changed", [TD_DIFFERENCE_REMOVED] = "removed",
        [TD_DIFFERENCE_ADDED] = "added",     [TD_DIFFERENCE_MOVED] = "moved",
        [TD_DIFFERENCE_RENAMED] = "renamed",
    };
    bool moved =
        difference->kind == TD_DIFFERENCE_MOVED || difference->kind == TD_DIFFERENCE_RENAMED;
    bool response = strncmp(difference->part, "response", 8) == 0;
    td_buf_printf(out, "{\"change\":\"%s\",\"side\":\"%s\",\"part\":\"%s\"",
                  kinds[difference->kind], response ? "response" : "request", difference->part);
    put_text(out, "place", td_bytes_trim(difference->place));
    if (difference->a_json || difference->b_json)
        put_text(out, "path", difference->pointer);
    if (moved)
        put_text(out, "new_path", difference->new_place);
    if (!moved || difference->a_json) {
        put_value(out, "a", difference->a_json, difference->a);
        put_value(out, "b", difference->b_json, difference->b);
    }
    td_buf_put_char(out, '}');
}

static void put_item(struct td_buf *out, const struct td_diff_item *item)
{
    const struct td_differences *differences = &item->differences;
    const struct td_interaction *one = item->b ? item->b : item->a;
    td_buf_printf(out, "{\"change\":\"%s\",\"moved\":%s", td_diff_change_name(item->change),
                  item->moved ? "true" : "false");
    if (one) {
        put_interaction(out, "a", item->a);
        put_interaction(out, "b", item->b);
        put_text(out, "method", one->request.method.len ? one->request.method : TD_BYTES("GET"));
        put_text(out, "url", one->request.url);
    }
    td_buf_put_text(out, ",\"headlines\":[");
    for (size_t i = 0; i < differences->headline_count; i++) {
        td_buf_put_text(out, i ? "," : "");
        td_json_put_string(out, differences->headlines[i]);
    }
    td_buf_put_text(out, "],\"differences\":[");
    for (size_t i = 0; i < differences->count; i++) {
        td_buf_put_text(out, i ? ",\n" : "\n");
        put_difference(out, &differences->items[i]);
    }
    td_buf_printf(out, "],\"more\":%zu", differences->more);
    if (item->request_patch.len) {
        put_key(out, one ? "request_patch" : "patch");
        td_buf_put_bytes(out, td_buf_view(&item->request_patch));
    }
    if (item->response_patch.len) {
        put_key(out, "response_patch");
        td_buf_put_bytes(out, td_buf_view(&item->response_patch));
    }
    td_buf_put_char(out, '}');
}

void td_diff_put_json(struct td_buf *out, const struct td_diff *diff)
{
    td_buf_printf(out, "{\"version\":1,\"same\":%s,\"semantic\":%s",
                  diff->differing ? "false" : "true", diff->options.semantic ? "true" : "false");
    put_text(out, "a", td_bytes_of(diff->a.path));
    put_text(out, "b", td_bytes_of(diff->b.path));
    td_buf_put_text(out, ",\"items\":[");
    for (size_t i = 0; i < diff->count; i++) {
        td_buf_put_text(out, i ? ",\n" : "\n");
        put_item(out, &diff->items[i]);
    }
    td_buf_put_text(out, "]}\n");
}
