/* SPDX-License-Identifier: MIT */
/**
 * DOC: mtu_probe - path MTU where no router tells it (RFC 4821), and what RFC 5927 doubts
 *
 * A search is on while mtup.low is not 0. Segments keep to low (eff_pmtu); now and then one of new
 * data is as long as a packet of a size up to high, with enough behind it for its loss to be seen.
 * Delivered, its size is the new low; lost alone, it says nothing of congestion and high comes
 * down. The search begins with the connection (WEFT_TCP_MTU_PROBING 2), or when timeouts in a row
 * look like a black hole (1); then, and with each further one, low comes down.
 *
 * A raised size is on trial for a while: with much loss the one before comes back (7.8). Sizes are
 * those of IP packets. Nothing here is on the way of each segment: connections that search, or do
 * not know yet whether full segments arrive, have a bit in snd.watch; the rest hangs on losses.
 *
 * Left out: path information is not shared, except what routers tell.
 */
#include "tcp/conn.h"

#define SEARCH_STEP    16u /* A range this small is not worth another probe. */
#define TRAILING_SEGS  3u  /* Behind a probe, for fast retransmit. */
#define TRIAL_SEGS     64u
#define TRIAL_EPISODES 3u  /* Recoveries and timeouts before a trial is lost, ... */
#define TRIAL_PART     10u /* ... if one byte in so many was. */
#define TIMEOUT_FACTOR 5u  /* After a probe lost by timeout (7.6.3). */
#define WAIT_MAX_NS    (21600 * NS_PER_S)
#define DUE_SHIFT      30 /* Units of about a second, which wrap after 19 hours. */
#define LOST_SHIFT     6
#define FLOOR_MSS      88u

static uint32_t hdr_bytes(const struct tcp_conn *c)
{
    return IP4_HDR_BYTES + TCP_HDR_BYTES + (c->opt.has_ts ? TCP_TS_BYTES : 0);
}

uint32_t wf_mtu_in_use(const struct tcp_conn *c)
{
    return c->snd.mss + hdr_bytes(c);
}

/* The largest packet that interface, routers and peer allow. */
static uint32_t most(const struct net *net, const struct tcp_conn *c)
{
    const struct netif *nif = wf_netif_get(net, c->dst.ifindex);
    uint32_t mtu = wf_max_u32(c->opt.peer_mss, FLOOR_MSS) + IP4_HDR_BYTES + TCP_HDR_BYTES;
    if (c->user.maxseg != 0)
        mtu = wf_min_u32(mtu, c->user.maxseg + IP4_HDR_BYTES + TCP_HDR_BYTES);
    if (nif != NULL)
        mtu = wf_min_u32(mtu, wf_pmtu_get(net, wf_addr_to4(&c->key.remote.addr), nif->mtu));
    return wf_min_u32(mtu, UINT16_MAX);
}

/* Whether a full segment of the present size is known to have got through. */
static bool has_arrived(const struct tcp_conn *c)
{
    return c->mtup.is_known || (c->mtup.has_full && wf_seq_geq(c->snd.una, c->mtup.mark));
}

/* ---- when ---- */

static bool is_due(const struct net *net, const struct tcp_mtup *m)
{
    uint16_t left = (uint16_t)(m->due - (uint16_t)(net->now_ns >> DUE_SHIFT));
    return left == 0 || left > (WAIT_MAX_NS >> DUE_SHIFT) + 1; /* No wait is so long: it is over. */
}

static void wait_for(const struct net *net, struct tcp_conn *c, uint64_t ns)
{
    c->mtup.due = (uint16_t)(((net->now_ns + wf_min_u64(ns, WAIT_MAX_NS)) >> DUE_SHIFT) + 1);
}

static void go_on(const struct net *net, struct tcp_conn *c)
{
    c->mtup.due = (uint16_t)(net->now_ns >> DUE_SHIFT);
}

static bool is_narrow(const struct tcp_mtup *m)
{
    return m->high < m->low + SEARCH_STEP;
}

/* The range is another one: on with the search, or it is over for long (7.3). */
static void settle(const struct net *net, struct tcp_conn *c, uint64_t wait_ns)
{
    if (is_narrow(&c->mtup))
        wait_ns = wf_max_u64(wait_ns, net->cfg->tcp_mtu_raise_s * NS_PER_S);
    if (wait_ns == 0)
        go_on(net, c);
    else
        wait_for(net, c, wait_ns);
}

/* A round trip for each segment of the window: congestion would not come more often (4). */
static uint64_t headway_ns(const struct tcp_conn *c)
{
    return (uint64_t)wf_rtt_srtt_us(&c->rtt) * 1000 * (c->cc.cwnd / c->snd.mss + 1);
}

/* ---- the search ---- */

