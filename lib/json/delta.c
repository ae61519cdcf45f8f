/* SPDX-License-Identifier: MIT */
/*
 * Two containers at a time: steps.c lays their children side by side, and pairs of containers among
 * them are gone into before the next step. The way back is kept in a list of frames, not on the
 * stack, because bodies may be nested without end.
 */
#include "json/delta.h"

#include <stdlib.h>

#include "base/grow.h"
#include "json/steps.h"

struct frame {
    struct td_json_steps steps;
    const struct td_json *into;  /* b's container */
    const struct td_json *whole; /* as in a change */
    size_t next;
};

struct maker {
    struct td_json_delta *delta;
    struct frame *frames;
    size_t depth;
    size_t capacity;
};

static int put(struct maker *maker, const struct td_json_step *step)
{
    const struct frame *frame = maker->depth ? &maker->frames[maker->depth - 1] : NULL;
    struct td_json_delta *delta = maker->delta;
    void *items = td_grow(delta->items, delta->count, &delta->capacity, sizeof *delta->items);
    if (!items)
        return TD_ERR_NOMEM;
    delta->items = items;
    delta->items[delta->count++] = (struct td_json_change){
        .kind = step->kind,
        .a = step->a,
        .b = step->b,
        .into = frame ? frame->into : NULL,
        .whole = frame ? frame->whole : NULL,
        .place = step->place,
    };
    return 0;
}

static bool goes_inside(const struct td_json *a, const struct td_json *b)
{
    return a->kind == b->kind && (a->count || b->count);
}

static int push(struct maker *maker, const struct td_json *a, const struct td_json *b)
{
    void *frames = td_grow(maker->frames, maker->depth, &maker->capacity, sizeof *maker->frames);
    if (!frames)
        return TD_ERR_NOMEM;
    maker->frames = frames;
    const struct td_json *whole = maker->depth ? maker->frames[maker->depth - 1].whole : NULL;
    if (!whole && (a->whole || b->whole))
        whole = b;
    struct frame *frame = &maker->frames[maker->depth++];
    *frame = (struct frame){.into = b, .whole = whole};
    return td_json_steps_make(&frame->steps, a, b);
}

static int pair(struct maker *maker, const struct td_json_step *step)
{
    if (step->kind == TD_JSON_CHANGED && goes_inside(step->a, step->b))
        return push(maker, step->a, step->b);
    return put(maker, step);
}

int td_json_delta_make(struct td_json_delta *delta, const struct td_json *a,
                       const struct td_json *b)
{
    *delta = (struct td_json_delta){0};
    if (a->hash == b->hash && td_json_equal(a, b))
        return 0;
    struct maker maker = {.delta = delta};
    int status = pair(&maker, &(struct td_json_step){TD_JSON_CHANGED, a, b, 0});
    while (!status && maker.depth) {
        struct frame *frame = &maker.frames[maker.depth - 1];
        if (frame->next < frame->steps.count) {
            struct td_json_step step = frame->steps.items[frame->next++];
            status = pair(&maker, &step);
        } else {
            td_json_steps_release(&frame->steps);
            maker.depth--;
        }
    }
    while (maker.depth)
        td_json_steps_release(&maker.frames[--maker.depth].steps);
    free(maker.frames);
    return status;
}

void td_json_delta_release(struct td_json_delta *delta)
{
    free(delta->items);
    *delta = (struct td_json_delta){0};
}
