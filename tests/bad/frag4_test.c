/* SPDX-License-Identifier: MIT */
/** DOC: Fragments that nobody should send (BAD-FRAG): what is held, what it costs, what is told */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ip4.h"

/* proves: BAD-FRAG-02 BAD-FRAG-03 BAD-FRAG-04 BAD-FRAG-05 BAD-FRAG-12 */
/* Teardrop, bonk, boink, newtear, nestea: nothing of them is put together. */
static void shifted_and_overlapping(void)
{
    static const struct {
        uint32_t off_mf;
        uint16_t n, id;
    } sent[] = {{0 | IP_MF, 32, 1},  {24, 4, 1},         {0 | IP_MF, 40, 2},  {32, 4, 2},
                {8 | IP_MF, 112, 3}, {0 | IP_MF, 16, 3}, {48, 224, 3},        {0 | IP_MF, 64, 4},
                {32 | IP_MF, 64, 4}, {96, 8, 4},         {16 | IP_MF, 32, 5}, {8 | IP_MF, 16, 5},
                {40, 16, 5},         {64, 8, 6},         {200 | IP_MF, 8, 6}, {0 | IP_MF, 64, 6}};
    struct ip4 *r = ip4_new();
    for (unsigned i = 0; i < sizeof(sent) / sizeof(sent[0]); i++) {
        ip4_fragment(r, sent[i].id, 17, sent[i].off_mf, sent[i].n, 'A' + (int)i);
        bad_run(r->b, 1 * MS);
    }
    T_EQ(bad_count(r->b, WEFT_COUNT_IP4_REASSEMBLED), 0);
    T_CHECK(bad_drops(r->b, WEFT_DROP_FRAG_OVERLAP) >= 6);
    ip4_end(r);
}

/* proves: BAD-FRAG-01 BAD-FRAG-09 BAD-FRAG-10 */
/* No octets, lengths that are no multiples of 8, an end beyond 65,535: nothing is held for them. */
static void lengths_that_cannot_be(void)
{
    struct ip4 *r = ip4_new();
    static const uint16_t offs[] = {0, 8, 800, 65528}, lens[] = {1, 7, 9, 15};
    for (unsigned i = 0; i < 4; i++) {
        ip4_fragment(r, 1, 17, offs[i] | IP_MF, 0, 0);
        ip4_fragment(r, 1, 17, (uint32_t)(offs[i] / 16 * 8) | IP_MF, lens[i], 0);
    }
    T_EQ(bad_drops(r->b, WEFT_DROP_FRAG_BAD), 8);
    T_EQ(bad_usage(r->b).reasm, 0);
    ip4_fragment(r, 2, 1, 0 | IP_MF, 1480, 'a');
    T_EQ(bad_usage(r->b).reasm, 1);
    ip4_fragment(r, 2, 1, 65528, 100, 'b');
    T_EQ(bad_drops(r->b, WEFT_DROP_FRAG_TOO_BIG), 1);
    T_EQ(bad_usage(r->b).reasm, 0);
    ip4_end(r);
}

/* Reassembly has its number of datagrams and a quarter of the memory, beside an honest flow's. */
static void is_bounded(const struct ip4 *r)
{
    struct weft_usage u = bad_usage(r->b);
    struct weft_config cfg;
    two_config(&cfg);
    T_CHECK(u.reasm <= cfg.reasm_max && u.chunks <= u.chunks_total / 4 + 8);
}

/* proves: BAD-FRAG-14 */
/* Rose: first and last fragments with new identifications from four sources. */
static void first_and_last_only(void)
{
    static uint8_t data[1480];
    struct ip4 *r = ip4_new();
    for (unsigned id = 0; id < 65536; id++) {
        struct ip4_pkt p = {.src = IP_X + id % 4, .proto = 17, .id = (uint16_t)id, .frag = 0x2000};
        p.data = data;
        p.data_n = 32;
        ip4_send(r, &p);
        p.frag = 64000 / 8;
        p.data_n = 8;
        ip4_send(r, &p);
        is_bounded(r);
        if (id % 64 == 0)
            bad_run(r->b, 1 * MS);
    }
    T_EQ(bad_count(r->b, WEFT_COUNT_IP4_REASSEMBLED), 0);
    ip4_end(r);
}

