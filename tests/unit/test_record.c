/* SPDX-License-Identifier: MIT */
/* Recording in a C test: every mode, the hooks, what passes; against a server in a thread. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <dirent.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <cmocka.h>
#include <curl/curl.h>
#include <tapedeck/tapedeck.h>

/* ---- the server: says how many requests it has had, and what this one was ---- */

static struct {
    int listener, port;
    _Atomic int asked;
} server;

/* Reads a request; the length of its body, which is at *body. */
static size_t read_request(int peer, char *text, size_t size, const char **body)
{
    size_t len = 0, want = SIZE_MAX;
    const char *end = NULL;
    while (len < size - 1 && (!end || len < want)) {
        ssize_t got = recv(peer, text + len, size - 1 - len, 0);
        if (got <= 0)
            break;
        len += (size_t)got;
        text[len] = '\0';
        if (!end && (end = strstr(text, "\r\n\r\n"))) {
            const char *length = strcasestr(text, "\r\nContent-Length:");
            want = (size_t)(end + 4 - text);
            if (length && length < end)
                want += strtoul(length + 17, NULL, 10);
            if (strcasestr(text, "\r\nExpect:"))
                send(peer, "HTTP/1.1 100 Continue\r\n\r\n", 25, MSG_NOSIGNAL);
        }
    }
    *body = end ? end + 4 : text;
    return end ? len - (size_t)(end + 4 - text) : 0;
}

enum { LARGE_LINES = 80000, LARGE_PLANT = 40000 };
static const char large_line[] = "forty bytes of a text with nothing in it\n";

/* Lines, and between them what the path names. */
static void put_large(FILE *to, const char *planted)
{
    for (int i = 0; i < LARGE_LINES; i++) {
        if (i == LARGE_PLANT)
            fprintf(to, "%s\n", planted);
        fputs(large_line, to);
    }
    fclose(to);
}

static void send_large(int peer, const char *planted)
{
    FILE *to = fdopen(dup(peer), "w");
    fprintf(to, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n",
            LARGE_LINES * strlen(large_line) + strlen(planted) + 1);
    put_large(to, planted);
}

static void *serve(void *context)
{
    static char text[1 << 20];
    (void)context;
    for (;;) {
        char method[16] = "", path[256] = "", answer[1024], head[1024];
        const char *body;
        int peer = accept(server.listener, NULL, NULL);
        if (peer < 0)
            continue;
        size_t len = read_request(peer, text, sizeof text, &body);
        sscanf(text, "%15s %255s", method, path);
        if (strncmp(path, "/large/", 7) == 0) {
            send_large(peer, path + 7);
            close(peer);
            continue;
        }
        if (strncmp(path, "/go/", 4) == 0) {
            snprintf(
                head, sizeof head,
                "HTTP/1.1 %.3s Go\r\nLocation: %s\r\nContent-Length: 0\r\nConnection: close\r\n"
                "\r\n",
                path + 4, path + 7);
            *answer = '\0';
        } else {
            unsigned sum = 0;
            const char *part = strstr(body, "\r\n\r\n"); /* of a form: not its boundary */
            for (size_t i = 0; i < len && !part; i++)
                sum = sum * 31 + (unsigned char)body[i];
            snprintf(answer, sizeof answer, "%d: %s %s %zu %x", ++server.asked, method, path, len,
                     sum);
            snprintf(head, sizeof head,
                     "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\nX-Secretish: 1\r\n"
                     "Connection: close\r\n\r\n",
                     strlen(answer));
        }
        send(peer, head, strlen(head), MSG_NOSIGNAL);
        send(peer, answer, strlen(answer), MSG_NOSIGNAL);
        close(peer);
    }
    return NULL;
}

static int start_server(void **state)
{
    (void)state;
    pthread_t thread;
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof address;
    server.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(server.listener, (struct sockaddr *)&address, sizeof address) < 0 ||
        listen(server.listener, 64) < 0 ||
        getsockname(server.listener, (struct sockaddr *)&address, &len) < 0)
        return -1;
    server.port = ntohs(address.sin_port);
    return pthread_create(&thread, NULL, serve, NULL);
}

/* ---- transfers ---- */

enum loop { EASY, MULTI, SOCKETS, LOOPS };

struct text {
    char data[2048];
    size_t len;
};

struct seen {
    struct text body, heads;
    CURLcode code;
    const char *upload;
    size_t given;
};

static size_t put_text(struct text *text, const char *data, size_t len)
{
    if (len > sizeof text->data - 1 - text->len)
        return 0;
    memcpy(text->data + text->len, data, len);
    text->len += len;
    return len;
}

static size_t on_body(char *data, size_t size, size_t number, void *context)
{
    struct seen *seen = context;
    return put_text(&seen->body, data, size * number);
}

