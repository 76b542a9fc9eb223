/* SPDX-License-Identifier: MIT */
/** DOC: What each kind of step has measured when it ends */
#include <inttypes.h>
#include <string.h>

#include "run.h"

/* Counters of the sender that a TCP step compares with those before it. */
enum { SEGS, RETRANS, RTOS, RECOVERIES, TLPS };
static const enum weft_counter counted[LAB_COUNTED_MAX] = {
    [SEGS] = WEFT_COUNT_TCP_SEGS_OUT, [RETRANS] = WEFT_COUNT_TCP_RETRANS_SEGS,
    [RTOS] = WEFT_COUNT_TCP_RTOS,     [RECOVERIES] = WEFT_COUNT_TCP_RECOVERIES,
    [TLPS] = WEFT_COUNT_TCP_TLPS,
};

const struct weft_actor_result *wf_step_result(const struct lab_step *s, size_t i)
{
    return weft_actor_result(((struct weft_actor *const *)s->clients.items)[i]);
}

void wf_step_count(struct lab_run *run, const struct lab_step *s, uint64_t out[LAB_COUNTED_MAX])
{
    struct weft_stack *st = weft_node_stack(wf_lab_node(run->lab, s->from)->node);
    for (size_t i = 0; i < LAB_COUNTED_MAX; i++)
        out[i] = weft_counter(st, counted[i]);
}

static void set_number(struct lab_step *s, const char *name, uint64_t value)
{
    size_t n;
    const struct lab_metric *m = wf_lab_metrics(s->kind, &n);
    for (size_t i = 0; i < n; i++) {
        if (strcmp(m[i].name, name) == 0)
            s->values[i] = (struct lab_value){.number = value, .is_there = true};
    }
}

static void set_text(struct lab_step *s, const char *name, const char *text)
{
    size_t n;
    const struct lab_metric *m = wf_lab_metrics(s->kind, &n);
    for (size_t i = 0; i < n; i++) {
        if (strcmp(m[i].name, name) == 0)
            s->values[i] = (struct lab_value){.text = text, .is_there = true};
    }
}

const char *wf_step_error_name(int err)
{
    return err >= 0 && err < WEFT_ERR_COUNT ? wf_lab_error_names[err] : "unknown";
}

static const char *time_text(struct lab_run *run, uint64_t ns)
{
    char buf[32];
    return wf_lab_strdup(&run->lab->arena, wf_units_text(buf, sizeof(buf), LAB_UNIT_TIME, ns));
}

static void measure_echoes(struct lab_run *run, struct lab_step *s)
{
    uint64_t sent = 0, done = 0, dups = 0, bytes = 0, sum = 0, max = 0, min = UINT64_MAX;
    int err = 0;
    for (size_t i = 0; i < s->clients.n; i++) {
        const struct weft_actor_result *r = wf_step_result(s, i);
        sent += r->sent;
        done += r->done;
        dups += r->duplicates;
        bytes += r->bytes_in;
        sum += r->rtt_sum_ns;
        max = r->rtt_max_ns > max ? r->rtt_max_ns : max;
        min = r->done != 0 && r->rtt_min_ns < min ? r->rtt_min_ns : min;
        err = err != 0 ? err : r->err;
    }
    bool is_one_way = s->kind == LAB_STEP_UDP && !s->talk.is_echoed;
    if (is_one_way && s->server != NULL) {
        done = weft_actor_result(s->server)->done;
        bytes = weft_actor_result(s->server)->bytes_in;
        dups = done > sent ? done - sent : 0;
        done -= dups;
    }
    set_number(s, "sent", sent);
    set_number(s, "received", done);
    set_number(s, "loss", sent != 0 ? (sent - done) * LAB_SHARE_ONE / sent : 0);
    set_number(s, "duplicates", dups);
    set_number(s, "bytes", bytes);
    set_text(s, "error", wf_step_error_name(err));
    if (done == 0 || is_one_way) {
        s->summary =
            wf_lab_printf(&run->lab->arena, "%" PRIu64 " sent, %" PRIu64 " received%s%s", sent,
                          done, err != 0 ? ", " : "", err != 0 ? wf_step_error_name(err) : "");
        return;
    }
    set_number(s, "rtt-min", min);
    set_number(s, "rtt-avg", sum / done);
    set_number(s, "rtt-max", max);
    s->summary = wf_lab_printf(
        &run->lab->arena, "%" PRIu64 " sent, %" PRIu64 " received, rtt %s / %s / %s", sent, done,
        time_text(run, min), time_text(run, sum / done), time_text(run, max));
}

