/* SPDX-License-Identifier: MIT */
/**
 * DOC: live_talk - a transfer over a link with a rate, a delay and faults, to a real receiver
 *
 * Congestion controls, pacing, recovery and undo need hundreds of segments and acknowledgements in
 * their right order, which a mutator does not find one by one. Here the application sends, the link
 * takes time, loses, marks, delays and reorders by patterns that the program chooses, and the
 * receiver acknowledges: cumulatively, by SACK and D-SACK, with echoes of marks and timestamps.
 */
#include "live.h"

#define NS_PER_MS 1000000ull
#define RANGES    4u
/* A sender that is held to a rate keeps to it, but for its first segments and repairs that are due.
 */
#define PACED_MAX   10000000
#define PACED_BURST 80000u

/* path: two bits of rate, two of delay, two of the queue's limit, then: */
#define PATH_SHORT   64u /* The application sends little. */
#define PATH_REORDER 128u
/* receiver: two bits of how rarely it acknowledges, two of enum ecn_kind, then: */
#define RECV_NO_SACK  16u
#define RECV_NO_DSACK 32u
#define RECV_NO_TS    64u
#define RECV_SMALL    128u /* Its window. */
/* faults: three bits of loss, two of marks, two of a pause, then: */
#define FAULT_REPAIRS 128u /* What is sent again is lost like the rest. */

enum ecn_kind { ECN_NONE, ECN_CLASSIC, ECN_ACC0, ECN_ACC1 };

/** struct receiver - The end of a transfer, which lasts as long as the operation */
struct receiver {
    struct live_flow *f;
    uint32_t cum, top; /* In order up to here; the highest octet. */
    struct {
        uint32_t from, to;
    } range[RANGES]; /* The youngest first. */
    uint32_t n, unacked;
    uint32_t dup_from, dup_to;
    uint32_t ts_ecr;
    bool has_dup, is_ece;
};

static bool before(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b) < 0;
}

/* ---- the link ---- */

static bool is_lost(const struct live_talk *t, const struct live_packet *p, bool is_again)
{
    static const uint8_t every[8] = {0, 40, 13, 7, 3, 0, 0, 0};
    uint8_t how = t->faults & 7;
    if (is_again && (t->faults & FAULT_REPAIRS) == 0)
        return false;
    if (how == 5) /* A burst. */
        return t->seen % 64 >= 40 && t->seen % 64 < 52;
    if (how == 6) /* The last ones of each flight. */
        return (p->flags & TCP_PSH) != 0;
    if (how == 7)
        return t->seen % 32 >= 31;
    return every[how] != 0 && t->seen % every[how] == every[how] - 1u;
}

static bool is_marked(const struct live_talk *t, uint64_t wait_ns)
{
    uint8_t how = t->faults >> 3 & 3;
    return (how == 1 && wait_ns > 20 * NS_PER_MS) || (how == 2 && t->seen % 16 == 15) || how == 3;
}

/* A pause of the link: what was under way comes late, and after a timeout. */
static uint64_t pause_ns(const struct live_talk *t)
{
    static const uint16_t ms[4] = {0, 300, 1500, 4000};
    return t->seen % 128 == 90 ? ms[t->faults >> 5 & 3] * NS_PER_MS : 0;
}

void live_talk_take(struct live *l, struct live_talk *t, const struct live_packet *p)
{
    static const uint32_t rates[4] = {0, 20000, 100000, 1000000};
    static const uint16_t delays_ms[4] = {2, 20, 100, 400};
    static const uint8_t limits[4] = {LIVE_TALK_MAX, 32, 12, 5};
    uint32_t rate = rates[t->path & 3], len = p->end - p->seq + 40;
    bool is_again = t->flow->has_sent && before(p->end, t->flow->sent);
    t->seen++;
    t->bytes += p->end - p->seq;
    if (t->n >= limits[t->path >> 4 & 3] || is_lost(t, p, is_again))
        return;
    uint64_t begin = wf_max_u64(l->now_ns, t->free_ns);
    t->free_ns = begin + (rate != 0 ? len * 1000000000ull / rate : 0) + pause_ns(t);
    struct live_packet q = *p;
    q.at_ns = t->free_ns + delays_ms[t->path >> 2 & 3] * NS_PER_MS;
    if ((t->path & PATH_REORDER) != 0 && t->seen % 9 == 4)
        q.at_ns += 30 * NS_PER_MS;
    if (q.ecn != 0 && is_marked(t, begin - l->now_ns))
        q.ecn = 3;
    uint32_t i = t->n++;
    for (; i > 0 && t->packet[i - 1].at_ns > q.at_ns; i--)
        t->packet[i] = t->packet[i - 1];
    t->packet[i] = q;
}

