/* SPDX-License-Identifier: MIT */
/** DOC: Links without stacks: time on the wire, queue, every fault, counters, the trace hash. */
#include <string.h>

#include "frame.h"
#include "t.h"
#include "wire.h"

static const struct weft_link_quality perfect;

static uint64_t fates(const struct weft_link *link, enum weft_fate fate)
{
    struct weft_link_stats s;
    weft_link_stats(link, 0, &s);
    return s.pkts[fate];
}

static void a_perfect_wire_delivers_at_once_in_order(void)
{
    struct weft_link *link;
    struct weft_world *w = wire_new(1, &perfect, 0, &link);
    for (uint64_t i = 0; i < 100; i++)
        wire_push(link, i, 60);
    T_EQ(weft_world_run(w, 0), 0);
    for (uint64_t i = 0; i < 100; i++) {
        uint64_t mark, at;
        bool is_whole;
        T_EQ(wire_pull(link, &mark, &at, &is_whole), 60);
        T_EQ(mark, i);
        T_EQ(at, 0);
        T_CHECK(is_whole);
    }
    T_EQ(wire_pull(link, NULL, NULL, NULL), 0);
    T_EQ(weft_world_frames_in_use(w), 0);
    weft_world_destroy(w);
}

static void rate_counts_the_octets_of_the_wire(void)
{
    struct weft_link *link;
    struct weft_link_quality q = perfect;
    q.rate_bps = 100000000;
    q.delay_ns = 1 * MS;
    struct weft_world *w = wire_new(1, &q, 0, &link);
    wire_push(link, 0, 1514); /* 1538 octets: 123.04 us at 100 Mbit/s */
    wire_push(link, 1, 42);   /* padded to 60, and 24: 6.72 us */
    T_EQ(weft_world_run(w, WEFT_NEVER), 0);
    uint64_t at;
    T_EQ(wire_pull(link, NULL, &at, NULL), 1514);
    T_EQ(at, 1 * MS + 123040);
    T_EQ(wire_pull(link, NULL, &at, NULL), 42);
    T_EQ(at, 1 * MS + 123040 + 6720);
    weft_world_destroy(w);
}

static void a_full_queue_drops_the_newest(void)
{
    struct weft_link *link;
    struct weft_link_quality q = perfect;
    q.rate_bps = 1000000;
    q.queue_pkts = 3;
    struct weft_world *w = wire_new(1, &q, 0, &link);
    for (uint64_t i = 0; i < 10; i++)
        wire_push(link, i, 100);
    T_EQ(weft_world_run(w, WEFT_NEVER), 0);
    for (uint64_t i = 0; i < 4; i++) { /* one on the wire, three waiting */
        uint64_t mark;
        T_EQ(wire_pull(link, &mark, NULL, NULL), 100);
        T_EQ(mark, i);
    }
    T_EQ(wire_pull(link, NULL, NULL, NULL), 0);
    T_EQ(fates(link, WEFT_FATE_QUEUE), 6);
    weft_world_destroy(w);
}

static void a_queue_limit_in_bytes_holds(void)
{
    struct weft_link *link;
    struct weft_link_quality q = perfect;
    q.rate_bps = 1000000;
    q.queue_bytes = 250;
    struct weft_world *w = wire_new(1, &q, 0, &link);
    for (uint64_t i = 0; i < 10; i++)
        wire_push(link, i, 100);
    T_EQ(weft_world_run(w, WEFT_NEVER), 0);
    T_EQ(fates(link, WEFT_FATE_DELIVERED), 3);
    weft_world_destroy(w);
}

/* An IPv4 header of @ecn in an Ethernet frame of 100 octets, from end 0. */
static void push_ip(struct weft_link *link, uint8_t ecn)
{
    uint8_t f[100] = {[12] = 0x08, [14] = 0x45, [17] = 86, [22] = 64, [23] = 6};
    f[15] = ecn;
    uint32_t sum = 0x4500U + ecn + 86 + 0x4006;
    f[24] = (uint8_t)((~sum & 0xffff) >> 8);
    f[25] = (uint8_t)~sum;
    T_EQ(weft_link_push(link, 0, f, sizeof(f)), 0);
}

