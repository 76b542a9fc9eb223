/* SPDX-License-Identifier: MIT */
/* Transmit queues of a router: what is dropped, marked and sent first; frames in, frames out. */
#include "../ip/router.h"

#define LIMIT 40

static struct router r;
static uint8_t buf[FRAME_MAX];

static void begin(struct weft_queue_options o)
{
    struct weft_queue_options got;
    router_begin(&r, 0, LIMIT);
    T_EQ(weft_if_set_queue(r.st, r.ifs[1], &o), 0);
    T_EQ(weft_if_get_queue(r.st, r.ifs[1], &got), 0);
    T_CHECK(got.kind == o.kind && got.is_ecn == o.is_ecn && got.limit_pkts != 0);
}

/* A packet to link 1 with a TOS octet; its number stands in the identification. */
static void offer(uint8_t tos, uint16_t number)
{
    uint32_t len = ip_frame(buf, 0, ip4(10, 0, 0, 1), ip4(10, 1, 0, 1), 46);
    buf[IP_AT + 1] = tos;
    put16(buf + IP_AT + 4, number);
    ip_resum(buf);
    router_in(&r, 0, buf, len);
}

/* One packet out of link 1: its TOS octet, or -1; *@number is set if not NULL. */
static int take(uint16_t *number)
{
    struct weft_frame f;
    if (weft_tx(r.st, r.ifs[1], &f, 1, r.now_ns) == 0)
        return -1;
    const uint8_t *ip = (const uint8_t *)f.iov[0].base + IP_AT;
    int tos = ip[1];
    T_EQ(sum16(ip, 20, 0), 0xffff);
    if (number != NULL)
        *number = be16(ip + 4);
    weft_tx_done(r.st, &f.cookie, 1);
    router_release(&r);
    return tos;
}

static void end(void)
{
    while (take(NULL) >= 0)
        ;
    T_EQ(router_take(&r, 0), 0); /* Nobody is told, least of all by a source quench. */
    router_end(&r);
}

/* proves: IPR-FWD-32 */
static void a_full_queue_drops_what_comes(void)
{
    uint16_t number = 0;
    begin((struct weft_queue_options){.limit_pkts = 4});
    for (uint16_t i = 0; i < 7; i++)
        offer(0, i);
    T_EQ(weft_drops(r.st, WEFT_DROP_TXQ_FULL), 3);
    for (uint16_t i = 0; i < 4; i++)
        T_CHECK(take(&number) == 0 && number == i);
    T_EQ(take(NULL), -1);
    end();
}

/* proves: IPR-FWD-24 IPR-FWD-25 */
static void higher_precedence_goes_first_where_it_is_on(void)
{
    uint16_t number = 0;
    for (int is_on = 0; is_on < 2; is_on++) {
        begin((struct weft_queue_options){.is_by_precedence = is_on != 0});
        for (uint16_t i = 0; i < 16; i++)
            offer((uint8_t)(i % 8 << 5), i);
        for (uint16_t i = 0; i < 16; i++) {
            uint16_t want = is_on != 0 ? (uint16_t)(7 - i / 2 + i % 2 * 8) : i;
            T_EQ(take(&number), want % 8 << 5);
            T_EQ(number, want);
        }
        end();
    }
}

/* proves: IPR-FWD-31 */
static void higher_precedence_pushes_lower_out(void)
{
    begin((struct weft_queue_options){.is_by_precedence = true, .limit_pkts = 4});
    for (uint16_t i = 0; i < 4; i++)
        offer((uint8_t)(i < 2 ? 0x20 : 0x40), i);
    offer(0, 4);
    offer(0x20, 5); /* Not in favour of an equal. */
    T_EQ(weft_drops(r.st, WEFT_DROP_TXQ_FULL), 2);
    for (uint16_t i = 0; i < 3; i++)
        offer(0xa0, i);
    T_EQ(weft_drops(r.st, WEFT_DROP_TXQ_FULL), 5);
    for (int i = 0; i < 3; i++)
        T_EQ(take(NULL), 0xa0);
    T_EQ(take(NULL), 0x40);
    T_EQ(take(NULL), -1);
    end();
}

