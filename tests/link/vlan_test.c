/* SPDX-License-Identifier: MIT */
/** DOC: VLAN interfaces as frames: tags in and out, what no interface is for, and the parent */
#include <string.h>

#include "rig.h"
#include "t.h"

/** struct vr - A rig with eth0 (10.9.0.2/24), and VLANs 7 (10.9.7.2/24) and 8 (10.9.8.2/24) on it
 */
struct vr {
    struct rig *r;
    uint16_t v[2];
};

static struct vr make(void)
{
    static const char *const names[2] = {"eth0.7", "eth0.8"};
    struct vr v = {.r = rig_new(true)};
    for (uint8_t i = 0; i < 2; i++) {
        struct weft_vlan_config c = {.name = names[i], .parent = v.r->eth0, .id = 7u + i};
        struct weft_addr a = weft_ip4(10, 9, (uint8_t)(7 + i), 2);
        int index = weft_vlan_add(v.r->st, &c);
        T_CHECK(index > 0);
        v.v[i] = (uint16_t)index;
        T_EQ(weft_addr_add(v.r->st, v.v[i], &a, 24), 0);
    }
    rig_run(v.r, 0);
    return v;
}

/* Put a tag into a frame; its new length. */
static size_t tag(uint8_t *f, size_t n, uint16_t tci)
{
    memmove(f + 16, f + 12, n - 12);
    f[12] = 0x81;
    f[13] = 0;
    f[14] = (uint8_t)(tci >> 8);
    f[15] = (uint8_t)tci;
    return n + 4;
}

static size_t request(uint8_t f[64], uint32_t from, uint32_t to)
{
    static const uint8_t none[6];
    memset(f, 0, 64);
    rig_arp(rig_eth(f, rig_group, rig_peer, 0x0806), 1, rig_peer, from, none, to);
    return 60;
}

/* An echo request to an address of the stack, from .1 there. */
static size_t echo(uint8_t *f, uint8_t net, uint16_t bytes)
{
    uint32_t base = 0x0a090000u | (uint32_t)net << 8;
    uint8_t *p = rig_eth(f, rig_mac, rig_peer, 0x0800);
    p = rig_ip(p, 1, base | 1, base | 2, (uint16_t)(8 + bytes));
    return (size_t)(rig_echo(p, bytes) - f);
}

/* An echo reply has the TOS of its request. */
static size_t echo_tos(uint8_t *f, uint8_t net, uint8_t tos)
{
    size_t n = echo(f, net, 100);
    uint32_t sum = (uint32_t)(f[24] << 8 | f[25]);
    f[15] = tos;
    sum = sum >= tos ? sum - tos : sum + 0xffff - tos;
    f[24] = (uint8_t)(sum >> 8);
    f[25] = (uint8_t)sum;
    return n;
}

static void meet(struct vr *v, uint16_t id, uint16_t tci)
{
    uint8_t f[68];
    uint32_t base = 0x0a090000u | (uint32_t)id << 8;
    rig_push(v->r, f, tag(f, request(f, base | 1, base | 2), tci));
    T_CHECK(rig_pull(v->r) >= 46);
}

/* proves: CAP-LINK-04 */
static void tags_go_in_and_out(void)
{
    struct vr v = make();
    uint8_t f[1600], want[18];
    for (uint16_t id = 7; id <= 8; id++) {
        meet(&v, id, (uint16_t)(0xb000 | id)); /* Priority and drop bit do not matter. */
        T_EQ(v.r->f[25], 2);
        rig_push(v.r, f, tag(f, echo(f, (uint8_t)id, 100), id));
        T_EQ(rig_pull(v.r), 18 + 20 + 8 + 100);
        rig_eth(want, rig_peer, rig_mac, 0x8100);
        want[14] = 0;
        want[15] = (uint8_t)id;
        want[16] = 8;
        want[17] = 0;
        T_EQ(memcmp(v.r->f, want, 18), 0);
        T_EQ(v.r->f[38], 0);
        struct weft_if_info i;
        T_EQ(weft_if_get(v.r->st, v.v[id - 7], &i), 0);
        T_EQ(i.rx_frames, 2);
        T_EQ(i.tx_frames, 3); /* The announcement, the ARP reply, the echo. */
    }
    rig_alive(v.r); /* The parent, without tags. */
    rig_end(v.r);
}