static void a_long_queue_marks_what_is_ecn_capable(void)
{
    static const uint8_t ecn[] = {2, 2, 2, 0, 1, 3, 2};
    static const uint8_t want[] = {2, 2, 2, 0, 3, 3, 3}; /* One on the wire, two waiting, ... */
    struct weft_link *link;
    struct weft_link_quality q = perfect;
    q.rate_bps = 1000000;
    q.ecn_pkts = 2;
    struct weft_world *w = wire_new(1, &q, 0, &link);
    for (size_t i = 0; i < sizeof(ecn); i++)
        push_ip(link, ecn[i]);
    T_EQ(weft_world_run(w, WEFT_NEVER), 0);
    for (size_t i = 0; i < sizeof(ecn); i++) {
        uint8_t f[100];
        uint32_t sum = 0;
        T_EQ(weft_link_pull(link, 1, f, sizeof(f), NULL), sizeof(f));
        T_EQ(f[15], want[i]);
        for (unsigned at = 14; at < 34; at += 2)
            sum += (uint32_t)f[at] << 8 | f[at + 1];
        T_EQ((sum & 0xffff) + (sum >> 16), 0xffff);
    }
    T_EQ(fates(link, WEFT_FATE_MARKED), 2);
    T_EQ(weft_world_frames_in_use(w), 0);
    weft_world_destroy(w);
}

static void a_long_queue_in_bytes_marks(void)
{
    struct weft_link *link;
    struct weft_link_quality q = perfect;
    q.rate_bps = 1000000;
    q.ecn_bytes = 150;
    struct weft_world *w = wire_new(1, &q, 0, &link);
    for (size_t i = 0; i < 5; i++)
        push_ip(link, 2);
    T_EQ(weft_world_run(w, WEFT_NEVER), 0);
    T_EQ(fates(link, WEFT_FATE_MARKED), 2); /* The third waits behind 100 octets. */
    weft_world_destroy(w);
}

static void listed_frames_are_lost_and_no_others(void)
{
    struct weft_link *link;
    struct weft_world *w = wire_new(1, &perfect, 0, &link);
    const uint64_t lose[] = {0, 3, 4, 9};
    T_EQ(weft_link_lose(link, 0, lose, 4), 0);
    for (uint64_t i = 0; i < 12; i++)
        wire_push(link, i, 60);
    uint64_t seen = 0, mark;
    while (wire_pull(link, &mark, NULL, NULL) != 0)
        seen |= UINT64_C(1) << mark;
    T_EQ(seen, 0xfff & ~(1U << 0 | 1U << 3 | 1U << 4 | 1U << 9));
    T_EQ(fates(link, WEFT_FATE_LOST_LIST), 4);
    weft_world_destroy(w);
}

static void random_loss_comes_near_its_rate(void)
{
    struct weft_link *link;
    struct weft_link_quality q = perfect;
    q.loss_ppm = 10000;
    struct weft_world *w = wire_new(7, &q, 0, &link);
    for (uint64_t i = 0; i < 10000; i++) {
        wire_push(link, i, 60);
        (void)wire_pull(link, NULL, NULL, NULL);
    }
    uint64_t lost = fates(link, WEFT_FATE_LOST);
    T_CHECK(lost > 60 && lost < 140);
    weft_world_destroy(w);
}

static void burst_loss_comes_in_bursts(void)
{
    struct weft_link *link;
    struct weft_link_quality q = perfect;
    q.burst_enter_ppm = 10000;  /* once in 100 frames */
    q.burst_leave_ppm = 250000; /* for 4 frames on average */
    q.burst_loss_ppm = 1000000;
    struct weft_world *w = wire_new(7, &q, 0, &link);
    uint64_t lost = 0, bursts = 0;
    bool was_lost = false;
    for (uint64_t i = 0; i < 20000; i++) {
        wire_push(link, i, 60);
        bool is_lost = wire_pull(link, NULL, NULL, NULL) == 0;
        lost += is_lost;
        bursts += is_lost && !was_lost;
        was_lost = is_lost;
    }
    T_CHECK(bursts > 140 && bursts < 260);
    T_CHECK(lost > 3 * bursts && lost < 5 * bursts);
    T_EQ(lost, fates(link, WEFT_FATE_LOST_BURST));
    weft_world_destroy(w);
}