/* ---- the receiver ---- */

static void drop_range(struct receiver *r, uint32_t i)
{
    for (r->n--; i < r->n; i++)
        r->range[i] = r->range[i + 1];
}

/* A piece that is not in order: joined with what it touches, and told first. */
static void keep_range(struct receiver *r, uint32_t from, uint32_t to)
{
    for (uint32_t i = r->n; i-- > 0;) {
        if (before(to, r->range[i].from) || before(r->range[i].to, from))
            continue;
        from = before(r->range[i].from, from) ? r->range[i].from : from;
        to = before(to, r->range[i].to) ? r->range[i].to : to;
        drop_range(r, i);
    }
    if (r->n == RANGES)
        r->n--;
    memmove(&r->range[1], &r->range[0], r->n * sizeof(r->range[0]));
    r->range[0].from = from;
    r->range[0].to = to;
    r->n++;
}

static bool is_known(const struct receiver *r, const struct live_packet *p)
{
    if (!before(r->cum, p->end))
        return true;
    for (uint32_t i = 0; i < r->n; i++)
        if (!before(p->seq, r->range[i].from) && !before(r->range[i].to, p->end))
            return true;
    return false;
}

static void count_marks(struct receiver *r, const struct live_packet *p)
{
    static const uint8_t field[4] = {0, 2, 0, 1}; /* Of ECT(1), ECT(0), CE. */
    if ((p->flags & TCP_CWR) != 0)
        r->is_ece = false;
    if (p->ecn == 0)
        return;
    r->f->acc[field[p->ecn]] += p->end - p->seq;
    r->f->ce_pkts += p->ecn == 3;
    r->is_ece |= p->ecn == 3;
}

/* Returns whether an acknowledgement is due at once. */
static bool take(struct receiver *r, const struct live_packet *p)
{
    count_marks(r, p);
    r->unacked++;
    if (is_known(r, p)) {
        r->dup_from = p->seq;
        r->dup_to = p->end;
        r->has_dup = true;
        return true;
    }
    if (!before(r->cum, p->seq))
        r->ts_ecr = p->ts_val; /* RFC 7323 4.3: of the segment that fills the gap. */
    if (before(r->cum, p->seq)) {
        keep_range(r, p->seq, p->end);
        return true;
    }
    r->cum = p->end;
    bool had_gap = r->n > 0;
    for (uint32_t i = r->n; i-- > 0;)
        if (!before(r->cum, r->range[i].from)) {
            r->cum = before(r->cum, r->range[i].to) ? r->range[i].to : r->cum;
            drop_range(r, i);
        }
    return had_gap;
}

static void put_sack(const struct live_talk *t, struct receiver *r, struct tcp_opts *o)
{
    uint8_t n = 0;
    if (r->has_dup && (t->receiver & RECV_NO_DSACK) == 0) {
        o->sack[n].from = wf_seq(r->dup_from);
        o->sack[n++].to = wf_seq(r->dup_to);
    }
    for (uint32_t i = 0; i < r->n && n < TCP_SACK_MAX; i++) {
        o->sack[n].from = wf_seq(r->range[i].from);
        o->sack[n++].to = wf_seq(r->range[i].to);
    }
    o->sack_n = n;
}

static void put_ecn(const struct live_talk *t, const struct receiver *r, struct tcp_hdr *h)
{
    uint8_t kind = t->receiver >> 2 & 3;
    uint32_t ace = r->f->ce_pkts + 5;
    if (kind == ECN_CLASSIC && r->is_ece)
        h->flags |= TCP_ECE;
    if (kind != ECN_ACC0 && kind != ECN_ACC1)
        return;
    h->flags |= (uint16_t)(((ace & 4) != 0 ? TCP_AE : 0u) | ((ace & 2) != 0 ? TCP_CWR : 0u) |
                           ((ace & 1) != 0 ? TCP_ECE : 0u));
    if (kind == ECN_ACC1 && r->n > 0)
        return; /* SACK needs the room. */
    h->opt.acc = (uint8_t)(TCP_ACC_OPTION | 3u | (kind == ECN_ACC1 ? TCP_ACC_ORDER1 : 0u));
    h->opt.acc_bytes[0] = 1 + r->f->acc[kind == ECN_ACC1 ? 2 : 0];
    h->opt.acc_bytes[1] = r->f->acc[1];
    h->opt.acc_bytes[2] = 1 + r->f->acc[kind == ECN_ACC1 ? 0 : 2];
}

