/* SPDX-License-Identifier: MIT */
#include "shim/tape.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "http/url.h"
#include "shim/line.h"
#include "shim/redirect.h"

enum { RECEIVE_SIZE = 16 * 1024 };

struct td_tape *td_tape_new(struct td_easy *easy)
{
    struct td_tape *tape = calloc(1, sizeof *tape);
    if (!tape)
        return NULL;
    tape->easy = easy;
    tape->listener = tape->connection = tape->path = -1;
    tape->due_ns = INT64_MAX;
    return tape;
}

enum { LISTENER, CONNECTION, PATH };

static void know(struct td_tape *tape, int which, int fd)
{
    struct stat st = {0};
    fstat(fd, &st);
    tape->inodes[which] = st.st_ino;
}

/* A host may close what it has not opened, above all in a forked child: the number can be one of
 * its own by now. */
static bool is_known(const struct td_tape *tape, int which, int fd)
{
    struct stat st;
    return fd >= 0 && fstat(fd, &st) == 0 && st.st_ino == tape->inodes[which];
}

static void close_known(struct td_tape *tape, int which, int *fd)
{
    bool known = is_known(tape, which, *fd);
    if (known && tape->watched >> which & 1)
        td_watch_drop(tape->watch, *fd);
    tape->watched &= ~(1u << which);
    if (known)
        close(*fd);
    *fd = -1;
}

static void hang_up(struct td_tape *tape)
{
    bool resets = tape->wire && td_wire_resets(tape->wire);
    if (tape->held && !resets && is_known(tape, CONNECTION, tape->connection))
        td_line_settle(tape->connection, &tape->held);
    tape->held = false;
    tape->due_ns = INT64_MAX;
    close_known(tape, CONNECTION, &tape->connection);
    td_wire_free(tape->wire);
    tape->wire = NULL;
}

static void close_line(struct td_tape *tape)
{
    hang_up(tape);
    close_known(tape, LISTENER, &tape->listener);
    close_known(tape, PATH, &tape->path);
}

void td_tape_free(struct td_tape *tape)
{
    if (!tape)
        return;
    td_tape_begin(tape, NULL);
    close_line(tape);
    td_buf_release(&tape->url);
    td_buf_release(&tape->effective);
    td_buf_release(&tape->reply);
    td_buf_release(&tape->body);
    free(tape);
}

void td_tape_begin(struct td_tape *tape, struct td_deck *deck)
{
    if (tape->deck != deck)
        hang_up(tape); /* the wire may hold on to what the old one has answered */
    td_deck_unref(tape->deck);
    tape->deck = deck;
    td_origins_release(&tape->origins);
    td_view_release(&tape->view);
    td_buf_clear(&tape->url);
    td_buf_clear(&tape->effective);
    tape->response = NULL;
    tape->request_delta = 0;
    tape->started = tape->failed = tape->unknown = false;
    tape->played = 0;
    tape->starving_since = 0;
    td_buf_clear(&tape->body);
}

void td_tape_end(struct td_tape *tape)
{
    /* What libcurl has not read by now it never will. */
    if (tape->failed)
        close_line(tape);
    else if (tape->wire && td_wire_state(tape->wire) != TD_WIRE_READING)
        hang_up(tape);
}

/* libcurl's buffer decides how much it reads at once (CURLOPT_BUFFERSIZE; 16 KiB where unset). */
static size_t flight_size(const struct td_easy *easy)
{
    long size = easy->options.values[TD_OPTION_BUFFERSIZE].number;
    if (size <= 0)
        return CURL_MAX_WRITE_SIZE;
    if (size < 1024) /* READBUFFER_MIN */
        return 1024;
    return size > 64 * 1024 ? 64 * 1024 : (size_t)size;
}

/* In memory where there is such a place: on a disk, a file for each handle costs more than its
 * transfer. */
static bool make_folder(char *folder, size_t size)
{
    const char *parent = getenv("TMPDIR");
    const char *const parents[] = {parent && *parent ? parent : "/dev/shm", "/tmp"};
    for (size_t i = 0; i < sizeof parents / sizeof *parents; i++)
        if ((size_t)snprintf(folder, size, "%s/tapedeck-XXXXXX", parents[i]) < size &&
            mkdtemp(folder))
            return true;
    return false;
}

/*
 * A socket in the file system, whose name is gone before anybody could use it: libcurl gets there
 * by our handle on it. Libcurl 7.88 does not keep a connection to an abstract socket alive, because
 * it takes a peer without a name for one that is being resolved (ConnectionExists in lib/url.c).
 */
