/* SPDX-License-Identifier: MIT */
/**
 * DOC: neigh - neighbours and addresses of a node changed as a step; ARP messages that lie
 *
 * Forged messages are put on the wire of the node's first interface by no stack, as those of a SYN
 * flood are. What stacks report about addresses and neighbours is added up here by node and kind.
 */
#include <string.h>

#include "run.h"

#define ARP_FRAME 42U

bool wf_lab_set_arp(const char *text, struct weft_neigh_options *n, struct weft_arp_options *a)
{
    char word[64];
    while (*text != '\0') {
        size_t len = strcspn(text, " ,");
        if (len >= sizeof(word))
            return false;
        memcpy(word, text, len);
        word[len] = '\0';
        char *value = strchr(word, '=');
        if (value != NULL)
            *value++ = '\0';
        if (len > 0 && (value == NULL || weft_arp_option_parse(n, a, word, value) != 0))
            return false;
        text += len + (text[len] != '\0');
    }
    return true;
}

static int set_options(struct weft_stack *st, uint16_t ifindex, const char *text)
{
    struct weft_neigh_options n;
    struct weft_arp_options a;
    int r = weft_neigh_options_get(st, ifindex, &n);
    if (r == 0)
        r = weft_arp_options_get(st, ifindex, &a);
    if (r == 0 && !wf_lab_set_arp(text, &n, &a))
        r = -WEFT_EINVAL;
    if (r == 0)
        r = weft_neigh_options_set(st, ifindex, &n);
    return r == 0 ? weft_arp_options_set(st, ifindex, &a) : r;
}

const char *wf_neigh_change(struct lab_run *run, const struct lab_step *s)
{
    static const struct weft_addr none;
    const struct lab_step_neigh *c = &s->neigh;
    struct lab_node *node = wf_lab_node(run->lab, s->from);
    struct weft_stack *st = weft_node_stack(node->node);
    const struct lab_iface *f = wf_lab_iface(node, c->iface);
    int r = 0;
    if (f == NULL)
        return "the node has no such interface";
    weft_advance(st, weft_world_now(run->w));
    if (c->options != NULL)
        r = set_options(st, f->ifindex, c->options);
    if (r == 0 && c->entry_mac.is_there)
        r = weft_neigh_set(st, f->ifindex, &c->entry, c->entry_mac.mac);
    if (r == 0 && c->mac.is_there)
        r = weft_if_set_mac(st, f->ifindex, c->mac.mac);
    if (r == 0 && memcmp(c->proxy.addr.b, none.b, sizeof(none.b)) != 0) {
        struct weft_arp_proxy p = {
            .dst = c->proxy.addr, .prefix_len = c->proxy.prefix_len, .ifindex = f->ifindex};
        r = weft_arp_proxy_add(st, &p);
    }
    if (r == 0 && memcmp(c->add.addr.b, none.b, sizeof(none.b)) != 0)
        r = weft_addr_add(st, f->ifindex, &c->add.addr, c->add.prefix_len);
    weft_node_touch(node->node);
    return r == 0 ? NULL : weft_strerror(r);
}

/* ---- forged messages ---- */

const char *wf_forge_begin(struct lab_run *run, struct lab_step *s)
{
    const struct lab_node *node = wf_lab_node(run->lab, s->from);
    for (size_t i = 0; i < run->lab->links.n; i++) {
        struct weft_link *l = wf_lab_link(run->lab, i)->link;
        for (unsigned e = 0; e < 2; e++) {
            const struct weft_link_end *end = &weft_link_config_get(l)->end[e];
            if (end->kind != WEFT_END_NODE || end->node != node->node)
                continue;
            s->flood_link = l;
            s->flood_dir = e;
            memcpy(s->flood_macs + 6, end->netif.mac, 6);
            return NULL;
        }
    }
    return "the node is on no link";
}

static void put(uint8_t *p, unsigned v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

static void build(const struct lab_step *s, uint8_t f[ARP_FRAME])
{
    const struct lab_step_forge *a = &s->forge;
    const uint64_t n = s->flooded;
    const uint8_t made_up[6] = {2, 0x66, 0, (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n};
    const uint8_t *own = a->is_made_up ? made_up : s->flood_macs + 6;
    memset(f, 0, ARP_FRAME);
    if (a->to.is_there)
        memcpy(f, a->to.mac, 6);
    else
        memset(f, 0xff, 6);
    memcpy(f + 6, own, 6);
    put(f + 12, 0x0806);
    put(f + 14, 1);
    put(f + 16, 0x0800);
    f[18] = 6;
    f[19] = 4;
    put(f + 20, a->op == 0 ? 1 : 2);
    memcpy(f + 22, a->sender_mac.is_there ? a->sender_mac.mac : own, 6);
    memcpy(f + 28, a->sender.b + 12, 4);
    if (a->target_mac.is_there)
        memcpy(f + 32, a->target_mac.mac, 6);
    memcpy(f + 38, a->target.b + 12, 4);
}

bool wf_forge_wake(struct lab_run *run, struct lab_step *s)
{
    uint8_t frame[ARP_FRAME];
    build(s, frame);
    int r = weft_link_inject(s->flood_link, s->flood_dir, frame, sizeof(frame));
    if (r != 0) {
        s->problem = weft_strerror(r);
        return true;
    }
    s->flooded++;
    s->wake_ns = weft_world_now(run->w) + s->forge.interval;
    return s->flooded == s->forge.count;
}

/* ---- what is asked ---- */

uint64_t wf_lab_events(struct lab_node *node, size_t kind)
{
    struct weft_link_event e;
    while (weft_link_event_read(weft_node_stack(node->node), &e, 1, NULL) == 1)
        node->events[e.kind] += e.times;
    return node->events[kind];
}

const char *wf_lab_neigh_mac(struct lab_arena *a, const struct weft_stack *st,
                             const struct weft_addr *addr)
{
    struct weft_neigh_info n;
    uint32_t cursor = 0;
    while (weft_neigh_next(st, &cursor, &n)) {
        if (memcmp(n.addr.b, addr->b, sizeof(addr->b)) == 0 && n.state != WEFT_NEIGH_INCOMPLETE &&
            n.state != WEFT_NEIGH_FAILED)
            return wf_lab_printf(a, "%02x:%02x:%02x:%02x:%02x:%02x", n.mac[0], n.mac[1], n.mac[2],
                                 n.mac[3], n.mac[4], n.mac[5]);
    }
    return "none";
}
