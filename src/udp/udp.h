/* SPDX-License-Identifier: MIT */
/**
 * DOC: udp - datagram endpoints: UDP (RFC 768, RFC 1122 4.1) and ICMP echo sockets
 *
 * An endpoint is found by protocol and local port; among those, the one that fits best takes the
 * datagram: connected to the sender first, then bound to the address, then any. Datagrams to a
 * broadcast or multicast address go to all that fit. The receive queue holds packets and is bounded
 * by rcvbuf, charged with the memory they pin. An ICMP error reaches the endpoint whose packet it
 * quotes: as pending error if it is connected, and in the error queue if it asked for one.
 */
#ifndef WF_UDP_UDP_H
#define WF_UDP_UDP_H

#include "ip/ip.h"
#include "net/net.h"
#include "weft/sock.h"

#define UDP_BUCKETS       256
#define UDP_ERRS_PER_SOCK 64
#define UDP_PAYLOAD_MAX   65507u

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
    uint8_t proto; /* IP_PROTO_UDP or IP_PROTO_ICMP: the port is the echo identifier. */
    uint8_t ttl, tos;
    bool is_bound, is_connected, is_reuse, is_broadcast, is_df, has_errq;
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
    struct udp_ep *buckets[UDP_BUCKETS];
};

/** struct udp_dgram - Head of a received datagram's bytes: what came with it */
struct udp_dgram {
    struct weft_endpoint from;
    struct weft_addr to;
    uint16_t ifindex;
    uint8_t ttl, tos;
};

/** wf_udp_open() - An endpoint, unbound; NULL if there are no more */
struct udp_ep *wf_udp_open(struct net *net, uint8_t proto, struct wf_ready *ready);

/** wf_udp_close() - Free an endpoint and what it holds */
void wf_udp_close(struct net *net, struct udp_ep *ep);

/** wf_udp_bind() - Give it a local endpoint, port 0 = an ephemeral one; 0 or -WEFT_E... */
int wf_udp_bind(struct net *net, struct udp_ep *ep, const struct weft_endpoint *local);

/** wf_udp_connect() - Set or (unspecified address) dissolve the only peer; 0 or -WEFT_E... */
int wf_udp_connect(struct net *net, struct udp_ep *ep, const struct weft_endpoint *remote);

/** wf_udp_send() - Send one datagram, @to NULL = to the peer; bytes or -WEFT_E... */
int64_t wf_udp_send(struct net *net, struct udp_ep *ep, const uint8_t *buf, size_t len,
                    const struct weft_endpoint *to);

/** wf_udp_recv() - Take the oldest datagram; bytes copied or -WEFT_EAGAIN or the pending error */
int64_t wf_udp_recv(struct net *net, struct udp_ep *ep, uint8_t *buf, size_t cap,
                    struct weft_msg_info *info);

/** wf_udp_recv_error() - Take the oldest queued ICMP error; 0 or -WEFT_EAGAIN */
int wf_udp_recv_error(struct net *net, struct udp_ep *ep, struct weft_sock_err *out);

/** wf_udp_ready() - Readiness bits */
uint32_t wf_udp_ready(const struct udp_ep *ep);

/**
 * wf_udp_input() - A datagram for us (UDP header at data)
 *
 * Return: RX_DONE, or RX_NO_PROTO with @p still the caller's if no endpoint has the port.
 */
enum verdict wf_udp_input(struct net *net, struct pkt *p, const struct rx_meta *m);

/** wf_ping_input() - An echo reply (ICMP header at data) for whoever asked; takes @p */
void wf_ping_input(struct net *net, struct pkt *p, const struct rx_meta *m);

/** wf_udp_quote() - An ICMP error quoted a datagram of ours */
void wf_udp_quote(struct net *net, const struct icmp_quote *q);

/** wf_udp_group_way() - Source and interface for what an endpoint sends to a group */
bool wf_udp_group_way(const struct net *net, const struct udp_ep *ep, uint32_t group,
                      uint32_t *src4, uint16_t *ifindex);

/** wf_udp_loop() - Give the members here a copy of a datagram (UDP header first); borrows @p */
void wf_udp_loop(struct net *net, const struct pkt *p, const struct ip4_out *o);

/** wf_udp_room() - The queue of an interface has room again: tell who waits */
void wf_udp_room(struct net *net, struct netif *nif);

#endif /* WF_UDP_UDP_H */