static size_t on_line(char *data, size_t size, size_t number, void *context)
{
    struct seen *seen = context;
    return put_text(&seen->heads, data, size * number);
}

static size_t on_read(char *room, size_t size, size_t number, void *context)
{
    struct seen *seen = context;
    size_t left = strlen(seen->upload) - seen->given;
    size_t len = left < size * number ? left : size * number;
    memcpy(room, seen->upload + seen->given, len);
    seen->given += len;
    return len;
}

static int on_seek(void *context, curl_off_t offset, int origin)
{
    struct seen *seen = context;
    if (origin != SEEK_SET)
        return CURL_SEEKFUNC_FAIL;
    seen->given = (size_t)offset;
    return CURL_SEEKFUNC_OK;
}

static void perform_all(CURLM *multi)
{
    int running = 1;
    while (running) {
        curl_multi_perform(multi, &running);
        if (running)
            curl_multi_poll(multi, NULL, 0, 1000, NULL);
    }
}

static void take_out(CURLM *multi, CURL *curl, struct seen *seen)
{
    CURLMsg *message;
    int left;
    seen->code = (CURLcode)-1;
    while ((message = curl_multi_info_read(multi, &left)))
        seen->code = message->data.result;
    curl_multi_remove_handle(multi, curl);
    curl_multi_cleanup(multi);
}

static void run_multi(CURL *curl, struct seen *seen)
{
    CURLM *multi = curl_multi_init();
    curl_multi_add_handle(multi, curl);
    perform_all(multi);
    take_out(multi, curl, seen);
}

struct sockets {
    int epoll;
    long timeout_ms;
};

static int on_socket(CURL *curl, curl_socket_t fd, int what, void *context, void *data)
{
    struct sockets *sockets = context;
    struct epoll_event event = {.data = {.fd = fd}};
    (void)curl;
    (void)data;
    event.events = (what & CURL_POLL_IN ? EPOLLIN : 0u) | (what & CURL_POLL_OUT ? EPOLLOUT : 0u);
    if (what == CURL_POLL_REMOVE)
        epoll_ctl(sockets->epoll, EPOLL_CTL_DEL, fd, &event);
    else if (epoll_ctl(sockets->epoll, EPOLL_CTL_MOD, fd, &event) < 0)
        epoll_ctl(sockets->epoll, EPOLL_CTL_ADD, fd, &event);
    return 0;
}

static int on_timer(CURLM *multi, long timeout_ms, void *context)
{
    (void)multi;
    ((struct sockets *)context)->timeout_ms = timeout_ms;
    return 0;
}

static void run_sockets(CURL *curl, struct seen *seen)
{
    struct sockets sockets = {epoll_create1(EPOLL_CLOEXEC), -1};
    CURLM *multi = curl_multi_init();
    int running = 1, turns = 0;
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, &sockets);
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(multi, CURLMOPT_TIMERDATA, &sockets);
    curl_multi_add_handle(multi, curl);
    while (running && turns++ < 10000) {
        struct epoll_event event;
        long patience =
            sockets.timeout_ms < 0 || sockets.timeout_ms > 2000 ? 2000 : sockets.timeout_ms;
        int ready = epoll_wait(sockets.epoll, &event, 1, (int)patience);
        if (ready > 0) {
            int what = (event.events & EPOLLIN ? CURL_CSELECT_IN : 0) |
                       (event.events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
                       (event.events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0);
            curl_multi_socket_action(multi, event.data.fd, what, &running);
        } else {
            sockets.timeout_ms = -1;
            curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &running);
        }
    }
    take_out(multi, curl, seen);
    close(sockets.epoll);
}

static CURL *handle(const char *path, struct seen *seen)
{
    char url[512];
    CURL *curl = curl_easy_init();
    *seen = (struct seen){0};
    snprintf(url, sizeof url, "http://127.0.0.1:%d%s", server.port, path);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, 20L);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, seen);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_line);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, seen);
    return curl;
}

static void finish(CURL *curl, enum loop loop, struct seen *seen)
{
    if (loop == EASY)
        seen->code = curl_easy_perform(curl);
    else if (loop == MULTI)
        run_multi(curl, seen);
    else
        run_sockets(curl, seen);
    curl_easy_cleanup(curl);
}

/* The body that came, "" for a failure. */
static const char *get(const char *path)
{
    static struct seen seen;
    finish(handle(path, &seen), EASY, &seen);
    return seen.code == CURLE_OK ? seen.body.data : "";
}

/* ---- cassettes ---- */

static char folder[64], cassette[128];

static int make_folder(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "%s", "/tmp/tapedeck-test-XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    snprintf(cassette, sizeof cassette, "%s/hello.yaml", folder);
    server.asked = 0;
    return 0;
}

