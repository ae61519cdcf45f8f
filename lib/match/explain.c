/* SPDX-License-Identifier: MIT */
/*
 * What differs between a request and an interaction, in lines. It asks the same questions as the
 * index does, of the same canonical parts, and so has something to say exactly where the index
 * found no match.
 */
#include "match/explain.h"

#include "http/url.h"
#include "match/body.h"
#include "match/excerpt.h"

enum { MAX_FINDINGS = 8 }; /* of one body; the rest is counted */

/* One line: `asked` and `recorded` are said in words already; empty where that side has none. */
static void put_finding(struct td_buf *out, const char *indent, const struct td_buf *label,
                        const struct td_buf *asked, const struct td_buf *recorded)
{
    td_buf_put_text(out, indent);
    td_buf_put_bytes(out, td_buf_view(label));
    td_buf_put_text(out, ": ");
    if (asked->len) {
        td_buf_put_text(out, "asked ");
        td_buf_put_bytes(out, td_buf_view(asked));
        td_buf_put_text(out, ", ");
    }
    td_buf_put_text(out, recorded->len ? "recorded " : "not recorded");
    td_buf_put_bytes(out, td_buf_view(recorded));
    td_buf_put_text(out, asked->len ? "\n" : ", not asked\n");
    out->failed |= td_buf_failed(label) || td_buf_failed(asked) || td_buf_failed(recorded);
}

/* The three texts of a finding, used for one after the other. */
struct finding {
    struct td_buf *out;
    const char *indent;
    struct td_buf label;
    struct td_buf asked;
    struct td_buf recorded;
};

static void finding_init(struct finding *finding, struct td_buf *out, const char *indent)
{
    *finding = (struct finding){.out = out, .indent = indent};
    td_buf_init(&finding->label);
    td_buf_init(&finding->asked);
    td_buf_init(&finding->recorded);
}

static void finding_release(struct finding *finding)
{
    td_buf_release(&finding->label);
    td_buf_release(&finding->asked);
    td_buf_release(&finding->recorded);
}

static void finding_start(struct finding *finding, const char *label)
{
    td_buf_clear(&finding->label);
    td_buf_clear(&finding->asked);
    td_buf_clear(&finding->recorded);
    td_buf_put_text(&finding->label, label);
}

static void finding_end(struct finding *finding)
{
    put_finding(finding->out, finding->indent, &finding->label, &finding->asked,
                &finding->recorded);
}

/* Two texts, NULL for none. */
static void finding_values(struct finding *finding, const struct td_bytes *asked,
                           const struct td_bytes *recorded)
{
    const struct td_bytes nothing = {0};
    if (asked)
        td_excerpt_text(&finding->asked, '\'', *asked, recorded ? *recorded : nothing);
    if (recorded)
        td_excerpt_text(&finding->recorded, '\'', *recorded, asked ? *asked : nothing);
}

static void explain_text(struct finding *finding, const char *label, const struct td_bytes *asked,
                         const struct td_bytes *recorded)
{
    if (asked ? recorded && td_bytes_equal(*asked, *recorded) : !recorded)
        return;
    finding_start(finding, label);
    finding_values(finding, asked, recorded);
    finding_end(finding);
}

/* "host:port", which stand side by side in the text. */
static struct td_bytes authority(const struct td_url *url)
{
    size_t port = url->has_port ? 1 + url->port.len : 0;
    return td_bytes(url->host.data, url->host.len + port);
}

static void explain_url(struct finding *finding, struct td_bytes asked, struct td_bytes recorded)
{
    struct td_buf ours, theirs;
    struct td_url a, b;
    td_buf_init(&ours);
    td_buf_init(&theirs);
    td_url_normalize(&ours, asked);
    td_url_normalize(&theirs, recorded);
    finding->out->failed |= td_buf_failed(&ours) || td_buf_failed(&theirs);
    td_url_split(&a, td_buf_view(&ours));
    td_url_split(&b, td_buf_view(&theirs));
    struct td_bytes a_host = authority(&a), b_host = authority(&b);
    explain_text(finding, "url: scheme", a.has_scheme ? &a.scheme : NULL,
                 b.has_scheme ? &b.scheme : NULL);
    explain_text(finding, "url: host", a.has_authority ? &a_host : NULL,
                 b.has_authority ? &b_host : NULL);
    explain_text(finding, "url: path", &a.path, &b.path);
    explain_text(finding, "url: query", a.has_query ? &a.query : NULL,
                 b.has_query ? &b.query : NULL);
    td_buf_release(&ours);
    td_buf_release(&theirs);
}

