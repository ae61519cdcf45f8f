/* SPDX-License-Identifier: MIT */
/*
 * Mending what has one right answer. First numbers, each in its place, so that only its own line
 * changes; then, where the style asks for it, all of the file. What comes out is read again and
 * compared before it is saved: nothing but what was to be changed may have changed.
 */
#include "base/save.h"
#include "cassette/reader.h"
#include "cassette/record.h"
#include "cassette/splice.h"
#include "check/check.h"

/* The first finding of a rule, or NULL. */
static const struct td_check_finding *first_of(const struct td_check *check,
                                               enum td_check_rule_id rule)
{
    for (size_t i = 0; i < check->findings.count; i++)
        if (check->findings.items[i].finding.rule == &td_check_rules[rule])
            return &check->findings.items[i].finding;
    return NULL;
}

/* ---- Numbers ---- */

/* A text in the place of a scalar, which is `what`; `as` says where and why. */
static void replace(struct td_check *check, struct td_splices *splices,
                    const struct td_check_finding *as, const struct td_yaml_node *node,
                    const char *text, const char *what)
{
    if (node->anchored) {
        td_check_tell(check, &check->unfixed, as, "%s stays: other values are aliases of it", what);
        return;
    }
    td_splices_put(splices, node->start, node->end, td_bytes_of(text));
    td_check_tell(check, &check->fixed, as, "%s was %s and is now %s", what,
                  td_check_quote(check, td_yaml_text(td_yaml_resolve(node))), text);
}

static void fix_lengths(struct td_check *check, struct td_splices *splices)
{
    for (size_t i = 0; i < check->findings.count; i++) {
        const struct td_found *found = &check->findings.items[i];
        if (found->node)
            replace(check, splices, &found->finding, found->node, found->text, found->what);
    }
}

struct renumbering {
    struct td_splices *splices;
    const struct td_check_rule *rule; /* that asks for it */
};

/* Where there is no id, the position is it already. */
static void fix_id(struct td_check *check, const struct td_checked *one, void *context)
{
    const struct renumbering *renumbering = context;
    if (!one->id || one->model->id == (int64_t)one->position)
        return;
    const struct td_check_finding as = {
        .rule = renumbering->rule,
        .line = one->id->line,
        .column = one->id->column,
        .of_one = true,
        .id = one->model->id,
        .position = one->position,
    };
    replace(check, renumbering->splices, &as, one->id, td_check_text(check, "%zu", one->position),
            "the id");
}

/* The file with other numbers, appended to `out`. */
static int put_numbers(struct td_check *check, struct td_buf *out)
{
    struct td_splices splices;
    const struct td_check_finding *ids = first_of(check, TD_CHECK_ID_REPEATED);
    if (!ids)
        ids = first_of(check, TD_CHECK_ID_ORDER);
    td_splices_init(&splices);
    fix_lengths(check, &splices);
    if (ids) {
        struct renumbering renumbering = {&splices, ids->rule};
        td_check_each(check, fix_id, &renumbering);
    }
    int status = td_splices_apply(&splices, check->file.content, out);
    td_splices_release(&splices);
    return status;
}

/* ---- Whether it is still the same ---- */

static bool is_length(struct td_bytes name)
{
    return td_bytes_equal_nocase(name, TD_BYTES("Content-Length"));
}

static bool same_fields(const struct td_fields *a, const struct td_fields *b)
{
    bool same = a->count == b->count;
    for (size_t i = 0; same && i < a->count; i++)
        same =
            td_bytes_equal(a->items[i].name, b->items[i].name) &&
            (td_bytes_equal(a->items[i].value, b->items[i].value) || is_length(a->items[i].name));
    return same;
}

/* `numbers`: lengths may differ. */
static bool same_record(const struct td_keys *keys, const void *a, const void *b, bool numbers)
{
    for (size_t i = 0; i < keys->count; i++) {
        const struct td_key *key = &keys->items[i];
        if (numbers && td_bytes_equal(key->name, TD_BYTES("content_length")))
            continue;
        if (numbers && td_bytes_equal(key->name, TD_BYTES("headers"))) {
            if (!same_fields(td_key_value(key, a), td_key_value(key, b)))
                return false;
        } else if (!td_key_equal(key, a, b)) {
            return false;
        }
    }
    return true;
}

/* `numbers`: ids and lengths may differ. */
static bool same_cassette(const struct td_cassette *a, const struct td_cassette *b, bool numbers)
{
    bool same = a->count == b->count && a->settings.count == b->settings.count;
    for (size_t i = 0; same && i < a->count; i++) {
        const struct td_interaction *x = &a->interactions[i], *y = &b->interactions[i];
        same = (numbers || x->id == y->id) &&
               same_record(&td_request_keys, &x->request, &y->request, numbers) &&
               same_record(&td_response_keys, &x->response, &y->response, numbers);
    }
    return same;
}