/* Nothing but the cassette is left behind. */
static int remove_folder(void **state)
{
    (void)state;
    unlink(cassette);
    return rmdir(folder);
}

static char *content(void)
{
    static char text[1 << 16];
    FILE *file = fopen(cassette, "r");
    if (!file)
        return NULL;
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    return text;
}

static struct td_deck *open_deck(enum td_mode mode, struct td_deck_options more)
{
    struct td_error err;
    more.size = sizeof more;
    more.mode = mode;
    struct td_deck *deck = td_deck_open(cassette, &more, &err);
    if (deck)
        assert_int_equal(td_deck_insert(deck), 0);
    return deck;
}

static int close_deck(struct td_deck *deck)
{
    struct td_error err;
    int status = td_deck_eject(deck, &err);
    td_deck_close(deck);
    return status;
}

static size_t interactions(void)
{
    struct td_cassette *loaded = td_cassette_open(cassette, NULL);
    size_t count = loaded ? td_cassette_count(loaded) : 0;
    for (size_t i = 0; i < count; i++)
        assert_int_equal(td_interaction_id(td_cassette_at(loaded, i)), i);
    td_cassette_close(loaded);
    return count;
}

/* A cassette with GET /known, which the server has answered first. */
static const char *record_known(void)
{
    struct td_deck *deck = open_deck(TD_MODE_RECORD, (struct td_deck_options){0});
    assert_string_equal(get("/known"), "1: GET /known 0 0");
    assert_int_equal(close_deck(deck), 0);
    assert_int_equal(interactions(), 1);
    return strdup(content());
}

/* ---- tests ---- */

static void test_modes_without_a_cassette(void **state)
{
    (void)state;
    assert_null(open_deck(TD_MODE_REPLAY, (struct td_deck_options){0}));
    for (enum td_mode mode = TD_MODE_ONCE; mode <= TD_MODE_RECORD; mode++) {
        struct td_deck *deck = open_deck(mode, (struct td_deck_options){0});
        server.asked = 0;
        assert_string_equal(get("/a"), "1: GET /a 0 0");
        assert_string_equal(get("/a"), "2: GET /a 0 0");
        assert_int_equal(close_deck(deck), 0);
        assert_int_equal(interactions(), 2);
        unlink(cassette);
    }
    struct td_deck *deck = open_deck(TD_MODE_PASSTHROUGH, (struct td_deck_options){0});
    assert_string_equal(get("/a"), "3: GET /a 0 0");
    assert_int_equal(close_deck(deck), 0);
    assert_null(content());
}

static void test_modes_with_what_is_known(void **state)
{
    (void)state;
    char *before = (char *)record_known();
    static const enum td_mode playing[] = {TD_MODE_REPLAY, TD_MODE_ONCE, TD_MODE_NEW};
    for (size_t i = 0; i < 3; i++) {
        struct td_deck *deck = open_deck(playing[i], (struct td_deck_options){0});
        assert_string_equal(get("/known"), "1: GET /known 0 0");
        assert_int_equal(server.asked, 1);
        assert_int_equal(close_deck(deck), 0);
        assert_string_equal(content(), before);
    }
    struct td_deck *deck = open_deck(TD_MODE_PASSTHROUGH, (struct td_deck_options){0});
    assert_string_equal(get("/known"), "2: GET /known 0 0");
    assert_int_equal(close_deck(deck), 0);
    assert_string_equal(content(), before);

    deck = open_deck(TD_MODE_RECORD, (struct td_deck_options){0});
    assert_string_equal(get("/known"), "3: GET /known 0 0");
    assert_int_equal(close_deck(deck), 0);
    assert_int_equal(interactions(), 1);
    assert_non_null(strstr(content(), "3: GET /known"));
    assert_null(strstr(content(), "1: GET /known"));
    free(before);
}

static void test_modes_with_what_is_unknown(void **state)
{
    (void)state;
    char *before = (char *)record_known();
    static const enum td_mode playing[] = {TD_MODE_REPLAY, TD_MODE_ONCE};
    for (size_t i = 0; i < 2; i++) {
        struct td_deck *deck = open_deck(playing[i], (struct td_deck_options){0});
        assert_string_equal(get("/other"), "");
        assert_int_equal(server.asked, 1);
        assert_int_equal(close_deck(deck), TD_ERR_MISS);
        assert_string_equal(content(), before);
    }
    struct td_deck *deck = open_deck(TD_MODE_PASSTHROUGH, (struct td_deck_options){0});
    assert_string_equal(get("/other"), "2: GET /other 0 0");
    assert_int_equal(close_deck(deck), 0);
    assert_string_equal(content(), before);

    deck = open_deck(TD_MODE_NEW, (struct td_deck_options){0});
    assert_string_equal(get("/other"), "3: GET /other 0 0");
    assert_string_equal(get("/known"), "1: GET /known 0 0");
    assert_string_equal(get("/known"), "4: GET /known 0 0"); /* it was played already */
    assert_int_equal(close_deck(deck), 0);
    assert_int_equal(interactions(), 3);
    assert_memory_equal(content(), before, strlen(before)); /* to the byte */

    deck = open_deck(TD_MODE_REPLAY, (struct td_deck_options){0});
    assert_string_equal(get("/known"), "1: GET /known 0 0");
    assert_string_equal(get("/known"), "4: GET /known 0 0");
    assert_string_equal(get("/other"), "3: GET /other 0 0");
    assert_int_equal(close_deck(deck), 0);

    deck = open_deck(TD_MODE_RECORD, (struct td_deck_options){0});
    assert_string_equal(get("/other"), "5: GET /other 0 0");
    assert_int_equal(close_deck(deck), 0);
    assert_int_equal(interactions(), 1);
    assert_null(strstr(content(), "/known"));
    free(before);
}

