/* SPDX-License-Identifier: MIT */
/* What a program can see of a transfer, written to standard output. See transcript.h. */
#include "transcript.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SHOWN_BYTES = 1000 };

void transcript_bytes(const char *data, size_t len)
{
    size_t shown = len > SHOWN_BYTES ? SHOWN_BYTES : len;
    putchar('"');
    for (size_t i = 0; i < shown; i++) {
        unsigned char c = (unsigned char)data[i];
        if (c == '\n')
            fputs("\\n", stdout);
        else if (c == '\r')
            fputs("\\r", stdout);
        else if (c == '"' || c == '\\')
            printf("\\%c", c);
        else if (c < 0x20 || c > 0x7e)
            printf("\\x%02x", c);
        else
            putchar(c);
    }
    putchar('"');
    if (shown < len) {
        uint64_t hash = 0xcbf29ce484222325u; /* FNV-1a */
        for (size_t i = 0; i < len; i++)
            hash = (hash ^ (unsigned char)data[i]) * 0x100000001b3u;
        printf("... hash %016" PRIx64, hash);
    }
}

static void print_event(const char *label, const char *event, const char *data, size_t len)
{
    printf("%s: %s %zu ", label, event, len);
    transcript_bytes(data, len);
    putchar('\n');
}

static void flush_joined(struct transcript *t)
{
    if (t->joined_len)
        print_event(t->label, "body", t->joined, t->joined_len);
    t->joined_len = 0;
}

void transcript_note(const struct transcript *t, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    printf("%s: ", t->label);
    vprintf(format, args);
    putchar('\n');
    va_end(args);
}

static size_t write_callback(char *data, size_t size, size_t count, void *user)
{
    struct transcript *t = user;
    size_t len = size * count;
    t->writes++;
    if (t->flags & TRANSCRIPT_JOIN) {
        char *joined = realloc(t->joined, t->joined_len + len + 1);
        if (!joined)
            abort();
        memcpy(joined + t->joined_len, data, len);
        t->joined = joined;
        t->joined_len += len;
    } else {
        print_event(t->label, "write", data, len);
    }
    return t->on_write ? t->on_write(t, len) : len;
}

static size_t header_callback(char *data, size_t size, size_t count, void *user)
{
    struct transcript *t = user;
    size_t len = size * count;
    flush_joined(t);
    print_event(t->label, "header", data, len);
    return t->on_header ? t->on_header(t, len) : len;
}

static size_t read_callback(char *data, size_t size, size_t count, void *user)
{
    struct transcript *t = user;
    size_t len = t->upload_len - t->upload_pos;
    if (t->read_step && len > t->read_step)
        len = t->read_step;
    if (len > size * count)
        len = size * count;
    if (t->on_read) {
        size_t verdict = t->on_read(t, len);
        if (verdict != len) {
            transcript_note(t, "read returns %s",
                            verdict == CURL_READFUNC_PAUSE ? "pause" : "abort");
            return verdict;
        }
    }
    if (len)
        memcpy(data, t->upload + t->upload_pos, len);
    t->upload_pos += len;
    transcript_note(t, "read %zu (offered %zu)", len, size * count);
    return len;
}

static int seek_callback(void *user, curl_off_t offset, int origin)
{
    struct transcript *t = user;
    transcript_note(t, "seek to %" CURL_FORMAT_CURL_OFF_T " from %d", offset, origin);
    if (origin != SEEK_SET || offset < 0 || (size_t)offset > t->upload_len)
        return CURL_SEEKFUNC_FAIL;
    t->upload_pos = (size_t)offset;
    return CURL_SEEKFUNC_OK;
}

static int progress_callback(void *user, curl_off_t dltotal, curl_off_t dlnow, curl_off_t ultotal,
                             curl_off_t ulnow)
{
    struct transcript *t = user;
    t->dltotal = dltotal;
    t->dlnow = dlnow;
    t->ultotal = ultotal;
    t->ulnow = ulnow;
    return t->on_progress ? t->on_progress(t) : 0;
}

static int debug_callback(CURL *easy, curl_infotype type, char *data, size_t len, void *user)
{
    struct transcript *t = user;
    (void)easy;
    if (type == CURLINFO_HEADER_OUT)
        print_event(t->label, "sent", data, len);
    else if (type == CURLINFO_HEADER_IN)
        print_event(t->label, "received", data, len);
    return 0;
}

