/* SPDX-License-Identifier: MIT */
/**
 * DOC: weft netif - interfaces, frames, addresses, routes, neighbours
 *
 * An interface has no driver inside the stack: its frames go in by weft_rx() and come out by
 * weft_tx(). Frames are lent, not copied: weft_tx() lends memory of the stack until weft_tx_done(),
 * weft_rx() lends memory of the caller until weft_rx_done() names it. Lent bytes are never written
 * by the borrower.
 */
#ifndef WEFT_NETIF_H
#define WEFT_NETIF_H

#include "weft/types.h"

struct weft_stack;

#define WEFT_FRAME_IOV_MAX 18
#define WEFT_IF_NAME_MAX   16

/** enum weft_gso - How a super-frame is to be cut, values of virtio-net */
enum weft_gso {
    WEFT_GSO_NONE = 0,
    WEFT_GSO_TCP4 = 1,
    WEFT_GSO_UDP = 3,
    WEFT_GSO_TCP6 = 4,
};

/* Flags of a frame. */
#define WEFT_FRAME_NEEDS_CSUM                                                                      \
    1U                        /* Checksum at csum_start + csum_offset holds the pseudo sum only. */
#define WEFT_FRAME_CSUM_OK 2U /* On the way in: the link vouches for the transport checksum. */

/**
 * struct weft_frame - One frame, or one super-frame with the facts to cut it
 *
 * The facts and the first two runs take 64 bytes on a 64-bit machine: a cache line, if an array of
 * frames is aligned to one.
 */
struct weft_frame {
    uint16_t iov_n;
    uint16_t csum_start;  /* With NEEDS_CSUM: first byte that is summed, from the frame's start. */
    uint16_t csum_offset; /* With NEEDS_CSUM: place of the sum, from csum_start. */
    uint16_t hdr_bytes;   /* With gso_type: all headers of the super-frame, link header included. */
    uint16_t gso_size;    /* Payload bytes a cut frame carries (the MSS); 0 = an ordinary frame. */
    uint16_t gso_segs;    /* Frames it stands for; 0 or 1 = an ordinary frame. */
    uint8_t gso_type;     /* enum weft_gso */
    uint8_t flags;
    uint32_t len;          /* Sum of the iov lengths. */
    uint32_t pinned_bytes; /* Way in: memory that keeping this frame pins; 0 = len. */
    uint64_t cookie;       /* The lender's; comes back with *_done(). */
    struct weft_iov iov[WEFT_FRAME_IOV_MAX];
};

/** enum weft_if_kind - What the frames of an interface look like */
enum weft_if_kind {
    WEFT_IF_ETHER = 0,    /* Ethernet II without FCS, resolved by ARP. */
    WEFT_IF_L3 = 1,       /* Bare IP packets, no addresses below IP (TUN, tunnels). */
    WEFT_IF_LOOPBACK = 2, /* Inside the stack; never seen by weft_rx() and weft_tx(). */
};

/* What the driver of an interface can do. */
#define WEFT_CAP_TX_CSUM 1U /* Fills in transport checksums (WEFT_FRAME_NEEDS_CSUM). */
#define WEFT_CAP_TX_TSO4                                                                           \
    2U /* Takes TCP over IPv4 super-frames up to gso_max_bytes; with TX_CSUM. */
#define WEFT_CAP_RX_TRUST                                                                          \
    4U /* Frames come over a link that cannot corrupt; sums are not checked. */
#define WEFT_CAP_TX_PAD                                                                            \
    8U /* Wants Ethernet frames of at least 60 bytes: short ones get zeros behind (RFC 894). */

/** struct weft_if_config - An interface to add */
struct weft_if_config {
    char name[WEFT_IF_NAME_MAX]; /* Terminated, unique in the stack. */
    enum weft_if_kind kind;
    uint8_t mac[6];         /* WEFT_IF_ETHER: unicast address. */
    uint16_t txq_max;       /* Packets that may wait (ACK-less traffic), 0 = 256. */
    uint32_t mtu;           /* IP bytes in a frame, 68..65535; 0 = 1500. */
    uint32_t caps;          /* WEFT_CAP_* */
    uint32_t gso_max_bytes; /* With TSO: largest super-frame with headers, 256..65535; 0 = 65535. */
    bool is_any_address;    /* Every unicast destination that arrives here is ours. */
};

/** struct weft_if_info - An interface as it is */
struct weft_if_info {
    struct weft_if_config cfg;
    uint16_t index; /* 1.. */
    bool is_up;
    uint32_t txq_pkts;
    uint64_t rx_frames, rx_bytes; /* Wire frames: a super-frame counts as gso_segs. */
    uint64_t tx_frames, tx_bytes;
    uint64_t rx_drops, tx_drops;
};

/** struct weft_addr_info - An address of an interface */
struct weft_addr_info {
    struct weft_addr addr;
    uint16_t ifindex;
    uint8_t prefix_len; /* 0..32 for IPv4. */
};