static void jitter_keeps_the_order_unless_told_otherwise(void)
{
    for (unsigned may = 0; may < 2; may++) {
        struct weft_link *link;
        struct weft_link_quality q = perfect;
        q.delay_ns = 5 * MS;
        q.jitter_ns = 4 * MS;
        q.may_jitter_reorder = may == 1;
        struct weft_world *w = wire_new(3, &q, 0, &link);
        for (uint64_t i = 0; i < 200; i++) {
            T_EQ(weft_world_run(w, i * 100 * US), 0);
            wire_push(link, i, 60);
        }
        T_EQ(weft_world_run(w, 1 * S), 0);
        uint64_t next = 0, mark, at, overtakes = 0;
        while (wire_pull(link, &mark, &at, NULL) != 0) {
            overtakes += mark != next++;
            T_CHECK(at >= mark * 100 * US + 5 * MS);
            T_CHECK(at <= mark * 100 * US + 9 * MS + (may == 1 ? 0 : 4 * MS));
        }
        T_EQ(next, 200);
        T_CHECK(may == 1 ? overtakes > 50 : overtakes == 0);
        weft_world_destroy(w);
    }
}

static void reordered_frames_come_later_and_complete(void)
{
    struct weft_link *link;
    struct weft_link_quality q = perfect;
    q.reorder_ppm = 100000;
    q.reorder_ns = 3 * MS;
    struct weft_world *w = wire_new(5, &q, 0, &link);
    uint64_t late = 0, got = 0;
    for (uint64_t i = 0; i < 500; i++) {
        T_EQ(weft_world_run(w, i * MS), 0);
        wire_push(link, i, 60);
    }
    T_EQ(weft_world_run(w, 1 * S), 0);
    uint64_t mark, at;
    bool is_whole;
    while (wire_pull(link, &mark, &at, &is_whole) != 0) {
        got++;
        late += at == mark * MS + 3 * MS;
        T_CHECK(is_whole);
    }
    T_EQ(got, 500);
    T_EQ(late, fates(link, WEFT_FATE_REORDERED));
    T_CHECK(late > 25 && late < 80);
    weft_world_destroy(w);
}

static void duplicates_are_counted_and_equal(void)
{
    struct weft_link *link;
    struct weft_link_quality q = perfect;
    q.dup_ppm = 1000000;
    q.dup_copies = 2;
    q.delay_ns = 1 * MS;
    struct weft_world *w = wire_new(5, &q, 0, &link);
    wire_push(link, 9, 700);
    T_EQ(weft_world_run(w, 1 * S), 0);
    for (unsigned i = 0; i < 3; i++) {
        uint64_t mark = 0;
        bool is_whole = false;
        T_EQ(wire_pull(link, &mark, NULL, &is_whole), 700);
        T_EQ(mark, 9);
        T_CHECK(is_whole);
    }
    T_EQ(wire_pull(link, NULL, NULL, NULL), 0);
    T_EQ(weft_world_frames_in_use(w), 0);
    weft_world_destroy(w);
}

static void corruption_flips_exactly_one_bit(void)
{
    struct weft_link *link;
    struct weft_link_quality q = perfect;
    q.corrupt_ppm = 1000000;
    struct weft_world *w = wire_new(5, &q, 0, &link);
    uint8_t sent[200], got[200];
    memset(sent, 0x5a, sizeof(sent));
    for (unsigned n = 0; n < 50; n++) {
        T_EQ(weft_link_push(link, 0, sent, sizeof(sent)), 0);
        T_EQ(weft_link_pull(link, 1, got, sizeof(got), NULL), sizeof(got));
        unsigned bits = 0;
        for (size_t i = 0; i < sizeof(sent); i++)
            for (unsigned d = sent[i] ^ got[i]; d != 0; d &= d - 1)
                bits++;
        T_EQ(bits, 1);
    }
    weft_world_destroy(w);
}

static void a_cut_loses_what_is_under_way(void)
{
    struct weft_link *link;
    struct weft_link_quality q = perfect;
    q.delay_ns = 10 * MS;
    struct weft_world *w = wire_new(5, &q, 0, &link);
    wire_push(link, 1, 60);
    T_EQ(weft_world_run(w, 5 * MS), 0);
    weft_link_cut(link, true);
    wire_push(link, 2, 60);
    T_EQ(weft_world_run(w, 6 * MS), 0);
    weft_link_cut(link, false);
    wire_push(link, 3, 60);
    T_EQ(weft_world_run(w, 1 * S), 0);
    uint64_t mark = 0;
    T_EQ(wire_pull(link, &mark, NULL, NULL), 60);
    T_EQ(mark, 3);
    T_EQ(wire_pull(link, NULL, NULL, NULL), 0);
    T_EQ(fates(link, WEFT_FATE_CUT), 2);
    weft_world_destroy(w);
}