static void forget_probe(struct tcp_mtup *m)
{
    m->probe = 0;
    m->is_lost = false;
}

static void search_from(struct net *net, struct tcp_conn *c, uint32_t low)
{
    struct tcp_mtup *m = &c->mtup;
    uint32_t max = most(net, c);
    forget_probe(m);
    m->before = 0;
    m->low = (uint16_t)low;
    m->high = (uint16_t)wf_max_u32(low, max);
    go_on(net, c);
    wf_tcp_update_mss(net, c);
    wf_tcp_watch(c);
}

static void search_off(struct net *net, struct tcp_conn *c)
{
    forget_probe(&c->mtup);
    c->mtup.low = c->mtup.before = 0;
    wf_tcp_update_mss(net, c);
    wf_tcp_watch(c);
}

void wf_mtu_probe_mode(struct net *net, struct tcp_conn *c)
{
    if (c->user.mtu_probing == TCP_MTU_PROBING_OFF && c->mtup.low != 0) {
        search_off(net, c);
    } else if (c->user.mtu_probing == TCP_MTU_PROBING_ALWAYS && c->mtup.low == 0) {
        uint32_t max = most(net, c), low = wf_min_u32(net->cfg->tcp_mtu_base, max);
        search_from(net, c, max < low + SEARCH_STEP ? max : low);
    }
}

static uint32_t next_size(const struct net *net, const struct tcp_mtup *m)
{
    uint32_t base = net->cfg->tcp_mtu_base;
    if (m->low < base) /* What mostly works first. */
        return wf_min_u32(base, m->high);
    if (m->high <= m->low + 2 * SEARCH_STEP)
        return m->high;
    return (m->low + m->high + 1u) / 2;
}

static bool is_on_trial(struct tcp_conn *c)
{
    if (wf_seq_geq(c->snd.una, wf_seq_add(c->mtup.mark, TRIAL_SEGS * c->snd.mss)))
        c->mtup.before = 0;
    return c->mtup.before != 0;
}

/* Whether the present size is known to get through. */
static bool is_proven(struct tcp_conn *c)
{
    struct tcp_mtup *m = &c->mtup;
    if (m->before != 0 && is_on_trial(c))
        return false;
    if (m->has_full && wf_seq_lt(c->snd.una, m->mark))
        return false;
    m->is_known |= m->has_full;
    m->has_full = false;
    return m->is_known;
}

/* The range to probe in; false if there is none now. */
static bool has_range(const struct net *net, struct tcp_conn *c)
{
    struct tcp_mtup *m = &c->mtup;
    uint32_t max = most(net, c);
    bool is_over = is_narrow(m);
    if (is_over || m->high > max)
        m->high = (uint16_t)wf_max_u32(m->low, max);
    if (is_narrow(m))
        settle(net, c, 0);
    return !is_narrow(m);
}

/*
 * Below the base size although that got through once: something arrives again, so maybe nothing did
 * for a while, whatever its size. If it was the size, it comes down again, and stays for long
 * (7.3).
 */
static void back_to_base(struct net *net, struct tcp_conn *c)
{
    uint32_t base = net->cfg->tcp_mtu_base;
    if (!c->mtup.has_base || wf_mtu_in_use(c) >= base || !is_due(net, &c->mtup))
        return;
    c->mtup.is_retried = true;
    search_from(net, c, base);
}

enum mtu_probe_now wf_mtu_probe_now(struct net *net, struct tcp_conn *c, uint32_t *mss)
{
    struct tcp_mtup *m = &c->mtup;
    if (m->has_base && has_arrived(c))
        back_to_base(net, c);
    bool is_clean = c->rec.state == REC_OPEN && c->sb.lost == 0 && c->sb.sacked == 0;
    if (m->probe != 0 || !is_clean || !is_due(net, m) || c->snd.is_fin_sent || !is_proven(c) ||
        !has_range(net, c))
        return MTU_PROBE_NO;
    *mss = next_size(net, m) - hdr_bytes(c);
    uint32_t need = *mss + TRAILING_SEGS * c->snd.mss;
    struct tcp_seq right = wf_seq_add(c->snd.una, c->snd.wnd);
    bool is_enough = c->sendq.end - c->snd.nxt.v >= need && wf_seq_gt(right, c->snd.nxt) &&
                     right.v - c->snd.nxt.v >= need && wf_tcp_cwnd(c) >= need;
    if (!is_enough)
        return MTU_PROBE_NO;
    /* Acknowledgements are under way that make room for it. */
    return wf_tcp_flight(c) + *mss <= wf_tcp_cwnd(c) ? MTU_PROBE_GO : MTU_PROBE_WAIT;
}

