/* SPDX-License-Identifier: MIT */
/** DOC: The other end of the control socket: blocking, for commands that ask a running host. */
#include "control.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define IN_BYTES   65536U
#define ANSWER_MAX (64U << 20)

struct weft_ctl_client {
    int fd;
    char in[IN_BYTES];
    size_t in_at, in_n;
};

int weft_ctl_client_open(struct weft_ctl_client **out, const char *path, char *err, size_t err_cap)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof(at.sun_path))
        return wf_host_fail(err, err_cap, "%s: the path is longer than 107 bytes", path);
    memcpy(at.sun_path, path, strlen(path));
    struct weft_ctl_client *c = calloc(1, sizeof(*c));
    if (c == NULL)
        return wf_host_fail(err, err_cap, "%s: out of memory", path);
    c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (c->fd < 0 || connect(c->fd, (struct sockaddr *)(void *)&at, sizeof(at)) != 0) {
        int error = errno;
        weft_ctl_client_close(c);
        bool is_absent = error == ENOENT || error == ECONNREFUSED;
        return wf_host_fail(err, err_cap, "%s: %s", path,
                            is_absent ? "no host is running there; try: weft host --help"
                                      : wf_host_errno(error));
    }
    *out = c;
    return 0;
}

int weft_ctl_client_send(struct weft_ctl_client *c, struct json_t *request)
{
    char *line = request != NULL ? json_dumps(request, JSON_COMPACT) : NULL;
    json_decref(request);
    if (line == NULL)
        return -1;
    size_t n = strlen(line), at = 0;
    line[n++] = '\n'; /* In the place of the terminator. */
    while (at < n) {
        ssize_t r = send(c->fd, line + at, n - at, MSG_NOSIGNAL);
        if (r < 0 && errno == EINTR)
            continue;
        if (r <= 0)
            break;
        at += (size_t)r;
    }
    free(line);
    return at == n ? 0 : -1;
}

/* Reads more behind what is there; false at the end. */
static bool fill(struct weft_ctl_client *c)
{
    ssize_t r;
    do {
        r = recv(c->fd, c->in, sizeof(c->in), 0);
    } while (r < 0 && errno == EINTR);
    c->in_at = 0;
    c->in_n = r > 0 ? (size_t)r : 0;
    return r > 0;
}

struct json_t *weft_ctl_client_answer(struct weft_ctl_client *c)
{
    char *line = NULL;
    size_t n = 0;
    bool is_whole = false;
    while (!is_whole && n < ANSWER_MAX && (c->in_n > 0 || fill(c))) {
        const char *at = c->in + c->in_at, *end = memchr(at, '\n', c->in_n);
        size_t take = end != NULL ? (size_t)(end - at) + 1 : c->in_n;
        char *more = realloc(line, n + take);
        if (more == NULL)
            break;
        line = more;
        memcpy(line + n, at, take);
        n += take;
        c->in_at += take;
        c->in_n -= take;
        is_whole = end != NULL;
    }
    json_error_t error;
    json_t *answer = is_whole ? json_loadb(line, n, 0, &error) : NULL;
    free(line);
    return answer;
}

int64_t weft_ctl_client_read(struct weft_ctl_client *c, void *buf, size_t cap)
{
    if (c->in_n == 0) {
        ssize_t r;
        do {
            r = recv(c->fd, buf, cap, 0);
        } while (r < 0 && errno == EINTR);
        return r;
    }
    size_t n = c->in_n < cap ? c->in_n : cap;
    memcpy(buf, c->in + c->in_at, n);
    c->in_at += n;
    c->in_n -= n;
    return (int64_t)n;
}

void weft_ctl_client_close(struct weft_ctl_client *c)
{
    if (c == NULL)
        return;
    if (c->fd >= 0)
        (void)close(c->fd);
    free(c);
}
