/* SPDX-License-Identifier: MIT */
/**
 * DOC: sim medium - the shared medium of a hub: CSMA/CD (IEEE 802.3 clause 4)
 *
 * Each port is a station with a queue. A station that hears nobody begins; one that hears somebody
 * waits until all is silent, then for 96 bit times. What has begun is heard everywhere after the
 * delay of the medium: who begins in that time collides. All that collide fall silent after a jam
 * of 32 bit times and try again after 0 to 2^k - 1 slots of 512 bit times, k their collisions, at
 * most 10. After the 16th collision the frame is given up. All stations are equally far from each
 * other, so that none of them is better placed.
 *
 * Events: one that ends what is on the medium (a new one whenever that end moves; older ones are
 * stale), and one for each station's next try.
 */
#include "bridge.h"

#define SECOND_NS   UINT64_C(1000000000)
#define GAP_BITS    96U
#define JAM_BITS    32U
#define SLOT_BITS   512U
#define BACKOFF_MAX 10U
#define TRIES_MAX   16U
#define FRAME_MIN   60U
#define WIRE_BYTES  12U /* Preamble and FCS; the gap is apart. */
#define BPS_MIN     1000U
#define EV_END      (UINT64_C(1) << 63) /* Otherwise a try, and the port. */

static uint64_t bits_ns(const struct weft_bridge_options *o, uint64_t bits)
{
    uint64_t bps = o->medium_bps;
    return bits / bps * SECOND_NS + (bits % bps * SECOND_NS + bps - 1) / bps;
}

int wf_sim_medium_set(struct weft_bridge *b, const struct weft_bridge_options *o)
{
    if (o->medium_bps != 0 && (o->medium_bps < BPS_MIN || o->medium_bps > 1000 * SECOND_NS))
        return -WEFT_EINVAL;
    if (o->medium_bps != 0 && o->medium_delay_ns > bits_ns(o, SLOT_BITS) / 2)
        return -WEFT_EINVAL;
    sim_rng_seed(&b->medium.rng, b->w->cfg.seed, b->name, 0x6d656469);
    return 0;
}

static void schedule(struct weft_bridge *b, uint64_t at_ns, uint64_t arg)
{
    struct sim_event ev = {.time_ns = at_ns, .kind = SIM_EV_MEDIUM, .obj = b, .arg = arg};
    (void)wf_sim_schedule(b->w, &ev);
}

static void end_at(struct weft_bridge *b, uint64_t at_ns)
{
    schedule(b, at_ns, EV_END | ++b->medium.generation);
}

static void begin(struct weft_bridge *b, struct station *s)
{
    struct medium *m = &b->medium;
    const struct weft_frame *f = &wf_sim_frame(b->w, s->queue.frame[s->queue.head])->f;
    uint64_t now = b->w->now_ns, bytes = f->len < FRAME_MIN ? FRAME_MIN : f->len;
    s->is_sending = true;
    if (m->is_busy) { /* It is heard by the others after the delay, they jam, and so does it. */
        m->has_collided = true;
        end_at(b, now + 2 * b->opt.medium_delay_ns + bits_ns(&b->opt, JAM_BITS));
        return;
    }
    m->is_busy = true;
    m->has_collided = false;
    m->first_ns = now;
    end_at(b, now + bits_ns(&b->opt, (bytes + WIRE_BYTES) * 8) + b->opt.medium_delay_ns);
}

static void try_to_send(struct weft_bridge *b, uint32_t port)
{
    struct medium *m = &b->medium;
    struct station *s = &m->station[port];
    uint64_t now = b->w->now_ns;
    if (m->is_busy && now > m->first_ns + b->opt.medium_delay_ns) {
        s->is_waiting = true;
        b->stats.deferred++;
    } else if (!m->is_busy && now < m->idle_ns) {
        schedule(b, m->idle_ns, port);
    } else {
        begin(b, s);
    }
}

static bool has_room(struct weft_bridge *b)
{
    void *array = b->medium.station;
    bool is_ok =
        wf_sim_grow(b->w, &array, &b->medium.stations_cap, b->ports_n, sizeof(*b->medium.station));
    b->medium.station = array;
    return is_ok;
}

void wf_sim_medium_input(struct weft_bridge *b, uint32_t port, struct sim_frame *fr)
{
    if (!has_room(b)) {
        wf_sim_frame_put(b->w, fr);
        return;
    }
    struct station *s = &b->medium.station[port];
    bool is_full = b->opt.medium_queue_pkts != 0 && s->queue.n >= b->opt.medium_queue_pkts;
    if (is_full || !wf_sim_ring_push(b->w, &s->queue, fr->index)) {
        b->stats.queue_dropped++;
        wf_sim_frame_put(b->w, fr);
        return;
    }
    if (s->queue.n == 1) /* Otherwise its turn comes when that of the first is over. */
        try_to_send(b, port);
}

/* The first frame of a station is over, one way or the other; the next one's turn. */
static struct sim_frame *take_first(struct weft_bridge *b, uint32_t port)
{
    struct station *s = &b->medium.station[port];
    s->tries = 0;
    return wf_sim_frame(b->w, wf_sim_ring_pop(&s->queue, NULL));
}

static void back_off(struct weft_bridge *b, uint32_t port)
{
    struct medium *m = &b->medium;
    struct station *s = &m->station[port];
    uint64_t at_ns = m->idle_ns;
    if (++s->tries == TRIES_MAX) {
        b->stats.excessive++;
        wf_sim_frame_put(b->w, take_first(b, port));
    } else {
        uint32_t k = s->tries < BACKOFF_MAX ? s->tries : BACKOFF_MAX;
        at_ns += sim_rng_below(&m->rng, UINT64_C(1) << k) * bits_ns(&b->opt, SLOT_BITS);
    }
    if (s->queue.n > 0)
        schedule(b, at_ns, port);
}

static void end(struct weft_bridge *b)
{
    struct medium *m = &b->medium;
    m->is_busy = false;
    m->idle_ns = b->w->now_ns + bits_ns(&b->opt, GAP_BITS);
    b->stats.collisions += m->has_collided;
    for (uint32_t i = 0; i < b->ports_n && i < m->stations_cap; i++) {
        struct station *s = &m->station[i];
        if (s->is_waiting)
            schedule(b, m->idle_ns, i);
        s->is_waiting = false;
        if (!s->is_sending)
            continue;
        s->is_sending = false;
        if (m->has_collided) {
            back_off(b, i);
            continue;
        }
        wf_sim_bridge_repeat(b, i, take_first(b, i));
        if (m->station[i].queue.n > 0)
            schedule(b, m->idle_ns, i);
    }
}

void wf_sim_medium_event(struct weft_bridge *b, uint64_t arg)
{
    if ((arg & EV_END) == 0)
        try_to_send(b, (uint32_t)arg);
    else if ((arg & ~EV_END) == b->medium.generation)
        end(b);
}
