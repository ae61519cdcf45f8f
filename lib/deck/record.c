/* SPDX-License-Identifier: MIT */
/*
 * A deck that records: what was captured goes through the hook, then through the scrubber, then
 * into the journal, in this order and in the thread that has done the transfer, so that nothing is
 * lost when the program ends a moment later, and nothing secret is ever on a disk. The journals
 * become the cassette when the deck is ejected; see deck/merge.h.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "deck/draft.h"
#include "deck/inside.h"
#include "deck/merge.h"
#include "http/form.h"
#include "http/url.h"

static const char *const mode_names[] = {"replay", "once", "new", "record", "passthrough"};

int td_mode_parse(const char *name, enum td_mode *mode, struct td_error *err)
{
    for (size_t i = 0; i < sizeof mode_names / sizeof *mode_names; i++) {
        if (strcmp(name, mode_names[i]) == 0) {
            *mode = (enum td_mode)i;
            return 0;
        }
    }
    return td_error_set(err, TD_ERR_INVALID,
                        "no mode '%s': it is replay, once, new, record or passthrough", name);
}

const char *td_mode_name(enum td_mode mode)
{
    return (size_t)mode < sizeof mode_names / sizeof *mode_names ? mode_names[mode] : "";
}

/* ---- which transfers ---- */

bool td_deck_is_live(const struct td_deck *deck)
{
    return deck->mode == TD_MODE_RECORD;
}

bool td_deck_may_go_live(const struct td_deck *deck)
{
    return deck->mode == TD_MODE_NEW;
}

bool td_deck_keeps_timing(const struct td_deck *deck)
{
    return !deck->options.no_timing;
}

/* A host by its name, or what ends like "*.example.com"; with or without its port. */
static bool host_matches(struct td_bytes pattern, struct td_bytes host, struct td_bytes port)
{
    const char *colon = pattern.len ? memrchr(pattern.data, ':', pattern.len) : NULL;
    const char *bracket = pattern.len ? memrchr(pattern.data, ']', pattern.len) : NULL;
    if (colon && (!bracket || colon > bracket)) {
        struct td_bytes wanted =
            td_bytes(colon + 1, pattern.len - (size_t)(colon + 1 - pattern.data));
        if (!td_bytes_equal(wanted, port))
            return false;
        pattern.len = (size_t)(colon - pattern.data);
    }
    if (pattern.len && pattern.data[0] == '*') {
        struct td_bytes tail = td_bytes(pattern.data + 1, pattern.len - 1);
        return host.len >= tail.len &&
               td_bytes_equal_nocase(td_bytes(host.data + host.len - tail.len, tail.len), tail);
    }
    return td_bytes_equal_nocase(pattern, host);
}

bool td_deck_passes(const struct td_deck *deck, const char *url)
{
    const char *const *pattern = deck->options.passthrough;
    if (deck->mode == TD_MODE_PASSTHROUGH)
        return true;
    if (deck->options.passes && deck->options.passes(deck->options.context, url))
        return true;
    if (!pattern)
        return false;
    struct td_url parts;
    td_url_split(&parts, td_bytes_of(url));
    struct td_bytes port = parts.port;
    if (!port.len)
        port = td_bytes_equal_nocase(parts.scheme, TD_BYTES("https")) ? TD_BYTES("443")
                                                                      : TD_BYTES("80");
    for (; *pattern; pattern++)
        if (host_matches(td_bytes_of(*pattern), parts.host, port))
            return true;
    return false;
}

/* ---- recording ---- */

void td_deck_put_url(const struct td_deck *deck, struct td_bytes url, struct td_buf *out)
{
    struct td_buf veiled, no_body;
    bool changed, body_changed;
    td_buf_init(&veiled);
    td_buf_init(&no_body);
    if (td_scrub_request(deck->scrubber, url, TD_BYTES(""), TD_BYTES(""), &veiled, &no_body,
                         &changed, &body_changed) == 0)
        td_buf_put_bytes(out, changed ? td_buf_view(&veiled) : url);
    td_buf_release(&veiled);
    td_buf_release(&no_body);
}