void wf_mtu_probe_sent(struct net *net, struct tcp_conn *c, uint32_t mss)
{
    c->mtup.probe = (uint16_t)(mss + hdr_bytes(c));
    c->mtup.is_lost = false;
    c->mtup.mark = c->snd.nxt;
    wf_count(net, WEFT_COUNT_TCP_MTU_PROBES);
}

/* ---- what became of a probe ---- */

static struct tcp_seq probe_start(const struct tcp_conn *c)
{
    return wf_seq_sub(c->mtup.mark, c->mtup.probe - hdr_bytes(c));
}

static void lower_high(struct tcp_mtup *m, uint32_t to)
{
    m->high = (uint16_t)wf_max_u32(m->low, wf_min_u32(m->high, to));
}

static void passed(struct net *net, struct tcp_conn *c)
{
    struct tcp_mtup *m = &c->mtup;
    m->before = m->low;
    m->low = m->probe;
    forget_probe(m);
    wf_tcp_update_mss(net, c);
    c->snd.watch &= (uint8_t)~TCP_WATCH_FULL;
    m->is_known = true;
    m->mark = c->snd.nxt; /* The trial begins. */
    m->lost0 = (uint16_t)(c->sb.lost_ever >> LOST_SHIFT);
    m->episodes = 0;
    settle(net, c, 0);
}

void wf_mtu_probe_acked(struct net *net, struct tcp_conn *c)
{
    struct tcp_mtup *m = &c->mtup;
    if (wf_seq_lt(c->snd.una, m->mark))
        return;
    if (!m->is_lost) {
        passed(net, c);
        return;
    }
    lower_high(m, m->probe - 1u);
    forget_probe(m);
    settle(net, c, headway_ns(c));
}

/* Bytes of the probe that are lost and have not been sent again. */
static uint32_t gap_bytes(const struct tcp_conn *c)
{
    struct tcp_seq start = probe_start(c);
    uint32_t n = 0;
    WF_LIST_FOR_EACH (l, &c->sb.by_seq) {
        const struct tcp_txrec *r = wf_sb_of_seq(l);
        if (wf_seq_geq(r->seq, c->mtup.mark))
            break;
        bool is_inside = wf_seq_geq(r->seq, start) && wf_seq_leq(r->end, c->mtup.mark);
        if (is_inside && (r->flags & (TXREC_LOST | TXREC_RTX)) == TXREC_LOST)
            n += r->end.v - r->seq.v;
    }
    return n;
}

/* All of the probe goes again. */
static void gap_lost(struct net *net, struct tcp_conn *c)
{
    struct tcp_seq start = probe_start(c);
    c->mtup.is_lost = true;
    WF_LIST_FOR_EACH (l, &c->sb.by_seq) {
        struct tcp_txrec *r = wf_sb_of_seq(l);
        if (wf_seq_geq(r->seq, start) && wf_seq_leq(r->end, c->mtup.mark))
            wf_sb_mark_lost(&c->sb, r);
    }
    wf_count(net, WEFT_COUNT_TCP_MTU_PROBES_LOST);
    wf_tcp_wake(net, c);
}

bool wf_mtu_probe_is_alone(struct net *net, struct tcp_conn *c)
{
    uint32_t gap = gap_bytes(c);
    if (c->mtup.is_lost && gap != c->sb.lost) { /* Its pieces, or what came later: congestion. */
        lower_high(&c->mtup, c->mtup.probe - 1u);
        forget_probe(&c->mtup);
        settle(net, c, headway_ns(c));
        return false;
    }
    if (gap == 0 || gap != c->sb.lost) { /* 7.6.4: the same size again, later. */
        forget_probe(&c->mtup);
        return false;
    }
    if (!c->mtup.is_lost)
        gap_lost(net, c);
    return true;
}

void wf_mtu_probe_resent(struct tcp_conn *c)
{
    forget_probe(&c->mtup);
}

/* ---- sizes that do not get through ---- */

void wf_mtu_probe_resized(struct tcp_conn *c)
{
    c->mtup.is_known = c->mtup.has_full = false;
    c->snd.watch |= TCP_WATCH_FULL;
}

void wf_mtu_probe_full(struct tcp_conn *c, uint32_t len)
{
    struct tcp_mtup *m = &c->mtup;
    if (m->has_full && wf_seq_geq(c->snd.una, m->mark)) {
        m->is_known = true;
        m->has_full = false;
    }
    if (m->is_known)
        c->snd.watch &= (uint8_t)~TCP_WATCH_FULL; /* Numbers wrap: the mark is good for a while. */
    if (m->is_known || m->has_full || len < c->snd.mss || m->probe != 0 || m->before != 0)
        return;
    const struct tcp_txrec *sent = wf_sb_latest(&c->sb);
    m->mark = sent != NULL ? sent->end : c->snd.nxt;
    m->has_full = true;
}

