/* SPDX-License-Identifier: MIT */
/**
 * DOC: The HTTP/1.1 server: a state machine a connection
 *
 *   HEAD  reading until the empty line; leaves to BODY (PUT) or SEND
 *   BODY  writing what arrives into a file; leaves to SEND
 *   SEND  the answer's head and page, then the file; leaves to `after`: HEAD, BODY (after 100
 *         Continue) or DRAIN
 *   DRAIN everything is said; reads and forgets until the peer closes, so that no reset overtakes
 *         the answer of a request whose body was not read
 *
 * Limits: conns_max connections, IN_BYTES of head, put_max_bytes of body, idle_ms without progress.
 * A file goes by pread into the socket as it becomes writable, at most what the send buffer takes.
 */
#include "http.h"
#include "http_files.h"
#include "serve.h"
#include "serve_pages.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define IN_BYTES    16384U
#define FILE_BYTES  (128U << 10) /* Read of a file at a time. */
#define BACKLOG     256
#define IOVS        16
#define DRAIN_NS    2000000000ULL
#define MSEC        1000000ULL
#define DRAIN_BYTES (4U << 20)

enum state { HTTP_HEAD, HTTP_BODY, HTTP_SEND, HTTP_DRAIN };

/** enum step - What a state's function answers */
enum step {
    STEP_ON,    /* Call the function of the state as it is now. */
    STEP_WAIT,  /* Until the socket's readiness changes. */
    STEP_END,   /* Close. */
    STEP_RESET, /* Reset. */
};

struct http_conn {
    struct http *owner;
    struct http_conn *prev, *next;
    uint64_t sock;
    enum state state, after;
    bool is_closing; /* No further request on this connection. */
    struct wf_http_request req;
    struct wf_text out; /* Head and page of the answer. */
    size_t out_at;
    int file; /* Body of the answer, -1 = none. */
    uint64_t file_at, file_left;
    struct wf_put put;
    struct wf_http_chunks chunks;
    uint64_t body_left, body_n;
    uint32_t drained;
    struct weft_timer idle;
    uint32_t in_at, in_n;
    char in[IN_BYTES];
};

struct http {
    struct weft_service s; /* First. */
    uint64_t listener;
    int root; /* -1 = none. */
    bool may_put;
    uint32_t conns_max;
    uint64_t idle_ns, put_max_bytes;
    char title[64];
    struct http_conn *conns;
    uint8_t file[FILE_BYTES];
};

static struct weft_stack *stack_of(const struct http_conn *c)
{
    return weft_dispatch_stack(c->owner->s.d);
}

static void progress(struct http_conn *c)
{
    struct weft_dispatch *d = c->owner->s.d;
    uint64_t ns = c->state == HTTP_DRAIN ? DRAIN_NS : c->owner->idle_ns;
    weft_dispatch_arm(d, &c->idle, weft_dispatch_now(d) + ns);
}

static void end_file(struct http_conn *c)
{
    if (c->file >= 0)
        (void)close(c->file);
    c->file = -1;
    c->file_left = 0;
}

static void end_conn(struct http_conn *c, bool is_reset)
{
    struct http *s = c->owner;
    weft_dispatch_disarm(s->s.d, &c->idle);
    wf_serve_end(s->s.d, c->sock, is_reset);
    end_file(c);
    wf_put_drop(&c->put);
    wf_text_free(&c->out);
    *(c->prev != NULL ? &c->prev->next : &s->conns) = c->next;
    if (c->next != NULL)
        c->next->prev = c->prev;
    s->s.open_conns--;
    weft_dispatch_again(s->s.d, s->listener); /* Somebody may be waiting for the place. */
    free(c);
}

static void on_idle(void *arg)
{
    struct http_conn *c = arg;
    bool is_between = c->state == HTTP_HEAD && c->in_n == 0;
    end_conn(c, !is_between);
}

/* ---- answers ---- */