static void a_vlan_is_a_link_of_its_own(void)
{
    struct vr v = make();
    uint8_t f[1600];
    rig_push(v.r, f, tag(f, request(f, 0x0a090701, 0x0a090702), 8)); /* The other one's address. */
    T_EQ(rig_pull(v.r), 0);
    rig_push(v.r, f, request(f, 0x0a090701, 0x0a090702));
    T_EQ(rig_pull(v.r), 0);
    T_EQ(weft_tx_ready(v.r->st, v.v[0]), false);
    struct weft_frame fr;
    T_EQ(weft_tx(v.r->st, v.v[0], &fr, 1, v.r->now_ns), 0);
    rig_end(v.r);
}

/* proves: CAP-LINK-04 */
static void priority_tags_are_the_parents(void)
{
    struct vr v = make();
    uint8_t f[1600];
    rig_push(v.r, f, tag(f, request(f, 0x0a090001, 0x0a090002), 0xe000));
    T_CHECK(rig_pull(v.r) >= 42);
    T_EQ(v.r->f[12] << 8 | v.r->f[13], 0x0806);
    rig_push(v.r, f, tag(f, rig_ping(f, rig_mac, 20), 0));
    T_EQ(rig_pull(v.r), 62);
    rig_end(v.r);
}

/* proves: CAP-LINK-04 BAD-ETH-09 */
static void what_no_interface_is_for_is_dropped_by_name(void)
{
    struct vr v = make();
    uint8_t f[1600];
    rig_push(v.r, f, tag(f, request(f, 0x0a090701, 0x0a090702), 9));
    rig_push(v.r, f, tag(f, request(f, 0x0a090701, 0x0a090702), 0xfff));
    T_EQ(rig_drops(v.r, WEFT_DROP_VLAN_UNKNOWN), 2);
    rig_push(v.r, f, tag(f, tag(f, request(f, 0x0a090701, 0x0a090702), 7), 7));
    T_EQ(rig_drops(v.r, WEFT_DROP_VLAN_STACKED), 1);
    for (unsigned i = 0; i < 100; i++)
        memcpy(f + 12 + 4 * i, (const uint8_t[4]){0x81, 0, 0, 7}, 4);
    rig_push(v.r, f, 412);
    T_EQ(rig_drops(v.r, WEFT_DROP_VLAN_STACKED), 2);
    for (unsigned n = 14; n < 18; n++)
        rig_push(v.r, f, n);
    T_EQ(rig_drops(v.r, WEFT_DROP_ETH_RUNT), 4);
    T_EQ(rig_pull(v.r), 0);
    T_EQ(rig_all_drops(v.r), 8);
    rig_alive(v.r);
    rig_end(v.r);
}

/* proves: ETH-1122-10 */
static void the_precedence_of_ip_reaches_the_tag(void)
{
    struct vr v = make();
    uint8_t f[1600];
    meet(&v, 7, 7);
    size_t n = echo_tos(f, 7, 0xa0);
    rig_push(v.r, f, tag(f, n, 7));
    T_CHECK(rig_pull(v.r) > 100);
    T_EQ(v.r->f[14] << 8 | v.r->f[15], 5 << 13 | 7);
    rig_end(v.r);
}

