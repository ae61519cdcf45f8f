/* SPDX-License-Identifier: MIT */
#include "http/capture.h"

#include <stdlib.h>

/* What is kept of memory from one exchange to the next. */
enum { KEEP_BYTES = 256 * 1024 };

static void recycle(struct td_buf *buf)
{
    if (buf->cap > KEEP_BYTES)
        td_buf_release(buf);
    td_buf_clear(buf);
}

void td_capture_init(struct td_capture *capture)
{
    *capture = (struct td_capture){0};
}

void td_capture_release(struct td_capture *capture)
{
    td_buf_release(&capture->sent_head);
    td_buf_release(&capture->sent_body);
    td_buf_release(&capture->head);
    td_buf_release(&capture->interim);
    td_buf_release(&capture->trailers);
    td_buf_release(&capture->body);
    td_buf_release(&capture->chunks);
    td_buf_release(&capture->unread);
}

void td_capture_clear(struct td_capture *capture)
{
    recycle(&capture->sent_head);
    recycle(&capture->sent_body);
    recycle(&capture->head);
    recycle(&capture->interim);
    recycle(&capture->trailers);
    recycle(&capture->body);
    recycle(&capture->chunks);
    recycle(&capture->unread);
    capture->head_done = false;
    capture->start_ns = capture->sent_ns = capture->head_ns = 0;
}

bool td_capture_begun(const struct td_capture *capture)
{
    return capture->sent_head.len > 0;
}

bool td_capture_answered(const struct td_capture *capture)
{
    return capture->head.len > 0;
}

bool td_capture_is_code(const struct td_capture *capture, const char *code)
{
    const char *space = capture->head.len ? strchr(capture->head.data, ' ') : NULL;
    return space && strncmp(space + 1, code, strlen(code)) == 0;
}

void td_capture_send_head(struct td_capture *capture, struct td_bytes bytes, int64_t now_ns,
                          int64_t real_ns)
{
    if (!capture->sent_head.len)
        capture->start_ns = real_ns;
    capture->sent_ns = now_ns;
    td_buf_put_bytes(&capture->sent_head, bytes);
}

void td_capture_send_body(struct td_capture *capture, struct td_bytes bytes, int64_t now_ns)
{
    if (!capture->head_done)
        capture->sent_ns = now_ns;
    td_buf_put_bytes(&capture->sent_body, bytes);
}

void td_capture_line(struct td_capture *capture, struct td_bytes line, int64_t now_ns)
{
    if (td_bytes_starts_nocase(line, TD_BYTES("HTTP/")) &&
        (capture->head_done || !capture->head.len)) {
        if (capture->head_done) {
            td_buf_put_bytes(&capture->interim, td_buf_view(&capture->head));
            td_buf_put_char(&capture->interim, '\0');
        }
        td_buf_clear(&capture->head);
        capture->head_done = false;
    }
    if (capture->head_done) {
        td_buf_put_bytes(&capture->trailers, line);
        return;
    }
    if (line.len && (line.data[0] == '\r' || line.data[0] == '\n')) {
        capture->head_done = capture->head.len > 0;
        capture->head_ns = now_ns;
        return;
    }
    td_buf_put_bytes(&capture->head, line);
}

void td_capture_body(struct td_capture *capture, struct td_bytes bytes, int64_t now_ns)
{
    int64_t since = now_ns - capture->sent_ns;
    /* A cassette keeps microseconds. */
    struct td_recorded_chunk chunk = {(uint32_t)bytes.len, since > 0 ? since - since % 1000 : 0};
    td_buf_put_bytes(&capture->body, bytes);
    td_buf_put(&capture->chunks, &chunk, sizeof chunk);
    td_buf_clear(&capture->unread);
}

void td_capture_unread(struct td_capture *capture, struct td_bytes bytes)
{
    if (capture->head_done && !capture->chunks.len)
        td_buf_put_bytes(&capture->unread, bytes);
}