static void the_mtu_is_checked_without_the_link_header(void)
{
    struct weft_link *link;
    struct weft_world *w = wire_new(5, &perfect, 1000, &link);
    uint8_t f[1100];
    memset(f, 0, sizeof(f));
    T_EQ(weft_link_push(link, 0, f, 1014), 0);
    T_EQ(weft_link_push(link, 0, f, 1015), 0);
    f[12] = 0x81; /* an IEEE 802.1Q tag may take four octets more */
    T_EQ(weft_link_push(link, 0, f, 1018), 0);
    T_EQ(weft_link_push(link, 0, f, 1019), 0);
    T_EQ(fates(link, WEFT_FATE_DELIVERED), 2);
    T_EQ(fates(link, WEFT_FATE_MTU), 2);
    weft_world_destroy(w);
}

static uint64_t noisy_hash(uint64_t seed, unsigned extra_links)
{
    struct weft_link *link, *other;
    struct weft_link_quality q = perfect;
    q.rate_bps = 10000000;
    q.loss_ppm = q.dup_ppm = q.corrupt_ppm = q.reorder_ppm = 100000;
    q.reorder_ns = 1 * MS;
    q.jitter_ns = 1 * MS;
    struct weft_world *w = wire_new(seed, &q, 0, &link);
    for (unsigned i = 0; i < extra_links; i++) {
        struct weft_link_config lc = *weft_link_config_get(link);
        lc.name[0] = (char)('a' + i);
        T_EQ(weft_link_add(w, &lc, &other), 0);
    }
    for (uint64_t i = 0; i < 300; i++)
        wire_push(link, i, 60 + (size_t)i);
    T_EQ(weft_world_run(w, WEFT_NEVER), 0);
    uint64_t h = weft_world_hash(w);
    weft_world_destroy(w);
    return h;
}

static void equal_seeds_give_equal_hashes(void)
{
    T_EQ(noisy_hash(11, 0), noisy_hash(11, 0));
    T_CHECK(noisy_hash(11, 0) != noisy_hash(12, 0));
}

static void another_link_does_not_change_the_fates(void)
{
    T_EQ(noisy_hash(11, 0), noisy_hash(11, 3));
}

static void the_hash_is_the_same_on_every_machine(void)
{
    T_EQ(noisy_hash(2026, 0), UINT64_C(0xc2deea4444f0fa83));
}

static void a_bounded_world_fails_in_words(void)
{
    struct weft_world_config cfg;
    struct weft_world *w = NULL;
    struct weft_bridge *b;
    weft_world_config_default(&cfg, 1);
    cfg.bytes_max = 10000;
    T_EQ(weft_world_create(&w, &cfg), 0);
    T_EQ(weft_bridge_add(w, "big", WEFT_BRIDGE_SWITCH, 100000, &b), -WEFT_ENOMEM);
    T_EQ(weft_world_step(w), -WEFT_EPROTO);
    T_CHECK(strstr(weft_world_error(w), "memory") != NULL);
    weft_world_destroy(w);
}

static void a_late_copy_holds_up_nobody(void)
{
    static const uint64_t late[] = {1};
    static const uint64_t marks[] = {0, 1, 2, 3, 1};
    struct weft_link *link;
    struct weft_link_quality q = perfect;
    q.delay_ns = 1 * MS;
    struct weft_world *w = wire_new(1, &q, 0, &link);
    T_EQ(weft_link_late(link, 0, late, 1, 1 * S), 0);
    for (uint64_t i = 0; i < 4; i++)
        wire_push(link, i, 100);
    T_EQ(weft_world_run(w, WEFT_NEVER), 0);
    for (uint64_t i = 0; i < 5; i++) {
        uint64_t mark = 99, at = 0;
        T_EQ(wire_pull(link, &mark, &at, NULL), 100);
        T_EQ(mark, marks[i]);
        T_EQ(at, i < 4 ? 1 * MS : 1 * S + 1 * MS);
    }
    T_EQ(fates(link, WEFT_FATE_DUPLICATED), 1);
    T_EQ(weft_world_frames_in_use(w), 0);
    weft_world_destroy(w);
}

