/* SPDX-License-Identifier: MIT */
/**
 * DOC: timer - a table of deadlines per connection, one wheel entry at or before the earliest
 *
 * Deadlines are 32-bit ticks. The wheel entry is moved only when a deadline comes before it: one
 * that was put off costs a look when the old time comes, not work on every acknowledgement.
 */
#include "tcp/conn.h"
#include "tcp/recovery_rack.h"

#define PERSIST_MAX_NS   (60 * NS_PER_S)
#define PERSIST_FIXED_NS (30 * NS_PER_S) /* Doubled twice. */
#define CORK_NS          (200 * NS_PER_MS)
#define HOLD_MAX_NS      (60 * NS_PER_S)
#define KEEP_LOOK_NS     (8ull * 3600 * NS_PER_S) /* Deadlines in ticks reach 9.5 hours. */
#define R2_RTOS          15u /* RFC 9293 3.8.3: with back-off far beyond 100 s. */
#define R2_RTOS_ORPHAN   8u

/* RFC 8985 8: of these one is armed at a time. */
#define ONE_OF (1u << TCP_T_RTO | 1u << TCP_T_PTO | 1u << TCP_T_REO | 1u << TCP_T_PERSIST)

static uint32_t tick_at(uint64_t ns)
{
    return (uint32_t)((ns + WF_TICK_NS - 1) / WF_TICK_NS);
}

static void arm_wheel(struct net *net, struct tcp_conn *c, uint32_t due)
{
    if (wf_timer_is_armed(&c->timer) && (int32_t)(due - c->timer.due) >= 0)
        return;
    int32_t in = (int32_t)(due - (uint32_t)(net->now_ns / WF_TICK_NS));
    uint64_t ticks = in > 0 ? (uint64_t)in : 0;
    wf_wheel_arm(&net->wheel, &c->timer, (net->now_ns / WF_TICK_NS + ticks) * WF_TICK_NS);
}

void wf_tcp_timer_set(struct net *net, struct tcp_conn *c, enum tcp_timer which, uint64_t in_ns)
{
    c->timers.due[which] = tick_at(net->now_ns + in_ns);
    if (which < TCP_T_DELACK)
        c->timers.armed &= (uint8_t)~ONE_OF;
    c->timers.armed |= (uint8_t)(1u << which);
    arm_wheel(net, c, c->timers.due[which]);
}

void wf_tcp_timer_clear(struct tcp_conn *c, enum tcp_timer which)
{
    c->timers.armed &= (uint8_t) ~(1u << which);
}

/* @which is armed where it is due; of its kind nothing else is. */
static void arm_one(struct net *net, struct tcp_conn *c, enum tcp_timer which)
{
    c->timers.armed &= (uint8_t)~ONE_OF;
    c->timers.armed |= (uint8_t)(1u << which);
    arm_wheel(net, c, c->timers.due[which]);
}

void wf_tcp_timer_call_off(struct net *net, struct tcp_conn *c, enum tcp_timer which)
{
    if (wf_tcp_timer_is_set(c, which))
        arm_one(net, c, TCP_T_RTO);
}

/* Instead of RTO, unless that comes first. */
static bool stand_in(struct net *net, struct tcp_conn *c, enum tcp_timer which, uint64_t in_ns)
{
    if ((int32_t)(tick_at(net->now_ns + in_ns) - c->timers.due[TCP_T_RTO]) >= 0)
        return false;
    wf_tcp_timer_set(net, c, which, in_ns);
    return true;
}

void wf_tcp_timer_reo(struct net *net, struct tcp_conn *c, uint64_t wait_ns)
{
    if (wait_ns == 0 || !wf_tcp_timer_is_out(c) || !stand_in(net, c, TCP_T_REO, wait_ns))
        wf_tcp_timer_call_off(net, c, TCP_T_REO);
}

void wf_tcp_timer_all_acked(struct net *net, struct tcp_conn *c)
{
    if (c->ecn.is_held) { /* It is that which RTO waits for. */
        wf_tcp_timer_call_off(net, c, TCP_T_PTO);
        wf_tcp_timer_call_off(net, c, TCP_T_REO);
        return;
    }
    c->timers.armed &= (uint8_t) ~(1u << TCP_T_RTO | 1u << TCP_T_PTO | 1u << TCP_T_REO);
}

