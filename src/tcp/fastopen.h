/* SPDX-License-Identifier: MIT */
/**
 * DOC: fastopen - data on the SYN, for those who asked for it (RFC 7413)
 *
 * Server (WEFT_TCP_FASTOPEN on a listener): the cookie is a keyed hash of the client's address. A
 * SYN that brings it back, with data, makes a whole connection in SYN-RECEIVED at once; it goes on
 * the accept queue and its data can be read before the handshake is over. All other SYNs make the
 * small record of listen.c. The key before the present one is still believed, and such a client is
 * given a new cookie. At most so many connections of a listener wait for their handshake as the
 * option says; those that a reset ended count for a minute more, or a forger could make room for
 * himself (5.1).
 *
 * Client (WEFT_TCP_FASTOPEN_CONNECT): the first SYN to an address asks for a cookie; later ones
 * bring it, and what was written before they left. A SYN that is sent again is an ordinary one. A
 * server that leaves such a SYN unanswered, refuses it or takes no data without giving a new cookie
 * is not tried again for an hour. Limit: tcp_fastopen_max addresses, the one used least recently
 * goes; they stand in a list, searched at connect.
 *
 * Left out on purpose: the experimental option (kind 254), and sending from SYN-RECEIVED: what a
 * server writes leaves when the handshake is over.
 */
#ifndef WF_TCP_FASTOPEN_H
#define WF_TCP_FASTOPEN_H

#include "net/net.h"
#include "wire/wire.h"

struct tcp_conn;
struct tcp_key;
struct tcp_listener;
struct tcp_seg;

#define FO_COOKIE_BYTES 8u

/** enum tcp_fo - What a connection has to do with Fast Open; bits */
enum tcp_fo {
    TCP_FO_PASSIVE = 1, /* Made by data on a SYN. */
    TCP_FO_PENDING = 2, /* Its listener counts it. */
    TCP_FO_GIVE = 4,    /* The SYN,ACK brings a new cookie. */
    TCP_FO_ASKED = 8,   /* Our first SYN has the option. */
    TCP_FO_DATA = 16,   /* It had data. */
    TCP_FO_TAKEN = 32,  /* Data of the SYN was acknowledged, by either side. */
};

/** struct tcp_fo_peer - What is known of a server; limit: tcp_fastopen_max */
struct tcp_fo_peer {
    struct wf_slab_node node;
    struct wf_list order; /* Used least recently first. */
    struct weft_addr addr;
    uint64_t off_until_ns; /* After a failure. */
    uint16_t mss;
    uint8_t cookie_n, cookie[TCP_FO_MAX];
};

/* ---- server ---- */

/** wf_fo_cookie() - The cookie of a client */
void wf_fo_cookie(const struct net *net, const struct weft_addr *client,
                  uint8_t out[FO_COOKIE_BYTES]);

/**
 * wf_fo_listen_arrives() - A SYN with the option, to a listener that wants it
 *
 * Return: true if a connection was made of it and the packet is consumed; otherwise *@gives says
 * whether the SYN,ACK is to bring a cookie.
 */
bool wf_fo_listen_arrives(struct net *net, struct tcp_listener *l, struct tcp_seg *s,
                          const struct tcp_key *k, bool *gives);

/** wf_fo_settled() - A connection that its listener counts leaves SYN-RECEIVED */
void wf_fo_settled(struct net *net, struct tcp_conn *c, bool is_failed);

/** wf_fo_listener_gone() - Nobody counts its connections any more */
void wf_fo_listener_gone(struct net *net, const struct tcp_listener *l);

/* ---- client ---- */

/** wf_fo_connect() - A connection is about to be opened */
void wf_fo_connect(struct net *net, struct tcp_conn *c);

/** wf_fo_offer() - Put the option into our SYN; returns the bytes of data that may go with it */
uint32_t wf_fo_offer(struct net *net, struct tcp_conn *c, struct tcp_opts *o);

/** wf_fo_answered() - The SYN,ACK: what it gives and what it takes; SND.UNA becomes its ACK */
void wf_fo_answered(struct net *net, struct tcp_conn *c, const struct tcp_seg *s);

/** wf_fo_failed() - The option or the data did harm: leave it for some time */
void wf_fo_failed(struct net *net, struct tcp_conn *c);

#endif /* WF_TCP_FASTOPEN_H */
