/* SPDX-License-Identifier: MIT */
/**
 * DOC: addr - the addresses of this stack, and what kind an address is
 *
 * IPv4 addresses are handled as numbers in host order inside the core; the 16-byte form is for
 * keys, sockets and the API.
 */
#ifndef WF_NET_ADDR_H
#define WF_NET_ADDR_H

#include <stdbool.h>
#include <stdint.h>

#include "weft/netif.h"

struct net;

/** struct wf_ifaddr - An address of an interface */
struct wf_ifaddr {
    uint32_t ip4;
    uint16_t ifindex;
    uint8_t prefix_len;
    uint64_t defended_ns; /* When a conflict was last answered; 0 = never. */
    uint64_t conflict_ns; /* When one was last seen; 0 = never. */
};

#define WF_ADDRS_FILTER_BITS 1024u

/** struct wf_addrs - All addresses, in the order they were added; limit: addrs_max */
struct wf_addrs {
    struct wf_ifaddr *tab;
    uint32_t n, max;
    uint32_t gen;        /* Changes with every change, for caches. */
    bool is_all_subnets; /* All-subnets-directed broadcasts (RFC 922) are broadcasts. */
    /* By hash: whether an address may be ours or a broadcast of ours; a router's packets seldom. */
    uint32_t filter[WF_ADDRS_FILTER_BITS / 32];
};

/** enum ip4_kind - What a destination address is to this stack */
enum ip4_kind {
    IP4_OTHER,     /* Unicast, somebody else's. */
    IP4_LOCAL,     /* One of ours. */
    IP4_BROADCAST, /* Limited, or directed to a network of ours. */
    IP4_MULTICAST,
    IP4_INVALID, /* Can be no destination: 0/8, 127/8 from a wire, class E. */
};

/** wf_addr_from4() - The 16-byte form of an IPv4 address */
struct weft_addr wf_addr_from4(uint32_t ip4);

/** wf_addr_is4() - Whether an address is IPv4 (mapped) */
bool wf_addr_is4(const struct weft_addr *a);

/** wf_addr_to4() - The number of a mapped address */
uint32_t wf_addr_to4(const struct weft_addr *a);

/** wf_addr_is_any() - Whether it is the unspecified address, in either family */
bool wf_addr_is_any(const struct weft_addr *a);

/** wf_addr_eq() - Same address and zone */
bool wf_addr_eq(const struct weft_addr *a, const struct weft_addr *b);

/** wf_ip4_mask() - Netmask of a prefix length 0..32 */
static inline uint32_t wf_ip4_mask(uint8_t prefix_len)
{
    return prefix_len == 0 ? 0 : UINT32_MAX << (32 - prefix_len);
}

/** wf_ip4_is_multicast() - Class D */
static inline bool wf_ip4_is_multicast(uint32_t ip4)
{
    return ip4 >> 28 == 0xe;
}

/** wf_ip4_is_link_local() - 169.254/16 (RFC 3927) */
static inline bool wf_ip4_is_link_local(uint32_t ip4)
{
    return ip4 >> 16 == 0xa9fe;
}

/** wf_ip4_can_be_host() - Neither 0/8, 127/8, multicast nor class E */
static inline bool wf_ip4_can_be_host(uint32_t ip4)
{
    uint32_t net8 = ip4 >> 24;
    return net8 != 0 && net8 != 127 && net8 < 224;
}

/** wf_ip4_class_len() - Bits of the network number by class A, B or C; 0 = neither */
uint8_t wf_ip4_class_len(uint32_t ip4);

/** wf_addrs_directed() - The address of ours whose network a directed broadcast @ip4 is for, one of
 * interface @ifindex before others; NULL = of no network here */
const struct wf_ifaddr *wf_addrs_directed(const struct net *net, uint32_t ip4, uint16_t ifindex);

/** wf_addrs_bin() - The bit of the filter for an address */
static inline uint32_t wf_addrs_bin(uint32_t ip4)
{
    return (ip4 * 2654435761u) >> 22; /* The upper bits of a product depend on all of them. */
}
_Static_assert(WF_ADDRS_FILTER_BITS == 1u << 10, "wf_addrs_bin() gives 10 bits");

/** wf_addrs_is_foreign() - Whether it is IP4_OTHER for sure: false says nothing */
static inline bool wf_addrs_is_foreign(const struct wf_addrs *t, uint32_t ip4)
{
    uint32_t bin = wf_addrs_bin(ip4);
    return wf_ip4_can_be_host(ip4) && (t->filter[bin / 32] >> bin % 32 & 1) == 0;
}

/** wf_addrs_kind() - What destination @ip4 is; @ifindex 0 or the interface it came in by */
enum ip4_kind wf_addrs_kind(const struct net *net, uint32_t ip4, uint16_t ifindex);

/** wf_addrs_find() - The entry for one of our addresses, or NULL; @ifindex 0 = any interface */
struct wf_ifaddr *wf_addrs_find(const struct net *net, uint32_t ip4, uint16_t ifindex);

/** wf_addrs_source() - Our address to talk to @dst4 over @ifindex: same subnet first; 0 = none */
uint32_t wf_addrs_source(const struct net *net, uint16_t ifindex, uint32_t dst4);

/** wf_addrs_add() - Add an address and its connected route; 0 or -WEFT_E... */
int wf_addrs_add(struct net *net, uint16_t ifindex, uint32_t ip4, uint8_t prefix_len);

/** wf_addrs_del() - Remove an address and its connected route; 0 or -WEFT_ENOENT */
int wf_addrs_del(struct net *net, uint16_t ifindex, uint32_t ip4);

#endif /* WF_NET_ADDR_H */