static double cpu_s(void)
{
    return (double)clock() / CLOCKS_PER_SEC;
}

/* proves: BAD-FRAG-15 BAD-FRAG-16 */
/* FragmentSmack: pieces of 8 octets in random order, many datagrams, no end; and all pieces of one
 * from behind. A piece costs the same whatever came before it. */
static void pieces_of_eight(void)
{
    struct ip4 *r = ip4_new();
    double cost[2];
    for (unsigned round = 0; round < 2; round++) {
        double from = cpu_s();
        for (unsigned i = 0; i < 100000; i++) {
            uint64_t x = t_random();
            ip4_fragment(r, (uint16_t)(x % 8), 17, (uint32_t)((x >> 8) % 8000) * 8 | IP_MF, 8, 'x');
            if (i % 256 != 0)
                continue;
            bad_run(r->b, 1 * MS);
            is_bounded(r);
        }
        cost[round] = cpu_s() - from;
    }
    T_CHECK(cost[1] < 4 * cost[0] + 0.1 && cost[1] < 100000 / 30000.0 * 0.3 + 1);
    uint64_t limited = bad_drops(r->b, WEFT_DROP_FRAG_LIMIT);
    for (unsigned k = 8189; k > 0; k--)
        ip4_fragment(r, 77, 17, k * 8 | IP_MF, 8, 'x');
    T_CHECK(bad_drops(r->b, WEFT_DROP_FRAG_LIMIT) > limited);
    ip4_end(r);
}

/* proves: BAD-FRAG-21 */
/* The first header is 60 octets long, the others 20: the whole has the first. */
static void headers_of_different_lengths(void)
{
    static uint8_t opts[40], data[1500];
    struct ip4 *r = ip4_new();
    memset(opts, 1, 40);
    memset(data, 0, sizeof(data));
    data[0] = 8;
    data[2] = 0xf7;
    data[3] = 0xff;
    struct ip4_pkt a = {.proto = 1, .id = 8, .frag = 0x2000, .opts = opts, .opts_n = 40};
    struct ip4_pkt b = {.proto = 1, .id = 8, .frag = 1400 / 8};
    a.data = data;
    a.data_n = 1400;
    b.data = data + 1400;
    b.data_n = 100;
    ip4_one(r, &a, IP_HELD, 0);
    ip4_one(r, &b, IP_HELD, 1);
    T_EQ(r->last_n, 14 + 20 + 1500);
    /* The longest that may be: with its header 65,535. */
    static uint8_t big[65516];
    memset(big, 0, sizeof(big));
    big[0] = 8;
    big[2] = 0xf7;
    big[3] = 0xff;
    for (unsigned over = 0; over < 2; over++) {
        a.id = b.id = (uint16_t)(10 + over);
        a.data = big;
        a.data_n = 65000;
        b.data = big + 65000;
        b.frag = 65000 / 8;
        b.data_n = 475 + 8 * over;
        ip4_one(r, &a, IP_HELD, 0);
        ip4_one(r, &b, over ? WEFT_DROP_FRAG_TOO_BIG : IP_HELD, !over);
    }
    ip4_end(r);
}

/* proves: BAD-FRAG-22 */
static void a_first_fragment_of_64_kilobytes(void)
{
    struct ip4 *r = ip4_new();
    ip4_fragment(r, 1, 17, 0 | IP_MF, 65504, 'x');
    T_EQ(bad_usage(r->b).reasm, 1);
    ip4_fragment(r, 1, 17, 65504, 8, 'x');
    T_EQ(bad_usage(r->b).reasm, 0);
    T_EQ(bad_count(r->b, WEFT_COUNT_IP4_REASSEMBLED), 1);
    ip4_fragment(r, 2, 17, 0 | IP_MF, 65512, 'x');
    ip4_fragment(r, 2, 17, 65512, 8, 'x');
    T_CHECK(bad_usage(r->b).reasm <= 1);
    T_EQ(bad_count(r->b, WEFT_COUNT_IP4_REASSEMBLED), 1);
    ip4_end(r);
}