void wf_tcp_timer_restart(struct net *net, struct tcp_conn *c)
{
    uint64_t rto_ns = (uint64_t)wf_rtt_rto_us(&c->rtt) * 1000;
    bool is_kept = (c->timers.armed & (1u << TCP_T_PTO | 1u << TCP_T_REO)) != 0;
    if (is_kept)
        c->timers.due[TCP_T_RTO] = tick_at(net->now_ns + rto_ns);
    else
        wf_tcp_timer_set(net, c, TCP_T_RTO, rto_ns);
}

bool wf_tcp_timer_is_early(const struct tcp_conn *c)
{
    for (unsigned i = 0; i < TCP_T_COUNT; i++)
        if ((c->timers.armed >> i & 1) != 0 &&
            (!wf_timer_is_armed(&c->timer) || (int32_t)(c->timer.due - c->timers.due[i]) > 0))
            return false;
    return true;
}

void wf_tcp_timer_stop(struct tcp_conn *c)
{
    c->timers.armed = 0;
}

void wf_tcp_timer_answered(struct tcp_conn *c)
{
    c->timers.is_answered = true;
    if (c->snd.wnd > 0) /* The next zero starts the series anew. */
        c->timers.probes = 0;
}

void wf_tcp_timer_progress(struct tcp_conn *c)
{
    c->timers.rtos = 0;
    c->timers.since_ns = 0;
    c->soft_err = 0;
}

void wf_tcp_timer_sent(struct net *net, struct tcp_conn *c, bool is_probe)
{
    wf_tcp_timer_clear(c, TCP_T_PERSIST);
    if (is_probe || !wf_tcp_timer_is_out(c)) /* RFC 6298 5.1; RFC 8985 7.3. */
        wf_tcp_timer_set(net, c, TCP_T_RTO, (uint64_t)wf_rtt_rto_us(&c->rtt) * 1000);
    /* RFC 8985 7.2: outside recovery, nothing SACKed, no probe out, and no later than the RTO. */
    bool may_probe = !is_probe && c->rec.kind == WEFT_TCP_RECOVERY_RACK &&
                     c->rec.state == REC_OPEN && c->sb.sacked == 0 && c->sb.lost == 0 &&
                     !c->rec.has_tlp && wf_rtt_srtt_us(&c->rtt) != 0 &&
                     !wf_tcp_timer_is_set(c, TCP_T_REO);
    if (!may_probe) {
        wf_tcp_timer_call_off(net, c, TCP_T_PTO);
        return;
    }
    uint32_t pto = wf_rec_pto_us(wf_rtt_srtt_us(&c->rtt), wf_tcp_flight(c), c->snd.mss);
    if (!stand_in(net, c, TCP_T_PTO, (uint64_t)pto * 1000)) { /* At the RTO's time, in its place. */
        c->timers.due[TCP_T_PTO] = c->timers.due[TCP_T_RTO];
        arm_one(net, c, TCP_T_PTO);
    }
}

void wf_tcp_timer_hold(struct net *net, struct tcp_conn *c, uint32_t shift)
{
    uint64_t ns = (uint64_t)wf_rtt_rto_us(&c->rtt) * 1000 << shift;
    wf_tcp_timer_set(net, c, TCP_T_RTO, wf_min_u64(ns, HOLD_MAX_NS));
}

static uint64_t persist_ns(const struct tcp_conn *c)
{
    if (c->user.is_persist_fixed)
        return PERSIST_FIXED_NS << wf_min_u32(c->timers.probes, 2);
    uint64_t ns = (uint64_t)wf_rtt_base_us(&c->rtt) * 1000 << wf_min_u32(c->timers.probes, 10);
    return wf_min_u64(ns, PERSIST_MAX_NS);
}

void wf_tcp_timer_blocked(struct net *net, struct tcp_conn *c)
{
    bool is_waiting = wf_tcp_has_unsent(c) || c->sb.lost > 0;
    bool is_running = wf_tcp_timer_is_out(c) || wf_tcp_timer_is_set(c, TCP_T_PERSIST) ||
                      wf_tcp_timer_is_set(c, TCP_T_PACE);
    if (!is_waiting || is_running)
        return;
    bool is_cork = c->snd.why == WEFT_WHY_CORK;
    wf_tcp_timer_set(net, c, TCP_T_PERSIST, is_cork ? CORK_NS : persist_ns(c));
}

/* ---- expiry ---- */

/* How long trouble may last, 0 = no such limit. */
static uint64_t timeout_ns(const struct net *net, const struct tcp_conn *c)
{
    uint32_t ms = wf_tcp_timeout_ms(net, c);
    return ms == TCP_TIMEOUT_NEVER ? 0 : ms * NS_PER_MS;
}

