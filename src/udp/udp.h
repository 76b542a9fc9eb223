/* SPDX-License-Identifier: MIT */
/**
 * DOC: udp - datagram endpoints: UDP (RFC 768, RFC 1122 4.1), UDP-Lite (RFC 3828), ICMP echo
 *
 * An endpoint is found by protocol and local port; among those, the one that fits best takes the
 * datagram: connected to the sender first, then bound to the address, then any. Datagrams to a
 * broadcast or multicast address go to all that fit; a copy that one of them has no room for is no
 * drop of the frame, and counted apart. The receive queue holds packets and is bounded
 * by rcvbuf, charged with the memory they pin. An ICMP error reaches the endpoint whose packet it
 * quotes: as pending error if it is connected, and in the error queue if it asked for one.
 */
#ifndef WF_UDP_UDP_H
#define WF_UDP_UDP_H

#include "ip/ip.h"
#include "net/net.h"
#include "weft/sock.h"
#include "weft/udp.h"

#define UDP_ERRS_PER_SOCK 64

/** struct udp_err - A queued ICMP error */
struct udp_err {
    struct wf_slab_node node;
    struct udp_err *next;
    struct weft_sock_err e;
};

/** struct udp_ep - A datagram endpoint; owner: the socket that made it */
struct udp_ep {
    struct wf_slab_node node;
    struct udp_ep *hash_next;
    struct wf_ready *ready;
    struct wf_list room_link; /* On an interface whose queue was full. */
    struct weft_endpoint local, remote;
    uint8_t proto; /* IP_PROTO_UDP, _UDPLITE, or _ICMP: there the port is the echo identifier. */
    uint8_t ttl, tos;
    bool is_bound, is_connected, is_reuse, is_broadcast, has_errq;
    bool has_own_addr, has_own_port; /* Chosen by the user: they outlive a connection. */
    bool is_csum_off, needs_csum;
    bool is_raw;         /* Whole ICMP messages of the types below; the port is 0. */
    uint8_t df;          /* enum weft_ip_df */
    uint8_t opts_bytes;  /* IP options to send. */
    uint16_t send_cov;   /* UDP-Lite: 0 = all. */
    int32_t recv_cov;    /* UDP-Lite: at least these, 0 = all, -1 = any. */
    uint64_t icmp_types; /* A bit for each type; bit 63: all from 63 on. */
    uint8_t opts[IP4_OPTS_MAX_BYTES];
    int err; /* Pending, positive. */
    struct pkt *recv_head, *recv_tail;
    uint32_t recv_n, recv_charge, recv_bytes, rcvbuf;
    struct udp_err *err_head, *err_tail;
    uint32_t err_n;
    struct mc_member *members; /* Groups it joined. */
    uint16_t mc_ifindex;       /* Groups are sent to by this interface, 0 = by route. */
    uint8_t mc_ttl;
    bool is_mc_loop; /* Members here get what is sent, too. */
};

/** struct wf_udp - State of the layer; owner: the stack instance */
struct wf_udp {
    struct wf_slab eps;
    struct wf_slab errs;
    struct udp_ep **buckets;
    uint32_t bucket_mask;
};

/** struct udp_dgram - Head of a received datagram's bytes: what came with it */
struct udp_dgram {
    struct weft_endpoint from;
    struct weft_addr to;
    uint16_t ifindex;
    uint8_t ttl, tos;
    bool is_group;
    uint8_t opts_bytes; /* IP options: octets at opts, the rest of which is not set. */
    uint8_t opts[IP4_OPTS_MAX_BYTES];
};

/** wf_udp_open() - An endpoint, unbound; NULL if there are no more */
struct udp_ep *wf_udp_open(struct net *net, uint8_t proto, struct wf_ready *ready);

/** wf_udp_close() - Free an endpoint and what it holds */
void wf_udp_close(struct net *net, struct udp_ep *ep);

