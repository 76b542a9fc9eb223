/* SPDX-License-Identifier: MIT */
/** DOC: Marks on frames that come in bursts and are gathered: every one is counted, none is spread.
 */
#include <stdio.h>
#include <string.h>

#include "net.h"
#include "t.h"
#include "weft/trace.h"

#define BYTES 2000000u
#define TURN  (5 * MS)

/** struct path - Two hosts; the test carries the frames between the far ends of their links */
struct path {
    struct weft_world *w;
    struct weft_node *node[2];
    struct weft_link *link[2];
    uint64_t marked, cwr;
};

static void add_host(struct path *p, unsigned i, uint8_t ecn)
{
    struct weft_node_config cfg;
    struct weft_link_config lc;
    char name[8];
    (void)snprintf(name, sizeof(name), "h%u", i);
    weft_node_config_default(&cfg, name);
    cfg.stack.tcp_ecn = ecn;
    T_EQ(weft_node_add(p->w, &cfg, &p->node[i]), 0);
    memset(&lc, 0, sizeof(lc));
    memcpy(lc.name, name, sizeof(name));
    lc.mtu = 1500;
    lc.end[0].kind = WEFT_END_NODE;
    lc.end[0].node = p->node[i];
    lc.end[0].netif.mtu = 1500;
    memcpy(lc.end[0].netif.name, "eth0", 5);
    weft_world_mac(p->w, lc.end[0].netif.mac);
    lc.end[1].kind = WEFT_END_EXTERNAL;
    T_EQ(weft_link_add(p->w, &lc, &p->link[i]), 0);
    struct weft_addr addr = weft_ip4(10, 1, 0, (uint8_t)(1 + i));
    T_EQ(weft_addr_add(weft_node_stack(p->node[i]),
                       weft_link_config_get(p->link[i])->end[0].ifindex, &addr, 24),
         0);
}

/* ECT becomes CE now and then, in runs of one to three. */
static void maybe_mark(struct path *p, uint8_t *f, uint64_t index)
{
    if ((f[15] & 3) != 2 || index % 50 > index / 50 % 3)
        return;
    uint32_t sum = ((uint32_t)f[24] << 8 | f[25]) + 0xffff - 1;
    sum = (sum & 0xffff) + (sum >> 16);
    f[15] |= 3;
    f[24] = (uint8_t)(sum >> 8);
    f[25] = (uint8_t)sum;
    p->marked++;
}

/* All that one end sent goes to the other at once. */
static void carry(struct path *p, unsigned from)
{
    static uint64_t index;
    uint8_t f[1514];
    size_t n;
    while ((n = weft_link_pull(p->link[from], 1, f, sizeof(f), NULL)) != 0) {
        bool is_tcp = n > 54 && f[12] == 8 && f[13] == 0 && f[23] == 6;
        if (is_tcp && from == 0)
            maybe_mark(p, f, index++);
        p->cwr += is_tcp && (f[47] & 0x82) == 0x80;
        T_EQ(weft_link_push(p->link[1 - from], 1, f, n), 0);
    }
}

static void gathered_frames_keep_their_marks(uint8_t asks, uint8_t answers)
{
    struct path p = {.w = net_new(1)};
    struct weft_actor *client = NULL;
    add_host(&p, 0, asks);
    add_host(&p, 1, answers);
    (void)net_server(p.w, p.node[1], WEFT_ACTOR_TCP_SINK, 9, BYTES);
    struct weft_actor_config c =
        net_client(p.node[0], WEFT_ACTOR_TCP_SEND, weft_ip4(10, 1, 0, 2), 9, BYTES);
    T_EQ(weft_actor_add(p.w, &c, &client), 0);
    for (uint32_t i = 0; i < 4000 && !weft_actor_result(client)->is_done; i++) {
        T_EQ(weft_world_run(p.w, weft_world_now(p.w) + TURN), 0);
        carry(&p, 0);
        carry(&p, 1);
    }
    T_EQ(weft_actor_result(client)->done, 1);
    const struct weft_stack *a = weft_node_stack(p.node[0]), *b = weft_node_stack(p.node[1]);
    printf("# %llu marked, %llu gathered, %llu reductions\n", (unsigned long long)p.marked,
           (unsigned long long)weft_counter(b, WEFT_COUNT_RX_COALESCED),
           (unsigned long long)weft_counter(a, WEFT_COUNT_TCP_ECN_REDUCTIONS));
    T_CHECK(p.marked > 20);
    T_CHECK(weft_counter(b, WEFT_COUNT_RX_COALESCED) > 500);
    T_EQ(weft_counter(b, WEFT_COUNT_TCP_ECN_CE_IN), p.marked);
    T_CHECK(weft_counter(a, WEFT_COUNT_TCP_ECN_REDUCTIONS) > 3);
    T_EQ(weft_counter(a, WEFT_COUNT_TCP_RETRANS_SEGS), 0);
    if (asks == 1)
        T_EQ(p.cwr, weft_counter(a, WEFT_COUNT_TCP_ECN_REDUCTIONS));
    weft_world_destroy(p.w);
}

static void marks_and_cwr_of_classic_ecn(void)
{
    gathered_frames_keep_their_marks(1, 2);
}

static void marks_of_acc_ecn(void)
{
    gathered_frames_keep_their_marks(3, 3);
}

static const struct t_case cases[] = {
    {"gathered frames keep their marks, and CWR is on one frame", marks_and_cwr_of_classic_ecn},
    {"gathered frames keep their marks with AccECN", marks_of_acc_ecn},
};
T_MAIN(cases)
