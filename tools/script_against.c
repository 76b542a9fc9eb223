/* SPDX-License-Identifier: MIT */
/**
 * DOC: weft script against - scripts against the kernel, many at a time
 *
 * Real time is mostly waiting, so scripts run beside each other: each in a process of its own with
 * a network namespace of its own, which writes its verdict and its lines into a file without a
 * name.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "script.h"
#include "weft/host.h"

#define TRIES_MAX 3U

/** struct job - A script that is running, or has run */
struct job {
    pid_t pid; /* 0 = not begun. */
    int fd;
    bool is_done;
    int status;
};

static int in_namespace(int (*fn)(void *), void *arg)
{
    pid_t pid = fork();
    int status = 0;
    if (pid == 0) {
        int code = fn(arg);
        (void)fflush(NULL);
        _exit(code);
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        return wf_trouble("fork: %s", strerror(errno));
    return WIFEXITED(status) ? WEXITSTATUS(status) : WF_EXIT_TROUBLE;
}

static int try_it(void *arg)
{
    char err[WEFT_ERRTEXT_BYTES];
    struct weft_prefix kernel = {.addr = weft_ip4(192, 168, 0, 1), .len = 16};
    (void)arg;
    if (weft_private_enter(err, sizeof(err)) != 0 ||
        weft_private_tun(&kernel, 1500, err, sizeof(err)) < 0)
        return wf_trouble("--against linux: %s", err);
    return 0;
}

int wf_script_against_check(void)
{
    return in_namespace(try_it, NULL);
}

/* In virtual time weft shows how long a script lasts, unless it fails there. */
static bool is_too_long(const struct wf_script_opts *o, const char *path, const char *text,
                        size_t n, struct weft_script_result *r)
{
    struct weft_script_config cfg = {.seed = o->seed};
    bool is_long = weft_script_run(&cfg, path, text, n, r) == 0 && r->took_ns > o->limit_ns;
    if (is_long) {
        r->verdict = WEFT_SCRIPT_NOT_APPLICABLE;
        (void)snprintf(r->why, sizeof(r->why), "it lasts %llu s of real time (--limit)",
                       (unsigned long long)(r->took_ns / 1000000000));
    }
    return is_long;
}

/* One try, in a namespace that nothing has been done in. */
static int try_script(const struct wf_script_opts *o, const char *path, const char *text, size_t n,
                      struct weft_script_result *r, struct wf_script_log *log)
{
    char err[WEFT_ERRTEXT_BYTES];
    struct wf_script_linux *l = wf_script_linux_open(o->limit_ns);
    if (l == NULL || weft_private_enter(err, sizeof(err)) != 0) {
        wf_script_linux_close(l);
        return wf_trouble("%s: %s", path, l == NULL ? "out of memory" : err);
    }
    int code = wf_script_run_text(o, path, text, n, wf_script_linux_target(l), r, log);
    wf_script_linux_close(l);
    return code;
}

/* The child: runs one script and writes what is to be known of it. A machine with other work is
 * late at times, but not always: a script fails if it does so every time. */
static int run_child(const struct wf_script_opts *o, const char *path, int fd)
{
    struct wf_script_log log = {NULL, 0, 0};
    struct weft_script_result r;
    size_t n = 0;
    char *text = wf_script_read(path, &n);
    if (text == NULL)
        return wf_trouble("%s: %s", path, strerror(errno));
    int code = 0;
    bool is_long = is_too_long(o, path, text, n, &r);
    for (unsigned tries = 0; !is_long && code == 0 && tries < TRIES_MAX; tries++) {
        free(log.text);
        log = (struct wf_script_log){NULL, 0, 0};
        code = try_script(o, path, text, n, &r, &log);
        if (r.verdict != WEFT_SCRIPT_FAILED)
            break;
    }
    free(text);
    if (code == 0 && !(wf_write_all(fd, &r, sizeof(r)) && wf_write_all(fd, log.text, log.n)))
        code = wf_trouble("%s: %s", path, strerror(errno));
    free(log.text);
    return code;
}

static int start(const struct wf_script_opts *o, const char *path, struct job *j)
{
    (void)fflush(NULL);
    j->fd = memfd_create("script", MFD_CLOEXEC);
    j->pid = j->fd < 0 ? -1 : fork();
    if (j->pid < 0)
        return wf_trouble("%s: %s", path, strerror(errno));
    if (j->pid == 0) {
        int code = run_child(o, path, j->fd);
        (void)fflush(NULL);
        _exit(code);
    }
    return 0;
}

/* Until one of the jobs that run has ended. */
static int reap(struct job *jobs, size_t n)
{
    int status;
    pid_t pid = waitpid(-1, &status, 0);
    if (pid < 0)
        return wf_trouble("wait: %s", strerror(errno));
    for (size_t i = 0; i < n; i++) {
        if (jobs[i].pid != pid)
            continue;
        jobs[i].is_done = true;
        jobs[i].status = WIFEXITED(status) ? WEXITSTATUS(status) : WF_EXIT_TROUBLE;
    }
    return 0;
}

static int show(const struct wf_script_opts *o, const struct wf_script_list *list, size_t i,
                struct job *j, struct wf_script_sums *sums)
{
    struct weft_script_result r;
    struct wf_script_log log = {NULL, 0, 0};
    off_t size = lseek(j->fd, 0, SEEK_END);
    if (j->status != 0 || size < (off_t)sizeof(r) || pread(j->fd, &r, sizeof(r), 0) != sizeof(r))
        return j->status != 0 ? j->status : wf_trouble("%s: no verdict came", list->path[i]);
    log.n = (size_t)size - sizeof(r);
    log.text = log.n > 0 ? malloc(log.n + 1) : NULL;
    if (log.text != NULL) {
        ssize_t got = pread(j->fd, log.text, log.n, sizeof(r));
        log.text[got < 0 ? 0 : got] = '\0';
    }
    wf_script_count(sums, &r);
    wf_script_show(o, i + 1, list->path[i], &r, &log);
    wf_script_note_difference(sums, list->path[i], &r);
    free(log.text);
    (void)close(j->fd);
    return 0;
}

int wf_script_against(const struct wf_script_opts *o, const struct wf_script_list *list,
                      struct wf_script_sums *sums)
{
    struct job *jobs = calloc(list->n, sizeof(*jobs));
    size_t begun = 0, shown = 0, running = 0;
    int code = jobs == NULL ? wf_trouble("out of memory") : 0;
    while (code == 0 && jobs != NULL && shown < list->n) {
        if (begun < list->n && running < o->jobs) {
            code = start(o, list->path[begun], &jobs[begun]);
            begun++;
            running++;
            continue;
        }
        code = reap(jobs, begun);
        running--;
        for (; code == 0 && shown < begun && jobs[shown].is_done; shown++)
            code = show(o, list, shown, &jobs[shown], sums);
    }
    /* After trouble: nothing that was begun is left behind. */
    for (size_t i = 0; jobs != NULL && i < begun; i++)
        if (jobs[i].pid > 0 && !jobs[i].is_done)
            (void)waitpid(jobs[i].pid, NULL, 0);
    free(jobs);
    return code;
}