void wf_mtu_probe_episode(struct net *net, struct tcp_conn *c)
{
    struct tcp_mtup *m = &c->mtup;
    if (m->before == 0 || !is_on_trial(c))
        return;
    uint16_t lost = (uint16_t)((c->sb.lost_ever >> LOST_SHIFT) - m->lost0);
    uint64_t part = ((uint64_t)lost << LOST_SHIFT) * TRIAL_PART;
    if (++m->episodes < TRIAL_EPISODES || part < c->snd.nxt.v - m->mark.v)
        return;
    uint32_t failed = m->low;
    m->low = m->before;
    m->before = 0;
    lower_high(m, failed - 1);
    wf_tcp_update_mss(net, c);
    settle(net, c, headway_ns(c));
    wf_count(net, WEFT_COUNT_TCP_MTU_REVERTED);
}

/*
 * R1 is reached, and no router says why: maybe only long packets vanish (7.7). A short size that
 * got through is not what is wrong: then a longer one that did once is as good.
 */
static void black_hole(struct net *net, struct tcp_conn *c)
{
    const struct tcp_txrec *first = wf_sb_first(&c->sb);
    uint32_t now = wf_mtu_in_use(c), base = net->cfg->tcp_mtu_base;
    uint32_t to = now > base ? base : wf_max_u32(now / 2, net->cfg->tcp_mtu_min);
    bool is_told = c->soft_err != 0 && c->soft_err != WEFT_ETIMEDOUT, is_good = has_arrived(c);
    if (is_good && now >= base) {
        c->mtup.has_base = true;
        c->mtup.is_retried = false;
    }
    if (c->user.mtu_probing == TCP_MTU_PROBING_OFF || is_told || first == NULL)
        return;
    if (is_good && now <= base) {
        back_to_base(net, c);
        return;
    }
    if (to >= now)
        return;
    if (first->end.v - first->seq.v + hdr_bytes(c) <= to)
        return; /* It would be no shorter. */
    search_from(net, c, to);
    if (c->mtup.is_retried)
        wait_for(net, c, net->cfg->tcp_mtu_raise_s * NS_PER_S);
    wf_sb_mark_all_lost(&c->sb);
    wf_count(net, WEFT_COUNT_TCP_BLACK_HOLES);
}

void wf_mtu_probe_rto(struct net *net, struct tcp_conn *c)
{
    struct tcp_mtup *m = &c->mtup;
    if (m->told != 0 && wf_seq_leq(c->snd.una, m->told_at) && wf_seq_lt(m->told_at, c->snd.nxt))
        wf_mtu_told(net, c, m->told);
    m->told = 0;
    if (m->probe != 0) {
        if (wf_seq_eq(c->snd.una, probe_start(c)))
            lower_high(m, m->probe - 1u);
        forget_probe(m);
        settle(net, c, TIMEOUT_FACTOR * headway_ns(c));
    }
    wf_mtu_probe_episode(net, c);
    if (c->timers.rtos >= R1_RTOS)
        black_hole(net, c);
}

bool wf_mtu_is_doubted(struct tcp_conn *c, struct tcp_seq seq, uint32_t mtu)
{
    struct tcp_mtup *m = &c->mtup;
    if (!has_arrived(c) || !wf_tcp_is_synchronized(c) || mtu >= wf_mtu_in_use(c))
        return false;
    m->told = (uint16_t)wf_max_u32(mtu, 1);
    m->told_at = seq;
    return true;
}

/* A smaller path: cut what is out anew, without taking it for congestion (RFC 1191 6.4). */
void wf_mtu_told(struct net *net, struct tcp_conn *c, uint32_t mtu)
{
    const struct netif *nif = wf_netif_get(net, c->dst.ifindex);
    struct tcp_mtup *m = &c->mtup;
    uint32_t old = c->snd.mss;
    if (nif == NULL)
        return;
    (void)wf_pmtu_learn(net, wf_addr_to4(&c->key.remote.addr), mtu, 0, nif->mtu);
    if (m->low != 0) {
        uint32_t max = most(net, c);
        m->low = (uint16_t)wf_min_u32(m->low, max);
        lower_high(m, max);
        if (m->probe > max && !m->is_lost)
            gap_lost(net, c);
    }
    wf_tcp_update_mss(net, c); /* Another connection may have learned it already. */
    if (c->snd.mss >= old || !wf_tcp_is_synchronized(c))
        return;
    forget_probe(m);
    wf_sb_mark_all_lost(&c->sb);
    if (c->rec.state == REC_OPEN) /* It may take more than a window to send that again. */
        wf_rec_rto(&c->rec, c->snd.nxt);
    wf_tcp_wake(net, c);
}
