/* SPDX-License-Identifier: MIT */
/* Requests with a body: from memory, from callbacks, of forms and of parts. */
#include "scenario.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char *make_bytes(size_t len)
{
    char *bytes = malloc(len);
    if (!bytes)
        abort();
    unsigned value = 1;
    for (size_t i = 0; i < len; i++) {
        value = value * 1103515245u + 12345u;
        bytes[i] = (char)(value >> 16);
    }
    return bytes;
}

static struct transcript *echo_new(const struct places *p, const char *label, unsigned flags)
{
    return fetch_new(label, flags, url_at(p->main, "/up/echo"));
}

static void finish(struct transcript *t)
{
    transcript_perform(t);
    transcript_free(t);
}

static void form(const struct places *p)
{
    struct transcript *t = echo_new(p, "form", TRANSCRIPT_HEADS);
    curl_easy_setopt(t->easy, CURLOPT_POSTFIELDS, "name=Ada+Lovelace&note=%C3%A9&empty=");
    finish(t);
    t = echo_new(p, "json", 0);
    struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
    char body[] = "{\"text\": \"ol\303\241\", \"n\": 9007199254740993}";
    curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(t->easy, CURLOPT_COPYPOSTFIELDS, body);
    memset(body, 'x', sizeof(body) - 1); /* libcurl has its own copy */
    finish(t);
    curl_slist_free_all(headers);
    t = echo_new(p, "bytes", 0);
    curl_easy_setopt(t->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)7);
    curl_easy_setopt(t->easy, CURLOPT_COPYPOSTFIELDS, "a\0b\377c\r\n");
    finish(t);
    t = echo_new(p, "empty", TRANSCRIPT_HEADS);
    curl_easy_setopt(t->easy, CURLOPT_POSTFIELDS, "");
    finish(t);
}

static void add_part(curl_mime *mime, const char *name, const char *data)
{
    curl_mimepart *part = curl_mime_addpart(mime);
    curl_mime_name(part, name);
    curl_mime_data(part, data, CURL_ZERO_TERMINATED);
}

static size_t part_read(char *data, size_t size, size_t count, void *user)
{
    const char **left = user;
    size_t len = strlen(*left);
    if (len > size * count)
        len = size * count;
    memcpy(data, *left, len);
    *left += len;
    return len;
}

static void mime(const struct places *p)
{
    char path[] = "/tmp/scenario-part-XXXXXX";
    int fd = mkstemp(path);
    char *bytes = make_bytes(3000);
    if (fd < 0 || write(fd, bytes, 3000) != 3000)
        abort();
    close(fd);
    free(bytes);

    struct transcript *t = echo_new(p, "mime", 0);
    curl_mime *parts = curl_mime_init(t->easy);
    add_part(parts, "plain", "some text");
    curl_mimepart *part = curl_mime_addpart(parts);
    curl_mime_name(part, "file");
    curl_mime_filedata(part, path);
    curl_mime_filename(part, "upload.bin");
    curl_mime_type(part, "application/octet-stream");
    part = curl_mime_addpart(parts);
    const char *left = "from a callback";
    curl_mime_name(part, "called");
    curl_mime_data_cb(part, (curl_off_t)strlen(left), part_read, NULL, NULL, &left);
    curl_easy_setopt(t->easy, CURLOPT_MIMEPOST, parts);
    transcript_perform(t);
    curl_mime_free(parts);
    transcript_free(t);
    unlink(path);
}

