/* SPDX-License-Identifier: MIT */
/**
 * DOC: The HTTP client: one request a connection, GET into a descriptor or PUT out of one
 *
 * The answer is read while the request is still being sent: a server may refuse a body before it
 * has seen it. Sending and receiving go on side by side until the answer is whole. Limits: IN_BYTES
 * of head, idle_ms without progress, one redirect if it is asked for.
 */
#include "http.h"
#include "serve.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#define IN_BYTES   16384U
#define FILE_BYTES 65536U
#define IOVS       16
#define MSEC       1000000ULL

enum phase { FETCH_HEAD, FETCH_BODY, FETCH_DONE };

struct weft_fetch {
    struct weft_dispatch *d;
    struct weft_fetch_config cfg;
    struct weft_fetch_result result;
    uint64_t sock;
    bool has_sock, has_followed;
    enum phase phase;
    struct wf_text out; /* Head of the request. */
    size_t out_at;
    uint64_t file_at, file_left; /* Body of PUT. */
    struct wf_http_response answer;
    struct wf_http_chunks chunks;
    struct weft_timer idle;
    uint32_t in_n;
    char in[IN_BYTES];
    uint8_t file[FILE_BYTES];
};

static struct weft_stack *stack_of(const struct weft_fetch *f)
{
    return weft_dispatch_stack(f->d);
}

/* ---- URLs ---- */

static bool parse_port(const char *text, size_t n, uint16_t *out)
{
    unsigned v = 0;
    for (size_t i = 0; i < n; i++) {
        if (n > 5 || text[i] < '0' || text[i] > '9')
            return false;
        v = v * 10 + (unsigned)(text[i] - '0');
    }
    *out = (uint16_t)v;
    return n > 0 && v > 0 && v < 65536;
}

static bool is_printable(const char *s)
{
    for (; *s != '\0'; s++)
        if ((unsigned char)*s <= ' ' || (unsigned char)*s >= 127)
            return false;
    return true;
}

int weft_url_parse(struct weft_url *out, const char *text)
{
    static const char scheme[] = "http://";
    struct weft_url u;
    memset(&u, 0, sizeof(u));
    if (strncasecmp(text, scheme, sizeof(scheme) - 1) != 0 || !is_printable(text))
        return -WEFT_EINVAL;
    const char *host = text + sizeof(scheme) - 1;
    size_t n = strcspn(host, "/?#");
    if (n == 0 || n >= sizeof(u.host))
        return -WEFT_EINVAL;
    memcpy(u.host, host, n);

    char addr[sizeof(u.host)];
    const char *colon = memchr(host, ':', n);
    size_t addr_n = colon != NULL ? (size_t)(colon - host) : n;
    memcpy(addr, host, addr_n);
    addr[addr_n] = '\0';
    u.to.port = 80;
    if (colon != NULL && !parse_port(colon + 1, n - addr_n - 1, &u.to.port))
        return -WEFT_EINVAL;
    if (weft_addr_parse(&u.to.addr, addr) < 0)
        return -WEFT_EINVAL;

    const char *path = host + n;
    size_t path_n = strcspn(path, "#"), slash = path[0] == '/' ? 0 : 1;
    if (path_n + slash >= sizeof(u.path))
        return -WEFT_EINVAL;
    u.path[0] = '/';
    memcpy(u.path + slash, path, path_n);
    *out = u;
    return 0;
}

/* ---- beginning and end ---- */

static void drop_sock(struct weft_fetch *f, bool is_reset)
{
    if (f->has_sock)
        wf_serve_end(f->d, f->sock, is_reset);
    f->has_sock = false;
}

static void finish(struct weft_fetch *f, bool is_ok, int err, const char *text)
{
    struct weft_fetch_result *r = &f->result;
    if (f->phase == FETCH_DONE)
        return;
    f->phase = FETCH_DONE;
    weft_dispatch_disarm(f->d, &f->idle);
    drop_sock(f, !is_ok);
    wf_text_free(&f->out);
    r->is_done = true;
    r->is_ok = is_ok;
    r->err = err < 0 ? -err : err;
    r->end_ns = weft_dispatch_now(f->d);
    (void)snprintf(r->text, sizeof(r->text), "%s", text);
    if (f->cfg.on_done != NULL)
        f->cfg.on_done(f->cfg.arg, r);
}

