/* SPDX-License-Identifier: MIT */
/**
 * DOC: job - work that a host does for a command: ping, traceroute, fetch, capture
 *
 * A job is started by a request (a JSON object with "cmd") and tells what happens as JSON objects
 * with "event", the last of which is "done". The same job runs inside a command that has links of
 * its own, where events go straight to the printer, and inside a running host, where they go over
 * the control socket, a line each. So there is one way to do it and one way to print it.
 */
#ifndef WEFT_TOOLS_JOB_H
#define WEFT_TOOLS_JOB_H

#include <jansson.h>

#include "weft/host.h"

/** struct wf_job - What all jobs begin with; made by the job's start function */
struct wf_job {
    struct weft_host *h;
    void (*emit)(void *arg, json_t *event); /* Takes the event. NULL: nobody listens any more. */
    /* Served jobs: takes raw bytes for the client after "done"; -WEFT_EAGAIN = it is too slow. */
    int (*write)(void *arg, const void *bytes, size_t n);
    void *arg;
    void (*stop)(struct wf_job *job); /* End early; tells "done" as if the end had come. */
    void (*free)(struct wf_job *job); /* Not from inside the job's own callbacks. */
    struct weft_timer timer;
    bool is_done; /* "done" was told. */
};

/** struct wf_job_kind - A kind of job */
struct wf_job_kind {
    const char *cmd;
    /* Sets @out (job->emit and ->arg are filled in by the caller) or writes a line to @err. */
    int (*start)(struct wf_job **out, struct weft_host *h, const json_t *request, char *err,
                 size_t err_cap);
};

extern const struct wf_job_kind wf_job_ping, wf_job_traceroute, wf_job_fetch;

/** wf_job_find() - The kind of job with this "cmd", NULL if there is none */
const struct wf_job_kind *wf_job_find(const char *cmd);

/** wf_job_emit() - Tell an event; "done" ends the job */
void wf_job_emit(struct wf_job *job, json_t *event, bool is_done);

/** wf_job_error() - Write a line to a job's error buffer; returns -1 */
int wf_job_error(char *err, size_t cap, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/** wf_job_number() - A number of a request within 0..@max; @def if it is not there or is none */
uint64_t wf_job_number(const json_t *request, const char *key, uint64_t max, uint64_t def);

/** wf_job_flag() - Whether a member of a request is true */
bool wf_job_flag(const json_t *request, const char *key);

/** wf_job_address() - An address of a request; false if it is there and is none */
bool wf_job_address(const json_t *request, const char *key, struct weft_addr *out);

/** wf_job_address_json() - An address as text; unspecified: that of @st on the way to @dst */
json_t *wf_job_address_json(const struct weft_stack *st, const struct weft_addr *a,
                            const struct weft_addr *dst);

#define WF_JOB_KINDS 3

struct served;

/** struct wf_jobs - The jobs of a control socket; begins all zero */
struct wf_jobs {
    struct served *first; /* Private. */
    struct wf_jobs_command {
        const struct wf_job_kind *kind;
        struct wf_jobs *jobs;
    } commands[WF_JOB_KINDS];
};

/** wf_jobs_serve() - Have a control socket accept requests for jobs, and "end" for the last one */
int wf_jobs_serve(struct wf_jobs *jobs, struct weft_ctl *ctl) __attribute__((warn_unused_result));

/** wf_jobs_end() - Free what is left of the jobs, after the control socket was closed */
void wf_jobs_end(struct wf_jobs *jobs);

#endif /* WEFT_TOOLS_JOB_H */