/* Head of an answer; the body follows from c->out, or from c->file. */
static void put_head(struct http_conn *c, int status, const char *type, uint64_t length,
                     const char *more)
{
    wf_text_printf(&c->out, "HTTP/1.1 %d %s\r\nServer: weft/%s\r\n", status, wf_http_reason(status),
                   WEFT_VERSION);
    if (type != NULL)
        wf_text_printf(&c->out, "Content-Type: %s\r\n", type);
    if (status != 204)
        wf_text_printf(&c->out, "Content-Length: %llu\r\n", (unsigned long long)length);
    wf_text_printf(&c->out, "Connection: %s\r\n%s\r\n", c->is_closing ? "close" : "keep-alive",
                   more);
}

static enum step start_answer(struct http_conn *c)
{
    if (c->out.has_failed)
        return STEP_RESET;
    c->state = HTTP_SEND;
    c->after = c->is_closing ? HTTP_DRAIN : HTTP_HEAD;
    return STEP_ON;
}

static enum step answer_page(struct http_conn *c, int status, const char *type,
                             struct wf_text *page, const char *more)
{
    put_head(c, status, type, page->n, more);
    if (c->req.method != WF_HTTP_HEAD)
        wf_text_put(&c->out, page->s, page->n);
    c->out.has_failed = c->out.has_failed || page->has_failed;
    wf_text_free(page);
    return start_answer(c);
}

static enum step answer_status(struct http_conn *c, int status, const char *more)
{
    struct wf_text page = {0};
    if (status != 204)
        wf_text_printf(&page, "%d %s\n", status, wf_http_reason(status));
    return answer_page(c, status, status != 204 ? "text/plain; charset=utf-8" : NULL, &page, more);
}

/* An error after which what the peer sends on cannot be told from the next request. */
static enum step refuse(struct http_conn *c, int status)
{
    c->is_closing = true;
    return answer_status(c, status, status == 405 ? "Allow: GET, HEAD\r\n" : "");
}

static int status_of(int error)
{
    switch (-error) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
        return 507;
    case EACCES:
    case EPERM:
    case EROFS:
        return 403;
    case EISDIR:
        return 405;
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case EIO:
        return 500;
    default: /* Not there, a link that leads out, a part that is no folder. */
        return 404;
    }
}

static enum step answer_folder(struct http_conn *c, int dir)
{
    size_t n = strlen(c->req.path);
    char more[WF_HTTP_PATH_MAX + 32];
    if (c->req.path[n - 1] != '/') {
        const char *last = strrchr(c->req.path, '/') + 1;
        struct wf_text page = {0};
        (void)close(dir);
        /* Relative, and only for names that need no encoding. */
        if (strspn(last, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.~") !=
            strlen(last))
            return answer_status(c, 404, "");
        (void)snprintf(more, sizeof(more), "Location: %s/\r\n", last);
        return answer_page(c, 301, "text/plain", &page, more);
    }
    struct wf_text page = {0};
    bool is_read = wf_page_folder(&page, dir, c->req.path);
    (void)close(dir);
    if (!is_read) {
        wf_text_free(&page);
        return answer_status(c, 500, "");
    }
    return answer_page(c, 200, "text/html; charset=utf-8", &page, "");
}

static enum step answer_file(struct http_conn *c)
{
    struct stat st;
    int fd = c->owner->root >= 0 ? wf_file_open(c->owner->root, c->req.path) : -ENOENT;
    if (fd < 0)
        return answer_status(c, status_of(fd), "");
    if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode))
        return answer_folder(c, fd);
    size_t n = strlen(c->req.path);
    if (!S_ISREG(st.st_mode) || c->req.path[n - 1] == '/') {
        (void)close(fd);
        return answer_status(c, 404, "");
    }
    put_head(c, 200, wf_http_type(c->req.path), (uint64_t)st.st_size, "");
    c->file = fd;
    c->file_at = 0;
    c->file_left = (uint64_t)st.st_size;
    if (c->req.method == WF_HTTP_HEAD)
        end_file(c);
    return start_answer(c);
}

static enum step answer_get(struct http_conn *c)
{
    /* A body has no meaning here; it is not read, so the connection cannot go on. */
    if (c->req.fields.is_chunked ||
        (c->req.fields.length != WF_HTTP_NO_LENGTH && c->req.fields.length > 0))
        c->is_closing = true;
    if (strcmp(c->req.path, "/") != 0)
        return answer_file(c);
    struct wf_text page = {0};
    wf_page_status(&page, stack_of(c), c->owner->title, c->owner->root);
    return answer_page(c, 200, "text/html; charset=utf-8", &page, "");
}