/* What a body is, for those that cannot be laid side by side: "JSON of 12 bytes (...)". */
static void put_description(struct td_buf *out, const struct td_body *body)
{
    size_t len = body->bytes.len;
    const char *plural = len == 1 ? "" : "s";
    if (!len) {
        td_buf_put_text(out, "no body");
        return;
    }
    switch (body->kind) {
    case TD_BODY_JSON:
        td_buf_printf(out, "JSON of %zu byte%s (", len, plural);
        td_excerpt_json(out, body->json, NULL);
        td_buf_put_char(out, ')');
        return;
    case TD_BODY_FORM:
        td_buf_printf(out, "a form of %zu byte%s (", len, plural);
        break;
    case TD_BODY_MULTIPART:
        td_buf_printf(out, "a multipart body of %zu byte%s (", len, plural);
        break;
    default:
        td_buf_printf(out, "%zu byte%s of %s (", len, plural,
                      td_excerpt_is_text(body->bytes) ? "text" : "binary data");
    }
    td_excerpt_text(out, '\'', body->bytes, td_bytes(NULL, 0));
    td_buf_put_char(out, ')');
}

static void put_rest(struct finding *finding, size_t found)
{
    if (found > MAX_FINDINGS)
        td_buf_printf(finding->out, "%sbody: ... and %zu more\n", finding->indent,
                      found - MAX_FINDINGS);
}

static void explain_json(struct finding *finding, const struct td_json *asked,
                         const struct td_json *recorded)
{
    struct td_json_walk walk;
    struct td_buf path;
    size_t found = 0;
    td_buf_init(&path);
    td_json_walk_init(&walk, asked, recorded);
    while (td_json_walk_next(&walk)) {
        if (walk.same || ++found > MAX_FINDINGS)
            continue;
        td_buf_clear(&path);
        td_json_path(&path, walk.a ? asked : recorded, walk.a ? walk.a : walk.b);
        finding_start(finding, "body");
        if (path.len) {
            td_buf_put_text(&finding->label, ": ");
            td_excerpt_text(&finding->label, '\0', td_buf_view(&path), td_bytes(NULL, 0));
        }
        if (walk.a)
            td_excerpt_json(&finding->asked, walk.a, walk.b);
        if (walk.b)
            td_excerpt_json(&finding->recorded, walk.b, walk.a);
        finding->out->failed |= td_buf_failed(&path);
        finding_end(finding);
    }
    put_rest(finding, found);
    td_buf_release(&path);
}

static void explain_pieces(struct finding *finding, const struct td_body *asked,
                           const struct td_body *recorded)
{
    struct td_body_walk walk;
    size_t found = 0;
    td_body_walk_init(&walk, asked, recorded);
    while (td_body_walk_next(&walk)) {
        if (walk.same || ++found > MAX_FINDINGS)
            continue;
        finding_start(finding, "body");
        if (asked->kind == TD_BODY_FORM) {
            td_buf_put_text(&finding->label, ": field ");
            td_excerpt_text(&finding->label, '\'', walk.a ? walk.a->name : walk.b->name,
                            td_bytes(NULL, 0));
        } else if (asked->kind == TD_BODY_MULTIPART) {
            td_buf_printf(&finding->label, ": part %zu", walk.place + 1);
        }
        finding_values(finding, walk.a ? &walk.a->value : NULL, walk.b ? &walk.b->value : NULL);
        finding_end(finding);
    }
    put_rest(finding, found);
}

static void explain_body(struct finding *finding, struct td_bytes asked, struct td_bytes recorded)
{
    struct td_arena arena;
    struct td_body a, b;
    td_arena_init(&arena);
    if (td_body_read(&a, &arena, asked, NULL) < 0 || td_body_read(&b, &arena, recorded, NULL) < 0) {
        finding->out->failed = true;
    } else if (a.kind != b.kind || (!a.bytes.len != !b.bytes.len)) {
        finding_start(finding, "body");
        put_description(&finding->asked, &a);
        put_description(&finding->recorded, &b);
        finding_end(finding);
    } else if (a.json) {
        explain_json(finding, a.json, b.json);
    } else {
        explain_pieces(finding, &a, &b);
    }
    td_arena_release(&arena);
}

void td_explain_difference(struct td_buf *out, const char *indent, const struct td_query *query,
                           const struct td_interaction *interaction)
{
    const struct td_recorded_request *request = &interaction->request;
    struct td_bytes asked = query->method.len ? query->method : TD_BYTES("GET");
    struct td_bytes recorded = request->method.len ? request->method : TD_BYTES("GET");
    struct finding finding;
    finding_init(&finding, out, indent);
    explain_text(&finding, "method", &asked, &recorded);
    explain_url(&finding, query->url, request->url);
    explain_body(&finding, query->body, request->message.body);
    finding_release(&finding);
}
