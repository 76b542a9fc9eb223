/* SPDX-License-Identifier: MIT */
/**
 * DOC: weft udp - all that a datagram can have of its own: source, interface, TTL, TOS, DF,
 * IP options
 *
 * weft_sock_sendto() and weft_sock_recvfrom() are enough for most. A server whose host has several
 * addresses answers from the one that was asked: weft_udp_send() with src = rx.info.to, unless
 * rx.is_group.
 */
#ifndef WEFT_UDP_H
#define WEFT_UDP_H

#include "weft/ip.h"
#include "weft/sock.h"

/** struct weft_udp_tx - What one datagram has of its own; begin with WEFT_UDP_TX_INIT */
struct weft_udp_tx {
    const struct weft_endpoint *to; /* NULL = the connected peer. */
    struct weft_addr src;           /* An address of this stack; unspecified = the socket's. */
    uint16_t ifindex;               /* Send it out here; 0 = by route. */
    int16_t ttl, tos, df;           /* -1 = the socket's; df is enum weft_ip_df. */
    int16_t opts_bytes;             /* Octets at @opts, 0..40; -1 = the socket's. */
    const uint8_t *opts;            /* IP options, as weft_ip_set_options() takes them. */
};

/** WEFT_UDP_TX_INIT - Nothing of its own: everything is the socket's */
#define WEFT_UDP_TX_INIT                                                                           \
    {                                                                                              \
        .ttl = -1, .tos = -1, .df = -1, .opts_bytes = -1                                           \
    }

/** struct weft_udp_rx - What came with a datagram */
struct weft_udp_rx {
    struct weft_msg_info info;
    bool is_group;                     /* It was sent to a broadcast or multicast address. */
    uint8_t opts_bytes;                /* Octets of IP options that came with it. */
    uint8_t opts[WEFT_IP_OPTIONS_MAX]; /* As they were on the wire. */
};

/**
 * weft_udp_send() - Send one datagram with what it has of its own
 * @st: stack
 * @sock: UDP, UDP-Lite or PING socket; bound to an ephemeral port if it is not bound
 * @buf: payload; copied
 * @len: bytes at @buf, 0..65507
 * @tx: destination, source, interface, TTL, TOS, DF, options
 *
 * Return: as weft_sock_sendto(); -WEFT_EADDRNOTAVAIL also if src is no address of this stack,
 * -WEFT_EINVAL also for options that are malformed and values out of range, -WEFT_EOPNOTSUPP (TCP).
 * Nothing was sent then.
 */
int64_t weft_udp_send(struct weft_stack *st, uint64_t sock, const void *buf, size_t len,
                      const struct weft_udp_tx *tx) __attribute__((warn_unused_result));

/**
 * weft_udp_recv() - Receive one datagram with all that came along
 * @st: stack
 * @sock: UDP, UDP-Lite or PING socket
 * @buf: filled with the first @cap bytes of the payload; the rest is lost
 * @cap: bytes at @buf
 * @rx: filled
 *
 * Return: as weft_sock_recvfrom().
 */
int64_t weft_udp_recv(struct weft_stack *st, uint64_t sock, void *buf, size_t cap,
                      struct weft_udp_rx *rx) __attribute__((warn_unused_result));

#endif /* WEFT_UDP_H */