/* A part of unknown length makes the whole body chunked. */
static void mime_unknown_size(const struct places *p)
{
    struct transcript *t = echo_new(p, "mime", 0);
    curl_mime *parts = curl_mime_init(t->easy);
    add_part(parts, "plain", "some text");
    curl_mimepart *part = curl_mime_addpart(parts);
    const char *left = "of unknown length";
    curl_mime_name(part, "called");
    curl_mime_data_cb(part, (curl_off_t)-1, part_read, NULL, NULL, &left);
    curl_easy_setopt(t->easy, CURLOPT_MIMEPOST, parts);
    transcript_perform(t);
    curl_mime_free(parts);
    transcript_free(t);
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
static void old_formadd(const struct places *p)
{
    struct curl_httppost *first = NULL, *last = NULL;
    curl_formadd(&first, &last, CURLFORM_COPYNAME, "name", CURLFORM_COPYCONTENTS, "value",
                 CURLFORM_END);
    curl_formadd(&first, &last, CURLFORM_COPYNAME, "buffer", CURLFORM_BUFFER, "data.txt",
                 CURLFORM_BUFFERPTR, "buffered", CURLFORM_BUFFERLENGTH, 8L, CURLFORM_END);
    struct transcript *t = echo_new(p, "formadd", 0);
    curl_easy_setopt(t->easy, CURLOPT_HTTPPOST, first);
    finish(t);
    curl_formfree(first);
}
#pragma GCC diagnostic pop

static void large(const struct places *p, const char *path)
{
    enum { SIZE = 5000000 };
    char *bytes = make_bytes(SIZE);
    struct transcript *t = fetch_new("large", TRANSCRIPT_HEADS, url_at(p->main, path));
    curl_easy_setopt(t->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)SIZE);
    curl_easy_setopt(t->easy, CURLOPT_POSTFIELDS, bytes);
    curl_easy_setopt(t->easy, CURLOPT_EXPECT_100_TIMEOUT_MS, 100L);
    finish(t);
    free(bytes);
}

static void large_expect(const struct places *p)
{
    large(p, "/up/echo");
}

/* A server that does not answer an expectation: libcurl sends the body after a while. */
static void large_unanswered(const struct places *p)
{
    struct places raw = {p->raw, p->raw, p->raw, p->raw};
    large(&raw, "/up/no-continue");
}

static void expect_off(const struct places *p)
{
    enum { SIZE = 2000000 };
    char *bytes = make_bytes(SIZE);
    struct curl_slist *headers = curl_slist_append(NULL, "Expect:");
    struct transcript *t = echo_new(p, "no expect", TRANSCRIPT_HEADS);
    curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(t->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)SIZE);
    curl_easy_setopt(t->easy, CURLOPT_POSTFIELDS, bytes);
    finish(t);
    curl_slist_free_all(headers);
    free(bytes);
}

/* A small body with an expectation of the program's own. */
static void expect_on(const struct places *p)
{
    struct curl_slist *headers = curl_slist_append(NULL, "Expect: 100-continue");
    struct transcript *t = echo_new(p, "expect", TRANSCRIPT_HEADS);
    curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(t->easy, CURLOPT_POSTFIELDS, "worth waiting for");
    finish(t);
    curl_slist_free_all(headers);
}

static const char chunky[] = "first piece, second piece, third piece";

static void chunked(const struct places *p)
{
    struct curl_slist *headers = curl_slist_append(NULL, "Transfer-Encoding: chunked");
    struct transcript *t = echo_new(p, "chunked", TRANSCRIPT_HEADS);
    transcript_upload(t, chunky, strlen(chunky));
    t->read_step = 13;
    curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(t->easy, CURLOPT_POST, 1L);
    finish(t);
    curl_slist_free_all(headers);
    t = echo_new(p, "put", TRANSCRIPT_HEADS);
    transcript_upload(t, chunky, strlen(chunky));
    t->read_step = 13;
    curl_easy_setopt(t->easy, CURLOPT_UPLOAD, 1L); /* of no known size */
    finish(t);
}

static int trailer_callback(struct curl_slist **list, void *user)
{
    transcript_note(user, "asked for trailers");
    *list = curl_slist_append(*list, "X-Sum: 42");
    return CURL_TRAILERFUNC_OK;
}

static void chunked_trailers(const struct places *p)
{
    struct curl_slist *headers = curl_slist_append(NULL, "Transfer-Encoding: chunked");
    headers = curl_slist_append(headers, "Trailer: X-Sum");
    struct transcript *t = fetch_new("trailers", TRANSCRIPT_HEADS, url_at(p->raw, "/up/echo"));
    transcript_upload(t, chunky, strlen(chunky));
    curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(t->easy, CURLOPT_POST, 1L);
    curl_easy_setopt(t->easy, CURLOPT_TRAILERFUNCTION, trailer_callback);
    curl_easy_setopt(t->easy, CURLOPT_TRAILERDATA, t);
    finish(t);
    curl_slist_free_all(headers);
}

