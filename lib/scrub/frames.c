/* SPDX-License-Identifier: MIT */
/*
 * AWS event streams. Each frame is a sheet of its own: when something in it changes, its lengths
 * and checksums are made anew. Bedrock's InvokeModel wraps the model's own events once more:
 * {"bytes":"<base64 of JSON>"}.
 */
#include "scrub/coding.h"
#include "scrub/pieces.h"
#include "scrub/scrubber.h"
#include "scrub/walk.h"
#include "stream/aws.h"

/* The text of the string that the walk has found, as the JSON that is in it in base64; NULL where
 * it is none. */
static const struct td_view *open_bytes(struct td_work *work, const struct td_view *view,
                                        const struct td_walk *walk)
{
    struct td_desk *desk = &work->desk;
    struct td_bytes text = td_bytes(view->text.data + walk->start, walk->end - walk->start);
    size_t pad = 0;
    while (pad < 2 && text.len && text.data[text.len - 1] == '=') {
        text.len--;
        pad++;
    }
    for (size_t i = 0; i < text.len; i++)
        if (!td_base64_char(text.data[i]))
            return NULL;
    struct td_bytes plain = td_base64_take(&desk->arena, text);
    if (!plain.data)
        desk->failed = true;
    if (!plain.len || plain.data[0] != '{')
        return NULL;
    return td_view_inner(desk, view, walk->start, walk->end, plain, TD_CODING_BASE64, true);
}

static void take_payload(struct td_work *work, const struct td_view *view, struct td_pieces *pieces,
                         unsigned depth)
{
    struct td_walk walk;
    enum td_walk_kind kind;
    const struct td_view *inner = NULL;
    td_walk_init(&walk, view->text);
    while (!inner && (kind = td_walk_next(&walk)) != TD_WALK_END)
        if (kind == TD_WALK_STRING && td_bytes_equal(walk.key, TD_BYTES("bytes")))
            inner = open_bytes(work, view, &walk);
    work->desk.failed |= walk.failed;
    td_walk_release(&walk);
    if (inner)
        td_work_walk_json(work, inner, pieces, depth + 1);
    /* What only wraps an event is no piece of anything. */
    td_work_walk_json(work, view, inner ? NULL : pieces, depth);
}

bool td_work_examine_frames(struct td_work *work, const struct td_view *view, unsigned depth)
{
    struct td_desk *desk = &work->desk;
    struct td_bytes text = view->text;
    struct td_aws_frame frame;
    struct td_pieces pieces;
    size_t at = 0;
    if (!td_aws_frame_read(text, &frame))
        return false;
    td_pieces_init(&pieces);
    for (; at < text.len && !desk->failed; at += frame.len) {
        if (!td_aws_frame_read(td_bytes(text.data + at, text.len - at), &frame))
            break;
        const struct td_view *payload =
            td_view_inner(desk, view, at, at + frame.len, frame.payload, TD_CODING_FRAME, true);
        td_work_examine_text(
            work,
            td_view_slice(desk, view, (size_t)(frame.headers.data - text.data), frame.headers.len),
            1);
        if (frame.payload.len && (frame.payload.data[0] == '{' || frame.payload.data[0] == '['))
            take_payload(work, payload, &pieces, depth);
        else
            td_work_examine_text(work, payload, 1);
    }
    td_work_examine_text(work, td_view_slice(desk, view, at, text.len - at), 1);
    td_pieces_examine(&pieces, work, depth);
    td_pieces_release(&pieces);
    return true;
}

static void put_number(struct td_buf *out, uint32_t number)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        td_buf_put_char(out, (char)(number >> shift & 0xff));
}

void td_frame_put(struct td_buf *out, struct td_bytes was, struct td_bytes payload)
{
    struct td_aws_frame frame;
    size_t start = out->len;
    if (!td_aws_frame_read(was, &frame)) {
        td_buf_put_bytes(out, was);
        return;
    }
    put_number(out, (uint32_t)(was.len - frame.payload.len + payload.len));
    put_number(out, (uint32_t)frame.headers.len);
    if (!td_buf_failed(out))
        put_number(out, td_aws_checksum(td_bytes(out->data + start, 8)));
    td_buf_put_bytes(out, frame.headers);
    td_buf_put_bytes(out, payload);
    if (!td_buf_failed(out))
        put_number(out, td_aws_checksum(td_bytes(out->data + start, out->len - start)));
}