/* What stations on the way wrote into the IP options of the last answer. */
static void measure_options(struct lab_run *run, struct lab_step *s)
{
    const struct weft_actor_result *r = wf_step_result(s, 0);
    const uint8_t *o = r->options;
    struct lab_buf b = {0};
    bool is_route = s->talk.record == 1;
    unsigned slot = s->talk.record == 3 ? 8 : 4, first = is_route ? 3 : 4, n = 0;
    bool has_any = r->options_n >= 4 && o[0] == (is_route ? 7 : 68) && o[1] <= r->options_n;
    wf_buf_str(&b, "");
    for (unsigned at = first; has_any && at + slot < o[2] + 0U && at + slot <= o[1]; at += slot) {
        struct weft_addr a = weft_ip4(o[at], o[at + 1], o[at + 2], o[at + 3]);
        char text[48];
        weft_addr_text(text, sizeof(text), &a);
        if (s->talk.record != 2)
            wf_buf_printf(&b, "%s%s", n != 0 ? " " : "", text);
        n++;
    }
    set_text(s, "recorded", wf_lab_strdup(&run->lab->arena, b.s));
    set_number(s, "stamps", is_route ? 0 : n);
    wf_buf_free(&b);
}

static void measure_heard(struct lab_run *run, struct lab_step *s)
{
    struct lab_buf b = {0};
    uint64_t sum = 0;
    wf_broadcast_end(run, s);
    wf_buf_str(&b, "");
    for (size_t i = 0; i < run->lab->nodes.n; i++) {
        if (s->broadcast.heard[i] == 0)
            continue;
        wf_buf_printf(&b, "%s%s", sum != 0 ? " " : "", wf_lab_node(run->lab, i)->name);
        sum += s->broadcast.heard[i];
    }
    set_text(s, "heard", wf_lab_strdup(&run->lab->arena, sum != 0 ? b.s : "nobody"));
    set_number(s, "received", sum);
    s->summary = wf_lab_printf(&run->lab->arena, "heard by %s", sum != 0 ? b.s : "nobody");
    wf_buf_free(&b);
}

static void measure_hops(struct lab_run *run, struct lab_step *s)
{
    const struct weft_actor_result *r = wf_step_result(s, 0);
    struct lab_buf b = {0};
    wf_buf_str(&b, "");
    for (uint32_t i = 0; i < r->hops; i++) {
        static const struct weft_addr none;
        char addr[48] = "*";
        if (memcmp(r->hop[i].from.b, none.b, sizeof(none.b)) != 0)
            weft_addr_text(addr, sizeof(addr), &r->hop[i].from);
        wf_buf_printf(&b, "%s%s", i != 0 ? " " : "", addr);
    }
    set_text(s, "hops", wf_lab_strdup(&run->lab->arena, b.s));
    set_number(s, "hop-count", r->hops);
    set_text(s, "reached", r->has_reached ? "yes" : "no");
    s->summary = wf_lab_printf(&run->lab->arena, "%u hop%s: %s%s", r->hops, r->hops == 1 ? "" : "s",
                               b.s, r->has_reached ? "" : ", not reached");
    wf_buf_free(&b);
}