/* ---- early drops ---- */

/*
 * A standing queue of @depth packets for @packets more, one each millisecond; how many of those
 * that left had CE.
 */
static uint32_t stand(uint8_t tos, uint32_t depth, uint32_t packets)
{
    uint32_t marked = 0;
    for (uint32_t i = 0; i < depth; i++)
        offer(tos, 0);
    for (uint32_t i = 0; i < packets; i++) {
        r.now_ns += MS;
        weft_advance(r.st, r.now_ns);
        int got = take(NULL);
        marked += got >= 0 && (got & 3) == 3;
        T_CHECK(got < 0 || (got & ~3) == (tos & ~3));
        T_CHECK(got < 0 || (got & 3) == 3 || (got & 3) == (tos & 3));
        offer(tos, 0);
    }
    return marked;
}

static const struct weft_queue_options early[2] = {
    {.kind = WEFT_QUEUE_RED, .is_ecn = true, .red_min_pkts = 5, .red_max_pkts = 30},
    {.kind = WEFT_QUEUE_CODEL, .is_ecn = true}};

static uint64_t early_drops(void)
{
    T_EQ(weft_drops(r.st, WEFT_DROP_TXQ_FULL), 0);
    return weft_drops(r.st, WEFT_DROP_TX_RED) + weft_drops(r.st, WEFT_DROP_TX_CODEL);
}

/* proves: IP-ECN-01 */
static void a_standing_queue_marks_and_a_short_one_does_not(void)
{
    for (int k = 0; k < 2; k++) {
        begin(early[k]);
        T_EQ(stand(0x02, 3, 3000), 0);
        uint32_t marked = stand(0x02, 17, 3000);
        T_CHECK(marked > 20 && marked < 1000);
        T_CHECK(weft_counter(r.st, WEFT_COUNT_TX_ECN_MARKED) - marked <= 17); /* Some wait. */
        T_EQ(early_drops(), 0);
        end();
        begin(early[k]);
        T_CHECK(stand(0x01, 20, 3000) > 20); /* ECT(1) as well. */
        end();
    }
}

/* proves: IP-ECN-02 */
static void who_is_not_capable_is_dropped_and_never_marked(void)
{
    for (int k = 0; k < 2; k++) {
        begin(early[k]);
        T_EQ(stand(0x40, 20, 3000), 0);
        T_CHECK(early_drops() > 3);
        T_EQ(weft_counter(r.st, WEFT_COUNT_TX_ECN_MARKED), 0);
        end();
        struct weft_queue_options silent = early[k];
        silent.is_ecn = false;
        begin(silent);
        T_EQ(stand(0x02, 20, 3000), 0);
        T_CHECK(early_drops() > 3);
        end();
    }
}

/* proves: IP-ECN-03 */
static void a_mark_stays(void)
{
    for (int k = 0; k < 2; k++) {
        begin(early[k]);
        T_EQ(stand(0x03, 20, 3000), 3000);
        T_EQ(early_drops(), 0);
        end();
    }
}

/* No mark instead of a drop of another cause: the queue is full. */
static void a_full_queue_drops_marked_or_not(void)
{
    struct weft_queue_options o = early[0];
    o.red_min_pkts = 35;
    o.red_max_pkts = 39;
    begin(o);
    for (uint16_t i = 0; i < LIMIT + 5; i++)
        offer(0x02, i);
    T_EQ(weft_drops(r.st, WEFT_DROP_TXQ_FULL), 5);
    T_EQ(weft_counter(r.st, WEFT_COUNT_TX_ECN_MARKED), 0);
    end();
}

/* RFC 8289: the first drop after an interval, the next ones closer and closer. */
static void codel_waits_an_interval_and_then_hurries(void)
{
    begin((struct weft_queue_options){.kind = WEFT_QUEUE_CODEL});
    stand(0, 35, 95);
    T_EQ(weft_drops(r.st, WEFT_DROP_TX_CODEL), 0);
    stand(0, 0, 20);
    T_EQ(weft_drops(r.st, WEFT_DROP_TX_CODEL), 1);
    stand(0, 0, 100);
    uint64_t one = weft_drops(r.st, WEFT_DROP_TX_CODEL);
    stand(0, 0, 300);
    T_CHECK(weft_drops(r.st, WEFT_DROP_TX_CODEL) - one > 3);
    end();
}

