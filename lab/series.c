/* SPDX-License-Identifier: MIT */
#include "series.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_BIN_NS  20000U
#define SSTHRESH_NONE (1U << 30) /* Anything above means that no loss has set it yet. */

static void merge(struct lab_bin *a, const struct lab_bin *b)
{
    if (b->has_send) {
        a->has_send = true;
        a->sent_end = b->sent_end;
        a->snd_wnd = b->snd_wnd;
    }
    if (b->has_send || b->has_ack) {
        a->wnd_edge = b->wnd_edge;
        a->cwnd = b->cwnd;
    }
    if (b->has_ack) {
        a->has_ack = true;
        a->una = b->una;
        a->ssthresh = b->ssthresh;
        a->srtt_us = b->srtt_us;
        a->rto_us = b->rto_us;
    }
    if (b->has_recv) {
        a->has_recv = true;
        a->rcv_wnd = b->rcv_wnd;
    }
    if (b->retrans != 0)
        a->retrans_seq = b->retrans_seq;
    if (b->flight_max > a->flight_max)
        a->flight_max = b->flight_max;
    if (b->ooo_max > a->ooo_max)
        a->ooo_max = b->ooo_max;
    a->retrans += b->retrans;
    a->rtos += b->rtos;
    a->probes += b->probes;
    a->acked += b->acked;
    a->sent += b->sent;
    a->received += b->received;
}

static void halve(struct lab_flow *f)
{
    size_t n = 0;
    for (size_t i = 0; i < f->bins_n; i += 2, n++) {
        struct lab_bin b = f->bins[i];
        if (i + 1 < f->bins_n)
            merge(&b, &f->bins[i + 1]);
        f->bins[n] = b;
    }
    f->bins_n = n;
    f->bin_ns *= 2;
}

void wf_flow_coarsen(struct lab_flow *f, size_t bins_max)
{
    while (f->bins_n > bins_max)
        halve(f);
}

static struct lab_bin *bin_at(struct lab_flow *f, uint64_t time_ns)
{
    if (f->bins == NULL) {
        f->bins = wf_lab_realloc(NULL, LAB_BINS_MAX * sizeof(*f->bins));
        f->bin_ns = FIRST_BIN_NS;
        f->first_ns = time_ns;
    }
    uint64_t age = time_ns > f->first_ns ? time_ns - f->first_ns : 0;
    while (age / f->bin_ns >= LAB_BINS_MAX)
        halve(f);
    size_t i = (size_t)(age / f->bin_ns);
    if (i >= f->bins_n) {
        memset(&f->bins[f->bins_n], 0, (i + 1 - f->bins_n) * sizeof(*f->bins));
        f->bins_n = i + 1;
    }
    f->last_ns = time_ns > f->last_ns ? time_ns : f->last_ns;
    return &f->bins[i];
}

/* The 64-bit value next to @near whose lower half is @low. */
static uint64_t widen(uint64_t near, uint32_t low)
{
    int32_t step = (int32_t)(low - (uint32_t)near);
    if (step < 0 && near < (uint64_t) - (int64_t)step)
        return near;
    return step < 0 ? near - (uint64_t) - (int64_t)step : near + (uint64_t)step;
}

static void add_send(struct lab_flow *f, struct lab_bin *b, const struct weft_trace_rec *r)
{
    uint64_t seq = widen(f->nxt, r->v[0]), end = seq + r->v[1];
    enum weft_tcp_why why = (enum weft_tcp_why)r->v[2];
    if (why == WEFT_WHY_SYN) /* There are no windows yet. */
        return;
    b->has_send = true;
    if (r->v[1] != 0 && end > f->nxt) { /* Only what goes beyond is new. */
        f->bytes_sent += end - (seq > f->nxt ? seq : f->nxt);
        f->nxt = end;
    } else if (r->v[1] != 0) {
        b->retrans_seq = seq;
        b->retrans++;
        f->retrans++;
    }
    bool is_rto = why == WEFT_WHY_RTO, is_probe = why == WEFT_WHY_TLP || why == WEFT_WHY_PROBE;
    b->rtos += is_rto;
    f->rtos += is_rto;
    b->probes += is_probe;
    f->probes += is_probe;
    b->sent += r->v[1];
    b->sent_end = f->nxt;
    b->snd_wnd = f->wnd = r->v[5];
    b->wnd_edge = f->una + f->wnd;
    b->cwnd = r->v[4];
    b->flight_max = r->v[3] > b->flight_max ? r->v[3] : b->flight_max;
}

static void add_ack(struct lab_flow *f, struct lab_bin *b, const struct weft_trace_rec *r)
{
    uint64_t una = widen(f->una, r->v[0]);
    b->acked += una - f->una;
    f->una = una;
    f->nxt = una > f->nxt ? una : f->nxt;
    b->has_ack = true;
    b->una = una;
    b->wnd_edge = una + f->wnd;
    b->cwnd = r->v[1];
    b->ssthresh = r->v[2] < SSTHRESH_NONE ? r->v[2] : 0;
    b->srtt_us = r->v[3];
    b->rto_us = r->v[4];
    b->flight_max = r->v[5] > b->flight_max ? r->v[5] : b->flight_max;
    if (r->v[3] != 0 && (f->srtt_min_us == 0 || r->v[3] < f->srtt_min_us))
        f->srtt_min_us = r->v[3];
    if (r->v[3] > f->srtt_max_us)
        f->srtt_max_us = r->v[3];
}

void wf_flow_add(struct lab_flow *f, const struct weft_trace_rec *r)
{
    struct lab_bin *b = bin_at(f, r->time_ns);
    switch ((enum weft_trace_kind)r->kind) {
    case WEFT_TRACE_TCP_SEND:
        add_send(f, b, r);
        break;
    case WEFT_TRACE_TCP_ACK:
        add_ack(f, b, r);
        break;
    case WEFT_TRACE_TCP_RECV:
        b->has_recv = true;
        b->received += r->v[1];
        f->bytes_received += r->v[1];
        b->rcv_wnd = r->v[2];
        b->ooo_max = r->v[3] > b->ooo_max ? r->v[3] : b->ooo_max;
        break;
    case WEFT_TRACE_TCP_LOSS:
        f->losses++;
        break;
    case WEFT_TRACE_TCP_STATE:
    case WEFT_TRACE_TCP_UNDO:
    case WEFT_TRACE_LINK:
    case WEFT_TRACE_DROP:
    case WEFT_TRACE_IGMP_OLDER:
        break;
    }
}

void wf_flow_free(struct lab_flow *f)
{
    free(f->bins);
    f->bins = NULL;
    f->bins_n = 0;
}