/* ---- requests ---- */

static enum step begin_put(struct http_conn *c)
{
    const struct wf_http_fields *f = &c->req.fields;
    if (c->owner->root < 0 || !c->owner->may_put)
        return refuse(c, 405);
    if (!f->is_chunked && f->length == WF_HTTP_NO_LENGTH)
        return refuse(c, 411);
    if (!f->is_chunked && f->length > c->owner->put_max_bytes)
        return refuse(c, 413);
    int r = wf_put_begin(&c->put, c->owner->root, c->req.path);
    if (r < 0)
        return refuse(c, status_of(r));
    c->body_left = f->is_chunked ? 0 : f->length;
    c->body_n = 0;
    c->chunks = (struct wf_http_chunks){0};
    c->state = HTTP_BODY;
    if (f->expects_continue && !c->req.is_http10) {
        wf_text_printf(&c->out, "HTTP/1.1 100 Continue\r\n\r\n");
        c->state = HTTP_SEND;
        c->after = HTTP_BODY;
    }
    return STEP_ON;
}

static enum step begin_request(struct http_conn *c, size_t head_n)
{
    int status = wf_http_parse_request(&c->req, c->in + c->in_at, head_n);
    c->in_at += (uint32_t)head_n;
    c->in_n -= (uint32_t)head_n;
    const struct wf_http_fields *f = &c->req.fields;
    c->is_closing = f->is_close || (c->req.is_http10 && !f->is_keep_alive);
    if (status != 0)
        return refuse(c, status);
    return c->req.method == WF_HTTP_PUT ? begin_put(c) : answer_get(c);
}

/* Reads behind what is there; what weft_sock_recv() answered. */
static int64_t read_in(struct http_conn *c)
{
    memmove(c->in, c->in + c->in_at, c->in_n);
    c->in_at = 0;
    int64_t r = weft_sock_recv(stack_of(c), c->sock, c->in + c->in_n, IN_BYTES - c->in_n);
    if (r > 0) {
        c->in_n += (uint32_t)r;
        c->owner->s.bytes_in += (uint64_t)r;
        progress(c);
    }
    return r;
}

static enum step run_head(struct http_conn *c)
{
    size_t n = wf_http_head_bytes(c->in + c->in_at, c->in_n);
    if (n > 0)
        return begin_request(c, n);
    if (c->in_n == IN_BYTES) {
        c->req = (struct wf_http_request){.method = WF_HTTP_GET};
        bool has_line = memchr(c->in, '\n', c->in_n) != NULL;
        return refuse(c, has_line ? 431 : 414);
    }
    int64_t r = read_in(c);
    if (r > 0)
        return STEP_ON;
    if (r == -WEFT_EAGAIN)
        return STEP_WAIT;
    return r == 0 ? STEP_END : STEP_RESET;
}

/* ---- bodies of PUT ---- */

static bool is_body_done(const struct http_conn *c)
{
    return c->req.fields.is_chunked ? c->chunks.is_done : c->body_left == 0;
}

static int store(struct http_conn *c, const void *bytes, size_t n)
{
    if (n > c->owner->put_max_bytes - c->body_n)
        return -EFBIG;
    c->body_n += n;
    return wf_put_write(&c->put, bytes, n);
}

/* Takes bytes of the body; consumed, or a negated errno value (EPROTO = bad chunks). */
static int64_t take_body(struct http_conn *c, const char *bytes, size_t n)
{
    size_t done = 0;
    while (done < n && !is_body_done(c)) {
        const char *data = bytes + done;
        size_t data_n = n - done < c->body_left ? n - done : (size_t)c->body_left;
        int64_t used = (int64_t)data_n;
        if (c->req.fields.is_chunked)
            used = wf_http_chunks_next(&c->chunks, bytes + done, n - done, &data, &data_n);
        else
            c->body_left -= data_n;
        if (used < 0)
            return -EPROTO;
        int r = data_n > 0 ? store(c, data, data_n) : 0;
        if (r < 0)
            return r;
        done += (size_t)used;
    }
    return (int64_t)done;
}

