/* SPDX-License-Identifier: MIT */
/**
 * DOC: job fetch - HTTP requests for `weft fetch`
 *
 * Request: url, and optionally follow, idle_ms; out_fd and put_fd inside the own process. Events:
 * progress (bytes, total), done (status, why, figures). A job of a running host keeps the body in a
 * file without a name and sends its body_bytes behind "done".
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "job.h"

#define PROGRESS_NS 500000000ull
#define RETRY_NS    2000000ull
#define PIECE_BYTES 65536

struct fetch_job {
    struct wf_job job;
    struct weft_fetch *fetch;
    int spool_fd; /* -1 = the body goes to a descriptor of the request. */
    uint64_t spool_at, spool_end;
};

static json_t *number(uint64_t v)
{
    return json_integer((json_int_t)v);
}

static void on_time(void *arg)
{
    struct fetch_job *f = arg;
    const struct weft_fetch_result *r = weft_fetch_result(f->fetch);
    json_t *event = json_pack("{s:s,s:o}", "event", "progress", "bytes", number(r->bytes));
    if (r->total != UINT64_MAX)
        (void)json_object_set_new(event, "total", number(r->total));
    wf_job_emit(&f->job, event, false);
    weft_dispatch_arm(weft_host_dispatch(f->job.h), &f->job.timer, weft_host_now() + PROGRESS_NS);
}

/* Sends the spooled body as fast as the client takes it. */
static void send_spool(void *arg)
{
    struct fetch_job *f = arg;
    char buf[PIECE_BYTES];
    while (f->spool_at < f->spool_end) {
        ssize_t n = pread(f->spool_fd, buf, sizeof(buf), (off_t)f->spool_at);
        if (n <= 0)
            return;
        if (f->job.write(f->job.arg, buf, (size_t)n) != 0) {
            weft_dispatch_arm(weft_host_dispatch(f->job.h), &f->job.timer,
                              weft_host_now() + RETRY_NS);
            return;
        }
        f->spool_at += (uint64_t)n;
    }
}

static json_t *done_json(const struct weft_fetch_result *r)
{
    json_t *o = json_pack("{s:s,s:b,s:i,s:s,s:o,s:o}", "event", "done", "is_ok", (int)r->is_ok,
                          "status", r->status, "why", r->text, "bytes", number(r->bytes), "time_ns",
                          number(r->end_ns - r->start_ns));
    if (r->first_byte_ns != 0)
        (void)json_object_set_new(o, "first_byte_ns", number(r->first_byte_ns - r->start_ns));
    return o;
}

static void finish(struct fetch_job *f, json_t *done)
{
    struct weft_dispatch *d = weft_host_dispatch(f->job.h);
    weft_dispatch_disarm(d, &f->job.timer);
    off_t end = f->spool_fd >= 0 ? lseek(f->spool_fd, 0, SEEK_END) : 0;
    f->spool_end = end > 0 && f->job.write != NULL ? (uint64_t)end : 0;
    if (f->spool_end > 0)
        (void)json_object_set_new(done, "body_bytes", number(f->spool_end));
    f->job.timer.fn = send_spool;
    wf_job_emit(&f->job, done, true);
    if (f->spool_end > 0)
        weft_dispatch_arm(d, &f->job.timer, weft_host_now());
}

static void on_done(void *arg, const struct weft_fetch_result *r)
{
    finish(arg, done_json(r));
}

static void stop(struct wf_job *job)
{
    struct fetch_job *f = (struct fetch_job *)job;
    if (job->is_done)
        return;
    json_t *done = done_json(weft_fetch_result(f->fetch));
    (void)json_object_set_new(done, "why", json_string("interrupted"));
    (void)json_object_set_new(done, "is_ok", json_false());
    (void)json_object_set_new(done, "time_ns", json_integer(0));
    weft_fetch_free(f->fetch);
    f->fetch = NULL;
    finish(f, done);
}

static void free_job(struct wf_job *job)
{
    struct fetch_job *f = (struct fetch_job *)job;
    weft_dispatch_disarm(weft_host_dispatch(job->h), &job->timer);
    weft_fetch_free(f->fetch);
    if (f->spool_fd >= 0)
        (void)close(f->spool_fd);
    free(f);
}

/* A file without a name: on disk if it can be, else in memory. */
static int open_spool(void)
{
    int fd = open("/var/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    return fd >= 0 ? fd : memfd_create("weft-fetch", MFD_CLOEXEC);
}

static int start(struct wf_job **out, struct weft_host *h, const json_t *request, char *err,
                 size_t err_cap)
{
    struct weft_fetch_config cfg = {.put_fd = -1, .on_done = on_done};
    const char *url = json_string_value(json_object_get(request, "url"));
    if (url == NULL || weft_url_parse(&cfg.url, url) != 0)
        return wf_job_error(err, err_cap, "not a URL such as http://10.0.0.1/index.html");
    struct fetch_job *f = calloc(1, sizeof(*f));
    if (f == NULL)
        return wf_job_error(err, err_cap, "out of memory");
    const json_t *out_fd = json_object_get(request, "out_fd");
    f->spool_fd = out_fd == NULL ? open_spool() : -1;
    cfg.out_fd = out_fd == NULL ? f->spool_fd : (int)json_integer_value(out_fd);
    if (json_object_get(request, "put_fd") != NULL)
        cfg.put_fd = (int)json_integer_value(json_object_get(request, "put_fd"));
    cfg.is_following = wf_job_flag(request, "follow");
    cfg.idle_ms = (uint32_t)wf_job_number(request, "idle_ms", UINT32_MAX, 0);
    cfg.arg = f;
    f->job = (struct wf_job){.h = h, .stop = stop, .free = free_job};
    f->job.timer = (struct weft_timer){.fn = on_time, .arg = f};
    int r = weft_fetch_start(weft_host_dispatch(h), &cfg, &f->fetch);
    if (r != 0) {
        if (f->spool_fd >= 0)
            (void)close(f->spool_fd);
        free(f);
        return wf_job_error(err, err_cap, "%s: %s", url, weft_strerror(r));
    }
    weft_dispatch_arm(weft_host_dispatch(h), &f->job.timer, weft_host_now() + PROGRESS_NS);
    *out = &f->job;
    return 0;
}

const struct wf_job_kind wf_job_fetch = {"fetch", start};
