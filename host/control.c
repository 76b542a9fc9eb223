/* SPDX-License-Identifier: MIT */
/**
 * DOC: control - the socket by which a running host is asked and told
 *
 * A client sends one JSON object a line and gets one a line back; a command may go on with raw
 * bytes after its answer (captures). Requests of one connection are served in order, one at a time:
 * the next line is not read before the last one was answered. Limits: CONNS_MAX connections,
 * WF_CTL_LINE_MAX bytes a request, WF_CTL_OUT_MAX bytes that wait for a slow client.
 *
 * Only the owner may connect (mode 0600, set before the socket has its name there).
 */
#include "control.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define CONNS_MAX    32
#define COMMANDS_MAX 32

/** struct command - What a request with this "cmd" calls */
struct command {
    const char *name;
    void (*fn)(void *arg, struct weft_ctl_conn *conn, struct json_t *request);
    void *arg;
};

struct weft_ctl_conn {
    struct weft_ctl *ctl;
    struct weft_ctl_conn *next;
    int fd;
    bool is_waiting;   /* A request is not answered yet. */
    bool is_finishing; /* Close when everything is sent. */
    bool is_gone;      /* Freed when nobody is inside. */
    bool is_inside;    /* serve() walks over its lines. */
    char *in;
    size_t in_n;
    char *out;
    size_t out_at, out_n, out_cap;
    void (*on_close)(void *arg);
    void *on_close_arg;
};

struct weft_ctl {
    struct weft_host *h;
    int fd;
    char path[108];
    struct weft_ctl_conn *conns;
    unsigned conns_n;
    struct command commands[COMMANDS_MAX];
    unsigned commands_n;
};

int weft_ctl_path(char *buf, size_t cap, const char *name)
{
    if (!wf_host_name_ok(name))
        return -WEFT_EINVAL;
    /* Nothing here changes the environment. NOLINTNEXTLINE(concurrency-mt-unsafe) */
    const char *dir = getenv("XDG_RUNTIME_DIR");
    bool has_dir = dir != NULL && dir[0] == '/';
    int n = snprintf(buf, cap, "%s/weft/%s.ctl", has_dir ? dir : "/run", name);
    return n < 0 || (size_t)n >= cap || n >= 108 ? -WEFT_EINVAL : 0;
}

static void free_conn(struct weft_ctl_conn *c)
{
    struct weft_ctl *ctl = c->ctl;
    for (struct weft_ctl_conn **at = &ctl->conns; *at != NULL; at = &(*at)->next) {
        if (*at == c) {
            *at = c->next;
            break;
        }
    }
    ctl->conns_n--;
    free(c->in);
    free(c->out);
    free(c);
}

static void drop_conn(struct weft_ctl_conn *c)
{
    if (!c->is_gone) {
        c->is_gone = true;
        weft_host_fd_del(c->ctl->h, c->fd);
        (void)close(c->fd);
        if (c->on_close != NULL)
            c->on_close(c->on_close_arg);
    }
    if (!c->is_inside)
        free_conn(c);
}

static void update_want(struct weft_ctl_conn *c)
{
    uint32_t want = c->is_waiting || c->is_finishing ? 0 : WEFT_DRIVER_POLL_IN;
    if (c->out_n > 0)
        want |= WEFT_DRIVER_POLL_OUT;
    /* A client that goes away while it waits for a stream is noticed by reading. */
    if (c->on_close != NULL)
        want |= WEFT_DRIVER_POLL_IN;
    weft_host_fd_want(c->ctl->h, c->fd, want);
}