void transcript_attach(struct transcript *t)
{
    curl_easy_setopt(t->easy, CURLOPT_WRITEFUNCTION, write_callback);
    curl_easy_setopt(t->easy, CURLOPT_WRITEDATA, t);
    curl_easy_setopt(t->easy, CURLOPT_HEADERFUNCTION, header_callback);
    curl_easy_setopt(t->easy, CURLOPT_HEADERDATA, t);
    curl_easy_setopt(t->easy, CURLOPT_XFERINFOFUNCTION, progress_callback);
    curl_easy_setopt(t->easy, CURLOPT_XFERINFODATA, t);
    curl_easy_setopt(t->easy, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(t->easy, CURLOPT_ERRORBUFFER, t->error);
    curl_easy_setopt(t->easy, CURLOPT_PRIVATE, t);
    curl_easy_setopt(t->easy, CURLOPT_TIMEOUT, 10L);
    if (t->flags & TRANSCRIPT_HEADS) {
        curl_easy_setopt(t->easy, CURLOPT_DEBUGFUNCTION, debug_callback);
        curl_easy_setopt(t->easy, CURLOPT_DEBUGDATA, t);
        curl_easy_setopt(t->easy, CURLOPT_VERBOSE, 1L);
    }
    const char *ca = getenv("SCENARIO_CAINFO");
    if (ca)
        curl_easy_setopt(t->easy, CURLOPT_CAINFO, ca);
}

struct transcript *transcript_adopt(CURL *easy, const char *label, unsigned flags)
{
    struct transcript *t = calloc(1, sizeof(*t));
    if (!t || !easy)
        abort();
    t->easy = easy;
    t->label = label;
    t->flags = flags;
    transcript_attach(t);
    return t;
}

struct transcript *transcript_new(const char *label, unsigned flags)
{
    return transcript_adopt(curl_easy_init(), label, flags);
}

void transcript_free(struct transcript *t)
{
    curl_easy_cleanup(t->easy);
    free(t->joined);
    free(t);
}

void transcript_upload(struct transcript *t, const char *data, size_t len)
{
    t->upload = data;
    t->upload_len = len;
    t->upload_pos = 0;
    curl_easy_setopt(t->easy, CURLOPT_READFUNCTION, read_callback);
    curl_easy_setopt(t->easy, CURLOPT_READDATA, t);
    curl_easy_setopt(t->easy, CURLOPT_SEEKFUNCTION, seek_callback);
    curl_easy_setopt(t->easy, CURLOPT_SEEKDATA, t);
}

static void print_string_info(struct transcript *t, const char *name, CURLINFO info)
{
    const char *value = NULL;
    CURLcode code = curl_easy_getinfo(t->easy, info, &value);
    transcript_note(t, "info %s %d '%s'", name, code, value ? value : "(null)");
}

static void print_long_info(struct transcript *t, const char *name, CURLINFO info)
{
    long value = -2;
    CURLcode code = curl_easy_getinfo(t->easy, info, &value);
    transcript_note(t, "info %s %d %ld", name, code, value);
}

static void print_offset_info(struct transcript *t, const char *name, CURLINFO info)
{
    curl_off_t value = -2;
    CURLcode code = curl_easy_getinfo(t->easy, info, &value);
    transcript_note(t, "info %s %d %" CURL_FORMAT_CURL_OFF_T, name, code, value);
}

static void print_double_info(struct transcript *t, const char *name, CURLINFO info)
{
    double value = -2;
    CURLcode code = curl_easy_getinfo(t->easy, info, &value);
    transcript_note(t, "info %s %d %.0f", name, code, value);
}

void transcript_info(struct transcript *t)
{
    print_long_info(t, "RESPONSE_CODE", CURLINFO_RESPONSE_CODE);
    print_string_info(t, "EFFECTIVE_URL", CURLINFO_EFFECTIVE_URL);
    print_string_info(t, "EFFECTIVE_METHOD", CURLINFO_EFFECTIVE_METHOD);
    print_string_info(t, "SCHEME", CURLINFO_SCHEME);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
    print_long_info(t, "PROTOCOL", CURLINFO_PROTOCOL);
    print_double_info(t, "CONTENT_LENGTH_DOWNLOAD", CURLINFO_CONTENT_LENGTH_DOWNLOAD);
    print_double_info(t, "SIZE_DOWNLOAD", CURLINFO_SIZE_DOWNLOAD);
#pragma GCC diagnostic pop
    print_long_info(t, "HTTP_VERSION", CURLINFO_HTTP_VERSION);
    print_long_info(t, "HTTP_CONNECTCODE", CURLINFO_HTTP_CONNECTCODE);
    print_string_info(t, "REDIRECT_URL", CURLINFO_REDIRECT_URL);
    print_long_info(t, "REDIRECT_COUNT", CURLINFO_REDIRECT_COUNT);
    print_string_info(t, "REFERER", CURLINFO_REFERER);
    print_string_info(t, "CONTENT_TYPE", CURLINFO_CONTENT_TYPE);
    print_offset_info(t, "CONTENT_LENGTH_DOWNLOAD_T", CURLINFO_CONTENT_LENGTH_DOWNLOAD_T);
    print_offset_info(t, "CONTENT_LENGTH_UPLOAD_T", CURLINFO_CONTENT_LENGTH_UPLOAD_T);
    print_offset_info(t, "SIZE_DOWNLOAD_T", CURLINFO_SIZE_DOWNLOAD_T);
    print_offset_info(t, "SIZE_UPLOAD_T", CURLINFO_SIZE_UPLOAD_T);
    print_long_info(t, "HEADER_SIZE", CURLINFO_HEADER_SIZE);
    print_long_info(t, "REQUEST_SIZE", CURLINFO_REQUEST_SIZE);
    print_long_info(t, "PRIMARY_PORT", CURLINFO_PRIMARY_PORT);
    print_long_info(t, "HTTPAUTH_AVAIL", CURLINFO_HTTPAUTH_AVAIL);
    print_long_info(t, "PROXYAUTH_AVAIL", CURLINFO_PROXYAUTH_AVAIL);
    print_long_info(t, "SSL_VERIFYRESULT", CURLINFO_SSL_VERIFYRESULT);
    print_long_info(t, "CONDITION_UNMET", CURLINFO_CONDITION_UNMET);
    print_long_info(t, "PROXY_ERROR", CURLINFO_PROXY_ERROR);
    print_offset_info(t, "RETRY_AFTER", CURLINFO_RETRY_AFTER);
    struct curl_slist *cookies = NULL;
    if (curl_easy_getinfo(t->easy, CURLINFO_COOKIELIST, &cookies) == CURLE_OK)
        for (struct curl_slist *cookie = cookies; cookie; cookie = cookie->next)
            transcript_note(t, "cookie '%s'", cookie->data);
    curl_slist_free_all(cookies);
    void *private = NULL;
    curl_easy_getinfo(t->easy, CURLINFO_PRIVATE, (char **)&private);
    transcript_note(t, "private %s", private == t ? "kept" : "lost");
}

void transcript_headers_of(struct transcript *t, unsigned origins)
{
    for (int request = 0; request < 16; request++) {
        struct curl_header *header = NULL;
        bool any = false;
        while ((header = curl_easy_nextheader(t->easy, origins, request, header))) {
            any = true;
            transcript_note(t, "header of request %d: '%s' = '%s' (%zu/%zu, origin %u)", request,
                            header->name, header->value, header->index, header->amount,
                            header->origin);
        }
        if (!any)
            break;
    }
}

void transcript_headers(struct transcript *t)
{
    const unsigned origins = CURLH_HEADER | CURLH_TRAILER | CURLH_CONNECT | CURLH_1XX;
    transcript_headers_of(t, origins);
    static const char *const names[] = {"content-type", "Transfer-Encoding", "set-cookie",
                                        "Location"};
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        struct curl_header *header = NULL;
        CURLHcode code = curl_easy_header(t->easy, names[i], 0, origins, -1, &header);
        transcript_note(t, "header by name %s: %d '%s'", names[i], code,
                        code == CURLHE_OK ? header->value : "");
    }
}