static enum step end_put(struct http_conn *c)
{
    bool is_new = c->put.is_new;
    int r = wf_put_end(&c->put);
    if (r < 0)
        return answer_status(c, status_of(r), "");
    return answer_status(c, is_new ? 201 : 204, "");
}

static enum step fail_put(struct http_conn *c, int error)
{
    wf_put_drop(&c->put);
    return refuse(c, error == -EPROTO ? 400 : error == -EFBIG ? 413 : status_of(error));
}

/* Takes from the socket, where the bytes lie; consumed, 0 = end, or an error of the socket. */
static int64_t take_lent(struct http_conn *c, int *error)
{
    struct weft_iov iov[IOVS];
    int n = weft_sock_recv_lend(stack_of(c), c->sock, iov, IOVS);
    if (n <= 0)
        return n;
    size_t done = 0;
    for (int i = 0; i < n && !is_body_done(c) && *error == 0; i++) {
        int64_t r = take_body(c, iov[i].base, iov[i].len);
        if (r < 0)
            *error = (int)r;
        else
            done += (size_t)r;
    }
    c->owner->s.bytes_in += done;
    int r = weft_sock_recv_return(stack_of(c), c->sock, done);
    return r < 0 ? r : done > 0 || *error != 0 ? 1 : -WEFT_EAGAIN;
}

static enum step run_body(struct http_conn *c)
{
    if (is_body_done(c))
        return end_put(c);
    if (c->in_n > 0) {
        int64_t r = take_body(c, c->in + c->in_at, c->in_n);
        if (r < 0)
            return fail_put(c, (int)r);
        c->in_at += (uint32_t)r;
        c->in_n -= (uint32_t)r;
        return STEP_ON;
    }
    int error = 0;
    int64_t r = take_lent(c, &error);
    if (error != 0)
        return fail_put(c, error);
    if (r > 0) {
        progress(c);
        return STEP_ON;
    }
    return r == -WEFT_EAGAIN ? STEP_WAIT : STEP_RESET; /* 0: the peer left in the middle. */
}

/* ---- sending ---- */

static int64_t send_bytes(struct http_conn *c, const void *bytes, size_t n)
{
    int64_t r = weft_sock_send(stack_of(c), c->sock, bytes, n);
    if (r > 0) {
        c->owner->s.bytes_out += (uint64_t)r;
        progress(c);
    }
    return r;
}

static enum step send_file(struct http_conn *c)
{
    size_t n = c->file_left < FILE_BYTES ? (size_t)c->file_left : FILE_BYTES;
    ssize_t got = pread(c->file, c->owner->file, n, (off_t)c->file_at);
    if (got <= 0)
        return STEP_RESET; /* Shorter than announced: only a reset can say so. */
    int64_t r = send_bytes(c, c->owner->file, (size_t)got);
    if (r < 0)
        return r == -WEFT_EAGAIN ? STEP_WAIT : STEP_RESET;
    c->file_at += (uint64_t)r;
    c->file_left -= (uint64_t)r;
    return STEP_ON;
}

static enum step end_answer(struct http_conn *c)
{
    wf_text_free(&c->out);
    c->out_at = 0;
    end_file(c);
    c->state = c->after;
    if (c->state != HTTP_DRAIN)
        return STEP_ON;
    progress(c);
    int r = weft_sock_shutdown(stack_of(c), c->sock, false, true);
    return r == 0 ? STEP_ON : STEP_RESET;
}

static enum step run_send(struct http_conn *c)
{
    if (c->out_at < c->out.n) {
        int64_t r = send_bytes(c, c->out.s + c->out_at, c->out.n - c->out_at);
        if (r < 0)
            return r == -WEFT_EAGAIN ? STEP_WAIT : STEP_RESET;
        c->out_at += (size_t)r;
        return STEP_ON;
    }
    return c->file_left > 0 ? send_file(c) : end_answer(c);
}

static enum step run_drain(struct http_conn *c)
{
    int64_t r = weft_sock_recv(stack_of(c), c->sock, c->in, IN_BYTES);
    if (r > 0) {
        c->drained += (uint32_t)r;
        return c->drained < DRAIN_BYTES ? STEP_ON : STEP_RESET;
    }
    if (r == -WEFT_EAGAIN)
        return STEP_WAIT;
    return r == 0 ? STEP_END : STEP_RESET;
}