/** enum weft_route_type - What becomes of packets that a route covers */
enum weft_route_type {
    WEFT_ROUTE_UNICAST = 0,
    WEFT_ROUTE_BLACKHOLE,   /* Dropped without a word. */
    WEFT_ROUTE_UNREACHABLE, /* Dropped, the sender is told: host unreachable. */
    WEFT_ROUTE_PROHIBIT,    /* Dropped, the sender is told: administratively prohibited. */

    WEFT_ROUTE_TYPE_COUNT
};

#define WEFT_ROUTE_PROTO_STATIC 4 /* Of rtnetlink: set up by hand. */

/**
 * struct weft_route - A route
 *
 * The longest prefix wins, then the packet's type of service, then the smallest metric. Routes that
 * are equal in all of this and have a weight are the legs of a multipath route: flows are spread
 * over them in proportion, and a flow keeps its leg.
 */
struct weft_route {
    struct weft_addr dst;     /* Network; bits after the prefix are zero. */
    struct weft_addr gateway; /* Unspecified = on link. */
    struct weft_addr src;     /* Preferred source, or unspecified. */
    uint32_t metric;          /* Smaller wins between equal prefixes. */
    uint16_t ifindex;         /* 0 for all types but unicast. */
    uint8_t prefix_len;
    bool is_connected; /* Made by an address; goes with it. */
    enum weft_route_type type;
    uint8_t tos;      /* TOS octet without ECN bits that it is for; 0 = every. */
    uint8_t weight;   /* Leg of a multipath route: its share, 1..255; 0 = an ordinary route. */
    uint8_t protocol; /* Who made it, for display; the numbers of rtnetlink. */
};

/** enum weft_neigh_state - States of a neighbour entry (names of RFC 4861) */
enum weft_neigh_state {
    WEFT_NEIGH_FREE = 0,
    WEFT_NEIGH_INCOMPLETE, /* Asked, no answer yet; packets may wait. */
    WEFT_NEIGH_REACHABLE,  /* Answered within the reachable time. */
    WEFT_NEIGH_STALE,      /* Known, age unknown; used, then checked. */
    WEFT_NEIGH_PROBE,      /* Asked again by unicast; still used. */
    WEFT_NEIGH_FAILED,     /* No answer; held down for a moment, senders get an error. */
    WEFT_NEIGH_PERMANENT,  /* Set by hand. */
};

/** struct weft_neigh_info - A neighbour as it is */
struct weft_neigh_info {
    struct weft_addr addr;
    uint16_t ifindex;
    uint8_t mac[6];
    enum weft_neigh_state state;
    uint32_t waiting_pkts;
    uint64_t updated_ns; /* When the state was last confirmed. */
    uint64_t expires_ns; /* When it is forgotten if nothing happens; WEFT_NEVER = never. */
};

/**
 * weft_if_add() - Add an interface; it is up and has no address
 * @st: stack
 * @cfg: its properties; copied
 *
 * Return: its index (1..), -WEFT_EINVAL (a field out of range), -WEFT_EEXIST (name taken) or
 * -WEFT_ENOMEM (ifs_max reached).
 */
int weft_if_add(struct weft_stack *st, const struct weft_if_config *cfg)
    __attribute__((warn_unused_result));

/**
 * weft_if_get() - Read an interface
 * @st: stack
 * @ifindex: index
 * @out: filled
 *
 * Return: 0 or -WEFT_ENOENT.
 */
int weft_if_get(const struct weft_stack *st, uint16_t ifindex, struct weft_if_info *out)
    __attribute__((warn_unused_result));

/**
 * weft_if_find() - Index of an interface by name
 * @st: stack
 * @name: name
 *
 * Return: index or -WEFT_ENOENT.
 */
int weft_if_find(const struct weft_stack *st, const char *name) __attribute__((warn_unused_result));

/**
 * weft_if_set_up() - Carrier or administrative state of an interface
 * @st: stack
 * @ifindex: index
 * @is_up: false drops what waits, forgets dynamic neighbours and refuses frames
 *
 * Return: 0 or -WEFT_ENOENT.
 */
int weft_if_set_up(struct weft_stack *st, uint16_t ifindex, bool is_up)
    __attribute__((warn_unused_result));

/**
 * weft_if_note_bad_fcs() - The driver tells of frames whose frame check sequence was wrong
 * @st: stack
 * @ifindex: index
 * @n: frames that were dropped before weft_rx()
 *
 * They are counted as link.bad_fcs and among the drops of the interface.
 *
 * Return: 0 or -WEFT_ENOENT.
 */
int weft_if_note_bad_fcs(struct weft_stack *st, uint16_t ifindex, uint32_t n);

/**
 * weft_if_set_mtu() - Change the MTU; connections cut their segments anew
 * @st: stack
 * @ifindex: index
 * @mtu: 68..65535
 *
 * Return: 0, -WEFT_EINVAL or -WEFT_ENOENT.
 */
