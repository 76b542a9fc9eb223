/* SPDX-License-Identifier: MIT */
/**
 * DOC: sim link - two directions, each a queue, a wire and a set of faults
 *
 * A frame offered to a direction passes, in this order: cut?, longer than the MTU?, room in the
 * queue?, then it takes its time on the wire, and its fate is drawn: loss (by list, by burst, by
 * chance), a congestion mark if the queue was long, its check sequence, corruption, duplication,
 * delay with jitter and reordering. Lost frames have used the wire. The queue needs no events: each
 * frame's departure is known when it enters. Each fault draws from the direction's own generator,
 * and only when it is switched on.
 */
#include <string.h>

#include "world.h"

#define SECOND_NS      UINT64_C(1000000000)
#define ETH_HDR_BYTES  14U
#define ETH_VLAN_BYTES 4U
#define ETH_WIRE_BYTES 24U /* Preamble, FCS and gap. */
#define ETH_MIN_BYTES  60U

static const char *const fate_names[WEFT_FATE_COUNT] = {
    [WEFT_FATE_SENT] = "sent",
    [WEFT_FATE_DELIVERED] = "delivered",
    [WEFT_FATE_LOST] = "lost",
    [WEFT_FATE_LOST_BURST] = "lost-burst",
    [WEFT_FATE_LOST_LIST] = "lost-list",
    [WEFT_FATE_QUEUE] = "queue",
    [WEFT_FATE_CUT] = "cut",
    [WEFT_FATE_MTU] = "mtu",
    [WEFT_FATE_CORRUPTED] = "corrupted",
    [WEFT_FATE_DUPLICATED] = "duplicated",
    [WEFT_FATE_REORDERED] = "reordered",
    [WEFT_FATE_REFUSED] = "refused",
    [WEFT_FATE_MARKED] = "marked",
    [WEFT_FATE_FCS] = "fcs",
};

const char *weft_fate_name(unsigned fate)
{
    return fate < WEFT_FATE_COUNT ? fate_names[fate] : "?";
}

static bool is_final(enum weft_fate fate)
{
    return fate != WEFT_FATE_SENT && fate != WEFT_FATE_CORRUPTED && fate != WEFT_FATE_DUPLICATED &&
           fate != WEFT_FATE_REORDERED && fate != WEFT_FATE_MARKED;
}

void wf_sim_link_note(struct weft_link *link, unsigned dir, enum weft_fate fate,
                      const struct weft_frame *f)
{
    struct weft_link_stats *s = &link->dir[dir].stats;
    s->pkts[fate]++;
    s->bytes[fate] += f->len;
    if (is_final(fate))
        wf_sim_hash_frame(link->w, link, dir, fate, f);
    if (link->tap != NULL) {
        struct weft_tap t = {.time_ns = link->w->now_ns,
                             .link = link,
                             .frame = f,
                             .dir = (uint8_t)dir,
                             .fate = fate};
        link->tap(link->tap_user, &t);
    }
}

static void drop(struct weft_link *link, unsigned dir, enum weft_fate fate, struct sim_frame *fr)
{
    wf_sim_link_note(link, dir, fate, &fr->f);
    wf_sim_frame_put(link->w, fr);
}

/* ---- the wire ---- */

/* Octets a frame takes on the wire; a super-frame takes those of the frames it stands for. */
static uint64_t wire_bytes(const struct weft_link *link, const struct weft_frame *f)
{
    uint64_t segs = f->gso_segs > 1 ? f->gso_segs : 1;
    uint64_t bytes = f->len + (segs - 1) * f->hdr_bytes;
    if (link->cfg.is_l3)
        return bytes;
    if (bytes < ETH_MIN_BYTES * segs)
        bytes = ETH_MIN_BYTES * segs;
    return bytes + ETH_WIRE_BYTES * segs;
}