static void put(const struct places *p)
{
    struct transcript *t = echo_new(p, "put", TRANSCRIPT_HEADS);
    transcript_upload(t, chunky, strlen(chunky));
    t->read_step = 20;
    curl_easy_setopt(t->easy, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(t->easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)strlen(chunky));
    finish(t);
}

static void post_callback(const struct places *p)
{
    struct transcript *t = echo_new(p, "post", 0);
    transcript_upload(t, chunky, strlen(chunky));
    curl_easy_setopt(t->easy, CURLOPT_POST, 1L);
    curl_easy_setopt(t->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)strlen(chunky));
    finish(t);
}

static size_t abort_second(struct transcript *t, size_t len)
{
    return t->state++ ? CURL_READFUNC_ABORT : len;
}

static void read_aborts(const struct places *p)
{
    struct transcript *t = echo_new(p, "abort", 0);
    transcript_upload(t, chunky, strlen(chunky));
    t->read_step = 10;
    t->on_read = abort_second;
    curl_easy_setopt(t->easy, CURLOPT_POST, 1L);
    curl_easy_setopt(t->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)strlen(chunky));
    finish(t);
}

/* The second read pauses; the progress callback of a later turn resumes. */
static size_t pause_second(struct transcript *t, size_t len)
{
    if (t->state != 1)
        return t->state++, len;
    t->state = 2;
    return CURL_READFUNC_PAUSE;
}

static int resume(struct transcript *t)
{
    if (t->state == 2) {
        t->state = 3;
        curl_easy_pause(t->easy, CURLPAUSE_CONT);
    }
    return 0;
}

static void read_pauses(const struct places *p)
{
    struct transcript *t = echo_new(p, "pause", 0);
    transcript_upload(t, chunky, strlen(chunky));
    t->read_step = 10;
    t->on_read = pause_second;
    t->on_progress = resume;
    curl_easy_setopt(t->easy, CURLOPT_POST, 1L);
    curl_easy_setopt(t->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)strlen(chunky));
    finish(t);
}

static void methods(const struct places *p)
{
    static const char *const names[] = {"DELETE", "OPTIONS", "PROPFIND", "patch"};
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        struct transcript *t = echo_new(p, names[i], TRANSCRIPT_HEADS);
        curl_easy_setopt(t->easy, CURLOPT_CUSTOMREQUEST, names[i]);
        finish(t);
    }
    struct transcript *t = echo_new(p, "patch with body", TRANSCRIPT_HEADS);
    curl_easy_setopt(t->easy, CURLOPT_CUSTOMREQUEST, "PATCH");
    curl_easy_setopt(t->easy, CURLOPT_POSTFIELDS, "patched=1");
    finish(t);
    t = echo_new(p, "get with body", TRANSCRIPT_HEADS);
    curl_easy_setopt(t->easy, CURLOPT_CUSTOMREQUEST, "GET");
    curl_easy_setopt(t->easy, CURLOPT_POSTFIELDS, "asked=1");
    finish(t);
}

const struct scenario scenarios_upload[] = {
    {"upload-form", form},
    {"upload-mime", mime},
    {"upload-mime-unknown-size", mime_unknown_size},
    {"upload-formadd", old_formadd},
    {"upload-large-expect", large_expect},
    {"upload-large-unanswered", large_unanswered},
    {"upload-expect-off", expect_off},
    {"upload-expect-on", expect_on},
    {"upload-chunked", chunked},
    {"upload-chunked-trailers", chunked_trailers},
    {"upload-put", put},
    {"upload-post-callback", post_callback},
    {"upload-read-aborts", read_aborts},
    {"upload-read-pauses", read_pauses},
    {"upload-methods", methods},
    {NULL, NULL},
};