/* proves: BAD-FRAG-23 BAD-FRAG-13 */
/* The last fragment and the end of the time meet, a tick before or behind, in one call or two. */
static void completed_while_it_times_out(void)
{
    struct ip4 *r = ip4_new();
    for (int k = 0; k < 400; k++) {
        uint64_t done = bad_count(r->b, WEFT_COUNT_IP4_REASSEMBLED);
        uint64_t over = bad_drops(r->b, WEFT_DROP_FRAG_TIMEOUT);
        ip4_fragment(r, (uint16_t)k, 17, 0 | IP_MF, 64, 'x');
        uint64_t at_ns = r->b->two->now_ns + 30 * S;
        at_ns = (uint64_t)((int64_t)at_ns + (k % 40 - 20) * 4000);
        bad_run(r->b, at_ns - r->b->two->now_ns - 5 * MS);
        r->b->two->now_ns = at_ns; /* Nobody looked in between. */
        if (k % 2 == 0)
            bad_run(r->b, 0);
        ip4_fragment(r, (uint16_t)k, 17, 64, 8, 'x');
        bad_run(r->b, 31 * S);
        T_EQ(bad_usage(r->b).reasm, 0);
        done = bad_count(r->b, WEFT_COUNT_IP4_REASSEMBLED) - done;
        over = bad_drops(r->b, WEFT_DROP_FRAG_TIMEOUT) - over;
        T_CHECK((done == 1 && over == 0) || (done == 0 && over == 2));
    }
    ip4_end(r);
}

/* proves: BAD-FRAG-24 */
/* From a memory of almost nothing upwards: what finds no room is dropped, and all comes back. */
static void memory_that_runs_out(void)
{
    uint64_t none = 0, whole = 0;
    for (uint32_t kb = 48; kb <= 240; kb += 16) {
        struct weft_config cfg;
        two_config(&cfg);
        cfg.pkts_max = 64 + kb / 4;
        struct ip4 *r = ip4_on(bad_new(&cfg, kb * 1024));
        struct weft_endpoint to = {.addr = weft_ip4(10, 9, 0, 2), .port = 9};
        static uint8_t data[20000];
        uint64_t sock = 0;
        T_EQ(weft_sock_open(r->b->st, WEFT_SOCK_UDP, &sock), 0);
        T_EQ(weft_if_set_mtu(r->b->st, IP4_IF, 576), 0);
        for (unsigned i = 0; i < 1200; i++) {
            uint64_t x = t_random();
            uint32_t at = i / 2 * 37 % 64 * 512; /* Each once, in disorder. */
            ip4_fragment(r, (uint16_t)(i % 2), 1, at | (at < 32256 ? IP_MF : 0), 512, 8);
            if (i % 256 >= 128 && i % 4 == 0) /* Others want memory, too. */
                ip4_fragment(r, (uint16_t)(100 + x % 8), 1, 0 | IP_MF, 512, 8);
            if (i % 4 == 0)
                (void)!weft_sock_sendto(r->b->st, sock, data, (size_t)(x >> 30) % 20000, &to);
            if (i % 64 == 0) /* What is to be sent piles up meanwhile. */
                bad_run(r->b, 1 * MS);
        }
        none += bad_drops(r->b, WEFT_DROP_NO_CHUNK);
        whole += bad_count(r->b, WEFT_COUNT_IP4_REASSEMBLED);
        T_EQ(weft_sock_close(r->b->st, sock), 0);
        ip4_end(r);
    }
    printf("# %u without room, %u whole\n", (unsigned)none, (unsigned)whole);
    T_CHECK(none > 20 && whole > 10);
}