/* Reads `content` into a check of its own, of which nothing is found; forget_text() ends it. */
static int read_text(struct td_check *text, const char *path, struct td_bytes content)
{
    *text = (struct td_check){.path = (char *)(uintptr_t)path, .file.content = content};
    int status = td_yaml_parse(&text->tree, path, content, NULL);
    if (status == 0)
        status = td_cassette_from_yaml(path, &text->tree, &text->cassette, NULL);
    return status;
}

static void forget_text(struct td_check *text)
{
    td_yaml_release(&text->tree);
    td_cassette_free(text->cassette);
}

/* ---- The whole file ---- */

/* What would be lost if the file was written afresh, in a message; NULL where nothing would. */
static const char *loss(struct td_check *check)
{
    struct td_mark mark;
    const struct td_yaml_node *key = td_check_unknown_key(check);
    if (key && td_yaml_resolve(key)->kind == TD_YAML_SCALAR)
        return td_check_text(check, "the key %s in line %u",
                             td_check_quote(check, td_yaml_text(td_yaml_resolve(key))), key->line);
    if (key)
        return td_check_text(check, "the key in line %u", key->line);
    return td_check_comment(check, &mark)
               ? td_check_text(check, "the comment in line %u", mark.line)
               : NULL;
}

/* Go would write 0 for a length that was left out, and read it as such. */
static void fill_length(struct td_check *check, const struct td_checked *one, void *context)
{
    (void)context;
    struct td_message *message = &check->cassette->interactions[one->position].response.message;
    const struct td_yaml_node *node = td_yaml_find(one->response, TD_BYTES("content_length"));
    if ((!node || td_yaml_is_null(node)) && td_check_lengths_count(one, message))
        message->content_length = (int64_t)message->body.len;
}

/* `content` in Go's style, in its place. */
static int put_style(struct td_check *check, struct td_buf *content)
{
    const struct td_check_finding *as = first_of(check, TD_CHECK_STYLE);
    if (!as)
        as = first_of(check, TD_CHECK_BINARY_TEXT);
    if (!as)
        return 0;
    const char *lost = loss(check);
    if (lost) {
        td_check_tell(check, &check->unfixed, as,
                      "the file is not written afresh: %s would be lost", lost);
        return 0;
    }
    struct td_check before, after = {0};
    struct td_buf fresh;
    td_buf_init(&fresh);
    int status = read_text(&before, check->path, td_buf_view(content));
    if (status == 0) {
        td_check_each(&before, fill_length, NULL);
        status = td_check_restyle(&before, &fresh);
    }
    if (status == 0)
        status = read_text(&after, check->path, td_buf_view(&fresh));
    bool same = status == 0 && same_cassette(before.cassette, after.cassette, false);
    forget_text(&before);
    forget_text(&after);
    if (same) {
        td_buf_release(content);
        *content = fresh;
        td_check_tell(check, &check->fixed, as, "the file is written afresh");
        return 0;
    }
    td_buf_release(&fresh);
    if (status == TD_ERR_NOMEM)
        return status;
    td_check_tell(check, &check->unfixed, as,
                  "the file is not written afresh: it would not be read as the same");
    return 0;
}

/* ---- Saving ---- */

/* Nothing is saved over what somebody else has written meanwhile. */
static int check_unchanged(const struct td_check *check, struct td_error *err)
{
    struct td_file now;
    int status = td_file_open(&now, check->path, TD_CASSETTE_MAX_BYTES, err);
    if (status < 0)
        return status;
    bool same = td_bytes_equal(now.content, check->file.content);
    td_file_close(&now);
    return same ? 0
                : td_error_set_at(err, TD_ERR_IO, check->path, 0, 0,
                                  "has changed while it was checked; check it again");
}

static int mend(struct td_check *check, struct td_buf *content, struct td_error *err)
{
    struct td_check now;
    int status = put_numbers(check, content);
    if (status == 0) {
        status = read_text(&now, check->path, td_buf_view(content));
        if (status == 0 && !same_cassette(check->cassette, now.cassette, true))
            status = TD_ERR_INVALID;
        forget_text(&now);
    }
    if (status == 0)
        status = put_style(check, content);
    if (status == TD_ERR_NOMEM || check->no_memory)
        return td_error_nomem(err);
    if (status < 0)
        return td_error_set_at(err, TD_ERR_INVALID, check->path, 0, 0,
                               "cannot be changed in place; mend it by hand");
    if (td_bytes_equal(td_buf_view(content), check->file.content))
        return 0;
    status = check_unchanged(check, err);
    if (status == 0)
        status = td_save(check->path, td_buf_view(content), err);
    return status < 0 ? status : td_check_run(check, err);
}

int td_check_fix(struct td_check *check, struct td_error *err)
{
    if (strcmp(check->path, "-") == 0)
        return td_error_set(err, TD_ERR_INVALID, "standard input cannot be mended, only a file");
    check->fixed.count = check->unfixed.count = 0;
    if (!check->cassette)
        return 0;
    struct td_buf content;
    td_buf_init(&content);
    int status = mend(check, &content, err);
    td_buf_release(&content);
    return status;
}
