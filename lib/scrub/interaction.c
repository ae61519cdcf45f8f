/* SPDX-License-Identifier: MIT */
/* A whole interaction: each of its texts, and the numbers that follow from them. */
#include <stdio.h>
#include <stdlib.h>

#include "base/grow.h"
#include "cassette/chunks.h"
#include "scrub/part.h"

void td_leaks_init(struct td_leaks *findings)
{
    *findings = (struct td_leaks){0};
    td_arena_init(&findings->arena);
}

void td_leaks_release(struct td_leaks *findings)
{
    free(findings->items);
    td_arena_release(&findings->arena);
    td_leaks_init(findings);
}

/* The interaction at hand, and where in it. */
struct scrubbing {
    const struct td_scrubber *scrubber;
    struct td_interaction *interaction;
    struct td_arena *arena;
    struct td_leaks *findings;
    bool failed;          /* memory ran out */
    struct td_echo *echo; /* learns, as long as it is set */
    /* Of the part at hand. */
    bool response;
    enum td_scrub_part part;
    size_t index;
    struct td_bytes name;
    struct td_recorded_chunks *chunks; /* to follow the body, or NULL */
};

static void add_finding(struct scrubbing *scrubbing, struct td_leak finding)
{
    struct td_leaks *findings = scrubbing->findings;
    if (!findings)
        return;
    struct td_leak *items =
        td_grow(findings->items, findings->count, &findings->capacity, sizeof *items);
    if (!items) {
        scrubbing->failed = true;
        return;
    }
    findings->items = items;
    finding.interaction = scrubbing->interaction->id;
    finding.response = scrubbing->response;
    finding.part = scrubbing->part;
    finding.index = scrubbing->index;
    finding.name = td_arena_copy(&findings->arena, scrubbing->name);
    scrubbing->failed |= !finding.name.data;
    findings->items[findings->count++] = finding;
}

/* Chunks end where they did, moved by what the patches before have added or taken away; one that
 * ends inside of a patch takes as much of the new text as it had of the old one. */
static void move_chunks(struct scrubbing *scrubbing, const struct td_sheet *sheet)
{
    struct td_recorded_chunks *chunks = scrubbing->chunks;
    if (!chunks || !chunks->count || !td_chunks_fit(*chunks, sheet->text.len))
        return;
    struct td_recorded_chunk *items =
        td_arena_alloc(scrubbing->arena, chunks->count * sizeof *items);
    if (!items) {
        scrubbing->failed = true;
        return;
    }
    size_t count = 0, patch = 0, old_end = 0, last = 0;
    ptrdiff_t moved = 0;
    for (size_t i = 0; i < chunks->count; i++) {
        old_end += chunks->items[i].len;
        for (; patch < sheet->count && sheet->patches[patch].end <= old_end; patch++)
            moved += (ptrdiff_t)sheet->patches[patch].text.len -
                     (ptrdiff_t)(sheet->patches[patch].end - sheet->patches[patch].start);
        size_t end = old_end;
        if (patch < sheet->count && sheet->patches[patch].start < old_end) {
            size_t most = sheet->patches[patch].start + sheet->patches[patch].text.len;
            end = end < most ? end : most;
        }
        end = (size_t)((ptrdiff_t)end + moved);
        if (end == last && i + 1 < chunks->count)
            continue; /* nothing of it is left */
        items[count++] = (struct td_recorded_chunk){(uint32_t)(end - last), chunks->items[i].at_ns};
        last = end;
    }
    *chunks = (struct td_recorded_chunks){items, count};
}

static void take_changes(void *context, const struct td_desk *desk, const struct td_sheet *sheet)
{
    struct scrubbing *scrubbing = context;
    move_chunks(scrubbing, sheet);
    for (size_t i = 0; i < desk->found_count; i++) {
        const struct td_found *found = &desk->found[i], *last = i ? found - 1 : NULL;
        /* Seen in two ways, it is still one. */
        if (last && last->start == found->start && last->secret.rule == found->secret.rule &&
            last->secret.fingerprint == found->secret.fingerprint)
            continue;
        add_finding(scrubbing, (struct td_leak){
                                   .rule = found->secret.rule,
                                   .variable = found->secret.variable,
                                   .offset = found->start,
                                   .len = found->len,
                                   .fingerprint = found->secret.fingerprint,
                               });
    }
}