static int bind_file(struct td_tape *tape)
{
    char folder[64];
    int status = TD_ERR_IO;
    tape->name = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (!make_folder(folder, sizeof folder))
        return TD_ERR_IO;
    snprintf(tape->name.sun_path, sizeof tape->name.sun_path, "%s/line", folder);
    if (bind(tape->listener, (struct sockaddr *)&tape->name, sizeof tape->name) == 0) {
        tape->path = open(tape->name.sun_path, O_PATH | O_CLOEXEC);
        know(tape, PATH, tape->path);
        unlink(tape->name.sun_path);
    }
    rmdir(folder);
    if (tape->path >= 0) {
        /* By our number, not by "self": a forked child, whose line may have the same descriptor,
         * must not find its parent's connections in libcurl's cache. */
        snprintf(tape->address, sizeof tape->address, "/proc/%d/fd/%d", (int)getpid(), tape->path);
        status = access(tape->address, F_OK) == 0 ? 0 : TD_ERR_IO;
    }
    return status;
}

/* An abstract name that the kernel chooses: five hexadecimal digits behind a NUL (unix(7)). */
static int bind_abstract(struct td_tape *tape)
{
    socklen_t len = sizeof tape->name;
    tape->name = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (bind(tape->listener, (struct sockaddr *)&tape->name, sizeof(sa_family_t)) < 0 ||
        getsockname(tape->listener, (struct sockaddr *)&tape->name, &len) < 0)
        return TD_ERR_IO;
    snprintf(tape->address, sizeof tape->address, "%s", tape->name.sun_path + 1);
    return 0;
}

static int open_socket(struct td_tape *tape)
{
    for (int abstract = 0; abstract < 2; abstract++) {
        tape->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (tape->listener < 0)
            return TD_ERR_IO;
        know(tape, LISTENER, tape->listener);
        tape->owner = getpid();
        tape->abstract = abstract;
        if ((abstract ? bind_abstract(tape) : bind_file(tape)) == 0)
            return 0;
        close_line(tape);
    }
    return TD_ERR_IO;
}

/* Whether the line of an earlier transfer is ours still. A forked child has a copy of its parent's,
 * and a host may have closed whatever it did not open itself: the numbers are then another's. */
static bool has_line(const struct td_tape *tape)
{
    struct sockaddr_un name = {0};
    socklen_t len = sizeof name;
    return tape->listener >= 0 && tape->owner == getpid() &&
           getsockname(tape->listener, (struct sockaddr *)&name, &len) == 0 &&
           memcmp(&name, &tape->name, sizeof name) == 0;
}

int td_tape_refuse(struct td_tape *tape)
{
    close_line(tape);
    return open_socket(tape);
}

int td_tape_listen(struct td_tape *tape)
{
    if (has_line(tape)) {
        if (tape->flight_size != flight_size(tape->easy))
            hang_up(tape);
        return 0;
    }
    close_line(tape);
    int status = open_socket(tape);
    if (!status && listen(tape->listener, 4) < 0)
        status = TD_ERR_IO;
    return status;
}

/* libcurl knows best where it is. */
void td_tape_locate(struct td_tape *tape)
{
    const struct td_real *real = tape->easy->real;
    char *url = NULL;
    if (real->easy_getinfo(tape->easy->curl, CURLINFO_EFFECTIVE_URL, &url) != CURLE_OK || !url)
        return;
    td_buf_clear(&tape->url);
    td_origins_to_true(&tape->origins, td_bytes_of(url), &tape->url);
    long redirects = 0;
    real->easy_getinfo(tape->easy->curl, CURLINFO_REDIRECT_COUNT, &redirects);
    if (!redirects)
        td_port_option(tape->easy, &tape->url);

    struct td_url parts;
    uint64_t port;
    td_url_split(&parts, td_buf_view(&tape->url));
    tape->secure = td_bytes_equal_nocase(parts.scheme, TD_BYTES("https"));
    if (!td_bytes_to_u64(parts.port, &port))
        port = td_url_default_port(parts.scheme);
    tape->port = (long)port;
}

/* What the host would have seen of the request's size. */
static void measure_request(struct td_tape *tape, const struct td_request *request)
{
    struct td_bytes value;
    size_t len;
    if (td_fields_get(&request->headers, TD_BYTES("Host"), &value) &&
        td_origins_trim_host(&tape->origins, value, &len))
        tape->request_delta -= (long)(value.len - len);
    if (td_fields_get(&request->headers, TD_BYTES("Referer"), &value)) {
        td_buf_clear(&tape->reply);
        td_origins_to_true(&tape->origins, value, &tape->reply);
        tape->request_delta += (long)tape->reply.len - (long)value.len;
    }
}

static struct td_query query_of(const struct td_tape *tape, const struct td_request *request)
{
    return (struct td_query){
        .method = request->method,
        .url = td_buf_view(&tape->url),
        .body = request->body,
        .headers = request->headers,
    };
}

