/* SPDX-License-Identifier: MIT */
#include "job.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct wf_job_kind *const kinds[WF_JOB_KINDS] = {&wf_job_ping, &wf_job_traceroute,
                                                              &wf_job_fetch};

const struct wf_job_kind *wf_job_find(const char *cmd)
{
    for (size_t i = 0; i < WF_JOB_KINDS; i++)
        if (strcmp(kinds[i]->cmd, cmd) == 0)
            return kinds[i];
    return NULL;
}

void wf_job_emit(struct wf_job *job, json_t *event, bool is_done)
{
    job->is_done = job->is_done || is_done;
    if (job->emit != NULL)
        job->emit(job->arg, event);
    else
        json_decref(event);
}

int wf_job_error(char *err, size_t cap, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(err, cap, fmt, args); // NOLINT: the analyser misses va_start().
    va_end(args);
    return -1;
}

/* ---- members of requests ---- */

uint64_t wf_job_number(const json_t *request, const char *key, uint64_t max, uint64_t def)
{
    const json_t *v = json_object_get(request, key);
    if (!json_is_integer(v) || json_integer_value(v) < 0)
        return def;
    uint64_t n = (uint64_t)json_integer_value(v);
    return n <= max ? n : def;
}

bool wf_job_flag(const json_t *request, const char *key)
{
    return json_is_true(json_object_get(request, key));
}

bool wf_job_address(const json_t *request, const char *key, struct weft_addr *out)
{
    const json_t *v = json_object_get(request, key);
    if (v == NULL)
        return true;
    return json_is_string(v) && weft_addr_parse(out, json_string_value(v)) == 0;
}

static bool own_address(const struct weft_stack *st, const struct weft_addr *dst,
                        struct weft_addr *out)
{
    static const struct weft_addr none;
    struct weft_route r;
    struct weft_addr_info a;
    uint32_t cursor = 0;
    if (weft_route_lookup(st, dst, &r) != 0)
        return false;
    *out = r.src;
    if (memcmp(out->b, none.b, sizeof(none.b)) != 0)
        return true;
    while (weft_addr_next(st, &cursor, &a)) {
        *out = a.addr;
        if (a.ifindex == r.ifindex)
            return true;
    }
    return false;
}

json_t *wf_job_address_json(const struct weft_stack *st, const struct weft_addr *a,
                            const struct weft_addr *dst)
{
    static const struct weft_addr none;
    struct weft_addr own;
    char text[48];
    if (memcmp(a->b, none.b, sizeof(none.b)) == 0) {
        if (!own_address(st, dst, &own))
            return json_null();
        a = &own;
    }
    weft_addr_text(text, sizeof(text), a);
    return json_string(text);
}

/* ---- jobs of a control socket ---- */

/** struct served - The job of a connection; lives until the connection is gone and one round more
 */
struct served {
    struct wf_jobs *jobs;
    struct wf_job *job;
    struct weft_ctl_conn *conn; /* NULL: it is gone. */
    struct served *next;
    struct weft_timer reaper;
};

static void emit_line(void *arg, json_t *event)
{
    struct served *s = arg;
    (void)json_object_set_new(event, "ok", json_true());
    weft_ctl_reply(s->conn, event);
}

static void free_served(struct served *s)
{
    weft_dispatch_disarm(weft_host_dispatch(s->job->h), &s->reaper);
    s->job->free(s->job);
    free(s);
}

static void reap(void *arg)
{
    struct served *s = arg;
    struct served **at = &s->jobs->first;
    while (*at != s)
        at = &(*at)->next;
    *at = s->next;
    free_served(s);
}

static int write_raw(void *arg, const void *bytes, size_t n)
{
    struct served *s = arg;
    return s->conn != NULL ? weft_ctl_write(s->conn, bytes, n) : 0;
}

/* The client went away. The job may be telling something at this moment, so it is freed later. */
static void on_close(void *arg)
{
    struct served *s = arg;
    s->conn = NULL;
    s->job->emit = NULL;
    s->job->is_done = true;
    s->reaper = (struct weft_timer){.fn = reap, .arg = s};
    weft_dispatch_arm(weft_host_dispatch(s->job->h), &s->reaper, weft_host_now());
}

static struct served *find_served(const struct wf_jobs *jobs, const struct weft_ctl_conn *conn)
{
    struct served *s = jobs->first;
    while (s != NULL && s->conn != conn)
        s = s->next;
    return s;
}

static void serve_job(void *arg, struct weft_ctl_conn *conn, struct json_t *request)
{
    const struct wf_jobs_command *c = arg;
    char err[WEFT_ERRTEXT_BYTES];
    if (find_served(c->jobs, conn) != NULL) {
        weft_ctl_error(conn, "one job a connection");
        return;
    }
    /* Descriptors in a request mean something in the process that made it only. */
    (void)json_object_del(request, "out_fd");
    (void)json_object_del(request, "put_fd");
    struct served *s = calloc(1, sizeof(*s));
    if (s == NULL || c->kind->start(&s->job, weft_ctl_host(conn), request, err, sizeof(err)) != 0) {
        weft_ctl_error(conn, s == NULL ? "out of memory" : err);
        free(s);
        return;
    }
    s->conn = conn;
    s->job->emit = emit_line;
    s->job->write = write_raw;
    s->job->arg = s;
    s->jobs = c->jobs;
    s->next = c->jobs->first;
    c->jobs->first = s;
    weft_ctl_on_close(conn, on_close, s);
    weft_ctl_reply(conn, NULL);
}

static void serve_end(void *arg, struct weft_ctl_conn *conn, struct json_t *request)
{
    (void)request;
    struct served *s = find_served(arg, conn);
    if (s == NULL)
        weft_ctl_error(conn, "there is no job to end");
    else if (!s->job->is_done)
        s->job->stop(s->job);
    else
        weft_ctl_reply(conn, NULL);
}

int wf_jobs_serve(struct wf_jobs *jobs, struct weft_ctl *ctl)
{
    int err = weft_ctl_command(ctl, "end", serve_end, jobs);
    for (size_t i = 0; err == 0 && i < WF_JOB_KINDS; i++) {
        jobs->commands[i] = (struct wf_jobs_command){kinds[i], jobs};
        err = weft_ctl_command(ctl, kinds[i]->cmd, serve_job, &jobs->commands[i]);
    }
    return err;
}

void wf_jobs_end(struct wf_jobs *jobs)
{
    struct served *s = jobs->first;
    while (s != NULL) {
        struct served *next = s->next;
        free_served(s);
        s = next;
    }
    jobs->first = NULL;
}