/* Sends what waits; false if the client is gone. */
static bool flush(struct weft_ctl_conn *c)
{
    while (c->out_n > 0) {
        ssize_t r = send(c->fd, c->out + c->out_at, c->out_n, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (r < 0 && errno == EINTR)
            continue;
        if (r < 0)
            return errno == EAGAIN;
        c->out_at += (size_t)r;
        c->out_n -= (size_t)r;
    }
    c->out_at = 0;
    return !c->is_finishing;
}

/* Appends bytes to what waits; false if there is no room. */
static bool append(struct weft_ctl_conn *c, const void *bytes, size_t n)
{
    if (c->out_n + n > WF_CTL_OUT_MAX)
        return false;
    if (c->out_at > 0) {
        memmove(c->out, c->out + c->out_at, c->out_n);
        c->out_at = 0;
    }
    if (c->out_n + n > c->out_cap) {
        size_t cap = (c->out_n + n) * 2;
        char *out = realloc(c->out, cap);
        if (out == NULL)
            return false;
        c->out = out;
        c->out_cap = cap;
    }
    memcpy(c->out + c->out_n, bytes, n);
    c->out_n += n;
    return true;
}

int weft_ctl_write(struct weft_ctl_conn *conn, const void *bytes, size_t n)
{
    if (conn->is_gone || !append(conn, bytes, n))
        return -WEFT_EAGAIN;
    update_want(conn);
    return 0;
}

void weft_ctl_reply(struct weft_ctl_conn *conn, struct json_t *answer)
{
    if (answer == NULL)
        answer = json_pack("{s:b}", "ok", 1);
    char *line = answer != NULL ? json_dumps(answer, JSON_COMPACT) : NULL;
    json_decref(answer);
    bool is_sent = line != NULL && append(conn, line, strlen(line)) && append(conn, "\n", 1);
    free(line);
    conn->is_waiting = false;
    conn->is_finishing = conn->is_finishing || !is_sent;
    if (!conn->is_gone)
        update_want(conn);
}

void weft_ctl_error(struct weft_ctl_conn *conn, const char *text)
{
    weft_ctl_reply(conn, json_pack("{s:b,s:s}", "ok", 0, "error", text));
}

void weft_ctl_finish(struct weft_ctl_conn *conn)
{
    conn->is_finishing = true;
    if (!conn->is_gone)
        weft_host_fd_want(conn->ctl->h, conn->fd, WEFT_DRIVER_POLL_OUT);
}

void weft_ctl_on_close(struct weft_ctl_conn *conn, void (*fn)(void *arg), void *arg)
{
    conn->on_close = fn;
    conn->on_close_arg = arg;
    if (!conn->is_gone)
        update_want(conn);
}

struct weft_host *weft_ctl_host(const struct weft_ctl_conn *conn)
{
    return conn->ctl->h;
}

int weft_ctl_command(struct weft_ctl *c, const char *cmd,
                     void (*fn)(void *arg, struct weft_ctl_conn *conn, struct json_t *request),
                     void *arg)
{
    for (unsigned i = 0; i < c->commands_n; i++)
        if (strcmp(c->commands[i].name, cmd) == 0)
            return -WEFT_EEXIST;
    if (c->commands_n == COMMANDS_MAX)
        return -WEFT_ENOMEM;
    c->commands[c->commands_n++] = (struct command){cmd, fn, arg};
    return 0;
}

static void serve_line(struct weft_ctl_conn *c, const char *line, size_t n)
{
    json_error_t error;
    json_t *request = json_loadb(line, n, JSON_REJECT_DUPLICATES, &error);
    const char *cmd = json_string_value(json_object_get(request, "cmd"));
    c->is_waiting = true;
    const struct command *found = NULL;
    for (unsigned i = 0; cmd != NULL && i < c->ctl->commands_n; i++)
        if (strcmp(c->ctl->commands[i].name, cmd) == 0)
            found = &c->ctl->commands[i];
    if (found != NULL)
        found->fn(found->arg, c, request);
    else
        weft_ctl_error(c, cmd != NULL ? "no such command" : "not an object with a \"cmd\"");
    json_decref(request);
}

/* Serves the whole lines that were read. */
static void serve(struct weft_ctl_conn *c)
{
    c->is_inside = true;
    while (!c->is_gone && !c->is_waiting && !c->is_finishing) {
        char *end = memchr(c->in, '\n', c->in_n);
        if (end == NULL)
            break;
        size_t n = (size_t)(end - c->in);
        serve_line(c, c->in, n);
        c->in_n -= n + 1;
        memmove(c->in, end + 1, c->in_n);
    }
    if (!c->is_gone && c->in_n == WF_CTL_LINE_MAX && !c->is_waiting) {
        weft_ctl_error(c, "the line is too long");
        weft_ctl_finish(c);
    }
    c->is_inside = false;
}

/* Reads what is there; false if the client is gone. */
static bool read_in(struct weft_ctl_conn *c)
{
    size_t room = WF_CTL_LINE_MAX - c->in_n;
    if (room == 0)
        return true;
    ssize_t r = recv(c->fd, c->in + c->in_n, room, MSG_DONTWAIT);
    if (r < 0)
        return errno == EAGAIN || errno == EINTR;
    c->in_n += (size_t)r;
    return r > 0;
}

static void on_ready(void *arg, int fd, uint32_t ready)
{
    struct weft_ctl_conn *c = arg;
    (void)fd;
    bool is_alive = true;
    if ((ready & WEFT_DRIVER_POLL_IN) != 0 && (!c->is_waiting || c->on_close != NULL))
        is_alive = read_in(c);
    if (is_alive)
        serve(c);
    if (is_alive && !c->is_gone)
        is_alive = flush(c);
    if (!is_alive || c->is_gone)
        drop_conn(c);
    else
        update_want(c);
}

static void on_connect(void *arg, int fd, uint32_t ready)
{
    struct weft_ctl *ctl = arg;
    (void)ready;
    int conn_fd = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (conn_fd < 0)
        return;
    struct weft_ctl_conn *c = ctl->conns_n < CONNS_MAX ? calloc(1, sizeof(*c)) : NULL;
    char *in = malloc(WF_CTL_LINE_MAX);
    if (c == NULL || in == NULL ||
        weft_host_fd_add(ctl->h, conn_fd, WEFT_DRIVER_POLL_IN, on_ready, c) < 0) {
        free(c);
        free(in);
        (void)close(conn_fd);
        return;
    }
    c->ctl = ctl;
    c->fd = conn_fd;
    c->in = in;
    c->next = ctl->conns;
    ctl->conns = c;
    ctl->conns_n++;
}

static void cmd_show(void *arg, struct weft_ctl_conn *conn, struct json_t *request)
{
    (void)arg;
    const char *what = json_string_value(json_object_get(request, "what"));
    json_t *table = what != NULL ? weft_ctl_show(conn->ctl->h, what) : NULL;
    if (table == NULL)
        weft_ctl_error(conn, "show what? links addresses routes neighbours sockets counters drops");
    else
        weft_ctl_reply(conn, json_pack("{s:b,s:o}", "ok", 1, what, table));
}

static void cmd_hello(void *arg, struct weft_ctl_conn *conn, struct json_t *request)
{
    (void)arg;
    (void)request;
    weft_ctl_reply(conn,
                   json_pack("{s:b,s:s,s:s,s:i}", "ok", 1, "name", weft_host_name(conn->ctl->h),
                             "version", WEFT_VERSION, "pid", (int)getpid()));
}

static void cmd_stop(void *arg, struct weft_ctl_conn *conn, struct json_t *request)
{
    (void)arg;
    (void)request;
    weft_ctl_reply(conn, NULL);
    (void)flush(conn); /* The loop ends with this round. */
    weft_host_stop(conn->ctl->h);
}

/* A socket file that nobody serves is cleared; 0, or -1 if somebody does. */
static int clear_stale(const struct sockaddr_un *at)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    struct stat st;
    bool is_live = connect(fd, (const struct sockaddr *)(const void *)at, sizeof(*at)) == 0 ||
                   errno != ECONNREFUSED;
    (void)close(fd);
    if (is_live || lstat(at->sun_path, &st) != 0 || !S_ISSOCK(st.st_mode))
        return -1;
    return unlink(at->sun_path);
}

