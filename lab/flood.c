/* SPDX-License-Identifier: MIT */
/**
 * DOC: flood - SYNs from addresses that are not the sender's
 *
 * They are put on the wire of the node's interface towards the target, by no stack: nobody waits
 * for an answer. Each claims another address of "source" and another port; sequence numbers are
 * counted up. All is a function of the number of the SYN: the same file is the same flood.
 */
#include <string.h>

#include "run.h"

#define ETH_BYTES 14U
#define IP_BYTES  20U
#define TCP_BYTES 24U /* With an MSS. */
#define SYN_BYTES (ETH_BYTES + IP_BYTES + TCP_BYTES)

/* The end of a link that is an interface of a node. */
static const struct weft_link_end *end_of(struct lab_run *run, const struct lab_node *node,
                                          uint16_t ifindex, struct weft_link **link, unsigned *dir)
{
    for (size_t i = 0; i < run->lab->links.n; i++) {
        struct weft_link *l = wf_lab_link(run->lab, i)->link;
        for (unsigned e = 0; e < 2; e++) {
            const struct weft_link_end *end = &weft_link_config_get(l)->end[e];
            if (end->kind == WEFT_END_NODE && end->node == node->node && end->ifindex == ifindex) {
                *link = l;
                *dir = e;
                return end;
            }
        }
    }
    return NULL;
}

/* The hardware address of the interface that has an address. */
static const uint8_t *mac_of(struct lab_run *run, const struct weft_addr *addr)
{
    size_t at = wf_lab_find_addr(run->lab, addr);
    if (at == SIZE_MAX)
        return NULL;
    const struct lab_node *node = wf_lab_node(run->lab, at);
    for (size_t i = 0; i < node->ifaces.n; i++) {
        const struct lab_iface *f = (const struct lab_iface *)node->ifaces.items + i;
        for (size_t j = 0; j < f->addrs_n; j++) {
            struct weft_link *link;
            unsigned dir;
            if (memcmp(f->addrs[j].addr.b, addr->b, sizeof(addr->b)) != 0)
                continue;
            const struct weft_link_end *end = end_of(run, node, f->ifindex, &link, &dir);
            return end != NULL ? end->netif.mac : NULL;
        }
    }
    return NULL;
}

const char *wf_flood_begin(struct lab_run *run, struct lab_step *s)
{
    const struct lab_node *node = wf_lab_node(run->lab, s->from);
    static const struct weft_addr none;
    struct weft_route r;
    if (weft_route_lookup(weft_node_stack(node->node), &s->to_addr, &r) != 0)
        return "there is no route to it";
    bool is_far = memcmp(r.gateway.b, none.b, sizeof(none.b)) != 0;
    const uint8_t *mac = mac_of(run, is_far ? &r.gateway : &s->to_addr);
    const struct weft_link_end *end = end_of(run, node, r.ifindex, &s->flood_link, &s->flood_dir);
    if (mac == NULL || end == NULL)
        return "no node on the link has the address of the next hop";
    memcpy(s->flood_macs, mac, 6);
    memcpy(s->flood_macs + 6, end->netif.mac, 6);
    return NULL;
}

static void put(uint8_t *p, uint64_t v, unsigned bytes)
{
    while (bytes-- > 0) {
        p[bytes] = (uint8_t)v;
        v >>= 8;
    }
}

static uint32_t add_words(uint32_t sum, const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i += 2)
        sum += (uint32_t)p[i] << 8 | p[i + 1];
    return sum;
}

static uint16_t checksum(uint32_t sum)
{
    sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t) ~(sum + (sum >> 16));
}

/* SYN number @n. Hosts 1, 2, 3 ... of the source network send it, from port 1024 on. */
static void build(const struct lab_step *s, uint64_t n, uint8_t f[SYN_BYTES])
{
    uint8_t *ip = f + ETH_BYTES, *tcp = ip + IP_BYTES;
    uint32_t hosts = (uint32_t)((UINT64_C(1) << (32 - s->talk.source.prefix_len)) - 2);
    const uint8_t *net = s->talk.source.addr.b + 12;
    uint32_t src = (uint32_t)net[0] << 24 | (uint32_t)net[1] << 16 | (uint32_t)net[2] << 8 | net[3];
    memset(f, 0, SYN_BYTES);
    memcpy(f, s->flood_macs, 12);
    put(f + 12, 0x0800, 2);
    ip[0] = 0x45;
    put(ip + 2, IP_BYTES + TCP_BYTES, 2);
    put(ip + 4, n, 2);
    ip[8] = 64;
    ip[9] = 6;
    put(ip + 12, src + 1 + n % hosts, 4);
    memcpy(ip + 16, s->to_addr.b + 12, 4);
    put(ip + 10, checksum(add_words(0, ip, IP_BYTES)), 2);
    put(tcp, 1024 + n % 64512, 2);
    put(tcp + 2, s->talk.port, 2);
    put(tcp + 4, n * 100003, 4);
    tcp[12] = TCP_BYTES / 4 << 4;
    tcp[13] = 2;
    put(tcp + 14, 65535, 2);
    put(tcp + 20, 0x020405b4, 4);
    uint32_t pseudo = add_words(6 + TCP_BYTES, ip + 12, 8);
    put(tcp + 16, checksum(add_words(pseudo, tcp, TCP_BYTES)), 2);
}

bool wf_flood_wake(struct lab_run *run, struct lab_step *s)
{
    uint8_t frame[SYN_BYTES];
    if (s->flooded == s->talk.count)
        return true;
    build(s, s->flooded, frame);
    int r = weft_link_inject(s->flood_link, s->flood_dir, frame, sizeof(frame));
    if (r != 0) {
        s->problem = weft_strerror(r);
        return true;
    }
    s->flooded++;
    s->wake_ns = weft_world_now(run->w) + s->talk.interval;
    return s->flooded == s->talk.count;
}