/* What waits when a queue becomes one has waited since then, as far as anybody knows. */
static void codel_counts_from_when_it_began(void)
{
    const struct weft_queue_options codel = {.kind = WEFT_QUEUE_CODEL,
                                             .is_by_precedence = true,
                                             .codel_target_us = 50000,
                                             .codel_interval_us = 2000};
    begin((struct weft_queue_options){.kind = WEFT_QUEUE_DROP_TAIL, .is_by_precedence = true});
    for (uint16_t i = 0; i < 10; i++)
        offer(i < 5 ? 0 : 0xa0, i);
    T_EQ(weft_if_set_queue(r.st, r.ifs[1], &codel), 0);
    for (uint32_t i = 0; i < 10; i++) {
        r.now_ns += MS;
        weft_advance(r.st, r.now_ns);
        T_CHECK(take(NULL) >= 0);
    }
    T_EQ(weft_drops(r.st, WEFT_DROP_TX_CODEL), 0);
    end();
}

/* Who cannot ask for a neighbour has no use for a short queue. */
static void codel_leaves_arp_alone(void)
{
    static const uint8_t mac[6] = {2, 0, 0, 0, 0, 1};
    struct weft_frame f;
    begin((struct weft_queue_options){
        .kind = WEFT_QUEUE_CODEL, .codel_target_us = 1, .codel_interval_us = 1});
    for (int i = 0; i < 20; i++) /* An announcement each. */
        T_EQ(weft_if_set_mac(r.st, r.ifs[1], mac), 0);
    for (int i = 0; i < 20; i++) {
        r.now_ns += MS;
        T_EQ(weft_tx(r.st, r.ifs[1], &f, 1, r.now_ns), 1);
        weft_tx_done(r.st, &f.cookie, 1);
    }
    T_EQ(weft_drops(r.st, WEFT_DROP_TX_CODEL), 0);
    end();
}

static void what_cannot_be_is_refused(void)
{
    struct weft_queue_options o = {.kind = WEFT_QUEUE_KIND_COUNT};
    begin((struct weft_queue_options){.kind = WEFT_QUEUE_RED});
    T_EQ(weft_if_set_queue(r.st, r.ifs[1], &o), -WEFT_EINVAL);
    o = (struct weft_queue_options){.red_min_pkts = 9, .red_max_pkts = 9};
    T_EQ(weft_if_set_queue(r.st, r.ifs[1], &o), -WEFT_EINVAL);
    o = (struct weft_queue_options){.red_percent = 101};
    T_EQ(weft_if_set_queue(r.st, r.ifs[1], &o), -WEFT_EINVAL);
    o = (struct weft_queue_options){.limit_pkts = 1};
    T_EQ(weft_if_set_queue(r.st, r.ifs[1], &o), 0);
    T_EQ(weft_if_set_queue(r.st, 99, &o), -WEFT_ENOENT);
    end();
}

static const struct t_case cases[] = {
    {"a full queue drops what comes, and nobody is told", a_full_queue_drops_what_comes},
    {"higher precedence goes first where it is switched on",
     higher_precedence_goes_first_where_it_is_on},
    {"higher precedence pushes lower out of a full queue", higher_precedence_pushes_lower_out},
    {"a standing queue marks, a short one does not: RED and CoDel",
     a_standing_queue_marks_and_a_short_one_does_not},
    {"packets that are not ECN-capable are dropped early and never marked",
     who_is_not_capable_is_dropped_and_never_marked},
    {"a mark stays", a_mark_stays},
    {"a full queue drops, marked or not", a_full_queue_drops_marked_or_not},
    {"CoDel waits an interval, then drops come closer", codel_waits_an_interval_and_then_hurries},
    {"CoDel counts from when it began", codel_counts_from_when_it_began},
    {"CoDel leaves ARP alone", codel_leaves_arp_alone},
    {"options that cannot be are refused", what_cannot_be_is_refused},
};
T_MAIN(cases)