static void take(struct td_tape *tape, const struct td_reply *reply, struct td_wire_answer *out)
{
    tape->played++;
    tape->response = reply->response;
    out->response = reply->response;
    out->play = reply->play;
}

static int early(void *context, const struct td_request *request, struct td_wire_answer *out)
{
    struct td_tape *tape = context;
    struct td_bytes length;
    struct td_reply reply;
    uint64_t announced;
    if (!td_fields_get(&request->headers, TD_BYTES("Content-Length"), &length) ||
        !td_bytes_to_u64(td_bytes_trim(length), &announced) || announced > INT64_MAX)
        return 0;
    td_tape_locate(tape);
    struct td_query query = query_of(tape, request);
    if (!td_deck_take_early(tape->deck, &query, (int64_t)announced, &reply))
        return 0;
    measure_request(tape, request);
    take(tape, &reply, out);
    return 0;
}

static int answer(void *context, const struct td_request *request, struct td_wire_answer *out)
{
    struct td_tape *tape = context;
    struct td_reply reply;
    struct td_error err;
    td_tape_locate(tape);
    measure_request(tape, request);
    struct td_query query = query_of(tape, request);
    /* What a read callback has given it gives once; a transfer that goes live asks again. */
    if (td_deck_may_go_live(tape->deck) && request->body.len > tape->body.len) {
        td_buf_clear(&tape->body);
        td_buf_put_bytes(&tape->body, request->body);
    }
    int status = td_deck_answer(tape->deck, &query, &reply, &err);
    if (status == TD_DECK_LIVE) {
        tape->unknown = true;
        return 0;
    }
    if (status < 0) {
        tape->failed = true;
        snprintf(tape->message, sizeof tape->message, "%.*s", CURL_ERROR_SIZE - 1, err.message);
        return 0;
    }
    take(tape, &reply, out);
    return 0;
}

static bool rewrite(void *context, struct td_bytes name, struct td_bytes value, struct td_buf *out)
{
    return td_redirect_rewrite(context, name, value, out);
}

static void head(void *context, const struct td_head *written)
{
    struct td_tape *tape = context;
    td_view_begin(&tape->view, written);

    /* A host that wants to see the chunked coding itself gets to see the one that was recorded. */
    const struct td_options *options = &tape->easy->options;
    if (td_options_is_overridden(options, TD_OPTION_HTTP_TRANSFER_DECODING)) {
        union td_value decode = {.number = 1};
        if (written->framing == TD_FRAMING_CHUNKED &&
            !td_view_hides(&tape->view, TD_BYTES("Transfer-Encoding: chunked\r\n")))
            decode = options->values[TD_OPTION_HTTP_TRANSFER_DECODING];
        td_options_override(tape->easy, TD_OPTION_HTTP_TRANSFER_DECODING, decode);
    }
}

/* Another process of this machine can connect to an abstract socket: only we ourselves may. */
static bool is_own_process(int connection)
{
    struct ucred peer;
    socklen_t len = sizeof peer;
    return getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 &&
           peer.pid == getpid();
}

/* For want of a descriptor: another transfer may give one back, but not for ever. */
static const int64_t starving_ns = INT64_C(2) * 1000000000, retry_ns = INT64_C(20) * 1000000;

static void starve(struct td_tape *tape)
{
    struct pollfd waiting = {.fd = tape->listener, .events = POLLIN};
    struct td_error err;
    if (poll(&waiting, 1, 0) <= 0)
        return;
    int64_t now = td_now_ns();
    tape->starving_since = tape->starving_since ? tape->starving_since : now;
    if (now - tape->starving_since < starving_ns) {
        tape->due_ns = now + retry_ns;
        return;
    }
    td_deck_refuse(tape->deck, td_buf_view(&tape->url), "no descriptor was left for it", &err);
    tape->failed = true;
    snprintf(tape->message, sizeof tape->message, "%.*s", CURL_ERROR_SIZE - 1, err.message);
    close_line(tape);
}