/** wf_udp_bind() - Give it a local endpoint, port 0 = an ephemeral one; 0 or -WEFT_E... */
int wf_udp_bind(struct net *net, struct udp_ep *ep, const struct weft_endpoint *local);

/** wf_udp_connect() - Set or (unspecified address) dissolve the only peer; 0 or -WEFT_E... */
int wf_udp_connect(struct net *net, struct udp_ep *ep, const struct weft_endpoint *remote);

/** wf_udp_autobind() - An ephemeral port for an endpoint that was not bound; 0 or -WEFT_E... */
int wf_udp_autobind(struct net *net, struct udp_ep *ep, const struct weft_addr *addr);

/** wf_udp_set() - Set an option that only datagram sockets have; within its range */
void wf_udp_set(struct udp_ep *ep, enum weft_sock_opt opt, int64_t v);

/** wf_udp_get() - Its value */
int64_t wf_udp_get(const struct net *net, const struct udp_ep *ep, enum weft_sock_opt opt);

/** wf_udp_send() - Send one datagram; bytes or -WEFT_E... */
int64_t wf_udp_send(struct net *net, struct udp_ep *ep, const uint8_t *buf, size_t len,
                    const struct weft_udp_tx *tx);

/** wf_udp_recv() - Take the oldest datagram; bytes copied or -WEFT_EAGAIN or the pending error
 * @rx: filled; may be NULL
 */
int64_t wf_udp_recv(struct net *net, struct udp_ep *ep, uint8_t *buf, size_t cap,
                    struct weft_udp_rx *rx);

/** wf_udp_recv_error() - Take the oldest queued ICMP error; 0 or -WEFT_EAGAIN */
int wf_udp_recv_error(struct net *net, struct udp_ep *ep, struct weft_sock_err *out);

/** wf_udp_ready() - Readiness bits */
uint32_t wf_udp_ready(const struct udp_ep *ep);

/**
 * wf_udp_input() - A datagram for us (header of UDP or UDP-Lite at data)
 *
 * Return: RX_DONE, or RX_NO_PROTO with @p still the caller's if no endpoint has the port.
 */
enum verdict wf_udp_input(struct net *net, struct pkt *p, const struct rx_meta *m);

/** wf_ping_input() - An echo reply (ICMP header at data) for whoever asked; takes @p */
void wf_ping_input(struct net *net, struct pkt *p, const struct rx_meta *m);

/** wf_ping_may_send() - Whether an ICMP type is a query that a PING socket may ask */
static inline bool wf_ping_may_send(uint8_t type)
{
    return type == ICMP4_ECHO_REQUEST || type == ICMP4_TIMESTAMP_REQUEST ||
           type == ICMP4_INFO_REQUEST || type == ICMP4_MASK_REQUEST;
}

/** wf_icmp_tap() - Copies of an ICMP message for the raw endpoints that want its type; true if any
 * took one */
bool wf_icmp_tap(struct net *net, struct pkt *p, const struct rx_meta *m);

/** wf_udp_is_quoted() - Whether an ICMP message quotes a datagram of an endpoint */
bool wf_udp_is_quoted(const struct net *net, const struct icmp_quote *q);

/** wf_udp_quote() - An ICMP error quoted a datagram of ours; false if no endpoint sent it */
bool wf_udp_quote(struct net *net, const struct icmp_quote *q);

/** wf_udp_way() - Source and interface for what an endpoint sends there; false if there is no way
 */
bool wf_udp_way(const struct net *net, const struct udp_ep *ep, uint32_t dst4, uint32_t *src4,
                uint16_t *ifindex);

/** wf_udp_loop() - Give the members here a copy of a datagram (UDP header first); borrows @p */
void wf_udp_loop(struct net *net, const struct pkt *p, const struct ip4_out *o);

/** wf_udp_room() - The queue of an interface has room again: tell who waits */
void wf_udp_room(struct net *net, struct netif *nif);

#endif /* WF_UDP_UDP_H */
