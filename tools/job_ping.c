/* SPDX-License-Identifier: MIT */
/**
 * DOC: job ping - echo requests for `weft ping`
 *
 * Request: to, and optionally count, interval_ns, timeout_ns, deadline_ns, size, ttl, tos, id,
 * from, df, broadcast, pattern (hexadecimal), preload, query (echo, timestamp, information, mask),
 * and IP options (ipopts.h).
 * Events: sent, reply, duplicate, bad-data, error, unsent, lost (each with seq), done.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ipopts.h"
#include "job.h"
#include "tool.h"
#include "weft/svc.h"

#define SLOTS_N 4096

struct ping_job {
    struct wf_job job;
    struct weft_ping ping;
    struct weft_addr to;
    struct weft_ping_slot slots[SLOTS_N];
    uint8_t buf[WEFT_ICMP_HDR_BYTES + WEFT_PING_DATA_MAX];
};

static const char *const kind_names[] = {
    [WEFT_PING_NONE] = "none",         [WEFT_PING_SENT] = "sent",
    [WEFT_PING_REPLY] = "reply",       [WEFT_PING_DUPLICATE] = "duplicate",
    [WEFT_PING_BAD_DATA] = "bad-data", [WEFT_PING_ERROR] = "error",
    [WEFT_PING_UNSENT] = "unsent",     [WEFT_PING_LOST] = "lost",
    [WEFT_PING_DONE] = "done",
};

static json_t *number(uint64_t v)
{
    return json_integer((json_int_t)v);
}

static const char *const query_names[] = {
    [WEFT_PING_ECHO] = "echo",
    [WEFT_PING_TIMESTAMP] = "timestamp",
    [WEFT_PING_INFORMATION] = "information",
    [WEFT_PING_MASK] = "mask",
};

/* What an answer to another query than echo says. */
static void set_answer(json_t *o, const struct ping_job *p, const struct weft_ping_event *ev)
{
    char mask[48];
    struct weft_addr a = weft_ip4((uint8_t)(ev->mask >> 24), (uint8_t)(ev->mask >> 16),
                                  (uint8_t)(ev->mask >> 8), (uint8_t)ev->mask);
    if (p->ping.cfg.query == WEFT_PING_MASK) {
        weft_addr_text(mask, sizeof(mask), &a);
        (void)json_object_set_new(o, "mask", json_string(mask));
    } else if (p->ping.cfg.query == WEFT_PING_TIMESTAMP) {
        (void)json_object_set_new(o, "originate_ms", number(ev->originate_ms));
        (void)json_object_set_new(o, "receive_ms", number(ev->receive_ms));
        (void)json_object_set_new(o, "transmit_ms", number(ev->transmit_ms));
    }
}

static json_t *event_json(const struct ping_job *p, const struct weft_ping_event *ev)
{
    json_t *o = json_pack("{s:s,s:o}", "event", kind_names[ev->kind], "seq", number(ev->seq));
    if (ev->kind == WEFT_PING_REPLY || ev->kind == WEFT_PING_DUPLICATE ||
        ev->kind == WEFT_PING_BAD_DATA || ev->kind == WEFT_PING_ERROR)
        (void)json_object_set_new(
            o, "from", wf_job_address_json(weft_host_stack(p->job.h), &ev->from, &p->to));
    if (ev->bytes > 0) {
        (void)json_object_set_new(o, "bytes", number(ev->bytes));
        (void)json_object_set_new(o, "ttl", number(ev->ttl));
        (void)json_object_set_new(o, "rtt_ns", number(ev->rtt_ns));
        set_answer(o, p, ev);
        wf_ipopts_tell(o, ev->opts, ev->opts_bytes);
    }
    if (ev->kind == WEFT_PING_UNSENT && ev->info > 0)
        (void)json_object_set_new(o, "mtu", number(ev->info));
    if (ev->kind == WEFT_PING_BAD_DATA)
        (void)json_object_set_new(o, "bad_offset", number(ev->bad_offset));
    if (ev->kind == WEFT_PING_ERROR) {
        (void)json_object_set_new(o, "icmp_type", number(ev->icmp_type));
        (void)json_object_set_new(o, "icmp_code", number(ev->icmp_code));
        (void)json_object_set_new(o, ev->icmp_type == 12 ? "pointer" : "mtu", number(ev->info));
    }
    if (ev->err != 0)
        (void)json_object_set_new(o, "why", json_string(weft_strerror(ev->err)));
    return o;
}

static json_t *done_json(const struct ping_job *p)
{
    struct weft_ping_stats s;
    weft_ping_stats(&p->ping, &s);
    return json_pack("{s:s,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o}", "event", "done",
                     "transmitted", number(s.transmitted), "received", number(s.received),
                     "duplicates", number(s.duplicates), "reordered", number(s.reordered), "errors",
                     number(s.errors), "bad_data", number(s.bad), "loss_permille",
                     number(s.loss_permille), "time_ns", number(s.time_ns), "rtt_min_ns",
                     number(s.min_ns), "rtt_avg_ns", number(s.avg_ns), "rtt_max_ns",
                     number(s.max_ns), "rtt_mdev_ns", number(s.mdev_ns));
}

static void finish(struct ping_job *p)
{
    struct weft_dispatch *d = weft_host_dispatch(p->job.h);
    weft_dispatch_disarm(d, &p->job.timer);
    weft_dispatch_forget(d, weft_ping_sock(&p->ping));
    weft_ping_end(&p->ping);
    wf_job_emit(&p->job, done_json(p), true);
}

