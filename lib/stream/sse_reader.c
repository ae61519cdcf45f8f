/* SPDX-License-Identifier: MIT */
/* What server-sent events say, one after the other. Linear in the stream. */
#include "stream/sse.h"

void td_sse_reader_init(struct td_sse_reader *reader, struct td_bytes text)
{
    *reader = (struct td_sse_reader){.text = text};
    td_buf_init(&reader->data);
    if (text.len >= 3 && memcmp(text.data, "\xef\xbb\xbf", 3) == 0)
        reader->at = 3;
}

void td_sse_reader_release(struct td_sse_reader *reader)
{
    td_buf_release(&reader->data);
}

/* The line at reader->at, without its end, which is passed over. False at the end of the text. */
static bool take_line(struct td_sse_reader *reader, struct td_bytes *line)
{
    struct td_bytes text = reader->text;
    size_t start = reader->at, end = start;
    if (start == text.len)
        return false;
    while (end < text.len && text.data[end] != '\n' && text.data[end] != '\r')
        end++;
    *line = td_bytes(text.data + start, end - start);
    if (end < text.len)
        end += text.data[end] == '\r' && end + 1 < text.len && text.data[end + 1] == '\n' ? 2 : 1;
    reader->at = end;
    return true;
}

/* Takes "name: value" apart; without a colon the name is all of it. */
static void split_field(struct td_bytes line, struct td_bytes *name, struct td_bytes *value)
{
    const char *colon = memchr(line.data, ':', line.len);
    *name = line;
    *value = td_bytes("", 0);
    if (!colon)
        return;
    name->len = (size_t)(colon - line.data);
    *value = td_bytes(colon + 1, line.len - name->len - 1);
    if (value->len && value->data[0] == ' ')
        *value = td_bytes(value->data + 1, value->len - 1);
}

static void add_data(struct td_sse_reader *reader, struct td_sse_event *event, size_t lines,
                     struct td_bytes value)
{
    if (lines == 0) {
        event->data = value;
        return;
    }
    if (lines == 1) {
        td_buf_clear(&reader->data);
        td_buf_put_bytes(&reader->data, event->data);
    }
    td_buf_put_char(&reader->data, '\n');
    td_buf_put_bytes(&reader->data, value);
}

/* One event, up to its empty line or the end of the text; the number of its lines of data. */
static size_t take_event(struct td_sse_reader *reader, struct td_sse_event *event)
{
    struct td_bytes line, name, value;
    size_t lines = 0;
    *event = (struct td_sse_event){.type = TD_BYTES("message"), .retry = -1, .start = reader->at};
    while (take_line(reader, &line)) {
        if (line.len == 0) {
            event->closed = true;
            break;
        }
        split_field(line, &name, &value);
        if (td_bytes_equal(name, TD_BYTES("data"))) {
            add_data(reader, event, lines++, value);
        } else if (td_bytes_equal(name, TD_BYTES("event"))) {
            event->type = value.len ? value : TD_BYTES("message");
        } else if (td_bytes_equal(name, TD_BYTES("id"))) {
            if (!value.len || !memchr(value.data, '\0', value.len))
                reader->id = value;
        } else if (td_bytes_equal(name, TD_BYTES("retry"))) {
            uint64_t time;
            if (td_bytes_to_u64(value, &time) && time <= INT64_MAX)
                event->retry = (int64_t)time;
        }
    }
    event->end = reader->at;
    event->id = reader->id;
    if (lines > 1)
        event->data = td_buf_view(&reader->data);
    return lines;
}

int td_sse_reader_next(struct td_sse_reader *reader, struct td_sse_event *event)
{
    while (reader->at < reader->text.len) {
        size_t lines = take_event(reader, event);
        if (td_buf_failed(&reader->data))
            return TD_ERR_NOMEM;
        if (lines && (lines > 1 || event->data.len))
            return 1;
    }
    return 0;
}