/* The folder of the default path: it may be missing. */
static void make_folder(const char *path)
{
    char dir[108];
    const char *slash = strrchr(path, '/');
    if (slash == NULL || slash == path)
        return;
    memcpy(dir, path, (size_t)(slash - path));
    dir[slash - path] = '\0';
    (void)mkdir(dir, 0755);
}

/* Why the address is in use, or cannot be taken, and what to try. */
static int fail_bind(const struct sockaddr_un *at, int error, char *err, size_t cap)
{
    struct stat st;
    const char *path = at->sun_path;
    if (error == EADDRINUSE && lstat(path, &st) == 0 && !S_ISSOCK(st.st_mode))
        return wf_host_fail(err, cap, "control socket %s: there is a file that is no socket", path);
    if (error == EADDRINUSE)
        return wf_host_fail(err, cap,
                            "control socket %s: a running host has it; try another --name", path);
    const char *hint =
        error == ENOENT || error == EACCES ? "; try --control in a folder of yours" : "";
    return wf_host_fail(err, cap, "control socket %s: %s%s", path, wf_host_errno(error), hint);
}

static int listen_at(struct weft_ctl *c, char *err, size_t cap)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    memcpy(at.sun_path, c->path, strlen(c->path));
    c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (c->fd < 0)
        return wf_host_fail(err, cap, "control socket: %s", wf_host_errno(errno));
    mode_t old = umask(0177);
    int r = bind(c->fd, (struct sockaddr *)(void *)&at, sizeof(at)) != 0 ? -errno : 0;
    if (r == -EADDRINUSE && clear_stale(&at) == 0)
        r = bind(c->fd, (struct sockaddr *)(void *)&at, sizeof(at)) != 0 ? -errno : 0;
    (void)umask(old);
    if (r < 0) {
        c->path[0] = '\0'; /* Not ours to remove. */
        return fail_bind(&at, -r, err, cap);
    }
    if (listen(c->fd, 16) != 0)
        return wf_host_fail(err, cap, "control socket %s: %s", at.sun_path, wf_host_errno(errno));
    return 0;
}

