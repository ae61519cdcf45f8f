/* SPDX-License-Identifier: MIT */
/*
 * A pattern as an automaton whose states are the places of its text where a byte goes (Glushkov
 * 1961): places are first, last, or follow each other. Backward it is made deterministic: at each
 * byte of a text the set of places at which that byte can stand with a match's rest behind it.
 */
#include "scrub/pattern.h"

#include <stdlib.h>

#include "base/map.h"
#include "scrub/pattern_parse.h"

enum { WORDS = TD_PATTERN_MAX_PLACES / 64, MAX_STATES = 4096 };

struct places {
    uint64_t bits[WORDS];
};

struct td_pattern {
    size_t count; /* of places */
    struct places first, last;
    struct places *follow; /* by place */
    struct places *sets;   /* by class of bytes: where such a byte can stand */
    uint8_t class_of[256];
    size_t classes;
    struct places *states; /* 0: nothing can come */
    size_t state_count;
    uint16_t *next; /* by state and class */
};

static bool any(const struct places *places)
{
    uint64_t all = 0;
    for (size_t i = 0; i < WORDS; i++)
        all |= places->bits[i];
    return all != 0;
}

static void join(struct places *places, const struct places *other)
{
    for (size_t i = 0; i < WORDS; i++)
        places->bits[i] |= other->bits[i];
}

static struct places both(const struct places *a, const struct places *b)
{
    struct places result;
    for (size_t i = 0; i < WORDS; i++)
        result.bits[i] = a->bits[i] & b->bits[i];
    return result;
}

static bool has(const struct places *places, size_t place)
{
    return places->bits[place / 64] >> place % 64 & 1;
}

static void add(struct places *places, size_t place)
{
    places->bits[place / 64] |= UINT64_C(1) << place % 64;
}

/* A part of the pattern. */
struct fragment {
    struct places first, last;
    bool empty; /* it can be nothing */
};

static void follow(struct td_pattern *pattern, const struct places *from, const struct places *to)
{
    for (size_t i = 0; i < pattern->count; i++)
        if (has(from, i))
            join(&pattern->follow[i], to);
}

static struct fragment cat(struct td_pattern *pattern, const struct fragment *a,
                           const struct fragment *b)
{
    struct fragment result = {a->first, b->last, a->empty && b->empty};
    follow(pattern, &a->last, &b->first);
    if (a->empty)
        join(&result.first, &b->first);
    if (b->empty)
        join(&result.last, &a->last);
    return result;
}

/* Runs the program; follow and first and last are what comes out. False: memory ran out. */
static bool build(struct td_pattern *pattern, const struct td_pattern_program *program)
{
    struct fragment *stack = calloc(program->count + 1, sizeof *stack);
    size_t depth = 0, place = 0;
    if (!stack)
        return false;
    for (size_t i = 0; i < program->count; i++) {
        struct fragment *top = depth ? &stack[depth - 1] : stack;
        switch (program->steps[i].op) {
        case TD_PATTERN_SET:
            stack[depth] = (struct fragment){0};
            add(&stack[depth].first, place);
            add(&stack[depth].last, place++);
            depth++;
            break;
        case TD_PATTERN_EMPTY:
            stack[depth++] = (struct fragment){.empty = true};
            break;
        case TD_PATTERN_CAT:
            top[-1] = cat(pattern, &top[-1], top);
            depth--;
            break;
        case TD_PATTERN_ALT:
            join(&top[-1].first, &top->first);
            join(&top[-1].last, &top->last);
            top[-1].empty |= top->empty;
            depth--;
            break;
        case TD_PATTERN_STAR:
        case TD_PATTERN_PLUS:
            follow(pattern, &top->last, &top->first);
            top->empty |= program->steps[i].op == TD_PATTERN_STAR;
            break;
        case TD_PATTERN_MAYBE:
            top->empty = true;
            break;
        }
    }
    pattern->first = stack[0].first;
    pattern->last = stack[0].last;
    free(stack);
    return true;
}

/* Bytes that no set of the pattern tells apart are one class. */
static bool classify(struct td_pattern *pattern, const struct td_pattern_program *program)
{
    pattern->sets = calloc(256, sizeof *pattern->sets);
    if (!pattern->sets)
        return false;
    for (unsigned c = 0; c < 256; c++) {
        struct places places = {0};
        size_t place = 0, class = 0;
        for (size_t i = 0; i < program->count; i++) {
            if (program->steps[i].op != TD_PATTERN_SET)
                continue;
            if (td_byte_set_has(&program->steps[i].set, (unsigned char)c))
                add(&places, place);
            place++;
        }
        while (class < pattern->classes &&
               memcmp(&pattern->sets[class], &places, sizeof places) != 0)
            class ++;
        if (class == pattern->classes)
            pattern->sets[pattern->classes++] = places;
        pattern->class_of[c] = (uint8_t) class;
    }
    return true;
}

/* The state that this set of places is, a new one where there is none. -1: too many; -2: no memory.
 */
