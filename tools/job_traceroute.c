/* SPDX-License-Identifier: MIT */
/**
 * DOC: job traceroute - the way to a host for `weft traceroute`
 *
 * Request: to, and optionally icmp, tcp, mtu_discovery, first_hop, max_hops, queries, parallel,
 * timeout_ns, size, port, tos, from, df. Events: probe (hop, query, answer, from, rtt_ns,
 * extensions, ...), done (reached).
 */
#include <stdlib.h>
#include <string.h>

#include "icmpext.h"
#include "job.h"
#include "weft/svc.h"

#define SLOTS_N 256

struct trace_job {
    struct wf_job job;
    struct weft_traceroute trace;
    struct weft_addr to;
    struct weft_trace_slot slots[SLOTS_N];
    uint8_t buf[WEFT_ICMP_HDR_BYTES + WEFT_PING_DATA_MAX];
};

static const char *answer_name(enum weft_trace_answer a)
{
    switch (a) {
    case WEFT_TRACE_NO_ANSWER:
        return "none";
    case WEFT_TRACE_ON_THE_WAY:
        return "on-the-way";
    case WEFT_TRACE_REACHED:
        return "reached";
    case WEFT_TRACE_REFUSED:
        return "refused";
    case WEFT_TRACE_UNSENT:
        return "unsent";
    }
    return "?";
}

static json_t *probe_json(const struct trace_job *t, const struct weft_traceroute_event *ev)
{
    json_t *o =
        json_pack("{s:s,s:i,s:i,s:s,s:b}", "event", "probe", "hop", (int)ev->hop, "query",
                  (int)ev->query, "answer", answer_name(ev->answer), "last", (int)ev->is_last);
    if (ev->answer == WEFT_TRACE_UNSENT)
        (void)json_object_set_new(o, "why", json_string(weft_strerror(ev->err)));
    if (ev->answer == WEFT_TRACE_NO_ANSWER || ev->answer == WEFT_TRACE_UNSENT)
        return o;
    (void)json_object_set_new(o, "from",
                              wf_job_address_json(weft_host_stack(t->job.h), &ev->from, &t->to));
    (void)json_object_set_new(o, "rtt_ns", json_integer((json_int_t)ev->rtt_ns));
    if (ev->mtu != 0)
        (void)json_object_set_new(o, "path_mtu", json_integer((json_int_t)ev->mtu));
    if (ev->reply_ttl != 0)
        (void)json_object_set_new(o, "ttl", json_integer(ev->reply_ttl));
    if (ev->ext_bytes != 0)
        (void)json_object_set_new(o, "extensions", wf_icmpext_json(ev->ext, ev->ext_bytes));
    if (ev->answer == WEFT_TRACE_REFUSED) {
        (void)json_object_set_new(o, "icmp_type", json_integer(ev->icmp_type));
        (void)json_object_set_new(o, "icmp_code", json_integer(ev->icmp_code));
        (void)json_object_set_new(o, "mtu", json_integer((json_int_t)ev->info));
        (void)json_object_set_new(o, "why", json_string(weft_strerror(ev->err)));
    }
    return o;
}

static void finish(struct trace_job *t, bool is_reached, uint32_t mtu)
{
    struct weft_dispatch *d = weft_host_dispatch(t->job.h);
    weft_dispatch_disarm(d, &t->job.timer);
    weft_dispatch_forget(d, weft_traceroute_sock(&t->trace));
    weft_traceroute_end(&t->trace);
    json_t *done = json_pack("{s:s,s:b}", "event", "done", "reached", (int)is_reached);
    if (mtu != 0)
        (void)json_object_set_new(done, "path_mtu", json_integer((json_int_t)mtu));
    wf_job_emit(&t->job, done, true);
}

static void on_ready(void *arg, uint64_t sock, uint32_t bits);

