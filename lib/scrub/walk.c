/* SPDX-License-Identifier: MIT */
#include "scrub/walk.h"

#include <stdlib.h>

#include "base/grow.h"
#include "json/scalar.h"

static uint64_t mix(uint64_t a, uint64_t b)
{
    unsigned __int128 product =
        (unsigned __int128)(a ^ UINT64_C(0x9e3779b97f4a7c15)) * (b ^ UINT64_C(0xd1b54a32d192ed03));
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t hash_key(struct td_bytes key)
{
    uint64_t hash = key.len;
    for (size_t i = 0; i < key.len; i += 8) {
        uint64_t word = 0;
        memcpy(&word, key.data + i, key.len - i < 8 ? key.len - i : 8);
        hash = mix(hash, word);
    }
    return hash;
}

void td_walk_init(struct td_walk *walk, struct td_bytes text)
{
    *walk = (struct td_walk){.text = text};
    walk->objects = calloc(8, sizeof *walk->objects);
    walk->object_capacity = 8;
    walk->object_count = 1;
    walk->failed = !walk->objects;
}

void td_walk_release(struct td_walk *walk)
{
    free(walk->frames);
    free(walk->objects);
}

static void open_container(struct td_walk *walk, bool is_object)
{
    struct td_walk_frame *outer = walk->depth ? &walk->frames[walk->depth - 1] : NULL;
    struct td_walk_frame frame = {.is_object = is_object};
    if (outer) {
        frame.path = mix(outer->path, outer->key);
        frame.object = outer->object;
    } else {
        walk->listed = !is_object;
    }
    if (is_object) {
        struct td_walk_object *objects =
            td_grow(walk->objects, walk->object_count, &walk->object_capacity, sizeof *objects);
        if (!objects) {
            walk->failed = true;
            return;
        }
        walk->objects = objects;
        walk->objects[walk->object_count] = (struct td_walk_object){frame.object, 0};
        frame.object = (uint32_t)walk->object_count++;
    }
    struct td_walk_frame *frames =
        td_grow(walk->frames, walk->depth, &walk->frame_capacity, sizeof *frames);
    if (!frames) {
        walk->failed = true;
        return;
    }
    walk->frames = frames;
    walk->frames[walk->depth++] = frame;
}

static void close_container(struct td_walk *walk)
{
    if (walk->depth)
        walk->depth--;
    walk->ended = !walk->depth || (walk->depth == 1 && walk->listed);
    if (!walk->depth)
        walk->listed = false;
}

/* Where a string ends whose first character is at `at`. */
static size_t string_end(struct td_bytes text, size_t at, bool *escaped)
{
    *escaped = false;
    while (at < text.len) {
        at += td_json_plain_run(text.data + at, text.len - at);
        if (at < text.len && text.data[at] == '"')
            return at;
        bool escape = at < text.len && text.data[at] == '\\';
        *escaped |= escape;
        at += escape ? 2 : 1;
    }
    return text.len;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void set_found(struct td_walk *walk, size_t start, size_t end)
{
    static struct td_walk_frame none;
    const struct td_walk_frame *frame = walk->depth ? &walk->frames[walk->depth - 1] : &none;
    walk->start = start;
    walk->end = end;
    walk->path = mix(frame->path, frame->key);
    walk->object = frame->object;
}

static enum td_walk_kind take_string(struct td_walk *walk)
{
    struct td_bytes text = walk->text;
    size_t start = walk->at + 1, end = string_end(text, start, &walk->escaped), after = end + 1;
    struct td_walk_frame *frame = walk->depth ? &walk->frames[walk->depth - 1] : NULL;
    walk->at = after < text.len ? after : text.len;
    while (after < text.len && is_blank(text.data[after]))
        after++;
    if (frame && frame->is_object && after < text.len && text.data[after] == ':') {
        walk->at = after + 1;
        walk->key = td_bytes(text.data + start, end - start);
        frame->key = hash_key(walk->key);
        set_found(walk, start, end);
        return TD_WALK_KEY;
    }
    if (!frame || !frame->is_object)
        walk->key = td_bytes("", 0);
    set_found(walk, start, end);
    return TD_WALK_STRING;
}

static bool is_bare_json(struct td_bytes word)
{
    if (!word.len)
        return true;
    if (word.data[0] == '-' || (word.data[0] >= '0' && word.data[0] <= '9')) {
        for (size_t i = 1; i < word.len; i++)
            if (!word.data[i] || !strchr("0123456789+-.eE", word.data[i]))
                return false;
        return true;
    }
    return td_bytes_equal(word, TD_BYTES("true")) || td_bytes_equal(word, TD_BYTES("false")) ||
           td_bytes_equal(word, TD_BYTES("null"));
}

static enum td_walk_kind take_bare(struct td_walk *walk)
{
    struct td_bytes text = walk->text;
    size_t start = walk->at, end = start;
    while (end < text.len && text.data[end] && !strchr("{}[],:\"", text.data[end]))
        end++;
    if (end == start)
        end++;
    walk->at = end;
    while (end > start && is_blank(text.data[end - 1]))
        end--;
    walk->escaped = memchr(text.data + start, '\\', end - start) != NULL;
    walk->odd |= !is_bare_json(td_bytes(text.data + start, end - start));
    set_found(walk, start, end);
    return TD_WALK_BARE;
}

enum td_walk_kind td_walk_next(struct td_walk *walk)
{
    struct td_bytes text = walk->text;
    if (walk->ended) {
        walk->ended = false;
        walk->object_count = 1;
    }
    while (walk->at < text.len && !walk->failed) {
        char c = text.data[walk->at];
        switch (c) {
        case '{':
        case '[':
            open_container(walk, c == '{');
            walk->key = td_bytes("", 0);
            walk->at++;
            break;
        case '}':
        case ']':
            close_container(walk);
            walk->key = td_bytes("", 0);
            walk->at++;
            if (walk->ended)
                return TD_WALK_VALUE;
            break;
        case ',':
            walk->key = td_bytes("", 0);
            walk->at++;
            break;
        case ' ':
        case '\t':
        case '\n':
        case '\r':
        case ':':
            walk->at++;
            break;
        case '"':
            return take_string(walk);
        default:
            return take_bare(walk);
        }
    }
    return TD_WALK_END;
}