static void fail(struct weft_fetch *f, int err)
{
    finish(f, false, err, weft_strerror(err));
}

static void on_idle(void *arg)
{
    fail(arg, -WEFT_ETIMEDOUT);
}

static void progress(struct weft_fetch *f)
{
    uint32_t ms = f->cfg.idle_ms != 0 ? f->cfg.idle_ms : 30000;
    weft_dispatch_arm(f->d, &f->idle, weft_dispatch_now(f->d) + ms * MSEC);
}

static int begin_body(struct weft_fetch *f)
{
    struct stat st;
    f->file_at = f->file_left = 0;
    if (f->cfg.put_fd < 0)
        return 0;
    if (fstat(f->cfg.put_fd, &st) != 0 || !S_ISREG(st.st_mode))
        return -WEFT_EINVAL;
    f->file_left = (uint64_t)st.st_size;
    return 0;
}

static void put_request(struct weft_fetch *f)
{
    bool is_put = f->cfg.put_fd >= 0;
    wf_text_free(&f->out);
    f->out_at = 0;
    wf_text_printf(&f->out, "%s ", is_put ? "PUT" : "GET");
    wf_text_put(&f->out, f->cfg.url.path, strlen(f->cfg.url.path));
    wf_text_printf(&f->out,
                   " HTTP/1.1\r\nHost: %s\r\nUser-Agent: weft/%s\r\nAccept: */*\r\n"
                   "Connection: close\r\n",
                   f->cfg.url.host, WEFT_VERSION);
    if (is_put)
        wf_text_printf(&f->out, "Content-Length: %llu\r\n", (unsigned long long)f->file_left);
    wf_text_printf(&f->out, "\r\n");
}

static void on_sock(void *arg, uint64_t sock, uint32_t bits);

static int begin(struct weft_fetch *f)
{
    f->phase = FETCH_HEAD;
    f->in_n = 0;
    f->chunks = (struct wf_http_chunks){0};
    int r = begin_body(f);
    if (r < 0)
        return r;
    put_request(f);
    r = f->out.has_failed ? -WEFT_ENOMEM : weft_sock_open(stack_of(f), WEFT_SOCK_TCP, &f->sock);
    if (r < 0)
        return r;
    f->has_sock = true;
    r = weft_sock_connect(stack_of(f), f->sock, &f->cfg.url.to);
    if (r == 0)
        r = weft_dispatch_watch(f->d, f->sock, on_sock, f);
    if (r < 0)
        drop_sock(f, true);
    else
        progress(f);
    return r;
}

int weft_fetch_start(struct weft_dispatch *d, const struct weft_fetch_config *cfg,
                     struct weft_fetch **out)
{
    struct weft_fetch *f = calloc(1, sizeof(*f));
    if (f == NULL)
        return -WEFT_ENOMEM;
    f->d = d;
    f->cfg = *cfg;
    f->idle.fn = on_idle;
    f->idle.arg = f;
    f->result.total = UINT64_MAX;
    f->result.start_ns = weft_dispatch_now(d);
    int r = begin(f);
    if (r < 0) {
        wf_text_free(&f->out);
        free(f);
        return r;
    }
    *out = f;
    return 0;
}

const struct weft_fetch_result *weft_fetch_result(const struct weft_fetch *f)
{
    return &f->result;
}

void weft_fetch_free(struct weft_fetch *f)
{
    if (f == NULL)
        return;
    weft_dispatch_disarm(f->d, &f->idle);
    drop_sock(f, true);
    wf_text_free(&f->out);
    free(f);
}

/* ---- sending ---- */

static int64_t send_bytes(struct weft_fetch *f, const void *bytes, size_t n)
{
    int64_t r = weft_sock_send(stack_of(f), f->sock, bytes, n);
    if (r > 0)
        progress(f);
    return r;
}