static bool is_too_long(const struct weft_link *link, unsigned dir, const struct weft_frame *f)
{
    uint32_t mtu = link->cfg.mtu, hole = link->dir[dir].q.mtu;
    if (f->gso_size != 0 && f->gso_segs > 1)
        return !link->cfg.has_superframes;
    if (hole != 0 && (mtu == 0 || hole < mtu))
        mtu = hole;
    if (mtu == 0)
        return false;
    if (link->cfg.is_l3)
        return f->len > mtu;
    uint8_t h[ETH_HDR_BYTES];
    size_t n = wf_sim_frame_peek(f, h, sizeof(h));
    bool is_tagged = n == sizeof(h) && h[12] == 0x81 && h[13] == 0;
    return f->len > mtu + ETH_HDR_BYTES + (is_tagged ? ETH_VLAN_BYTES : 0);
}

static void queue_drain(struct sim_dir *d, uint64_t now_ns)
{
    while (d->queue_n > 0 && d->queue[d->queue_head].time_ns <= now_ns) {
        d->queue_bytes -= d->queue[d->queue_head].bytes;
        d->queue_head = (d->queue_head + 1) % d->queue_cap;
        d->queue_n--;
    }
}

/* The frame that is on the wire does not count as waiting. */
static bool queue_has_room(const struct sim_dir *d, uint32_t bytes)
{
    if (d->queue_n == 0)
        return true;
    uint32_t on_wire = d->queue[d->queue_head].bytes;
    if (d->q.queue_pkts != 0 && d->queue_n - 1 >= d->q.queue_pkts)
        return false;
    return d->q.queue_bytes == 0 || d->queue_bytes - on_wire + bytes <= d->q.queue_bytes;
}

/* Whether the queue is long enough for a mark; what is on the wire does not wait. */
static bool queue_is_long(const struct sim_dir *d)
{
    if (d->queue_n == 0)
        return false;
    uint32_t bytes = d->queue_bytes - d->queue[d->queue_head].bytes;
    return (d->q.ecn_pkts != 0 && d->queue_n - 1 >= d->q.ecn_pkts) ||
           (d->q.ecn_bytes != 0 && bytes >= d->q.ecn_bytes);
}

static bool queue_push(struct weft_world *w, struct sim_dir *d, uint64_t time_ns, uint32_t bytes)
{
    if (d->queue_n == d->queue_cap) {
        uint32_t cap = d->queue_cap == 0 ? 64 : d->queue_cap * 2;
        struct sim_depart *q = wf_sim_alloc(w, cap * sizeof(*q));
        if (q == NULL)
            return false;
        for (uint32_t i = 0; i < d->queue_n; i++)
            q[i] = d->queue[(d->queue_head + i) % d->queue_cap];
        wf_sim_free(w, d->queue);
        d->queue = q;
        d->queue_cap = cap;
        d->queue_head = 0;
    }
    struct sim_depart *e = &d->queue[(d->queue_head + d->queue_n++) % d->queue_cap];
    e->time_ns = time_ns;
    e->bytes = bytes;
    d->queue_bytes += bytes;
    if (d->queue_n - 1 > d->stats.queue_pkts_max)
        d->stats.queue_pkts_max = d->queue_n - 1;
    if (d->queue_bytes > d->stats.queue_bytes_max)
        d->stats.queue_bytes_max = d->queue_bytes;
    return true;
}

uint32_t wf_sim_link_room(struct weft_link *link, unsigned dir)
{
    struct sim_dir *d = &link->dir[dir];
    uint64_t now = link->w->now_ns;
    if (!link->cfg.has_backpressure || d->q.rate_bps == 0)
        return SIM_BURST;
    queue_drain(d, now);
    uint32_t max = d->q.queue_pkts != 0 ? d->q.queue_pkts : SIM_BURST;
    uint32_t waiting = d->queue_n == 0 ? 0 : d->queue_n - 1;
    if (waiting < max && queue_has_room(d, 0))
        return max - waiting;
    if (!d->has_room_event) {
        struct sim_event ev = {.time_ns = d->queue[d->queue_head].time_ns,
                               .kind = SIM_EV_ROOM,
                               .obj = link,
                               .arg = dir};
        d->has_room_event = wf_sim_schedule(link->w, &ev);
    }
    return 0;
}

void wf_sim_link_has_room(struct weft_link *link, unsigned dir)
{
    link->dir[dir].has_room_event = false;
    if (link->cfg.end[dir].kind == WEFT_END_NODE)
        wf_sim_node_unblock(link->cfg.end[dir].node, link->cfg.end[dir].ifindex);
}