/* What the sender's node has counted meanwhile; a node that has booted counts anew. */
static void count_since(struct lab_run *run, const struct lab_step *s, uint64_t n[LAB_COUNTED_MAX])
{
    wf_step_count(run, s, n);
    for (size_t i = 0; i < LAB_COUNTED_MAX; i++)
        n[i] -= n[i] >= s->before[i] ? s->before[i] : 0;
}

static void measure_windows(struct lab_step *s)
{
    if (!s->has_tcp)
        return;
    set_number(s, "rtt", (uint64_t)s->tcp.srtt_us * 1000);
    if (s->cwnd_max == 0)
        return;
    set_number(s, "rtt-highest", (uint64_t)s->srtt_max_us * 1000);
    set_number(s, "cwnd-min", s->cwnd_min);
    set_number(s, "cwnd-max", s->cwnd_max);
    set_number(s, "flight-max", s->flight_max);
}

static void measure_tcp(struct lab_run *run, struct lab_step *s)
{
    const struct weft_actor_result *c = wf_step_result(s, 0), *v = weft_actor_result(s->server);
    uint64_t ns = s->ended_ns - s->started_ns, n[LAB_COUNTED_MAX];
    count_since(run, s, n);
    bool is_right = v->bad_offset == UINT64_MAX && c->bad_offset == UINT64_MAX;
    bool is_whole =
        s->talk.span != 0 || (v->bytes_in == s->talk.bytes && c->bytes_in == s->talk.reply);
    int err = c->err != 0 ? c->err : v->err;
    uint64_t bytes = v->bytes_in + c->bytes_in;
    double bits = ns != 0 ? (double)bytes * 8e9 / (double)ns : 0;
    set_number(s, "bytes", v->bytes_in);
    set_number(s, "reply-bytes", c->bytes_in);
    set_text(s, "verified", is_right && is_whole ? "yes" : "no");
    set_number(s, "rate", (uint64_t)bits);
    set_number(s, "segments", n[SEGS]);
    set_number(s, "retransmits", n[RETRANS]);
    set_number(s, "timeouts", n[RTOS]);
    set_number(s, "recoveries", n[RECOVERIES]);
    set_number(s, "tail-probes", n[TLPS]);
    measure_windows(s);
    set_text(s, "error", wf_step_error_name(err));
    char rate[32], size[32];
    s->summary =
        wf_lab_printf(&run->lab->arena, "%s %s, %s, %" PRIu64 " retransmitted%s%s",
                      wf_units_text(size, sizeof(size), LAB_UNIT_BYTES, bytes),
                      is_right && is_whole ? "checked" : "not all arrived",
                      wf_units_text(rate, sizeof(rate), LAB_UNIT_RATE, (uint64_t)bits), n[RETRANS],
                      err != 0 ? ", " : "", err != 0 ? wf_step_error_name(err) : "");
}

static void measure_requests(struct lab_run *run, struct lab_step *s)
{
    uint64_t n[LAB_COUNTED_MAX];
    measure_echoes(run, s);
    count_since(run, s, n);
    set_number(s, "sent", s->talk.count);
    const struct weft_actor_result *r = wf_step_result(s, 0);
    if (r->done != 0)
        s->summary =
            wf_lab_printf(&run->lab->arena, "%" PRIu64 " of %" PRIu64 " answered, in %s / %s / %s",
                          r->done, s->talk.count, time_text(run, r->rtt_min_ns),
                          time_text(run, r->rtt_sum_ns / r->done), time_text(run, r->rtt_max_ns));
    set_number(s, "segments", n[SEGS]);
    set_number(s, "retransmits", n[RETRANS]);
}

/* ---- transfers side by side ---- */

void wf_measure_begin(struct lab_run *run, struct lab_step *s)
{
    for (size_t i = 0; i < run->steps_now_n && s->shares.n < LAB_SHARERS_MAX; i++) {
        const struct lab_step *other = &run->steps_now[i];
        if (other->kind != LAB_STEP_TCP || other->outcome != LAB_RUNNING || other->server == NULL)
            continue;
        struct lab_share *share = wf_vec_push(&s->shares, sizeof(*share));
        share->step = other;
        share->before = weft_actor_result(other->server)->bytes_in;
    }
}