/* The queue of a VLAN looks behind the tag. */
static void a_vlan_sends_higher_precedence_first(void)
{
    struct weft_queue_options o = {.is_by_precedence = true};
    struct vr v = make();
    uint8_t f[1600];
    meet(&v, 7, 7);
    T_EQ(weft_if_set_queue(v.r->st, v.v[0], &o), 0);
    for (uint8_t i = 0; i < 16; i++)
        rig_push(v.r, f, tag(f, echo_tos(f, 7, (uint8_t)(i % 8 << 5)), 7));
    for (uint8_t i = 0; i < 16; i++) {
        T_CHECK(rig_pull(v.r) > 100);
        T_EQ(v.r->f[19], (7 - i / 2) << 5);
    }
    rig_end(v.r);
}

/* proves: CAP-LINK-04 */
static void the_mtu_is_at_most_the_parents(void)
{
    struct vr v = make();
    uint8_t f[1600];
    struct weft_if_info i;
    meet(&v, 7, 7);
    rig_push(v.r, f, tag(f, echo(f, 7, 1472), 7)); /* A whole packet, with the tag 1,518 bytes. */
    T_EQ(rig_pull(v.r), 1518);
    T_EQ(weft_if_set_mtu(v.r->st, v.v[0], 1501), -WEFT_EINVAL);
    T_EQ(weft_if_set_mtu(v.r->st, v.v[0], 576), 0);
    rig_push(v.r, f, tag(f, echo(f, 7, 1000), 7)); /* Comes whole, the answer leaves in pieces. */
    T_EQ(rig_pull(v.r), 18 + 572);
    T_EQ(v.r->f[12] << 8 | v.r->f[13], 0x8100);
    T_EQ(rig_pull(v.r), 18 + 20 + 1008 - 552);
    T_EQ(weft_if_set_mtu(v.r->st, v.r->eth0, 500), 0);
    T_EQ(weft_if_get(v.r->st, v.v[0], &i), 0);
    T_EQ(i.cfg.mtu, 500);
    T_EQ(weft_if_get(v.r->st, v.v[1], &i), 0);
    T_EQ(i.cfg.mtu, 500);
    rig_end(v.r);
}

static bool is_up(const struct vr *v, unsigned k)
{
    struct weft_if_info i;
    T_EQ(weft_if_get(v->r->st, v->v[k], &i), 0);
    return i.is_up;
}

static void it_follows_its_parent(void)
{
    struct vr v = make();
    uint8_t f[1600], mac[6] = {2, 0, 0, 0, 0, 0x99};
    T_EQ(weft_if_set_up(v.r->st, v.v[1], false), 0);
    T_EQ(weft_if_set_up(v.r->st, v.r->eth0, false), 0);
    T_CHECK(!is_up(&v, 0) && !is_up(&v, 1));
    T_EQ(weft_if_set_up(v.r->st, v.r->eth0, true), 0);
    T_CHECK(is_up(&v, 0) && !is_up(&v, 1));
    rig_push(v.r, f, tag(f, request(f, 0x0a090801, 0x0a090802), 8));
    T_EQ(rig_drops(v.r, WEFT_DROP_IF_DOWN), 1);
    T_EQ(weft_if_set_up(v.r->st, v.v[1], true), 0);
    T_CHECK(is_up(&v, 1));
    T_EQ(weft_if_set_up(v.r->st, v.r->eth0, false), 0);
    T_EQ(weft_if_set_up(v.r->st, v.v[0], false), 0); /* By hand: it stays so. */
    T_EQ(weft_if_set_up(v.r->st, v.v[1], true), 0);  /* Not without its parent. */
    T_CHECK(!is_up(&v, 1));
    T_EQ(weft_if_set_up(v.r->st, v.r->eth0, true), 0);
    T_CHECK(!is_up(&v, 0) && is_up(&v, 1));
    rig_run(v.r, 0);
    T_EQ(weft_if_set_mac(v.r->st, v.r->eth0, mac), 0);
    struct weft_if_info i;
    T_EQ(weft_if_get(v.r->st, v.v[1], &i), 0);
    T_EQ(i.cfg.mac[5], 0x99);
    rig_end(v.r);
}