/* Tells what became of a transfer, and of which one. */
static void tell(struct td_deck *deck, struct td_buf *what, struct td_bytes method,
                 struct td_bytes url, const char *reason)
{
    struct td_buf safe;
    td_buf_init(&safe);
    td_buf_put_text(what, ": ");
    td_buf_put_bytes(what, method);
    if (method.len)
        td_buf_put_char(what, ' ');
    td_deck_put_url(deck, url, what);
    td_buf_printf(what, "%s%s\n", *reason ? ": " : "", reason);
    if (!td_buf_failed(what) && td_scrub_text(deck->scrubber, td_buf_view(what), &safe) == 0 &&
        deck->teller)
        deck->teller(deck, td_buf_view(&safe), NULL);
    td_buf_release(&safe);
    td_buf_release(what);
}

void td_deck_begin(struct td_deck *deck)
{
    td_run_count(deck->run, TD_RUN_BEGUN);
}

void td_deck_end(struct td_deck *deck)
{
    td_run_count(deck->run, TD_RUN_ENDED);
}

void td_deck_lose(struct td_deck *deck, struct td_bytes url, const char *reason)
{
    struct td_buf what;
    td_buf_init(&what);
    td_run_count(deck->run, TD_RUN_LOST);
    td_buf_put_text(&what, "tapedeck: not recorded");
    tell(deck, &what, TD_BYTES(""), url, reason);
}

void td_deck_drop(struct td_deck *deck, struct td_bytes url, const char *reason)
{
    struct td_buf what;
    td_buf_init(&what);
    td_run_request(deck->run);
    td_run_count(deck->run, TD_RUN_UNANSWERED);
    td_buf_printf(&what, "tapedeck: not recorded, %s", reason);
    tell(deck, &what, TD_BYTES(""), url, "");
}

/* A form is the request's body once more, taken apart as if it were one: a JSON text that was sent
 * as a form has its secrets in names. So it is made anew of what is left of the body. */
static int scrub(struct td_deck *deck, struct td_interaction *interaction, struct td_arena *arena,
                 struct td_error *err)
{
    struct td_recorded_request *request = &interaction->request;
    int status = td_scrub_interaction(deck->scrubber, interaction, arena, NULL, err);
    if (status < 0 || !request->form.count)
        return status;
    return td_form_parse(arena, request->message.body, &request->form) < 0 ? td_error_nomem(err)
                                                                           : 0;
}

/* All but the response's body, which was looked through already. */
static int scrub_beside_body(struct td_deck *deck, struct td_interaction *interaction,
                             struct td_arena *arena, struct td_error *err)
{
    struct td_bytes body = interaction->response.message.body;
    interaction->response.message.body = td_bytes(NULL, 0);
    int status = scrub(deck, interaction, arena, err);
    interaction->response.message.body = body;
    return status;
}

void td_deck_record(struct td_deck *deck, struct td_interaction *interaction,
                    struct td_arena *arena, int64_t start_ns, bool whole, struct td_spill *spill)
{
    struct td_error err;
    struct td_bytes broken = interaction->response.shape.broken;
    struct td_buf what;
    td_buf_init(&what);
    td_run_request(deck->run);
    /* A body that libcurl did not want to read is no accident. */
    if (!whole && !deck->options.keep_broken && !td_bytes_equal(broken, TD_BYTES("unread"))) {
        td_run_count(deck->run, TD_RUN_DROPPED);
        td_buf_printf(&what, "tapedeck: not recorded, its response ended early (%.*s)",
                      (int)broken.len, broken.data);
        tell(deck, &what, interaction->request.method, interaction->request.url, "");
        return;
    }
    struct td_draft draft = {interaction, arena, false, false};
    if (deck->options.hooks.after_capture)
        deck->options.hooks.after_capture(deck->options.context, &draft);
    if (draft.discarded)
        return;
    struct td_journal_body *body = td_spill_end(spill, deck, interaction);
    int status = draft.failed ? td_error_nomem(&err)
                 : body       ? scrub_beside_body(deck, interaction, arena, &err)
                              : scrub(deck, interaction, arena, &err);
    if (status == 0 && !deck->journal)
        status = td_error_set(&err, TD_ERR_INVALID, "the deck has no cassette");
    if (status == 0)
        status = td_journal_add(deck->journal, interaction, start_ns, body, &err);
    else
        td_journal_body_drop(body);
    if (status < 0)
        td_deck_lose(deck, interaction->request.url, err.message);
    else
        td_run_count(deck->run, TD_RUN_RECORDED);
    const struct td_message *request = &interaction->request.message;
    if (status < 0 || request->content_length <= (int64_t)request->body.len)
        return;
    td_buf_put_text(&what, "tapedeck: recorded with a part of its request, which the server did "
                           "not let be sent whole, and so not matched by a whole one");
    tell(deck, &what, interaction->request.method, interaction->request.url, "");
}