static bool is_user_timeout(const struct net *net, const struct tcp_conn *c)
{
    uint64_t ns = timeout_ns(net, c);
    return ns != 0 && c->timers.since_ns != 0 && net->now_ns - c->timers.since_ns >= ns;
}

/* A wait that does not outlast the user timeout. */
static uint64_t within_timeout(const struct net *net, const struct tcp_conn *c, uint64_t wait_ns)
{
    uint64_t ns = timeout_ns(net, c);
    if (ns == 0 || c->timers.since_ns == 0)
        return wait_ns;
    uint64_t end = c->timers.since_ns + ns;
    return end > net->now_ns ? wf_min_u64(wait_ns, end - net->now_ns) : 0;
}

static void give_up(struct net *net, struct tcp_conn *c)
{
    int err = c->soft_err != 0 ? c->soft_err : WEFT_ETIMEDOUT;
    wf_tcp_fail(net, c, err);
}

/*
 * Into a closed window everything is a probe, and what lies beyond an edge that was drawn back
 * cannot arrive: while the peer answers, R2 and the user timeout count from the last answer
 * (RFC 9293 MUST-37, SHLD-17).
 */
static void count_from_answer(struct net *net, struct tcp_conn *c)
{
    bool is_held = c->snd.wnd == 0 || wf_seq_lt(wf_seq_add(c->snd.una, c->snd.wnd), c->snd.nxt);
    if (is_held && c->timers.is_answered) {
        c->timers.rtos = 0;
        c->timers.since_ns = net->now_ns;
        c->soft_err = 0;
    }
    c->timers.is_answered = false;
}

/* R2 is reached: the connection is given up (RFC 9293 MUST-20). */
static bool is_r2(const struct net *net, const struct tcp_conn *c, uint8_t most)
{
    if (is_user_timeout(net, c))
        return true;
    if (!wf_tcp_is_synchronized(c))
        return c->timers.rtos >= c->user.syn_retries;
    if (c->is_orphan) /* Nobody is left who could want it to last longer. */
        return timeout_ns(net, c) == 0 && c->timers.rtos >= R2_RTOS_ORPHAN;
    return wf_tcp_timeout_ms(net, c) == 0 && c->timers.rtos >= most;
}

/* RFC 9293 SHLD-9, SHLD-10: from R1 on the user may know; IP looks for another way. */
static void past_r1(struct net *net, struct tcp_conn *c)
{
    if (c->timers.rtos < R1_RTOS)
        return;
    c->dst.gen = 0; /* The route is looked up anew. */
    wf_dst_doubt(net, wf_addr_to4(&c->key.remote.addr));
    if (c->timers.rtos == R1_RTOS && c->soft_err == 0)
        wf_tcp_soft_error(net, c, WEFT_ETIMEDOUT);
}

/* When what the peer owes an answer for was sent. */
static uint64_t sent_ns(const struct net *net, const struct tcp_conn *c)
{
    const struct tcp_txrec *first = wf_sb_first(&c->sb);
    uint64_t ns = first != NULL ? first->sent_ns : c->snd.last_ns;
    return ns != 0 ? ns : net->now_ns;
}