static bool accept_next(struct td_tape *tape)
{
    int connection = accept4(tape->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (connection < 0) {
        if (errno == EMFILE || errno == ENFILE)
            starve(tape);
        return false;
    }
    tape->starving_since = 0;
    struct td_wire *wire = NULL;
    tape->flight_size = flight_size(tape->easy);
    if (is_own_process(connection))
        wire = td_wire_new(&(struct td_wire_config){
            .flight_size = tape->flight_size,
            .answer = answer,
            .early = early,
            .rewrite = rewrite,
            .head = head,
            .context = tape,
        });
    if (!wire) {
        close(connection);
        return true;
    }
    hang_up(tape);
    tape->connection = connection;
    know(tape, CONNECTION, connection);
    tape->wire = wire;
    return true;
}

/* False where nothing has come. */
static bool receive(struct td_tape *tape)
{
    char bytes[RECEIVE_SIZE];
    ssize_t got = tape->deck && td_deck_resets(tape->deck)
                      ? td_line_receive(tape->connection, bytes, sizeof bytes, &tape->held)
                      : recv(tape->connection, bytes, sizeof bytes, 0);
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
        return false;
    if (got > 0 && !tape->started) {
        tape->started = true;
        td_tape_locate(tape);
    }
    if (got <= 0 || td_wire_receive(tape->wire, td_bytes(bytes, (size_t)got), NULL) < 0)
        hang_up(tape);
    return true;
}

/* Whether libcurl has taken all that was sent. */
static bool is_drained(const struct td_tape *tape)
{
    int left = 0;
    return ioctl(tape->connection, SIOCOUTQ, &left) < 0 || left == 0;
}

/* False where there is nothing to be sent now. */
static bool transmit(struct td_tape *tape)
{
    if (td_wire_must_drain(tape->wire) && !is_drained(tape))
        return false;
    int64_t deadline;
    struct td_bytes flight = td_wire_flight(tape->wire, td_now_ns(), &deadline);
    if (!flight.len)
        return false;
    ssize_t sent = send(tape->connection, flight.data, flight.len, MSG_NOSIGNAL);
    if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
        return false;
    if (sent < 0)
        hang_up(tape);
    else
        td_wire_sent(tape->wire, (size_t)sent);
    return true;
}

enum step {
    STUCK,    /* nothing could be done */
    YOU_NEXT, /* something was sent, and libcurl has to read it first */
    GO_ON,
};

static enum step answer_request(struct td_tape *tape)
{
    if (!transmit(tape))
        return STUCK;
    bool more = tape->wire && td_wire_state(tape->wire) == TD_WIRE_WRITING &&
                !td_wire_must_drain(tape->wire);
    return more || !tape->wire ? GO_ON : YOU_NEXT;
}

static enum step step(struct td_tape *tape)
{
    if (tape->connection < 0)
        return accept_next(tape) ? GO_ON : STUCK;
    switch (td_wire_state(tape->wire)) {
    case TD_WIRE_CLOSED:
        hang_up(tape);
        return GO_ON;
    case TD_WIRE_WRITING:
        return answer_request(tape);
    default:
        if (receive(tape))
            return GO_ON;
        if (transmit(tape)) /* a 100 */
            return YOU_NEXT;
        return accept_next(tape) ? GO_ON : STUCK; /* it has left this connection for another */
    }
}

/* Each socket is in the set once, until it is closed. */
static bool watch_one(struct td_tape *tape, int which, int fd)
{
    if (fd >= 0 && !(tape->watched >> which & 1) && td_watch_add(tape->watch, fd, tape->easy))
        tape->watched |= 1u << which;
    return fd < 0 || tape->watched >> which & 1;
}

bool td_tape_watch(struct td_tape *tape, struct td_watch *watch)
{
    if (tape->failed || tape->listener < 0 || (tape->wire && !td_wire_is_idle(tape->wire)))
        return false;
    tape->watch = watch;
    return watch_one(tape, LISTENER, tape->listener) &&
           watch_one(tape, CONNECTION, tape->connection);
}

static void unwatch(struct td_tape *tape, int which, int fd)
{
    if (tape->watched >> which & 1)
        td_watch_drop(tape->watch, fd);
    tape->watched &= ~(1u << which);
}

void td_tape_unwatch(struct td_tape *tape)
{
    unwatch(tape, LISTENER, tape->listener);
    unwatch(tape, CONNECTION, tape->connection);
}

bool td_tape_pump(struct td_tape *tape)
{
    int saved = errno;
    bool moved = false;
    enum step result = GO_ON;
    if (tape->due_ns != INT64_MAX && tape->due_ns > td_now_ns())
        return false;
    tape->due_ns = INT64_MAX;
    while (result == GO_ON && tape->listener >= 0 && !tape->failed && !tape->unknown) {
        result = step(tape);
        moved = moved || result != STUCK;
    }
    /* Whether libcurl has read the last flight matters no sooner than when the next one is due. */
    if (tape->wire && td_wire_due(tape->wire) > td_now_ns())
        tape->due_ns = td_wire_due(tape->wire);
    if (tape->failed && tape->connection >= 0) {
        /* Libcurl tries once more where a connection that it has used before is closed on it: that
         * one has to fail as well, without another word. */
        hang_up(tape);
        shutdown(tape->listener, SHUT_RD);
    }
    errno = saved;
    return moved;
}