/* ---- saving ---- */

static bool before_save(void *context, struct td_interaction *interaction, struct td_arena *arena)
{
    struct td_deck *deck = context;
    struct td_draft draft = {interaction, arena, false, false};
    if (!deck->options.hooks.before_save)
        return true;
    deck->options.hooks.before_save(deck->options.context, &draft);
    return !draft.discarded && !draft.failed && scrub(deck, interaction, arena, NULL) == 0;
}

int td_deck_save(struct td_deck *deck, bool well, struct td_deck_saved *saved, struct td_error *err)
{
    struct td_buf aside;
    struct td_merge merge = {
        .own = deck->journal,
        .before_save = before_save,
        .context = deck,
        .may_replace = well,
    };
    *saved = (struct td_deck_saved){.path = deck->target};
    if (!deck->target || (deck->journal && deck->mode == TD_MODE_REPLAY))
        return 0;
    td_buf_init(&aside);
    td_buf_printf(&aside, "%s.failed", deck->target);
    merge.aside = aside.data;
    int status =
        td_buf_failed(&aside) ? td_error_nomem(err) : td_merge_journals(deck->target, &merge, err);
    td_buf_release(&aside);
    saved->added = merge.saved;
    saved->aside = merge.set_aside;
    saved->total = merge.total;
    saved->lost = merge.lost;
    saved->busy = merge.busy;
    saved->replaced = merge.replaced;
    return status;
}

/* The file's one true name, whether it is there or not: two names of a file are one cassette. */
static char *canonical(const char *path)
{
    char *real = realpath(path, NULL);
    if (real || errno != ENOENT)
        return real;
    const char *slash = strrchr(path, '/');
    struct td_buf folder, whole;
    td_buf_init(&folder);
    td_buf_init(&whole);
    if (slash)
        td_buf_put(&folder, path, (size_t)(slash - path) + 1);
    else
        td_buf_put_text(&folder, ".");
    real = td_buf_failed(&folder) ? NULL : realpath(folder.data, NULL);
    if (real) {
        td_buf_printf(&whole, "%s/%s", strcmp(real, "/") == 0 ? "" : real,
                      slash ? slash + 1 : path);
        free(real);
        real = td_buf_detach(&whole, NULL);
    }
    td_buf_release(&folder);
    td_buf_release(&whole);
    return real;
}

/* The folders that a new cassette is to be in. 0, or why the last one could not be made. */
static int make_folders(const char *path)
{
    int cause = 0;
    char *folder = strdup(path);
    for (char *slash = folder ? strchr(folder + 1, '/') : NULL; slash;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        cause = mkdir(folder, 0777) < 0 && errno != EEXIST ? errno : 0;
        *slash = '/';
    }
    free(folder);
    return cause;
}

