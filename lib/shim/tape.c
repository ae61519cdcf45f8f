/* SPDX-License-Identifier: MIT */
#include "shim/tape.h"

#include <errno.h>
#include <linux/sockios.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "shim/redirect.h"

enum { RECEIVE_SIZE = 16 * 1024 };

struct td_tape *td_tape_new(struct td_easy *easy, struct td_deck *deck)
{
    struct td_tape *tape = calloc(1, sizeof *tape);
    if (!tape) {
        td_deck_unref(deck);
        return NULL;
    }
    tape->easy = easy;
    tape->deck = deck;
    tape->listener = tape->connection = -1;
    return tape;
}

static void hang_up(struct td_tape *tape)
{
    if (tape->connection >= 0)
        close(tape->connection);
    tape->connection = -1;
    td_wire_free(tape->wire);
    tape->wire = NULL;
}

void td_tape_close(struct td_tape *tape)
{
    hang_up(tape);
    if (tape->listener >= 0)
        close(tape->listener);
    tape->listener = -1;
}

void td_tape_free(struct td_tape *tape)
{
    if (!tape)
        return;
    td_tape_close(tape);
    td_origins_release(&tape->origins);
    td_view_release(&tape->view);
    td_buf_release(&tape->url);
    td_buf_release(&tape->reply);
    td_buf_release(&tape->effective);
    td_deck_unref(tape->deck);
    free(tape);
}

/* Binds to a name that the kernel chooses: five hexadecimal digits behind a NUL (unix(7)). */
static int open_socket(struct td_tape *tape)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    socklen_t len = sizeof name;
    tape->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (tape->listener < 0 ||
        bind(tape->listener, (struct sockaddr *)&name, sizeof(sa_family_t)) < 0 ||
        getsockname(tape->listener, (struct sockaddr *)&name, &len) < 0)
        return TD_ERR_IO;
    size_t text = len - offsetof(struct sockaddr_un, sun_path) - 1;
    memcpy(tape->address, name.sun_path + 1, text);
    tape->address[text] = '\0';
    return 0;
}

int td_tape_refuse(struct td_tape *tape)
{
    return open_socket(tape);
}

int td_tape_listen(struct td_tape *tape)
{
    int status = open_socket(tape);
    return status < 0 || listen(tape->listener, 4) == 0 ? status : TD_ERR_IO;
}

/* The true URL of the request that libcurl has just sent: it knows best where it is. */
static void find_url(struct td_tape *tape)
{
    const struct td_real *real = tape->easy->real;
    char *url = NULL;
    if (real->easy_getinfo(tape->easy->curl, CURLINFO_EFFECTIVE_URL, &url) != CURLE_OK || !url)
        return;
    td_buf_clear(&tape->url);
    td_origins_to_true(&tape->origins, td_bytes_of(url), &tape->url);
}

static int answer(void *context, const struct td_request *request, struct td_wire_answer *out)
{
    struct td_tape *tape = context;
    const struct td_interaction *interaction;
    struct td_error err;
    find_url(tape);
    struct td_query query = {
        .method = request->method,
        .url = td_buf_view(&tape->url),
        .body = request->body,
        .headers = request->headers,
    };
    if (td_deck_answer(tape->deck, &query, &interaction, &err) < 0) {
        tape->failed = true;
        snprintf(tape->message, sizeof tape->message, "%.*s", CURL_ERROR_SIZE - 1, err.message);
        return 0;
    }
    tape->response = &interaction->response;
    out->response = tape->response;
    out->split = TD_SPLIT_EVENT;
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

/* Another process of this machine can connect to an abstract socket: only we ourselves may. */
static bool is_own_process(int connection)
{
    struct ucred peer;
    socklen_t len = sizeof peer;
    return getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 &&
           peer.pid == getpid();
}

static bool accept_next(struct td_tape *tape)
{
    int connection = accept4(tape->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (connection < 0)
        return false;
    struct td_wire *wire = NULL;
    if (is_own_process(connection))
        wire = td_wire_new(&(struct td_wire_config){
            .flight_size = flight_size(tape->easy),
            .answer = answer,
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
    tape->wire = wire;
    tape->started = true;
    return true;
}

/* True where bytes came, or where it hung up because none ever will. */
static bool receive(struct td_tape *tape)
{
    char bytes[RECEIVE_SIZE];
    ssize_t got = recv(tape->connection, bytes, sizeof bytes, 0);
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
        return false;
    if (got <= 0 ||
        td_wire_receive(tape->wire, td_bytes(bytes, (size_t)got), NULL) < 0)
        hang_up(tape);
    return true;
}

/* Whether libcurl has taken all that was sent. */
static bool is_drained(const struct td_tape *tape)
{
    int left = 0;
    return ioctl(tape->connection, SIOCOUTQ, &left) < 0 || left == 0;
}

static bool transmit(struct td_tape *tape)
{
    struct timespec now;
    int64_t deadline;
    clock_gettime(CLOCK_MONOTONIC, &now);
    if (td_wire_must_drain(tape->wire) && !is_drained(tape))
        return false;
    struct td_bytes flight = td_wire_flight(
        tape->wire, now.tv_sec * INT64_C(1000000000) + now.tv_nsec, &deadline);
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

/* One step on the connection; false where nothing can be done now. */
static bool step(struct td_tape *tape)
{
    switch (td_wire_state(tape->wire)) {
    case TD_WIRE_CLOSED:
        hang_up(tape);
        return true;
    case TD_WIRE_WRITING:
        return transmit(tape);
    default:
        /* Either a 100 to be sent, or a request to be read. */
        return transmit(tape) || receive(tape);
    }
}

bool td_tape_pump(struct td_tape *tape)
{
    int saved = errno;
    bool moved = false;
    if (tape->listener >= 0 && !tape->failed) {
        for (;;) {
            if (tape->connection >= 0 && step(tape))
                moved = true;
            else if (tape->connection < 0 && accept_next(tape))
                moved = true;
            else
                break;
        }
    }
    errno = saved;
    return moved;
}
