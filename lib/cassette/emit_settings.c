/* SPDX-License-Identifier: MIT */
#include "cassette/emit_settings.h"

#include "base/map.h"

/* Deeper than this a path is not nested. */
enum { MAX_LEVELS = 8 };

struct settings_writer {
    struct td_writer *w;
    struct td_map used;               /* keys that were written, by the hash of level and key */
    struct td_bytes open[MAX_LEVELS]; /* paths of the mappings that lead to the line at hand */
    unsigned columns[MAX_LEVELS];     /* of what is in them; [0] is `tapedeck` itself */
    size_t depth;                     /* how many are open, without the first */
};

/* A key is known by the path of its mapping and its own text. */
static struct td_hash key_hash(struct td_bytes level, struct td_bytes key)
{
    return td_hash_join(td_hash_bytes(level), td_hash_bytes(key));
}

static bool is_used(const struct settings_writer *s, struct td_bytes level, struct td_bytes key)
{
    return td_map_get(&s->used, key_hash(level, key));
}

static void use(struct settings_writer *s, struct td_bytes level, struct td_bytes key)
{
    if (td_map_put(&s->used, key_hash(level, key), s) < 0)
        s->w->out->failed = true;
}

/* What is behind the level's dot. */
static struct td_bytes below(struct td_bytes path, struct td_bytes level)
{
    if (!path.len)
        return TD_BYTES("");
    size_t skip = level.len ? level.len + 1 : 0;
    return td_bytes(path.data + skip, path.len - skip);
}

/* Closes what the path is not in. */
static void close_levels(struct settings_writer *s, struct td_bytes path)
{
    while (s->depth) {
        struct td_bytes level = s->open[s->depth];
        if (path.len > level.len && path.data[level.len] == '.' &&
            memcmp(path.data, level.data, level.len) == 0)
            return;
        s->depth--;
    }
}

/* Opens a mapping for each part but the last, as far as that goes. */
static void open_levels(struct settings_writer *s, struct td_bytes path)
{
    while (s->depth + 1 < MAX_LEVELS) {
        struct td_bytes level = s->open[s->depth], rest = below(path, level);
        const char *dot = memchr(rest.data, '.', rest.len);
        if (!dot)
            return;
        struct td_bytes part = td_bytes(rest.data, (size_t)(dot - rest.data));
        if (!part.len || is_used(s, level, part))
            return;
        use(s, level, part);
        unsigned column = s->columns[s->depth];
        td_writer_any_key(s->w, column, part);
        s->depth++;
        s->open[s->depth] = td_bytes(path.data, (size_t)(dot - path.data));
        s->columns[s->depth] = td_writer_deeper(s->w, column);
    }
}

static void write_setting(struct settings_writer *s, const struct td_setting *setting)
{
    close_levels(s, setting->path);
    open_levels(s, setting->path);
    /* Where the same setting stands twice, the second goes further out, with dots. */
    while (s->depth && is_used(s, s->open[s->depth], below(setting->path, s->open[s->depth])))
        s->depth--;
    struct td_bytes level = s->open[s->depth], key = below(setting->path, level);
    unsigned column = s->columns[s->depth];
    use(s, level, key);
    if (setting->values.count == 1) {
        td_writer_any_key(s->w, column, key);
        td_writer_value(s->w, column, setting->values.items[0]);
    } else {
        td_writer_items(s->w, td_writer_open_list(s->w, column, key), &setting->values);
    }
}

void td_emit_settings(struct td_writer *w, const struct td_settings *settings)
{
    if (!settings->count)
        return;
    struct settings_writer s = {.w = w, .open = {{"", 0}}, .columns = {td_writer_deeper(w, 0)}};
    td_map_init(&s.used);
    td_writer_key(w, 0, TD_BYTES("tapedeck"));
    for (size_t i = 0; i < settings->count; i++)
        write_setting(&s, &settings->items[i]);
    td_map_release(&s.used);
}