/* Jain's index: the square of the sum, by the number times the sum of the squares. */
static void measure_shares(struct lab_run *run, struct lab_step *s)
{
    double sum = 0, squares = 0, min = 0, max = 0;
    double seconds = (double)(s->ended_ns - s->started_ns) / 1e9;
    size_t n = s->shares.n;
    for (size_t i = 0; i < n; i++) {
        const struct lab_share *share = (const struct lab_share *)s->shares.items + i;
        uint64_t bytes = weft_actor_result(share->step->server)->bytes_in - share->before;
        double rate = seconds > 0 ? (double)bytes * 8 / seconds : 0;
        sum += rate;
        squares += rate * rate;
        min = i == 0 || rate < min ? rate : min;
        max = rate > max ? rate : max;
    }
    set_number(s, "flows", n);
    set_number(s, "rate", (uint64_t)sum);
    set_number(s, "rate-min", (uint64_t)min);
    set_number(s, "rate-max", (uint64_t)max);
    double jain = squares > 0 ? sum * sum / ((double)n * squares) : 0;
    if (squares > 0)
        set_number(s, "jain", (uint64_t)(jain * LAB_SHARE_ONE + 0.5));
    char rate[32];
    s->summary =
        wf_lab_printf(&run->lab->arena, "%zu flows, %s together, Jain's index %.3f", n,
                      wf_units_text(rate, sizeof(rate), LAB_UNIT_RATE, (uint64_t)sum), jain);
}

void wf_measure(struct lab_run *run, struct lab_step *s)
{
    const struct lab_link *link;
    set_number(s, "time", s->ended_ns - s->started_ns);
    switch (s->kind) {
    case LAB_STEP_PING:
        measure_echoes(run, s);
        measure_options(run, s);
        break;
    case LAB_STEP_UDP:
        measure_echoes(run, s);
        break;
    case LAB_STEP_TRACEROUTE:
        measure_hops(run, s);
        break;
    case LAB_STEP_TCP:
    case LAB_STEP_MEET:
        measure_tcp(run, s);
        break;
    case LAB_STEP_REQUESTS:
        measure_requests(run, s);
        break;
    case LAB_STEP_MEASURE:
        measure_shares(run, s);
        break;
    case LAB_STEP_FLOOD:
        set_number(s, "sent", s->flooded);
        s->summary = wf_lab_printf(&run->lab->arena, "%" PRIu64 " SYNs sent", s->flooded);
        break;
    case LAB_STEP_BROADCAST:
        measure_heard(run, s);
        break;
    case LAB_STEP_NEIGH:
        s->summary = "changed";
        break;
    case LAB_STEP_FORGE:
        s->summary = wf_lab_printf(&run->lab->arena, "%" PRIu64 " messages sent", s->flooded);
        break;
    case LAB_STEP_NODE:
        s->summary =
            weft_node_is_down(wf_lab_node(run->lab, s->from)->node) ? "it is down" : "it is up";
        break;
    case LAB_STEP_GROUP:
        s->summary = "done";
        break;
    case LAB_STEP_REFUSED:
        set_text(s, "error", wf_step_error_name(wf_step_result(s, 0)->err));
        s->summary = wf_step_error_name(wf_step_result(s, 0)->err);
        break;
    case LAB_STEP_LINK:
        link = wf_lab_link(run->lab, s->link_index);
        s->summary = s->link.what == LAB_LINK_CHANGE ? "the link is changed"
                     : weft_link_is_cut(link->link)  ? "the link is cut"
                                                     : "the link is whole";
        break;
    case LAB_STEP_ARP:
        s->summary = s->arp.clear != NULL ? "cleared" : "looked at";
        break;
    case LAB_STEP_WAIT:
    case LAB_STEP_SHOW:
    case LAB_STEP_PARALLEL:
    case LAB_STEP_KINDS:
        s->summary = "";
        break;
    }
}