static void a_frame_can_be_put_on_a_wire(void)
{
    struct weft_link *link;
    uint8_t frame[60] = {1, 2, 3}, got[100];
    struct weft_world *w = wire_new(1, &perfect, 0, &link);
    T_EQ(weft_link_inject(link, 1, frame, sizeof(frame)), 0);
    T_EQ(weft_link_inject(link, 2, frame, sizeof(frame)), -WEFT_EINVAL);
    T_EQ(weft_link_inject(link, 0, frame, 0), -WEFT_EINVAL);
    T_EQ(weft_world_run(w, WEFT_NEVER), 0);
    T_EQ(weft_link_pull(link, 0, got, sizeof(got), NULL), sizeof(frame));
    T_CHECK(memcmp(got, frame, sizeof(frame)) == 0);
    weft_world_destroy(w);
}

/* ---- the frame check sequence ---- */

/** struct checked - A link with check sequences into a hub, and a plain one out of it */
struct checked {
    struct weft_world *w;
    struct weft_link *in, *out;
};

static struct checked checked_new(const struct weft_link_quality *q, bool has_fcs)
{
    struct checked c;
    struct weft_world_config cfg;
    struct weft_bridge *hub;
    struct weft_link_config lc;
    weft_world_config_default(&cfg, 3);
    T_EQ(weft_world_create(&c.w, &cfg), 0);
    T_EQ(weft_bridge_add(c.w, "hub", WEFT_BRIDGE_HUB, 0, &hub), 0);
    memset(&lc, 0, sizeof(lc));
    lc.name[0] = 'o';
    lc.end[0].kind = WEFT_END_EXTERNAL;
    lc.end[1].kind = WEFT_END_BRIDGE;
    lc.end[1].bridge = hub;
    T_EQ(weft_link_add(c.w, &lc, &c.out), 0);
    lc.name[0] = 'i';
    lc.has_fcs = has_fcs;
    lc.quality[0] = *q;
    T_EQ(weft_link_add(c.w, &lc, &c.in), 0);
    return c;
}

/* proves: CAP-LINK-06 */
static void a_frame_is_padded_and_ends_with_its_check_sequence(void)
{
    struct weft_world_config cfg;
    struct weft_link_config lc;
    struct weft_link *link;
    struct weft_world *w;
    uint8_t f[100], got[100];
    weft_world_config_default(&cfg, 3);
    T_EQ(weft_world_create(&w, &cfg), 0);
    memset(&lc, 0, sizeof(lc));
    lc.name[0] = 'l';
    lc.end[0].kind = lc.end[1].kind = WEFT_END_EXTERNAL;
    lc.has_fcs = true;
    T_EQ(weft_link_add(w, &lc, &link), 0);
    memset(f, 0xff, sizeof(f));
    memcpy(f + 32, "123456789", 9);
    T_EQ(weft_link_push(link, 0, f, 42), 0); /* ARP: 14 and 28 octets, 18 of padding. */
    T_EQ(weft_world_run(w, WEFT_NEVER), 0);
    T_EQ(weft_link_pull(link, 1, got, sizeof(got), NULL), 64);
    T_CHECK(memcmp(got, f, 42) == 0);
    for (unsigned i = 42; i < 60; i++)
        T_EQ(got[i], 0);
    static const uint8_t zeros[60];
    T_EQ(weft_link_push(link, 0, zeros, 60), 0);
    T_EQ(weft_world_run(w, WEFT_NEVER), 0);
    T_EQ(weft_link_pull(link, 1, got, sizeof(got), NULL), 64);
    static const uint8_t crc[] = {0x08, 0x89, 0x12, 0x04}; /* Of 60 zeros, by another program. */
    T_CHECK(memcmp(got + 60, crc, 4) == 0);
    lc.name[0] = 'm';
    lc.has_superframes = true;
    T_EQ(weft_link_add(w, &lc, &link), -WEFT_EINVAL);
    weft_world_destroy(w);
}