static void rto(struct net *net, struct tcp_conn *c)
{
    if (c->ecn.is_held) {
        c->ecn.is_held = false;
        if (wf_seq_eq(c->snd.una, c->snd.nxt)) { /* Nothing is out: it only held the sender back. */
            wf_tcp_wake(net, c);
            return;
        }
    }
    if (c->timers.since_ns == 0)
        c->timers.since_ns = sent_ns(net, c);
    count_from_answer(net, c);
    if (is_r2(net, c, R2_RTOS)) {
        give_up(net, c);
        return;
    }
    c->timers.rtos++;
    c->acct.rtos++;
    wf_count(net, WEFT_COUNT_TCP_RTOS);
    bool is_first = c->timers.rtos == 1;
    wf_rtt_back_off(&c->rtt);
    past_r1(net, c);
    uint64_t wait_ns = within_timeout(net, c, (uint64_t)wf_rtt_rto_us(&c->rtt) * 1000);
    if (!wf_tcp_is_synchronized(c)) {
        c->snd.wants_syn = true;
        wf_count(net, WEFT_COUNT_TCP_RETRANS_SEGS);
        wf_tcp_wake(net, c);
        wf_tcp_timer_set(net, c, TCP_T_RTO, wait_ns);
        return;
    }
    struct weft_cc_loss l = {.now_ns = net->now_ns,
                             .flight = c->snd.nxt.v - c->snd.una.v - c->sb.sacked,
                             .mss = c->snd.mss};
    wf_cc_ops(&c->cc)->on_rto(&c->cc, &l, is_first && c->rec.state != REC_LOSS);
    const struct tcp_txrec *first = wf_sb_first(&c->sb);
    if (first != NULL && (first->flags & TXREC_SACKED) != 0)
        wf_sb_renege(&c->sb); /* Reported, not acknowledged, and now the first: it is gone. */
    struct rack_time t = wf_tcp_rack_time(net, c);
    if (c->rec.kind == WEFT_TCP_RECOVERY_RACK)
        wf_rec_mark_rto(&c->rec, &c->sb, &t);
    else
        wf_sb_mark_all_lost(&c->sb);
    wf_undo_rto(&c->undo, c->snd.una, net->now_ns, c->rec.state != REC_LOSS,
                c->rec.kind != WEFT_TCP_RECOVERY_NEWRENO || c->rec.state == REC_OPEN);
    wf_rec_rto(&c->rec, c->snd.nxt);
    wf_mtu_probe_rto(net, c);
    c->snd.wants_first = true;
    wf_ecn_reduced(&c->ecn, c->snd.nxt);
    uint32_t v[6] = {c->snd.una.v - c->snd.iss.v, c->sb.lost, WEFT_WHY_RTO};
    wf_tcp_trace(net, c, WEFT_TRACE_TCP_LOSS, v);
    wf_tcp_timer_set(net, c, TCP_T_RTO, wait_ns);
    wf_tcp_wake(net, c);
}

static void reo(struct net *net, struct tcp_conn *c)
{
    uint64_t wait_ns = 0;
    struct rack_time t = wf_tcp_rack_time(net, c);
    c->timers.armed |= 1u << TCP_T_RTO; /* It was due later. */
    uint32_t lost = wf_rec_detect(&c->rec, &c->sb, &t, &wait_ns);
    wf_tcp_timer_reo(net, c, wait_ns);
    if (lost > 0)
        wf_tcp_after_losses(net, c);
}

static void persist(struct net *net, struct tcp_conn *c)
{
    bool is_asking =
        c->snd.why == WEFT_WHY_NEIGH || c->snd.why == WEFT_WHY_IF || c->snd.why == WEFT_WHY_RWND;
    if (is_asking) {
        if (c->timers.since_ns == 0)
            c->timers.since_ns = net->now_ns;
        count_from_answer(net, c);
        if (is_r2(net, c, R2_RTOS - 1)) {
            give_up(net, c);
            return;
        }
        if (c->timers.rtos < UINT8_MAX)
            c->timers.rtos++;
        past_r1(net, c);
    }
    if (c->is_orphan && c->timers.probes >= R2_RTOS) {
        give_up(net, c);
        return;
    }
    if (c->timers.probes < UINT8_MAX)
        c->timers.probes++;
    c->snd.wants_probe = c->snd.why == WEFT_WHY_RWND;
    c->snd.wants_override = true;
    wf_tcp_wake(net, c);
    uint64_t wait_ns = persist_ns(c);
    wf_tcp_timer_set(net, c, TCP_T_PERSIST, is_asking ? within_timeout(net, c, wait_ns) : wait_ns);
}

/* ---- keep-alive (RFC 9293 3.8.4) ---- */

static uint64_t coarse_ns(uint32_t units)
{
    return (uint64_t)units << 20;
}

static uint64_t keep_idle_ns(const struct net *net, const struct tcp_conn *c)
{
    /* RFC 5482 4.2: longer than a timeout that was adopted. */
    uint64_t adopted_ns = wf_tcp_adopted_ms(net, c) * NS_PER_MS;
    uint64_t idle_ns = c->user.keepidle_s * NS_PER_S;
    return idle_ns > adopted_ns ? idle_ns : adopted_ns + NS_PER_S;
}

/* While something is under way the retransmission timer finds out whether the peer is there. */
static bool is_busy(const struct tcp_conn *c)
{
    return !wf_seq_eq(c->snd.una, c->snd.nxt) || wf_tcp_has_unsent(c);
}

static void keep_wait(struct net *net, struct tcp_conn *c, uint64_t ns)
{
    wf_tcp_timer_set(net, c, TCP_T_KEEP, wf_min_u64(ns, KEEP_LOOK_NS));
}

