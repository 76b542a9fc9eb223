/* SPDX-License-Identifier: MIT */
#include "session.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "job.h"
#include "priv.h"

struct session {
    void (*on_event)(void *arg, const json_t *event);
    void *arg;
    struct wf_job *job;
    struct weft_ctl_client *client;
    int body_fd;
    int signal_fd, stop_fds[2];
};

static void deliver(void *arg, json_t *event)
{
    struct session *s = arg;
    s->on_event(s->arg, event);
    json_decref(event);
}

/* The links or the host are there: what a command says at first can be said. */
static void begin(struct session *s)
{
    deliver(s, json_pack("{s:s}", "event", "begin"));
}

/* ---- links of its own ---- */

/* The first signal ends the job in good order; the next one has its usual effect. */
static void on_signal(void *arg, int fd, uint32_t ready)
{
    struct session *s = arg;
    struct signalfd_siginfo info;
    (void)ready;
    if (read(fd, &info, sizeof(info)) != (ssize_t)sizeof(info))
        return;
    sigset_t set;
    sigemptyset(&set);
    (void)sigaddset(&set, (int)info.ssi_signo);
    (void)sigprocmask(SIG_UNBLOCK, &set, NULL);
    s->job->stop(s->job);
}

static bool is_done(void *arg)
{
    const struct session *s = arg;
    return s->job->is_done;
}

static int run_job(struct session *s, struct weft_host *h, const json_t *request)
{
    char err[WEFT_ERRTEXT_BYTES];
    const char *cmd = json_string_value(json_object_get(request, "cmd"));
    (void)weft_host_poll(h, 0); /* Before that neither the stack nor its timers know the time. */
    if (wf_job_find(cmd)->start(&s->job, h, request, err, sizeof(err)) != 0)
        return wf_trouble("%s", err);
    s->job->emit = deliver;
    s->job->arg = s;
    begin(s);
    int fd = wf_signals(), code = 0;
    if (fd < 0 || weft_host_fd_add(h, fd, WEFT_DRIVER_POLL_IN, on_signal, s) != 0)
        code = wf_trouble("cannot wait for signals");
    else
        (void)weft_host_run(h, is_done, s);
    s->job->free(s->job);
    if (fd >= 0) {
        weft_host_fd_del(h, fd);
        (void)close(fd);
    }
    return code;
}

static int run_own(struct session *s, const struct wf_net *net, const json_t *request)
{
    struct weft_host *h;
    int code = wf_net_open(net, &h);
    if (code != 0)
        return code;
    code = wf_priv_drop(net->user);
    if (code == 0)
        code = run_job(s, h, request);
    weft_host_close(h);
    return code;
}

/* ---- inside a running host ---- */

/* The first signal, read here, has the host end the job; the next one has its usual effect. */
static void pass_on(const struct session *s)
{
    struct signalfd_siginfo info;
    if (read(s->signal_fd, &info, sizeof(info)) != (ssize_t)sizeof(info))
        return;
    sigset_t set;
    sigemptyset(&set);
    (void)sigaddset(&set, (int)info.ssi_signo);
    (void)pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    if (weft_ctl_client_send(s->client, json_pack("{s:s}", "cmd", "end")) != 0)
        (void)raise((int)info.ssi_signo);
}

/* Waits for signals while the main thread waits for the host, until that one closes the pipe. */
static void *wait_signal(void *arg)
{
    const struct session *s = arg;
    struct pollfd p[2] = {{.fd = s->signal_fd, .events = POLLIN}, {.fd = s->stop_fds[0]}};
    while (poll(p, 2, -1) >= 0 || errno == EINTR) {
        if ((p[1].revents & POLLHUP) != 0)
            break;
        if ((p[0].revents & POLLIN) != 0) {
            pass_on(s);
            p[0].fd = -1;
        }
    }
    return NULL;
}

/* The bytes that follow "done". */
static int read_body(struct session *s, uint64_t left)
{
    char buf[65536];
    while (left > 0) {
        size_t want = left < sizeof(buf) ? (size_t)left : sizeof(buf);
        int64_t n = weft_ctl_client_read(s->client, buf, want);
        if (n <= 0)
            return wf_trouble("the host went away");
        if (s->body_fd >= 0 && !wf_write_all(s->body_fd, buf, (size_t)n))
            return wf_trouble("the output cannot be written: %s", strerror(errno));
        left -= (uint64_t)n;
    }
    return 0;
}

static int read_events(struct session *s, const char *path)
{
    for (;;) {
        json_t *event = weft_ctl_client_answer(s->client);
        if (event == NULL)
            return wf_trouble("%s: the host went away", path);
        const char *error = json_string_value(json_object_get(event, "error"));
        const char *name = json_string_value(json_object_get(event, "event"));
        bool is_end = name != NULL && strcmp(name, "done") == 0;
        int code = error != NULL ? wf_trouble("%s", error) : 0;
        if (name != NULL)
            s->on_event(s->arg, event);
        uint64_t body = (uint64_t)json_integer_value(json_object_get(event, "body_bytes"));
        json_decref(event);
        if (code != 0 || is_end)
            return code != 0 ? code : read_body(s, body);
    }
}

static int read_with_signals(struct session *s, const char *path)
{
    pthread_t waiter;
    s->signal_fd = wf_signals();
    if (s->signal_fd < 0 || pipe2(s->stop_fds, O_CLOEXEC) != 0)
        return wf_trouble("cannot wait for signals: %s", strerror(errno));
    int error = pthread_create(&waiter, NULL, wait_signal, s);
    int code = error == 0 ? read_events(s, path)
                          : wf_trouble("cannot wait for signals: %s", strerror(error));
    (void)close(s->stop_fds[1]);
    if (error == 0)
        (void)pthread_join(waiter, NULL);
    (void)close(s->stop_fds[0]);
    (void)close(s->signal_fd);
    return code;
}

static int run_remote(struct session *s, const struct wf_net *net, json_t *request)
{
    char path[WF_CTL_PATH_BYTES], err[WEFT_ERRTEXT_BYTES];
    int code = wf_net_control(net->host, net->control, path);
    if (code != 0)
        return code;
    if (weft_ctl_client_open(&s->client, path, err, sizeof(err)) != 0)
        return wf_trouble("%s", err);
    begin(s);
    if (weft_ctl_client_send(s->client, json_incref(request)) != 0)
        code = wf_trouble("%s: the host went away", path);
    else
        code = read_with_signals(s, path);
    weft_ctl_client_close(s->client);
    return code;
}

int wf_session_run(const struct wf_net *net, json_t *request,
                   void (*on_event)(void *arg, const json_t *event), void *arg, int body_fd)
{
    struct session s = {.on_event = on_event, .arg = arg, .body_fd = body_fd};
    int code = wf_net_has_links(net) ? run_own(&s, net, request) : run_remote(&s, net, request);
    json_decref(request);
    return code;
}

void wf_session_print(const json_t *event)
{
    (void)json_dumpf(event, stdout, JSON_COMPACT);
    putchar('\n');
    (void)fflush(stdout);
}