/* Scrubs a text in place; true where it changed. */
static bool scrub(struct scrubbing *scrubbing, struct td_bytes *text, enum td_part_kind kind,
                  enum td_scrub_part part, size_t index, struct td_bytes name)
{
    if (!text->len)
        return false;
    struct td_part work = {
        .scrubber = scrubbing->scrubber,
        .kind = kind,
        .name = name,
        .echo = scrubbing->echo,
        .changed = take_changes,
        .context = scrubbing,
    };
    struct td_buf out;
    bool changed;
    td_buf_init(&out);
    scrubbing->part = part;
    scrubbing->index = index;
    scrubbing->name = part == TD_SCRUB_BODY ? td_bytes("", 0) : name;
    if (td_part_scrub(&work, *text, &out, &changed) < 0)
        scrubbing->failed = true;
    if (changed && !scrubbing->failed) {
        struct td_bytes copy = td_arena_copy(scrubbing->arena, td_buf_view(&out));
        scrubbing->failed |= !copy.data;
        if (copy.data)
            *text = copy;
    }
    td_buf_release(&out);
    return changed && !scrubbing->failed;
}

static bool is_kept(const struct td_scrubber *scrubber, struct td_bytes name)
{
    for (size_t i = 0; i < scrubber->kept.count; i++)
        if (td_bytes_equal_nocase(scrubber->kept.items[i], name))
            return true;
    return !scrubber->allow_headers;
}

static void scrub_fields(struct scrubbing *scrubbing, struct td_fields *fields,
                         enum td_scrub_part part)
{
    struct td_field *items = NULL;
    size_t count = 0;
    if (!fields->count)
        return;
    items = td_arena_alloc(scrubbing->arena, fields->count * sizeof *items);
    if (!items) {
        scrubbing->failed = true;
        return;
    }
    bool changed = false;
    for (size_t i = 0; i < fields->count; i++) {
        struct td_field field = fields->items[i];
        if (part != TD_SCRUB_FORM && !is_kept(scrubbing->scrubber, field.name)) {
            scrubbing->part = part;
            scrubbing->index = i;
            scrubbing->name = field.name;
            add_finding(scrubbing, (struct td_leak){
                                       .rule = td_special_rules[TD_SPECIAL_ALLOW].id,
                                       .len = field.value.len,
                                       .removed = true,
                                   });
            changed = true;
            continue;
        }
        /* A body that is no form, but was said to be one, is a name without a value. */
        if (part == TD_SCRUB_FORM)
            changed |= scrub(scrubbing, &field.name, TD_PART_BODY, part, i, td_bytes("", 0));
        changed |=
            scrub(scrubbing, &field.value, part == TD_SCRUB_FORM ? TD_PART_FIELD : TD_PART_HEADER,
                  part, i, field.name);
        items[count++] = field;
    }
    if (changed)
        *fields = (struct td_fields){items, count};
}

static void follow_length(struct scrubbing *scrubbing, struct td_message *message, size_t was)
{
    static const struct td_bytes name = TD_BYTES("Content-Length");
    struct td_fields *headers = &message->headers;
    if (message->content_length == (int64_t)was)
        message->content_length = (int64_t)message->body.len;
    for (size_t i = 0; i < headers->count; i++) {
        uint64_t told;
        if (!td_bytes_equal_nocase(headers->items[i].name, name) ||
            !td_bytes_to_u64(headers->items[i].value, &told) || told != was)
            continue;
        struct td_field *items = td_arena_alloc(scrubbing->arena, headers->count * sizeof *items);
        char digits[24];
        int len = snprintf(digits, sizeof digits, "%zu", message->body.len);
        struct td_bytes value = td_arena_copy(scrubbing->arena, td_bytes(digits, (size_t)len));
        if (!items || !value.data) {
            scrubbing->failed = true;
            return;
        }
        memcpy(items, headers->items, headers->count * sizeof *items);
        items[i].value = value;
        headers->items = items;
    }
}

static void scrub_message(struct scrubbing *scrubbing, struct td_message *message)
{
    struct td_bytes type = {0};
    size_t was = message->body.len;
    td_fields_get(&message->headers, TD_BYTES("Content-Type"), &type);
    scrub_fields(scrubbing, &message->headers, TD_SCRUB_HEADER);
    if (scrub(scrubbing, &message->body, TD_PART_BODY, TD_SCRUB_BODY, 0, type))
        follow_length(scrubbing, message, was);
    scrub_fields(scrubbing, &message->trailer, TD_SCRUB_TRAILER);
}

static void scrub_request(struct scrubbing *scrubbing)
{
    struct td_recorded_request *request = &scrubbing->interaction->request;
    struct td_bytes none = td_bytes("", 0);
    scrub(scrubbing, &request->url, TD_PART_URL, TD_SCRUB_URL, 0, none);
    scrub(scrubbing, &request->request_uri, TD_PART_URL, TD_SCRUB_REQUEST_URI, 0, none);
    scrub(scrubbing, &request->host, TD_PART_TEXT, TD_SCRUB_HOST, 0, none);
    scrub(scrubbing, &request->remote_addr, TD_PART_TEXT, TD_SCRUB_REMOTE_ADDR, 0, none);
    scrub_message(scrubbing, &request->message);
    scrub_fields(scrubbing, &request->form, TD_SCRUB_FORM);
}