/* A body from memory for the way "post"; else by callback. */
static void send_body(CURL *curl, struct seen *seen, const char *body, const char *way)
{
    if (strcmp(way, "post") == 0) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
        return;
    }
    bool put = strstr(way, "put");
    seen->upload = body;
    curl_easy_setopt(curl, CURLOPT_READFUNCTION, on_read);
    curl_easy_setopt(curl, CURLOPT_READDATA, seen);
    if (strstr(way, "seek")) {
        curl_easy_setopt(curl, CURLOPT_SEEKFUNCTION, on_seek);
        curl_easy_setopt(curl, CURLOPT_SEEKDATA, seen);
    }
    curl_easy_setopt(curl, put ? CURLOPT_UPLOAD : CURLOPT_POST, 1L);
    curl_easy_setopt(curl, put ? CURLOPT_INFILESIZE : CURLOPT_POSTFIELDSIZE, (long)strlen(body));
}

static void check_same(const struct seen *live, const struct seen *taped)
{
    assert_int_equal(live->code, CURLE_OK);
    assert_int_equal(taped->code, CURLE_OK);
    assert_string_equal(live->body.data, taped->body.data);
    assert_string_equal(live->heads.data, taped->heads.data);
}

/* What a program sees of one transfer that is not on the tape: in all ways, as if it were live. */
static void compare_new(const char *path, const char *upload, const char *way)
{
    for (enum loop loop = EASY; loop < LOOPS; loop++) {
        struct seen seen[2];
        struct td_deck *deck = NULL;
        for (int taped = 0; taped < 2; taped++) {
            struct seen *one = &seen[taped];
            CURL *curl = handle(path, one);
            curl_mime *mime = NULL;
            struct curl_slist *headers = NULL;
            if (strcmp(way, "mime") == 0) {
                mime = curl_mime_init(curl);
                curl_mime_data(curl_mime_addpart(mime), upload, CURL_ZERO_TERMINATED);
                curl_easy_setopt(curl, CURLOPT_MIMEPOST, mime);
            } else if (strcmp(way, "mime by callback") == 0) {
                one->upload = upload;
                mime = curl_mime_init(curl);
                curl_mime_data_cb(curl_mime_addpart(mime), (curl_off_t)strlen(upload), on_read,
                                  on_seek, NULL, one);
                curl_easy_setopt(curl, CURLOPT_MIMEPOST, mime);
            } else if (upload) {
                send_body(curl, one, upload, way);
            }
            if (strstr(way, "expect"))
                headers = curl_slist_append(NULL, "Expect: 100-continue");
            curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
            if (strstr(way, "head"))
                curl_easy_setopt(curl, CURLOPT_HEADER, 1L);
            if (taped)
                deck = open_deck(TD_MODE_NEW, (struct td_deck_options){0});
            server.asked = 7;
            finish(curl, loop, one);
            curl_mime_free(mime);
            curl_slist_free_all(headers);
        }
        int asked = server.asked;
        size_t before = interactions();
        assert_int_equal(close_deck(deck), 0);
        check_same(&seen[0], &seen[1]);
        assert_int_equal(asked, 8);
        assert_int_equal(interactions(), before + 1);
        unlink(cassette);
    }
}

static void test_new_uploads(void **state)
{
    (void)state;
    static char large[200001];
    memset(large, 'x', sizeof large - 1);
    compare_new("/", NULL, "get");
    compare_new("/a", large, "post");
    compare_new("/b", "by callback", "read");
    compare_new("/c", large, "read");
    compare_new("/d", large, "read, seek");
    compare_new("/e", large, "put");
    compare_new("/f", large, "put, seek, expect");
    compare_new("/g", "part", "mime");
    compare_new("/i", "part", "mime by callback");
    compare_new("/h", "by callback", "read, head");
}