static int state_of(struct td_pattern *pattern, struct td_map *map, const struct places *places)
{
    struct td_hash hash = td_hash_bytes(td_bytes((const char *)places, sizeof *places));
    uintptr_t known = (uintptr_t)td_map_get(map, hash);
    if (known)
        return (int)known - 1;
    if (pattern->state_count == MAX_STATES)
        return -1;
    pattern->states[pattern->state_count] = *places;
    if (td_map_put(map, hash, (void *)(pattern->state_count + 1)) < 0)
        return -2;
    return (int)pattern->state_count++;
}

static int determine(struct td_pattern *pattern, struct td_bytes source, struct td_error *err)
{
    struct td_map map;
    int status = 0;
    pattern->states = calloc(MAX_STATES, sizeof *pattern->states);
    pattern->next = calloc((size_t)MAX_STATES * pattern->classes, sizeof *pattern->next);
    if (!pattern->states || !pattern->next)
        return td_error_nomem(err);
    td_map_init(&map);
    if (state_of(pattern, &map, &pattern->states[0]) < 0)
        status = td_error_nomem(err);
    for (size_t i = 0; i < pattern->state_count && status == 0; i++) {
        /* Where a byte can stand before what this state says: what it is followed by, or the end.
         */
        struct places before = pattern->last;
        for (size_t p = 0; p < pattern->count; p++) {
            struct places common = both(&pattern->follow[p], &pattern->states[i]);
            if (any(&common))
                add(&before, p);
        }
        for (size_t class = 0; class < pattern->classes && status == 0; class ++) {
            struct places places = both(&before, &pattern->sets[class]);
            int next = state_of(pattern, &map, &places);
            if (next == -1)
                status =
                    td_error_set(err, TD_ERR_LIMIT,
                                 "the pattern '%.*s' can go on in too many ways at once: take a "
                                 "repetition out, or make it exact",
                                 (int)(source.len > 200 ? 200 : source.len), source.data);
            else if (next < 0)
                status = td_error_nomem(err);
            else
                pattern->next[i * pattern->classes + class] = (uint16_t)next;
        }
    }
    td_map_release(&map);
    if (status < 0)
        return status;
    /* Give back what was not needed. */
    void *states = realloc(pattern->states, pattern->state_count * sizeof *pattern->states);
    void *next =
        realloc(pattern->next, pattern->state_count * pattern->classes * sizeof *pattern->next);
    pattern->states = states ? states : pattern->states;
    pattern->next = next ? next : pattern->next;
    return 0;
}

int td_pattern_new(struct td_pattern **made, struct td_bytes source, struct td_error *err)
{
    struct td_pattern_program program;
    struct td_pattern *pattern = calloc(1, sizeof *pattern);
    *made = NULL;
    if (!pattern)
        return td_error_nomem(err);
    int status = td_pattern_parse(&program, source, err);
    if (status == 0) {
        pattern->count = program.places;
        pattern->follow = calloc(pattern->count + 1, sizeof *pattern->follow);
        if (!pattern->follow || !build(pattern, &program) || !classify(pattern, &program))
            status = td_error_nomem(err);
    }
    free(program.steps);
    if (status == 0 && !any(&pattern->first))
        status = td_error_set(err, TD_ERR_FORMAT, "a pattern that matches nothing: '%.*s'",
                              (int)(source.len > 200 ? 200 : source.len), source.data);
    if (status == 0)
        status = determine(pattern, source, err);
    if (status < 0)
        td_pattern_free(pattern);
    else
        *made = pattern;
    return status;
}

void td_pattern_free(struct td_pattern *pattern)
{
    if (!pattern)
        return;
    free(pattern->follow);
    free(pattern->sets);
    free(pattern->states);
    free(pattern->next);
    free(pattern);
}

void td_pattern_search_init(struct td_pattern_search *search, const struct td_pattern *pattern,
                            struct td_bytes text)
{
    *search = (struct td_pattern_search){.pattern = pattern, .text = text};
    search->states = text.len ? reallocarray(NULL, text.len, sizeof *search->states) : NULL;
    if (!search->states) {
        search->failed = text.len != 0;
        search->text.len = 0;
        return;
    }
    uint16_t state = 0;
    for (size_t i = text.len; i--;) {
        state =
            pattern
                ->next[state * pattern->classes + pattern->class_of[(unsigned char)text.data[i]]];
        search->states[i] = state;
    }
}

void td_pattern_search_release(struct td_pattern_search *search)
{
    free(search->states);
}

bool td_pattern_search_next(struct td_pattern_search *search, size_t *start, size_t *end)
{
    const struct td_pattern *pattern = search->pattern;
    for (; search->at < search->text.len; search->at++) {
        size_t at = search->at;
        struct places now = both(&pattern->first, &pattern->states[search->states[at]]);
        if (!any(&now))
            continue;
        *start = at;
        /* Every place that is gone to leads to the end of a match: nothing is gone through twice.
         */
        for (;;) {
            struct places done = both(&now, &pattern->last), then = {0};
            at++;
            if (any(&done))
                *end = at;
            if (at == search->text.len)
                break;
            for (size_t p = 0; p < pattern->count; p++)
                if (has(&now, p))
                    join(&then, &pattern->follow[p]);
            now = both(&then, &pattern->states[search->states[at]]);
            if (!any(&now))
                break;
        }
        search->at = *end;
        return true;
    }
    return false;
}