/* Sends until there is no room; 0, or a negative error that is not EAGAIN. */
static int64_t run_send(struct weft_fetch *f)
{
    int64_t r = 0;
    while (f->out_at < f->out.n) {
        r = send_bytes(f, f->out.s + f->out_at, f->out.n - f->out_at);
        if (r < 0)
            return r == -WEFT_EAGAIN ? 0 : r;
        f->out_at += (size_t)r;
    }
    while (f->file_left > 0) {
        size_t n = f->file_left < FILE_BYTES ? (size_t)f->file_left : FILE_BYTES;
        ssize_t got = pread(f->cfg.put_fd, f->file, n, (off_t)f->file_at);
        if (got <= 0)
            return -WEFT_ECONNABORTED; /* The file became shorter. */
        r = send_bytes(f, f->file, (size_t)got);
        if (r < 0)
            return r == -WEFT_EAGAIN ? 0 : r;
        f->file_at += (uint64_t)r;
        f->file_left -= (uint64_t)r;
    }
    return 0;
}

/* ---- receiving ---- */

static bool has_body(const struct weft_fetch *f)
{
    return f->answer.status != 204 && f->answer.status != 304;
}

static bool is_body_done(const struct weft_fetch *f)
{
    const struct wf_http_fields *h = &f->answer.fields;
    if (!has_body(f))
        return true;
    if (h->is_chunked)
        return f->chunks.is_done;
    return h->length != WF_HTTP_NO_LENGTH && f->result.bytes == h->length;
}

static bool write_all(int fd, const char *bytes, size_t n)
{
    while (fd >= 0 && n > 0) {
        ssize_t r = write(fd, bytes, n);
        if (r < 0 && errno == EINTR)
            continue;
        if (r <= 0)
            return false;
        bytes += r;
        n -= (size_t)r;
    }
    return true;
}

/* Takes bytes of the body; consumed, -1 = the answer is bad, -2 = they cannot be written. */
static int64_t take_body(struct weft_fetch *f, const char *bytes, size_t n)
{
    const struct wf_http_fields *h = &f->answer.fields;
    bool is_kept = f->answer.status >= 200 && f->answer.status < 300 && f->cfg.put_fd < 0;
    size_t done = 0;
    while (done < n && !is_body_done(f)) {
        const char *data = bytes + done;
        size_t data_n = n - done;
        if (h->length != WF_HTTP_NO_LENGTH && h->length - f->result.bytes < data_n)
            data_n = (size_t)(h->length - f->result.bytes);
        int64_t used = (int64_t)data_n;
        if (h->is_chunked)
            used = wf_http_chunks_next(&f->chunks, data, n - done, &data, &data_n);
        if (used < 0)
            return -1;
        if (is_kept && !write_all(f->cfg.out_fd, data, data_n))
            return -2;
        f->result.bytes += data_n;
        done += (size_t)used;
    }
    return (int64_t)done;
}

static void end_ok(struct weft_fetch *f)
{
    bool is_ok = f->answer.status >= 200 && f->answer.status < 300;
    finish(f, is_ok, 0, f->answer.reason);
}

/* Where a redirect leads; false if it is not followed. */
static bool redirect(struct weft_fetch *f)
{
    struct weft_url to = f->cfg.url;
    const char *where = f->answer.fields.location;
    int s = f->answer.status;
    bool is_redirect = s == 301 || s == 302 || s == 303 || s == 307 || s == 308;
    if (!is_redirect || !f->cfg.is_following || f->has_followed || f->cfg.put_fd >= 0)
        return false;
    if (where[0] != '/' && weft_url_parse(&to, where) < 0) {
        /* A name relative to the folder of the path. */
        char *end = strrchr(to.path, '/') + 1;
        size_t room = sizeof(to.path) - (size_t)(end - to.path);
        if (where[0] == '\0' || strstr(where, "://") != NULL || strlen(where) >= room)
            return false;
        memcpy(end, where, strlen(where) + 1);
    } else if (where[0] == '/') {
        if (strlen(where) >= sizeof(to.path))
            return false;
        memcpy(to.path, where, strlen(where) + 1);
    }
    f->has_followed = true;
    f->cfg.url = to;
    drop_sock(f, true);
    int r = begin(f);
    if (r < 0)
        fail(f, r);
    return true;
}