/* The first hop is known, the second is not: the program sees each once. */
static void test_new_redirects(void **state)
{
    (void)state;
    static const struct {
        const char *path, *upload, *way;
    } cases[] = {
        {"/go/302/next", NULL, "get"},
        {"/go/302/next", NULL, "get, head"},
        {"/go/307/next", "a body", "post"},
        {"/go/307/next", "by callback", "read, seek"},
        {"/go/303/next", "by callback", "read, seek"},
        {"/go/302/go/307/next", "by callback", "put, seek"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (enum loop loop = EASY; loop < LOOPS; loop++) {
            struct seen seen[2];
            for (int taped = 0; taped < 2; taped++) {
                struct td_deck *deck =
                    open_deck(taped ? TD_MODE_NEW : TD_MODE_RECORD, (struct td_deck_options){0});
                CURL *curl = handle(cases[i].path, &seen[taped]);
                if (cases[i].upload)
                    send_body(curl, &seen[taped], cases[i].upload, cases[i].way);
                curl_easy_setopt(curl, CURLOPT_HEADER, strstr(cases[i].way, "head") ? 1L : 0L);
                server.asked = 7;
                finish(curl, loop, &seen[taped]);
                assert_int_equal(close_deck(deck), 0);
                if (taped)
                    break;
                /* Of what was recorded all stays but the last hop. */
                char *text = content(), *last = NULL;
                for (char *at = text; (at = strstr(at, "\n- id: ")); at++)
                    last = at;
                assert_non_null(last);
                last[1] = '\0';
                FILE *file = fopen(cassette, "w");
                fputs(text, file);
                fclose(file);
            }
            check_same(&seen[0], &seen[1]);
            assert_int_equal(interactions(),
                             strstr(cases[i].path, "/go/307/next") == cases[i].path + 7 ? 3 : 2);
            unlink(cassette);
        }
    }
}

struct hooked {
    int captured, saved, replayed, ejected;
    bool discard;
};

static void after_capture(void *context, struct td_draft *draft)
{
    struct hooked *hooked = context;
    hooked->captured++;
    td_draft_set_header(draft, TD_RESPONSE, "X-Secretish", "hidden");
    td_draft_set_header(draft, TD_REQUEST, "Accept", NULL);
    if (hooked->discard)
        td_draft_discard(draft);
}

static void before_save(void *context, struct td_draft *draft)
{
    struct hooked *hooked = context;
    hooked->saved++;
    if (strstr(td_interaction_url(td_draft_interaction(draft)), "/not"))
        td_draft_discard(draft);
    else
        td_draft_set_body(draft, TD_RESPONSE, "as saved", 8);
}

static void before_replay(void *context, struct td_draft *draft)
{
    struct hooked *hooked = context;
    hooked->replayed++;
    td_draft_set_body(draft, TD_RESPONSE, "as replayed, and longer", 23);
}

static void on_eject(void *context)
{
    struct hooked *hooked = context;
    hooked->ejected++;
    assert_true(hooked->replayed || hooked->discard || interactions() == 1);
}

static void test_hooks(void **state)
{
    (void)state;
    struct hooked hooked = {0};
    struct td_deck_options options = {
        .hooks = {after_capture, before_save, before_replay, on_eject},
        .context = &hooked,
    };
    struct td_deck *deck = open_deck(TD_MODE_RECORD, options);
    assert_string_equal(get("/a"), "1: GET /a 0 0"); /* the program gets what there was */
    assert_string_equal(get("/not"), "2: GET /not 0 0");
    assert_int_equal(hooked.captured, 2);
    assert_int_equal(hooked.saved, 0);
    assert_int_equal(close_deck(deck), 0);
    assert_int_equal(hooked.saved, 2);
    assert_int_equal(hooked.ejected, 1);
    assert_int_equal(interactions(), 1);
    assert_non_null(strstr(content(), "body: as saved\n"));
    assert_non_null(strstr(content(), "- hidden\n"));
    assert_null(strstr(content(), "*/*"));

    deck = open_deck(TD_MODE_REPLAY, options);
    assert_string_equal(get("/a"), "as replayed, and longer");
    assert_int_equal(close_deck(deck), 0);
    assert_int_equal(hooked.replayed, 1);
    assert_int_equal(hooked.ejected, 2);

    char *before = strdup(content());
    hooked.discard = true;
    deck = open_deck(TD_MODE_RECORD, options);
    assert_string_equal(get("/b"), "3: GET /b 0 0");
    assert_int_equal(close_deck(deck), 0);
    assert_string_equal(content(), before); /* nothing was recorded, nothing is replaced */
    free(before);
}

static bool passes(void *context, const char *url)
{
    ++*(int *)context;
    return strstr(url, "/pass") != NULL;
}

static void test_passing(void **state)
{
    (void)state;
    int asked = 0;
    char with_port[64], other_port[64];
    struct td_deck_options options = {.passes = passes, .context = &asked};
    struct td_deck *deck = open_deck(TD_MODE_RECORD, options);
    assert_string_equal(get("/pass"), "1: GET /pass 0 0");
    assert_string_equal(get("/a"), "2: GET /a 0 0");
    assert_int_equal(close_deck(deck), 0);
    assert_int_equal(asked, 2);
    assert_int_equal(interactions(), 1);
    assert_null(strstr(content(), "/pass"));

    snprintf(with_port, sizeof with_port, "127.0.0.1:%d", server.port);
    snprintf(other_port, sizeof other_port, "127.0.0.1:%d", server.port + 1);
    const struct {
        const char *pattern;
        bool live;
    } patterns[] = {
        {"127.0.0.1", true}, {with_port, true}, {other_port, false}, {"*.0.0.1", true},
        {"*.test", false},   {"*0.0.1", true},  {"", false},         {"127.0.0.1.", false},
    };
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
        const char *list[] = {"a.test", patterns[i].pattern, NULL};
        options = (struct td_deck_options){.passthrough = list, .allow_unplayed = true};
        deck = open_deck(TD_MODE_REPLAY, options);
        assert_int_equal(*get("/b") != '\0', patterns[i].live);
        assert_int_equal(close_deck(deck), patterns[i].live ? 0 : TD_ERR_MISS);
    }
}