/* Whole heads of responses that came before: line by line. */
static void scrub_interim(struct scrubbing *scrubbing, struct td_list *heads)
{
    struct td_bytes *items = td_arena_alloc(scrubbing->arena, (heads->count + 1) * sizeof *items);
    bool any = false;
    if (!items) {
        scrubbing->failed = true;
        return;
    }
    for (size_t i = 0; i < heads->count; i++) {
        struct td_bytes head = heads->items[i];
        struct td_buf out;
        bool changed = false;
        td_buf_init(&out);
        for (size_t at = 0; at < head.len;) {
            const char *stop = memchr(head.data + at, '\n', head.len - at);
            size_t end = stop ? (size_t)(stop - head.data) : head.len;
            const char *colon = memchr(head.data + at, ':', end - at);
            size_t name_end = colon ? (size_t)(colon - head.data) : at;
            size_t start = colon ? name_end + 1 : at;
            while (start < end && head.data[start] == ' ')
                start++;
            struct td_bytes value = td_bytes(head.data + start, end - start);
            changed |= scrub(scrubbing, &value, TD_PART_HEADER, TD_SCRUB_INTERIM, i,
                             td_bytes(head.data + at, name_end - at));
            td_buf_put(&out, head.data + at, start - at);
            td_buf_put_bytes(&out, value);
            if (stop)
                td_buf_put_char(&out, '\n');
            at = end + 1;
        }
        items[i] = changed ? td_arena_copy(scrubbing->arena, td_buf_view(&out)) : head;
        scrubbing->failed |= td_buf_failed(&out) || (changed && !items[i].data);
        any |= changed;
        td_buf_release(&out);
    }
    if (any)
        heads->items = items;
}

static void scrub_response(struct scrubbing *scrubbing)
{
    struct td_recorded_response *response = &scrubbing->interaction->response;
    struct td_bytes none = td_bytes("", 0);
    scrubbing->response = true;
    scrubbing->chunks = &response->shape.chunks;
    scrub_message(scrubbing, &response->message);
    scrubbing->chunks = NULL;
    scrub(scrubbing, &response->status, TD_PART_TEXT, TD_SCRUB_STATUS, 0, none);
    scrub(scrubbing, &response->shape.head, TD_PART_TEXT, TD_SCRUB_HEAD, 0, none);
    scrub_interim(scrubbing, &response->shape.interim);
    scrub(scrubbing, &response->shape.broken, TD_PART_TEXT, TD_SCRUB_BROKEN, 0, none);
}

/* From what was learned so far. */
static struct td_scrubber *make_said_back(struct scrubbing *scrubbing, struct td_echo *echo)
{
    struct td_scrubber *made = echo->count ? td_echo_scrubber(echo, scrubbing->scrubber) : NULL;
    scrubbing->failed |= echo->failed || (echo->count && !made);
    return made;
}

int td_scrub_said_back(const struct td_scrubber *scrubber, const struct td_interaction *interaction,
                       struct td_scrubber **made)
{
    struct td_interaction copy = *interaction;
    struct td_arena arena;
    struct td_echo echo;
    struct scrubbing scrubbing = {
        .scrubber = scrubber,
        .interaction = &copy,
        .arena = &arena,
        .echo = &echo,
    };
    td_arena_init(&arena);
    td_echo_init(&echo);
    scrub_request(&scrubbing);
    *made = make_said_back(&scrubbing, &echo);
    if (scrubbing.failed) {
        td_scrubber_free(*made);
        *made = NULL;
    }
    td_echo_release(&echo);
    td_arena_release(&arena);
    return scrubbing.failed ? TD_ERR_NOMEM : 0;
}

int td_scrub_interaction(const struct td_scrubber *scrubber, struct td_interaction *interaction,
                         struct td_arena *arena, struct td_leaks *findings, struct td_error *err)
{
    struct scrubbing scrubbing = {
        .scrubber = scrubber,
        .interaction = interaction,
        .arena = arena,
        .findings = findings,
    };
    struct td_echo echo;
    td_echo_init(&echo);
    scrubbing.echo = &echo;
    scrub_request(&scrubbing);
    scrubbing.echo = NULL;
    struct td_scrubber *said_back = make_said_back(&scrubbing, &echo);
    if (said_back) {
        scrubbing.scrubber = said_back;
        scrub_response(&scrubbing);
        scrubbing.scrubber = scrubber;
    }
    scrub_response(&scrubbing);
    td_scrubber_free(said_back);
    td_echo_release(&echo);
    return scrubbing.failed ? td_error_nomem(err) : 0;
}