/* ---- fates ---- */

static bool is_listed(const uint64_t *list, uint32_t n, uint32_t *at, uint64_t index)
{
    while (*at < n && list[*at] < index)
        (*at)++;
    return *at < n && list[*at] == index;
}

static bool is_lost_in_burst(struct sim_dir *d)
{
    if (d->q.burst_enter_ppm == 0 && !d->is_bad)
        return false;
    if (sim_rng_chance(&d->rng, d->is_bad ? d->q.burst_leave_ppm : d->q.burst_enter_ppm))
        d->is_bad = !d->is_bad;
    return d->is_bad && sim_rng_chance(&d->rng, d->q.burst_loss_ppm);
}

static enum weft_fate draw_loss(struct sim_dir *d, uint64_t index)
{
    bool is_burst = is_lost_in_burst(d), is_random = sim_rng_chance(&d->rng, d->q.loss_ppm);
    if (is_listed(d->lose, d->lose_n, &d->lose_at, index))
        return WEFT_FATE_LOST_LIST;
    if (is_burst)
        return WEFT_FATE_LOST_BURST;
    return is_random ? WEFT_FATE_LOST : WEFT_FATE_DELIVERED;
}

/* The first clear bit at or after @bit; there is none in a frame of ones. */
static uint64_t next_clear(const uint8_t *bytes, uint64_t bits_n, uint64_t bit)
{
    for (uint64_t i = 0; i < bits_n; i++) {
        uint64_t at = (bit + i) % bits_n;
        if ((bytes[at / 8] & 1U << at % 8) == 0)
            return at;
    }
    return bit;
}