static void *ask_handle(void *context)
{
    for (int i = 0; i < 40; i++) {
        struct seen seen;
        finish(handle("/thread", &seen), EASY, &seen);
        if (seen.code == CURLE_OK)
            ++*(_Atomic int *)context;
    }
    return NULL;
}

/* Ejected while others record: what they have under way is saved next time. */
static void test_ejected_under_way(void **state)
{
    (void)state;
    _Atomic int done = 0;
    pthread_t threads[4];
    struct td_deck *deck = open_deck(TD_MODE_RECORD, (struct td_deck_options){0});
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, ask_handle, &done);
    while (done < 20)
        usleep(1000);
    struct td_deck_counts counts;
    assert_int_equal(td_deck_eject(deck, NULL), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    td_deck_counts(deck, &counts);
    td_deck_close(deck);
    assert_int_equal(done, 160);
    assert_in_range(counts.recorded, 20, 159);
    deck = open_deck(TD_MODE_NEW, (struct td_deck_options){0});
    td_deck_close(deck);
    assert_int_equal(interactions(), counts.recorded);
}

/* ---- large bodies ---- */

static struct large_seen {
    size_t len, largest; /* of the body so far; of a file of the journal, meanwhile */
    bool leaked;         /* the secret was in one */
    const char *secret;
} large;

/* Goes through the journal as it is at this moment. */
static void look_into_journal(void)
{
    char name[256], path[1024];
    snprintf(name, sizeof name, "%s.journal", cassette);
    DIR *dir = opendir(name);
    const struct dirent *entry;
    while (dir && (entry = readdir(dir))) {
        struct stat found;
        snprintf(path, sizeof path, "%s/%s", name, entry->d_name);
        FILE *file = entry->d_name[0] == '.' ? NULL : fopen(path, "r");
        if (!file || fstat(fileno(file), &found) < 0)
            continue;
        char *text = malloc((size_t)found.st_size + 1);
        size_t len = fread(text, 1, (size_t)found.st_size, file);
        large.leaked |= memmem(text, len, large.secret, strlen(large.secret)) != NULL;
        large.largest = len > large.largest ? len : large.largest;
        free(text);
        fclose(file);
    }
    if (dir)
        closedir(dir);
}

static size_t on_large(char *data, size_t size, size_t number, void *context)
{
    (void)data;
    (void)context;
    if (large.len / 300000 != (large.len + size * number) / 300000)
        look_into_journal();
    large.len += size * number;
    return size * number;
}

static void get_large(const char *planted, const char *secret)
{
    char path[512];
    struct seen seen;
    snprintf(path, sizeof path, "/large/%s", planted);
    large = (struct large_seen){.secret = secret};
    CURL *curl = handle(path, &seen);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_large);
    finish(curl, EASY, &seen);
    assert_int_equal(seen.code, CURLE_OK);
    size_t largest = large.largest;
    look_into_journal();
    large.largest = largest;
}

/* The body of the only interaction, which it is with this in its middle. */
static void assert_large(const char *planted)
{
    struct td_cassette *loaded = td_cassette_open(cassette, NULL);
    char *text;
    size_t size;
    put_large(open_memstream(&text, &size), planted);
    assert_non_null(loaded);
    assert_int_equal(td_cassette_count(loaded), 1);
    size_t len;
    const char *body = td_interaction_body(td_cassette_at(loaded, 0), TD_RESPONSE, &len);
    assert_int_equal(len, size);
    assert_memory_equal(body, text, size);
    free(text);
    td_cassette_close(loaded);
}