/* proves: BAD-FRAG-26 */
/* jolt, kox: fragments of ICMP errors and of IGMP draw nothing. */
static void messages_in_fragments(void)
{
    struct ip4 *r = ip4_new();
    static const uint8_t types[] = {3, 4, 5, 11, 12, 0, 13, 0x11, 0x22};
    for (unsigned i = 0; i < sizeof(types); i++) {
        for (uint8_t proto = 1; proto <= 2; proto++) {
            ip4_fragment(r, (uint16_t)(i * 2 + proto), proto, 64, 8, 0);
            ip4_fragment(r, (uint16_t)(i * 2 + proto), proto, 0 | IP_MF, 64, types[i]);
            bad_run(r->b, 2 * S);
        }
    }
    T_EQ(bad_drops(r->b, WEFT_DROP_IGMP_FRAGMENT), 2 * sizeof(types));
    T_EQ(r->sent, 0);
    static const uint8_t wrong[4] = {7, 0, 0, 0}; /* An option that draws an error ... */
    struct ip4_pkt later = {.proto = 17, .opts = wrong, .opts_n = 4, .data = wrong, .data_n = 4};
    ip4_one(r, &later, WEFT_DROP_IP4_BAD_OPTION, 1);
    later.frag = 5; /* ... but not in a later fragment. */
    ip4_one(r, &later, WEFT_DROP_IP4_BAD_OPTION, 0);
    r->sent = 0;
    ip4_fragment(r, 99, 17, 8, 64, 1); /* Not the first: never an error about it. */
    ip4_fragment(r, 98, 99, 8, 64, 1);
    bad_run(r->b, 31 * S);
    T_EQ(r->sent, 0);
    ip4_end(r);
}

/* proves: BAD-FRAG-19 */
/* Old pieces join new ones under the same identification: the sum decides, no wrong byte is read.
 */
static void identifications_that_come_again(void)
{
    struct ip4 *r = ip4_new();
    struct weft_endpoint any = {.port = 9};
    static uint8_t u[1000], buf[2000];
    uint64_t sock = 0;
    unsigned good = 0;
    T_EQ(weft_sock_open(r->b->st, WEFT_SOCK_UDP, &sock), 0);
    T_EQ(weft_sock_bind(r->b->st, sock, &any), 0);
    for (unsigned i = 0; i < 3000; i++) {
        uint32_t n = ip4_udp(u, 9, 400);
        weft_pattern(1000 + i, 0, u + 8, 400);
        t_put16(u + 8, i);
        t_put_sum(u + 6, u, n, 17 + n + 0x0a09 + 0x0042 + 0x0a09 + 0x0001);
        for (unsigned half = 0; half < 2; half++) {
            struct ip4_pkt p = {.proto = 17, .id = (uint16_t)(i % 64)};
            p.frag = half == 0 ? 0x2000 : 200 / 8;
            p.data = u + 200 * half;
            p.data_n = half == 0 ? 200 : n - 200;
            if (t_random() % 10 != 0)
                ip4_send(r, &p);
        }
        for (int64_t got; (got = weft_sock_recv(r->b->st, sock, buf, sizeof(buf))) >= 0; good++) {
            T_EQ(got, 400);
            uint32_t which = t_get16(buf);
            weft_pattern(1000 + which, 0, buf, 2);
            T_EQ(weft_pattern_check(1000 + which, 0, buf, 400), 400);
        }
        if (i % 16 == 0)
            bad_run(r->b, 1 * MS);
    }
    T_CHECK(good > 1500 && bad_drops(r->b, WEFT_DROP_UDP_BAD_CSUM) > 0);
    T_EQ(weft_sock_close(r->b->st, sock), 0);
    ip4_end(r);
}

static const struct t_case cases[] = {
    {"shifted and overlapping", shifted_and_overlapping},
    {"lengths that cannot be", lengths_that_cannot_be},
    {"first and last only", first_and_last_only},
    {"pieces of eight", pieces_of_eight},
    {"headers of different lengths", headers_of_different_lengths},
    {"a first fragment of 64 KB", a_first_fragment_of_64_kilobytes},
    {"completed while it times out", completed_while_it_times_out},
    {"memory that runs out", memory_that_runs_out},
    {"messages in fragments", messages_in_fragments},
    {"identifications that come again", identifications_that_come_again},
};
T_MAIN(cases)