int weft_if_set_mtu(struct weft_stack *st, uint16_t ifindex, uint32_t mtu)
    __attribute__((warn_unused_result));

/**
 * weft_if_set_mac() - Change the Ethernet address; neighbours are told by a gratuitous ARP
 * @st: stack
 * @ifindex: index
 * @mac: unicast address
 *
 * Return: 0, -WEFT_EINVAL (group or zero address, not Ethernet) or -WEFT_ENOENT.
 */
int weft_if_set_mac(struct weft_stack *st, uint16_t ifindex, const uint8_t mac[6])
    __attribute__((warn_unused_result));

/**
 * weft_addr_add() - Give an interface an address, with its connected route
 * @st: stack
 * @ifindex: interface
 * @addr: unicast address
 * @prefix_len: 0..32
 *
 * Return: 0, -WEFT_EINVAL, -WEFT_EEXIST, -WEFT_ENOENT (interface) or -WEFT_ENOMEM.
 */
int weft_addr_add(struct weft_stack *st, uint16_t ifindex, const struct weft_addr *addr,
                  uint8_t prefix_len) __attribute__((warn_unused_result));

/**
 * weft_addr_del() - Take an address away; its connections fail with WEFT_EADDRNOTAVAIL
 * @st: stack
 * @ifindex: interface
 * @addr: address
 *
 * Return: 0 or -WEFT_ENOENT.
 */
int weft_addr_del(struct weft_stack *st, uint16_t ifindex, const struct weft_addr *addr)
    __attribute__((warn_unused_result));

/**
 * weft_addr_next() - Walk the addresses
 * @st: stack
 * @cursor: 0 at first, then as left by the last call
 * @out: filled
 *
 * Return: true if @out was filled, false at the end.
 */
bool weft_addr_next(const struct weft_stack *st, uint32_t *cursor, struct weft_addr_info *out);

/**
 * weft_route_add() - Add a route
 * @st: stack
 * @r: route; is_connected is ignored. ifindex 0 with a gateway: taken from the gateway's network
 *
 * Return: 0, -WEFT_EINVAL (prefix, type, tos, gateway no host's address), -WEFT_EEXIST (same
 * prefix, tos, metric and interface; for legs the gateway too), -WEFT_ENETUNREACH (gateway in no
 * network of ours) or -WEFT_ENOMEM.
 */
int weft_route_add(struct weft_stack *st, const struct weft_route *r)
    __attribute__((warn_unused_result));

/**
 * weft_route_del() - Remove a route
 * @st: stack
 * @r: route; dst, prefix_len, metric, tos and type must match, ifindex and gateway too unless 0
 *
 * Return: 0 or -WEFT_ENOENT.
 */
int weft_route_del(struct weft_stack *st, const struct weft_route *r)
    __attribute__((warn_unused_result));

/**
 * weft_route_next() - Walk the routes, in no particular order
 * @st: stack
 * @cursor: 0 at first, then as left by the last call
 * @out: filled
 *
 * Return: true if @out was filled, false at the end.
 */
bool weft_route_next(const struct weft_stack *st, uint32_t *cursor, struct weft_route *out);

/**
 * weft_route_lookup() - The route a packet to an address would take
 * @st: stack
 * @dst: destination
 * @out: filled
 *
 * Return: 0 or -WEFT_ENETUNREACH (no route, or one that refuses).
 */
int weft_route_lookup(const struct weft_stack *st, const struct weft_addr *dst,
                      struct weft_route *out) __attribute__((warn_unused_result));

/**
 * weft_neigh_next() - Walk the neighbours
 * @st: stack
 * @cursor: 0 at first, then as left by the last call
 * @out: filled
 *
 * Return: true if @out was filled, false at the end.
 */
bool weft_neigh_next(const struct weft_stack *st, uint32_t *cursor, struct weft_neigh_info *out);

/**
 * weft_neigh_set() - Set a permanent neighbour entry
 * @st: stack
 * @ifindex: Ethernet interface
 * @addr: address
 * @mac: unicast hardware address
 *
 * Return: 0, -WEFT_EINVAL, -WEFT_ENOENT (interface) or -WEFT_ENOMEM.
 */
int weft_neigh_set(struct weft_stack *st, uint16_t ifindex, const struct weft_addr *addr,
                   const uint8_t mac[6]) __attribute__((warn_unused_result));

/**
 * weft_neigh_del() - Forget a neighbour; packets that wait for it are dropped
 * @st: stack
 * @ifindex: interface
 * @addr: address
 *
 * Return: 0 or -WEFT_ENOENT.
 */
int weft_neigh_del(struct weft_stack *st, uint16_t ifindex, const struct weft_addr *addr)
    __attribute__((warn_unused_result));

#endif /* WEFT_NETIF_H */