/* On the disk before it is whole, but for its end. */
static void test_large(void **state)
{
    (void)state;
    struct td_deck *deck = open_deck(TD_MODE_RECORD, (struct td_deck_options){0});
    get_large("nothing", "no such thing");
    assert_in_range(large.largest, 2000000, 10000000);
    assert_int_equal(close_deck(deck), 0);
    assert_large("nothing");
}

static void test_large_with_a_secret(void **state)
{
    static const char secret[] = "hf_"
                                 "abcDEF12345abcDEF12345abcDEF12345zz";
    (void)state;
    struct td_deck *deck = open_deck(TD_MODE_RECORD, (struct td_deck_options){0});
    get_large(secret, secret);
    assert_false(large.leaked);
    assert_int_equal(close_deck(deck), 0);
    assert_large("[REDACTED:huggingface-token]");
}

static void change_body(void *context, struct td_draft *draft)
{
    (void)context;
    td_draft_set_body(draft, TD_RESPONSE, "another", 7);
}

static void drop_draft(void *context, struct td_draft *draft)
{
    (void)context;
    td_draft_discard(draft);
}

/* A hook has the last word on what is recorded; one who stops early leaves nothing. */
static void test_large_changed(void **state)
{
    (void)state;
    struct td_deck_options options = {.hooks = {.after_capture = change_body}};
    struct td_deck *deck = open_deck(TD_MODE_RECORD, options);
    get_large("nothing", "no such thing");
    assert_int_equal(close_deck(deck), 0);
    assert_non_null(strstr(content(), "body: another\n"));
    unlink(cassette);
    options.hooks.after_capture = drop_draft;
    deck = open_deck(TD_MODE_RECORD, options);
    get_large("nothing", "no such thing");
    assert_int_equal(close_deck(deck), 0);
    assert_null(content());
}

/* Two decks in a process, and one forked child: nobody takes another one's journal away. */
static void test_two_decks(void **state)
{
    (void)state;
    struct td_deck *deck = open_deck(TD_MODE_RECORD, (struct td_deck_options){0});
    assert_string_equal(get("/a"), "1: GET /a 0 0");
    struct td_deck_options options = {.size = sizeof options, .mode = TD_MODE_NEW};
    struct td_deck *other = td_deck_open(cassette, &options, NULL);
    assert_non_null(other);
    td_deck_close(other);
    assert_string_equal(get("/b"), "2: GET /b 0 0");
    pid_t child = fork();
    if (child == 0) {
        bool good = strcmp(get("/c"), "3: GET /c 0 0") == 0;
        td_deck_close(deck);
        _exit(good ? 0 : 1);
    }
    int status = 1;
    waitpid(child, &status, 0);
    assert_int_equal(status, 0);
    server.asked = 3;
    assert_string_equal(get("/d"), "4: GET /d 0 0");
    assert_int_equal(close_deck(deck), 0);
    assert_int_equal(interactions(), 4);
}

static void test_no_cassette(void **state)
{
    (void)state;
    struct td_error err;
    struct td_deck_options options = {.size = sizeof options, .mode = TD_MODE_RECORD};
    struct td_deck *deck = td_deck_open(NULL, &options, &err);
    assert_non_null(deck);
    assert_int_equal(td_deck_insert(deck), 0);
    assert_string_equal(get("/a"), "1: GET /a 0 0");
    assert_int_equal(td_deck_eject(deck, &err), TD_ERR_IO);
    assert_string_equal(err.message, "1 interactions could not be recorded");
    td_deck_close(deck);
}