int weft_ctl_open(struct weft_ctl **out, struct weft_host *h, const char *path, char *err,
                  size_t err_cap)
{
    struct weft_ctl *c = calloc(1, sizeof(*c));
    if (c == NULL)
        return wf_host_fail(err, err_cap, "control socket: out of memory");
    c->h = h;
    c->fd = -1;
    if (path != NULL && strlen(path) < sizeof(c->path))
        memcpy(c->path, path, strlen(path) + 1);
    else if (path != NULL || weft_ctl_path(c->path, sizeof(c->path), weft_host_name(h)) < 0) {
        free(c);
        return wf_host_fail(err, err_cap, "control socket: the path is longer than 107 bytes");
    }
    if (path == NULL)
        make_folder(c->path);
    if (listen_at(c, err, err_cap) < 0) {
        weft_ctl_close(c);
        return -1;
    }
    if (weft_host_fd_add(h, c->fd, WEFT_DRIVER_POLL_IN, on_connect, c) < 0 ||
        weft_ctl_command(c, "show", cmd_show, NULL) < 0 ||
        weft_ctl_command(c, "route", wf_ctl_cmd_route, NULL) < 0 ||
        weft_ctl_command(c, "neigh", wf_ctl_neigh, NULL) < 0 ||
        weft_ctl_command(c, "hello", cmd_hello, NULL) < 0 ||
        weft_ctl_command(c, "stop", cmd_stop, NULL) < 0) {
        weft_ctl_close(c);
        return wf_host_fail(err, err_cap, "control socket: out of memory");
    }
    *out = c;
    return 0;
}

void weft_ctl_close(struct weft_ctl *c)
{
    if (c == NULL)
        return;
    for (struct weft_ctl_conn *conn = c->conns, *next; conn != NULL; conn = next) {
        next = conn->next;
        drop_conn(conn);
    }
    if (c->fd >= 0) {
        weft_host_fd_del(c->h, c->fd);
        (void)close(c->fd);
        if (c->path[0] != '\0')
            (void)unlink(c->path);
    }
    free(c);
}