/* Reads the head out of what is there; false if this connection is over. */
static bool take_head(struct weft_fetch *f, size_t head_n)
{
    if (wf_http_parse_response(&f->answer, f->in, head_n) < 0) {
        finish(f, false, WEFT_EPROTO, "the answer is not HTTP");
        return false;
    }
    f->in_n -= (uint32_t)head_n;
    memmove(f->in, f->in + head_n, f->in_n);
    if (f->answer.status < 200)
        return true; /* 100 Continue and the like: the answer proper follows. */
    f->result.status = f->answer.status;
    f->result.first_byte_ns = weft_dispatch_now(f->d);
    if (redirect(f))
        return false;
    const struct wf_http_fields *h = &f->answer.fields;
    bool has_length = !h->is_chunked && h->length != WF_HTTP_NO_LENGTH;
    f->result.total = has_length ? h->length : UINT64_MAX;
    f->phase = FETCH_BODY;
    f->file_left = 0; /* It has answered: the rest of a body does not matter any more. */
    return true;
}

/* What a body that cannot go on ends with; true if it did. */
static bool body_failed(struct weft_fetch *f, int64_t r)
{
    if (r == -1)
        finish(f, false, WEFT_EPROTO, "the answer's chunks are malformed");
    else if (r < 0)
        finish(f, false, WEFT_EPIPE, "the output cannot be written");
    return r < 0;
}

static void at_end(struct weft_fetch *f)
{
    const struct wf_http_fields *h = &f->answer.fields;
    bool is_delimited = f->phase == FETCH_BODY && !h->is_chunked && h->length == WF_HTTP_NO_LENGTH;
    if (is_delimited)
        end_ok(f);
    else
        finish(f, false, WEFT_ECONNRESET, "the server closed in the middle of its answer");
}

/* Reads a head; false when there is nothing more to do now. */
static bool run_head(struct weft_fetch *f)
{
    size_t n = wf_http_head_bytes(f->in, f->in_n);
    if (n > 0)
        return take_head(f, n);
    if (f->in_n == IN_BYTES) {
        finish(f, false, WEFT_EPROTO, "the answer's head is too long");
        return false;
    }
    int64_t r = weft_sock_recv(stack_of(f), f->sock, f->in + f->in_n, IN_BYTES - f->in_n);
    if (r == 0)
        at_end(f);
    else if (r < 0 && r != -WEFT_EAGAIN)
        fail(f, (int)r);
    if (r <= 0)
        return false;
    f->in_n += (uint32_t)r;
    progress(f);
    return true;
}

/* Takes a look's worth of body from where it lies; false when there is nothing more to do now. */
static bool take_lent(struct weft_fetch *f)
{
    struct weft_iov iov[IOVS];
    int n = weft_sock_recv_lend(stack_of(f), f->sock, iov, IOVS);
    if (n == 0)
        at_end(f);
    else if (n < 0 && n != -WEFT_EAGAIN)
        fail(f, n);
    if (n <= 0)
        return false;
    size_t done = 0;
    for (int i = 0; i < n && !is_body_done(f); i++) {
        int64_t r = take_body(f, iov[i].base, iov[i].len);
        if (body_failed(f, r))
            return false;
        done += (size_t)r;
    }
    progress(f);
    return weft_sock_recv_return(stack_of(f), f->sock, done) == 0;
}

static bool run_body(struct weft_fetch *f)
{
    if (!is_body_done(f) && f->in_n > 0) {
        int64_t r = take_body(f, f->in, f->in_n);
        f->in_n = 0; /* What is behind the body belongs to nobody. */
        return !body_failed(f, r);
    }
    if (!is_body_done(f))
        return take_lent(f);
    end_ok(f);
    return false;
}

static void on_sock(void *arg, uint64_t sock, uint32_t bits)
{
    struct weft_fetch *f = arg;
    if ((bits & (WEFT_CONNECTED | WEFT_ERROR | WEFT_HANGUP)) == 0)
        return; /* Still connecting. */
    int64_t sent = 0;
    if (f->phase == FETCH_HEAD && (bits & WEFT_ERROR) == 0) /* An error is told by receiving. */
        sent = run_send(f);
    /* An answer that came before the connection broke still counts. */
    bool is_on = true;
    while (is_on && f->phase != FETCH_DONE && f->has_sock)
        is_on = f->phase == FETCH_HEAD ? run_head(f) : run_body(f);
    if (sent < 0 && f->has_sock && f->sock == sock)
        fail(f, (int)sent);
}