void transcript_result(struct transcript *t, CURLcode code)
{
    flush_joined(t);
    transcript_note(t, "result %d '%s'", code, curl_easy_strerror(code));
    transcript_note(t, "error buffer '%s'", t->error);
    transcript_note(t,
                    "progress: down %" CURL_FORMAT_CURL_OFF_T " of %" CURL_FORMAT_CURL_OFF_T
                    ", up %" CURL_FORMAT_CURL_OFF_T " of %" CURL_FORMAT_CURL_OFF_T,
                    t->dlnow, t->dltotal, t->ulnow, t->ultotal);
    transcript_info(t);
    transcript_headers(t);
}

CURLcode transcript_perform(struct transcript *t)
{
    transcript_note(t, "perform");
    memcpy(t->error, "stale", sizeof("stale"));
    CURLcode code = curl_easy_perform(t->easy);
    transcript_result(t, code);
    return code;
}

void transcript_multi_run(CURLM *multi)
{
    int running = 1, messages;
    while (running) {
        CURLMcode code = curl_multi_perform(multi, &running);
        if (code == CURLM_OK && running)
            code = curl_multi_poll(multi, NULL, 0, 1000, NULL);
        if (code != CURLM_OK) {
            printf("multi: %d '%s'\n", code, curl_multi_strerror(code));
            return;
        }
    }
    CURLMsg *message;
    while ((message = curl_multi_info_read(multi, &messages))) {
        struct transcript *t = NULL;
        CURL *easy = message->easy_handle;
        CURLcode result = message->data.result;
        curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&t);
        curl_multi_remove_handle(multi, easy);
        if (t && t->easy == easy)
            transcript_result(t, result);
        else
            printf("multi: a handle with a foreign private pointer\n");
    }
}