static enum step run_state(struct http_conn *c)
{
    switch (c->state) {
    case HTTP_HEAD:
        return run_head(c);
    case HTTP_BODY:
        return run_body(c);
    case HTTP_SEND:
        return run_send(c);
    case HTTP_DRAIN:
        return run_drain(c);
    }
    return STEP_RESET;
}

/* Ends by itself: nothing arrives and nothing leaves inside a handler, so each state runs dry. */
static void on_conn(void *arg, uint64_t sock, uint32_t bits)
{
    struct http_conn *c = arg;
    (void)sock;
    (void)bits;
    enum step step;
    do {
        step = run_state(c);
    } while (step == STEP_ON);
    if (step != STEP_WAIT)
        end_conn(c, step == STEP_RESET);
}

/* ---- the service ---- */

static void add_conn(struct http *s, uint64_t sock)
{
    struct http_conn *c = malloc(sizeof(*c));
    if (c == NULL || weft_dispatch_watch(s->s.d, sock, on_conn, c) < 0) {
        free(c);
        (void)weft_sock_abort(weft_dispatch_stack(s->s.d), sock);
        return;
    }
    memset(c, 0, offsetof(struct http_conn, in)); /* The buffer is left untouched. */
    c->owner = s;
    c->sock = sock;
    c->file = c->put.fd = c->put.dir = -1;
    c->idle.fn = on_idle;
    c->idle.arg = c;
    c->next = s->conns;
    if (c->next != NULL)
        c->next->prev = c;
    s->conns = c;
    s->s.conns++;
    s->s.open_conns++;
    progress(c);
}

static void on_listener(void *arg, uint64_t sock, uint32_t bits)
{
    struct http *s = arg;
    uint64_t conn;
    (void)bits;
    while (s->s.open_conns < s->conns_max &&
           weft_sock_accept(weft_dispatch_stack(s->s.d), sock, &conn, NULL) == 0)
        add_conn(s, conn);
}

static void http_close(struct weft_service *service)
{
    struct http *s = (struct http *)(void *)service;
    for (struct http_conn *c = s->conns, *next; c != NULL; c = next) {
        next = c->next;
        end_conn(c, true);
    }
    wf_serve_end(s->s.d, s->listener, false);
    if (s->root >= 0)
        (void)close(s->root);
    free(s);
}

int weft_serve_http(struct weft_dispatch *d, const struct weft_http_config *cfg,
                    struct weft_service **out, char *err, size_t err_cap)
{
    struct weft_endpoint at = cfg->local;
    if (at.port == 0)
        at.port = 80;
    struct http *s = calloc(1, sizeof(*s));
    if (s == NULL) {
        wf_host_fail(err, err_cap, "http: out of memory");
        return -WEFT_ENOMEM;
    }
    s->s.close = http_close;
    s->s.d = d;
    s->may_put = cfg->may_put;
    s->conns_max = cfg->conns_max != 0 ? cfg->conns_max : 256;
    s->idle_ns = (cfg->idle_ms != 0 ? cfg->idle_ms : 60000) * MSEC;
    s->put_max_bytes = cfg->put_max_bytes != 0 ? cfg->put_max_bytes : 1ULL << 40;
    const char *title = cfg->title != NULL ? cfg->title : "weft";
    memcpy(s->title, title, strnlen(title, sizeof(s->title) - 1));
    s->root = -1;
    if (cfg->root != NULL) {
        s->root = open(cfg->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (s->root < 0) {
            wf_host_fail(err, err_cap, "http: folder %s: %s", cfg->root, wf_host_errno(errno));
            free(s);
            return -WEFT_ENOENT;
        }
    }
    int r = wf_serve_listen(d, &at, BACKLOG, on_listener, s, &s->listener);
    if (r < 0) {
        wf_host_fail(err, err_cap, "http: port %u: %s", at.port, weft_strerror(r));
        if (s->root >= 0)
            (void)close(s->root);
        free(s);
        return r;
    }
    *out = &s->s;
    return 0;
}