/* It would be a pity to find out after the requests were made, and paid for. */
static int check_folder(const struct td_deck *deck, const char *path, struct td_error *err)
{
    char folder[PATH_MAX];
    if ((size_t)snprintf(folder, sizeof folder, "%s", deck->target) >= sizeof folder)
        return 0;
    char *slash = strrchr(folder, '/');
    if (!slash)
        return 0;
    slash[slash == folder] = '\0';
    if (access(folder, W_OK) == 0)
        return 0;
    return td_error_set_at(err, TD_ERR_IO, path, 0, 0,
                           "cannot be recorded to, nothing can be written in its folder: %s",
                           strerror(errno));
}

/* A slip in the name must not cost anybody a file. */
static void add_hint(struct td_error *err)
{
    size_t len = strlen(err->message);
    snprintf(err->message + len, sizeof err->message - len,
             "; it is not replaced: remove it first, or name another with -o");
}

int td_deck_target(struct td_deck *deck, const char *path, struct td_error *err)
{
    struct td_error quiet;
    int cause = 0;
    deck->target = canonical(path);
    if (!deck->target && deck->mode == TD_MODE_REPLAY)
        return 0; /* reading it tells what is wrong */
    if (!deck->target && errno == ENOENT) {
        cause = make_folders(path);
        deck->target = canonical(path);
    }
    if (!deck->target)
        return td_error_set_at(err, TD_ERR_IO, path, 0, 0, "cannot be recorded to: %s",
                               strerror(cause ? cause : errno));
    struct stat found;
    if (deck->mode != TD_MODE_REPLAY && stat(deck->target, &found) == 0 && !S_ISREG(found.st_mode))
        return td_error_set_at(err, TD_ERR_INVALID, path, 0, 0, "cannot be recorded to: %s",
                               S_ISDIR(found.st_mode) ? "it is a folder" : "it is no file");
    if (!deck->member && td_merge_is_due(deck->target)) {
        int status = td_deck_save(deck, false, &deck->found, err ? err : &quiet);
        /* Who only plays may not be allowed to write. */
        if (status < 0 && deck->mode != TD_MODE_REPLAY)
            return status;
    }
    if (!deck->member)
        deck->base = td_identity_of(deck->target);
    if (deck->mode == TD_MODE_ONCE)
        deck->mode = deck->base.size ? TD_MODE_REPLAY : TD_MODE_RECORD;
    if (deck->mode == TD_MODE_RECORD && !deck->member) {
        int status = check_folder(deck, path, err);
        if (status < 0)
            return status;
    }
    if (deck->mode == TD_MODE_RECORD && deck->base.inode && deck->base.size) {
        int status = td_cassette_load(deck->target, &deck->replaced, err);
        if (status == 0)
            status = td_deck_use_secrets(deck, err);
        else if (!deck->member && err)
            add_hint(err);
        if (status < 0)
            return status;
    }
    deck->journal = td_journal_new(deck->target, deck->options.mode == TD_MODE_RECORD, deck->base,
                                   deck->keeper);
    return deck->journal ? 0 : td_error_nomem(err);
}

void td_deck_base(const struct td_deck *deck, struct td_buf *text)
{
    const struct td_identity *base = &deck->base;
    td_buf_printf(text, "%llx.%llx.%llx.%llx.%llx", (unsigned long long)base->device,
                  (unsigned long long)base->inode, (unsigned long long)base->size,
                  (unsigned long long)base->seconds, (unsigned long long)base->nanoseconds);
    td_buf_printf(text, ".%s", deck->journal ? td_journal_name(deck->journal) : "");
}

int td_deck_become_member(struct td_deck *deck, const char *base, struct td_error *err)
{
    uint64_t *parts[] = {&deck->base.device, &deck->base.inode, &deck->base.size,
                         &deck->base.seconds, &deck->base.nanoseconds};
    deck->member = true;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        char *end;
        *parts[i] = strtoull(base, &end, 16);
        if (end == base || *end != '.')
            return td_error_set(err, TD_ERR_INVALID, "TAPEDECK_BASE is '%s', which is none", base);
        base = end + 1;
    }
    snprintf(deck->keeper, sizeof deck->keeper, "%s", base);
    return 0;
}