/* Neither the parent nor one VLAN keeps another from sending; a full driver holds all of them. */
static void they_take_turns(void)
{
    struct vr v = make();
    uint8_t f[1600];
    unsigned seen[9] = {0};
    meet(&v, 7, 7);
    meet(&v, 8, 8);
    rig_meet(v.r);
    for (unsigned i = 0; i < 30; i++)
        for (uint16_t id = 7; id <= 9; id++) {
            size_t n = id == 9 ? rig_ping(f, rig_mac, 100) : tag(f, echo(f, (uint8_t)id, 100), id);
            rig_push(v.r, f, n);
        }
    weft_tx_block(v.r->st, v.r->eth0, true);
    T_CHECK(weft_deadline(v.r->st) > v.r->now_ns);
    weft_tx_block(v.r->st, v.r->eth0, false);
    T_EQ(weft_deadline(v.r->st), v.r->now_ns);
    T_CHECK(weft_tx_ready(v.r->st, v.r->eth0));
    for (unsigned i = 0; i < 30; i++) {
        T_CHECK(rig_pull(v.r) > 0);
        seen[v.r->f[12] == 0x81 ? v.r->f[15] : 0]++;
    }
    T_EQ(seen[0], 10);
    T_EQ(seen[7], 10);
    T_EQ(seen[8], 10);
    rig_end(v.r);
}

static void what_is_out_of_range_is_refused(void)
{
    struct vr v = make();
    struct weft_if_config l3 = {.name = "tun0", .kind = WEFT_IF_L3};
    uint16_t eth0 = v.r->eth0, tun = (uint16_t)weft_if_add(v.r->st, &l3), parent, id;
    const struct {
        struct weft_vlan_config c;
        int want;
    } rows[] = {
        {{"a", eth0, 0, 0}, -WEFT_EINVAL},  {{"a", eth0, 4095, 0}, -WEFT_EINVAL},
        {{"a", eth0, 7, 0}, -WEFT_EEXIST},  {{"eth0.7", eth0, 9, 0}, -WEFT_EEXIST},
        {{"a", 99, 9, 0}, -WEFT_ENOENT},    {{"a", v.v[0], 9, 0}, -WEFT_EINVAL},
        {{"a", tun, 9, 0}, -WEFT_EINVAL},   {{"a", eth0, 9, 1501}, -WEFT_EINVAL},
        {{"a", eth0, 9, 67}, -WEFT_EINVAL}, {{"", eth0, 9, 0}, -WEFT_EINVAL},
        {{NULL, eth0, 9, 0}, -WEFT_EINVAL}, {{"sixteen-letters-", eth0, 9, 0}, -WEFT_EINVAL},
    };
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        T_EQ(weft_vlan_add(v.r->st, &rows[i].c), rows[i].want);
    T_EQ(weft_vlan_get(v.r->st, v.v[1], &parent, &id), 0);
    T_EQ(parent, eth0);
    T_EQ(id, 8);
    T_EQ(weft_vlan_get(v.r->st, eth0, &parent, &id), 0);
    T_EQ(parent, 0);
    T_EQ(weft_vlan_get(v.r->st, 99, &parent, &id), -WEFT_ENOENT);
    rig_end(v.r);
}

static const struct t_case cases[] = {
    {"tags go in and out", tags_go_in_and_out},
    {"a VLAN is a link of its own", a_vlan_is_a_link_of_its_own},
    {"priority tags are the parent's", priority_tags_are_the_parents},
    {"what no interface is for is dropped", what_no_interface_is_for_is_dropped_by_name},
    {"the precedence of IP reaches the tag", the_precedence_of_ip_reaches_the_tag},
    {"a VLAN sends higher precedence first", a_vlan_sends_higher_precedence_first},
    {"the MTU is at most the parent's", the_mtu_is_at_most_the_parents},
    {"it follows its parent", it_follows_its_parent},
    {"they take turns", they_take_turns},
    {"what is out of range is refused", what_is_out_of_range_is_refused},
};

T_MAIN(cases)