/* Frames that a burst has spoilt and that came in spite of it; *undetected by the checksum. */
static uint64_t spoilt_and_delivered(bool has_fcs, uint64_t frames, uint64_t *undetected)
{
    struct weft_link_quality q = perfect;
    q.corrupt_ppm = 1000000;
    q.corrupt_bits = 128;
    struct checked c = checked_new(&q, has_fcs);
    uint8_t f[64], got[64];
    uint64_t n = 0;
    *undetected = 0;
    for (unsigned i = 0; i < sizeof(f); i++)
        f[i] = (uint8_t)(i * 37);
    t_put_sum(f + 12, f, sizeof(f), 0);
    for (uint64_t i = 0; i < frames; i++) {
        T_EQ(weft_link_push(c.in, 0, f, sizeof(f)), 0);
        T_EQ(weft_world_run(c.w, WEFT_NEVER), 0);
        while (weft_link_pull(c.out, 0, got, sizeof(got), NULL) != 0) {
            n++;
            *undetected += t_sum(got, sizeof(got), 0) == 0xffff && memcmp(got, f, sizeof(f)) != 0;
        }
    }
    T_EQ(fates(c.in, WEFT_FATE_FCS) + n, frames);
    T_EQ(weft_world_frames_in_use(c.w), 0);
    weft_world_destroy(c.w);
    return n;
}

/* proves: CAP-LINK-06 BAD-DST-06 */
static void bursts_are_found_by_the_check_sequence_and_mostly_by_the_checksum(void)
{
    const uint64_t frames = 1000000;
    uint64_t undetected;
    T_EQ(spoilt_and_delivered(true, frames / 4, &undetected), 0);
    T_EQ(spoilt_and_delivered(false, frames, &undetected), frames);
    printf("# %" PRIu64 " of %" PRIu64 " not found by the checksum\n", undetected, frames);
    T_CHECK(undetected >= frames / 65536 / 2 && undetected <= frames / 65536 * 2);
}

static void what_is_whole_passes_and_copies_do_too(void)
{
    struct weft_link_quality q = perfect;
    q.dup_ppm = 1000000;
    q.delay_ns = 1 * MS;
    struct checked c = checked_new(&q, true);
    uint8_t f[60] = {1, 2, 3}, got[70];
    T_EQ(weft_link_push(c.in, 0, f, sizeof(f)), 0);
    T_EQ(weft_world_run(c.w, WEFT_NEVER), 0);
    for (unsigned i = 0; i < 2; i++) {
        T_EQ(weft_link_pull(c.out, 0, got, sizeof(got), NULL), sizeof(f));
        T_CHECK(memcmp(got, f, sizeof(f)) == 0);
    }
    T_EQ(weft_link_pull(c.out, 0, got, sizeof(got), NULL), 0);
    T_EQ(weft_world_frames_in_use(c.w), 0);
    weft_world_destroy(c.w);
}

static const struct t_case cases[] = {
    {"a frame is padded, and ends with its check sequence",
     a_frame_is_padded_and_ends_with_its_check_sequence},
    {"bursts are found by the check sequence, and mostly by the checksum",
     bursts_are_found_by_the_check_sequence_and_mostly_by_the_checksum},
    {"what is whole passes, and copies do, too", what_is_whole_passes_and_copies_do_too},
    {"a late copy holds up nobody", a_late_copy_holds_up_nobody},
    {"a frame can be put on a wire", a_frame_can_be_put_on_a_wire},
    {"a perfect wire delivers at once, in order", a_perfect_wire_delivers_at_once_in_order},
    {"rate counts the octets of the wire", rate_counts_the_octets_of_the_wire},
    {"a full queue drops the newest", a_full_queue_drops_the_newest},
    {"a queue limit in bytes holds", a_queue_limit_in_bytes_holds},
    {"a long queue marks what is ECN-capable", a_long_queue_marks_what_is_ecn_capable},
    {"a long queue in bytes marks", a_long_queue_in_bytes_marks},
    {"listed frames are lost and no others", listed_frames_are_lost_and_no_others},
    {"random loss comes near its rate", random_loss_comes_near_its_rate},
    {"burst loss comes in bursts", burst_loss_comes_in_bursts},
    {"jitter keeps the order unless told otherwise", jitter_keeps_the_order_unless_told_otherwise},
    {"reordered frames come later and complete", reordered_frames_come_later_and_complete},
    {"duplicates are counted and equal", duplicates_are_counted_and_equal},
    {"corruption flips exactly one bit", corruption_flips_exactly_one_bit},
    {"a cut loses what is under way", a_cut_loses_what_is_under_way},
    {"the MTU is checked without the link header", the_mtu_is_checked_without_the_link_header},
    {"equal seeds give equal hashes", equal_seeds_give_equal_hashes},
    {"another link does not change the fates", another_link_does_not_change_the_fates},
    {"the hash is the same on every machine", the_hash_is_the_same_on_every_machine},
    {"a bounded world fails in words", a_bounded_world_fails_in_words},
};
T_MAIN(cases)