static void pump(struct trace_job *t)
{
    struct weft_traceroute_event ev;
    while (!t->job.is_done) {
        uint64_t at_ns = weft_traceroute_step(&t->trace, weft_host_now(), &ev);
        if (ev.kind == WEFT_TRACEROUTE_DONE) {
            finish(t, ev.is_reached, ev.mtu);
        } else if (ev.kind == WEFT_TRACEROUTE_OPENED) {
            /* Unwatched, its answer is seen at the next one. */
            (void)!weft_dispatch_watch(weft_host_dispatch(t->job.h), ev.sock, on_ready, t);
        } else if (ev.kind == WEFT_TRACEROUTE_CLOSED) {
            weft_dispatch_forget(weft_host_dispatch(t->job.h), ev.sock);
        } else if (ev.kind == WEFT_TRACEROUTE_NONE) {
            weft_dispatch_arm(weft_host_dispatch(t->job.h), &t->job.timer, at_ns);
            return;
        } else {
            wf_job_emit(&t->job, probe_json(t, &ev), false);
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
        finish((struct trace_job *)job, false, 0);
}

static void free_job(struct wf_job *job)
{
    struct trace_job *t = (struct trace_job *)job;
    struct weft_dispatch *d = weft_host_dispatch(job->h);
    weft_dispatch_disarm(d, &job->timer);
    weft_dispatch_forget(d, weft_traceroute_sock(&t->trace));
    weft_traceroute_end(&t->trace);
    free(t);
}

static bool read_request(struct trace_job *t, struct weft_traceroute_config *cfg, const json_t *r)
{
    weft_traceroute_config_default(cfg);
    cfg->how = wf_job_flag(r, "icmp")  ? WEFT_TRACE_ICMP
               : wf_job_flag(r, "tcp") ? WEFT_TRACE_TCP
                                       : WEFT_TRACE_UDP;
    cfg->finds_mtu = wf_job_flag(r, "mtu_discovery");
    cfg->timeout_ns = wf_job_number(r, "timeout_ns", INT64_MAX, cfg->timeout_ns);
    cfg->size = (uint32_t)wf_job_number(r, "size", WEFT_PING_DATA_MAX, cfg->size);
    cfg->port = (uint16_t)wf_job_number(r, "port", UINT16_MAX, cfg->port);
    cfg->first_hop = (uint8_t)wf_job_number(r, "first_hop", UINT8_MAX, cfg->first_hop);
    cfg->max_hops = (uint8_t)wf_job_number(r, "max_hops", UINT8_MAX, cfg->max_hops);
    cfg->queries = (uint8_t)wf_job_number(r, "queries", UINT8_MAX, cfg->queries);
    cfg->tos = (uint8_t)wf_job_number(r, "tos", UINT8_MAX, 0);
    cfg->has_df = wf_job_flag(r, "df");
    cfg->slots = t->slots;
    cfg->slots_n = (uint32_t)wf_job_number(r, "parallel", SLOTS_N, 16);
    cfg->buf = t->buf;
    cfg->buf_bytes = sizeof(t->buf);
    return json_object_get(r, "to") != NULL && wf_job_address(r, "to", &cfg->to) &&
           wf_job_address(r, "from", &cfg->from);
}

static int start(struct wf_job **out, struct weft_host *h, const json_t *request, char *err,
                 size_t err_cap)
{
    struct weft_traceroute_config cfg;
    struct trace_job *t = calloc(1, sizeof(*t));
    if (t == NULL)
        return wf_job_error(err, err_cap, "out of memory");
    int r = -WEFT_EINVAL;
    if (read_request(t, &cfg, request))
        r = weft_traceroute_start(&t->trace, weft_host_stack(h), &cfg);
    t->to = cfg.to;
    t->job = (struct wf_job){.h = h, .stop = stop, .free = free_job};
    t->job.timer = (struct weft_timer){.fn = on_time, .arg = t};
    if (r == 0) {
        r = weft_dispatch_watch(weft_host_dispatch(h), weft_traceroute_sock(&t->trace), on_ready,
                                t);
        if (r != 0)
            weft_traceroute_end(&t->trace);
    }
    if (r != 0) {
        free(t);
        return wf_job_error(err, err_cap, "cannot trace: %s", weft_strerror(r));
    }
    *out = &t->job;
    return 0;
}

const struct wf_job_kind wf_job_traceroute = {"traceroute", start};
