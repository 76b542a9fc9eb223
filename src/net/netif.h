/* SPDX-License-Identifier: MIT */
/**
 * DOC: netif - interfaces: a slot table, a bounded transmit queue and a list of senders each
 *
 * The queue holds finished packets (control, forwarded, datagrams). What has a stream to send does
 * not queue packets: it waits on the list of senders, and stack/tx.c asks it for a packet when the
 * driver has room.
 */
#ifndef WF_NET_NETIF_H
#define WF_NET_NETIF_H

#include <stdbool.h>
#include <stdint.h>

#include "base/base.h"
#include "net/queue.h"
#include "pkt/pkt.h"
#include "weft/netif.h"
#include "weft/trace.h"

struct net;
struct rarp;

/** struct netif - One interface */
struct netif {
    char name[WEFT_IF_NAME_MAX];
    enum weft_if_kind kind;
    uint8_t mac[6];
    uint16_t index; /* 1.. */
    uint32_t mtu;
    uint32_t caps;
    uint32_t gso_max_bytes;
    bool is_up, is_any_address;
    bool is_learning_from_ip; /* An option of weft/arp.h, here for the way in. */
    bool is_blocked;          /* The driver has no room. */
    bool is_all_groups;       /* All group frames are let in: a router's interface. */
    bool has_vlans;
    bool is_held_down; /* VLAN: down because its parent is. */
    uint8_t hdr_bytes; /* What lies in front of an IP header. */
    uint8_t vlan_turn; /* Parent: whose turn it is to send. */
    uint16_t parent;   /* VLAN: the interface whose wire it uses; 0 = it is none. */
    uint16_t vlan_id;
    uint8_t rpf; /* enum weft_rpf; this and the next are struct weft_forward_options. */
    bool is_forward_off;
    bool may_direct_bcast; /* Broadcasts to its network from elsewhere are taken and sent. */
    uint64_t group_bins;   /* Of groups that are joined: a filter that may let in too many. */
    uint16_t txq_max;
    uint32_t txq_len;
    struct wf_queue queue;
    struct wf_list senders;      /* struct wf_sender, served in turn. */
    struct wf_list room_waiters; /* Datagram sockets that found the queue full. */
    /* A super-frame that is being cut for the driver. */
    struct pkt *cut;
    uint16_t cut_next, cut_frag;
    uint32_t cut_frag_off;
    uint64_t rx_frames, rx_bytes, tx_frames, tx_bytes;
    uint64_t drops, tx_drops;
    struct rarp *rarp; /* NULL = nobody asked for RARP here. */
};

/** struct wf_sender - Something that has bytes to send: on an interface's or a neighbour's list */
struct wf_sender {
    struct wf_list link;
};

/** struct wf_netifs - All interfaces; limit: ifs_max */
struct wf_netifs {
    struct netif *tab;
    uint32_t n, max;
};

/** wf_netif_get() - Interface @index, or NULL */
struct netif *wf_netif_get(const struct net *net, uint16_t index);

/** wf_netif_is_named() - Whether @name is this interface's */
bool wf_netif_is_named(const struct netif *nif, const char *name);

/** wf_netifs_have_any_address() - Whether some interface takes every destination as ours */
bool wf_netifs_have_any_address(const struct net *net);

/** wf_netif_add() - Add an interface; returns its index or -WEFT_E... */
int wf_netif_add(struct net *net, const struct weft_if_config *cfg);

/** wf_netif_put() - Put a frame at the end of a class of the transmit queue, which has room */
static inline void wf_netif_put(struct netif *nif, uint32_t i, struct pkt *p)
{
    struct wf_queue_class *c = &nif->queue.classes[i];
    p->next = NULL;
    if (c->tail != NULL)
        c->tail->next = p;
    else
        c->head = p;
    c->tail = p;
    nif->queue.used |= 1u << i;
    nif->txq_len++;
}

/** wf_netif_enqueue_rare() - What is left of wf_netif_enqueue() */
void wf_netif_enqueue_rare(struct net *net, struct netif *nif, struct pkt *p) WF_RARE;

/** wf_netif_enqueue() - Put a finished frame on the transmit queue; takes it, a full queue drops */
static inline void wf_netif_enqueue(struct net *net, struct netif *nif, struct pkt *p)
{
    bool is_plain = nif->is_up && wf_queue_is_plain(&nif->queue) && nif->txq_len < nif->txq_max;
    p->ifindex = nif->index;
    if (WF_LIKELY(is_plain))
        wf_netif_put(nif, 0, p);
    else
        wf_netif_enqueue_rare(net, nif, p);
}

/** wf_netif_dequeue() - The oldest frame of the transmit queue, or NULL */
static inline struct pkt *wf_netif_dequeue(struct net *net, struct netif *nif)
{
    return nif->txq_len > 0 ? wf_queue_dequeue(net, nif) : NULL;
}

/** wf_netif_first() - The frame that goes next by order alone, with what is behind it; or NULL */
static inline struct pkt *wf_netif_first(const struct netif *nif)
{
    const struct wf_queue *q = &nif->queue;
    return q->used == 1 && wf_queue_is_plain(q) ? q->classes[0].head : NULL;
}

/** wf_netif_flush() - Drop what waits */
void wf_netif_flush(struct net *net, struct netif *nif, enum weft_drop why);

/** wf_sender_wake() - Have a sender asked for packets; no-op if it waits already */
void wf_sender_wake(struct netif *nif, struct wf_sender *s);

/** wf_mac_is_station() - Whether a hardware address can be one station's: no group's, not zero */
static inline bool wf_mac_is_station(const uint8_t mac[6])
{
    return (mac[0] & 1) == 0 && (mac[0] | mac[1] | mac[2] | mac[3] | mac[4] | mac[5]) != 0;
}

/** wf_netif_group_bin() - The bin of a group's link address, its low 23 bits, as a bit */
static inline uint64_t wf_netif_group_bin(uint32_t group)
{
    return 1ull << ((group & 0x7fffffu) * 0x9e3779b1u >> 26);
}

/** wf_netif_hears() - Whether a frame to this link-layer group address is let in */
static inline bool wf_netif_hears(const struct netif *nif, const uint8_t mac[6])
{
    uint32_t group = (uint32_t)mac[3] << 16 | (uint32_t)mac[4] << 8 | mac[5];
    bool is_ip4_group = mac[0] == 0x01 && mac[1] == 0 && mac[2] == 0x5e && mac[3] < 0x80;
    return !is_ip4_group || nif->is_all_groups ||
           (nif->group_bins & wf_netif_group_bin(group)) != 0;
}

/** wf_netif_has_output() - Whether there is something to ask it for that can be built now */
static inline bool wf_netif_has_output(const struct netif *nif, const struct pkt_pool *pool)
{
    bool has_stream = nif->cut != NULL || !wf_list_is_empty(&nif->senders);
    bool has_packet = pool->pkts.in_use < pool->pkts.max;
    return nif->is_up && (nif->txq_len > 0 || (has_stream && has_packet));
}

#endif /* WF_NET_NETIF_H */