/* A burst: noise that lasts for some bits. Its first and its last bit are wrong. */
static void flip_burst(struct sim_rng *rng, uint8_t *bytes, uint64_t bits_n, uint64_t burst)
{
    uint64_t n = burst < bits_n ? burst : bits_n, first = sim_rng_below(rng, bits_n - n + 1);
    for (uint64_t i = 0; i < n; i++) {
        uint64_t bit = first + i;
        if (i == 0 || i == n - 1 || (sim_rng_next(rng) & 1) != 0)
            bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
}

/* One bit flips or a burst does, in a copy whose checksum is complete: the link must not vouch for
 * it any more. */
static struct sim_frame *corrupt(struct weft_link *link, unsigned dir, struct sim_frame *fr)
{
    struct sim_frame *copy = wf_sim_frame_copy(link->w, &fr->f);
    wf_sim_frame_put(link->w, fr);
    if (copy == NULL)
        return NULL;
    wf_sim_frame_finish_csum(copy);
    struct sim_dir *d = &link->dir[dir];
    uint64_t bits_n = (uint64_t)copy->f.len * 8;
    if (d->q.corrupt_bits > 1) {
        flip_burst(&d->rng, copy->own, bits_n, d->q.corrupt_bits);
    } else {
        uint64_t bit = sim_rng_below(&d->rng, bits_n);
        if (d->q.is_corrupt_one_way)
            bit = next_clear(copy->own, bits_n, bit);
        copy->own[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
    copy->f.flags &= (uint8_t)~WEFT_FRAME_CSUM_OK;
    wf_sim_link_note(link, dir, WEFT_FATE_CORRUPTED, &copy->f);
    return copy;
}

/* RFC 3168 5: ECT becomes CE, in a copy; what is not ECN-capable passes as it is. */
static struct sim_frame *mark(struct weft_link *link, unsigned dir, struct sim_frame *fr)
{
    uint8_t h[ETH_HDR_BYTES + 12];
    uint32_t ip = link->cfg.is_l3 ? 0 : ETH_HDR_BYTES;
    if (wf_sim_frame_peek(&fr->f, h, ip + 12) != ip + 12 || h[ip] >> 4 != 4 ||
        (ip != 0 && (h[12] != 0x08 || h[13] != 0)) || (h[ip + 1] & 3) == 0 || (h[ip + 1] & 3) == 3)
        return fr;
    struct sim_frame *copy = wf_sim_frame_copy(link->w, &fr->f);
    wf_sim_frame_put(link->w, fr);
    if (copy == NULL)
        return NULL;
    /* RFC 1624: the sum falls by what the word grows. */
    uint32_t sum = (uint32_t)h[ip + 10] << 8 | h[ip + 11], grown = 3U - (h[ip + 1] & 3U);
    sum = sum > grown ? sum - grown : sum + 0xffff - grown;
    copy->own[ip + 1] |= 3;
    copy->own[ip + 10] = (uint8_t)(sum >> 8);
    copy->own[ip + 11] = (uint8_t)sum;
    wf_sim_link_note(link, dir, WEFT_FATE_MARKED, &copy->f);
    return copy;
}

static uint64_t draw_arrival(struct weft_link *link, unsigned dir, uint64_t depart_ns,
                             const struct weft_frame *f)
{
    struct sim_dir *d = &link->dir[dir];
    uint64_t at = depart_ns + d->q.delay_ns;
    if (d->q.jitter_ns != 0)
        at += sim_rng_below(&d->rng, d->q.jitter_ns + 1);
    if (sim_rng_chance(&d->rng, d->q.reorder_ppm)) {
        wf_sim_link_note(link, dir, WEFT_FATE_REORDERED, f);
        return at + d->q.reorder_ns;
    }
    if (!d->q.may_jitter_reorder && at < d->last_arrival_ns)
        at = d->last_arrival_ns;
    d->last_arrival_ns = at;
    return at;
}

/* ---- arrival ---- */

/* What an interface does with the check sequence of a frame; NULL: it was wrong, or no memory. */
static struct sim_frame *check_fcs(struct weft_link *link, unsigned dir, struct sim_frame *fr)
{
    const struct weft_link_end *end = &link->cfg.end[1 - dir];
    if (!link->cfg.has_fcs || end->kind == WEFT_END_EXTERNAL)
        return fr;
    if (wf_sim_fcs_ok(fr))
        return wf_sim_fcs_strip(link->w, fr);
    if (end->kind == WEFT_END_NODE && !weft_node_is_down(end->node))
        (void)weft_if_note_bad_fcs(end->node->st, end->ifindex, 1);
    drop(link, dir, WEFT_FATE_FCS, fr);
    return NULL;
}

static void deliver(struct weft_link *link, unsigned dir, struct sim_frame *fr)
{
    unsigned far = 1 - dir;
    const struct weft_link_end *end = &link->cfg.end[far];
    fr = check_fcs(link, dir, fr);
    if (fr == NULL)
        return;
    wf_sim_link_note(link, dir, WEFT_FATE_DELIVERED, &fr->f);
    switch (end->kind) {
    case WEFT_END_NODE:
        wf_sim_node_receive(end->node, end->ifindex, fr, link, dir);
        break;
    case WEFT_END_BRIDGE:
        wf_sim_bridge_input(end->bridge, link->port[far], fr);
        break;
    case WEFT_END_EXTERNAL:
        if (!wf_sim_ring_push(link->w, &link->inbox[far], fr->index))
            drop(link, dir, WEFT_FATE_REFUSED, fr);
        break;
    }
}

/* A frame that takes no time goes to its receiver at once; through a bridge it does not, because
 * bridges call each other. */
static void set_out(struct weft_link *link, unsigned dir, struct sim_frame *fr, uint64_t at_ns)
{
    struct weft_world *w = link->w;
    if (at_ns <= w->now_ns && link->cfg.end[1 - dir].kind != WEFT_END_BRIDGE) {
        deliver(link, dir, fr);
        return;
    }
    struct sim_event ev = {.time_ns = at_ns,
                           .kind = SIM_EV_ARRIVE,
                           .obj = link,
                           .arg = (uint64_t)(link->cuts & 0xffffff) << 40 | (uint64_t)dir << 32 |
                                  fr->index};
    if (!wf_sim_schedule(w, &ev))
        wf_sim_frame_put(w, fr);
}

void wf_sim_link_arrive(struct weft_link *link, uint64_t arg)
{
    struct sim_frame *fr = wf_sim_frame(link->w, (uint32_t)arg);
    unsigned dir = (unsigned)(arg >> 32) & 1;
    if (arg >> 40 != (link->cuts & 0xffffff))
        drop(link, dir, WEFT_FATE_CUT, fr);
    else
        deliver(link, dir, fr);
}

/* A copy of a chosen frame wanders, and no later frame waits for it. */
static void send_late(struct weft_link *link, unsigned dir, const struct weft_frame *f,
                      uint64_t depart_ns)
{
    const struct sim_dir *d = &link->dir[dir];
    struct sim_frame *copy = wf_sim_frame_copy(link->w, f);
    if (copy == NULL)
        return;
    wf_sim_frame_finish_csum(copy);
    wf_sim_link_note(link, dir, WEFT_FATE_DUPLICATED, f);
    set_out(link, dir, copy, depart_ns + d->q.delay_ns + d->late_ns);
}

/* ---- the way through ---- */

static struct sim_frame *copy_if_asked(struct weft_link *link, struct sim_frame *fr)
{
    if (!link->cfg.is_copying || fr->lender == NULL)
        return fr;
    struct sim_frame *copy = wf_sim_frame_copy(link->w, &fr->f);
    wf_sim_frame_put(link->w, fr);
    return copy;
}

static bool enter_wire(struct weft_link *link, unsigned dir, const struct weft_frame *f,
                       uint64_t *depart_ns, bool *is_congested)
{
    struct sim_dir *d = &link->dir[dir];
    uint64_t now = link->w->now_ns;
    *depart_ns = now;
    *is_congested = false;
    if (d->q.rate_bps == 0)
        return true;
    queue_drain(d, now);
    if (!queue_has_room(d, f->len))
        return false;
    *is_congested = queue_is_long(d);
    uint64_t bits = wire_bytes(link, f) * 8;
    uint64_t start = d->busy_until_ns > now ? d->busy_until_ns : now;
    uint64_t ns = bits / d->q.rate_bps * SECOND_NS +
                  (bits % d->q.rate_bps * SECOND_NS + d->q.rate_bps - 1) / d->q.rate_bps;
    d->busy_until_ns = *depart_ns = start + ns;
    return queue_push(link->w, d, *depart_ns, f->len);
}

void wf_sim_link_send(struct weft_link *link, unsigned dir, struct sim_frame *fr)
{
    struct sim_dir *d = &link->dir[dir];
    uint64_t depart_ns, index = d->index++;
    bool is_congested;
    wf_sim_link_note(link, dir, WEFT_FATE_SENT, &fr->f);
    if (link->is_cut) {
        drop(link, dir, WEFT_FATE_CUT, fr);
        return;
    }
    if (is_too_long(link, dir, &fr->f)) {
        drop(link, dir, WEFT_FATE_MTU, fr);
        return;
    }
    if (!enter_wire(link, dir, &fr->f, &depart_ns, &is_congested)) {
        drop(link, dir, WEFT_FATE_QUEUE, fr);
        return;
    }
    enum weft_fate fate = draw_loss(d, index);
    if (fate != WEFT_FATE_DELIVERED) {
        drop(link, dir, fate, fr);
        return;
    }
    fr = copy_if_asked(link, fr);
    if (fr != NULL && is_congested)
        fr = mark(link, dir, fr);
    if (fr != NULL && link->cfg.has_fcs)
        fr = wf_sim_fcs_append(link->w, fr);
    if (fr != NULL && fr->f.len > 0 && sim_rng_chance(&d->rng, d->q.corrupt_ppm))
        fr = corrupt(link, dir, fr);
    if (fr == NULL)
        return;
    if (is_listed(d->late, d->late_n, &d->late_at, index))
        send_late(link, dir, &fr->f, depart_ns);
    if (sim_rng_chance(&d->rng, d->q.dup_ppm)) {
        uint32_t copies = d->q.dup_copies == 0 ? 1 : d->q.dup_copies;
        for (uint32_t i = 0; i < copies; i++) {
            fr->refs++;
            wf_sim_link_note(link, dir, WEFT_FATE_DUPLICATED, &fr->f);
            set_out(link, dir, fr, draw_arrival(link, dir, depart_ns, &fr->f));
        }
    }
    set_out(link, dir, fr, draw_arrival(link, dir, depart_ns, &fr->f));
}