static void pump(struct ping_job *p)
{
    struct weft_ping_event ev;
    while (!p->job.is_done) {
        uint64_t at_ns = weft_ping_step(&p->ping, weft_host_now(), &ev);
        if (ev.kind == WEFT_PING_DONE) {
            finish(p);
        } else if (ev.kind == WEFT_PING_NONE) {
            weft_dispatch_arm(weft_host_dispatch(p->job.h), &p->job.timer, at_ns);
            return;
        } else {
            wf_job_emit(&p->job, event_json(p, &ev), false);
        }
    }
}

static void on_ready(void *arg, uint64_t sock, uint32_t bits)
{
    (void)sock;
    (void)bits;
    pump(arg);
}

static void on_time(void *arg)
{
    pump(arg);
}

static void stop(struct wf_job *job)
{
    if (!job->is_done)
        finish((struct ping_job *)job);
}

static void free_job(struct wf_job *job)
{
    struct ping_job *p = (struct ping_job *)job;
    struct weft_dispatch *d = weft_host_dispatch(job->h);
    weft_dispatch_disarm(d, &job->timer);
    weft_dispatch_forget(d, weft_ping_sock(&p->ping));
    weft_ping_end(&p->ping);
    free(p);
}

static bool read_pattern(struct weft_ping_config *cfg, const char *hex)
{
    size_t n = hex != NULL ? strlen(hex) : 0;
    if (n > 2 * sizeof(cfg->pattern))
        return false;
    for (size_t i = 0; i < n; i += 2) {
        char two[3] = {hex[i], hex[i + 1], '\0'}, *end;
        cfg->pattern[i / 2] = (uint8_t)strtoul(two, &end, 16);
        if (*end != '\0' || end == two)
            return false;
        cfg->pattern_bytes++;
    }
    return true;
}

static bool read_query(struct weft_ping_config *cfg, const char *name)
{
    for (unsigned i = 0; name != NULL && i <= WEFT_PING_MASK; i++)
        if (strcmp(name, query_names[i]) == 0) {
            cfg->query = (enum weft_ping_query)i;
            return true;
        }
    return name == NULL;
}

static bool read_request(struct ping_job *p, struct weft_ping_config *cfg, const json_t *r)
{
    weft_ping_config_default(cfg);
    cfg->count = wf_job_number(r, "count", UINT32_MAX, 0);
    cfg->interval_ns = wf_job_number(r, "interval_ns", INT64_MAX, cfg->interval_ns);
    cfg->timeout_ns = wf_job_number(r, "timeout_ns", INT64_MAX, 0);
    cfg->deadline_ns = wf_job_number(r, "deadline_ns", INT64_MAX, 0);
    cfg->size = (uint32_t)wf_job_number(r, "size", WEFT_PING_DATA_MAX, cfg->size);
    cfg->id = (uint16_t)wf_job_number(r, "id", UINT16_MAX, 0);
    cfg->ttl = (uint8_t)wf_job_number(r, "ttl", UINT8_MAX, 0);
    cfg->tos = (uint8_t)wf_job_number(r, "tos", UINT8_MAX, 0);
    cfg->preload = (uint32_t)wf_job_number(r, "preload", SLOTS_N, 0);
    cfg->utc_ms = (uint32_t)wf_utc_ms(); /* -1 is more than a day. */
    cfg->has_df = wf_job_flag(r, "df");
    cfg->is_any_sender = wf_job_flag(r, "broadcast");
    cfg->slots = p->slots;
    cfg->slots_n = SLOTS_N;
    cfg->buf = p->buf;
    cfg->buf_bytes = sizeof(p->buf);
    int opts = wf_ipopts_build(cfg->opts, r);
    cfg->opts_bytes = (uint8_t)(opts > 0 ? opts : 0);
    return opts >= 0 && read_query(cfg, json_string_value(json_object_get(r, "query"))) &&
           read_pattern(cfg, json_string_value(json_object_get(r, "pattern"))) &&
           json_object_get(r, "to") != NULL && wf_job_address(r, "to", &cfg->to) &&
           wf_job_address(r, "from", &cfg->from);
}

static int start(struct wf_job **out, struct weft_host *h, const json_t *request, char *err,
                 size_t err_cap)
{
    struct weft_ping_config cfg;
    struct ping_job *p = calloc(1, sizeof(*p));
    if (p == NULL)
        return wf_job_error(err, err_cap, "out of memory");
    int r = -WEFT_EINVAL;
    if (read_request(p, &cfg, request))
        r = weft_ping_start(&p->ping, weft_host_stack(h), &cfg, weft_host_now());
    p->to = cfg.to;
    p->job = (struct wf_job){.h = h, .stop = stop, .free = free_job};
    p->job.timer = (struct weft_timer){.fn = on_time, .arg = p};
    if (r == 0) {
        r = weft_dispatch_watch(weft_host_dispatch(h), weft_ping_sock(&p->ping), on_ready, p);
        if (r != 0)
            weft_ping_end(&p->ping);
    }
    if (r != 0) {
        free(p);
        return wf_job_error(err, err_cap, "cannot ping: %s", weft_strerror(r));
    }
    *out = &p->job;
    return 0;
}

const struct wf_job_kind wf_job_ping = {"ping", start};