/* Handles that are used otherwise than once. */
static void test_handles(void **state)
{
    (void)state;
    struct seen seen;
    struct td_deck *deck = open_deck(TD_MODE_RECORD, (struct td_deck_options){0});
    CURL *curl = handle("/a", &seen);
    assert_int_equal(curl_easy_perform(curl), CURLE_OK);
    curl_easy_setopt(curl, CURLOPT_URL, "http://127.0.0.1:1/");
    assert_int_equal(curl_easy_perform(curl), CURLE_COULDNT_CONNECT);
    CURL *twin = curl_easy_duphandle(curl);
    char url[64];
    snprintf(url, sizeof url, "http://127.0.0.1:%d/twin", server.port);
    curl_easy_setopt(twin, CURLOPT_URL, url);
    seen.body.len = 0;
    assert_int_equal(curl_easy_perform(twin), CURLE_OK);
    curl_easy_reset(curl);
    snprintf(url, sizeof url, "http://127.0.0.1:%d/reset", server.port);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
    assert_int_equal(curl_easy_perform(curl), CURLE_OK);

    /* Freed under way, and taken out under way. */
    CURLM *multi = curl_multi_init();
    int running;
    CURL *freed = handle("/freed", &seen), *taken = handle("/taken", &seen);
    curl_multi_add_handle(multi, freed);
    curl_multi_add_handle(multi, taken);
    curl_multi_perform(multi, &running);
    curl_multi_remove_handle(multi, taken);
    curl_easy_cleanup(taken);
    curl_multi_remove_handle(multi, freed);
    curl_easy_cleanup(freed);
    curl_multi_cleanup(multi);
    curl_easy_cleanup(twin);
    curl_easy_cleanup(curl);
    struct td_deck_counts counts;
    td_deck_counts(deck, &counts);
    assert_int_equal(counts.recorded, 3);
    assert_int_equal(counts.lost, 0);
    assert_int_equal(close_deck(deck), 0);
    assert_int_equal(interactions(), 3);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

static void blank(void *context, struct td_draft *draft)
{
    (void)context;
    if (strstr(td_interaction_url(td_draft_interaction(draft)), "/form"))
        td_draft_set_body(draft, TD_REQUEST, "name=nobody", 11);
}

/* What is sent as a form without being one has its secrets in the names of the form; and a hook
 * that changes the body changes the form. */
static void test_forms(void **state)
{
    (void)state;
    struct td_deck_options options = {.hooks = {.after_capture = blank}};
    struct td_deck *deck = open_deck(TD_MODE_RECORD, options);
    static const char *const posts[][2] = {
        {"/json", "{\"api_key\":\"hunter2hunter\",\"a\":\"b=c&d\"}"},
        {"/bare", "sk-proj-abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGH"},
        {"/form", "name=Hunter"},
    };
    for (size_t i = 0; i < sizeof posts / sizeof *posts; i++) {
        struct seen seen;
        CURL *curl = handle(posts[i][0], &seen);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, posts[i][1]);
        finish(curl, EASY, &seen);
        assert_int_equal(seen.code, CURLE_OK);
    }
    assert_int_equal(close_deck(deck), 0);
    char *text = content();
    assert_non_null(strstr(text, "form:"));
    assert_non_null(strstr(text, "- nobody"));
    assert_null(strcasestr(text, "hunter"));
    assert_null(strstr(text, "sk-proj-abc"));
}

/* What a multi handle had to say of a handle that is no more is not said. */
static void test_cleaned_up_when_done(void **state)
{
    (void)state;
    struct seen seen[2];
    struct td_deck *deck = open_deck(TD_MODE_RECORD, (struct td_deck_options){0});
    CURLM *multi = curl_multi_init();
    CURL *gone = handle("/gone", &seen[0]), *other = handle("/other", &seen[1]);
    CURLMsg *message;
    int left;
    curl_multi_add_handle(multi, gone);
    curl_multi_add_handle(multi, other);
    perform_all(multi);
    curl_easy_cleanup(gone);
    message = curl_multi_info_read(multi, &left);
    assert_non_null(message);
    assert_ptr_equal(message->easy_handle, other);
    assert_null(curl_multi_info_read(multi, &left));
    curl_multi_remove_handle(multi, other);
    curl_easy_cleanup(other);
    curl_multi_cleanup(multi);
    assert_int_equal(close_deck(deck), 0);
    assert_int_equal(interactions(), 2);
}

/* A program without standard streams that writes to them all the same writes to no journal. */
static void test_no_standard_streams(void **state)
{
    (void)state;
    int status = -1;
    struct td_deck *deck = open_deck(TD_MODE_RECORD, (struct td_deck_options){0});
    pid_t child = fork();
    if (child == 0) {
        for (int fd = 0; fd < 3; fd++)
            close(fd);
        bool good = *get("/one") != '\0';
        for (int fd = 0; fd < 3; fd++)
            good &= write(fd, "said\n", 5) < 0;
        good &= *get("/two") != '\0';
        _exit(good ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(close_deck(deck), 0);
    assert_int_equal(interactions(), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_modes_without_a_cassette),
        TEST(test_modes_with_what_is_known),
        TEST(test_modes_with_what_is_unknown),
        TEST(test_new_uploads),
        TEST(test_new_redirects),
        TEST(test_hooks),
        TEST(test_passing),
        TEST(test_ejected_under_way),
        TEST(test_large),
        TEST(test_large_with_a_secret),
        TEST(test_large_changed),
        TEST(test_two_decks),
        TEST(test_no_cassette),
        TEST(test_handles),
        TEST(test_forms),
        TEST(test_cleaned_up_when_done),
        TEST(test_no_standard_streams),
    };
    curl_global_init(CURL_GLOBAL_ALL);
    return cmocka_run_group_tests(tests, start_server, NULL);
}