void wf_tcp_timer_keep(struct net *net, struct tcp_conn *c)
{
    c->timers.keeps = 0;
    if (!c->user.is_keepalive || c->state == WEFT_TCP_CLOSED) {
        wf_tcp_timer_clear(c, TCP_T_KEEP);
        return;
    }
    uint64_t silent_ns = coarse_ns(wf_tcp_coarse(net) - c->acct.heard),
             idle_ns = keep_idle_ns(net, c);
    keep_wait(net, c, idle_ns > silent_ns ? idle_ns - silent_ns : 0);
}

/*
 * A deadline came: of the idle time, or of a probe. Segments do not move the deadline, they leave
 * the time when they came; it is looked at here.
 */
static void keep(struct net *net, struct tcp_conn *c)
{
    uint32_t now = wf_tcp_coarse(net), silent = now - c->acct.heard;
    if (c->timers.keeps > 0 && silent <= now - c->timers.keep_at)
        c->timers.keeps = 0; /* Something came after the probe. */
    uint64_t idle_ns = keep_idle_ns(net, c), intvl_ns = c->user.keepintvl_s * NS_PER_S;
    uint64_t wait_ns = c->timers.keeps == 0 ? idle_ns : intvl_ns;
    uint64_t gone_ns = coarse_ns(c->timers.keeps == 0 ? silent : now - c->timers.keep_at);
    if (gone_ns < wait_ns) {
        keep_wait(net, c, wait_ns - gone_ns);
        return;
    }
    if (is_busy(c)) {
        keep_wait(net, c, idle_ns);
        return;
    }
    if (c->timers.keeps >= c->user.keepcnt) {
        wf_count(net, WEFT_COUNT_TCP_KEEP_DEAD);
        wf_tcp_reset_conn(net, c);
        give_up(net, c);
        return;
    }
    c->timers.keeps++;
    c->timers.keep_at = now;
    c->snd.wants_probe = true;
    wf_tcp_wake(net, c);
    /* An answer starts the idle time over, which may be shorter than the wait for it. */
    keep_wait(net, c, wf_min_u64(intvl_ns, idle_ns));
}

/* One purpose; false if the connection may be gone. */
static bool expire_one(struct net *net, struct tcp_conn *c, enum tcp_timer which)
{
    switch (which) {
    case TCP_T_RTO:
        rto(net, c);
        return false;
    case TCP_T_PTO:
        c->acct.tlps++;
        wf_count(net, WEFT_COUNT_TCP_TLPS);
        c->snd.wants_tlp = true;
        wf_tcp_timer_set(net, c, TCP_T_RTO, (uint64_t)wf_rtt_rto_us(&c->rtt) * 1000);
        wf_tcp_wake(net, c);
        return true;
    case TCP_T_REO:
        reo(net, c);
        return true;
    case TCP_T_PERSIST:
        persist(net, c);
        return false;
    case TCP_T_DELACK:
        wf_tcp_ack_now(net, c);
        return true;
    case TCP_T_LINGER:
        if (!wf_tcp_is_fin_acked(c)) { /* The user gave it this long; what is left is lost. */
            wf_count(net, WEFT_COUNT_TCP_LINGER_RSTS);
            wf_tcp_reset_conn(net, c);
        }
        wf_tcp_fail(net, c, WEFT_ETIMEDOUT);
        return false;
    case TCP_T_KEEP:
        keep(net, c);
        return false;
    case TCP_T_PACE:
        wf_tcp_wake(net, c);
        return true;
    case TCP_T_COUNT:
        break;
    }
    return true;
}

void wf_tcp_expire(struct net *net, struct wf_timer *t)
{
    struct tcp_conn *c = WF_CONTAINER_OF(t, struct tcp_conn, timer);
    uint64_t handle = wf_slab_handle(&net->tcp->conns, c);
    uint32_t now = (uint32_t)(net->now_ns / WF_TICK_NS);
    wf_rtt_age(&c->rtt, wf_tcp_coarse(net)); /* While data flows an expiry comes every RTO. */
    for (unsigned i = 0; i < TCP_T_COUNT; i++) {
        bool is_due = net->has_jumped || (int32_t)(c->timers.due[i] - now) <= 0;
        if ((c->timers.armed >> i & 1) == 0 || !is_due)
            continue;
        c->timers.armed &= (uint8_t) ~(1u << i);
        if (!expire_one(net, c, (enum tcp_timer)i) &&
            (wf_slab_get(&net->tcp->conns, handle) == NULL || c->state == WEFT_TCP_CLOSED))
            return;
    }
    for (unsigned i = 0; i < TCP_T_COUNT; i++)
        if ((c->timers.armed >> i & 1) != 0)
            arm_wheel(net, c, c->timers.due[i]);
}