static void acknowledge(struct live *l, const struct live_talk *t, struct receiver *r)
{
    struct live_dgram d;
    struct live_frames fs = {.n = 0};
    struct tcp_hdr h = live_flow_hdr(l, r->f, TCP_ACK);
    h.ack = wf_seq(r->cum);
    h.wnd = (t->receiver & RECV_SMALL) != 0 ? 60 : UINT16_MAX;
    h.opt.ts_ecr = r->ts_ecr != 0 ? r->ts_ecr : r->f->ts_val;
    if ((t->receiver & RECV_NO_TS) != 0)
        h.opt.has_ts = false;
    if ((t->receiver & RECV_NO_SACK) == 0)
        put_sack(t, r, &h.opt);
    put_ecn(t, r, &h);
    live_build_segment(l, &d, r->f, &h, 0);
    live_finish(&d, r->f->ifindex);
    live_add_frame(l, &fs, d.b, d.len, 0);
    live_inject(l, r->f->ifindex, &fs);
    r->unacked = 0;
    r->has_dup = false;
}

static void arrive(struct live *l, struct live_talk *t, struct receiver *r)
{
    struct live_packet p = t->packet[0];
    t->n--;
    memmove(&t->packet[0], &t->packet[1], t->n * sizeof(p));
    bool is_due = take(r, &p), is_last = t->n == 0 || t->packet[0].at_ns > l->now_ns + NS_PER_MS;
    if (is_due || is_last || r->unacked >= 1u << (t->receiver & 3))
        acknowledge(l, t, r);
}

/* ---- time ---- */

static void pull(struct live *l)
{
    for (uint16_t i = LIVE_ETH; i <= LIVE_L3; i++)
        for (uint32_t turns = 0; turns < 16 && live_pull(l, i, 8, false) > 0; turns++) {
        }
    while (live_rx_done(l, 8) > 0) {
    }
}

/* The next thing that happens; false if nothing will. */
static bool event(struct live *l, struct live_talk *t, struct receiver *r)
{
    uint64_t next = weft_deadline(l->st);
    bool has_packet = t->n > 0 && t->packet[0].at_ns <= next;
    next = has_packet ? t->packet[0].at_ns : next;
    if (next == WEFT_NEVER)
        return false;
    l->now_ns = wf_max_u64(l->now_ns, next);
    if (has_packet)
        arrive(l, t, r);
    weft_advance(l->st, l->now_ns);
    return true;
}

void live_op_talk(struct live *l)
{
    uint8_t who = live_byte(l);
    uint64_t sock = l->sock[who & (LIVE_SOCKS - 1)];
    struct live_talk t = {.flow = &l->flow[who >> 4 & 7]};
    t.path = live_byte(l);
    t.receiver = live_byte(l);
    t.faults = live_byte(l);
    uint32_t n = wf_min_u32((live_byte(l) + 1u) * 8, l->talk_left);
    struct weft_tcp_info info;
    int64_t rate = 0;
    uint64_t begin_ns = l->now_ns;
    if (!t.flow->is_used || weft_sock_tcp_info(l->st, sock, &info) != 0)
        return;
    struct receiver r = {.f = t.flow, .cum = info.snd_una};
    if (weft_sock_get(l->st, sock, WEFT_TCP_MAX_PACING_RATE, &rate) != 0)
        rate = 0;
    l->talk = &t;
    l->talk_left -= n;
    for (uint32_t i = 0; i < n; i++) {
        if ((t.path & PATH_SHORT) == 0)
            live_send_bytes(l, sock, 0xff);
        else if (i % 16 == 0)
            live_send_bytes(l, sock, 0x90);
        pull(l);
        if (!event(l, &t, &r))
            break;
        pull(l);
    }
    l->talk = NULL;
    if (rate > 0 && rate < PACED_MAX)
        FUZZ_CHECK(t.bytes <=
                   PACED_BURST + (l->now_ns - begin_ns) / NS_PER_MS * (uint64_t)rate / 900);
}
